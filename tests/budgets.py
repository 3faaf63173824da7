"""Budgets of pages: how many queries a request makes, how many bytes a page takes on the wire."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from consult.models import db

QUERIES_OF_A_PAGE, QUERIES_OF_A_SAVE = 10, 8
PAGE_BYTES = 65_000
NOT_QUERIES = ("BEGIN", "SELECT pg_advisory_xact_lock")  # neither reads nor writes


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Give a list in which the statements appear that are sent to the database meanwhile."""
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if not statement.startswith(NOT_QUERIES):
            found.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def queries_of(app: Flask, client: Any, address: str, **request: Any) -> list[str]:
    """Return the statements a GET makes once the process has seen the page: what it keeps is kept."""
    client.get(address, **request)
    with counted(app) as found:
        answer = client.get(address, **request)
    assert answer.status_code == 200, address
    return found


def size_of(answer: Any) -> int:
    """Return how many bytes a page takes on the wire, packed as we pack it at the least."""
    return len(gzip.compress(answer.get_data(), 1))
