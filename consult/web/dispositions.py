"""Decide: comment by comment in text order."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult import engine
from consult.errors import Invalid, Refused
from consult.models import DECISIONS, db
from consult.rules.permissions import may
from consult.services import dispositions, drafts, matrices, releases, visibility
from consult.services.contributions import contributions_from
from consult.services.dispositions import Numbered
from consult.services.entries import CHANGED, DRAFT, list_entries
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, settings
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("dispositions", __name__)
PER_PAGE = 25  # each comment comes with a form


def page_of(number: int) -> int:
    """Return the page, from 1, on which the comment with a number stands."""
    return (number - 1) // PER_PAGE + 1


@blueprint.get("/rounds/<int:round_id>/decisions")
@declares("disposition.see")
def index(round_id: int) -> str:
    """Show the comments that count with their decisions, conflicts with their variants side by side."""
    return _page(round_scope(round_id, "disposition.see"), request.args.get("page", 1, int))


def _page(scope: Scope, page: int, failed: int = 0, refusal: str = "") -> str:
    numbered = dispositions.list_numbered(db.session, scope.round)
    entries = list_entries(db.session, scope.round)
    if failed:
        page = next((page_of(item.number) for item in numbered if item.comment.id == failed), page)
    pages = page_of(max(len(numbered), 1))
    page = min(max(page, 1), pages)
    shown = numbered[(page - 1) * PER_PAGE : page * PER_PAGE]
    draft = drafts.as_value(scope.draft)
    paragraphs = {item.comment.paragraph_id for item in shown}
    on_them = [item for item in numbered if item.comment.paragraph_id in paragraphs]
    return render_template(
        "dispositions/index.html",
        scope=scope,
        total=len(numbered),
        shown=shown,
        page=page,
        pages=pages,
        page_of=page_of,
        conflicts=_conflicts(draft, on_them),
        supporters=matrices.list_supporters(draft, on_them),
        changes_of=dispositions.changes_of,
        disputed=dispositions.contradictions(draft, numbered),
        undecided=[item.number for item in numbered if item.disposition is None],
        numbers={item.comment.id: item.number for item in numbered},
        decisions=DECISIONS,
        failed=failed,
        refusal=refusal,
        typed=request.form,
        states={entry.comment_id: entry.state for entry in entries},
        unreleased=sum(1 for entry in entries if entry.state in (DRAFT, CHANGED)),
        can_release=may(actor(), "disposition.release", scope.facts).allowed and scope.round.stage == "consolidated",
        can_decide=may(actor(), "disposition.decide", scope.facts).allowed
        and not scope.facts.is_open
        and scope.round.stage != "decided",
    )


def _conflicts(draft: engine.Draft, numbered: Sequence[Numbered]) -> dict[str, list[engine.Conflict]]:
    """Return the conflicts between comments, by paragraph."""
    found: dict[str, list[engine.Conflict]] = {}
    for conflict in engine.find_conflicts(draft, contributions_from([item.comment for item in numbered])):
        found.setdefault(conflict.paragraph, []).append(conflict)
    return found


@blueprint.post("/rounds/<int:round_id>/decisions/<int:comment_id>")
@declares("disposition.decide")
def decide(round_id: int, comment_id: int) -> Response | tuple[str, int]:
    """Record a decision and go on to the next comment without one."""
    form = request.form
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "disposition.decide", now)
            comment, _facts = visibility.get_comment(db.session, scope.round, comment_id, actor=actor(), now=now)
            dispositions.decide(
                db.session,
                scope.round,
                comment,
                decision=form.get("decision", ""),
                reason=form.get("reason", ""),
                wording=form.get("wording", ""),
                duplicate_of=form.get("duplicate_of", 0, int),
                version=form.get("version", 0, int),
                by=actor(),
                person=person(),
                now=now,
            )
            numbered = dispositions.list_numbered(db.session, scope.round)
            here = next(item.number for item in numbered if item.comment.id == comment_id)
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "disposition.see"), 1, comment_id, refusal.message), refusal.status
    left = [item.number for item in numbered if item.disposition is None]
    if left:
        flash(_("Comment %(number)s is decided. Undecided: %(count)s.", number=here, count=len(left)))
    else:
        flash(_("Comment %(number)s is decided. All are decided.", number=here))
    following = next((number for number in left if number > here), left[0] if left else here)
    page, anchor = page_of(following), f"comment-{following}"
    return redirect(url_for("dispositions.index", round_id=round_id, page=page, _anchor=anchor))


@blueprint.post("/rounds/<int:round_id>/decisions/release")
@declares("disposition.release")
def release(round_id: int) -> Response:
    """Release the decisions as they stand. Everybody for whom something is new is told by letter."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "disposition.release", now)
        made = releases.release(db.session, scope.round, base_url=settings().base_url, by=actor(), now=now)
    flash(ngettext("%(num)s decision is released.", "%(num)s decisions are released.", made.decisions))
    flash(ngettext("%(num)s letter goes out.", "%(num)s letters go out.", made.letters))
    return redirect(url_for("dispositions.index", round_id=round_id))
