"""Margin comments: what comments.xml says, and where each comment's range begins and ends."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from consult.engine import ooxml
from consult.engine.identities import symbol_of
from consult.engine.ooxml import Element, Piece, w
from consult.engine.package import parse_xml
from consult.engine.stories import Document
from consult.engine.values import ATOM

PARA_ID = f"{{{ooxml.W14}}}paraId"


@dataclass(frozen=True, slots=True)
class MarginComment:
    """A comment in Word's own sense, in the order of the comments part. Paragraphs of its text are joined by line feeds.

    Its words are plain; what is no text is named in square brackets, a link's address stands behind its words.
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
    """The paragraphs a comment's range begins and ends in, and the marks there; a mark is None at a paragraph's edge.

    The same mark twice is a comment on a point.
    """

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
    links = {r.id: r.target for r in document.package.relationships(part) if r.external}
    named = [(p.get(PARA_ID, "").upper(), c.get(ooxml.ID, "")) for c in comments for p in c.iter(ooxml.P)]
    by_paragraph = {name: id_ for name, id_ in named if name}
    threads = _threads(document)
    for comment in comments:
        paragraphs = list(comment.iter(ooxml.P))
        last = paragraphs[-1].get(PARA_ID, "").upper() if paragraphs else ""
        parent, resolved = threads.get(last, ("", False))
        yield MarginComment(
            comment.get(ooxml.ID, ""),
            comment.get(ooxml.AUTHOR, ""),
            comment.get(w("initials"), ""),
            comment.get(ooxml.DATE, ""),
            "\n".join(_told(p, links) for p in paragraphs).strip(),
            by_paragraph.get(parent, "") if parent else "",
            resolved,
        )


def _told(paragraph: Element, links: Mapping[str, str]) -> str:
    """Return a paragraph of a comment as plain words: a picture is named, a link's address follows its words."""
    told, words = list[str](), ""
    link: Element | None = None
    for piece in [*ooxml.visible(ooxml.pieces_of(paragraph)), None]:
        holder = _link_around(piece.elements[0], paragraph) if piece is not None else None
        if holder is not link:
            address = links.get(link.get(f"{{{ooxml.R}}}id", ""), "") if link is not None else ""
            told += [words, f" <{address}>" if address and address.rstrip("/") not in words else ""]
            link, words = holder, ""
        if piece is not None:
            words += _shown(piece) if piece.text == ATOM else piece.text
    return "".join((*told, words))


def _link_around(element: Element, paragraph: Element) -> Element | None:
    for ancestor in element.iterancestors():
        if ancestor is paragraph:
            return None
        if ancestor.tag == ooxml.HYPERLINK:
            return ancestor
    return None


def _shown(piece: Piece) -> str:
    """Return what stands for something that is no text: the comment is carried over as plain words."""
    if piece.kind in ("field", "break"):
        return piece.shows
    if piece.kind == "symbol":
        return symbol_of(piece)
    if piece.kind == "equation":
        return "[equation: " + "".join(t.text or "" for e in piece.elements for t in e.iter(f"{{{ooxml.M}}}t")) + "]"
    return f"[{piece.kind}]"


def _threads(document: Document) -> dict[str, tuple[str, bool]]:
    """Return what commentsExtended says: paraId of a comment's last paragraph -> that of its parent, whether it is done."""
    part = document.package.related(document.package.main_part, "commentsExtended")
    root = parse_xml(document.package.read(part)) if part else None
    return {
        e.get(f"{{{ooxml.W15}}}paraId", "").upper(): (
            e.get(f"{{{ooxml.W15}}}paraIdParent", "").upper(),
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
