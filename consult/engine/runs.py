"""Cutting runs, making new ones, turning text into deleted text and back; the change elements themselves."""

import copy
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from lxml import etree

from consult.engine import ooxml
from consult.engine.ooxml import Element, w

ELEMENTS = re.compile(r"([\t\n\u2011\u00ad])")  # the characters that are elements of their own in a run


def cut_run(run: Element, child: Element, offset: int) -> None:
    """Cut a run in two before character `offset` of its `child`; both halves keep the run's properties."""
    second = ooxml.copied_element(run)
    properties = run.find(ooxml.RPR)
    if properties is not None:
        second.append(copy.deepcopy(properties))
    following = list(child.itersiblings())
    if offset > 0:
        rest = etree.SubElement(second, child.tag)
        ooxml.set_text(rest, (child.text or "")[offset:])
        ooxml.set_text(child, (child.text or "")[:offset])
    else:
        second.append(child)
    second.extend(following)
    second.tail = None
    run.addnext(second)


def part_fields(marks: Iterable[Element]) -> None:
    """Give every beginning, middle and end of a field a run of its own: words in the same run may be no part of it."""
    for mark in marks:
        run = mark.getparent()
        if run is None or run.tag != ooxml.RUN:
            continue
        if any(e.tag != ooxml.RPR for e in mark.itersiblings(preceding=True)):
            cut_run(run, mark, 0)
        following = mark.getnext()
        if following is not None and (own := following.getparent()) is not None:
            cut_run(own, following, 0)


def cut_at(paragraph: Element, offsets: Iterable[int]) -> None:
    """Cut the runs of a paragraph so that every given offset of its visible text lies between two runs."""
    wanted = sorted(set(offsets))
    position, cuts = 0, list[tuple[Element, Element, int]]()
    before: tuple[Element, ...] = ()
    for piece in ooxml.visible(ooxml.pieces_of(paragraph)):
        start, position = position, position + len(piece.text)
        if piece.child is not None and piece.kind != "mark":
            first = bisect_left(wanted, start) if piece.elements == before else bisect_right(wanted, start)
            for offset in wanted[first : bisect_left(wanted, position)]:
                cuts.append((piece.elements[0], piece.child, offset - start))
        before = piece.elements
    # From the right, so that the halves still to be cut stay where they were found.
    for run, child, offset in reversed(cuts):
        cut_run(run, child, offset)


def make_run(text: str, properties: Element | None = None) -> Element:
    """Return a w:r with the text; tabs and line feeds become w:tab and w:br. Characters XML forbids are shown as U+FFFD."""
    run = etree.Element(ooxml.RUN)
    if properties is not None:
        run.append(copy.deepcopy(properties))
    for part in ELEMENTS.split(ooxml.printable(text)):
        if part == "\t":
            etree.SubElement(run, w("tab"))
        elif part == "\n":
            etree.SubElement(run, w("br"))
        elif part == "\u2011":
            etree.SubElement(run, w("noBreakHyphen"))
        elif part == "\u00ad":
            etree.SubElement(run, w("softHyphen"))
        elif part:
            ooxml.set_text(etree.SubElement(run, ooxml.TEXT), part)
    return run


def simple_field_runs(simple: Element) -> list[Element]:
    """Return the runs of a simple field written as a complex one: a tracked change must not hold w:fldSimple."""
    runs = []
    for kind in ("begin", "instruction", "separate", "result", "end"):
        if kind == "result":
            runs += [child for child in simple if child.tag == ooxml.RUN]
            continue
        run = etree.Element(ooxml.RUN)
        if kind == "instruction":
            ooxml.set_text(etree.SubElement(run, ooxml.INSTR), simple.get(w("instr"), ""))
        else:
            etree.SubElement(run, ooxml.FLD_CHAR).set(w("fldCharType"), kind)
        runs.append(run)
    return runs


def _outside_boxes(element: Element, *tags: str) -> list[Element]:
    """Return the elements in a run, but not those in a text box it holds: that is a story of its own."""
    found = list(element.iter(*tags))
    if found and element.find(f".//{ooxml.BOX}") is not None:
        return [e for e in found if not any(a.tag == ooxml.BOX for a in _up_to(e, element))]
    return found


def _up_to(inner: Element, outer: Element) -> Iterator[Element]:
    for ancestor in inner.iterancestors():
        if ancestor is outer:
            return
        yield ancestor


def as_deleted(element: Element) -> None:
    """Turn the text in an element into deleted text: w:t to w:delText, w:instrText to w:delInstrText."""
    for child in _outside_boxes(element, ooxml.TEXT, ooxml.INSTR):
        child.tag = ooxml.DEL_TEXT if child.tag == ooxml.TEXT else ooxml.DEL_INSTR
        if child.tag == ooxml.DEL_TEXT and child.text and child.text != child.text.strip():
            child.set(ooxml.XML_SPACE, "preserve")


def as_kept(element: Element) -> None:
    """Turn deleted text in an element into text again."""
    for child in _outside_boxes(element, ooxml.DEL_TEXT, ooxml.DEL_INSTR):
        child.tag = ooxml.TEXT if child.tag == ooxml.DEL_TEXT else ooxml.INSTR


def change(tag: str, number: int, author: str, date: str) -> Element:
    """Return an empty w:ins or w:del. An empty date is left out: the attribute is optional, a wrong date is a lie."""
    element = etree.Element(tag)
    element.set(ooxml.ID, str(number))
    element.set(ooxml.AUTHOR, ooxml.printable(author))
    if date:
        element.set(ooxml.DATE, date)
    return element
