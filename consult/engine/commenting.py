"""Writing margin comments: the comments part, and the newer parts beside it, which must list every comment or none."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.additions import Additions
from consult.engine.margins import PARA_ID
from consult.engine.ooxml import Element, w
from consult.engine.package import parse_xml
from consult.engine.serializing import to_bytes
from consult.engine.stories import Document

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
COMMENTS_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
EXTENDED_RELATIONSHIP = "http://schemas.microsoft.com/office/2011/relationships/commentsExtended"


@dataclass(frozen=True, slots=True)
class Written:
    """A comment to be written: its id is that of the range in the text. `parent` is the id of the comment it answers."""

    id: int
    author: str
    initials: str
    date: str
    text: str
    parent: str = ""
    resolved: bool = False


def write_comments(document: Document, comments: Sequence[Written], additions: Additions) -> None:
    """Add the parts that change when these comments are added."""
    if not comments:
        return
    package, main = document.package, document.package.main_part
    part = package.related(main, "comments")
    if part:
        root = parse_xml(package.read(part))
    else:
        part = _new_part(main, "comments.xml")
        root = etree.Element(w("comments"), nsmap={"w": ooxml.W, "w14": ooxml.W14, "mc": ooxml.MC})
        root.set(f"{{{ooxml.MC}}}Ignorable", "w14")
        additions.declare(part, f"{WORD_TYPE}.comments+xml")
        additions.relate(main, COMMENTS_RELATIONSHIP, part)
    for comment in comments:
        root.append(_comment(comment))
    threaded = any(comment.parent or comment.resolved for comment in comments)
    if threaded and not package.related(main, "commentsExtended"):
        _name_paragraphs(root, document)
        extended = etree.Element(f"{{{ooxml.W15}}}commentsEx", nsmap={"w15": ooxml.W15, "mc": ooxml.MC})
        extended.set(f"{{{ooxml.MC}}}Ignorable", "w15")
        own = list(root.findall(w("comment")))
        _extend(extended, own, comments, root)
        name = _new_part(main, "commentsExtended.xml")
        additions.parts[name] = to_bytes(extended)
        additions.declare(name, f"{WORD_TYPE}.commentsExtended+xml")
        additions.relate(main, EXTENDED_RELATIONSHIP, name)
    _list(document, root, comments, additions)
    additions.parts[part] = to_bytes(root)


def _new_part(main: str, name: str) -> str:
    return f"{main.rpartition('/')[0]}/{name}".lstrip("/")


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
            paragraph.append(runs.make_run(text))
    return element


def _name_paragraphs(root: Element, document: Document) -> None:
    """Give the last paragraph of every comment its paraId: threads hang on it."""
    for element in root.findall(w("comment")):
        paragraphs = element.findall(ooxml.P)
        last = paragraphs[-1] if paragraphs else etree.SubElement(element, ooxml.P)
        if last.get(PARA_ID) is None:
            last.set(PARA_ID, _number(f"{element.get(ooxml.ID)} {document.package.sha256}"))


def _extend(listing: Element, elements: Sequence[Element], comments: Sequence[Written], root: Element) -> None:
    """Add entries for comments to commentsExtended: paraId, the parent's, whether it is done."""
    known = {str(comment.id): comment for comment in comments}
    ids = {e.get(ooxml.ID, ""): e.findall(ooxml.P)[-1].get(PARA_ID, "") for e in root.findall(w("comment"))}
    for element in elements:
        name = element.get(ooxml.ID, "")
        entry = etree.SubElement(listing, f"{{{ooxml.W15}}}commentEx")
        entry.set(f"{{{ooxml.W15}}}paraId", ids[name])
        comment = known.get(name)
        if comment is not None and comment.parent in ids:
            entry.set(f"{{{ooxml.W15}}}paraIdParent", ids[comment.parent])
        entry.set(f"{{{ooxml.W15}}}done", "1" if comment is not None and comment.resolved else "0")


def _list(document: Document, root: Element, comments: Sequence[Written], additions: Additions) -> None:
    """Add the new comments to commentsExtended and commentsIds, where the draft has them: they list all or none."""
    new = {str(comment.id) for comment in comments}
    elements = [e for e in root.findall(w("comment")) if e.get(ooxml.ID) in new]
    for kind in ("commentsExtended", "commentsIds"):
        part = document.package.related(document.package.main_part, kind)
        if not part:
            continue
        _name_paragraphs(root, document)
        listing = parse_xml(document.package.read(part))
        if kind == "commentsExtended":
            _extend(listing, elements, comments, root)
        else:
            for element in elements:
                name = element.findall(ooxml.P)[-1].get(PARA_ID, "")
                entry = etree.SubElement(listing, f"{{{ooxml.W16CID}}}commentId")
                entry.set(f"{{{ooxml.W16CID}}}paraId", name)
                entry.set(f"{{{ooxml.W16CID}}}durableId", _number(f"durable {name}"))
        additions.parts[part] = to_bytes(listing)


def _number(seed: str) -> str:
    """Return eight hexadecimal digits above 0 and below 0x80000000, the same for the same seed (MS-DOCX, paraId)."""
    value = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") & 0x7FFFFFFF
    return f"{value or 1:08X}"


def initials_of(name: str) -> str:
    """Return the capital letters of a name, at most four: what Word prints beside a comment."""
    letters = "".join(re.findall(r"\b\w", name.title()))
    capitals = "".join(c for c in name if c.isupper())
    return (capitals or letters)[:4]
