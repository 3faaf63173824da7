"""The Word copy: download it, return it edited, see what was found, keep it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult import engine, jail
from consult.errors import Invalid, Refused
from consult.models import db
from consult.phrases import say
from consult.services import drafts, files, jobs, returned_copies
from consult.services.files import DOCX
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, storage
from consult.web.scope import round_scope
from consult.web.sending import attachment

blueprint = Blueprint("copies", __name__)


@blueprint.get("/rounds/<int:round_id>/copy")
@declares("copy.download")
def show(round_id: int) -> str:
    """Offer the Word copy, take it back, list what came back."""
    return _page(round_id)


def _page(round_id: int, refusal: str = "") -> str:
    scope = round_scope(round_id, "copy.download")
    listed = [
        (copy, returned_copies.contents_of(copy))
        for organisation in scope.organisations
        for copy in returned_copies.list_copies(db.session, scope.round, organisation.id)
    ]
    going_on = jobs.list_own(db.session, actor(), now=scope.now, round_id=round_id)
    return render_template("copies/show.html", scope=scope, copies=listed, jobs=going_on, refusal=refusal)


@blueprint.get("/rounds/<int:round_id>/copy.docx")
@declares("copy.download")
def download(round_id: int) -> Response:
    """Send the draft as a Word copy with paragraph numbers and its identity."""
    scope = round_scope(round_id, "copy.download")
    draft, round_ = scope.draft, scope.round
    data = jail.release(jail.write_copy(files.read_file(db.session, storage(), draft.file_sha256), scope.identity)).docx
    codes = "-".join(o.code for o in scope.organisations) or "copy"
    return attachment(data, f"{round_.consultation.title} - round {round_.number} - {codes}.docx", DOCX)


@blueprint.post("/rounds/<int:round_id>/copy")
@declares("copy.return")
def upload(round_id: int) -> Response | tuple[str, int]:
    """Have the worker read a returned copy, and show how far it is. What cannot be used is not stored."""
    round_scope(round_id, "copy.return")
    given = request.files.get("copy")
    try:
        if given is None or not given.filename:
            raise Invalid(say("Choose the Word file that you edited."), "no-file")
        data = given.read()
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "copy.return", now)
            job = returned_copies.ask_for_reading(
                db.session,
                scope.round,
                organisation_id=scope.require("copy.return").id,
                filename=given.filename,
                data=data,
                by=person(),
                now=now,
            )
            job_id = job.id
    except (Invalid, Refused) as refusal:
        return _page(
            round_id, say("%(message)s (%(code)s)", message=refusal.message, code=refusal.reason)
        ), refusal.status
    return redirect(url_for("jobs.show", job_id=job_id))


@blueprint.get("/rounds/<int:round_id>/copy/<int:copy_id>")
@declares("copy.return")
def examined(round_id: int, copy_id: int) -> str:
    """Show what was found in a copy, placed and not placed."""
    scope = round_scope(round_id, "copy.return")
    copy = returned_copies.get_copy(db.session, scope.round, copy_id, actor().writes_for)
    contents = returned_copies.contents_of(copy)
    paragraphs = {p.key: drafts.paragraph_value(p) for p in scope.draft.paragraphs}
    shown = [
        (paragraphs.get(e.paragraph), engine.show_changes(paragraphs[e.paragraph].text, [e]), e)
        for e in contents.edits
        if e.paragraph in paragraphs
    ]
    remarks = [(paragraphs.get(r.paragraph), r) for r in contents.remarks]
    return render_template(
        "copies/examined.html", scope=scope, copy=copy, contents=contents, edits=shown, remarks=remarks
    )


@blueprint.post("/rounds/<int:round_id>/copy/<int:copy_id>/keep")
@declares("copy.return")
def keep(round_id: int, copy_id: int) -> Response:
    """Make unsubmitted comments of a copy."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "copy.return", now)
        copy = returned_copies.get_copy(db.session, scope.round, copy_id, actor().writes_for)
        added, known = returned_copies.keep_copy(
            db.session, scope.round, scope.draft, copy, by=actor(), person=person(), now=now
        )
    flash(ngettext("%(num)s comment added, not handed in yet.", "%(num)s comments added, not handed in yet.", added))
    if known:
        flash(ngettext("%(num)s stood there already.", "%(num)s stood there already.", known))
    return redirect(url_for("comments.ours", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/copy/<int:copy_id>/discard")
@declares("copy.return")
def discard(round_id: int, copy_id: int) -> Response:
    """Put a copy aside."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "copy.return", now)
        copy = returned_copies.get_copy(db.session, scope.round, copy_id, actor().writes_for)
        returned_copies.discard_copy(db.session, copy, by=actor(), now=now)
    flash(_("The copy was put aside. Nothing of it became a comment."))
    return redirect(url_for("copies.show", round_id=round_id))
