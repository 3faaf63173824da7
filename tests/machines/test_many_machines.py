"""A round on many machines: pages under gunicorn, workers, PostgreSQL, a bucket, a mail server; workers are killed.

Each is a real process on 127.0.0.1, but for the bucket's server, which is moto, an emulator. It takes more than a minute, so
it runs with PROVE_MACHINES=all only (`make prove`): three of the pages, three workers, one killed at each stage.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from consult import clock
from consult.models import Comment, Deadline, Duty, Job, OutboxLetter, Round, db
from consult.services import checking, people
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import free_port, make_app
from tests.engine.specimens import edit, specimen_draft, tracked_copy
from tests.mail.post import Office, mailing_settings, open_office, with_journal
from tests.tools import ROOT

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.skipif(os.environ.get("PROVE_MACHINES") != "all", reason="runs with PROVE_MACHINES=all: make prove"),
]
MANY = 3
PATIENCE = 180  # seconds for what is to happen
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Machines:
    """Processes that share a database, a bucket and a mail server."""

    def __init__(self, app: Flask, settings: dict[str, Any]) -> None:
        self.app = app
        told = {f"CONSULT_{name.upper()}": str(value) for name, value in settings.items()}
        self.environment = {**os.environ, **told, "PYTHONPATH": str(ROOT)}
        self.ports = [free_port() for _ in range(MANY)]
        self.pages = [
            self._start("-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "consult.serving:wsgi_app()")
            for port in self.ports
        ]
        self.workers = [self._start_worker() for _ in range(MANY)]
        self.next_port = cycle(self.ports)

    def _start(self, *command: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _start_worker(self) -> "subprocess.Popen[bytes]":
        return self._start("-m", "consult.cli", "work")

    def kill_a_worker(self) -> None:
        """Kill one with SIGKILL, and start another."""
        killed = self.workers.pop(0)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        self.workers.append(self._start_worker())

    def stop(self) -> None:
        for process in (*self.pages, *self.workers):
            process.terminate()
        for process in (*self.pages, *self.workers):
            process.wait(60)

    def settle(self) -> None:
        """Wait until nothing is left to do. Of what a killed worker left it is said that its time is up."""
        wait_for(lambda: self._is_settled() or self.let_time_pass())

    def _is_settled(self) -> bool:
        with self.app.app_context():
            now = clock.now()
            left = (
                db.session.query(Duty).filter(Duty.state == "due", Duty.due_at <= now).count()
                + db.session.query(OutboxLetter).filter(OutboxLetter.state.in_(("queued", "sending"))).count()
                + db.session.query(Job).filter(Job.state.in_(("queued", "running"))).count()
            )
            db.session.remove()
        return left == 0

    def let_time_pass(self) -> bool:
        with self.app.app_context(), unit_of_work(db.session):
            db.session.execute(
                text(
                    "UPDATE outbox_letter SET claimed_at = claimed_at - interval '1 hour'"
                    " WHERE state = 'sending' AND claimed_at < now() - interval '10 seconds'"
                )
            )
            db.session.execute(
                text(
                    "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'"
                    " WHERE last_heartbeat < now() - interval '15 seconds'"
                )
            )
        return False

    def pass_the_deadline(self) -> None:
        with self.app.app_context(), unit_of_work(db.session) as now:
            deadline = db.session.query(Deadline).one()
            deadline.at = now
            db.session.query(Duty).filter_by(kind="closing").one().due_at = now


class Browser:
    """A person's browser; each request goes to the next machine, as behind a proxy."""

    def __init__(self, machines: Machines, email: str) -> None:
        self.machines, self.session = machines, requests.Session()
        with machines.app.app_context(), unit_of_work(db.session) as now:
            person = people.find_person(db.session, email)
            assert person is not None
            link = people.make_link(db.session, person=person, base_url="", next_path="", now=now)
        self.post(link, page=link)

    def get(self, path: str, **how: Any) -> requests.Response:
        return self.session.get(f"http://127.0.0.1:{next(self.machines.next_port)}{path}", timeout=60, **how)

    def post(self, path: str, *, page: str, files: Any = None, **fields: Any) -> requests.Response:
        """Send a form of a page, with its token; what it leads to is waited for if it is long work."""
        token = TOKEN.search(self.get(page).text)
        assert token is not None, page
        address = f"http://127.0.0.1:{next(self.machines.next_port)}{path}"
        answer = self.session.post(
            address, {"csrf_token": token[1], **fields}, files=files, timeout=60, allow_redirects=False
        )
        assert answer.status_code == 302, (path, answer.status_code, answer.text[-2000:])
        return answer


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)


@contextmanager
def at_work(folder: Path, office: Office, database: str, bucket: dict[str, Any]) -> Iterator[Machines]:
    settings = mailing_settings(
        office, **with_journal(office), **bucket, database_url=database, jobs="procrastinate", tick_seconds=1,
        secret_key="k" * 40, base_url="http://127.0.0.1:5000", metrics_from="127.0.0.1",
    )  # fmt: skip
    app = make_app(folder / "instance", **settings)
    machines = Machines(app, {**settings, "instance_path": folder / "instance"})
    try:
        wait_for(lambda: all(_is_ready(port) for port in machines.ports))
        yield machines
    finally:
        machines.stop()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=10).status_code == 200
    except requests.RequestException:
        return False


def a_planned_round(app: Flask) -> dict[str, Any]:
    with app.app_context():
        session, storage = db.session, app.extensions["consult.storage"]
        found: dict[str, Any] = {}
        organisations = {}
        for name, code in (("lead", "SAM"), ("moldova", "MDA"), ("kosovo", "KOS"), ("observer", "OBS")):
            organisations[name] = factories.an_organisation(session, code=code, name=f"Mission {code}")
            found[name] = factories.a_person(session, organisation=organisations[name]).email
            found[f"place-{name}"] = f"place-{organisations[name].id}"
        round_ = factories.a_round(
            session, storage=storage, data=specimen_draft(), lead=organisations["lead"], circulated=False
        )
        found["round"] = f"/rounds/{round_.id}"
        session.commit()
        session.remove()
    return found


def test_a_round_ends_as_it_must_although_workers_are_killed(
    tmp_path: Path, current_postgresql_url: str, bucket: dict[str, Any]
) -> None:
    with open_office(tmp_path) as office, at_work(tmp_path, office, current_postgresql_url, bucket) as machines:
        found = a_planned_round(machines.app)
        lead, moldova, kosovo = (Browser(machines, found[name]) for name in ("lead", "moldova", "kosovo"))
        address = found["round"]
        circulate(machines, lead, found)
        comment(moldova, address, "3", "Two days are long.")
        comment(kosovo, address, "3", "One day is enough.")
        return_a_copy(machines, kosovo, address)
        for one in (moldova, kosovo):
            hand_in(one, address)
        machines.settle()  # the lead is told that all are in while the round is open
        machines.pass_the_deadline()
        machines.kill_a_worker()
        wait_for(lambda: stage_of(machines.app) == "closed")
        lead.post(f"{address}/consolidate", page=f"{address}/board")
        machines.kill_a_worker()
        wait_for(lambda: stage_of(machines.app) == "consolidated" or machines.let_time_pass())
        decide(machines, lead, address)
        machines.settle()
        assert ends(machines.app, office, found) == EXPECTED
        sees_the_numbers(machines)
        with machines.app.app_context():
            assert checking.check(db.session, machines.app.extensions["consult.storage"]) == []
            db.session.remove()


def circulate(machines: Machines, lead: Browser, found: dict[str, Any]) -> None:
    day = clock.now() + timedelta(days=20)
    fields = {found[f"place-{name}"]: place for name, place in
              (("moldova", "consulted"), ("kosovo", "consulted"), ("observer", "observer"))}  # fmt: skip
    lead.post(
        f"{found['round']}/circulate", page=f"{found['round']}/set-up", wall=f"{day:%Y-%m-%d}T17:00",
        zone="Europe/Vienna", visibility="closed", invitation="Please comment.", **fields,
    )  # fmt: skip
    machines.kill_a_worker()


def comment(browser: Browser, address: str, paragraph: str, reason: str) -> None:
    browser.post(
        f"{address}/comments", page=f"{address}/comments/new?paragraph={paragraph}", paragraph=paragraph,
        type="substantive", reason=reason, form_key=reason[:20],
    )  # fmt: skip


def return_a_copy(machines: Machines, browser: Browser, address: str) -> None:
    base = browser.get(f"{address}/copy.docx").content
    data = tracked_copy(base, [edit(base, "prevent and to combat", "prevent and combat")], "Somebody")
    answer = browser.post(f"{address}/copy", page=f"{address}/copy", files={"copy": ("copy.docx", data)})
    machines.kill_a_worker()
    page = f"/jobs/{answer.headers['Location'].rpartition('/jobs/')[2]}"

    def leads_on() -> str:
        return str(browser.get(page, allow_redirects=False).headers.get("Location", ""))

    wait_for(lambda: bool(leads_on()) or machines.let_time_pass())
    examined = leads_on()
    browser.post(f"{examined}/keep", page=examined)


def hand_in(browser: Browser, address: str) -> None:
    page = f"{address}/submission?waiting=with"
    shown = re.findall(r'name="shown" value="([^"]+)"', browser.get(page).text)
    assert shown
    browser.post(f"{address}/submission", page=page, waiting="with", shown=shown, position="comments")


def decide(machines: Machines, lead: Browser, address: str) -> None:
    """Note every comment, release the decisions, finish the round."""
    with machines.app.app_context():
        chosen = [f"{number}.0" for number in db.session.scalars(db.select(Comment.id).order_by(Comment.id))]
        db.session.remove()
    lead.post(
        f"{address}/decisions/many", page=f"{address}/decisions", chosen=chosen, decision="noted",
        reason="To be discussed.",
    )  # fmt: skip
    lead.post(f"{address}/decisions/release", page=f"{address}/decisions")
    machines.kill_a_worker()
    lead.post(f"{address}/finish", page=f"{address}/board")
    machines.kill_a_worker()


def stage_of(app: Flask) -> str:
    with app.app_context():
        stage = db.session.query(Round).one().stage
        db.session.remove()
    return stage


EXPECTED: dict[str, Any] = {
    "letters": {
        "invitation": ["kosovo", "moldova", "observer"],
        "receipt": ["kosovo", "moldova"],
        "all-in": ["lead"],
        "closing": ["kosovo", "lead", "moldova", "observer"],
        "consolidated": ["kosovo", "lead", "moldova", "observer"],
        "released": ["kosovo", "moldova"],
    },
    "jobs": {"consolidation": ["done"], "copy": ["done"]},
    "stage": "decided",
}


def ends(app: Flask, office: Office, found: dict[str, Any]) -> dict[str, Any]:
    """Return how it ended: who got which letters, as the mail server has taken them, and what became of the work."""
    names = {found[name]: name for name in ("lead", "moldova", "kosovo", "observer")}
    with app.app_context():
        letters = db.session.query(OutboxLetter).all()
        assert {letter.state for letter in letters} == {"sent"}
        assert office.counted == Counter(letter.message_id for letter in letters), "each arrived once"
        told: dict[str, list[str]] = {}
        for letter in letters:
            told.setdefault(letter.kind, []).append(names[letter.recipient])
        jobs: dict[str, list[str]] = {}
        for job in db.session.query(Job):
            jobs.setdefault(job.kind, []).append(job.state)
        db.session.remove()
    return {"letters": {kind: sorted(who) for kind, who in told.items()}, "jobs": jobs, "stage": stage_of(app)}


def sees_the_numbers(machines: Machines) -> None:
    for port in machines.ports:
        text_ = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
        assert 'consult_rounds{stage="decided"} 1.0' in text_
        assert "consult_duties_due 0.0" in text_
