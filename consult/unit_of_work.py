"""One unit of work: state, audit entry and letters are committed together, at the edge, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, scoped_session

from consult import clock

WRITES = "consult_writes"
BUSY_SECONDS = 10

AnySession = Session | scoped_session[Any]


@contextmanager
def unit_of_work(session: AnySession) -> Iterator[datetime]:
    """Begin a fresh write transaction and give the instant it began; commit at the end, roll back on an exception.

    What was read before is read anew: on SQLite a transaction that has read cannot become one that writes without
    risking to be refused, so it is ended and a new one begins with BEGIN IMMEDIATE.
    """
    session.rollback()
    session.connection(execution_options={WRITES: True})
    try:
        yield clock.now()
        session.commit()
    except BaseException:
        session.rollback()
        raise


def engine_options(address: str) -> dict[str, Any]:
    """Return how connections are made: on PostgreSQL without waiting for ever, and anew where the server was restarted."""
    if not address.startswith("postgresql"):
        return {}
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": BUSY_SECONDS}}


def prepare(engine: Engine) -> None:
    """Make an engine's connections patient, but not for ever; SQLite's durable and strict about foreign keys as well."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {BUSY_SECONDS * 1000}")
        connection.commit()


def _prepare_sqlite(engine: Engine) -> None:

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the transaction is begun below, not by the driver
        cursor = connection.cursor()
        for pragma in (
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
