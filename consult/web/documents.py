"""The draft as readable text, each paragraph numbered, with the comments that exist for the reader."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from consult import engine
from consult.models import Comment, db
from consult.rules.permissions import COMMENTING, may
from consult.services import comments, drafts, rounds
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares
from consult.web.scope import round_scope

blueprint = Blueprint("documents", __name__)


@blueprint.get("/rounds/<int:round_id>/document")
@declares("document.read")
def show(round_id: int) -> str:
    """Show the draft."""
    scope = round_scope(round_id, "document.read")
    draft = drafts.as_value(scope.draft)
    beside: dict[str, list[Comment]] = {}
    listed = comments.list_visible(db.session, scope.round, actor=actor(), facts=scope.facts)
    superseded = comments.superseded_ids(listed)
    for comment in listed:
        if comment.id not in superseded and comment.withdrawn_at is None:
            beside.setdefault(comment.paragraph.number if comment.paragraph else "", []).append(comment)
    return render_template(
        "documents/show.html",
        scope=scope,
        notices=draft.notices,
        blocks=engine.render_draft(draft.paragraphs),
        beside=beside,
        can_write=bool(scope.organisations)
        and scope.facts.is_open
        and may(actor(), "comment.write", scope.facts).allowed,
        asked=any(scope.facts.places.get(o.id) in COMMENTING for o in scope.organisations),
    )


@blueprint.post("/rounds/<int:round_id>/opened")
@declares("document.read")
def opened(round_id: int) -> Response:
    """Note that the person's organisation has opened the document. The page sends this when it is shown."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "document.read", now)
        if scope.facts.is_open:
            rounds.note_opened(db.session, scope.round, actor(), now=now)
    return Response(status=204)
