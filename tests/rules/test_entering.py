"""A deadline is entered as a wall time or as a duration, and a time the clocks skip or repeat is asked about."""

from datetime import UTC, datetime, timedelta

import pytest

from consult.errors import Invalid
from consult.rules.calendar import TwoReadings, name_of_instant
from consult.rules.entering import Entry, settle
from consult.rules.working_days import DutyCalendar

START = datetime(2026, 11, 25, 14, 7, 12, tzinfo=UTC)
VIENNA = "Europe/Vienna"
PLAIN = DutyCalendar()


@pytest.mark.parametrize(
    ("count", "unit", "time", "wall"),
    [
        ("10", "working days", "", "2026-12-09T17:00"), ("10", "working days", "09:30", "2026-12-09T09:30"),
        ("1", "days", "12:00", "2026-11-26T12:00"), ("2", "weeks", "17:00", "2026-12-09T17:00"),
        ("48", "hours", "17:00", "2026-11-27T15:08"), (" 48 ", "hours", "", "2026-11-27T15:08"),
    ],
)  # fmt: skip
def test_a_duration_ends_at_a_time_of_day_or_after_so_many_hours(count: str, unit: str, time: str, wall: str) -> None:
    settled = settle(Entry(zone=VIENNA, count=count, unit=unit, time=time), START, PLAIN)
    assert (settled.wall, settled.zone, settled.grace_until) == (wall, VIENNA, None)


def test_the_day_a_duration_begins_on_is_that_of_the_zone() -> None:
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # in Vienna it is Thursday
    assert settle(Entry(zone=VIENNA, count="1", unit="days"), late, PLAIN).wall == "2026-11-27T17:00"
    assert settle(Entry(zone="UTC", count="1", unit="days"), late, PLAIN).wall == "2026-11-26T17:00"


def test_hours_are_as_long_as_they_are_over_a_change_of_clocks() -> None:
    before = datetime(2026, 10, 24, 16, 0, tzinfo=UTC)
    settled = settle(Entry(zone=VIENNA, count="24", unit="hours"), before, PLAIN)
    assert settled.at - before == timedelta(hours=24)
    assert settled.wall == "2026-10-25T17:00", "it was 18:00 in summer time"


def test_a_duration_that_ends_at_a_time_shown_twice_is_asked_about_too() -> None:
    entry = Entry(zone=VIENNA, count="1", unit="days", time="02:30")
    with pytest.raises(TwoReadings) as refused:
        settle(entry, datetime(2026, 10, 24, 9, 0, tzinfo=UTC), PLAIN)
    assert [name_of_instant(choice) for choice in refused.value.choices] == ["2026-10-25T00:30Z", "2026-10-25T01:30Z"]


@pytest.mark.parametrize(
    ("wall", "choices", "shown"),
    [
        ("2026-10-25T02:30", ("2026-10-25T00:30Z", "2026-10-25T01:30Z"), ("2026-10-25T02:30", "2026-10-25T02:30")),
        ("2026-03-29T02:30", ("2026-03-29T00:30Z", "2026-03-29T01:30Z"), ("2026-03-29T01:30", "2026-03-29T03:30")),
    ],
)
def test_one_of_the_two_instants_is_chosen_and_no_other(
    wall: str, choices: tuple[str, str], shown: tuple[str, str]
) -> None:
    with pytest.raises(TwoReadings) as refused:
        settle(Entry(wall, VIENNA), START, PLAIN)
    assert tuple(name_of_instant(choice) for choice in refused.value.choices) == choices
    for choice, then in zip(choices, shown, strict=True):
        settled = settle(Entry(wall, VIENNA, chosen=choice), START, PLAIN)
        assert (name_of_instant(settled.at), settled.wall) == (choice, then)
    for other in ("2026-10-25T00:31Z", "yes", choices[0].lower()):
        with pytest.raises(TwoReadings):
            settle(Entry(wall, VIENNA, chosen=other), START, PLAIN)


def test_a_choice_counts_for_nothing_where_the_time_is_shown_once() -> None:
    settled = settle(Entry("2026-10-25T17:00", VIENNA, chosen="2026-10-25T00:30Z"), START, PLAIN)
    assert name_of_instant(settled.at) == "2026-10-25T16:00Z"


def test_the_end_of_the_grace_is_asked_about_by_a_choice_of_its_own() -> None:
    entry = Entry("2026-10-24T17:00", VIENNA, grace_wall="2026-10-25T02:30", chosen="2026-10-25T01:30Z")
    with pytest.raises(TwoReadings) as refused:
        settle(entry, START, PLAIN)
    assert refused.value.field == "grace_chosen"
    entry = Entry("2026-10-24T17:00", VIENNA, grace_wall="2026-10-25T02:30", grace_chosen="2026-10-25T01:30Z")
    assert settle(entry, START, PLAIN).grace_until == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"count": "0"}, "bad-count"), ({"count": "-3"}, "bad-count"), ({"count": "251"}, "bad-count"),
        ({"count": "1.5"}, "bad-count"), ({"count": "٣"}, "bad-count"), ({"count": "9" * 5000}, "bad-count"),
        ({"unit": "moons"}, "bad-unit"), ({"unit": ""}, "bad-unit"), ({"time": "teatime"}, "bad-time"),
        ({"time": "25:00"}, "bad-time"), ({"zone": "Vienna"}, "unknown-zone"), ({"count": "", "wall": "soon"}, "bad-date"),
    ],
)  # fmt: skip
def test_what_is_no_duration_is_refused(more: dict[str, str], reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        settle(Entry(**{"zone": VIENNA, "count": "3", "unit": "working days", **more}), START, PLAIN)
    assert refused.value.reason == reason
