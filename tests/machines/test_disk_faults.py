"""Every call that changes something on disk fails once, as on a full disk and as on a broken one; the database is locked.

With PROVE_FAULTS=all each call of each act fails, else some of them.
"""

import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, text

from consult.models import Comment, Person, Round, db
from consult.services import audit, people
from consult.unit_of_work import WRITES, unit_of_work
from tests import factories
from tests.conftest import BASE_URL, make_app
from tests.machines.test_storage import record
from tests.story import DURING
from tests.tools import ROOT, need

log = logging.getLogger(__name__)
HERE = Path(__file__).parent
SOME = "2"
IS_ALL = os.environ.get("PROVE_FAULTS") == "all"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library") / "faulty_disk.so"
    command = [need("cc"), "-shared", "-fPIC", "-o", made, HERE / "faulty_disk.c", "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return made


def fill(app: Flask, draft: bytes) -> None:
    with app.app_context():
        session, storage = db.session, app.extensions["consult.storage"]
        lead, mission = factories.an_organisation(session), factories.an_organisation(session)
        factories.a_person(session, organisation=mission).name = "Writer"
        round_ = factories.a_round(session, storage=storage, data=draft, lead=lead, consulted=(mission,))
        record("round.circulate", round_.id, factories.START)
        session.commit()
        session.remove()


def test_a_call_that_fails_loses_nothing_and_leaves_nothing_half(
    tmp_path: Path, library: Path, draft_bytes: bytes
) -> None:
    fill(make_app(tmp_path / "instance", database_url=""), draft_bytes)
    run = subprocess.run(
        [sys.executable, "-m", "tests.machines.on_a_faulty_disk", tmp_path / "instance", library,
         "all" if IS_ALL else SOME],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "LD_PRELOAD": str(library)},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    told: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    for found in told["tries"]:
        assert found["faults"] == [], found
        assert found["afterwards"], found
        is_added = found["said"] == "done" and found["act"] in ("comment", "keep with its row")
        assert found["grown"] == is_added, found
    assert told["sound"]
    assert told["letters"]["states"] == ["sent"]
    assert (told["letters"]["files"], told["letters"]["others"]) == (told["letters"]["count"], 0)
    ends = Counter((found["act"], found["said"]) for found in told["tries"])
    assert {act for act, said in ends if said != "done"} == {"keep", "keep with its row", "comment", "back up", "send"}
    log.warning("faults by act and answer: %s", dict(ends))


# ---- a database that is locked --------------------------------------------------------------------------------------


def make_impatient(app: Flask) -> None:
    """Let the app wait for a lock for a tenth of a second only."""
    with app.app_context():
        engine = db.engine
        engine.dispose()
    quick = "PRAGMA busy_timeout=100" if engine.dialect.name == "sqlite" else "SET lock_timeout = 100"

    def connected(connection: Any, _record: object) -> None:
        connection.cursor().execute(quick)
        if engine.dialect.name != "sqlite":
            connection.commit()

    event.listen(engine, "connect", connected)


@contextmanager
def locked(app: Flask) -> Iterator[None]:
    """Hold what every act that writes has to have."""
    with app.app_context():
        engine = db.engine
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            connection.execute(text("SELECT 1"))  # its transaction has begun as one that writes
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": audit.CHAIN_LOCK})
        yield


def test_a_database_that_is_locked_is_answered_with_when_to_come_back(
    any_database_app: Flask, draft_bytes: bytes
) -> None:
    """With PROVE_FAULTS=all it is locked for thirty seconds, and the app waits as long as it does in earnest."""
    app = any_database_app
    fill(app, draft_bytes)
    with app.app_context():
        round_id = db.session.query(Round).one().id
        with unit_of_work(db.session) as now:
            writer = db.session.query(Person).filter_by(name="Writer").one()
            link = people.make_link(db.session, person=writer, base_url=BASE_URL, next_path="", now=now)
        db.session.remove()
    client = app.test_client()
    client.post(link.removeprefix(BASE_URL))
    if not IS_ALL:
        make_impatient(app)
    form = {"paragraph": "", "type": "general", "reason": "Typed with care.", "form_key": "k"}
    address = f"/rounds/{round_id}/comments"
    with time_machine.travel(DURING, tick=True):
        with locked(app):
            for _ in range(3):
                answer = client.post(address, data=form)
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
                assert "Typed with care." in answer.text
                assert client.get(f"/rounds/{round_id}/document").status_code == 200, "reading goes on"
        assert client.post(address, data=form).status_code == 302
    with app.app_context():
        assert [comment.reason for comment in db.session.query(Comment)] == ["Typed with care."]
