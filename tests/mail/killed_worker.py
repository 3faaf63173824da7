"""A worker in a process of its own that is killed at a line of its work: python -m tests.mail.killed_worker

The first line read says which app; each further line is a list of workers to fork at once, each with the number of the
executed line at which it is killed (0: never), by how many seconds its clock is ahead, and what it does. Answered is, for
each, how many lines it executed and in which function it was killed.
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

from consult import clock
from consult.app import create_app
from consult.config import Settings
from consult.models import db
from consult.receiving import receive
from consult.scheduling import do_long_work
from tests.mail.post import deliver

WATCHED = (
    "consult/delivering.py", "consult/mail.py", "consult/journal.py", "consult/services/outbox.py",
    "consult/unit_of_work.py", "/smtplib.py",
)  # fmt: skip
WATCHED_IN = (
    "consult/receiving.py", "consult/inbox.py", "consult/services/received_mails.py", "consult/unit_of_work.py",
    "consult/storage.py", "consult/services/files.py", "consult/working.py", "consult/services/jobs.py",
    "consult/services/mail_findings.py", "consult/services/received_reports.py", "consult/services/returned_copies.py",
)  # fmt: skip
ACTS: dict[str, tuple[Callable[[Flask], Any], tuple[str, ...]]] = {
    "deliver": (deliver, WATCHED),
    "receive": (receive, WATCHED_IN),
    "read": (do_long_work, WATCHED_IN),
}
Trace = Callable[[FrameType, str, Any], Any]


def main() -> None:
    order = json.loads(sys.stdin.readline())
    app = create_app(Settings(instance_path=Path(order.pop("folder")), **order))
    app.config["TESTING"] = True
    with app.app_context():
        db.engine.dispose()  # a connection must not be shared with what is forked
    for line in sys.stdin:
        begun = [_begin(app, **worker) for worker in json.loads(line)]
        sys.stdout.write(json.dumps([_end(*one) for one in begun]) + "\n")
        sys.stdout.flush()


def _begin(app: Flask, kill_at: int, ahead: int, act: str = "deliver") -> tuple[int, int]:
    reading, writing = os.pipe()
    worker = os.fork()
    if worker:
        os.close(writing)
        return worker, reading
    os.close(reading)
    _work(app, kill_at, ahead, act, writing)
    os._exit(0)


def _end(worker: int, reading: int) -> dict[str, Any]:
    with os.fdopen(reading) as told:
        lines, _, function = told.read().partition(" ")
    _, status = os.waitpid(worker, 0)
    return {"lines": int(lines or 0), "function": function, "is_killed": os.WIFSIGNALED(status), "status": status}


def _work(app: Flask, kill_at: int, ahead: int, act: str, told: int) -> None:
    count = 0
    work, watched = ACTS[act]

    def local(frame: FrameType, event: str, argument: Any) -> Trace:
        nonlocal count
        if event == "line":
            count += 1
            if count == kill_at:
                os.write(told, f"{count} {frame.f_code.co_name}".encode())
                os.kill(os.getpid(), signal.SIGKILL)
        return local

    def trace(frame: FrameType, event: str, argument: Any) -> Trace | None:
        return local if frame.f_code.co_filename.endswith(watched) else None

    with app.app_context(), time_machine.travel(clock.now() + timedelta(seconds=ahead), tick=True):
        sys.settrace(trace)
        work(app)
        sys.settrace(None)
    os.write(told, f"{count} ".encode())


if __name__ == "__main__":
    main()
