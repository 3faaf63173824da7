"""Long work on PostgreSQL handed out by procrastinate (its only importer; loaded only where it is set).

Its job names ours and nothing more, and goes when it is done: what happened stands in our row. Whoever waits is woken by
the database; any number of processes may work. Of a worker that died its heartbeat tells, within half a minute; that such
work is handed out again is not procrastinate's habit, so `tend` does it.
"""

import asyncio
import threading
from collections.abc import Callable
from importlib import resources
from typing import Any

import procrastinate
import structlog
from procrastinate import SyncPsycopgConnector
from procrastinate.jobs import DeleteJobCondition
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from consult.queues import DoOne, DoWaiting, Stop
from consult.unit_of_work import AnySession

TASK = QUEUE = "consult"
DEAD_AFTER = 30.0  # seconds without a heartbeat, which comes every ten
LONGEST_END = 20.0  # seconds to wait for a job that is at work when the worker is stopped; then it is another's
log = structlog.get_logger()

STALLED = text(
    "SELECT procrastinate_retry_job_v2(found.id, now(), NULL, NULL, NULL) FROM (SELECT job.id FROM procrastinate_jobs job"
    " LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id"
    " WHERE job.status = 'doing' AND job.queue_name = :queue"
    " AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :seconds))"
    " FOR UPDATE OF job SKIP LOCKED) found"
)
KNOWN = text(
    "SELECT CAST(args->>'job_id' AS bigint) FROM procrastinate_jobs"
    " WHERE queue_name = :queue AND status IN ('todo', 'doing')"
)
TENDING = text("SELECT pg_try_advisory_xact_lock(7251002)")  # one at a time tends, or it would hand out the same twice


class ProcrastinateQueue:
    """Procrastinate on the app's own database."""

    def __init__(self, database: str) -> None:
        self._address = database.replace("postgresql+psycopg://", "postgresql://", 1)
        self._telling = procrastinate.App(connector=SyncPsycopgConnector(conninfo=self._address))

    def defer(self, session: AnySession, job_id: int) -> None:
        """Tell procrastinate of a job, in the transaction of the session."""
        connection = session.connection().connection.driver_connection
        self._telling.configure_task(TASK, queue=QUEUE, connection=connection).defer(job_id=job_id)

    def prepare(self, connection: Connection) -> None:
        """Make procrastinate's tables, or bring them to the version that is installed. Their comment tells how far they are."""
        scripts = _scripts()
        last = next(reversed(scripts), "")
        if connection.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is None:
            _execute(connection, SchemaManager.get_schema())
        else:
            told = connection.scalar(text("SELECT obj_description('procrastinate_jobs'::regclass)")) or last
            for name, script in scripts.items():
                if name > told:
                    _execute(connection, script)
        _execute(connection, f"COMMENT ON TABLE procrastinate_jobs IS '{last}'")

    def tend(self, session: AnySession, *, waiting: list[int]) -> int:
        """Hand out again what dead workers left, and jobs that wait and procrastinate does not know.

        Those were put back because what they need is away, or came by a restore, a move or a change of this setting.
        """
        if not session.execute(TENDING).scalar():
            return 0
        stalled = session.execute(STALLED, {"queue": QUEUE, "seconds": DEAD_AFTER}).all()
        known = set(session.scalars(KNOWN, {"queue": QUEUE})) if waiting else set[int]()
        unknown = [job_id for job_id in waiting if job_id not in known]
        for job_id in unknown:
            self.defer(session, job_id)
        return len(stalled) + len(unknown)

    def work_off(self, do_waiting: DoWaiting, do_one: DoOne) -> int:
        """Do all that is handed out now."""
        count, interrupted = 0, list[BaseException]()

        def counted(job_id: int, takes_over: bool) -> bool:
            nonlocal count
            try:
                was_there = do_one(job_id, takes_over)
            except BaseException as error:
                interrupted.append(error)
                raise
            count += was_there
            return was_there

        worker = threading.Thread(target=lambda: asyncio.run(self._work(counted, wait=False)))
        worker.start()
        worker.join()
        if interrupted:
            raise interrupted[0]
        return count

    def start(self, do_one: DoOne) -> Stop:
        """Do what is handed out, in a thread, until stopped. A connection that breaks is made anew."""
        loop, is_stopped = asyncio.new_event_loop(), threading.Event()

        def work() -> None:
            while not is_stopped.is_set():
                try:
                    loop.run_until_complete(self._work(do_one, wait=True))
                except asyncio.CancelledError:
                    return
                except Exception as error:
                    log.error("queue", kind=type(error).__name__)
                is_stopped.wait(1)

        thread = threading.Thread(target=work, name="jobs", daemon=True)
        thread.start()

        def stop() -> None:
            is_stopped.set()
            loop.call_soon_threadsafe(_cancel_all, loop)
            thread.join(LONGEST_END)

        return stop

    async def _work(self, do_one: DoOne, *, wait: bool) -> None:
        app = _app_that_does(do_one, self._address)
        async with app.open_async():
            await app.run_worker_async(
                queues=[QUEUE],
                wait=wait,
                install_signal_handlers=False,
                listen_notify=wait,
                delete_jobs=DeleteJobCondition.ALWAYS,
                stalled_worker_timeout=DEAD_AFTER,
            )


def _execute(connection: Connection, script: str) -> None:
    """Execute a script of many statements, in the transaction of the connection."""
    driver: Any = connection.connection.driver_connection
    driver.execute(script)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()


def _app_that_does(do_one: Callable[[int, bool], bool], address: str) -> procrastinate.App:
    """Return an app of procrastinate whose one task does our jobs. One that was handed out before has lost its worker."""
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4),
    )

    @app.task(name=TASK, queue=QUEUE, pass_context=True)
    def work(context: procrastinate.JobContext, job_id: int) -> None:
        do_one(job_id, context.job.attempts > 0)

    return app


def _scripts() -> dict[str, str]:
    """Return procrastinate's own migrations by name, the oldest first."""
    folder = resources.files("procrastinate.sql") / "migrations"
    files = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return {file.name: file.read_text("utf-8") for file in sorted(files, key=lambda file: file.name)}
