"""An organisation's own words in letters to it, where the round says that letters carry them."""

from collections.abc import Iterable
from dataclasses import dataclass

from consult import engine
from consult.models import Comment
from consult.phrases import say
from consult.rules.names import name_of
from consult.services.comments import edits_of
from consult.services.dispositions import Numbered

MOST = 200  # comments in one letter; the others are on the page


@dataclass(frozen=True, slots=True)
class Told:
    """One comment as a letter tells it: where, what it says, and what was decided on it."""

    place: str
    quote: str
    reason: str
    changes: tuple[str, ...]
    decision: str = ""
    answer: str = ""


def tell_comments(comments: Iterable[Comment]) -> list[Told]:
    """Return comments as a letter tells them."""
    return [_tell(comment) for comment in comments]


def tell_decisions(numbered: Iterable[Numbered]) -> list[Told]:
    """Return those of these comments that are decided, with the decisions as they were released."""
    return [
        _tell(item.comment, name_of(item.disposition.decision, "decision"), item.disposition.reason)
        for item in numbered
        if item.disposition is not None
    ]


def _tell(comment: Comment, decision: str = "", answer: str = "") -> Told:
    paragraph = comment.paragraph
    return Told(
        say("Paragraph %(number)s", number=paragraph.number) if paragraph else say("Whole draft"),
        "" if comment.edits else comment.quote,
        comment.reason,
        tuple(engine.told_change(edit, paragraph.text if paragraph else "") for edit in edits_of(comment)),
        decision,
        answer,
    )
