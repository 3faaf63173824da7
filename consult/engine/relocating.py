"""Who moves a paragraph where: organisations that want it in different places, or of which one edits it, are in conflict."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from consult.engine.values import Conflict, Contribution, Paragraph, Variant


def tell_moves(paragraphs: Sequence[Paragraph], contributions: Iterable[Contribution], found: list[Conflict]) -> None:
    """Add, in place and in text order, conflicts on where a paragraph goes, and say in the others who moves it where.

    Organisations that move a paragraph to different places, or of which one moves it and another deletes it, are in
    conflict, although all of them take it away from where it is.
    """
    known = {p.key: p for p in paragraphs}
    places = dict[str, str]()
    takers = defaultdict[str, dict[str, str]](dict)  # key of a paragraph -> organisation -> where it moves it, or ""
    for c in contributions:
        for e in c.edits:
            if e.kind == "paragraph-inserted" and e.move:
                way = "before" if e.before else "behind"
                places[e.move] = f"{way} paragraph {known[e.paragraph].number or known[e.paragraph].key}"
            elif e.kind == "paragraph-deleted":
                takers[e.paragraph][c.organisation] = e.move
    moved = {key: {n: places.get(m, "") for n, m in names.items()} for key, names in takers.items()}
    found[:] = [_told(conflict, moved.get(conflict.paragraph, {})) for conflict in found]
    disputed = {conflict.paragraph for conflict in found}
    for key, names in takers.items():
        if key not in disputed and len(set(names.values())) > 1:
            found.append(_on_places(known[key], names, moved[key]))
    found.sort(key=lambda conflict: known[conflict.paragraph].index)


def _on_places(paragraph: Paragraph, names: Mapping[str, str], places: Mapping[str, str]) -> Conflict:
    variants = defaultdict[str, list[str]](list)
    for name in names:
        variants[names[name]].append(name)
    told = tuple(Variant(tuple(who), paragraph.text if move else "", places[who[0]]) for move, who in variants.items())
    return Conflict(paragraph.key, paragraph.number, 0, len(paragraph.text), paragraph.text, told)


def _told(conflict: Conflict, places: Mapping[str, str]) -> Conflict:
    """Return a conflict in which the words that somebody moves are not told as deleted."""
    if not any(places.values()):
        return conflict
    return replace(conflict, variants=tuple(_parted(conflict, places)))


def _parted(conflict: Conflict, places: Mapping[str, str]) -> Iterator[Variant]:
    for variant in conflict.variants:
        moved = defaultdict[str, list[str]](list)
        for name in variant.organisations:
            moved[places.get(name, "")].append(name)
        for place, names in moved.items():
            yield Variant(tuple(names), conflict.old if place else variant.text, place)
