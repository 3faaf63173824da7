"""The lead's page for the letters a round writes by itself: when, to whom, and what is still to come."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import Invalid, Refused
from consult.models import ESCALATIONS, LetterPlan, db
from consult.rules import reminding
from consult.services import letter_plans, letter_previews
from consult.services.letter_plans import Wishes
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, settings
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("letter_plans", __name__)


@blueprint.get("/rounds/<int:round_id>/reminders")
@declares("round.plan-letters")
def show(round_id: int) -> str:
    """Show the plan and the letters that follow from it."""
    scope = round_scope(round_id, "round.plan-letters")
    return _page(scope)


def _page(scope: Scope, typed: Mapping[str, str] | None = None, refusal: str = "") -> str:
    plan = letter_plans.plan_of(db.session, scope.round, settings().reminder_days)
    return render_template(
        "letter_plans/show.html",
        scope=scope,
        plan=plan,
        typed=typed or _as_typed(plan),
        planned=letter_previews.preview(db.session, scope.round, plan),
        escalations=ESCALATIONS,
        longest_hours=reminding.LONGEST_HOURS,
        longest_wait=reminding.LONGEST_WAIT,
        refusal=refusal,
    )


def _as_typed(plan: LetterPlan) -> dict[str, str]:
    return {
        "days": ", ".join(str(day) for day in plan.days),
        "hours": str(plan.hours or ""),
        "tells_closing": "yes" if plan.tells_closing else "",
        "heads": plan.heads,
        "undecided_days": str(plan.undecided_days or ""),
        "digest": plan.digest,
        "with_text": "yes" if plan.with_text else "",
        "version": str(plan.version),
    }


@blueprint.post("/rounds/<int:round_id>/reminders")
@declares("round.plan-letters")
def change(round_id: int) -> Response | tuple[str, int]:
    """Change the plan; on a mistake the form comes back with everything typed."""
    form = request.form
    wishes = Wishes(
        days=form.get("days", ""),
        hours=form.get("hours", ""),
        tells_closing=form.get("tells_closing") == "yes",
        heads=form.get("heads", ""),
        undecided_days=form.get("undecided_days", ""),
        digest=form.get("digest", ""),
        with_text=form.get("with_text") == "yes",
    )
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.plan-letters", now)
            letter_plans.change(
                db.session,
                scope.round,
                wishes,
                version=form.get("version", -1, int),
                days=settings().reminder_days,
                by=actor(),
                now=now,
            )
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "round.plan-letters"), form, refusal.message), refusal.status
    flash(_("Saved. Letters that have not gone out yet follow this plan."))
    return redirect(url_for("letter_plans.show", round_id=round_id))
