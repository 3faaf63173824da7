"""Decide: comment by comment in text order."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import engine
from consult.errors import Invalid, Refused
from consult.models import DECISIONS, db
from consult.rules.permissions import may
from consult.services import dispositions, drafts, visibility
from consult.services.contributions import contributions_from
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person
from consult.web.scope import round_scope

blueprint = Blueprint("dispositions", __name__)


@blueprint.get("/rounds/<int:round_id>/decisions")
@declares("disposition.see")
def index(round_id: int) -> str:
    """Show every comment that counts with its decision, conflicts with their variants side by side."""
    return _page(round_id)


def _page(round_id: int, failed: int = 0, refusal: str = "") -> str:
    scope = round_scope(round_id, "disposition.see")
    numbered = dispositions.list_numbered(db.session, scope.round)
    draft = drafts.as_value(scope.draft)
    conflicts: dict[str, list[engine.Conflict]] = {}
    for conflict in engine.find_conflicts(draft, contributions_from([item.comment for item in numbered])):
        conflicts.setdefault(conflict.paragraph, []).append(conflict)
    undecided = [item for item in numbered if item.disposition is None]
    return render_template(
        "dispositions/index.html",
        scope=scope,
        numbered=numbered,
        conflicts=conflicts,
        undecided=undecided,
        decisions=DECISIONS,
        failed=failed,
        refusal=refusal,
        typed=request.form,
        can_decide=may(actor(), "disposition.decide", scope.facts).allowed
        and not scope.facts.is_open
        and scope.round.stage != "decided",
    )


@blueprint.post("/rounds/<int:round_id>/decisions/<int:comment_id>")
@declares("disposition.decide")
def decide(round_id: int, comment_id: int) -> Response | tuple[str, int]:
    """Record a decision and go on to the next comment without one."""
    form = request.form
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "disposition.decide", now)
            comment, _ = visibility.get_comment(db.session, scope.round, comment_id, actor=actor(), now=now)
            dispositions.decide(
                db.session,
                scope.round,
                comment,
                decision=form.get("decision", ""),
                reason=form.get("reason", ""),
                wording=form.get("wording", ""),
                duplicate_of=form.get("duplicate_of", 0, int),
                version=form.get("version", 0, int),
                by=actor(),
                person=person(),
                now=now,
            )
            numbered = dispositions.list_numbered(db.session, scope.round)
            here = next(item.number for item in numbered if item.comment.id == comment_id)
            open_ones = [item.number for item in numbered if item.disposition is None]
    except (Invalid, Refused) as refusal:
        return _page(round_id, comment_id, refusal.message), refusal.status
    following = next((n for n in open_ones if n > here), open_ones[0] if open_ones else here)
    flash(
        f"Comment {here}: decided. {len(open_ones)} left."
        if open_ones
        else f"Comment {here}: decided. All are decided."
    )
    return redirect(url_for("dispositions.index", round_id=round_id, _anchor=f"comment-{following}"))
