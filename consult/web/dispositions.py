"""Decide: the comments that a filter finds in text order, one by one or many at once; and release."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult import engine
from consult.catalogues import order_of
from consult.errors import Invalid, NotFound, Refused
from consult.models import DECISIONS, TYPES, db
from consult.phrases import say
from consult.rules.permissions import may
from consult.services import dispositions, matrices, releases, reviewing
from consult.services.answers import Answer
from consult.services.contributions import contributions_from
from consult.services.dispositions import Numbered
from consult.services.entries import CHANGED, DRAFT, Entry, list_entries
from consult.services.layouts import Layout
from consult.services.reviewing import Filter
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, settings
from consult.web.languages import language
from consult.web.saved_forms import tell_saved
from consult.web.scope import Scope, round_scope
from consult.web.sections import layout_of

blueprint = Blueprint("dispositions", __name__)
Answered = Response | tuple[str, int]
PER_PAGE = 25  # each comment comes with a form
MOST_AT_ONCE = 1000


# ---- the filter -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Review:
    """The round's comments, and which of them the address asks for; `refusal` says why none could be looked for."""

    entries: list[Entry]
    layout: Layout
    wanted: Filter
    listed: list[Entry]
    refusal: str = ""


def _wanted() -> Filter:
    """Return the filter that the address names, without what it cannot mean."""
    given = {name: request.args.get(name, "").strip() for name in ("state", "type", "section", "paragraph", "words")}
    return Filter(
        state=given["state"] if given["state"] in reviewing.STATES else "",
        organisation=_number(request.args.get("organisation", "")),
        type=given["type"] if given["type"] in TYPES else "",
        section=given["section"],
        paragraph=given["paragraph"],
        words=" ".join(given["words"].split()),
    )


def _addressed(wanted: Filter) -> dict[str, Any]:
    """Return a filter as it stands in an address."""
    return {name: value for name, value in asdict(wanted).items() if value}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else 0


def _review(scope: Scope) -> Review:
    entries = list_entries(db.session, scope.round)
    layout, wanted = layout_of(scope.draft.id), _wanted()
    try:
        listed = reviewing.find_entries(db.session, scope.round, entries, layout, wanted)
    except NotFound as error:
        return Review(entries, layout, wanted, [], error.message)
    return Review(entries, layout, wanted, listed)


def _may_decide(scope: Scope) -> bool:
    allowed = may(actor(), "disposition.decide", scope.facts).allowed
    return allowed and not scope.facts.is_open and scope.round.stage != "decided"


# ---- one by one -----------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/decisions")
@declares("disposition.see")
def index(round_id: int) -> tuple[str, int]:
    """Show the comments that are looked for with their decisions, conflicts with their variants side by side.

    `comment` names one by its id, `number` by its number: the page is the one on which it stands. `decided` is the id of
    the comment that was just decided: the page is that of the next one without a decision, within what is looked for.
    """
    scope = round_scope(round_id, "disposition.see")
    review = _review(scope)
    asked = _named(review, "comment_id", "comment") or _named(review, "number", "number")
    return _page(scope, review, asked, decided=_named(review, "comment_id", "decided")), 404 if review.refusal else 200


def _named(review: Review, field: str, argument: str) -> Entry | None:
    """Return the comment that an argument of the address names."""
    wanted = _number(request.args.get(argument, ""))
    return next((entry for entry in review.entries if getattr(entry, field) == wanted), None)


def _page(
    scope: Scope,
    review: Review,
    asked: Entry | None,
    decided: Entry | None = None,
    failed: int = 0,
    refusal: str = "",
) -> str:
    found = review.listed
    goal = _goal(found, decided)
    listed = found if asked is None or asked in found else sorted([*found, asked], key=lambda entry: entry.number)
    page, pages = _which_page(listed, asked or goal)
    start, end = (page - 1) * PER_PAGE, page * PER_PAGE
    shown = listed[start:end]
    items, on_them = _load(scope, review.entries, shown)
    part = reviewing.part_of(scope.draft, on_them)
    accepted = reviewing.list_accepted(db.session, scope.round)
    return render_template(
        "dispositions/index.html",
        scope=scope,
        review=review,
        query=_addressed(review.wanted),
        outside=asked if listed is not found else None,
        decided=decided if decided and decided.version else None,
        goal=goal,
        listed=listed,
        shown=items,
        first=start + 1,
        page=page,
        pages=pages,
        before=listed[start - 1] if start else None,
        behind=listed[end] if end < len(listed) else None,
        following=reviewing.following(listed, shown[0].number - 1 if shown else 0),
        beyond=reviewing.following(listed[end:] + listed[:start]),
        conflicts=_conflicts(part, on_them),
        supporters=matrices.list_supporters(part, on_them),
        changes_of=dispositions.changes_of,
        disputed=dispositions.contradictions(reviewing.part_of(scope.draft, accepted), accepted),
        undecided=sum(1 for entry in review.entries if not entry.version),
        unreleased=sum(1 for entry in review.entries if entry.state in (DRAFT, CHANGED)),
        states={entry.comment_id: entry.state for entry in shown},
        numbers={entry.comment_id: entry.number for entry in review.entries},
        organisations=_organisations(review.entries),
        types=TYPES,
        filter_states=reviewing.STATES,
        decisions=DECISIONS,
        failed=failed,
        refusal=refusal,
        typed=request.form,
        can_decide=_may_decide(scope),
        can_release=may(actor(), "disposition.release", scope.facts).allowed and scope.round.stage == "consolidated",
    )


def _goal(listed: Sequence[Entry], decided: Entry | None) -> Entry | None:
    """Return where to go after a decision: to the next undecided comment, else nowhere else than where one is."""
    if decided is None:
        return None
    return reviewing.following(listed, decided.number) or (decided if decided in listed else None)


def _which_page(listed: Sequence[Entry], asked: Entry | None) -> tuple[int, int]:
    """Return which page is shown, and how many there are."""
    pages = max(ceil(len(listed) / PER_PAGE), 1)
    page = request.args.get("page", 1, int) if asked is None else listed.index(asked) // PER_PAGE + 1
    return min(max(page, 1), pages), pages


def _load(scope: Scope, entries: Sequence[Entry], shown: Sequence[Entry]) -> tuple[list[Numbered], list[Numbered]]:
    """Return the comments that are shown, and with them all others on their paragraphs."""
    ids, paragraphs = {e.comment_id for e in shown}, {e.paragraph_id for e in shown} - {None}
    wanted = [entry for entry in entries if entry.comment_id in ids or entry.paragraph_id in paragraphs]
    loaded = reviewing.load(db.session, scope.round, wanted)
    return [item for item in loaded if item.comment.id in ids], loaded


def _conflicts(draft: engine.Draft, numbered: Sequence[Numbered]) -> dict[str, list[engine.Conflict]]:
    """Return the conflicts between comments, by paragraph."""
    found: dict[str, list[engine.Conflict]] = {}
    for conflict in engine.find_conflicts(draft, contributions_from([item.comment for item in numbered])):
        found.setdefault(conflict.paragraph, []).append(conflict)
    return found


def _organisations(entries: Sequence[Entry]) -> list[tuple[int, str]]:
    """Return who has commented, in the order of their names."""
    found = {entry.organisation_id: entry.organisation for entry in entries}
    return sorted(found.items(), key=lambda item: order_of(item[1], language()))


@blueprint.post("/rounds/<int:round_id>/decisions/<int:comment_id>")
@declares("disposition.decide")
def decide(round_id: int, comment_id: int) -> Answered:
    """Record a decision and go on to the next comment without one, within the filter that the address names."""
    versions = {comment_id: request.form.get("version", 0, int)}
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "disposition.decide", now)
            dispositions.decide_alike(db.session, scope.round, versions, _answer(), by=actor(), now=now)
    except (Invalid, Refused) as refusal:
        scope = round_scope(round_id, "disposition.see")
        review = _review(scope)
        asked = next((entry for entry in review.entries if entry.comment_id == comment_id), None)
        return _page(scope, review, asked, failed=comment_id, refusal=refusal.message), refusal.status
    query = {**_addressed(_wanted()), "decided": comment_id}
    return tell_saved(redirect(url_for("dispositions.index", round_id=round_id, _anchor="next", **query)))


def _answer() -> Answer:
    """Return the answer that a form gives."""
    form = request.form
    decision, reason, wording = (form.get(name, "") for name in ("decision", "reason", "wording"))
    return Answer(decision, reason, wording, form.get("duplicate_of", 0, int))


# ---- many at once ---------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/decisions/many")
@declares("disposition.decide")
def choose(round_id: int) -> str:
    """Show which comments are to be decided at once, and ask for the decision: those chosen, or all that are found.

    `all` is "undecided" for those without a decision, "every" for the others too.
    """
    scope = round_scope(round_id, "disposition.decide")
    dispositions.check_may_decide(scope.round, scope.now)
    review = _review(scope)
    chosen = _chosen(review)
    return _many(scope, review, chosen, {entry.comment_id for entry in chosen})


def _chosen(review: Review) -> list[Entry]:
    every = request.args.get("all", "")
    if every:
        return [entry for entry in review.listed if every == "every" or not entry.version]
    ids = set(request.args.getlist("chosen", int))
    return [entry for entry in review.entries if entry.comment_id in ids]


def _many(
    scope: Scope,
    review: Review,
    chosen: Sequence[Entry],
    ticked: Collection[int],
    meanwhile: Collection[int] = (),
    refusal: str = "",
) -> str:
    items = reviewing.load(db.session, scope.round, chosen[:MOST_AT_ONCE])
    paragraphs = {item.comment.paragraph for item in items}
    return render_template(
        "dispositions/many.html",
        scope=scope,
        query=_addressed(review.wanted),
        items=items,
        ticked=ticked,
        meanwhile=meanwhile,
        left_out=len(chosen) - len(items),
        paragraph=paragraphs.pop() if len(paragraphs) == 1 else None,
        versions={entry.comment_id: entry.version for entry in chosen},
        numbers={entry.comment_id: entry.number for entry in review.entries},
        decisions=DECISIONS,
        refusal=refusal,
        typed=request.form,
    )


@blueprint.post("/rounds/<int:round_id>/decisions/many")
@declares("disposition.decide")
def decide_many(round_id: int) -> Answered:
    """Record one decision on the comments that were shown and stayed ticked, all of them or none.

    Which these are, and what was known of their decisions, the form says: the filter is not asked again.
    """
    form = request.form
    versions = dict(_pair(text) for text in form.getlist("chosen"))
    shown = {_number(text) for text in form.get("shown", "").split()} | set(versions)
    try:
        if not versions:
            raise Invalid(say("Tick at least one comment that is to be decided."), "none-chosen")
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "disposition.decide", now)
            dispositions.decide_alike(db.session, scope.round, versions, _answer(), by=actor(), now=now)
    except (Invalid, Refused) as refusal:
        return _refuse_many(round_id, versions, shown, refusal)
    flash(ngettext("%(num)s comment is decided.", "%(num)s comments are decided.", len(versions)))
    return tell_saved(redirect(url_for("dispositions.index", round_id=round_id, **_addressed(_wanted()))))


def _refuse_many(round_id: int, versions: Mapping[int, int], shown: set[int], refusal: Invalid | Refused) -> Answered:
    """Show the same comments again with what was typed; those decided meanwhile are marked and not ticked any more."""
    scope = round_scope(round_id, "disposition.decide")
    review = _review(scope)
    meanwhile = {entry.comment_id for entry in reviewing.changed_since(review.entries, versions)}
    chosen = [entry for entry in review.entries if entry.comment_id in shown]
    page = _many(scope, review, chosen, versions.keys() - meanwhile, meanwhile, refusal.message)
    return page, refusal.status


def _pair(text: str) -> tuple[int, int]:
    """Return a comment's id and the version of the decision on it, as the form names them."""
    number, _dot, version = text.partition(".")
    return _number(number), _number(version)


# ---- releasing ------------------------------------------------------------------------------------------------------


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
