"""Writing margin comments: the comments part, and the newer parts beside it, which must list every comment or none."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from consult.engine import ooxml
from consult.engine.margins import comments_part
from consult.engine.ooxml import Element, w
from consult.engine.package import parse_xml, with_override, with_relationship
from consult.engine.reading import Document
from consult.engine.serializing import to_bytes

COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
COMMENTS_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
PARA_ID = f"{{{ooxml.W14}}}paraId"


@dataclass(frozen=True, slots=True)
class Written:
    """A comment to be written: its id is that of the range in the text."""

    id: int
    author: str
    initials: str
    date: str
    text: str


def write_comments(document: Document, comments: Sequence[Written]) -> dict[str, bytes]:
    """Return the parts that change when these comments are added: name -> bytes. None for no comments."""
    if not comments:
        return {}
    package, part, changes = document.package, comments_part(document), dict[str, bytes]()
    if part:
        root = parse_xml(package.read(part))
    else:
        part = package.main_part.rpartition("/")[0] + "/comments.xml"
        root = etree.Element(w("comments"), nsmap={"w": ooxml.W, "w14": ooxml.W14})
        changes.update(_announced(document, part))
    for comment in comments:
        root.append(_comment(comment))
    changes.update(_listed(document, root, comments))
    changes[part] = to_bytes(root)
    return changes


def _announced(document: Document, part: str) -> dict[str, bytes]:
    package = document.package
    folder, _, name = package.main_part.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels"
    known = package.read(rels) if package.has(rels) else None
    relationships, _ = with_relationship(known, COMMENTS_RELATIONSHIP, part.rpartition("/")[2])
    types = "[Content_Types].xml"
    return {rels: relationships, types: with_override(package.read(types), part, COMMENTS_TYPE)}


def _comment(comment: Written) -> Element:
    element = etree.Element(w("comment"))
    element.set(ooxml.ID, str(comment.id))
    element.set(ooxml.AUTHOR, ooxml.printable(comment.author))
    if comment.date:
        element.set(ooxml.DATE, comment.date)
    element.set(w("initials"), ooxml.printable(comment.initials))
    for text in comment.text.split("\n"):
        paragraph = etree.SubElement(element, ooxml.P)
        if text:
            paragraph.append(ooxml.make_run(text))
    return element


def _listed(document: Document, root: Element, comments: Sequence[Written]) -> dict[str, bytes]:
    """Return commentsExtended and commentsIds with the new comments, where the draft has them."""
    changes: dict[str, bytes] = {}
    new = {str(comment.id) for comment in comments}
    elements = [e for e in root.findall(w("comment")) if e.get(ooxml.ID) in new]
    for relationship in document.package.relationships(document.package.main_part):
        kind = relationship.type.rsplit("/", 1)[-1]
        if kind not in ("commentsExtended", "commentsIds") or not document.package.has(relationship.target):
            continue
        listing = parse_xml(document.package.read(relationship.target))
        for element in elements:
            last = element.findall(ooxml.P)[-1]
            if last.get(PARA_ID) is None:
                last.set(PARA_ID, _number(f"{element.get(ooxml.ID)} {document.package.sha256}"))
            if kind == "commentsExtended":
                entry = etree.SubElement(listing, f"{{{ooxml.W15}}}commentEx")
                entry.set(f"{{{ooxml.W15}}}paraId", last.get(PARA_ID, ""))
                entry.set(f"{{{ooxml.W15}}}done", "0")
            else:
                entry = etree.SubElement(listing, f"{{{ooxml.W16CID}}}commentId")
                entry.set(f"{{{ooxml.W16CID}}}paraId", last.get(PARA_ID, ""))
                entry.set(f"{{{ooxml.W16CID}}}durableId", _number(f"durable {last.get(PARA_ID)}"))
        changes[relationship.target] = to_bytes(listing)
    return changes


def _number(seed: str) -> str:
    """Return eight hexadecimal digits above 0 and below 0x80000000, the same for the same seed (MS-DOCX, paraId)."""
    value = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") & 0x7FFFFFFF
    return f"{value or 1:08X}"


def initials_of(name: str) -> str:
    """Return the capital letters of a name, at most four: what Word prints beside a comment."""
    letters = "".join(re.findall(r"\b\w", name.title()))
    capitals = "".join(c for c in name if c.isupper())
    return (capitals or letters)[:4]
