"""Late answers: written and sent by a focal point after the closing, accepted or refused by the lead."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import ConsultError, Invalid, NotFound, Refused
from consult.models import db
from consult.rules.permissions import may
from consult.services import added_answers
from consult.services.added_answers import LATE
from consult.unit_of_work import unit_of_work
from consult.web import added_words
from consult.web.guards import actor, declares, person, settings
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("late_answers", __name__)


@blueprint.get("/rounds/<int:round_id>/late")
@declares("late.send")
def show(round_id: int) -> str:
    """Show the organisation's late answers, and the forms to write and send one."""
    return _page(round_scope(round_id, "document.read"))


def _page(scope: Scope, refusal: str = "", done: bool = False) -> str:
    organisation = scope.require("late.send")
    sent = added_answers.list_answers(db.session, scope.round, LATE, organisation.id)
    is_open = scope.facts.is_open_for(organisation.id)
    can_send = not is_open and added_answers.may_take_late(scope.round, scope.now)
    mine = added_answers.find_in_work(db.session, scope.round, organisation.id, LATE) if can_send else None
    waiting = added_answers.list_waiting_at_desk(db.session, scope.round, organisation.id) if can_send else []
    return render_template(
        "added_answers/late.html",
        scope=scope,
        answers=sent,
        shown=added_words.show_words(scope, sent),
        waiting=waiting,
        can_send=can_send,
        refusal=refusal,
        **added_words.form_facts(scope, organisation, mine, done=done, refused=bool(refusal)),
    )


def _refused(round_id: int, refusal: ConsultError) -> tuple[str, int]:
    return _page(round_scope(round_id, "document.read"), refusal.message), refusal.status


@blueprint.post("/rounds/<int:round_id>/late/words")
@declares("late.send")
def add(round_id: int) -> str | tuple[str, int]:
    """Add a comment to the answer that is being written, or take a paragraph; whatever else is typed comes back with it."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "document.read", now)
            number = scope.require_id("late.send")
            added_answers.check_may_be_late(scope.round, number, now)
            if takes := request.form.get("act") == "take":
                added_words.check_paragraph(scope)
            else:
                words = added_words.get_typed(scope)
                added_answers.add_words(db.session, scope.round, number, LATE, words, person=person(), now=now)
    except (Invalid, Refused, NotFound) as refusal:
        return _refused(round_id, refusal)
    if not takes:
        flash(_("Added. Nobody outside your organisation sees it until you send the answer."))
    return _page(round_scope(round_id, "document.read"), done=not takes)


def _back(round_id: int, organisation_id: int) -> Response:
    return redirect(url_for("late_answers.show", round_id=round_id, organisation=organisation_id))


@blueprint.post("/rounds/<int:round_id>/late/words/remove")
@declares("late.send")
def remove(round_id: int) -> str:
    """Take a comment out of the answer that is being written."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "document.read", now)
        number = scope.require_id("late.send")
        answer = added_answers.get_in_work(db.session, scope.round, number, LATE)
        removed = added_answers.remove_words(db.session, answer, added_words.place())
    flash(_("Removed. It said: “%(text)s”", text=removed["reason"] or removed["proposed_text"] or ""))
    return _page(round_scope(round_id, "document.read"))


@blueprint.post("/rounds/<int:round_id>/late")
@declares("late.send")
def send(round_id: int) -> Response | tuple[str, int]:
    """Send the answer to the lead."""
    wanted = added_words.chosen_ids(request.form.getlist("along"))
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "document.read", now)
            organisation = scope.require("late.send")
            number = organisation.id
            waiting = added_answers.list_waiting_at_desk(db.session, scope.round, number)
            if words := added_words.typed_comment(scope):
                added_answers.add_words(db.session, scope.round, number, LATE, words, person=person(), now=now)
            added_answers.send_late(
                db.session,
                scope.round,
                organisation,
                along=[comment for comment in waiting if comment.id in wanted],
                position=request.form.get("position", ""),
                statement=request.form.get("statement", ""),
                base_url=settings().base_url,
                by=actor(),
                person=person(),
                now=now,
            )
    except (Invalid, Refused, NotFound) as refusal:
        return _refused(round_id, refusal)
    flash(_("Sent to the lead as a late answer. You are told by letter whether it is accepted."))
    return _back(round_id, number)


# ---- the lead's -----------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/late-answers")
@declares("board.see")
def index(round_id: int) -> str:
    """Show the late answers, and the forms to accept or refuse them."""
    return _list(round_scope(round_id, "board.see"))


def _list(scope: Scope, refusal: str = "", refused_id: int = 0) -> str:
    answers = added_answers.list_answers(db.session, scope.round, LATE)
    return render_template(
        "added_answers/decide.html",
        scope=scope,
        answers=answers,
        shown=added_words.show_words(scope, answers),
        can_act=may(actor(), "late.decide", scope.facts).allowed and scope.round.stage != "decided",
        typed=request.form,
        refusal=refusal,
        refused_id=refused_id,
    )


@blueprint.post("/rounds/<int:round_id>/late-answers/<int:answer_id>")
@declares("late.decide")
def decide(round_id: int, answer_id: int) -> Response | tuple[str, int]:
    """Accept or refuse a late answer, with a reason."""
    accept = request.form.get("act") == "accept"
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "late.decide", now)
            added_answers.decide_late(
                db.session,
                added_answers.get_answer(db.session, scope.round, answer_id, LATE),
                accept=accept,
                reason=request.form.get("reason", ""),
                base_url=settings().base_url,
                by=actor(),
                person=person(),
                now=now,
            )
    except (Invalid, Refused) as refusal:
        return _list(round_scope(round_id, "board.see"), refusal.message, answer_id), refusal.status
    flash(
        _("Accepted and marked as late. The organisation is told.")
        if accept
        else _("Not accepted. The organisation is told why.")
    )
    return redirect(url_for("late_answers.index", round_id=round_id))
