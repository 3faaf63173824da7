"""The variants of a disputed passage: whole words, with whatever stands in them."""

import copy
from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.agreeing import Region, groups_of, regions_of
from consult.engine.ooxml import Element, w
from consult.engine.units import Unit, formatting_of, units_of
from consult.engine.values import ATOM, Edit
from consult.engine.writing import Numbers

NOTES = (w("footnoteReference"), w("endnoteReference"))
MARKS = (
    ooxml.COMMENT_START, ooxml.COMMENT_END, ooxml.COMMENT_REFERENCE, w("bookmarkStart"), w("bookmarkEnd"),
    w("proofErr"), w("permStart"), w("permEnd"), w("rPrChange"),
)  # fmt: skip
NOT_REPEATED = {"break": "page break", "box": "text box", "object": "object"}  # would stand in the file twice as such


def passages_of(text: str, inline: Mapping[str, Sequence[Edit]]) -> list[Region]:
    """Return the passages of a paragraph that somebody changes, each of whole words, in text order.

    Passages of the same organisations with nothing but blanks between them are one.
    """
    found: list[Region] = []
    for region in regions_of(inline):
        _widen(text, region)
        while found and (region.start < found[-1].end or _belong_together(text, found[-1], region)):
            region = _joined(found.pop(), region)
            _widen(text, region)
        found.append(region)
    return found


def variants_in(text: str, passage: Region) -> Iterator[list[str]]:
    """Yield the organisations that want the same of a passage, in the usual order."""
    yield from groups_of(text, passage).values()


def _belong_together(text: str, one: Region, other: Region) -> bool:
    if one.start == one.end or other.start == other.end:
        return other.start <= one.end
    groups = [sorted(map(tuple, groups_of(text, region).values())) for region in (one, other)]
    return not text[one.end : other.start].strip() and groups[0] == groups[1]


def _joined(one: Region, other: Region) -> Region:
    edits = {name: [*one.edits.get(name, []), *other.edits.get(name, [])] for name in {**one.edits, **other.edits}}
    return Region(min(one.start, other.start), max(one.end, other.end), edits)


def _widen(text: str, region: Region) -> None:
    """Widen a passage to whole words, where an edit begins or ends inside one."""
    edits = [e for theirs in region.edits.values() for e in theirs]
    heads = [text[region.start : region.end] or text[region.end :]] + [e.new for e in edits if e.start == region.start]
    if any(head[:1].isalnum() for head in heads):
        while region.start > 0 and text[region.start - 1].isalnum():
            region.start -= 1
    tails = [text[region.start : region.end] or text[: region.start]]
    tails += [e.new for e in edits if e.end == region.end]
    if any(tail[-1:].isalnum() for tail in tails):
        while region.end < len(text) and text[region.end].isalnum():
            region.end += 1


# ---- words of the base once more ------------------------------------------------------------------------------------


class Repeater:
    """Copies words of the base out of its paragraphs, whose runs must be cut at both ends of what is copied."""

    def __init__(self, roots: Sequence[Element]) -> None:
        self._numbers = Numbers(roots)
        self._bookmarks: dict[Element, str] = {}

    def copies(self, paragraph: Element, start: int, end: int, shown: Mapping[int, str]) -> tuple[Element, ...]:
        """Return copies of what stands at start..end. `shown` gives the printed numbers of notes by their place.

        A note is not there twice: its mark is repeated by a reference to it, as Word does. What cannot be repeated (a
        page break, a text box, an embedded object) is named in brackets.
        """
        found: list[Element] = []
        for unit in units_of(paragraph):
            if start <= unit.start and unit.end <= end and unit.start < unit.end:
                found += self._copy(unit, shown.get(unit.start, ""))
        return tuple(found)

    def _copy(self, unit: Unit, shown: str) -> list[Element]:
        first = unit.elements[0]
        reference = next((e for e in first.iter(*NOTES)), None)
        if reference is not None and first.tag == ooxml.RUN:
            return self._note_reference(first, shown)
        name = _unrepeatable(unit)
        if name:
            return [runs.make_run(f"({name})", formatting_of(first))]
        found = [copy.deepcopy(element) for element in unit.elements if element.tag not in MARKS]
        for element in found:
            element.tail = None
            for mark in list(element.iter(*MARKS)):
                ooxml.remove(mark)
        return found

    def _note_reference(self, run: Element, shown: str) -> list[Element]:
        """Return a NOTEREF field (ECMA-376 Part 1, §17.16.5.42) that leads to a note's mark, which gets a bookmark."""
        if run not in self._bookmarks:
            number = self._numbers.next()
            self._bookmarks[run] = f"_Note{number}"
            start, end = etree.Element(w("bookmarkStart")), etree.Element(w("bookmarkEnd"))
            for mark in (start, end):
                mark.set(ooxml.ID, str(number))
            start.set(w("name"), self._bookmarks[run])
            run.addprevious(start)
            run.addnext(end)
        properties = formatting_of(run)
        simple = etree.Element(ooxml.FLD_SIMPLE)
        simple.set(w("instr"), f" NOTEREF {self._bookmarks[run]} \\f \\h ")
        simple.append(runs.make_run(shown or "*", properties))
        return runs.simple_field_runs(simple)


def _unrepeatable(unit: Unit) -> str:
    pieces = (piece for element in unit.elements for piece in _pieces(element))
    return next((NOT_REPEATED[p.kind] for p in pieces if p.text == ATOM and p.kind in NOT_REPEATED), "")


def _pieces(element: Element) -> list[ooxml.Piece]:
    holder = etree.Element(ooxml.P)
    holder.append(copy.deepcopy(element))
    return ooxml.pieces_of(holder)
