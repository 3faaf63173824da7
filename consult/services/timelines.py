"""The round in time: what has happened, what is due, and where in it we are."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from consult.models import AuditEntry, Duty, Round
from consult.phrases import say, say_many
from consult.rules.positions import POSITIONS
from consult.services.rounds import Standing
from consult.unit_of_work import AnySession

HAPPENED = {
    "round.circulate": say("Circulated"),
    "round.move-deadline": say("Deadline moved"),
    "round.close": say("Closed"),
    "round.consolidate": say("Consolidated"),
    "round.release": say("Decisions released"),
    "round.finish": say("Finished"),
}
MARGIN = 0.02  # of the line's length, at both ends


@dataclass(frozen=True, slots=True)
class Event:
    """Something in a round, past or to come. `place` is where on the line it stands, from 0 to 1."""

    at: datetime
    told: str
    kind: str  # step, hand-in, reminder, deadline
    is_past: bool
    place: float = 0.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of a round in order, and where on the line now is; None once nothing is to come."""

    events: tuple[Event, ...]
    now: float | None


def read_timeline(session: AnySession, round_: Round, standings: Sequence[Standing], now: datetime) -> Timeline:
    """Return a round in time: steps, hand-ins, reminders and the deadline."""
    found = [*_steps(session, round_, now), *_hand_ins(standings), *_reminders(session, round_, now)]
    if round_.deadline is not None:
        at = round_.deadline.at
        found.append(Event(at, say("Deadline"), "deadline", at <= now))
    found.sort(key=lambda event: (event.at, event.kind, str(event.told)))
    if not found:
        return Timeline((), None)
    is_running = not found[-1].is_past
    first, last = found[0].at, max(found[-1].at, now) if is_running else found[-1].at
    span = max(last - first, timedelta(seconds=1))

    def place(at: datetime) -> float:
        return MARGIN + (1 - 2 * MARGIN) * ((at - first) / span)

    events = tuple(Event(e.at, e.told, e.kind, e.is_past, place(e.at)) for e in found)
    return Timeline(events, place(now) if is_running else None)


def _steps(session: AnySession, round_: Round, now: datetime) -> Iterator[Event]:
    its_own = (AuditEntry.object_kind == "round", AuditEntry.object_id == str(round_.id))
    query = select(AuditEntry.at, AuditEntry.action).where(*its_own, AuditEntry.action.in_(HAPPENED))
    for at, action in session.execute(query.order_by(AuditEntry.number)):
        yield Event(at, HAPPENED[action], "step", at <= now)


def _hand_ins(standings: Sequence[Standing]) -> Iterator[Event]:
    for standing in standings:
        if standing.submission is not None:
            told = say(
                "%(organisation)s: %(position)s",
                organisation=standing.organisation.name,
                position=POSITIONS[standing.submission.position],
            )
            yield Event(standing.submission.handed_in_at, told, "hand-in", True)


def _reminders(session: AnySession, round_: Round, now: datetime) -> Iterator[Event]:
    """Yield the reminders for the round, those at one time together: sent, or still to come."""
    query = (
        select(Duty.due_at, Duty.state, func.count())
        .where(Duty.round_id == round_.id, Duty.key.startswith("reminder:"), Duty.state.in_(("due", "claimed", "done")))
        .group_by(Duty.due_at, Duty.state)
    )
    counted: dict[tuple[datetime, bool], int] = defaultdict(int)
    for at, state, count in session.execute(query):
        counted[at, state == "done"] += count
    for (at, is_done), count in counted.items():
        told = (
            say_many("Reminder to %(num)s organisation", "Reminders to %(num)s organisations", count)
            if is_done
            else say("Reminder to those who have not answered")
        )
        yield Event(at, told, "reminder", is_done or at <= now)
