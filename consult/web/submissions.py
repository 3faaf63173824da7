"""Handing in, and before that exactly what will leave."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import Invalid, Refused
from consult.models import db
from consult.rules.calendar import is_within_grace
from consult.services import comments, invitations, submissions
from consult.services.submissions import ChangedMeanwhile
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person
from consult.web.languages import when
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("submissions", __name__)


def _page(scope: Scope, status: int = 200, refusal: str = "", changed: frozenset[int] = frozenset()) -> tuple[str, int]:
    """Return what would leave now, with what was typed."""
    organisation = scope.require("submission.hand-in")
    with_waiting = request.values.get("waiting", "") == "with"
    found = submissions.preview(db.session, scope.round, organisation.id, with_waiting=with_waiting)
    effective = comments.list_effective(db.session, scope.round, organisation.id)
    corrected = {c.supersedes_id for c in found.leaving}
    page = render_template(
        "submissions/show.html",
        scope=scope,
        organisation=organisation,
        found=found,
        staying=[c for c in effective if c.carried is None and c.id not in corrected],
        entered=[c for c in effective if c.manner == submissions.ON_BEHALF and c.id not in corrected],
        with_waiting=with_waiting,
        seen=invitations.SEEN[scope.round.visibility],
        changed=changed,
        refusal=refusal,
    )
    return page, status


@blueprint.get("/rounds/<int:round_id>/submission")
@declares("submission.hand-in")
def show(round_id: int) -> tuple[str, int]:
    """Show what would leave with a hand-in, as the lead will see it, and what stays."""
    scope = round_scope(round_id, "document.read")
    comments.check_open(scope.round, scope.require("submission.hand-in").id, scope.now)
    return _page(scope)


def _shown() -> dict[int, int]:
    """Return the comments the page showed as leaving, with the versions it showed."""
    pairs = (value.partition(":") for value in request.form.getlist("shown"))
    return {int(number): int(version) for number, _colon, version in pairs if number.isdigit() and version.isdigit()}


@blueprint.post("/rounds/<int:round_id>/submission")
@declares("submission.hand-in")
def hand_in(round_id: int) -> Response | tuple[str, int]:
    """Hand in for the organisation: the comments that were shown, once for all."""
    try:
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
                shown=_shown(),
                keeps_entered=bool(request.form.get("keeps_entered")),
            )
            name = organisation.name
    except (Invalid, Refused) as refusal:
        if refusal.reason == "closed":
            raise
        changed = refusal.changed if isinstance(refusal, ChangedMeanwhile) else frozenset()
        return _page(round_scope(round_id, "document.read"), refusal.status, refusal.message, changed)
    flash(_told(scope, name, organisation.id in scope.facts.extended))
    return redirect(url_for("comments.ours", round_id=round_id, organisation=organisation.id))


def _told(scope: Scope, organisation: str, is_extended: bool) -> str:
    deadline = scope.round.deadline
    if not is_extended and deadline is not None and is_within_grace(deadline.at, deadline.closes_at, scope.now):
        return str(
            _(
                "Handed in for %(organisation)s, and marked as given after the deadline. The lead sees it now. Until "
                "%(when)s you can still correct it.",
                organisation=organisation,
                when=when(deadline.closes_at, deadline.zone),
            )
        )
    return str(
        _(
            "Handed in for %(organisation)s. The lead sees it now. Until the deadline you can still correct it.",
            organisation=organisation,
        )
    )
