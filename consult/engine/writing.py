"""Layered paragraphs -> the draft's own XML with tracked changes and comments, edited in place.

Within a paragraph the order of work is: cut the runs at every edge, put in what is inserted and the marks of comments,
then wrap what is deleted. The text of the base is never copied, so rejecting everything gives the base.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.agreeing import Names
from consult.engine.bringing import Bringer
from consult.engine.formatting import PARAGRAPH_CHANGE, RUN_CHANGE, changed_properties
from consult.engine.merging import TOGETHER, Insertion, Layers, Look
from consult.engine.ooxml import Element
from consult.engine.package import parse_xml
from consult.engine.stories import Document, Line
from consult.engine.units import Unit, as_runs, place, properties_for, units_of, with_emphasis
from consult.engine.values import Edit

WRAPPABLE = frozenset((ooxml.RUN, *ooxml.EQUATIONS))


@dataclass(slots=True)
class Range:
    """A comment's range inside one paragraph; one half of it when the range runs over several paragraphs.

    A range on no words encloses what is inserted there, unless it `is_point`; `with_inserted` makes one that is on words
    begin before what is inserted where it begins.
    """

    id: int
    start: int
    end: int
    begins: bool = True
    ends: bool = True
    is_point: bool = False
    with_inserted: bool = False

    def starts_first(self) -> bool:
        """Return whether the range begins before what is inserted where it begins."""
        return not self.is_point and (self.with_inserted or self.start == self.end)


class Numbers:
    """Gives out w:id values above all that the document has: changes and comments' ranges share one pool."""

    def __init__(self, roots: Iterable[Element]) -> None:
        self.last = 0
        for root in roots:
            ids = root.xpath("//@w:id", namespaces={"w": ooxml.W})
            numbers = [ooxml.number_from(str(i)) for i in ids] if isinstance(ids, list) else []
            self.last = max([self.last, *numbers])

    def next(self) -> int:
        """Return a number nobody has."""
        self.last += 1
        return self.last


@dataclass(slots=True)
class Writer:
    """Writes layers into the paragraphs of an opened document. `date` is for changes that have none; it may be empty."""

    document: Document
    numbers: Numbers
    bringer: Bringer
    date: str = ""
    moves: dict[str, str] = field(
        default_factory=dict
    )  # key of a paragraph that is moved as a whole -> the move's name
    _parts: dict[Element, str] = field(default_factory=dict)

    def change(self, tag: str, names: Names, date: str) -> Element:
        """Return an empty change in the names of these organisations."""
        return runs.change(tag, self.numbers.next(), TOGETHER.join(names), date or self.date)

    def part_of(self, element: Element) -> str:
        """Return the part an element stands in."""
        if not self._parts:
            self._parts.update({root: part for part, root in self.document.roots.items()})
        return self._parts.get(element.getroottree().getroot(), self.document.package.main_part)

    def write_paragraph(self, line: Line, layers: Layers, ranges: Sequence[Range]) -> None:
        """Put deletions, insertions, looks and comment ranges into a paragraph of the base, and into its twin."""
        self._write(line.element, line.key, layers, ranges)
        if line.twin is not None:
            self._write(line.twin, line.key, layers, ())

    def _write(self, paragraph: Element, key: str, layers: Layers, ranges: Sequence[Range]) -> None:
        for look in layers.looks:
            if look.is_whole:
                self._change_look(ooxml.properties_of(paragraph), ooxml.PPR, PARAGRAPH_CHANGE, look)
        edges = {edge for d in layers.deletions for edge in (d.start, d.end)}
        edges |= {edge for look in layers.looks if not look.is_whole for edge in (look.start, look.end)}
        edges |= {i.position for i in layers.insertions} | {i.replaces for i in layers.insertions}
        edges |= {edge for r in ranges for edge in (r.start, r.end)}
        if not edges:
            return
        runs.cut_at(paragraph, edges)
        self._number_halves(paragraph)
        units = units_of(paragraph)
        places: dict[int, list[Element]] = defaultdict(list)
        for position in sorted(edges):
            places[position] = self._things_at(position, layers.insertions, ranges, units, paragraph)
        for position in sorted(places, reverse=True):
            place(paragraph, units, position, places[position], self.numbers.next)
        for look in layers.looks:
            for unit in units if not look.is_whole else ():
                if look.start <= unit.start and unit.end <= look.end and unit.start < unit.end:
                    self._change_runs(unit, look)
        for deletion in layers.deletions:
            inside = [u for u in units if deletion.start <= u.start and u.end <= deletion.end and u.start < u.end]
            tag = ooxml.MOVE_FROM if key in self.moves else ooxml.DEL
            self._wrap_deleted(inside, tag, deletion.signed, deletion.date)

    def _number_halves(self, paragraph: Element) -> None:
        """Give the second half of a run that was cut its own number for the change of formatting it carries."""
        seen = set[str]()
        for change in paragraph.iter(RUN_CHANGE):
            if change.get(ooxml.ID, "") in seen:
                change.set(ooxml.ID, str(self.numbers.next()))
            seen.add(change.get(ooxml.ID, ""))

    # ---- what is new ------------------------------------------------------------------------------------------------

    def _things_at(
        self,
        position: int,
        insertions: Sequence[Insertion],
        ranges: Sequence[Range],
        units: Sequence[Unit],
        paragraph: Element,
    ) -> list[Element]:
        things: list[Element] = []
        for r in ranges:
            if r.begins and r.start == position and r.starts_first():
                things.append(_comment_mark(ooxml.COMMENT_START, r.id))
        for insertion in insertions:
            if insertion.position == position:
                things += self._inserted(insertion, units, paragraph)
        things += _ends_at(position, [r for r in ranges if not r.is_point])
        for r in ranges:
            if r.begins and r.start == position and not r.starts_first():
                things.append(_comment_mark(ooxml.COMMENT_START, r.id))
        things += _ends_at(position, [r for r in ranges if r.is_point])
        return things

    def _inserted(self, insertion: Insertion, units: Sequence[Unit], paragraph: Element) -> list[Element]:
        like = properties_for(units, insertion)
        edit = insertion.edit
        if edit is None or not edit.markup:
            new = [runs.make_run(insertion.text, like)]
        else:
            new = self.bring(edit, paragraph, insertion.signed, insertion.date)
            for run in (r for element in new for r in element.iter(ooxml.RUN) if is_own_run(r, element)):
                with_emphasis(like, run)
        return self.as_inserted(new, insertion.signed, insertion.date)

    def bring(self, edit: Edit, beside: Element, names: Names, date: str) -> list[Element]:
        """Return what an edit adds, at home in the part `beside` stands in; the words of its notes are new there too."""
        brought = self.bringer.elements(edit.markup, edit.assets, self.part_of(beside))
        for paragraph in (p for note in self.bringer.take_notes() for p in note.iter(ooxml.P)):
            content = [child for child in paragraph if child.tag != ooxml.PPR]
            paragraph.extend(self.as_inserted(content, names, date))
        return brought

    def as_inserted(self, elements: Sequence[Element], names: Names, date: str, tag: str = ooxml.INS) -> list[Element]:
        """Return runs and links as inserted by these organisations: a link stands around the change, not in it."""
        found: list[Element] = []
        simple = [e for e in elements if e.tag == ooxml.FLD_SIMPLE]
        fields = {e: runs.simple_field_runs(e) for e in simple}
        for field_ in simple:
            ooxml.remove(field_)
        for element in (inner for e in elements for inner in fields.get(e, [e])):
            if element.tag == ooxml.HYPERLINK:
                inner = self.as_inserted(list(element), names, date, tag)
                element.extend(inner)
                found.append(element)
            elif found and found[-1].tag == tag:
                found[-1].append(element)
            else:
                found.append(self.change(tag, names, date))
                found[-1].append(element)
        return found

    # ---- what goes, what looks otherwise ----------------------------------------------------------------------------

    def _wrap_deleted(self, units: Sequence[Unit], tag: str, names: Names, date: str) -> None:
        wrapper: Element | None = None
        for element in [e for unit in units for e in as_runs(unit)]:
            if element.tag not in WRAPPABLE:
                continue
            if wrapper is None or element.getprevious() is not wrapper:
                wrapper = self.change(tag, names, date)
                element.addprevious(wrapper)
            wrapper.append(element)
            if tag == ooxml.DEL:
                runs.as_deleted(element)

    def _change_runs(self, unit: Unit, look: Look) -> None:
        for run in unit.elements:
            if run.tag != ooxml.RUN:
                continue
            properties = run.find(ooxml.RPR)
            if properties is None:
                properties = etree.Element(ooxml.RPR)
                run.insert(0, properties)
            self._change_look(properties, ooxml.RPR, RUN_CHANGE, look)

    def _change_look(self, properties: Element, tag: str, change_tag: str, look: Look) -> None:
        """Change properties and keep the old ones in the change; what already has a change of its own is left."""
        parent = properties.getparent()
        if parent is None or properties.find(change_tag) is not None:
            return
        wanted = parse_xml(f"<x>{look.markup}</x>".encode())
        made = changed_properties(properties, tag, list(wanted))
        change = self.change(change_tag, look.signed, look.date)
        old = etree.SubElement(change, tag)
        kept_apart = (ooxml.RPR, ooxml.SECT_PR) if tag == ooxml.PPR else (ooxml.INS, ooxml.DEL)
        old.extend([child for child in properties if child.tag not in kept_apart])
        parent.replace(properties, made)
        made.append(change)

    def mark(self, paragraph: Element, range_: Range) -> None:
        """Put a comment's range, or its half, into a new paragraph; its places are in that paragraph's text."""
        runs.cut_at(paragraph, {range_.start, range_.end})
        units = units_of(paragraph)
        start = [_comment_mark(ooxml.COMMENT_START, range_.id)] if range_.begins else []
        end = [_comment_mark(ooxml.COMMENT_END, range_.id), _reference(range_.id)] if range_.ends else []
        if range_.start == range_.end:
            start, end = [*start, *end], []
        place(paragraph, units, range_.end, end, self.numbers.next)
        place(paragraph, units, range_.start, start, self.numbers.next)


def is_own_run(run: Element, outer: Element) -> bool:
    """Return whether a run stands directly in an element that is brought in, not in a text box in it."""
    return run is outer or run.getparent() is outer


def _comment_mark(tag: str, number: int) -> Element:
    element = etree.Element(tag)
    element.set(ooxml.ID, str(number))
    return element


def _ends_at(position: int, ranges: Sequence[Range]) -> list[Element]:
    ending = [r for r in ranges if r.ends and r.end == position]
    return [mark for r in ending for mark in (_comment_mark(ooxml.COMMENT_END, r.id), _reference(r.id))]


def _reference(number: int) -> Element:
    run = etree.Element(ooxml.RUN)
    etree.SubElement(run, ooxml.COMMENT_REFERENCE).set(ooxml.ID, str(number))
    return run
