"""Deadlines in every zone of the world, around every change of its clocks."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.errors import Invalid
from consult.rules.calendar import deadline_from, is_open, reminder_times

ZONES = sorted(available_timezones())
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def wall_of(instant: datetime, zone: str) -> str:
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def transitions(zone: str) -> list[tuple[datetime, timedelta, timedelta]]:
    """Return (instant, offset before, offset after) of each change of a zone's clocks, to the minute."""
    info, found = ZoneInfo(zone), []

    def offset(at: datetime) -> timedelta:
        shown = at.astimezone(info).utcoffset()
        assert shown is not None
        return shown

    day = FIRST
    while day < LAST:
        following = day + timedelta(days=14)
        if offset(day) != offset(following):
            low, high = day, following
            while high - low > MINUTE:
                middle = low + timedelta(minutes=(high - low) // MINUTE // 2)
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append((high, offset(low), offset(high)))
        day = following
    return found


def test_a_deadline_is_the_instant_of_its_wall_time_in_its_zone() -> None:
    assert deadline_from("2026-11-27T17:00", "Europe/Vienna") == datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
    assert deadline_from("2026-07-01T17:00:00", "Europe/Chisinau") == datetime(2026, 7, 1, 14, 0, tzinfo=UTC)


@given(st.integers(0, (LAST - FIRST) // MINUTE - 1), st.sampled_from(ZONES))
def test_every_deadline_that_is_taken_reads_in_its_zone_as_it_was_entered(minutes: int, zone: str) -> None:
    entered = (FIRST + minutes * MINUTE).strftime("%Y-%m-%dT%H:%M")
    try:
        instant = deadline_from(entered, zone)
    except Invalid:
        return  # skipped or shown twice: the next test holds that no other is refused
    assert wall_of(instant, zone) == entered


def test_at_every_change_of_clocks_until_2040_skipped_times_and_doubled_times_are_refused_and_no_others() -> None:
    checked = 0
    seen: set[tuple[tuple[datetime, timedelta, timedelta], ...]] = set()
    for zone in ZONES:
        changes = transitions(zone)
        if tuple(changes) in seen:
            continue  # another name for the same clocks
        seen.add(tuple(changes))
        for instant, before, after in changes:
            wall = instant + min(before, after)  # the first minute that is skipped or shown twice
            length = abs(after - before)
            reason = "time-does-not-exist" if after > before else "time-comes-twice"
            for shown in (wall, wall + length / 2, wall + length - MINUTE):
                with pytest.raises(Invalid) as refused:
                    deadline_from(shown.strftime("%Y-%m-%dT%H:%M"), zone)
                assert refused.value.reason == reason, (zone, shown)
            for shown in (wall - MINUTE, wall + length):
                entered = shown.strftime("%Y-%m-%dT%H:%M")
                assert wall_of(deadline_from(entered, zone), zone) == entered, (zone, shown)
            checked += 1
    assert checked > 1000


def test_a_skipped_time_is_refused_with_the_time_the_clocks_then_show() -> None:
    with pytest.raises(Invalid, match="Enter 2026-03-29 03:30 or another time") as refused:
        deadline_from("2026-03-29T02:30", "Europe/Vienna")
    assert "put forward" in refused.value.message


def test_a_doubled_time_is_refused_naming_both_readings() -> None:
    with pytest.raises(Invalid, match="at 00:30 and at 01:30 UTC"):
        deadline_from("2026-10-25T02:30", "Europe/Vienna")


@pytest.mark.parametrize(
    "wall",
    ["", "tomorrow", "2026-02-30T10:00", "2026-11-27", "2026-11-27T25:00", "20266-11-27T17:00", "0001-01-01T00:00",
     "9999-12-31T23:59", "2026-11-27T17:00 or so", "20٢٦-11-27T17:00"],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_an_example(wall: str) -> None:
    with pytest.raises(Invalid, match="for example 27 November 2026, 17:00"):
        deadline_from(wall, "Europe/Vienna")


@pytest.mark.parametrize("zone", ["", "Vienna", "Europe/Atlantis", "../etc/passwd", "UTC+25"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(Invalid, match="is no time zone") as refused:
        deadline_from("2026-11-27T17:00", zone)
    assert refused.value.reason == "unknown-zone"


def test_the_deadline_is_exclusive() -> None:
    at = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
    assert is_open(at, None, at - timedelta(microseconds=1))
    assert not is_open(at, None, at)
    assert not is_open(at, at - timedelta(days=1), at - timedelta(hours=1))


def test_reminders_fall_on_the_same_wall_time_so_many_days_before() -> None:
    at = deadline_from("2026-03-30T17:00", "Europe/Vienna")
    found = reminder_times(at, "Europe/Vienna", (2, 5, 5), at - timedelta(days=20))
    assert [(days, wall_of(instant, "Europe/Vienna")) for days, instant in found] == [
        (5, "2026-03-25T17:00"),
        (2, "2026-03-28T17:00"),
    ]
    assert found[0][1] == datetime(2026, 3, 25, 16, 0, tzinfo=UTC)  # winter time, and the deadline in summer time


def test_a_reminder_at_a_time_the_clocks_skip_comes_when_they_have_gone_on() -> None:
    at = deadline_from("2026-03-31T02:30", "Europe/Vienna")
    ((_, instant),) = reminder_times(at, "Europe/Vienna", (2,), at - timedelta(days=9))
    assert wall_of(instant, "Europe/Vienna") == "2026-03-29T03:30"


def test_only_reminders_to_come_are_planned() -> None:
    at = deadline_from("2026-11-27T17:00", "Europe/Vienna")
    assert [days for days, _ in reminder_times(at, "Europe/Vienna", (5, 2), at - timedelta(days=3))] == [2]
    assert reminder_times(at, "Europe/Vienna", (5, 2), at - timedelta(days=2)) == ()
    assert reminder_times(at, "Europe/Vienna", (0, -1), at - timedelta(days=9)) == ()


def test_reminders_of_any_zone_come_in_order_and_before_the_deadline() -> None:
    chance = random.Random(7)
    for zone in chance.sample(ZONES, 60):
        for instant, _, _ in transitions(zone)[:8]:
            at = instant + timedelta(days=chance.randint(1, 6), minutes=chance.randint(-90, 90))
            found = reminder_times(at, zone, (1, 2, 3, 5), at - timedelta(days=30))
            assert [days for days, _ in found] == [5, 3, 2, 1]
            assert [at for _, at in found] == sorted(at for _, at in found)
            for days, reminder in found:
                assert abs(at - timedelta(days=days) - reminder) <= timedelta(hours=24)
