"""Deadlines: a wall time in a zone as one instant, open or closed."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from consult.errors import Invalid
from consult.phrases import say

WALL = re.compile(r"(20\d\d-\d\d-\d\dT\d\d:\d\d)(:00)?", re.ASCII)  # as browsers send it; other years are typing errors
MINUTE = "%Y-%m-%dT%H:%M"
MOST_GRACE_HOURS = 31 * 24
SHOWN = "%Y-%m-%d %H:%M"  # read the same in every language


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all zones; they are looked for once."""
    return frozenset(available_timezones())


def zone_of(name: str) -> ZoneInfo:
    """Return the zone with a name. Raises Invalid for an unknown one."""
    if name not in zone_names():
        raise Invalid(
            say("“%(name)s” is no time zone. Choose one from the list, for example Europe/Vienna.", name=name[:60]),
            "unknown-zone",
        )
    return ZoneInfo(name)


class TwoReadings(Invalid):
    """A wall time that the clocks of a zone skip or show twice. `choices` are the two instants it may mean, earlier first.

    `field` names what the choice is carried as.
    """

    field = "chosen"

    def __init__(self, message: str, reason: str, choices: tuple[datetime, datetime]) -> None:
        super().__init__(message, reason)
        self.choices = choices


def deadline_from(wall: str, zone: str, chosen: str = "") -> datetime:
    """Return the instant of a wall time as entered, 2026-11-27T17:00, in a zone.

    A time that the clocks of the zone skip, and one that they show twice, raise TwoReadings and say what to enter
    instead, unless one of the two instants it may mean is `chosen`, as 2026-10-25T00:30Z. What is chosen for any other
    time counts for nothing.
    """
    zone_info, naive = zone_of(zone), _wall_time(wall)
    early, late = (naive.replace(tzinfo=zone_info, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early == late:
        return early
    choices = (min(early, late), max(early, late))
    for instant in choices:
        if chosen.strip() == name_of_instant(instant):
            return instant
    if early.astimezone(zone_info).replace(tzinfo=None) != naive:
        raise TwoReadings(
            say(
                "The clocks in %(zone)s are put forward and skip %(time)s: this time does not exist. Enter "
                "%(other)s or another time.",
                zone=zone,
                time=f"{naive:{SHOWN}}",
                other=f"{early.astimezone(zone_info):{SHOWN}}",
            ),
            "time-does-not-exist",
            choices,
        )
    raise TwoReadings(
        say(
            "The clocks in %(zone)s are put back and show %(time)s twice, at %(early)s and at %(late)s UTC. "
            "Enter a time that is shown once, for example two hours later.",
            zone=zone,
            time=f"{naive:{SHOWN}}",
            early=f"{early:%H:%M}",
            late=f"{late:%H:%M}",
        ),
        "time-comes-twice",
        choices,
    )


def name_of_instant(instant: datetime) -> str:
    """Return an instant as a form carries it: 2026-10-25T00:30Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def _wall_time(wall: str) -> datetime:
    try:
        found = WALL.fullmatch(wall.strip())
        return datetime.strptime(found[1] if found else "", MINUTE)  # noqa: DTZ007 - a wall time; its zone is given beside it
    except ValueError:
        raise Invalid(
            say("Enter the deadline as a date and a time, for example 27 November 2026, 17:00."), "bad-date"
        ) from None


def grace_from(at: datetime, zone: str, *, hours: str = "", wall: str = "", chosen: str = "") -> datetime | None:
    """Return until when answers are still taken after a deadline, or None for no grace.

    It is entered as whole hours after the deadline or as a wall time in the deadline's zone; not as both.
    """
    hours, wall = hours.strip(), wall.strip()
    if hours and wall:
        raise Invalid(say("Enter the grace as hours or as a date and a time, not as both."), "two-graces")
    if not hours and not wall:
        return None
    until = at + _grace_hours(hours) if hours else _end_of_grace(wall, zone, chosen)
    if until < at:
        raise Invalid(say("The grace ends before the deadline. Enter a later time, or none."), "grace-too-early")
    return until if until > at else None


def _end_of_grace(wall: str, zone: str, chosen: str) -> datetime:
    try:
        return deadline_from(wall, zone, chosen)
    except TwoReadings as refusal:
        refusal.field = "grace_chosen"
        raise


def _grace_hours(hours: str) -> timedelta:
    if not (hours.isascii() and hours.isdigit() and int(hours[:5]) <= MOST_GRACE_HOURS):
        raise Invalid(
            say("Enter the hours of the grace as a whole number of at most %(most)s.", most=MOST_GRACE_HOURS),
            "bad-grace",
        )
    return timedelta(hours=int(hours))


def is_open(closes_at: datetime, closed_at: datetime | None, now: datetime) -> bool:
    """Return whether something still takes comments: before the instant it closes at, and not closed early."""
    return now < closes_at and closed_at is None


def is_within_grace(at: datetime, closes_at: datetime, now: datetime) -> bool:
    """Return whether `now` is after a deadline and answers are still taken."""
    return at <= now < closes_at


def known_end(at: datetime, closes_at: datetime, now: datetime) -> datetime:
    """Return until when those who are asked believe they may answer: the deadline, and once it has passed, the grace's end."""
    return at if now < at else closes_at


def is_extended(stage: str, until: datetime | None, now: datetime) -> bool:
    """Return whether an organisation with an extension until then still takes part, the round being closed for others."""
    return until is not None and now < until and stage in ("open", "closed", "consolidated")
