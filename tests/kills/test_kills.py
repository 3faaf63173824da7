"""Whoever saves, merges or backs up is killed with SIGKILL at lines of the work: nothing is lost, doubled or half done.

In real processes, on both databases. PROVE_KILLS=all kills 500 times in each phase.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult import backups, clock, snapshots
from consult.models import AuditEntry, Comment, Consolidation, Job, Round, db
from consult.rules.permissions import COMMAND
from consult.services import audit, checking, consolidations, people
from consult.unit_of_work import unit_of_work
from consult.web.guards import COOKIE
from tests import factories
from tests.conftest import BASE_URL, make_app
from tests.engine.specimens import specimen_draft
from tests.kills.killing import HOUR, Forks, forking, kills_in_a_phase, lines_to_kill_at
from tests.story import a_story, two_conflicting

log = logging.getLogger(__name__)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Flask, Forks]]:
    """Give an app, and what kills workers on the same database."""
    url = request.getfixturevalue("current_postgresql_url") if request.param == "postgresql" else ""
    app = make_app(tmp_path / "instance", database_url=url)
    with app.app_context(), forking(tmp_path / "instance", {"database_url": url}) as forks:
        yield app, forks
        db.session.remove()
        db.engine.dispose()


def is_sound(app: Flask) -> None:
    """See that what `consult check` looks for holds."""
    db.session.rollback()
    assert checking.check(db.session, app.extensions["consult.storage"]) == []
    db.session.rollback()


def told(forks: Forks, record_property: Any) -> None:
    record_property("killed in", dict(forks.killed))
    log.warning("kills: %s", dict(forks.killed))


def on_record(round_: Round) -> None:
    """Put on record that a round was circulated, which the factories do not."""
    audit.record(
        db.session, by=COMMAND, action="round.circulate", object_kind="round", object_id=round_.id, now=clock.now()
    )


def a_writer(app: Flask) -> tuple[str, str]:
    """Make an open round; return the cookie of somebody who may comment on it, and where comments are saved."""
    with unit_of_work(db.session):
        lead = factories.an_organisation(db.session, code="SAM")
        mission = factories.an_organisation(db.session, code="MDA")
        round_ = factories.a_round(
            db.session, storage=app.extensions["consult.storage"], data=specimen_draft(), lead=lead, consulted=(mission,),
            deadline=clock.now().replace(year=clock.now().year + 1),
        )  # fmt: skip
        on_record(round_)
        person = factories.a_person(db.session, organisation=mission)
        link = people.make_link(db.session, person=person, base_url=BASE_URL, next_path="", now=clock.now())
        address = f"/rounds/{round_.id}/comments"
    client = app.test_client()
    assert client.post(link.removeprefix(BASE_URL)).status_code == 302
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value, address


def test_a_comment_is_saved_once_or_not_at_all(place: tuple[Flask, Forks], record_property: Any) -> None:
    """Who gets no answer presses again: the comment is there once, with its entry in the audit."""
    app, forks = place
    cookie, address = a_writer(app)

    def save(key: str, kill_at: int = 0) -> dict[str, Any]:
        form = {"paragraph": "3", "reason": f"Two days — два дня {key}", "type": "general", "form_key": key}
        return forks.run("save", kill_at=kill_at, cookie=cookie, address=address, form=form)

    save("warm")  # what is done once in a process is not counted
    whole = save("whole")
    assert whole["found"] == 302
    for number, line in enumerate(lines_to_kill_at(whole["runs"], kills_in_a_phase())):
        key = f"k{number}"
        killed = save(key, line)
        db.session.rollback()
        ours = select(func.count()).where(Comment.source_key == f"form:{key}")
        assert db.session.scalar(ours) in (0, 1), (line, killed)
        assert save(key)["found"] == 302, (line, killed)
        db.session.rollback()
        (comment,) = db.session.scalars(select(Comment).where(Comment.source_key == f"form:{key}"))
        entries = select(func.count()).where(
            AuditEntry.object_kind == "comment", AuditEntry.object_id == str(comment.id)
        )
        assert db.session.scalar(entries) == 1, (line, killed)
        if number % 50 == 0:
            is_sound(app)
    is_sound(app)
    told(forks, record_property)


def test_a_merge_that_is_killed_is_done_again_once(place: tuple[Flask, Forks], record_property: Any) -> None:
    app, forks = place
    storage = app.extensions["consult.storage"]
    with unit_of_work(db.session):
        story = a_story(db.session, storage, deadline=clock.now() - timedelta(hours=1))
        two_conflicting(story)
        on_record(story.round)

    def ask(number: int) -> None:
        """Ask for a file that is another one than before: the same one again would not be kept twice."""
        with unit_of_work(db.session) as now:
            db.session.scalars(select(Comment).order_by(Comment.id)).first().reason = f"Reason {number}"
            consolidations.ask_for_consolidation(
                db.session, story.round, base_url=BASE_URL, by=story.actor("lead"), person=story.people["lead"], now=now
            )

    def count() -> int:
        db.session.rollback()
        return db.session.scalar(select(func.count()).select_from(Consolidation)) or 0

    ask(0)
    whole = forks.run("work")
    assert (whole["found"], count()) == (1, 1)
    for number, line in enumerate(lines_to_kill_at(whole["runs"], kills_in_a_phase())):
        ask(number + 1)
        before = count()
        killed = forks.run("work", kill_at=line)
        if killed["is_killed"]:
            forks.run("work", ahead=HOUR)
        made = count() - before
        unfinished = [(job.state, job.failure) for job in db.session.scalars(select(Job)) if job.state != "done"]
        assert (made, unfinished) == (1, []), (line, killed)
        if number % 50 == 0:
            is_sound(app)
    is_sound(app)
    told(forks, record_property)


def test_a_backup_that_is_killed_leaves_no_half_file(
    place: tuple[Flask, Forks], tmp_path: Path, record_property: Any
) -> None:
    app, forks = place
    with unit_of_work(db.session):
        story = a_story(db.session, app.extensions["consult.storage"])
        two_conflicting(story)
        on_record(story.round)
    with db.engine.connect() as connection:
        digest = snapshots.state_digest(connection)
    target = tmp_path / "one.backup"
    whole = forks.run("backup", target=str(target))
    assert whole["found"] == digest
    target.unlink()
    for line in lines_to_kill_at(whole["runs"], kills_in_a_phase()):
        killed = forks.run("backup", kill_at=line, target=str(target))
        if target.exists():
            assert backups.read_manifest(target).digest == digest, (line, killed)
        assert forks.run("backup", target=str(target))["found"] == digest, (line, killed)
        target.unlink()
    is_sound(app)
    told(forks, record_property)
