"""What is due when: reminders and the closing as rows, claimed and carried out once, whoever comes first."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, select, update

from consult.errors import Invalid, Refused
from consult.models import Deadline, Duty, Round
from consult.phrases import say
from consult.rules.entering import Entry
from consult.rules.no_objections import FIXED, NO_OBJECTION
from consult.rules.permissions import WORKER, Actor
from consult.rules.stages import check_move
from consult.services import (
    audit,
    delegations,
    duties,
    invitations,
    letter_plans,
    no_objections,
    notices,
    reckoning,
    reminders,
)
from consult.services.visibility import is_open_for, is_round_open, list_extended
from consult.unit_of_work import AnySession

UNTIL_CLOSED = ("reminder", "closing", "digest", "all-in")


def plan_round(session: AnySession, round_: Round, *, reminder_days: Sequence[int], now: datetime) -> None:
    """Add what is due in a round: its letters, as the lead wants them or with these reminders, and the closing."""
    letter_plans.start(session, round_, days=reminder_days, now=now)
    due_at = _deadline_of(round_).closes_at
    duties.add(session, key=f"closing:{round_.id}", kind="closing", round_id=round_.id, due_at=due_at)
    session.flush()


def _deadline_of(round_: Round) -> Deadline:
    if round_.deadline is None:
        raise RuntimeError("a round that is circulated has a deadline")
    return round_.deadline


def move_deadline(
    session: AnySession,
    round_: Round,
    *,
    reason: str,
    version: int,
    base_url: str,
    by: Actor,
    now: datetime,
    seen: str = "",
    set_at: str = "",
    **entered: str,
) -> None:
    """Give an open round another deadline, for everybody: what is still due is planned anew, and everybody is told.

    With the deadline as it was, only the grace is set anew: the lead's own knowledge until the deadline has passed, so
    before that nobody is told. `entered` is the deadline as it was typed, in the fields of an Entry; a duration is
    counted from the deadline as it stands, and what it comes to was `seen`. Raises Refused for a round that is not open
    or was changed meanwhile; Invalid for a deadline that is not to come, is the same as before, or comes earlier without
    a reason.
    """
    _check_may_move(round_, version, set_at, now)
    deadline = _deadline_of(round_)
    entry = Entry(**entered)
    settled = reckoning.settle_entry(session, round_, entry, seen=seen, now=now)
    at, grace = settled.at, settled.grace_until
    if at == deadline.at and grace != deadline.grace_until:
        _set_grace(session, round_, grace, reason, base_url=base_url, by=by, now=now)
        return
    _check_new_deadline(deadline.at, at, reason, now)
    was = (deadline.at, deadline.zone)
    deadline.at, deadline.zone, deadline.wall = at, settled.zone, settled.wall
    deadline.moves, deadline.moved_at = deadline.moves + 1, now
    deadline.grace_until, deadline.set_at = grace, now
    _move_closing(session, round_)
    letter_plans.replan(session, round_, now=now)
    reminders.withdraw_waiting(session, round_)
    invitations.tell_moved(session, round_, was, reason.strip(), base_url=base_url, now=now)
    audit.record(
        session, by=by, action="round.move-deadline", object_kind="round", object_id=round_.id, now=now,
        before=was[0].isoformat(), deadline=at.isoformat(), grace_until=grace and grace.isoformat(),
        **reckoning.as_facts(entry),
    )  # fmt: skip


def _set_grace(
    session: AnySession,
    round_: Round,
    grace: datetime | None,
    reason: str,
    *,
    base_url: str,
    by: Actor,
    now: datetime,
) -> None:
    """Set until when answers are taken after the deadline. Once that has passed, everybody who takes part is told."""
    deadline = _deadline_of(round_)
    before, closes_at = deadline.closes_at, grace or deadline.at
    has_passed = deadline.at <= now
    if closes_at <= now:
        raise Invalid(
            say("The grace would be over already. To close the round now, use “Close the round early” on the board."),
            "grace-past",
        )
    if has_passed and closes_at < before and not reason.strip():
        raise Invalid(
            say("Answers would be taken for a shorter time: write why. Everybody who is asked reads it."),
            "reason-missing",
        )
    deadline.grace_until, deadline.set_at = grace, now
    _move_closing(session, round_)
    if has_passed:
        was = (before, deadline.zone)
        invitations.tell_moved(session, round_, was, reason.strip(), base_url=base_url, now=now)
    audit.record(
        session, by=by, action="round.set-grace", object_kind="round", object_id=round_.id, now=now,
        before=before.isoformat(), grace_until=grace and grace.isoformat(),
    )  # fmt: skip


def _move_closing(session: AnySession, round_: Round) -> None:
    closes_at = _deadline_of(round_).closes_at
    session.execute(update(Duty).where(Duty.key == f"closing:{round_.id}").values(due_at=closes_at))


def _check_may_move(round_: Round, version: int, set_at: str, now: datetime) -> None:
    """`set_at` is when the deadline that was looked at had been set; "" where nobody looked at one."""
    if round_.kind == NO_OBJECTION:
        raise Refused(FIXED, "expiry-fixed")
    if not is_round_open(round_, now):
        raise Refused(say("The round is closed: its deadline cannot be moved any more."), "closed")
    if round_.version != version or set_at not in ("", _deadline_of(round_).set_at.isoformat()):
        raise Refused(
            say("Somebody changed this round while you were looking at it. Look at it again, then decide."),
            "changed-meanwhile",
        )


def _check_new_deadline(before: datetime, at: datetime, reason: str, now: datetime) -> None:
    if at <= now:
        raise Invalid(
            say("The new deadline is in the past. To close the round now, use “Close the round early” on the board."),
            "deadline-past",
        )
    if at == before:
        raise Invalid(say("This is the deadline as it stands. Choose another day or time."), "same-deadline")
    if at < before and not reason.strip():
        raise Invalid(
            say("The new deadline comes earlier: write why. Everybody who is asked reads it."), "reason-missing"
        )


def claim_duty(session: AnySession, *, now: datetime) -> Duty | None:
    """Claim the next due row, closings first, then the latest reminder, or return None.

    Two workers never get the same row. On PostgreSQL a worker locks a round before it touches any of its duties, and
    passes over rounds that are locked: all duties of one round are carried out one after the other. On SQLite there is
    one writer at a time.
    """
    is_due = (Duty.state == "due", Duty.due_at <= now)
    rounds = select(Round.id).where(select(Duty.id).where(Duty.round_id == Round.id, *is_due).exists())
    lock = rounds.order_by(Round.id).limit(1).with_for_update(skip_locked=True, key_share=True)
    while (round_id := session.scalar(lock)) is not None:
        due = select(Duty.id).where(Duty.round_id == round_id, *is_due)
        claimed = session.execute(
            update(Duty)
            .where(Duty.id == due.order_by(Duty.kind, Duty.due_at.desc(), Duty.id).limit(1).scalar_subquery())
            .values(state="claimed", claimed_at=now)
            .returning(Duty.id)
            .execution_options(synchronize_session=False)
        ).scalar()
        session.expire_all()
        if claimed is not None:  # None: another worker did them all between the two questions
            return session.get(Duty, claimed)
    return None


def carry_out_due_duty(session: AnySession, *, base_url: str, now: datetime) -> int:
    """Carry out one due row in this transaction; return 1, or 0 when nothing is due."""
    duty = claim_duty(session, now=now)
    if duty is None:
        return 0
    if no_objections.is_duty_of_one(duty):
        no_objections.carry_out(session, duty, base_url=base_url, now=now)
    elif duty.kind == "closing":
        if duty.round.stage == "open":
            close_round(session, duty.round, base_url=base_url, by=WORKER, now=now)
    elif duty.kind != "reminder":
        notices.carry_out(session, duty, base_url=base_url, now=now)
    elif delegations.is_duty_of_a_delegation(duty):
        delegations.remind(session, duty, base_url=base_url, now=now)
    else:
        _remind(session, duty, base_url=base_url, now=now)
    duty.state, duty.done_at = "done", now
    session.flush()
    return 1


def _remind(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    """Send one reminder, and let it stand for earlier ones that were missed. None to who has answered or is too late."""
    its_own = Duty.organisation_id == duty.organisation_id
    duties.cancel(session, Duty.kind == "reminder", its_own, Duty.due_at <= now, round_=duty.round, now=now)
    if duty.organisation_id is None or not is_open_for(duty.round, duty.organisation_id, now):
        return
    owing = [o for o in invitations.owing(session, duty.round) if o.id == duty.organisation_id]
    if not owing:
        return
    outcome = reminders.remind(
        session, duty.round, owing, occasion=duty.key.split(":", 3)[-1], base_url=base_url, now=now,
        to_heads=_goes_to_heads(session, duty),
    )  # fmt: skip
    reminders.record(session, duty.round, outcome, by=WORKER, now=now)


def _goes_to_heads(session: AnySession, duty: Duty) -> bool:
    """Return whether the heads get this reminder too: as the lead wants it, every one or the last that is planned."""
    heads = letter_plans.plan_of(session, duty.round).heads
    its_own = (Duty.round_id == duty.round_id, Duty.organisation_id == duty.organisation_id)
    later = select(Duty.id).where(*its_own, Duty.key.startswith("reminder:"), Duty.state == "due").limit(1)
    return heads == "every" or (heads == "last" and session.scalar(later) is None)


def close_round(
    session: AnySession, round_: Round, *, base_url: str, by: Actor, now: datetime, reason: str = ""
) -> None:
    """Move an open round to closed: tell everybody and cancel what is no longer due.

    At its deadline the extensions of single organisations run on, with their reminders. Closing early ends them too.
    """
    check_move(round_.stage, "closed")
    round_.stage = "closed"
    round_.closed_at = min(now, round_.deadline.closes_at) if round_.deadline else now
    round_.closing_reason = reason
    extended = [] if reason else list_extended(round_, now)
    runs_on = and_(Duty.kind == "reminder", Duty.organisation_id.in_(extended) | Duty.organisation_id.is_(None))
    over = (Duty.kind.in_(UNTIL_CLOSED), *((~runs_on,) if extended else ()))
    duties.cancel(session, *over, round_=round_, now=now)
    if reason:
        _end_extensions(round_, now)
    reminders.withdraw_waiting(session, round_)
    letter_plans.plan_undecided(session, round_, now=now)
    tells_others = letter_plans.plan_of(session, round_).tells_closing
    invitations.tell_closed(session, round_, tells_others=tells_others, base_url=base_url, now=now)
    audit.record(
        session, by=by, action="round.close", object_kind="round", object_id=round_.id, now=now, early=bool(reason)
    )


def _end_extensions(round_: Round, now: datetime) -> None:
    for extension in round_.extensions:
        if extension.state != "refused" and extension.ended_at is None:
            extension.ended_at = now
