"""Light, dark, or as the reader's system is: kept in a cookie, so that the first byte of a page is right already."""

from flask import Blueprint, Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from consult.errors import Invalid
from consult.phrases import say
from consult.services import people
from consult.web.guards import declares, settings

blueprint = Blueprint("themes", __name__)
COOKIE = "consult_theme"
THEMES = ("system", "light", "dark")
A_YEAR = 365 * 24 * 3600


def theme() -> str:
    """Return the theme of this request; "system" where none, or none we know, was chosen."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


@blueprint.post("/theme")
@declares("public")
def choose() -> Response:
    """Keep the choice, then show the page again on which it was made."""
    chosen = request.form.get("theme", "")
    if chosen not in THEMES:
        raise Invalid(say("Choose one of: system, light, dark."), "unknown-theme")
    response = redirect(people.safe_path(request.form.get("next", "")) or url_for("home.show"))
    response.set_cookie(
        COOKIE, chosen, max_age=A_YEAR, httponly=True, secure=settings().is_https, samesite="Lax", path="/"
    )
    return response


def add_to(app: Flask) -> None:
    """Let the frame of a page name its theme."""
    app.jinja_env.globals.update(theme=theme, themes=THEMES)
