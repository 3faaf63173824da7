"""Deadlines in every zone of the world, around every change of its clocks."""

import contextlib
import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.catalogues import when
from consult.errors import Invalid
from consult.rules.calendar import TwoReadings, deadline_from, is_open, name_of_instant

ZONES = sorted(available_timezones())
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DUTY_STATIONS = (
    "Europe/Vienna", "Europe/Tirane", "Europe/Sarajevo", "Europe/Belgrade", "Europe/Chisinau", "Europe/Podgorica",
    "Europe/Skopje", "Europe/Warsaw", "Europe/Kyiv", "Europe/Brussels", "Europe/Zurich", "Europe/Prague",
    "Asia/Tashkent", "Asia/Bishkek", "Asia/Dushanbe", "Asia/Ashgabat", "Asia/Almaty", "UTC",
)  # fmt: skip
RARE = (
    "Africa/Casablanca", "America/New_York", "America/St_Johns", "Antarctica/Troll", "Asia/Gaza",
    "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Chatham",
)  # fmt: skip


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


def zones_tried() -> list[str]:
    """Return every zone there is, where PROVE_ZONES asks for all; else those of the duty stations and some rare ones."""
    return ZONES if os.environ.get("PROVE_ZONES") == "all" else [*DUTY_STATIONS, *RARE]


def test_at_every_change_of_clocks_until_2040_skipped_times_and_doubled_times_are_asked_about_and_no_others() -> None:
    checked = tried = 0
    for zone in zones_tried():
        for instant, before, after in transitions(zone):
            wall = instant + min(before, after)  # the first minute that is skipped or shown twice
            length = abs(after - before)
            reason = "time-does-not-exist" if after > before else "time-comes-twice"
            for shown in (wall, wall + length / 2, wall + length - MINUTE):
                check_that_it_is_asked_about(shown.strftime("%Y-%m-%dT%H:%M"), zone, reason, length)
            for shown in (wall - MINUTE, wall + length):
                entered = shown.strftime("%Y-%m-%dT%H:%M")
                assert wall_of(deadline_from(entered, zone), zone) == entered, (zone, shown)
            for offset in (-HOUR, -MINUTE, timedelta(0), MINUTE, HOUR):  # there and back, and told apart in words
                at = instant + offset
                with contextlib.suppress(TwoReadings):
                    assert deadline_from(wall_of(at, zone), zone) == at, (zone, at)
                tried += 1
            assert when(instant - MINUTE, zone) != when(instant - MINUTE + length, zone)
            checked += 1
    assert checked > 400
    print(f"{checked} changes of clocks in {len(zones_tried())} zones, {tried} instants there and back")  # noqa: T201 - the figures of a long proof


def check_that_it_is_asked_about(entered: str, zone: str, reason: str, length: timedelta) -> None:
    """Hold that a time is refused with two instants, and that each of them is taken when it is chosen."""
    with pytest.raises(TwoReadings) as refused:
        deadline_from(entered, zone)
    assert refused.value.reason == reason, (zone, entered)
    early, late = refused.value.choices
    assert late - early == length, (zone, entered)
    for choice in (early, late):
        assert deadline_from(entered, zone, name_of_instant(choice)) == choice
        if reason == "time-comes-twice":
            assert wall_of(choice, zone) == entered
    assert when(early, zone) != when(late, zone), "one reads which of the two it is"


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
