"""Where the margin comments of a returned copy stand in the draft; for want of a place, on the nearest text before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from consult.engine import ooxml
from consult.engine.margins import Anchor
from consult.engine.ooxml import Element, Piece, w
from consult.engine.stories import Document, Line
from consult.engine.tracking import Place, to_base
from consult.engine.values import ATOM, Remark

LONGEST_QUOTE = 1000


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a range begins or ends: a paragraph of the draft, or, with `inserted`, the new one there that reads so."""

    key: str
    offset: int
    inserted: str = ""
    nth: int = 0


@dataclass(slots=True)
class Locator:
    """Finds the places of the margin comments of one copy. `places` is by the id() of the copy's paragraphs."""

    base: Document
    places: Mapping[int, Place]
    returned: Document
    _before: dict[Element, Place | None] = field(default_factory=dict)
    _nth: dict[int, int] = field(default_factory=dict)  # id() of a new paragraph's place -> which of those alike it is
    _known: dict[str, tuple[int, int]] = field(default_factory=dict)  # key -> the paragraph's position and length

    def __post_init__(self) -> None:
        alike = Counter[tuple[str, str]]()
        for place in self.places.values():
            if place.is_new:
                name = (place.key, ooxml.text_of(place.copy_line.new_pieces))
                self._nth[id(place)] = alike[name]
                alike[name] += 1
        for position, line in enumerate(self.base.lines()):
            self._known[line.key] = (position, len(line.text))

    def located(self, remark: Remark, anchor: Anchor) -> Remark:
        """Return a remark with its place; without one when it stands on no text of the draft and none is before it."""
        first = self.places.get(id(anchor.first))
        one = anchor.last is anchor.first
        if first is None or (first.is_new and not ooxml.text_of(first.copy_line.new_pieces)):
            quote = _quote(Line(anchor.first).pieces, anchor, one)
            told = f"[On “{quote}”, which is not in this text] {remark.text}" if quote else remark.text
            return self._beside(replace(remark, text=told), first or self._nearest(anchor.first))
        last = first if one else self.places.get(id(anchor.last)) or self._nearest(anchor.last) or first
        start, end = self._edge(first, anchor.start_mark, False), self._edge(last, anchor.end_mark, True)
        quote = _quote([p for p in first.copy_line.pieces if p.view != "deleted"], anchor, one)
        remark = replace(
            remark, paragraph=start.key, start=start.offset, end=start.offset, inserted=start.inserted, nth=start.nth,
            quote=quote, is_point=one and not quote and start == end,
        )  # fmt: skip
        if last is first or self._comes_before(end, start):
            whole = len(start.inserted) if first.is_new else self._length(start.key)
            return replace(remark, end=max(start.offset, end.offset if last is first else whole))
        return replace(
            remark, last_paragraph=end.key, last_end=end.offset, last_inserted=end.inserted, last_nth=end.nth
        )

    def _beside(self, remark: Remark, place: Place | None) -> Remark:
        """Return a remark at the end of a paragraph."""
        if place is None:
            return remark
        end = self._length(place.key)
        return replace(remark, paragraph=place.key, start=end, end=end, is_point=True)

    def _nearest(self, element: Element) -> Place | None:
        """Return the place of the nearest paragraph before one that has none; for a note's, of the one with its mark."""
        if not self._before:
            for root in self.returned.roots.values():
                place: Place | None = None
                for paragraph in root.iter(ooxml.P):
                    place = self.places.get(id(paragraph), place)
                    self._before[paragraph] = place
        for note in element.iterancestors(w("footnote"), w("endnote")):
            for reference in self.returned.body.iter(w(f"{etree.QName(note).localname}Reference")):
                holder = next(reference.iterancestors(ooxml.P), None)
                if reference.get(ooxml.ID) == note.get(ooxml.ID) and holder is not None:
                    return self._before.get(holder)
        return self._before.get(element)

    def _edge(self, place: Place, mark: Element | None, at_end: bool) -> Edge:
        line = place.copy_line
        if place.is_new:
            new = ooxml.text_of(line.new_pieces)
            if not new:
                return Edge(place.key, self._length(place.key))
            default = len(new) if at_end else 0
            return Edge(place.key, _offset(line.pieces, mark, "deleted", default, at_end), new, self._nth[id(place)])
        default = sum(len(p.text) for p in line.pieces if p.view != "inserted") if at_end else 0
        return Edge(place.key, to_base(_offset(line.pieces, mark, "inserted", default, at_end), place.moves, at_end))

    def _comes_before(self, end: Edge, start: Edge) -> bool:
        """Return whether a range would end before it begins: text was moved, or its end has no place of its own."""
        last, first = self._known.get(end.key, (-1, 0))[0], self._known.get(start.key, (-1, 0))[0]
        return last < first or (last == first and not (end.inserted or start.inserted))

    def _length(self, key: str) -> int:
        return self._known.get(key, (0, 0))[1]


def _offset(pieces: Sequence[Piece], mark: Element | None, left_out: str, default: int, at_end: bool) -> int:
    """Return how many characters stand before a mark, of the text without the pieces of one view.

    A mark inside a field or an equation stands before it, or behind it for a range's end.
    """
    position = 0
    around = _around(mark)
    for piece in pieces:
        counts = len(piece.text) if piece.view != left_out else 0
        if mark is not None and piece.child is mark:
            return position
        if _holds(piece, around):
            return position + counts if at_end else position
        position += counts
    return default


def _around(mark: Element | None) -> set[Element]:
    return {mark, *mark.iterancestors()} if mark is not None else set()


def _holds(piece: Piece, around: set[Element]) -> bool:
    return piece.text == ATOM and piece.child is None and any(element in around for element in piece.elements)


def _quote(pieces: Sequence[Piece], anchor: Anchor, one: bool) -> str:
    """Return the words a comment stands on; in the first paragraph only if there are several."""
    inside, words = anchor.start_mark is None, list[str]()
    begins, ends = _around(anchor.start_mark), _around(anchor.end_mark)
    for piece in pieces:
        if piece.child is not None and piece.child is anchor.start_mark:
            inside = True
        inside = inside or _holds(piece, begins)
        if one and piece.child is not None and piece.child is anchor.end_mark:
            break
        if inside:
            words.append(piece.text)
        if one and _holds(piece, ends):
            break
    return "".join(words).strip()[:LONGEST_QUOTE]
