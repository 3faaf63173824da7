"""What is in the way of finishing a round: undecided comments, what has no place, accepted changes that contradict."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult.models import CarriedComment, Comment, Round
from consult.services import added_answers, dispositions, drafts, extensions
from consult.services.entries import list_entries
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing to be settled first.

    Of an "undecided" comment `number` is its number, of a "contradiction" the paragraph's; of an "orphan", a comment carried
    over that has no place in this draft, that of the paragraph it was on, with `comment_id` to find it by; of an
    "extension" that still runs it is the organisation's name, of "late" answers how many there are.
    """

    kind: str
    number: str
    comment_id: int = 0


def list_obstacles(session: AnySession, round_: Round, now: datetime) -> list[Obstacle]:
    """Return everything that is in the way, undecided comments first, in text order."""
    entries = list_entries(session, round_)
    found = [Obstacle("undecided", str(e.number), e.comment_id) for e in entries if not e.version]
    orphans = (
        select(CarriedComment.old_number, Comment.id)
        .join(Comment, CarriedComment.comment_id == Comment.id)
        .where(Comment.round_id == round_.id, CarriedComment.state == "orphaned", Comment.withdrawn_at.is_(None))
    )
    found += [Obstacle("orphan", row.old_number, row.id) for row in session.execute(orphans.order_by(Comment.id))]
    numbered = dispositions.list_numbered(session, round_)
    disputed = dispositions.contradictions(drafts.as_value(drafts.get_draft(session, round_)), numbered)
    found += [Obstacle("contradiction", number) for number in disputed]
    if late := added_answers.count_waiting(session, round_):
        found.append(Obstacle("late", str(late)))
    return found + [Obstacle("extension", one.organisation.name) for one in extensions.list_running(round_, now)]
