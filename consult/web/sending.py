"""Sending files: always as an attachment, never to be kept by a cache or shown in place."""

import re
from urllib.parse import quote

from flask import Response


def attachment(data: bytes, filename: str, media_type: str) -> Response:
    """Return a file to be saved under a name (RFC 6266, with the name in UTF-8 after RFC 8187)."""
    name = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]+", "-", filename).strip()[:150] or "file"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    response = Response(data, mimetype=media_type)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
