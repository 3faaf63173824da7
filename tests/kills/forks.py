"""Work done in a forked process that is killed at one of its lines: python -m tests.kills.forks

The first line read says which app. Each further line is one order: the task, what it is given, the number of the executed
line at which the process is killed (0: never), and by how many seconds its clock is ahead. Answered is the phase it was
killed in; of a whole run, which lines belong to which phase, and what the task returned.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import time_machine
from flask import Flask

from consult import backups, clock
from consult.app import create_app
from consult.config import Settings
from consult.models import db
from consult.scheduling import do_long_work
from consult.web.guards import COOKIE
from tests.mail.post import deliver

Trace = Callable[[FrameType, str, Any], Any]


def _save(app: Flask, cookie: str, address: str, form: dict[str, str]) -> int:
    client = app.test_client()
    client.set_cookie(COOKIE, cookie)
    return client.post(address, data=form).status_code


def _post(app: Flask) -> int:
    deliver(app)
    return 0


def _back_up(app: Flask, target: str) -> str:
    return backups.write_backup(db.engine, app.extensions["consult.storage"], Path(target), now=clock.now()).digest


TASKS: dict[str, Callable[..., Any]] = {"save": _save, "post": _post, "work": do_long_work, "backup": _back_up}
# task -> (a part of the file's name, functions or "", phase); the first that fits names the phase
PHASES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "save": (
        ("consult/unit_of_work.py", "", "commit"), ("consult/services/audit.py", "", "audit"),
        ("consult/services/", "", "act"), ("consult/web/", "", "request"),
    ),
    "post": (
        ("consult/services/outbox.py", "claim_letter find_freeze", "claim"),
        ("consult/services/outbox.py", "mark_sent settle", "mark sent"),
        ("/smtplib.py", "data getreply", "DATA and its answer"), ("/smtplib.py", "", "connect"),
        ("consult/unit_of_work.py", "", "commit"), ("consult/delivering.py", "", "deliver"), ("consult/mail.py", "", "compose"),
    ),
    "work": (
        ("consult/services/jobs.py", "", "job"), ("consult/working.py", "", "job"), ("consult/engine/", "", "merge"),
        ("consult/storage.py", "", "store"), ("consult/unit_of_work.py", "", "commit"), ("consult/services/", "", "keep"),
    ),
    "backup": (
        ("consult/snapshots.py", "", "snapshot"), ("consult/storage.py", "", "files"), ("consult/backups.py", "", "write"),
    ),
}  # fmt: skip


def phase_of(task: str, file: str, function: str) -> str:
    """Return the phase that a function's lines belong to, "" where they are not counted."""
    for part, functions, phase in PHASES[task]:
        if part in file and (not functions or function in functions.split()):
            return phase
    return ""


class Watch:
    """Counts the executed lines of the phases of a task, and kills the process at one of them."""

    def __init__(self, task: str, kill_at: int, told: int) -> None:
        self.task, self.kill_at, self.told = task, kill_at, told
        self.count = 0
        self.runs: list[list[Any]] = []  # [phase, first line, last line]

    def _local(self, phase: str) -> Trace:
        def local(frame: FrameType, event: str, argument: Any) -> Trace:
            if event == "line":
                self._line(phase)
            return local

        return local

    def _line(self, phase: str) -> None:
        self.count += 1
        if self.count == self.kill_at:
            os.write(self.told, json.dumps({"phase": phase}).encode())
            os.kill(os.getpid(), signal.SIGKILL)
        if self.runs and self.runs[-1][0] == phase:
            self.runs[-1][2] = self.count
        else:
            self.runs.append([phase, self.count, self.count])

    def trace(self, frame: FrameType, event: str, argument: Any) -> Trace | None:
        phase = phase_of(self.task, frame.f_code.co_filename, frame.f_code.co_name)
        return self._local(phase) if phase else None


def main() -> None:
    order = json.loads(sys.stdin.readline())
    app = create_app(Settings(instance_path=Path(order.pop("folder")), watch_clock=False, **order))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        db.engine.dispose()  # a connection must not be shared with what is forked
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(app, json.loads(line))) + "\n")
        sys.stdout.flush()


def _run(app: Flask, order: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    worker = os.fork()
    if not worker:
        os.close(reading)
        _work(app, writing, **order)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        answer: dict[str, Any] = json.loads(told.read() or "{}")
    _, status = os.waitpid(worker, 0)
    return {**answer, "is_killed": os.WIFSIGNALED(status), "status": status}


def _work(app: Flask, told: int, task: str, given: dict[str, Any], kill_at: int, ahead: int) -> None:
    watch = Watch(task, kill_at, told)
    with time_machine.travel(clock.now() + timedelta(seconds=ahead), tick=True):
        if task == "save":  # a request makes its own context
            found = _traced(watch, app, given)
        else:
            with app.app_context():
                found = _traced(watch, app, given)
    os.write(told, json.dumps({"runs": watch.runs if not kill_at else [], "found": found}).encode())


def _traced(watch: Watch, app: Flask, given: dict[str, Any]) -> Any:
    sys.settrace(watch.trace)
    try:
        return TASKS[watch.task](app, **given)
    finally:
        sys.settrace(None)


if __name__ == "__main__":
    main()
