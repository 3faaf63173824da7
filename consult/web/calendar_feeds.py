"""My calendar: the secret address a person's calendar fetches deadlines from, and what it fetches."""

import hashlib

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from consult import clock
from consult.errors import NotFound
from consult.models import db
from consult.rules.permissions import NOT_THERE
from consult.services import calendar_feeds
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, person_id, settings

blueprint = Blueprint("calendar_feeds", __name__)
ICS = "text/calendar; charset=utf-8"


@blueprint.get("/calendar")
@declares("signed-in")
def show() -> str:
    """Show whether the person's calendar has an address, and how to get, renew or end it."""
    return _page()


def _page(address: str = "") -> str:
    feed = calendar_feeds.find_feed(db.session, person_id())
    return render_template("calendar_feeds/show.html", feed=feed, address=address)


@blueprint.post("/calendar")
@declares("signed-in")
def renew() -> str:
    """Make an address, or a new one, and show it this once."""
    with unit_of_work(db.session) as now:
        address = calendar_feeds.renew_feed(db.session, person(), base_url=settings().base_url, by=actor(), now=now)
    return _page(address)


@blueprint.post("/calendar/end")
@declares("signed-in")
def revoke() -> Answer:
    """End the address."""
    with unit_of_work(db.session) as now:
        calendar_feeds.revoke_feed(db.session, person(), by=actor(), now=now)
    flash(_("The address has ended. Calendars that used it get nothing more."))
    return redirect(url_for("calendar_feeds.show"))


@blueprint.get("/calendar/<token>.ics")
@declares("public")
def fetch(token: str) -> Response:
    """Send the calendar whose secret address this is; only that it is unchanged, where the caller has it already."""
    reader = calendar_feeds.find_reader(db.session, token)
    if reader is None:
        raise NotFound(NOT_THERE)
    text = calendar_feeds.write_calendar(db.session, reader, base_url=settings().base_url, now=clock.now())
    response = make_response(text)
    response.headers["Content-Type"] = ICS
    response.headers["Content-Disposition"] = 'attachment; filename="deadlines.ics"'
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    response.make_conditional(request)
    return response
