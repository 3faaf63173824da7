"""The page on which the lead moves the deadline."""

from datetime import timedelta

import pytest

from consult import clock
from consult.models import Deadline, OutboxLetter, db
from tests.world import World, make_world


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


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
        letters = db.session.query(OutboxLetter).filter_by(kind="moved").all()
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
