"""What a package carries beside its text: pictures of a sane size, no programs. Nothing is decoded, only heads are read."""

import re
import struct

from consult.errors import Invalid
from consult.phrases import say

MOST_PIXELS = 50_000_000
PROGRAMS = frozenset(
    "exe dll com scr pif cpl msi bat cmd ps1 vbs vbe js jse wsf wsh hta lnk jar sh reg msc chm".split()  # noqa: SIM905 - a list of words
)
EXECUTABLES = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!/")
PACKAGED = "\x01Ole10Native".encode("utf-16-le")  # the stream in which Windows packs a file of any kind
# MS-OLEDS §2.3.6: flags, then the file's name and where it came from, each ended by a zero.
PACKAGED_NAMES = re.compile(rb"\x02\x00([^\x00-\x1f]{1,260})\x00([^\x00-\x1f]{0,260})\x00")
SCRIPTED = re.compile(rb"<\s*(?:[\w.-]+:)?(?:script|foreignobject|handler)\b|\son\w+\s*=|javascript\s*:", re.IGNORECASE)
LARGE = say("A picture in this file is larger than 50 million pixels. Make it smaller and upload the file again.")
JPEG_SIZES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
JPEG_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
TIFF_WIDTH, TIFF_HEIGHT, TIFF_SHORT = 256, 257, 3


def is_picture(name: str) -> bool:
    """Return whether an XML part is a picture by its name."""
    return name.casefold().endswith(".svg")


def refuse_content(name: str, data: bytes) -> None:
    """Refuse a part that is a program, packs one, is a picture with a script, or one too large to be shown."""
    if name.rpartition(".")[2].casefold() in PROGRAMS or _is_program(data) or _packs_program(data):
        raise Invalid(
            say("This file carries a program. Take the embedded object out in Word and upload it again."),
            "active-content",
        )
    if is_picture(name):
        if SCRIPTED.search(data.replace(b"\0", b"")):
            raise Invalid(
                say("A picture in this file has a script in it. Take it out and upload it again."), "active-content"
            )
        return
    try:
        width, height = size_of(data)
    except (struct.error, IndexError):
        return  # cut short: a program that shows it will say so
    if width * height > MOST_PIXELS:
        raise Invalid(LARGE, "large-picture")


def _is_program(data: bytes) -> bool:
    if data.startswith(EXECUTABLES):
        return True
    if not data.startswith(b"MZ") or len(data) < 64:
        return False
    place = int.from_bytes(data[60:64], "little")
    return data[place : place + 2] in (b"PE", b"NE", b"LE", b"LX")


def _packs_program(data: bytes) -> bool:
    if PACKAGED not in data:
        return False
    names = [name for found in PACKAGED_NAMES.findall(data) for name in found]
    return any(name.rpartition(b".")[2].decode("latin-1").casefold() in PROGRAMS for name in names if b"." in name)


def size_of(data: bytes) -> tuple[int, int]:
    """Return a picture's width and height in pixels as its head says, (0, 0) for what is no picture known here."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _two(data, ">II", 16)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _two(data, "<HH", 6)
    if data.startswith(b"BM"):
        return _two(data, "<HH", 18) if data[14] == 12 else _two(data, "<ii", 18)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg_size(data)
    if data.startswith((b"II*\0", b"MM\0*")):
        return _tiff_size(data, "<" if data.startswith(b"II") else ">")
    return 0, 0


def _two(data: bytes, form: str, place: int) -> tuple[int, int]:
    width, height = struct.unpack_from(form, data, place)
    return abs(int(width)), abs(int(height))


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Walk the segments to the one that says the size (ITU-T T.81, annex B)."""
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            return 0, 0
        mark = data[place + 1]
        if mark == 0xFF or mark in JPEG_ALONE:
            place += 1 if mark == 0xFF else 2
        elif mark in JPEG_SIZES:
            height, width = _two(data, ">HH", place + 5)
            return width, height
        else:
            place += 2 + max(2, int.from_bytes(data[place + 2 : place + 4], "big"))
    return 0, 0


def _tiff_size(data: bytes, order: str) -> tuple[int, int]:
    """Read the first directory of a TIFF file (TIFF 6.0, section 2)."""
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, start)
    found = {}
    for n in range(count):
        place = start + 2 + 12 * n
        tag, kind = struct.unpack_from(f"{order}HH", data, place)
        if tag in (TIFF_WIDTH, TIFF_HEIGHT):
            (found[tag],) = struct.unpack_from(f"{order}{'H' if kind == TIFF_SHORT else 'I'}", data, place + 8)
    return found.get(TIFF_WIDTH, 0), found.get(TIFF_HEIGHT, 0)
