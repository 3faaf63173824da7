"""Files by sha256: named by their content, written once, never changed.

A local folder, or a bucket of an S3-compatible service (consult/buckets.py). What cannot be reached or written raises
Unavailable: nothing was kept, and the same can be asked for again.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

import structlog

from consult.config import Settings
from consult.errors import Invalid, NotFound, Unavailable
from consult.phrases import say

DIGEST = re.compile(r"[0-9a-f]{64}")
BUCKET = "s3://"
log = structlog.get_logger()


class FileDamaged(Unavailable):
    """What lies in the store under a name is not what was kept under it."""


class Storage(Protocol):
    """Where files are kept."""

    def keep(self, data: bytes) -> str:
        """Keep the bytes durably and return their sha256. Keeping the same twice is keeping it once."""

    def read(self, sha256: str) -> bytes:
        """Return the bytes, checked against their name. Raises NotFound, FileDamaged."""

    def list_names(self) -> Iterator[str]:
        """Yield the sha256 of every file there is."""

    def remove(self, sha256: str) -> None:
        """Remove a file for good. One that is not there is removed already."""

    def check(self) -> None:
        """Raise Unavailable unless files could be read and kept now, as far as can be told without keeping one."""


def open_storage(settings: Settings, address: str = "") -> Storage:
    """Return the store at an address, or the one that is set. Raises Invalid when what it needs is not installed."""
    address = address or settings.files_url
    if address.startswith(BUCKET):
        if find_spec("obstore") is None:
            raise Invalid(
                say("Files in a bucket need the extra s3: pip install 'consult[s3]'. Nothing was changed."), "no-s3"
            )
        return cast(Storage, import_module("consult.buckets").BucketStorage(settings, address))
    return FolderStorage(Path(address) if address else settings.instance_path / "files")


def is_name(name: str) -> bool:
    """Return whether a file of ours could have this name."""
    return DIGEST.fullmatch(name) is not None


def checked(sha256: str, data: bytes) -> bytes:
    """Return what was read under a name. Raises FileDamaged when it is not what was kept."""
    if hashlib.sha256(data).hexdigest() != sha256:
        log.error("storage", act="read", kind="damaged", file=sha256)
        sentence = say("This file is damaged in the store. Tell the administrator: a backup has it as it was.")
        raise FileDamaged(sentence, "file-damaged")
    return data


def not_there() -> NotFound:
    """Return what is raised for a file that is not in the store."""
    return NotFound(say("The file is not in the store."))


def away(act: str, error: Exception, reason: str = "storage-away") -> Unavailable:
    """Return what is raised when the store cannot do its part; the log tells why."""
    log.error("storage", act=act, kind=type(error).__name__, reason=reason, number=getattr(error, "errno", None))
    return Unavailable(
        say("The place where files are kept cannot be used at the moment. Nothing was saved. Try again in a minute."),
        reason,
    )


class FolderStorage:
    """A local folder. A file is complete and on disk, and so is its name, before it counts as kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, sha256: str) -> Path:
        if not is_name(sha256):
            raise NotFound(say("There is no such file."))
        return self._folder / sha256[:2] / sha256

    def keep(self, data: bytes) -> str:
        """Keep the bytes and return their sha256: temporary file, fsync, rename, fsync of the folders."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        try:
            if not path.is_file():
                self._write(path, data)
            for folder in (path.parent, self._folder, self._folder.parent):
                _sync(folder)  # also of a file that is there: who wrote it may not have come so far
        except OSError as error:
            raise away("keep", error) from None
        return sha256

    def _write(self, path: Path, data: bytes) -> None:
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

    def read(self, sha256: str) -> bytes:
        """Return the bytes. Raises NotFound, FileDamaged."""
        try:
            return checked(sha256, self._path(sha256).read_bytes())
        except FileNotFoundError:
            raise not_there() from None
        except OSError as error:
            raise away("read", error) from None

    def list_names(self) -> Iterator[str]:
        """Yield the sha256 of every file there is; what a crash left half written has no such name."""
        for path in sorted(self._folder.glob("??/*")):
            if is_name(path.name):
                yield path.name

    def remove(self, sha256: str) -> None:
        """Remove a file for good."""
        try:
            self._path(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise away("remove", error) from None

    def check(self) -> None:
        """Raise Unavailable unless the folder, or the one it will be made in, can be written to."""
        folder = self._folder if self._folder.is_dir() else self._folder.parent
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise away("check", PermissionError())


def _sync(folder: Path) -> None:
    """Let the names in a folder be on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
