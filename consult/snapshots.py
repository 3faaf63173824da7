"""All rows of a database as lines of JSON in which no dialect shows: what a backup holds, and what moves house.

Instants are ISO 8601 in UTC with microseconds, bytes are base64 under "$bytes"; everything else is JSON already. The
digest of a state is the same on SQLite and PostgreSQL. The tables are taken as the database has them, so an older
backup can be loaded into the schema of its time and brought up to date by the migrations.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Date, DateTime, MetaData, Table, func, insert, select, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from consult.errors import Invalid, Refused
from consult.phrases import say
from consult.queues import is_of_queue

NOT_STATE = ("alembic_version", "tick")
ROWS_AT_ONCE = 500


@dataclass(slots=True)
class Counted:
    """Counts and digests the rows of one table while they pass."""

    rows: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def passing(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the rows as they are."""
        for row in rows:
            self.rows += 1
            self._digest.update(json.dumps(row, sort_keys=True, separators=(",", ":")).encode() + b"\n")
            yield row

    @property
    def digest(self) -> str:
        """The digest of what has passed."""
        return str(self._digest.hexdigest())


def is_state(table: str) -> bool:
    """Return whether a table holds what an instance is: all do, but for how far the schema is, and who hands out work."""
    return table not in NOT_STATE and not is_of_queue(table)


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables of the database, those that others refer to first."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _metadata: is_state(name))
    return metadata.sorted_tables


def read_rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as JSON values, in the order of its key."""
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=ROWS_AT_ONCE)
    for row in connection.execute(query).mappings():
        yield {name: _as_json(value) for name, value in row.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return {"$bytes": base64.b64encode(bytes(value)).decode("ascii")}
    return value


def _as_value(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, DateTime) and value is not None:
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date) and value is not None:
        return date.fromisoformat(value)
    if isinstance(value, dict) and value.keys() == {"$bytes"}:
        return base64.b64decode(value["$bytes"])
    return value


def state_digest(connection: Connection) -> str:
    """Return one digest of all rows: equal states have equal digests, whatever the database."""
    return digest_of({table.name: _digest_of_table(connection, table) for table in tables_of(connection)})


def _digest_of_table(connection: Connection, table: Table) -> str:
    counted = Counted()
    for _ in counted.passing(read_rows(connection, table)):
        pass
    return counted.digest


def digest_of(tables: dict[str, str]) -> str:
    """Return the digest of a state from the digests of its tables."""
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def check_empty(connection: Connection) -> None:
    """Raise Refused unless the database has no row: nothing that is there may be overwritten."""
    for table in tables_of(connection):
        if connection.scalar(select(func.count()).select_from(table)):
            sentence = "The database is not empty: table %(table)s has rows. Nothing was changed. Give an empty one."
            raise Refused(say(sentence, table=table.name), "not-empty")


class Loading:
    """Rows on their way into an empty database. Constraints between tables hold again when `finish` returns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = {table.name: table for table in tables_of(connection)}
        self._references = [
            constraint for table in self._tables.values() for constraint in table.foreign_key_constraints
        ]
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        else:
            for constraint in self._references:
                connection.execute(DropConstraint(constraint))

    def load(self, name: str, rows: Iterable[dict[str, Any]]) -> Counted:
        """Insert the rows of a table; return how many, with their digest. Raises Invalid for an unknown table."""
        table = self._tables.get(name)
        if table is None:
            sentence = "There is no table %(table)s in this version. The backup is of a later one."
            raise Invalid(say(sentence, table=name), "unknown-table")
        counted, waiting = Counted(), list[dict[str, Any]]()
        for row in counted.passing(rows):
            waiting.append({column: _as_value(table.columns[column], value) for column, value in row.items()})
            if len(waiting) == ROWS_AT_ONCE:
                self._connection.execute(insert(table), waiting)
                waiting.clear()
        if waiting:
            self._connection.execute(insert(table), waiting)
        return counted

    def finish(self) -> None:
        """Put the constraints back, which checks them, and let new numbers begin behind the old ones."""
        if self._connection.dialect.name == "sqlite":
            return  # deferred constraints are checked by the commit, and numbers go on by themselves
        for constraint in self._references:
            self._connection.execute(AddConstraint(constraint))
        for table in self._tables.values():
            self._continue_numbers(table)

    def _continue_numbers(self, table: Table) -> None:
        for column in table.primary_key.columns:
            query = text("SELECT pg_get_serial_sequence(:table, :column)")
            sequence = self._connection.scalar(query, {"table": table.name, "column": column.name})
            if sequence:
                last = self._connection.scalar(select(func.max(column)))
                begin = text("SELECT setval(CAST(:sequence AS regclass), :next, false)")
                self._connection.execute(begin, {"sequence": sequence, "next": (last or 0) + 1})
