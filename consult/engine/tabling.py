"""The comment matrix as .docx and .xlsx: the ISO/IEC comment form, with our own columns to its right."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import docx
import xlsxwriter
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.ooxml import Element, w
from consult.engine.values import ATOM, Consolidation, Draft, EditKind, MatrixHead, MatrixRow, Paragraph
from consult.engine.zipping import inflate, read_directory, write_zip

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
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # same input, same bytes: no clock in the file


def _values(row: MatrixRow) -> list[str]:
    return [ooxml.printable(getattr(row, name)) for _, name, _ in COLUMNS]


def _head_lines(head: MatrixHead) -> list[str]:
    lines = [f"Date: {head.date}", f"Document: {head.document}", f"Project Nr.: {head.project}"]
    return [ooxml.printable(line) for line in (*lines, *(f"{name}: {value}" for name, value in head.extra.items()))]


# ---- Excel ----------------------------------------------------------------------------------------------------------


def write_matrix_xlsx(head: MatrixHead, rows: Sequence[MatrixRow]) -> bytes:
    """Return the matrix as a workbook. Every cell is text as it was written: nothing in it can run as a formula."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": EPOCH.replace(tzinfo=None)})
    sheet = book.add_worksheet("Comments")
    title, text = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "border": 1, "bg_color": "#E6E9EE"})
    lines = _head_lines(head)
    for number, line in enumerate(lines):
        sheet.write_string(number, 0, line, title)
    top = len(lines) + 1
    for column, (name, _, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width * 5)
        sheet.write_string(top, column, name, header)
    for number, row in enumerate(rows, top + 1):
        for column, value in enumerate(_values(row)):
            sheet.write_string(number, column, value[:32_767], text)  # a cell of Excel holds no more
    sheet.freeze_panes(top + 1, 0)
    sheet.autofilter(top, 0, top + max(len(rows), 1), len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(top)
    sheet.fit_to_pages(1, 0)
    book.close()
    return buffer.getvalue()


# ---- Word -----------------------------------------------------------------------------------------------------------


def write_matrix_docx(head: MatrixHead, rows: Sequence[MatrixRow]) -> bytes:
    """Return the matrix as a Word table, landscape, its header row on every page."""
    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    section.left_margin = section.right_margin = Cm(0.8)
    section.top_margin = section.bottom_margin = Cm(1.2)
    document.styles["Normal"].font.size = Pt(8)
    for line in _head_lines(head):
        document.add_paragraph().add_run(line).bold = True
    table = document.add_table(rows=0, cols=len(COLUMNS), style="Table Grid")
    table.autofit = False
    for column, (_, _, width) in zip(table.columns, COLUMNS, strict=True):
        column.width = Cm(width)
    # Row by row in XML: the cells of a python-docx table cost more the longer it is.
    table._tbl.append(_row([name for name, _, _ in COLUMNS], heading=True))
    for row in rows:
        table._tbl.append(_row(_values(row)))
    return _fixed(document)


def _row(values: Sequence[str], heading: bool = False) -> Element:
    row = etree.SubElement(etree.Element(ooxml.TBL), ooxml.TR)
    properties = etree.SubElement(row, w("trPr"))
    etree.SubElement(properties, w("cantSplit"))
    if heading:
        etree.SubElement(properties, w("tblHeader"))
    for value, (_, _, width) in zip(values, COLUMNS, strict=True):
        cell = etree.SubElement(row, ooxml.TC)
        size = etree.SubElement(etree.SubElement(cell, w("tcPr")), w("tcW"))
        size.set(w("w"), str(round(width * 567)))
        size.set(w("type"), "dxa")
        bold = None
        if heading:
            bold = etree.Element(ooxml.RPR)
            etree.SubElement(bold, w("b"))
        for text in value.split("\n"):
            paragraph = etree.SubElement(cell, ooxml.P)
            spacing = etree.SubElement(etree.SubElement(paragraph, ooxml.PPR), w("spacing"))
            spacing.set(w("after"), "0")
            if text:
                paragraph.append(runs.make_run(text, bold))
    return row


def _fixed(document: Document) -> bytes:
    """Return the document's bytes without the clock, and without the properties of the template it came from."""
    core = document.core_properties
    core.author = core.last_modified_by = core.comments = core.keywords = ""
    core.title, core.created, core.modified = "Comment matrix", EPOCH.replace(tzinfo=None), EPOCH.replace(tzinfo=None)
    for text in document.element.iter(qn("w:tblLook")):
        text.attrib.clear()
        text.set(qn("w:val"), "04A0")
    for zoom in document.settings.element.iter(w("zoom")):
        zoom.set(w("percent"), "100")  # required; the library's template lacks it
    buffer = io.BytesIO()
    document.save(buffer)
    data = buffer.getvalue()
    # Packed once more: the library stamps each member with the time of day.
    return write_zip(b"", (), {member.name: inflate(data, member) for member in read_directory(data)})


# ---- rows from a merge ----------------------------------------------------------------------------------------------


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
