"""The journal: where one can see afterwards whether the mail server took a letter. It decides what a crash left open.

Three kinds: a folder of an archive mailbox that gets a copy of every letter, such a folder on an IMAP server, and the log
file of the relay.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from typing import Protocol

from consult.config import Settings
from consult.inbox import MailboxAway, open_inbox

SLACK = timedelta(days=1)  # clocks of machines differ, and a store may give a file another time
LARGEST_HEADER = 64 * 1024
QUEUE_ID = re.compile(rb"cleanup\[\d+\]: (\w+): message-id=")


class JournalAway(Exception):
    """The journal cannot be read now, so it says nothing."""


class Journal(Protocol):
    """What can be asked whether a letter went out."""

    has_keys: bool  # whether letters that carry a key, such as a sign-in link, are in it too

    def has(self, message_id: str, since: datetime) -> bool:
        """Return whether the server has taken the letter, which was tried at `since`. Raises JournalAway."""


class FolderJournal:
    """A folder of mails, each a file: a Maildir, or files side by side."""

    def __init__(self, folder: Path, *, has_keys: bool) -> None:
        self.folder, self.has_keys = folder, has_keys

    def has(self, message_id: str, since: datetime) -> bool:
        """Return whether a mail with this Message-ID lies there. Only files that are not older than it are read."""
        earliest = (since - SLACK).timestamp()
        try:
            return any(_message_id(file) == message_id for file in self._files(earliest))
        except OSError as error:
            raise JournalAway(type(error).__name__) from None

    def _files(self, earliest: float) -> Iterator[Path]:
        folders = [self.folder / name for name in ("new", "cur")]
        for folder in folders if all(f.is_dir() for f in folders) else [self.folder]:
            for file in folder.iterdir():
                if file.is_file() and file.stat().st_mtime >= earliest:
                    yield file


def _message_id(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            head = stream.read(LARGEST_HEADER)
    except FileNotFoundError:  # a mail program has moved it meanwhile: it is met again under its new name
        return ""
    found = BytesHeaderParser(policy=default).parsebytes(head)["Message-ID"]
    return str(found or "").strip()


class LogJournal:
    """The log file of a relay, and the one it was rotated to.

    Exim and Sendmail name the Message-ID when they have taken a mail. Postfix names it while it is still reading; there
    the mail counts only when its queue took it, which a line "from=<…" of the same queue id says.
    """

    has_keys = True

    def __init__(self, file: Path) -> None:
        self.file = file

    def has(self, message_id: str, since: datetime) -> bool:
        """Return whether the log says that the letter was taken."""
        files = [self.file.with_name(f"{self.file.name}.1"), self.file]
        if not self.file.is_file():
            raise JournalAway("FileNotFoundError")
        try:
            return _is_taken(message_id.strip("<>").encode(), [file for file in files if file.is_file()])
        except OSError as error:
            raise JournalAway(type(error).__name__) from None


def _is_taken(identity: bytes, files: list[Path]) -> bool:
    reading = set[bytes]()  # queue ids under which Postfix was reading the mail
    for file in files:
        with file.open("rb") as lines:
            for line in lines:
                if identity in line:
                    being_read = QUEUE_ID.search(line)
                    if being_read is None:
                        return True
                    reading.add(being_read[1])
                elif reading and any(b": %s: from=<" % queue_id in line for queue_id in reading):
                    return True
    return False


class MailboxJournal:
    """A folder on the IMAP server that the inbox is on, which gets a copy of every letter."""

    has_keys = False

    def __init__(self, settings: Settings, folder: str) -> None:
        self.settings, self.folder = settings, folder

    def has(self, message_id: str, since: datetime) -> bool:
        """Return whether a mail with this Message-ID lies there."""
        try:
            with open_inbox(self.settings, self.folder) as archive:
                return archive.has(message_id)
        except MailboxAway as away:
            raise JournalAway(away.fault) from None


def make_journal(settings: Settings) -> Journal | None:
    """Return the journal that is set, or None. Letters that become files are their own journal."""
    if not settings.mail_server:
        return FolderJournal(settings.mail_folder, has_keys=True)
    kind, _, path = settings.mail_journal.partition(":")
    if kind == "log":
        return LogJournal(Path(path))
    if kind == "imap":
        return MailboxJournal(settings, path)
    return FolderJournal(Path(path), has_keys=False) if kind == "folder" else None
