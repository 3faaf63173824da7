"""Decide in Excel: take the matrix, give it back filled, look at it row by row, take the decisions over."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult.errors import Invalid, Refused
from consult.models import db
from consult.phrases import say
from consult.services import dispositions, exports, filled_matrices, jobs
from consult.services.files import XLSX
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person
from consult.web.scope import Scope, round_scope
from consult.web.sending import attachment

blueprint = Blueprint("filled_matrices", __name__)
PER_PAGE = 25


@blueprint.get("/rounds/<int:round_id>/decisions/matrix")
@declares("disposition.decide")
def show(round_id: int) -> str:
    """Offer the matrix, take it back filled, list what came back."""
    return _page(round_id)


def _page(round_id: int, refusal: str = "") -> str:
    scope = round_scope(round_id, "disposition.decide")
    return render_template(
        "filled_matrices/show.html",
        scope=scope,
        matrices=filled_matrices.list_matrices(db.session, scope.round),
        jobs=jobs.list_own(db.session, actor(), now=scope.now, round_id=round_id),
        can_decide=_can_decide(scope),
        refusal=refusal,
    )


def _can_decide(scope: Scope) -> bool:
    return not scope.facts.is_open and scope.round.stage != "decided"


@blueprint.get("/rounds/<int:round_id>/decisions/matrix.xlsx")
@declares("disposition.decide")
def download(round_id: int) -> Response:
    """Send the matrix to be filled. Raises Refused while the round is open and when it is finished."""
    scope = round_scope(round_id, "disposition.decide")
    dispositions.check_may_decide(scope.round, scope.now)
    name = f"{scope.round.consultation.title} - round {scope.round.number} - matrix.xlsx"
    return attachment(exports.matrix_to_fill(db.session, scope.round), name, XLSX)


@blueprint.post("/rounds/<int:round_id>/decisions/matrix")
@declares("disposition.decide")
def upload(round_id: int) -> Response | tuple[str, int]:
    """Have the worker read a filled matrix, and show how far it is. What cannot be used is not stored."""
    round_scope(round_id, "disposition.decide")
    given = request.files.get("matrix")
    try:
        if given is None or not given.filename:
            raise Invalid(say("Choose the Excel file that you filled."), "no-file")
        data = given.read()
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "disposition.decide", now)
            job = filled_matrices.ask_for_reading(
                db.session, scope.round, filename=given.filename, data=data, by=person(), now=now
            )
            job_id = job.id
    except (Invalid, Refused) as refusal:
        return _page(round_id, refusal.message), refusal.status
    return redirect(url_for("jobs.show", job_id=job_id))


@blueprint.get("/rounds/<int:round_id>/decisions/matrix/<int:matrix_id>")
@declares("disposition.decide")
def examined(round_id: int, matrix_id: int) -> str:
    """Show what each row would do: first those that are refused, then those to be taken over."""
    return _examined_page(round_id, matrix_id)


def _examined_page(round_id: int, matrix_id: int, refusal: str = "") -> str:
    scope = round_scope(round_id, "disposition.decide")
    matrix = filled_matrices.get_matrix(db.session, scope.round, matrix_id)
    found = filled_matrices.examine(db.session, scope.round, matrix)
    listed = [*found.refused, *found.taken]
    pages = max((len(listed) + PER_PAGE - 1) // PER_PAGE, 1)
    page = min(max(request.values.get("page", 1, int), 1), pages)
    shown = listed[(page - 1) * PER_PAGE : page * PER_PAGE]
    return render_template(
        "filled_matrices/examined.html",
        scope=scope,
        matrix=matrix,
        found=found,
        shown_refused=[v for v in shown if v.why],
        shown_taken=[v for v in shown if v.answer],
        unchanged=_ranges([v.row.row for v in found.unchanged]),
        page=page,
        pages=pages,
        can_decide=_can_decide(scope),
        refusal=refusal,
    )


def _ranges(numbers: list[int]) -> str:
    """Return numbers as they are said: 5–9, 12."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)


@blueprint.post("/rounds/<int:round_id>/decisions/matrix/<int:matrix_id>/take")
@declares("disposition.decide")
def take(round_id: int, matrix_id: int) -> Response | tuple[str, int]:
    """Make the decisions of the rows that were shown as good."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "disposition.decide", now)
            matrix = filled_matrices.get_matrix(db.session, scope.round, matrix_id)
            mark = request.form.get("mark", "")
            made = filled_matrices.take(
                db.session, scope.round, matrix, mark=mark, by=actor(), person=person(), now=now
            )
    except (Invalid, Refused) as refusal:
        return _examined_page(round_id, matrix_id, refusal.message), refusal.status
    flash(ngettext("%(num)s decision is taken over.", "%(num)s decisions are taken over.", made.decisions))
    if made.refused:
        told = ngettext(
            "%(num)s row was not taken; it is listed below.", "%(num)s rows were not taken; they are listed below.",
            made.refused,
        )  # fmt: skip
        flash(told, "warning")
    return redirect(url_for("filled_matrices.examined", round_id=round_id, matrix_id=matrix_id))


@blueprint.post("/rounds/<int:round_id>/decisions/matrix/<int:matrix_id>/discard")
@declares("disposition.decide")
def discard(round_id: int, matrix_id: int) -> Response:
    """Put a matrix aside."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "disposition.decide", now)
        matrix = filled_matrices.get_matrix(db.session, scope.round, matrix_id)
        filled_matrices.discard(db.session, matrix, by=actor(), now=now)
    flash(_("The matrix was put aside. Decisions that were taken over from it stay."))
    return redirect(url_for("filled_matrices.show", round_id=round_id))
