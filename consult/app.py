"""The composition root: settings → Flask → database → mail → storage → guards → blueprints → errors."""

import logging

import structlog
from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect

from consult import paths
from consult.config import Settings, load_settings, secret_of
from consult.journal import make_journal
from consult.mail import make_sender
from consult.models import db
from consult.queues import attach, open_queue
from consult.storage import open_storage
from consult.unit_of_work import engine_options, prepare
from consult.web import (
    assets,
    blueprints,
    errors,
    guards,
    health,
    languages,
    marks,
    metrics,
    packing,
    sections,
    security,
    showing,
    themes,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the app. It refuses to start when a route declares no action or a setting cannot be used."""
    settings = settings or load_settings()
    settings.instance_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    app = Flask(
        "consult",
        template_folder=str(paths.TEMPLATES),
        static_folder=str(paths.STATIC),
        instance_path=str(settings.instance_path.resolve()),
    )
    app.config.update(
        SECRET_KEY=secret_of(settings),
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database),
        MAX_CONTENT_LENGTH=settings.largest_upload,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        WTF_CSRF_TIME_LIMIT=None,  # a form left open over lunch must still be accepted
        BOOTSTRAP_SERVE_LOCAL=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_https,
    )
    _set_up_logs()
    db.init_app(app)
    with app.app_context():
        prepare(db.engine, watches=settings.watch_clock)
        attach(db.engine, open_queue(settings))
    app.extensions["consult"] = settings
    app.extensions["consult.storage"] = open_storage(settings)
    app.extensions["consult.send"] = make_sender(app, settings)
    app.extensions["consult.journal"] = make_journal(settings)
    CSRFProtect(app)
    Bootstrap5(app)
    languages.add_to(app)
    assets.add_to(app)
    showing.add_to(app)
    marks.add_to(app)
    themes.add_to(app)
    sections.add_to(app)
    packing.add_to(app)
    health.add_to(app)
    metrics.add_to(app)
    security.add_to(app)
    guards.add_to(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    errors.add_to(app)
    guards.check_all_declared(app)
    return app


def _set_up_logs() -> None:
    """Log events with ids only, one JSON object a line; never text, tokens or addresses."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
