"""The margin comments of a returned copy -> remarks in the coordinates of the draft. Every one is placed somewhere."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from consult.engine.margins import MarginComment, anchors_of, margin_comments
from consult.engine.naming import is_nobody
from consult.engine.placing import Locator
from consult.engine.stories import Document
from consult.engine.tracking import Place
from consult.engine.values import DRAFT_AUTHOR, Notice, Remark
from consult.phrases import say

NO_REPLY, DRAFTS_OWN = -1, -2  # a reply to the draft's own comment n has the number DRAFTS_OWN - n
DAY, QUARTER = 24 * 60 * 60, 15 * 60


def remarks_of(
    base: Document, returned: Document, places: Mapping[int, Place], name: Callable[[str], str]
) -> tuple[tuple[Remark, ...], tuple[Notice, ...]]:
    """Return every margin comment of the copy that the draft does not have already, and what to tell about them.

    `places` says where the copy's paragraphs stand in the draft, by the id() of each w:p; `name` gives the organisation
    for an author. What stands on text that has no place stands on the nearest text before it and says so; where there
    is none, it becomes a comment on the whole draft.
    """
    ours, theirs = list(margin_comments(base)), list(margin_comments(returned))
    known = _drafts_own(ours, theirs)
    orders = {c.id: DRAFTS_OWN - known[c.id] if c.id in known else order for order, c in enumerate(theirs)}
    notices = [*_resolved(ours, theirs, known, name(""))]
    anchors, remarks = anchors_of(returned), list[Remark]()
    locator = Locator(base, places, returned)
    for order, c in enumerate(theirs):
        if c.id in known:
            continue
        remark = Remark(
            "", 0, 0, c.text, "", name(c.author), c.author, c.initials, c.date, order=order,
            reply_to=orders.get(c.reply_to, NO_REPLY), resolved=c.resolved,
        )  # fmt: skip
        anchor = anchors.get(c.id) or anchors.get(c.reply_to)
        remarks.append(locator.located(remark, anchor) if anchor is not None else remark)
        if not remarks[-1].paragraph:
            text = say(
                "A margin comment stands outside the numbered paragraphs. It is kept as a comment on the whole draft."
            )
            notices.append(Notice("comment-on-whole-draft", text, "", remark.organisation))
    return tuple(remarks), tuple(notices)


# ---- comments that the draft has itself -----------------------------------------------------------------------------


def _drafts_own(ours: Sequence[MarginComment], theirs: Sequence[MarginComment]) -> dict[str, int]:
    """Return which comments of the copy are the draft's own: id -> number. Each of the draft's is found once at most.

    Programs drop names and dates, or write the same instant for another time zone.
    """
    found: dict[str, int] = {}
    left = dict(enumerate(ours))
    for alike in (_same, _same_but_for_the_date, _same_but_for_the_name):
        by_text: dict[str, list[int]] = defaultdict(list)
        for number, own in left.items():
            by_text[_folded(own.text)].append(number)
        for c in theirs:
            if c.id in found:
                continue
            numbers = by_text.get(_folded(c.text), [])
            for number in numbers:
                if number in left and alike(left[number], c):
                    found[c.id] = number
                    del left[number]
                    break
    return found


def _folded(text: str) -> str:
    """Return a comment's words alone: programs drop the pictures in it, and blanks."""
    return " ".join(re.sub(r"\[(image|object|box)\]", "", text).split())


def _same(one: MarginComment, other: MarginComment) -> bool:
    return (one.author, one.date) == (other.author, other.date)


def _same_but_for_the_date(one: MarginComment, other: MarginComment) -> bool:
    return one.author == other.author and _may_be_one_instant(one.date, other.date)


def _same_but_for_the_name(one: MarginComment, other: MarginComment) -> bool:
    unnamed = _is_unnamed(one.author) or _is_unnamed(other.author)
    return unnamed and _may_be_one_instant(one.date, other.date)


def _is_unnamed(author: str) -> bool:
    """Return whether a name stands for nobody, or for the draft's own authors in a file that left."""
    return is_nobody(author) or author == DRAFT_AUTHOR


def _may_be_one_instant(one: str, other: str) -> bool:
    """Return whether two dates differ by a zone's offset or a fraction of a second at most, or one is missing."""
    first, second = _instant(one), _instant(other)
    if first is None or second is None:
        return True
    apart = abs((first - second).total_seconds())
    return apart < DAY and min(apart % QUARTER, QUARTER - apart % QUARTER) <= 1


def _instant(date: str) -> datetime | None:
    """Return a date without its zone: what programs write there is not reliable."""
    match = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", date)
    try:
        return datetime.fromisoformat(match[0]) if match else None
    except ValueError:
        return None


def _resolved(
    ours: Sequence[MarginComment], theirs: Sequence[MarginComment], known: Mapping[str, int], name: str
) -> Iterator[Notice]:
    for c in theirs:
        if c.id in known and c.resolved and not ours[known[c.id]].resolved:
            text = say("The copy marks a comment of the draft as resolved: “%(text)s”", text=c.text[:200])
            yield Notice("resolved", text, "", name)
