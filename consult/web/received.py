"""What came by mail from an organisation: its people look at it, and keep it as their comments or put it aside."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult.errors import Refused
from consult.models import db
from consult.services import mail_findings
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person
from consult.web.scope import round_scope

blueprint = Blueprint("received", __name__)


@blueprint.get("/rounds/<int:round_id>/received/<int:mail_id>")
@declares("comment.write")
def show(round_id: int, mail_id: int) -> str:
    """Show what was found in a mail, before anything of it is a comment."""
    return _page(round_id, mail_id)


def _page(round_id: int, mail_id: int, refusal: str = "") -> str:
    scope = round_scope(round_id, "comment.write")
    mail = mail_findings.get_own(db.session, scope.round, mail_id, actor().writes_for)
    return render_template(
        "received/show.html", scope=scope, mail=mail, refused=mail_findings.told_refusals(mail), refusal=refusal
    )


@blueprint.post("/rounds/<int:round_id>/received/<int:mail_id>/keep")
@declares("comment.write")
def keep(round_id: int, mail_id: int) -> Response | tuple[str, int]:
    """Make unsubmitted comments of what the form names."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "comment.write", now)
            mail = mail_findings.get_own(db.session, scope.round, mail_id, actor().writes_for)
            organisation_id = mail.organisation_id
            added, known = mail_findings.confirm(
                db.session,
                scope.round,
                mail,
                pieces=request.form.getlist("piece", int),
                copies=request.form.getlist("copy", int),
                by=actor(),
                person=person(),
                now=now,
            )
    except Refused as refusal:
        return _page(round_id, mail_id, refusal.message), refusal.status
    flash(ngettext("%(num)s comment added, not handed in yet.", "%(num)s comments added, not handed in yet.", added))
    if known:
        flash(ngettext("%(num)s stood there already.", "%(num)s stood there already.", known))
    return redirect(url_for("comments.ours", round_id=round_id, organisation=organisation_id))


@blueprint.post("/rounds/<int:round_id>/received/<int:mail_id>/discard")
@declares("comment.write")
def discard(round_id: int, mail_id: int) -> Response | tuple[str, int]:
    """Put a mail aside."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "comment.write", now)
            mail = mail_findings.get_own(db.session, scope.round, mail_id, actor().writes_for)
            organisation_id = mail.organisation_id
            mail_findings.put_aside(db.session, scope.round, mail, by=actor(), person=person(), now=now)
    except Refused as refusal:
        return _page(round_id, mail_id, refusal.message), refusal.status
    flash(_("The mail was put aside. Nothing of it became a comment."))
    return redirect(url_for("comments.ours", round_id=round_id, organisation=organisation_id))
