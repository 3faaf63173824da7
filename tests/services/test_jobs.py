"""Long work is asked for once, done once, taken up again when its worker dies, and leaves nothing half done."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult import engine
from consult.errors import NotFound, Refused, Unavailable
from consult.models import Appointment, Consolidation, Job, OutboxLetter, ReturnedCopy, Round, StoredFile, db
from consult.scheduling import do_long_work
from consult.services import consolidations, jobs, returned_copies
from consult.services.jobs import Ending, Report, Result
from consult.unit_of_work import unit_of_work
from consult.working import kinds_of_work
from tests.conftest import BASE_URL, make_app
from tests.engine.specimens import edit, tracked_copy
from tests.story import AFTER, DURING, Story, a_story, two_conflicting

LONG = jobs.LEASE + timedelta(seconds=1)


@pytest.fixture(params=["looked for", pytest.param("handed out", marks=pytest.mark.postgresql)])
def queued_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Give an app whose worker looks for rows, on SQLite, and one whose work procrastinate hands out, on PostgreSQL."""
    settings = {}
    if request.param == "handed out":
        settings = {"database_url": request.getfixturevalue("current_postgresql_url"), "jobs": "procrastinate"}
    app = make_app(tmp_path / "instance", **settings)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def waiting(queued_app: Flask) -> Iterator[tuple[Flask, int]]:
    """Give an app in which a consolidation waits for the worker, and the job's id."""
    app = queued_app
    with app.app_context():
        story = a_story(db.session, app.extensions["consult.storage"])
        two_conflicting(story)
        job_id = ask(story).id
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        yield app, job_id


def ask(story: Story) -> Job:
    return consolidations.ask_for_consolidation(
        story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), person=story.people["lead"], now=AFTER
    )


def job_of(job_id: int) -> Job:
    db.session.rollback()
    return db.session.get_one(Job, job_id)


def kinds() -> dict[str, Any]:
    return kinds_of_work(BASE_URL)


def work(app: Flask, kinds: dict[str, Any]) -> int:
    db.session.rollback()
    return do_long_work(app, kinds)


def test_the_same_asked_for_twice_is_one_job_until_it_has_ended(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    first = ask(story)
    assert ask(story).id == first.id
    session.commit()
    with unit_of_work(session) as now:
        jobs.cancel(session, first, now=now)
    assert ask(story).id != first.id


def test_work_that_is_done_has_its_result_and_gives_up_its_file(waiting: tuple[Flask, int]) -> None:
    app, job_id = waiting
    assert do_long_work(app) == 1
    assert do_long_work(app) == 0
    with app.app_context():
        job = job_of(job_id)
        assert (job.state, job.attempt, job.key, job.payload) == ("done", 1, None, None)
        result = jobs.result_of(job)
        assert (result.page, result.address) == ("downloads.index", {"round_id": job.round_id})
        assert result.told == ("Consolidated. Changes: 4. Margin comments: 2. Conflicts: 1.",)
        assert db.session.query(Consolidation).count() == 1


def test_every_step_is_reported_and_tells_that_the_worker_lives(waiting: tuple[Flask, int]) -> None:
    app, _ = waiting
    told: list[tuple[str, int, int]] = []

    def watched(session: Any, storage: Any, job: Job, report: Report) -> Ending:
        def note(step: str, done: int, total: int) -> None:
            report(step, done, total)
            row = db.session.get_one(Job, job.id)
            told.append((engine.from_json(str, row.step), row.done, row.total))

        return kinds()[jobs.CONSOLIDATION](session, storage, job, note)  # type: ignore[no-any-return]

    with app.app_context():
        assert work(app, {jobs.CONSOLIDATION: watched}) == 1
    assert told == [
        ("Reading what was handed in.", 0, 3),
        ("Merging what 2 organisations want.", 1, 3),
        ("Checking that nothing changed meanwhile, and keeping the file.", 2, 3),
    ]


def test_work_that_is_refused_says_why_and_leaves_nothing(waiting: tuple[Flask, int]) -> None:
    app, job_id = waiting

    def refused(session: Any, storage: Any, job: Job, report: Report) -> Ending:
        def end(session: Any, now: Any) -> Result:
            session.get_one(Round, job.round_id).closing_reason = "half"
            session.flush()
            raise Refused("Comments changed while the file was made.", "changed-meanwhile")

        return end

    with app.app_context():
        work(app, {jobs.CONSOLIDATION: refused})
        job = job_of(job_id)
        assert (job.state, jobs.refusal_of(job)[1:]) == ("failed", ("changed-meanwhile", 409))
        assert job.round.closing_reason == ""
        assert ask_again(job) != job_id


def ask_again(job: Job) -> int:
    return jobs.ask_for(
        db.session, kind=job.kind, round_=job.round, key="consolidation:1", by=job.asked_by, now=AFTER
    ).id


def test_an_error_in_the_work_is_told_without_what_it_said(waiting: tuple[Flask, int]) -> None:
    app, job_id = waiting

    def broken(session: Any, storage: Any, job: Job, report: Report) -> Ending:
        raise ZeroDivisionError("secret text")

    with app.app_context():
        work(app, {jobs.CONSOLIDATION: broken})
        message, reason, _ = jobs.refusal_of(job_of(job_id))
        assert (reason, "secret" in message) == ("failed", False)


def test_work_for_which_something_is_away_waits_and_that_is_no_attempt(waiting: tuple[Flask, int]) -> None:
    app, job_id = waiting

    def away(session: Any, storage: Any, job: Job, report: Report) -> Ending:
        report("Begun", 0, 3)
        raise Unavailable("The store is away.", "storage-away")

    for times in range(jobs.MOST_ATTEMPTS + 2):
        with time_machine.travel(AFTER + times * jobs.PAUSE, tick=False), app.app_context():
            assert work(app, {jobs.CONSOLIDATION: away}) == 1
            assert (job_of(job_id).state, job_of(job_id).attempt) == ("queued", 0)
            assert work(app, kinds()) == 0  # it is not begun again at once
    with time_machine.travel(AFTER + LONG, tick=False), app.app_context():
        work(app, kinds())
        assert (job_of(job_id).state, job_of(job_id).attempt) == ("done", 1)


# ---- workers that die, and several at once --------------------------------------------------------------------------


class Killed(BaseException):
    """The power goes off."""


def killed(session: Any, storage: Any, job: Job, report: Report) -> Ending:
    report("Begun", 0, 3)
    raise Killed


def killed_at_the_end(session: Any, storage: Any, job: Job, report: Report) -> Ending:
    ending = kinds()[jobs.CONSOLIDATION](session, storage, job, report)

    def end(session: Any, now: Any) -> Result:
        ending(session, now)
        raise Killed

    return end


@pytest.mark.parametrize("way", [killed, killed_at_the_end])
def test_work_whose_worker_was_killed_left_nothing_and_is_taken_up_again(waiting: tuple[Flask, int], way: Any) -> None:
    app, job_id = waiting
    with app.app_context():
        letters = db.session.query(OutboxLetter).count()
        with pytest.raises(Killed):
            work(app, {jobs.CONSOLIDATION: way})
        assert (job_of(job_id).state, job_of(job_id).attempt) == ("running", 1)
        assert (db.session.query(Consolidation).count(), db.session.query(OutboxLetter).count()) == (0, letters)
        assert work(app, kinds()) == 0  # its time is not up: it might still live
    with time_machine.travel(AFTER + LONG, tick=False), app.app_context():
        assert jobs.step_of(job_of(job_id), AFTER + LONG).startswith("This work was interrupted.")
        assert work(app, kinds()) == 1
        assert (job_of(job_id).state, job_of(job_id).attempt) == ("done", 2)
        assert db.session.query(Consolidation).count() == 1


def test_work_that_kills_every_worker_ends_with_a_sentence(waiting: tuple[Flask, int]) -> None:
    app, job_id = waiting
    for times in range(jobs.MOST_ATTEMPTS):
        with time_machine.travel(AFTER + times * LONG, tick=False), app.app_context(), pytest.raises(Killed):
            work(app, {jobs.CONSOLIDATION: killed})
    with time_machine.travel(AFTER + jobs.MOST_ATTEMPTS * LONG, tick=False), app.app_context():
        assert work(app, {jobs.CONSOLIDATION: killed}) == 1
        assert jobs.refusal_of(job_of(job_id))[1] == "stopped"


def test_who_was_taken_for_dead_can_neither_report_nor_end_the_work(waiting: tuple[Flask, int]) -> None:
    app, job_id = waiting

    def slow(session: Any, storage: Any, job: Job, report: Report) -> Ending:
        ending = kinds()[jobs.CONSOLIDATION](session, storage, job, report)
        with unit_of_work(session):
            taken = jobs.claim_job(session, now=AFTER + LONG)
            assert taken is not None
        with pytest.raises(jobs.Superseded):
            report("Still here", 1, 3)
        return ending

    with app.app_context():
        work(app, {jobs.CONSOLIDATION: slow})
        assert (job_of(job_id).state, job_of(job_id).attempt) == ("running", 2)
        assert db.session.query(Consolidation).count() == 0


def test_work_that_is_stopped_meanwhile_is_not_kept(waiting: tuple[Flask, int]) -> None:
    app, job_id = waiting

    def stopped(session: Any, storage: Any, job: Job, report: Report) -> Ending:
        ending = kinds()[jobs.CONSOLIDATION](session, storage, job, report)
        with unit_of_work(session) as now:
            jobs.cancel(session, session.get_one(Job, job_id), now=now)
        return ending

    with app.app_context():
        work(app, {jobs.CONSOLIDATION: stopped})
        assert job_of(job_id).state == "cancelled"
        assert db.session.query(Consolidation).count() == 0
        with pytest.raises(Refused):
            jobs.cancel(db.session, job_of(job_id), now=AFTER)


def test_three_workers_do_one_job_once(waiting: tuple[Flask, int]) -> None:
    app, job_id = waiting
    begun: list[int] = []
    barrier = threading.Barrier(3)

    def counted(session: Any, storage: Any, job: Job, report: Report) -> Ending:
        begun.append(job.id)
        return kinds()[jobs.CONSOLIDATION](session, storage, job, report)  # type: ignore[no-any-return]

    def worker() -> None:
        with app.app_context():
            barrier.wait()
            work(app, {jobs.CONSOLIDATION: counted})
            db.session.remove()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert begun == [job_id]
    with app.app_context():
        assert job_of(job_id).state == "done"


KILLED_IN_THE_MIDDLE = """
import sys
from pathlib import Path
from consult.app import create_app
from consult.config import Settings
from consult.models import db
from consult.services import jobs
from consult.working import do_due_jobs
import time

def forever(session, storage, job, report):
    report("Begun", 0, 3)
    print("begun", flush=True)
    time.sleep(600)

app = create_app(Settings(instance_path=Path(sys.argv[1]), base_url="http://localhost"))
with app.app_context():
    do_due_jobs(db.session, app.extensions["consult.storage"], {jobs.CONSOLIDATION: forever})
"""


def test_a_process_killed_at_work_loses_nothing(app: Flask, storage: Any) -> None:
    with app.app_context():
        story = a_story(db.session, storage)
        two_conflicting(story)
        job_id = ask(story).id
        db.session.commit()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED_IN_THE_MIDDLE, app.instance_path], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.kill()
    process.wait()
    process.stdout.close()
    with app.app_context():
        job = job_of(job_id)
        assert (job.state, job.attempt) == ("running", 1)
        assert job.heartbeat_at is not None
        later = job.heartbeat_at + LONG
    with time_machine.travel(later, tick=False):
        assert do_long_work(app) == 1
    with app.app_context():
        assert (job_of(job_id).state, db.session.query(Consolidation).count()) == ("done", 1)


# ---- whose work it is -----------------------------------------------------------------------------------------------


def ask_for_a_copy(story: Story, name: str = "moldova") -> Job:
    base = story.storage.read(story.draft.file_sha256)
    data = tracked_copy(base, [edit(base, "prevent and to combat", "prevent and combat")], "Somebody")
    return returned_copies.ask_for_reading(
        story.session, story.round, organisation_id=getattr(story, name).id, filename="copy.docx", data=data,
        by=story.people[name], now=DURING,
    )  # fmt: skip


def test_work_is_seen_by_who_asked_for_it_and_the_merge_by_all_who_lead(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    copy, merge = ask_for_a_copy(story), ask(story)
    assert jobs.get_job(session, copy.id, actor=story.actor("moldova"), now=AFTER).id == copy.id
    assert jobs.get_job(session, merge.id, actor=story.actor("lead"), now=AFTER).id == merge.id
    for name, job in (("lead", copy), ("kosovo", copy), ("observer", merge), ("moldova", merge)):
        with pytest.raises(NotFound):
            jobs.get_job(session, job.id, actor=story.actor(name), now=AFTER)
    assert [job.id for job, _, _ in jobs.list_own(session, story.actor("moldova"), now=AFTER)] == [copy.id]
    assert jobs.list_own(session, story.actor("kosovo"), now=AFTER) == []


def test_a_copy_that_is_read_after_the_deadline_is_refused_and_not_stored(app: Flask, storage: Any) -> None:
    with app.app_context():
        story = a_story(db.session, storage)
        job_id = ask_for_a_copy(story).id
        stored = db.session.query(StoredFile).count()
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        do_long_work(app)
    with app.app_context():
        assert (job_of(job_id).state, job_of(job_id).payload) == ("failed", None)
        assert (db.session.query(ReturnedCopy).count(), db.session.query(StoredFile).count()) == (0, stored)


def test_who_lost_the_place_meanwhile_gets_nothing_done(waiting: tuple[Flask, int]) -> None:
    app, job_id = waiting
    with app.app_context():
        db.session.query(Appointment).filter_by(person_id=job_of(job_id).asked_by_id).delete()
        db.session.commit()
        work(app, kinds())
        assert job_of(job_id).state == "failed"
        assert db.session.query(Consolidation).count() == 0


def test_it_is_said_when_nobody_seems_to_be_at_work(session: Any, storage: Any) -> None:
    job = ask(a_story(session, storage))
    assert jobs.step_of(job, AFTER) == "Waiting for its turn."
    assert "the worker may not be running" in jobs.step_of(job, AFTER + jobs.LATE + timedelta(seconds=1))
