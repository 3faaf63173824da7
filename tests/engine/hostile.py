"""Attacks made here: packages that lie, overlap, explode, or are no Word files at all."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from tests.engine.specimens import draft

GOOD = draft("# Title", "Some text to comment on.")


def rebuilt(replace: dict[str, bytes] | None = None, add: dict[str, bytes] | None = None) -> bytes:
    """Return the good file with parts replaced and added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, (replace or {}).get(name, source.read(name)))
        for name, data in (add or {}).items():
            target.writestr(name, data)
    return out.getvalue()


def part(name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(GOOD)).read(name)


def bomb() -> bytes:
    """A member of 150 MB of zeros."""
    return rebuilt(add={"word/media/bomb.bin": b"\0" * (150 * 1024 * 1024)})


def many_parts() -> bytes:
    return rebuilt(add={f"word/extra{n}.bin": b"x" for n in range(2100)})


def lying_size() -> bytes:
    """The directory says a part is smaller than its stream."""
    data = bytearray(GOOD)
    place = data.find(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, 3)
    return bytes(data)


def lying_both() -> bytes:
    """Directory and local header agree on a size that the stream exceeds."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"a" * 5_000_000) + packer.flush()
    name = b"word/lie.xml"
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 33, 0, len(packed), 10, len(name), 0) + name + packed
    end = GOOD.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<I", GOOD, end + 16)[0]
    count = struct.unpack_from("<H", GOOD, end + 10)[0]
    central = GOOD[start:end]
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, 0, len(packed), 10, len(name), 0, 0, 0, 0, 0, start
    )
    directory = central + entry + name
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(directory), start + len(local), 0)
    return GOOD[:start] + local + directory + tail


def overlapping() -> bytes:
    """Two entries of the directory point to the same bytes."""
    end = GOOD.rfind(b"PK\x05\x06")
    start, count = struct.unpack_from("<I", GOOD, end + 16)[0], struct.unpack_from("<H", GOOD, end + 10)[0]
    central = GOOD[start:end]
    first = central[: 46 + struct.unpack_from("<H", central, 28)[0] + struct.unpack_from("<H", central, 30)[0]]
    directory = central + first
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(directory), start, 0)
    return GOOD[:start] + directory + tail


def with_doctype(encoding: str, name: str = "word/document.xml") -> bytes:
    text = part(name).decode("utf-8")
    head, _, rest = text.partition("?>")
    spoiled = f'{head}?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{rest}'
    if encoding != "utf-8":
        spoiled = spoiled.replace("UTF-8", encoding.upper()).replace("utf-8", encoding)
    return rebuilt({name: spoiled.encode(encoding)})


def macros() -> bytes:
    types = part("[Content_Types].xml").replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    )
    return rebuilt({"[Content_Types].xml": types}, {"word/vbaProject.bin": b"macro"})


def deep() -> bytes:
    inner = b"<w:smartTag>" * 300 + b"</w:smartTag>" * 300
    return rebuilt({"word/document.xml": part("word/document.xml").replace(b"</w:p>", inner + b"</w:p>", 1)})


def wide() -> bytes:
    """A million empty paragraphs and more, each a little different, so that they do not look like a zip bomb."""
    paragraphs = "".join(f'<w:p w:rsidR="{i * 2_654_435_761 % 2**32:08X}"/>' for i in range(1_050_000)).encode()
    return rebuilt({"word/document.xml": part("word/document.xml").replace(b"<w:body>", b"<w:body>" + paragraphs)})


def strict() -> bytes:
    rels = part("_rels/.rels").replace(
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument",
    )
    return rebuilt({"_rels/.rels": rels})


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def attacks() -> Iterator[tuple[str, bytes, str]]:
    """Yield (name, bytes, the reason each must be refused with)."""
    yield "empty", b"", "empty"
    yield "text", b"just words", "not-word"
    yield "rtf", rb"{\rtf1 hello}", "rtf"
    yield "pdf", b"%PDF-1.7 hello", "pdf"
    yield "html", b"<html><body>hello", "html"
    yield "old word", OLE + b"\0" * 600, "old-word"
    yield "encrypted", OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "encrypted"
    yield "plain zip", _zip({"a.txt": b"a"}), "not-word"
    yield "spreadsheet", rebuilt({"[Content_Types].xml": _as_sheet()}), "not-word"
    yield "macros", macros(), "macros"
    yield "bomb", bomb(), "zip-bomb"
    yield "many parts", many_parts(), "too-many-parts"
    yield "lying size", lying_size(), "contradictory"
    yield "lying twice", lying_both(), "contradictory"
    yield "overlapping", overlapping(), "overlapping"
    for name in ("../evil.xml", "/abs.xml", "a\\b.xml", "C:/x.xml"):
        yield f"name {name}", rebuilt(add={name: b"x"}), "bad-names"
    yield "case twice", rebuilt(add={"WORD/document.xml": b"x"}), "duplicate-parts"
    for encoding in ("utf-8", "utf-16", "utf-7"):
        yield f"doctype {encoding}", with_doctype(encoding), "doctype"
    for name in ("_rels/.rels", "[Content_Types].xml", "docProps/core.xml", "word/styles.xml"):
        yield f"doctype in {name}", with_doctype("utf-8", name), "doctype"
    yield "deep", deep(), "too-complex"
    yield "wide", wide(), "too-complex"
    yield "strict", strict(), "strict"
    yield "not well-formed", rebuilt({"word/document.xml": b"<w:document"}), "damaged"
    yield "truncated", GOOD[: len(GOOD) // 2], "damaged"
    yield (
        "no text",
        rebuilt({"_rels/.rels": part("_rels/.rels").replace(b"word/document.xml", b"word/none.xml")}),
        "part-missing",
    )


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return out.getvalue()


def _as_sheet() -> bytes:
    return part("[Content_Types].xml").replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    )
