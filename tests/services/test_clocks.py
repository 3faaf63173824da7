"""Machines whose clocks differ, clocks that are set back, and a worker that was off: the deadline is the same for all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask

from consult import clock, keeping
from consult.errors import Refused
from consult.models import OutboxLetter, Round, db
from consult.rules.permissions import COMMAND
from consult.scheduling import tick
from consult.services import audit, comments, deadlines, people
from consult.services.comments import Words
from consult.unit_of_work import behind_by, unit_of_work
from tests import factories
from tests.conftest import make_app
from tests.engine.specimens import specimen_draft

TEN_MINUTES = timedelta(minutes=10)
FIVE_MINUTES = timedelta(minutes=5)
SOON = timedelta(seconds=30)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def watching_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Give an app that watches the clock, on each of the two databases."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    app = make_app(tmp_path / "instance", database_url=url, watch_clock=True)
    app.extensions["consult.send"] = lambda letter: None
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def record(at: datetime) -> None:
    with unit_of_work(db.session):
        audit.record(db.session, by=COMMAND, action="test", object_kind="person", object_id=1, now=at)


def a_round(app: Flask, deadline: datetime, **more: Any) -> tuple[int, int]:
    """Return a round with this deadline, its duties planned, and who comments in it."""
    with unit_of_work(db.session):
        lead, asked = factories.an_organisation(db.session), factories.an_organisation(db.session)
        person = factories.a_person(db.session, organisation=asked)
        factories.a_person(db.session, organisation=lead)
        round_ = factories.a_round(
            db.session, storage=app.extensions["consult.storage"], data=specimen_draft(), lead=lead,
            consulted=(asked,), deadline=deadline,
        )  # fmt: skip
        deadlines.plan_round(db.session, round_, reminder_days=(), now=deadline - timedelta(days=9))
        for name, value in more.items():
            setattr(round_.deadline, name, value)
        return round_.id, person.id


def stage_of(round_id: int) -> str:
    """Return the stage as it is now in the database: a tick has a session of its own."""
    db.session.rollback()
    return db.session.get_one(Round, round_id, populate_existing=True).stage


def write(round_id: int, person_id: int) -> None:
    """Write a comment as the page does: the instant is the unit of work's."""
    with unit_of_work(db.session) as now:
        person = db.session.get_one(factories.Person, person_id)
        comments.write_comment(
            db.session, db.session.get_one(Round, round_id), Words(reason="A word."), author_id=person_id, form_key="",
            organisation_id=person.appointments[0].organisation_id, by=people.actor_of(person), now=now,
        )  # fmt: skip


def test_a_clock_ten_minutes_back_takes_nothing_after_the_deadline(watching_app: Flask) -> None:
    here = clock.now()
    made = a_round(watching_app, here - SOON)
    record(here)
    with time_machine.travel(here - TEN_MINUTES, tick=False):
        assert behind_by(db.session) > FIVE_MINUTES
        with pytest.raises(Refused, match="The deadline has passed"):
            write(*made)
    assert behind_by(db.session) < SOON


def test_a_clock_that_was_ahead_and_is_set_right_closes_nothing_early(watching_app: Flask) -> None:
    here = clock.now()
    number, _ = a_round(watching_app, here + FIVE_MINUTES)
    record(here + TEN_MINUTES)
    tick(watching_app)
    assert stage_of(number) == "open"
    with time_machine.travel(here + FIVE_MINUTES + TEN_MINUTES, tick=False):
        tick(watching_app)
        is_sqlite = db.engine.dialect.name == "sqlite"  # PostgreSQL's own clock has not moved
        assert stage_of(number) == ("closed" if is_sqlite else "open")


def test_the_doctor_tells_of_a_clock_that_is_behind(watching_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    here = clock.now()
    record(here)
    monkeypatch.setattr(keeping, "open_app", lambda: watching_app)
    with time_machine.travel(here - TEN_MINUTES, tick=False):
        told = CliRunner().invoke(keeping.doctor).output
        assert "WRONG  this machine's clock and the database's agree; it is 60" in told
    assert "well   this machine's clock and the database's agree" in CliRunner().invoke(keeping.doctor).output


@pytest.mark.postgresql
def test_two_machines_ten_minutes_apart_decide_alike_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    app = make_app(tmp_path / "instance", database_url=postgresql_url, watch_clock=True)
    app.extensions["consult.send"] = lambda letter: None
    with app.app_context():
        here = datetime.now(UTC)
        still_open, over = a_round(app, here + FIVE_MINUTES), a_round(app, here - SOON)
        for apart in (-TEN_MINUTES, TEN_MINUTES):
            with time_machine.travel(here + apart, tick=False):
                with unit_of_work(db.session) as now:
                    assert abs(now - here) < FIVE_MINUTES
                write(*still_open)
                with pytest.raises(Refused):
                    write(*over)
                tick(app)
                assert stage_of(still_open[0]) == "open", "no clock closes it early"
                assert stage_of(over[0]) == "closed"
        db.session.remove()
        db.engine.dispose()


def test_time_never_runs_back_on_sqlite(tmp_path: Path) -> None:
    app = make_app(tmp_path / "instance", database_url="", watch_clock=True)
    with app.app_context():
        here, found = clock.now(), []
        for minutes in (0, 3, -10, 1, 4, -60, 5):
            with (
                time_machine.travel(here + timedelta(minutes=minutes), tick=False),
                unit_of_work(db.session) as now,
            ):
                audit.record(db.session, by=COMMAND, action="test", object_kind="person", object_id=1, now=now)
                found.append(now)
        assert found == sorted(found)
        assert found[-1] == here + FIVE_MINUTES


def test_a_worker_that_set_in_three_days_late_closes_as_of_the_end_of_the_grace_and_reminds_nobody(
    watching_app: Flask,
) -> None:
    here = clock.now()
    number, person_id = a_round(
        watching_app, here - timedelta(days=4), grace_until=here - timedelta(days=3), wall="2026-11-20T12:00"
    )
    with pytest.raises(Refused):
        write(number, person_id)
    assert tick(watching_app)[0] >= 1
    stage, round_ = stage_of(number), db.session.get_one(Round, number)
    assert (stage, round_.closed_at) == ("closed", here - timedelta(days=3))
    kinds = [letter.kind for letter in db.session.query(OutboxLetter).filter_by(round_id=number)]
    assert kinds.count("closing") == 2
    assert "reminder" not in kinds
    assert tick(watching_app)[0] == 0
