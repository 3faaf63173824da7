"""Exceptions -> pages: what happened, in a sentence, and everything the person had typed."""

import uuid

import structlog
from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from consult.errors import ConsultError, Unavailable
from consult.models import db
from consult.phrases import say
from consult.web.languages import said

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]
TITLES = {
    400: say("This request cannot be used"),
    403: say("This is not possible for you"),
    404: say("Not found"),
    405: say("This is not possible here"),
    409: say("This has changed meanwhile"),
    413: say("This is too large"),
    422: say("Something needs to be corrected"),
    503: say("Busy at the moment"),
}
UNTYPED = frozenset(("csrf_token", "form_key", "place", "version", "chosen", "shown"))
RETRY_AFTER = "5"  # seconds
log = structlog.get_logger()


def typed() -> list[tuple[str, str]]:
    """Return what the person had typed into the form that failed, so that nothing is lost; nothing of what is too large."""
    if request.method != "POST":
        return []
    try:
        form = request.form
    except RequestEntityTooLarge:
        return []
    return [(name, value) for name, value in form.items(multi=True) if name not in UNTYPED and value.strip()]


def page(status: int, message: str, reason: str = "") -> tuple[str, int]:
    """Return an error page."""
    title = said(TITLES.get(status, say("Something went wrong")))
    return render_template(
        "errors/error.html", title=title, message=said(message), reason=reason, typed=typed()
    ), status


def add_to(app: Flask) -> None:
    """Map every exception to a page, once."""

    @app.errorhandler(ConsultError)
    def _consult_error(error: ConsultError) -> Answer:
        db.session.rollback()
        later = {"Retry-After": RETRY_AFTER} if isinstance(error, Unavailable) else {}
        return *page(error.status, error.message, error.reason), {"X-Reason": error.reason, **later}

    @app.errorhandler(CSRFError)
    def _csrf_error(error: CSRFError) -> Answer:
        return page(
            400,
            say("This form is too old or was not sent from our page. Open the page again and send it once more."),
        )

    @app.errorhandler(StaleDataError)
    def _stale(error: StaleDataError) -> Answer:
        db.session.rollback()
        return page(
            409,
            say("Somebody else changed this at the same moment. What you typed is below; open the page again."),
        )

    @app.errorhandler(OperationalError)
    def _busy(error: OperationalError) -> Answer:
        db.session.rollback()
        message = say("The service is busy. Nothing was saved. Wait a few seconds and send the form again.")
        return *page(503, message), {"Retry-After": RETRY_AFTER}

    @app.errorhandler(HTTPException)
    def _http_error(error: HTTPException) -> Answer:
        if isinstance(error, RequestEntityTooLarge):
            largest = app.config["MAX_CONTENT_LENGTH"] // 2**20
            return page(
                413,
                say(
                    "This is more than %(largest)s MB. Make the file smaller, for example by smaller pictures.",
                    largest=largest,
                ),
            )
        messages = {
            404: say("There is no such page, or it is not for you."),
            405: say("This page does not take that."),
        }
        status = error.code or 500
        return page(status, messages.get(status, say("This request cannot be used.")))

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Answer:
        db.session.rollback()
        number = uuid.uuid4().hex[:12]
        log.error("unexpected", id=number, kind=type(error).__name__, endpoint=request.endpoint)
        if app.testing:
            raise error
        return page(
            500,
            say(
                "An error happened that is not your fault. Nothing was saved. Its number is %(number)s.", number=number
            ),
        )
