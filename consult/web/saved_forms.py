"""Telling the browser which form is saved: until then it keeps what was typed into it."""

from flask import request
from werkzeug.wrappers import Response

from consult.web.guards import settings

COOKIE = "consult_saved"  # read by the script, so not for HTTP alone; it names a form, nothing else
KEY_LENGTH = 64
AN_HOUR = 3600


def tell_saved(response: Response) -> Response:
    """Name the form that this request has saved in the answer, where it has a name."""
    key = request.form.get("form_key", "")
    if key.isalnum() and key.isascii() and len(key) <= KEY_LENGTH:
        response.set_cookie(COOKIE, key, max_age=AN_HOUR, secure=settings().is_https, samesite="Lax", path="/")
    return response
