"""Entering a deadline: a wall time in a zone, or so many working days, days, weeks or hours; and the instant it comes to.

A duration in days ends at a time of day in the zone of the deadline; one in hours is as long as it says, whatever the
clocks do meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from consult.errors import Invalid
from consult.phrases import say
from consult.rules.calendar import MINUTE, deadline_from, grace_from, zone_of
from consult.rules.working_days import DutyCalendar, working_day_after

UNITS = ("working days", "days", "weeks", "hours")
MOST = {"working days": 250, "days": 366, "weeks": 52, "hours": 366 * 24}
TIME = "17:00"


@dataclass(frozen=True, slots=True)
class Entry:
    """A deadline as somebody typed it, and what was chosen where the clocks skip or repeat a time.

    With a `count` it is a duration in `unit`, which ends at `time` of its last day; else `wall` is meant. `chosen` and
    `grace_chosen` are instants: one of the two that a skipped or repeated time may mean.
    """

    wall: str = ""
    zone: str = ""
    count: str = ""
    unit: str = ""
    time: str = ""
    chosen: str = ""
    grace_hours: str = ""
    grace_wall: str = ""
    grace_chosen: str = ""

    @property
    def is_duration(self) -> bool:
        """Whether so many days or hours are meant, and no date."""
        return bool(self.count.strip())


@dataclass(frozen=True, slots=True)
class Settled:
    """What an entry comes to: the instant, the wall time that clocks of the zone show then, and the end of the grace."""

    at: datetime
    zone: str
    wall: str
    grace_until: datetime | None


def settle(entry: Entry, start: datetime, calendar: DutyCalendar) -> Settled:
    """Return what an entry comes to. A duration is counted from `start`, working days on `calendar`.

    Raises Invalid for what is no time, no duration or no zone; TwoReadings where the clocks skip or repeat the time and
    nobody has chosen which instant is meant.
    """
    zone = zone_of(entry.zone)
    if entry.is_duration and _unit(entry) == "hours":
        at = _up_to_the_minute(start) + timedelta(hours=_count(entry, "hours"))
    else:
        wall = _wall(entry, start, zone, calendar) if entry.is_duration else entry.wall
        at = deadline_from(wall, entry.zone, entry.chosen)
    grace = grace_from(at, entry.zone, hours=entry.grace_hours, wall=entry.grace_wall, chosen=entry.grace_chosen)
    return Settled(at, entry.zone, at.astimezone(zone).strftime(MINUTE), grace)


def _unit(entry: Entry) -> str:
    if entry.unit not in UNITS:
        raise Invalid(say("Choose working days, days, weeks or hours."), "bad-unit")
    return entry.unit


def _count(entry: Entry, unit: str) -> int:
    typed = entry.count.strip()
    if not (typed.isascii() and typed.isdigit() and 0 < int(typed[:6]) <= MOST[unit]):
        raise Invalid(
            say("Enter how many, as a whole number from 1 to %(most)s, or a date and a time.", most=MOST[unit]),
            "bad-count",
        )
    return int(typed)


def _wall(entry: Entry, start: datetime, zone: ZoneInfo, calendar: DutyCalendar) -> str:
    unit = _unit(entry)
    first, count = start.astimezone(zone).date(), _count(entry, unit)
    if unit == "working days":
        last = working_day_after(first, count, calendar)
    else:
        last = first + timedelta(days=count * (7 if unit == "weeks" else 1))
    return f"{last.isoformat()}T{_time_of_day(entry):%H:%M}"


def _time_of_day(entry: Entry) -> time:
    try:
        return time.fromisoformat(entry.time.strip() or TIME).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Invalid(say("Enter the time of day as hours and minutes, for example 17:00."), "bad-time") from None


def _up_to_the_minute(instant: datetime) -> datetime:
    whole = instant.replace(second=0, microsecond=0)
    return whole if whole == instant else whole + timedelta(minutes=1)
