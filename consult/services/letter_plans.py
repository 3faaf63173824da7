"""The letters a round writes by itself: what the lead wants, and the duties that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from consult.errors import Invalid, Refused
from consult.models import ESCALATIONS, Duty, LetterPlan, Organisation, Round
from consult.phrases import say
from consult.rules import reminding
from consult.rules.permissions import LEADING, Actor
from consult.services import audit, duties, duty_calendars, invitations
from consult.services.visibility import extended_until, is_round_open
from consult.unit_of_work import AnySession

ENDED = ("decided", "cancelled")
A_DAY, A_YEAR = timedelta(days=1), timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the lead typed."""

    days: str
    hours: str
    tells_closing: bool
    heads: str
    undecided_days: str
    digest: str
    with_text: bool = False


def plan_of(session: AnySession, round_: Round, days: Sequence[int] = reminding.DAYS) -> LetterPlan:
    """Return the plan of a round: the lead's, else the usual one with these days, which is not kept."""
    return session.get(LetterPlan, round_.id) or LetterPlan(
        round_id=round_.id,
        days=list(days),
        hours=reminding.HOURS,
        tells_closing=True,
        heads="last",
        undecided_days=reminding.UNDECIDED_DAYS,
        digest=reminding.DIGEST,
        with_text=False,
        version=0,
    )


def change(
    session: AnySession,
    round_: Round,
    wishes: Wishes,
    *,
    version: int,
    days: Sequence[int],
    by: Actor,
    now: datetime,
) -> None:
    """Change a round's plan: what has not gone out yet follows the new one.

    `days` are the usual ones. Raises Invalid for what cannot be, Refused when somebody changed the plan meanwhile or the
    round has ended, and for text in letters once the invitations have said that there is none.
    """
    if round_.stage in ENDED:
        raise Refused(say("The round has ended: it writes no more letters by itself."), "ended")
    plan = plan_of(session, round_, days)
    if plan.version != version:
        raise Refused(
            say("Somebody changed this plan while you were looking at it. Look at it again, then decide."),
            "changed-meanwhile",
        )
    if wishes.heads not in ESCALATIONS:
        raise Invalid(say("Choose which reminders go to the heads of organisations."), "bad-escalation")
    plan.days, plan.hours = reminding.read_days(wishes.days), reminding.read_hours(wishes.hours)
    plan.undecided_days = reminding.read_undecided_days(wishes.undecided_days)
    plan.digest = reminding.read_time(wishes.digest)
    if wishes.with_text and not plan.with_text and round_.circulated_at is not None:
        raise Refused(
            say("The invitations say that letters carry links only: that can no longer be loosened."), "text-in-letters"
        )
    plan.with_text = wishes.with_text
    plan.tells_closing, plan.heads = wishes.tells_closing, wishes.heads
    _keep(session, plan)
    if is_round_open(round_, now):
        replan(session, round_, now=now)
    elif round_.closed_at is not None:
        duties.cancel(session, Duty.kind == "undecided", round_=round_, now=now)
        plan_undecided(session, round_, now=now)
    audit.record(
        session, by=by, action="round.plan-letters", object_kind="round", object_id=round_.id, now=now,
        days=plan.days, hours=plan.hours, heads=plan.heads, digest=plan.digest, undecided_days=plan.undecided_days,
        tells_closing=plan.tells_closing, with_text=plan.with_text,
    )  # fmt: skip


def _keep(session: AnySession, plan: LetterPlan) -> None:
    if not plan.version:
        plan.version = 1
        session.add(plan)
    session.flush()


def start(session: AnySession, round_: Round, *, days: Sequence[int], now: datetime) -> None:
    """Keep the plan of a round that is circulated now, and make due what follows from it."""
    _keep(session, plan_of(session, round_, days))
    _make_due(session, round_, "", now)


def replan(session: AnySession, round_: Round, *, now: datetime) -> None:
    """Plan anew what has not gone out yet: the deadline was moved, or the lead wants other letters."""
    duties.cancel(session, Duty.kind == "digest", round_=round_, now=now)
    duties.cancel(session, Duty.key.startswith("reminder:"), round_=round_, now=now)
    _make_due(session, round_, f"{now:%Y%m%d%H%M%S%f}:", now)


def _make_due(session: AnySession, round_: Round, occasion: str, now: datetime) -> None:
    plan = plan_of(session, round_)
    asked = invitations.organisations_with(session, round_, invitations.ASKED)
    add_reminders(session, round_, plan, asked, occasion=occasion, now=now)
    plan_digest(session, round_, plan, now=now)
    session.flush()


def add_reminders(
    session: AnySession,
    round_: Round,
    plan: LetterPlan,
    asked: Sequence[Organisation],
    *,
    occasion: str = "",
    now: datetime,
) -> None:
    """Add the reminders of each of these organisations, by its own calendar; before its extension where that is later.

    `occasion` tells reminders from those that were planned before.
    """
    deadline = round_.deadline
    if deadline is None:
        raise RuntimeError("a round that is circulated has a deadline")
    ends = [deadline.at, *(one.until_at for one in round_.extensions if one.until_at is not None)]
    last = max(ends).date() + A_DAY  # it may be a day later in the deadline's zone
    calendars = duty_calendars.calendars_of(session, asked, min(ends).date() - A_YEAR, last)
    for organisation in asked:
        until = extended_until(round_, organisation.id)
        at = max(deadline.at, until) if until is not None else deadline.at
        found = reminding.reminders_before(at, deadline.zone, plan.days, plan.hours, now, calendars[organisation.id])
        for which, instant in found:
            key = f"reminder:{round_.id}:{organisation.id}:{occasion}{which}"
            duties.add(
                session, key=key, kind="reminder", round_id=round_.id, organisation_id=organisation.id, due_at=instant
            )


def replan_one(session: AnySession, round_: Round, organisation: Organisation, *, now: datetime) -> None:
    """Plan one organisation's reminders anew: it has more time than the others."""
    its_own = (Duty.key.startswith("reminder:"), Duty.organisation_id == organisation.id)
    duties.cancel(session, *its_own, round_=round_, now=now)
    occasion = f"{now:%Y%m%d%H%M%S%f}:"
    add_reminders(session, round_, plan_of(session, round_), [organisation], occasion=occasion, now=now)
    session.flush()


def plan_digest(session: AnySession, round_: Round, plan: LetterPlan, *, now: datetime) -> None:
    """Make the next digest due, in the zone of the lead; none at or after the deadline, when the closing letter comes."""
    if not plan.digest or round_.deadline is None:
        return
    lead = invitations.organisations_with(session, round_, LEADING[:1])
    zone = lead[0].time_zone if lead else round_.deadline.zone
    due_at = reminding.next_at(plan.digest, zone, now)
    if due_at < round_.deadline.at:
        key = f"digest:{round_.id}:{due_at:%Y%m%d%H%M}:{now:%Y%m%d%H%M%S%f}"
        duties.add(session, key=key, kind="digest", round_id=round_.id, due_at=due_at)


def plan_undecided(session: AnySession, round_: Round, *, now: datetime) -> None:
    """Make due that the lead hears what is undecided so many days after the closing, unless it has heard it already."""
    plan = plan_of(session, round_)
    if not plan.undecided_days or round_.closed_at is None:
        return
    key, due_at = f"undecided:{round_.id}", round_.closed_at + timedelta(days=plan.undecided_days)
    duty = session.scalars(select(Duty).where(Duty.key == key).execution_options(populate_existing=True)).first()
    if duty is None:
        duties.add(session, key=key, kind="undecided", round_id=round_.id, due_at=due_at)
    elif duty.state == "cancelled":
        duty.state, duty.due_at, duty.done_at = "due", due_at, None
    session.flush()
