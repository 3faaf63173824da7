"""Paragraphs -> safe HTML for pages. Every character is escaped; only the few tags named here can come out.

For selecting words in the browser, every stretch of text stands in `<span data-at="N">`, N being the position of its
first character in the paragraph's text. An atom, a tab, a line break and a character that is shown by its code stand in
a span of their own with `data-width="1"`, whatever they show. So a script finds the offset of a selection as data-at plus
the offset inside the span.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from consult.engine.values import ATOM, Paragraph, Span
from consult.engine.wording import Change

TAGS = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strike": "s",
    "superscript": "sup",
    "subscript": "sub",
}
SAFE_LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
# What changes the direction or cannot be seen could make a text look like another one: it is shown.
HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
SPECIAL = re.compile(f"([\t\n{ATOM}]|{HIDDEN.pattern})")
ATOM_WORDS = {"image": "picture", "object": "object", "equation": "equation", "symbol": "symbol", "break": "page break"}


@dataclass(frozen=True, slots=True)
class RenderedParagraph:
    """A paragraph for a page: `html` is its text, `tag` what it should stand in (h2 to h6, p, li)."""

    paragraph: Paragraph
    html: str
    tag: str


@dataclass(frozen=True, slots=True)
class RenderedCell:
    """A cell of a table: its blocks and how far it reaches."""

    blocks: tuple["RenderedParagraph | RenderedTable", ...]
    colspan: int
    rowspan: int
    heading: bool


@dataclass(frozen=True, slots=True)
class RenderedTable:
    """A table for a page."""

    rows: tuple[tuple[RenderedCell, ...], ...]


RenderedBlock = RenderedParagraph | RenderedTable


def render_draft(paragraphs: Sequence[Paragraph]) -> tuple[RenderedBlock, ...]:
    """Return the blocks of a draft in order, cell paragraphs gathered into tables, footnotes last."""
    blocks: list[RenderedBlock] = []
    position = 0
    while position < len(paragraphs):
        cell = paragraphs[position].cell
        if cell is None:
            blocks.append(_rendered(paragraphs[position]))
            position += 1
            continue
        end = position
        while end < len(paragraphs) and _in_table(paragraphs[end], cell.table):
            end += 1
        blocks.append(_table(paragraphs[position:end], cell.table))
        position = end
    return tuple(blocks)


def _in_table(paragraph: Paragraph, table: int) -> bool:
    """Return whether a paragraph belongs to a table or to one nested in it: those have higher numbers."""
    return paragraph.cell is not None and paragraph.cell.table >= table


def _rendered(paragraph: Paragraph) -> RenderedParagraph:
    tag = "p"
    if paragraph.kind == "heading":
        tag = f"h{min(paragraph.level + 1, 6)}"
    elif paragraph.label:
        tag = "li"
    return RenderedParagraph(paragraph, render_paragraph(paragraph), tag)


def _table(paragraphs: Sequence[Paragraph], table: int) -> RenderedTable:
    """Return a table of its paragraphs. What belongs to tables nested in a cell stands in that cell as plain blocks."""
    rows: dict[int, dict[int, list[Paragraph]]] = {}
    row = column = 0
    for paragraph in paragraphs:
        cell = paragraph.cell
        if cell is not None and cell.table == table:
            row, column = cell.row, cell.column
        rows.setdefault(row, {}).setdefault(column, []).append(paragraph)
    rendered = []
    for cells in rows.values():
        found = [_cell(inside, table) for inside in cells.values()]
        rendered.append(tuple(cell for cell in found if cell.rowspan))
    return RenderedTable(tuple(rendered))


def _cell(paragraphs: Sequence[Paragraph], table: int) -> RenderedCell:
    own = next((p.cell for p in paragraphs if p.cell is not None and p.cell.table == table), None)
    blocks = tuple(_rendered(p) for p in paragraphs)
    if own is None:
        return RenderedCell(blocks, 1, 1, False)
    return RenderedCell(blocks, own.columns_spanned, own.rows_spanned, own.heading_row)


def render_paragraph(paragraph: Paragraph) -> str:
    """Return a paragraph's text as HTML, formatted as in the draft."""
    atoms = {atom.offset: atom for atom in paragraph.atoms}
    parts = []
    for span in _covering(paragraph):
        inner, position = [], span.start
        for piece in SPECIAL.split(paragraph.text[span.start : span.end]):
            if piece == ATOM:
                atom = atoms.get(position)
                inner.append(_atom(position, atom.kind if atom else "object", atom.shows if atom else ""))
            elif piece in ("\t", "\n"):
                shown = "<br>" if piece == "\n" else "\u2003"
                inner.append(f'<span data-at="{position}" data-width="1">{shown}</span>')
            elif HIDDEN.fullmatch(piece):
                inner.append(
                    f'<span data-at="{position}" data-width="1" class="hidden-character">{_code(piece)}</span>'
                )
            elif piece:
                inner.append(f'<span data-at="{position}">{visible_text(piece)}</span>')
            position += len(piece)
        parts.append(_wrapped("".join(inner), span))
    return "".join(parts)


def _covering(paragraph: Paragraph) -> Iterator[Span]:
    """Yield the spans of a paragraph and plain ones for what lies between them."""
    position = 0
    for span in paragraph.spans:
        if span.start > position:
            yield Span(position, span.start)
        yield span
        position = span.end
    if position < len(paragraph.text):
        yield Span(position, len(paragraph.text))


def _wrapped(html: str, span: Span) -> str:
    for name, tag in TAGS.items():
        if name in span.formats:
            html = f"<{tag}>{html}</{tag}>"
    if span.link and SAFE_LINK.match(span.link):
        html = f'<a href="{escape(span.link)}" rel="noopener noreferrer" target="_blank">{html}</a>'
    return html


def _atom(position: int, kind: str, shows: str) -> str:
    opening = f'<span data-at="{position}" data-width="1"'
    if kind == "footnote" and shows.isdigit():
        return f'{opening}><sup><a href="#p-fn-{shows}" class="note-mark">{shows}</a></sup></span>'
    if kind in ("field", "endnote"):
        return f'{opening} class="atom">{visible_text(shows) or "field"}</span>'
    return f'{opening} class="atom">[{ATOM_WORDS.get(kind, "object")}]</span>'


def visible_text(text: str) -> str:
    """Return text escaped, with characters that hide or turn text shown by their code."""
    return HIDDEN.sub(lambda m: f'<span class="hidden-character">{_code(m.group())}</span>', escape(text))


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


def render_changes(changes: Sequence[Change]) -> str:
    """Return inserted and deleted words as <ins> and <del>, with words for those who do not see them."""
    parts = []
    for change in changes:
        shown = visible_text(change.text).replace(ATOM, '<span class="atom">[*]</span>').replace("\n", "<br>")
        if change.kind == "same":
            parts.append(shown)
        else:
            tag = "ins" if change.kind == "inserted" else "del"
            parts.append(f'<{tag}><span class="visually-hidden">{change.kind}: </span>{shown}</{tag}>')
    return "".join(parts)


def anchor_of(paragraph: Paragraph) -> str:
    """Return the id a paragraph has on the page: p-12, p-fn-1."""
    return anchor_of_number(paragraph.number)


def anchor_of_number(number: str) -> str:
    """Return the id that the paragraph with a printed number has on the page, "" for none."""
    return "p-" + re.sub(r"[^a-z0-9]+", "-", number.lower()) if number else ""
