"""The worker: APScheduler wakes it, and holds no state. What is due stands in rows; a missed tick loses nothing."""

import threading

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from consult.config import Settings
from consult.mail import deliver_due_letters
from consult.models import db
from consult.services import deadlines
from consult.unit_of_work import unit_of_work

log = structlog.get_logger()


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
        letters = deliver_due_letters(db.session, app.extensions["consult.send"])
        db.session.remove()
    return duties, letters


def start_worker(app: Flask) -> BackgroundScheduler:
    """Tick every few seconds in a thread until the scheduler is shut down."""
    settings: Settings = app.extensions["consult"]
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        lambda: _tick_safely(app),
        "interval",
        seconds=settings.tick_seconds,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
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
