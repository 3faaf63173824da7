"""What the lead reads in a digest: what has changed in an open round since the last one.

It is read off the audit, from acts that the lead may see: what an organisation has not handed in is none of them, and
leaves no trace here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from consult.models import AuditEntry, Organisation, Round
from consult.phrases import say, say_many
from consult.rules.positions import POSITIONS
from consult.services import invitations
from consult.services.comments import latest_submissions
from consult.unit_of_work import AnySession

ACTION = "round.digest"
HANDED_IN, MOVED, REMINDED = "submission.hand-in", "round.move-deadline", "round.remind"


@dataclass(frozen=True, slots=True)
class Digest:
    """What has changed, in sentences; how many of those who are asked have answered, and who has not, by name."""

    changes: tuple[str, ...]
    answered: int
    asked: int
    missing: tuple[str, ...]


def read_digest(session: AnySession, round_: Round) -> Digest:
    """Return what has changed since the last digest of a round, or since it was circulated."""
    asked = invitations.organisations_with(session, round_, invitations.ASKED)
    done = latest_submissions(session, round_)
    names = {organisation.id: organisation for organisation in asked}
    return Digest(
        changes=tuple(_changes(_entries(session, round_), names)),
        answered=sum(1 for organisation in asked if organisation.id in done),
        asked=len(asked),
        missing=tuple(organisation.name for organisation in asked if organisation.id not in done),
    )


def _entries(session: AnySession, round_: Round) -> Sequence[Row[str, dict[str, Any]]]:
    its_own = and_(AuditEntry.object_kind == "round", AuditEntry.object_id == str(round_.id))
    last = select(func.max(AuditEntry.number)).where(its_own, AuditEntry.action.in_((ACTION, "round.circulate")))
    query = select(AuditEntry.action, AuditEntry.facts).where(
        AuditEntry.number > func.coalesce(last.scalar_subquery(), 0),
        or_(
            and_(its_own, AuditEntry.action.in_((MOVED, REMINDED))),
            and_(AuditEntry.action == HANDED_IN, AuditEntry.facts["round"].as_integer() == round_.id),
        ),
    )
    return session.execute(query.order_by(AuditEntry.number)).all()


def _changes(entries: Sequence[Row[str, dict[str, Any]]], names: dict[int, Organisation]) -> list[str]:
    """Return the sentences: the deadline, then each organisation's last hand-in, then how many were reminded."""
    handed_in = {facts["organisation"]: facts["position"] for action, facts in entries if action == HANDED_IN}
    reminded = {number for action, facts in entries if action == REMINDED for number in facts["organisations"]}
    told: list[str] = []
    if any(action == MOVED for action, _ in entries):
        told.append(say("The deadline was moved."))
    told += [
        say(
            "%(organisation)s has handed in: %(position)s.",
            organisation=names[number].name,
            position=POSITIONS[position],
        )
        for number, position in handed_in.items()
        if number in names
    ]
    if reminded:
        told.append(
            say_many("%(num)s organisation was reminded.", "%(num)s organisations were reminded.", len(reminded))
        )
    return told
