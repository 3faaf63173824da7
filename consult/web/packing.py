"""Pages packed for the wire, as much as a slow connection gains by and no more: most of them are made anew each time."""

import gzip
import io
import secrets

from flask import Flask, Response, request

SMALLEST = 1000  # bytes; below, packing saves nothing
LEVEL = 5  # the page of 500 comments: 62 kB for 4 ms; by level 2 it is 72 kB for 2 ms


def add_to(app: Flask) -> None:
    """Pack pages for browsers that take that."""

    @app.after_request
    def _pack(response: Response) -> Response:
        takes = request.accept_encodings.quality("gzip") > 0
        is_page = response.status_code == 200 and response.mimetype == "text/html" and not response.is_streamed
        if not takes or not is_page or "Content-Encoding" in response.headers:
            return response
        content = response.get_data()
        if len(content) >= SMALLEST:
            response.set_data(pack(content))
            response.headers["Content-Encoding"] = "gzip"
        return response


def pack(content: bytes) -> bytes:
    """Return content packed, of a length that is drawn within a hundred bytes.

    Else a page that repeats somebody's words beside a secret would tell by its length whether they are alike (BREACH).
    """
    out = io.BytesIO()
    name = "a" * secrets.randbelow(100)
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=LEVEL, fileobj=out, mtime=0) as packed:
        packed.write(content)
    return out.getvalue()
