"""The files a command reads and writes: what is wrong with one is said in a sentence that names it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from consult import engine
from consult.errors import Invalid

NOT_PLACED = 3  # how a command ends that has done its work, but for what it has listed


def read(path: str) -> bytes:
    """Return the bytes of a file. Raises Invalid when it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.", "no-file") from None


def write(path: str, data: bytes) -> None:
    """Write a file. Raises Invalid when it cannot be written."""
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}.", "cannot-write") from None


def write_json(path: str, told: Any) -> None:
    """Write a value as JSON for people to read."""
    write(path, (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode())


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Have whatever is found wrong inside say which file it is about."""
    try:
        yield
    except Invalid as error:
        raise Invalid(f"{path}: {error.message}", error.reason) from None


def read_draft(path: str) -> tuple[bytes, engine.Draft]:
    """Return a draft's bytes and its paragraphs. Raises Invalid, naming the file, for one that cannot be used."""
    data = read(path)
    with naming(path):
        return data, engine.read_draft(data)
