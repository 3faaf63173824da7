"""Fixtures: an app on SQLite and on PostgreSQL, a client that signs in, real servers on 127.0.0.1."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from consult import clock, schema
from consult.app import create_app
from consult.config import Settings
from consult.models import Person, db
from consult.services import people
from consult.unit_of_work import unit_of_work
from tests.engine.specimens import specimen_draft
from tests.postgresql import free_port, postgresql
from tests.tools import lacking

__all__ = ["BASE_URL", "free_port", "make_app"]

BASE_URL = "http://localhost"


def make_app(folder: Path, **settings: Any) -> Flask:
    """Return an app with an empty, current database."""
    app = create_app(Settings(instance_path=folder, **{"base_url": BASE_URL, **settings}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        schema.upgrade(db.engine)
    return app


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_app(tmp_path / "instance")


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


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Give the address of a PostgreSQL server: DATABASE_URL, or one started here as a user other than root."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgresql"):
        yield given.replace("postgresql://", "postgresql+psycopg://", 1)
        return
    with postgresql("-F") as url:
        if not url:
            lacking("there is no PostgreSQL")
        yield url


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """Give the address of a database of its own."""
    name = f"consult_{uuid.uuid4().hex[:12]}"
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgresql_server.rsplit("/", 1)[0] + f"/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_database_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Give an app on each of the two databases."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    app = make_app(tmp_path / "instance", database_url=url)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def now() -> Any:
    return clock.now
