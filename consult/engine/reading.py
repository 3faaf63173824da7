"""A draft's bytes -> its numbered paragraphs as values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from consult.engine import ooxml
from consult.engine.numbering import ListLabels
from consult.engine.ooxml import Element, Piece, w
from consult.engine.package import Package
from consult.engine.picturing import Pictures, element_of, words_of
from consult.engine.stories import Document, Line, Story, open_document
from consult.engine.values import ATOM, Alignment, Atom, Draft, Notice, Paragraph, ParagraphKind, Span
from consult.phrases import say, say_many

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
    pictures = Pictures(document.package)
    paragraphs = list[Paragraph]()
    for story in document.stories:
        links = {r.id: r.target for r in document.package.relationships(story.part) if r.external}
        context = _Context(story.part, printed, links, pictures)
        for line in story.lines():
            paragraphs.append(_paragraph(len(paragraphs), story, line, labels, context))
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


@dataclass(frozen=True, slots=True)
class _Context:
    """What the atoms and links of a part refer to."""

    part: str
    printed: Printed
    links: dict[str, str]
    pictures: Pictures


def _paragraph(index: int, story: Story, line: Line, labels: ListLabels, context: _Context) -> Paragraph:
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
    spans, atoms, removed = _content(line, context)
    return Paragraph(
        index, line.key, line.number, kind, line.text, heading or list_level, label, labels.style_name(properties),
        spans, atoms, line.cell, _alignment(properties), removed,
    )  # fmt: skip


def _alignment(properties: Element | None) -> Alignment:
    mark = properties.find(w("jc")) if properties is not None else None
    return ALIGNMENTS.get(mark.get(w("val"), "") if mark is not None else "", "left")


def _content(line: Line, context: _Context) -> tuple[tuple[Span, ...], tuple[Atom, ...], tuple[Atom, ...]]:
    """Return how a paragraph's text is formatted, what stands at its atoms, and what its own changes delete."""
    spans, atoms, removed, position = list[Span](), list[Atom](), list[Atom](), 0
    for piece in line.pieces:
        if piece.view == "deleted":
            if piece.text:
                removed.append(Atom(position, "removed", piece.text))
            continue
        start, position = position, position + len(piece.text)
        if piece.text == ATOM:
            atoms.append(_atom(start, piece, context))
        if not piece.text or (piece.text == ATOM and piece.view == "plain"):
            continue
        element = piece.elements[0]
        formats, link = _formats(element), _link(element, context.links)
        if piece.view == "inserted":
            formats |= {"inserted"}
        if spans and spans[-1].end == start and (spans[-1].formats, spans[-1].link) == (formats, link):
            spans[-1] = Span(spans[-1].start, position, formats, link)
        else:
            spans.append(Span(start, position, formats, link))
    return tuple(spans), tuple(atoms), tuple(removed)


def _atom(offset: int, piece: Piece, context: _Context) -> Atom:
    shows = context.printed.get((piece.kind, piece.shows), piece.shows)
    if piece.kind != "image":
        return Atom(offset, piece.kind, shows)
    element = element_of(piece)
    picture = context.pictures.at(context.part, element)
    return Atom(offset, piece.kind, shows, picture.sha256 if picture else "", words_of(element))


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
            say(
                "The draft itself has tracked changes. They are kept as they are; comments are on the text as it "
                "now reads."
            ),
            severity="attention",
        )
    package = document.package
    if package.was_strict:
        text = say(
            "The draft was saved as “Strict Open XML Document”. All files made of it are ordinary Word documents."
        )
        yield Notice("was-strict", text)
    embedded = sum(1 for name in package.names if EMBEDDED.search(name))
    if embedded:
        text = say_many(
            "The draft carries embedded objects or controls (%(num)s part). They are passed on as they are.",
            "The draft carries embedded objects or controls (%(num)s parts). They are passed on as they are.",
            embedded,
        )
        yield Notice("embedded-objects", text, severity="attention")
