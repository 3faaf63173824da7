"""Where the journey of three weeks is played: in this process, or on many, with one clock that the journey sets."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import time_machine
from flask import Flask
from flask.testing import FlaskClient

from consult.models import Person, db
from consult.receiving import receive
from consult.scheduling import do_long_work, tick
from consult.services import people
from consult.unit_of_work import unit_of_work
from tests.conftest import BASE_URL, make_app
from tests.mail.dovecot import Mailbox
from tests.mail.post import Office, mailing_settings

ZONE = ZoneInfo("Europe/Vienna")


def instant(wall: str) -> datetime:
    """Return the instant of a wall time in Vienna, 2026-11-02 09:00."""
    return datetime.strptime(wall, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    text: str
    location: str
    data: bytes


class Visitor(Protocol):
    """Somebody who is signed in."""

    def get(self, address: str) -> Answer: ...

    def post(self, address: str, form: dict[str, Any]) -> Answer: ...


class Place(Protocol):
    """Where it is played."""

    office: Office
    mailbox: Mailbox
    app: Flask

    def at(self, wall: str) -> None:
        """Set the clock of everything."""

    def visitor(self, person_id: int) -> Visitor:
        """Sign somebody in."""

    def stranger(self) -> Visitor:
        """Return somebody who is not signed in."""

    def work(self) -> None:
        """Let everything that is due be done, by whoever works here."""


class Guest:
    """Somebody at the test client of an app in this process."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str) -> Answer:
        return _answer(self.client.get(address))

    def post(self, address: str, form: dict[str, Any]) -> Answer:
        return _answer(self.client.post(address, data=form, content_type="multipart/form-data"))


def _answer(given: Any) -> Answer:
    is_text = given.mimetype.startswith("text/")
    return Answer(given.status_code, given.text if is_text else "", given.headers.get("Location", ""), given.data)


class Here:
    """All in this process, its clock travelled to where the journey is."""

    def __init__(self, folder: Path, office: Office, mailbox: Mailbox) -> None:
        self.office, self.mailbox = office, mailbox
        self.app = make_app(folder / "instance", **mailing_settings(office, **mailbox.settings()))
        self._traveller: Any = None

    def at(self, wall: str) -> None:
        self.stop()
        self._traveller = time_machine.travel(instant(wall), tick=True)
        self._traveller.start()
        self.work()

    def stop(self) -> None:
        if self._traveller is not None:
            self._traveller.stop()
            self._traveller = None

    def visitor(self, person_id: int) -> Guest:
        client = self.app.test_client()
        client.post(make_link(self.app, person_id))
        return Guest(client)

    def stranger(self) -> Guest:
        return Guest(self.app.test_client())

    def work(self) -> None:
        while receive(self.app) + sum(tick(self.app)) + do_long_work(self.app):
            pass


def make_link(app: Flask, person_id: int) -> str:
    """Return the path of a sign-in link."""
    with app.app_context(), unit_of_work(db.session) as now:
        person = db.session.get_one(Person, person_id)
        link = people.make_link(db.session, person=person, base_url=BASE_URL, next_path="", now=now)
    return link.removeprefix(BASE_URL)
