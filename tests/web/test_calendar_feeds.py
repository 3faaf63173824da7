"""My calendar: a secret address that tells deadlines and nothing else; and the page on which a round is cancelled."""

import re

import pytest
import vobject
from flask.testing import FlaskClient

from consult.models import CalendarFeed, OutboxLetter, Round, db
from tests.budgets import QUERIES_OF_A_PAGE, queries_of
from tests.world import World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def address_for(client: FlaskClient) -> str:
    page = client.post("/calendar").text
    (address,) = re.findall(r'id="address" readonly value="http://localhost(/calendar/[\w-]{43}\.ics)"', page)
    return str(address)


def test_an_address_is_shown_once_and_only_its_digest_is_kept(world: World) -> None:
    client = world.client_of("focal point")
    address = address_for(client)
    assert address not in client.get("/calendar").text
    assert "has an address since" in client.get("/calendar").text
    with world.app.app_context():
        kept = db.session.query(CalendarFeed).filter_by(person_id=world.people["focal point"], revoked_at=None).one()
        assert kept.token_digest not in address


def test_a_calendar_fetches_without_signing_in_and_is_told_when_nothing_has_changed(world: World) -> None:
    address = address_for(world.client_of("focal point"))
    nobody = world.app.test_client()
    answer = nobody.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    events = vobject.readOne(answer.text).vevent_list
    assert {event.uid.value.split("-")[1] for event in events} >= {str(world.names["open"])}
    again = nobody.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert nobody.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    assert nobody.post(address).status_code == 405


def test_an_address_that_has_ended_or_never_was_is_not_there(world: World) -> None:
    client, nobody = world.client_of("other"), world.app.test_client()
    first = address_for(client)
    second = address_for(client)
    assert [nobody.get(address).status_code for address in (first, second)] == [404, 200]
    assert "The address has ended." in client.post("/calendar/end", follow_redirects=True).text
    ended, never = nobody.get(second), nobody.get(f"/calendar/{'x' * 43}.ics")
    assert (ended.status_code, never.status_code) == (404, 404)
    assert "Make an address for my calendar" in client.get("/calendar").text


def test_fetching_keeps_its_budget_and_the_page_too(world: World) -> None:
    address = address_for(world.client_of("lead"))
    assert len(queries_of(world.app, world.app.test_client(), address)) <= QUERIES_OF_A_PAGE
    assert len(queries_of(world.app, world.client_of("lead"), "/calendar")) <= QUERIES_OF_A_PAGE


def test_who_is_not_signed_in_makes_no_address(world: World) -> None:
    nobody = world.app.test_client()
    assert nobody.get("/calendar").status_code == 302
    assert nobody.post("/calendar").status_code == 403


# ---- cancelling -----------------------------------------------------------------------------------------------------


def test_nobody_but_a_focal_point_of_the_lead_cancels(world: World) -> None:
    address = world.address("/rounds/{open}/cancel")
    for role in ("contributor", "focal point", "observer", "administrator", "newcomer"):
        client = world.client_of(role)
        assert client.get(address).status_code == client.post(address).status_code == 404, role


def test_the_lead_cancels_with_a_reason_and_everybody_reads_it(world: World) -> None:
    client, address = world.client_of("lead"), world.address("/rounds/{open}/cancel")
    with world.app.app_context():
        version = str(db.session.get_one(Round, world.names["open"]).version)
    answer = client.post(address, data={"version": version, "reason": "  "})
    assert answer.status_code == 422
    assert "Say in a sentence why the round is cancelled" in answer.text
    answer = client.post(address, data={"version": "0", "reason": "Šćekić’s words"})
    assert (answer.status_code, "Šćekić’s words" in answer.text) == (409, True)
    form = {"version": version, "reason": "The Council took it off."}
    answer = client.post(address, data=form, follow_redirects=True)
    assert "The round is cancelled. Everybody has been told." in answer.text
    assert "ends without a result" in answer.text
    for role in ("contributor", "observer"):
        assert "The Council took it off." in world.client_of(role).get(world.address("/rounds/{open}/document")).text
    for page in ("board", "decisions", "downloads", "document", "reminders"):
        assert client.get(world.address(f"/rounds/{{open}}/{page}")).status_code == 200, page
    assert client.get("/").status_code == 200
    for act in ("consolidate", "remind", "close", "finish", "cancel"):
        data = {"version": version, "reason": "x"}
        assert client.post(world.address(f"/rounds/{{open}}/{act}"), data=data).status_code == 409, act
    with world.app.app_context():
        letters = db.session.query(OutboxLetter).filter_by(kind="cancelled").all()
        assert {"METHOD:CANCEL" in letter.calendar for letter in letters} == {True}
