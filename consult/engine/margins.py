"""Margin comments: what comments.xml says, and where each comment's range begins and ends."""

from collections.abc import Iterator
from dataclasses import dataclass

from consult.engine import ooxml
from consult.engine.ooxml import Element, w
from consult.engine.package import parse_xml
from consult.engine.reading import Document


@dataclass(frozen=True, slots=True)
class MarginComment:
    """A comment in Word's own sense, in the order of the comments part. Paragraphs of its text are joined by line feeds."""

    id: str
    author: str
    initials: str
    date: str
    text: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """The paragraphs a comment's range begins and ends in, and the marks there; a mark is None at a paragraph's edge."""

    first: Element
    start_mark: Element | None
    last: Element
    end_mark: Element | None


def comments_part(document: Document) -> str:
    """Return the name of the comments part, or "" when the package has none."""
    package = document.package
    for relationship in package.relationships(package.main_part):
        if relationship.type.endswith("/comments") and package.has(relationship.target):
            return relationship.target
    return ""


def margin_comments(document: Document) -> Iterator[MarginComment]:
    """Yield the margin comments of a document."""
    part = comments_part(document)
    if not part:
        return
    for comment in parse_xml(document.package.read(part)).findall(w("comment")):
        text = "\n".join(ooxml.text_of(ooxml.visible(ooxml.pieces_of(p))) for p in comment.iter(ooxml.P))
        yield MarginComment(
            comment.get(ooxml.ID, ""),
            comment.get(ooxml.AUTHOR, ""),
            comment.get(w("initials"), ""),
            comment.get(ooxml.DATE, ""),
            text.strip(),
        )


def anchors_of(document: Document) -> dict[str, Anchor]:
    """Return where each comment stands: id -> anchor. A comment with only a reference stands on that point.

    Marks between paragraphs count for the paragraph that follows (a start) or precedes (an end).
    """
    starts, ends, points = dict[str, _Mark](), dict[str, _Mark](), dict[str, _Mark]()
    _gather(document.body, starts, ends, points)
    if document.notes_root is not None:
        _gather(document.notes_root, starts, ends, points)
    anchors = {}
    for name in {**points, **starts, **ends}:
        start = starts.get(name) or points.get(name) or ends.get(name)
        end = ends.get(name) or points.get(name) or start
        if start is not None and end is not None:
            anchors[name] = Anchor(start.paragraph, start.mark, end.paragraph, end.mark)
    return anchors


@dataclass(slots=True)
class _Mark:
    paragraph: Element
    mark: Element | None


def _gather(root: Element, starts: dict[str, _Mark], ends: dict[str, _Mark], points: dict[str, _Mark]) -> None:
    kinds = {ooxml.COMMENT_START: starts, ooxml.COMMENT_END: ends, ooxml.COMMENT_REFERENCE: points}
    waiting: list[str] = []
    last: Element | None = None
    for element in root.iter(ooxml.P, *kinds):
        if element.tag == ooxml.P:
            last = element
            starts.update((name, _Mark(element, None)) for name in waiting)
            waiting = []
            continue
        name = element.get(ooxml.ID, "")
        inside = next((a for a in element.iterancestors(ooxml.P)), None)
        if inside is not None:
            kinds[element.tag].setdefault(name, _Mark(inside, element))
        elif element.tag == ooxml.COMMENT_START:
            waiting.append(name)
        elif last is not None:
            kinds[element.tag].setdefault(name, _Mark(last, None))
