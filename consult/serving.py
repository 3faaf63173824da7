"""The commands that need a database: run, web, work, and those of the administrator."""

import gc
import signal
import sys
import threading
from pathlib import Path

import click
from flask import Flask
from waitress import create_server

from consult import schema
from consult.app import create_app
from consult.config import load_settings
from consult.models import ROLES, Organisation, db
from consult.receiving import receive
from consult.rules.permissions import COMMAND
from consult.scheduling import Worker, do_long_work, tick
from consult.services import audit as audit_service
from consult.services import organisations, people
from consult.unit_of_work import unit_of_work


def open_app(instance: Path | None = None) -> Flask:
    """Return the app with its schema brought up to date."""
    app = create_app(load_settings(instance))
    with app.app_context():
        schema.upgrade(db.engine)
    return app


def wsgi_app() -> Flask:
    """Return the app for a WSGI server of your own: gunicorn "consult.serving:wsgi_app()"."""
    app = open_app()
    settle()
    return app


def settle() -> None:
    """Take what lives as long as the process out of the garbage collector's rounds, which would make requests wait."""
    gc.collect()
    gc.freeze()


def serve(app: Flask) -> None:
    """Serve pages until interrupted."""
    settle()
    settings = app.extensions["consult"]
    server = create_server(app, host=settings.host, port=settings.port, threads=8, ident="consult")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    click.echo(f"consult serves {settings.base_url} (stop with Ctrl-C)")
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        click.echo("Stopped.")


@click.command()
def run() -> None:
    """Serve the pages and do the worker's duties in one process."""
    app = open_app()
    worker = Worker(app)
    try:
        serve(app)
    finally:
        worker.shutdown()


@click.command()
def web() -> None:
    """Serve the pages only."""
    serve(open_app())


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now and end.")
def work(once: bool) -> None:
    """Do the worker's duties only: closings, reminders, letters, long work."""
    app = open_app()
    if once:
        received, done = receive(app), do_long_work(app)
        duties, letters = tick(app)
        click.echo(f"{received} mails read, {done} jobs done, {duties} duties carried out, {letters} letters sent.")
        return
    worker, stop = Worker(app), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        stop.wait()
    except KeyboardInterrupt:
        click.echo("Stopped.")
    finally:
        worker.shutdown()


@click.group("db")
def database() -> None:
    """The database's schema."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the schema up to date."""
    open_app()
    click.echo("The schema is up to date.")


@click.group("audit")
def audit() -> None:
    """The audit chain."""


@audit.command("verify")
def verify() -> None:
    """Check the chain; ends with 1 and the number of the first entry that does not hold."""
    app = open_app()
    with app.app_context():
        first_bad, head = audit_service.verify(db.session), audit_service.head_number(db.session)
    if first_bad:
        click.echo(f"The chain does not hold: entry {first_bad} was changed or is missing.", err=True)
        raise SystemExit(1)
    click.echo(f"The chain holds: {head} entries.")


@click.group("organisation")
def organisation() -> None:
    """Organisations."""


@organisation.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--time-zone", default="Europe/Vienna", show_default=True)
def add_organisation(code: str, name: str, time_zone: str) -> None:
    """Add an organisation."""
    app = open_app()
    with app.app_context(), unit_of_work(db.session) as now:
        organisations.add_organisation(db.session, code=code, name=name, time_zone=time_zone, by=COMMAND, now=now)
    click.echo(f"Added: {name}.")


@click.group("person")
def person() -> None:
    """People."""


@person.command("add")
@click.argument("email")
@click.argument("name")
@click.option("--organisation", "code", default="", help="Code of the organisation the person acts for.")
@click.option("--role", type=click.Choice(list(ROLES)), default="contributor", show_default=True)
@click.option("--administrator", is_flag=True)
def add_person(email: str, name: str, code: str, role: str, administrator: bool) -> None:
    """Add a person."""
    app = open_app()
    with app.app_context(), unit_of_work(db.session) as now:
        added = people.add_person(
            db.session, email=email, name=name, is_administrator=administrator, by=COMMAND, now=now
        )
        if code:
            found = db.session.query(Organisation).filter_by(code=code.upper()).first()
            if found is None:
                raise click.ClickException(f"There is no organisation with the code {code}.")
            people.appoint(db.session, person=added, organisation_id=found.id, role=role, by=COMMAND, now=now)
    click.echo(f"Added: {name}.")


@click.command("sign-in-link")
@click.argument("email")
def sign_in_link(email: str) -> None:
    """Print a sign-in link for a person: for the first administrator, and where there is no mail."""
    click.echo(make_sign_in_link(open_app(), email))


def make_sign_in_link(app: Flask, email: str) -> str:
    """Return a new sign-in link for the person with an address."""
    settings = app.extensions["consult"]
    with app.app_context(), unit_of_work(db.session) as now:
        found = people.find_person(db.session, email)
        if found is None:
            raise click.ClickException(f"There is no person with the address {email}.")
        link = people.make_link(db.session, person=found, base_url=settings.base_url, next_path="", now=now)
        audit_service.record(
            db.session, by=COMMAND, action="sign-in.link", object_kind="person", object_id=found.id, now=now
        )
    return link
