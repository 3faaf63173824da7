"""The calendars of duty stations: public holidays by country, and the days on which the house itself is closed."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import lru_cache

import holidays
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from consult.catalogues import SOURCE
from consult.errors import Invalid, NotFound
from consult.models import ClosedDay, Organisation
from consult.phrases import say
from consult.rules.permissions import Actor
from consult.rules.working_days import SATURDAY_AND_SUNDAY, DutyCalendar
from consult.services import audit
from consult.services.organisations import get_organisation
from consult.unit_of_work import AnySession

ENGLISH = "en_US"
LONGEST_NAME = 120


@lru_cache(maxsize=1)
def list_countries() -> tuple[str, ...]:
    """Return the countries that have a calendar, by their ISO codes; XK is Kosovo."""
    return tuple(sorted(holidays.list_supported_countries(include_aliases=False)))


@lru_cache(maxsize=1)
def _regions() -> Mapping[str, tuple[str, ...]]:
    return {code: tuple(found) for code, found in holidays.list_supported_countries(include_aliases=False).items()}


def list_regions(country: str) -> tuple[str, ...]:
    """Return the regions of a country that have holidays of their own, by their codes; none for most countries."""
    return _regions().get(country, ())


def check_calendar(country: str, region: str = "") -> str:
    """Return the name of a calendar, RS or BA-BIH; "" for none. Raises Invalid for a country or region without one."""
    country, region = country.strip().upper(), region.strip()
    if not country:
        return ""
    if country not in _regions():
        raise Invalid(
            say("There is no calendar for “%(name)s”. Choose one from the list.", name=country[:12]), "no-calendar"
        )
    if region and region not in list_regions(country):
        raise Invalid(
            say("“%(name)s” is no region with holidays of its own. Choose one from the list.", name=region[:40]),
            "no-region",
        )
    return f"{country}-{region}" if region else country


@lru_cache(maxsize=256)
def _public_holidays(name: str, year: int, language: str) -> DutyCalendar:
    """Return the public holidays of a year by the name of a calendar, as far as they are known."""
    country, _, region = name.partition("-")
    if country not in _regions() or (region and region not in list_regions(country)):
        return DutyCalendar(is_known=False)
    found = holidays.country_holidays(country, subdiv=region or None, years=year, language=_language(country, language))
    return DutyCalendar(
        closed={day: called for day, called in sorted(found.items()) if day.year == year},
        weekend=frozenset(found.weekend),
        worked=frozenset(day for day in found.weekend_workdays if day.year == year),
        is_known=found.start_year <= year <= found.end_year,
    )


@lru_cache(maxsize=512)
def _language(country: str, language: str) -> str | None:
    """Return in which language a country's holidays are named: the reader's, else English, else the country's own."""
    known = holidays.country_holidays(country).supported_languages
    wanted = ENGLISH if language == SOURCE else language
    return wanted if wanted in known else ENGLISH if ENGLISH in known else None


def calendars_of(
    session: AnySession, organisations: Collection[Organisation], first: date, last: date, language: str = SOURCE
) -> dict[int, DutyCalendar]:
    """Return the calendar of each of these organisations from one day to another, by organisation, in one query."""
    own = _closed_days(session, {o.id for o in organisations}, first, last)
    found = {}
    for organisation in organisations:
        years = [_public_holidays(organisation.calendar, year, language) for year in range(first.year, last.year + 1)]
        closed = {day: name for year in years for day, name in year.closed.items()}
        found[organisation.id] = DutyCalendar(
            closed={**closed, **own.get(None, {}), **own.get(organisation.id, {})},
            weekend=years[0].weekend if years else SATURDAY_AND_SUNDAY,
            worked=frozenset(day for year in years for day in year.worked),
            is_known=all(year.is_known for year in years),
        )
    return found


def calendar_of(
    session: AnySession, organisation: Organisation, first: date, last: date, language: str = SOURCE
) -> DutyCalendar:
    """Return the calendar of an organisation from one day to another."""
    return calendars_of(session, (organisation,), first, last, language)[organisation.id]


def _closed_days(
    session: AnySession, organisations: Collection[int], first: date, last: date
) -> dict[int | None, dict[date, str]]:
    query = select(ClosedDay).where(
        ClosedDay.day >= first,
        ClosedDay.day <= last,
        or_(ClosedDay.organisation_id.is_(None), ClosedDay.organisation_id.in_(sorted(organisations))),
    )
    found: dict[int | None, dict[date, str]] = {}
    for row in session.scalars(query):
        found.setdefault(row.organisation_id, {})[row.day] = row.name
    return found


# ---- settings -------------------------------------------------------------------------------------------------------


def set_calendar(
    session: AnySession, organisation: Organisation, *, country: str, region: str, by: Actor, now: datetime
) -> None:
    """Give an organisation the calendar of its duty station. A region of another country is dropped."""
    kept = region if region in list_regions(country.strip().upper()) else ""
    organisation.calendar = check_calendar(country, kept)
    session.flush()
    audit.record(
        session, by=by, action="organisation.set-calendar", object_kind="organisation", object_id=organisation.id,
        now=now, calendar=organisation.calendar,
    )  # fmt: skip


def list_closed_days(session: AnySession, since: date) -> list[ClosedDay]:
    """Return the closed days from a day on, in order, those of the whole house first."""
    query = select(ClosedDay).where(ClosedDay.day >= since).options(joinedload(ClosedDay.organisation))
    return sorted(session.scalars(query), key=lambda row: (row.day, row.organisation_id or 0))


def add_closed_day(
    session: AnySession, *, day: str, name: str, organisation_id: int | None, by: Actor, now: datetime
) -> ClosedDay:
    """Add a day on which the whole house or one organisation is closed. Raises Invalid for what is no day or is there."""
    try:
        found = date.fromisoformat(day.strip())
    except ValueError:
        raise Invalid(say("Enter the closed day as a date, for example 24 December 2026."), "bad-date") from None
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(say("Say in at most %(most)s characters why the day is closed.", most=LONGEST_NAME), "bad-name")
    if organisation_id is not None:
        get_organisation(session, organisation_id)
    same = (ClosedDay.day == found, ClosedDay.organisation_id.is_not_distinct_from(organisation_id))
    if session.scalar(select(ClosedDay.id).where(*same)) is not None:
        raise Invalid(say("This day is in the list already."), "known-day")
    row = ClosedDay(day=found, name=name, organisation_id=organisation_id)
    session.add(row)
    session.flush()
    audit.record(
        session, by=by, action="closed-day.add", object_kind="closed-day", object_id=row.id, now=now,
        day=found.isoformat(), organisation=organisation_id,
    )  # fmt: skip
    return row


def remove_closed_day(session: AnySession, closed_day_id: int, *, by: Actor, now: datetime) -> ClosedDay:
    """Remove a closed day from the list. Deadlines that were reckoned with it stay as they are. Raises NotFound."""
    row = session.get(ClosedDay, closed_day_id)
    if row is None:
        raise NotFound(say("There is no such day in the list."))
    session.delete(row)
    session.flush()
    audit.record(
        session, by=by, action="closed-day.remove", object_kind="closed-day", object_id=closed_day_id, now=now,
        day=row.day.isoformat(), organisation=row.organisation_id,
    )  # fmt: skip
    return row
