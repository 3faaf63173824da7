"""What is due when: reminders and the closing as rows, claimed and carried out once, whoever comes first."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from consult.models import Duty, Round
from consult.rules.calendar import reminder_times
from consult.rules.permissions import WORKER, Actor
from consult.services import audit, invitations
from consult.unit_of_work import AnySession


def plan_round(session: AnySession, round_: Round, *, reminder_days: Sequence[int], now: datetime) -> None:
    """Add what is due in a round: a reminder for each organisation and day, and the closing."""
    deadline = round_.deadline
    assert deadline is not None
    for organisation in invitations.organisations_with(session, round_, ("co-lead", "consulted")):
        for days, instant in reminder_times(deadline.at, deadline.zone, reminder_days, now):
            session.add(
                Duty(
                    key=f"reminder:{round_.id}:{organisation.id}:{days}",
                    kind="reminder",
                    round_id=round_.id,
                    organisation_id=organisation.id,
                    due_at=instant,
                )
            )
    session.add(Duty(key=f"closing:{round_.id}", kind="closing", round_id=round_.id, due_at=deadline.at))
    session.flush()


def claim_duty(session: AnySession, *, now: datetime) -> Duty | None:
    """Claim the next due row, closings first, or return None. Two workers never get the same one."""
    due = (
        select(Duty.id)
        .where(Duty.state == "due", Duty.due_at <= now)
        .order_by(Duty.kind, Duty.due_at.desc(), Duty.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    claimed = session.execute(
        update(Duty)
        .where(Duty.id == due.scalar_subquery(), Duty.state == "due")
        .values(state="claimed", claimed_at=now)
        .returning(Duty.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    session.expire_all()
    return session.get(Duty, claimed) if claimed is not None else None


def carry_out_due_duty(session: AnySession, *, base_url: str, now: datetime) -> int:
    """Carry out one due row in this transaction; return 1, or 0 when nothing is due."""
    duty = claim_duty(session, now=now)
    if duty is None:
        return 0
    if duty.kind == "closing":
        close_round(session, duty.round, base_url=base_url, by=WORKER, now=now)
    else:
        _remind(session, duty, base_url=base_url, now=now)
    duty.state, duty.done_at = "done", now
    session.flush()
    return 1


def _remind(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    """Send one reminder, and let it stand for earlier ones that were missed. None to who has answered or is too late."""
    session.execute(
        update(Duty)
        .where(
            Duty.round_id == duty.round_id,
            Duty.organisation_id == duty.organisation_id,
            Duty.kind == "reminder",
            Duty.state == "due",
            Duty.due_at <= now,
        )
        .values(state="cancelled", done_at=now)
        .execution_options(synchronize_session=False)
    )
    round_ = duty.round
    if round_.deadline is None or now >= round_.deadline.at or round_.stage != "open":
        return
    owing = [o for o in invitations.owing(session, round_) if o.id == duty.organisation_id]
    days = duty.key.rsplit(":", 1)[-1]
    sent = invitations.remind(session, round_, owing, occasion=f"days-{days}", base_url=base_url, now=now)
    audit.record(
        session, by=WORKER, action="round.remind", object_kind="round", object_id=round_.id, now=now,
        organisation=duty.organisation_id, letters=sent,
    )  # fmt: skip


def close_round(
    session: AnySession, round_: Round, *, base_url: str, by: Actor, now: datetime, reason: str = ""
) -> None:
    """Move an open round to closed, once: tell everybody and cancel what is no longer due."""
    if round_.stage != "open":
        return
    round_.stage = "closed"
    round_.closed_at = min(now, round_.deadline.at) if round_.deadline else now
    round_.closing_reason = reason
    session.execute(
        update(Duty)
        .where(Duty.round_id == round_.id, Duty.state == "due")
        .values(state="cancelled", done_at=now)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    invitations.tell_closed(session, round_, base_url=base_url, now=now)
    audit.record(
        session, by=by, action="round.close", object_kind="round", object_id=round_.id, now=now, early=bool(reason)
    )


def occasion_of(now: datetime) -> str:
    """Return what makes two reminders by hand the same one: the same hour."""
    return f"hand-{now:%Y-%m-%dT%H}"
