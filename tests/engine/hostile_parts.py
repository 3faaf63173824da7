"""Attacks inside a package: what its XML declares, how large it grows, what it carries; and odd but honest files."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from tests.engine.hostile import GOOD, part, rebuilt, zipped

DECLARING = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NATIVE = "\x01Ole10Native".encode("utf-16-le")
PARTS = (
    *("_rels/.rels", "[Content_Types].xml", "docProps/core.xml", "docProps/app.xml", "word/document.xml"),
    *("word/styles.xml", "word/settings.xml", "word/_rels/document.xml.rels", "word/theme/theme1.xml"),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037", "iso2022_jp")
GADGETS = {  # document type declarations that read files, call servers, or explode
    "file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    "server": '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]>',
    "external type": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    "parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
    "laughs": "<!DOCTYPE x ["
    + "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    + '<!ENTITY l0 "ha">]>',
    "quadratic": f'<!DOCTYPE x [<!ENTITY q "{"a" * 50_000}">]>',
    "small letters": "<!doctype x>",
    "behind a comment": "<!-- <![CDATA[ --><!DOCTYPE x>",
    "behind an instruction": "<?x <!-- ?><!DOCTYPE x><!-- -->",
}


def declaring(name: str, encoding: str = "utf-8", gadget: str = DECLARING) -> bytes:
    """Return the good file with a declaration in a part, which is in some encoding."""
    text = part(name).decode("utf-8")
    head, _, rest = text.partition("?>")
    spoken = "utf-8" if encoding == "utf-8-sig" else encoding
    head = re.sub(r"""encoding=(["'])[^"']*""", rf"encoding=\1{spoken}", head)
    return rebuilt({name: f"{head}?>{gadget}{rest}".encode(encoding)})


def declarations() -> Iterator[tuple[str, bytes, str]]:
    for encoding in ENCODINGS:
        yield f"declared in {encoding}", declaring("word/document.xml", encoding), "doctype"
    for name in PARTS:
        yield f"declared in {name}", declaring(name), "doctype"
        yield f"declared in {name} in UTF-16", declaring(name, "utf-16"), "doctype"
    for name in ("word/comments.xml", "word/people.xml", "docProps/custom.xml", "customXml/item9.xml", "word/any.rels"):
        text = f'<?xml version="1.0"?>{DECLARING}<x>&e;</x>'.encode()
        yield f"declared in a new {name}", rebuilt(add={name: text}), "doctype"
    for name, gadget in GADGETS.items():
        yield f"declared: {name}", declaring("word/document.xml", gadget=gadget), "doctype"


def _in_body(content: bytes) -> bytes:
    return rebuilt({"word/document.xml": part("word/document.xml").replace(b"<w:body>", b"<w:body>" + content, 1)})


def noise(number: int) -> str:
    """Return eight digits that look random, so that many of them do not look like a bomb."""
    return f"{number * 2_654_435_761 % 2**32:08X}"


def growing() -> Iterator[tuple[str, bytes, str]]:
    """Yield what is small enough for the archive's limits and too much for a tree."""
    million = range(1_050_000)
    yield "paragraphs", _in_body("".join(f'<w:p w:rsidR="{noise(i)}"/>' for i in million).encode()), "too-complex"
    rsids = "".join(f'<w:rsid w:val="{noise(i)}"/>' for i in million).encode()
    settings = part("word/settings.xml").replace(b"</w:settings>", b"<w:rsids>" + rsids + b"</w:rsids></w:settings>")
    yield "revision numbers", rebuilt({"word/settings.xml": settings}), "too-complex"
    words = "".join(noise(i) for i in range(1_500_000)).encode()
    yield "an attribute", _in_body(b'<w:p w:rsidR="' + words + b'"/>'), "too-complex"
    yield "a text", _in_body(b"<w:p><w:r><w:t>" + words + b"</w:t></w:r></w:p>"), "too-complex"
    for name, tag in (("tables", b"tbl><w:tr><w:tc"), ("tags", b"smartTag"), ("controls", b"sdt><w:sdtContent")):
        opening = b"<w:" + tag + b">"
        closing = b"".join(b"</w:%s>" % t for t in reversed(tag.replace(b"w:", b"").replace(b"<", b"").split(b">")))
        yield f"depth of {name}", _in_body(opening * 300 + b"<w:p/>" + closing * 300), "too-complex"


def picture(form: str, width: int, height: int) -> bytes:
    """Return the head of a picture that says it is so large."""
    if form == "png":
        head = struct.pack(">II", width, height) + b"\x08\x06\0\0\0"
        crc = struct.pack(">I", zlib.crc32(b"IHDR" + head))
        return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + crc
    if form == "gif":
        return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0"
    if form == "bmp":
        return b"BM" + bytes(12) + struct.pack("<Iii", 40, width, -height) + bytes(40)
    if form == "jpeg":
        start = b"\xff\xd8" + b"\xff\xe1\x00\x12Exif" + bytes(12) + b"\xff\xff\xdb\x00\x04\0\0"
        return start + b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(20)
    order = "<" if form == "tiff" else ">"
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(f"{order}HHII", 256, 4, 1, width) + struct.pack(f"{order}HHII", 257, 4, 1, height)
    return mark + struct.pack(f"{order}I", 8) + struct.pack(f"{order}H", 2) + entries + bytes(4)


FORMS = ("png", "gif", "bmp", "jpeg", "tiff", "tiff of a Macintosh")


def packed(name: str) -> bytes:
    """Return an OLE object as Windows makes it of a file of any kind."""
    inner = b"\x02\0" + name.encode() + b"\0C:\\in\\" + name.encode() + b"\0\0\0\x03\0" + b"content"
    return OLE + bytes(500) + NATIVE + bytes(100) + struct.pack("<I", len(inner)) + inner


def program() -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(100)


def carried() -> Iterator[tuple[str, bytes, str]]:
    """Yield what rides along beside the text."""
    for form in FORMS:
        yield f"large {form}", rebuilt(add={"word/media/image1.x": picture(form, 60_000, 60_000)}), "large-picture"
    svg = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'
    for name, inside in (
        ("script", "<script>alert(1)</script>"),
        ("event", '<g onload="alert(1)"/>'),
        ("link", '<a href="javascript:alert(1)"/>'),
        ("page", "<foreignObject/>"),
    ):
        yield (
            f"svg with a {name}",
            rebuilt(add={"word/media/image1.svg": svg.format(inside).encode()}),
            "active-content",
        )
    yield "program", rebuilt(add={"word/media/image1.png": program()}), "active-content"
    yield "program of Linux", rebuilt(add={"word/embeddings/a.bin": b"\x7fELF" + bytes(60)}), "active-content"
    yield "program by its name", rebuilt(add={"word/embeddings/a.exe": b"x"}), "active-content"
    for name in ("run.exe", "Invoice.pdf.JS", "x.hta"):
        yield f"packed {name}", rebuilt(add={"word/embeddings/oleObject1.bin": packed(name)}), "active-content"
    main = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = part("[Content_Types].xml")
    for kind in (b"document.macroEnabled.main+xml", b"template.macroEnabledTemplate.main+xml"):
        changed = types.replace(main, b"application/vnd.ms-word." + kind)
        yield f"type {kind.decode()}", rebuilt({"[Content_Types].xml": changed}), "macros"
    yield "vbaProject.bin", rebuilt(add={"word/vbaProject.bin": b"x"}), "macros"
    named = types.replace(
        b"</Types>", b'<Override PartName="/word/a.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    )
    yield "macros under another name", rebuilt({"[Content_Types].xml": named}, {"word/a.bin": b"x"}), "macros"


def other_formats() -> Iterator[tuple[str, bytes, str]]:
    """Yield files of other kinds under the name of a Word document."""
    yield "rights management", OLE + bytes(600) + "DRMContent".encode("utf-16-le"), "encrypted"
    yield "web page in capitals", b"<HTML><BODY>hello", "other-format"
    yield "web page of XML", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "other-format"
    yield "web archive", b"MIME-Version: 1.0\r\n", "other-format"
    for encoding in ("utf-8", "utf-16"):
        old = '<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument xmlns:w='
        text = old + '"http://schemas.microsoft.com/office/word/2003/wordml"/>'
        yield f"Word 2003 XML in {encoding}", text.encode(encoding), "other-format"
    flat = '<?xml version="1.0"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"/>'
    yield "flat package", flat.encode(), "other-format"
    yield (
        "OpenDocument",
        zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
        "other-format",
    )


def as_strict(data: bytes) -> bytes:
    """Return a document as ISO 29500 Strict: its names written as Word writes them there."""
    names = re.compile(
        rb"http://schemas\.openxmlformats\.org/(officeDocument|wordprocessingml|drawingml)/2006/([\w/-]+)"
    )

    def strict(data: bytes) -> bytes:
        data = names.sub(rb"http://purl.oclc.org/ooxml/\1/\2", data)
        return data.replace(b"extended-properties", b"extendedProperties").replace(
            b"<w:document ", b'<w:document w:conformance="strict" ', 1
        )

    return rebuilt_all(data, lambda name, content: strict(content) if name.endswith((".xml", ".rels")) else content)


def rebuilt_all(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a document after every part went through a function."""
    source = zipfile.ZipFile(io.BytesIO(data))
    return zipped({name: change(name, source.read(name)) for name in source.namelist()})


def odd_but_honest() -> Iterator[tuple[str, bytes]]:
    """Yield files that Word opens, whatever one thinks of them."""
    rels = part("word/_rels/document.xml.rels")
    types = part("[Content_Types].xml")
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    for name, attributes in (
        ("NULL target", b'Target="NULL"'),
        ("empty target", b'Target=""'),
        ("dangling target", b'Target="media/none.png"'),
        ("outward target", b'Target="http://example.org/x" TargetMode="External"'),
        ("target above the root", b'Target="../../../x.png"'),
    ):
        more = b'<Relationship Id="rId900" Type="' + kind + b'" ' + attributes + b"/></Relationships>"
        yield name, rebuilt({"word/_rels/document.xml.rels": rels.replace(b"</Relationships>", more)})
    yield "part without a type", rebuilt(add={"word/what.ever": b"x"})
    yield "no defaults", rebuilt({"[Content_Types].xml": re.sub(rb"<Default[^>]*/>", b"", types)})
    yield "empty properties", rebuilt({"docProps/app.xml": b"", "docProps/core.xml": b""})
    for name in ("docProps/core.xml", "docProps/app.xml", "word/settings.xml", "word/styles.xml", "word/numbering.xml"):
        yield f"without {name}", without(name)
    yield "a template", rebuilt({"[Content_Types].xml": types.replace(b"document.main+xml", b"template.main+xml")})
    comment = part("word/document.xml").replace(b"<w:body>", b"<!-- <!DOCTYPE x> --><w:body>", 1)
    yield "a comment on declarations", rebuilt({"word/document.xml": comment})
    said = part("word/document.xml").replace(b"Some text", b"<![CDATA[<!DOCTYPE html> text]]>")
    yield "a declaration in a text", rebuilt({"word/document.xml": said})
    text = part("word/document.xml").decode().replace("UTF-8", "UTF-16")
    yield "a text in UTF-16", rebuilt({"word/document.xml": text.encode("utf-16")})
    yield "a white picture", rebuilt(add={"word/media/white.bmp": picture("bmp", 1000, 700) + b"\xff" * 2_100_000})
    yield "pictures cut short", rebuilt(add={f"word/media/{n}": picture(f, 9, 9)[:9] for n, f in enumerate(FORMS)})
    yield "a plain svg", rebuilt(add={"word/media/a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>'})
    yield "an embedded sheet", rebuilt(add={"word/embeddings/oleObject1.bin": packed("figures.xlsx")})
    yield "a package in the package", rebuilt(add={"word/embeddings/inner.docx": GOOD})
    yield "a folder", rebuilt(add={"word/media/": b""})


def without(name: str) -> bytes:
    """Return the good file lacking a part that others still refer to."""
    source = zipfile.ZipFile(io.BytesIO(GOOD))
    return zipped({other: source.read(other) for other in source.namelist() if other != name})
