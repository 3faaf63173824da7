"""What other programs, and people with them, do to a copy: functions from .docx bytes to .docx bytes."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import docx
from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.ooxml import w

COMMENT_PARTS = ("comments", "commentsExtended", "commentsIds", "commentsExtensible", "people")
MARKS = (ooxml.COMMENT_START, ooxml.COMMENT_END, ooxml.COMMENT_REFERENCE)


def members(data: bytes) -> dict[str, bytes]:
    """Return the parts of a package by name."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return a package of these parts."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def parsed(data: bytes) -> Any:
    """Return a part's root."""
    return etree.fromstring(data, etree.XMLParser(huge_tree=True, resolve_entities=False))


def rewritten(data: bytes, change: Callable[[Any], None]) -> bytes:
    """Return the document after `change(root)` has worked on each part that holds text."""
    parts = members(data)
    for name in parts:
        is_text = name.endswith(".xml") and name.startswith("word/") and name.count("/") == 1
        if is_text and any(kind in name for kind in ("document", "header", "footer", "footnotes", "endnotes")):
            root = parsed(parts[name])
            change(root)
            parts[name] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return packed(parts)


def remove(element: Any) -> None:
    """Take an element out of its tree."""
    element.getparent().remove(element)


def without_comments(data: bytes) -> bytes:
    """Return the document as if nobody had ever commented on it: no marks, no comment parts."""

    def strip(root: Any) -> None:
        for mark in list(root.iter(*MARKS)):
            remove(mark)

    parts = members(rewritten(data, strip))
    gone = set()
    for name in [n for n in parts if n.endswith(".rels")]:
        root = parsed(parts[name])
        for relationship in list(root):
            if relationship.get("Type", "").rpartition("/")[2] in COMMENT_PARTS:
                gone.add("word/" + relationship.get("Target").removeprefix("/word/"))
                remove(relationship)
        parts[name] = etree.tostring(root)
    types = parsed(parts["[Content_Types].xml"])
    for override in list(types):
        if override.get("PartName", "").lstrip("/") in gone:
            remove(override)
    parts["[Content_Types].xml"] = etree.tostring(types)
    return packed({name: part for name, part in parts.items() if name not in gone})


@dataclass
class Said:
    """A margin comment to be put into a copy, on some words; `answers` counts the comments from 0, -1 for none.

    Empty words put it on the point `at`: only a reference, without a range.
    """

    words: str
    text: str
    author: str = "A. Reviewer"
    answers: int = -1
    resolved: bool = False
    at: str = ""


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MICROSOFT = "http://schemas.microsoft.com/office"
KINDS = {  # kind of a comment part -> the relationship's type, the root, its namespace
    "comments": (f"{OFFICE}/comments", "comments", ooxml.W),
    "commentsExtended": (f"{MICROSOFT}/2011/relationships/commentsExtended", "commentsEx", ooxml.W15),
    "commentsIds": (f"{MICROSOFT}/2016/09/relationships/commentsIds", "commentsIds", ooxml.W16CID),
    "commentsExtensible": (
        f"{MICROSOFT}/2018/08/relationships/commentsExtensible",
        "commentsExtensible",
        ooxml.W16CEX,
    ),
    "people": (f"{MICROSOFT}/2011/relationships/people", "people", ooxml.W15),
}
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def with_comments(data: bytes, said: Sequence[Said], kinds: Sequence[str] = tuple(KINDS)) -> bytes:
    """Return the document with margin comments as Word writes them: marks, and the parts of the given kinds."""
    parts = members(data)
    root = parsed(parts["word/document.xml"])
    for number, one in enumerate(said):
        _mark(root, number, one)
    parts["word/document.xml"] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    relationships, types = parsed(parts["word/_rels/document.xml.rels"]), parsed(parts["[Content_Types].xml"])
    for kind in kinds:
        type_, _, _ = KINDS[kind]
        name = f"{relationships.tag[: relationships.tag.index('}') + 1]}Relationship"
        etree.SubElement(relationships, name, Id=f"rIdSaid{kind}", Type=type_, Target=f"{kind}.xml")
        name = f"{types.tag[: types.tag.index('}') + 1]}Override"
        etree.SubElement(types, name, PartName=f"/word/{kind}.xml", ContentType=f"{WORD_TYPE}.{kind}+xml")
        parts[f"word/{kind}.xml"] = _comment_part(kind, said)
    parts["word/_rels/document.xml.rels"], parts["[Content_Types].xml"] = (
        etree.tostring(relationships),
        etree.tostring(types),
    )
    return packed(parts)


def _mark(root: Any, number: int, said: Said) -> None:
    name = {ooxml.ID: str(number)}
    sought = said.words or said.at
    for paragraph in root.iter(ooxml.P):
        text = ooxml.text_of(ooxml.visible(ooxml.pieces_of(paragraph)))
        if sought not in text:
            continue
        start = text.index(sought)
        runs.cut_at(paragraph, {start, start + len(sought)})
        position, inside = 0, []
        for run in [p for p in ooxml.visible(ooxml.pieces_of(paragraph)) if p.text]:
            if start <= position < start + len(sought):
                inside.append(run.elements[0])
            position += len(run.text)
        reference = etree.Element(ooxml.RUN)
        etree.SubElement(reference, ooxml.COMMENT_REFERENCE, name)
        if said.words:
            inside[0].addprevious(etree.Element(ooxml.COMMENT_START, name))
            inside[-1].addnext(etree.Element(ooxml.COMMENT_END, name))
            inside[-1].getnext().addnext(reference)
        else:
            inside[0].addprevious(reference)
        return
    raise AssertionError(f"no paragraph says {sought!r}")


def _comment_part(kind: str, said: Sequence[Said]) -> bytes:
    _, tag, space = KINDS[kind]
    root = etree.Element(f"{{{space}}}{tag}", nsmap={"w": ooxml.W, "w14": ooxml.W14, "x": space})
    for number, one in enumerate(said):
        name = f"{0x10000000 + number:08X}"
        if kind == "comments":
            comment = etree.SubElement(root, w("comment"))
            for key, value in (("id", str(number)), ("author", one.author), ("date", "2026-11-20T09:00:00Z")):
                comment.set(w(key), value)
            comment.set(w("initials"), one.author[:2])
            for text in one.text.split("\n"):
                paragraph = etree.SubElement(comment, ooxml.P)
                paragraph.append(runs.make_run(text))
            paragraph.set(f"{{{ooxml.W14}}}paraId", name)
        elif kind == "commentsExtended":
            entry = etree.SubElement(root, f"{{{space}}}commentEx", {f"{{{space}}}paraId": name})
            if one.answers >= 0:
                entry.set(f"{{{space}}}paraIdParent", f"{0x10000000 + one.answers:08X}")
            entry.set(f"{{{space}}}done", str(int(one.resolved)))
        elif kind == "commentsIds":
            ids = {f"{{{space}}}paraId": name, f"{{{space}}}durableId": f"{0x20000000 + number:08X}"}
            etree.SubElement(root, f"{{{space}}}commentId", ids)
        elif kind == "commentsExtensible":
            durable = {f"{{{space}}}durableId": f"{0x20000000 + number:08X}"}
            etree.SubElement(root, f"{{{space}}}commentExtensible", durable)
        elif not any(person.get(f"{{{space}}}author") == one.author for person in root):
            etree.SubElement(root, f"{{{space}}}person", {f"{{{space}}}author": one.author})
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


# ---- programs -------------------------------------------------------------------------------------------------------


def with_program(data: bytes, name: str) -> bytes:
    """Return the document as if a program of this name had saved it; without a name, no program says so."""
    parts = members(data)
    if not name:
        relationships = parsed(parts["_rels/.rels"])
        for relationship in list(relationships):
            if relationship.get("Type", "").endswith("/extended-properties"):
                remove(relationship)
        parts["_rels/.rels"] = etree.tostring(relationships)
        return packed({part: content for part, content in parts.items() if part != "docProps/app.xml"})
    root = parsed(parts["docProps/app.xml"])
    for child in root:
        if etree.QName(child).localname == "Application":
            child.text = name
    parts["docProps/app.xml"] = etree.tostring(root)
    return packed(parts)


def cut_and_spell_checked(data: bytes) -> bytes:
    """Cut every run at every word, with proofing marks between and revision ids of a new session on each."""

    def change(root: Any) -> None:
        for number, paragraph in enumerate(list(root.iter(ooxml.P))):
            text = ooxml.text_of(ooxml.visible(ooxml.pieces_of(paragraph)))
            runs.cut_at(paragraph, [i for i, character in enumerate(text) if character == " "])
            paragraph.set(w("rsidR"), f"{0x00A10000 + number:08X}")
            for run in paragraph.findall(ooxml.RUN):
                run.set(w("rsidRPr"), f"{0x00B10000 + number:08X}")
                run.addprevious(etree.Element(w("proofErr"), {w("type"): "spellStart"}))
                run.addnext(etree.Element(w("proofErr"), {w("type"): "spellEnd"}))

    return rewritten(data, change)


def saved_by_word_for_the_web(data: bytes) -> bytes:
    """Add what Word for the web adds: ids of its own on every paragraph and run, empty bookmarks, end marks of runs."""

    def change(root: Any) -> None:
        for number, paragraph in enumerate(list(root.iter(ooxml.P))):
            paragraph.set(f"{{{ooxml.W14}}}paraId", f"{0x30000000 + number:08X}")
            paragraph.set(f"{{{ooxml.W14}}}textId", "77777777")
            mark = etree.Element(w("bookmarkStart"), {ooxml.ID: str(9000 + number), w("name"): f"_Int_{number}"})
            paragraph.append(mark)
            mark.addnext(etree.Element(w("bookmarkEnd"), {ooxml.ID: str(9000 + number)}))
            for run in paragraph.iter(ooxml.RUN):
                if run.find(ooxml.TEXT) is not None:
                    run.insert(0, run.find(ooxml.RPR) if run.find(ooxml.RPR) is not None else etree.Element(ooxml.RPR))
                    etree.SubElement(run[0], w("lang"), {w("val"): "en-US"})

    return rewritten(cut_and_spell_checked(data), change)


def saved_by_google_docs(data: bytes) -> bytes:
    """Rewrite as Google Docs does: one run for all that looks alike, direct formatting, no bookmarks, links or ids.

    Every paragraph gets explicit spacing, tables a grid of their own, lists their own numbering, fields become their
    results, and the file says nothing of the program.
    """

    def change(root: Any) -> None:
        for mark in list(root.iter(w("bookmarkStart"), w("bookmarkEnd"), w("proofErr"), w("lastRenderedPageBreak"))):
            remove(mark)
        for field in list(root.iter(ooxml.FLD_SIMPLE)):
            for child in list(field):
                field.addprevious(child)
            remove(field)
        for paragraph in list(root.iter(ooxml.P)):
            paragraph.attrib.clear()
            _spaced(paragraph)
            _joined(paragraph)
        for grid in root.iter(w("tblGrid")):
            for column in grid:
                column.set(w("w"), "4675")

    return with_program(rewritten(data, change), "")


def _spaced(paragraph: Any) -> None:
    properties = ooxml.properties_of(paragraph)
    for child in properties.findall(w("spacing")) + properties.findall(w("numPr")):
        properties.remove(child)
    etree.SubElement(properties, w("spacing"), {w("before"): "0", w("line"): "240", w("lineRule"): "auto"})
    section = properties.find(ooxml.SECT_PR)
    if section is not None:
        properties.append(section)


def _joined(paragraph: Any) -> None:
    """Make one run of neighbouring runs that hold only text and look alike."""
    for run in list(paragraph.findall(ooxml.RUN)):
        before = run.getprevious()
        both = (before, run) if before is not None and before.tag == ooxml.RUN else ()
        if both and all({c.tag for c in r} <= {ooxml.TEXT, ooxml.RPR} for r in both) and _look(before) == _look(run):
            text = "".join(t.text or "" for r in both for t in r.findall(ooxml.TEXT))
            for old in before.findall(ooxml.TEXT):
                before.remove(old)
            ooxml.set_text(etree.SubElement(before, ooxml.TEXT), text)
            remove(run)


def _look(run: Any) -> bytes:
    properties = run.find(ooxml.RPR)
    return etree.tostring(properties, with_tail=False) if properties is not None else b""


def autocorrected(data: bytes) -> bytes:
    """Return the copy after Word's autocorrection: curly quotation marks, no-break spaces, long dashes, an ellipsis."""

    def change(root: Any) -> None:
        for text in root.iter(ooxml.TEXT):
            told = (text.text or "").replace('"', "\u201d").replace("'", "\u2019").replace(" - ", " \u2013 ")
            ooxml.set_text(text, told.replace("Article 5", "Article\u00a05").replace("...", "\u2026"))

    return rewritten(data, change)


def saved_by_python_docx(data: bytes) -> bytes:
    """Return the document opened and saved by python-docx."""
    buffer = BytesIO()
    docx.Document(BytesIO(data)).save(buffer)
    return buffer.getvalue()
