"""The worker: APScheduler wakes it, and holds no state. What is due stands in rows; a missed tick loses nothing.

Long work is looked for every second, beside the rest: who asked for it is waiting, and letters do not wait for it.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from consult import clock
from consult.config import Settings
from consult.delivering import deliver_due_letters
from consult.models import db
from consult.queues import DoOne, DoWaiting, Queue, queue_of
from consult.receiving import receive
from consult.services import deadlines, exports, jobs, measures
from consult.services.jobs import Work
from consult.unit_of_work import behind_by, unit_of_work, watches_clock
from consult.working import do_due_jobs, do_job, kinds_of_work

log = structlog.get_logger()
MOST_BEHIND = timedelta(minutes=1)
SECONDS_TO_LOOK_FOR_WORK = 0.5


def tick(app: Flask) -> tuple[int, int]:
    """Carry out everything that is due; return how many duties and letters. Safe in any number of processes."""
    settings: Settings = app.extensions["consult"]
    with app.app_context():
        duties = 0
        while not _is_clock_behind():
            with unit_of_work(db.session) as now:
                done = deadlines.carry_out_due_duty(db.session, base_url=settings.base_url, now=now)
            if not done:
                break
            duties += done
        forget_old_exports()
        letters = deliver_due_letters(
            db.session,
            app.extensions["consult.send"],
            app.extensions["consult.journal"],
            timedelta(minutes=settings.mail_journal_minutes),
        )
        with unit_of_work(db.session) as now:
            measures.note_tick(db.session, now=now)
        db.session.remove()
    return duties, letters


def _is_clock_behind() -> bool:
    """Return whether the clock was set back behind what is on record: then nothing is closed or reminded of by it."""
    behind = behind_by(db.session)
    is_set_back = db.engine.dialect.name == "sqlite" and behind > MOST_BEHIND and watches_clock(db.engine)
    db.session.rollback()
    if is_set_back:
        log.error("the clock is behind what is on record: nothing is closed, nobody is reminded", by=str(behind))
    return is_set_back


def forget_old_exports() -> None:
    """Throw away files that were made for somebody and kept for their day."""
    is_any = exports.is_any_old(db.session, now=clock.now())
    db.session.rollback()
    if is_any:
        with unit_of_work(db.session) as now:
            exports.forget_old(db.session, now=now)


def do_long_work(app: Flask, kinds: Mapping[str, Work] | None = None) -> int:
    """Do all long work that waits; return how many jobs came to an end. Safe in any number of processes."""
    hand_out_again(app)
    return _queue_of(app).work_off(*_ways_to_work(app, kinds))


def hand_out_again(app: Flask) -> int:
    """Let the queue hand out what a dead worker left, and what it does not know of; return how much that was."""
    with app.app_context():
        now = clock.now()
        waiting = jobs.list_waiting(db.session, now=now)
        db.session.rollback()
        with unit_of_work(db.session):
            count = _queue_of(app).tend(db.session, waiting=waiting)
        db.session.remove()
    return count


def _queue_of(app: Flask) -> Queue:
    with app.app_context():
        return queue_of(db.engine)


def _ways_to_work(app: Flask, kinds: Mapping[str, Work] | None = None) -> tuple[DoWaiting, DoOne]:
    """Return how all that waits is done, and how one job is, each with a session of its own."""
    settings: Settings = app.extensions["consult"]
    storage, known = app.extensions["consult.storage"], kinds or kinds_of_work(settings.base_url)

    def do_waiting() -> int:
        with app.app_context():
            done = do_due_jobs(db.session, storage, known)
            db.session.remove()
        return done

    def do_one(job_id: int, takes_over: bool) -> bool:
        with app.app_context():
            try:
                return do_job(db.session, storage, known, job_id=job_id, takes_over=takes_over)
            finally:
                db.session.remove()

    return do_waiting, do_one


class Worker:
    """Ticks every few seconds in a thread, and does long work in another, until it is stopped."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.extensions["consult"]
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._stop_work = _queue_of(app).start(_ways_to_work(app)[1])
        self._look(_tick_safely, app, settings.tick_seconds)
        self._look(_receive_safely, app, settings.inbox_seconds)
        if self._stop_work is None:
            self._look(_work_safely, app, SECONDS_TO_LOOK_FOR_WORK)
        else:
            self._look(_hand_out_safely, app, settings.tick_seconds)
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a look while the last one is at work is no news
        self._scheduler.start()
        threading.Thread(target=lambda: _tick_safely(app), daemon=True).start()

    def _look(self, work: Callable[[Flask], None], app: Flask, seconds: float) -> None:
        self._scheduler.add_job(
            work, "interval", args=[app], seconds=seconds, max_instances=1, coalesce=True, misfire_grace_time=None
        )

    def shutdown(self) -> None:
        """Begin nothing new; what is at work is waited for a little while."""
        self._scheduler.shutdown(wait=False)
        if self._stop_work is not None:
            self._stop_work()


def _hand_out_safely(app: Flask) -> None:
    """Look after the queue; a failure is logged and tried again with the next look."""
    try:
        count = hand_out_again(app)
    except Exception as error:
        log.error("queue failed", kind=type(error).__name__)
    else:
        if count:
            log.info("handed out again", jobs=count)


def _tick_safely(app: Flask) -> None:
    """Tick; a failure is logged and tried again with the next tick."""
    try:
        duties, letters = tick(app)
    except Exception as error:
        log.error("tick failed", kind=type(error).__name__)
    else:
        if duties or letters:
            log.info("tick", duties=duties, letters=letters)


def _receive_safely(app: Flask) -> None:
    """Look for mails; a failure is logged and tried again with the next look. A slow server holds nothing else up."""
    try:
        count = receive(app)
    except Exception as error:
        log.error("receiving failed", kind=type(error).__name__)
    else:
        if count:
            log.info("received", mails=count)


def _work_safely(app: Flask) -> None:
    """Do long work; a failure of the worker itself is logged and tried again with the next look."""
    try:
        done = do_long_work(app)
    except Exception as error:
        log.error("work failed", kind=type(error).__name__)
    else:
        if done:
            log.info("work", jobs=done)
