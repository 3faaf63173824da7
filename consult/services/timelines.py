"""The round in time: what has happened, what is due, and where in it we are."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from consult.models import AuditEntry, Duty, Round
from consult.phrases import say, say_many
from consult.rules.names import name_of
from consult.rules.positions import POSITIONS
from consult.services.rounds import Standing
from consult.unit_of_work import AnySession

HAPPENED = {
    "round.circulate": say("Circulated"),
    "round.move-deadline": say("Deadline moved"),
    "round.set-grace": say("Grace set"),
    "round.close": say("Closed"),
    "round.consolidate": say("Consolidated"),
    "round.release": say("Decisions released"),
    "round.finish": say("Finished"),
    "round.cancel": say("Cancelled"),
}
REMINDED = "round.remind"
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
    found = [*_acts(session, round_), *_hand_ins(standings), *_due_reminders(session, round_, now)]
    if round_.deadline is not None and not round_.closing_reason:  # a round closed early awaits no deadline
        at = round_.deadline.at
        found.append(Event(at, say("Deadline"), "deadline", at <= now))
        if (grace := round_.deadline.grace_until) is not None:
            found.append(Event(grace, say("End of the grace"), "deadline", grace <= now))
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


def _acts(session: AnySession, round_: Round) -> Iterator[Event]:
    """Yield what was done in the round: its steps, and the reminders that went out, those of one minute together."""
    its_own = (AuditEntry.object_kind == "round", AuditEntry.object_id == str(round_.id))
    query = select(AuditEntry.at, AuditEntry.action, AuditEntry.facts).where(
        *its_own, AuditEntry.action.in_((*HAPPENED, REMINDED))
    )
    reminded: dict[datetime, set[int]] = defaultdict(set)
    for at, action, facts in session.execute(query.order_by(AuditEntry.number)):
        if action == REMINDED:
            reminded[at.replace(second=0, microsecond=0)].update(facts["organisations"])
        else:
            yield Event(at, HAPPENED[action], "step", True)
    for at, organisations in reminded.items():
        if organisations:
            told = say_many(
                "Reminder to %(num)s organisation", "Reminders to %(num)s organisations", len(organisations)
            )
            yield Event(at, told, "reminder", True)


def _hand_ins(standings: Sequence[Standing]) -> Iterator[Event]:
    for standing in standings:
        if standing.submission is not None:
            told = say(
                "%(organisation)s: %(position)s",
                organisation=standing.organisation.name,
                position=POSITIONS[standing.submission.position],
            )
            if manner := standing.submission.manner:
                told = say(
                    "%(organisation)s: %(position)s (%(manner)s)",
                    organisation=standing.organisation.name,
                    position=POSITIONS[standing.submission.position],
                    manner=name_of(manner, "manner"),
                )
            yield Event(standing.submission.handed_in_at, told, "hand-in", True)


def _due_reminders(session: AnySession, round_: Round, now: datetime) -> Iterator[Event]:
    """Yield the reminders still to come, those at one time together."""
    query = select(Duty.due_at).where(
        Duty.round_id == round_.id, Duty.key.startswith("reminder:"), Duty.state == "due", Duty.due_at > now
    )
    for at in session.scalars(query.distinct()):
        yield Event(at, say("Reminder to those who have not answered"), "reminder", False)
