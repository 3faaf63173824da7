"""The comment matrix: the columns of the ISO/IEC comment form with our own to their right, and the rows of a merge."""

from dataclasses import replace
from datetime import UTC, datetime

from consult.engine import ooxml
from consult.engine.values import ATOM, Consolidation, Draft, EditKind, MatrixHead, MatrixRow, Paragraph

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
EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # same input, same bytes: no clock in the file


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
            change = told_change(edit.kind, edit.old, edit.new, edit.before)
            p = paragraphs[edit.paragraph]
            row = MatrixRow(name, p.number, headings[p.key], place_of(p), "te", "", change, supported_by=others)
            found.append(((p.index, edit.start, name), row))
    for remark in made.remarks:
        where = paragraphs.get(remark.paragraph)
        quote = f"On “{remark.quote}”: " if remark.quote else ""
        row = MatrixRow(
            remark.organisation,
            where.number if where else "",
            headings[where.key] if where else "General",
            place_of(where) if where else "",
            "te" if where else "ge",
            quote + remark.text,
            "",
        )
        found.append(((where.index if where else -1, remark.start, remark.organisation), row))
    found.sort(key=lambda item: item[0])
    return tuple(replace(row, number=str(number)) for number, (_, row) in enumerate(found, 1))


def headings_of(draft: Draft) -> dict[str, str]:
    """Return for each paragraph the heading it stands under."""
    headings, heading = {}, ""
    for paragraph in draft.paragraphs:
        if paragraph.kind == "heading":
            heading = " ".join(part for part in (paragraph.label, paragraph.text) if part)[:120]
        headings[paragraph.key] = "" if paragraph.kind == "footnote" else heading
    return headings


PLACES = {"body": "Paragraph", "heading": "Heading", "list": "List item", "footnote": "Footnote"}


def place_of(paragraph: Paragraph) -> str:
    """Return where a paragraph stands in the form's words: Paragraph 12, Table 1, row 2, Footnote 1."""
    if paragraph.cell is not None:
        return f"Table {paragraph.cell.table + 1}, row {paragraph.cell.row + 1}"
    return f"{PLACES.get(paragraph.kind, 'Paragraph')} {paragraph.number.removeprefix('fn ')}".strip()


def told_change(kind: EditKind, old: str, new: str, before: bool = False) -> str:
    """Return a change in exact words."""
    old, new = (text.replace(ATOM, "[*]").strip() for text in (old, new))
    return {
        "paragraph-deleted": f"Delete the paragraph: “{old}”",
        "paragraph-inserted": f"Add a paragraph {'before' if before else 'after'} this one: “{new}”",
        "insert": f"Insert “{new}”",
        "delete": f"Delete “{old}”",
        "replace": f"Replace “{old}” by “{new}”",
    }[kind]
