"""What holds for every place where files are kept: a folder, and a bucket (of moto, an emulator)."""

import hashlib
import socket
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from consult import backups, clock, purging, schema
from consult.cli import main
from consult.config import Settings
from consult.errors import Invalid, NotFound, Unavailable
from consult.models import Round, StoredFile, db
from consult.rules.permissions import COMMAND
from consult.services import audit, checking, evidence
from consult.storage import FileDamaged, Storage, open_storage
from consult.unit_of_work import unit_of_work
from tests.buckets import client_of
from tests.conftest import make_app
from tests.story import a_story

DATA = "Šćekić — Ж\n".encode() * 1000
NAME = hashlib.sha256(DATA).hexdigest()


@dataclass
class Place:
    """A store, and ways to do behind its back what it never does."""

    storage: Storage
    settings: Settings
    put: Callable[[str, bytes], None]


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        settings = Settings(instance_path=tmp_path)

        def put(name: str, data: bytes) -> None:
            (tmp_path / "files" / name[:2]).mkdir(parents=True, exist_ok=True)
            (tmp_path / "files" / name[:2] / name).write_bytes(data)

    else:
        settings = Settings(instance_path=tmp_path, **request.getfixturevalue("bucket"))
        there = urlsplit(settings.files_url)

        def put(name: str, data: bytes) -> None:
            client_of(settings.s3_endpoint).put_object(Bucket=there.netloc, Key=f"files/{name}", Body=data)

    return Place(open_storage(settings), settings, put)


def test_what_is_kept_is_read_listed_and_removed(place: Place) -> None:
    storage = place.storage
    assert list(storage.list_names()) == []
    kept = sorted(storage.keep(data) for data in (DATA, b"", b"PK"))
    assert NAME in kept
    assert storage.keep(DATA) == NAME
    assert list(storage.list_names()) == kept
    assert open_storage(place.settings).read(NAME) == DATA
    storage.remove(NAME)
    storage.remove(NAME)
    assert NAME not in set(storage.list_names())
    with pytest.raises(NotFound):
        storage.read(NAME)
    storage.check()


@pytest.mark.parametrize("name", ["", "..", "../secret.key", "A" * 64, NAME[:-1], f"{NAME}\n"])
def test_only_what_is_named_like_a_digest_is_a_file(place: Place, name: str) -> None:
    with pytest.raises(NotFound):
        place.storage.read(name)
    with pytest.raises(NotFound):
        place.storage.remove(name)


def test_what_others_leave_there_is_no_file_of_ours(place: Place) -> None:
    place.put("tmp1234", b"half written")
    assert list(place.storage.list_names()) == []


def test_a_file_that_was_changed_is_never_given_out(place: Place) -> None:
    place.put(NAME, DATA[:-1])
    with pytest.raises(FileDamaged):
        place.storage.read(NAME)


def test_a_file_that_is_there_is_never_replaced(place: Place) -> None:
    place.put(NAME, b"whoever came first")
    assert place.storage.keep(DATA) == NAME
    with pytest.raises(FileDamaged):
        place.storage.read(NAME)


def test_many_who_keep_the_same_at_once_keep_it_once(place: Place) -> None:
    told, barrier = list[str](), threading.Barrier(6)

    def keep() -> None:
        barrier.wait()
        told.append(place.storage.keep(DATA))

    threads = [threading.Thread(target=keep) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert told == [NAME] * 6
    assert list(place.storage.list_names()) == [NAME]
    assert place.storage.read(NAME) == DATA


# ---- a store that is away -------------------------------------------------------------------------------------------


def acts(storage: Storage) -> list[Callable[[], Any]]:
    return [lambda: storage.keep(DATA), lambda: storage.read(NAME), lambda: list(storage.list_names()),
            lambda: storage.remove(NAME), storage.check]  # fmt: skip


def test_a_bucket_that_is_not_there_is_said_to_be_none(tmp_path: Path, bucket: dict[str, Any]) -> None:
    storage = open_storage(Settings(instance_path=tmp_path, **{**bucket, "files_url": "s3://nobodys-bucket"}))
    for act in acts(storage):
        with pytest.raises(Unavailable) as refused:
            act()
        assert refused.value.reason == "storage-no-bucket"


def test_a_server_that_does_not_answer_is_not_waited_for_long(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = Settings(instance_path=tmp_path, files_url="s3://bucket", s3_endpoint=address, s3_timeout=1,
                            s3_access_key="key", s3_secret_key="secret")  # fmt: skip
        with pytest.raises(Unavailable) as refused:
            open_storage(settings).read(NAME)
        assert refused.value.reason == "storage-away"
        assert "key" not in str(refused.value)
    with pytest.raises(Unavailable):
        open_storage(settings).keep(DATA)  # now nobody is there at all


@pytest.mark.parametrize("address", ["s3://", "s3:///prefix"])
def test_an_address_that_names_no_bucket_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(Invalid):
        open_storage(Settings(instance_path=tmp_path, files_url=address))


def test_a_page_whose_file_is_away_says_so_and_when_to_come_back(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any], tmp_path: Path
) -> None:
    away = {"files_url": "s3://bucket", "s3_endpoint": "http://127.0.0.1:9", "s3_timeout": 1,
            "s3_access_key": "key", "s3_secret_key": "secret"}  # fmt: skip
    client = sign_in(ids["moldova"])
    app.extensions["consult.storage"] = open_storage(Settings(instance_path=tmp_path, **away))
    answer = client.get(f"/rounds/{ids['round']}/copy.docx")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Nothing was saved." in answer.text


# ---- whoever keeps an instance --------------------------------------------------------------------------------------


@pytest.fixture
def filled(tmp_path: Path, bucket: dict[str, Any]) -> Flask:
    """An instance whose files lie in a bucket."""
    app = make_app(tmp_path / "instance", **bucket)
    fill(app)
    return app


def fill(app: Flask) -> None:
    with app.app_context(), unit_of_work(db.session) as now:
        story = a_story(db.session, app.extensions["consult.storage"])
        story.comment("moldova", on="working days", change=("two", "three"), reason="why")
        story.hand_in("moldova")
        record("round.circulate", story.round.id, now)


def record(action: str, round_id: int, now: datetime) -> None:
    audit.record(db.session, by=COMMAND, action=action, object_kind="round", object_id=round_id, now=now)


def storage_of(app: Flask) -> Storage:
    return app.extensions["consult.storage"]  # type: ignore[no-any-return]


def test_an_instance_with_a_bucket_is_backed_up_restored_and_checked(
    filled: Flask, tmp_path: Path, s3_address: str, bucket: dict[str, Any]
) -> None:
    with filled.app_context():
        made = backups.write_backup(db.engine, storage_of(filled), tmp_path / "a.backup", now=clock.now())
        assert checking.check(db.session, storage_of(filled)) == []
        assert evidence.write_evidence(db.session, storage_of(filled), 1)
    other = make_app(tmp_path / "other", **{**bucket, "files_url": bucket["files_url"] + "-restored"})
    with other.app_context():
        schema.downgrade(db.engine, "base")
        assert backups.restore_backup(db.engine, storage_of(other), tmp_path / "a.backup").digest == made.digest
        assert checking.check(db.session, storage_of(other)) == []
        assert set(storage_of(other).list_names()) == set(made.files)
        sha256 = db.session.scalars(db.select(StoredFile.sha256)).first()
        storage_of(other).remove(sha256)
        assert [fault.where for fault in checking.check(db.session, storage_of(other))] == [f"file {sha256}"]


def test_a_damaged_file_is_found_and_a_store_that_is_away_is_no_finding(filled: Flask, tmp_path: Path) -> None:
    with filled.app_context():
        sha256 = db.session.scalars(db.select(StoredFile.sha256)).first()
        storage, settings = storage_of(filled), filled.extensions["consult"]
        storage.remove(sha256)
        bucket = urlsplit(settings.files_url).netloc
        client_of(settings.s3_endpoint).put_object(Bucket=bucket, Key=f"files/{sha256}", Body=b"other")
        assert [fault.law for fault in checking.check(db.session, storage)] == ["a file is as it was when it was kept"]
        nowhere = Settings(instance_path=tmp_path, files_url="s3://nobodys-bucket", s3_endpoint=settings.s3_endpoint)
        with pytest.raises(Unavailable):
            checking.check(db.session, open_storage(nowhere))


def test_what_is_purged_goes_out_of_the_bucket(filled: Flask) -> None:
    with filled.app_context():
        with unit_of_work(db.session) as now:
            round_ = db.session.query(Round).one()
            round_.stage = "decided"
            audit.record(
                db.session, by=COMMAND, action="round.finish", object_kind="round", object_id=round_.id, now=now
            )
        db.session.remove()
        later = clock.now() + timedelta(days=400)
        gone = purging.purge(db.engine, storage_of(filled), kept_for=timedelta(days=300), now=later)
        assert gone.files
        assert list(storage_of(filled).list_names()) == []


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_files_move_into_a_bucket_and_out_again(
    app: Flask, bucket: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(app)
    names = list(storage_of(app).list_names())
    monkeypatch.delenv("TESTS_DATABASE", raising=False)  # is no setting
    here = {"instance_path": app.instance_path, "database_url": app.extensions["consult"].database_url}
    for name, value in {**here, **bucket, "files_url": ""}.items():
        monkeypatch.setenv(f"CONSULT_{name.upper()}", str(value))
    told = run("move", "--files", bucket["files_url"])
    assert (told.exit_code, f"{len(names)} files were copied" in told.output) == (0, True), told.output
    assert "0 files were copied" in run("move", "--files", bucket["files_url"]).output
    monkeypatch.setenv("CONSULT_FILES_URL", bucket["files_url"])
    assert run("check").exit_code == 0
    assert "well   files can be read and kept" in run("doctor").output
    assert run("move", "--files", tmp_path / "again").exit_code == 0
    assert list(open_storage(Settings(), str(tmp_path / "again")).list_names()) == names
    monkeypatch.setenv("CONSULT_FILES_URL", "s3://nobodys-bucket")
    assert "WRONG  files can neither be read nor kept (storage-no-bucket)" in run("doctor").output
    assert run("move").exit_code == 2


def test_a_backup_of_a_bucket_holds_the_files_themselves(filled: Flask, tmp_path: Path) -> None:
    with filled.app_context():
        made = backups.write_backup(db.engine, storage_of(filled), tmp_path / "a.backup", now=clock.now())
    with zipfile.ZipFile(tmp_path / "a.backup") as archive:
        for sha256 in made.files:
            assert hashlib.sha256(archive.read(f"files/{sha256}")).hexdigest() == sha256
