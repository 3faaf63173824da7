"""What a draft offers to those who edit it: its paragraphs, rows, the places for new ones, its own comments."""

from dataclasses import dataclass
from functools import lru_cache

from consult import engine
from consult.engine import ooxml
from consult.engine.margins import margin_comments
from consult.engine.stories import Block, Table, open_document


@dataclass(frozen=True)
class Place:
    """A table row: the keys of its paragraphs in order, how many cells it has, whether it is its table's first."""

    keys: tuple[str, ...]
    cells: int
    is_first: bool
    own_deleted: bool


@dataclass(frozen=True)
class Outline:
    """A draft as editors see it."""

    data: bytes
    paragraphs: tuple[engine.Paragraph, ...]
    by_key: dict[str, engine.Paragraph]
    rows: tuple[Place, ...]
    starts: frozenset[str]  # the paragraphs with nothing, or a table, before them: new ones may stand before these
    own_comments: int
    half_fields: frozenset[str]  # the paragraphs in which a field begins or ends that goes on in others

    def row_of(self, key: str) -> Place | None:
        """Return the innermost row that a paragraph stands in."""
        found = [row for row in self.rows if key in row.keys]
        return min(found, key=lambda row: len(row.keys)) if found else None


@lru_cache(maxsize=256)
def outline_of(data: bytes) -> Outline:
    """Return the outline of a draft."""
    document = open_document(data)
    rows, starts = list[Place](), set[str]()
    for story in document.stories:
        _gather(story.blocks, rows, starts)
    paragraphs = engine.read_draft(data).paragraphs
    comments = sum(1 for _ in margin_comments(document))
    by_key = {p.key: p for p in paragraphs}
    half = frozenset(line.key for line in document.lines() if _has_half_a_field(line.element))
    return Outline(data, paragraphs, by_key, tuple(rows), frozenset(starts), comments, half)


def _gather(blocks: list[Block], rows: list[Place], starts: set[str]) -> None:
    open_end = True
    for block in blocks:
        if not isinstance(block, Table):
            if open_end:
                starts.add(block.key)
            open_end = False
            continue
        open_end = True
        for number, row in enumerate(block.rows):
            keys = tuple(line.key for line in row.lines())
            deleted = row.element.find(f"{ooxml.w('trPr')}/{ooxml.DEL}") is not None
            rows.append(Place(keys, len(row.cells), number == 0, deleted))
            for cell in row.cells:
                _gather(cell, rows, starts)


def _has_half_a_field(paragraph: ooxml.Element) -> bool:
    kinds = [mark.get(ooxml.w("fldCharType")) for mark in paragraph.iter(ooxml.FLD_CHAR)]
    return kinds.count("begin") != kinds.count("end")
