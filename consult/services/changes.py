"""Counting what changes in a round, so that a page that has not changed is recognised without being made.

A count is kept for each organisation, of all that is done to its comments and copies, and one of what changes in what
is handed in. Who may not see what others have handed in is never told the second, nor anything made of it; and what is
done to comments that are not handed in moves nothing but the count of their own organisation.
"""

from sqlalchemy.dialects import postgresql, sqlite

from consult.models import EVERYBODY, ChangeCount
from consult.unit_of_work import AnySession

# The acts that change what is handed in. Any other act on a comment is its own organisation's business, or the lead's.
HANDED_IN = frozenset(("submission.hand-in", "comment.withdraw", "comment.attach", "comment.let-go"))


def note_change(session: AnySession, *, action: str, round_id: int, organisation_id: int | None) -> None:
    """Count an act in a round: for its organisation, and for everybody if it changes what is handed in."""
    counted = [organisation_id] if organisation_id is not None else []
    if action in HANDED_IN:
        counted.append(EVERYBODY)
    if not counted:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [{"round_id": round_id, "organisation_id": number, "changes": 1} for number in sorted(counted)]
    session.execute(
        dialect.insert(ChangeCount)
        .values(rows)
        .on_conflict_do_update(
            index_elements=[ChangeCount.round_id, ChangeCount.organisation_id],
            set_={"changes": ChangeCount.changes + 1},
        )
    )
