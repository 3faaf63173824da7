"""The least that a merge must do: unzip, parse, align, word differences of every copy, one write. It merges nothing."""

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO

from lxml import etree
from rapidfuzz.distance import LCSseq, Levenshtein

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAIN = "word/document.xml"
WORDS = re.compile(r"\w+|\s|[^\w\s]")


def run_floor(draft: bytes, copies: Sequence[bytes]) -> bytes:
    """Do the least, and return the draft packed again."""
    root, base = _read(draft)
    for copy in copies:
        _, texts = _read(copy)
        for operation in LCSseq.opcodes(base, texts):
            if operation.tag != "equal":
                old = base[operation.src_start : operation.src_end]
                new = texts[operation.dest_start : operation.dest_end]
                for one, other in zip(old, new, strict=False):
                    Levenshtein.opcodes(WORDS.findall(one), WORDS.findall(other))
    return _write(draft, root)


def _read(data: bytes) -> tuple[etree._Element, list[str]]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    root = etree.fromstring(parts[MAIN])
    return root, ["".join(t.text or "" for t in p.iter(f"{W}t")) for p in root.iter(f"{W}p")]


def _write(draft: bytes, root: etree._Element) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(draft)) as archive, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        for name in archive.namelist():
            out.writestr(name, etree.tostring(root) if name == MAIN else archive.read(name))
    return stream.getvalue()
