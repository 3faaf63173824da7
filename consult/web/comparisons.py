"""Compare: any two drafts of a consultation beside each other, as a page and as a Word file with tracked changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from consult import engine
from consult.errors import NotFound
from consult.models import db
from consult.rules.permissions import NOT_THERE, may
from consult.services import comparisons
from consult.services.comparisons import Version
from consult.services.files import DOCX
from consult.web.guards import actor, declares, storage
from consult.web.scope import Scope, round_scope
from consult.web.sending import attachment
from consult.web.showing import changes_html

blueprint = Blueprint("comparisons", __name__)
PER_PAGE = 50  # differences
UNFOLDED = 100  # paragraphs that are shown at once of a folded stretch
CONTEXT = 2  # so few unchanged paragraphs are not worth folding
AUTHOR = "Comparison"
KINDS: dict[str, tuple[engine.PassageKind, ...]] = {
    "changes": ("changed",),
    "additions": ("added",),
    "deletions": ("deleted",),
    "moves": ("moved-away", "moved-here"),
}


@dataclass(frozen=True, slots=True)
class Fold:
    """A stretch of the comparison that is not shown: its first place and the one behind its last."""

    start: int
    stop: int
    differences: int

    @property
    def count(self) -> int:
        """How many paragraphs are in it."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage on the page: its place in the comparison, and which of the differences shown it is, from 1, or 0."""

    place: int
    passage: engine.Passage
    number: int = 0


Item = Fold | Shown


@dataclass(frozen=True, slots=True)
class Sheet:
    """The comparison as it is asked for: between which drafts, which kinds of differences, laid out in pages."""

    old: Version
    new: Version
    passages: tuple[engine.Passage, ...]
    kinds: tuple[str, ...]
    pages: tuple[tuple[Item, ...], ...]
    total: int

    def page_of(self, place: int) -> int:
        """Return the page, from 1, on which a passage is, or is folded."""
        for number, items in enumerate(self.pages, 1):
            if any(_covers(item, place) for item in items):
                return number
        return 1

    @property
    def asked(self) -> dict[str, Any]:
        """What names this comparison in an address."""
        return {"old": self.old.round_number, "new": self.new.round_number, "show": self.kinds}

    @property
    def counts(self) -> dict[str, int]:
        """How many differences there are of each kind; a move is one although it is told twice."""
        found = {name: sum(p.kind == kinds[0] for p in self.passages) for name, kinds in KINDS.items()}
        return found | {"same": sum(p.kind == "same" for p in self.passages)}


def _covers(item: Item, place: int) -> bool:
    return item.start <= place < item.stop if isinstance(item, Fold) else item.place == place


def lay_out(passages: Sequence[engine.Passage], kinds: Collection[str]) -> tuple[tuple[tuple[Item, ...], ...], int]:
    """Return the pages of a comparison that shows these kinds of differences, and how many of them there are."""
    wanted = {kind for name in kinds for kind in KINDS[name]}
    pages: list[list[Item]] = [[]]
    start = number = 0
    for place, passage in enumerate(passages):
        if passage.kind not in wanted:
            continue
        pages[-1] += _between(passages, start, place)
        if number and number % PER_PAGE == 0:
            pages.append([])
        number, start = number + 1, place + 1
        pages[-1].append(Shown(place, passage, number))
    pages[-1] += _between(passages, start, len(passages))
    return tuple(tuple(items) for items in pages), number


def _between(passages: Sequence[engine.Passage], start: int, stop: int) -> list[Item]:
    """Return what lies between two differences: folded, unless it is short and nothing in it differs."""
    differences = sum(passages[place].kind != "same" for place in range(start, stop))
    if stop - start <= CONTEXT and not differences:
        return [Shown(place, passages[place]) for place in range(start, stop)]
    return [Fold(start, stop, differences)]


def _sheet(scope: Scope) -> Sheet | None:
    """Return the comparison that the request asks for; None where there is only one draft to read."""
    versions = comparisons.list_versions(db.session, scope.round, actor(), scope.facts)
    if len(versions) < 2:
        return None
    here = scope.round.number
    old = request.args.get("old", here - 1 if here > versions[0].round_number else here, int)
    new = request.args.get("new", here if here != old else here + 1, int)
    chosen = comparisons.get_version(versions, old), comparisons.get_version(versions, new)
    passages = comparisons.compare(db.session, *chosen)
    kinds = tuple(name for name in KINDS if name in request.args.getlist("show")) or tuple(KINDS)
    return Sheet(*chosen, passages, kinds, *lay_out(passages, kinds))


def _get_sheet(scope: Scope) -> Sheet:
    sheet = _sheet(scope)
    if sheet is None:
        raise NotFound(NOT_THERE)
    return sheet


@blueprint.get("/rounds/<int:round_id>/compare")
@declares("document.read")
def show(round_id: int) -> str | Response:
    """Show what makes one draft of another, difference by difference."""
    scope = round_scope(round_id, "document.read")
    sheet = _sheet(scope)
    if sheet is None:
        return render_template("comparisons/alone.html", scope=scope)
    if "paragraph" in request.args:
        place = _place_of(sheet.passages, request.args["paragraph"], request.args.get("of", "old"))
        return redirect(_address(scope, sheet, place))
    page = min(max(request.args.get("page", 1, int), 1), len(sheet.pages))
    return render_template(
        "comparisons/show.html",
        scope=scope,
        sheet=sheet,
        versions=comparisons.list_versions(db.session, scope.round, actor(), scope.facts),
        kinds=KINDS,
        page=page,
        items=_opened(sheet, page, request.args.get("open", -1, int)),
        told=comparisons.told,
        address_of=lambda place: _address(scope, sheet, place),
        explains=_is_explained(scope, sheet),
    )


def _place_of(passages: Sequence[engine.Passage], number: str, draft: str) -> int:
    """Return where the paragraph with a number in one of the drafts is; the first place where there is none."""
    for place, passage in enumerate(passages):
        if number in (passage.new if draft == "new" else passage.old) and passage.kind != "moved-here":
            return place
    return 0


def _address(scope: Scope, sheet: Sheet, place: int) -> str:
    """Return the address at which a passage is shown, its stretch unfolded where it is folded."""
    page = sheet.page_of(place)
    fold = next((i for i in sheet.pages[page - 1] if isinstance(i, Fold) and _covers(i, place)), None)
    opened: dict[str, Any] = {"open": max(fold.start, place - UNFOLDED // 2)} if fold is not None else {}
    return url_for(
        "comparisons.show", round_id=scope.round.id, page=page, **sheet.asked, **opened, _anchor=f"passage-{place}"
    )  # fmt: skip


def _opened(sheet: Sheet, page: int, start: int) -> list[Item]:
    """Return what a page shows, with the fold in which `start` lies opened from there on."""
    found: list[Item] = []
    for item in sheet.pages[page - 1]:
        if isinstance(item, Fold) and _covers(item, start):
            found += [_folded(sheet, item.start, start)] if start > item.start else []
            found += _unfolded(sheet, start, item.stop)
        else:
            found.append(item)
    return found


def _unfolded(sheet: Sheet, start: int, stop: int) -> list[Item]:
    end = min(stop, start + UNFOLDED)
    shown: list[Item] = [Shown(place, sheet.passages[place]) for place in range(start, end)]
    return [*shown, _folded(sheet, end, stop)] if end < stop else shown


def _folded(sheet: Sheet, start: int, stop: int) -> Fold:
    return Fold(start, stop, sum(sheet.passages[place].kind != "same" for place in range(start, stop)))


@blueprint.get("/rounds/<int:round_id>/compare/stretch")
@declares("document.read")
def stretch(round_id: int) -> str:
    """Show a folded stretch, as a part of the page."""
    scope = round_scope(round_id, "document.read")
    sheet = _get_sheet(scope)
    stop = min(max(request.args.get("stop", 0, int), 0), len(sheet.passages))
    start = min(max(request.args.get("start", 0, int), 0), stop)
    return render_template(
        "comparisons/stretch.html",
        scope=scope,
        sheet=sheet,
        page=sheet.page_of(start),
        items=_unfolded(sheet, start, stop),
        told=comparisons.told,
        address_of=lambda place: _address(scope, sheet, place),
    )


@blueprint.get("/rounds/<int:round_id>/compare.docx")
@declares("document.read")
def fetch(round_id: int) -> Response:
    """Send the old draft as a Word file with tracked changes that make the new one of it."""
    scope = round_scope(round_id, "document.read")
    sheet = _get_sheet(scope)
    data = comparisons.write_redline(db.session, storage(), sheet.old, sheet.new, AUTHOR)
    title = scope.round.consultation.title
    name = f"{title} - draft of round {sheet.old.round_number} compared with round {sheet.new.round_number}.docx"
    return attachment(data, name, DOCX)


# ---- what no decision explains: the lead's own ------------------------------------------------------------------------


def _is_explained(scope: Scope, sheet: Sheet) -> bool:
    """Return whether the lead is told what no decision explains: between a finished round's draft and the next one."""
    follows = sheet.new.round_number == sheet.old.round_number + 1 and sheet.old.stage == "decided"
    return follows and may(actor(), "disposition.see", scope.facts).allowed


@blueprint.get("/rounds/<int:round_id>/unexplained")
@declares("disposition.see")
def unexplained(round_id: int) -> str:
    """Tell the lead which differences of this round's draft no decision explains, and what was accepted and is missing.

    It is a part of other pages, which ask for it when they are shown, and a page where there is no script.
    """
    scope = round_scope(round_id, "disposition.see")
    found = comparisons.explain(db.session, storage(), scope.round)
    is_part = request.headers.get("HX-Request") == "true"
    return render_template(
        "comparisons/_unexplained.html" if is_part else "comparisons/unexplained.html",
        scope=scope,
        own=[(difference, _words(difference.edit)) for difference in found.own],
        missing=[(edit, _words(edit)) for edit in found.missing],
        explained=sum(difference.is_explained for difference in found.differences),
        numbers_of=_comment_numbers,
    )


def _words(edit: engine.Edit) -> Markup:
    """Return what an edit takes away and puts there."""
    changes = (engine.Change("deleted", edit.old), engine.Change("inserted", edit.new))
    return changes_html(tuple(change for change in changes if change.text))


def _comment_numbers(edits: Sequence[engine.Edit]) -> str:
    """Return the numbers of the comments that edits were accepted from; each edit is signed with its own."""
    return ", ".join(dict.fromkeys(edit.organisation.removeprefix("comment ") for edit in edits))
