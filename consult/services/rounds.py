"""The lead's board: where each organisation stands; closing by hand; finishing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Exists, Row, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from consult.catalogues import in_order
from consult.errors import Invalid, Refused
from consult.models import Appointment, Attendance, Extension, Organisation, Participation, Person, Round, Submission
from consult.phrases import say, say_many
from consult.rules.calendar import is_extended
from consult.rules.permissions import Actor
from consult.rules.stages import check_move
from consult.services import added_answers, audit, deadlines, invitations, obstacles, releases
from consult.services.comments import is_drafting
from consult.services.visibility import extension_of_participation, is_round_open
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an organisation stands: not opened, opened, drafting, overdue, no answer, or the position it has handed in.

    `extended_until` is the instant of its extension, where it has one; `asks` and `late` say whether the lead has not
    answered yet that it asks for more time, and how many late answers wait.
    """

    organisation: Organisation
    state: str
    since: datetime | None
    submission: Submission | None
    is_reachable: bool
    extended_until: datetime | None = None
    asks: bool = False
    late: int = 0


def list_standings(session: AnySession, round_: Round, now: datetime) -> list[Standing]:
    """Return where every organisation that is asked stands, by name. Of drafting nothing but the word is told."""
    rows = session.execute(_at_the_board(round_)).all()
    found = [
        Standing(
            r.Organisation,
            *_state(round_, r, now),
            r.Submission,
            r.is_reachable,
            r.extended_until,
            r.asks,
            r.late,
        )
        for r in rows
    ]
    return in_order(found, "organisation.name")


def _at_the_board(round_: Round) -> Select[*tuple[Any, ...]]:
    """Return the query for the organisations that are asked, each with what it has done so far."""
    earlier = aliased(Submission)
    last = (
        select(func.max(earlier.number))
        .where(earlier.round_id == round_.id, earlier.organisation_id == Organisation.id)
        .scalar_subquery()
    )
    is_reachable = exists().where(
        Appointment.organisation_id == Organisation.id, Appointment.person_id == Person.id, Person.is_active
    )
    its_own = (Submission.round_id == round_.id, Submission.organisation_id == Organisation.id)
    return (
        select(
            Organisation,
            Submission,
            Attendance.first_opened_at,
            is_reachable.label("is_reachable"),
            is_drafting(round_.id).label("is_drafting"),
            extension_of_participation().label("extended_until"),
            _asks().label("asks"),
            added_answers.waiting_of_organisation(round_.id).label("late"),
        )
        .join(Participation, Participation.organisation_id == Organisation.id)
        .join(Round, Round.consultation_id == Participation.consultation_id)
        .outerjoin(Submission, and_(*its_own, Submission.number == last))
        .outerjoin(Attendance, and_(Attendance.round_id == round_.id, Attendance.organisation_id == Organisation.id))
        .where(Participation.consultation_id == round_.consultation_id, Participation.place.in_(invitations.ASKED))
        .where(Round.id == round_.id)
    )


def _asks() -> Exists:
    """Return the test whether an organisation has asked for more time and waits for the answer."""
    its_own = (Extension.round_id == Round.id, Extension.organisation_id == Organisation.id)
    return exists().where(*its_own, Extension.state == "asked", Extension.ended_at.is_(None))


def _state(round_: Round, row: Row[Any], now: datetime) -> tuple[str, datetime | None]:
    """Return the state of an organisation, and since when. Drafting has no time of its own."""
    if row.Submission is not None:
        position = row.Submission.position
        return "handed in" if position == "comments" else position, row.Submission.handed_in_at
    if not (is_round_open(round_, now) or is_extended(round_.stage, row.extended_until, now)):
        ends = [at for at in (round_.deadline.closes_at if round_.deadline else None, row.extended_until) if at]
        return ("no answer", round_.closed_at) if round_.closing_reason else ("overdue", max(ends, default=None))
    if row.is_drafting:
        return "drafting", row.first_opened_at
    return ("opened", row.first_opened_at) if row.first_opened_at else ("not opened", None)


def note_opened(session: AnySession, round_: Round, actor: Actor, *, now: datetime) -> None:
    """Note that the actor's organisations that are asked have opened the document; the first time counts."""
    asked = {o.id for o in invitations.organisations_with(session, round_, invitations.ASKED)}
    for organisation in sorted(asked & actor.contributor_of):
        known = select(Attendance.id).where(
            Attendance.round_id == round_.id, Attendance.organisation_id == organisation
        )
        if session.scalar(known) is None:
            session.add(Attendance(round_id=round_.id, organisation_id=organisation, first_opened_at=now))
    session.flush()


def close_early(
    session: AnySession, round_: Round, *, reason: str, version: int, base_url: str, by: Actor, now: datetime
) -> None:
    """Close a round before its deadline, with a reason everybody is told.

    Raises Refused, saying what has changed, when it is closed already or somebody changed it since `version` was read.
    """
    if not is_round_open(round_, now):
        raise Refused(_closed_already(round_), "closed")
    if round_.version != version:
        raise Refused(
            say("Somebody else changed this round a moment ago. Open the board again to see how it stands."), "changed"
        )
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(say("Say in a sentence why the round closes early; everybody will read it."), "reason-missing")
    deadlines.close_round(session, round_, base_url=base_url, by=by, now=now, reason=reason)


def _closed_already(round_: Round) -> str:
    if round_.stage == "cancelled":
        return say("The round was cancelled. The reason given: “%(reason)s”", reason=round_.closing_reason)
    if round_.closing_reason:
        return say(
            "The round has been closed already, before its deadline. The reason given: “%(reason)s”",
            reason=round_.closing_reason,
        )
    return say("The round is closed already: its deadline has passed.")


def make_closed(session: AnySession, round_: Round, *, base_url: str, by: Actor, now: datetime) -> None:
    """Carry out the closing of a round whose deadline has passed, if no worker has done it yet."""
    if round_.stage == "open" and not is_round_open(round_, now):
        deadlines.close_round(session, round_, base_url=base_url, by=by, now=now)


def finish(session: AnySession, round_: Round, *, base_url: str, by: Actor, now: datetime) -> None:
    """Release what is still unreleased, finish the round and tell everybody.

    Possible when it is consolidated, every comment has a decision and everything has its place; else Refused is raised,
    and `obstacles.list_obstacles` tells what is in the way.
    """
    check_move(round_.stage, "decided")
    if in_the_way := obstacles.list_obstacles(session, round_, now):
        raise Refused(
            say_many(
                "%(num)s thing is in the way of finishing the round. It is listed below.",
                "%(num)s things are in the way of finishing the round. They are listed below.",
                len(in_the_way),
            ),
            in_the_way[0].kind,
        )
    releases.release_rest(session, round_, by=by, now=now)
    round_.stage = "decided"
    session.flush()
    invitations.tell_decided(session, round_, base_url=base_url, now=now)
    audit.record(session, by=by, action="round.finish", object_kind="round", object_id=round_.id, now=now)
