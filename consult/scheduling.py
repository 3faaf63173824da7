"""The worker: APScheduler wakes it, and holds no state. What is due stands in rows; a missed tick loses nothing.

Long work is looked for every second, beside the rest: who asked for it is waiting, and letters do not wait for it.
"""

import logging
import threading
from datetime import timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from consult import clock
from consult.config import Settings
from consult.delivering import deliver_due_letters
from consult.models import db
from consult.services import deadlines, exports
from consult.unit_of_work import unit_of_work
from consult.working import do_due_jobs, kinds_of_work

log = structlog.get_logger()
SECONDS_TO_LOOK_FOR_WORK = 0.5


def tick(app: Flask) -> tuple[int, int]:
    """Carry out everything that is due; return how many duties and letters. Safe in any number of processes."""
    settings: Settings = app.extensions["consult"]
    with app.app_context():
        duties = 0
        while True:
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
        db.session.remove()
    return duties, letters


def forget_old_exports() -> None:
    """Throw away files that were made for somebody and kept for their day."""
    is_any = exports.is_any_old(db.session, now=clock.now())
    db.session.rollback()
    if is_any:
        with unit_of_work(db.session) as now:
            exports.forget_old(db.session, now=now)


def do_long_work(app: Flask) -> int:
    """Do all long work that waits; return how many jobs came to an end. Safe in any number of processes."""
    settings: Settings = app.extensions["consult"]
    with app.app_context():
        done = do_due_jobs(db.session, app.extensions["consult.storage"], kinds_of_work(settings.base_url))
        db.session.remove()
    return done


def start_worker(app: Flask) -> BackgroundScheduler:
    """Tick every few seconds in a thread until the scheduler is shut down, and do long work in another."""
    settings: Settings = app.extensions["consult"]
    scheduler = BackgroundScheduler(timezone="UTC")
    for work, seconds in ((_tick_safely, settings.tick_seconds), (_work_safely, SECONDS_TO_LOOK_FOR_WORK)):
        scheduler.add_job(
            work,
            "interval",
            args=[app],
            seconds=seconds,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a look while the last one is still at work is no news
    scheduler.start()
    threading.Thread(target=lambda: _tick_safely(app), daemon=True).start()
    return scheduler


def _tick_safely(app: Flask) -> None:
    """Tick; a failure is logged and tried again with the next tick."""
    try:
        duties, letters = tick(app)
    except Exception as error:
        log.error("tick failed", kind=type(error).__name__)
    else:
        if duties or letters:
            log.info("tick", duties=duties, letters=letters)


def _work_safely(app: Flask) -> None:
    """Do long work; a failure of the worker itself is logged and tried again with the next look."""
    try:
        done = do_long_work(app)
    except Exception as error:
        log.error("work failed", kind=type(error).__name__)
    else:
        if done:
            log.info("work", jobs=done)
