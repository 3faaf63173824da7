"""The trace of what is done to a comment before it is handed in: who did what when, and the words before."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select

from consult.models import Clearance, Comment, CommentText
from consult.rules.permissions import Actor
from consult.unit_of_work import AnySession

KEPT = ("type", "reason", "start", "end", "quote", "edits", "proposed_text")


def remember_text(
    session: AnySession, comment: Comment, *, act: str, by: Actor, now: datetime, note: str = "", words: bool = True
) -> CommentText:
    """Add to a comment's trace what is about to be done to it, with its words as they still are.

    Call it before the change. `words` is False for an act that leaves the words as they are.
    """
    last = session.scalar(select(func.max(CommentText.number)).where(CommentText.comment_id == comment.id))
    row = CommentText(
        comment_id=comment.id,
        number=(last or 0) + 1,
        act=act,
        at=now,
        by=by.name,
        person_id=by.person_id,
        note=note,
        words={name: getattr(comment, name) for name in KEPT} if words else {},
    )
    session.add(row)
    session.flush()
    return row


def list_traces(session: AnySession, comments: Iterable[Comment]) -> dict[int, list[CommentText]]:
    """Return what was done to each of these comments, latest first. For their own organisation only."""
    query = select(CommentText).where(CommentText.comment_id.in_([comment.id for comment in comments]))
    found: dict[int, list[CommentText]] = {}
    for row in session.scalars(query.order_by(CommentText.number.desc())):
        found.setdefault(row.comment_id, []).append(row)
    return found


def set_state(
    session: AnySession,
    comment: Comment,
    state: str,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    merged_into_id: int | None = None,
) -> None:
    """Let a comment stand so at its organisation's desk from now on."""
    row = comment.clearance or Clearance(comment_id=comment.id)
    row.state, row.reason, row.merged_into_id, row.at, row.by = state, reason, merged_into_id, now, by.name
    session.add(row)
    session.flush()
    session.expire(comment, ["clearance"])


def is_not_set_aside() -> ColumnElement[bool]:
    """Return the filter that leaves out comments that were dropped or merged into another."""
    return ~exists().where(Clearance.comment_id == Comment.id, Clearance.state.in_(("dropped", "merged")))
