"""Edits of many organisations on one base -> layered paragraphs, conflicts named.

Layers, not winners: each stretch of the base carries the set of organisations that delete it, each position an ordered
list of insertions, each with the set of organisations that insert exactly it. Nothing displaces anything. Organisations
always stand in the order of their names, so that the order in which copies arrive changes nothing.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from consult.engine.agreeing import Names, Shape, agreed, conflicts, in_order, shape_of
from consult.engine.relocating import tell_moves
from consult.engine.values import Conflict, Contribution, Edit, EditKind, MergedEdit, Paragraph
from consult.errors import Invalid
from consult.phrases import say

TOGETHER = "; "  # joins the names of organisations that want the same change, as author of one tracked change

WITH_ROW: EditKind = "delete"  # how the text of a row that goes is layered
BLOCKS = frozenset(("paragraph-inserted", "table-inserted"))
ROWS = frozenset(("row-inserted",))
LOOKS = frozenset(("format", "paragraph-format"))
INLINE = frozenset(("insert", "delete", "replace", "paragraph-deleted"))


@dataclass(frozen=True, slots=True)
class Deletion:
    """The characters start..end that these organisations delete. `signed` is how their names are written, here and below."""

    start: int
    end: int
    organisations: Names
    signed: Names
    date: str = ""


@dataclass(frozen=True, slots=True)
class Insertion:
    """The text these organisations insert at a position; `replaces` is where the words begin that it stands for.

    `edit` is one of theirs: it says how the words look and what they refer to.
    """

    position: int
    text: str
    organisations: Names
    signed: Names
    replaces: int
    date: str = ""
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A paragraph, table or row these organisations add; `edit` is one of theirs."""

    text: str
    organisations: Names
    signed: Names
    date: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class Look:
    """The characters start..end that these organisations want to look otherwise; of the whole paragraph if `is_whole`."""

    start: int
    end: int
    signed: Names
    date: str
    markup: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class DeletedRow:
    """A table row that these organisations delete. Its last paragraph `ends` names it: a row in a row begins with it."""

    ends: str
    signed: Names
    date: str


@dataclass(slots=True)
class Layers:
    """All that is wanted of one paragraph of the base. `deleted_by` gives for each organisation how it is written."""

    deletions: list[Deletion] = field(default_factory=list)
    insertions: list[Insertion] = field(default_factory=list)
    deleted_by: dict[str, str] = field(default_factory=dict)
    deleted_at: str = ""
    moved: str = ""
    behind: list[NewBlock] = field(default_factory=list)
    before: list[NewBlock] = field(default_factory=list)
    rows_behind: list[NewBlock] = field(default_factory=list)
    rows_before: list[NewBlock] = field(default_factory=list)
    rows_deleted: list[DeletedRow] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)


@dataclass(slots=True)
class Merge:
    """The layered paragraphs by key, the merged edits and conflicts in text order, and edits that could not be layered."""

    layers: dict[str, Layers] = field(default_factory=dict)
    edits: list[MergedEdit] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    set_aside: list[Edit] = field(default_factory=list)
    inline: dict[str, dict[str, list[Edit]]] = field(default_factory=dict)  # key -> organisation -> edits in the words


def signatures(edits: Iterable[Edit]) -> dict[str, str]:
    """Return for each organisation that makes one of these edits how its name is written, in the usual order."""
    names = {e.organisation: e.signature or e.organisation for e in edits}
    return {name: names[name] for name in in_order(names)}


def _signed(edits: Iterable[Edit]) -> Names:
    return tuple(signatures(edits).values())


def merge(paragraphs: Sequence[Paragraph], contributions: Sequence[Contribution]) -> Merge:
    """Return everything the contributions want of the paragraphs.

    An edit that overlaps another of its own organisation cannot be layered and is set aside, never dropped. An edit
    that does not fit the base (unknown paragraph, other words there) raises Invalid.
    """
    wanted = _by_paragraph(paragraphs, contributions)
    result = Merge()
    for paragraph in paragraphs:
        if paragraph.key in wanted:
            _merge_paragraph(paragraph, wanted[paragraph.key], result)
    tell_moves(paragraphs, contributions, result.conflicts)
    return result


def _by_paragraph(
    paragraphs: Sequence[Paragraph], contributions: Sequence[Contribution]
) -> dict[str, dict[str, list[Edit]]]:
    known = {p.key: p for p in paragraphs}
    wanted: dict[str, dict[str, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    for contribution in sorted(contributions, key=lambda c: (c.organisation.casefold(), c.organisation)):
        for edit in contribution.edits:
            place = known.get(edit.paragraph)
            if place is None or not _fits(edit, place.text):
                raise Invalid(
                    say(
                        "A change of %(organisation)s does not fit the draft: “%(old)s” does not stand where it should. "
                        "It was made on another version of the text.",
                        organisation=contribution.organisation,
                        old=edit.old[:80],
                    ),
                    "edit-does-not-fit",
                )
            wanted[edit.paragraph][contribution.organisation].append(edit)
            if edit.kind == "row-deleted":
                last = known.get(edit.until, place).index
                for p in paragraphs[place.index : last + 1]:
                    theirs = wanted[p.key][contribution.organisation]
                    if all(e.kind != WITH_ROW for e in theirs):  # a row in a deleted row: its text goes once
                        theirs.append(_text_goes(edit, p))
    return wanted


def _fits(edit: Edit, text: str) -> bool:
    if edit.kind == "row-deleted":
        return True
    return text[edit.start : edit.end] == edit.old and 0 <= edit.start <= edit.end <= len(text)


def _text_goes(edit: Edit, paragraph: Paragraph) -> Edit:
    """Return what the deletion of a row means for one of its paragraphs: the text goes, with the row."""
    return replace(edit, paragraph=paragraph.key, kind=WITH_ROW, start=0, end=len(paragraph.text), old=paragraph.text)


def _merge_paragraph(paragraph: Paragraph, wanted: Mapping[str, Sequence[Edit]], result: Merge) -> None:
    layers = result.layers[paragraph.key] = Layers()
    inline = {name: _apart([e for e in edits if e.kind in INLINE], result) for name, edits in wanted.items()}
    inline = result.inline[paragraph.key] = agreed(paragraph.text, inline)
    _layer(paragraph, inline, layers, result)
    result.conflicts += conflicts(paragraph, inline)
    for kinds, before, target in (
        (BLOCKS, True, layers.before),
        (BLOCKS, False, layers.behind),
        (ROWS, True, layers.rows_before),
        (ROWS, False, layers.rows_behind),
    ):
        added = {
            name: sorted((e for e in edits if e.kind in kinds and e.before == before), key=_order)
            for name, edits in wanted.items()
        }
        for same in _side_by_side(added):
            names = _organisations(same)
            target.append(NewBlock(same[0].new, names, _signed(same), _latest(same), same[0]))
            result.edits.append(_merged(paragraph, same[0], names, same))
    _delete_rows(paragraph, wanted, layers, result)
    _look(paragraph, wanted, layers, result)


def _merged(paragraph: Paragraph, edit: Edit, names: Names, all_of_them: Sequence[Edit]) -> MergedEdit:
    moves = {e.move for e in all_of_them}
    return MergedEdit(
        paragraph.key, paragraph.number, edit.kind, edit.start, edit.end, edit.old, edit.new, names,
        any(e.tracked for e in all_of_them), edit.before, edit.until, edit.move if len(moves) == 1 else "", edit.typographic,
        tuple(sorted({e.author for e in all_of_them} - {""})),
    )  # fmt: skip


def _delete_rows(paragraph: Paragraph, wanted: Mapping[str, Sequence[Edit]], layers: Layers, result: Merge) -> None:
    """Delete the rows that begin here: several where a table lies at the beginning of a row of another."""
    same: dict[str, dict[str, Edit]] = defaultdict(dict)
    for name, edits in wanted.items():
        for e in edits:
            if e.kind == "row-deleted":
                same[e.until][name] = e
    for ends, theirs in sorted(same.items()):
        names = in_order(theirs)
        layers.rows_deleted.append(DeletedRow(ends, _signed(theirs.values()), _latest(theirs.values())))
        result.edits.append(_merged(paragraph, theirs[names[0]], names, list(theirs.values())))


def _look(paragraph: Paragraph, wanted: Mapping[str, Sequence[Edit]], layers: Layers, result: Merge) -> None:
    """Layer changes of formatting: words can carry one such change. What collides with another one is set aside."""
    same: dict[tuple[str, int, int, str], dict[str, Edit]] = defaultdict(dict)
    for name, edits in wanted.items():
        for e in edits:
            if e.kind in LOOKS:
                same[e.kind, e.start, e.end, e.markup][name] = e
    for (kind, start, end, markup), theirs in sorted(same.items(), key=lambda item: (item[0], in_order(item[1]))):
        names, whole = in_order(theirs), kind == "paragraph-format"
        if any(look.is_whole == whole and (whole or (look.start < end and start < look.end)) for look in layers.looks):
            result.set_aside += theirs.values()
            continue
        layers.looks.append(Look(start, end, _signed(theirs.values()), _latest(theirs.values()), markup, whole))
        result.edits.append(_merged(paragraph, theirs[names[0]], names, list(theirs.values())))


def _order(edit: Edit) -> int:
    return edit.order


def _organisations(edits: Iterable[Edit]) -> Names:
    return in_order(e.organisation for e in edits)


def _latest(edits: Iterable[Edit]) -> str:
    return max((e.date for e in edits), default="")


def _apart(edits: Iterable[Edit], result: Merge) -> list[Edit]:
    """Return one organisation's edits inside a paragraph, in order, without those that overlap another of its own."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e.start, e.end, e.new, e.kind)):
        if kept and (edit.start < kept[-1].end or edit == kept[-1]):
            if (edit.start, edit.end, edit.new) != (kept[-1].start, kept[-1].end, kept[-1].new):
                result.set_aside.append(edit)
        else:
            kept.append(edit)
    return kept


# ---- layers ---------------------------------------------------------------------------------------------------------


def lay(inline: Mapping[str, Sequence[Edit]], layers: Layers) -> None:
    """Layer these edits in the words of a paragraph, instead of what was layered there."""
    layers.deletions = _deletions(inline)
    layers.insertions = _insertions(inline)
    whole = {name: e for name, edits in inline.items() for e in edits if e.kind == "paragraph-deleted"}
    layers.deleted_by, layers.deleted_at = signatures(whole.values()), _latest(whole.values())
    moves = {e.move for e in whole.values()}
    layers.moved = moves.pop() if len(moves) == 1 else ""


def _layer(paragraph: Paragraph, inline: Mapping[str, Sequence[Edit]], layers: Layers, result: Merge) -> None:
    lay(inline, layers)
    same: dict[Shape, list[Edit]] = defaultdict(list)
    for edit in (e for edits in inline.values() for e in edits):
        same[shape_of(edit)].append(edit)
    for shape in sorted(same):
        edit = same[shape][0]
        if not edit.until:  # the text of a row that goes is told with the row
            result.edits.append(_merged(paragraph, edit, _organisations(same[shape]), same[shape]))


def _deletions(inline: Mapping[str, Sequence[Edit]]) -> list[Deletion]:
    """Cut what is deleted at every edge, so that each stretch has one set of organisations."""
    spans = [e for edits in inline.values() for e in edits if e.start < e.end]
    edges = sorted({edge for e in spans for edge in (e.start, e.end)})
    found: list[Deletion] = []
    for start, end in pairwise(edges):
        covering = [e for e in spans if e.start <= start and end <= e.end]
        if covering:
            new = Deletion(start, end, _organisations(covering), _signed(covering), _latest(covering))
            if found and found[-1].end == start and replace(new, start=found[-1].start, end=start) == found[-1]:
                found[-1] = replace(found[-1], end=end)
            else:
                found.append(new)
    return found


def _insertions(inline: Mapping[str, Sequence[Edit]]) -> list[Insertion]:
    """Put what is inserted in order: by position, replacements before mere insertions, then by organisation."""
    places: dict[tuple[int, bool], dict[str, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    for name, edits in inline.items():
        for edit in edits:
            if edit.new:
                places[edit.end, edit.start == edit.end][name].append(edit)
    found = []
    for (position, mere), edits_here in sorted(places.items()):
        for same in _side_by_side(edits_here):
            edit, begins = same[0], position if mere else same[0].start
            found.append(
                Insertion(position, edit.new, _organisations(same), _signed(same), begins, _latest(same), edit)
            )
    return found


def _side_by_side(wanted: Mapping[str, Sequence[Edit]]) -> list[list[Edit]]:
    """Merge the organisations' lists of what is new at one place: the same is one, each list keeps its order."""
    merged: list[list[Edit]] = []
    for name in in_order(wanted):
        merged = _with_list(merged, wanted[name])
    return merged


def _with_list(merged: list[list[Edit]], edits: Sequence[Edit]) -> list[list[Edit]]:
    """Return the merged list with one more: its edits join the next ones like them, all others stand before the next."""
    places: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for place, same in enumerate(merged):
        places[_block_shape(same[0])].append(place)
    position, waiting, found = 0, list[list[Edit]](), list[list[Edit]]()
    for edit in edits:
        known = places.get(_block_shape(edit), [])
        equal = bisect_left(known, position)
        if equal == len(known):
            waiting.append([edit])
            continue
        found += [*merged[position : known[equal]], *waiting, [*merged[known[equal]], edit]]
        position, waiting = known[equal] + 1, []
    return [*found, *merged[position:], *waiting]


def _block_shape(edit: Edit) -> tuple[str, str, str, str]:
    is_block = edit.kind in BLOCKS | ROWS
    return edit.kind if is_block else "", edit.until if is_block else "", edit.new, edit.identity
