"""Letters to the lead about its round: everybody has answered, what is undecided, what did not arrive, the digest.

And what else the worker writes when a duty is due, but for reminders.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, select, update

from consult.models import Duty, Organisation, OutboxLetter, Participation, Round, Submission
from consult.rules.permissions import LEADING, WORKER
from consult.services import audit, digests, duties, invitations, letter_plans, receipts, troubles
from consult.services.dispositions import count_undecided
from consult.services.visibility import is_round_open
from consult.unit_of_work import AnySession

ALL_IN, DIGEST, UNDECIDED, UNDELIVERED = "all-in", "digest", "undecided", "undelivered"


def note_hand_in(session: AnySession, round_: Round, *, now: datetime) -> None:
    """Have the lead told, once in a round, when nobody who is asked owes an answer any more."""
    key = f"{ALL_IN}:{round_.id}"
    has_answered = exists().where(
        Submission.round_id == round_.id, Submission.organisation_id == Participation.organisation_id
    )
    owes = exists().where(
        Participation.consultation_id == round_.consultation_id,
        Participation.place.in_(invitations.ASKED),
        ~has_answered,
    )
    if session.scalar(select(~owes & ~exists().where(Duty.key == key))):
        duties.add(session, key=key, kind=ALL_IN, round_id=round_.id, due_at=now)
        session.flush()


def carry_out(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    """Write the letter a duty is about, if there is still a reason for it."""
    WRITE[duty.kind](session, duty, base_url=base_url, now=now)


def _tell(session: AnySession, round_: Round, kind: str, **how: Any) -> int:
    leading = invitations.organisations_with(session, round_, LEADING)
    return invitations.send(session, round_, kind, leading, to=invitations.focal_points_of, **how)


def _tell_all_in(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    if not is_round_open(duty.round, now) or invitations.owing(session, duty.round):
        return
    answered = len(invitations.organisations_with(session, duty.round, invitations.ASKED))
    _tell(session, duty.round, ALL_IN, occasion="once", base_url=base_url, now=now, page="board", answered=answered)


def _tell_undecided(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    round_ = duty.round
    undecided = count_undecided(session, round_) if round_.stage in ("closed", "consolidated") else 0
    if undecided and round_.closed_at is not None:
        days = (now - round_.closed_at).days
        _tell(
            session, round_, UNDECIDED, occasion="once", base_url=base_url, now=now, page="decisions?state=undecided",
            undecided=undecided, days=days,
        )  # fmt: skip


def _tell_undelivered(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    """Tell which letters failed: those of this duty and of all that wait beside it, unless somebody has seen to them."""
    waiting = and_(Duty.round_id == duty.round_id, Duty.kind == UNDELIVERED, Duty.state == "due")
    keys = [duty.key, *session.scalars(select(Duty.key).where(waiting).order_by(Duty.id))]
    session.execute(
        update(Duty).where(waiting).values(state="done", done_at=now).execution_options(synchronize_session=False)
    )
    numbers = {int(key.split(":")[1]) for key in keys}
    failed = select(OutboxLetter).where(OutboxLetter.id.in_(numbers), OutboxLetter.state == "failed")
    letters = list(session.scalars(failed.order_by(OutboxLetter.id)))
    if letters:
        listed = [(name_of(session, letter), letter.subject, troubles.reason_of(letter)) for letter in letters]
        _tell(
            session, duty.round, UNDELIVERED, occasion=duty.key, base_url=base_url, now=now, page="letters",
            letters=listed,
        )  # fmt: skip


def name_of(session: AnySession, letter: OutboxLetter) -> str:
    """Return to whom a letter was, with the organisation where its key names one."""
    organisation = session.get(Organisation, troubles.organisation_of(letter))
    whom = letter.recipient_name or letter.recipient
    return f"{whom}, {organisation.name}" if organisation is not None else whom


def _tell_digest(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    """Tell what has changed since the last digest, if anything, and make the next one due."""
    round_ = duty.round
    duties.cancel(session, Duty.kind == DIGEST, round_=round_, now=now)
    if not is_round_open(round_, now):
        return
    digest = digests.read_digest(session, round_)
    if digest.changes:
        _tell(
            session, round_, DIGEST, occasion=f"{duty.due_at:%Y%m%d%H%M}-{duty.id}", base_url=base_url, now=now,
            page="board", changes=digest.changes, answered=digest.answered, asked=digest.asked, missing=digest.missing,
        )  # fmt: skip
        audit.record(session, by=WORKER, action=digests.ACTION, object_kind="round", object_id=round_.id, now=now)
    letter_plans.plan_digest(session, round_, letter_plans.plan_of(session, round_), now=now)


WRITE: dict[str, Callable[..., None]] = {
    ALL_IN: _tell_all_in,
    DIGEST: _tell_digest,
    receipts.KIND: receipts.write,
    UNDECIDED: _tell_undecided,
    UNDELIVERED: _tell_undelivered,
}
