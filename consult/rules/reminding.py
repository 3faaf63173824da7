"""When a round reminds and tells: working days and hours before its deadline, a time of day for the digest."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from consult.errors import Invalid
from consult.phrases import say
from consult.rules.working_days import DutyCalendar, working_day_before

DAYS, HOURS, UNDECIDED_DAYS, DIGEST = (5, 2), 4, 7, "08:00"
MOST_REMINDERS, LONGEST_DAYS, LONGEST_HOURS, LONGEST_WAIT = 6, 60, 48, 90
NUMBERS = re.compile(r"[\s,;]+")
EVERY_WEEK = DutyCalendar()  # Monday to Friday
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def reminders_before(
    at: datetime, zone: str, days: Iterable[int], hours: int, now: datetime, calendar: DutyCalendar = EVERY_WEEK
) -> tuple[tuple[str, datetime], ...]:
    """Return (which, instant) for each reminder before a deadline that is still to come, earliest first.

    One in working days, of the calendar, falls on the deadline's wall time in the deadline's zone. A wall time that the
    clocks skip is taken as much later as they are put forward; of one they show twice, the first is taken. Of two at one
    instant the nearer one stands.
    """
    local = at.astimezone(ZoneInfo(zone))
    found: dict[datetime, str] = {}
    for count in sorted({day for day in days if day > 0}, reverse=True):
        day = working_day_before(local.date(), count, calendar)
        wall = datetime.combine(day, local.time().replace(fold=0), ZoneInfo(zone))
        found[wall.astimezone(UTC)] = f"days-{count}"
    if hours > 0:
        found[at - timedelta(hours=hours)] = f"hours-{hours}"
    return tuple((found[instant], instant) for instant in sorted(found) if now < instant < at)


def next_at(time: str, zone: str, now: datetime) -> datetime:
    """Return the first instant after now at which the clocks of a zone show a time of day, 08:00."""
    here = ZoneInfo(zone)
    hour, minute = (int(part) for part in time.split(":"))
    wall = now.astimezone(here).replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=None, fold=0)
    for days in (0, 1):
        instant = (wall + timedelta(days=days)).replace(tzinfo=here).astimezone(UTC)
        if instant > now:
            return instant
    return (wall + timedelta(days=2)).replace(tzinfo=here).astimezone(UTC)


def read_days(text: str) -> list[int]:
    """Return the working days that somebody typed: 5, 2. None is fine. Raises Invalid with what to enter."""
    words = [word for word in NUMBERS.split(text.strip()) if word]
    if len(words) > MOST_REMINDERS or not all(word.isascii() and word.isdigit() and len(word) < 4 for word in words):
        raise Invalid(
            say("Enter the working days as at most %(most)s numbers, for example 5, 2.", most=MOST_REMINDERS),
            "bad-days",
        )
    days = sorted({int(word) for word in words}, reverse=True)
    if days and not 1 <= days[-1] <= days[0] <= LONGEST_DAYS:
        raise Invalid(
            say("A reminder comes 1 to %(longest)s working days before the deadline.", longest=LONGEST_DAYS), "bad-days"
        )
    return days


def read_hours(text: str) -> int:
    """Return the hours that somebody typed; nothing is none. Raises Invalid with what to enter."""
    return _read_number(
        text,
        LONGEST_HOURS,
        say(
            "Enter the hours before the deadline as a number from 1 to %(longest)s, or nothing.", longest=LONGEST_HOURS
        ),
    )


def read_undecided_days(text: str) -> int:
    """Return the days after the closing that somebody typed; nothing is never. Raises Invalid with what to enter."""
    return _read_number(
        text,
        LONGEST_WAIT,
        say("Enter the days after the closing as a number from 1 to %(longest)s, or nothing.", longest=LONGEST_WAIT),
    )


def _read_number(text: str, longest: int, refusal: str) -> int:
    text = text.strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= longest):
        raise Invalid(refusal, "bad-number")
    return int(text)


def read_time(text: str) -> str:
    """Return a time of day as it was typed, 08:00; nothing is none. Raises Invalid with what to enter."""
    text = text.strip()[:8].removesuffix(":00") if text.count(":") == 2 else text.strip()
    if text and not TIME.fullmatch(text):
        raise Invalid(
            say("Enter the time of the digest as hours and minutes, for example 08:00, or nothing."), "bad-time"
        )
    return text
