"""Letters that come back: delivery status notifications (RFC 3464) read into what they say of which letter."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import cast

from consult.messages import one_line

LARGEST = 10 * 1024 * 1024
MOST_RECIPIENTS = 100
MESSAGE_ID = re.compile(r"<[^<>\s]{1,190}>")
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a mail server reports of one letter to one recipient. `message_id` is the letter's, "" where it is not said.

    `action` is one of failed, delayed, delivered, relayed, expanded; `status` is like 5.1.1; `said` is in the server's
    own words.
    """

    message_id: str
    recipient: str
    action: str
    status: str
    said: str


def read_bounces(raw: bytes) -> tuple[Bounce, ...]:
    """Return what a mail reports, one for each recipient; nothing for a mail that is no delivery status notification.

    Never raises: whatever somebody sends to the address arrives here.
    """
    try:
        mail = message_from_bytes(raw[:LARGEST], policy=default)
        reports = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
        if mail.get_content_type() != "multipart/report" or not reports:
            return ()
        message_id = _returned_id(mail)
        return tuple(_read(group, message_id) for group in _groups(reports[0]))[:MOST_RECIPIENTS]
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ):  # what broken mails make the parser raise
        return ()


def _returned_id(mail: EmailMessage) -> str:
    """Return the Message-ID of the letter that the report brings back, whole or only its header."""
    for part in mail.walk():
        kind, found = part.get_content_type(), None
        if kind == "message/rfc822" and isinstance(part.get_payload(), list):
            found = cast(list[Message], part.get_payload())[0]["Message-ID"]
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            payload = part.get_payload(decode=True)
            head = payload if isinstance(payload, bytes) else str(part.get_payload()).encode("utf-8", "replace")
            found = message_from_bytes(head, policy=default)["Message-ID"]
        named = MESSAGE_ID.search(str(found or ""))
        if named:
            return named[0]
    return ""


def _groups(report: Message) -> Iterator[Message]:
    """Return the groups of fields that are about a recipient; the first one of a report is about the mail as a whole."""
    payload = report.get_payload()
    for group in payload if isinstance(payload, list) else []:
        if isinstance(group, Message) and str(group["Action"] or "").strip().lower() in ACTIONS:
            yield group


def _read(group: Message, message_id: str) -> Bounce:
    status = STATUS.search(str(group["Status"] or ""))
    recipient = _value(group["Original-Recipient"]) or _value(group["Final-Recipient"])
    return Bounce(
        message_id,
        recipient.strip("<>").lower(),
        str(group["Action"]).strip().lower(),
        status[0] if status else "",
        _value(group["Diagnostic-Code"])[:300],
    )


def _value(field: object) -> str:
    """Return the value of a field that names its type first: "rfc822; somebody@example.org"."""
    kind, semicolon, value = str(field or "").partition(";")
    return one_line(value if semicolon else kind)
