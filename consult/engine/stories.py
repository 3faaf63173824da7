"""An opened .docx: its stories (body, notes, headers, footers, text boxes) as trees of blocks, every paragraph named."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.ooxml import Element, Piece, w
from consult.engine.package import Package, open_package
from consult.engine.surveying import Survey, survey
from consult.engine.values import Cell
from consult.errors import Invalid
from consult.phrases import say

StoryKind = Literal["body", "box", "footnote", "endnote", "header", "footer"]
SEPARATORS = ("separator", "continuationSeparator", "continuationNotice")
PREFIXES: dict[StoryKind, tuple[str, str]] = {  # of the keys, of the numbers
    "box": ("tb", "box"),
    "footnote": ("fn", "fn"),
    "endnote": ("en", "en"),
    "header": ("h", "header"),
    "footer": ("f", "footer"),
}
FALLBACK = f"{{{ooxml.MC}}}Fallback"
ALTERNATE = f"{{{ooxml.MC}}}AlternateContent"
BOX = w("txbxContent")


class Line:
    """A w:p of a document; `key` and `number` once they are given.

    `twin` is the same paragraph in the other representation of a text box, where there is one that reads the same.
    `is_plain` says that it is nothing but words: its pieces are text without changes, and are not read until asked for.
    """

    __slots__ = ("_change", "_pieces", "_text", "cell", "element", "is_plain", "key", "number", "twin")

    def __init__(self, element: Element, cell: Cell | None = None, plain: str | None = None) -> None:
        self.element, self.cell = element, cell
        self.key = self.number = ""
        self.twin: Element | None = None
        self.is_plain = plain is not None
        self._text = plain
        self._pieces: list[Piece] | None = None
        self._change: Callable[[list[Piece]], list[Piece]] | None = None

    @property
    def pieces(self) -> list[Piece]:
        """The pieces of the paragraph as they were when first asked for."""
        if self._pieces is None:
            pieces = ooxml.pieces_of(self.element)
            self._pieces = self._change(pieces) if self._change is not None else pieces
        return self._pieces

    @pieces.setter
    def pieces(self, pieces: list[Piece]) -> None:
        self._pieces, self._text, self.is_plain = pieces, None, False

    def shorten(self, text: str, change: Callable[[list[Piece]], list[Piece]]) -> None:
        """Give a plain paragraph a shorter text; `change` makes its pieces say the same, when they are asked for."""
        self._text, self._pieces, self._change = text, None, change

    @property
    def text(self) -> str:
        """The text as it reads now."""
        if self._text is None:
            self._text = ooxml.text_of(ooxml.visible(self.pieces))
        return self._text


@dataclass(slots=True)
class Row:
    """A w:tr: its cells, each with the blocks in it; `twin` as for a line."""

    element: Element
    cells: list[list["Block"]] = field(default_factory=list)
    twin: Element | None = None

    def lines(self) -> Iterator[Line]:
        """Yield the paragraphs of the row."""
        for cell in self.cells:
            yield from lines_in(cell)


@dataclass(slots=True)
class Table:
    """A w:tbl with its rows."""

    element: Element
    rows: list[Row] = field(default_factory=list)


Block = Line | Table


@dataclass(slots=True)
class Story:
    """A text of its own: the body, a note, a header, a footer, a text box.

    `id` is a note's id in its part; `number` counts from 1 among stories of the kind, notes in the order of reference;
    `host` is the paragraph that holds a text box; `slots` says of a header or footer in which sections it stands.
    """

    kind: StoryKind
    part: str
    blocks: list[Block]
    number: int = 0
    id: str = ""
    host: Element | None = None
    slots: list[tuple[int, str]] = field(default_factory=list)

    def lines(self) -> Iterator[Line]:
        """Yield the paragraphs of the story, tables row by row."""
        yield from lines_in(self.blocks)


@dataclass(slots=True)
class Document:
    """An opened document: the package, the parsed parts by name, the body, all stories with the body's first.

    `surveys` are those of the parts as they were when opened.
    """

    package: Package
    roots: dict[str, Element]
    body: Element
    surveys: dict[str, Survey]
    stories: list[Story] = field(default_factory=list)
    _lines: list[Line] = field(default_factory=list)

    def read_part(self, part: str) -> Element:
        """Parse and survey one more part."""
        self.roots[part], self.surveys[part] = _parsed(self.package, part)
        return self.roots[part]

    @property
    def survey(self) -> Survey:
        """The survey of the main part."""
        return self.surveys[self.package.main_part]

    @property
    def root(self) -> Element:
        """The root of the main part."""
        return self.roots[self.package.main_part]

    @property
    def blocks(self) -> list[Block]:
        """The blocks of the body."""
        return self.stories[0].blocks

    def of_kind(self, *kinds: StoryKind) -> list[Story]:
        """Return the stories of these kinds in order."""
        return [story for story in self.stories if story.kind in kinds]

    def lines(self) -> Iterator[Line]:
        """Yield all paragraphs, story by story. They are those of the opened document: none comes or goes."""
        if not self._lines:
            self._lines += [line for story in self.stories for line in story.lines()]
        return iter(self._lines)


def lines_in(blocks: list[Block]) -> Iterator[Line]:
    """Yield the paragraphs of blocks, those in tables included."""
    for block in blocks:
        if isinstance(block, Line):
            yield block
        else:
            for row in block.rows:
                yield from row.lines()


# ---- opening --------------------------------------------------------------------------------------------------------


def open_document(data: bytes, *, to_read: bool = False) -> Document:
    """Open a .docx and number its paragraphs. Raises Invalid with a reason code for what is no acceptable .docx.

    With `to_read`, for a copy, changes that a program wrote in pieces are joined, and the paragraphs have no names of
    their own: the document is then not written again.
    """
    package = open_package(data)
    root, surveyed = _parsed(package, package.main_part)
    if to_read:
        ooxml.join_changes(surveyed.changes)
    body = root.find(w("body"))
    if body is None:
        raise Invalid(say("This Word file has no text body. Save it again in Word and upload it anew."), "broken")
    document = Document(package, {package.main_part: root}, body, {package.main_part: surveyed})
    tables = _Tables(document)
    document.stories.append(Story("body", package.main_part, blocks_in(body, tables)))
    notes = [*_notes(document, "footnote", tables), *_notes(document, "endnote", tables)]
    margins = _headers_and_footers(document, tables)
    document.stories += [*_boxes(document, tables), *notes, *margins]
    if not to_read:
        name_paragraphs(document)
    return document


def _parsed(package: Package, part: str) -> tuple[Element, Survey]:
    root = package.parse(part)
    surveyed = survey(root)
    runs.part_fields(surveyed.of(ooxml.FLD_CHAR))
    return root, surveyed


class _Tables:
    """Counts tables in reading order, and knows the plain paragraphs of the parts that are read."""

    def __init__(self, document: Document | None = None) -> None:
        self.count = 0
        self.plain = dict(document.survey.plain) if document is not None else {}

    def next(self) -> int:
        self.count += 1
        return self.count - 1


def blocks_in(container: Element, tables: _Tables | None = None, cell: Cell | None = None) -> list[Block]:
    """Return the blocks of a body, cell, note, header or text box."""
    tables = tables or _Tables()
    found: list[Block] = []
    for element in ooxml.blocks_of(container):
        if element.tag == ooxml.P:
            found.append(Line(element, cell, tables.plain.get(element)))
        else:
            found.append(_table(element, tables))
    return found


def _table(element: Element, tables: _Tables) -> Table:
    table, number = Table(element), tables.next()
    rows = ooxml.rows_of(element)
    starts = [_columns(row) for row in rows]
    for r, row in enumerate(rows):
        heading = row.find(f"{w('trPr')}/{w('tblHeader')}") is not None
        cells = []
        for (column, spanned), tc in zip(starts[r], ooxml.cells_of(row), strict=True):
            height = _height(rows, starts, r, column)
            cells.append(blocks_in(tc, tables, Cell(number, r, column, spanned, height, heading)))
        table.rows.append(Row(row, cells))
    return table


def _columns(row: Element) -> list[tuple[int, int]]:
    """Return for each cell of a row the grid column it starts in and how many it spans."""
    before = row.find(f"{w('trPr')}/{w('gridBefore')}")
    column, found = _int(before, 0), []
    for tc in ooxml.cells_of(row):
        spanned = max(1, _int(tc.find(f"{w('tcPr')}/{w('gridSpan')}"), 1))
        found.append((column, spanned))
        column += spanned
    return found


def _height(rows: list[Element], starts: list[list[tuple[int, int]]], r: int, column: int) -> int:
    """Return how many rows a cell covers: itself and the cells below that continue it; 0 for a continuing one."""
    merged = _merge(rows[r], starts[r], column)
    if merged != "restart":
        return 0 if merged == "continue" else 1
    height = 1
    while r + height < len(rows) and _merge(rows[r + height], starts[r + height], column) == "continue":
        height += 1
    return height


def _merge(row: Element, starts: list[tuple[int, int]], column: int) -> str:
    for (start, _), tc in zip(starts, ooxml.cells_of(row), strict=True):
        if start == column:
            mark = tc.find(f"{w('tcPr')}/{w('vMerge')}")
            return "" if mark is None else mark.get(w("val"), "continue")
    return ""


def _int(element: Element | None, default: int) -> int:
    value = element.get(w("val"), "") if element is not None else ""
    return ooxml.number_from(value, default)


# ---- notes, headers, footers, text boxes ----------------------------------------------------------------------------


def _notes(document: Document, kind: StoryKind, tables: _Tables) -> list[Story]:
    """Return the notes of a kind in the order they are referred to, then those nothing refers to."""
    package = document.package
    part = package.related(package.main_part, f"{kind}s")
    if not part:
        return []
    root = document.read_part(part)
    tables.plain.update(document.surveys[part].plain)
    elements = {note.get(ooxml.ID, ""): note for note in root.findall(w(kind)) if note.get(w("type")) not in SEPARATORS}
    referred = [e.get(ooxml.ID, "") for e in document.survey.of(w(f"{kind}Reference"))]
    order = [name for name in dict.fromkeys((*referred, *elements)) if name in elements]
    for name in order:
        if not len(elements[name]):  # a note must have a paragraph; new text needs one to stand beside
            elements[name].append(etree.Element(ooxml.P))
    return [Story(kind, part, blocks_in(elements[name], tables), n, name) for n, name in enumerate(order, 1)]


def _headers_and_footers(document: Document, tables: _Tables) -> list[Story]:
    """Return headers, then footers, in the order the sections of the text refer to them."""
    package = document.package
    targets = {r.id: r.target for r in package.relationships(package.main_part) if not r.external}
    found: dict[str, Story] = {}
    kinds: tuple[StoryKind, StoryKind] = ("header", "footer")
    for kind in kinds:
        for section, properties in enumerate(document.survey.of(ooxml.SECT_PR)):
            for reference in properties.findall(w(f"{kind}Reference")):
                part = targets.get(reference.get(f"{{{ooxml.R}}}id", ""), "")
                if not package.has(part):
                    continue
                if part not in found:
                    root = document.read_part(part)
                    tables.plain.update(document.surveys[part].plain)
                    number = sum(1 for story in found.values() if story.kind == kind) + 1
                    found[part] = Story(kind, part, blocks_in(root, tables), number)
                found[part].slots.append((section, reference.get(w("type"), "default")))
    return list(found.values())


def _boxes(document: Document, tables: _Tables) -> list[Story]:
    """Return the text boxes of all parts, each once though the markup may hold it twice."""
    found = list[Story]()
    for part, surveyed in document.surveys.items():
        for content in surveyed.of(BOX):
            if next(content.iterancestors(FALLBACK), None) is not None:
                continue
            host = next(content.iterancestors(ooxml.P), None)
            story = Story("box", part, blocks_in(content, tables), len(found) + 1, host=host)
            _pair_with_twin(story, content)
            found.append(story)
    return found


def _pair_with_twin(story: Story, content: Element) -> None:
    """Give the paragraphs and rows of a text box their twins in the fallback, if that reads the same."""
    alternate = next(content.iterancestors(ALTERNATE), None)
    choice = next((e for e in alternate if e.tag != FALLBACK), None) if alternate is not None else None
    fallback = alternate.find(FALLBACK) if alternate is not None else None
    if choice is None or fallback is None:
        return
    ours, theirs = list(choice.iter(BOX)), list(fallback.iter(BOX))
    if len(ours) != len(theirs) or content not in ours:
        return
    twins = blocks_in(theirs[ours.index(content)])
    pairs = list(zip(lines_in(story.blocks), lines_in(twins), strict=False))
    if len(list(lines_in(twins))) != len(list(story.lines())) or any(a.text != b.text for a, b in pairs):
        return
    for line, twin in pairs:
        line.twin = twin.element
    tables = [(a, b) for a, b in zip(story.blocks, twins, strict=False) if isinstance(a, Table)]
    for table, other in tables:
        if isinstance(other, Table):
            for row, row_twin in zip(table.rows, other.rows, strict=False):
                row.twin = row_twin.element


# ---- names ----------------------------------------------------------------------------------------------------------


def name_paragraphs(document: Document) -> None:
    """Give every paragraph its key, and those with text their number."""
    number = 0
    for story in document.stories:
        key, printed = PREFIXES.get(story.kind, ("p", ""))
        for position, line in enumerate(story.lines(), 1):
            line.key = f"p{position}" if story.kind == "body" else f"{key}{story.number}.{position}"
            if not line.text.strip():
                continue
            if story.kind == "body":
                number += 1
                line.number = str(number)
            else:
                line.number = f"{printed} {story.number}" if position == 1 else f"{printed} {story.number}.{position}"
