"""Places outside the markup: the archive itself, what pictures tell of their making, files within the file."""

import base64
import io
import struct
import zipfile
import zlib

from tests.engine.bases import png
from tests.engine.planting import Pack

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GIF = base64.b64decode("R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==")
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8Q"
    "EBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k="
)


# ---- the archive ----------------------------------------------------------------------------------------------------


def comment_of_the_archive(pack: Pack, word: str) -> None:
    pack.comment = word.encode()


def comment_of_a_member(pack: Pack, word: str) -> None:
    pack.entry_comment = word.encode()


def extra_field_of_a_member(pack: Pack, word: str) -> None:
    pack.extra = word.encode()


def bytes_behind_the_archive(pack: Pack, word: str) -> None:
    pack.behind = word.encode()


def text_of_a_png(pack: Pack, word: str) -> None:
    chunks = [(b"tEXt", b"Author\0" + word.encode()), (b"zTXt", b"Comment\0\0" + zlib.compress(word.encode())),
              (b"eXIf", b"MM\0*" + word.encode())]  # fmt: skip
    extra = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    data = png()
    name = pack.add("word/media/told.png", data[:33] + extra + data[33:] + word.encode(), "image/png", "image")
    _show(pack, name)


def _show(pack: Pack, name: str) -> None:
    pack.paragraph(
        f'<w:r><w:pict><v:shape style="width:30pt;height:15pt"><v:imagedata r:id="{name}"/></v:shape></w:pict></w:r>'
    )


def exif_of_a_jpeg(pack: Pack, word: str) -> None:
    segments = [(0xE1, b"Exif\0\0MM\0*" + word.encode()), (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + word.encode()),
                (0xFE, word.encode())]  # fmt: skip
    extra = b"".join(bytes((0xFF, m)) + struct.pack(">H", len(d) + 2) + d for m, d in segments)
    name = pack.add("word/media/told.jpg", JPEG[:2] + extra + JPEG[2:], "image/jpeg", "image")
    _show(pack, name)


def comment_of_a_gif(pack: Pack, word: str) -> None:
    comment = b"\x21\xfe" + bytes((len(word),)) + word.encode() + b"\0"
    name = pack.add("word/media/told.gif", GIF[:19] + comment + GIF[19:], "image/gif", "image")
    _show(pack, name)


def embedded_workbook(pack: Pack, word: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{word}</t></si></sst>")
    name = pack.add("word/embeddings/book.xlsx", buffer.getvalue(), XLSX, "package")
    picture = pack.add("word/media/shows.png", png(), "image/png", "image")
    pack.paragraph(
        f'<w:r><w:object><v:shape id="o1" style="width:30pt;height:15pt"><v:imagedata r:id="{picture}"/></v:shape>'
        f'<o:OLEObject Type="Embed" ProgID="Excel.Sheet.12" ShapeID="o1" r:id="{name}"/></w:object></w:r>'
    )
