"""All comments that count in a round, as lines of one list: their numbers and what was decided, without what they say."""

from dataclasses import dataclass

from sqlalchemy import select

from consult.models import Comment, Disposition, DraftParagraph, Organisation, Round
from consult.services.comments import counts
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment that counts as a line of the list of all: its number, and what was decided; version 0 is undecided."""

    number: int
    comment_id: int
    decision: str
    duplicate_of_id: int | None
    version: int


def list_entries(session: AnySession, round_: Round) -> list[Entry]:
    """Return the same comments with the same numbers in one query, without what they say."""
    query = (
        select(
            Comment.id,
            Comment.start,
            Comment.end,
            Comment.created_at,
            DraftParagraph.position,
            Organisation.name,
            Disposition.decision,
            Disposition.duplicate_of_id,
            Disposition.version,
        )
        .join(Organisation, Organisation.id == Comment.organisation_id)
        .outerjoin(DraftParagraph, DraftParagraph.id == Comment.paragraph_id)
        .outerjoin(Disposition, Disposition.comment_id == Comment.id)
        .where(*counts(round_))
    )
    rows = [
        ((-1 if r.position is None else r.position, r.start, r.end, r.name.casefold(), r.created_at, r.id), r)
        for r in session.execute(query)
    ]
    rows.sort(key=lambda row: row[0])  # as comments.text_order has it
    return [
        Entry(number, r.id, r.decision or "", r.duplicate_of_id, r.version or 0)
        for number, (_, r) in enumerate(rows, 1)
    ]
