"""Administrators: the calendar of each organisation's duty station, and the days on which the house is closed."""

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import clock
from consult.catalogues import order_of
from consult.errors import Invalid
from consult.models import Organisation, db
from consult.services import duty_calendars, organisations
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares
from consult.web.languages import country_in_words, language

blueprint = Blueprint("calendars", __name__, url_prefix="/administration/calendars")
LOOKED_AHEAD = timedelta(days=366)
MOST_HOLIDAYS = 8


@blueprint.get("")
@declares("administer")
def index() -> str:
    """List the calendars and the closed days; the organisation the address names is there to change."""
    return _page()


def _page(refusal: str = "") -> str:
    listed = organisations.list_organisations(db.session)
    wanted = request.values.get("organisation", 0, int)
    chosen = next((o for o in listed if o.id == wanted), None)
    today = clock.now().date()
    return render_template(
        "administration/calendars.html",
        organisations=listed,
        chosen=chosen if request.endpoint != "calendars.add_closed_day" else None,
        countries=sorted(
            ((code, country_in_words(code)) for code in duty_calendars.list_countries()),
            key=lambda country: order_of(country[1], language()),
        ),
        regions=duty_calendars.list_regions(chosen.calendar.partition("-")[0]) if chosen else (),
        coming=_coming(chosen) if chosen else (),
        closed_days=duty_calendars.list_closed_days(db.session, today),
        typed=request.form,
        refusal=refusal,
    )


def _coming(organisation: Organisation) -> list[tuple[date, str]]:
    """Return the next days on which an organisation does not work, weekends apart."""
    today = clock.now().date()
    calendar = duty_calendars.calendar_of(db.session, organisation, today, today + LOOKED_AHEAD, language())
    coming = [(day, name) for day, name in sorted(calendar.closed.items()) if day >= today]
    return coming[:MOST_HOLIDAYS]


@blueprint.post("/<int:organisation_id>")
@declares("administer")
def set_calendar(organisation_id: int) -> Response:
    """Give an organisation the calendar of a country, and of a region where the country has such."""
    with unit_of_work(db.session) as now:
        organisation = organisations.get_organisation(db.session, organisation_id)
        duty_calendars.set_calendar(
            db.session,
            organisation,
            country=request.form.get("country", ""),
            region=request.form.get("region", ""),
            by=actor(),
            now=now,
        )
    flash(_("The calendar is set. Deadlines that are set already stay as they are."))
    return redirect(url_for("calendars.index", organisation=organisation_id))


@blueprint.post("/closed-days")
@declares("administer")
def add_closed_day() -> Response | tuple[str, int]:
    """Add a closed day of the whole house, or of one organisation; on a mistake with everything typed."""
    form = request.form
    try:
        with unit_of_work(db.session) as now:
            duty_calendars.add_closed_day(
                db.session,
                day=form.get("day", ""),
                name=form.get("name", ""),
                organisation_id=form.get("organisation", 0, int) or None,
                by=actor(),
                now=now,
            )
    except Invalid as refusal:
        return _page(refusal.message), refusal.status
    flash(_("The closed day is in the list. Deadlines that are set already stay as they are."))
    return redirect(url_for("calendars.index"))


@blueprint.post("/closed-days/<int:closed_day_id>/remove")
@declares("administer")
def remove_closed_day(closed_day_id: int) -> Response:
    """Take a day out of the list."""
    with unit_of_work(db.session) as now:
        duty_calendars.remove_closed_day(db.session, closed_day_id, by=actor(), now=now)
    flash(_("The day is out of the list. Deadlines that are set already stay as they are."))
    return redirect(url_for("calendars.index"))
