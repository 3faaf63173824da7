"""Pictures without what they tell of their making: EXIF, XMP, comments, thumbnails, whatever lies behind their end.

The bytes are cut by the structure of each format; no picture is ever decoded.
"""

import re
import struct
from collections.abc import Callable

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
PNG_CHUNKS = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"sBIT", b"bKGD")
)
JPEG_TABLES = frozenset((0xC4, 0xCC, 0xDB, 0xDD, *(set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC})))
JPEG_START, JPEG_END, JPEG_SCAN, JFIF, ADOBE = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE
ADOBE_LENGTH = 12  # bytes of the Adobe segment that say how colours are coded
GIF_LOOP = b"\x0bNETSCAPE2.0"
EMF_DESCRIPTION = struct.Struct("<II")  # length in characters and place of the description, at byte 60 of the header
SCAN_ENDS = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


class Damaged(Exception):
    """The picture does not follow its format."""


def kind_of_picture(data: bytes) -> str:
    """Return the usual ending of a picture's name by its first bytes, or "" for what is no picture Word shows."""
    if data.startswith(PNG_HEAD):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"BM"):
        return "bmp"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "tiff"
    if data.startswith(b"\x01\0\0\0") and data[40:44] == b" EMF":
        return "emf"
    if data.startswith((b"\xd7\xcd\xc6\x9a", b"\x01\0\x09\0", b"\x02\0\x09\0")):
        return "wmf"
    return ""


def without_metadata(data: bytes) -> bytes:
    """Return a picture's bytes without metadata; those of a format without a known structure as they are.

    Raises Damaged for a picture that does not follow its format: what it hides cannot be told.
    """
    strip = STRIPPERS.get(kind_of_picture(data))
    if strip is None:
        return data
    try:
        return strip(data)
    except (IndexError, struct.error):
        raise Damaged from None


def identity_bytes(data: bytes) -> bytes:
    """Return the bytes a picture is recognised by, the same with metadata and without."""
    try:
        return without_metadata(data)
    except Damaged:
        return data


def _png(data: bytes) -> bytes:
    out, position = bytearray(PNG_HEAD), len(PNG_HEAD)
    while True:
        (length,) = struct.unpack_from(">I", data, position)
        kind, end = data[position + 4 : position + 8], position + 12 + length
        if end > len(data):
            raise Damaged
        if kind in PNG_CHUNKS:
            out += data[position:end]
        if kind == b"IEND":
            return bytes(out)
        position = end


def _jpeg(data: bytes) -> bytes:
    out, position = bytearray(b"\xff\xd8"), 2
    while True:
        while data[position] == 0xFF and data[position + 1] == 0xFF:
            position += 1
        if data[position] != 0xFF:
            raise Damaged
        marker = data[position + 1]
        if marker == JPEG_END:
            return bytes(out + b"\xff\xd9")
        (length,) = struct.unpack_from(">H", data, position + 2)
        content = data[position + 4 : position + 2 + length]
        position += 2 + length
        out += _jpeg_segment(marker, content)
        if marker == JPEG_SCAN:
            found = SCAN_ENDS.search(data, position)
            if found is None:  # cut off without an end: shown by every program all the same
                return bytes(out + data[position:] + b"\xff\xd9")
            out += data[position : found.start()]
            position = found.start()


def _jpeg_segment(marker: int, content: bytes) -> bytes:
    if marker == JFIF:
        if not content.startswith(b"JFIF\0") or len(content) < 12:
            return b""
        content = content[:12] + b"\0\0"  # no thumbnail
    elif marker == ADOBE:
        if not content.startswith(b"Adobe"):
            return b""
        content = content[:ADOBE_LENGTH]
    elif marker != JPEG_SCAN and marker not in JPEG_TABLES:
        return b""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def _gif(data: bytes) -> bytes:
    start = 13 + _colours(data[10])
    out, position = bytearray(data[:start]), start
    while True:
        first = data[position]
        if first == 0x3B:
            return bytes(out + b";")
        if first == 0x2C:
            begin = position + 10 + _colours(data[position + 9]) + 1
        elif first == 0x21:
            begin = position + 2
        else:
            raise Damaged
        end = _end_of_blocks(data, begin)
        is_loop = data[position + 1] == 0xFF and data[begin : begin + len(GIF_LOOP)] == GIF_LOOP
        if first == 0x2C or data[position + 1] == 0xF9 or is_loop:
            out += data[position:end]
        position = end


def _colours(flags: int) -> int:
    """Return the length of the table of colours that follows."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(data: bytes, position: int) -> int:
    """Return the place behind a row of blocks of data: each says its length, an empty one ends it."""
    while length := data[position]:
        position += 1 + length
    return position + 1


def _bmp(data: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", data, 2)
    return data[:size] if 54 <= size <= len(data) else data


def _emf(data: bytes) -> bytes:
    """Blank the description: the program, and the name of the picture."""
    count, place = EMF_DESCRIPTION.unpack_from(data, 60)
    if not count or place + 2 * count > len(data):
        return data
    return data[:60] + bytes(8) + data[68:place] + bytes(2 * count) + data[place + 2 * count :]


STRIPPERS: dict[str, Callable[[bytes], bytes]] = {"png": _png, "jpeg": _jpeg, "gif": _gif, "bmp": _bmp, "emf": _emf}
