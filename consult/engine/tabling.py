"""The comment matrix: the columns of the ISO/IEC comment form with our own to their right, and the rows of a merge."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from consult.engine import ooxml
from consult.engine.proposing import ATOM_TOLD, told_change
from consult.engine.values import ATOM, Consolidation, Draft, MatrixHead, MatrixRow, Paragraph, Remark

COLUMNS = (
    ("MB/NC", "code", 1.7),
    ("Line number", "line", 1.8),
    ("Clause/ Subclause", "clause", 2.6),
    ("Paragraph/ Figure/ Table", "place", 2.2),
    ("Type of comment", "type", 2.0),
    ("Comments", "comment", 5.0),
    ("Proposed change", "proposed_change", 5.0),
    ("Observations of the secretariat", "observations", 2.8),
    ("No.", "number", 1.0),
    ("Decision", "decision", 1.8),
    ("Supported by", "supported_by", 2.2),
)  # widths in centimetres: together the 28.1 between the margins of a landscape A4 page
LONGEST_CELL = 32_767  # a cell of Excel holds no more
EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # same input, same bytes: no clock in the file


def cell_text(text: str) -> str:
    """Return a text as it stands in a cell of a workbook."""
    return ooxml.printable(text)[:LONGEST_CELL]


def values_of(row: MatrixRow) -> list[str]:
    """Return what stands in the columns of a row."""
    return [ooxml.printable(getattr(row, name)) for _, name, _ in COLUMNS]


def head_lines(head: MatrixHead) -> list[str]:
    """Return what stands above the table."""
    lines = [f"Date: {head.date}", f"Document: {head.document}", f"Project Nr.: {head.project}"]
    return [ooxml.printable(line) for line in (*lines, *(f"{name}: {value}" for name, value in head.extra.items()))]


def matrix_rows(draft: Draft, made: Consolidation) -> tuple[MatrixRow, ...]:
    """Return the rows for what a merge of copies contains: one for each change and organisation, one for each comment."""
    paragraphs = {p.key: p for p in draft.paragraphs}
    headings = headings_of(draft)
    found: list[tuple[tuple[int, int, str], MatrixRow]] = []
    for edit in made.edits:
        for name in edit.organisations:
            others = "; ".join(o for o in edit.organisations if o != name)
            p = paragraphs[edit.paragraph]
            change = told_change(edit, p.text)
            row = MatrixRow(name, p.number, headings[p.key], _place(p, draft), "te", "", change, supported_by=others)
            found.append(((p.index, edit.start, name), row))
    for remark in made.remarks:
        where = paragraphs.get(remark.paragraph)
        row = MatrixRow(
            remark.organisation,
            _lines(remark, where, paragraphs),
            headings[where.key] if where else "General",
            _place(where, draft) if where else "",
            "te" if where else "ge",
            _on(remark, where) + remark.text,
            "",
        )
        found.append(((where.index if where else -1, remark.start, remark.organisation), row))
    found.sort(key=lambda item: item[0])
    return tuple(replace(row, number=str(number)) for number, (_, row) in enumerate(found, 1))


def _lines(remark: Remark, where: Paragraph | None, paragraphs: Mapping[str, Paragraph]) -> str:
    """Return the number of the paragraph a remark stands on, or of the first and last one."""
    last = paragraphs.get(remark.last_paragraph)
    if where is None or last is None or last is where or not where.number or not last.number:
        return where.number if where else ""
    return f"{where.number}-{last.number}"


def _on(remark: Remark, where: Paragraph | None) -> str:
    """Return the words a remark stands on, and which of several equal ones they are."""
    words = where.text[remark.start : remark.end].replace(ATOM, ATOM_TOLD) if where and not remark.inserted else ""
    if not words or where is None:
        return f"On “{remark.quote}”: " if remark.quote else ""
    before = [m.start() for m in re.finditer(f"(?={re.escape(words)})", where.text)]
    which = f" ({before.index(remark.start) + 1})" if len(before) > 1 and remark.start in before else ""
    return f"On “{words}”{which}: "


def _place(paragraph: Paragraph, draft: Draft) -> str:
    return place_of(paragraph) if paragraph.number else empty_place(draft.paragraphs, paragraph)


def headings_of(draft: Draft) -> dict[str, str]:
    """Return for each paragraph the heading it stands under."""
    headings, heading = {}, ""
    for paragraph in draft.paragraphs:
        if paragraph.kind == "heading":
            heading = " ".join(part for part in (paragraph.label, paragraph.text) if part)[:120]
        headings[paragraph.key] = "" if paragraph.kind == "footnote" else heading
    return headings


def empty_place(paragraphs: Sequence[Paragraph], empty: Paragraph) -> str:
    """Return the words for a paragraph without text, which has no number."""
    before = [p for p in paragraphs if p.index < empty.index]
    last = next((p for p in reversed(before) if p.number), None)
    count = sum(1 for p in before if not p.number and (last is None or p.index > last.index)) + 1
    return f"{count}. empty paragraph after {last.number}" if last else f"{count}. empty paragraph at the beginning"


PLACES = {"body": "Paragraph", "heading": "Heading", "list": "List item", "footnote": "Footnote"}


def place_of(paragraph: Paragraph) -> str:
    """Return where a paragraph stands in the form's words: Paragraph 12, Table 1, row 2, Footnote 1."""
    if paragraph.cell is not None:
        return f"Table {paragraph.cell.table + 1}, row {paragraph.cell.row + 1}"
    return f"{PLACES.get(paragraph.kind, 'Paragraph')} {paragraph.number.removeprefix('fn ')}".strip()
