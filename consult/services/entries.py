"""All comments that count in a round, as lines of one list: their numbers and what was decided, without what they say."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import aliased

from consult.models import Comment, Disposition, DraftParagraph, Organisation, ReleasedDisposition, Round
from consult.services.comments import counts
from consult.unit_of_work import AnySession

UNDECIDED, DRAFT, CHANGED, RELEASED = STATES = ("undecided", "draft", "changed since released", "released")


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment that counts as a line of the list of all: its number, and what was decided.

    `state` says what the organisations know of it: nothing of an undecided one and of a draft, what was decided before of
    one changed since it was released. `version` is the decision's, 0 where there is none.
    """

    number: int
    comment_id: int
    organisation_id: int
    organisation: str
    paragraph_id: int | None
    type: str
    decision: str
    duplicate_of_id: int | None
    version: int
    state: str


def list_entries(session: AnySession, round_: Round) -> list[Entry]:
    """Return the comments that count, numbered in the matrix's order, in one query."""
    latest = aliased(ReleasedDisposition)
    query = (
        select(
            Comment.id,
            Comment.organisation_id,
            Comment.paragraph_id,
            Comment.type,
            Comment.start,
            Comment.end,
            Comment.created_at,
            DraftParagraph.position,
            Organisation.name,
            Disposition.decision,
            Disposition.duplicate_of_id,
            Disposition.version,
            _state(latest).label("state"),
        )
        .join(Organisation, Organisation.id == Comment.organisation_id)
        .outerjoin(DraftParagraph, DraftParagraph.id == Comment.paragraph_id)
        .outerjoin(Disposition, Disposition.comment_id == Comment.id)
        .outerjoin(latest, is_latest(latest))
        .where(*counts(round_))
    )
    rows = [
        ((-1 if r.position is None else r.position, r.start, r.end, r.name.casefold(), r.created_at, r.id), r)
        for r in session.execute(query)
    ]
    rows.sort(key=lambda row: row[0])  # as comments.text_order has it
    return [
        Entry(
            number,
            r.id,
            r.organisation_id,
            r.name,
            r.paragraph_id,
            r.type,
            r.decision or "",
            r.duplicate_of_id,
            r.version or 0,
            r.state,
        )
        for number, (_, r) in enumerate(rows, 1)
    ]


def is_latest(released: type[ReleasedDisposition]) -> ColumnElement[bool]:
    """Return the condition that joins a comment with the latest of its released decisions."""
    other = aliased(ReleasedDisposition)
    last = select(func.max(other.release)).where(other.comment_id == Comment.id).correlate(Comment).scalar_subquery()
    return and_(released.comment_id == Comment.id, released.release == last)


def _state(released: type[ReleasedDisposition]) -> ColumnElement[str]:
    same = and_(
        Disposition.decision == released.decision,
        Disposition.reason == released.reason,
        Disposition.wording.is_not_distinct_from(released.wording),
        Disposition.duplicate_of_id.is_not_distinct_from(released.duplicate_of_id),
    )
    return case(
        (Disposition.id.is_(None), UNDECIDED),
        (released.id.is_(None), DRAFT),
        (same, RELEASED),
        else_=CHANGED,
    )
