"""The keeper's commands on a whole round as the demo plays it."""

import contextlib
import json
import shutil
import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from consult import clock, demo, purging
from consult.app import create_app
from consult.cli import main
from consult.config import Settings
from consult.models import AuditEntry, Comment, Round, StoredFile, Submission, db
from consult.rules.permissions import COMMAND
from consult.services import audit, checking
from consult.unit_of_work import unit_of_work


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("played") / "instance"
    demo.play(folder)
    return folder


@pytest.fixture
def instance(played: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an instance in which a whole round was played, as the commands find theirs."""
    folder = tmp_path / "instance"
    shutil.copytree(played, folder)
    monkeypatch.setenv("CONSULT_INSTANCE_PATH", str(folder))
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def changed(folder: Path, *statements: str) -> None:
    """Change an instance behind the app's back, and behind the database's rules."""
    with contextlib.closing(sqlite3.connect(folder / "consult.sqlite", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_played_round_is_as_it_must_be(instance: Path) -> None:
    told = run("check")
    assert told.exit_code == 0, told.output
    assert "Everything is as it must be" in told.output


@pytest.mark.parametrize(
    ("statement", "law"),
    [
        (
            "UPDATE comment SET paragraph_id = NULL, round_id = 999 WHERE id = (SELECT min(id) FROM comment)",
            "has a draft",
        ),
        ("UPDATE round_draft SET draft_id = (SELECT max(id) + 1 FROM draft)", "a comment is on a paragraph"),
        ("UPDATE stored_file SET size = size + 1 WHERE rowid = 1", "a file is as it was"),
        ("UPDATE submission SET id = id + 1000 WHERE id = (SELECT max(id) FROM submission)", "submission.hand-in"),
        ("UPDATE deadline SET at = '2020-01-01 00:00:00.000000'", "after the deadline"),
        ("UPDATE outbox_letter SET attempts = 0 WHERE state = 'sent'", "a letter that is sent"),
        ("UPDATE disposition SET comment_id = comment_id + 1 WHERE id = 1", "a decision is on record"),
    ],
)
def test_what_is_not_as_it_must_be_is_said(instance: Path, statement: str, law: str) -> None:
    changed(instance, statement)
    told = run("check")
    assert told.exit_code == 1
    assert law in told.output


def test_a_lost_file_and_a_left_over_one_are_told_apart(instance: Path) -> None:
    files = list((instance / "files").glob("??/*"))
    left_over = files[0].parent / (files[0].name[:2] + "0" * 62)
    left_over.write_bytes(b"left")
    assert "1 files that no row names" in run("check").output
    files[0].unlink()
    told = run("check")
    assert (told.exit_code, f"file {files[0].name}" in told.output) == (1, True)


def test_a_broken_chain_is_found(instance: Path) -> None:
    changed(
        instance, "DROP TRIGGER audit_entry_no_update", "UPDATE audit_entry SET action = 'nothing' WHERE number = 5"
    )
    assert "See entry 5" in run("check").output


def test_backup_and_restore_by_command(instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "all.backup"
    made = run("backup", target)
    assert made.exit_code == 0, made.output
    assert run("backup", target).exit_code == 2, "a backup overwrites nothing"
    monkeypatch.setenv("CONSULT_INSTANCE_PATH", str(tmp_path / "new"))
    restored = run("restore", target)
    assert restored.exit_code == 0, restored.output
    state = made.output.rsplit(" ", 1)[-1].strip()
    assert f"State: {state}" in restored.output
    assert run("check").exit_code == 0
    assert run("restore", target).exit_code == 2, "a restore overwrites nothing"
    before = run("work", "--once").output
    assert "0 letters sent" in before
    assert "held back" in run("doctor").output
    assert "Letters go out again" in run("outbox", "thaw").output
    assert run("outbox", "thaw").exit_code == 2


def test_the_doctor_names_what_is_wrong(instance: Path) -> None:
    (instance / "secret.key").chmod(0o644)
    told = run("doctor")
    assert told.exit_code == 1
    assert "WRONG  only the owner may read secret.key" in told.output
    assert "well   a worker looked for what is due" in told.output
    assert "well   the schema of the sqlite database is this version's" in told.output


def test_the_evidence_of_a_round_is_whole(instance: Path, tmp_path: Path) -> None:
    told = run("export-round", 1, "-o", tmp_path / "round.zip")
    assert told.exit_code == 0, told.output
    with zipfile.ZipFile(tmp_path / "round.zip") as archive:
        names = set(archive.namelist())
        comments, audited = (json.loads(archive.read(name)) for name in ("comments.json", "audit.json"))
    assert {"draft.docx", "consolidated-1.docx", "matrix.xlsx", "SHA256SUMS", "letters.json"} <= names
    assert any(name.startswith("copies/") for name in names)
    assert all(comment["organisation"] for comment in comments)
    assert {"round.circulate", "round.close", "submission.hand-in"} <= {entry["action"] for entry in audited}
    app = create_app(Settings(instance_path=instance))
    with app.app_context():
        handed_in = db.session.query(Comment).filter(Comment.submission_id.is_not(None), Comment.round_id == 1)
        assert len(comments) == handed_in.count()
    assert run("export-round", 99, "-o", tmp_path / "none.zip").exit_code == 2


# ---- the end of keeping ---------------------------------------------------------------------------------------------


def finished(folder: Path) -> Any:
    """Let every round be finished, as the purge sees it."""
    app = create_app(Settings(instance_path=folder))
    with app.app_context(), unit_of_work(db.session) as now:
        for round_ in db.session.query(Round).filter(Round.stage != "decided"):
            round_.stage = "decided"
            audit.record(
                db.session, by=COMMAND, action="round.finish", object_kind="round", object_id=round_.id, now=now
            )
    return app


def test_what_is_long_finished_goes_with_its_files_and_the_chain_stays(instance: Path) -> None:
    app = finished(instance)
    with app.app_context():
        secret = db.session.query(Comment).filter(Comment.reason != "").first().reason.encode()
        entries = db.session.query(AuditEntry).count()
        storage, later = app.extensions["consult.storage"], clock.now() + timedelta(days=400)
        assert secret in b"".join(path.read_bytes() for path in instance.glob("consult.sqlite*"))
        db.session.remove()
        kept_for = timedelta(days=365)
        assert purging.purge(db.engine, storage, kept_for=timedelta(days=500), now=later).consultations == ()
        counted = purging.purge(db.engine, storage, kept_for=kept_for, now=later, dry=True)
        assert db.session.query(Comment).count()
        db.session.remove()
        gone = purging.purge(db.engine, storage, kept_for=kept_for, now=later)
        assert gone == counted
        assert (len(gone.consultations), gone.files > 2) == (1, True)
        for kind in (Comment, Round, Submission, StoredFile):
            assert db.session.query(kind).count() == 0, kind
        assert list(storage.list_names()) == []
        assert db.session.query(AuditEntry).count() == entries + 1
        assert audit.verify(db.session) is None
        assert checking.list_unnamed_files(db.session, storage) == []
    assert secret not in b"".join(path.read_bytes() for path in instance.glob("consult.sqlite*"))


def test_what_is_not_finished_stays(instance: Path) -> None:
    told = run("purge", "--kept-for", "1")
    assert "0 consultations, 0 rows and 0 files are gone." in told.output
