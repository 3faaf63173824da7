"""Letters go out once, by a real SMTP server, whatever it answers; without one they become files."""

import email
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from flask import Flask

from consult import clock
from consult.delivering import deliver_due_letters
from consult.letters import Letter
from consult.models import OutboxLetter, db
from consult.services import outbox
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL, free_port, make_app


class Sink:
    """A mail server that keeps what it takes and answers as it is told."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answer = "250 taken"
        self.recipient_answer = "250 fine"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.messages.append(email.message_from_bytes(envelope.content, policy=policy.default))
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return self.answer


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    handler, port = Sink(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def mailing_app(tmp_path: Path, sink: tuple[Sink, int]) -> Flask:
    return make_app(
        tmp_path / "instance", mail_server="127.0.0.1", mail_port=sink[1], mail_use_tls=False, mail_sender="consult@example.org",
        mail_timeout=5,
    )  # fmt: skip


def post(count: int = 1, subject: str = "Comments please: Ж", name: str = "") -> None:
    with unit_of_work(db.session) as now:
        person = factories.a_person(db.session)
        person.name = name or person.name
        for number in range(count):
            letter = Letter("invitation", subject, "Dear colleague,\nплиз.\n", "<p>Dear colleague</p>\n")
            outbox.post(db.session, letter=letter, to=person, key=f"k{person.id}:{number}", base_url=BASE_URL, now=now)


def deliver(app: Flask) -> int:
    return deliver_due_letters(db.session, app.extensions["consult.send"])


def states() -> list[str]:
    db.session.expire_all()
    return [letter.state for letter in db.session.query(OutboxLetter).order_by(OutboxLetter.id)]


def test_a_letter_arrives_as_written(mailing_app: Flask, sink: tuple[Sink, int]) -> None:
    with mailing_app.app_context():
        post()
        row = db.session.query(OutboxLetter).one()
        assert deliver(mailing_app) == 1
        message = sink[0].messages[0]
        assert message["Subject"] == "Comments please: Ж"
        assert message["Message-ID"] == row.message_id
        assert "плиз" in message.get_body(("plain",)).get_content()
        assert "<p>" in message.get_body(("html",)).get_content()
        assert sink[0].envelopes == [("consult@example.org", [row.recipient])]
        assert (deliver(mailing_app), states()) == (0, ["sent"])


def test_a_temporary_refusal_is_tried_again_later_with_the_same_id(mailing_app: Flask, sink: tuple[Sink, int]) -> None:
    with mailing_app.app_context():
        post()
        identity = db.session.query(OutboxLetter).one().message_id
        sink[0].answer = "451 later"
        assert deliver(mailing_app) == 0
        assert states() == ["queued"]
        assert deliver(mailing_app) == 0  # not before it is due again
        sink[0].answer = "250 taken"
        with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
            assert deliver(mailing_app) == 1
        assert [m["Message-ID"] for m in sink[0].messages] == [identity]


@pytest.mark.parametrize("where", ["answer", "recipient_answer"])
def test_a_permanent_refusal_is_final(mailing_app: Flask, sink: tuple[Sink, int], where: str) -> None:
    with mailing_app.app_context():
        post()
        setattr(sink[0], where, "550 no such person")
        assert deliver(mailing_app) == 0
        assert states() == ["failed"]


def test_a_server_that_is_away_loses_nothing(tmp_path: Path) -> None:
    app = make_app(tmp_path / "i", mail_server="127.0.0.1", mail_port=free_port(), mail_use_tls=False, mail_timeout=2)
    with app.app_context():
        post(2)
        assert deliver(app) == 0
        assert states() == ["queued", "queued"]


@pytest.mark.parametrize(
    "text", ["a\r\nBcc: evil@example.org", "a\nX: y", "a\x00b", "a\u2028b", "=?utf-8?q?a=0D=0ABcc:x?="]
)
def test_a_line_break_in_a_subject_is_no_header(mailing_app: Flask, sink: tuple[Sink, int], text: str) -> None:
    with mailing_app.app_context():
        post(subject=text, name=text)
        assert deliver(mailing_app) == 1
        message = sink[0].messages[0]
        assert set(message.keys()) <= {
            "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-Peer",
            "X-Auto-Response-Suppress", "X-MailFrom", "X-RcptTo",
        }  # fmt: skip
        assert len(sink[0].envelopes[0][1]) == 1


def test_two_workers_send_each_letter_once(any_database_app: Flask) -> None:
    app, sent, lock = any_database_app, list[str](), threading.Lock()

    def send(letter: OutboxLetter) -> None:
        with lock:
            sent.append(letter.message_id)

    with app.app_context():
        post(40)
        db.session.remove()
    start = threading.Barrier(4)

    def work() -> None:
        with app.app_context():
            start.wait()
            deliver_due_letters(db.session, send)
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert len(sent) == len(set(sent)) == 40
    with app.app_context():
        assert set(states()) == {"sent"}


def test_without_a_server_letters_become_files(app: Flask) -> None:
    with app.app_context():
        post(name="Ж, with a comma")
        assert deliver(app) == 1
        files = list((Path(app.instance_path) / "mail").glob("*.eml"))
        message = email.message_from_bytes(files[0].read_bytes(), policy=policy.default)
        assert message["Subject"] == "Comments please: Ж"
        assert files[0].stat().st_mode & 0o077 == 0


def test_the_same_key_is_the_same_letter(app: Flask) -> None:
    with app.app_context():
        with unit_of_work(db.session) as now:
            person = factories.a_person(db.session)
            letter = Letter("x", "s", "t", "h")
            posted: Callable[[], OutboxLetter] = lambda: outbox.post(  # noqa: E731
                db.session, letter=letter, to=person, key="k", base_url=BASE_URL, now=now
            )
            assert posted() is posted()
        assert len(states()) == 1
