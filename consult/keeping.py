"""The commands of whoever keeps an instance: backup, restore, move, check, doctor, export-round, purge, outbox."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask
from sqlalchemy import create_engine

from consult import backups, clock, purging, schema
from consult.app import create_app
from consult.config import Settings, load_settings
from consult.errors import Invalid, Unavailable
from consult.inbox import MailboxAway, open_inbox
from consult.mail import ServerAway, try_server
from consult.models import db
from consult.phrases import say
from consult.rules.faults import FAULTS
from consult.rules.permissions import COMMAND
from consult.services import (
    audit,
    calendar_feeds,
    checking,
    delegations,
    evidence,
    measures,
    outbox,
    people,
    recipients,
)
from consult.serving import open_app
from consult.storage import Storage, open_storage
from consult.unit_of_work import behind_by, prepare, unit_of_work

CLOCKS_AGREE = timedelta(seconds=5)
ENOUGH_SPACE = 1024**3
WORKER_SEEN = 120  # seconds
OLDEST_PYTHON = (3, 11)
File = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("target", type=File)
def backup(target: Path) -> None:
    """Write everything - rows and files - into one archive TARGET, while work goes on."""
    if target.exists():
        raise Invalid(
            say("%(file)s is there already. A backup overwrites nothing: give another name.", file=target), "exists"
        )
    app = open_app()
    with app.app_context():
        made = backups.write_backup(db.engine, app.extensions["consult.storage"], target, now=clock.now())
    click.echo(f"{_rows(made)} rows and {len(made.files)} files are in {target}. State: {made.digest}")


def _rows(manifest: backups.Manifest) -> int:
    return sum(rows for rows, _ in manifest.tables.values())


@click.command()
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(source: Path) -> None:
    """Load the archive SOURCE into an empty instance. Letters are held back afterwards, and everybody signs in anew."""
    app = create_app(load_settings())
    with app.app_context():
        manifest = backups.restore_backup(db.engine, app.extensions["consult.storage"], source)
        with unit_of_work(db.session) as now:
            made = datetime.fromisoformat(manifest.made_at)
            outbox.freeze(db.session, reason=f"Restored from the backup of {made:%Y-%m-%d %H:%M} UTC.", now=now)
            signed_out = people.revoke_all(db.session, now=now)
            delegations.revoke_all(db.session, now=now)
            calendar_feeds.revoke_all(db.session, now=now)
            recipients.revoke_all(db.session, now=now)
            audit.record(
                db.session, by=COMMAND, action="instance.restore", object_kind="instance", object_id="1", now=now,
                made_at=manifest.made_at, state=manifest.digest,
            )  # fmt: skip
    click.echo(f"{_rows(manifest)} rows and {len(manifest.files)} files are restored. State: {manifest.digest}")
    click.echo(f"{signed_out} sign-ins were ended. Letters are held back: look at them, then `consult outbox thaw`.")


@click.command()
@click.option("--to", "address", default="", help="The new, empty database: postgresql+psycopg://… or sqlite:///…")
@click.option("--files", "files_address", default="", help="The new place of files: s3://BUCKET/PREFIX, or a folder.")
def move(address: str, files_address: str) -> None:
    """Copy all rows into another database, or all files to another place, or both. Nothing goes from where it was.

    Nobody can write rows meanwhile; files kept meanwhile come too.
    """
    if not address and not files_address:
        raise click.UsageError("Say where to: --to DATABASE, --files PLACE, or both.")
    app = open_app()
    here = app.extensions["consult.storage"]
    there = open_storage(app.extensions["consult"], files_address) if files_address else here
    count = backups.move_files(here, there) if files_address else 0
    if address:
        digest = _move_rows(app, address)
        click.echo(f"Both databases have the state {digest}. Set CONSULT_DATABASE_URL to the new one and start again.")
    if files_address:
        count += backups.move_files(here, there)  # what was kept since
        click.echo(
            f"{count} files were copied; all are there. Set CONSULT_FILES_URL to {files_address} and start again."
        )


def _move_rows(app: Flask, address: str) -> str:
    if address.startswith("postgresql://"):
        address = address.replace("postgresql://", "postgresql+psycopg://", 1)
    target = create_engine(address)
    prepare(target)
    with app.app_context():
        digest = backups.move_state(db.engine, target)
    target.dispose()
    return digest


@click.command()
def check() -> None:
    """Look whether everything is as it must be; ends with 1 and what is not."""
    app = open_app()
    with app.app_context():
        faults = checking.check(db.session, app.extensions["consult.storage"])
        unnamed = checking.list_unnamed_files(db.session, app.extensions["consult.storage"])
        entries = audit.head_number(db.session)
    if unnamed:
        click.echo(f"{len(unnamed)} files that no row names, left by an interruption. They harm nothing.")
    for fault in faults:
        click.echo(f"Not so: {fault.law}. See {fault.where}.", err=True)
    if faults:
        raise SystemExit(1)
    click.echo(f"Everything is as it must be; {entries} entries in the audit.")


@click.command()
def doctor() -> None:
    """Look at the machine: version, schema, keys, rights, space, mail; ends with 1 when something is wrong."""
    app = open_app()
    found = list(_examine(app))
    for is_well, sentence in found:
        click.echo(f"{'well ' if is_well else 'WRONG'}  {sentence}")
    if not all(is_well for is_well, _ in found):
        raise SystemExit(1)


def _examine(app: Flask) -> Iterator[tuple[bool, str]]:
    settings = app.extensions["consult"]
    folder: Path = settings.instance_path
    version = ".".join(map(str, sys.version_info[:3]))
    yield sys.version_info >= OLDEST_PYTHON, f"Python {version}; at least {'.'.join(map(str, OLDEST_PYTHON))} is needed"
    with app.app_context():
        yield schema.is_current(db.engine), f"the schema of the {db.engine.dialect.name} database is this version's"
        yield _examine_worker(measures.find_tick_age(db.session, now=clock.now()))
        frozen = outbox.find_freeze(db.session)
        yield frozen is None, "letters go out" if frozen is None else f"letters are held back: {frozen.reason}"
        lost = outbox.count_in_doubt(db.session)
        yield not lost, f"{lost} letters that failed, or of which nobody knows whether they went out"
        behind = behind_by(db.session)
        is_well = abs(behind) < CLOCKS_AGREE
        yield is_well, f"this machine's clock and the database's agree; it is {behind.total_seconds():.1f} s behind"
    yield _examine_files(app.extensions["consult.storage"])
    if settings.s3_endpoint:
        is_safe = _is_private(settings.s3_endpoint)
        yield is_safe, f"files go to {settings.s3_endpoint} {'where nobody can listen' if is_safe else 'in clear'}"
    mode = stat.S_IMODE(os.stat(folder).st_mode)
    yield mode & 0o077 == 0, f"only the owner may look into {folder} (mode {mode:o}; 700 is right)"
    key = folder / "secret.key"
    if key.exists():
        mode = stat.S_IMODE(os.stat(key).st_mode)
        yield mode & 0o077 == 0, f"only the owner may read secret.key (mode {mode:o}; 600 is right)"
    free = shutil.disk_usage(folder).free
    yield free >= ENOUGH_SPACE, f"{free / 1024**3:.1f} GB are free; 1 GB is the least"
    yield _examine_mail(settings)
    yield examine_inbox(settings)
    yield settings.is_https, f"people reach it by https ({settings.base_url})"


def _examine_worker(age: float | None) -> tuple[bool, str]:
    if age is None:
        return False, "no worker has looked for what is due yet: start `consult work`"
    return age <= WORKER_SEEN, f"a worker looked for what is due {age:.0f} seconds ago"


def _examine_files(storage: Storage) -> tuple[bool, str]:
    try:
        storage.check()
    except Unavailable as away:
        return False, f"files can neither be read nor kept ({away.reason})"
    return True, "files can be read and kept"


def _is_private(address: str) -> bool:
    """Return whether nobody on the way can listen: by TLS, or because there is no way."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def examine_inbox(settings: Settings) -> tuple[bool, str]:
    """Open the mailbox as for fetching."""
    if not settings.inbox_server or not settings.reply_address:
        return True, "no letters come in: they say not to answer"
    try:
        with open_inbox(settings):
            return True, "the mailbox lets us in"
    except MailboxAway as away:
        return False, f"no letter comes in: {FAULTS[away.fault]}"


def _examine_mail(settings: Settings) -> tuple[bool, str]:
    """Connect to the mail server as for a letter."""
    if not settings.mail_server:
        return False, "letters only become files"
    try:
        try_server(settings)
    except ServerAway as away:
        return False, f"no letter goes out: {FAULTS[away.fault]} {away.answer}".rstrip()
    return True, "the mail server lets us in"


@click.command("export-round")
@click.argument("round_id", type=int)
@click.option("-o", "--output", type=File, required=True)
def export_round(round_id: int, output: Path) -> None:
    """Write all that is on record of a round into one archive: files, comments, decisions, letters, audit."""
    app = open_app()
    with app.app_context():
        data = evidence.write_evidence(db.session, app.extensions["consult.storage"], round_id)
        with unit_of_work(db.session) as now:
            audit.record(
                db.session, by=COMMAND, action="round.export", object_kind="round", object_id=round_id, now=now
            )
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
    click.echo(f"Written: {output}.")


@click.command()
@click.option("--kept-for", "days", type=click.IntRange(min=1), required=True, help="Days since the last round ended.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def purge(days: int, dry_run: bool) -> None:
    """Remove consultations of which every round was finished so long ago: rows and files, for good."""
    app = open_app()
    with app.app_context():
        gone = purging.purge(
            db.engine, app.extensions["consult.storage"], kept_for=timedelta(days=days), now=clock.now(), dry=dry_run
        )
    what = "would go" if dry_run else "are gone"
    click.echo(f"{len(gone.consultations)} consultations, {gone.rows} rows and {gone.files} files {what}.")


@click.group("outbox")
def outbox_commands() -> None:
    """Letters that are held back."""


@outbox_commands.command()
@click.option("--send-old", is_flag=True, help="Send also what was waiting in the backup: it may be a second time.")
def thaw(send_old: bool) -> None:
    """Let letters go again after a restore."""
    app = open_app()
    with app.app_context(), unit_of_work(db.session) as now:
        sent, dropped = outbox.lift_freeze(db.session, send_old=send_old, now=now)
        audit.record(
            db.session, by=COMMAND, action="outbox.thaw", object_kind="instance", object_id="1", now=now,
            sent=sent, dropped=dropped,
        )  # fmt: skip
    click.echo(f"Letters go out again. From before the restore: {sent} are sent, {dropped} never will be.")
