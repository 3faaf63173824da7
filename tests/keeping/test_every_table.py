"""Every table there is, and every one there will be: a row of each goes into a backup, and into another database, and out."""

import hashlib
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    String,
    Table,
    TypeDecorator,
    create_engine,
    func,
    select,
)

from consult import backups, clock, schema, snapshots
from consult.models import Base, db
from consult.unit_of_work import unit_of_work
from tests.conftest import make_app

FILE = b"a file"
VALUES: tuple[tuple[type[Any], Any], ...] = (
    (String, "Šćekić — Ж"),
    (Boolean, True),
    (Integer, 7),
    (JSON, {"ж": ["a", 1, None, {"b": 0.5}]}),
    (LargeBinary, b"\x00\xff\xfe"),
    (Date, date(2026, 12, 24)),
    (DateTime, datetime(2026, 11, 25, 9, 30, 15, 123456, tzinfo=UTC)),
)  # a type that is not here has to be known to consult/snapshots.py first


def a_row(table: Table, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a row that refers to the rows there are."""
    return {column.name: _value(table, column, rows) for column in table.columns}


def _value(table: Table, column: Column[Any], rows: dict[str, dict[str, Any]]) -> Any:
    for reference in column.foreign_keys:
        return rows.get(reference.column.table.name, {}).get(reference.column.name)
    if table.name == "stored_file" and column.primary_key:
        return hashlib.sha256(FILE).hexdigest()
    words = _words_of(table, column)
    if words:
        return words[0]
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    value = next(value for known, value in VALUES if isinstance(kind, known))
    return value[: getattr(column.type, "length", None)] if isinstance(value, str) else value


def _words_of(table: Table, column: Column[Any]) -> list[str]:
    """Return the words a column is kept to."""
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and str(constraint.sqltext).startswith(f"{column.name} IN ("):
            return re.findall(r"'([^']*)'", str(constraint.sqltext))
    return []


@pytest.fixture
def full(tmp_path: Path) -> Flask:
    app = make_app(tmp_path / "full", database_url="")
    rows: dict[str, dict[str, Any]] = {}
    with app.app_context(), unit_of_work(db.session):
        for table in Base.metadata.sorted_tables:
            rows[table.name] = a_row(table, rows)
            db.session.execute(table.insert().values(rows[table.name]))
    return app


def counts(connection: Any) -> dict[str, int]:
    return {
        table.name: connection.scalar(select(func.count()).select_from(table))
        for table in snapshots.tables_of(connection)
    }


def test_a_row_of_every_table_moves_to_postgresql(full: Flask, postgresql_url: str) -> None:
    target = create_engine(postgresql_url)
    with full.app_context():
        digest = backups.move_state(db.engine, target)
    with target.connect() as arrived:
        assert counts(arrived) == {name: 1 for name in Base.metadata.tables if snapshots.is_state(name)}
        assert snapshots.state_digest(arrived) == digest
    target.dispose()


def test_a_row_of_every_table_is_backed_up_and_restored(full: Flask, tmp_path: Path) -> None:
    with full.app_context():
        full.extensions["consult.storage"].keep(FILE)
        made = backups.write_backup(
            db.engine, full.extensions["consult.storage"], tmp_path / "a.backup", now=clock.now()
        )
    other = make_app(tmp_path / "other", database_url="")
    with other.app_context():
        schema.downgrade(db.engine, "base")
        restored = backups.restore_backup(db.engine, other.extensions["consult.storage"], tmp_path / "a.backup")
        assert restored.digest == made.digest
        with db.engine.connect() as connection:
            assert set(counts(connection).values()) == {1}
