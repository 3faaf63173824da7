"""The lead's board."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import jail
from consult.errors import Refused
from consult.models import db
from consult.rules.permissions import may
from consult.services import consolidations, dispositions, invitations, rounds
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, settings, storage
from consult.web.scope import round_scope

blueprint = Blueprint("rounds", __name__)


@blueprint.get("/rounds/<int:round_id>/board")
@declares("board.see")
def board(round_id: int) -> str | Response:
    """Show where every organisation stands and what the next step is."""
    scope = round_scope(round_id, "board.see")
    if scope.round.stage == "planned":
        return redirect(url_for("consultations.set_up", round_id=round_id))
    return render_template(
        "rounds/board.html",
        scope=scope,
        standings=rounds.list_standings(db.session, scope.round, scope.now),
        owing=len(invitations.owing(db.session, scope.round)),
        undecided=0 if scope.facts.is_open else dispositions.count_undecided(db.session, scope.round),
        latest=consolidations.find_latest(db.session, scope.round),
        can_act=may(actor(), "round.close", scope.facts).allowed,
    )


@blueprint.post("/rounds/<int:round_id>/remind")
@declares("round.remind")
def remind(round_id: int) -> Response:
    """Remind everybody who owes."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "round.remind", now)
        count, _ = rounds.remind_now(db.session, scope.round, base_url=settings().base_url, by=actor(), now=now)
    flash(f"{count} organisations are reminded. Within the same hour nobody is reminded twice.")
    return redirect(url_for("rounds.board", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/close")
@declares("round.close")
def close(round_id: int) -> Response:
    """Close the round early."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "round.close", now)
        rounds.close_early(
            db.session,
            scope.round,
            reason=request.form.get("reason", ""),
            version=request.form.get("version", 0, int),
            base_url=settings().base_url,
            by=actor(),
            now=now,
        )
    flash("The round is closed. Everybody has been told.")
    return redirect(url_for("rounds.board", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/consolidate")
@declares("round.consolidate")
def consolidate(round_id: int) -> Response:
    """Merge everything handed in: read it at one instant, merge in a process of its own, keep it if nothing moved."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "round.consolidate", now)
        if scope.facts.is_open:
            raise Refused("The round is still open. Consolidate when it is closed.", "still-open")
        rounds.make_closed(db.session, scope.round, base_url=settings().base_url, by=actor(), now=now)
        snapshot = consolidations.take_snapshot(db.session, storage(), scope.round)
    made = jail.consolidate(snapshot.draft, snapshot.contributions, date=snapshot.date)
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "round.consolidate", now)
        consolidations.keep_consolidation(
            db.session,
            storage(),
            scope.round,
            snapshot,
            made,
            base_url=settings().base_url,
            by=actor(),
            person=person(),
            now=now,
        )
    flash(f"Consolidated: {len(made.edits)} changes, {len(made.remarks)} comments, {len(made.conflicts)} conflicts.")
    return redirect(url_for("downloads.index", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/finish")
@declares("round.consolidate")
def finish(round_id: int) -> Response:
    """Finish the round when every comment is decided."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "round.consolidate", now)
        rounds.finish(db.session, scope.round, by=actor(), now=now)
    flash("The round is finished. Everybody who took part sees the decisions now.")
    return redirect(url_for("downloads.index", round_id=round_id))
