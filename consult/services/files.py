"""Stored files: bytes in storage first, then the row that names them."""

from datetime import datetime

from consult.errors import NotFound
from consult.models import StoredFile
from consult.phrases import say
from consult.storage import Storage
from consult.unit_of_work import AnySession

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def keep_file(session: AnySession, storage: Storage, *, data: bytes, media_type: str, now: datetime) -> StoredFile:
    """Keep the bytes durably, then add their row; the same bytes twice are one file."""
    sha256 = storage.keep(data)
    found = session.get(StoredFile, sha256)
    if found is None:
        found = StoredFile(sha256=sha256, size=len(data), media_type=media_type, created_at=now)
        session.add(found)
        session.flush()
    return found


def read_file(session: AnySession, storage: Storage, sha256: str) -> bytes:
    """Return a stored file's bytes. Raises NotFound when there is no row for it."""
    if session.get(StoredFile, sha256) is None:
        raise NotFound(say("There is no such file."))
    return storage.read(sha256)
