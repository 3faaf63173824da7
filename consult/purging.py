"""The end of keeping: consultations that have long been finished go, rows and files, for good.

What refers to a consultation, directly or through others, goes with it, whatever tables a version has: that is read off
the database's own references. People, organisations and the audit stay; the audit never held what somebody wrote.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, delete, exists, func, select, text, update
from sqlalchemy.orm import Session

from consult.models import AuditEntry, Consultation, Round, StoredFile
from consult.rules.permissions import COMMAND
from consult.services import audit
from consult.snapshots import tables_of
from consult.storage import Storage
from consult.unit_of_work import WRITES

STAYS = frozenset(("organisation", "person", "appointment", "body", "audit_entry", "stored_file", "outbox_freeze"))
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Purged:
    """What went, or would go: the consultations' numbers, and how many rows and files."""

    consultations: tuple[int, ...]
    rows: int
    files: int


def list_expired(session: Session, *, kept_for: timedelta, now: datetime) -> list[int]:
    """Return the consultations of which every round was finished or cancelled at least so long ago."""
    finished: dict[str, datetime] = {}
    for round_id, at in session.execute(
        select(AuditEntry.object_id, func.max(AuditEntry.at))
        .where(AuditEntry.action.in_(("round.finish", "round.cancel")))
        .group_by(AuditEntry.object_id)
    ):
        finished[round_id] = at
    rounds: dict[int, list[Round]] = defaultdict(list)
    for round_ in session.scalars(select(Round)):
        rounds[round_.consultation_id].append(round_)
    return [
        number
        for number in session.scalars(select(Consultation.id).order_by(Consultation.id))
        if rounds[number]
        and all(
            r.stage in ("decided", "cancelled") and finished.get(str(r.id), now) <= now - kept_for
            for r in rounds[number]
        )
    ]


def purge(engine: Engine, storage: Storage, *, kept_for: timedelta, now: datetime, dry: bool = False) -> Purged:
    """Remove what has expired; with `dry` only count it. Rows go in one transaction, then the bytes of their files.

    SQLite overwrites what it deletes (secure_delete), and the write-ahead log is emptied, so that no text stays in them.
    """
    with engine.connect() as connection:
        connection = connection.execution_options(**{WRITES: True})
        with connection.begin() as transaction:
            session = Session(bind=connection)
            expired = list_expired(session, kept_for=kept_for, now=now)
            rows = _remove_rows(connection, expired)
            files = _remove_unnamed(connection)
            for number in expired:
                audit.record(
                    session,
                    by=COMMAND,
                    action="consultation.purge",
                    object_kind="consultation",
                    object_id=number,
                    now=now,
                )
            session.flush()
            if dry:
                transaction.rollback()
    if expired and not dry:
        for sha256 in files:
            storage.remove(sha256)
        _empty_the_log(engine)
    return Purged(tuple(expired), rows, len(files))


def _remove_rows(connection: Connection, consultations: list[int]) -> int:
    tables = tables_of(connection)
    doomed = _doomed(connection, tables, consultations)
    for table in tables:
        for column in _self_references(table):
            for some in _portions(doomed[table.name]):
                connection.execute(update(table).where(_key(table).in_(some)).values({column.name: None}))
    count = 0
    for table in reversed(tables):
        for some in _portions(doomed[table.name]):
            connection.execute(delete(table).where(_key(table).in_(some)))
            count += len(some)
    return count


def _doomed(connection: Connection, tables: list[Table], consultations: list[int]) -> dict[str, set[Any]]:
    """Return the keys of all rows that refer to what goes, table by table, until no more are found."""
    doomed: dict[str, set[Any]] = defaultdict(set, consultation=set(consultations))
    grown = bool(consultations)
    while grown:
        grown = False
        for table in tables:
            if table.name in STAYS:
                continue
            for column, target in _references(table):
                for some in _portions(doomed[target]):
                    found = set(connection.scalars(select(_key(table)).where(column.in_(some)))) - doomed[table.name]
                    grown = grown or bool(found)
                    doomed[table.name] |= found
    return doomed


def _key(table: Table) -> Column[Any]:
    """Return what names a row: every table has a key of one column, or a first one that is enough to remove by."""
    return next(iter(table.primary_key.columns))


def _references(table: Table) -> Iterator[tuple[Column[Any], str]]:
    for column in table.columns:
        for reference in column.foreign_keys:
            if reference.column.table.name not in STAYS and reference.column.table is not table:
                yield column, reference.column.table.name


def _self_references(table: Table) -> Iterator[Column[Any]]:
    for column in table.columns:
        if column.nullable and any(reference.column.table is table for reference in column.foreign_keys):
            yield column


def _remove_unnamed(connection: Connection) -> list[str]:
    """Remove the rows of files that nothing refers to any more; return their names."""
    users = [
        (table, column)
        for table in tables_of(connection)
        for column in table.columns
        if any(reference.column.table.name == "stored_file" for reference in column.foreign_keys)
    ]
    named = [exists().where(column == StoredFile.sha256) for _, column in users]
    query = select(StoredFile.sha256).where(*(~used for used in named))
    unnamed = list(connection.scalars(query))
    for some in _portions(unnamed):
        connection.execute(delete(StoredFile).where(StoredFile.sha256.in_(some)))
    return unnamed


def _portions(keys: Iterable[Any]) -> Iterator[list[Any]]:
    listed = sorted(keys)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


def _empty_the_log(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
