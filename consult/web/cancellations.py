"""Cancelling an open round."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import Invalid, Refused
from consult.models import db
from consult.services import cancellations
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, settings
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("cancellations", __name__)


@blueprint.get("/rounds/<int:round_id>/cancel")
@declares("round.cancel")
def show(round_id: int) -> str | Response:
    """Ask why. A round that is not open has nothing to cancel: its board says how it stands."""
    scope = round_scope(round_id, "round.cancel")
    if not scope.facts.is_open:
        return redirect(url_for("rounds.board", round_id=round_id))
    return _page(scope)


def _page(scope: Scope, refusal: str = "") -> str:
    return render_template("rounds/cancel.html", scope=scope, typed=request.form, refusal=refusal)


@blueprint.post("/rounds/<int:round_id>/cancel")
@declares("round.cancel")
def cancel(round_id: int) -> Response | tuple[str, int]:
    """Cancel the round and tell everybody; on a mistake the form comes back with everything typed."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.cancel", now)
            cancellations.cancel(
                db.session,
                scope.round,
                reason=request.form.get("reason", ""),
                version=request.form.get("version", 0, int),
                base_url=settings().base_url,
                by=actor(),
                now=now,
            )
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "round.cancel"), refusal.message), refusal.status
    flash(_("The round is cancelled. Everybody has been told."))
    return redirect(url_for("rounds.board", round_id=round_id))
