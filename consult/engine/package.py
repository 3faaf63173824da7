"""Opens a .docx: the gate before any parser, with a reason code for each refusal; writes it again.

The archive is checked by its directory before anything is inflated (zipping.py), then the package by its content types
(ECMA-376 Part 2), then every XML part for a document type declaration. Members that do not change keep their bytes.
"""

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from consult.engine.contents import is_picture, refuse_content
from consult.engine.ooxml import Element, number_from
from consult.engine.strict import STRICT, as_transitional
from consult.engine.zipping import Member, check_members, inflate, read_directory, write_zip
from consult.errors import Invalid
from consult.phrases import say

TYPES = "[Content_Types].xml"
CT = "http://schemas.openxmlformats.org/package/2006/content-types"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
TEMPLATE = "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"
MOST_NODES = 1_000_000
SMALLEST_NODE = 4  # bytes: <a/>
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
RIGHTS_STREAM = "DRMContent".encode("utf-16-le")
OTHER_KINDS = (  # what a file may be that does not begin as an archive: its first bytes, in small letters
    (b"{\\rtf", say("an RTF file")),
    (b"%pdf", say("a PDF file")),
    (b"<!doctype", say("a web page")),
    (b"<html", say("a web page")),
    (b"mime-version:", say("a web page")),
)
XML_KINDS = (  # and what in the head of an XML file says what it is
    (b"schemas.microsoft.com/office/word/2003/wordml", say("a Word 2003 XML file")),
    (b"schemas.microsoft.com/office/2006/xmlpackage", say("a Word file saved as “Word XML Document”")),
    (b"opendocument", say("an OpenDocument file")),
    (b"<html", say("a web page")),
)
MARKUP = re.compile(rb"<\?|<!--|<!\[CDATA\[|<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
CLOSING = {b"<?": b"?>", b"<!--": b"-->"}
ENCODING = re.compile(rb"""\sencoding\s*=\s*["']([^"']*)""")
# Encodings in which ASCII, and so a declaration, reads as ASCII; UTF-16 and UTF-32 do without their zeros.
PLAIN_ENCODING = re.compile(
    rb"utf-?8|utf-?16([bl]e)?|ucs-?[24]|utf-?32([bl]e)?|us-ascii|ascii|latin-?1|iso[-_]8859-\d+|(windows|cp)-?\d{3,4}"
    rb"|koi8-[ru]|gb2312|gbk|gb18030|big5|euc-(jp|kr|cn)|shift[-_]jis",
    re.IGNORECASE,
)
EBCDIC = b"\x4c\x6f\xa7\x94"  # "<?xm"


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of a part: `target` is the part's name without a leading slash, or an address if `external`."""

    id: str
    type: str
    target: str
    external: bool


class Package:
    """An opened .docx. Parts are read on demand and never change; `replaced` gives a new package's bytes."""

    def __init__(self, data: bytes, members: tuple[Member, ...], sha256: str = "") -> None:
        self._data, self._members = data, members
        self._by_name = {m.name: m for m in members}
        self._by_folded = {m.name.casefold(): m.name for m in members}
        self._read: dict[str, bytes] = {}
        self._parsed: dict[str, Element] = {}
        self._relationships: dict[str, tuple[Relationship, ...]] = {}
        self.sha256 = sha256 or hashlib.sha256(data).hexdigest()
        self.was_strict = bool(sha256)
        self._defaults, self._overrides = self._content_types()
        self.main_part = self._main_part()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all members in the order of the archive."""
        return tuple(m.name for m in self._members)

    def has(self, name: str) -> bool:
        """Return whether there is such a part."""
        return name in self._by_name

    def read(self, name: str) -> bytes:
        """Return a part's bytes. Raises Invalid when it is damaged or not there."""
        if name not in self._read:
            member = self._by_name.get(name)
            if member is None:
                raise Invalid(
                    say("This Word file lacks its part %(name)s. Save it again in Word and upload that.", name=name),
                    "part-missing",
                )
            self._read[name] = inflate(self._data, member)
        return self._read[name]

    def parse(self, name: str) -> Element:
        """Return a part's tree, the caller's own to change. Raises Invalid as `read` and `parse_xml` do."""
        known = self._parsed.pop(name, None)
        return known if known is not None else parse_xml(self.read(name))

    def keep_parsed(self, name: str) -> Element:
        """Return a part's tree, which is handed out to whoever parses the part next."""
        self._parsed[name] = self.parse(name)
        return self._parsed[name]

    def read_once(self, name: str) -> bytes:
        """Return a part's bytes without keeping them."""
        return inflate(self._data, self._by_name[name])

    def is_xml(self, name: str) -> bool:
        """Return whether a part is XML by its type or its name."""
        xml_name = name.casefold().endswith((".xml", ".rels"))
        return xml_name or self.content_type(name).endswith(("+xml", "/xml"))

    def content_type(self, name: str) -> str:
        """Return what kind of part [Content_Types].xml says this is, or ""."""
        known = self._overrides.get(name.casefold())
        return known or self._defaults.get(name.rpartition(".")[2].casefold(), "")

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """Return the relationships of a part, of the package itself for ""."""
        if part not in self._relationships:
            folder, _, name = part.rpartition("/")
            rels = posixpath.join(folder, "_rels", f"{name}.rels")
            found = []
            for element in parse_xml(self.read(rels)) if self.has(rels) else ():
                if element.tag == f"{{{RELS}}}Relationship":
                    found.append(self._relationship(element, folder))
            self._relationships[part] = tuple(found)
        return self._relationships[part]

    def related(self, part: str, kind: str) -> str:
        """Return the part that a part names by a relationship of this kind (the last word of its type), or ""."""
        for relationship in self.relationships(part):
            is_it = relationship.type.rpartition("/")[2] == kind
            if is_it and not relationship.external and self.has(relationship.target):
                return relationship.target
        return ""

    def _relationship(self, element: Element, folder: str) -> Relationship:
        target, external = element.get("Target", ""), element.get("TargetMode") == "External"
        if not external:
            path = unquote(target.partition("#")[0])
            path = posixpath.normpath(path if path.startswith("/") else posixpath.join("/", folder, path)).lstrip("/")
            target = self._by_folded.get(path.casefold(), path)
        return Relationship(element.get("Id", ""), element.get("Type", ""), target, external)

    def _content_types(self) -> tuple[dict[str, str], dict[str, str]]:
        if TYPES not in self._by_name:
            if "mimetype" in self._by_name and b"opendocument" in self.read("mimetype"):
                raise _other_format("an OpenDocument file")
            raise Invalid(say("This file is a zip archive, but no Word document (.docx)."), "not-word")
        defaults, overrides = {}, {}
        for element in parse_xml(self.read(TYPES)):
            if element.tag == f"{{{CT}}}Default":
                defaults[element.get("Extension", "").casefold()] = element.get("ContentType", "")
            elif element.tag == f"{{{CT}}}Override":
                overrides[unquote(element.get("PartName", "")).lstrip("/").casefold()] = element.get("ContentType", "")
        return defaults, overrides

    def _main_part(self) -> str:
        for relationship in self.relationships(""):
            if relationship.type.endswith("/officeDocument") and not relationship.external:
                return relationship.target
        raise Invalid(say("This file is an archive without a Word text in it."), "not-word")

    def replaced(self, changes: Mapping[str, bytes]) -> bytes:
        """Return a package in which these parts are changed or added; all others keep their compressed bytes."""
        if not changes:
            return self._data
        return write_zip(self._data, self._members, changes)


def open_package(data: bytes) -> Package:
    """Return the package, or raise Invalid with a sentence and a reason code (docs/refusals.md lists them).

    A file saved as “Strict Open XML Document” is opened as the ordinary document that says the same; its sha256 stays
    that of the file as it came.
    """
    _refuse_other_kinds(data)
    package = Package(data, _members_of(data))
    _refuse_other_packages(package)
    for name in package.names:
        _check_part(package, name)
    if STRICT in package.keep_parsed(package.main_part).tag.encode():
        parts = {name: package.read(name) for name in package.names if package.is_xml(name)}
        normal = package.replaced({name: as_transitional(data) for name, data in parts.items()})
        package = Package(normal, _members_of(normal), package.sha256)
    return package


def _members_of(data: bytes) -> tuple[Member, ...]:
    members = read_directory(data)
    check_members(data, members)
    return tuple(m for m in members if not m.name.endswith("/"))


def _check_part(package: Package, name: str) -> None:
    """Check what no later step looks at: every XML part, and the head of everything else."""
    if package.is_xml(name):
        refuse_declarations(package.read(name))
        _refuse_too_many_elements(package.read(name))
        if is_picture(name):
            refuse_content(name, package.read(name))
    else:
        refuse_content(name, package.read_once(name))


def _refuse_other_kinds(data: bytes) -> None:
    if not data:
        raise Invalid(say("This file is empty. Choose the Word document (.docx) again."), "empty")
    if data.startswith(OLE):
        if ENCRYPTED_STREAM in data:
            raise Invalid(
                say("This file is protected with a password. Remove the password in Word and upload it again."),
                "encrypted",
            )
        if RIGHTS_STREAM in data:
            raise Invalid(
                say(
                    "This file is protected by rights management (IRM). Lift the protection in Word and upload it "
                    "again."
                ),
                "encrypted",
            )
        raise Invalid(
            say("This is an old Word file (.doc). Open it in Word, save it as .docx and upload that."), "old-word"
        )
    if not data.startswith(b"PK"):
        what = _kind_of(data)
        if what:
            raise _other_format(what)
        raise Invalid(say("This is not a Word document (.docx). Upload the file that Word saved as .docx."), "not-word")


def _kind_of(data: bytes) -> str:
    """Return what a file that is no archive seems to be, or ""."""
    head = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    for start, what in OTHER_KINDS:
        if head.startswith(start):
            return what
    if not head.startswith(b"<"):
        return ""
    return next((what for words, what in XML_KINDS if words in head), "")


def _other_format(what: str) -> Invalid:
    return Invalid(
        say(
            "This is %(what)s, not a Word document. Open it in Word, save it as “Word Document (*.docx)” and "
            "upload that.",
            what=what,
        ),
        "other-format",
    )


def _refuse_other_packages(package: Package) -> None:
    main = package.content_type(package.main_part)
    types = [package.content_type(name) for name in package.names]
    if (
        "macroEnabled" in main
        or any("vbaProject" in t for t in types)
        or any(name.casefold().endswith("vbaproject.bin") for name in package.names)
    ):
        raise Invalid(
            say("This file contains macros. Save it in Word as “Word Document (*.docx)” and upload that."), "macros"
        )
    if main not in (MAIN, TEMPLATE) and main not in ("application/xml", "text/xml", ""):
        raise Invalid(say("This file is an Office file of another kind, not a Word document (.docx)."), "not-word")
    if not package.has(package.main_part):
        raise Invalid(
            say("This Word file lacks its text. Open it in Word, save it again and upload that."), "part-missing"
        )


def refuse_declarations(data: bytes) -> None:
    """Refuse a part that declares a document type or entities, or is in an encoding that could hide that it does."""
    text = data.replace(b"\0", b"") if b"\0" in data else data
    if declares_type(text) or text.startswith(EBCDIC) or not _is_plain(text):
        raise _doctype()


def _is_plain(text: bytes) -> bool:
    head = text[: max(text.find(b"?>"), 0)]
    encoding = ENCODING.search(head)
    return encoding is None or PLAIN_ENCODING.fullmatch(encoding.group(1)) is not None


def declares_type(text: bytes) -> bool:
    """Return whether a declaration stands outside comments, instructions and character data. Takes linear time."""
    if b"<!" not in text:
        return False
    position = 0
    while (found := MARKUP.search(text, position)) is not None:
        opening = found.group()
        if opening.upper().endswith((b"DOCTYPE", b"ENTITY")):
            return True
        closing = CLOSING.get(opening, b"]]>")
        position = text.find(closing, found.end())
        if position < 0:
            return False  # not well-formed: no parser gets behind this
        position += len(closing)
    return False


def _doctype() -> Invalid:
    return Invalid(say("This file declares a document type, as no Word document does. It is not opened."), "doctype")


def _refuse_too_many_elements(data: bytes) -> None:
    if len(data) > SMALLEST_NODE * MOST_NODES and data.count(b"<") - data.count(b"</") > MOST_NODES:
        raise Invalid(say("A part of this file has more than a million elements; it cannot be read."), "too-complex")


def parse_xml(data: bytes) -> Element:
    """Return the root of a part. No entities, no network, at most a million elements, at most 256 deep."""
    refuse_declarations(data)
    _refuse_too_many_elements(data)
    # Without huge_tree libxml2 itself stops at a depth of 256 elements and at texts of 10 MB.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if "memory" in str(error).lower():
            raise MemoryError from None
        if any(word in str(error) for word in ("depth", "limit", "too long", "too big")):
            raise Invalid(
                say("A part of this file is nested too deeply or has too long texts; it cannot be read."), "too-complex"
            ) from None
        raise _not_well_formed() from None
    except ValueError:
        raise _not_well_formed() from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _doctype()  # whatever way it was hidden
    return root


def _not_well_formed() -> Invalid:
    return Invalid(
        say("This file is damaged: a part is not well-formed XML. Open it in Word, save it again and upload that."),
        "damaged",
    )


# ---- writing --------------------------------------------------------------------------------------------------------


def with_relationship(rels: bytes | None, type_: str, target: str) -> tuple[bytes, str]:
    """Return a relationships part with one more relationship, and its id."""
    root = parse_xml(rels) if rels else etree.Element(f"{{{RELS}}}Relationships", nsmap={None: RELS})  # type: ignore[dict-item]
    numbers = [number_from(e.get("Id", "").removeprefix("rId")) for e in root]
    name = f"rId{max(numbers, default=0) + 1}"
    etree.SubElement(root, f"{{{RELS}}}Relationship", Id=name, Type=type_, Target=target)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True), name


def with_override(types: bytes, part: str, content_type: str) -> bytes:
    """Return [Content_Types].xml with the content type of one more part."""
    root = parse_xml(types)
    etree.SubElement(root, f"{{{CT}}}Override", PartName=f"/{part}", ContentType=content_type)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
