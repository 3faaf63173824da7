"""Writing layers as plain text, without tracked changes: what is new stands there, and what is there stays."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from consult.engine import ooxml
from consult.engine.adding import Adder
from consult.engine.agreeing import Names
from consult.engine.assembling import Assembly
from consult.engine.bringing import DRAWING_IDS
from consult.engine.formatting import PARAGRAPH_ORDER
from consult.engine.merging import Insertion, Merge, NewBlock
from consult.engine.ooxml import Element, w
from consult.engine.stories import Document, Line
from consult.engine.units import Unit
from consult.engine.writing import Numbers, Writer

INDENT = "720"  # twentieths of a point, for what stood in a list and has a number written out instead


@dataclass(frozen=True, slots=True)
class Repeated(Insertion):
    """Words of the base that stand there once more, as they look there."""

    elements: tuple[Element, ...] = ()


class PlainWriter(Writer):
    """Writes what is inserted as plain text."""

    def as_inserted(self, elements: Sequence[Element], names: Names, date: str, tag: str = ooxml.INS) -> list[Element]:
        """Return the elements as they are."""
        return list(elements)

    def _inserted(self, insertion: Insertion, units: Sequence[Unit], paragraph: Element) -> list[Element]:
        if not isinstance(insertion, Repeated):
            return Writer._inserted(self, insertion, units, paragraph)
        found = [copy.deepcopy(element) for element in insertion.elements]
        for drawing in (d for element in found for d in element.iter(DRAWING_IDS)):
            drawing.set("id", str(self.bringer.next_drawing()))
        return found


@dataclass(slots=True)
class PlainAdder(Adder):
    """Adds paragraphs, tables and rows as plain text.

    `numbered` holds the keys of paragraphs that a list numbers, `bulleted` of those with a bullet: a new paragraph must
    not take a number, or all that follow would be counted anew.
    """

    numbered: frozenset[str] = frozenset()
    bulleted: frozenset[str] = frozenset()

    def _add_behind(self, line: Line, element: Element, behind: Sequence[NewBlock]) -> None:
        last = element
        for new in behind:
            block = self._block(line, element, new)
            last.addnext(block)
            last = block
        section = element.find(f"{ooxml.PPR}/{ooxml.SECT_PR}")
        if last is not element and section is not None and last.tag == ooxml.P:
            ooxml.properties_of(last).append(section)

    def _paragraph(self, line: Line, beside: Element, new: NewBlock, like_it: bool = False) -> Element:
        element = Adder._paragraph(self, line, beside, new)
        if line.key not in self.bulleted:
            _without_number(element, in_list=line.key in self.numbered)
        return element

    def _mark(self, paragraph: Element, tag: str, names: Names, date: str) -> None:
        return

    def _mark_row(self, row: Element, tag: str, names: Names, date: str, with_text: bool = False) -> None:
        return


class PlainAssembly(Assembly):
    """Writes one file without tracked changes of ours."""

    def __init__(self, document: Document, merged: Merge, date: str, labels: dict[str, str]) -> None:
        super().__init__(document, merged, date)
        self.writer = PlainWriter(document, Numbers(document.roots.values()), self.bringer, date)
        counted = frozenset(key for key, label in labels.items() if any(c.isalnum() for c in label))
        bullets = frozenset(key for key, label in labels.items() if label) - counted
        self.adder = PlainAdder(self.writer, numbered=counted, bulleted=bullets)


def _without_number(paragraph: Element, in_list: bool) -> None:
    properties = ooxml.properties_of(paragraph)
    own = properties.find(w("numPr"))
    if own is None and not in_list:
        return
    if own is not None:
        properties.remove(own)
    none = etree.Element(w("numPr"))
    etree.SubElement(none, w("numId")).set(w("val"), "0")
    _put(properties, none)
    if properties.find(w("ind")) is None:
        indent = etree.Element(w("ind"))
        indent.set(w("left"), INDENT)
        _put(properties, indent)


def _put(properties: Element, new: Element) -> None:
    """Put a property of a paragraph in its place in the schema's order."""
    ranks = {name: rank for rank, name in enumerate(PARAGRAPH_ORDER)}
    place = sum(1 for child in properties if ranks.get(child.tag, len(ranks)) < ranks[new.tag])
    properties.insert(place, new)
