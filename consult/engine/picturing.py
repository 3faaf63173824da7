"""The pictures of a draft as pages show them: which one stands at an atom, its bytes, what it is said to show.

Only what every browser shows is told: PNG, JPEG, GIF and WebP, without what they tell of their making. No picture is
ever decoded; a picture in another format stays a word.
"""

import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from consult.engine import ooxml
from consult.engine.imaging import Damaged, kind_of_picture, without_metadata
from consult.engine.ooxml import Element, Piece
from consult.engine.package import Package
from consult.engine.stories import open_document

TYPES = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif"}
PICTURE_TYPES = frozenset((*TYPES.values(), "image/webp"))
BLIP, EMBED = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip", f"{{{ooxml.R}}}embed"
IMAGE_DATA, IMAGE_ID = "{urn:schemas-microsoft-com:vml}imagedata", f"{{{ooxml.R}}}id"
PROPERTIES = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
SHAPE = "{urn:schemas-microsoft-com:vml}shape"
WEBP_SHOWN = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
WEBP_TOLD = 0x0C  # the bits of the VP8X chunk that announce EXIF and XMP

FILE_NAME = re.compile(r"\\|\.(png|jpe?g|gif|bmp|tiff?|[ew]mf|svg|webp)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as pages show it: its digest, its media type, its bytes without what they tell of their making."""

    sha256: str
    media_type: str
    data: bytes


class Pictures:
    """Finds the pictures of one package, each part looked at once."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._targets: dict[str, dict[str, str]] = {}
        self._found: dict[str, Picture | None] = {}

    def at(self, part: str, element: Element | None) -> Picture | None:
        """Return the picture that a drawing in a part shows; None where that is none a browser shows."""
        if element is None:
            return None
        for tag, attribute in ((BLIP, EMBED), (IMAGE_DATA, IMAGE_ID)):
            for mark in element.iter(tag):
                found = self._of_part(self._target(part, mark.get(attribute, "")))
                if found is not None:
                    return found
        return None

    def _target(self, part: str, name: str) -> str:
        if part not in self._targets:
            relationships = self._package.relationships(part)
            self._targets[part] = {r.id: r.target for r in relationships if not r.external}
        return self._targets[part].get(name, "")

    def _of_part(self, name: str) -> Picture | None:
        if name not in self._found:
            self._found[name] = picture_of(self._package.read(name)) if self._package.has(name) else None
        return self._found[name]


def picture_of(data: bytes) -> Picture | None:
    """Return bytes as a picture for pages; None for what no browser shows, or does not follow its format."""
    kind = TYPES.get(kind_of_picture(data), "")
    strip: Callable[[bytes], bytes] = without_metadata
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind, strip = "image/webp", _webp
    if not kind:
        return None
    try:
        shown = strip(data)
    except (Damaged, struct.error, IndexError):
        return None
    return Picture(hashlib.sha256(shown).hexdigest(), kind, shown)


def _webp(data: bytes) -> bytes:
    """Return a WebP without EXIF and XMP. RFC 9649: chunks of a name, a length and as many bytes, filled up to even."""
    out, position, end = bytearray(), 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while position + 8 <= end:
        name, (length,) = data[position : position + 4], struct.unpack_from("<I", data, position + 4)
        chunk = bytearray(data[position : position + 8 + length + length % 2])
        if name == b"VP8X":
            chunk[8] &= ~WEBP_TOLD
        if name in WEBP_SHOWN:
            out += chunk
        position += 8 + length + length % 2
    if not out:
        raise Damaged
    return b"RIFF" + struct.pack("<I", 4 + len(out)) + b"WEBP" + bytes(out)


def element_of(piece: Piece) -> Element:
    """Return the drawing that an image's piece stands for."""
    return piece.elements[0] if piece.child is None else piece.child


def words_of(element: Element | None) -> str:
    """Return what the author of a draft says a picture shows, "" for nothing.

    Older programs wrote the picture's file name there, which is not said for readers and may name a person.
    """
    if element is None:
        return ""
    for tag, attribute in ((PROPERTIES, "descr"), (SHAPE, "alt")):
        for mark in element.iter(tag):
            words = " ".join(mark.get(attribute, "").split())
            if words and not FILE_NAME.search(words):
                return words
    return ""


def read_pictures(data: bytes) -> tuple[Picture, ...]:
    """Return the pictures of a draft that pages show, each once, in the order of the text."""
    document = open_document(data)
    pictures, found = Pictures(document.package), dict[str, Picture]()
    for story in document.stories:
        for line in story.lines():
            for piece in line.pieces if not line.is_plain else ():
                picture = pictures.at(story.part, element_of(piece)) if piece.kind == "image" else None
                if picture is not None:
                    found.setdefault(picture.sha256, picture)
    return tuple(found.values())
