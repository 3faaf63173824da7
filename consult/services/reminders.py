"""Reminding organisations that owe an answer: never more than once in an hour, whoever asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from consult.errors import Refused
from consult.models import Organisation, OutboxLetter, Round
from consult.phrases import say
from consult.rules.permissions import Actor
from consult.services import audit, invitations, outbox
from consult.services.visibility import is_open_for, is_round_open
from consult.unit_of_work import AnySession

PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reminded:
    """Who was reminded, who was spared because of a reminder within the hour, and who has nobody to write to."""

    reminded: tuple[Organisation, ...]
    spared: tuple[Organisation, ...]
    unreachable: tuple[Organisation, ...]


def remind_now(session: AnySession, round_: Round, *, base_url: str, by: Actor, now: datetime) -> Reminded:
    """Remind everybody who owes, by hand. Raises Refused when the round is closed for them or nobody owes."""
    owing = [o for o in invitations.owing(session, round_) if is_open_for(round_, o.id, now)]
    if not owing and not is_round_open(round_, now):
        raise Refused(say("The round is closed; there is nothing to remind of."), "closed")
    if not owing:
        raise Refused(say("Every organisation has answered already."), "nobody-owes")
    outcome = remind(session, round_, owing, occasion=f"hand-{now:%Y-%m-%dT%H:%M:%S.%f}", base_url=base_url, now=now)
    record(session, round_, outcome, by=by, now=now)
    return outcome


def remind(
    session: AnySession,
    round_: Round,
    organisations: Sequence[Organisation],
    *,
    occasion: str,
    base_url: str,
    now: datetime,
    to_heads: bool = False,
) -> Reminded:
    """Put reminders to focal points into the outbox, but none to an organisation that got one within the last hour.

    With `to_heads` the heads get one too, whenever the last was: it is another letter to somebody else. What still waits
    to be sent since an earlier time is not sent any more.
    """
    recent = _recently_reminded(session, round_, now)
    reminded, spared, unreachable = list[Organisation](), list[Organisation](), list[Organisation]()
    how: dict[str, Any] = {"occasion": occasion, "base_url": base_url, "now": now}
    for organisation in organisations:
        if organisation.id not in recent:
            withdraw_waiting(session, round_, organisation.id)
        to_head = to_heads and _write_to_heads(session, round_, organisation, how)
        if organisation.id in recent:
            spared.append(organisation)
        elif (
            invitations.send(session, round_, "reminder", [organisation], to=invitations.focal_points_of, **how)
            or to_head
        ):
            reminded.append(organisation)
        else:
            unreachable.append(organisation)
    return Reminded(tuple(reminded), tuple(spared), tuple(unreachable))


def _write_to_heads(session: AnySession, round_: Round, organisation: Organisation, how: dict[str, Any]) -> int:
    """Tell the heads of an organisation that it has not answered, and who its focal points are."""
    names = ", ".join(person.name for person in invitations.focal_points_of(session, organisation))
    return invitations.send(
        session, round_, "reminder", [organisation], to=invitations.heads_of, for_head=True, focal_points=names, **how
    )


def withdraw_waiting(session: AnySession, round_: Round, organisation_id: int | None = None) -> None:
    """Take back reminders that have not left the outbox: another one comes, or there is nothing to remind of any more."""
    of_whom = "" if organisation_id is None else f"{organisation_id}:"
    outbox.withdraw(session, f"reminder:{round_.id}:{of_whom}")


def _recently_reminded(session: AnySession, round_: Round, now: datetime) -> frozenset[int]:
    """Return the ids of organisations with a reminder within the hour: a letter's key names its organisation third."""
    keys = session.scalars(
        select(OutboxLetter.key).where(
            OutboxLetter.round_id == round_.id,
            OutboxLetter.kind == "reminder",
            OutboxLetter.created_at > now - PAUSE,
            OutboxLetter.state != "cancelled",
        )
    )
    return frozenset(int(key.split(":")[2]) for key in keys)


def record(session: AnySession, round_: Round, outcome: Reminded, *, by: Actor, now: datetime) -> None:
    """Record in the audit whom a reminder went to."""
    audit.record(
        session, by=by, action="round.remind", object_kind="round", object_id=round_.id, now=now,
        organisations=[o.id for o in outcome.reminded], spared=[o.id for o in outcome.spared],
    )  # fmt: skip
