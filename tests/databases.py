"""Databases for tests: brought up to date once in a process, and copied for every app.

With TESTS_DATABASE=postgresql every app that names no database of its own gets one on a real PostgreSQL server:
the whole suite runs there (`make test-postgresql`).
"""

import atexit
import os
import shutil
import tempfile
import uuid
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from consult import schema
from tests.postgresql import postgresql
from tests.tools import lacking

ON_POSTGRESQL = os.environ.get("TESTS_DATABASE") == "postgresql"
_addresses: dict[Path, str] = {}  # of the databases of apps, by their folder: an app started again finds its own


@cache
def _for_the_process() -> ExitStack:
    """Return what is stopped when the process ends."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack


# ---- SQLite ---------------------------------------------------------------------------------------------------------


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="consult-template-"))
    _for_the_process().callback(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "consult.sqlite"
    engine = create_engine(f"sqlite:///{file}")
    schema.upgrade(engine)
    engine.dispose()
    return file


def copy_template(folder: Path) -> bool:
    """Put a current, empty database into a folder; return False where one is already."""
    file = folder / "consult.sqlite"
    if file.exists():
        return False
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(_sqlite_template(), file)
    return True


# ---- PostgreSQL -----------------------------------------------------------------------------------------------------


@cache
def server() -> str:
    """Return the address of a PostgreSQL server: DATABASE_URL, or one started here as a user other than root."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgresql"):
        return given.replace("postgresql://", "postgresql+psycopg://", 1)
    url = _for_the_process().enter_context(postgresql("-F", "-c", "max_connections=300"))
    if not url:
        lacking("there is no PostgreSQL")
    return url


@cache
def _administration() -> Engine:
    return create_engine(server(), isolation_level="AUTOCOMMIT", poolclass=NullPool)


@cache
def _template() -> str:
    """Return the name of a database with the current schema."""
    address = new_database()
    engine = create_engine(address, poolclass=NullPool)
    schema.upgrade(engine)
    name = make_url(address).database
    assert name is not None
    return name


def new_database(template: str = "template1") -> str:
    """Make a database, empty or as a template is, and return its address."""
    name = f"consult_{uuid.uuid4().hex[:12]}"
    with _administration().connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    return server().rsplit("/", 1)[0] + f"/{name}"


def current_database() -> str:
    """Make a database with the current schema and return its address."""
    return new_database(_template())


def drop_database(address: str) -> None:
    """Throw a database away, whoever is still connected."""
    with _administration().connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {make_url(address).database} WITH (FORCE)"))


def address_for(folder: Path) -> str:
    """Return the address of the database for the app of this folder, made when it is asked for first."""
    if folder not in _addresses:
        _addresses[folder] = current_database()
    return _addresses[folder]


def forget(folder: Path) -> None:
    """Throw away the database of a folder, where it has one on the server."""
    address = _addresses.pop(folder, "")
    if address:
        drop_database(address)
