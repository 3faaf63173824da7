"""Edits of many organisations on the same words: which read the same in the end, which contradict one another."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from consult.engine.values import Conflict, Edit, Paragraph, Variant

Names = tuple[str, ...]


def in_order(names: Iterable[str]) -> Names:
    """Return organisations in the order they always stand in: by name, each once."""
    different = set(names)
    if len(different) < 2:
        return tuple(different)
    return tuple(sorted(different, key=lambda name: (name.casefold(), name)))


@dataclass(slots=True)
class Region:
    """Edits of any organisations that touch one another."""

    start: int
    end: int
    edits: dict[str, list[Edit]]


def _touch(one: Edit, other: Edit) -> bool:
    """Return whether two edits change the same words; an insertion also touches the edge of what another one deletes."""
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def regions_of(inline: Mapping[str, Sequence[Edit]]) -> list[Region]:
    """Return the edits of a paragraph in groups that touch one another, in text order."""
    regions: list[Region] = []
    everything = [(e.start, e.end, name, e) for name, edits in inline.items() for e in edits]
    for start, end, name, edit in sorted(everything, key=lambda item: (item[0], item[1], item[2])):
        last = regions[-1] if regions else None
        if last and any(_touch(edit, other) for edits in last.edits.values() for other in edits):
            last.end = max(last.end, end)
            last.edits.setdefault(name, []).append(edit)
        else:
            regions.append(Region(start, end, {name: [edit]}))
    return regions


Outcome = tuple[bool, str, str]


def _outcome(text: str, region: Region, edits: Sequence[Edit]) -> Outcome:
    """Return how a region reads for one organisation: whether the whole paragraph goes, the words, what is no words."""
    parts, position = list[str](), region.start
    for edit in edits:
        parts += [text[position : edit.start], edit.new]
        position = max(position, edit.end)
    parts.append(text[position : region.end])
    identities = "; ".join(e.identity for e in edits if e.identity)
    return any(e.kind == "paragraph-deleted" for e in edits), "".join(parts), identities


def groups_of(text: str, region: Region) -> dict[Outcome, list[str]]:
    """Return who wants the same of a region: outcome -> organisations in the usual order."""
    groups: dict[Outcome, list[str]] = defaultdict(list)
    for name in in_order(region.edits):
        groups[_outcome(text, region, region.edits[name])].append(name)
    return groups


def agreed(text: str, inline: Mapping[str, Sequence[Edit]]) -> dict[str, list[Edit]]:
    """Give organisations whose edits read the same in the end the same edits: the ones that change least.

    One tracked "prevent and combat" over "prevent and to combat", another deleted "to ": that is one change.
    """
    result: dict[str, list[Edit]] = {name: [] for name in inline}
    for region in regions_of(inline):
        for names in groups_of(text, region).values():
            least = min((region.edits[name] for name in names), key=_size)
            for name in names:
                same = [shape_of(e) for e in region.edits[name]] == [shape_of(e) for e in least]
                result[name] += region.edits[name] if same else [_in_name_of(region.edits[name][0], e) for e in least]
    return result


def _in_name_of(own: Edit, edit: Edit) -> Edit:
    return replace(edit, organisation=own.organisation, author=own.author, date=own.date, signature=own.signature)


Shape = tuple[int, int, str, str, str]


def shape_of(edit: Edit) -> Shape:
    """Return what two edits have in common that are the same."""
    return edit.start, edit.end, edit.new, edit.kind, edit.identity


def _size(edits: Sequence[Edit]) -> tuple[int, list[Shape]]:
    return sum(e.end - e.start + len(e.new) for e in edits), [shape_of(e) for e in edits]


def conflicts(paragraph: Paragraph, inline: Mapping[str, Sequence[Edit]]) -> Iterable[Conflict]:
    """Yield where organisations want different things of the same words."""
    for region in regions_of(inline):
        groups = groups_of(paragraph.text, region)
        if len(groups) > 1:
            old = paragraph.text[region.start : region.end]
            variants = tuple(Variant(tuple(names), outcome) for (_, outcome, _), names in groups.items())
            yield Conflict(paragraph.key, paragraph.number, region.start, region.end, old, variants)
