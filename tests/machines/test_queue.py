"""Work handed out by procrastinate on PostgreSQL: with the act that asks for it, to processes that may die."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import text

from consult import backups, clock, queues, schema, snapshots
from consult.config import Settings
from consult.errors import Invalid
from consult.models import Base, Consolidation, Job, db
from consult.scheduling import Worker, do_long_work, hand_out_again, tick
from consult.services import jobs
from consult.unit_of_work import unit_of_work
from tests.conftest import make_app
from tests.services.test_jobs import ask, job_of
from tests.story import AFTER, a_story, two_conflicting
from tests.tools import ROOT

pytestmark = pytest.mark.postgresql

HANGS = """
import sys, time
from pathlib import Path
from consult.app import create_app
from consult.config import Settings
from consult.scheduling import do_long_work
from consult.services import jobs

def forever(session, storage, job, report):
    report("Begun", 0, 3)
    print("begun", flush=True)
    time.sleep(600)

app = create_app(Settings(instance_path=Path(sys.argv[1]), database_url=sys.argv[2], jobs="procrastinate"))
do_long_work(app, {jobs.CONSOLIDATION: forever})
"""


@pytest.fixture
def app(tmp_path: Path, current_postgresql_url: str) -> Iterator[Flask]:
    app = make_app(tmp_path / "instance", database_url=current_postgresql_url, jobs="procrastinate", tick_seconds=1)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def asked(app: Flask) -> int:
    """A consolidation that was asked for, by its number."""
    with app.app_context():
        story = a_story(db.session, app.extensions["consult.storage"])
        two_conflicting(story)
        story.tick(AFTER)
        job_id = ask(story).id
        db.session.commit()
    return job_id


def handed_out() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(text("SELECT status::text FROM procrastinate_jobs ORDER BY id")))


def test_work_is_handed_out_with_the_act_that_asks_for_it_or_not_at_all(app: Flask, asked: int) -> None:
    with app.app_context():
        assert handed_out() == ["todo"]
        ask_and_fail()
        assert db.session.query(Job).count() == 1
        assert handed_out() == ["todo"]


def ask_and_fail() -> None:
    with contextlib.suppress(ZeroDivisionError), unit_of_work(db.session) as now:
        job = db.session.query(Job).one()
        jobs.ask_for(db.session, kind=job.kind, round_=job.round, key="another", by=job.asked_by, now=now)
        assert db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 2
        raise ZeroDivisionError


def test_a_process_killed_at_work_is_followed_by_another(app: Flask, asked: int) -> None:
    settings = app.extensions["consult"]
    process = subprocess.Popen(
        [sys.executable, "-c", HANGS, settings.instance_path, settings.database_url],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.kill()
    process.wait()
    process.stdout.close()
    with time_machine.travel(AFTER, tick=True):
        assert do_long_work(app) == 0, "it might still live"
        with app.app_context():
            assert handed_out() == ["doing"]
            db.session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
            db.session.commit()
        assert do_long_work(app) == 1
    with app.app_context():
        assert (job_of(asked).state, job_of(asked).attempt) == ("done", 2)
        assert db.session.query(Consolidation).count() == 1
        assert handed_out() == []


def test_work_the_queue_does_not_know_is_handed_out_all_the_same(app: Flask, asked: int) -> None:
    """As after a restore, a move, or before this was set."""
    with app.app_context():
        db.session.execute(text("DELETE FROM procrastinate_jobs"))
        db.session.commit()
    assert [hand_out_again(app), hand_out_again(app)] == [1, 0]
    with time_machine.travel(AFTER, tick=True):
        assert do_long_work(app) == 1


def test_a_worker_does_what_is_handed_out_while_it_waits(app: Flask) -> None:
    worker = Worker(app)
    try:
        with app.app_context():
            story = a_story(db.session, app.extensions["consult.storage"], deadline=clock.now())
            job_id = ask(story).id
            db.session.commit()
            while job_of(job_id).state in ("queued", "running"):
                time.sleep(0.02)
            assert job_of(job_id).state == "done"
    finally:
        worker.shutdown()


def test_its_tables_lie_beside_ours_and_are_no_part_of_the_state(app: Flask, asked: int, tmp_path: Path) -> None:
    tick(app)
    with app.app_context():
        schema.upgrade(db.engine)
        with db.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"include_name": lambda name, kind, _: kind != "table" or not queues.is_of_queue(name)}
            )
            assert compare_metadata(context, Base.metadata) == []
            names = {table.name for table in snapshots.tables_of(connection)}
        assert names == set(Base.metadata.tables) - {"tick"}
        made = backups.write_backup(db.engine, app.extensions["consult.storage"], tmp_path / "a", now=clock.now())
        assert set(made.tables) == names
        schema.downgrade(db.engine, "base")
        schema.upgrade(db.engine)


def test_procrastinate_without_postgresql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="PostgreSQL"):
        queues.open_queue(Settings(instance_path=tmp_path, jobs="procrastinate"))
