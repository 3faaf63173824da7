"""The lead's board."""

from collections.abc import Iterable, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import Invalid, Refused
from consult.models import Organisation, db
from consult.rules.no_objections import NO_OBJECTION
from consult.rules.permissions import may
from consult.services import (
    carrying,
    consolidations,
    heatmaps,
    next_rounds,
    obstacles,
    organisations,
    quarantine,
    reminders,
    rounds,
    timelines,
)
from consult.services.entries import list_entries
from consult.services.obstacles import Obstacle
from consult.services.reminders import Reminded
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, settings
from consult.web.scope import Scope, round_scope
from consult.web.sections import layout_of

blueprint = Blueprint("rounds", __name__)


@blueprint.get("/rounds/<int:round_id>/board")
@declares("board.see")
def board(round_id: int) -> str | Response:
    """Show where every organisation stands and what the next step is."""
    scope = round_scope(round_id, "board.see")
    if scope.round.stage == "planned":
        return redirect(url_for("consultations.set_up", round_id=round_id))
    if scope.round.kind == NO_OBJECTION:
        return redirect(url_for("no_objections.show", round_id=round_id))
    return _page(scope)


def _page(scope: Scope, refusal: str = "", in_the_way: Sequence[Obstacle] = ()) -> str:
    round_ = scope.round
    standings = rounds.list_standings(db.session, round_, scope.now)
    entries = list_entries(db.session, round_)
    answering = {standing.organisation.id: standing.organisation for standing in standings}
    others = organisations.list_by_ids(db.session, {entry.organisation_id for entry in entries} - answering.keys())
    is_finished, closes_at = round_.stage == "decided", round_.deadline.closes_at if round_.deadline else scope.now
    running = {number for number, until in scope.facts.extended.items() if until > closes_at}
    undelivered, mails = quarantine.count_waiting(db.session, round_, now=scope.now)
    return render_template(
        "rounds/board.html",
        scope=scope,
        standings=standings,
        owing=sum(1 for standing in standings if standing.submission is None),
        undecided=0 if scope.facts.is_open else sum(1 for entry in entries if not entry.version),
        timeline=timelines.read_timeline(db.session, round_, standings, scope.now),
        heatmap=heatmaps.draw(layout_of(scope.draft.id), entries, [*answering.values(), *others]),
        following=next_rounds.find_next(db.session, round_) if is_finished else None,
        orphans=carrying.count_orphans(db.session, round_) if round_.number > 1 and not is_finished else 0,
        running=[standing for standing in standings if standing.organisation.id in running],
        waiting=sum(standing.asks for standing in standings),
        late=sum(standing.late for standing in standings),
        not_in=consolidations.list_not_in(db.session, round_) if round_.stage == "consolidated" else (),
        undelivered=undelivered,
        mails=mails,
        can_act=may(actor(), "round.close", scope.facts).allowed,
        refusal=refusal,
        in_the_way=in_the_way,
        typed=request.form,
    )


@blueprint.post("/rounds/<int:round_id>/remind")
@declares("round.remind")
def remind(round_id: int) -> Response:
    """Remind everybody who owes."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "round.remind", now)
        outcome = reminders.remind_now(db.session, scope.round, base_url=settings().base_url, by=actor(), now=now)
        _tell(outcome)
    return redirect(url_for("rounds.board", round_id=round_id))


def _tell(outcome: Reminded) -> None:
    if outcome.reminded:
        flash(_("Reminded: %(organisations)s.", organisations=_names(outcome.reminded)))
    if outcome.spared:
        spared = _(
            "Not reminded again: %(organisations)s. The last reminder is less than an hour old.",
            organisations=_names(outcome.spared),
        )
        flash(spared, "warning")
    if outcome.unreachable:
        unreachable = _(
            "Nobody to write to: %(organisations)s. Ask the administrator to add a person there.",
            organisations=_names(outcome.unreachable),
        )
        flash(unreachable, "warning")


def _names(organisations: Iterable[Organisation]) -> str:
    return ", ".join(organisation.name for organisation in organisations)


@blueprint.post("/rounds/<int:round_id>/close")
@declares("round.close")
def close(round_id: int) -> Response | tuple[str, int]:
    """Close the round early. Without a reason, or when somebody changed the round meanwhile, the board says so."""
    try:
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
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "board.see"), refusal.message), refusal.status
    flash(_("The round is closed. Everybody has been told."))
    return redirect(url_for("rounds.board", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/consolidate")
@declares("round.consolidate")
def consolidate(round_id: int) -> Response:
    """Have the worker merge everything handed in, and show how far it is."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "round.consolidate", now)
        job = consolidations.ask_for_consolidation(
            db.session, scope.round, base_url=settings().base_url, by=actor(), person=person(), now=now
        )
        job_id = job.id
    return redirect(url_for("jobs.show", job_id=job_id))


@blueprint.post("/rounds/<int:round_id>/finish")
@declares("round.consolidate")
def finish(round_id: int) -> Response | tuple[str, int]:
    """Finish the round when every comment is decided and placed; else say what is in the way, and where."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.consolidate", now)
            rounds.finish(db.session, scope.round, base_url=settings().base_url, by=actor(), now=now)
    except Refused as refusal:
        scope = round_scope(round_id, "board.see")
        in_the_way = obstacles.list_obstacles(db.session, scope.round, scope.now)
        return _page(scope, refusal.message, in_the_way), refusal.status
    flash(_("The round is finished. Everybody has been told and sees all comments and decisions from now on."))
    return redirect(url_for("downloads.index", round_id=round_id))
