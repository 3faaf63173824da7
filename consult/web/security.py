"""Headers of every answer, and the host and origin of every request."""

from urllib.parse import urlsplit

from flask import Flask, Response, request

from consult.errors import Forbidden, Invalid
from consult.phrases import say
from consult.web.guards import LIBRARY_ROUTES, settings
from consult.web.unchanged import cache_control

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    + "frame-ancestors 'none'; form-action 'self'"
)
MACHINES = ("health.live", "health.ready", "metrics.show")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def add_to(app: Flask) -> None:
    """Check where requests come from, and set the headers of answers."""

    @app.before_request
    def _check_source() -> None:
        own = urlsplit(settings().base_url)
        if request.endpoint in MACHINES:
            return  # asked by address, inside; nothing there names this service
        if urlsplit(f"//{request.host}").hostname not in (own.hostname, "127.0.0.1", "localhost"):
            raise Invalid(say("This address does not belong to this service."), "wrong-host")
        if request.method not in SAFE_METHODS and request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise Forbidden(
                say("This form was sent from another site. Open the page here and send it again."), "cross-site"
            )

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if request.endpoint not in LIBRARY_ROUTES:
            headers["Vary"] = "Cookie, Accept-Encoding, Accept-Language"
            headers["Cache-Control"] = cache_control(response)
        if settings().is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
