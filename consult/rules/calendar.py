"""Deadlines: a wall time in a zone as one instant, open or closed, and when to remind."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from consult.errors import Invalid

MINUTE = "%Y-%m-%dT%H:%M"


def zone_of(name: str) -> ZoneInfo:
    """Return the zone with a name. Raises Invalid for an unknown one."""
    if name not in available_timezones():
        raise Invalid(f"“{name}” is no time zone. Choose one from the list, for example Europe/Vienna.", "unknown-zone")
    return ZoneInfo(name)


def deadline_from(wall: str, zone: str) -> datetime:
    """Return the instant of a wall time as entered, 2026-11-27T17:00, in a zone.

    A time that the clocks of the zone skip, and one that they show twice, raise Invalid and say what to enter instead.
    """
    zone_info = zone_of(zone)
    try:
        naive = datetime.strptime(wall.strip()[:16], MINUTE)  # noqa: DTZ007 - a wall time, given its zone below
    except ValueError:
        raise Invalid(
            "Enter the deadline as a date and a time, for example 27 November 2026, 17:00.", "bad-date"
        ) from None
    early, late = naive.replace(tzinfo=zone_info, fold=0), naive.replace(tzinfo=zone_info, fold=1)
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(UTC)
    if early.astimezone(UTC).astimezone(zone_info).replace(tzinfo=None) != naive:
        raise Invalid(
            f"The clocks in {zone} are put forward over {naive:%H:%M} on {naive:%d.%m.%Y}: this time does not exist. "
            "Enter a time an hour earlier or later.",
            "time-does-not-exist",
        )
    raise Invalid(
        f"The clocks in {zone} are put back on {naive:%d.%m.%Y} and show {naive:%H:%M} twice "
        f"({early.astimezone(UTC):%H:%M} and {late.astimezone(UTC):%H:%M} UTC). "
        "Enter a time that is shown once, for example two hours later.",
        "time-comes-twice",
    )


def is_open(at: datetime, closed_at: datetime | None, now: datetime) -> bool:
    """Return whether something with a deadline still takes comments: before the instant, and not closed early."""
    return now < at and closed_at is None


def reminder_times(at: datetime, zone: str, days: Sequence[int], now: datetime) -> tuple[tuple[int, datetime], ...]:
    """Return (days before, instant) for each reminder still to come, earliest first.

    A reminder falls on the deadline's wall time that many days before, in the deadline's zone; a wall time the clocks
    skip is taken as the hour after.
    """
    local, found = at.astimezone(ZoneInfo(zone)), []
    for day in sorted(set(days), reverse=True):
        wall = (local.replace(tzinfo=None) - timedelta(days=day)).replace(tzinfo=ZoneInfo(zone))
        instant = wall.astimezone(UTC)
        if now < instant < at:
            found.append((day, instant))
    return tuple(found)
