"""Signing in by a mailed link."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult import clock
from consult.models import OutboxLetter, Person, SignInLink, db
from consult.services import people
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL


@pytest.fixture
def person(any_database_app: Flask) -> int:
    with any_database_app.app_context():
        found = factories.a_person(db.session, organisation=factories.an_organisation(db.session))
        number = found.id
        db.session.commit()
        db.session.remove()
    return number


def link_for(app: Flask, number: int) -> str:
    with app.app_context(), unit_of_work(db.session) as now:
        found = db.session.get_one(Person, number)
        return people.make_link(db.session, person=found, base_url=BASE_URL, next_path="", now=now).removeprefix(
            BASE_URL
        )


def test_fetching_a_link_uses_nothing_up(any_database_app: Flask, person: int) -> None:
    client, link = any_database_app.test_client(), link_for(any_database_app, person)
    for _ in range(10):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert client.post(link).status_code == 302
    assert client.get("/").status_code == 200


def test_a_link_works_once(any_database_app: Flask, person: int) -> None:
    link = link_for(any_database_app, person)
    assert any_database_app.test_client().post(link).status_code == 302
    answer = any_database_app.test_client().post(link)
    assert answer.status_code == 409
    assert "has been used already" in answer.text


def test_a_link_used_by_many_at_once_works_once(any_database_app: Flask, person: int) -> None:
    link, answers, start = link_for(any_database_app, person), list[int](), threading.Barrier(6)

    def use() -> None:
        client = any_database_app.test_client()
        start.wait()
        answers.append(client.post(link).status_code)

    users = [threading.Thread(target=use) for _ in range(6)]
    for user in users:
        user.start()
    for user in users:
        user.join(timeout=30)
    assert sorted(answers) == [302, 409, 409, 409, 409, 409]


def test_a_link_lasts_fifteen_minutes(any_database_app: Flask, person: int) -> None:
    link = link_for(any_database_app, person)
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1), tick=False):
        assert any_database_app.test_client().post(link).status_code == 409


def test_the_answer_tells_nothing_of_who_is_known(any_database_app: Flask, person: int) -> None:
    client = any_database_app.test_client()
    with any_database_app.app_context():
        known = db.session.get_one(Person, person).email
        db.session.remove()
    answers = [client.post("/sign-in", data={"email": email}).text for email in (known, "nobody@example.org")]
    tokens = re.compile(r'(value=|Token": )"[^"]*"')
    assert tokens.sub("", answers[0]) == tokens.sub("", answers[1])
    with any_database_app.app_context():
        assert db.session.query(OutboxLetter).count() == 1


def test_at_most_five_links_in_a_quarter_of_an_hour(any_database_app: Flask, person: int) -> None:
    client = any_database_app.test_client()
    with any_database_app.app_context():
        email = db.session.get_one(Person, person).email
        db.session.remove()
    for _ in range(8):
        assert client.post("/sign-in", data={"email": email}).status_code == 200
    with any_database_app.app_context():
        assert db.session.query(SignInLink).count() == 5


def test_rights_are_read_with_each_request(any_database_app: Flask, person: int) -> None:
    client = any_database_app.test_client()
    client.post(link_for(any_database_app, person))
    assert client.get("/").status_code == 200
    with any_database_app.app_context(), unit_of_work(db.session) as now:
        found = db.session.get_one(Person, person)
        people.set_active(db.session, person=found, is_active=False, by=people.actor_of(found), now=now)
    assert client.get("/").status_code == 302


def test_signing_out_ends_the_session_on_the_server(any_database_app: Flask, person: int) -> None:
    client = any_database_app.test_client()
    client.post(link_for(any_database_app, person))
    cookie = client.get_cookie("consult_session")
    assert cookie is not None
    client.post("/sign-out")
    client.set_cookie("consult_session", cookie.value)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/rounds/1/document", True),
        ("//evil.example", False),
        ("https://evil.example", False),
        ("/\\evil", False),
        ("x", False),
    ],
)
def test_only_paths_of_this_app_are_gone_on_to(path: str, kept: bool) -> None:
    assert bool(people.safe_path(path)) == kept


def test_only_digests_of_tokens_are_kept(any_database_app: Flask, person: int) -> None:
    token = link_for(any_database_app, person).rsplit("/", 1)[1]
    with any_database_app.app_context():
        kept: Any = db.session.query(SignInLink).one()
        assert token not in (kept.token_digest, kept.next_path)
        assert kept.token_digest == people.digest(token)
