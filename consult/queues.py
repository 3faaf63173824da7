"""Who is told of long work that was asked for, and who hands it out: the one place where the two ways meet.

The row of the job (services/jobs.py) is all that people see, whichever way it goes. On SQLite, and wherever nothing else is
set, the worker looks for rows: a LocalQueue has nothing to be told. On PostgreSQL procrastinate can hand the work out
(consult/deferring.py): it is told in the transaction that adds the row, so that nothing is lost between the two.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Engine

from consult.config import PROCRASTINATE, Settings
from consult.errors import Invalid
from consult.phrases import say
from consult.unit_of_work import AnySession

OPTION = "consult_queue"
DoWaiting = Callable[[], int]  # does all rows that wait; returns how many jobs came to an end
DoOne = Callable[[int, bool], bool]  # does a job, taken over from a dead worker or not; returns whether there was one
Stop = Callable[[], None]


class Queue(Protocol):
    """Hands out long work."""

    def defer(self, session: AnySession, job_id: int) -> None:
        """Let a job that was added in this transaction be worked on once it is committed."""

    def prepare(self, connection: Connection) -> None:
        """Make the queue's own tables, or bring them up to date."""

    def tend(self, session: AnySession, *, waiting: list[int]) -> int:
        """Hand out again what a dead worker left, and what waits without the queue knowing; return how much that was."""

    def work_off(self, do_waiting: DoWaiting, do_one: DoOne) -> int:
        """Do all that waits now; return how many jobs came to an end."""

    def start(self, do_one: DoOne) -> Stop | None:
        """Begin to do what is handed out, until stopped; None where the worker has to look for itself."""


class LocalQueue:
    """No queue: the rows are all there is, and the worker looks for them."""

    def defer(self, session: AnySession, job_id: int) -> None:
        """Do nothing: the row says it."""

    def prepare(self, connection: Connection) -> None:
        """Do nothing: there are no tables but ours."""

    def tend(self, session: AnySession, *, waiting: list[int]) -> int:
        """Do nothing: whoever looks for rows finds those of a dead worker when their lease is over."""
        return 0

    def work_off(self, do_waiting: DoWaiting, do_one: DoOne) -> int:
        """Do all rows that wait."""
        return do_waiting()

    def start(self, do_one: DoOne) -> Stop | None:
        """Leave the looking to the worker."""
        return None


def open_queue(settings: Settings) -> Queue:
    """Return the queue that is set. Raises Invalid when it cannot be had here."""
    if settings.jobs != PROCRASTINATE:
        return LocalQueue()
    if not settings.database.startswith("postgresql"):
        raise Invalid(say("CONSULT_JOBS=procrastinate needs PostgreSQL: set CONSULT_DATABASE_URL."), "bad-settings")
    if find_spec("procrastinate") is None:
        raise Invalid(
            say("CONSULT_JOBS=procrastinate needs the extra postgresql: pip install 'consult[postgresql]'."),
            "bad-settings",
        )
    return cast(Queue, import_module("consult.deferring").ProcrastinateQueue(settings.database))


def attach(engine: Engine, queue: Queue) -> None:
    """Let whoever has a session on this engine find its queue."""
    engine.update_execution_options(**{OPTION: queue})


def is_of_queue(table: str) -> bool:
    """Return whether a table is a queue's own: such lie beside ours, and are described by nobody here."""
    return table.startswith("procrastinate_")


def queue_of(bind: Any) -> Queue:
    """Return the queue of an engine or a connection on it."""
    found: Queue = bind.get_execution_options().get(OPTION) or LocalQueue()
    return found
