"""Acts on an instance whose disk fails once, at each call in turn: run with faulty_disk.c preloaded.

Arguments: the instance's folder, the preloaded library, and how many of the calls of an act are tried ("all" for all).
Answered is, act by act and call by call, how it ended, what was found afterwards, and whether it then went well.
"""

import ctypes
import errno
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from consult import backups, clock
from consult.app import create_app
from consult.config import Settings
from consult.errors import Unavailable
from consult.models import Comment, OutboxLetter, Person, Round, db
from consult.scheduling import tick
from consult.services import checking, people
from consult.services.files import DOCX, keep_file
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL
from tests.mail.post import post
from tests.story import DURING

FAULTS = (errno.ENOSPC, errno.EIO)
numbers = count(1)
Act = Callable[[], bool]


class Disk:
    """The disk under the instance."""

    def __init__(self, folder: Path, library: str) -> None:
        self.folder = str(folder.resolve()).encode()
        self.preloaded = ctypes.CDLL(library)
        self.preloaded.faulty_count.restype = ctypes.c_long
        self.preloaded.faulty_arm.argtypes = (ctypes.c_char_p, ctypes.c_long, ctypes.c_int)

    def fail(self, number: int, error: int) -> None:
        self.preloaded.faulty_arm(self.folder, number, error)

    def mend(self) -> int:
        """Fail no more; return how many calls there were."""
        calls = int(self.preloaded.faulty_count())
        self.preloaded.faulty_arm(b"", 0, 0)
        return calls


def main() -> None:
    folder, library, some = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    app = create_app(Settings(instance_path=folder, base_url=BASE_URL))
    app.config.update(WTF_CSRF_ENABLED=False)
    factories.numbers = count(1000)  # the parent process has used the first ones
    told = []
    with time_machine.travel(DURING, tick=True):
        disk = Disk(folder, library)
        for name, act in acts_on(app, folder).items():
            act()
            disk.fail(0, 0)
            act()
            calls = disk.mend()
            step = 1 if some == "all" else max(1, calls // int(some))
            for number in range(1, calls + 1, step):
                for error in FAULTS if some == "all" else FAULTS[number % 2 :][:1]:
                    told.append({"act": name, "call": number, "of": calls, **tried(app, disk, act, number, error)})
        told_at_the_end = {"tries": told, "letters": letters_in_the_end(app, folder), "sound": is_sound(app)}
        sys.stdout.write(json.dumps(told_at_the_end) + "\n")


def tried(app: Flask, disk: Disk, act: Act, number: int, error: int) -> dict[str, Any]:
    before = size(app)
    disk.fail(number, error)
    try:
        went_well = act()
    except (Unavailable, OperationalError, OSError) as refusal:
        went_well, said = False, type(refusal).__name__
    else:
        said = "done" if went_well else "503"
    disk.mend()
    grown = size(app) - before
    with app.app_context():
        faults = [
            f"{fault.law}: {fault.where}" for fault in checking.check(db.session, app.extensions["consult.storage"])
        ]
    return {"error": error, "said": said, "grown": grown, "faults": faults, "afterwards": act()}


def size(app: Flask) -> int:
    """Return how many rows there are that acts add."""
    with app.app_context():
        return db.session.query(Comment).count() + db.session.query(db.metadata.tables["stored_file"]).count()


def acts_on(app: Flask, folder: Path) -> dict[str, Act]:
    """Return what is done: each act returns whether it was done, raises, or has not happened."""
    storage = app.extensions["consult.storage"]
    with app.app_context():
        person = db.session.query(Person).filter_by(name="Writer").one()
        round_id = db.session.query(Round).one().id
        with unit_of_work(db.session) as now:
            link = people.make_link(db.session, person=person, base_url=BASE_URL, next_path="", now=now)
    client = app.test_client()
    client.post(link.removeprefix(BASE_URL))

    def keep() -> bool:
        data = str(next(numbers)).encode()
        return bool(storage.read(storage.keep(data)) == data)

    def keep_with_its_row() -> bool:
        with app.app_context(), unit_of_work(db.session) as now:
            keep_file(db.session, storage, data=str(next(numbers)).encode(), media_type=DOCX, now=now)
        return True

    def comment() -> bool:
        data = {"paragraph": "", "type": "general", "reason": "Typed with care.", "form_key": f"k{next(numbers)}"}
        answer = client.post(f"/rounds/{round_id}/comments", data=data)
        assert answer.status_code == 302 or (answer.status_code == 503 and "Typed with care." in answer.text), (
            answer.text
        )
        return bool(answer.status_code == 302)

    def back_up() -> bool:
        target = folder / f"{next(numbers)}.backup"
        try:
            with app.app_context():
                backups.write_backup(db.engine, storage, target, now=clock.now())
        finally:
            if target.exists():
                backups.read_manifest(target)
        return True

    def send() -> bool:
        with app.app_context():
            post(f"k{next(numbers)}")
            db.session.remove()
        tick(app)
        return True

    return {"keep": keep, "keep with its row": keep_with_its_row, "comment": comment, "back up": back_up, "send": send}


def letters_in_the_end(app: Flask, folder: Path) -> dict[str, Any]:
    """Let the worker run on a healthy disk; return how the letters ended, and for how many there is a file."""
    for hours in (1, 2, 3):
        with time_machine.travel(DURING + timedelta(hours=hours), tick=True):
            tick(app)
    with app.app_context():
        states = sorted(letter.state for letter in db.session.query(OutboxLetter).filter_by(kind="reminder"))
    files = [file.suffix for file in (folder / "mail").iterdir()]
    return {
        "states": sorted(set(states)),
        "count": len(states),
        "files": files.count(".eml"),
        "others": len(set(files)) - 1,
    }


def is_sound(app: Flask) -> bool:
    with app.app_context():
        return bool(db.session.execute(text("PRAGMA integrity_check")).scalar() == "ok")


if __name__ == "__main__":
    main()
