"""Moving the deadline of an open round."""

from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import Invalid, Refused
from consult.models import Deadline, db
from consult.rules.calendar import MINUTE, zone_names, zone_of
from consult.services import deadlines, invitations
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, settings
from consult.web.reckoning import Foreseen, entered, foresee, is_asked_by_script
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
    hours, wall = _grace_shown(scope.round.deadline)
    return render_template(
        "rounds/deadline.html",
        scope=scope,
        zones=sorted(zone_names()),
        typed=request.form,
        grace_hours=hours,
        grace_wall=wall,
        refusal=refusal,
        foreseen=_foresee(scope) if request.form else None,
    )


def _foresee(scope: Scope) -> Foreseen:
    asked = [number for number, place in scope.facts.places.items() if place in invitations.ASKED]
    return foresee(scope, request.form, asked)


@blueprint.post("/rounds/<int:round_id>/deadline/preview")
@declares("round.close")
def foresee_move(round_id: int) -> str | Response:
    """Show what the deadline that is typed comes to: on the form by itself, or, without a script, as the whole page."""
    scope = round_scope(round_id, "round.close")
    if not scope.facts.is_open:
        return redirect(url_for("rounds.board", round_id=round_id))
    if is_asked_by_script():
        return render_template("rounds/_outlook.html", foreseen=_foresee(scope))
    return _page(scope)


def _grace_shown(deadline: Deadline | None) -> tuple[str, str]:
    """Return the grace as it stands for the form: as hours where they are whole, so that it moves along, else its end."""
    if deadline is None or deadline.grace_until is None:
        return "", ""
    hours, rest = divmod(deadline.grace_until - deadline.at, timedelta(hours=1))
    if not rest:
        return str(hours), ""
    return "", deadline.grace_until.astimezone(zone_of(deadline.zone)).strftime(MINUTE)


@blueprint.post("/rounds/<int:round_id>/deadline")
@declares("round.close")
def move(round_id: int) -> Response | tuple[str, int]:
    """Move the deadline and tell everybody; on a mistake the form comes back with everything typed."""
    form = request.form
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.close", now)
            before = scope.round.deadline.at if scope.round.deadline else None
            deadlines.move_deadline(
                db.session,
                scope.round,
                reason=form.get("reason", ""),
                version=form.get("version", 0, int),
                base_url=settings().base_url,
                by=actor(),
                now=now,
                seen=form.get("seen", ""),
                set_at=form.get("set_at", ""),
                **entered(form),
            )
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "round.close"), refusal.message), refusal.status
    flash(_told(before, scope))
    return redirect(url_for("rounds.board", round_id=round_id))


def _told(before: datetime | None, scope: Scope) -> str:
    deadline = scope.round.deadline
    if deadline is not None and deadline.at == before and scope.now < before:
        return str(_("The grace is set. Nobody is told of it before the deadline has passed."))
    return str(_("The deadline is moved. Everybody who takes part is told."))
