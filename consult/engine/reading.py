"""A draft's bytes -> its numbered paragraphs as values."""

import re
from collections.abc import Iterator

from lxml import etree

from consult.engine import ooxml
from consult.engine.numbering import ListLabels
from consult.engine.ooxml import Element, w
from consult.engine.package import Package
from consult.engine.stories import Document, Line, Story, open_document
from consult.engine.values import ATOM, Alignment, Atom, Draft, Notice, Paragraph, ParagraphKind, Span

TITLE_LENGTH = 200
EMBEDDED = re.compile(r"(^|/)(embeddings|activeX)/[^/]+$", re.IGNORECASE)
ALIGNMENTS: dict[str, Alignment] = {
    "center": "center",
    "right": "right",
    "end": "right",
    "both": "justify",
    "distribute": "justify",
}
TOGGLES = {"b": "bold", "i": "italic", "strike": "strike", "dstrike": "strike", "caps": "caps", "smallCaps": "caps"}


# ---- values ---------------------------------------------------------------------------------------------------------


def read_draft(data: bytes) -> Draft:
    """Return the draft's paragraphs, numbered. Raises Invalid for what is no acceptable .docx."""
    return describe(open_document(data))


def describe(document: Document) -> Draft:
    """Return an opened document as a Draft."""
    labels = _labels(document.package)
    printed: Printed = {(s.kind, s.id): str(s.number) for s in document.of_kind("footnote", "endnote")}
    paragraphs = list[Paragraph]()
    for story in document.stories:
        links = {r.id: r.target for r in document.package.relationships(story.part) if r.external}
        for line in story.lines():
            paragraphs.append(_paragraph(len(paragraphs), story, line, labels, printed, links))
    return Draft(document.package.sha256, _title(paragraphs), tuple(paragraphs), tuple(notices_of(document)))


def outline(document: Document) -> Draft:
    """Return an opened document as a Draft of which only texts, keys and numbers are told: all that merging asks for."""
    paragraphs = list[Paragraph]()
    for story in document.stories:
        for line in story.lines():
            kind: ParagraphKind = "cell" if line.cell is not None and story.kind == "body" else story.kind
            paragraphs.append(Paragraph(len(paragraphs), line.key, line.number, kind, line.text))
    return Draft(document.package.sha256, "", tuple(paragraphs), tuple(notices_of(document)))


def _labels(package: Package) -> ListLabels:
    parts: dict[str, bytes] = {}
    for relationship in package.relationships(package.main_part):
        kind = relationship.type.rsplit("/", 1)[-1]
        if kind in ("numbering", "styles") and package.has(relationship.target):
            parts[kind] = package.read(relationship.target)
    return ListLabels(parts.get("numbering"), parts.get("styles"))


Printed = dict[tuple[str, str], str]  # kind and id of a note -> its number


def _paragraph(
    index: int, story: Story, line: Line, labels: ListLabels, printed: Printed, links: dict[str, str]
) -> Paragraph:
    properties = line.element.find(ooxml.PPR)
    label, list_level = labels.label(properties)
    heading = labels.outline_level(properties)
    kind: ParagraphKind = "body"
    if story.kind != "body":
        kind = story.kind
    elif line.cell is not None:
        kind = "cell"
    elif heading:
        kind = "heading"
    elif list_level:
        kind = "list"
    spans, atoms = _spans_and_atoms(line, printed, links)
    return Paragraph(
        index, line.key, line.number, kind, line.text, heading or list_level, label, labels.style_name(properties),
        spans, atoms, line.cell, _alignment(properties),
    )  # fmt: skip


def _alignment(properties: Element | None) -> Alignment:
    mark = properties.find(w("jc")) if properties is not None else None
    return ALIGNMENTS.get(mark.get(w("val"), "") if mark is not None else "", "left")


def _spans_and_atoms(line: Line, printed: Printed, links: dict[str, str]) -> tuple[tuple[Span, ...], tuple[Atom, ...]]:
    spans, atoms, position = list[Span](), list[Atom](), 0
    for piece in ooxml.visible(line.pieces):
        start, position = position, position + len(piece.text)
        if piece.text == ATOM:
            shows = printed.get((piece.kind, piece.shows), piece.shows)
            atoms.append(Atom(start, piece.kind, shows))
        elif piece.text:
            formats, link = _formats(piece.elements[0]), _link(piece.elements[0], links)
            if spans and spans[-1].end == start and (spans[-1].formats, spans[-1].link) == (formats, link):
                spans[-1] = Span(spans[-1].start, position, formats, link)
            else:
                spans.append(Span(start, position, formats, link))
    return tuple(spans), tuple(atoms)


def _formats(run: Element) -> frozenset[str]:
    properties = run.find(ooxml.RPR)
    if properties is None:
        return frozenset()
    found = set()
    for child in properties:
        name, value = etree.QName(child).localname, child.get(w("val"), "")
        if name in TOGGLES and value not in ("0", "false", "off"):
            found.add(TOGGLES[name])
        elif name == "u" and value != "none":
            found.add("underline")
        elif name == "vertAlign" and value in ("superscript", "subscript"):
            found.add(value)
    return frozenset(found)


def _link(run: Element, links: dict[str, str]) -> str:
    parent = run.getparent()
    while parent is not None and parent.tag != ooxml.P:
        if parent.tag == ooxml.HYPERLINK:
            return links.get(parent.get(f"{{{ooxml.R}}}id", ""), "")
        parent = parent.getparent()
    return ""


def _title(paragraphs: list[Paragraph]) -> str:
    """Return the first title or heading, else the first paragraph with text, shortened."""
    with_text = [p for p in paragraphs if p.number and p.key.startswith("p")]
    best = next((p for p in with_text if p.style.lower() == "title"), None)
    best = best or next((p for p in with_text if p.kind == "heading"), None) or (with_text[0] if with_text else None)
    text = " ".join(best.text.replace(ATOM, "").split()) if best else ""
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"


# ---- what to tell ---------------------------------------------------------------------------------------------------


def notices_of(document: Document) -> Iterator[Notice]:
    """Yield what a person should know about a draft: changes it already has."""
    if any(piece.view != "plain" for line in document.lines() if not line.is_plain for piece in line.pieces):
        yield Notice(
            "has-changes",
            "The draft itself has tracked changes. They are kept as they are; comments are on the text as it now reads.",
            severity="attention",
        )
    package = document.package
    if package.was_strict:
        text = "The draft was saved as “Strict Open XML Document”. All files made of it are ordinary Word documents."
        yield Notice("was-strict", text)
    embedded = sum(1 for name in package.names if EMBEDDED.search(name))
    if embedded:
        text = f"The draft carries embedded objects or controls ({embedded} parts). They are passed on as they are."
        yield Notice("embedded-objects", text, severity="attention")
