"""A small language for documents in tests: lines of text in, .docx bytes out, and hands that edit them.

draft("# Scope", "The Parties shall act.", "* a bullet", [["cell", "cell"], ["cell", "cell"]], "text^ with a note")

"""

import io
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import docx
from docx.oxml.ns import qn
from lxml import etree

from consult import engine
from consult.demo_draft import _add_footnote
from consult.engine import ooxml, runs
from consult.engine.package import open_package, parse_xml
from consult.engine.serializing import to_bytes

Line = str | Sequence[Sequence[str]]
FIXED = "2026-11-20T10:00:00Z"


def draft(*lines: Line) -> bytes:
    """Return a document: "# " heading, "* " bullet, "1. " numbered, a list of rows a table, "^" a footnote mark."""
    document = docx.Document()
    for line in lines:
        if not isinstance(line, str):
            table = document.add_table(rows=0, cols=len(line[0]), style="Table Grid")
            for row in line:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
        elif line.startswith("# "):
            document.add_heading(line[2:], 1)
        elif line.startswith(("* ", "1. ")):
            style, text = ("List Bullet", line[2:]) if line.startswith("* ") else ("List Number", line[3:])
            document.add_paragraph(text, style=style)
        elif "^" in line:
            before, _, after = line.partition("^")
            paragraph = document.add_paragraph(before + after)
            _add_footnote(document, paragraph, before, "A note on this.")
        else:
            document.add_paragraph(line)
    for zoom in document.settings.element.iter(qn("w:zoom")):
        zoom.set(qn("w:percent"), "100")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def specimen_draft() -> bytes:
    """Return a draft with a heading, text, a list, a table and a footnote."""
    return draft(
        "# Purpose",
        "The missions co-operate to prevent and to combat trafficking^ in the region.",
        "Each mission informs the co-ordinator within two working days.",
        "* The victim decides.",
        "* Data are kept short.",
        "# Tasks",
        [["Task", "Who"], ["Name a focal point", "Every mission"]],
        "Comments are welcome.",
    )


def texts(data: bytes, *, margins: bool = True) -> list[str]:
    """Return the texts of all paragraphs in order; without `margins` those of headers and footers are left out."""
    paragraphs = engine.read_draft(data).paragraphs
    return [p.text for p in paragraphs if margins or p.kind not in ("header", "footer")]


def go_through(data: bytes) -> list[str]:
    """Take a draft through a round - copy, return, merge, reject - and return its texts, which must have stayed."""
    read = engine.read_draft(data)
    copy = engine.write_copy(data, engine.CopyIdentity(read.sha256, "Consultation", 1, read.title or "Draft"))
    returned = engine.read_returned_copy(copy, data, "A")
    assert returned.edits == ()
    before = [p.text for p in engine.read_draft(engine.resolve(data, "none")).paragraphs]
    first = next((p for p in read.paragraphs if p.number), None)
    if first is not None:
        end = len(first.text)
        added = engine.Edit(first.key, "insert", end, end, "", " words added here", "A", "A", "", True)
        merged = engine.consolidate(data, [engine.Contribution("A", (added,))]).docx
        assert any("words added here" in text for text in texts(merged))
        assert texts(engine.resolve(merged, "none")) == before
    return texts(data)


def edit(data: bytes, old: str, new: str, name: str = "", tracked: bool = False) -> engine.Edit:
    """Return the edit that replaces some words of a draft."""
    paragraph = next(p for p in engine.read_draft(data).paragraphs if old in p.text)
    start = paragraph.text.index(old)
    kind: Any = "replace" if old and new else ("delete" if old else "insert")
    return engine.Edit(paragraph.key, kind, start, start + len(old), old, new, name, name, "", tracked)


def tracked_copy(
    data: bytes, edits: Sequence[engine.Edit], author: str, remarks: Sequence[engine.Remark] = ()
) -> bytes:
    """Return the draft with an author's edits tracked."""
    return engine.consolidate(data, [engine.Contribution(author, tuple(edits), tuple(remarks))], date=FIXED).docx


def with_document_xml(data: bytes, change: Any) -> bytes:
    """Return the document after `change(body)` has worked on its XML."""
    package = open_package(data)
    root = parse_xml(package.read(package.main_part))
    change(root.find(ooxml.w("body")))
    return package.replaced({package.main_part: to_bytes(root)})


def cut_into_runs(data: bytes) -> bytes:
    """Return the document with every run cut at every word, as programs do that spell-check while saving."""

    def cut(body: Any) -> None:
        for paragraph in list(body.iter(ooxml.P)):
            text = ooxml.text_of(ooxml.visible(ooxml.pieces_of(paragraph)))
            runs.cut_at(paragraph, [i for i, c in enumerate(text) if c == " "])
            for run in paragraph.findall(ooxml.RUN):
                mark = etree.Element(ooxml.w("proofErr"))
                mark.set(ooxml.w("type"), "spellStart")
                run.addprevious(deepcopy(mark))

    return with_document_xml(data, cut)


def without_margin_comments(data: bytes) -> bytes:
    """Return the document without the marks of margin comments: LibreOffice 7.4 crashes on them when it has no window."""

    def strip(body: Any) -> None:
        for mark in list(body.iter(ooxml.COMMENT_START, ooxml.COMMENT_END, ooxml.COMMENT_REFERENCE)):
            mark.getparent().remove(mark)

    return with_document_xml(data, strip)
