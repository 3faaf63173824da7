"""Files that go with a letter: as they are stored, under names from which no header grows, and only as they were fixed."""

import hashlib
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings

from consult import clock
from consult.letters import Letter
from consult.messages import digest_of, write_message
from consult.models import OutboxAttachment, OutboxLetter, db
from consult.services import outbox
from consult.services.files import DOCX, keep_file
from consult.storage import FolderStorage
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL
from tests.mail.post import deliver, mailing_app, open_office
from tests.mail.test_headers import HEADERS, a_letter, texts

DATA = bytes(range(256)) * 5 + b"\r\n.\r\n\n"
SHA = hashlib.sha256(DATA).hexdigest()


def a_file(name: str) -> OutboxAttachment:
    return OutboxAttachment(position=0, name=name, media_type=DOCX, sha256=SHA)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=texts)
def test_a_file_arrives_as_it_is_and_its_name_adds_no_header(name: str) -> None:
    raw = write_message(a_letter(attachments=[a_file(name)]), "c@example.org", {SHA: DATA}.__getitem__)
    found: Any = message_from_bytes(raw, policy=policy.default)
    assert sorted(found.keys()) == sorted(HEADERS)
    assert found.defects == []
    (attached,) = found.iter_attachments()
    assert attached.get_content() == DATA
    assert set(attached.keys()) <= {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"}
    assert attached.get_filename().isascii()
    assert not set(attached.get_filename()) & set('\r\n"\\/;:')


def test_the_same_letter_with_files_is_the_same_mail_to_the_byte_whoever_sends_it() -> None:
    letter, read = a_letter(attachments=[a_file("1.docx"), a_file("2.docx")], created_at=clock.now()), {SHA: DATA}
    assert write_message(letter, "c@example.org", read.get) == write_message(letter, "c@example.org", read.get)
    assert digest_of(letter, read.__getitem__) != digest_of(a_letter(text="Other"), read.__getitem__)


def _post(app: Flask, key: str) -> int:
    storage = app.extensions["consult.storage"]
    with unit_of_work(db.session) as now:
        keep_file(db.session, storage, data=DATA, media_type=DOCX, now=now)
        return outbox.post(
            db.session, letter=Letter("transmittal", "S", "T\n", "<p>T</p>\n"), to=factories.a_person(db.session),
            key=key, base_url=BASE_URL, now=now, attachments=[a_file("text.docx")], read=storage.read,
        ).id  # fmt: skip


def test_a_letter_goes_out_with_its_file_and_what_it_said_is_not_kept(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        app = mailing_app(tmp_path, office)
        with app.app_context():
            number = _post(app, "transmittal:1")
            assert deliver(app) == 1
            (message,) = office.messages
            assert [part.get_content() for part in message.iter_attachments()] == [DATA]
            db.session.expire_all()
            letter = db.session.get_one(OutboxLetter, number)
            assert (letter.state, letter.text, letter.html) == ("sent", "", "")
            db.session.rollback()


@pytest.mark.parametrize("change", ["subject", "file"])
def test_a_letter_that_is_not_as_it_was_fixed_is_not_sent(tmp_path: Path, change: str) -> None:
    with open_office(tmp_path) as office:
        app = mailing_app(tmp_path, office)
        with app.app_context():
            number = _post(app, "transmittal:1")
            with unit_of_work(db.session) as now:
                letter = db.session.get_one(OutboxLetter, number)
                if change == "subject":
                    letter.subject = "Another"
                else:
                    storage = app.extensions["consult.storage"]
                    other = keep_file(db.session, storage, data=b"other", media_type=DOCX, now=now)
                    letter.attachments[0].sha256 = other.sha256
            assert deliver(app) == 0
            db.session.expire_all()
            letter = db.session.get_one(OutboxLetter, number)
            assert (letter.state, letter.fault, office.messages) == ("failed", "altered", [])
            assert letter.text == "T\n"  # a person may look into it and send it again
            db.session.rollback()


def test_a_letter_waits_for_its_file_while_the_store_is_away(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        app = mailing_app(tmp_path, office)
        with app.app_context():
            number = _post(app, "transmittal:1")
            healthy = app.extensions["consult.storage"]
            (tmp_path / "no folder").write_bytes(b"")
            app.extensions["consult.storage"] = FolderStorage(tmp_path / "no folder")
            assert deliver(app) == 0
            db.session.expire_all()
            letter = db.session.get_one(OutboxLetter, number)
            assert (letter.state, letter.fault, office.messages) == ("queued", "store", [])
            later = letter.due_at
            app.extensions["consult.storage"] = healthy
            db.session.rollback()
            with time_machine.travel(later, tick=True):
                assert deliver(app) == 1
            assert len(office.messages) == 1
