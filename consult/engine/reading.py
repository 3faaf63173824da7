"""A draft's bytes -> its numbered paragraphs, and the tree of blocks that copies are aligned with."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from consult.engine import ooxml
from consult.engine.numbering import ListLabels
from consult.engine.ooxml import Element, Piece, w
from consult.engine.package import Package, open_package, parse_xml
from consult.engine.values import ATOM, Alignment, Atom, Cell, Draft, Notice, Paragraph, ParagraphKind, Span
from consult.errors import Invalid

FOOTNOTES = "footnotes"
TITLE_LENGTH = 200
ALIGNMENTS: dict[str, Alignment] = {
    "center": "center",
    "right": "right",
    "end": "right",
    "both": "justify",
    "distribute": "justify",
}
TOGGLES = {"b": "bold", "i": "italic", "strike": "strike", "dstrike": "strike", "caps": "caps", "smallCaps": "caps"}
SEPARATORS = ("separator", "continuationSeparator", "continuationNotice")


@dataclass(slots=True)
class Line:
    """A w:p of a document with its pieces; `key` and `number` once they are given."""

    element: Element
    pieces: list[Piece]
    key: str = ""
    number: str = ""
    cell: Cell | None = None

    @property
    def text(self) -> str:
        """The text as it reads now."""
        return ooxml.text_of(ooxml.visible(self.pieces))


@dataclass(slots=True)
class Table:
    """A w:tbl: its rows, each with cells, each with the blocks in it."""

    element: Element
    rows: list[list[list["Block"]]] = field(default_factory=list)


Block = Line | Table


@dataclass(slots=True)
class Note:
    """A footnote: its id in the part, its printed number (from 1), its paragraphs."""

    id: str
    number: int
    lines: list[Line]


@dataclass(slots=True)
class Document:
    """An opened document: the package, the parsed parts, the blocks of the body, the footnotes in order of reference."""

    package: Package
    root: Element
    body: Element
    blocks: list[Block]
    notes_root: Element | None
    notes_part: str
    notes: list[Note]

    def lines(self) -> Iterator[Line]:
        """Yield all paragraphs: the body's in order, tables row by row, then the footnotes'."""
        yield from lines_in(self.blocks)
        for note in self.notes:
            yield from note.lines


def lines_in(blocks: list[Block]) -> Iterator[Line]:
    """Yield the paragraphs of blocks, those in tables included."""
    for block in blocks:
        if isinstance(block, Line):
            yield block
        else:
            for row in block.rows:
                for cell in row:
                    yield from lines_in(cell)


# ---- opening --------------------------------------------------------------------------------------------------------


def open_document(data: bytes) -> Document:
    """Open a .docx and number its paragraphs. Raises Invalid with a reason code for what is no acceptable .docx."""
    package = open_package(data)
    root = parse_xml(package.read(package.main_part))
    body = root.find(w("body"))
    if body is None:
        raise Invalid("This Word file has no text body. Save it again in Word and upload it anew.", "broken")
    blocks = _blocks(body, _Tables(), None)
    part, notes_root = _footnotes_part(package)
    document = Document(package, root, body, blocks, notes_root, part, _notes(notes_root, blocks))
    _name(document)
    return document


class _Tables:
    """Counts tables in reading order."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> int:
        self.count += 1
        return self.count - 1


def _blocks(container: Element, tables: _Tables, cell: Cell | None) -> list[Block]:
    found: list[Block] = []
    for element in ooxml.blocks_of(container):
        if element.tag == ooxml.P:
            found.append(Line(element, ooxml.pieces_of(element), cell=cell))
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
            cells.append(_blocks(tc, tables, Cell(number, r, column, spanned, height, heading)))
        table.rows.append(cells)
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
    if _merge(rows[r], starts[r], column) != "restart":
        return 0 if _merge(rows[r], starts[r], column) == "continue" else 1
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
    return int(value) if value.isdigit() else default


def _footnotes_part(package: Package) -> tuple[str, Element | None]:
    for relationship in package.relationships(package.main_part):
        if relationship.type.endswith("/footnotes") and package.has(relationship.target):
            return relationship.target, parse_xml(package.read(relationship.target))
    return "", None


def _notes(root: Element | None, blocks: list[Block]) -> list[Note]:
    """Return the footnotes in the order they are referred to, then those nothing refers to."""
    if root is None:
        return []
    elements = {
        note.get(ooxml.ID, ""): note for note in root.findall(w("footnote")) if note.get(w("type")) not in SEPARATORS
    }
    referred = [p.shows for line in lines_in(blocks) for p in line.pieces if p.kind == "footnote"]
    order = [name for name in dict.fromkeys((*referred, *elements)) if name in elements]
    return [
        Note(name, number, [Line(e, ooxml.pieces_of(e)) for e in ooxml.blocks_of(elements[name]) if e.tag == ooxml.P])
        for number, name in enumerate(order, 1)
    ]


def _name(document: Document) -> None:
    """Give every paragraph its key, and those with text their number."""
    number = 0
    for position, line in enumerate(lines_in(document.blocks), 1):
        line.key = f"p{position}"
        if line.text.strip():
            number += 1
            line.number = str(number)
    for note in document.notes:
        for position, line in enumerate(note.lines, 1):
            line.key = f"fn{note.number}.{position}"
            if line.text.strip():
                line.number = f"fn {note.number}" if position == 1 else f"fn {note.number}.{position}"


# ---- values ---------------------------------------------------------------------------------------------------------


def read_draft(data: bytes) -> Draft:
    """Return the draft's paragraphs, numbered. Raises Invalid for what is no acceptable .docx.

    Text this stage does not number (headers, footers, text boxes, endnotes) is named in a notice.
    """
    return describe(open_document(data))


def describe(document: Document) -> Draft:
    """Return an opened document as a Draft."""
    labels = _labels(document.package)
    printed = {note.id: str(note.number) for note in document.notes}
    links = {r.id: r.target for r in document.package.relationships(document.package.main_part) if r.external}
    paragraphs = []
    for index, line in enumerate(document.lines()):
        paragraphs.append(_paragraph(index, line, labels, printed, links))
    return Draft(document.package.sha256, _title(paragraphs), tuple(paragraphs), tuple(notices_of(document)))


def _labels(package: Package) -> ListLabels:
    parts: dict[str, bytes] = {}
    for relationship in package.relationships(package.main_part):
        kind = relationship.type.rsplit("/", 1)[-1]
        if kind in ("numbering", "styles") and package.has(relationship.target):
            parts[kind] = package.read(relationship.target)
    return ListLabels(parts.get("numbering"), parts.get("styles"))


def _paragraph(index: int, line: Line, labels: ListLabels, printed: dict[str, str], links: dict[str, str]) -> Paragraph:
    properties = line.element.find(ooxml.PPR)
    label, list_level = labels.label(properties)
    heading = labels.outline_level(properties)
    kind: ParagraphKind = "body"
    if line.key.startswith("fn"):
        kind = "footnote"
    elif line.cell is not None:
        kind = "cell"
    elif heading:
        kind = "heading"
    elif list_level:
        kind = "list"
    spans, atoms = _spans_and_atoms(line, printed, links)
    return Paragraph(
        index, line.key, line.number, kind, line.text, heading or list_level, label, labels.style_name(properties),
        spans, atoms, line.cell, _alignment(properties),
    )  # fmt: skip


def _alignment(properties: Element | None) -> Alignment:
    mark = properties.find(w("jc")) if properties is not None else None
    return ALIGNMENTS.get(mark.get(w("val"), "") if mark is not None else "", "left")


def _spans_and_atoms(
    line: Line, printed: dict[str, str], links: dict[str, str]
) -> tuple[tuple[Span, ...], tuple[Atom, ...]]:
    spans, atoms, position = list[Span](), list[Atom](), 0
    for piece in ooxml.visible(line.pieces):
        start, position = position, position + len(piece.text)
        if piece.text == ATOM:
            shows = printed.get(piece.shows, piece.shows) if piece.kind == "footnote" else piece.shows
            atoms.append(Atom(start, piece.kind, shows))
        elif piece.text:
            formats, link = _formats(piece.elements[0]), _link(piece.elements[0], links)
            if spans and spans[-1].end == start and (spans[-1].formats, spans[-1].link) == (formats, link):
                spans[-1] = Span(spans[-1].start, position, formats, link)
            else:
                spans.append(Span(start, position, formats, link))
    return tuple(spans), tuple(atoms)


def _formats(run: Element) -> frozenset[str]:
    properties = run.find(ooxml.RPR)
    if properties is None:
        return frozenset()
    found = set()
    for child in properties:
        name, value = etree.QName(child).localname, child.get(w("val"), "")
        if name in TOGGLES and value not in ("0", "false", "off"):
            found.add(TOGGLES[name])
        elif name == "u" and value != "none":
            found.add("underline")
        elif name == "vertAlign" and value in ("superscript", "subscript"):
            found.add(value)
    return frozenset(found)


def _link(run: Element, links: dict[str, str]) -> str:
    parent = run.getparent()
    while parent is not None and parent.tag != ooxml.P:
        if parent.tag == ooxml.HYPERLINK:
            return links.get(parent.get(f"{{{ooxml.R}}}id", ""), "")
        parent = parent.getparent()
    return ""


def _title(paragraphs: list[Paragraph]) -> str:
    """Return the first title or heading, else the first paragraph with text, shortened."""
    with_text = [p for p in paragraphs if p.number and p.kind != "footnote"]
    best = next((p for p in with_text if p.style.lower() == "title"), None)
    best = best or next((p for p in with_text if p.kind == "heading"), None) or (with_text[0] if with_text else None)
    text = " ".join(best.text.replace(ATOM, "").split()) if best else ""
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"


# ---- what is not numbered -------------------------------------------------------------------------------------------


STORIES = {"header": "header", "footer": "footer", "endnotes": "endnote"}


def other_texts(document: Document) -> dict[str, list[Element]]:
    """Return the paragraphs outside the numbered text: kind of place (header, footer, endnote, text box) -> w:p."""
    found: dict[str, list[Element]] = {"text box": _boxed(document.root)}
    for relationship in document.package.relationships(document.package.main_part):
        place = STORIES.get(relationship.type.rsplit("/", 1)[-1])
        if place and not relationship.external and document.package.has(relationship.target):
            root = parse_xml(document.package.read(relationship.target))
            found.setdefault(place, []).extend(root.iter(ooxml.P))
    return {place: elements for place, elements in found.items() if elements}


def _boxed(root: Element) -> list[Element]:
    """Return the paragraphs in text boxes, once for each box though the markup holds each twice."""
    found = list[Element]()
    for content in root.iter(w("txbxContent")):
        if not any(a.tag == f"{{{ooxml.MC}}}Fallback" for a in content.iterancestors()):
            found.extend(content.iter(ooxml.P))
    return found


def notices_of(document: Document) -> Iterator[Notice]:
    """Yield what a person should know about a draft: text that is not numbered, changes and comments it already has."""
    for place, elements in other_texts(document).items():
        if any(ooxml.text_of(ooxml.pieces_of(e)).replace(ATOM, "").strip() for e in elements):
            yield Notice(
                "not-numbered",
                f"The draft has text in a {place}. It is kept as it is, but cannot be commented on by number.",
            )
    if any(piece.view != "plain" for line in document.lines() for piece in line.pieces):
        yield Notice(
            "has-changes",
            "The draft itself has tracked changes. They are kept as they are; comments are on the text as it now reads.",
            severity="attention",
        )
