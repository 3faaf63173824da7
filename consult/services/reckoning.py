"""What a deadline that is typed comes to, and what lies in between at the duty stations: for the lead, before anybody is told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from consult.catalogues import SOURCE, in_order
from consult.errors import Invalid
from consult.models import Organisation, Participation, Round
from consult.phrases import say
from consult.rules.calendar import name_of_instant, zone_of
from consult.rules.entering import Entry, Settled, settle
from consult.rules.working_days import MOST_DAYS, DutyCalendar, closed_days, count_working_days
from consult.services.duty_calendars import calendar_of, calendars_of
from consult.unit_of_work import AnySession

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Between:
    """What lies between now and a deadline for one organisation: its working days, and the days it does not work."""

    organisation: Organisation
    working_days: int
    closed: tuple[tuple[date, str], ...]
    ends_on_working_day: bool
    is_known: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """A deadline as it would be, what lies before it for the lead and for those who are asked, those with holidays first."""

    settled: Settled
    lead: Between
    asked: tuple[Between, ...]


def get_lead(session: AnySession, round_: Round) -> Organisation:
    """Return the organisation that leads, on whose calendar working days are counted."""
    leads = (Participation.consultation_id == round_.consultation_id, Participation.place == "lead")
    query = select(Organisation).join(Participation, Participation.organisation_id == Organisation.id).where(*leads)
    return session.scalars(query.order_by(Organisation.id)).first() or _no_lead()


def _no_lead() -> Organisation:
    raise RuntimeError("a consultation has a lead")


def settle_entry(session: AnySession, round_: Round, entry: Entry, *, seen: str, now: datetime) -> Settled:
    """Return the deadline an entry comes to, if it may become the round's.

    A duration is counted from now, or from the round's deadline where it has one. What it comes to must have been
    `seen`; a lead who saw what so many hours come to and thought about it for a while gets what was seen. Raises Invalid
    for what is no deadline or has not been seen.
    """
    settled = reckon(session, round_, entry, now)
    if not entry.is_duration or seen == name_of_instant(settled.at):
        return settled
    if entry.unit == "hours" and (earlier := _minutes_since(settled.at, seen)) is not None:
        return settle(entry, now - earlier * MINUTE, DutyCalendar())
    raise Invalid(
        say("This is what the days or hours you entered come to. Look at it below, then press the button once more."),
        "not-seen",
    )


def _minutes_since(at: datetime, seen: str) -> int | None:
    """Return how many minutes before `at` what was seen lies; None for more than an hour, or what is no instant."""
    return next((minutes for minutes in range(61) if name_of_instant(at - minutes * MINUTE) == seen), None)


def as_facts(entry: Entry) -> dict[str, str]:
    """Return what the audit keeps of how a deadline was entered, where it was a duration."""
    return {"entered": f"{entry.count.strip()} {entry.unit}"} if entry.is_duration else {}


def reckon(session: AnySession, round_: Round, entry: Entry, now: datetime) -> Settled:
    """Return what an entry comes to. Working days are those of the lead's duty station."""
    start = round_.deadline.at if round_.deadline is not None else now
    calendar = DutyCalendar()
    if entry.is_duration and entry.unit == "working days":
        first = start.astimezone(zone_of(entry.zone)).date()
        calendar = calendar_of(session, get_lead(session, round_), first, first + timedelta(days=MOST_DAYS))
    return settle(entry, start, calendar)


def foresee(
    session: AnySession,
    round_: Round,
    entry: Entry,
    asked: Collection[Organisation],
    *,
    now: datetime,
    language: str = SOURCE,
) -> Outlook:
    """Return what an entry comes to and what lies in between. Raises Invalid for what is no deadline."""
    settled = reckon(session, round_, entry, now)
    zone = zone_of(settled.zone)
    first, last = now.astimezone(zone).date(), settled.at.astimezone(zone).date()
    lead = get_lead(session, round_)
    calendars = calendars_of(session, (lead, *asked), min(first, last), last, language)

    def between(organisation: Organisation) -> Between:
        calendar = calendars[organisation.id]
        return Between(
            organisation,
            count_working_days(first, last, calendar),
            closed_days(first, last, calendar),
            calendar.is_working_day(last),
            calendar.is_known,
        )

    found = [between(organisation) for organisation in in_order(asked) if organisation.id != lead.id]
    return Outlook(settled, between(lead), tuple(sorted(found, key=lambda one: not one.closed)))
