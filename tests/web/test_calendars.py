"""The administrator's page of calendars and closed days."""

from datetime import timedelta

import pytest

from consult import clock
from consult.models import ClosedDay, Organisation, db
from tests.world import World, make_world

PAGE = "/administration/calendars"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def calendar_of(world: World, name: str) -> str:
    with world.app.app_context():
        return db.session.get_one(Organisation, world.organisations[name]).calendar


def test_an_administrator_chooses_the_country_and_then_the_region(world: World) -> None:
    client, number = world.client_of("administrator"), world.organisations["bosnia"]
    assert "none: only weekends are left out" in client.get(PAGE).text
    page = client.post(f"{PAGE}/{number}", data={"country": "BA"}, follow_redirects=True).text
    assert "The calendar is set." in page
    assert "Bosnia &amp; Herzegovina" in page
    assert "New Year&#39;s Day" in page
    assert calendar_of(world, "bosnia") == "BA"
    page = client.post(f"{PAGE}/{number}", data={"country": "BA", "region": "BIH"}, follow_redirects=True).text
    assert calendar_of(world, "bosnia") == "BA-BIH"
    assert "Bosnia &amp; Herzegovina, BIH" in page
    assert client.post(f"{PAGE}/{number}", data={"country": "ZZ"}).status_code == 422
    assert calendar_of(world, "bosnia") == "BA-BIH"


def test_closed_days_are_added_and_removed_and_what_was_typed_comes_back(world: World) -> None:
    client, day = world.client_of("administrator"), f"{clock.now() + timedelta(days=30):%Y-%m-%d}"
    refused = client.post(f"{PAGE}/closed-days", data={"day": "soon", "name": "Šabac’s feast", "organisation": ""})
    assert refused.status_code == 422
    assert "Šabac’s feast" in refused.text
    assert "Enter the closed day as a date" in refused.text
    data = {"day": day, "name": "Staff retreat", "organisation": str(world.organisations["moldova"])}
    page = client.post(f"{PAGE}/closed-days", data=data, follow_redirects=True).text
    assert "Staff retreat</span> · Mission to Moldova" in page
    with world.app.app_context():
        number = db.session.query(ClosedDay).one().id
    assert "None to come is in the list." in client.post(
        f"{PAGE}/closed-days/{number}/remove", follow_redirects=True
    ).text  # fmt: skip
    assert client.post(f"{PAGE}/closed-days/{number}/remove").status_code == 404


def test_nobody_else_sees_or_changes_a_calendar(world: World) -> None:
    client = world.client_of("lead")
    for address in (PAGE, f"{PAGE}/1", f"{PAGE}/closed-days", f"{PAGE}/closed-days/1/remove"):
        assert client.post(address, data={"country": "RS"}).status_code in (403, 404, 405)
    assert client.get(PAGE).status_code in (403, 404)
    assert calendar_of(world, "lead") == "", "its calendar is as it was"
