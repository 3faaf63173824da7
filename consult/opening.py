"""Opens a mail: its text, and the Word copies attached to it. Runs in the jail only, as everything that reads foreign files.

A mail inside a mail is not opened. Whatever is left out is named, with our word for why.
"""

import base64
import binascii
import email.errors
import email.parser
import email.policy
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message

from consult.errors import Invalid
from consult.phrases import say
from consult.plain_html import text_of_html
from consult.quoting import Answer, read_answer

MOST_PARTS = 200
MOST_COPIES = 10
LONGEST_TEXT = 200_000
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SILENT = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "text/calendar")
ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
NOT_READABLE = Invalid(say("This mail cannot be read: it is put together wrongly or too deeply."), "unreadable-mail")
FALLBACKS = ("utf-8", "cp1252")
# Modules of the email package that it loads when it first needs them; the jail opens no files.
LOADED = (base64, binascii, email.errors, email.policy, quopri)


@dataclass(frozen=True, slots=True)
class Opened:
    """What is in a mail: its answer, the names of the Word copies, and what was left out, each with our word for why."""

    answer: Answer
    copies: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def open_mail(raw: bytes) -> tuple[Opened, list[bytes]]:
    """Return what is in a mail, and the bytes of its Word copies. Raises Invalid for what is no mail."""
    try:
        mail = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(raw)
        return _open(mail)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, KeyError, AssertionError):
        raise NOT_READABLE from None


def _open(mail: Message) -> tuple[Opened, list[bytes]]:
    texts: list[str] = []
    copies: dict[bytes, str] = {}
    left_out: list[tuple[str, str]] = []
    for number, part in enumerate(_parts(mail)):
        if number >= MOST_PARTS:
            left_out.append(("", "too-many-parts"))
            break
        kind, name = part.get_content_type(), _name(part)
        if kind in ENCRYPTED:
            left_out.append((name, "encrypted"))
        elif kind in ("text/plain", "text/html") and not _is_attached(part, name):
            texts.append(_text(part))
        elif kind == WORD or name.lower().endswith((".docx", ".docm")):
            _take_copy(part, name, copies, left_out)
        elif not _is_silent(part, kind, name):
            left_out.append((name, "attached-mail" if kind == "message/rfc822" else "not-word"))
    whole = "\n".join(texts)
    if len(whole) > LONGEST_TEXT:
        left_out.append(("", "too-long"))
    answer = read_answer(whole[:LONGEST_TEXT])
    return Opened(answer, tuple(copies.values()), tuple(left_out)), list(copies)


def _take_copy(part: Message, name: str, copies: dict[bytes, str], left_out: list[tuple[str, str]]) -> None:
    """Take a Word copy; the same file twice is one."""
    data = _payload(part)
    if not data:
        left_out.append((name, "empty"))
    elif data not in copies and len(copies) >= MOST_COPIES:
        left_out.append((name, "too-many-copies"))
    else:
        copies.setdefault(data, name or "copy.docx")


def _parts(mail: Message) -> Iterator[Message]:
    """Yield the parts that carry something, of several alternatives one; what is inside another mail is not looked at."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        kind, inside = part.get_content_type(), part.get_payload()
        if not isinstance(inside, list) or kind == "message/rfc822" or kind in ENCRYPTED:
            yield part
        elif kind == "multipart/alternative":
            waiting.extend(_best([one for one in inside if isinstance(one, Message)]))
        else:
            waiting.extend(reversed([one for one in inside if isinstance(one, Message)]))


def _best(alternatives: list[Message]) -> list[Message]:
    """Return the alternative to read: plain text where it says anything, else the last one, which is the richest."""
    plain = [one for one in alternatives if one.get_content_type() == "text/plain" and _text(one).strip()]
    return plain[:1] or alternatives[-1:]


def _is_attached(part: Message, name: str) -> bool:
    return part.get_content_disposition() == "attachment" or bool(name)


def _is_silent(part: Message, kind: str, name: str) -> bool:
    """Return whether a part is of no interest to anybody: a logo in a signature, a seal."""
    is_logo = kind.startswith("image/") and (
        part.get_content_disposition() == "inline" or part["Content-ID"] is not None
    )
    return is_logo or kind in SILENT or (kind.startswith("text/") and not name) or kind == "message/delivery-status"


def _name(part: Message) -> str:
    """Return the name of an attachment; "" where it has none, or none that can be read."""
    try:
        written = part.get_filename() or ""
        decoded = str(make_header(decode_header(written))) if "=?" in written else str(written)
    except (ValueError, LookupError, TypeError, AttributeError):
        return "attachment"
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", decoded.replace("\\", "/").rpartition("/")[2]).strip()[:200]


def _payload(part: Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError):
        return b""
    return found if isinstance(found, bytes) else b""


def _text(part: Message) -> str:
    """Return the text of a part, whatever its charset claims to be; HTML as the text it shows."""
    written = _decoded(_payload(part)[: LONGEST_TEXT * 8], str(part.get_param("charset") or "utf-8"))
    lines = written.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    if part.get_content_type() == "text/html":
        return text_of_html(lines)
    is_flowed = str(part.get_param("format") or "").lower() == "flowed"
    return _unflowed(lines, str(part.get_param("delsp") or "").lower() == "yes") if is_flowed else lines


def _decoded(data: bytes, charset: str) -> str:
    for name in (charset, *FALLBACKS):
        try:
            return data.decode(name)
        except (UnicodeError, LookupError, ValueError, OSError, ImportError):
            continue
    return data.decode("latin-1")


def _unflowed(text: str, without_blank: bool) -> str:
    """Return text whose lines are whole again (RFC 3676): a line that ends with a blank goes on in the next one."""
    lines: list[str] = []
    is_open, depth = False, -1
    for line in text.split("\n"):
        marks = len(line) - len(line.lstrip(">"))
        bare = line[marks:].removeprefix(" ")
        if is_open and marks == depth and line != "-- ":
            lines[-1] = (lines[-1][:-1] if without_blank else lines[-1]) + bare
        else:
            lines.append((">" * marks + " " if marks else "") + bare)
        is_open, depth = line.endswith(" ") and bare != "-- " and bool(bare), marks
    return "\n".join(lines)
