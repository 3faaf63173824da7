"""Tables as Word files: landscape, their header row on every page, without clock or name."""

import io
from collections.abc import Sequence

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.ooxml import Element, w
from consult.engine.tabling import EPOCH
from consult.engine.zipping import inflate, read_directory, write_zip

Column = tuple[str, float]  # what stands above it, and how wide it is in centimetres


def write_table_docx(
    title: str,
    lines: Sequence[str],
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    facts: Sequence[tuple[str, str]] = (),
    closing: Sequence[str] = (),
) -> bytes:
    """Return a Word file with these lines in bold, facts by name, and the table; a line break in a cell is a new paragraph.

    `closing` stands below the table.
    """
    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    section.left_margin = section.right_margin = Cm(0.8)
    section.top_margin = section.bottom_margin = Cm(1.2)
    document.styles["Normal"].font.size = Pt(8)
    for line in lines:
        document.add_paragraph().add_run(ooxml.printable(line)).bold = True
    for name, value in facts:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.add_run(f"{ooxml.printable(name)}: ").bold = True
        paragraph.add_run(ooxml.printable(value))
    if facts:
        paragraph.paragraph_format.space_after = Pt(10)
    table = document.add_table(rows=0, cols=len(columns), style="Table Grid")
    table.autofit = False
    for column, (_, width) in zip(table.columns, columns, strict=True):
        column.width = Cm(width)
    # Row by row in XML: the cells of a python-docx table cost more the longer it is.
    table._tbl.append(_row([name for name, _ in columns], columns, heading=True))
    for row in rows:
        table._tbl.append(_row([ooxml.printable(value) for value in row], columns))
    for line in closing:
        paragraph = document.add_paragraph(ooxml.printable(line))
        paragraph.paragraph_format.space_before = Pt(12)
    return fixed(document, title)


def _row(values: Sequence[str], columns: Sequence[Column], heading: bool = False) -> Element:
    row = etree.SubElement(etree.Element(ooxml.TBL), ooxml.TR)
    properties = etree.SubElement(row, w("trPr"))
    etree.SubElement(properties, w("cantSplit"))
    if heading:
        etree.SubElement(properties, w("tblHeader"))
    for value, (_, width) in zip(values, columns, strict=True):
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


def fixed(document: Document, title: str) -> bytes:
    """Return the document's bytes without the clock, and without the properties of the template it came from."""
    core = document.core_properties
    core.author = core.last_modified_by = core.comments = core.keywords = ""
    core.title, core.created, core.modified = title, EPOCH, EPOCH
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
