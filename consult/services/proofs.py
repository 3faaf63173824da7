"""Proofs: the file an answer came as, kept as it is and never opened; what it is, is told by its first bytes."""

import re
from datetime import datetime
from unicodedata import normalize

from consult import jail
from consult.errors import Invalid
from consult.phrases import say
from consult.services.files import keep_file
from consult.storage import Storage
from consult.unit_of_work import AnySession

OPAQUE = "application/octet-stream"
BEGINNINGS = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "docx": b"PK\x03\x04",
}
HEADER_LINE = re.compile(rb"\A[A-Za-z][A-Za-z0-9-]{0,70}:[^\0]*\Z", re.ASCII)  # how every mail begins


def check_proof(filename: str, data: bytes) -> None:
    """Raise Invalid unless this is a PDF, a picture, a Word file or a saved mail. A Word file must be one that we take."""
    kind = filename.rpartition(".")[2].lower()
    if not _is_one(kind, data):
        raise Invalid(
            say("Attach a PDF, a picture (PNG or JPEG), a Word file (.docx) or a saved mail (.eml)."), "not-a-proof"
        )
    if kind == "docx":
        jail.read_draft(data)


def _is_one(kind: str, data: bytes) -> bool:
    if kind == "eml":
        return bool(HEADER_LINE.match(data[:2000]))
    return kind in BEGINNINGS and data.startswith(BEGINNINGS[kind])


def keep_proof(session: AnySession, storage: Storage, *, filename: str, data: bytes, now: datetime) -> tuple[str, str]:
    """Keep a proof that has been checked; return its sha256 and its name."""
    stored = keep_file(session, storage, data=data, media_type=OPAQUE, now=now)
    return stored.sha256, normalize("NFC", filename)[-255:]
