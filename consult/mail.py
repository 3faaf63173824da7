"""The outgoing mail: the only importer of Flask-Mail. Without an SMTP server, letters become files.

Flask-Mail checks no certificate, knows no timeout and makes a new Message-ID for each object: how it connects, and what
the server is told, is ours.
"""

import os
import re
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask_mail import Connection, Mail, Message

from consult import clock
from consult.config import Settings
from consult.errors import NotFound, Unavailable
from consult.messages import Read, Unwritable, digest_of, one_line, write_message
from consult.models import OutboxLetter
from consult.replying import make_key, with_key
from consult.services.outbox import KEYS
from consult.storage import FileDamaged

Send = Callable[[OutboxLetter], None]
Write = Callable[[OutboxLetter], bytes]
LONGEST_SENDING = timedelta(minutes=3)  # well below the lease: who is slower than that no longer sends
NEEDS_LOG_IN = (530, 534, 535, 538)


class Undelivered(Exception):
    """A letter did not go out. `fault` is our word for why, `answer` what the server said, in one line."""

    def __init__(self, fault: str, answer: str = "") -> None:
        super().__init__(fault)
        self.fault, self.answer = fault, answer


class PermanentRefusal(Undelivered):
    """The mail server will never take this letter."""


class TemporaryRefusal(Undelivered):
    """The mail server may take this letter later."""


class ServerAway(Undelivered):
    """The mail server cannot be used at present, whatever the letter."""


class InDoubt(Undelivered):
    """The whole letter was given to the server, which did not say whether it took it."""


def make_sender(app: Flask, settings: Settings) -> Send:
    """Return what sends a letter: by SMTP where a server is set, else into a file."""
    secret = str(app.config["SECRET_KEY"])

    def read(sha256: str) -> bytes:
        return bytes(app.extensions["consult.storage"].read(sha256))

    def write(letter: OutboxLetter) -> bytes:
        return _written(letter, settings, read, reply_address_of(letter, settings, secret))

    if not settings.mail_server:
        return lambda letter: _write_file(letter, settings, write)
    app.config.update(MAIL_SERVER=settings.mail_server, MAIL_DEFAULT_SENDER=settings.mail_sender)
    mail = Mail(app)

    def send(letter: OutboxLetter) -> None:
        with app.app_context():
            _send_by_smtp(mail, letter, settings, write)

    return send


def try_server(settings: Settings) -> None:
    """Connect as for a letter, encrypt, log in, and send nothing. Raises ServerAway with what is wrong."""
    with _connected(settings, clock.now() + LONGEST_SENDING):
        pass


class _Ready(Message):
    """A mail that is written already, to its one recipient."""

    def __init__(self, sender: str, recipient: str, written: bytes) -> None:
        super().__init__(sender=sender, recipients=[recipient])
        self.written = written

    def as_bytes(self) -> bytes:
        return self.written


class _Line(Connection):
    """Flask-Mail's connection, over a server that is connected already."""

    def __init__(self, mail: Any, host: smtplib.SMTP) -> None:
        super().__init__(mail)
        self.host = host


def reply_address_of(letter: OutboxLetter, settings: Settings, secret: str) -> str:
    """Return the address at which an answer to a letter is read, with its key; "" where nobody reads one."""
    if not settings.reply_address or letter.reply_person_id is None or letter.round_id is None:
        return ""
    return with_key(settings.reply_address, make_key(secret, letter.reply_person_id, letter.round_id))


def _written(letter: OutboxLetter, settings: Settings, read: Read, reply_to: str) -> bytes:
    """Return the mail of a letter. Raises PermanentRefusal where none can be made, or another than was fixed."""
    try:
        if letter.digest and digest_of(letter, read) != letter.digest:
            raise PermanentRefusal("altered")
        return write_message(letter, settings.mail_sender, read, reply_to)
    except (Unwritable, NotFound):
        raise PermanentRefusal("unwritable") from None
    except FileDamaged:
        raise PermanentRefusal("altered") from None
    except Unavailable as away:
        raise ServerAway("store", away.reason) from None


def _send_by_smtp(mail: Mail, letter: OutboxLetter, settings: Settings, write: Write) -> None:
    written = write(letter)
    until = (letter.claimed_at or clock.now()) + LONGEST_SENDING
    with _connected(settings, until) as host:
        host.archive = "" if letter.kind in KEYS else settings.mail_archive
        _Line(mail.state, host).send(_Ready(settings.mail_sender, letter.recipient, written))


# ---- the server -----------------------------------------------------------------------------------------------------


class _Server(smtplib.SMTP):
    """An SMTP connection that can say for each letter whether it was taken, refused, or nobody knows.

    It is told its host before it connects, so that even a greeting that never ends can be ended from outside.
    """

    def __init__(self, host: str, *, timeout: float, name: str, until: datetime) -> None:
        super().__init__(timeout=timeout, local_hostname=name)
        self._host, self.until, self.archive = host, until, ""

    def sendmail(  # type: ignore[override]
        self, from_addr: str, to_addrs: Sequence[str], msg: bytes, mail_options: object = (), rcpt_options: object = ()
    ) -> None:
        """Hand over one mail. Returns when the server has taken it; else one of the kinds of Undelivered is raised."""
        (recipient,) = to_addrs
        try:
            _check(self.mail(from_addr))
            _check(self.rcpt(recipient))
            if self.archive:
                code, text = self.rcpt(self.archive)
                if code not in (250, 251):
                    raise ServerAway("archive", _said(code, text))
            _check(self.docmd("DATA"), 354)
            self.send(_on_the_wire(msg))
        except (OSError, smtplib.SMTPException) as error:
            raise _interruption(error) from None
        if clock.now() >= self.until:  # the lease may be over: somebody else may send it soon
            raise TemporaryRefusal("timeout")
        self._end_mail()

    def _end_mail(self) -> None:
        """Send the dot that ends the mail. From here on the server may have it, whatever happens to the answer."""
        try:
            self.send(b".\r\n")
            code, text = self.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise InDoubt("no-answer", type(error).__name__) from None
        if not 200 <= code < 600:
            raise InDoubt("no-answer", _said(code, text))
        _check((code, text))


class _SecureServer(smtplib.SMTP_SSL, _Server):
    """The same over TLS from the first byte."""

    def __init__(self, host: str, *, context: ssl.SSLContext, **how: Any) -> None:
        self.context = context
        _Server.__init__(self, host, **how)


def _on_the_wire(message: bytes) -> bytes:
    """Return a mail with CRLF for every line break, whatever it was, and no line that is a single dot."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    lines = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines)


def _said(code: int, text: bytes) -> str:
    return one_line(f"{code} {text.decode('utf-8', 'replace')}")[:300]


def _check(answer: tuple[int, bytes], *expected: int) -> None:
    """Raise what the server's answer means: 5xx is final, 4xx is not, 421 is its good-bye."""
    code, text = answer
    if code in (expected or (250, 251, 252)):
        return
    if code == 421 or code in NEEDS_LOG_IN:
        raise ServerAway("login" if code in NEEDS_LOG_IN else "away", _said(code, text))
    if 500 <= code < 600:
        raise PermanentRefusal("refused", _said(code, text))
    raise TemporaryRefusal("put-off", _said(code, text))


def _interruption(error: Exception) -> Undelivered:
    """Return what it means that the connection broke before the mail was complete: it was not taken."""
    if isinstance(error, smtplib.SMTPResponseException):
        return TemporaryRefusal("put-off", _said(error.smtp_code, _bytes(error.smtp_error)))
    if isinstance(error, UnicodeError | smtplib.SMTPNotSupportedError):
        return PermanentRefusal("unwritable", type(error).__name__)
    return TemporaryRefusal("timeout" if isinstance(error, TimeoutError) else "interrupted", type(error).__name__)


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode("utf-8", "replace")


@contextmanager
def _connected(settings: Settings, until: datetime) -> Iterator[_Server]:
    """Give a connection that is encrypted and logged in as set; it is cut when the time is over."""
    context = _trust(settings)
    name = urlsplit(settings.base_url).hostname or "localhost"
    how: dict[str, Any] = {"timeout": settings.mail_timeout, "name": name, "until": until}
    host = (
        _SecureServer(settings.mail_server, context=context, **how)
        if settings.mail_use_ssl
        else _Server(settings.mail_server, **how)
    )
    watch = threading.Timer(max((until - clock.now()).total_seconds(), 0), _cut, [host])
    watch.daemon = True
    watch.start()
    try:
        _open(host, settings, context)
        yield host
    finally:
        watch.cancel()
        with suppress(
            OSError, smtplib.SMTPException
        ):  # the outcome is known; how the server says good-bye is no matter
            host.quit()
        host.close()


def _cut(host: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        host.sock.shutdown(2)  # type: ignore[union-attr]


def _trust(settings: Settings) -> ssl.SSLContext:
    """Return whose certificates are believed: those the machine believes, or those of the file that is set."""
    try:
        return ssl.create_default_context(cafile=settings.mail_ca_file or None)
    except OSError as error:
        raise ServerAway("certificate", f"mail_ca_file: {type(error).__name__}") from None


def _open(host: smtplib.SMTP, settings: Settings, context: ssl.SSLContext) -> None:
    """Connect, encrypt, log in. Nothing of a letter is said before the connection is as it is set to be."""
    try:
        code, text = host.connect(settings.mail_server, settings.mail_port)
        if code != 220:
            raise ServerAway("away", _said(code, text))
        if settings.mail_use_tls and not settings.mail_use_ssl:
            _encrypt(host, context)
        if settings.mail_username:
            _log_in(host, settings)
        else:
            host.ehlo_or_helo_if_needed()
    except ssl.SSLCertVerificationError as error:
        raise ServerAway("certificate", one_line(error.verify_message)) from None
    except ssl.SSLError as error:
        raise ServerAway("tls", one_line(str(error.reason))) from None
    except TimeoutError:
        raise ServerAway("timeout") from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise ServerAway("away", type(error).__name__) from None


def _encrypt(host: smtplib.SMTP, context: ssl.SSLContext) -> None:
    try:
        host.starttls(context=context)
    except smtplib.SMTPNotSupportedError:
        raise ServerAway("no-tls") from None
    except smtplib.SMTPResponseException as error:
        raise ServerAway("tls", _said(error.smtp_code, _bytes(error.smtp_error))) from None


def _log_in(host: smtplib.SMTP, settings: Settings) -> None:
    try:
        host.login(settings.mail_username, settings.mail_password)
    except smtplib.SMTPResponseException as error:
        raise ServerAway("login", str(error.smtp_code)) from None
    except smtplib.SMTPException as error:
        raise ServerAway("login", type(error).__name__) from None


# ---- files ----------------------------------------------------------------------------------------------------------


def _write_file(letter: OutboxLetter, settings: Settings, write: Write) -> None:
    """Write a letter as instance/mail/<number>.eml, whole or not at all; the folder is only for the owner."""
    written = write(letter)
    file = settings.mail_folder / f"{letter.id:06d}.eml"
    begun = file.with_suffix(f".{os.getpid()}.part")
    try:
        settings.mail_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(written)
            stream.flush()
            os.fsync(stream.fileno())
        begun.replace(file)
    except OSError as error:
        with suppress(OSError):
            begun.unlink(missing_ok=True)
        raise ServerAway("disk", error.strerror or "") from None
