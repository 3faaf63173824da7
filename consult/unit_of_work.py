"""One unit of work: state, audit entry and letters are committed together, at the edge, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, event, func, select, type_coerce, union_all
from sqlalchemy.orm import Session, scoped_session

from consult import clock
from consult.models import AuditEntry, Instant, Tick

WRITES = "consult_writes"
WATCHED = "consult_watches_the_clock"
BUSY_SECONDS = 10

AnySession = Session | scoped_session[Any]


@contextmanager
def unit_of_work(session: AnySession) -> Iterator[datetime]:
    """Begin a fresh write transaction and give the instant it began; commit at the end, roll back on an exception.

    What was read before is read anew: on SQLite a transaction that has read cannot become one that writes without
    risking to be refused, so it is ended and a new one begins with BEGIN IMMEDIATE.
    """
    session.rollback()
    connection = session.connection(execution_options={WRITES: True})
    try:
        yield instant_of(connection)
        session.commit()
    except BaseException:
        session.rollback()
        raise


def instant_of(connection: Connection) -> datetime:
    """Return the instant at which a transaction decides, where the clock is watched; else this machine's.

    On PostgreSQL it is the database's own clock, the same for all machines. SQLite has one machine: time never runs
    back there behind what is on record, so that what was late stays late when somebody sets the clock back.
    """
    here = clock.now()
    if not watches_clock(connection):
        return here
    there = there_of(connection) or here
    return there if connection.dialect.name == "postgresql" else max(here, there)


def watches_clock(of: Connection | Engine) -> bool:
    """Return whether the clock is watched there."""
    return bool(of.get_execution_options().get(WATCHED))


def there_of(connection: Connection) -> datetime | None:
    """Return the database's clock on PostgreSQL; on SQLite the last instant on record, None where there is none."""
    if connection.dialect.name == "postgresql":
        return connection.scalar(select(type_coerce(func.clock_timestamp(), Instant)))
    last_entry = select(AuditEntry.at).order_by(AuditEntry.number.desc()).limit(1).subquery()
    latest = union_all(select(last_entry.c.at), select(Tick.at)).subquery()
    return connection.scalar(select(latest.c.at).order_by(latest.c.at.desc()).limit(1))


def behind_by(session: AnySession) -> timedelta:
    """Return how far this machine's clock is behind: PostgreSQL's, or what is on record in SQLite. Less than nothing: ahead."""
    connection = session.connection()
    there, here = there_of(connection), clock.now()
    if there is None or (connection.dialect.name == "sqlite" and there < here):
        return timedelta(0)
    return there - here


def engine_options(address: str) -> dict[str, Any]:
    """Return how connections are made: on PostgreSQL without waiting for ever, and anew where the server was restarted."""
    if not address.startswith("postgresql"):
        return {}
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": BUSY_SECONDS}}


def prepare(engine: Engine, *, watches: bool = False) -> None:
    """Make an engine's connections patient, but not for ever; SQLite's durable and strict about foreign keys as well.

    Where the engine `watches` the clock, what a transaction decides does not hang on this machine's clock alone.
    """
    engine.update_execution_options(**{WATCHED: watches})
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
