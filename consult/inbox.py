"""The mailbox that answers come to, and the archive in it: the only importer of imap-tools.

Nothing is said to the server before the connection is encrypted as it is set to be. A mail is only looked at (PEEK) until
whoever fetched it has kept it.
"""

import hashlib
import imaplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imap_tools import AND, BaseMailBox, Header, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

from consult.config import Settings

MOST_AT_ONCE = 50  # mails fetched in one look
LARGEST = 75 * 1024 * 1024  # a file of 50 MB as it is written in a mail; of a larger mail only the beginning is kept
BEGINNING = 256 * 1024
SEEN = r"(\Seen)"


class MailboxAway(Exception):
    """The mailbox cannot be used at present. `fault` is our word for why, one of rules/faults.py."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail as the server has it; of one that is too large only the beginning."""

    uid: str
    raw: bytes
    is_whole: bool
    arrived_at: datetime | None


class Inbox:
    """A mailbox that is open at its folder."""

    def __init__(self, box: BaseMailBox, settings: Settings) -> None:
        self._box, self._settings = box, settings

    @property
    def name(self) -> str:
        """What tells this mailbox from others, without telling whose it is."""
        told = (self._settings.inbox_server, self._settings.inbox_username, self._settings.inbox_folder)
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]

    def list_unread(self) -> list[str]:
        """Return the mails that nobody has kept yet, the oldest first."""
        with _said():
            return self._box.uids(AND(seen=False))[:MOST_AT_ONCE]

    def fetch(self, uid: str) -> Fetched | None:
        """Return a mail; None if it has gone meanwhile. It stays unread."""
        with _said():
            facts = self._ask(uid, "(RFC822.SIZE INTERNALDATE)")
            if facts is None:
                return None
            told = facts if isinstance(facts, bytes) else facts[0]
            size = _number_behind(told, b"RFC822.SIZE ")
            is_whole = size <= LARGEST
            body = self._ask(uid, "(BODY.PEEK[])" if is_whole else f"(BODY.PEEK[]<0.{BEGINNING}>)")
            if not isinstance(body, tuple):
                return None
            return Fetched(uid, bytes(body[1]), is_whole, _date_of(told))

    def _ask(self, uid: str, what: str) -> Any:
        state, data = self._box.client.uid("FETCH", uid, what)
        if state != "OK":
            raise MailboxAway("away")
        found = [one for one in data if isinstance(one, tuple) or (isinstance(one, bytes) and b"RFC822.SIZE" in one)]
        return found[0] if found else None

    def mark_kept(self, uid: str) -> None:
        """Mark a mail as read, and move it where it is set to go."""
        with _said():
            state, _ = self._box.client.uid("STORE", uid, "+FLAGS", SEEN)
            if state != "OK":
                raise MailboxAway("away")
            if self._settings.inbox_done_folder:
                self._box.move(uid, self._settings.inbox_done_folder)

    def has(self, message_id: str) -> bool:
        """Return whether a mail with exactly this Message-ID lies in the folder."""
        with _said():
            for uid in self._box.uids(AND(header=[Header("Message-ID", message_id)])):
                head = self._ask(uid, "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
                if isinstance(head, tuple) and bytes(head[1]).partition(b":")[2].strip() == message_id.encode():
                    return True
        return False


def _number_behind(told: bytes, word: bytes) -> int:
    digits = told.partition(word)[2].split(b" ")[0].rstrip(b")")
    return int(digits) if digits.isdigit() else 0


def _date_of(told: bytes) -> datetime | None:
    found = imaplib.Internaldate2tuple(told)
    return datetime.fromtimestamp(time.mktime(found), UTC) if found else None


@contextmanager
def _said() -> Iterator[None]:
    """Turn whatever goes wrong with the server into MailboxAway."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise MailboxAway("certificate") from None
    except ssl.SSLError:
        raise MailboxAway("tls") from None
    except TimeoutError:
        raise MailboxAway("timeout") from None
    except (OSError, imaplib.IMAP4.error, ImapToolsError, ValueError) as error:
        raise MailboxAway("no-tls" if "STARTTLS" in str(error).upper() else "away") from None


@contextmanager
def open_inbox(settings: Settings, folder: str = "") -> Iterator[Inbox]:
    """Give the mailbox at its folder, encrypted and logged in as set. Raises MailboxAway."""
    with _said():
        box = _connect(settings)
    try:
        _log_in(box, settings)
        with _said():
            box.folder.set(folder or settings.inbox_folder)
        yield Inbox(box, settings)
    finally:
        with suppress(OSError, imaplib.IMAP4.error, ImapToolsError):  # how the server says good-bye is no matter
            box.logout()


def _connect(settings: Settings) -> BaseMailBox:
    where: dict[str, Any] = {
        "host": settings.inbox_server, "port": settings.inbox_port, "timeout": settings.inbox_timeout,
    }  # fmt: skip
    if settings.inbox_encryption == "none":
        return MailBoxUnencrypted(**where)
    context = ssl.create_default_context(cafile=settings.mail_ca_file or None)
    kind = MailBox if settings.inbox_encryption == "tls" else MailBoxStartTls
    return kind(**where, ssl_context=context)


def _log_in(box: BaseMailBox, settings: Settings) -> None:
    try:
        with _said():
            box.login(settings.inbox_username, settings.inbox_password, initial_folder=None)
    except MailboxAway as away:
        raise MailboxAway("login" if away.fault == "away" else away.fault) from None
