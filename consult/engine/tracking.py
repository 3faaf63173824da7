"""What the paragraphs of a returned copy were before its tracked changes, and what they are after.

A paragraph whose mark was inserted or deleted is given a part: it is a paragraph of the old text or not, of the new text
or not. A split paragraph is its first half changed and a new one; joined paragraphs are the first one longer and the
others deleted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from consult.engine import ooxml
from consult.engine.ooxml import Element, Piece
from consult.engine.stories import Document, Line, Row
from consult.engine.values import ATOM, DRAFT_AUTHOR
from consult.engine.wording import Replacement

SAMPLE = 300
NUMBER_PREFIX = re.compile(
    r"\s*(\[(?:(?:fn|en) )?\d+(?:\.\d+)?\]\u00a0)"
)  # some programs move the tab before a note's text


@dataclass(slots=True)
class CopyLine:
    """A paragraph of the copy: its pieces without our number, and its part in the old and in the new text."""

    line: Line
    changed: list[Piece] | None = None  # the pieces, where they are others than the line's
    in_old: bool = True
    in_new: bool = True
    joining: list[Piece] = field(default_factory=list)  # what a deleted paragraph mark brings to its end
    mark_author: str = ""
    mark_date: str = ""

    @property
    def pieces(self) -> list[Piece]:
        """The pieces, the draft's own changes as they now read."""
        return self.line.pieces if self.changed is None else self.changed

    @property
    def old(self) -> str:
        """The text before tracked changes."""
        return self.line.text if self.line.is_plain else ooxml.text_of(p for p in self.pieces if p.view != "inserted")

    @property
    def new(self) -> str:
        """The text after tracked changes, without what a deleted mark joins to it."""
        return self.line.text if self.line.is_plain else ooxml.text_of(p for p in self.pieces if p.view != "deleted")

    @property
    def joined(self) -> str:
        """What a deleted paragraph mark brings to the end of this paragraph."""
        return ooxml.text_of(self.joining)

    @property
    def old_pieces(self) -> list[Piece]:
        """The pieces of the text before tracked changes."""
        return [p for p in self.pieces if p.view != "inserted"]

    @property
    def new_pieces(self) -> list[Piece]:
        """The pieces of the text after tracked changes, with what a deleted mark joins to it."""
        return [p for p in (*self.pieces, *self.joining) if p.view != "deleted"]

    @property
    def is_tracked(self) -> bool:
        """Whether there is a tracked change in the words."""
        return not self.line.is_plain and any(p.view != "plain" for p in self.pieces)


@dataclass(slots=True)
class Place:
    """Where a paragraph of the copy stands in the draft: the key, and where its old characters are in that paragraph."""

    key: str
    copy_line: CopyLine
    moves: tuple[Replacement, ...] = ()  # what turns the draft's text into the copy's old text
    is_new: bool = False


class OwnChanges:
    """The tracked changes that the draft itself has. In a copy they are no news: the draft is read as it now stands."""

    def __init__(self, base: Document) -> None:
        changes = [e for surveyed in base.surveys.values() for e in surveyed.changes]
        self._known = {
            _signature(e.tag, author, date)
            for e in changes
            for author, date in (
                (e.get(ooxml.AUTHOR, ""), e.get(ooxml.DATE, "")),
                (DRAFT_AUTHOR, e.get(ooxml.DATE, "")),  # so they are signed in the copies that are sent out,
                (DRAFT_AUTHOR, ""),  # without a date that is none
            )
        }

    def has(self, change: Element | None) -> bool:
        """Return whether the draft has this change."""
        return change is not None and self._has(change.tag, change.get(ooxml.AUTHOR, ""), change.get(ooxml.DATE, ""))

    def _has(self, tag: str, author: str, date: str) -> bool:
        return bool(self._known) and _signature(tag, author, date) in self._known

    def as_now(self, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces with the draft's own changes as they now read."""
        if not self._known:
            return pieces
        kept = list[Piece]()
        for piece in pieces:
            if piece.view == "inserted" and self._has(ooxml.INS, piece.author, piece.date):
                kept.append(replace(piece, view="plain", author="", date=""))
            elif piece.view != "deleted" or not piece.text or not self._has(ooxml.DEL, piece.author, piece.date):
                kept.append(piece)
        return kept


def _signature(tag: str, author: str, date: str) -> tuple[bool, str, str]:
    return tag in ooxml.DELETED_TAGS, author, date


def row_change(row: Row, own: OwnChanges) -> tuple[Element | None, Element | None]:
    """Return the tracked insertion and the tracked deletion of a row, each None if there is none."""
    found: list[Element | None] = []
    for tag in (ooxml.INS, ooxml.DEL):
        change = row.element.find(f"{ooxml.w('trPr')}/{tag}")
        found.append(None if own.has(change) else change)
    return found[0], found[1]


def copy_line(line: Line, own: OwnChanges) -> CopyLine:
    """Return a paragraph of a copy by itself, the draft's own changes as they now read."""
    return CopyLine(line, None if line.is_plain else own.as_now(line.pieces))


def copy_lines(lines: Sequence[Line], own: OwnChanges) -> list[CopyLine]:
    """Return the paragraphs of one container with their parts. Inserted marks split, deleted marks join."""
    if all(line.is_plain for line in lines):
        return [CopyLine(line) for line in lines]
    found = [copy_line(line, own) for line in lines]
    for chain in _chains(found, own, *ooxml.INSERTED_TAGS):
        host = next((c for c in chain if c.old), chain[-1])
        for c in chain:
            c.in_old = c is host or bool(c.old)
    for chain in _chains(found, own, *ooxml.DELETED_TAGS):
        host = next((c for c in chain if c.new), chain[-1])
        for c in chain:
            c.in_new = c is host
        host.joining = [p for c in chain if c is not host for p in c.pieces if p.text and p.view != "deleted"]
    if found and not found[-1].new and _may_end_with(found[-1], own):
        found[-1].in_new = False
    return found


def _may_end_with(last: CopyLine, own: OwnChanges) -> bool:
    """Return whether the last paragraph of a container is gone with its mark: there is one before it to end with."""
    element = last.line.element
    mark = ooxml.mark_change(element, *ooxml.DELETED_TAGS)
    parent = element.getparent()
    if mark is None or own.has(mark) or parent is None or parent.tag == ooxml.TC:
        return False
    return element.getprevious() is not None or parent.tag == ooxml.SDT_CONTENT


def _chains(lines: Sequence[CopyLine], own: OwnChanges, *tags: str) -> Iterator[list[CopyLine]]:
    """Yield the runs of paragraphs that marks with one of these changes tie together, each with the one behind it."""
    chain: list[CopyLine] = []
    for line in lines:
        if line.line.is_plain and not chain:
            continue
        chain.append(line)
        mark = None if line.line.is_plain else ooxml.mark_change(line.line.element, *tags)
        if mark is not None and not own.has(mark):
            line.mark_author, line.mark_date = mark.get(ooxml.AUTHOR, ""), mark.get(ooxml.DATE, "")
            continue
        if len(chain) > 1:
            yield chain
        chain = []
    if len(chain) > 1:
        yield chain


def old_text(line: Line, own: OwnChanges | None = None) -> str:
    """Return a paragraph's text before tracked changes; the draft's own, if they are given, as they now read."""
    if line.is_plain:
        return line.text
    pieces = own.as_now(line.pieces) if own is not None else line.pieces
    return ooxml.text_of(p for p in pieces if p.view != "inserted")


def is_numbered(lines: Sequence[Line]) -> bool:
    """Return whether a document is a Word copy of ours: most of its paragraphs begin with a number we printed.

    What reads empty and has no number counts for nothing: the draft itself may have deleted it, and then it got none.
    A few hundred paragraphs from all over the text tell.
    """
    some = lines[:: max(1, len(lines) // SAMPLE)]
    texts = [(line.text, text) for line in some if (text := old_text(line)).strip()]
    numbered = sum(1 for _, text in texts if NUMBER_PREFIX.match(text))
    return numbered * 2 > sum(1 for now, text in texts if now.strip() or NUMBER_PREFIX.match(text))


def drop_number(line: Line) -> None:
    """Take the paragraph number that our Word copy prints off a paragraph of a copy."""
    if not line.is_plain:
        line.pieces = without_number(line.pieces)
    elif match := NUMBER_PREFIX.match(line.text):
        line.shorten(line.text[: match.start(1)] + line.text[match.end() :], without_number)


def without_number(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces without the paragraph number that our Word copy prints before the text."""
    match = NUMBER_PREFIX.match(ooxml.text_of(p for p in pieces if p.view != "inserted"))
    if match is None:
        return pieces
    position, kept = 0, list[Piece]()
    for piece in pieces:
        if piece.view == "inserted" or not piece.text or position >= match.end():
            kept.append(piece)
            continue
        before, behind = max(match.start(1) - position, 0), max(match.end() - position, 0)
        position += len(piece.text)
        left = piece.text[:before] + piece.text[behind:]
        if left:
            kept.append(replace(piece, text=left))
    return kept


@dataclass(slots=True)
class TrackedChange:
    """A tracked change in a paragraph: start and end in the old text, the pieces inserted, a run beside them."""

    start: int
    end: int
    pieces: list[Piece]
    author: str
    date: str
    beside: Element | None

    @property
    def new(self) -> str:
        """The text inserted."""
        return ooxml.text_of(self.pieces)


def tracked(pieces: Sequence[Piece]) -> Iterator[TrackedChange]:
    """Yield the tracked changes in a paragraph: insertions and deletions of one author with nothing between are one."""
    position, group = 0, list[Piece]()
    beside: Element | None = None
    for piece in (*pieces, Piece("end", ())):
        if not piece.text:
            continue
        if group and (piece.view == "plain" or piece.author != group[0].author):
            yield from _as_change(group, position, beside)
            group = []
        if piece.view != "plain":
            group.append(piece)
        elif piece.kind == "text" and piece.elements:
            beside = piece.elements[0]
        if piece.view != "inserted":
            position += len(piece.text)


def _as_change(group: Sequence[Piece], position: int, beside: Element | None) -> Iterator[TrackedChange]:
    old = ooxml.text_of(p for p in group if p.view == "deleted")
    inserted = [p for p in group if p.view == "inserted"]
    deleted = next((p.elements[0] for p in group if p.view == "deleted" and p.kind == "text"), None)
    if old != ooxml.text_of(inserted) or ATOM in old:
        near = deleted if deleted is not None else beside
        yield TrackedChange(position - len(old), position, inserted, group[0].author, group[0].date, near)


def cross(moves: Sequence[Replacement], start: int, end: int) -> bool:
    """Return whether a stretch of the copy's old text touches words that were changed without tracking."""
    shift = 0
    for move in moves:
        first = move.start + shift
        last = first + len(move.new)
        if first <= end and start <= last and (first, last) != (end, end):
            return True
        shift += len(move.new) - (move.end - move.start)
    return False


def to_base(offset: int, moves: Sequence[Replacement], to_end: bool = False) -> int:
    """Return where an offset of the copy's old text is in the draft's; inside changed words, their start or their end."""
    shift = 0
    for move in moves:
        first = move.start + shift
        if offset <= first:
            break
        if offset < first + len(move.new):
            return move.end if to_end else move.start
        shift += len(move.new) - (move.end - move.start)
    return offset - shift
