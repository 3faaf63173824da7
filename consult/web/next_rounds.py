"""The next round: the next draft, the comments carried over, and the tray of those without a place in it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import engine, jail
from consult.errors import ConsultError, Invalid
from consult.models import db
from consult.phrases import say
from consult.services import carrying, dispositions, drafts, next_rounds
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, storage
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("next_rounds", __name__)


@blueprint.get("/rounds/<int:round_id>/next")
@declares("round.follow")
def new(round_id: int) -> str | Response:
    """Ask where the next draft comes from and which comments are carried over."""
    scope = round_scope(round_id, "round.follow")
    following = next_rounds.find_next(db.session, scope.round)
    if following is not None:
        page = "consultations.set_up" if following.stage == "planned" else "rounds.board"
        return redirect(url_for(page, round_id=following.id))
    next_rounds.check_finished(scope.round)
    return _new_page(scope)


def _new_page(scope: Scope, refusal: str = "") -> str:
    numbered = dispositions.list_numbered(db.session, scope.round)
    typed = {int(number) for number in request.form.getlist("carry") if number.isdigit()}
    chosen = typed if refusal else {item.number for item in numbered if next_rounds.is_unsettled(item)}
    return render_template(
        "next_rounds/new.html",
        scope=scope,
        numbered=numbered,
        chosen=chosen,
        disputed=dispositions.contradictions(drafts.as_value(scope.draft), numbered),
        typed=request.form,
        refusal=refusal,
    )


@blueprint.post("/rounds/<int:round_id>/next")
@declares("round.follow")
def plan(round_id: int) -> Response | tuple[str, int]:
    """Make or take the next draft, find the comments in it, and plan the round; on a mistake show the form again."""
    scope = round_scope(round_id, "round.follow")
    chosen = {int(number) for number in request.form.getlist("carry") if number.isdigit()}
    basis = next_rounds.read_basis(db.session, storage(), scope.round, chosen)
    try:
        upload, filename = _next_draft(basis)
    except Invalid as refusal:
        return _new_page(scope, refusal.message), refusal.status
    places = jail.carry_over(basis.draft, upload.data, basis.remarks)
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "round.follow", now)
        following = next_rounds.plan_next_round(
            db.session,
            storage(),
            scope.round,
            upload=upload,
            filename=filename,
            chosen=chosen,
            places=places,
            by=actor(),
            person=person(),
            now=now,
        )
        number, carried, orphans = following.id, len(chosen), carrying.count_orphans(db.session, following)
    flash(_("The next round is prepared. Comments carried over: %(count)s. Nobody has been told yet.", count=carried))
    if orphans:
        return redirect(url_for("next_rounds.tray", round_id=number))
    return redirect(url_for("consultations.set_up", round_id=number))


def _next_draft(basis: next_rounds.Basis) -> tuple[drafts.Upload, str]:
    """Return the next draft: the accepted wording, or the file that the lead has edited."""
    if request.form.get("draft-from") != "upload":
        data = jail.write_next_draft(basis.draft, basis.edits)
        return drafts.Upload(data, jail.read_draft(data)), basis.filename
    file = request.files.get("draft")
    if file is None or not file.filename:
        raise Invalid(say("Choose the Word file of the next draft."), "no-file")
    return drafts.read_upload(file.read(), request.form.get("own-changes", drafts.REFUSE)), file.filename


@blueprint.get("/rounds/<int:round_id>/carried")
@declares("round.follow")
def tray(round_id: int) -> str:
    """Show the comments carried over: first those without a place in the draft."""
    return _tray_page(round_scope(round_id, "round.follow"))


def _tray_page(scope: Scope, failed: int = 0, refusal: str = "") -> str:
    carried = carrying.list_carried(db.session, scope.round)
    orphans = [c for c in carried if c.carried and c.carried.state == "orphaned" and c.withdrawn_at is None]
    return render_template(
        "next_rounds/tray.html",
        scope=scope,
        orphans=orphans,
        placed=[c for c in carried if c not in orphans],
        failed=failed,
        refusal=refusal,
        typed=request.form,
    )


@blueprint.get("/rounds/<int:round_id>/carried/<int:comment_id>")
@declares("round.follow")
def point(round_id: int, comment_id: int) -> str:
    """Show the draft with a button beside every paragraph, to say where a comment belongs."""
    scope = round_scope(round_id, "round.follow")
    comment = carrying.get_orphan(db.session, scope.round, comment_id)
    blocks = engine.render_draft(drafts.as_value(scope.draft).paragraphs)
    return render_template("next_rounds/point.html", scope=scope, comment=comment, blocks=blocks)


@blueprint.post("/rounds/<int:round_id>/carried/<int:comment_id>")
@declares("round.follow")
def settle(round_id: int, comment_id: int) -> Response | tuple[str, int]:
    """Attach a comment without a place to a paragraph, or let it go."""
    form = request.form
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.follow", now)
            comment = carrying.get_orphan(db.session, scope.round, comment_id)
            who: dict[str, Any] = {"by": actor(), "person": person(), "now": now}
            if "let-go" in form:
                carrying.let_go(db.session, scope.round, comment, form.get("reason", ""), **who)
                told = _("The comment is let go. It stays on record with your reason.")
            else:
                number = form.get("paragraph", "")
                carrying.attach(db.session, scope.round, comment, number, **who)
                told = _("The comment is attached to paragraph %(number)s.", number=number.strip())
    except ConsultError as refusal:
        scope = round_scope(round_id, "round.follow")
        return _tray_page(scope, comment_id, refusal.message), refusal.status
    flash(told)
    return redirect(url_for("next_rounds.tray", round_id=round_id))
