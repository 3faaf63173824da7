"""The lead's board: where each organisation stands; reminding and closing by hand; finishing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult.errors import Invalid, Refused
from consult.models import Attendance, Organisation, Round, Submission
from consult.rules.permissions import Actor
from consult.rules.stages import check_move
from consult.services import audit, deadlines, dispositions, invitations
from consult.services.comments import is_drafting, latest_submissions
from consult.services.visibility import is_round_open
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an organisation stands: not opened, opened, drafting, overdue, or the position it has handed in."""

    organisation: Organisation
    state: str
    since: datetime | None
    submission: Submission | None


def list_standings(session: AnySession, round_: Round, now: datetime) -> list[Standing]:
    """Return where every organisation that is asked stands. Of drafting nothing but the word is told."""
    done = latest_submissions(session, round_)
    opened = {
        a.organisation_id: a.first_opened_at
        for a in session.scalars(select(Attendance).where(Attendance.round_id == round_.id))
    }
    is_open = is_round_open(round_, now)
    standings = []
    for organisation in invitations.organisations_with(session, round_, ("co-lead", "consulted")):
        submission = done.get(organisation.id)
        if submission is not None:
            word = "handed in" if submission.position == "comments" else submission.position
            standings.append(Standing(organisation, word, submission.handed_in_at, submission))
        elif not is_open:
            standings.append(Standing(organisation, "overdue", round_.deadline.at if round_.deadline else None, None))
        elif is_drafting(session, round_.id, organisation.id):
            standings.append(Standing(organisation, "drafting", opened.get(organisation.id), None))
        elif organisation.id in opened:
            standings.append(Standing(organisation, "opened", opened[organisation.id], None))
        else:
            standings.append(Standing(organisation, "not opened", None, None))
    return standings


def note_opened(session: AnySession, round_: Round, actor: Actor, *, now: datetime) -> None:
    """Note that the actor's organisations that are asked have opened the document; the first time counts."""
    asked = {o.id for o in invitations.organisations_with(session, round_, ("co-lead", "consulted"))}
    for organisation in sorted(asked & actor.contributor_of):
        known = select(Attendance.id).where(
            Attendance.round_id == round_.id, Attendance.organisation_id == organisation
        )
        if session.scalar(known) is None:
            session.add(Attendance(round_id=round_.id, organisation_id=organisation, first_opened_at=now))
    session.flush()


def remind_now(session: AnySession, round_: Round, *, base_url: str, by: Actor, now: datetime) -> tuple[int, int]:
    """Remind everybody who owes; return how many organisations and letters. At most once an hour."""
    if not is_round_open(round_, now):
        raise Refused("The round is closed; there is nothing to remind of.", "closed")
    owing = invitations.owing(session, round_)
    if not owing:
        raise Refused("Every organisation has answered already.", "nobody-owes")
    occasion = deadlines.occasion_of(now)
    sent = invitations.remind(session, round_, owing, occasion=occasion, base_url=base_url, now=now)
    audit.record(session, by=by, action="round.remind", object_kind="round", object_id=round_.id, now=now, letters=sent)
    return len(owing), sent


def close_early(
    session: AnySession, round_: Round, *, reason: str, version: int, base_url: str, by: Actor, now: datetime
) -> None:
    """Close a round before its deadline, with a reason everybody is told.

    Raises Refused when it is closed already or somebody changed it since `version` was read.
    """
    if not is_round_open(round_, now):
        raise Refused("The round is closed already.", "closed")
    if round_.version != version:
        raise Refused(
            "Somebody else changed this round a moment ago. Open the board again to see how it stands.", "changed"
        )
    if not reason.strip():
        raise Invalid("Say in a sentence why the round closes early; everybody will read it.", "reason-missing")
    deadlines.close_round(session, round_, base_url=base_url, by=by, now=now, reason=reason.strip())


def make_closed(session: AnySession, round_: Round, *, base_url: str, by: Actor, now: datetime) -> None:
    """Carry out the closing of a round whose deadline has passed, if no worker has done it yet."""
    if round_.stage == "open" and not is_round_open(round_, now):
        deadlines.close_round(session, round_, base_url=base_url, by=by, now=now)


def finish(session: AnySession, round_: Round, *, by: Actor, now: datetime) -> None:
    """Finish a round: possible when it is consolidated and every comment has a decision."""
    check_move(round_.stage, "decided")
    undecided = dispositions.count_undecided(session, round_)
    if undecided:
        raise Refused(f"{undecided} comments have no decision yet. Decide on them first.", "undecided")
    round_.stage = "decided"
    audit.record(session, by=by, action="round.finish", object_kind="round", object_id=round_.id, now=now)
