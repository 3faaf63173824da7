"""The page on which the lead moves the deadline."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from consult import clock
from consult.catalogues import when
from consult.models import Deadline, OutboxLetter, Person, db
from tests.world import World, make_world, with_fresh_rounds


@pytest.fixture(scope="module")
def one_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(one_world: World) -> World:
    """Give an open round of the test's own, about which nobody has been told yet."""
    return with_fresh_rounds(one_world, "open")


def form_of(world: World, **more: str) -> dict[str, str]:
    wall = (clock.now() + timedelta(days=40)).strftime("%Y-%m-%dT17:00")
    with world.app.app_context():
        version = db.session.query(Deadline).filter_by(round_id=world.names["open"]).one().round.version
    return {"wall": wall, "zone": "Europe/Skopje", "reason": "Two missions asked.", "version": str(version), **more}


def test_the_lead_moves_the_deadline_and_everybody_reads_it(world: World) -> None:
    client, address = world.client_of("lead"), world.address("/rounds/{open}/deadline")
    answer = client.post(address, data=form_of(world), follow_redirects=True)
    assert "The deadline is moved." in answer.text
    assert "(Europe/Skopje)" in answer.text
    with world.app.app_context():
        letters = db.session.query(OutboxLetter).filter_by(kind="moved", round_id=world.names["open"]).all()
        assert {"Two missions asked." in letter.text for letter in letters} == {True}
        assert len(letters) == len({letter.recipient for letter in letters}) > 2


def test_what_was_typed_comes_back_with_the_reason_why_it_was_not_saved(world: World) -> None:
    client, address = world.client_of("lead"), world.address("/rounds/{open}/deadline")
    answer = client.post(address, data=form_of(world, wall="2020-02-02T10:00", reason="Šćekić’s words"))
    assert answer.status_code == 422
    assert "The new deadline is in the past." in answer.text
    assert "Šćekić’s words" in answer.text
    assert "2020-02-02T10:00" in answer.text


def test_nobody_but_the_focal_point_of_the_lead_moves_it(world: World) -> None:
    address = world.address("/rounds/{open}/deadline")
    for role in ("contributor", "focal point", "observer", "administrator", "newcomer"):
        client = world.client_of(role)
        assert client.get(address).status_code == client.post(address, data=form_of(world)).status_code in (403, 404)


def test_a_round_that_is_not_open_has_no_deadline_to_move(world: World) -> None:
    client = world.client_of("lead")
    answer = client.get(world.address("/rounds/{consolidated}/deadline"))
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/board")


# ---- the grace ------------------------------------------------------------------------------------------------------


def as_it_stands(world: World, **more: str) -> dict[str, str]:
    """Return the form of the deadline with nothing changed."""
    with world.app.app_context():
        deadline = db.session.query(Deadline).filter_by(round_id=world.names["open"]).one()
        return {"wall": deadline.wall, "zone": deadline.zone, "version": str(deadline.round.version), **more}


def put_back(world: World, ago: timedelta, grace: timedelta) -> None:
    """Let the deadline of the open round have been `ago`, with a grace from now."""
    with world.app.app_context():
        deadline = db.session.query(Deadline).filter_by(round_id=world.names["open"]).one()
        deadline.at, deadline.grace_until = clock.now() - ago, clock.now() + grace
        db.session.commit()


PAGES_OF_THE_ASKED = ("/", "/rounds/{open}/document", "/rounds/{open}/comments", "/rounds/{open}/downloads")


def test_only_the_lead_reads_of_the_grace_before_the_deadline(world: World) -> None:
    lead, asked = world.client_of("lead"), world.client_of("contributor")
    before = [asked.get(world.address(page)).text for page in PAGES_OF_THE_ASKED]
    deadline, board = world.address("/rounds/{open}/deadline"), world.address("/rounds/{open}/board")
    with world.app.app_context():
        at = db.session.query(Deadline).filter_by(round_id=world.names["open"]).one().at
    with world.app.app_context():
        wall = at.astimezone(ZoneInfo("Europe/Vienna"))
        found = db.session.query(Deadline).filter_by(round_id=world.names["open"]).one()
        found.wall, found.at = f"{wall:%Y-%m-%dT%H:%M}", at.replace(second=0, microsecond=0)
        db.session.commit()
    answer = lead.post(deadline, data=as_it_stands(world, grace_hours="36"), follow_redirects=True)
    assert "The grace is set. Nobody is told of it before the deadline has passed." in answer.text
    assert "Grace, which only you know of" in lead.get(board).text
    assert 'name="grace_hours" inputmode="numeric" maxlength="3" value="36"' in lead.get(deadline).text
    after = [asked.get(world.address(page)).text for page in PAGES_OF_THE_ASKED]
    assert [len(page) for page in after] == [len(page) for page in before]
    with world.app.app_context():
        assert db.session.query(OutboxLetter).filter_by(kind="moved", round_id=world.names["open"]).count() == 0


def test_within_the_grace_every_page_says_that_the_deadline_has_passed_and_until_when_answers_are_taken(
    world: World,
) -> None:
    put_back(world, timedelta(hours=1), timedelta(hours=5))
    asked = world.client_of("focal point")
    for page in PAGES_OF_THE_ASKED:
        text = asked.get(world.address(page)).text
        assert "It <strong>has passed</strong>. Answers are still taken until <strong>" in text, page
    answer = asked.post(
        world.address("/rounds/{open}/submission"), data={"position": "cannot concur", "statement": "No."},
        follow_redirects=True,
    )  # fmt: skip
    assert "and marked as given after the deadline. The lead sees it now." in answer.text
    assert "It is marked as given after the deadline." in answer.text
    assert "after the deadline</span>" in world.client_of("lead").get(world.address("/rounds/{open}/board")).text


def test_what_was_typed_for_a_grace_comes_back(world: World) -> None:
    answer = world.client_of("lead").post(
        world.address("/rounds/{open}/deadline"), data=as_it_stands(world, grace_hours="many")
    )
    assert answer.status_code == 422
    assert 'value="many"' in answer.text
    assert "Enter the hours of the grace as a whole number" in answer.text


MOMENT = timedelta(microseconds=1)


def test_on_the_web_the_instant_itself_is_late_and_after_the_grace_nothing_is_taken(world: World) -> None:
    address = world.address("/rounds/{open}/comments")
    at, closes_at = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    with world.app.app_context():
        deadline = db.session.query(Deadline).filter_by(round_id=world.names["open"]).one()
        deadline.at, deadline.grace_until = at, closes_at
        db.session.commit()
    answers = {}
    for name, instant in (("deadline", at), ("end", closes_at)):
        for number, moment in enumerate((-MOMENT, timedelta(0), MOMENT)):
            with time_machine.travel(instant + moment, tick=False):
                client = world.client_of("contributor")
                said = client.get(world.address("/rounds/{open}/document")).text
                answer = client.post(address, data={"reason": f"{name} {number}", "form_key": f"{name}-{number}"})
                answers[name, number] = answer.status_code, "has passed</strong>. Answers are still taken" in said
    assert answers == {
        ("deadline", 0): (302, False), ("deadline", 1): (302, True), ("deadline", 2): (302, True),
        ("end", 0): (302, True), ("end", 1): (409, False), ("end", 2): (409, False),
    }  # fmt: skip


def test_page_letter_and_first_page_show_the_deadline_in_the_same_words_in_both_zones(world: World) -> None:
    world.client_of("lead").post(world.address("/rounds/{open}/deadline"), data=form_of(world))
    asked = world.client_of("contributor")
    with world.app.app_context():
        deadline = db.session.query(Deadline).filter_by(round_id=world.names["open"]).one()
        here, there = (when(deadline.at, zone) for zone in ("Europe/Skopje", "Europe/Chisinau"))
        email = db.session.get_one(Person, world.people["contributor"]).email
        letter = (
            db.session.query(OutboxLetter).filter_by(kind="moved", round_id=world.names["open"], recipient=email).one()
        )
    for text in (letter.text, letter.html, *(asked.get(world.address(page)).text for page in PAGES_OF_THE_ASKED)):
        assert here in text
        assert there in text
