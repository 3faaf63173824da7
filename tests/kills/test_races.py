"""Two do the same at the same instant, on both databases: one wins, the other is told, and no text is lost.

PROVE_RACES=1000 runs each race so often.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from consult.models import AuditEntry, Comment, Organisation, Person, Round, db
from consult.services import people
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL
from tests.engine.specimens import specimen_draft

TIMES = int(os.environ.get("PROVE_RACES", "3"))
WON, LOST = 302, 409


@pytest.fixture
def runners(any_database_app: Flask) -> dict[str, Any]:
    """Two focal points of the lead and two people of a mission, signed in."""
    app = any_database_app
    with app.app_context(), unit_of_work(db.session):
        lead = factories.an_organisation(db.session, code="SAM")
        mission = factories.an_organisation(db.session, code="MDA")
        numbers = [factories.a_person(db.session, organisation=o).id for o in (lead, lead, mission, mission)]
        ids = {"lead_id": lead.id, "mission_id": mission.id, "author_id": numbers[2]}
    clients = [signed_in(app, number) for number in numbers]
    return {"app": app, "lead": clients[:2], "mission": clients[2:], **ids}


def signed_in(app: Flask, number: int) -> FlaskClient:
    client = app.test_client()
    client.post(a_link(app, number))
    return client


def a_link(app: Flask, number: int) -> str:
    with app.app_context(), unit_of_work(db.session) as now:
        found = db.session.get_one(Person, number)
        link = people.make_link(db.session, person=found, base_url=BASE_URL, next_path="", now=now)
    return link.removeprefix(BASE_URL)


def an_open_round(runners: dict[str, Any]) -> tuple[int, int]:
    """Return the number and the version of a round that is open."""
    with runners["app"].app_context(), unit_of_work(db.session) as now:
        round_ = factories.a_round(
            db.session, storage=runners["app"].extensions["consult.storage"], data=specimen_draft(),
            lead=db.session.get_one(Organisation, runners["lead_id"]),
            consulted=(db.session.get_one(Organisation, runners["mission_id"]),), deadline=now + timedelta(days=9),
        )  # fmt: skip
        db.session.flush()
        return round_.id, round_.version


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Let everybody begin at the same instant, and return what each was answered."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_two_who_close_a_round_one_closes_it(runners: dict[str, Any]) -> None:
    app = runners["app"]
    for number in range(TIMES):
        round_id, version = an_open_round(runners)
        form = {"reason": "All have answered.", "version": str(version)}
        answers = at_once(*(partial(c.post, f"/rounds/{round_id}/close", data=form) for c in runners["lead"]))
        assert sorted(a.status_code for a in answers) == [WON, LOST], number
        with app.app_context():
            closings = select(func.count()).where(
                AuditEntry.action == "round.close", AuditEntry.object_id == str(round_id)
            )
            assert db.session.scalar(closings) == 1
            assert db.session.get_one(Round, round_id).stage == "closed"


def test_of_two_who_change_a_comment_one_saves_it_and_the_other_is_shown_both_texts(runners: dict[str, Any]) -> None:
    app = runners["app"]
    round_id, _ = an_open_round(runners)
    with app.app_context(), unit_of_work(db.session):
        comment_id = factories.a_comment(
            db.session, round_=db.session.get_one(Round, round_id), author=db.session.get_one(Person, runners["author_id"]),
            organisation=db.session.get_one(Organisation, runners["mission_id"]),
        ).id  # fmt: skip
    for number in range(TIMES):
        with app.app_context():
            version = db.session.get_one(Comment, comment_id).version
        texts = [f"Один {number}", f"Two {number}"]

        forms = [{"paragraph": "", "reason": text, "type": "general", "version": str(version)} for text in texts]
        address = f"/rounds/{round_id}/comments/{comment_id}"
        answers = at_once(*(partial(c.post, address, data=f) for c, f in zip(runners["mission"], forms, strict=True)))
        assert sorted(a.status_code for a in answers) == [WON, LOST], number
        lost = next(a for a in answers if a.status_code == LOST)
        assert all(text in lost.text for text in texts), number
        with app.app_context():
            won = texts[[a.status_code for a in answers].index(WON)]
            assert db.session.get_one(Comment, comment_id).reason == won


def test_of_four_who_use_a_sign_in_link_one_is_let_in(runners: dict[str, Any]) -> None:
    app = runners["app"]
    for number in range(TIMES):
        link = a_link(app, runners["author_id"])
        answers = at_once(*(partial(app.test_client().post, link) for _ in range(4)))
        assert sorted(a.status_code for a in answers) == [WON, LOST, LOST, LOST], number
