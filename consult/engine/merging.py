"""Edits of many organisations on one base -> layered paragraphs, conflicts named.

Layers, not winners: each stretch of the base carries the set of organisations that delete it, each position an ordered
list of insertions, each with the set of organisations that insert exactly it. Nothing displaces anything. Organisations
always stand in the order of their names, so that the order in which copies arrive changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from consult.engine.values import Conflict, Contribution, Edit, MergedEdit, Paragraph, Variant
from consult.errors import Invalid

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deletion:
    """The characters start..end that these organisations delete."""

    start: int
    end: int
    organisations: Names
    date: str = ""


@dataclass(frozen=True, slots=True)
class Insertion:
    """The text these organisations insert at a position; `replaces` is where the words begin that it stands for."""

    position: int
    text: str
    organisations: Names
    replaces: int
    date: str = ""


@dataclass(frozen=True, slots=True)
class NewParagraph:
    """A paragraph these organisations add."""

    text: str
    organisations: Names
    date: str = ""


@dataclass(slots=True)
class Layers:
    """All that is wanted of one paragraph of the base."""

    deletions: list[Deletion] = field(default_factory=list)
    insertions: list[Insertion] = field(default_factory=list)
    deleted_by: Names = ()
    deleted_at: str = ""
    behind: list[NewParagraph] = field(default_factory=list)
    before: list[NewParagraph] = field(default_factory=list)


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
    texts = {p.key: p.text for p in paragraphs}
    wanted: dict[str, dict[str, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    for contribution in contributions:
        for edit in contribution.edits:
            text = texts.get(edit.paragraph)
            if text is None or text[edit.start : edit.end] != edit.old or not 0 <= edit.start <= edit.end <= len(text):
                raise Invalid(
                    f"A change of {contribution.organisation} does not fit the draft: “{edit.old[:80]}” does not stand "
                    "where it should. It was made on another version of the text.",
                    "edit-does-not-fit",
                )
            wanted[edit.paragraph][contribution.organisation].append(edit)
    return wanted


def _merge_paragraph(paragraph: Paragraph, wanted: Mapping[str, Sequence[Edit]], result: Merge) -> None:
    layers = result.layers[paragraph.key] = Layers()
    inline = {name: _apart(edits, result) for name, edits in wanted.items()}
    inline = _agreed(paragraph.text, inline)
    _layer(paragraph, inline, layers, result)
    result.conflicts += _conflicts(paragraph, inline)
    for before in (True, False):
        added = {
            name: sorted((e for e in edits if e.kind == "paragraph-inserted" and e.before == before), key=_order)
            for name, edits in wanted.items()
        }
        new = [NewParagraph(text, names, date) for text, names, date in _side_by_side(added)]
        (layers.before if before else layers.behind).extend(new)
        tracked = {e.new for edits in added.values() for e in edits if e.tracked}
        result.edits += [
            MergedEdit(paragraph.key, paragraph.number, "paragraph-inserted", 0, 0, "", n.text, n.organisations,
                       n.text in tracked, before)
            for n in new
        ]  # fmt: skip


def _order(edit: Edit) -> int:
    return edit.order


def _apart(edits: Iterable[Edit], result: Merge) -> list[Edit]:
    """Return one organisation's edits inside a paragraph, in order, without those that overlap another of its own."""
    kept: list[Edit] = []
    for edit in sorted(
        (e for e in edits if e.kind != "paragraph-inserted"), key=lambda e: (e.start, e.end, e.new, e.kind)
    ):
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


def _outcome(text: str, region: _Region, edits: Sequence[Edit]) -> tuple[bool, str]:
    """Return how a region reads for one organisation, and whether it deletes the whole paragraph."""
    parts, position = list[str](), region.start
    for edit in edits:
        parts += [text[position : edit.start], edit.new]
        position = max(position, edit.end)
    parts.append(text[position : region.end])
    return any(e.kind == "paragraph-deleted" for e in edits), "".join(parts)


def _groups(text: str, region: _Region) -> dict[tuple[bool, str], list[str]]:
    groups: dict[tuple[bool, str], list[str]] = defaultdict(list)
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


def _shape(edit: Edit) -> tuple[int, int, str, str]:
    return edit.start, edit.end, edit.new, edit.kind


def _size(edits: Sequence[Edit]) -> tuple[int, list[tuple[int, int, str, str]]]:
    return sum(e.end - e.start + len(e.new) for e in edits), [_shape(e) for e in edits]


def _conflicts(paragraph: Paragraph, inline: Mapping[str, Sequence[Edit]]) -> Iterable[Conflict]:
    for region in _regions(inline):
        groups = _groups(paragraph.text, region)
        if len(groups) > 1:
            old = paragraph.text[region.start : region.end]
            variants = tuple(Variant(tuple(names), outcome) for (_, outcome), names in groups.items())
            yield Conflict(paragraph.key, paragraph.number, region.start, region.end, old, variants)


# ---- layers ---------------------------------------------------------------------------------------------------------


def _layer(paragraph: Paragraph, inline: Mapping[str, Sequence[Edit]], layers: Layers, result: Merge) -> None:
    layers.deletions = _deletions(inline)
    layers.insertions = _insertions(inline)
    whole = {name: e.date for name, edits in inline.items() for e in edits if e.kind == "paragraph-deleted"}
    layers.deleted_by, layers.deleted_at = in_order(whole), max(whole.values(), default="")
    same: dict[tuple[int, int, str, str], list[Edit]] = defaultdict(list)
    names: dict[tuple[int, int, str, str], list[str]] = defaultdict(list)
    for name, edits in inline.items():
        for edit in edits:
            same[_shape(edit)].append(edit)
            names[_shape(edit)].append(name)
    for shape in sorted(same):
        edit = same[shape][0]
        result.edits.append(
            MergedEdit(
                paragraph.key,
                paragraph.number,
                edit.kind,
                edit.start,
                edit.end,
                edit.old,
                edit.new,
                in_order(names[shape]),
                any(e.tracked for e in same[shape]),
            )
        )


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
        replaces = {e.new: e.start for edits in edits_here.values() for e in edits}
        for text, names, date in _side_by_side(edits_here):
            found.append(Insertion(position, text, names, position if mere else replaces[text], date))
    return found


def _side_by_side(wanted: Mapping[str, Sequence[Edit]]) -> list[tuple[str, Names, str]]:
    """Merge the organisations' lists of new texts at one place: the same text is one, each list keeps its order."""
    merged: list[tuple[str, Names, str]] = []
    for name in in_order(wanted):
        position, waiting = 0, list[Edit]()
        for edit in wanted[name]:
            equal = next((k for k in range(position, len(merged)) if merged[k][0] == edit.new), None)
            if equal is None:
                waiting.append(edit)
                continue
            merged[equal:equal] = [(e.new, (name,), e.date) for e in waiting]
            equal += len(waiting)
            text, names, date = merged[equal]
            merged[equal] = (text, in_order((*names, name)), max(date, edit.date))
            position, waiting = equal + 1, []
        merged += [(e.new, (name,), e.date) for e in waiting]
    return merged
