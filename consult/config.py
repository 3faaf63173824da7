"""Settings: defaults, then instance/consult.toml, then CONSULT_* in the environment. docs/settings.md lists them."""

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from consult.errors import Invalid
from consult.rules.calendar import zone_names

PREFIX = "CONSULT_"
PROCRASTINATE = "procrastinate"
Network = IPv4Network | IPv6Network
SHORTEST_SECRET = 32
JOURNALS = ("folder", "log", "imap")
ENCRYPTIONS = ("tls", "starttls", "none")
HERE = ("localhost", "127.0.0.1", "::1")
REPLY_LOCAL = re.compile(r"[a-z0-9._-]{1,24}")  # with plus and key it must stay below 64 characters
REPLY_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
KNOWN_SECRETS = frozenset(("changeme", "secret", "dev", "development", "password", "insecure"))


@dataclass(frozen=True)
class Settings:
    """All that can be set. Times are in the unit the name says."""

    instance_path: Path = field(default=Path("instance"), metadata={"doc": "Folder for the database, files, mail."})
    database_url: str = field(default="", metadata={"doc": "SQLAlchemy address; empty: SQLite in the instance folder."})
    files_url: str = field(
        default="", metadata={"doc": "A folder or s3://BUCKET/PREFIX for files; empty: files in the instance folder."}
    )
    s3_endpoint: str = field(default="", metadata={"doc": "Address of the S3-compatible service; empty: AWS."})
    s3_region: str = field(default="us-east-1", metadata={"doc": "Region of the bucket."})
    s3_access_key: str = field(
        default="", metadata={"doc": "Key of the bucket; empty: looked for where AWS's tools look."}
    )
    s3_secret_key: str = field(default="", metadata={"doc": "Secret of that key."})
    s3_ca_file: str = field(
        default="", metadata={"doc": "PEM file of authorities to believe for the bucket, beside the machine's own."}
    )
    s3_timeout: int = field(default=20, metadata={"doc": "Seconds to wait for the bucket."})
    secret_key: str = field(
        default="", metadata={"doc": "At least 32 characters; empty: made once and kept in secret.key."}
    )
    base_url: str = field(
        default="http://127.0.0.1:5000", metadata={"doc": "How the app is reached; links in letters use it."}
    )
    host: str = field(default="127.0.0.1", metadata={"doc": "Address the web server listens on."})
    port: int = field(default=5000, metadata={"doc": "Port the web server listens on."})
    time_zone: str = field(default="Europe/Vienna", metadata={"doc": "Zone offered first for deadlines."})
    mail_server: str = field(
        default="", metadata={"doc": "SMTP server; empty: letters become .eml files in instance/mail."}
    )
    mail_port: int = field(default=587, metadata={"doc": "SMTP port."})
    mail_username: str = field(default="", metadata={"doc": "SMTP user; empty: no log-in."})
    mail_password: str = field(default="", metadata={"doc": "SMTP password."})
    mail_use_tls: bool = field(
        default=True, metadata={"doc": "STARTTLS before anything is sent; a server without it gets no letter."}
    )
    mail_use_ssl: bool = field(default=False, metadata={"doc": "TLS from the first byte, as on port 465."})
    mail_ca_file: str = field(
        default="", metadata={"doc": "PEM file of authorities to believe; empty: those the machine believes."}
    )
    mail_sender: str = field(default="consult@localhost", metadata={"doc": "Address the letters come from."})
    mail_timeout: int = field(default=20, metadata={"doc": "Seconds to wait for the SMTP server."})
    mail_archive: str = field(
        default="", metadata={"doc": "Address that gets a copy of each letter, but of none that carries a key."}
    )
    mail_journal: str = field(
        default="",
        metadata={"doc": "What tells whether a letter went out: folder:PATH, log:PATH or imap:FOLDER; docs/mail.md."},
    )
    mail_journal_minutes: int = field(
        default=30, metadata={"doc": "Minutes after which a letter that is not in the journal did not go out."}
    )
    reply_address: str = field(
        default="",
        metadata={"doc": "Address that takes answers, with a key added to it; empty: letters say not to answer."},
    )
    inbox_server: str = field(default="", metadata={"doc": "IMAP server of that address; empty: no letters in."})
    inbox_port: int = field(default=993, metadata={"doc": "IMAP port."})
    inbox_encryption: str = field(
        default="tls", metadata={"doc": "tls, starttls, or none (only to a server on the same machine)."}
    )
    inbox_username: str = field(default="", metadata={"doc": "IMAP user."})
    inbox_password: str = field(default="", metadata={"doc": "IMAP password."})
    inbox_folder: str = field(default="INBOX", metadata={"doc": "Folder that is looked into for letters."})
    inbox_done_folder: str = field(
        default="", metadata={"doc": "Folder that letters are moved to once they are kept; empty: only marked as read."}
    )
    inbox_timeout: int = field(default=20, metadata={"doc": "Seconds to wait for the IMAP server."})
    inbox_seconds: int = field(default=60, metadata={"doc": "Seconds between two looks for letters."})
    reminder_days: tuple[int, ...] = field(
        default=(5, 2),
        metadata={"doc": "Working days before the deadline at which is reminded, unless the lead wants others."},
    )
    transmittal_marks: tuple[str, ...] = field(
        default=("RESTRICTED", "OSCE+"),
        metadata={"doc": "Marks offered for what is transmitted, besides none and one's own."},
    )
    transmittal_link_days: int = field(
        default=90, metadata={"doc": "Days for which a link to what was transmitted opens."}
    )
    largest_letter: int = field(default=15 * 1024 * 1024, metadata={"doc": "Bytes a letter with files may have."})
    watch_clock: bool = field(
        default=True,
        metadata={"doc": "Decide by PostgreSQL's clock; on SQLite, never by one behind what is on record."},
    )
    tick_seconds: int = field(default=15, metadata={"doc": "Seconds between two looks of the worker at what is due."})
    jobs: str = field(
        default="",
        metadata={"doc": "procrastinate: it hands out long work, on PostgreSQL; empty: the worker looks for it."},
    )
    metrics_from: str = field(
        default="", metadata={"doc": "Addresses or networks that may see /metrics, with commas; empty: none."}
    )
    metrics_token: str = field(
        default="", metadata={"doc": "Who sends this as a bearer token may see /metrics, from anywhere; empty: nobody."}
    )
    ready_tick_seconds: int = field(
        default=120, metadata={"doc": "Seconds without a worker after which /health/ready says no; 0: not looked at."}
    )
    largest_upload: int = field(default=50 * 1024 * 1024, metadata={"doc": "Bytes accepted in one request."})

    def __post_init__(self) -> None:
        if self.secret_key and (len(self.secret_key) < SHORTEST_SECRET or self.secret_key.lower() in KNOWN_SECRETS):
            raise Invalid(f"CONSULT_SECRET_KEY must have at least {SHORTEST_SECRET} random characters.", "weak-secret")
        if self.time_zone not in zone_names():
            raise Invalid(f"CONSULT_TIME_ZONE names no time zone: {self.time_zone}.", "unknown-zone")

        if self.jobs not in ("", PROCRASTINATE):
            raise Invalid(f"CONSULT_JOBS is empty or {PROCRASTINATE}.", "bad-settings")
        if self.metrics_token and len(self.metrics_token) < SHORTEST_SECRET:
            raise Invalid(f"CONSULT_METRICS_TOKEN must have at least {SHORTEST_SECRET} characters.", "weak-secret")
        _ = self.metrics_networks
        self._check_mail()

    def _check_mail(self) -> None:
        kind, _, path = self.mail_journal.partition(":")
        if self.mail_journal and (kind not in JOURNALS or not path):
            raise Invalid("CONSULT_MAIL_JOURNAL is folder:PATH, log:PATH or imap:FOLDER.", "bad-settings")
        is_here = self.mail_server in HERE
        if self.mail_username and self.mail_server and not (self.mail_use_tls or self.mail_use_ssl or is_here):
            raise Invalid("A mail password is never sent in clear: set CONSULT_MAIL_USE_TLS.", "bad-settings")
        self._check_inbox(kind)

    def _check_inbox(self, journal: str) -> None:
        if self.inbox_encryption not in ENCRYPTIONS:
            raise Invalid("CONSULT_INBOX_ENCRYPTION is tls, starttls or none.", "bad-settings")
        if self.inbox_server and self.inbox_encryption == "none" and self.inbox_server not in HERE:
            raise Invalid("A mail password is never sent in clear: set CONSULT_INBOX_ENCRYPTION.", "bad-settings")
        if journal == "imap" and not self.inbox_server:
            raise Invalid("The journal imap:FOLDER needs CONSULT_INBOX_SERVER.", "bad-settings")
        local, _, domain = self.reply_address.partition("@")
        if self.reply_address and not (REPLY_LOCAL.fullmatch(local) and REPLY_DOMAIN.fullmatch(domain)):
            raise Invalid(
                "CONSULT_REPLY_ADDRESS is an address of letters and digits, without a plus: consult@example.org.",
                "bad-settings",
            )

    @property
    def database(self) -> str:
        """The address of the database."""
        return self.database_url or f"sqlite:///{(self.instance_path / 'consult.sqlite').resolve()}"

    @property
    def metrics_networks(self) -> tuple[Network, ...]:
        """The networks whose machines may see the metrics. Raises Invalid."""
        try:
            return tuple(ip_network(found.strip()) for found in self.metrics_from.split(",") if found.strip())
        except ValueError as error:
            raise Invalid(f"CONSULT_METRICS_FROM: {error}.", "bad-settings") from None

    @property
    def mail_folder(self) -> Path:
        """Where letters go as files when no SMTP server is set."""
        return self.instance_path / "mail"

    @property
    def zone(self) -> ZoneInfo:
        """The default zone."""
        return ZoneInfo(self.time_zone)

    @property
    def is_https(self) -> bool:
        """Whether people reach the app over https; then cookies are for https only."""
        return urlsplit(self.base_url).scheme == "https"


def load_settings(instance_path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings. Raises Invalid with the name of a setting that is unknown or of the wrong kind."""
    environment = os.environ if environment is None else environment
    folder = instance_path or Path(environment.get(f"{PREFIX}INSTANCE_PATH", "instance"))
    values: dict[str, Any] = {}
    file = folder / "consult.toml"
    if file.is_file():
        try:
            values.update(tomllib.loads(file.read_text("utf-8")))
        except tomllib.TOMLDecodeError as error:
            raise Invalid(f"{file.name} cannot be read: {error}.", "bad-settings") from None
    names = {f.name for f in fields(Settings)}
    for name, value in environment.items():
        if name.startswith(PREFIX):
            values[name.removeprefix(PREFIX).lower()] = value
    unknown = sorted(set(values) - names)
    if unknown:
        raise Invalid(
            f"There is no setting named {', '.join(unknown)}. docs/settings.md lists them all.", "bad-settings"
        )
    values["instance_path"] = folder
    return Settings(**{name: _converted(name, value) for name, value in values.items()})


def _converted(name: str, value: Any) -> Any:
    default = next(f.default for f in fields(Settings) if f.name == name)
    try:
        if isinstance(default, bool):
            return (
                value
                if isinstance(value, bool)
                else {"1": True, "true": True, "0": False, "false": False}[value.lower()]
            )
        if isinstance(default, int):
            return int(value)
        if isinstance(default, tuple):
            items = value.split(",") if isinstance(value, str) else value
            if all(isinstance(item, str) for item in default):
                return tuple(str(item).strip() for item in items if str(item).strip())
            return tuple(sorted((int(item) for item in items), reverse=True))
        return Path(value) if isinstance(default, Path) else str(value)
    except (KeyError, TypeError, ValueError):
        raise Invalid(f"The setting {name} cannot be {value!r}.", "bad-settings") from None


def secret_of(settings: Settings) -> str:
    """Return the secret that signs forms: the one set, else one made once and kept where only the owner reads it."""
    if settings.secret_key:
        return settings.secret_key
    file = settings.instance_path / "secret.key"
    if not file.is_file():
        settings.instance_path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(32))
    return file.read_text("ascii").strip()
