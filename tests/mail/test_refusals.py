"""Whatever the mail server answers, and wherever: what can still arrive is tried again, and nothing goes out in clear."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller

from consult import clock
from consult.config import Settings
from consult.errors import Invalid
from consult.mail import ServerAway, try_server
from consult.models import OutboxLetter, db
from consult.services.outbox import KEYS
from tests.mail.post import (
    ARCHIVE,
    Office,
    deliver,
    mailing_app,
    mailing_settings,
    open_office,
    post,
    states,
    with_journal,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but itself vouches for, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "9999",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def encrypting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def letter() -> OutboxLetter:
    db.session.expire_all()
    return db.session.query(OutboxLetter).one()


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "state"),
    [("450 busy", "queued"), ("451 later", "queued"), ("452 full", "queued"), ("421 good-bye", "queued"),
     ("550 no such person", "failed"), ("552 too large", "failed"), ("554 no", "failed"), ("530 log in", "queued")],
)  # fmt: skip
def test_4xx_is_tried_again_and_5xx_is_not(tmp_path: Path, office: Office, phase: str, answer: str, state: str) -> None:
    app = mailing_app(tmp_path, office)
    office.answers[phase] = answer
    with app.app_context():
        post("a")
        assert deliver(app) == 0
        assert (letter().state, letter().answer, office.messages) == (state, answer, [])
        office.answers.clear()
        with time_machine.travel(clock.now() + HOUR, tick=False):
            assert deliver(app) == (state == "queued")


def test_trying_again_ends_three_days_after_the_first_refusal(tmp_path: Path, office: Office) -> None:
    app = mailing_app(tmp_path, office)
    office.answers["RCPT"] = "451 later"
    with app.app_context():
        post("a")
        start, tries = clock.now() + timedelta(days=10), 0  # the worker was off for ten days
        for minutes in range(0, 80 * 60, 30):
            with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
                before = len(office.seen)
                deliver(app)
                tries += len(office.seen) > before
                if letter().state == "failed":
                    break
        assert timedelta(hours=72) < timedelta(minutes=minutes) <= timedelta(hours=75)
        assert 30 < tries < 50


def test_a_server_that_is_away_never_makes_a_letter_fail(tmp_path: Path, office: Office) -> None:
    app = mailing_app(tmp_path, office, mail_port=1)
    with app.app_context():
        post("a", "b")
        for days in (0, 1, 5, 9):
            with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
                assert deliver(app) == 0
        assert states() == ["queued", "queued"]
        assert (
            sum(x.attempts for x in db.session.query(OutboxLetter)) == 4
        )  # one look each time, not one for each letter


@pytest.mark.parametrize("is_taken", [True, False])
def test_no_answer_to_the_whole_letter_is_no_answer(tmp_path: Path, office: Office, is_taken: bool) -> None:
    """The server breaks off behind the last dot: the archive decides, and the letter arrives once."""
    app = mailing_app(tmp_path, office, **with_journal(office))
    office.answers["after taking" if is_taken else "DATA"] = "garbage"
    with app.app_context():
        post("a")
        assert deliver(app) == 0
        assert letter().state == "sending"
        office.answers.clear()
        for hours in (1, 2):
            with time_machine.travel(clock.now() + hours * HOUR, tick=False):
                deliver(app)
        assert (states(), list(office.counted.values())) == (["sent"], [1])


def test_a_server_without_encryption_gets_nothing(tmp_path: Path, office: Office) -> None:
    app = mailing_app(tmp_path, office, mail_use_tls=True, mail_username="u", mail_password="SECRET")
    with app.app_context():
        post("a")
        assert deliver(app) == 0
        assert (letter().state, letter().fault) == ("queued", "no-tls")
    assert (office.seen, office.messages) == ([], [])


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({}, "certificate"),
        ({"mail_server": "localhost"}, "certificate"),
        ({"mail_ca_file": "/nowhere.pem"}, "certificate"),
    ],
)
def test_a_certificate_that_nobody_vouches_for_is_an_error(
    tmp_path: Path, certificate: tuple[Path, Path], settings: dict[str, Any], fault: str
) -> None:
    if settings.get("mail_server"):  # vouched for, but for another name
        settings = {**settings, "mail_ca_file": str(certificate[0])}
    with open_office(tmp_path, tls_context=encrypting(certificate), require_starttls=True) as office:
        app = mailing_app(tmp_path, office, **{"mail_use_tls": True, **settings})
        with app.app_context():
            post("a")
            assert deliver(app) == 0
            assert letter().fault == fault
        assert (office.seen, office.messages) == ([], [])


def test_a_letter_goes_out_encrypted(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    with open_office(tmp_path, tls_context=encrypting(certificate), require_starttls=True) as office:
        app = mailing_app(tmp_path, office, mail_use_tls=True, mail_ca_file=str(certificate[0]))
        with app.app_context():
            post("a")
            assert deliver(app) == 1


def test_a_port_that_is_encrypted_from_the_first_byte(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    office = Office(tmp_path / "archive")
    from_the_start = encrypting(certificate)
    with open_secure_office(office, from_the_start):
        app = mailing_app(tmp_path, office, mail_use_ssl=True, mail_ca_file=str(certificate[0]))
        with app.app_context():
            post("a")
            assert deliver(app) == 1
        bad = Settings(instance_path=tmp_path, **mailing_settings(office, mail_use_ssl=True))
        with pytest.raises(ServerAway) as refused:
            try_server(bad)
        assert refused.value.fault == "certificate"


class SecureController(Controller):
    """Looks whether it is at work without asking who vouches for it."""

    def _trigger_server(self) -> None:
        context = ssl._create_unverified_context()
        with socket.create_connection((self.hostname, self.port)) as plain, context.wrap_socket(plain) as line:
            line.recv(1024)


@contextmanager
def open_secure_office(office: Office, context: ssl.SSLContext) -> Iterator[None]:
    controller = SecureController(office, hostname="127.0.0.1", port=office.port, ssl_context=context)
    controller.start()
    yield
    controller.stop()


def test_the_archive_gets_a_copy_but_of_no_key(tmp_path: Path, office: Office) -> None:
    app = mailing_app(tmp_path, office, **with_journal(office))
    with app.app_context():
        post("a")
        for kind in KEYS:
            post(f"b-{kind}", kind=kind)
        deliver(app)
        assert office.seen.count("archive") == 1
        assert ARCHIVE not in " ".join(str(message) for message in office.messages)
        assert [len(to) for _, to in office.envelopes] == [1] * len(office.envelopes)


def test_an_archive_that_refuses_keeps_the_letter_back(tmp_path: Path, office: Office) -> None:
    app = mailing_app(tmp_path, office, **with_journal(office))
    office.answers["archive"] = "550 no such folder"
    with app.app_context():
        post("a")
        assert deliver(app) == 0
        assert (letter().state, letter().fault, office.messages) == ("queued", "archive", [])


@pytest.mark.parametrize(
    "settings",
    [{"mail_server": "mail.example.org", "mail_username": "u", "mail_use_tls": False},
     {"mail_journal": "imap:x"}, {"mail_journal": "folder:"}],
)  # fmt: skip
def test_settings_that_would_send_a_password_in_clear_or_name_no_journal(settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Settings(**settings)
