"""The margin comments of a returned copy -> remarks in the coordinates of the draft. Every one is placed somewhere."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

from consult.engine import ooxml
from consult.engine.margins import Anchor, MarginComment, anchors_of, margin_comments
from consult.engine.stories import Document
from consult.engine.tracking import CopyLine, Place, to_base
from consult.engine.values import Notice, Remark

LONGEST_QUOTE = 1000
NO_REPLY, DRAFTS_OWN = -1, -2  # a reply to the draft's own comment n has the number DRAFTS_OWN - n


def remarks_of(
    base: Document, returned: Document, places: Mapping[int, Place], name: Callable[[str], str]
) -> tuple[tuple[Remark, ...], tuple[Notice, ...]]:
    """Return every margin comment of the copy that the draft does not have already, and what to tell about them.

    `places` says where the copy's paragraphs stand in the draft, by the id() of each w:p; `name` gives the organisation
    for an author. What stands on text outside the numbered paragraphs becomes a comment on the whole draft.
    """
    known: dict[tuple[str, str, str], list[tuple[int, MarginComment]]] = defaultdict(list)
    for number, own in enumerate(margin_comments(base)):
        known[own.author, own.date, own.text].append((number, own))
    anchors, remarks, notices = anchors_of(returned), list[Remark](), list[Notice]()
    orders, new = dict[str, int](), list[tuple[int, MarginComment]]()  # comment id -> what a reply names it by
    for order, c in enumerate(margin_comments(returned)):
        if known[c.author, c.date, c.text]:
            number, own = known[c.author, c.date, c.text].pop(0)
            orders[c.id] = DRAFTS_OWN - number
            if c.resolved and not own.resolved:
                text = f"The copy marks a comment of the draft as resolved: “{c.text[:200]}”"
                notices.append(Notice("resolved", text, "", name("")))
        else:
            orders[c.id] = order
            new.append((order, c))
    for order, c in new:
        remark = Remark(
            "", 0, 0, c.text, "", name(c.author), c.author, c.initials, c.date, order=order,
            reply_to=orders.get(c.reply_to, NO_REPLY), resolved=c.resolved,
        )  # fmt: skip
        anchor = anchors.get(c.id)
        place = places.get(id(anchor.first)) if anchor else None
        if anchor is None or place is None:
            text = (
                "A margin comment stands outside the numbered paragraphs. It is kept as a comment on the whole draft."
            )
            notices.append(Notice("comment-on-whole-draft", text, "", remark.organisation))
            remarks.append(remark)
        else:
            remarks.append(_anchored(remark, anchor, place, places.get(id(anchor.last)) or place))
    return tuple(remarks), tuple(notices)


def _anchored(remark: Remark, anchor: Anchor, first: Place, last: Place) -> Remark:
    quote = _quote(first.copy_line, anchor, one=last is first)
    if first.is_new:
        new = first.copy_line.new + first.copy_line.joined
        return replace(remark, paragraph=first.key, quote=quote, inserted=new)
    start = to_base(_old_offset(first.copy_line, anchor.start_mark, 0), first.moves)
    whole = len(ooxml.text_of(p for p in first.copy_line.pieces if p.view != "inserted"))
    if last is first or last.is_new:
        end = _old_offset(first.copy_line, anchor.end_mark, whole) if last is first else whole
        return replace(
            remark, paragraph=first.key, start=start, end=max(start, to_base(end, first.moves, True)), quote=quote
        )
    end = to_base(_old_offset(last.copy_line, anchor.end_mark, 0), last.moves, True)
    return replace(
        remark, paragraph=first.key, start=start, end=start, quote=quote, last_paragraph=last.key, last_end=end
    )


def _old_offset(line: CopyLine, mark: object, default: int) -> int:
    """Return how many characters of the old text stand before a mark in a paragraph."""
    position = 0
    for piece in line.pieces:
        if piece.child is mark:
            return position
        if piece.view != "inserted":
            position += len(piece.text)
    return default


def _quote(line: CopyLine, anchor: Anchor, one: bool) -> str:
    """Return the words a comment stands on as the copy reads; in the first paragraph only if there are several."""
    inside, words = anchor.start_mark is None, list[str]()
    for piece in line.pieces:
        if piece.child is anchor.start_mark:
            inside = True
        elif one and piece.child is anchor.end_mark:
            break
        elif inside and piece.view != "deleted":
            words.append(piece.text)
    return "".join(words).strip()[:LONGEST_QUOTE]
