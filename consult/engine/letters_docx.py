"""A letter on paper as a Word file: head to the right, a mark on every page, paragraphs, without clock or name."""

from collections.abc import Sequence

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

from consult.engine import ooxml
from consult.engine.tables_docx import fixed


def write_letter_docx(
    title: str, *, mark: str = "", head: Sequence[str] = (), subject: Sequence[str] = (), paragraphs: Sequence[str] = ()
) -> bytes:
    """Return a portrait A4 letter: `head` at the right, the first line bold; `subject` bold; then the paragraphs.

    A line break in a paragraph stays one. The mark stands at the right above every page. The same input gives the same bytes.
    """
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.2)
    document.styles["Normal"].font.size = Pt(11)
    if mark:
        above = section.header.paragraphs[0]
        above.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        above.add_run(ooxml.printable(mark)).bold = True
    for number, line in enumerate(head):
        _add(document, line, bold=not number, right=True)
    document.add_paragraph()
    for number, line in enumerate(subject, 1):
        _add(document, line, bold=True, after=8 if number == len(subject) else 0)
    for text in paragraphs:
        _add(document, text, after=8)
    return fixed(document, title)


def _add(document: Document, text: str, *, bold: bool = False, right: bool = False, after: int = 0) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(after)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for number, line in enumerate(ooxml.printable(text).split("\n")):
        run = paragraph.add_run()
        run.bold = bold or None
        if number:
            run.add_break()
        run.add_text(line)
