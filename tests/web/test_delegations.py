"""The focal point's page of delegated parts: who may give, that a mistake keeps everything typed, what it shows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consult.models import Comment, Delegation, OutboxLetter, db
from tests.world import World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def own_world(tmp_path: Path) -> World:
    return make_world(tmp_path / "instance")


def form(world: World, **more: str) -> dict[str, str]:
    wall = (world.now + timedelta(days=3)).strftime("%Y-%m-%dT12:00")
    usual = {"first": "2", "last": "3", "name": "Eva Codru", "email": "eva@example.org", "language": "de", "wall": wall}
    return {**usual, "note": "Typed with care.", **more}


def count(world: World) -> int:
    with world.app.app_context():
        return int(db.session.query(Delegation).count())


def test_only_a_focal_point_of_an_organisation_that_is_asked_gives_parts(world: World) -> None:
    before = count(world)
    url = world.address("/rounds/{open}/delegations")
    acts = [url, *(f"{url}/{world.names['part']}/{act}" for act in ("prolong", "take-back"))]
    for role, statuses in (
        ("contributor", (403,)), ("observer", (403,)), ("newcomer", (404,)), ("administrator", (404,)),
        ("colleague", (403,)), ("anonymous", (403,)),
    ):  # fmt: skip
        client = world.client_of(role)
        assert client.get(url).status_code in (*statuses, 302), role
        for act in acts:
            assert client.post(act, data=form(world)).status_code in statuses, (role, act)
    for role in ("other", "lead", "co-lead"):
        client = world.client_of(role)
        assert all(client.post(act, data=form(world)).status_code in (403, 404) for act in acts[1:]), role
        assert "ana@example.org" not in client.get(url).text, role
    assert count(world) == before


def test_a_part_is_given_and_stands_in_the_list_with_its_letter(own_world: World) -> None:
    focal, url = own_world.client_of("focal point"), own_world.address("/rounds/{open}/delegations")
    page = focal.post(url, data=form(own_world), follow_redirects=True).text
    for words in ("The letter to Eva Codru is on its way", "Paragraphs 2 to 3", "eva@example.org", "waits to be sent"):
        assert words in page, words
    with own_world.app.app_context():
        letter = db.session.query(OutboxLetter).filter_by(recipient="eva@example.org").one()
        assert "Typed with care." in letter.text
    for client in (own_world.client_of("administrator"), own_world.client_of("lead")):
        assert "eva@example.org" not in client.get("/administration/mail").text
        assert client.get(f"/administration/mail/{letter.id}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"first": "", "last": ""}, "Choose a section"),
        ({"first": "999"}, "has no paragraph 999"),
        ({"first": "5", "last": "2"}, "Enter the first paragraph first"),
        ({"email": "eva"}, "is no mail address"),
        ({"wall": "2026-01-01T10:00"}, "has passed already"),
        ({"wall": "2049-01-01T10:00"}, "before the deadline of the round"),
    ],
)
def test_a_mistake_says_what_to_do_and_keeps_everything_typed(world: World, wrong: Any, sentence: str) -> None:
    before = count(world)
    focal = world.client_of("focal point")
    answer = focal.post(world.address("/rounds/{open}/delegations"), data=form(world, **wrong))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Typed with care." in answer.text
    for name, value in form(world, **wrong).items():
        assert name in ("language", "note") or f'value="{value}"' in answer.text, name
    assert '<option value="de" lang="de" selected>' in answer.text
    assert count(world) == before


def test_a_section_is_chosen_by_its_heading(own_world: World) -> None:
    focal, url = own_world.client_of("focal point"), own_world.address("/rounds/{open}/delegations")
    focal.post(url, data=form(own_world, section="1", first="", last=""))
    with own_world.app.app_context():
        given = db.session.query(Delegation).filter_by(email="eva@example.org").one()
        assert (given.first_number, given.last_number, given.first) == ("1", "5", 0)


def test_prolonging_and_taking_back_are_told_and_hold_at_once(own_world: World) -> None:
    focal, ana = own_world.client_of("focal point"), own_world.client_of("colleague")
    url = own_world.address("/rounds/{open}/delegations/{part}")
    part = own_world.address("/parts/{part}")
    refused = focal.post(f"{url}/prolong", data={"until": "2049-01-01T10:00"})
    assert refused.status_code == 422
    assert 'value="2049-01-01T10:00"' in refused.text
    later = (own_world.now + timedelta(days=6)).strftime("%Y-%m-%dT12:00")
    assert "Prolonged." in focal.post(f"{url}/prolong", data={"until": later}, follow_redirects=True).text
    assert ana.get(part).status_code == 200
    assert "How short?" in focal.get(own_world.address("/rounds/{open}/comments")).text
    assert "has no access any more" in focal.post(f"{url}/take-back", follow_redirects=True).text
    answer = ana.get(part)
    assert answer.status_code == 409
    assert "has taken this part back" in answer.text
    assert "How short?" in focal.get(own_world.address("/rounds/{open}/comments")).text


def test_the_desk_shows_a_colleagues_comment_by_name_and_finds_it_by_that_name(world: World) -> None:
    focal, url = world.client_of("focal point"), world.address("/rounds/{open}/comments")
    page = focal.get(url).text
    assert page.count("Ana Rusu") >= 2
    with world.app.app_context():
        number = -db.session.get_one(Delegation, world.names["part"]).id
    shown = focal.get(url, query_string={"author": number}).text
    assert "How short?" in shown
    assert "We welcome the draft." not in shown
    assert "Ana Rusu" in focal.get(world.address("/rounds/{open}/document")).text
    for role in ("lead", "other", "co-lead", "observer"):
        for page in ("document", "board", "downloads"):
            assert "Ana Rusu" not in world.client_of(role).get(world.address("/rounds/{open}/") + page).text


def test_what_a_colleague_wrote_is_cleared_and_handed_in_like_any_other(own_world: World) -> None:
    focal, base = own_world.client_of("focal point"), own_world.address("/rounds/{open}")
    focal.post(f"{base}/comments/clear", data={"comment": own_world.names["part_comment"]})
    page = focal.get(f"{base}/submission").text
    assert "How short?" in page
    leaving = page.partition("does not leave")[0] if "does not leave" in page else page
    assert "Ana Rusu" not in leaving.partition("comments leave")[2]
    shown = [f"{own_world.names['part_comment']}:{_version(own_world)}"]
    focal.post(f"{base}/submission", data={"position": "comments", "shown": shown})
    lead = own_world.client_of("lead")
    page = lead.get(f"{base}/document").text
    assert "How short?" in page
    assert "Ana Rusu" not in page
    assert "has handed in" in own_world.client_of("colleague").get(own_world.address("/parts/{part}")).text


def _version(world: World) -> int:
    with world.app.app_context():
        return db.session.get_one(Comment, world.names["part_comment"]).version
