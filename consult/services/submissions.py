"""Handing in: all that an organisation has, at one instant, by its focal point."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from consult.errors import Refused
from consult.models import Comment, Person, Round, Submission
from consult.phrases import say
from consult.rules.permissions import Actor
from consult.rules.positions import WITH_COMMENTS, WITHOUT_COMMENTS, check_position
from consult.services import audit, comments, notices, receipts, reminders, traces
from consult.unit_of_work import AnySession

ON_BEHALF = "on behalf"


class ChangedMeanwhile(Refused):
    """Comments that were shown as leaving are not as they were: nothing was handed in."""

    def __init__(self, changed: Sequence[int]) -> None:
        super().__init__(
            say(
                "Nothing was handed in: since this page was made, somebody of your organisation changed or dropped "
                "comments on it. They are marked below. Look at them and hand in again."
            ),
            "changed-meanwhile",
        )
        self.changed = frozenset(changed)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What would leave with a hand-in now, and what stays: not cleared yet, and set aside."""

    leaving: tuple[Comment, ...]
    waiting: tuple[Comment, ...]
    set_aside: tuple[Comment, ...]


def preview(session: AnySession, round_: Round, organisation_id: int, *, with_waiting: bool) -> Leaving:
    """Return what would leave: what is cleared, and, `with_waiting`, what nobody has cleared yet."""
    desk = [c for c in comments.list_own(session, round_, organisation_id) if c.submission_id is None]
    waiting = tuple(c for c in desk if c.desk_state == "drafting")
    leaving = tuple(c for c in desk if c.desk_state == "cleared" or (with_waiting and c.desk_state == "drafting"))
    return Leaving(leaving, () if with_waiting else waiting, tuple(c for c in desk if c.is_set_aside))


def changed_since(desk: Sequence[Comment], shown: Mapping[int, int]) -> list[int]:
    """Return the ids of shown comments that are gone, handed in, set aside, or of another version."""
    as_they_are = {c.id: c.version for c in desk if c.submission_id is None and not c.is_set_aside}
    return [number for number, version in shown.items() if as_they_are.get(number) != version]


def hand_in(
    session: AnySession,
    round_: Round,
    *,
    organisation_id: int,
    position: str,
    statement: str,
    by: Actor,
    person: Person,
    now: datetime,
    shown: Mapping[int, int] | None = None,
    keeps_entered: bool = False,
) -> Submission:
    """Hand in an organisation's comments, or that it has none. A later hand-in adds to and corrects the former.

    What the lead entered on its behalf gives way, unless it `keeps_entered` words beside its own.

    `shown` are the comments its focal point saw as leaving, with their versions: exactly these leave, which clears them;
    None hands in all that is not set aside. Raises Refused after closing, or where one of the shown is not any more as
    it was; Invalid where the position contradicts the comments.
    """
    comments.check_open(round_, organisation_id, now)
    desk = comments.list_own(session, round_, organisation_id)
    if shown is not None and (changed := changed_since(desk, shown)):
        raise ChangedMeanwhile(changed)
    waiting = [c for c in desk if c.submission_id is None and not c.is_set_aside]
    unsubmitted = [c for c in waiting if shown is None or c.id in shown]
    corrected = {c.supersedes_id for c in unsubmitted}
    effective = [c for c in comments.list_effective(session, round_, organisation_id) if c.id not in corrected]
    staying = [c for c in effective if keeps_entered or c.manner != ON_BEHALF]
    # What was carried over from an earlier round contradicts no answer: it was said then.
    counted = [c for c in staying if c.carried is None or position in WITH_COMMENTS]
    said = waiting if position in WITHOUT_COMMENTS else unsubmitted  # “no comments” leaves none behind silently
    check_position(position, statement, len(said) + len(counted))
    last = session.scalar(
        select(func.max(Submission.number)).where(
            Submission.round_id == round_.id, Submission.organisation_id == organisation_id
        )
    )
    submission = Submission(
        round_id=round_.id,
        organisation_id=organisation_id,
        number=(last or 0) + 1,
        position=position,
        statement=statement.strip(),
        handed_in_at=now,
        handed_in_by_id=person.id,
    )
    session.add(submission)
    session.flush()
    if not keeps_entered:
        withdraw_entered(session, round_, organisation_id, by=by, now=now)
    for comment in unsubmitted:
        comment.submission_id = submission.id
    session.flush()
    audit.record(
        session, by=by, action="submission.hand-in", object_kind="submission", object_id=submission.id, now=now,
        round=round_.id, organisation=organisation_id, position=position, comments=[c.id for c in unsubmitted],
    )  # fmt: skip
    receipts.make_due(session, submission, now=now)
    notices.note_hand_in(session, round_, now=now)
    reminders.withdraw_waiting(session, round_, organisation_id)
    return submission


def withdraw_entered(
    session: AnySession, round_: Round, organisation_id: int, *, by: Actor, now: datetime
) -> list[Comment]:
    """Withdraw what the lead entered on an organisation's behalf, and return it: the organisation itself has answered."""
    entered = [c for c in comments.list_effective(session, round_, organisation_id) if c.manner == ON_BEHALF]
    for comment in entered:
        comment.withdrawn_at = comment.updated_at = now
    session.flush()
    for comment in entered:
        comments.record(session, comment, "comment.withdraw", by, now, entered=True)
    return entered


def list_submissions(session: AnySession, round_: Round, organisation_id: int) -> list[Submission]:
    """Return an organisation's submissions in a round, latest first."""
    query = select(Submission).where(Submission.round_id == round_.id, Submission.organisation_id == organisation_id)
    return list(session.scalars(query.order_by(Submission.number.desc())))


def count_unsubmitted(
    session: AnySession, rounds: Collection[int], organisations: Collection[int]
) -> dict[tuple[int, int], int]:
    """Return how many comments each of these organisations has not handed in in each of these rounds, where there are
    any, by (round, organisation). For their own people only."""
    query = (
        select(Comment.round_id, Comment.organisation_id, func.count())
        .where(
            Comment.round_id.in_(rounds),
            Comment.organisation_id.in_(organisations),
            Comment.submission_id.is_(None),
            traces.is_not_set_aside(),
        )
        .group_by(Comment.round_id, Comment.organisation_id)
    )
    return {(round_id, organisation_id): count for round_id, organisation_id, count in session.execute(query)}


def latest_of(
    session: AnySession, rounds: Collection[int], organisations: Collection[int]
) -> dict[tuple[int, int], Submission]:
    """Return the latest submission of each of these organisations in each of these rounds, by (round, organisation)."""
    query = select(Submission).where(Submission.round_id.in_(rounds), Submission.organisation_id.in_(organisations))
    found = session.scalars(query.order_by(Submission.number))
    return {(submission.round_id, submission.organisation_id): submission for submission in found}
