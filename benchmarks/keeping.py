"""How long a backup and its restoring take: python benchmarks/keeping.py [COMMENTS]

A made-up round of 3,000 paragraphs and 10,000 comments, with a letter waiting for every thousandth comment, on SQLite and
on PostgreSQL. Restored is into an empty database beside it; then the worker looks for letters to send.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flask import Flask
from rounds import fill
from sqlalchemy import create_engine, text

from consult import backups, clock, schema, snapshots
from consult.app import create_app
from consult.config import Settings
from consult.delivering import deliver_due_letters
from consult.letters import Letter
from consult.models import Person, db
from consult.services import outbox
from consult.unit_of_work import unit_of_work
from tests.postgresql import postgresql

PARAGRAPHS = 3000


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds it took, and what came of it."""
    begun = time.perf_counter()
    found = act()
    return time.perf_counter() - begun, found


def an_app(folder: Path, database: str) -> Flask:
    return create_app(Settings(instance_path=folder, database_url=database))


def write_letters(count: int) -> None:
    """Put letters into the outbox that must not go out again after a restore."""
    with unit_of_work(db.session) as now:
        person = db.session.query(Person).first()
        assert person is not None
        for number in range(count):
            letter = Letter("reminder", "Two days are left", "text", "<p>text</p>")
            outbox.post(db.session, letter=letter, to=person, key=f"r{number}", base_url="http://localhost", now=now)


def digest_of(app: Flask) -> str:
    with app.app_context(), db.engine.connect() as connection:
        return snapshots.state_digest(connection)


def measure(name: str, folder: Path, databases: tuple[str, str], comments: int) -> None:
    """Fill one database, back it up, restore it into the other, and print what was seen."""
    app = an_app(folder / "one", databases[0])
    with app.app_context():
        schema.upgrade(db.engine)
        fill(PARAGRAPHS, comments)
        write_letters(comments // 1000)
    before, target = digest_of(app), folder / "one.backup"
    with app.app_context():
        storage = app.extensions["consult.storage"]
        writing, _ = timed(lambda: backups.write_backup(db.engine, storage, target, now=clock.now()))
    other = an_app(folder / "other", databases[1])
    sent: list[object] = []
    with other.app_context():
        reading, _ = timed(lambda: backups.restore_backup(db.engine, other.extensions["consult.storage"], target))
        with db.engine.connect() as connection:
            after = snapshots.state_digest(connection)
        with unit_of_work(db.session) as now:
            outbox.freeze(db.session, reason="a backup was restored", now=now)
        deliver_due_letters(db.session, lambda *letter: sent.append(letter))
    size = target.stat().st_size / 1e6
    equal = "equal digest" if before == after else "ANOTHER DIGEST"
    print(
        f"{name}: {comments} comments, {size:.1f} MB; backup {writing:.1f} s, restore {reading:.1f} s, {equal}, "
        f"{len(sent)} letters sent"
    )


def main() -> None:
    comments = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    folder = Path(tempfile.mkdtemp(prefix="consult-keeping-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        measure("SQLite", folder / "sqlite", ("", ""), comments)
        server = stack.enter_context(postgresql("-F"))
        if not server:
            print("PostgreSQL: there is none here")
            return
        with create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
            for name in ("one", "other"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        address = server.rsplit("/", 1)[0]
        measure("PostgreSQL", folder / "postgresql", (f"{address}/one", f"{address}/other"), comments)


if __name__ == "__main__":
    main()
