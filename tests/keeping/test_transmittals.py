"""What becomes of transmittals when an instance is checked, handed over, purged, restored and moved."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from consult import backups, clock, purging
from consult.errors import Refused
from consult.models import Base, Body, OutboxLetter, StoredFile, db
from consult.rules.permissions import COMMAND
from consult.services import audit, checking, evidence, recipients
from consult.unit_of_work import unit_of_work
from tests.conftest import make_app
from tests.story import AFTER, Story, a_story
from tests.transmitting import a_body, confirmed, decided, prepared, second_person, sent, token_in

DAY = timedelta(days=1)


def a_sent_one(app: Flask) -> tuple[Story, Any, str]:
    """Send one transmittal in two ways, let its link be used, and let a correction wait; all of it is committed."""
    story = decided(a_story(db.session, app.extensions["consult.storage"]))
    second_person(story)
    one = prepared(story)
    confirmed(story, one)
    sent(story, one, a_body(story), a_body(story, "CPC", delivery="both"))
    token = token_in(story.letters("transmittal")[0])
    found = recipients.get_by_token(db.session, token, now=AFTER)
    recipients.take_file(db.session, story.storage, found, "package.zip", now=AFTER)
    prepared(story, replaces=one.id)
    db.session.commit()
    return story, one, token


def test_a_check_finds_nothing_where_all_is_as_it_must_be(app: Flask) -> None:
    with app.app_context():
        story, _, _ = a_sent_one(app)
        faults = checking.check(db.session, story.storage)
        assert [fault for fault in faults if "transmit" in fault.law or "package" in fault.law] == []


@pytest.mark.parametrize(
    ("statement", "law"),
    [
        ("UPDATE transmittal SET confirmed_by_id = prepared_by_id WHERE state = 'sent'", "second person"),
        ("UPDATE transmittal SET state = 'sent' WHERE state = 'prepared'", "on record"),
        ("UPDATE transmittal SET state = 'withdrawn' WHERE state = 'sent'", "recipients"),
        ("UPDATE transmittal_file SET name = 'other' WHERE position = 1", "list of files"),
        (
            "UPDATE transmittal_file SET sha256 = (SELECT file_sha256 FROM draft LIMIT 1) WHERE position = 2",
            "list of files",
        ),
        (
            "UPDATE transmittal SET package_sha256 = (SELECT file_sha256 FROM draft LIMIT 1)",
            "list of files",
        ),
    ],
)
def test_a_check_finds_what_is_not(app: Flask, statement: str, law: str) -> None:
    with app.app_context():
        story, _, _ = a_sent_one(app)
        db.session.execute(text(statement))
        assert any(law in fault.law for fault in checking.check(db.session, story.storage))
        db.session.rollback()


def test_all_of_it_is_in_the_archive_of_a_round(app: Flask) -> None:
    with app.app_context():
        story, one, token = a_sent_one(app)
        data = evidence.write_evidence(db.session, story.storage, story.round.id)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            package = archive.read("transmittals/1/package.zip")
            told = json.loads(archive.read("transmittals.json"))
            assert b"second person" in archive.read("transmittals/1/confirmation.txt")
        assert hashlib.sha256(package).hexdigest() == one.package_sha256
        assert [t["state"] for t in told] == ["prepared", "sent"]
        taken = {r["name"]: [d["file"] for d in r["taken"]] for r in told[1]["recipients"]}
        assert taken == {"CPC": ["package.zip"], "ODIHR": []}
        assert token.encode() not in data
        db.session.rollback()


def test_a_purge_takes_transmittals_with_their_files_and_leaves_the_register(any_database_app: Flask) -> None:
    storage: Any = any_database_app.extensions["consult.storage"]
    with any_database_app.app_context():
        story, one, _ = a_sent_one(any_database_app)
        package = one.package_sha256
        audit.record(
            db.session, by=COMMAND, action="round.finish", object_kind="round", object_id=story.round.id, now=AFTER
        )
        db.session.commit()
        tables = [t for t in Base.metadata.sorted_tables if t.name.startswith(("transmittal", "outbox_"))]
        db.session.rollback()
        purging.purge(db.engine, storage, kept_for=DAY, now=AFTER + 2 * DAY)
        assert {t.name: len(db.session.execute(t.select()).all()) for t in tables} == dict.fromkeys(
            (t.name for t in tables), 0
        )
        assert db.session.get(StoredFile, package) is None
        assert package not in set(storage.list_names())
        assert db.session.query(Body).count() == 2
        db.session.rollback()


def test_what_is_restored_has_all_of_it_but_no_link_opens(app: Flask, tmp_path: Any) -> None:
    with app.app_context():
        a_sent_one(app)
        backups.write_backup(db.engine, app.extensions["consult.storage"], tmp_path / "b.zip", now=clock.now())
    other = make_app(tmp_path / "other")
    with app.app_context():
        token = token_in(db.session.query(OutboxLetter).filter_by(kind="transmittal").first())
    with other.app_context():
        backups.restore_backup(db.engine, other.extensions["consult.storage"], tmp_path / "b.zip")
        assert recipients.get_by_token(db.session, token, now=AFTER).downloads[0].name == "package.zip"
        with unit_of_work(db.session) as now:
            recipients.revoke_all(db.session, now=now)
        with pytest.raises(Refused):
            recipients.get_by_token(db.session, token, now=AFTER)
        db.session.rollback()
