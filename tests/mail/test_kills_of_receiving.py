"""A worker is killed with SIGKILL while it fetches, keeps, sorts and reads mails of a real IMAP server: each is there once.

With PROVE_KILLS=all every executed line is tried, else some of them.
"""

import logging
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from consult.models import Job, OutboxLetter, ReceivedMail, StoredFile, db
from consult.services import checking
from consult.unit_of_work import unit_of_work
from tests.conftest import make_app
from tests.mail.dovecot import Mailbox, open_mailbox
from tests.mail.incoming import a_mail, a_running_story
from tests.mail.test_kills import HOUR, Workers, at_work, database
from tests.story import Story

__all__ = ["database"]
log = logging.getLogger(__name__)
SOME = {"read": 1, "receive": 4}
ACTS = ("read", "receive")
PHASES = {
    "fetch": "fetched", "_ask": "fetched", "list_unread": "fetched", "open_inbox": "fetched", "_connect": "fetched",
    "_log_in": "fetched", "fetch_new": "fetched", "_said": "fetched", "_number_behind": "fetched", "_date_of": "fetched",
    "keep": "stored", "keep_file": "stored", "_path": "stored", "mark_kept": "marked", "unit_of_work": "committed",
}  # fmt: skip


def lines(workers: Workers, mailbox: Mailbox, raw: bytes) -> dict[str, list[int]]:
    """Return for each act at which lines to kill: every one, or some from the first to the last."""
    found = {}
    mailbox.put(raw)
    counted = {act: workers.run((0, 0), act=act)[0]["lines"] for act in reversed(ACTS)}
    for act, count in counted.items():
        every = range(1, count + 1)
        assert every, act
        chosen = (
            every
            if os.environ.get("PROVE_KILLS") == "all"
            else [every[len(every) * (2 * n + 1) // (2 * SOME[act])] for n in range(SOME[act])]
        )
        found[act] = sorted(set(chosen))
    return found


def states(story: Story, message_id: str) -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    return [mail.state for mail in db.session.query(ReceivedMail).filter_by(message_id=message_id)]


def test_a_worker_killed_anywhere_takes_each_mail_in_once(
    tmp_path: Path,
    database: dict[str, Any],
    record_property: Any,
) -> None:
    phases = Counter[str]()
    folder = tmp_path / "instance"
    with open_mailbox() as mailbox:
        settings = mailbox.settings(**database)
        app = make_app(folder, **settings)
        with app.app_context(), at_work(folder, settings) as workers:
            story, secret = a_running_story(app), str(app.config["SECRET_KEY"])
            raw = a_mail(story, secret=secret)
            db.session.rollback()
            names = iter(range(10**6))
            wanted = lines(workers, mailbox, raw)
            for act, kills in ((act, wanted[act]) for act in ACTS):
                for line in kills:
                    name = f"<{next(names)}.{act}@killed.example.org>"
                    mailbox.put(a_mail(story, secret=secret, fields={"Message-ID": name}))
                    _make_older()
                    if act == "read":
                        workers.run((0, 0), act="receive")
                    (killed,) = workers.run((line, 0), act=act)
                    phases[f"{act}: {PHASES.get(killed['function'], killed['function'])}"] += 1
                    workers.run((0, HOUR), act=act)
                    end = "reading" if act == "receive" else "examined"
                    assert states(story, name) == [end], (act, line, killed)
            assert mailbox.count("UNSEEN") == 0
            _check_all(app)
            db.session.remove()
            db.engine.dispose()
    record_property("killed in", dict(phases))
    log.warning("kills by phase: %s", dict(phases))


def _make_older() -> None:
    """Let the mails and answers that are there be of yesterday: nobody is held to write too many."""
    with unit_of_work(db.session) as now:
        db.session.execute(update(ReceivedMail).values(received_at=now - timedelta(days=1)))
        db.session.execute(update(OutboxLetter).values(created_at=now - timedelta(days=1)))


def _check_all(app: Any) -> None:
    """Every mail has its letter, its bytes and an ended job, each once; nothing else came to be."""
    mails = db.session.query(ReceivedMail).all()
    read = {mail.id for mail in mails if mail.state == "examined"}
    answered = Counter(letter.in_reply_to for letter in db.session.query(OutboxLetter).filter_by(kind="received"))
    assert answered == Counter({mail.message_id: 1 for mail in mails if mail.id in read})
    jobs = db.session.query(Job).all()
    assert Counter(job.facts["mail_id"] for job in jobs) == Counter({mail.id: 1 for mail in mails})
    assert {job.facts["mail_id"] for job in jobs if job.state == "done"} == read
    assert {mail.file_sha256 for mail in mails} <= {file.sha256 for file in db.session.query(StoredFile)}
    faults = checking.check(db.session, app.extensions["consult.storage"])
    assert [fault for fault in faults if "circulate" not in fault.law] == []  # the round was not circulated by the page


@pytest.mark.parametrize("count", [3])
def test_many_workers_take_each_mail_in_once(tmp_path: Path, database: dict[str, Any], count: int) -> None:
    folder = tmp_path / "instance"
    with open_mailbox() as mailbox:
        settings = mailbox.settings(**database)
        app = make_app(folder, **settings)
        with app.app_context(), at_work(folder, settings) as workers:
            story, secret = a_running_story(app), str(app.config["SECRET_KEY"])
            mailbox.put(*[a_mail(story, secret=secret) for _ in range(5)])
            db.session.rollback()
            workers.run(*[(0, 0)] * count, act="receive")
            workers.run((0, 0), act="receive")
            assert Counter(mail.state for mail in db.session.query(ReceivedMail)) == {"reading": 5}
            assert db.session.query(Job).count() == 5
            db.session.remove()
            db.engine.dispose()
