"""Edits of many organisations on one base -> layered paragraphs, conflicts named.

Layers, not winners: each stretch of the base carries the set of organisations that delete it, each position an ordered
list of insertions, each with the set of organisations that insert exactly it. Nothing displaces anything. Organisations
always stand in the order of their names, so that the order in which copies arrive changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from consult.engine.values import Conflict, Contribution, Edit, EditKind, MergedEdit, Paragraph, Variant
from consult.errors import Invalid

Names = tuple[str, ...]
TOGETHER = "; "  # joins the names of organisations that want the same change, as author of one tracked change

WITH_ROW: EditKind = "delete"  # how the text of a row that goes is layered
BLOCKS = frozenset(("paragraph-inserted", "table-inserted"))
ROWS = frozenset(("row-inserted",))
LOOKS = frozenset(("format", "paragraph-format"))
INLINE = frozenset(("insert", "delete", "replace", "paragraph-deleted"))


@dataclass(frozen=True, slots=True)
class Deletion:
    """The characters start..end that these organisations delete."""

    start: int
    end: int
    organisations: Names
    date: str = ""


@dataclass(frozen=True, slots=True)
class Insertion:
    """The text these organisations insert at a position; `replaces` is where the words begin that it stands for.

    `edit` is one of theirs: it says how the words look and what they refer to.
    """

    position: int
    text: str
    organisations: Names
    replaces: int
    date: str = ""
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A paragraph, table or row these organisations add; `edit` is one of theirs."""

    text: str
    organisations: Names
    date: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class Look:
    """The characters start..end that these organisations want to look otherwise; of the whole paragraph if `is_whole`."""

    start: int
    end: int
    organisations: Names
    date: str
    markup: str
    is_whole: bool


@dataclass(slots=True)
class Layers:
    """All that is wanted of one paragraph of the base."""

    deletions: list[Deletion] = field(default_factory=list)
    insertions: list[Insertion] = field(default_factory=list)
    deleted_by: Names = ()
    deleted_at: str = ""
    moved: str = ""
    behind: list[NewBlock] = field(default_factory=list)
    before: list[NewBlock] = field(default_factory=list)
    rows_behind: list[NewBlock] = field(default_factory=list)
    rows_before: list[NewBlock] = field(default_factory=list)
    row_deleted_by: Names = ()
    row_deleted_at: str = ""
    row_ends: str = ""  # the key of the row's last paragraph
    looks: list[Look] = field(default_factory=list)


@dataclass(slots=True)
class Merge:
    """The layered paragraphs by key, the merged edits and conflicts in text order, and edits that could not be layered."""

    layers: dict[str, Layers] = field(default_factory=dict)
    edits: list[MergedEdit] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    set_aside: list[Edit] = field(default_factory=list)


def in_order(names: Iterable[str]) -> Names:
    """Return organisations in the order they always stand in: by name, each once."""
    return tuple(sorted(set(names), key=lambda name: (name.casefold(), name)))


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
    return result


def _by_paragraph(
    paragraphs: Sequence[Paragraph], contributions: Sequence[Contribution]
) -> dict[str, dict[str, list[Edit]]]:
    known = {p.key: p for p in paragraphs}
    wanted: dict[str, dict[str, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    for contribution in contributions:
        for edit in contribution.edits:
            place = known.get(edit.paragraph)
            if place is None or not _fits(edit, place.text):
                raise Invalid(
                    f"A change of {contribution.organisation} does not fit the draft: “{edit.old[:80]}” does not stand "
                    "where it should. It was made on another version of the text.",
                    "edit-does-not-fit",
                )
            wanted[edit.paragraph][contribution.organisation].append(edit)
            if edit.kind == "row-deleted":
                last = known.get(edit.until, place).index
                for p in paragraphs[place.index : last + 1]:
                    wanted[p.key][contribution.organisation].append(_text_goes(edit, p))
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
    inline = _agreed(paragraph.text, inline)
    _layer(paragraph, inline, layers, result)
    result.conflicts += _conflicts(paragraph, inline)
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
        new = [NewBlock(edit.new, names, date, edit) for edit, names, date in _side_by_side(added)]
        target.extend(new)
        every = [e for edits in added.values() for e in edits]
        result.edits += [
            _merged(paragraph, n.edit, n.organisations, [e for e in every if _same(e, n.edit)]) for n in new
        ]
    _delete_row(paragraph, wanted, layers, result)
    _look(paragraph, wanted, layers, result)


def _merged(paragraph: Paragraph, edit: Edit, names: Names, all_of_them: Sequence[Edit]) -> MergedEdit:
    return MergedEdit(
        paragraph.key, paragraph.number, edit.kind, edit.start, edit.end, edit.old, edit.new, names,
        any(e.tracked for e in all_of_them), edit.before, edit.until, edit.move, edit.typographic,
        tuple(sorted({e.author for e in all_of_them} - {""})),
    )  # fmt: skip


def _delete_row(paragraph: Paragraph, wanted: Mapping[str, Sequence[Edit]], layers: Layers, result: Merge) -> None:
    rows = {name: e for name, edits in wanted.items() for e in edits if e.kind == "row-deleted"}
    if rows:
        layers.row_deleted_by = in_order(rows)
        layers.row_deleted_at = max(e.date for e in rows.values())
        first = rows[layers.row_deleted_by[0]]
        layers.row_ends = first.until
        result.edits.append(_merged(paragraph, first, layers.row_deleted_by, list(rows.values())))


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
        layers.looks.append(Look(start, end, names, max(e.date for e in theirs.values()), markup, whole))
        result.edits.append(_merged(paragraph, theirs[names[0]], names, list(theirs.values())))


def _order(edit: Edit) -> int:
    return edit.order


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


# ---- agreement and conflict -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Region:
    """Edits of any organisations that touch one another."""

    start: int
    end: int
    edits: dict[str, list[Edit]]


def _touch(one: Edit, other: Edit) -> bool:
    """Return whether two edits change the same words; an insertion also touches the edge of what another one deletes."""
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def _regions(inline: Mapping[str, Sequence[Edit]]) -> list[_Region]:
    regions: list[_Region] = []
    everything = [(e.start, e.end, name, e) for name, edits in inline.items() for e in edits]
    for start, end, name, edit in sorted(everything, key=lambda item: (item[0], item[1], item[2])):
        last = regions[-1] if regions else None
        if last and any(_touch(edit, other) for edits in last.edits.values() for other in edits):
            last.end = max(last.end, end)
            last.edits.setdefault(name, []).append(edit)
        else:
            regions.append(_Region(start, end, {name: [edit]}))
    return regions


Outcome = tuple[bool, str, str]


def _outcome(text: str, region: _Region, edits: Sequence[Edit]) -> Outcome:
    """Return how a region reads for one organisation: whether the whole paragraph goes, the words, what is no words."""
    parts, position = list[str](), region.start
    for edit in edits:
        parts += [text[position : edit.start], edit.new]
        position = max(position, edit.end)
    parts.append(text[position : region.end])
    identities = "; ".join(e.identity for e in edits if e.identity)
    return any(e.kind == "paragraph-deleted" for e in edits), "".join(parts), identities


def _groups(text: str, region: _Region) -> dict[Outcome, list[str]]:
    groups: dict[Outcome, list[str]] = defaultdict(list)
    for name in in_order(region.edits):
        groups[_outcome(text, region, region.edits[name])].append(name)
    return groups


def _agreed(text: str, inline: Mapping[str, Sequence[Edit]]) -> dict[str, list[Edit]]:
    """Give organisations whose edits read the same in the end the same edits: the ones that change least.

    One tracked "prevent and combat" over "prevent and to combat", another deleted "to ": that is one change.
    """
    result: dict[str, list[Edit]] = {name: [] for name in inline}
    for region in _regions(inline):
        for names in _groups(text, region).values():
            least = min((region.edits[name] for name in names), key=_size)
            for name in names:
                same = [_shape(e) for e in region.edits[name]] == [_shape(e) for e in least]
                own = region.edits[name][0]
                result[name] += (
                    region.edits[name]
                    if same
                    else [replace(e, organisation=own.organisation, author=own.author, date=own.date) for e in least]
                )
    return result


Shape = tuple[int, int, str, str, str]


def _shape(edit: Edit) -> Shape:
    return edit.start, edit.end, edit.new, edit.kind, edit.identity


def _same(one: Edit, other: Edit) -> bool:
    return _shape(one) == _shape(other)


def _size(edits: Sequence[Edit]) -> tuple[int, list[Shape]]:
    return sum(e.end - e.start + len(e.new) for e in edits), [_shape(e) for e in edits]


def _conflicts(paragraph: Paragraph, inline: Mapping[str, Sequence[Edit]]) -> Iterable[Conflict]:
    for region in _regions(inline):
        groups = _groups(paragraph.text, region)
        if len(groups) > 1:
            old = paragraph.text[region.start : region.end]
            variants = tuple(Variant(tuple(names), outcome) for (_, outcome, _), names in groups.items())
            yield Conflict(paragraph.key, paragraph.number, region.start, region.end, old, variants)


# ---- layers ---------------------------------------------------------------------------------------------------------


def _layer(paragraph: Paragraph, inline: Mapping[str, Sequence[Edit]], layers: Layers, result: Merge) -> None:
    layers.deletions = _deletions(inline)
    layers.insertions = _insertions(inline)
    whole = {name: e for name, edits in inline.items() for e in edits if e.kind == "paragraph-deleted"}
    layers.deleted_by = in_order(whole)
    layers.deleted_at = max((e.date for e in whole.values()), default="")
    layers.moved = next((e.move for e in whole.values()), "") if len(whole) == 1 else ""
    same: dict[Shape, list[Edit]] = defaultdict(list)
    names: dict[Shape, list[str]] = defaultdict(list)
    for name, edits in inline.items():
        for edit in edits:
            same[_shape(edit)].append(edit)
            names[_shape(edit)].append(name)
    for shape in sorted(same):
        edit = same[shape][0]
        if not edit.until:  # the text of a row that goes is told with the row
            result.edits.append(_merged(paragraph, edit, in_order(names[shape]), same[shape]))


def _deletions(inline: Mapping[str, Sequence[Edit]]) -> list[Deletion]:
    """Cut what is deleted at every edge, so that each stretch has one set of organisations."""
    spans = [(e.start, e.end, name, e.date) for name, edits in inline.items() for e in edits if e.start < e.end]
    edges = sorted({edge for start, end, *_ in spans for edge in (start, end)})
    found: list[Deletion] = []
    for start, end in pairwise(edges):
        covering = [(name, date) for s, e, name, date in spans if s <= start and end <= e]
        if covering:
            names, date = in_order(name for name, _ in covering), max(date for _, date in covering)
            if found and found[-1].end == start and found[-1].organisations == names and found[-1].date == date:
                found[-1] = replace(found[-1], end=end)
            else:
                found.append(Deletion(start, end, names, date))
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
        for edit, names, date in _side_by_side(edits_here):
            found.append(Insertion(position, edit.new, names, position if mere else edit.start, date, edit))
    return found


def _side_by_side(wanted: Mapping[str, Sequence[Edit]]) -> list[tuple[Edit, Names, str]]:
    """Merge the organisations' lists of what is new at one place: the same is one, each list keeps its order."""
    merged: list[tuple[Edit, Names, str]] = []
    for name in in_order(wanted):
        position, waiting = 0, list[Edit]()
        for edit in wanted[name]:
            equal = next((k for k in range(position, len(merged)) if _alike(merged[k][0], edit)), None)
            if equal is None:
                waiting.append(edit)
                continue
            merged[equal:equal] = [(e, (name,), e.date) for e in waiting]
            equal += len(waiting)
            first, names, date = merged[equal]
            merged[equal] = (first, in_order((*names, name)), max(date, edit.date))
            position, waiting = equal + 1, []
        merged += [(e, (name,), e.date) for e in waiting]
    return merged


def _alike(one: Edit, other: Edit) -> bool:
    return _block_shape(one) == _block_shape(other)


def _block_shape(edit: Edit) -> tuple[str, str, str, str]:
    is_block = edit.kind in BLOCKS | ROWS
    return edit.kind if is_block else "", edit.until if is_block else "", edit.new, edit.identity
