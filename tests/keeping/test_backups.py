"""Backups: one state, whole, restored equal; no old letter goes out again."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine

from consult import backups, clock, schema, snapshots
from consult.delivering import deliver_due_letters
from consult.errors import Invalid, Refused
from consult.letters import Letter
from consult.models import Comment, OutboxLetter, Round, db
from consult.rules.permissions import COMMAND
from consult.services import audit, outbox
from consult.storage import FolderStorage
from consult.unit_of_work import prepare, unit_of_work
from tests import factories
from tests.conftest import BASE_URL, make_app
from tests.engine.specimens import specimen_draft
from tests.story import DURING, a_story


@pytest.fixture
def filled(any_database_app: Flask) -> Flask:
    """An instance with a round, comments handed in and corrected, and letters waiting."""
    with any_database_app.app_context(), unit_of_work(db.session):
        story = a_story(db.session, any_database_app.extensions["consult.storage"])
        story.comment("moldova", on="working days", change=("two", "three"), reason="Šćekić — Ж")
        story.comment("kosovo", reason="General, with a\nsecond line")
        story.hand_in("moldova")
        for name in ("lead", "kosovo"):
            letter = Letter("reminder", "Two days are left", "text", "<p>text</p>")
            outbox.post(db.session, letter=letter, to=story.people[name], key=f"reminder:{name}", base_url=BASE_URL,
                        now=DURING, round_id=story.round.id)  # fmt: skip
    return any_database_app


def _write(app: Flask, target: Path) -> backups.Manifest:
    with app.app_context():
        return backups.write_backup(db.engine, app.extensions["consult.storage"], target, now=clock.now())


def _an_empty_app(tmp_path: Path) -> Flask:
    app = make_app(tmp_path / "restored")
    with app.app_context():
        schema.downgrade(db.engine, "base")
    return app


def test_what_is_restored_is_what_was_backed_up(filled: Flask, tmp_path: Path) -> None:
    made = _write(filled, tmp_path / "a.backup")
    app = _an_empty_app(tmp_path)
    with app.app_context():
        storage = app.extensions["consult.storage"]
        restored = backups.restore_backup(db.engine, storage, tmp_path / "a.backup")
        with db.engine.connect() as connection:
            assert snapshots.state_digest(connection) == made.digest == restored.digest
        assert {"Šćekić — Ж", "General, with a\nsecond line"} == set(db.session.scalars(db.select(Comment.reason)))
        with unit_of_work(db.session) as now:
            audit.record(db.session, by=COMMAND, action="t", object_kind="round", object_id=1, now=now)


def test_the_digest_tells_any_change(filled: Flask, tmp_path: Path) -> None:
    made = _write(filled, tmp_path / "a.backup")
    with filled.app_context(), unit_of_work(db.session):
        db.session.query(Comment).filter(Comment.reason != "").first().reason += "."
    assert _write(filled, tmp_path / "b.backup").digest != made.digest


def test_a_backup_is_for_the_owners_eyes_and_names_all_files(filled: Flask, tmp_path: Path) -> None:
    made = _write(filled, tmp_path / "a.backup")
    assert (tmp_path / "a.backup").stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(tmp_path / "a.backup") as archive:
        assert {name.removeprefix("files/") for name in archive.namelist() if name.startswith("files/")} == set(
            made.files
        )
    assert made.files


def test_a_restore_overwrites_nothing(filled: Flask, tmp_path: Path) -> None:
    _write(filled, tmp_path / "a.backup")
    with filled.app_context():
        with pytest.raises(Refused, match="not empty"):
            backups.restore_backup(db.engine, filled.extensions["consult.storage"], tmp_path / "a.backup")
        assert db.session.query(Comment).count() == 2


@pytest.mark.parametrize("part", ["tables/comment.jsonl", "manifest.json", "files"])
def test_a_damaged_backup_leaves_the_database_empty(filled: Flask, tmp_path: Path, part: str) -> None:
    _write(filled, tmp_path / "a.backup")
    with (
        zipfile.ZipFile(tmp_path / "a.backup") as old,
        zipfile.ZipFile(tmp_path / "b.backup", "w") as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data[:-9] + b"broken \n}" if name.startswith(part) else data)
    app = _an_empty_app(tmp_path)
    with app.app_context():
        with pytest.raises(Invalid, match="damaged"):
            backups.restore_backup(db.engine, app.extensions["consult.storage"], tmp_path / "b.backup")
        schema.upgrade(db.engine)
        assert db.session.query(Round).count() == 0


def test_what_is_no_backup_is_said_to_be_none(filled: Flask, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(Invalid, match="is none"):
        backups.read_manifest(tmp_path / "x")


def test_a_move_to_another_database_gives_the_same_state(filled: Flask, tmp_path: Path) -> None:
    target = create_engine(f"sqlite:///{tmp_path / 'moved.sqlite'}")
    prepare(target)
    with filled.app_context():
        digest = backups.move_state(db.engine, target)
        with db.engine.connect() as left, target.connect() as arrived:
            assert snapshots.state_digest(left) == snapshots.state_digest(arrived) == digest
        with pytest.raises(Refused, match="not empty"):
            backups.move_state(db.engine, target)
    target.dispose()


def test_a_move_from_sqlite_to_postgresql_gives_the_same_state(app: Flask, postgresql_url: str, tmp_path: Path) -> None:
    with app.app_context(), unit_of_work(db.session):
        story = a_story(db.session, app.extensions["consult.storage"])
        story.comment("moldova", on="working days", change=("two", "three"), reason="why")
        story.hand_in("moldova")
    target = create_engine(postgresql_url)
    with app.app_context():
        digest = backups.move_state(db.engine, target)
    with target.connect() as arrived:
        assert snapshots.state_digest(arrived) == digest
    target.dispose()
    other = make_app(tmp_path / "other", database_url=postgresql_url)
    with other.app_context(), unit_of_work(db.session):
        factories.an_organisation(db.session)  # its number goes on behind those that came


# ---- letters --------------------------------------------------------------------------------------------------------


def test_after_a_restore_no_old_letter_goes_out(filled: Flask, tmp_path: Path) -> None:
    _write(filled, tmp_path / "a.backup")
    app, sent = _an_empty_app(tmp_path), list[Any]()
    with app.app_context():
        backups.restore_backup(db.engine, app.extensions["consult.storage"], tmp_path / "a.backup")
        with unit_of_work(db.session) as now:
            outbox.freeze(db.session, reason="Restored.", now=now)
            waiting = db.session.query(OutboxLetter).filter_by(state="queued").count()
        assert waiting
        assert deliver_due_letters(db.session, sent.append) == 0
        with unit_of_work(db.session) as now:
            assert outbox.lift_freeze(db.session, send_old=False, now=now) == (0, waiting)
        assert deliver_due_letters(db.session, sent.append) == 0
    assert sent == []


def test_old_letters_go_out_only_when_a_person_says_so(filled: Flask) -> None:
    sent = list[Any]()
    with filled.app_context():
        with unit_of_work(db.session) as now:
            outbox.freeze(db.session, reason="Restored.", now=now)
            waiting = db.session.query(OutboxLetter).filter_by(state="queued").count()
        with unit_of_work(db.session) as now:
            assert outbox.lift_freeze(db.session, send_old=True, now=now) == (waiting, 0)
            with pytest.raises(Refused, match="not held back"):
                outbox.lift_freeze(db.session, send_old=True, now=now)
        assert deliver_due_letters(db.session, lambda letter: sent.append(letter.message_id)) == waiting
    assert len(sent) == len(set(sent)) == waiting


def test_while_letters_are_held_back_people_can_sign_in(filled: Flask) -> None:
    sent = list[Any]()
    with filled.app_context():
        with unit_of_work(db.session) as now:
            outbox.freeze(db.session, reason="Restored.", now=now)
        with unit_of_work(db.session) as now:
            letter = outbox.OutboxLetter(
                key="k", message_id="<k@x>", kind="sign-in", recipient="a@example.org", subject="s", text="t", html="h",
                due_at=now, created_at=now,
            )  # fmt: skip
            db.session.add(letter)
        assert deliver_due_letters(db.session, lambda letter: sent.append(letter.kind)) == 1
    assert sent == ["sign-in"]


def test_every_table_is_in_the_backup(filled: Flask, tmp_path: Path) -> None:
    made = _write(filled, tmp_path / "a.backup")
    with filled.app_context():
        assert set(made.tables) == {
            table.name for table in db.Model.metadata.sorted_tables if snapshots.is_state(table.name)
        }
    with zipfile.ZipFile(tmp_path / "a.backup") as archive:
        assert json.loads(archive.read("manifest.json"))["digest"] == made.digest


def test_a_storage_lists_and_removes_what_it_keeps(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    kept = sorted((storage.keep(b"a"), storage.keep(specimen_draft())))
    (tmp_path / kept[0][:2] / "tmpx").write_bytes(b"half written")
    assert list(storage.list_names()) == kept
    storage.remove(kept[0])
    storage.remove(kept[0])
    assert list(storage.list_names()) == kept[1:]
