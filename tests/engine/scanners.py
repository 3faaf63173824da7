"""Two scanners that look for a word in a file and share no code: one reads bytes, the other the parts as Office does."""

import base64
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator

from lxml import etree

ZLIB_HEADS = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
MARKUP = re.compile(rb"<[^>]*>")


# ---- bytes ----------------------------------------------------------------------------------------------------------


def found_in_bytes(data: bytes, words: Iterable[str]) -> set[str]:
    """Return the words that are anywhere in a file: packed, in UTF-8 or UTF-16, in Base64, in streams, cut by markup."""
    layers = list(_layers(data, 0))
    return {word for word in words if any(form in layer for layer in layers for form in _forms(word))}


def _layers(data: bytes, depth: int) -> Iterator[bytes]:
    """Yield the bytes themselves, without markup, and whatever is packed in them, three times over."""
    yield data
    yield MARKUP.sub(b"", data)
    if depth > 3:
        return
    for start in re.finditer(rb"PK\x03\x04", data):
        at = start.start()
        names, extra = (int.from_bytes(data[at + n : at + n + 2], "little") for n in (26, 28))
        if data[at + 8 : at + 10] == b"\x08\0":
            yield from _inflated(data[at + 30 + names + extra :], -15, depth)
        else:
            size = int.from_bytes(data[at + 18 : at + 22], "little")
            yield MARKUP.sub(b"", data[at + 30 + names + extra : at + 30 + names + extra + size])
    for start in ZLIB_HEADS.finditer(data):
        yield from _inflated(data[start.start() :], 15, depth)


def _inflated(data: bytes, bits: int, depth: int) -> Iterator[bytes]:
    try:
        yield from _layers(zlib.decompressobj(bits).decompress(data, 20_000_000), depth + 1)
    except zlib.error:
        return


def _forms(word: str) -> list[bytes]:
    forms = [word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be")]
    for lead in range(3):  # Base64 cuts bytes in three ways
        coded = base64.b64encode(b"\0" * lead + word.encode())
        forms.append(coded[4 if lead else 0 : len(coded) - 4])
    return forms


# ---- parts ----------------------------------------------------------------------------------------------------------


def found_in_parts(data: bytes, words: Iterable[str]) -> set[str]:
    """Return the words that a program finds which opens the package: names, comments, text across runs, attributes."""
    text = "\n".join(dict.fromkeys(_texts(data))).casefold()
    return {word for word in words if word.casefold() in text}


def _texts(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield _readable(archive.comment)
        yield _readable(_between_members(data, archive))
        for member in archive.infolist():
            yield member.filename
            yield _readable(member.comment)
            yield _readable(member.extra)
            yield from _texts_of_part(archive.read(member))


def _between_members(data: bytes, archive: zipfile.ZipFile) -> bytes:
    """Return the bytes that belong to no member."""
    left, position = b"", 0
    for member in sorted(archive.infolist(), key=lambda m: m.header_offset):
        at = member.header_offset
        left += data[position:at]
        lengths = sum(int.from_bytes(data[at + n : at + n + 2], "little") for n in (26, 28))
        left += data[at + 30 : at + 30 + lengths]
        position = at + 30 + lengths + member.compress_size
    return left + data[position:]


def _texts_of_part(data: bytes) -> Iterator[str]:
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
    except (etree.XMLSyntaxError, ValueError):
        yield _readable(data)
        yield from _texts_of_picture(data)
        if data.startswith(b"PK"):
            yield from _texts(data)
        return
    tree = root.getroottree()
    yield "".join(root.itertext())
    for node in (*tree.xpath("//node()"), *tree.xpath("//comment() | //processing-instruction()")):
        if isinstance(node, etree._Element):
            yield str(node.text or "")
            yield str(node.tail or "")
            if isinstance(node.tag, str):
                yield node.tag
                yield from map(str, (*node.nsmap.values(), *node.nsmap))
                for name, value in node.items():
                    yield f"{name} {value}"
                    yield _unbased(str(value))
                yield _unbased(str(node.text or ""))
    for node in tree.xpath("//*[local-name()='p']"):  # words that are cut over runs, paragraph by paragraph
        yield "".join(node.itertext())


def _unbased(text: str) -> str:
    if len(text) < 16:
        return ""
    try:
        return _readable(base64.b64decode(text, validate=True))
    except ValueError:
        return ""


def _texts_of_picture(data: bytes) -> Iterator[str]:
    position = 8
    while data.startswith(b"\x89PNG") and position + 8 < len(data):
        length, kind = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        content = data[position + 8 : position + 8 + length]
        if kind == b"zTXt":
            yield _readable(zlib.decompress(content.partition(b"\0")[2][1:]))
        position += 12 + length


def _readable(data: bytes) -> str:
    """Return bytes as the text they may be, in each of three encodings."""
    return "\n".join(
        (data.decode("latin-1"), data.decode("utf-16-le", "replace"), data[1:].decode("utf-16-le", "replace"))
    )
