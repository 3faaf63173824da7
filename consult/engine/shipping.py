"""The new package of a file that leaves: every part, relationship and content type in it is made here."""

import posixpath
from collections import defaultdict
from collections.abc import Iterator

from lxml import etree

from consult.engine.copying import CUSTOM_RELATIONSHIP, CUSTOM_TYPE
from consult.engine.package import CT, MAIN, OFFICE, RELS, TYPES, WORD_TYPE, Package
from consult.engine.serializing import to_bytes
from consult.engine.zipping import write_zip

RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
CORE_RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
DC = "http://purl.org/dc/elements/1.1/"
THREADS_RELATIONSHIP = "http://schemas.microsoft.com/office/2011/relationships/commentsExtended"
CONTENT_TYPES = {
    "officeDocument": MAIN,
    "theme": "application/vnd.openxmlformats-officedocument.theme+xml",
    "chart": "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
    **{kind: f"{WORD_TYPE}.{kind}+xml" for kind in
       ("styles", "numbering", "settings", "fontTable", "footnotes", "endnotes", "comments", "header", "footer")},
}  # fmt: skip
PICTURE_TYPES = {
    "png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp", "tiff": "image/tiff",
    "emf": "image/x-emf", "wmf": "image/x-wmf",
}  # fmt: skip
DOCUMENT = "word/document.xml"


class Shipment:
    """Gathers parts under names of its own. Parts are spoken of by the names they had in the package they come from."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._names: dict[str, str] = {}
        self._parts: dict[str, bytes] = {}
        self._types: dict[str, str] = {}
        self._endings: set[str] = set()
        self._relationships = defaultdict[str, dict[tuple[str, str, bool], str]](dict)
        self._line: list[tuple[str, str]] = []
        self._counts = defaultdict[str, int](int)

    def begin(self, old: str, new: str, kind: str, of: str = "") -> None:
        """Give a part its new name, and relate it to the package or to another part."""
        self._names[old] = new
        self._types[new] = CONTENT_TYPES[kind]
        self._add_relationship(of, f"{OFFICE}/{kind}", new)

    def put(self, old: str, data: bytes) -> None:
        """Put the bytes of a part that has a name."""
        self._parts[self._names[old]] = data

    def has(self, old: str) -> bool:
        """Return whether a part has a name already."""
        return old in self._names

    def relate(self, part: str, kind: str, target: str, ending: str = "xml", data: bytes = b"") -> str:
        """Return the id by which a part calls another one; that is put in line, or, with its bytes, in place."""
        if target not in self._names:
            self._counts[kind] += 1
            folder = {"image": "word/media", "chart": "word/charts"}.get(kind, "word")
            new = self._names[target] = f"{folder}/{kind}{self._counts[kind]}.{ending}"
            if data:
                self._parts[new] = data
                self._endings.add(ending)
            else:
                self._types[new] = CONTENT_TYPES[kind]
                self._line.append((target, kind))
        return self._add_relationship(self._names[part], f"{OFFICE}/{kind}", self._names[target])

    def link(self, part: str, address: str) -> str:
        """Return the id by which a part calls an address."""
        return self._add_relationship(self._names[part], f"{OFFICE}/hyperlink", address, external=True)

    def waiting(self) -> Iterator[tuple[str, str]]:
        """Yield the parts in line, those that come while it is read too."""
        while self._line:
            yield self._line.pop(0)

    def add_threads(self, data: bytes) -> None:
        """Add the part that says which comment answers which."""
        self._add_part(
            "word/commentsExtended.xml", data, f"{WORD_TYPE}.commentsExtended+xml", THREADS_RELATIONSHIP, DOCUMENT
        )

    def add_title(self, title: str) -> None:
        """Add the core properties: a title and nothing else."""
        root = etree.Element(f"{{{CORE}}}coreProperties", nsmap={"cp": CORE, "dc": DC})
        etree.SubElement(root, f"{{{DC}}}title").text = title
        self._add_part("docProps/core.xml", to_bytes(root), CORE_TYPE, CORE_RELATIONSHIP)

    def add_identity(self, data: bytes) -> None:
        """Add the custom properties."""
        self._add_part("docProps/custom.xml", data, CUSTOM_TYPE, CUSTOM_RELATIONSHIP)

    def _add_part(self, name: str, data: bytes, content_type: str, relationship: str, of: str = "") -> None:
        self._parts[name], self._types[name] = data, content_type
        self._add_relationship(of, relationship, name)

    def _add_relationship(self, of: str, type_: str, target: str, external: bool = False) -> str:
        known = self._relationships[of]
        return known.setdefault((type_, target, external), f"rId{len(known) + 1}")

    def packed(self) -> bytes:
        """Return the package. The same parts give the same bytes."""
        parts = {TYPES: self._content_types(), **self._relationship_parts(""), **self._parts}
        for name in self._parts:
            parts.update(self._relationship_parts(name))
        return write_zip(b"", (), parts)

    def _content_types(self) -> bytes:
        root = etree.Element(f"{{{CT}}}Types", nsmap={None: CT})  # type: ignore[dict-item]
        endings = {"rels": RELS_TYPE, "xml": "application/xml", **{e: PICTURE_TYPES[e] for e in sorted(self._endings)}}
        for ending, content_type in endings.items():
            etree.SubElement(root, f"{{{CT}}}Default", Extension=ending, ContentType=content_type)
        for name in self._parts:
            if name in self._types:
                etree.SubElement(root, f"{{{CT}}}Override", PartName=f"/{name}", ContentType=self._types[name])
        return to_bytes(root)

    def _relationship_parts(self, part: str) -> dict[str, bytes]:
        """Return the relationships part of a part under its name, if it has relationships."""
        known = self._relationships.get(part)
        if not known:
            return {}
        folder, _, name = part.rpartition("/")
        root = etree.Element(f"{{{RELS}}}Relationships", nsmap={None: RELS})  # type: ignore[dict-item]
        for (type_, target, external), id_ in known.items():
            where = target if external else posixpath.relpath(target, folder or ".")
            element = etree.SubElement(root, f"{{{RELS}}}Relationship", Id=id_, Type=type_, Target=where)
            if external:
                element.set("TargetMode", "External")
        return {posixpath.join(folder, "_rels", f"{name}.rels"): to_bytes(root)}
