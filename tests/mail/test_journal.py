"""The journal: what an archive folder and a relay's log say of a letter."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consult import clock
from consult.journal import FolderJournal, JournalAway, LogJournal

POSTFIX = """\
Nov 25 10:00:01 mx postfix/smtpd[812]: 4F1A2: client=localhost[127.0.0.1]
Nov 25 10:00:01 mx postfix/cleanup[815]: 4F1A2: message-id=<a@example.org>
Nov 25 10:00:02 mx postfix/smtpd[812]: lost connection after DATA (20 bytes) from localhost[127.0.0.1]
"""
TAKEN = "Nov 25 10:00:02 mx postfix/qmgr[99]: 4F1A2: from=<c@example.org>, size=900, nrcpt=1 (queue active)\n"
EXIM = "2026-11-25 10:00:01 1tFabc-0001 <= c@example.org H=localhost P=esmtp S=900 id=a@example.org\n"
SENDMAIL = "Nov 25 10:00:01 mx sendmail[7]: x1: from=<c@example.org>, size=9, msgid=<a@example.org>, relay=localhost\n"


@pytest.mark.parametrize(
    ("log", "is_taken"), [(POSTFIX, False), (POSTFIX + TAKEN, True), (EXIM, True), (SENDMAIL, True), ("", False)]
)
def test_a_log_tells_what_the_relay_took(tmp_path: Path, log: str, is_taken: bool) -> None:
    file = tmp_path / "mail.log"
    file.write_text(log)
    assert LogJournal(file).has("<a@example.org>", clock.now()) is is_taken
    assert not LogJournal(file).has("<b@example.org>", clock.now())


def test_a_log_that_was_rotated_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "mail.log.1").write_text(POSTFIX)
    (tmp_path / "mail.log").write_text(TAKEN)
    assert LogJournal(tmp_path / "mail.log").has("<a@example.org>", clock.now())


@pytest.mark.parametrize("header", ["Message-ID: <a@example.org>", "message-id:\n <a@example.org>"])
@pytest.mark.parametrize("place", ["", "new", "cur"])
def test_a_folder_tells_what_came(tmp_path: Path, header: str, place: str) -> None:
    folder = tmp_path / "archive"
    for name in ("new", "cur") if place else ("",):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / place / "1.host:2,S").write_text(f"Subject: x\n{header}\n\nMessage-ID: <b@example.org>\n")
    journal = FolderJournal(folder, has_keys=False)
    assert journal.has("<a@example.org>", clock.now())
    assert not journal.has("<b@example.org>", clock.now())  # that is what the mail says, not its name


def test_what_is_older_than_the_letter_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "1"
    file.write_text("Message-ID: <a@example.org>\n\n")
    os.utime(file, (0, 0))
    assert not FolderJournal(tmp_path, has_keys=False).has("<a@example.org>", clock.now())
    assert FolderJournal(tmp_path, has_keys=False).has("<a@example.org>", datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("kind", [LogJournal, lambda path: FolderJournal(path, has_keys=False)])
def test_a_journal_that_is_not_there_says_nothing(tmp_path: Path, kind: type[LogJournal]) -> None:
    with pytest.raises(JournalAway):
        kind(tmp_path / "nowhere").has("<a@example.org>", clock.now())
