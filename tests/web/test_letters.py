"""Letters that did not arrive: the lead sees its own and decides, the administrator all, nobody else any."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult.models import AuditEntry, OutboxLetter, db
from consult.services import invitations
from consult.services.troubles import OF_THE_LEAD
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL
from tests.story import Story, a_story

ANSWER = "550 5.1.1 <b>no such person</b>"


@pytest.fixture
def story(app: Flask) -> Any:
    with app.app_context():
        with unit_of_work(db.session) as now:
            told = a_story(db.session, app.extensions["consult.storage"])
            invitations.invite(db.session, told.round, base_url=BASE_URL, now=now)
            failed, doubtful = told.letters("invitation")[:2]
            failed.state, failed.fault, failed.answer = "failed", "refused", ANSWER
            doubtful.state, doubtful.attempts = "unknown", 1
            told.people["administrator"] = factories.a_person(db.session, administrator=True)
        yield told


SignIn = Callable[[Any], FlaskClient]


def pages(story: Story, letter: OutboxLetter) -> tuple[str, str, str]:
    at = f"/rounds/{story.round.id}"
    return f"{at}/letters", f"{at}/letters/{letter.id}", f"{at}/board"


def test_the_lead_sees_on_the_board_that_letters_did_not_arrive_and_what_to_do(story: Story, sign_in: SignIn) -> None:
    failed, doubtful = story.letters("invitation")[:2]
    listed, _, board = pages(story, failed)
    lead = sign_in(story.people["lead"])
    assert "2 letters of this round did not arrive" in lead.get(board).text
    page = lead.get(listed).text
    for words in ("The mail server refuses it.", "Check the address.", "it may have gone out", failed.recipient,
                  doubtful.recipient, "no such person", "Gender Adviser"):  # fmt: skip
        assert words in page, words
    assert "<b>no such" not in page


@pytest.mark.parametrize(
    ("which", "act", "state"),
    [(0, "again", "queued"), (1, "again", "queued"), (1, "arrived", "sent"), (0, "let go", "cancelled")],
)
def test_the_lead_decides_and_it_is_on_record(story: Story, sign_in: SignIn, which: int, act: str, state: str) -> None:
    letter = story.letters("invitation")[which]
    identity = letter.message_id
    listed, address, _ = pages(story, letter)
    lead = sign_in(story.people["lead"])
    answer = lead.post(address, data={"act": act})
    assert answer.status_code == 302
    assert answer.location.endswith(listed)
    db.session.rollback()
    assert (letter.state, letter.message_id) == (state, identity)
    assert db.session.query(AuditEntry).filter(AuditEntry.action.like("letter.%")).count() == 1
    assert lead.post(address, data={"act": act}).status_code == 409  # somebody has decided already


@pytest.mark.parametrize("act", ["", "delete", "arrived"])
def test_what_makes_no_sense_is_refused(story: Story, sign_in: SignIn, act: str) -> None:
    _, address, _ = pages(story, story.letters("invitation")[0])
    assert sign_in(story.people["lead"]).post(address, data={"act": act}).status_code in (404, 409)
    db.session.rollback()
    assert story.letters("invitation")[0].state == "failed"


@pytest.mark.parametrize("kind", ["delegation", "sign-in", "something new"])
def test_what_an_organisation_writes_to_its_own_people_is_not_the_leads(
    story: Story, sign_in: SignIn, kind: str
) -> None:
    assert kind not in OF_THE_LEAD
    with unit_of_work(db.session):
        letter = story.letters("invitation")[0]
        letter.kind, letter.subject = kind, "ZXQV-SECRET"
    listed, address, board = pages(story, letter)
    lead = sign_in(story.people["lead"])
    assert "ZXQV-SECRET" not in lead.get(listed).text
    assert letter.recipient not in lead.get(listed).text
    assert "1 letter of this round" in lead.get(board).text
    assert lead.post(address, data={"act": "again"}).status_code == 404
    assert "ZXQV-SECRET" in sign_in(story.people["administrator"]).get("/administration/mail").text


@pytest.mark.parametrize("name", ["moldova", "observer"])
def test_nobody_else_sees_or_decides(story: Story, sign_in: SignIn, name: str) -> None:
    listed, address, _ = pages(story, story.letters("invitation")[0])
    client = sign_in(story.people[name])
    assert client.get(listed).status_code == 403
    assert client.post(address, data={"act": "again"}).status_code == 403
    assert client.post(address.replace("letters", "none")).status_code == 404
    assert client.post("/administration/mail/1", data={"act": "again"}).status_code in (403, 404)


def test_a_letter_of_another_round_is_not_there(story: Story, sign_in: SignIn) -> None:
    with unit_of_work(db.session):
        letter = story.letters("invitation")[0]
        letter.round_id = None
    _, address, _ = pages(story, letter)
    assert sign_in(story.people["lead"]).post(address, data={"act": "again"}).status_code == 404


def test_the_administrator_decides_on_any_letter(story: Story, sign_in: SignIn) -> None:
    letter = story.letters("invitation")[0]
    client = sign_in(story.people["administrator"])
    assert ANSWER.partition("<")[0] in client.get("/administration/mail").text
    assert client.post(f"/administration/mail/{letter.id}", data={"act": "again"}).status_code == 302
    assert client.post("/administration/mail/999999", data={"act": "again"}).status_code == 404
    db.session.rollback()
    assert letter.state == "queued"
