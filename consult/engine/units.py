"""The elements of a paragraph that are never parted, where things go between them, and how new words look there."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consult.engine import ooxml, runs
from consult.engine.formatting import RUN_ORDER
from consult.engine.merging import Insertion
from consult.engine.ooxml import Element, Piece, w
from consult.engine.styling import EMPHASIS

MARK_CHANGES = frozenset((ooxml.INS, ooxml.DEL, ooxml.MOVE_FROM, ooxml.MOVE_TO, w("rPrChange")))


@dataclass(slots=True)
class Unit:
    """Neighbouring elements that cover base characters start..end and are never parted: mostly one run."""

    elements: tuple[Element, ...]
    start: int
    end: int
    is_text: bool


def units_of(paragraph: Element) -> list[Unit]:
    """Return the visible pieces of a paragraph, those in the same elements together, in order."""
    units: list[Unit] = []
    position = 0
    for piece in ooxml.visible(ooxml.pieces_of(paragraph)):
        start, position = position, position + len(piece.text)
        if units and units[-1].elements == piece.elements:
            units[-1].end = position
            units[-1].is_text = units[-1].is_text or _is_text(piece)
        else:
            units.append(Unit(piece.elements, start, position, _is_text(piece)))
    return units


def _is_text(piece: Piece) -> bool:
    return piece.kind == "text" and bool(piece.text)


def place(
    paragraph: Element, units: Sequence[Unit], position: int, things: Sequence[Element], number: Callable[[], int]
) -> None:
    """Put elements into a paragraph between the units that end and begin at a position of the base.

    A change of the base that must be parted there gets a second half with a `number` of its own.
    """
    before = next((u for u in reversed(units) if u.end <= position and u.start < u.end), None)
    behind = next((u for u in units if u.start >= position and u.start < u.end), None)
    if before is not None:
        spot = _outwards(before.elements[-1], behind, paragraph, number)
        if any(a.tag == ooxml.HYPERLINK for a in spot.iterancestors()):
            things = _without_links(things)
        for thing in reversed(things):
            spot.addnext(thing)
    elif behind is not None:
        spot = behind.elements[0]
        while spot.getparent() is not paragraph:
            spot = _parent(spot)
        for thing in things:
            spot.addprevious(thing)
    else:
        paragraph.extend(things)


def _without_links(things: Sequence[Element]) -> list[Element]:
    """Return things for a place inside a link: one link cannot stand in another."""
    found = list[Element]()
    for thing in things:
        found += list(thing) if thing.tag == ooxml.HYPERLINK else [thing]
    return found


def _outwards(element: Element, behind: Unit | None, paragraph: Element, number: Callable[[], int]) -> Element:
    """Return the element to stand behind: outside a link or change that ends here, inside one that goes on."""
    spot = element
    while spot.getparent() is not paragraph:
        parent = _parent(spot)
        goes_on = behind is not None and any(a is parent for a in behind.elements[0].iterancestors())
        if goes_on and parent.tag not in (*ooxml.INSERTED_TAGS, *ooxml.DELETED_TAGS):
            break
        if goes_on:
            _split(parent, spot, number())
        spot = parent
    return spot


def _parent(element: Element) -> Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def _split(parent: Element, last: Element, number: int) -> None:
    """Part a change of the base in two behind `last`: a change must not stand inside another one's insertion."""
    second = ooxml.copied_element(parent)
    second.set(ooxml.ID, str(number))
    second.extend(list(last.itersiblings()))
    parent.addnext(second)


def as_runs(unit: Unit) -> Sequence[Element]:
    """Return a unit's elements; a simple field is turned into runs first, since w:del must not hold it."""
    simple = unit.elements[0]
    if simple.tag != ooxml.FLD_SIMPLE:
        return unit.elements
    made = runs.simple_field_runs(simple)
    for run in made:
        simple.addprevious(run)
    ooxml.remove(simple)
    return made


def properties_for(units: Sequence[Unit], insertion: Insertion) -> Element | None:
    """Return the formatting of inserted text: that of the words it replaces, else of the words before it, else behind."""
    texts = [u for u in units if u.is_text and u.elements[0].tag == ooxml.RUN]
    replaced = [u for u in texts if insertion.replaces <= u.start < insertion.position]
    before = [u for u in texts if u.end <= insertion.position]
    chosen = (replaced or before[-1:] or texts)[:1]
    return formatting_of(chosen[0].elements[0]) if chosen else None


def formatting_of(run: Element) -> Element | None:
    properties = run.find(ooxml.RPR)
    if properties is None:
        return None
    kept = copy.deepcopy(properties)
    for child in list(kept):
        if child.tag in MARK_CHANGES:
            kept.remove(child)
    return kept if len(kept) else None


def first_formatting(paragraph: Element | None) -> Element | None:
    if paragraph is None:
        return None
    return next((formatting_of(u.elements[0]) for u in units_of(paragraph) if u.is_text), None)


def with_emphasis(formatting: Element | None, run: Element) -> None:
    """Give a new run the formatting of its surroundings, with its own emphasis instead of theirs."""
    own = run.find(ooxml.RPR)
    if formatting is None:
        return
    made = copy.deepcopy(formatting)
    if own is not None:
        run.remove(own)
    for child in list(made):
        if child.tag in EMPHASIS:
            made.remove(child)
    ranks = {name: rank for rank, name in enumerate(RUN_ORDER)}
    for child in list(own) if own is not None else []:
        place = sum(1 for other in made if ranks.get(other.tag, len(RUN_ORDER)) < ranks.get(child.tag, 0))
        made.insert(place, child)
    if len(made):
        run.insert(0, made)
