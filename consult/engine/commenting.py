"""Writing margin comments: the comments part, and the newer parts beside it, which must list every comment or none.

Threads and resolved marks hang on the paraId of a comment's last paragraph, in commentsExtended; commentsIds gives each
paraId a durable id, commentsExtensible lists these, people.xml the authors (MS-DOCX 2.5). All are optional.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.additions import Additions
from consult.engine.margins import PARA_ID
from consult.engine.ooxml import Element, w
from consult.engine.package import WORD_TYPE, parse_xml
from consult.engine.people import introduce
from consult.engine.serializing import to_bytes
from consult.engine.stories import Document

COMMENTS_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
EXTENDED_RELATIONSHIP = "http://schemas.microsoft.com/office/2011/relationships/commentsExtended"
W15, IDS, EXTENSIBLE = (f"{{{space}}}" for space in (ooxml.W15, ooxml.W16CID, ooxml.W16CEX))


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
    part, root = _comments_part(document, additions)
    for comment in comments:
        root.append(_comment(comment))
    needs_threads = any(comment.parent or comment.resolved for comment in comments)
    extended = _extended_part(document, additions, make=needs_threads)
    ids, extensible = (_part_beside(document, kind) for kind in ("commentsIds", "commentsExtensible"))
    if extended or ids or extensible:
        root = _declaring(root, "w14", ooxml.W14)
        names = _name_paragraphs(document, root)
        if extended:
            _list_threads(extended[1], comments, names)
        durable = _list_ids(ids[1], names) if ids else {}
        if extensible:
            _list_durable(extensible[1], names, durable)
    introduce(document, [comment.author for comment in comments], additions)
    for beside in (extended, ids, extensible):
        if beside:
            additions.parts[beside[0]] = to_bytes(beside[1])
    additions.parts[part] = to_bytes(root)


Part = tuple[str, Element]  # a part's name and root


def _comments_part(document: Document, additions: Additions) -> Part:
    """Return the comments part, made if there is none."""
    known = _part_beside(document, "comments")
    if known:
        return known
    root = etree.Element(w("comments"), nsmap={"w": ooxml.W, "w14": ooxml.W14, "mc": ooxml.MC})
    root.set(f"{{{ooxml.MC}}}Ignorable", "w14")
    return _new_part(document, additions, "comments", COMMENTS_RELATIONSHIP), root


def _extended_part(document: Document, additions: Additions, *, make: bool) -> Part | None:
    known = _part_beside(document, "commentsExtended")
    if known or not make:
        return known
    root = etree.Element(f"{W15}commentsEx", nsmap={"w15": ooxml.W15, "mc": ooxml.MC})
    root.set(f"{{{ooxml.MC}}}Ignorable", "w15")
    return _new_part(document, additions, "commentsExtended", EXTENDED_RELATIONSHIP), root


def _part_beside(document: Document, kind: str) -> Part | None:
    part = document.package.related(document.package.main_part, kind)
    return (part, parse_xml(document.package.read(part))) if part else None


def _new_part(document: Document, additions: Additions, kind: str, relationship: str) -> str:
    """Give the text a new part under a name nobody has; return that."""
    main = document.package.main_part
    name = stem = f"{main.rpartition('/')[0]}/{kind}".lstrip("/")
    number = 1
    while additions.has(f"{name}.xml"):
        number += 1
        name = f"{stem}{number}"
    additions.declare(f"{name}.xml", f"{WORD_TYPE}.{kind}+xml")
    additions.relate(main, relationship, f"{name}.xml")
    return f"{name}.xml"


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


def _declaring(root: Element, prefix: str, space: str) -> Element:
    """Return a part's root with a namespace declared on it, and told to older programs as one to ignore."""
    if space in root.nsmap.values():
        return root
    spaces = {name: known for name, known in root.nsmap.items() if name}
    made = etree.Element(root.tag, nsmap={"mc": ooxml.MC, **spaces, prefix: space})
    for name, value in root.attrib.items():
        made.set(name, value)
    ignorable = f"{{{ooxml.MC}}}Ignorable"
    made.set(ignorable, f"{root.get(ignorable, '')} {prefix}".strip())
    made.extend(list(root))
    return made


# ---- ids ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Numbers:
    """Gives out ids of eight hexadecimal digits above 0 and below 0x80000000 that nobody has (MS-DOCX, paraId)."""

    taken: set[str] = field(default_factory=set)

    def new(self, seed: str) -> str:
        """Return a new id, the same for the same seed as long as that is free."""
        value = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")
        while (name := f"{(value & 0x7FFFFFFF) or 1:08X}") in self.taken:
            value += 1
        self.taken.add(name)
        return name


def _name_paragraphs(document: Document, root: Element) -> dict[str, str]:
    """Give the last paragraph of every comment its paraId; return comment id -> paraId, in the order of the part."""
    taken = _Numbers()
    for part in (*document.roots.values(), root):
        taken.taken.update(name.upper() for p in part.iter(ooxml.P, ooxml.TR) if (name := p.get(PARA_ID)))
    names = {}
    for element in root.findall(w("comment")):
        paragraphs = list(element.iter(ooxml.P))
        last = paragraphs[-1] if paragraphs else etree.SubElement(element, ooxml.P)
        if not last.get(PARA_ID):
            last.set(PARA_ID, taken.new(f"{element.get(ooxml.ID)} {document.package.sha256}"))
        names[element.get(ooxml.ID, "")] = last.get(PARA_ID, "")
    return names


def _list_threads(listing: Element, comments: Sequence[Written], names: dict[str, str]) -> None:
    """Add what commentsExtended lacks: each comment's paraId, its parent's, whether it is done."""
    known = {str(comment.id): comment for comment in comments}
    listed = {e.get(f"{W15}paraId", "").upper() for e in listing.iter(f"{W15}commentEx")}
    for number, name in names.items():
        if name.upper() in listed:
            continue
        entry = etree.SubElement(listing, f"{W15}commentEx", {f"{W15}paraId": name})
        comment = known.get(number)
        if comment is not None and comment.parent in names:
            entry.set(f"{W15}paraIdParent", names[comment.parent])
        entry.set(f"{W15}done", "1" if comment is not None and comment.resolved else "0")


def _list_ids(listing: Element, names: dict[str, str]) -> dict[str, str]:
    """Add what commentsIds lacks; return paraId -> durable id."""
    durable = {e.get(f"{IDS}paraId", "").upper(): e.get(f"{IDS}durableId", "") for e in listing.iter(f"{IDS}commentId")}
    numbers = _Numbers(set(durable.values()))
    for name in names.values():
        if name.upper() not in durable:
            durable[name.upper()] = numbers.new(f"durable {name}")
            attributes = {f"{IDS}paraId": name, f"{IDS}durableId": durable[name.upper()]}
            etree.SubElement(listing, f"{IDS}commentId", attributes)
    return durable


def _list_durable(listing: Element, names: dict[str, str], durable: dict[str, str]) -> None:
    """Add what commentsExtensible lacks: the durable ids, without an instant, since a file's dates have no zone."""
    numbers = _Numbers({e.get(f"{EXTENSIBLE}durableId", "") for e in listing.iter(f"{EXTENSIBLE}commentExtensible")})
    for name in names.values():
        known = durable.get(name.upper())
        if known is None or known not in numbers.taken:
            known = known or numbers.new(f"durable {name}")
            numbers.taken.add(known)
            etree.SubElement(listing, f"{EXTENSIBLE}commentExtensible", {f"{EXTENSIBLE}durableId": known})


def initials_of(name: str) -> str:
    """Return the capital letters of a name, at most four: what Word prints beside a comment."""
    letters = "".join(re.findall(r"\b\w", name.title()))
    capitals = "".join(c for c in name if c.isupper())
    return (capitals or letters)[:4]
