"""An open package to hide things in: parts as bytes, trees that are written back, relationships, content types."""

import io
import posixpath
import zipfile
from dataclasses import dataclass, field

from lxml import etree

from tests.engine.bases import NAMES

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
CT = "http://schemas.openxmlformats.org/package/2006/content-types"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
DOCUMENT = "word/document.xml"
ROOTS = {"comments": "comments", "footnotes": "footnotes", "header": "hdr", "numbering": "numbering", "settings": "settings",
         "fontTable": "fonts"}  # fmt: skip


def w(name: str) -> str:
    return f"{{{W}}}{name}"


@dataclass(slots=True)
class Pack:
    """A package that is being tampered with."""

    parts: dict[str, bytes]
    comment: bytes = b""
    entry_comment: bytes = b""
    extra: bytes = b""
    behind: bytes = b""
    taken: list[str] = field(default_factory=list)
    _trees: dict[str, etree._Element] = field(default_factory=dict)

    def tree(self, name: str) -> etree._Element:
        """Return the root of a part; what is done to it is written back."""
        if name not in self._trees:
            self._trees[name] = etree.fromstring(self.parts[name])
        return self._trees[name]

    @property
    def body(self) -> etree._Element:
        """The body of the text."""
        found = self.tree(DOCUMENT).find(w("body"))
        assert found is not None
        return found

    def paragraph(self, inner: str = "", properties: str = "") -> etree._Element:
        """Return a new paragraph at the end of the text, of this markup."""
        made = xml(f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{inner}</w:p>")
        last = self.body[-1]
        if last.tag == w("sectPr"):
            last.addprevious(made)
        else:
            self.body.append(made)
        return made

    def add(self, name: str, data: bytes | str, content_type: str, kind: str, of: str = DOCUMENT) -> str:
        """Add a part that another one refers to; return the id of the relationship."""
        self.parts[name] = data.encode() if isinstance(data, str) else data
        if content_type:
            etree.SubElement(
                self.tree("[Content_Types].xml"), f"{{{CT}}}Override", PartName=f"/{name}", ContentType=content_type
            )
        folder = posixpath.dirname(of)
        return self.relate(posixpath.relpath(name, folder or "."), kind, of)

    def relate(self, target: str, kind: str, of: str = DOCUMENT, external: bool = False, id_: str = "") -> str:
        """Add a relationship; return its id."""
        rels = posixpath.join(posixpath.dirname(of), "_rels", f"{posixpath.basename(of)}.rels")
        if rels not in self.parts and rels not in self._trees:
            self.parts[rels] = f'<Relationships xmlns="{RELS}"/>'.encode()
        root = self.tree(rels)
        name = id_ or f"rIdX{len(root) + 1}"
        type_ = kind if "://" in kind else f"{OFFICE}/{kind}"
        made = etree.SubElement(root, f"{{{RELS}}}Relationship", Id=name, Type=type_, Target=target)
        if external:
            made.set("TargetMode", "External")
        return name

    def part(self, kind: str) -> etree._Element:
        """Return the root of the part of a kind, e.g. settings; it is made when there is none."""
        name = f"word/{kind}.xml"
        if name not in self.parts:
            self.add(name, f"<w:{ROOTS[kind]} {NAMES}/>", f"{WORD_TYPE}.{kind}+xml", kind)
        return self.tree(name)

    def packed(self) -> bytes:
        """Return the file."""
        for name, root in self._trees.items():
            self.parts[name] = etree.tostring(
                root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True
            )
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = self.comment
            for number, (name, data) in enumerate(self.parts.items()):
                member = zipfile.ZipInfo(name, (2026, 11, 23, 12, 0, 0))
                member.compress_type = zipfile.ZIP_DEFLATED
                if number == 1:
                    member.comment = self.entry_comment
                    member.extra = b"\xfe\xca" + len(self.extra).to_bytes(2, "little") + self.extra
                archive.writestr(member, data)
        return buffer.getvalue() + self.behind


def xml(text: str) -> etree._Element:
    """Return markup with the usual prefixes as an element."""
    at = min(i for i in (text.find(">"), text.find("/>"), text.find(" ")) if i > 0)
    return etree.fromstring(f"{text[:at]} {NAMES}{text[at:]}")


def open_pack(data: bytes) -> Pack:
    """Return a file's parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return Pack({name: archive.read(name) for name in archive.namelist()})
