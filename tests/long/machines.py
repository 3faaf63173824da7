"""The journey's place on many machines: three processes of pages, three workers, PostgreSQL, a bucket, one shifted clock."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from sqlalchemy import text

from consult import clock
from consult.models import ReceivedMail, db
from consult.unit_of_work import unit_of_work
from tests.conftest import make_app
from tests.long.places import Answer, instant, make_link
from tests.long.shifted import shift
from tests.machines.test_many_machines import PATIENCE, Machines, _is_ready, wait_for
from tests.mail.dovecot import Mailbox
from tests.mail.post import Office, mailing_settings, with_journal
from tests.tools import ROOT

A_WHILE = 40  # seconds of waiting after which what a killed worker has left is taken for left
AN_HOUR = timedelta(hours=1)


class Shifted(Machines):
    """Machines on a clock of our own."""

    def __init__(self, app: Flask, settings: dict[str, Any], clock_file: Path) -> None:
        self.clock_file = clock_file
        super().__init__(app, settings)

    def _start(self, *command: str) -> "subprocess.Popen[bytes]":
        ours = ("-m", "tests.long.shifted", str(self.clock_file), *command[1:])
        return subprocess.Popen(
            [sys.executable, *ours],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def let_queue_time_pass(self) -> None:
        with self.app.app_context(), unit_of_work(db.session):
            db.session.execute(
                text(
                    "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'"
                    " WHERE last_heartbeat < now() - interval '15 seconds'"
                )
            )

    @property
    def is_settled(self) -> bool:
        return self._is_settled()


class Browser:
    """Somebody whose requests go from machine to machine, as behind a proxy."""

    def __init__(self, machines: Machines) -> None:
        self.machines, self.session = machines, requests.Session()

    def _address(self, path: str) -> str:
        return f"http://127.0.0.1:{next(self.machines.next_port)}{path}"

    def get(self, address: str) -> Answer:
        return _answer(self.session.get(self._address(address), timeout=60, allow_redirects=False))

    def post(self, address: str, form: dict[str, Any]) -> Answer:
        files = {name: (value[1], value[0]) for name, value in form.items() if isinstance(value, tuple)}
        fields = {name: value for name, value in form.items() if not isinstance(value, tuple)}
        answer = self.session.post(
            self._address(address), data=fields, files=files or None, timeout=60, allow_redirects=False
        )
        return _answer(answer)


def _answer(given: requests.Response) -> Answer:
    is_text = given.headers.get("Content-Type", "").startswith("text/")
    return Answer(given.status_code, given.text if is_text else "", given.headers.get("Location", ""), given.content)


class There:
    """On many machines; before anything is waited for, a worker is killed."""

    def __init__(self, machines: Shifted, office: Office, mailbox: Mailbox) -> None:
        self.machines, self.office, self.mailbox, self.app = machines, office, mailbox, machines.app
        self.killed = 0

    def at(self, wall: str) -> None:
        self._ahead((instant(wall) - clock_now()).total_seconds())
        self._wait()

    def _ahead(self, seconds: float) -> None:
        self.machines.clock_file.write_text(str(seconds))

    def visitor(self, person_id: int) -> Browser:
        browser = Browser(self.machines)
        link = make_link(self.app, person_id)
        form_page = browser.get(link).text
        answer = browser.post(link, {"csrf_token": token_of(form_page)})
        assert answer.status == 302, (answer.status, token_of(form_page), answer.text[-1500:])
        return browser

    def stranger(self) -> Browser:
        return Browser(self.machines)

    def work(self) -> None:
        self.machines.kill_a_worker()
        self.killed += 1
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        patient_until = time.monotonic() + A_WHILE
        while not self._is_done():
            assert time.monotonic() < until, "it did not happen"
            if time.monotonic() > patient_until:  # the lease of whoever was killed is over
                self._ahead(float(self.machines.clock_file.read_text()) + AN_HOUR.total_seconds())
                self.machines.let_queue_time_pass()
                patient_until = time.monotonic() + A_WHILE
            time.sleep(0.2)

    def _is_done(self) -> bool:
        if self.mailbox.count("UNSEEN"):
            return False
        with self.app.app_context():
            unsorted = db.session.query(ReceivedMail).filter(ReceivedMail.state == "new").count()
            db.session.remove()
        return not unsorted and self.machines.is_settled


def clock_now() -> Any:
    """Return the machine's own time."""
    return REAL_NOW()


REAL_NOW = clock.now


def token_of(page: str) -> str:
    """Return the token of a page's form."""
    return page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]


@contextmanager
def many_machines(
    folder: Path, office: Office, mailbox: Mailbox, database: str, bucket: dict[str, Any]
) -> Iterator[There]:
    """Give the place, with everything at work."""
    settings = mailing_settings(
        office, **with_journal(office), **bucket, **mailbox.settings(), database_url=database, jobs="procrastinate",
        tick_seconds=1, inbox_seconds=1, watch_clock=False, secret_key="k" * 40, base_url="http://127.0.0.1:5000",
    )  # fmt: skip
    clock_file = folder / "ahead"
    clock_file.write_text("0")
    shift(clock_file)
    app = make_app(folder / "instance", **settings)
    machines = Shifted(app, {**settings, "instance_path": folder / "instance"}, clock_file)
    try:
        wait_for(lambda: all(_is_ready(port) for port in machines.ports))
        yield There(machines, office, mailbox)
    finally:
        clock.now = REAL_NOW
        machines.stop()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
