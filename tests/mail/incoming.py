"""Mails as people and machines send them, and a round that they are about."""

import itertools
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from consult import clock
from consult.models import Person, ReceivedMail, db
from consult.replying import make_key, with_key
from consult.services import received_mails
from consult.services.received_mails import Desk
from consult.unit_of_work import unit_of_work
from tests.conftest import BASE_URL
from tests.story import Story, a_story

ADDRESS = "consult@example.org"
SECRET = "a secret that only the tests know, of some length"
DESK = Desk(ADDRESS, frozenset((ADDRESS, "noreply@example.org")), SECRET, BASE_URL)
TEXT = "We can support the draft as it stands."
numbers = itertools.count(1)
Fields = dict[str, str | None]


def a_running_story(app: Flask, **facts: Any) -> Story:
    """Return a round that is open for nine more days, committed."""
    with unit_of_work(db.session) as now:
        return a_story(db.session, app.extensions["consult.storage"], deadline=now + timedelta(days=9), **facts)


def key_address(story: Story, name: str, secret: str = SECRET) -> str:
    return with_key(ADDRESS, make_key(secret, story.people[name].id, story.round.id))


def a_mail(
    story: Story, name: str = "moldova", *, body: str = TEXT, secret: str = SECRET, fields: Fields | None = None
) -> bytes:
    """Return a mail of somebody of the story to the address in their letter; `fields` replace, add, or (None) leave out."""
    person: Person = story.people[name]
    given: Fields = {
        "From": f"{person.name} <{person.email}>",
        "To": f"consult <{key_address(story, name, secret)}>",
        "Subject": "Re: Two days are left",
        "Message-ID": f"<{next(numbers)}.mail@missions.example.org>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        **(fields or {}),
    }
    head = "".join(f"{field}: {value}\n" for field, value in given.items() if value is not None)
    return (head + "\n" + body).encode()


def take(
    story: Story, raw: bytes, *, now: datetime | None = None, desk: Desk = DESK, is_whole: bool = True
) -> ReceivedMail:
    """Let a mail come in and be sorted."""
    now = now or clock.now()
    mail = received_mails.keep(
        story.session, story.storage, mailbox="the mailbox", raw=raw, is_whole=is_whole, arrived_at=now, now=now
    )
    received_mails.sort(story.session, story.storage, mail.id, desk, now=now)
    return mail


def specimen(name: str) -> str:
    """Return a reply of tests/mail/replies."""
    return (Path(__file__).with_name("replies") / name).read_text(encoding="utf-8")
