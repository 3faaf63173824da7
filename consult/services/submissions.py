"""Handing in: all that an organisation has, at one instant, by its focal point."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from consult.models import Comment, Person, Round, Submission
from consult.rules.permissions import Actor
from consult.rules.positions import WITH_COMMENTS, check_position
from consult.services import audit, comments
from consult.unit_of_work import AnySession


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
) -> Submission:
    """Hand in an organisation's comments, or that it has none. A later hand-in adds to and corrects the former.

    Raises Refused after closing, Invalid where the position contradicts the comments.
    """
    comments.check_open(round_, now)
    unsubmitted = [c for c in comments.list_own(session, round_, organisation_id) if c.submission_id is None]
    corrected = {c.supersedes_id for c in unsubmitted}
    staying = [c for c in comments.list_effective(session, round_, organisation_id) if c.id not in corrected]
    # What was carried over from an earlier round contradicts no answer: it was said then.
    counted = [c for c in staying if c.carried is None or position in WITH_COMMENTS]
    check_position(position, statement, len(unsubmitted) + len(counted))
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
    for comment in unsubmitted:
        comment.submission_id = submission.id
    session.flush()
    audit.record(
        session, by=by, action="submission.hand-in", object_kind="submission", object_id=submission.id, now=now,
        round=round_.id, organisation=organisation_id, position=position, comments=[c.id for c in unsubmitted],
    )  # fmt: skip
    return submission


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
            Comment.round_id.in_(rounds), Comment.organisation_id.in_(organisations), Comment.submission_id.is_(None)
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
