"""The outgoing mail: the only importer of Flask-Mail. Without an SMTP server, letters become files."""

import os
import re
import smtplib
import socket
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from flask import Flask
from flask_mail import Mail, Message

from consult.config import Settings
from consult.models import OutboxLetter
from consult.services import outbox
from consult.unit_of_work import AnySession, unit_of_work

Send = Callable[[OutboxLetter], None]


class PermanentRefusal(Exception):
    """The mail server will never take this letter."""


class TemporaryRefusal(Exception):
    """The mail server may take this letter later."""


def make_sender(app: Flask, settings: Settings) -> Send:
    """Return what sends a letter: by SMTP where a server is set, else into a file."""
    if not settings.mail_server:
        return lambda letter: _write_file(letter, settings)
    app.config.update(
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USERNAME=settings.mail_username or None,
        MAIL_PASSWORD=settings.mail_password or None,
        MAIL_USE_TLS=settings.mail_use_tls,
        MAIL_DEFAULT_SENDER=settings.mail_sender,
    )
    mail = Mail(app)

    def send(letter: OutboxLetter) -> None:
        with app.app_context():
            _send_by_smtp(mail, letter, settings)

    return send


def _one_line(text: str) -> str:
    """Return text that cannot become another header: line breaks and control characters are blanks."""
    return re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text).strip()


def _send_by_smtp(mail: Mail, letter: OutboxLetter, settings: Settings) -> None:
    message = Message(
        subject=_one_line(letter.subject),
        recipients=[_one_line(letter.recipient)],
        body=letter.text,
        html=letter.html,
        sender=settings.mail_sender,
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    # Flask-Mail makes a new Message-ID for each object; ours is fixed, so that a letter is the same letter when retried.
    message.msgId = letter.message_id
    message.date = letter.created_at.timestamp()
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(settings.mail_timeout)  # Flask-Mail gives smtplib no timeout of its own
    try:
        with mail.connect() as connection:
            connection.send(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        raise _refusal(error) from None
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryRefusal(type(error).__name__) from None
    finally:
        socket.setdefaulttimeout(before)


def _refusal(error: smtplib.SMTPException) -> Exception:
    """Return what a server's answer means: 5xx is final, 4xx is not."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((code for code, _ in error.recipients.values()), 450)
    else:
        code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 450
    return PermanentRefusal(f"refused with {code}") if 500 <= code < 600 else TemporaryRefusal(f"refused with {code}")


def _write_file(letter: OutboxLetter, settings: Settings) -> None:
    """Write a letter as instance/mail/<number>.eml; the folder is only for the owner."""
    message = EmailMessage(policy=SMTP)
    user, _, domain = settings.mail_sender.rpartition("@")
    message["From"] = Address("consult", user, domain)
    name, _, host = letter.recipient.rpartition("@")
    message["To"] = Address(_one_line(letter.recipient_name), name, host)
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = letter.message_id
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    settings.mail_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = settings.mail_folder / f"{letter.id:06d}.eml"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(message.as_bytes())


def deliver_due_letters(session: AnySession, send: Send) -> int:
    """Send what is due and return how many went out; while letters are frozen only sign-in links.

    Each letter is claimed, sent and marked in transactions of its own.
    """
    sent = 0
    with unit_of_work(session) as now:
        outbox.park_lost(session, now=now)
    while True:
        with unit_of_work(session) as now:
            letter = outbox.claim_letter(session, now=now)
            if letter is None:
                return sent
            number = letter.id
            session.expunge(letter)
        try:
            send(letter)
        except (PermanentRefusal, TemporaryRefusal) as refusal:
            with unit_of_work(session) as now:
                outbox.mark_refused(
                    session, number, answer=str(refusal), permanent=isinstance(refusal, PermanentRefusal), now=now
                )
        else:
            with unit_of_work(session) as now:
                outbox.mark_sent(session, number, now=now)
            sent += 1
