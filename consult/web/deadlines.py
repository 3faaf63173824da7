"""Moving the deadline of an open round."""

from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import Invalid, Refused
from consult.models import db
from consult.services import deadlines
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, settings
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("deadlines", __name__)


@blueprint.get("/rounds/<int:round_id>/deadline")
@declares("round.close")
def show(round_id: int) -> str | Response:
    """Ask for the new deadline. A round that is not open has none to move: its board says how it stands."""
    scope = round_scope(round_id, "round.close")
    if not scope.facts.is_open:
        return redirect(url_for("rounds.board", round_id=round_id))
    return _page(scope)


def _page(scope: Scope, refusal: str = "") -> str:
    zones = sorted(available_timezones())
    return render_template("rounds/deadline.html", scope=scope, zones=zones, typed=request.form, refusal=refusal)


@blueprint.post("/rounds/<int:round_id>/deadline")
@declares("round.close")
def move(round_id: int) -> Response | tuple[str, int]:
    """Move the deadline and tell everybody; on a mistake the form comes back with everything typed."""
    form = request.form
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.close", now)
            deadlines.move_deadline(
                db.session,
                scope.round,
                wall=form.get("wall", ""),
                zone=form.get("zone", ""),
                reason=form.get("reason", ""),
                version=form.get("version", 0, int),
                reminder_days=settings().reminder_days,
                base_url=settings().base_url,
                by=actor(),
                now=now,
            )
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "round.close"), refusal.message), refusal.status
    flash(_("The deadline is moved. Everybody who takes part is told."))
    return redirect(url_for("rounds.board", round_id=round_id))
