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


def macros() -> bytes:
    types = part("[Content_Types].xml").replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    )
    return rebuilt({"[Content_Types].xml": types}, {"word/vbaProject.bin": b"macro"})


def fifield(files: int = 50) -> bytes:
    """A bomb whose files quote one another's headers and share one kernel (D. Fifield, A better zip bomb, 2019)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = packer.compress(b"a" * 200_000) + packer.flush()
    names = [f"word/{n}.xml".encode() for n in range(files)]
    body, entries, content, crc = kernel, list[bytes](), 200_000, zlib.crc32(b"a" * 200_000)
    for name in reversed(names):
        head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 33, crc, len(body), content, len(name), 0) + name
        entries.insert(0, struct.pack("<6H3I5H", 20, 20, 0, 8, 0, 33, crc, len(body), content, len(name), 0, 0, 0, 0))
        quote = struct.pack("<BHH", 0, len(head), len(head) ^ 0xFFFF) + head
        body, content = quote + body, content + len(head)
    out, directory = body[5:], b""
    place = 0
    for name, entry in zip(names, entries, strict=True):
        directory += b"PK\x01\x02" + entry + struct.pack("<II", 0, place) + name
        place += 30 + len(name) + 5
    return out + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, files, files, len(directory), len(out), 0)


def overlapping_by_a_byte() -> bytes:
    """The second part begins in the last byte of the first: each agrees with its own header."""
    first, second = b"a.xml", b"b.xml"
    inner = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, zlib.crc32(b"y"), 1, 1, 5, 0) + second + b"y"
    stored = b"x" * 10 + inner[:1]
    head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, zlib.crc32(stored), 11, 11, 5, 0) + first
    out, directory = head + stored + inner[1:], b""
    for name, data, place in ((first, stored, 0), (second, b"y", len(head) + 10)):
        entry = struct.pack("<6H3I", 20, 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data))
        directory += b"PK\x01\x02" + entry + struct.pack("<5H2I", 5, 0, 0, 0, 0, 0, place) + name
    return out + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), len(out), 0)


def lying_in(header: str, field: str) -> bytes:
    """One of the two headers of a part says something else of it than the other."""
    places = {"method": (8, 10), "crc": (14, 16), "packed": (18, 20), "size": (22, 24), "name": (30, 46)}
    local, central = places[field]
    start = 0 if header == "local" else GOOD.find(b"PK\x01\x02")
    data = bytearray(GOOD)
    data[start + (local if header == "local" else central)] ^= 0x01
    return bytes(data)


def with_name(name: bytes) -> bytes:
    """Return the good file with a part whose name is these bytes, in both headers."""
    made = rebuilt(add={"word/" + "~" * (len(name) - 5): b"x"})
    return made.replace(b"word/" + b"~" * (len(name) - 5), name)


def symbolic_link() -> bytes:
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a") as target:
        link = zipfile.ZipInfo("word/media/link.png")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        target.writestr(link, "/etc/passwd")
    return out.getvalue()


def many_dense_parts() -> bytes:
    """No part is large, all together are."""
    return rebuilt(add={f"word/media/{n}.bin": b"\0" * 2_000_000 for n in range(60)})


def larger_than_allowed() -> bytes:
    """Three parts that say, in both headers, that they hold 100 MB each."""
    data = bytearray(rebuilt(add={f"word/media/{n}.bin": b"x" for n in range(3)}))
    for mark, size, name in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        place = data.find(mark)
        while place >= 0:
            if data[place + name :].startswith(b"word/media/"):
                struct.pack_into("<I", data, place + size, 100 * 1024 * 1024)
            place = data.find(mark, place + 4)
    return bytes(data)


BAD_NAMES = (
    *(b"../evil.xml", b"word/../../evil.xml", b"word/..", b"/etc/passwd", b"word\\evil.xml", b"C:/evil.xml"),
    *(b"word/ev\0il.xml", b"\\\\host\\x.xml", b"word/e\x1bvil.xml", b"word/evil.xml\n"),
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def attacks() -> Iterator[tuple[str, bytes, str]]:
    """Yield (name, bytes, the reason each must be refused with)."""
    yield "empty", b"", "empty"
    yield "text", b"just words", "not-word"
    yield "rtf", rb"{\rtf1 hello}", "other-format"
    yield "pdf", b"%PDF-1.7 hello", "other-format"
    yield "html", b"<html><body>hello", "other-format"
    yield "old word", OLE + b"\0" * 600, "old-word"
    yield "encrypted", OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "encrypted"
    yield "plain zip", zipped({"a.txt": b"a"}), "not-word"
    yield "spreadsheet", rebuilt({"[Content_Types].xml": _as_sheet()}), "not-word"
    yield "macros", macros(), "macros"
    yield "bomb", bomb(), "zip-bomb"
    yield "many parts", many_parts(), "too-many-parts"
    yield "lying size", lying_size(), "contradictory"
    yield "lying twice", lying_both(), "contradictory"
    yield "overlapping", overlapping(), "overlapping"
    yield "Fifield's bomb", fifield(), "overlapping"
    yield "overlapping by a byte", overlapping_by_a_byte(), "overlapping"
    yield "dense parts", many_dense_parts(), "zip-bomb"
    yield "large parts", larger_than_allowed(), "too-large"
    for header in ("local", "central"):
        for field in ("method", "crc", "packed", "size", "name"):
            reason = "damaged" if (header, field) == ("central", "method") else "contradictory"
            yield f"{field} lies in the {header} header", lying_in(header, field), reason
    for name in BAD_NAMES:
        yield f"name {name!r}", with_name(name), "bad-names"
    yield "symbolic link", symbolic_link(), "bad-names"
    for name in ("word/document.xml", "word/DOCUMENT.xml"):
        yield f"{name} twice", with_name(name.encode()), "duplicate-parts"
    yield "case twice", rebuilt(add={"WORD/document.xml": b"x"}), "duplicate-parts"
    yield "not well-formed", rebuilt({"word/document.xml": b"<w:document"}), "damaged"
    yield "truncated", GOOD[: len(GOOD) // 2], "damaged"
    yield (
        "no text",
        rebuilt({"_rels/.rels": part("_rels/.rels").replace(b"word/document.xml", b"word/none.xml")}),
        "part-missing",
    )


def zipped(parts: dict[str, bytes]) -> bytes:
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
