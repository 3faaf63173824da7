"""Calendars of duty stations, and the days on which the house is closed."""

from datetime import date
from typing import Any

import pytest

from consult import snapshots
from consult.errors import Invalid, NotFound
from consult.models import AuditEntry, Organisation
from consult.rules.permissions import COMMAND
from consult.rules.working_days import closed_days, count_working_days
from consult.services import duty_calendars
from consult.services.duty_calendars import calendar_of, calendars_of, check_calendar
from tests import factories
from tests.factories import START
from tests.queries import counted_queries

FIRST, LAST = date(2026, 11, 1), date(2027, 1, 31)
DUTY_STATIONS = ("AT", "AL", "BA", "XK", "MD", "ME", "MK", "PL", "RS")


def an_organisation(session: Any, calendar: str = "") -> Organisation:
    made = factories.an_organisation(session)
    made.calendar = calendar
    session.flush()
    return made


@pytest.mark.parametrize("country", DUTY_STATIONS)
def test_every_duty_station_has_a_calendar_in_which_new_year_is_a_holiday_until_2040(
    session: Any, country: str
) -> None:
    found = calendar_of(session, an_organisation(session, country), date(2026, 1, 1), date(2040, 12, 31))
    assert found.is_known
    assert all(date(year, 1, 1) in found.closed for year in range(2026, 2041))


def test_holidays_are_named_in_the_readers_language_or_in_english(session: Any) -> None:
    station = an_organisation(session, "AT")
    assert calendar_of(session, station, FIRST, LAST).closed[date(2026, 12, 8)] == "Immaculate Conception"
    assert calendar_of(session, station, FIRST, LAST, "de").closed[date(2026, 12, 8)] == "Mariä Empfängnis"
    assert calendar_of(session, station, FIRST, LAST, "ru").closed[date(2026, 12, 8)] == "Immaculate Conception"


def test_a_region_has_holidays_the_whole_country_does_not_have(session: Any) -> None:
    statehood = date(2026, 11, 25)
    assert statehood not in calendar_of(session, an_organisation(session, "BA"), FIRST, LAST).closed
    assert statehood in calendar_of(session, an_organisation(session, "BA-BIH"), FIRST, LAST).closed


def test_without_a_calendar_only_weekends_and_the_houses_own_days_are_free_and_that_is_known(session: Any) -> None:
    for name in ("", "ZZ", "AT-nowhere"):
        found = calendar_of(session, an_organisation(session, name), FIRST, LAST)
        assert not found.is_known
        assert count_working_days(date(2026, 12, 4), date(2026, 12, 11), found) == 5, "8 December counts"


def test_closed_days_are_of_the_whole_house_or_of_one_organisation(session: Any) -> None:
    here, there = an_organisation(session, "AT"), an_organisation(session, "RS")
    for day, name, organisation in (("2026-12-24", "House closed", None), ("2026-12-23", "Move", here.id)):
        duty_calendars.add_closed_day(session, day=day, name=name, organisation_id=organisation, by=COMMAND, now=START)
    with counted_queries(session.get_bind()) as queries:
        found = calendars_of(session, (here, there), FIRST, LAST)
    assert len(queries) == 1
    days = (date(2026, 12, 22), date(2026, 12, 24))
    assert [name for _, name in closed_days(*days, found[here.id])] == ["Move", "House closed"]
    assert [name for _, name in closed_days(*days, found[there.id])] == ["House closed"]


def test_a_closed_day_is_listed_once_and_removed(session: Any) -> None:
    made = duty_calendars.add_closed_day(
        session, day="2026-12-24", name=" Christmas  Eve ", organisation_id=None, by=COMMAND, now=START
    )
    with pytest.raises(Invalid, match="in the list already"):
        duty_calendars.add_closed_day(
            session, day="2026-12-24", name="again", organisation_id=None, by=COMMAND, now=START
        )
    assert [row.name for row in duty_calendars.list_closed_days(session, FIRST)] == ["Christmas Eve"]
    duty_calendars.remove_closed_day(session, made.id, by=COMMAND, now=START)
    assert duty_calendars.list_closed_days(session, FIRST) == []
    with pytest.raises(NotFound):
        duty_calendars.remove_closed_day(session, made.id, by=COMMAND, now=START)
    assert [entry.action for entry in session.query(AuditEntry)] == ["closed-day.add", "closed-day.remove"]


@pytest.mark.parametrize(
    ("day", "name", "reason"),
    [
        ("24.12.2026", "x", "bad-date"), ("", "x", "bad-date"), ("2026-12-24", "", "bad-name"),
        ("2026-12-24", "x" * 121, "bad-name"),
    ],
)  # fmt: skip
def test_what_is_no_closed_day_is_refused(session: Any, day: str, name: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        duty_calendars.add_closed_day(session, day=day, name=name, organisation_id=None, by=COMMAND, now=START)
    assert refused.value.reason == reason


def test_an_organisation_gets_the_calendar_of_its_duty_station(session: Any) -> None:
    station = an_organisation(session)
    for country, region, name in (("ba", "BIH", "BA-BIH"), ("RS", "BIH", "RS"), ("", "", "")):
        duty_calendars.set_calendar(session, station, country=country, region=region, by=COMMAND, now=START)
        assert station.calendar == name
    assert check_calendar("BA", "SRP") == "BA-SRP"
    for country, region, reason in (("ZZ", "", "no-calendar"), ("BA", "nowhere", "no-region")):
        with pytest.raises(Invalid) as refused:
            check_calendar(country, region)
        assert refused.value.reason == reason


def test_a_closed_day_goes_into_a_backup_and_comes_out_of_it(session: Any) -> None:
    duty_calendars.add_closed_day(session, day="2026-12-24", name="x", organisation_id=None, by=COMMAND, now=START)
    table = next(table for table in snapshots.tables_of(session.connection()) if table.name == "closed_day")
    (row,) = snapshots.read_rows(session.connection(), table)
    assert row["day"] == "2026-12-24"
    assert snapshots._as_value(table.c.day, row["day"]) == date(2026, 12, 24)
