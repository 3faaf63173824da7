"""Taking what is new out of a copy: markup that stands on its own, with everything it refers to.

The markup is that of the text as it now reads: no tracked changes, no comments, bookmarks, revision ids. What a program
does not need to show the words (fonts and languages it adds when saving) stays behind: inserted words look like their
neighbours, save for emphasis and character styles.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.ooxml import Element, Piece, w
from consult.engine.package import Package, parse_xml
from consult.engine.resolving import resolve_tree
from consult.engine.stories import ALTERNATE, Document, Story, StoryKind
from consult.engine.styling import Styling, portable_emphasis
from consult.engine.values import ATOM, Asset

MICROSOFT = "http://schemas.microsoft.com/"
DROPPED = frozenset(
    (
        *(w(n) for n in ("bookmarkStart", "bookmarkEnd", "proofErr", "permStart", "permEnd", "lastRenderedPageBreak")),
        *(ooxml.COMMENT_START, ooxml.COMMENT_END, ooxml.COMMENT_REFERENCE, w("annotationRef"), ooxml.SECT_PR),
        *(w(f"move{way}Range{edge}") for way in ("From", "To") for edge in ("Start", "End")),
        *(
            w(f"{n}Change")
            for n in ("rPr", "pPr", "sectPr", "tblPr", "tblPrEx", "trPr", "tcPr", "tblGrid", "numbering")
        ),
        *(w(f"customXml{n}Range{edge}") for n in ("Ins", "Del") for edge in ("Start", "End")),
        *(w(n) for n in ("cellIns", "cellDel", "cellMerge")),
    )
)
REVISION_ID = re.compile(r"rsid", re.IGNORECASE)
PARTS = ("image", "chart", "diagramData", "diagramLayout", "diagramQuickStyle", "diagramColors", "diagramDrawing",
         "chartUserShapes", "chartStyle", "chartColorStyle", "themeOverride")  # fmt: skip
SAFE_LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
DEEPEST_PART = 4


@dataclass(frozen=True, slots=True)
class Taken:
    """A piece of content taken out: its markup ("" when the words say all), what it refers to, its identity."""

    markup: str = ""
    assets: tuple[Asset, ...] = ()


Slice = tuple[Piece, int, int]


def slices(pieces: Sequence[Piece], start: int, end: int) -> list[Slice]:
    """Return the pieces, whole or in part, that hold the characters start..end of their text."""
    found, position = list[Slice](), 0
    for piece in pieces:
        first, position = position, position + len(piece.text)
        if piece.text and first < end and position > start:
            found.append((piece, max(start - first, 0), min(end, position) - first))
    return found


class Taker:
    """Takes content out of one copy, for one draft."""

    def __init__(self, returned: Document, styling: Styling) -> None:
        self.returned, self.styling = returned, styling
        self._parts = {root: part for part, root in returned.roots.items()}
        self._notes = {(s.kind, s.id): s for s in returned.of_kind("footnote", "endnote")}

    def inline(self, taken: Sequence[Slice], beside: Element | None) -> Taken:
        """Return inserted words. `beside` is a run next to them: emphasis like its own says nothing new."""
        like = etree.tostring(portable_emphasis(beside, self.styling))
        is_plain = all(
            p.text != ATOM
            and _link_of(p) is None
            and etree.tostring(portable_emphasis(p.elements[0], self.styling)) == like
            for p, _, _ in taken
        )
        if is_plain:
            return Taken()
        assets = list[Asset]()
        return self._taken(self._runs(taken, assets), assets)

    def paragraph(self, element: Element, pieces: Sequence[Piece]) -> Taken:
        """Return a new paragraph: its words and, where the draft knows its style and list, how it looks."""
        assets = list[Asset]()
        paragraph = etree.Element(ooxml.P)
        properties = self.styling.portable_properties(element.find(ooxml.PPR))
        if properties is not None:
            paragraph.append(properties)
        paragraph.extend(self._runs([(p, 0, len(p.text)) for p in pieces if p.text], assets))
        return self._taken([paragraph], assets)

    def block(self, element: Element) -> Taken:
        """Return a table or a row as it now reads."""
        part = self._part_of(element)
        copied = _standing_alone(element)
        resolve_tree(copied, lambda change: True)
        _as_it_reads(copied)
        for properties in list(copied.iter(ooxml.PPR)):
            replaced = self.styling.portable_properties(properties)
            parent = properties.getparent()
            if parent is not None:
                if replaced is not None:
                    parent.replace(properties, replaced)
                else:
                    parent.remove(properties)
        self.styling.drop_unknown_styles(copied)
        assets = list[Asset]()
        self._detach(copied, part, assets)
        return self._taken([copied], assets)

    # ---- inside -----------------------------------------------------------------------------------------------------

    def _taken(self, elements: Sequence[Element], assets: list[Asset]) -> Taken:
        text = "".join(etree.tostring(element, encoding="unicode", with_tail=False) for element in elements)
        return Taken(text, tuple({asset.id: asset for asset in assets}.values()))

    def _part_of(self, element: Element) -> str:
        return self._parts.get(element.getroottree().getroot(), self.returned.package.main_part)

    def _runs(self, taken: Sequence[Slice], assets: list[Asset]) -> list[Element]:
        found: list[Element] = []
        link: Element | None = None
        for piece, start, end in taken:
            elements = self._of_slice(piece, start, end, assets)
            theirs = _link_of(piece)
            if theirs is None:
                found += elements
            elif theirs is link:
                found[-1].extend(elements)
            else:
                found.append(self._link(theirs, assets))
                found[-1].extend(elements)
            link = theirs
        return found

    def _link(self, link: Element, assets: list[Asset]) -> Element:
        copied = ooxml.copied_element(link)
        for name in list(copied.attrib):
            if name not in (f"{{{ooxml.R}}}id", w("anchor"), w("tooltip")):
                del copied.attrib[name]
        self._detach(copied, self._part_of(link), assets)
        return copied

    def _of_slice(self, piece: Piece, start: int, end: int, assets: list[Asset]) -> list[Element]:
        run = piece.elements[0]
        emphasis = portable_emphasis(run, self.styling)
        if piece.text != ATOM:
            return [runs.make_run(piece.text[start:end], emphasis if len(emphasis) else None)]
        elements = list(piece.elements)
        if piece.child is not None:
            own = etree.Element(ooxml.RUN)
            if len(emphasis):
                own.append(emphasis)
            copied = _standing_alone(piece.child)
            own.append(copied)
            made = [own]
        else:
            holder = etree.Element(ooxml.P)
            holder.extend([_standing_alone(element) for element in elements])
            _as_it_reads(holder)
            made = list(holder)
        for element in made:
            _as_it_reads(element)
            self.styling.drop_unknown_styles(element)
            self._detach(element, self._part_of(run), assets)
        return made

    # ---- what it refers to ------------------------------------------------------------------------------------------

    def _detach(self, element: Element, part: str, assets: list[Asset]) -> None:
        """Replace every reference to another part or a note by the id of an asset."""
        known = {r.id: r for r in self.returned.package.relationships(part)}
        prefix = f"{{{ooxml.R}}}"
        for inner in list(element.iter()):
            if not isinstance(inner.tag, str):
                continue
            for name in ooxml.attributes_of(inner):
                if not name.startswith(prefix):
                    continue
                relationship = known.get(inner.get(name, ""))
                asset = _asset(self.returned.package, relationship.id, part) if relationship is not None else None
                if asset is None:
                    del inner.attrib[name]
                else:
                    assets.append(asset)
                    inner.set(name, asset.id)
            if inner.tag in (w("footnoteReference"), w("endnoteReference")):
                self._detach_note(inner, assets)

    def _detach_note(self, reference: Element, assets: list[Asset]) -> None:
        kind: StoryKind = "footnote" if reference.tag == w("footnoteReference") else "endnote"
        story = self._notes.get((kind, reference.get(ooxml.ID, "")))
        if story is None:
            return
        name = f"{kind}-{story.id}"
        reference.set(ooxml.ID, name)
        if any(asset.id == name for asset in assets):
            return
        inner: list[Asset] = []
        data = self._note(story, inner).encode()
        assets.append(Asset(name, "footnote" if kind == "footnote" else "endnote", data=data, parts=tuple(inner)))

    def _note(self, story: Story, assets: list[Asset]) -> str:
        """Return the paragraphs of a note, with the mark that begins them."""
        texts = []
        for line in story.lines():
            paragraph = _standing_alone(line.element)
            _as_it_reads(paragraph)
            properties = paragraph.find(ooxml.PPR)
            if properties is not None:
                replaced = self.styling.portable_properties(properties)
                if replaced is None:
                    paragraph.remove(properties)
                else:
                    paragraph.replace(properties, replaced)
            self.styling.drop_unknown_styles(paragraph)
            self._detach(paragraph, story.part, assets)
            texts.append(etree.tostring(paragraph, encoding="unicode", with_tail=False))
        return "".join(texts)


def _link_of(piece: Piece) -> Element | None:
    for ancestor in piece.elements[0].iterancestors():
        if ancestor.tag == ooxml.HYPERLINK:
            return ancestor
        if ancestor.tag == ooxml.P:
            return None
    return None


def _asset(package: Package, name: str, part: str, depth: int = 0) -> Asset | None:
    """Return what a relationship leads to, with what that leads to; None for what is not carried over."""
    relationship = next((r for r in package.relationships(part) if r.id == name), None)
    if relationship is None:
        return None
    kind = relationship.type.rpartition("/")[2]
    if relationship.external:
        if kind != "hyperlink" or not SAFE_LINK.match(relationship.target):
            return None
        return Asset(f"link-{_word(relationship.target)}", "link", relationship.type, relationship.target)
    if kind not in PARTS or not package.has(relationship.target) or depth > DEEPEST_PART:
        return None
    data = package.read(relationship.target)
    inner = tuple(
        Asset(r.id, found.kind, found.type, found.target, found.content_type, found.data, found.parts)
        for r in package.relationships(relationship.target)
        if (found := _asset(package, r.id, relationship.target, depth + 1)) is not None
    )
    return Asset(
        f"part-{_word(relationship.target)}", "part", relationship.type, relationship.target,
        package.content_type(relationship.target), data, inner,
    )  # fmt: skip


def _word(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _standing_alone(element: Element) -> Element:
    """Return a copy that declares every namespace it may need: alternate content names prefixes in attributes."""
    if element.tag == ALTERNATE or element.find(f".//{ALTERNATE}") is not None:
        return parse_xml(etree.tostring(element, with_tail=False))
    copied = parse_xml(etree.tostring(element, with_tail=False))
    etree.cleanup_namespaces(copied, keep_ns_prefixes=["w", "r"])
    return copied


def _as_it_reads(element: Element) -> None:
    """Take out of an element what is deleted, the changes themselves, marks and ids."""
    for inner in _within(element):
        if (
            inner.tag in ooxml.DELETED_TAGS and inner.getparent() is not None and _holds_words(inner)
        ) or inner.tag in DROPPED:
            ooxml.remove(inner)
    for inner in _within(element):
        parent = inner.getparent()
        if inner.tag in ooxml.INSERTED_TAGS and parent is not None:
            if _holds_words(inner):
                for child in list(inner):
                    inner.addprevious(child)
            ooxml.remove(inner)
    for inner in _within(element):
        alternate = any(a.tag == ALTERNATE for a in inner.iterancestors()) or inner.tag == ALTERNATE
        for name in ooxml.attributes_of(inner):
            local = name.rpartition("}")[2]
            if REVISION_ID.match(local) or (name.startswith(f"{{{MICROSOFT}") and not alternate):
                del inner.attrib[name]
        if isinstance(inner.tag, str) and inner.tag.startswith(f"{{{MICROSOFT}") and not alternate:
            ooxml.remove(inner)


def _within(element: Element) -> Iterator[Element]:
    yield from [e for e in element.iter() if isinstance(e.tag, str)]


def _holds_words(change: Element) -> bool:
    """Return whether a change stands in the text, not in the properties of a mark or a row."""
    parent = change.getparent()
    return parent is None or parent.tag not in (ooxml.RPR, w("trPr"))
