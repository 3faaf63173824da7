"""The pages on which a focal point asks for more time and the lead gives or refuses it; and that nobody else can tell."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from consult import clock
from consult.models import Extension, OutboxLetter, Round, db
from consult.services import extensions, people
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL
from tests.web import test_visibility as two_worlds
from tests.world import World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def wall(days: int) -> str:
    return f"{clock.now() + timedelta(days=days):%Y-%m-%dT17:00}"


def open_round(world: World) -> int:
    return int(world.names["open"])


def test_a_focal_point_asks_and_the_lead_gives_another_time(world: World) -> None:
    address = f"/rounds/{open_round(world)}/extension"
    focal, lead = world.client_of("focal point"), world.client_of("lead")
    assert "Ask for more time" in focal.get(f"/rounds/{open_round(world)}/comments").text
    answer = focal.post(address, data={"wall": wall(20), "reason": "Šćekić is away."}, follow_redirects=True)
    assert "The lead is asked." in answer.text
    assert "asked for, not answered yet" in answer.text
    assert "2 organisations ask for more time." in lead.get(f"/rounds/{open_round(world)}/board").text
    listed = lead.get(f"/rounds/{open_round(world)}/extensions").text
    assert "Šćekić is away." in listed
    given = {"organisation": str(world.organisations["moldova"]), "wall": wall(15), "reason": "Not longer."}
    answer = lead.post(f"/rounds/{open_round(world)}/extensions", data=given, follow_redirects=True)
    assert "Mission to Moldova has more time and is told." in answer.text
    assert "extension until" in lead.get(f"/rounds/{open_round(world)}/board").text
    for page in ("document", "comments", "extension"):
        assert "it has an extension" in focal.get(f"/rounds/{open_round(world)}/{page}").text
    assert "extension for your organisation" in focal.get("/").text
    with time_machine.travel(clock.now() + timedelta(days=12)):
        form = {"position": "comments", "reason": "After the deadline of the others.", "type": "general"}
        focal, other = world.client_of("focal point"), world.client_of("other")
        assert focal.post(f"/rounds/{open_round(world)}/comments", data=form).status_code == 302
        assert other.post(f"/rounds/{open_round(world)}/comments", data=form).status_code == 409


def test_the_lead_refuses_with_a_reason_that_comes_back_where_it_is_missing(world: World) -> None:
    lead, other = world.client_of("lead"), world.client_of("other")
    address = world.address("/rounds/{open}/extensions/{extension}/refuse")
    answer = lead.post(address, data={"reason": " ", "extension": str(world.names["extension"])})
    assert answer.status_code == 422
    assert "the organisation reads it" in answer.text
    assert lead.post(address, data={"reason": "The bodies meet on Monday."}).status_code == 302
    assert "The bodies meet on Monday." in other.get(f"/rounds/{open_round(world)}/extension").text
    with world.app.app_context():
        letter = db.session.query(OutboxLetter).filter_by(kind="extension").order_by(OutboxLetter.id.desc()).first()
        assert "The bodies meet on Monday." in letter.text


def test_what_was_typed_comes_back(world: World) -> None:
    focal, lead = world.client_of("co-lead"), world.client_of("lead")
    answer = focal.post(f"/rounds/{open_round(world)}/extension", data={"wall": "2020-01-01T10:00", "reason": "Žuti"})
    assert answer.status_code == 422
    assert "Žuti" in answer.text
    assert "2020-01-01T10:00" in answer.text
    given = {"organisation": str(world.organisations["bosnia"]), "wall": "2020-01-01T10:00", "reason": "Žuti"}
    answer = lead.post(f"/rounds/{open_round(world)}/extensions", data=given)
    assert (answer.status_code, "Žuti" in answer.text) == (422, True)


@pytest.mark.parametrize(
    "role", ["anonymous", "newcomer", "administrator", "contributor", "observer", "other", "co-lead"]
)
def test_nobody_else_gives_refuses_or_asks_for_others(world: World, role: str) -> None:
    """The matrix of roles: who may ask, see what is asked, give, refuse."""
    client, number = world.client_of(role), open_round(world)
    asks, sees, gives = role in ("other", "co-lead"), role == "co-lead", role == "co-lead"
    form = {"organisation": str(world.organisations["moldova"]), "wall": "x", "reason": "r"}
    refuse = f"/rounds/{number}/extensions/999/refuse"
    assert (client.get(f"/rounds/{number}/extension").status_code == 200) == asks
    assert (client.post(f"/rounds/{number}/extension", data=form).status_code in (409, 422)) == asks
    assert (client.get(f"/rounds/{number}/extensions").status_code == 200) == sees
    assert (client.post(f"/rounds/{number}/extensions", data=form).status_code == 422) == gives
    assert client.post(refuse, data=form).status_code in ((404,) if gives else (302, 403, 404))
    with world.app.app_context():
        assert db.session.get_one(Extension, world.names["extension"]).state != "granted"


@pytest.mark.parametrize(("state", "hours"), [("open", -1), ("closed", 1)])
def test_two_worlds_with_and_without_an_extension_look_the_same_to_the_others(
    tmp_path: Path, state: str, hours: int
) -> None:
    with time_machine.travel(factories.DEADLINE + timedelta(hours=hours), tick=False):
        without = two_worlds.World(tmp_path / "without", "after own submission", state, with_secret=False)
        having = two_worlds.World(tmp_path / "having", "after own submission", state, with_secret=False)
        extend(having)
        for role in ("consulted focal point",):
            one, other = without.client(role), having.client(role)
            for method, url, _ in two_worlds.urls(having.app, having.round_id, ()):
                if method == "GET":
                    first, second = two_worlds.ask(one, method, url), two_worlds.ask(other, method, url)
                    assert comparable(first) == comparable(second), f"{role}: {method} {url}"


def comparable(answer: Any) -> Any:
    status, location, text = answer
    return status, re.sub(r"\d{8,}", "N", location), re.sub(r"\d{8,}", "N", text)


def extend(world: Any) -> None:
    """Let one organisation have an extension, and another one ask for one."""
    with world.app.app_context(), unit_of_work(db.session) as now:
        round_ = db.session.get_one(Round, world.round_id)
        lead = people.actor_of(db.session.get_one(factories.Person, world.people["lead focal point"]))
        person = db.session.get_one(factories.Person, lead.person_id)
        secret = next(p for p in round_.consultation.participations if p.organisation.code == "SECRET")
        extensions.grant(
            db.session, round_, secret.organisation_id, wall="2026-11-30T12:00", reason="ZXQV7",
            base_url=BASE_URL, by=lead, person=person, now=now,
        )  # fmt: skip
