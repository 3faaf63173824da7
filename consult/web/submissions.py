"""Handing in."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.models import db
from consult.services import submissions
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person
from consult.web.scope import round_scope

blueprint = Blueprint("submissions", __name__)


@blueprint.post("/rounds/<int:round_id>/submission")
@declares("submission.hand-in")
def hand_in(round_id: int) -> Response:
    """Hand in for the organisation, once for all its comments."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "document.read", now)
        organisation = scope.require("submission.hand-in")
        submissions.hand_in(
            db.session,
            scope.round,
            organisation_id=organisation.id,
            position=request.form.get("position", ""),
            statement=request.form.get("statement", ""),
            by=actor(),
            person=person(),
            now=now,
        )
        name = organisation.name
    told = _(
        "Handed in for %(organisation)s. The lead sees it now. Until the deadline you can still correct it.",
        organisation=name,
    )
    flash(told)
    return redirect(url_for("comments.ours", round_id=round_id))
