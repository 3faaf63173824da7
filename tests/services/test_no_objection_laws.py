"""The laws of no-objection rounds over random acts and times, and breaking against expiring at the same instant."""

import itertools
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, OperationalError

from consult.errors import ConsultError, Refused
from consult.models import AuditEntry, Round, db
from consult.rules import no_objections as rules
from consult.rules.permissions import may
from consult.services import deadlines, no_objection_records, no_objections, people, visibility
from consult.services.no_objections import Words
from consult.unit_of_work import unit_of_work
from tests.conftest import BASE_URL, make_app
from tests.factories import START
from tests.silences import SECOND, a_silence, amend, answer
from tests.story import Story

DAY = timedelta(days=1)
BEGIN, EXPIRY = START + DAY, START + 8 * DAY
EVERYBODY = ["kosovo", "lead", "moldova", "observer"]
DRAWN = int(os.environ.get("PROVE_NO_OBJECTION", "12"))  # rounds the law is tried on; more in `make prove`


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One database for all tests here: none of them commits."""
    return make_app(tmp_path_factory.mktemp("instance"))


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("concur", "objection", "amendment", "withdraw", "tick")),
        st.sampled_from(("moldova", "kosovo")),
        st.integers(0, 9 * 24),
    ),
    max_size=8,
)


@settings(max_examples=DRAWN, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_whatever_is_done_a_round_ends_once_and_the_record_has_everybody_once(
    session: Any, storage: Any, acts: list[tuple[str, str, int]]
) -> None:
    session.rollback()
    story = a_silence(session, storage, now=START, starts=BEGIN, expires=EXPIRY)
    before, answers = "announced", 0
    for act, name, hours in sorted(acts, key=lambda act: act[2]):
        now = START + timedelta(hours=hours)
        with suppress(Refused):
            answers += _do(story, act, name, now)
        after = no_objections.state_of(story.session, story.round, now)
        assert after == before or _is_reached(before, after), (before, act, after)
        before = after
    _check_the_end(story, answers)


def _do(story: Story, act: str, name: str, now: datetime) -> int:
    if act == "tick":
        story.tick(now)
    elif act == "withdraw":
        no_objections.withdraw(
            story.session, story.round, reason="Because.", person=story.people["lead"], base_url=BASE_URL,
            by=story.actor("lead"), now=now,
        )  # fmt: skip
    else:
        amend(story, name, now=now) if act == "amendment" else answer(story, name, act, text="No.", now=now)
        return 1
    return 0


def _is_reached(before: str, after: str) -> bool:
    return any(step == after or _is_reached(step, after) for step in rules.MOVES[before])


def _check_the_end(story: Story, answers: int) -> None:
    """Hold what must be true of every round when its time has run out."""
    last = EXPIRY + 2 * DAY
    story.tick(last)
    record = no_objection_records.read_record(story.session, story.round, last)
    firsts = [a for a in record.answers if a.effect == "first"]
    assert record.state in rules.ENDS
    assert len(firsts) == (record.state in ("broken", "prevented"))
    assert len(record.answers) == answers
    assert all(a.at < EXPIRY for a in firsts + record.further)
    assert all(a.at >= EXPIRY or record.state == "withdrawn" for a in record.late)
    assert [s.organisation.code for s in record.standings] == ["KOS", "MDA"]  # by name, each once
    assert story.recipients("no-objection-end") == EVERYBODY
    actions = [e.action for e in story.session.query(AuditEntry).filter_by(object_kind="round")]
    assert (actions.count("round.close"), actions.count("round.finish")) == (1, 1)


# ---- races ----------------------------------------------------------------------------------------------------------


def test_breaking_against_expiring_leaves_one_end(any_database_app: Flask) -> None:
    """One breaks while the worker notes the end, at the same instant before and after expiry, on both databases."""
    app = any_database_app
    for number, (answers_at, ticks_at) in enumerate(
        itertools.product((EXPIRY - SECOND, EXPIRY), (EXPIRY, EXPIRY + SECOND))
    ):
        ids = _committed_round(app)
        acts = [_breaking(ids, name, answers_at) for name in ("moldova", "kosovo")]
        assert _race(app, [*acts, _ticking(ticks_at)]) == [], number
        _check_one_end(app, ids["round"])


def _committed_round(app: Flask) -> dict[str, int]:
    with app.app_context(), unit_of_work(db.session):
        story = a_silence(db.session, app.extensions["consult.storage"], now=START, expires=EXPIRY)
        for organisation in (story.lead, story.moldova, story.kosovo, story.observer):
            organisation.code, organisation.name = (
                f"{word}-{story.round.id}" for word in (organisation.code, organisation.name)
            )
        ids = {"round": story.round.id, "moldova": story.moldova.id, "kosovo": story.kosovo.id}
        ids |= {f"person {name}": person.id for name, person in story.people.items()}
    return ids


def _breaking(ids: dict[str, int], name: str, now: datetime) -> Callable[[], None]:
    def do() -> None:
        with unit_of_work(db.session):
            person = people.get_person(db.session, ids[f"person {name}"])
            round_, facts = visibility.get_round(
                db.session, ids["round"], actor=people.actor_of(person), action="no-objection.answer", now=now,
                to_write=True,
            )  # fmt: skip
            assert may(people.actor_of(person), "no-objection.answer", facts).allowed
            no_objections.answer(
                db.session, round_, Words("objection", "No."), organisation_id=ids[name], person=person, form_key="",
                base_url=BASE_URL, by=people.actor_of(person), now=now,
            )  # fmt: skip

    return do


def _withdrawing(ids: dict[str, int], now: datetime) -> Callable[[], None]:
    def do() -> None:
        with unit_of_work(db.session):
            person = people.get_person(db.session, ids["person lead"])
            by = people.actor_of(person)
            round_, _facts = visibility.get_round(
                db.session, ids["round"], actor=by, action="no-objection.lead", now=now, to_write=True
            )
            with suppress(Refused):  # whoever comes second hears that it is over
                no_objections.withdraw(
                    db.session, round_, reason="Because.", person=person, base_url=BASE_URL, by=by, now=now
                )

    return do


def test_breaking_against_withdrawing_leaves_one_end(any_database_app: Flask) -> None:
    ids = _committed_round(any_database_app)
    acts = [_breaking(ids, "moldova", BEGIN), _withdrawing(ids, BEGIN)]
    assert _race(any_database_app, acts) == []
    with any_database_app.app_context():
        record = no_objection_records.read_record(db.session, db.session.get_one(Round, ids["round"]), EXPIRY)
        assert (record.state, record.answers[0].effect) in (("broken", "first"), ("withdrawn", "after withdrawal"))
        assert db.session.query(AuditEntry).filter_by(action="round.finish").count() == 1
        db.session.remove()


def _ticking(now: datetime) -> Callable[[], None]:
    def do() -> None:
        for _ in range(12):
            with unit_of_work(db.session):
                deadlines.carry_out_due_duty(db.session, base_url=BASE_URL, now=now)

    return do


def _race(app: Flask, acts: list[Callable[[], None]]) -> list[Exception]:
    barrier, failed = threading.Barrier(len(acts)), []

    def run(act: Callable[[], None]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                act()
            except (ConsultError, OperationalError, IntegrityError, AssertionError) as error:
                failed.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def _check_one_end(app: Flask, round_id: int) -> None:
    with app.app_context():
        _ticking(EXPIRY + SECOND)()  # a worker passes over rounds that are locked, and comes again
        round_ = db.session.get_one(Round, round_id)
        record = no_objection_records.read_record(db.session, round_, EXPIRY + DAY)
        effects = sorted(a.effect for a in record.answers)
        assert effects in (["first", "further"], ["late", "late"])
        assert record.state == ("broken" if "first" in effects else "expired")
        ends = db.session.query(AuditEntry).filter_by(
            object_kind="round", object_id=str(round_id), action="round.finish"
        )
        assert ends.count() == 1
        db.session.remove()
