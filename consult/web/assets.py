"""The style, the script and the icon of all pages: each many files in the house, one request on the wire.

The address carries the digest of the content, so a browser asks once and keeps it.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for

from consult import paths
from consult.web.guards import declares

blueprint = Blueprint("assets", __name__)
DARK = "[data-bs-theme=dark]"
RULE = re.compile(r"[^{}]*\{[^{}]*\}")
COMMENT = re.compile(r"/\*(?!!).*?\*/", re.DOTALL)  # what begins with an exclamation mark is a licence and stays


@dataclass(frozen=True, slots=True)
class Asset:
    """A file made of files."""

    name: str
    mimetype: str
    content: bytes
    packed: bytes
    digest: str


def _bootstrap_style() -> bytes:
    spec = find_spec("flask_bootstrap")
    if spec is None or spec.origin is None:
        raise RuntimeError("Bootstrap-Flask carries Bootstrap, and is not installed")
    style = Path(spec.origin).parent / "static" / "bootstrap5" / "css" / "bootstrap.min.css"
    return style.read_bytes().partition(b"/*# sourceMappingURL")[0]


def _joined(folder: Path, first: bytes, pattern: str) -> bytes:
    """Return the files of a folder in the order of their names, behind a library."""
    return b"\n".join((first, *(file.read_bytes() for file in sorted(folder.glob(pattern)))))


@cache  # the same for every app of a process
def for_dark_systems(style: str) -> str:
    """Return a style in which every rule for the dark theme applies to readers with a dark system as well.

    Whoever has chosen a theme gets `data-bs-theme` dark or light from the server; whoever has not gets "system", and
    the browser knows which it is before it draws anything.
    """
    return RULE.sub(_with_system, COMMENT.sub("", style))


def _with_system(rule: re.Match[str]) -> str:
    selectors, _, _ = rule.group().partition("{")
    if DARK not in selectors:
        return rule.group()
    of_system = rule.group().replace(DARK, "[data-bs-theme=system]")
    return f"{rule.group()}@media (prefers-color-scheme:dark){{{of_system}}}"


@cache
def _asset(name: str, mimetype: str, content: bytes) -> Asset:
    return Asset(name, mimetype, content, gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:16])


def build_assets() -> dict[str, Asset]:
    """Return the style, the script and the icon by name."""
    style = for_dark_systems(_joined(paths.STATIC / "style", _bootstrap_style(), "*.css").decode()).encode()
    script = _joined(paths.STATIC / "script", (paths.STATIC / "vendor" / "htmx.min.js").read_bytes(), "*.js")
    return {
        asset.name: asset
        for asset in (
            _asset("page.css", "text/css", style),
            _asset("page.js", "text/javascript", script),
            _asset("icon.svg", "image/svg+xml", (paths.STATIC / "icon.svg").read_bytes()),
        )
    }


@blueprint.get("/assets/<digest>/<name>")
@declares("public")
def fetch(digest: str, name: str) -> Response:
    """Send one of them, packed where the browser takes that."""
    asset = _assets().get(name)
    if asset is None or asset.digest != digest:
        abort(404)
    takes_packed = request.accept_encodings.quality("gzip") > 0
    response = Response(asset.packed if takes_packed else asset.content, mimetype=asset.mimetype)
    if takes_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def asset_url(name: str) -> str:
    """Return the address of one of them as it is now."""
    return url_for("assets.fetch", digest=_assets()[name].digest, name=name)


def _assets() -> dict[str, Asset]:
    return cast(dict[str, Asset], current_app.extensions["consult.assets"])


def add_to(app: Flask) -> None:
    """Build the assets once and let templates name them."""
    app.extensions["consult.assets"] = build_assets()
    app.jinja_env.globals["asset_url"] = asset_url
