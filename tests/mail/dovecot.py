"""A real IMAP server for tests: Debian's dovecot on a free port, with a configuration of its own, ended by its number."""

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.conftest import free_port
from tests.tools import lacking

DOVECOT = "/usr/sbin/dovecot"
USER, PASSWORD = "consult", "a-password-of-the-tests"
CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
first_valid_uid = 1
first_valid_gid = 1
listen = 127.0.0.1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
auth_failure_delay = 0
ssl = {ssl}
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = {only_encrypted}
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {port_tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


class Mailbox:
    """The server's one mailbox, and what a test puts into it or looks up there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.port_tls = folder, free_port(), free_port()

    @contextmanager
    def opened(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.port)
        client.login(USER, PASSWORD)
        client.select(folder)
        try:
            yield client
        finally:
            client.logout()

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Let mails arrive."""
        with self.opened() as client:
            if folder != "INBOX":
                client.create(folder)
            for mail in mails:
                state, told = client.append(folder, "", None, mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
                assert state == "OK", told

    def count(self, criterion: str = "ALL", folder: str = "INBOX") -> int:
        with self.opened(folder) as client:
            return len(client.search(None, criterion)[1][0].split())

    def settings(self, **settings: Any) -> dict[str, Any]:
        return {
            "inbox_server": "127.0.0.1", "inbox_port": self.port, "inbox_encryption": "none", "inbox_username": USER,
            "inbox_password": PASSWORD, "inbox_timeout": 10, "reply_address": "consult@example.org", **settings,
        }  # fmt: skip


@contextmanager
def open_mailbox(*, ssl_setting: str = "yes", only_encrypted: str = "no") -> Iterator[Mailbox]:
    """Give a server that is at work."""
    if not os.access(DOVECOT, os.X_OK):
        lacking("there is no dovecot")
    folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))  # a socket's path must be short
    folder.chmod(0o755)
    box = Mailbox(folder)
    process = None
    try:
        process = _start(box, ssl_setting, only_encrypted)
        yield box
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _start(box: Mailbox, ssl_setting: str, only_encrypted: str) -> "subprocess.Popen[bytes]":
    account = pwd.getpwnam("dovecot") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    make_certificate(box.folder)
    for name in ("mail", "home", "state", "run"):
        (box.folder / name).mkdir()
        os.chown(box.folder / name, account.pw_uid, account.pw_gid)
    configuration = box.folder / "dovecot.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=box.folder, user=account.pw_name, group=grp.getgrgid(account.pw_gid).gr_name, password=PASSWORD, port=box.port,
            port_tls=box.port_tls, ssl=ssl_setting, only_encrypted=only_encrypted,
        )
    )  # fmt: skip
    process = subprocess.Popen(
        [DOVECOT, "-F", "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", box.port), timeout=5) as line:
            if line.recv(4) == b"* OK":
                return process
        time.sleep(0.02)
    process.kill()
    raise RuntimeError((box.folder / "log").read_text() if (box.folder / "log").exists() else "dovecot does not start")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def make_certificate(folder: Path) -> None:
    """Make an authority's own certificate for 127.0.0.1: cert.pem and key.pem."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"),
         "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    assert ssl.create_default_context(cafile=str(folder / "cert.pem"))
