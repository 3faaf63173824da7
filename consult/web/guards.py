"""Every route declares its action, or the app does not start; everything but "public" needs a signed-in person."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.config import Settings
from consult.errors import Forbidden
from consult.models import Person, db
from consult.phrases import say
from consult.rules.permissions import ACTIONS, ANONYMOUS, Actor, Facts, require
from consult.services import people
from consult.storage import Storage

View = TypeVar("View", bound=Callable[..., Any])
COOKIE = "consult_session"
LIBRARY_ROUTES = ("static", "bootstrap.static", "assets.fetch")  # the same for everybody


def declares(action: str) -> Callable[[View], View]:
    """Declare what a view does, in the words of rules/permissions.py."""
    if action not in ACTIONS:
        raise KeyError(action)

    def mark(view: View) -> View:
        view.action = action  # type: ignore[attr-defined]
        return view

    return mark


def action_of(app: Flask, endpoint: str) -> str | None:
    """Return the action an endpoint declares; the files of libraries are public."""
    if endpoint in LIBRARY_ROUTES:
        return "public"
    return getattr(app.view_functions[endpoint], "action", None)


def check_all_declared(app: Flask) -> None:
    """Raise RuntimeError when a route declares no action: the app must not start with a door nobody guards."""
    missing = sorted({rule.endpoint for rule in app.url_map.iter_rules() if action_of(app, rule.endpoint) is None})
    if missing:
        raise RuntimeError(f"These routes declare no action: {', '.join(missing)}")


def actor() -> Actor:
    """Return who makes this request."""
    return cast(Actor, g.actor)


def person() -> Person:
    """Return the signed-in person, as the database says now."""
    return db.session.get_one(Person, actor().person_id)


def person_id() -> int:
    """Return the number of the signed-in person."""
    number = actor().person_id
    if number is None:
        raise RuntimeError("nobody is signed in here: the route should not be public")
    return number


def settings() -> Settings:
    """Return the settings."""
    return cast(Settings, current_app.extensions["consult"])


def storage() -> Storage:
    """Return where files are kept."""
    return cast(Storage, current_app.extensions["consult.storage"])


def cookie_name() -> str:
    """Return the session cookie's name: over https one that no other host can set."""
    return f"__Host-{COOKIE}" if settings().is_https else COOKIE


def part_cookie(delegation_id: int) -> str:
    """Return the name of the cookie of a delegated part: one for each, so that two parts in one browser stay apart."""
    name = f"{COOKIE}_part_{delegation_id}"
    return f"__Host-{name}" if settings().is_https else name


def add_to(app: Flask) -> None:
    """Guard every request."""

    @app.before_request
    def _guard() -> Response | None:
        g.actor = ANONYMOUS
        if request.endpoint is None:
            return None
        action = action_of(app, request.endpoint)
        if request.endpoint in LIBRARY_ROUTES:
            return None
        if action is not None and action.startswith("part."):
            return None  # nobody is anybody here until web/part_scope.py has looked at the part's own cookie
        token = request.cookies.get(cookie_name(), "")
        found = people.find_actor(db.session, token=token, now=clock.now()) if token else None
        if found is not None:
            g.actor = found
        if action == "public":
            return None
        if g.actor.person_id is None:
            if request.method == "GET":
                return redirect(url_for("people.sign_in", next=request.full_path.rstrip("?")))
            raise Forbidden(
                say("You are signed out. Sign in again in another tab, then send this form once more."), "signed-out"
            )
        if action in ("signed-in", "administer", "home.see", "consultation.open"):
            require(g.actor, action, Facts())
        return None
