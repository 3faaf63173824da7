"""Answers the lead enters on behalf of an organisation that sent them otherwise; and the proof of each."""

from dataclasses import replace
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import ConsultError, Invalid, NotFound, Refused
from consult.models import db
from consult.phrases import say
from consult.rules.permissions import NOT_THERE, may, require
from consult.services import added_answers, files, invitations, organisations, proofs
from consult.services.added_answers import ON_BEHALF
from consult.services.comments import Words
from consult.services.proofs import OPAQUE
from consult.unit_of_work import unit_of_work
from consult.web import added_words
from consult.web.guards import actor, declares, person, settings, storage
from consult.web.scope import Scope, round_scope
from consult.web.sending import attachment

blueprint = Blueprint("entered_answers", __name__)


@blueprint.get("/rounds/<int:round_id>/on-behalf")
@declares("board.see")
def show(round_id: int) -> str:
    """Show what was entered, and the forms to enter an answer for the organisation that is chosen."""
    return _page(round_scope(round_id, "board.see"))


def _page(scope: Scope, refusal: str = "", done: bool = False) -> str:
    asked = invitations.organisations_with(db.session, scope.round, invitations.ASKED)
    chosen = next((o for o in asked if o.id == _wanted()), None)
    can_act = may(actor(), "answer.enter", scope.facts).allowed and scope.round.stage != "decided"
    mine = added_answers.find_in_work(db.session, scope.round, chosen.id, ON_BEHALF) if chosen and can_act else None
    return render_template(
        "added_answers/enter.html",
        scope=scope,
        asked=asked,
        answers=added_answers.list_answers(db.session, scope.round, ON_BEHALF),
        can_act=can_act,
        refusal=refusal,
        **added_words.form_facts(scope, chosen, mine, done=done, refused=bool(refusal)),
    )


def _wanted() -> int:
    return request.values.get("organisation", 0, int)


def _refused(round_id: int, refusal: ConsultError) -> tuple[str, int]:
    return _page(round_scope(round_id, "board.see"), refusal.message), refusal.status


@blueprint.post("/rounds/<int:round_id>/on-behalf/words")
@declares("answer.enter")
def add(round_id: int) -> str | tuple[str, int]:
    """Add a comment to the answer that is being entered, or take a paragraph; whatever else is typed comes back with it."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "answer.enter", now)
            added_answers.check_may_be_entered(db.session, scope.round, _wanted())
            if takes := request.form.get("act") == "take":
                added_words.check_paragraph(scope)
            else:
                _add(scope, added_words.get_typed(scope), now)
    except (Invalid, Refused, NotFound) as refusal:
        return _refused(round_id, refusal)
    if not takes:
        flash(_("Added. It has no effect until you enter the answer."))
    return _page(round_scope(round_id, "board.see"), done=not takes)


def _add(scope: Scope, words: Words, now: datetime) -> None:
    added_answers.add_words(db.session, scope.round, _wanted(), ON_BEHALF, words, person=person(), now=now)


@blueprint.post("/rounds/<int:round_id>/on-behalf/words/remove")
@declares("answer.enter")
def remove(round_id: int) -> str:
    """Take a comment out of the answer that is being entered."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "answer.enter", now)
        answer = added_answers.get_in_work(db.session, scope.round, _wanted(), ON_BEHALF)
        removed = added_answers.remove_words(db.session, answer, added_words.place())
    flash(_("Removed. It said: “%(text)s”", text=removed["reason"] or removed["proposed_text"] or ""))
    return _page(round_scope(round_id, "board.see"))


@blueprint.post("/rounds/<int:round_id>/on-behalf")
@declares("answer.enter")
def enter(round_id: int) -> Response | tuple[str, int]:
    """Enter the answer, with the proof, and tell the organisation."""
    round_scope(round_id, "answer.enter")
    try:
        filename, data = _proof()
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "answer.enter", now)
            added_answers.check_may_be_entered(db.session, scope.round, _wanted())
            if words := added_words.typed_comment(scope):
                _add(scope, words, now)
            kept = None
            if data:
                kept = proofs.keep_proof(db.session, storage(), filename=filename, data=data, now=now)
            added_answers.enter(
                db.session,
                scope.round,
                _wanted(),
                position=request.form.get("position", ""),
                statement=request.form.get("statement", ""),
                note=request.form.get("note", ""),
                proof=kept,
                base_url=settings().base_url,
                by=actor(),
                person=person(),
                now=now,
            )
            name = organisations.get_organisation(db.session, _wanted()).name
    except (Invalid, Refused, NotFound) as refusal:
        return _refused(round_id, refusal)
    flash(_("Entered on behalf of %(organisation)s, which is told.", organisation=name))
    return redirect(url_for("entered_answers.show", round_id=round_id))


def _proof() -> tuple[str, bytes]:
    """Return the file that was attached, checked; ("", b"") where the lead says that there is none."""
    given = request.files.get("proof")
    if given is None or not given.filename:
        if request.form.get("no_proof"):
            return "", b""
        raise Invalid(say("Attach the file the answer came as, or say that there is none."), "proof-missing")
    data = given.read()
    proofs.check_proof(given.filename, data)
    return given.filename, data


@blueprint.get("/rounds/<int:round_id>/on-behalf/<int:answer_id>/proof")
@declares("answer.proof")
def proof(round_id: int, answer_id: int) -> Response:
    """Send the proof as it came, to the lead and to the organisation it is of, as a file that is never shown in place."""
    scope = round_scope(round_id, "document.read")
    answer = added_answers.get_answer(db.session, scope.round, answer_id, ON_BEHALF)
    require(actor(), "answer.proof", replace(scope.facts, organisation_id=answer.organisation_id))
    if answer.proof_sha256 is None:
        raise NotFound(NOT_THERE)
    return attachment(files.read_file(db.session, storage(), answer.proof_sha256), answer.proof_filename, OPAQUE)
