"""Fixtures: an app on SQLite and on PostgreSQL, a client that signs in, real servers on 127.0.0.1."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from consult import clock, schema
from consult.app import create_app
from consult.config import Settings
from consult.models import Person, db
from consult.services import people
from consult.unit_of_work import unit_of_work
from tests import databases
from tests.engine.specimens import specimen_draft
from tests.postgresql import free_port

__all__ = ["BASE_URL", "free_port", "make_app"]

BASE_URL = "http://localhost"


_builders: dict[tuple[str, str, bool], Any] = {}
_compile_builder = Rule._compile_builder


def _remembered(rule: Rule, append_unknown: bool = True) -> Any:
    """Return what builds the addresses of a route, compiled once in a process: every test makes an app with all of them."""
    key = (rule.rule, repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


Rule._compile_builder = _remembered  # type: ignore[method-assign]


def make_app(folder: Path, **settings: Any) -> Flask:
    """Return an app with an empty, current database; in a folder that has one already, with that.

    It does not watch the clock unless it is told to: tests travel in time.
    """
    if databases.ON_POSTGRESQL and "database_url" not in settings:
        settings["database_url"] = databases.address_for(folder)
    is_current = not settings.get("database_url") and databases.copy_template(folder)
    app = create_app(Settings(instance_path=folder, **{"base_url": BASE_URL, "watch_clock": False, **settings}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    if not is_current:
        with app.app_context():
            schema.upgrade(db.engine)
    return app


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    folder = tmp_path / "instance"
    app = make_app(folder)
    yield app
    if databases.ON_POSTGRESQL:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        databases.forget(folder)


@pytest.fixture
def session(app: Flask) -> Iterator[Any]:
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def storage(app: Flask) -> Any:
    return app.extensions["consult.storage"]


@pytest.fixture
def draft_bytes() -> bytes:
    return specimen_draft()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[Person | int], FlaskClient]:
    """Return a client that is signed in as a person, by the way people sign in."""

    def signed_in(person: Person | int) -> FlaskClient:
        number = person if isinstance(person, int) else person.id
        with app.app_context(), unit_of_work(db.session) as now:
            found = db.session.get_one(Person, number)
            link = people.make_link(db.session, person=found, base_url=BASE_URL, next_path="", now=now)
        client = app.test_client()
        assert client.post(link.removeprefix(BASE_URL)).status_code == 302
        return client

    return signed_in


# ---- PostgreSQL -----------------------------------------------------------------------------------------------------


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """Give the address of an empty database of its own."""
    address = databases.new_database()
    yield address
    databases.drop_database(address)


@pytest.fixture
def current_postgresql_url() -> Iterator[str]:
    """Give the address of a database of its own with the current schema."""
    address = databases.current_database()
    yield address
    databases.drop_database(address)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_database_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Give an app on each of the two databases."""
    url = request.getfixturevalue("current_postgresql_url") if request.param == "postgresql" else ""
    app = make_app(tmp_path / "instance", database_url=url)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def now() -> Any:
    return clock.now
