"""When is reminded: working days on the wall clock of the deadline's zone, hours on the world's."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consult.errors import Invalid
from consult.rules.calendar import deadline_from
from consult.rules.reminding import (
    next_at,
    read_days,
    read_hours,
    read_time,
    read_undecided_days,
    reminders_before,
)
from consult.rules.working_days import DutyCalendar
from tests.rules.test_calendar import ZONES, transitions, wall_of

VIENNA = "Europe/Vienna"
FRIDAY = deadline_from("2026-11-27T17:00", VIENNA)


def walls(at: datetime, days: tuple[int, ...], hours: int = 0, **more: object) -> list[tuple[str, str]]:
    found = reminders_before(at, VIENNA, days, hours, at - timedelta(days=60), **more)
    return [(which, wall_of(instant, VIENNA)) for which, instant in found]


def test_working_days_leave_out_saturdays_and_sundays() -> None:
    assert walls(FRIDAY, (5, 2, 5), 4) == [
        ("days-5", "2026-11-20T17:00"), ("days-2", "2026-11-25T17:00"), ("hours-4", "2026-11-27T13:00"),
    ]  # fmt: skip
    monday = deadline_from("2026-11-30T09:00", VIENNA)
    assert walls(monday, (1,)) == [("days-1", "2026-11-27T09:00")]


def test_days_on_which_an_organisation_does_not_work_do_not_count() -> None:
    closed = {date(2026, 11, 25): "Feast", date(2026, 11, 26): "Feast"}
    assert walls(FRIDAY, (1,), calendar=DutyCalendar(closed)) == [("days-1", "2026-11-24T17:00")]


def test_a_reminder_keeps_its_wall_time_over_a_change_of_the_clocks() -> None:
    at = deadline_from("2026-03-30T17:00", VIENNA)
    ((_, instant),) = reminders_before(at, VIENNA, (1,), 0, at - timedelta(days=9))
    assert instant == datetime(2026, 3, 27, 16, 0, tzinfo=UTC)  # winter time, and the deadline in summer time


def test_a_reminder_at_a_time_the_clocks_skip_comes_when_they_have_gone_on() -> None:
    zone = "Africa/Cairo"  # on a Friday
    at = deadline_from("2026-04-27T00:30", zone)
    ((_, instant),) = reminders_before(at, zone, (1,), 0, at - timedelta(days=9))
    assert wall_of(instant, zone) == "2026-04-24T01:30"


def test_only_reminders_to_come_are_planned_and_one_at_an_instant() -> None:
    assert [which for which, _ in reminders_before(FRIDAY, VIENNA, (5, 2), 4, FRIDAY - timedelta(days=3))] == [
        "days-2", "hours-4",
    ]  # fmt: skip
    assert reminders_before(FRIDAY, VIENNA, (5, 2), 0, FRIDAY - timedelta(days=2)) == ()
    assert reminders_before(FRIDAY, VIENNA, (0,), 0, FRIDAY - timedelta(days=9)) == ()
    assert walls(FRIDAY, (1,), 24) == [("hours-24", "2026-11-26T17:00")]


def test_reminders_of_any_zone_come_in_order_and_before_the_deadline() -> None:
    chance = random.Random(7)
    for zone in chance.sample(ZONES, 60):
        for instant, _, _ in transitions(zone)[:8]:
            at = instant + timedelta(days=chance.randint(1, 6), minutes=chance.randint(-90, 90))
            found = reminders_before(at, zone, (1, 2, 3, 5), 4, at - timedelta(days=30))
            assert [which for which, _ in found] == ["days-5", "days-3", "days-2", "days-1", "hours-4"]
            assert [when for _, when in found] == sorted(when for _, when in found)
            assert all(when < at for _, when in found)


def test_a_digest_comes_at_the_next_such_time_of_day() -> None:
    zone = "Europe/Belgrade"
    eight = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
    assert next_at("08:00", zone, eight - timedelta(seconds=1)) == eight
    assert next_at("08:00", zone, eight) == eight + timedelta(days=1)
    at = eight + timedelta(days=30)
    for _ in range(400):  # over both changes of the clocks
        following = next_at("02:30", zone, at)
        assert timedelta(0) < following - at <= timedelta(hours=25)
        assert following.astimezone(ZoneInfo(zone)).strftime("%H:%M") in ("02:30", "03:30")
        at = following


@pytest.mark.parametrize(("typed", "days"), [("5, 2", [5, 2]), ("2;5 2", [5, 2]), ("", []), (" , ", []), ("60", [60])])
def test_days_are_read_as_people_type_them(typed: str, days: list[int]) -> None:
    assert read_days(typed) == days


@pytest.mark.parametrize("typed", ["five", "0", "61", "-1", "1,2,3,4,5,6,7", "٣", "1.5"])
def test_days_that_cannot_be_are_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        read_days(typed)


def test_hours_and_times_are_read_or_refused() -> None:
    assert (read_hours(" 4 "), read_hours(""), read_undecided_days("90")) == (4, 0, 90)
    assert (read_time("08:00"), read_time("08:00:00"), read_time(" ")) == ("08:00", "08:00", "")
    for read, typed in ((read_hours, "49"), (read_hours, "x"), (read_undecided_days, "91"), (read_time, "24:00")):
        with pytest.raises(Invalid):
            read(typed)
