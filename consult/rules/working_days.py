"""Working days: on which days nobody works at a duty station, and where so many working days lead. Pure: data goes in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from consult.errors import Invalid
from consult.phrases import say

SATURDAY_AND_SUNDAY = frozenset((5, 6))  # as date.weekday() counts
NOTHING: Mapping[date, str] = MappingProxyType({})
DAY = timedelta(days=1)
MOST_DAYS = 400  # that are looked at: no deadline is further away


@dataclass(frozen=True, slots=True)
class DutyCalendar:
    """When nobody works at a duty station: its weekend, and other days with what each is called.

    `worked` are days of a weekend that are worked in exchange for another day. `is_known` is false where the country has
    no calendar: then only the weekend and the house's own closed days are in it.
    """

    closed: Mapping[date, str] = field(default_factory=lambda: NOTHING)
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    worked: frozenset[date] = frozenset()
    is_known: bool = True

    def is_weekend(self, day: date) -> bool:
        """Return whether a day belongs to the weekend and is not worked in exchange."""
        return day.weekday() in self.weekend and day not in self.worked

    def is_working_day(self, day: date) -> bool:
        """Return whether people work on a day."""
        return day not in self.closed and not self.is_weekend(day)


def working_day_after(start: date, count: int, calendar: DutyCalendar) -> date:
    """Return the day that is so many working days after `start`, which itself does not count; `start` for none.

    Raises Invalid where there are not so many within a year or so.
    """
    return _working_day(start, count, DAY, calendar)


def working_day_before(end: date, count: int, calendar: DutyCalendar) -> date:
    """Return the day that is so many working days before `end`, which itself does not count; `end` for none."""
    return _working_day(end, count, -DAY, calendar)


def _working_day(start: date, count: int, step: timedelta, calendar: DutyCalendar) -> date:
    day, left = start, count
    for _ in range(MOST_DAYS):
        if left <= 0:
            return day
        day += step
        left -= calendar.is_working_day(day)
    raise Invalid(
        say("There are not %(count)s working days within a year. Enter fewer.", count=count), "too-many-working-days"
    )


def count_working_days(after: date, until: date, calendar: DutyCalendar) -> int:
    """Return how many working days there are after a day, until another and with that one."""
    return sum(calendar.is_working_day(day) for day in _days(after, until))


def closed_days(after: date, until: date, calendar: DutyCalendar) -> tuple[tuple[date, str], ...]:
    """Return the days between that are closed although they are not of the weekend, with what they are called."""
    return tuple(
        (day, calendar.closed[day])
        for day in _days(after, until)
        if day in calendar.closed and not calendar.is_weekend(day)
    )


def _days(after: date, until: date) -> Iterator[date]:
    for number in range(1, (until - after).days + 1):
        yield after + number * DAY
