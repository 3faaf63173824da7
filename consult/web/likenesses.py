"""Alike comments, for one answer."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request

from consult import engine
from consult.models import db
from consult.rules.permissions import may
from consult.services import likenesses, reviewing
from consult.services.dispositions import Numbered
from consult.services.entries import list_entries
from consult.services.likenesses import WORDS, Group
from consult.web.guards import actor, declares
from consult.web.scope import round_scope

blueprint = Blueprint("likenesses", __name__)
PER_PAGE = 20  # groups
COMMENTS_PER_PAGE = 150


@blueprint.get("/rounds/<int:round_id>/decisions/alike")
@declares("disposition.see")
def show(round_id: int) -> str:
    """Show groups of comments that are alike: first those in which something is undecided."""
    scope = round_scope(round_id, "disposition.see")
    groups = likenesses.list_groups(db.session, scope.round, list_entries(db.session, scope.round))
    groups.sort(key=lambda group: not group.undecided)
    pages = _pages(groups)
    page = min(max(request.args.get("page", 1, int), 1), len(pages))
    shown = pages[page - 1]
    entries = [entry for group in shown for entry in group.entries]
    found = {item.comment.id: item for item in reviewing.load(db.session, scope.round, entries)}
    can_decide = may(actor(), "disposition.decide", scope.facts).allowed and not scope.facts.is_open
    return render_template(
        "dispositions/alike.html",
        scope=scope,
        groups=[(group, _side_by_side(group, found)) for group in shown],
        total=len(groups),
        open_groups=sum(1 for group in groups if group.undecided),
        page=page,
        pages=len(pages),
        can_decide=can_decide and scope.round.stage != "decided",
    )


def _pages(groups: Sequence[Group]) -> list[list[Group]]:
    """Part the groups into pages, none of which has too many groups or comments; without any there is one empty page."""
    pages: list[list[Group]] = [[]]
    comments = 0
    for group in groups:
        if pages[-1] and (len(pages[-1]) == PER_PAGE or comments + len(group.entries) > COMMENTS_PER_PAGE):
            pages.append([])
            comments = 0
        pages[-1].append(group)
        comments += len(group.entries)
    return pages


def _side_by_side(group: Group, found: dict[int, Numbered]) -> list[tuple[Numbered, Sequence[engine.Change]]]:
    """Return the comments of a group, each with what in its words is other than in those of the first."""
    items = [found[entry.comment_id] for entry in group.entries if entry.comment_id in found]
    if group.kind != WORDS or not items:
        return [(item, ()) for item in items]
    first = items[0].comment.reason
    return [(item, engine.compare_words(first, item.comment.reason)) for item in items]
