"""Working days: counted on a calendar of weekends, holidays and days that are worked in exchange."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.errors import Invalid
from consult.rules.working_days import (
    DutyCalendar,
    closed_days,
    count_working_days,
    working_day_after,
    working_day_before,
)

WEDNESDAY = date(2026, 11, 25)
DAY = timedelta(days=1)
PLAIN = DutyCalendar()
calendars = st.builds(
    DutyCalendar,
    closed=st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.just("closed"), max_size=30),
    weekend=st.sampled_from([frozenset((5, 6)), frozenset((4, 5)), frozenset((6,))]),
    worked=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=10),
)


def test_ten_working_days_are_two_weeks_where_nothing_is_closed() -> None:
    assert working_day_after(WEDNESDAY, 10, PLAIN) == date(2026, 12, 9)


def test_a_holiday_within_puts_the_end_off_and_one_on_a_weekend_does_not() -> None:
    holidays = {date(2026, 12, 1): "Liberation Day (observed)", date(2026, 12, 5): "on a Saturday"}
    assert working_day_after(WEDNESDAY, 10, DutyCalendar(closed=holidays)) == date(2026, 12, 10)
    assert closed_days(WEDNESDAY, date(2026, 12, 10), DutyCalendar(closed=holidays)) == (
        (date(2026, 12, 1), "Liberation Day (observed)"),
    )


def test_the_first_day_does_not_count_and_the_last_one_does() -> None:
    assert count_working_days(WEDNESDAY, WEDNESDAY, PLAIN) == 0
    assert count_working_days(WEDNESDAY, WEDNESDAY + DAY, PLAIN) == 1
    assert working_day_after(WEDNESDAY, 0, PLAIN) == WEDNESDAY
    assert working_day_after(date(2026, 11, 27), 1, PLAIN) == date(2026, 11, 30), "a Friday, then the weekend"


def test_a_saturday_that_is_worked_in_exchange_counts() -> None:
    calendar = DutyCalendar(worked=frozenset((date(2026, 11, 28),)))
    assert working_day_after(date(2026, 11, 27), 1, calendar) == date(2026, 11, 28)


def test_where_friday_and_saturday_are_free_sunday_is_worked() -> None:
    calendar = DutyCalendar(weekend=frozenset((4, 5)))
    assert working_day_after(date(2026, 11, 26), 1, calendar) == date(2026, 11, 29)


def test_a_count_that_is_not_reached_in_a_year_is_refused() -> None:
    with pytest.raises(Invalid, match="There are not 300 working days within a year"):
        working_day_after(WEDNESDAY, 300, PLAIN)


@given(st.dates(date(2026, 2, 1), date(2026, 10, 31)), st.integers(1, 40), calendars)
def test_counting_and_going_on_are_each_others_inverse(start: date, count: int, calendar: DutyCalendar) -> None:
    end = working_day_after(start, count, calendar)
    assert calendar.is_working_day(end)
    assert count_working_days(start, end, calendar) == count
    assert count_working_days(start, end - DAY, calendar) == count - 1
    before = working_day_before(end, count, calendar)
    assert calendar.is_working_day(before)
    assert count_working_days(before, end, calendar) == count
