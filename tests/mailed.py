"""Mails in the small world: one that an organisation is to confirm, and some that wait for the lead."""

from datetime import datetime
from typing import Any

from consult import engine
from consult.models import ReceivedMail
from consult.phrases import say
from consult.services import received_mails
from tests.story import Story

RAW = b"From: x\nMessage-ID: <%s@missions.example.org>\n\nA text.\n"
FINDINGS = {
    "pieces": [
        {"paragraph": "", "text": "We can support the draft.", "context": ""},
        {"paragraph": "3", "text": "One working day is enough:\ntwo are long.", "context": ""},
        {"paragraph": "4", "text": "Presumed victim?", "context": "The victim decides."},
    ],
    "unknown": ["99"],
    "is_unsure": True,
    "refused": [{"filename": "minutes.pdf", "message": engine.to_json(say("Only Word files (.docx) are read."))}],
}


def fill_mails(story: Story, copy_id: int, now: datetime) -> int:
    """Put the mails into a round; return the number of the one that waits for its organisation."""
    copy = {"id": copy_id, "filename": "returned copy.docx", "found": 3, "placed": 2, "not_placed": 1}
    person = story.people["moldova"]
    shown = _put(
        story, "one", now, state="examined", organisation_id=story.moldova.id, person_id=person.id, sender=person.email,
        subject="Re: Guidelines for referring presumed victims", findings={**FINDINGS, "copies": [copy]},
    )  # fmt: skip
    _put(
        story, "two", now, state="quarantined", reason="unknown-sender", subject="Fwd: Re: Guidelines",
        sender="Somebody with a long name <somebody.with.a.long.name.private@mail.of-a-provider.example.org>",
        authentication="mx.example.org; spf=pass smtp.mailfrom=example.org; dkim=none; dmarc=none",
    )  # fmt: skip
    _put(story, "three", now, state="quarantined", reason="too-large", sender=person.email, is_whole=False)
    _put(
        story, "four", now, state="late", reason="late", sender=person.email, subject="Our comments",
        organisation_id=story.moldova.id,
    )  # fmt: skip
    return shown


def keep_late(story: Story, now: datetime) -> int:
    """Put a mail into a closed round that nobody confirmed in time; return its number."""
    findings: dict[str, Any] = {
        "pieces": FINDINGS["pieces"],
        "unknown": [],
        "is_unsure": False,
        "refused": [],
        "copies": [],
    }
    return _put(
        story, "past", now, state="examined", organisation_id=story.moldova.id, person_id=story.people["moldova"].id,
        sender=story.people["moldova"].email, subject="Re: Guidelines", findings=findings,
    )  # fmt: skip


def _put(story: Story, name: str, now: datetime, **facts: Any) -> int:
    mail: ReceivedMail = received_mails.keep(
        story.session, story.storage, mailbox="the mailbox", raw=RAW % f"{name}.{story.round.id}".encode(), is_whole=True,
        arrived_at=now, now=now,
    )  # fmt: skip
    for field, value in {"round_id": story.round.id, **facts}.items():
        setattr(mail, field, value)
    story.session.flush()
    return mail.id
