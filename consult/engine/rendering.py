"""Paragraphs -> safe HTML for pages. Every character is escaped; only the few tags named here can come out.

For selecting words in the browser, every stretch of text stands in `<span data-at="N">`, N being the position of its
first character in the paragraph's text. An atom, a tab, a line break and a character that is shown by its code stand in
a span of their own with `data-width="1"`, whatever they show. So a script finds the offset of a selection as data-at plus
the offset inside the span.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from consult.engine.values import ATOM, Atom, Paragraph, Span
from consult.engine.wording import Change

TAGS = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strike": "s",
    "superscript": "sup",
    "subscript": "sub",
    "inserted": "ins",
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
    """A table for a page. `paragraphs` are all in it, those of tables in it too; `hidden` stand in cells that others cover."""

    rows: tuple[tuple[RenderedCell, ...], ...]
    paragraphs: tuple[RenderedParagraph, ...] = ()
    hidden: tuple[RenderedParagraph, ...] = ()


RenderedBlock = RenderedParagraph | RenderedTable


def render_draft(paragraphs: Sequence[Paragraph], pictures: str = "") -> tuple[RenderedBlock, ...]:
    """Return the blocks of a draft in order, cell paragraphs gathered into tables, footnotes last.

    `pictures` is the address under which pictures are found by their digests; without one a picture is a word.
    """
    return _blocks(paragraphs, -1, pictures)


def _blocks(paragraphs: Sequence[Paragraph], outer: int, pictures: str) -> tuple[RenderedBlock, ...]:
    """Return what stands in a draft, or in a cell of the table `outer`."""
    blocks, position = list[RenderedBlock](), 0
    while position < len(paragraphs):
        end = _end_of_table(paragraphs, position, outer)
        if end == position:
            blocks.append(_rendered(paragraphs[position], pictures))
            end = position + 1
        else:
            blocks.append(_table(paragraphs[position:end], pictures))
        position = end
    return tuple(blocks)


def _end_of_table(paragraphs: Sequence[Paragraph], start: int, outer: int) -> int:
    """Return where the table that begins at `start` ends; `start` where none begins.

    Tables are counted in reading order, and behind a nested one its cell goes on: so of neighbouring cell paragraphs
    those up to the last one of the lowest number, whatever stands between, belong to one table. Paragraphs of the table
    `outer` belong to no table in it.
    """
    end = start
    while end < len(paragraphs) and _table_of(paragraphs[end]) > outer:
        end += 1
    if end == start:
        return start
    lowest = min(_table_of(paragraph) for paragraph in paragraphs[start:end])
    return max(n for n in range(start, end) if _table_of(paragraphs[n]) == lowest) + 1


def _table_of(paragraph: Paragraph) -> int:
    return paragraph.cell.table if paragraph.cell is not None else -1


def _rendered(paragraph: Paragraph, pictures: str) -> RenderedParagraph:
    tag = "p"
    if paragraph.kind == "heading":
        tag = f"h{min(paragraph.level + 1, 6)}"
    elif paragraph.label:
        tag = "li"
    return RenderedParagraph(paragraph, render_paragraph(paragraph, pictures), tag)


def _table(paragraphs: Sequence[Paragraph], pictures: str) -> RenderedTable:
    """Return a table of its paragraphs, the last of which is its own. Those of a nested table precede one of its cell."""
    number = _table_of(paragraphs[-1])
    rows: dict[int, dict[int, list[Paragraph]]] = {}
    waiting: list[Paragraph] = []
    for paragraph in paragraphs:
        waiting.append(paragraph)
        cell = paragraph.cell
        if cell is not None and cell.table == number:
            rows.setdefault(cell.row, {}).setdefault(cell.column, []).extend(waiting)
            waiting = []
    rendered, shown, hidden = list[tuple[RenderedCell, ...]](), list[RenderedParagraph](), list[RenderedParagraph]()
    for cells in rows.values():
        found = [_cell(inside, number, pictures) for inside in cells.values()]
        rendered.append(tuple(one for one in found if one.rowspan))
        for rendered_cell in found:
            (shown if rendered_cell.rowspan else hidden).extend(_paragraphs_in(rendered_cell.blocks))
    return RenderedTable(tuple(rendered), tuple(shown), tuple(hidden))


def _paragraphs_in(blocks: Sequence[RenderedBlock]) -> Iterator[RenderedParagraph]:
    """Yield all paragraphs of blocks; those that a table in them covers are shown like the others."""
    for block in blocks:
        if isinstance(block, RenderedParagraph):
            yield block
        else:
            yield from block.paragraphs
            yield from block.hidden


def _cell(paragraphs: Sequence[Paragraph], table: int, pictures: str) -> RenderedCell:
    own = paragraphs[-1].cell
    assert own is not None
    return RenderedCell(_blocks(paragraphs, table, pictures), own.columns_spanned, own.rows_spanned, own.heading_row)


def render_paragraph(paragraph: Paragraph, pictures: str = "") -> str:
    """Return a paragraph's text as HTML, formatted as in the draft, its own tracked changes as <ins> and <del>."""
    atoms = {atom.offset: atom for atom in paragraph.atoms}
    removed = list(paragraph.removed)
    parts = []
    for span in _covering(paragraph):
        inner, position = [], span.start
        while removed and removed[0].offset <= span.start:
            parts.append(_deleted(removed.pop(0).shows))
        for piece in SPECIAL.split(paragraph.text[span.start : span.end]):
            if piece == ATOM:
                inner.append(_atom(position, atoms.get(position, Atom(position, "object")), pictures))
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
    parts += [_deleted(words.shows) for words in removed]
    return "".join(parts)


def _deleted(text: str) -> str:
    """Return words that the draft itself deletes: they have no place in its text."""
    return f'<del class="own-change">{visible_text(text).replace(ATOM, "[*]")}</del>'


def _covering(paragraph: Paragraph) -> Iterator[Span]:
    """Yield the spans of a paragraph and plain ones for what lies between them, cut where words are deleted."""
    position = 0
    for span in paragraph.spans:
        if span.start > position:
            yield from _cut(Span(position, span.start), paragraph)
        yield from _cut(span, paragraph)
        position = span.end
    if position < len(paragraph.text):
        yield from _cut(Span(position, len(paragraph.text)), paragraph)


def _cut(span: Span, paragraph: Paragraph) -> Iterator[Span]:
    start = span.start
    for place in dict.fromkeys(words.offset for words in paragraph.removed if span.start < words.offset < span.end):
        yield replace(span, start=start, end=place)
        start = place
    yield replace(span, start=start) if start != span.start else span


def _wrapped(html: str, span: Span) -> str:
    for name, tag in TAGS.items():
        if name in span.formats:
            html = f"<{tag}>{html}</{tag}>"
    if span.link and SAFE_LINK.match(span.link):
        html = f'<a href="{escape(span.link)}" rel="noopener noreferrer" target="_blank">{html}</a>'
    return html


def _atom(position: int, atom: Atom, pictures: str) -> str:
    opening = f'<span data-at="{position}" data-width="1"'
    if atom.kind == "footnote" and atom.shows.isdigit():
        return f'{opening}><sup><a href="#p-fn-{atom.shows}" class="note-mark">{atom.shows}</a></sup></span>'
    if atom.kind == "endnote" and atom.shows.isdigit():
        return f'{opening}><sup><a href="#p-en-{atom.shows}" class="note-mark">{atom.shows}</a></sup></span>'
    if atom.kind in ("field", "endnote"):
        return f'{opening} class="atom">{visible_text(atom.shows) or "field"}</span>'
    words = _bare(atom.words)
    if atom.picture and pictures:
        image = f'<img src="{escape(pictures + atom.picture)}" alt="{words}" loading="lazy">'
        told = f'<span class="picture-words" aria-hidden="true">{words}</span>' if words else ""
        return f'{opening} class="atom picture">{image}{told}</span>'
    kind = ATOM_WORDS.get(atom.kind, "object")
    return f'{opening} class="atom">[{kind}{": " if words else ""}{words}]</span>'


def _bare(text: str) -> str:
    """Return text escaped for an attribute, with characters that hide or turn text as their codes."""
    return HIDDEN.sub(lambda m: _code(m.group()), escape(text))


def visible_text(text: str) -> str:
    """Return text escaped, with characters that hide or turn text shown by their code."""
    return HIDDEN.sub(lambda m: f'<span class="hidden-character">{_code(m.group())}</span>', escape(text))


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


ALOUD = {"inserted": "inserted", "deleted": "deleted"}


def render_changes(changes: Sequence[Change], aloud: Mapping[str, str] = ALOUD, language: str = "en") -> str:
    """Return inserted and deleted words as <ins> and <del>, with words for those who do not see them.

    `aloud` are these words in a language; the text is in one that nobody knows.
    """
    parts = []
    for change in changes:
        shown = visible_text(change.text).replace(ATOM, '<span class="atom">[*]</span>').replace("\n", "<br>")
        if change.kind == "same":
            parts.append(shown)
        else:
            tag, told = "ins" if change.kind == "inserted" else "del", visible_text(aloud[change.kind])
            parts.append(f'<{tag}><span class="visually-hidden" lang="{language}">{told}: </span>{shown}</{tag}>')
    return "".join(parts)


def anchor_of(paragraph: Paragraph) -> str:
    """Return the id a paragraph has on the page: p-12, p-fn-1."""
    return anchor_of_number(paragraph.number)


def anchor_of_number(number: str) -> str:
    """Return the id that the paragraph with a printed number has on the page, "" for none."""
    return "p-" + re.sub(r"[^a-z0-9]+", "-", number.lower()) if number else ""
