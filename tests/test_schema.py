"""The schema: migrations go up and down on both databases and equal the models; audit entries cannot be changed."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from consult import clock, schema
from consult.models import AuditEntry, Base, db
from consult.rules.permissions import COMMAND
from consult.services import audit
from consult.unit_of_work import unit_of_work


def test_migrations_equal_the_models(any_database_app: Flask) -> None:
    with any_database_app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert schema.is_current(db.engine)


def test_migrations_go_down_and_up_again(any_database_app: Flask) -> None:
    with any_database_app.app_context():
        _record(3)
        db.session.remove()
        schema.downgrade(db.engine, "base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        schema.upgrade(db.engine)
        _record(2)
        assert audit.verify(db.session) is None


def _record(count: int) -> None:
    for number in range(count):
        with unit_of_work(db.session) as now:
            audit.record(
                db.session, by=COMMAND, action="test", object_kind="person", object_id=number, now=now, n=number
            )


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET actor = 'me' WHERE number = 2", "DELETE FROM audit_entry"]
)
def test_the_database_refuses_to_change_the_audit(any_database_app: Flask, statement: str) -> None:
    with any_database_app.app_context():
        _record(3)
        with pytest.raises(DBAPIError):
            db.session.execute(text(statement))
        db.session.rollback()
        assert audit.verify(db.session) is None


def test_any_change_of_any_entry_is_found(any_database_app: Flask) -> None:
    with any_database_app.app_context():
        _record(6)
        _drop_triggers()
        for number in range(1, 7):
            for column, value in (
                ("actor", "x"),
                ("action", "x"),
                ("object_id", "9"),
                ("facts", '{"n": 99}'),
                ("digest", "0"),
            ):
                before = db.session.execute(text(f"SELECT {column} FROM audit_entry WHERE number = {number}")).scalar()
                _set(column, value, number)
                assert audit.verify(db.session) == number, column
                _set(column, before if isinstance(before, str) else f'{{"n": {number - 1}}}', number)
                assert audit.verify(db.session) is None
        db.session.execute(text("DELETE FROM audit_entry WHERE number = 3"))
        assert audit.verify(db.session) == 3


def _set(column: str, value: Any, number: int) -> None:
    db.session.execute(text(f"UPDATE audit_entry SET {column} = :value WHERE number = {number}"), {"value": value})
    db.session.commit()
    db.session.expire_all()


def _drop_triggers() -> None:
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("DROP TRIGGER audit_entry_append_only ON audit_entry"))
    else:
        for verb in ("update", "delete"):
            db.session.execute(text(f"DROP TRIGGER audit_entry_no_{verb}"))
    db.session.commit()


def test_instants_come_back_aware_and_equal(any_database_app: Flask) -> None:
    with any_database_app.app_context():
        now = clock.now()
        with unit_of_work(db.session):
            audit.record(db.session, by=COMMAND, action="t", object_kind="person", object_id=1, now=now)
        db.session.expire_all()
        assert db.session.get_one(AuditEntry, 1).at == now


def _record_and_fail() -> None:
    with unit_of_work(db.session) as now:
        audit.record(db.session, by=COMMAND, action="t", object_kind="person", object_id=1, now=now)
        raise ZeroDivisionError


def test_a_failed_unit_of_work_leaves_nothing(any_database_app: Flask) -> None:
    with any_database_app.app_context():
        with pytest.raises(ZeroDivisionError):
            _record_and_fail()
        assert audit.head_number(db.session) == 0
