"""A real mail server for tests, with faults on order: it records what it takes, keeps an archive, and can kill the worker."""

import email
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from flask import Flask

from consult.delivering import deliver_due_letters
from consult.letters import Letter
from consult.models import OutboxLetter, db
from consult.services import outbox
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL, free_port, make_app

ARCHIVE = "archive@example.org"


class Office:
    """What the server does with each letter, and what it has taken."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        for name in ("new", "cur", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.messages: list[Any] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answers: dict[str, str] = {}  # phase -> what is answered there
        self.visitors = 0  # connections that are open
        self.seen: list[str] = []  # the commands, in order
        self.at: Callable[[str], None] = lambda phase: None

    @property
    def answer(self) -> str:
        return self.answers.get("DATA", "250 taken")

    @property
    def counted(self) -> Counter[str]:
        """How often each letter arrived, by Message-ID."""
        return Counter(str(message["Message-ID"]) for message in self.messages)

    def _answered(self, phase: str, fine: str) -> str:
        self.seen.append(phase)
        self.at(phase)
        return self.answers.get(phase, fine)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self._answered("MAIL", "250 fine")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self._answered("archive" if address == ARCHIVE else "RCPT", "250 fine")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.at("before taking")
        answer = self._answered("DATA", "250 taken")
        if answer.startswith("250"):
            self.take(envelope)
            self.at("after taking")
        return self.answers.get("after taking", answer)

    def take(self, envelope: Any) -> None:
        self.messages.append(email.message_from_bytes(envelope.content, policy=policy.default))
        self.envelopes.append((envelope.mail_from, [a for a in envelope.rcpt_tos if a != ARCHIVE]))
        if ARCHIVE in envelope.rcpt_tos:
            (self.folder / "new" / f"{len(self.messages)}.mail").write_bytes(envelope.content)


class _Counter(SMTP):
    """Counts who is connected, so that a test can wait until nobody is."""

    def connection_made(self, transport: Any) -> None:
        self.event_handler.visitors += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.event_handler.visitors -= 1


class _Controller(Controller):
    def __init__(self, office: Office, **how: Any) -> None:
        self.how = how
        super().__init__(office, hostname="127.0.0.1", port=office.port)

    def factory(self) -> SMTP:
        return _Counter(self.handler, hostname="office.example.org", **self.how)


@contextmanager
def open_office(folder: Path, **how: Any) -> Iterator[Office]:
    """Give a server that is at work; `how` goes to aiosmtpd."""
    office = Office(folder / "archive")
    controller = _Controller(office, **how)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def mailing_settings(office: Office, **settings: Any) -> dict[str, Any]:
    return {
        "mail_server": "127.0.0.1", "mail_port": office.port, "mail_use_tls": False,
        "mail_sender": "consult@example.org", "mail_timeout": 5, **settings,
    }  # fmt: skip


def with_journal(office: Office) -> dict[str, Any]:
    return {"mail_archive": ARCHIVE, "mail_journal": f"folder:{office.folder}"}


def mailing_app(folder: Path, office: Office, **settings: Any) -> Flask:
    return make_app(folder / "instance", **mailing_settings(office, **settings))


def post(*keys: str, kind: str = "reminder", subject: str = "Two days are left", name: str = "") -> list[int]:
    """Put letters into the outbox, each to a person of its own; return their numbers."""
    numbers = []
    with unit_of_work(db.session) as now:
        for key in keys:
            person = factories.a_person(db.session)
            person.email = f"{key}.{person.email}"
            person.name = name or person.name
            letter = Letter(kind, subject, "Dear colleague,\nплиз.\n.\nend\n", "<p>Dear colleague</p>\n")
            row = outbox.post(db.session, letter=letter, to=person, key=f"{kind}:{key}", base_url=BASE_URL, now=now)
            numbers.append(row.id)
    return numbers


def deliver(app: Flask) -> int:
    return deliver_due_letters(db.session, app.extensions["consult.send"], app.extensions["consult.journal"])


def states() -> list[str]:
    db.session.expire_all()
    found = [letter.state for letter in db.session.query(OutboxLetter).order_by(OutboxLetter.id)]
    db.session.rollback()
    return found


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
