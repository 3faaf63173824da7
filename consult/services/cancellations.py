"""Cancelling an open round: it ends without a result, and everybody is told why."""

from datetime import datetime

from consult.errors import Invalid, Refused
from consult.models import Duty, Round
from consult.phrases import say
from consult.rules.permissions import Actor
from consult.rules.stages import check_move
from consult.services import audit, duties, invitations, reminders
from consult.services.visibility import is_round_open
from consult.unit_of_work import AnySession


def cancel(
    session: AnySession, round_: Round, *, reason: str, version: int, base_url: str, by: Actor, now: datetime
) -> None:
    """Cancel an open round, for a reason everybody is told. Nothing is due in it any more; what was written stays.

    Raises Refused when the round is not open or somebody changed it since `version` was read, Invalid without a reason.
    """
    check_move(round_.stage, "cancelled")
    if not is_round_open(round_, now):
        raise Refused(say("The round is closed already: it cannot be cancelled any more."), "closed")
    if round_.version != version:
        raise Refused(
            say("Somebody changed this round while you were looking at it. Look at it again, then decide."),
            "changed-meanwhile",
        )
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(say("Say in a sentence why the round is cancelled; everybody will read it."), "reason-missing")
    round_.stage, round_.closed_at, round_.closing_reason = "cancelled", now, reason
    duties.cancel(session, Duty.kind != "receipt", round_=round_, now=now)
    for extension in round_.extensions:
        if extension.state != "refused" and extension.ended_at is None:
            extension.ended_at = now
    reminders.withdraw_waiting(session, round_)
    session.flush()
    invitations.tell_cancelled(session, round_, base_url=base_url, now=now)
    audit.record(session, by=by, action="round.cancel", object_kind="round", object_id=round_.id, now=now)
