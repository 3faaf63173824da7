"""What is told by mail to whoever sent one: at most one letter for each mail, and none to a machine."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from consult import engine
from consult.catalogues import SOURCE
from consult.letters import write_letter
from consult.models import OutboxLetter, Person, ReceivedMail, Round
from consult.services import outbox
from consult.unit_of_work import AnySession

KIND = "received"
MOST_IN_AN_HOUR = 10  # to one person: a machine that answers without saying so is answered no more often
HOUR = timedelta(hours=1)


def tell(session: AnySession, mail: ReceivedMail, *, base_url: str, now: datetime) -> None:
    """Write to the known person who sent a mail what became of it: found, late, waiting for the lead, or without a place.

    Once for each mail, and once more where the lead has taken in by hand what waited. Never where the mail asks for no
    such letter, or is itself an answer to one: two machines that answer each other stop there.
    """
    if not mail.may_be_answered and mail.taken_in_at is None:
        return
    person = session.get(Person, mail.person_id) if mail.person_id is not None else None
    if person is None or not person.is_active or _has_had_enough(session, person, now):
        return
    round_ = session.get(Round, mail.round_id) if mail.round_id is not None else None
    language = person.language or SOURCE
    key = f"{KIND}:{mail.id}:taken in" if mail.taken_in_at is not None else f"{KIND}:{mail.id}"
    letter = write_letter(KIND, _facts(mail, person, round_, base_url), language)
    outbox.post(
        session, letter=letter, to=person, key=key, base_url=base_url, now=now,
        round_id=mail.round_id, in_reply_to=mail.message_id,
    )  # fmt: skip


def is_any(session: AnySession, message_ids: Collection[str]) -> bool:
    """Return whether any of these names a letter that told what became of a mail."""
    query = select(OutboxLetter.id).where(OutboxLetter.kind == KIND, OutboxLetter.message_id.in_(message_ids)).limit(1)
    return bool(message_ids) and session.scalar(query) is not None


def _has_had_enough(session: AnySession, person: Person, now: datetime) -> bool:
    query = select(func.count()).select_from(OutboxLetter).where(
        OutboxLetter.kind == KIND, OutboxLetter.recipient == person.email, OutboxLetter.created_at > now - HOUR
    )  # fmt: skip
    return (session.scalar(query) or 0) >= MOST_IN_AN_HOUR


def _facts(mail: ReceivedMail, person: Person, round_: Round | None, base_url: str) -> dict[str, Any]:
    findings = mail.findings or {}
    link = base_url.rstrip("/")
    if round_ is not None:
        link += f"/rounds/{round_.id}/" + (f"received/{mail.id}" if mail.state == "examined" else "document")
    pieces = findings.get("pieces", [])
    return {
        "name": person.name,
        "state": mail.state,
        "title": round_.consultation.title if round_ is not None else "",
        "round": round_.number if round_ is not None else 0,
        "remarks": len(pieces),
        "named": [piece["paragraph"] for piece in pieces if piece["paragraph"]],
        "unknown": findings.get("unknown", []),
        "copies": findings.get("copies", []),
        "refused": [
            {"filename": one["filename"], "message": engine.from_json(str, one["message"])}
            for one in findings.get("refused", [])
        ],
        "is_unsure": bool(findings.get("is_unsure")),
        "link": link,
    }
