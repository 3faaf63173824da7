"""Layered paragraphs -> the draft's own XML with tracked changes and comments, edited in place.

Within a paragraph the order of work is: cut the runs at every edge, put in what is inserted and the marks of comments,
then wrap what is deleted. The text of the base is never copied, so rejecting everything gives the base.
"""

import copy
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree

from consult.engine import ooxml
from consult.engine.merging import Insertion, Layers, Names, NewParagraph
from consult.engine.ooxml import Element, Piece, w
from consult.engine.reading import Document, Line

TOGETHER = "; "  # joins the names of organisations that want the same change
WRAPPABLE = frozenset((ooxml.RUN, *ooxml.EQUATIONS))
NOT_COPIED = frozenset((ooxml.SECT_PR, w("pPrChange"), w("pageBreakBefore"), w("framePr")))
MARK_KEEPS = frozenset((ooxml.SECT_PR, w("pPrChange")))
MARK_CHANGES = frozenset((ooxml.INS, ooxml.DEL, ooxml.MOVE_FROM, ooxml.MOVE_TO, w("rPrChange")))


@dataclass(slots=True)
class Range:
    """A comment's range inside one paragraph; one half of it when the range runs over several paragraphs."""

    id: int
    start: int
    end: int
    begins: bool = True
    ends: bool = True


@dataclass(slots=True)
class Unit:
    """Neighbouring elements that cover base characters start..end and are never parted: mostly one run."""

    elements: tuple[Element, ...]
    start: int
    end: int
    is_text: bool


class Numbers:
    """Gives out w:id values above all that the document has: changes and comments' ranges share one pool."""

    def __init__(self, roots: Iterable[Element]) -> None:
        self.last = 0
        for root in roots:
            for element in root.iter():
                value = element.get(ooxml.ID, "") if isinstance(element.tag, str) else ""
                self.last = max(self.last, int(value) if value.isdigit() else 0)

    def next(self) -> int:
        """Return a number nobody has."""
        self.last += 1
        return self.last


@dataclass(slots=True)
class Writer:
    """Writes layers into an opened document. `date` is for changes that have none of their own; it may be empty."""

    document: Document
    numbers: Numbers
    date: str = ""
    new_paragraphs: dict[tuple[str, str], Element] = field(default_factory=dict)
    mark_deletions: dict[Element, set[str]] = field(default_factory=lambda: defaultdict(set))
    stays_empty: list[str] = field(default_factory=list)

    def change(self, tag: str, names: Names, date: str) -> Element:
        """Return an empty w:ins or w:del in the names of these organisations."""
        return ooxml.change(tag, self.numbers.next(), TOGETHER.join(names), date or self.date)

    # ---- inside a paragraph -----------------------------------------------------------------------------------------

    def write_paragraph(self, line: Line, layers: Layers, ranges: Sequence[Range]) -> None:
        """Put an organisation's deletions, insertions and comment ranges into a paragraph of the base."""
        edges = {edge for d in layers.deletions for edge in (d.start, d.end)}
        edges |= {i.position for i in layers.insertions} | {i.replaces for i in layers.insertions}
        edges |= {edge for r in ranges for edge in (r.start, r.end)}
        if not edges:
            return
        ooxml.cut_at(line.element, edges)
        units = units_of(line.element)
        places: dict[int, list[Element]] = defaultdict(list)
        for position in sorted(edges):
            places[position] = self._things_at(position, layers.insertions, ranges, units)
        for position in sorted(places, reverse=True):
            place(line.element, units, position, places[position])
        for deletion in layers.deletions:
            inside = [u for u in units if deletion.start <= u.start and u.end <= deletion.end and u.start < u.end]
            self._wrap_deleted(inside, deletion.organisations, deletion.date)

    def _things_at(
        self, position: int, insertions: Sequence[Insertion], ranges: Sequence[Range], units: Sequence[Unit]
    ) -> list[Element]:
        things: list[Element] = []
        for r in ranges:
            if r.begins and r.start == position and r.start == r.end:
                things.append(_comment_mark(ooxml.COMMENT_START, r.id))
        for insertion in insertions:
            if insertion.position == position:
                element = self.change(ooxml.INS, insertion.organisations, insertion.date)
                element.append(ooxml.make_run(insertion.text, _properties_for(units, insertion)))
                things.append(element)
        for r in ranges:
            if r.ends and r.end == position:
                things += [_comment_mark(ooxml.COMMENT_END, r.id), _reference(r.id)]
        for r in ranges:
            if r.begins and r.start == position and r.start != r.end:
                things.append(_comment_mark(ooxml.COMMENT_START, r.id))
        return things

    def _wrap_deleted(self, units: Sequence[Unit], names: Names, date: str) -> None:
        wrapper: Element | None = None
        for element in [e for unit in units for e in _as_runs(unit)]:
            if element.tag not in WRAPPABLE:
                continue
            if wrapper is None or element.getprevious() is not wrapper:
                wrapper = self.change(ooxml.DEL, names, date)
                element.addprevious(wrapper)
            wrapper.append(element)
            ooxml.as_deleted(element)

    def surround(self, paragraph: Element, range_: Range) -> None:
        """Put a comment around the whole text of a paragraph."""
        own = paragraph.find(ooxml.PPR)
        paragraph.insert(0 if own is None else 1, _comment_mark(ooxml.COMMENT_START, range_.id))
        paragraph.extend([_comment_mark(ooxml.COMMENT_END, range_.id), _reference(range_.id)])

    # ---- whole paragraphs -------------------------------------------------------------------------------------------

    def add_paragraphs(self, line: Line, layers: Layers) -> None:
        """Put in the paragraphs that organisations add before and behind a paragraph of the base."""
        for new in layers.before:
            line.element.addprevious(self._marked(self._paragraph(line, new), new))
        if not layers.behind:
            return
        last = line.element
        following = _sibling_behind(line.element)
        if following is not None and following.tag == ooxml.P and _section(line.element) is None:
            for new in layers.behind:
                element = self._marked(self._paragraph(line, new), new)
                last.addnext(element)
                last = element
            return
        # Nothing follows that a rejected mark could fall to: then the marks before the new paragraphs are the new ones.
        for new in layers.behind:
            element = self._paragraph(line, new, like_it=True)
            self._mark(last, ooxml.INS, new.organisations, new.date)
            section = _section(last)
            if section is not None:
                ooxml.properties_of(element).append(section)
            last.addnext(element)
            last = element

    def _paragraph(self, line: Line, new: NewParagraph, like_it: bool = False) -> Element:
        """Return a new paragraph that looks like its neighbour; behind a heading like the text that follows.

        With `like_it` it takes over the neighbour's mark, hence all its properties.
        """
        element = etree.Element(ooxml.P)
        model = line.element if like_it else _model_for(line)
        properties = model.find(ooxml.PPR) if model is not None else None
        if properties is not None:
            element.append(_copied(properties, MARK_KEEPS if like_it else NOT_COPIED))
        if new.text:
            change = self.change(ooxml.INS, new.organisations, new.date)
            change.append(ooxml.make_run(new.text, _first_formatting(model)))
            element.append(change)
        self.new_paragraphs[line.key, new.text] = element
        return element

    def _marked(self, element: Element, new: NewParagraph) -> Element:
        self._mark(element, ooxml.INS, new.organisations, new.date)
        return element

    def _mark(self, paragraph: Element, tag: str, names: Names, date: str) -> None:
        """Say that a paragraph's mark is inserted or deleted. w:ins and w:del stand first in the mark's properties."""
        properties = ooxml.mark_properties_of(paragraph)
        place = sum(1 for child in properties if child.tag == ooxml.INS)
        properties.insert(place, self.change(tag, names, date))

    def delete_paragraphs(self, deleted: dict[str, Layers]) -> None:
        """Delete the marks of deleted paragraphs so that accepting leaves no empty one behind.

        Where nothing follows that the next paragraph could join (the end of a cell or of the text, a table, a section's
        end) the mark before the deleted paragraph goes instead.
        """
        lines = {line.element: line for line in self.document.lines() if line.key in deleted}
        dates: dict[Element, str] = defaultdict(str)
        done: set[Element] = set()
        for element in lines:
            if element in done:
                continue
            group = _neighbours(element)
            done.update(group)
            names = {name for e in group if e in lines for name in deleted[lines[e].key].deleted_by}
            for name in sorted(names):
                gone = {e for e in group if e in lines and name in deleted[lines[e].key].deleted_by}
                marks = _marks_to_delete(group, gone, set(self.new_paragraphs.values()))
                if len(marks) < len(gone):
                    self.stays_empty.append(lines[next(e for e in group if e in gone)].key)
                for mark in marks:
                    self.mark_deletions[mark].add(name)
                    dates[mark] = max(dates[mark], *(deleted[lines[e].key].deleted_at for e in gone))
        for mark, all_names in self.mark_deletions.items():
            self._mark(mark, ooxml.DEL, tuple(sorted(all_names, key=lambda n: (n.casefold(), n))), dates[mark])


# ---- units and places -----------------------------------------------------------------------------------------------


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


def place(paragraph: Element, units: Sequence[Unit], position: int, things: Sequence[Element]) -> None:
    """Put elements into a paragraph between the units that end and begin at a position of the base."""
    before = next((u for u in reversed(units) if u.end <= position and u.start < u.end), None)
    behind = next((u for u in units if u.start >= position and u.start < u.end), None)
    if before is not None:
        spot = _outwards(before.elements[-1], behind, paragraph)
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


def _outwards(element: Element, behind: Unit | None, paragraph: Element) -> Element:
    """Return the element to stand behind: outside a link or change that ends here, inside one that goes on."""
    spot = element
    while spot.getparent() is not paragraph:
        parent = _parent(spot)
        goes_on = behind is not None and any(a is parent for a in behind.elements[0].iterancestors())
        if goes_on and parent.tag not in (*ooxml.INSERTED_TAGS, *ooxml.DELETED_TAGS):
            break
        if goes_on:
            _split(parent, spot)
        spot = parent
    return spot


def _parent(element: Element) -> Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def _split(parent: Element, last: Element) -> None:
    """Part a change of the base in two behind `last`: a change must not stand inside another one's insertion."""
    second = ooxml.copied_element(parent)
    second.extend(list(last.itersiblings()))
    parent.addnext(second)


def _as_runs(unit: Unit) -> Sequence[Element]:
    """Return a unit's elements; a simple field is turned into runs first, since w:del must not hold it."""
    if unit.elements[0].tag != ooxml.FLD_SIMPLE:
        return unit.elements
    simple = unit.elements[0]
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
    for run in runs:
        simple.addprevious(run)
    _parent(simple).remove(simple)
    return runs


def _properties_for(units: Sequence[Unit], insertion: Insertion) -> Element | None:
    """Return the formatting of inserted text: that of the words it replaces, else of the words before it, else behind."""
    texts = [u for u in units if u.is_text and u.elements[0].tag == ooxml.RUN]
    replaced = [u for u in texts if insertion.replaces <= u.start < insertion.position]
    before = [u for u in texts if u.end <= insertion.position]
    chosen = (replaced or before[-1:] or texts)[:1]
    return _formatting(chosen[0].elements[0]) if chosen else None


def _formatting(run: Element) -> Element | None:
    properties = run.find(ooxml.RPR)
    if properties is None:
        return None
    kept = copy.deepcopy(properties)
    for child in list(kept):
        if child.tag in MARK_CHANGES:
            kept.remove(child)
    return kept if len(kept) else None


def _first_formatting(paragraph: Element | None) -> Element | None:
    if paragraph is None:
        return None
    return next((_formatting(u.elements[0]) for u in units_of(paragraph) if u.is_text), None)


def _comment_mark(tag: str, number: int) -> Element:
    element = etree.Element(tag)
    element.set(ooxml.ID, str(number))
    return element


def _reference(number: int) -> Element:
    run = etree.Element(ooxml.RUN)
    etree.SubElement(run, ooxml.COMMENT_REFERENCE).set(ooxml.ID, str(number))
    return run


# ---- neighbours -----------------------------------------------------------------------------------------------------


BLOCKS = frozenset((ooxml.P, ooxml.TBL, ooxml.SDT, ooxml.CUSTOM_XML))


def _sibling_behind(element: Element) -> Element | None:
    return next((e for e in element.itersiblings() if e.tag in BLOCKS), None)


def _section(paragraph: Element) -> Element | None:
    return paragraph.find(f"{ooxml.PPR}/{ooxml.SECT_PR}")


def _neighbours(paragraph: Element) -> list[Element]:
    """Return the paragraphs that follow one another without anything between, this one among them; a section ends them."""
    before: list[Element] = []
    for element in paragraph.itersiblings(preceding=True):
        if element.tag not in BLOCKS:
            continue
        if element.tag != ooxml.P or _section(element) is not None:
            break
        before.append(element)
    group = [*reversed(before), paragraph]
    while _section(group[-1]) is None:
        following = _sibling_behind(group[-1])
        if following is None or following.tag != ooxml.P:
            break
        group.append(following)
    return group


def _marks_to_delete(group: Sequence[Element], gone: set[Element], new: set[Element]) -> list[Element]:
    """Return whose marks must go so that the deleted ones of a group leave no empty paragraph.

    The last mark of a group always stays. So the deleted ones at its end take the marks before each of them, unless
    that is a paragraph somebody adds: it would run into the text before.
    """
    trailing = 0
    while trailing < len(group) and group[len(group) - 1 - trailing] in gone:
        trailing += 1
    first = len(group) - trailing
    marks = [element for element in group[:first] if element in gone]
    if trailing:
        has_one_before = first > 0 and group[first - 1] not in new
        marks += group[first - 1 if has_one_before else first : len(group) - 1]
    return marks


def _model_for(line: Line) -> Element | None:
    """Return the paragraph a new one behind or before this one should look like."""
    properties = line.element.find(ooxml.PPR)
    style = properties.find(w("pStyle")) if properties is not None else None
    outline = properties.find(w("outlineLvl")) if properties is not None else None
    name = style.get(w("val"), "").lower() if style is not None else ""
    if outline is None and not name.startswith(("heading", "title", "berschrift", "titre")):
        return line.element
    following = _sibling_behind(line.element)
    return following if following is not None and following.tag == ooxml.P else None


def _copied(properties: Element, left_out: frozenset[str]) -> Element:
    """Return a paragraph's properties for another paragraph, without its changes and what else is left out."""
    kept = copy.deepcopy(properties)
    for child in list(kept):
        if child.tag in left_out:
            kept.remove(child)
    mark = kept.find(ooxml.RPR)
    if mark is not None:
        for child in list(mark):
            if child.tag in MARK_CHANGES:
                mark.remove(child)
    return kept
