"""A worker is killed with SIGKILL at lines of its work, in real processes, with a real mail server, on both databases.

With PROVE_KILLS=all every executed line is tried, else some of them.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from consult.models import OutboxLetter, db
from tests.conftest import make_app
from tests.mail.post import Office, mailing_settings, open_office, post, with_journal

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
HOUR = 3600
SOME = 6


class Workers:
    """Forks workers on order."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def run(self, *workers: tuple[int, int], act: str = "deliver") -> list[dict[str, Any]]:
        """Run workers at once: (the line at which one is killed, how many seconds its clock is ahead)."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(
            json.dumps([{"kill_at": at, "ahead": ahead, "act": act} for at, ahead in workers]) + "\n"
        )
        self.process.stdin.flush()
        ended: list[dict[str, Any]] = json.loads(self.process.stdout.readline())
        assert all(one["is_killed"] or one["status"] == 0 for one in ended), ended
        return ended


@contextmanager
def at_work(folder: Path, settings: dict[str, Any]) -> Iterator[Workers]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.mail.killed_worker"], cwd=ROOT, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdin
    how = {
        "folder": str(folder),
        "base_url": "http://localhost",
        "watch_clock": False,
        **settings,
    }  # it is put ahead here
    process.stdin.write(json.dumps(how) + "\n")
    try:
        yield Workers(process)
    finally:
        process.stdin.close()
        process.wait(timeout=60)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> dict[str, Any]:
    url = request.getfixturevalue("current_postgresql_url") if request.param == "postgresql" else ""
    return {"database_url": url}


@contextmanager
def a_place(folder: Path, settings: dict[str, Any], is_journal: bool) -> Iterator[tuple[Flask, Office, Workers]]:
    """Give an app, its mail server, and workers on the same database."""
    with open_office(folder) as office:
        settings = mailing_settings(office, **settings, **(with_journal(office) if is_journal else {}))
        app = make_app(folder / "instance", **settings)
        with app.app_context(), at_work(folder / "instance", settings) as workers:
            try:
                yield app, office, workers
            finally:
                db.session.remove()
                db.engine.dispose()


def rest(office: Office) -> None:
    """Wait until the server has dealt with whatever the killed worker has sent."""
    while office.visitors:
        time.sleep(0.002)


def found(numbers: list[int]) -> list[OutboxLetter]:
    db.session.rollback()
    db.session.expire_all()
    return [db.session.get_one(OutboxLetter, number) for number in numbers]


def lines_of(workers: Workers, office: Office) -> list[int]:
    """Return the numbers of the lines at which to kill: every one, or some from the first to the last."""
    post("first")
    post("second", kind="transmittal")
    (whole,) = workers.run((0, 0))
    rest(office)
    every = range(1, whole["lines"] + 1)
    if os.environ.get("PROVE_KILLS") == "all":
        return list(every)
    return sorted({every[len(every) * number // SOME] for number in range(SOME)})


@pytest.mark.parametrize("is_journal", [True, False], ids=["journal", "no journal"])
def test_a_worker_killed_anywhere_loses_no_letter(
    tmp_path: Path, database: dict[str, Any], is_journal: bool, record_property: Any
) -> None:
    """With a journal each letter arrives once; without one a reminder at most twice, and a transmittal waits for a person."""
    phases, ends = Counter[str](), Counter[str]()
    with a_place(tmp_path, database, is_journal) as (_, office, workers):
        for line in lines_of(workers, office):
            numbers = [*post(f"r{line}"), *post(f"t{line}", kind="transmittal")]
            (killed,) = workers.run((line, 0))
            rest(office)
            phases[killed["function"]] += 1
            workers.run((0, HOUR))
            reminder, transmittal = found(numbers)
            arrived = [office.counted[letter.message_id] for letter in (reminder, transmittal)]
            ends[f"{transmittal.state}, arrived {arrived}"] += 1
            if is_journal:
                assert (reminder.state, transmittal.state, arrived) == ("sent", "sent", [1, 1]), (line, killed)
            else:
                assert reminder.state == "sent", (line, killed)
                assert arrived[0] in (1, 2), (line, killed)
                assert (transmittal.state, arrived[1]) in (("sent", 1), ("unknown", 0), ("unknown", 1)), (line, killed)
        db.session.rollback()
    record_property("killed in", dict(phases))
    log.warning("kills by function: %s; ends: %s", dict(phases), dict(ends))


def test_many_workers_send_each_letter_once(tmp_path: Path, database: dict[str, Any]) -> None:
    with a_place(tmp_path, database, is_journal=False) as (_, office, workers):
        numbers = post(*(f"k{number}" for number in range(48)))
        workers.run(*[(0, 0)] * 4)
        rest(office)
        assert Counter(letter.state for letter in found(numbers)) == {"sent": 48}
        assert office.counted == Counter({letter.message_id: 1 for letter in found(numbers)})
        db.session.rollback()


def test_of_many_workers_some_are_killed(tmp_path: Path, database: dict[str, Any]) -> None:
    with a_place(tmp_path, database, is_journal=True) as (_, office, workers):
        numbers = post(*(f"k{number}" for number in range(36)))
        workers.run((150, 0), (333, 0), (520, 0), (0, 0))
        rest(office)
        workers.run(*[(0, HOUR)] * 3)
        rest(office)
        assert Counter(letter.state for letter in found(numbers)) == {"sent": 36}
        assert office.counted == Counter({letter.message_id: 1 for letter in found(numbers)})
        db.session.rollback()
