"""What an instance can say of itself in numbers: what waits, what failed, for how long. Never a name, never a text."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from consult.models import JOB_STATES, STAGES, Duty, Job, OutboxLetter, Round, Tick
from consult.unit_of_work import AnySession

LETTER_STATES = ("queued", "sending", "sent", "failed", "unknown", "cancelled")


@dataclass(frozen=True, slots=True)
class Measures:
    """Counts by state, and ages in seconds: 0 where nothing waits, None for a tick that never was."""

    letters: dict[str, int]
    oldest_letter: float
    duties_due: int
    oldest_duty: float
    jobs: dict[str, int]
    oldest_job: float
    rounds: dict[str, int]
    tick_age: float | None


def take_measures(session: AnySession, *, now: datetime) -> Measures:
    """Return the numbers as they are now: six queries, each over an index or a small table."""
    due = (Duty.state == "due", Duty.due_at <= now)
    duties, first_due = session.execute(select(func.count(), func.min(Duty.due_at)).where(*due)).one()
    letters = select(func.min(OutboxLetter.due_at)).where(OutboxLetter.state == "queued", OutboxLetter.due_at <= now)
    jobs = select(func.min(Job.created_at)).where(Job.state == "queued")
    return Measures(
        letters=_counted(session, OutboxLetter, LETTER_STATES),
        oldest_letter=_age(session.scalar(letters), now),
        duties_due=duties,
        oldest_duty=_age(first_due, now),
        jobs=_counted(session, Job, JOB_STATES),
        oldest_job=_age(session.scalar(jobs), now),
        rounds=_counted(session, Round, STAGES, "stage"),
        tick_age=find_tick_age(session, now=now),
    )


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _counted(
    session: AnySession, model: type[OutboxLetter | Job | Round], words: tuple[str, ...], column: str = "state"
) -> dict[str, int]:
    """Return how many rows there are by a word, zeros too: what is not there cannot alarm."""
    word = getattr(model, column)
    found = dict.fromkeys(words, 0)
    for name, number in session.execute(select(word, func.count()).group_by(word)):
        found[name] = number
    return found


def note_tick(session: AnySession, *, now: datetime) -> None:
    """Record that a worker has looked for what is due, and done it."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Tick).values(id=1, at=now)
    session.execute(row.on_conflict_do_update(index_elements=[Tick.id], set_={"at": now}))


def find_tick_age(session: AnySession, *, now: datetime) -> float | None:
    """Return how many seconds ago a worker looked, None for never."""
    at = session.scalar(select(Tick.at).where(Tick.id == 1))
    return None if at is None else _age(at, now)
