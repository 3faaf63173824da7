"""The organisation's desk: what its focal point does with comments before they are handed in."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult.errors import Invalid, Refused
from consult.models import TYPES, Comment, db
from consult.rules.permissions import require
from consult.services import comments, desks, visibility
from consult.services.comments import Words
from consult.services.desks import Merger
from consult.unit_of_work import unit_of_work
from consult.web.comments import own_comment, typed_words
from consult.web.guards import actor, declares, person_id
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("desks", __name__)
Answer = str | Response | tuple[str, int]


def _back(round_id: int, organisation_id: int, comment_id: int = 0) -> Response:
    anchor = f"c-{comment_id}" if comment_id else None
    return redirect(url_for("comments.ours", round_id=round_id, organisation=organisation_id, _anchor=anchor))


def _chosen(scope: Scope, organisation_id: int) -> list[Comment]:
    numbers = request.values.getlist("comment", int)
    return desks.list_chosen(db.session, scope.round, organisation_id, numbers)


@blueprint.post("/rounds/<int:round_id>/comments/clear")
@declares("submission.hand-in")
def clear(round_id: int) -> Response:
    """Clear the comments the form names: one, or all that were shown."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "comment.write", now)
        organisation = scope.require("submission.hand-in").id
        chosen = _chosen(scope, organisation)
        count = desks.clear(db.session, scope.round, chosen, by=actor(), now=now)
        first = chosen[0].id if len(chosen) == 1 else 0
    flash(ngettext("%(num)s comment cleared.", "%(num)s comments cleared.", count))
    return _back(round_id, organisation, first)


def _act_on(round_id: int, comment_id: int, act: Callable[..., Any], **more: Any) -> Response:
    """Do one thing to one comment of the organisation, for its focal point."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "comment.write", now)
        comment = own_comment(scope.round, comment_id, scope)
        require(actor(), "submission.hand-in", visibility.with_comment(scope.facts, comment))
        act(db.session, scope.round, comment, by=actor(), now=now, **more)
        organisation = comment.organisation_id
    return _back(round_id, organisation, comment_id)


@blueprint.post("/rounds/<int:round_id>/comments/<int:comment_id>/unclear")
@declares("submission.hand-in")
def unclear(round_id: int, comment_id: int) -> Response:
    """Take a clearance back."""
    return _act_on(round_id, comment_id, desks.unclear)


@blueprint.post("/rounds/<int:round_id>/comments/<int:comment_id>/drop")
@declares("submission.hand-in")
def drop(round_id: int, comment_id: int) -> Response:
    """Leave a comment out of the hand-in, with a reason."""
    answer = _act_on(round_id, comment_id, desks.drop, reason=request.form.get("reason", ""))
    flash(_("Dropped. It stays here, its author sees why, and it can be restored until you hand in."))
    return answer


@blueprint.post("/rounds/<int:round_id>/comments/<int:comment_id>/restore")
@declares("comment.write")
def restore(round_id: int, comment_id: int) -> Response:
    """Take a comment back to the desk. What was taken back without a reason may be restored by any colleague."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "comment.write", now)
        comment = own_comment(scope.round, comment_id, scope)
        if comment.desk_state != "dropped" or (comment.clearance and comment.clearance.reason):
            facts = visibility.with_comment(scope.facts, comment)
            require(actor(), "submission.hand-in", facts)
        desks.restore(db.session, scope.round, comment, by=actor(), now=now)
        organisation = comment.organisation_id
    flash(_("Restored."))
    return _back(round_id, organisation, comment_id)


def _merge_form(scope: Scope, merger: Merger, words: Words, status: int = 200, refusal: str = "") -> tuple[str, int]:
    page = render_template(
        "comments/merge.html", scope=scope, merger=merger, words=words, refusal=refusal, types=TYPES,
        paragraph=merger.comments[0].paragraph, organisation=scope.organisation,
    )  # fmt: skip
    return page, status


def _proposed(merger: Merger) -> Words:
    """Return the words the form begins with: combined, or the paragraph as it stands where somebody must choose."""
    row = merger.comments[0].paragraph
    if row is None:
        return Words(type="general", reason=merger.reason)
    wording = row.text if merger.wording is None else merger.wording
    return Words(row.number, type=merger.type, reason=merger.reason, wording=wording)


@blueprint.get("/rounds/<int:round_id>/comments/merge")
@declares("submission.hand-in")
def show_merger(round_id: int) -> Answer:
    """Show what the chosen comments would become as one."""
    scope = round_scope(round_id, "comment.write")
    organisation = scope.require("submission.hand-in")
    comments.check_open(scope.round, organisation.id, scope.now)
    merger = desks.propose_merger(_chosen(scope, organisation.id))
    return _merge_form(scope, merger, _proposed(merger))


@blueprint.post("/rounds/<int:round_id>/comments/merge")
@declares("submission.hand-in")
def merge(round_id: int) -> Answer:
    """Make one comment of several. On a mistake the form comes back with everything typed."""
    words = typed_words()
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "comment.write", now)
            organisation = scope.require_id("submission.hand-in")
            chosen = _chosen(scope, organisation)
            known = dict(zip(request.form.getlist("comment", int), request.form.getlist("version", int), strict=False))
            made = desks.merge(
                db.session, scope.round, chosen, words, versions=[known.get(c.id, 0) for c in chosen],
                author_id=person_id(), by=actor(), now=now,
            )  # fmt: skip
            number = made.id
    except (Invalid, Refused) as refusal:
        scope = round_scope(round_id, "comment.write")
        merger = desks.propose_merger(_chosen(scope, scope.require("submission.hand-in").id))
        return _merge_form(scope, merger, words, refusal.status, refusal.message)
    flash(_("Merged into one comment. The comments it was made of stay below, with their words."))
    return _back(round_id, organisation, number)
