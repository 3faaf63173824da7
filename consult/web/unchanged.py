"""Pages that a browser keeps and asks about: an unchanged one is answered without being made.

A page is recognised by a stamp over everything it is made of that can change, under the app's secret: a stamp tells
nothing but whether it is the same. The browser must ask each time, so who is signed out gets the sign-in page; and
signing out has the browser forget what it kept.
"""

import hashlib
import hmac
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, current_app, request, session
from flask_wtf.csrf import generate_csrf

from consult import paths
from consult.web.languages import language
from consult.web.themes import theme

REVALIDATE, NEVER_KEEP = "private, no-cache", "no-store"
PARTS_OF_BUILD = ("*.py", "*.html", "*.po", "*.js", "*.css")


@cache
def build_digest() -> bytes:
    """Return the digest of the program and its templates: a page kept from before an update is made anew."""
    found = hashlib.sha256()
    for folder in (Path(__file__).resolve().parent.parent, paths.TEMPLATES):
        for pattern in PARTS_OF_BUILD:
            for file in sorted(folder.rglob(pattern)):
                found.update(file.read_bytes())
    return found.digest()


def stamp_of(*facts: Any) -> str:
    """Return the stamp of a page made of these facts, "" where something in it is shown only once."""
    if session.get("_flashes"):
        return ""
    generate_csrf()  # the forms on the page carry what the session holds from now on
    content = repr((session["csrf_token"], request.full_path, language(), theme(), *facts)).encode()
    key = str(current_app.config["SECRET_KEY"]).encode() + build_digest()
    return hmac.new(key, content, hashlib.sha256).hexdigest()[:32]


def is_unchanged(stamp: str) -> bool:
    """Return whether the browser has the page with this stamp."""
    return bool(stamp) and request.if_none_match.contains_weak(stamp)


def unchanged(stamp: str) -> Response:
    """Return the answer that the page the browser has is the one."""
    return keep(Response(status=304), stamp)


def keep(response: Response, stamp: str) -> Response:
    """Let the browser keep a page with this stamp, and ask before it shows it again."""
    if stamp:
        response.set_etag(stamp, weak=True)
        response.headers["Cache-Control"] = REVALIDATE
    return response


def cache_control(response: Response) -> str:
    """Return what a browser may do with an answer: forget it, but for a page with a stamp."""
    is_stamped = "ETag" in response.headers and response.headers.get("Cache-Control") == REVALIDATE
    return REVALIDATE if is_stamped else NEVER_KEEP
