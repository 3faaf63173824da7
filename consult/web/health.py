"""Whether this process lives, and whether it can do its work: for proxies, systemd and whoever is woken at night.

Asked without signing in, from any address; answered with yes and no, never with a reason: that stands in the log.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import structlog
from flask import Blueprint, Flask, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from consult import clock, schema
from consult.errors import Unavailable
from consult.models import db
from consult.services import measures
from consult.storage import Storage
from consult.web.guards import declares, settings, storage

blueprint = Blueprint("health", __name__)
KEPT_FOR = 5.0  # seconds: however often is asked, the store is not asked more often
log = structlog.get_logger()


@dataclass
class _Kept:
    """What the store answered last, and when."""

    is_well: bool = False
    at: float = field(default=float("-inf"))


@blueprint.get("/health/live")
@declares("public")
def live() -> Response:
    """Say that this process answers; nothing else is looked at."""
    return Response("alive\n", mimetype="text/plain")


@blueprint.get("/health/ready")
@declares("public")
def ready() -> tuple[Response, int]:
    """Say whether all that the work needs is there."""
    found = {"database": is_database_well(), "storage": is_storage_well()}
    found["schema"] = found["database"] and _answers(partial(schema.is_current, db.engine))
    if settings().ready_tick_seconds:
        found["worker"] = found["database"] and _answers(_is_worker_at_work)
    return jsonify(found), 200 if all(found.values()) else 503


def is_database_well() -> bool:
    """Return whether the database answers."""
    return _answers(lambda: bool(db.session.execute(db.text("SELECT 1")).scalar() == 1))


def is_storage_well() -> bool:
    """Return whether files can be reached; what was found is kept for some seconds."""
    kept: _Kept = current_app.extensions["consult.health"]
    if time.monotonic() - kept.at > KEPT_FOR:
        kept.is_well, kept.at = _is_reached(storage()), time.monotonic()
    return kept.is_well


def _is_reached(store: Storage) -> bool:
    try:
        store.check()
    except Unavailable:
        return False
    return True


def _is_worker_at_work() -> bool:
    age = measures.find_tick_age(db.session, now=clock.now())
    return age is not None and age <= settings().ready_tick_seconds


def _answers(question: Callable[[], bool]) -> bool:
    """Return what the database answers; no when it does not."""
    try:
        return question()
    except SQLAlchemyError as error:
        log.error("health", kind=type(error).__name__)
        return False
    finally:
        db.session.rollback()


def add_to(app: Flask) -> None:
    """Let the app remember what the store answered."""
    app.extensions["consult.health"] = _Kept()
