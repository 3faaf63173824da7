"""Files by sha256: named by their content, written once, never changed."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from consult.errors import NotFound
from consult.phrases import say

DIGEST = re.compile(r"[0-9a-f]{64}")


class Storage(Protocol):
    """Where files are kept."""

    def keep(self, data: bytes) -> str:
        """Keep the bytes durably and return their sha256. Keeping the same twice is keeping it once."""

    def read(self, sha256: str) -> bytes:
        """Return the bytes. Raises NotFound."""

    def list_names(self) -> Iterator[str]:
        """Yield the sha256 of every file there is."""

    def remove(self, sha256: str) -> None:
        """Remove a file for good. One that is not there is removed already."""


class FolderStorage:
    """A local folder. A file is complete and on disk before its name exists."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, sha256: str) -> Path:
        if not DIGEST.fullmatch(sha256):
            raise NotFound(say("There is no such file."))
        return self._folder / sha256[:2] / sha256

    def keep(self, data: bytes) -> str:
        """Keep the bytes and return their sha256: temporary file, fsync, rename, fsync of the folder."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if path.is_file():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return sha256

    def read(self, sha256: str) -> bytes:
        """Return the bytes. Raises NotFound."""
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound(say("The file is not in the store.")) from None

    def list_names(self) -> Iterator[str]:
        """Yield the sha256 of every file there is; what a crash left half written has no such name."""
        for path in sorted(self._folder.glob("??/*")):
            if DIGEST.fullmatch(path.name):
                yield path.name

    def remove(self, sha256: str) -> None:
        """Remove a file for good."""
        self._path(sha256).unlink(missing_ok=True)
