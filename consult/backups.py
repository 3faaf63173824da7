"""Backups: the state of an instance at one instant, with every file it names, in one archive that tells its own digests.

A zip file: tables/<name>.jsonl, a row a line; files/<sha256>; and last manifest.json with counts and digests. It holds
everything that anybody wrote. Whoever has it has the instance: it is made for the owner's eyes and kept like the database.
"""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError, StatementError

from consult import schema, snapshots
from consult.errors import Invalid
from consult.phrases import say
from consult.snapshots import Counted, Loading
from consult.storage import Storage
from consult.unit_of_work import WRITES

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `digest` is that of the state (consult/snapshots.py); `files` gives sizes by sha256."""

    format: int
    made_at: str
    revision: str
    digest: str
    tables: dict[str, tuple[int, str]]
    files: dict[str, int]


def _damaged(what: str) -> Invalid:
    sentence = "This backup is damaged or is none: %(what)s. Nothing was changed. Take another one."
    return Invalid(say(sentence, what=what), "bad-backup")


def _begin_snapshot(connection: Connection) -> None:
    """See one state until the end, whatever others commit meanwhile. SQLite's readers do so by themselves."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def write_backup(engine: Engine, storage: Storage, target: Path, *, now: datetime) -> Manifest:
    """Write a backup to a file that only the owner may read; it has its name when it is whole and on disk.

    Work goes on meanwhile. Files are kept before the rows that name them are committed, so each that is named is there.
    """
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                with engine.connect() as connection, connection.begin():
                    _begin_snapshot(connection)
                    manifest = _write_state(connection, archive, now)
                for sha256 in manifest.files:
                    archive.writestr(zipfile.ZipInfo(f"files/{sha256}"), storage.read(sha256))
                archive.writestr("manifest.json", json.dumps(asdict(manifest), indent=1))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return manifest


def _write_state(connection: Connection, archive: zipfile.ZipFile, now: datetime) -> Manifest:
    tables, files = dict[str, tuple[int, str]](), dict[str, int]()
    for table in snapshots.tables_of(connection):
        counted = Counted()
        with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as stream:
            for row in counted.passing(snapshots.read_rows(connection, table)):
                stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
                if table.name == "stored_file":
                    files[row["sha256"]] = row["size"]
        tables[table.name] = (counted.rows, counted.digest)
    revision = MigrationContext.configure(connection).get_current_revision() or ""
    digest = snapshots.digest_of({name: digest for name, (_, digest) in tables.items()})
    return Manifest(FORMAT, now.isoformat(), revision, digest, tables, files)


def read_manifest(source: Path) -> Manifest:
    """Return what a backup says of itself. Raises Invalid when it is none."""
    try:
        with zipfile.ZipFile(source) as archive:
            given = json.loads(archive.read("manifest.json"))
        manifest = Manifest(**{**given, "tables": {name: tuple(told) for name, told in given["tables"].items()}})
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise _damaged(type(error).__name__) from None
    if manifest.format != FORMAT:
        raise _damaged(f"format {manifest.format} is unknown here")
    return manifest


def restore_backup(engine: Engine, storage: Storage, source: Path) -> Manifest:
    """Load a backup into an empty database, check every digest, and bring the schema up to date.

    Raises Refused when the database is not empty and Invalid when the backup does not hold what it says; the database is
    then as it was. Files are kept first: without rows that name them they harm nothing.
    """
    manifest = read_manifest(source)
    schema.upgrade(engine, manifest.revision)
    try:
        with zipfile.ZipFile(source) as archive:
            _keep_files(archive, storage, manifest)
            with engine.begin() as connection:
                _load_state(connection, archive, manifest)
    except (zipfile.BadZipFile, KeyError, ValueError, IntegrityError, StatementError) as error:
        raise _damaged(type(error).__name__) from None
    schema.upgrade(engine)
    return manifest


def _keep_files(archive: zipfile.ZipFile, storage: Storage, manifest: Manifest) -> None:
    for sha256 in manifest.files:
        data = archive.read(f"files/{sha256}")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _damaged(f"file {sha256} has other content")
        storage.keep(data)


def _load_state(connection: Connection, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    snapshots.check_empty(connection)
    loading = Loading(connection)
    for name, told in manifest.tables.items():
        counted = loading.load(name, _rows_in(archive, name))
        if (counted.rows, counted.digest) != told:
            raise _damaged(f"table {name} has other content")
    loading.finish()


def _rows_in(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with archive.open(f"tables/{name}.jsonl") as stream:
        for line in stream:
            yield json.loads(line)


def move_files(source: Storage, target: Storage) -> int:
    """Copy all files that are not there yet, each checked on reading; return how many."""
    missing = sorted(set(source.list_names()) - set(target.list_names()))
    for sha256 in missing:
        target.keep(source.read(sha256))
    return len(missing)


def move_state(source: Engine, target: Engine) -> str:
    """Copy all rows from one database into another, empty one; return the digest that both have.

    Nobody can write to the source meanwhile: on SQLite a write transaction is held, on PostgreSQL all tables are locked.
    Raises Refused when the target is not empty, Invalid when what arrived is not what left; then it is as it was.
    """
    schema.upgrade(source)
    schema.upgrade(target)
    with source.connect() as leaving:
        leaving = leaving.execution_options(**{WRITES: True})
        with leaving.begin(), target.begin() as arriving:
            tables = snapshots.tables_of(leaving)
            if leaving.dialect.name == "postgresql":
                names = ", ".join(f'"{table.name}"' for table in tables)
                leaving.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
            snapshots.check_empty(arriving)
            loading, left = Loading(arriving), dict[str, str]()
            for table in tables:
                left[table.name] = loading.load(table.name, snapshots.read_rows(leaving, table)).digest
            loading.finish()
            if snapshots.state_digest(arriving) != snapshots.digest_of(left):
                raise Invalid(
                    say("What arrived is not what left. Nothing was kept in the new database."), "move-differs"
                )
    return snapshots.digest_of(left)
