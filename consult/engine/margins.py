"""Margin comments: what comments.xml says, and where each comment's range begins and ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consult.engine import ooxml
from consult.engine.ooxml import Element, w
from consult.engine.package import parse_xml
from consult.engine.stories import Document

PARA_ID = f"{{{ooxml.W14}}}paraId"


@dataclass(frozen=True, slots=True)
class MarginComment:
    """A comment in Word's own sense, in the order of the comments part. Paragraphs of its text are joined by line feeds.

    `reply_to` is the id of the comment it answers, or ""; `resolved` says that it was marked as done.
    """

    id: str
    author: str
    initials: str
    date: str
    text: str
    reply_to: str = ""
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """The paragraphs a comment's range begins and ends in, and the marks there; a mark is None at a paragraph's edge."""

    first: Element
    start_mark: Element | None
    last: Element
    end_mark: Element | None


def comments_part(document: Document) -> str:
    """Return the name of the comments part, or "" when the package has none."""
    return document.package.related(document.package.main_part, "comments")


def margin_comments(document: Document) -> Iterator[MarginComment]:
    """Yield the margin comments of a document."""
    part = comments_part(document)
    if not part:
        return
    comments = parse_xml(document.package.read(part)).findall(w("comment"))
    by_paragraph = {p.get(PARA_ID, ""): c.get(ooxml.ID, "") for c in comments for p in c.iter(ooxml.P)}
    threads = _threads(document)
    for comment in comments:
        last = [p.get(PARA_ID, "") for p in comment.iter(ooxml.P)][-1:]
        parent, resolved = threads.get(last[0] if last else "", ("", False))
        text = "\n".join(ooxml.text_of(ooxml.visible(ooxml.pieces_of(p))) for p in comment.iter(ooxml.P))
        yield MarginComment(
            comment.get(ooxml.ID, ""),
            comment.get(ooxml.AUTHOR, ""),
            comment.get(w("initials"), ""),
            comment.get(ooxml.DATE, ""),
            text.strip(),
            by_paragraph.get(parent, "") if parent else "",
            resolved,
        )


def _threads(document: Document) -> dict[str, tuple[str, bool]]:
    """Return what commentsExtended says: paraId of a comment's last paragraph -> that of its parent, whether it is done."""
    part = document.package.related(document.package.main_part, "commentsExtended")
    root = parse_xml(document.package.read(part)) if part else None
    return {
        e.get(f"{{{ooxml.W15}}}paraId", ""): (
            e.get(f"{{{ooxml.W15}}}paraIdParent", ""),
            e.get(f"{{{ooxml.W15}}}done", "0") in ("1", "true", "on"),
        )
        for e in (root if root is not None else ())
        if isinstance(e.tag, str)
    }


def anchors_of(document: Document) -> dict[str, Anchor]:
    """Return where each comment stands: id -> anchor. A comment with only a reference stands on that point.

    Marks between paragraphs count for the paragraph that follows (a start) or precedes (an end).
    """
    starts, ends, points = dict[str, _Mark](), dict[str, _Mark](), dict[str, _Mark]()
    for surveyed in document.surveys.values():
        _gather(surveyed.comment_marks, starts, ends, points)
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


def _gather(
    elements: Sequence[Element], starts: dict[str, _Mark], ends: dict[str, _Mark], points: dict[str, _Mark]
) -> None:
    kinds = {ooxml.COMMENT_START: starts, ooxml.COMMENT_END: ends, ooxml.COMMENT_REFERENCE: points}
    waiting: list[str] = []
    last: Element | None = None
    for element in elements:
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
