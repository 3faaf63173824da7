"""Mails are fetched from a real IMAP server, kept first and only then marked; nothing is said before it is encrypted."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask

from consult import clock, inbox
from consult.config import Settings
from consult.errors import Invalid
from consult.inbox import MailboxAway, open_inbox
from consult.journal import JournalAway, make_journal
from consult.keeping import examine_inbox
from consult.models import Job, OutboxLetter, ReceivedMail, db
from consult.receiving import fetch_new, receive
from consult.services import invitations
from consult.storage import Storage
from consult.unit_of_work import unit_of_work
from tests.conftest import BASE_URL, free_port, make_app
from tests.mail.dovecot import Mailbox, open_mailbox
from tests.mail.incoming import a_mail, a_running_story
from tests.mail.post import deliver


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


@pytest.fixture
def folder(mailbox: Mailbox, request: pytest.FixtureRequest) -> str:
    """A folder of the mailbox for one test."""
    name = f"T{abs(hash(request.node.name))}"
    mailbox.put(folder=name)
    return name


def an_app(tmp_path: Path, mailbox: Mailbox, folder: str, **settings: Any) -> Flask:
    return make_app(tmp_path / "instance", **mailbox.settings(inbox_folder=folder, **settings))


def secret_of(app: Flask) -> str:
    return str(app.config["SECRET_KEY"])


def test_what_came_is_fetched_once_sorted_and_marked(tmp_path: Path, mailbox: Mailbox, folder: str) -> None:
    app = an_app(tmp_path, mailbox, folder)
    with app.app_context():
        story = a_running_story(app)
        raw = a_mail(story, secret=secret_of(app))
        mailbox.put(
            raw, raw, a_mail(story, secret=secret_of(app), fields={"Auto-Submitted": "auto-replied"}), folder=folder
        )
        db.session.rollback()
        assert receive(app) == 2
        assert (mailbox.count("UNSEEN", folder), mailbox.count("SEEN", folder)) == (0, 3)
        found = db.session.query(ReceivedMail).order_by(ReceivedMail.state)
        assert [mail.state for mail in found] == ["automatic", "reading"]
        assert story.storage.read(found[1].file_sha256) == raw.replace(b"\n", b"\r\n")
        assert found[1].arrived_at is not None
        assert abs((found[1].arrived_at - clock.now()).total_seconds()) < 120
        db.session.rollback()
        assert receive(app) == 0


def test_a_mail_is_moved_where_it_is_set_to_go(tmp_path: Path, mailbox: Mailbox, folder: str) -> None:
    mailbox.put(folder="Taken")
    app = an_app(tmp_path, mailbox, folder, inbox_done_folder="Taken")
    with app.app_context():
        mailbox.put(a_mail(a_running_story(app)), folder=folder)
        db.session.rollback()
        assert receive(app) == 1
    assert (mailbox.count(folder=folder), mailbox.count(folder="Taken")) == (0, 1)


class _Full:
    """A store that has no room."""

    def keep(self, data: bytes) -> str:
        raise OSError("the disk is full")


def test_what_cannot_be_kept_stays_unread(tmp_path: Path, mailbox: Mailbox, folder: str) -> None:
    app = an_app(tmp_path, mailbox, folder)
    with app.app_context():
        mailbox.put(a_mail(a_running_story(app)), folder=folder)
        db.session.rollback()
        with pytest.raises(OSError, match="full"):
            fetch_new(db.session, cast(Storage, _Full()), app.extensions["consult"])
        assert mailbox.count("UNSEEN", folder) == 1
        assert receive(app) == 1


def test_of_a_mail_that_is_too_large_the_beginning_is_kept(
    tmp_path: Path, mailbox: Mailbox, folder: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(inbox, "LARGEST", 2000)
    monkeypatch.setattr(inbox, "BEGINNING", 1000)
    app = an_app(tmp_path, mailbox, folder)
    with app.app_context():
        story = a_running_story(app)
        mailbox.put(a_mail(story, secret=secret_of(app), body="Many words.\n" * 500), folder=folder)
        db.session.rollback()
        assert receive(app) == 1
        mail = db.session.query(ReceivedMail).one()
        assert (mail.state, mail.reason, mail.is_whole) == ("quarantined", "too-large", False)
        assert len(story.storage.read(mail.file_sha256)) == 1000
        assert db.session.query(Job).count() == 0


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"no header at all", b"From: a@b\n\n" + bytes(range(1, 256)), b"X: " + b"y" * 90_000]
)
def test_whatever_lies_there_is_kept_and_sorted(tmp_path: Path, mailbox: Mailbox, folder: str, raw: bytes) -> None:
    app = an_app(tmp_path, mailbox, folder)
    with suppress(AssertionError):  # dovecot itself takes no mail that is empty
        mailbox.put(raw, folder=folder)
        assert receive(app) == 1
        with app.app_context():
            assert db.session.query(ReceivedMail).one().state == "unplaced"


@pytest.mark.parametrize(("encryption", "port"), [("tls", "port_tls"), ("starttls", "port")])
def test_both_kinds_of_encryption(mailbox: Mailbox, encryption: str, port: str) -> None:
    how = mailbox.settings(inbox_encryption=encryption, inbox_port=getattr(mailbox, port))
    with open_inbox(Settings(**how, mail_ca_file=str(mailbox.folder / "cert.pem"))) as opened:
        assert opened.list_unread() == []
    with pytest.raises(MailboxAway, match="certificate"), open_inbox(Settings(**how)):  # nobody vouches for it
        pass


@pytest.mark.parametrize(
    ("settings", "fault"),
    [({"inbox_password": "wrong"}, "login"), ({"inbox_folder": "Nowhere"}, "away"), ({"inbox_port": 1}, "away")],
)
def test_what_is_wrong_with_the_mailbox_is_said(mailbox: Mailbox, settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(MailboxAway, match=fault), open_inbox(Settings(**mailbox.settings(**settings))):
        pass


def test_the_doctor_opens_the_mailbox(mailbox: Mailbox) -> None:
    assert examine_inbox(Settings()) == (True, "no letters come in: they say not to answer")
    assert examine_inbox(Settings(**mailbox.settings())) == (True, "the mailbox lets us in")
    is_well, said = examine_inbox(Settings(**mailbox.settings(inbox_password="wrong")))
    assert (is_well, said) == (False, "no letter comes in: The mail server does not let us in.")


class _Talker(threading.Thread):
    """A server that offers no encryption, or never says anything; it remembers what it was told."""

    def __init__(self, greeting: bytes) -> None:
        super().__init__(daemon=True)
        self.greeting, self.port, self.told = greeting, free_port(), b""
        self.socket = socket.create_server(("127.0.0.1", self.port))

    def run(self) -> None:
        with suppress(OSError):
            line, _ = self.socket.accept()
            line.sendall(self.greeting)
            while chunk := line.recv(1000):
                self.told += chunk
                tag, _, command = chunk.partition(b" ")
                said = b"* CAPABILITY IMAP4rev1\r\n" if command.startswith(b"CAPABILITY") else b""
                line.sendall(said + tag + (b" OK done\r\n" if said else b" NO\r\n"))


def test_a_server_without_encryption_hears_no_password(mailbox: Mailbox) -> None:
    server = _Talker(b"* OK ready\r\n")
    server.start()
    how = mailbox.settings(inbox_encryption="starttls", inbox_port=server.port)
    with pytest.raises(MailboxAway), open_inbox(Settings(**how)):
        pass
    server.socket.close()
    assert b"LOGIN" not in server.told.upper()
    assert b"password" not in server.told
    assert server.told  # it was spoken to


def test_a_server_that_says_nothing_is_given_up(mailbox: Mailbox) -> None:
    server = _Talker(b"")
    server.start()
    how = Settings(**mailbox.settings(inbox_port=server.port, inbox_timeout=1))
    with pytest.raises(MailboxAway, match="timeout"), open_inbox(how):
        pass
    server.socket.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"inbox_encryption": "maybe"},
        {"inbox_encryption": "none", "inbox_server": "imap.example.org"},
        {"reply_address": "consult+x@example.org"},
        {"reply_address": "nobody"},
        {"mail_journal": "imap:Archive"},
    ],
)
def test_settings_that_would_be_unsafe_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Settings(**settings)


def test_without_settings_nothing_is_fetched(app: Flask) -> None:
    assert receive(app) == 0


def test_the_archive_on_the_same_server_tells_what_went_out(mailbox: Mailbox) -> None:
    mailbox.put(b"Message-ID: <one@example.org>\nSubject: x\n\nMessage-ID: <two@example.org>\n", folder="Archive")
    settings = mailbox.settings(mail_server="x", mail_journal="imap:Archive")
    journal = make_journal(Settings(**settings))
    assert journal is not None
    assert not journal.has_keys
    assert journal.has("<one@example.org>", clock.now())
    for other in ("<two@example.org>", "<ne@example.org>", "one@example.org", '<on"e@example.org>'):
        assert not journal.has(other, clock.now()), other
    for wrong in ({"inbox_port": 1}, {"inbox_password": "wrong"}, {"mail_journal": "imap:Nowhere"}):
        away = make_journal(Settings(**{**settings, **wrong}))
        assert away is not None
        with pytest.raises(JournalAway):
            away.has("<one@example.org>", clock.now())


@pytest.mark.parametrize("address", ["consult@example.org", ""])
def test_a_letter_says_whether_it_can_be_answered(tmp_path: Path, address: str) -> None:
    app = make_app(tmp_path / "instance", reply_address=address)
    with app.app_context():
        story = a_running_story(app)
        with unit_of_work(db.session) as now:
            invitations.invite(db.session, story.round, base_url=BASE_URL, now=now)
        deliver(app)
        letters = db.session.query(OutboxLetter).count()
        mails = [message_from_bytes(file.read_bytes()) for file in (tmp_path / "instance" / "mail").glob("*.eml")]
        assert len(mails) == letters > 1
        keys = {str(mail["Reply-To"]) for mail in mails}
        body = mails[0].as_string().replace("=\n", "")
        if address:
            assert len(keys) == letters
            assert all(key.startswith("consult <consult+") for key in keys)
            assert "You can answer this mail" in body
            assert not any(key.partition("+")[2][:20] in str(row) for key in keys for row in _everything())
        else:
            assert keys == {"None"}
            assert "Please do not answer this mail" in body


def _everything() -> list[Any]:
    tables = db.metadata.sorted_tables
    return [row for table in tables for row in db.session.execute(table.select())]


def test_who_reads_the_mailbox_does_not_expunge_what_others_deleted(mailbox: Mailbox, folder: str) -> None:
    mailbox.put(b"Subject: a\n\na", b"Subject: b\n\nb", folder=folder)
    with mailbox.opened(folder) as client:
        client.store("1", "+FLAGS", r"(\Deleted)")
    with open_inbox(Settings(**mailbox.settings(inbox_folder=folder))) as opened:
        for uid in opened.list_unread():
            opened.mark_kept(uid)
    assert mailbox.count(folder=folder) == 2
