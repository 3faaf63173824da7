"""Receipts: an organisation reads by letter that its answer has come in, and which."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from consult.models import Comment, Duty, Submission
from consult.rules.positions import POSITIONS
from consult.services import duties, invitations, letter_plans, letter_words
from consult.unit_of_work import AnySession

KIND = "receipt"


def make_due(session: AnySession, submission: Submission, *, now: datetime) -> None:
    """Have the receipt of a hand-in written by the worker."""
    duties.add(
        session,
        key=f"{KIND}:{submission.id}",
        kind=KIND,
        round_id=submission.round_id,
        organisation_id=submission.organisation_id,
        due_at=now,
    )


def write(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    """Write the receipt to everybody who writes for the organisation; with its comments where the round says so."""
    submission = session.get(Submission, int(duty.key.partition(":")[2]))
    organisation = duty.organisation
    if submission is None or organisation is None:
        return
    query = select(Comment).where(Comment.submission_id == submission.id).options(joinedload(Comment.paragraph))
    comments = sorted(session.scalars(query), key=lambda c: (c.paragraph.position if c.paragraph else -1, c.created_at))
    with_text = letter_plans.plan_of(session, duty.round).with_text
    shown = letter_words.tell_comments(comments[: letter_words.MOST]) if with_text else []
    invitations.send(
        session, duty.round, KIND, [organisation], occasion=str(submission.number), base_url=base_url, now=now,
        page=f"comments?organisation={organisation.id}", position=POSITIONS[submission.position],
        handed_in_at=submission.handed_in_at, zone=organisation.time_zone, number=submission.number,
        comments=len(comments), shown=shown, untold=len(comments) - len(shown) if with_text else 0,
        statement=submission.statement if with_text else "",
    )  # fmt: skip
