"""A letter as the bytes of a mail: one recipient, a fixed Message-ID, and no field from which another header can grow."""

import hashlib
import re
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from markupsafe import escape

from consult.catalogues import SOURCE, say_in
from consult.models import OutboxLetter
from consult.phrases import say
from consult.rules import calendar_files

BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
SURROGATES = re.compile(r"[\ud800-\udfff]")
WORDS_OF_AN_ADDRESS = re.compile(r"[!-?A-~]+")  # no blank, no @, nothing but ASCII


EMPTY_FIRST_LINE = re.compile(rb"(?m)^(Subject|To):[ ]*\r\n[ ]")  # read back, the subject began with a blank
CAN_BE_ANSWERED = say(
    "You can answer this mail: with your comments, or with your edited Word copy attached. Whoever has its reply address "
    "can write in your name, so do not pass it on."
)
CANNOT_BE_ANSWERED = say("Please do not answer this mail: nobody reads answers to it.")
PLAIN = SMTP.clone(cte_type="7bit")  # every server takes that, nothing has to be agreed on


Read = Callable[[str], bytes]  # a stored file by its sha256
NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._ ()+-]+")
ANYBODY = "anybody@consult.invalid"  # the sender in a fixed digest: who sends is a setting, not part of what is said


def _nothing(sha256: str) -> bytes:
    raise LookupError(sha256)


class Unwritable(ValueError):
    """No mail can be made of this letter, now or later."""


def one_line(text: str) -> str:
    """Return text that cannot become another header: line breaks and control characters are blanks.

    What looks like an encoded word is taken apart: the email package would decode it, and put its line breaks in.
    """
    return SURROGATES.sub("\ufffd", " ".join(BREAKS.sub(" ", text).split())).replace("=?", "= ?")


def plain(text: str) -> str:
    """Return text for the body of a mail, without what cannot be written or stored."""
    return SURROGATES.sub("\ufffd", text).replace("\0", "\ufffd")


def write_message(letter: OutboxLetter, sender: str, read: Read = _nothing, reply_to: str = "") -> bytes:
    """Return the mail as it goes over the wire. The same letter always gives the same text and the same Message-ID.

    `read` gives the bytes of attached files; `reply_to` is where an answer is read, "" where nobody reads one, and then the
    mail says so. Raises Unwritable where no mail can be made of it, as for an address that is none.
    """
    try:
        head, end, body = _message(letter, sender, read, reply_to).as_bytes().partition(b"\r\n\r\n")
        return EMPTY_FIRST_LINE.sub(rb"\1: ", head) + end + body
    except (ValueError, LookupError, TypeError) as error:  # what the email package raises for fields it cannot write
        raise Unwritable(type(error).__name__) from None


def digest_of(letter: OutboxLetter, read: Read = _nothing) -> str:
    """Return the digest of a letter's mail, files included, whoever sends it. Raises Unwritable."""
    return hashlib.sha256(write_message(letter, ANYBODY, read)).hexdigest()


def _message(letter: OutboxLetter, sender: str, read: Read, reply_to: str) -> EmailMessage:
    message = EmailMessage(policy=PLAIN)
    message["From"] = _address("consult", sender)
    message["To"] = _address(letter.recipient_name, letter.recipient)
    message["Subject"] = one_line(letter.subject)[:300]
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = one_line(letter.message_id)
    if reply_to:
        message["Reply-To"] = _address("consult", reply_to)
    if letter.in_reply_to:
        message["In-Reply-To"] = message["References"] = one_line(letter.in_reply_to)
    message["Auto-Submitted"] = "auto-replied" if letter.in_reply_to else "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"  # Exchange answers with out-of-office notes otherwise
    foot = say_in(letter.language or SOURCE, CAN_BE_ANSWERED if reply_to else CANNOT_BE_ANSWERED)
    message.set_content(f"{plain(letter.text)}\n-- \n{foot}\n")  # mail programs leave out what stands below "-- "
    message.add_alternative(f"{plain(letter.html)}<p>{escape(foot)}</p>\n", subtype="html")
    if letter.calendar:
        invitation = calendar_files.sent_by(letter.calendar, sender)
        method = {"method": calendar_files.method_of(invitation), "name": "deadline.ics"}
        message.add_alternative(invitation, subtype="calendar", params=method)
    for attached in letter.attachments:
        kind, _, subkind = attached.media_type.partition("/")
        message.add_attachment(read(attached.sha256), maintype=kind, subtype=subkind, filename=file_name(attached.name))
    mark = letter.message_id.strip("<>").partition("@")[0]
    several = [part for part in message.walk() if part.is_multipart()]
    for depth, part in enumerate(several):
        part.set_boundary(f"=_{mark}" if depth == 0 else f"=_{depth}_{mark}")
    return message


def file_name(name: str) -> str:
    """Return a name under which a file is attached: plain letters, digits and a few signs, from which no header can grow."""
    return NOT_IN_A_NAME.sub("-", name).strip(" .-")[:80] or "file"


def _address(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    if not (WORDS_OF_AN_ADDRESS.fullmatch(user) and WORDS_OF_AN_ADDRESS.fullmatch(domain)):
        raise Unwritable("address")
    return Address(one_line(name)[:200], user, domain)
