"""What a typed deadline comes to is shown before anybody is told, and a time the clocks repeat is asked about."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from consult import clock
from consult.models import ClosedDay, Deadline, Organisation, OutboxLetter, Round, db
from consult.rules.calendar import name_of_instant
from consult.rules.permissions import COMMAND
from consult.services import duty_calendars
from consult.unit_of_work import unit_of_work
from tests.world import World, make_world, with_fresh_rounds

SET_UP, CIRCULATE, MOVE = "/rounds/{planned}/set-up", "/rounds/{planned}/circulate", "/rounds/{open}/deadline"
SCRIPT = {"HX-Request": "true"}
NOW = "2026-11-25T14:00:00Z"


@pytest.fixture(scope="module")
def one_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("world"))
    with made.app.app_context(), unit_of_work(db.session) as now:
        for name, country in (("lead", "RS"), ("moldova", "MD"), ("kosovo", "XK")):
            organisation = db.session.get_one(Organisation, made.organisations[name])
            duty_calendars.set_calendar(db.session, organisation, country=country, region="", by=COMMAND, now=now)
    return made


@pytest.fixture
def world(one_world: World) -> World:
    """Give a planned and an open round of the test's own."""
    with one_world.app.app_context(), unit_of_work(db.session):
        db.session.query(ClosedDay).delete()
    return with_fresh_rounds(one_world, "planned", "open")


def typed(world: World, **more: str) -> dict[str, str]:
    places = {f"place-{world.organisations[name]}": "consulted" for name in ("moldova", "kosovo", "nobody")}
    return {"how": "duration", "count": "10", "unit": "working days", "time": "17:00", "zone": "Europe/Vienna",
            "visibility": "closed", "invitation": "Šćekić’s words", **places, **more}  # fmt: skip


def stage_of(world: World) -> str:
    with world.app.app_context():
        return db.session.get_one(Round, world.names["planned"]).stage


@pytest.fixture
def november() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.usefixtures("november")
def test_the_lead_sees_what_ten_working_days_come_to_and_who_has_holidays_in_between(world: World) -> None:
    client = world.client_of("lead")
    shown = client.post(world.address(SET_UP), data=typed(world), headers=SCRIPT).text
    assert "= Wednesday, 9 December 2026, 17:00 (Europe/Vienna)" in shown
    assert "10 working days from now at the duty station of Mission to Serbia and Montenegro." in shown
    assert "<strong>Mission in Kosovo</strong>: 9 working days; Mon, 30 Nov 2026" not in shown
    assert "Without a calendar, so that only weekends are left out: Presence in Albania." in shown
    assert "<html" not in shown
    with world.app.app_context(), unit_of_work(db.session) as now:
        for day, name in (("2026-12-01", None), ("2026-12-02", "moldova")):
            duty_calendars.add_closed_day(
                db.session, day=day, name="A feast", by=COMMAND, now=now,
                organisation_id=world.organisations[name] if name else None,
            )  # fmt: skip
    shown = client.post(world.address(SET_UP), data=typed(world), headers=SCRIPT).text
    assert "= Thursday, 10 December 2026, 17:00 (Europe/Vienna)" in shown
    assert 'Closed there: Tue, 1 Dec 2026 (<span lang="">A feast</span>).' in shown
    found = re.search(r"<strong>Mission to Moldova</strong>: (.*?)</li>", shown)
    assert found is not None
    assert found[1].startswith("9 working days; Tue, 1 Dec 2026")


@pytest.mark.usefixtures("november")
def test_a_duration_is_circulated_only_when_what_it_comes_to_has_been_seen(world: World) -> None:
    client = world.client_of("lead")
    first = client.post(world.address(CIRCULATE), data=typed(world))
    assert first.status_code == 422
    assert "Look at it below, then press the button once more." in first.text
    assert "= Wednesday, 9 December 2026, 17:00" in first.text
    assert "Šćekić’s words" in first.text
    assert stage_of(world) == "planned"
    seen = re.search(r'name="seen" value="(.*?)"', first.text)
    assert seen is not None
    assert seen[1] == "2026-12-09T16:00Z"
    with time_machine.travel("2026-11-26T09:00:00Z", tick=False):  # overnight it has become another day
        again = world.client_of("lead").post(world.address(CIRCULATE), data=typed(world, seen=seen[1]))
        assert again.status_code == 422
        assert "= Thursday, 10 December 2026, 17:00" in again.text
    assert client.post(world.address(CIRCULATE), data=typed(world, seen=seen[1])).status_code == 302
    with world.app.app_context():
        deadline = db.session.query(Deadline).filter_by(round_id=world.names["planned"]).one()
        assert (name_of_instant(deadline.at), deadline.wall) == (seen[1], "2026-12-09T17:00")


@pytest.mark.usefixtures("november")
def test_hours_that_were_looked_at_for_a_while_end_when_it_was_shown(world: World) -> None:
    client, data = world.client_of("lead"), typed(world, count="48", unit="hours", seen="2026-11-27T14:00Z")
    with time_machine.travel("2026-11-25T14:20:30Z", tick=False):
        assert client.post(world.address(CIRCULATE), data=data).status_code == 302
    with world.app.app_context():
        deadline = db.session.query(Deadline).filter_by(round_id=world.names["planned"]).one()
        assert name_of_instant(deadline.at) == "2026-11-27T14:00Z"


@pytest.mark.parametrize(
    ("wall", "reason", "first", "second"),
    [
        ("2026-10-25T02:30", "show 2026-10-25 02:30 twice", "2026-10-25T00:30Z", "2026-10-25T01:30Z"),
        ("2027-03-28T02:30", "skip 2027-03-28 02:30", "2027-03-28T00:30Z", "2027-03-28T01:30Z"),
    ],
)
def test_a_time_the_clocks_repeat_or_skip_is_chosen_and_everything_typed_is_kept(
    world: World, wall: str, reason: str, first: str, second: str
) -> None:
    client, data = world.client_of("lead"), typed(world, how="wall", wall=wall)
    with time_machine.travel("2026-10-01T14:00:00Z", tick=False):
        asked = client.post(world.address(CIRCULATE), data=data)
        assert asked.status_code == 422
        assert reason in asked.text
        assert "Šćekić’s words" in asked.text
        assert re.findall(r'name="chosen" id="chosen-\d" value="(.*?)"', asked.text) == [first, second]
        shown = client.post(world.address(SET_UP), data={**data, "chosen": second}, headers=SCRIPT).text
        assert f'value="{second}" checked' in shown
        assert f'name="seen" value="{second}"' in shown
        assert client.post(world.address(CIRCULATE), data={**data, "chosen": second}).status_code == 302
    with world.app.app_context():
        deadline = db.session.query(Deadline).filter_by(round_id=world.names["planned"]).one()
        assert name_of_instant(deadline.at) == second


def test_without_a_script_the_whole_page_shows_what_it_comes_to(world: World) -> None:
    page = world.client_of("lead").post(world.address(SET_UP), data=typed(world, count="3", unit="days")).text
    assert "<h1>" in page
    assert 'name="seen" value="20' in page
    assert "Šćekić’s words" in page
    assert 'id="how-duration" value="duration" checked' in page


def test_a_duration_moves_the_deadline_from_where_it_stands(world: World) -> None:
    client, address = world.client_of("lead"), world.address(MOVE)
    with world.app.app_context():
        deadline = db.session.query(Deadline).filter_by(round_id=world.names["open"]).one()
        deadline.at, deadline.zone = (
            clock.now().replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(9),
            "UTC",
        )
        before, set_at = deadline.at, deadline.set_at.isoformat()
        version = str(deadline.round.version)
        db.session.commit()
    data = {"how": "duration", "count": "2", "unit": "days", "time": "16:00", "zone": "UTC", "version": version,
            "reason": "Asked.", "set_at": set_at}  # fmt: skip
    shown = client.post(f"{address}/preview", data=data, headers=SCRIPT).text
    after = before + timedelta(days=2)
    assert f'name="seen" value="{name_of_instant(after)}"' in shown
    assert client.post(address, data=data).status_code == 422
    assert client.post(address, data={**data, "seen": name_of_instant(after)}).status_code == 302
    with world.app.app_context():
        deadline = db.session.query(Deadline).filter_by(round_id=world.names["open"]).one()
        assert deadline.at == after
        told = {
            letter.text
            for letter in db.session.query(OutboxLetter).filter_by(kind="moved", round_id=world.names["open"])
        }
        shown_there = f"{after.astimezone(ZoneInfo('UTC')):%H:%M} (UTC)"
        assert all(f"{shown_there}" in text for text in told)
    late = client.post(address, data={**data, "seen": name_of_instant(after + timedelta(days=2))})
    assert late.status_code == 409, "somebody else has moved it since this form was opened"


@pytest.mark.parametrize(
    "more",
    [{"count": ""}, {"count": "many"}, {"unit": "moons"}, {"zone": "Mars"}, {"time": "late"}, {"how": "wall", "wall": "x"}],
)  # fmt: skip
def test_what_comes_to_nothing_says_why_and_sends_nothing(world: World, more: dict[str, str]) -> None:
    client = world.client_of("lead")
    shown = client.post(world.address(SET_UP), data=typed(world, **more), headers=SCRIPT)
    assert shown.status_code == 200
    assert 'name="seen"' not in shown.text
    assert '<p class="mb-0">' in shown.text
    answer = client.post(world.address(CIRCULATE), data=typed(world, **more))
    assert answer.status_code == 422
    assert "Šćekić’s words" in answer.text
    assert stage_of(world) == "planned"


def test_nobody_but_the_focal_point_of_the_lead_asks_what_it_comes_to(world: World) -> None:
    for role in ("contributor", "focal point", "observer", "administrator"):
        client = world.client_of(role)
        for address in (SET_UP, f"{MOVE}/preview"):
            assert client.post(world.address(address), data=typed(world)).status_code in (403, 404)
