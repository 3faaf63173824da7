"""Files that leave: written anew from an allow-list, so that nothing rides along that a reader does not see.

`clean` gives the text alone; `release` keeps tracked changes and margin comments, in the names of organisations only.
Every part, relationship and property of the new package is made here; only text and pictures come over, filtered.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from lxml import etree

from consult.engine import ooxml
from consult.engine.admitting import Admission, Renaming
from consult.engine.commenting import initials_of
from consult.engine.copying import identity_of, identity_part
from consult.engine.disputing import CONSOLIDATION
from consult.engine.filtering import Filter
from consult.engine.hiding import hiding_styles, is_on, remove_hidden
from consult.engine.imaging import Damaged, kind_of_picture, without_metadata
from consult.engine.margins import PARA_ID
from consult.engine.merging import TOGETHER
from consult.engine.ooxml import Element, w
from consult.engine.package import Package, open_package, parse_xml
from consult.engine.pruning import (
    Used,
    gather,
    gather_fonts,
    name_of,
    prune_fonts,
    prune_notes,
    prune_numbering,
    prune_settings,
    prune_styles,
)
from consult.engine.resolving import resolve
from consult.engine.serializing import to_bytes
from consult.engine.shipping import Shipment
from consult.engine.unlinking import Names, is_plain_link, unlink_fields
from consult.engine.values import DRAFT_AUTHOR, Cleaned, CopyIdentity, Notice

DOCUMENT_PARTS = ("styles", "numbering", "settings", "fontTable", "theme", "footnotes", "endnotes")
MADE_NAME = re.compile(r"_(Toc|Ref|Hlk)\d{1,12}", re.IGNORECASE)
CHANGE = re.compile(rb"<w:(?:ins|del|moveFrom|moveTo|\w+PrChange|cellIns|cellDel|cellMerge)[\s>]")
KNOWN_LABELS = frozenset(("figure", "table", "equation", "box", "annex", "chart", "map", "photo"))
DC_TITLE = "{http://purl.org/dc/elements/1.1/}title"
SENTENCES = {
    "change": "Tracked changes, accepted: {}",
    "comment": "Margin comments: {}",
    "hidden": "Hidden text, rows and drawings: {}",
    "field": "Fields that became their text: {}",
    "link": "Links that were no web or mail address: {}",
    "external": "References to other files (templates, linked pictures, data): {}",
    "embedded": "Embedded files and parts of other documents: {}",
    "control": "Controls that can run: {}",
    "object": "Drawings of a kind that cannot be examined: {}",
    "picture": "Pictures that are damaged or of a kind that cannot be examined: {}",
    "picture-kept": "Pictures of a kind whose description cannot be taken out (they stay): {}",
    "description": "Alternative texts and names of pictures, tables and shapes: {}",
    "binding": "Fields bound to stored data, and the data: {}",
    "tag": "Names of content controls: {}",
    "variable": "Document variables: {}",
    "merge": "Mail-merge settings: {}",
    "protection": "Protection settings: {}",
    "permission": "Permissions of persons: {}",
    "template": "Attached templates: {}",
    "rsid": "Marks of editing sessions: {}",
    "note": "Notes of programs in the markup: {}",
    "extension": "Additions of programs that are not part of the text: {}",
    "footnote": "Notes nothing refers to: {}",
    "bookmark": "Bookmarks nothing refers to: {}",
    "style": "Styles and lists nothing uses: {}",
    "people": "Lists of people: {}",
    "glossary": "Building blocks: {}",
    "thumbnail": "Preview pictures: {}",
    "printer": "Printer settings: {}",
    "font": "Embedded fonts: {}",
    "signature": "Digital signatures: {}",
    "properties": "Properties (author, company, dates and others; the title stays): {}",
    "part": "Other parts: {}",
}
PARTS = {
    "people": "people", "glossaryDocument": "glossary", "thumbnail": "thumbnail", "printerSettings": "printer",
    "customXml": "binding", "oleObject": "embedded", "package": "embedded", "aFChunk": "embedded", "control": "control",
    "font": "font", "origin": "signature", "signature": "signature", "core-properties": "properties",
    "extended-properties": "properties", "custom-properties": "properties",
}  # fmt: skip


def clean(docx: bytes) -> Cleaned:
    """Return the text of a document as it reads with all changes accepted, and what was left out, one notice a kind.

    Text, headings, lists, tables, notes, headers, footers, pictures, links, equations and text boxes stay and look as
    before. Raises Invalid for what is no acceptable .docx.
    """
    package = open_package(docx)
    changes = sum(len(CHANGE.findall(package.read(name))) for name in package.names if name.endswith(".xml"))
    cleaning = _Cleaning(open_package(resolve(docx, "all")), str, markup=False)
    cleaning.told["change"] = changes
    return cleaning.write()


def release(docx: bytes, *, names: Collection[str] = (), identity: CopyIdentity | None = None) -> Cleaned:
    """Return a document with its tracked changes and margin comments, and nothing else that a reader does not see.

    Changes and comments keep their author where that is one of `names` (organisations) or several of them; all others
    are signed DRAFT_AUTHOR. What a Word copy of ours says of itself stays; with
    `identity` the document says that of itself, so that copies of the draft are known as copies of what left.
    """
    known = {CONSOLIDATION, *(name.replace(";", ",").strip() for name in names)}  # as they are signed

    def named(author: str) -> str:
        one_by_one = [name if name in known else DRAFT_AUTHOR for name in author.split(TOGETHER)]
        return author if author in known else TOGETHER.join(dict.fromkeys(one_by_one))

    return _Cleaning(open_package(docx), named, markup=True, identity=identity).write()


@dataclass(slots=True)
class _Part:
    name: str
    root: Element


class _Cleaning:
    """One document on its way out: `told` counts what is left behind."""

    def __init__(
        self, package: Package, author: Callable[[str], str], *, markup: bool, identity: CopyIdentity | None = None
    ) -> None:
        self.package, self.main, self.markup = package, package.main_part, markup
        self.identity = identity or (identity_of(package) if markup else None)
        self.told = Counter[str]()
        self.renaming = Renaming(author=author, initials=lambda name: initials_of(author(name)))
        self.admission = Admission(self.renaming, markup, self.told)
        self.filter = Filter(self.admission)
        self.shipment = Shipment(package)
        self.lost = set[str]()  # pictures that cannot be examined
        self.roots: dict[str, Element] = {}  # the parts with text, by name
        self.tables: dict[str, _Part] = {}  # styles, numbering, settings and so on, by kind

    def write(self) -> Cleaned:
        self._open()
        self._remove_hidden()
        self._prune()
        self._unlink()
        self._ship()
        self._tell_parts()
        notices = tuple(
            Notice(code, sentence.format(self.told[code])) for code, sentence in SENTENCES.items() if self.told[code]
        )
        return Cleaned(self.shipment.packed(), notices)

    # ---- what there is ----------------------------------------------------------------------------------------------

    def _open(self) -> None:
        kinds = (*DOCUMENT_PARTS, "comments", "commentsExtended") if self.markup else DOCUMENT_PARTS
        for kind in kinds:
            name = self.package.related(self.main, kind)
            if name:
                self.tables[kind] = _Part(name, parse_xml(self.package.read(name)))
        self.roots[self.main] = parse_xml(self.package.read(self.main))
        if not self.markup:
            self._drop_unseen_margins()
        for reference in self.roots[self.main].iter(w("headerReference"), w("footerReference")):
            target = self._target(reference.get(f"{{{ooxml.R}}}id", ""))
            if target and target not in self.roots:
                self.roots[target] = parse_xml(self.package.read(target))
        for kind in ("footnotes", "endnotes", "comments"):
            if kind in self.tables:
                self.roots[self.tables[kind].name] = self.tables[kind].root

    def _target(self, name: str) -> str:
        """Return the part the main part calls by the id of a relationship."""
        for relationship in self.package.relationships(self.main):
            is_it = relationship.id == name and relationship.type.rpartition("/")[2] in ("header", "footer")
            if is_it and not relationship.external and self.package.has(relationship.target):
                return relationship.target
        return ""

    def _drop_unseen_margins(self) -> None:
        """Take away the headers and footers of first or even pages where no page has one of its own."""
        settings = self.tables.get("settings")
        even = settings is not None and is_on(settings.root.find(w("evenAndOddHeaders")))
        root = self.roots[self.main]
        first = any(is_on(mark) for mark in root.iter(w("titlePg")))
        for reference in list(root.iter(w("headerReference"), w("footerReference"))):
            kind = reference.get(w("type"), "default")
            if (kind == "first" and not first) or (kind == "even" and not even):
                ooxml.remove(reference)

    # ---- what goes before anything is written -----------------------------------------------------------------------

    def _remove_hidden(self) -> None:
        styles = self.tables.get("styles")
        hiding = hiding_styles(styles.root if styles else None)
        self.told["hidden"] += sum(remove_hidden(root, hiding) for root in self.roots.values())

    def _prune(self) -> None:
        for kind, reference in (("footnotes", "footnoteReference"), ("endnotes", "endnoteReference")):
            if kind in self.tables:
                referred = [e.get(ooxml.ID, "") for root in self.roots.values() for e in root.iter(w(reference))]
                self.told["footnote"] += prune_notes(self.tables[kind].root, referred)
        if "comments" in self.tables:
            self._prune_comments(self.tables["comments"].root)
        used = Used()
        for root in self.roots.values():
            gather(root, used)
        self._prune_tables(used)
        self._name_bookmarks(used)

    def _prune_comments(self, comments: Element) -> None:
        referred = {e.get(ooxml.ID) for root in self.roots.values() for e in root.iter(ooxml.COMMENT_REFERENCE)}
        for comment in comments.findall(w("comment")):
            if comment.get(ooxml.ID) not in referred:
                comments.remove(comment)
                self.told["comment"] += 1
            elif last := [p.get(PARA_ID, "") for p in comment.iter(ooxml.P)][-1:]:
                self.renaming.para_ids.setdefault(last[0], f"{len(self.renaming.para_ids) + 1:08X}")
        self.renaming.para_ids.pop("", None)

    def _prune_tables(self, used: Used) -> None:
        roots = {kind: part.root for kind, part in self.tables.items()}
        numbering, styles = roots.get("numbering"), roots.get("styles")
        before = sum(len(root) for root in (numbering, styles) if root is not None)
        if styles is not None:
            self.renaming.styles = prune_styles(styles, numbering, used, keep_ids=self.markup)
        if numbering is not None:
            prune_numbering(numbering, used)
        self.told["style"] += before - sum(len(root) for root in (numbering, styles) if root is not None)
        for kind in ("styles", "numbering", "theme"):
            if kind in roots:
                gather_fonts(roots[kind], used)
        if "fontTable" in roots:
            prune_fonts(roots["fontTable"], used)
        if "settings" in roots:
            for tag, code in ((w("docVars"), "variable"), (w("mailMerge"), "merge"), (w("rsids"), "rsid"),
                              (w("documentProtection"), "protection"), (w("attachedTemplate"), "template")):  # fmt: skip
                self.told[code] += len(roots["settings"].findall(tag))
            prune_settings(roots["settings"], tracking=self.markup)

    def _name_bookmarks(self, used: Used) -> None:
        wanted = {name.casefold() for name in used.bookmarks}
        for root in self.roots.values():
            for mark in root.iter(w("bookmarkStart")):
                name = mark.get(w("name"), "")
                if name.casefold() not in wanted:
                    self.told["bookmark"] += 1
                elif name.casefold() not in self.renaming.bookmarks:
                    new = name if MADE_NAME.fullmatch(name) else f"_Ref{900_000_001 + len(self.renaming.bookmarks)}"
                    self.renaming.bookmarks[name.casefold()] = new

    def _unlink(self) -> None:
        styles = self.tables.get("styles")
        kept = {name_of(s).casefold(): name_of(s) for s in styles.root.findall(w("style"))} if styles else {}
        labels: dict[str, str] = {}

        def label(value: str) -> str:
            known = value if value.casefold() in KNOWN_LABELS else f"Series{len(labels) + 1}"
            return labels.setdefault(value.casefold(), known)

        names = Names(
            lambda name: self.renaming.bookmarks.get(name.casefold(), ""),
            lambda name: kept.get(name.strip().casefold(), ""),
            label,
        )
        for root in self.roots.values():
            self.told["field"] += len(unlink_fields(root, names))

    # ---- what is written --------------------------------------------------------------------------------------------

    def _ship(self) -> None:
        shipment = self.shipment
        shipment.begin(self.main, "word/document.xml", "officeDocument")
        self._put(self.main, self.roots[self.main])
        for kind in (*DOCUMENT_PARTS, "comments"):
            if kind in self.tables:
                shipment.begin(self.tables[kind].name, f"word/{_part_name(kind)}.xml", kind, of="word/document.xml")
                self._put(self.tables[kind].name, self.tables[kind].root)
        for name, kind in shipment.waiting():
            if kind == "image":
                continue
            self._put(name, self.roots[name] if name in self.roots else parse_xml(self.package.read(name)))
        if "commentsExtended" in self.tables and self.renaming.para_ids:
            shipment.add_threads(self._threads(self.tables["commentsExtended"].root))
        title = self._title()
        if title:
            shipment.add_title(title)
        if self.identity is not None:
            shipment.add_identity(identity_part(self.identity))

    def _put(self, name: str, root: Element) -> None:
        """Filter a part into the shipment; what it refers to is put in line behind it."""
        self.admission.relate = lambda kind, id_: self._relate(name, kind, id_)
        self.told["description"] += sum(
            1 for e in root.iter() if isinstance(e.tag, str) and (e.get("descr") or e.get("alt") or e.get("title"))
        )
        self.shipment.put(name, to_bytes(self.filter.part(root)))

    def _relate(self, part: str, kind: str, name: str) -> str:
        relationship = next((r for r in self.package.relationships(part) if r.id == name), None)
        if relationship is None or relationship.type.rpartition("/")[2] != kind:
            return ""
        if kind == "hyperlink":
            allowed = relationship.external and is_plain_link(relationship.target)
            return self.shipment.link(part, relationship.target.strip()) if allowed else ""
        if relationship.external or not self.package.has(relationship.target):
            return ""
        if kind == "image" and not self.shipment.has(relationship.target):
            return self._picture(part, relationship.target)
        return self.shipment.relate(part, kind, relationship.target)

    def _picture(self, part: str, target: str) -> str:
        data = self.package.read(target)
        ending = kind_of_picture(data)
        try:
            data = without_metadata(data) if ending else b""
        except Damaged:
            data = b""
        if not data:
            self.lost.add(target)
            return ""
        if ending in ("tiff", "wmf"):
            self.told["picture-kept"] += 1
        return self.shipment.relate(part, "image", target, ending, data)

    def _threads(self, root: Element) -> bytes:
        """Return which comment answers which, and which are done: all of them, by their new names."""
        made = etree.Element(f"{{{ooxml.W15}}}commentsEx", nsmap={"w15": ooxml.W15})
        told = {e.get(f"{{{ooxml.W15}}}paraId", ""): e for e in root if isinstance(e.tag, str)}
        for old, new in self.renaming.para_ids.items():
            entry = etree.SubElement(made, f"{{{ooxml.W15}}}commentEx")
            entry.set(f"{{{ooxml.W15}}}paraId", new)
            of = told.get(old)
            parent = (
                self.renaming.para_ids.get(of.get(f"{{{ooxml.W15}}}paraIdParent", ""), "") if of is not None else ""
            )
            if parent:
                entry.set(f"{{{ooxml.W15}}}paraIdParent", parent)
            done = of is not None and of.get(f"{{{ooxml.W15}}}done") in ("1", "true", "on")
            entry.set(f"{{{ooxml.W15}}}done", "1" if done else "0")
        return to_bytes(made)

    def _title(self) -> str:
        name = self.package.related("", "core-properties")
        found = parse_xml(self.package.read(name)).find(DC_TITLE) if name else None
        return ooxml.printable(found.text or "").strip() if found is not None else ""

    # ---- what is told -----------------------------------------------------------------------------------------------

    def _tell_parts(self) -> None:
        """Count the parts that stay behind, by what they are, and the references to other files."""
        counted, reached = {self.main}, {self.main, "[Content_Types].xml"}
        for owner, relationship in self._all_relationships():
            kind = relationship.rpartition("/")[2]
            target = owner
            if target is None:
                self.told["external"] += kind != "hyperlink"
                continue
            reached.add(target)
            if target not in counted and kind in PARTS:
                counted.add(target)
                self.told[PARTS[kind]] += 1
        self.told["picture"] = len(self.lost)
        if not self.markup:
            name = self.package.related(self.main, "comments")
            self.told["comment"] = len(parse_xml(self.package.read(name)).findall(w("comment"))) if name else 0
        self.told["part"] += sum(1 for n in self.package.names if n not in reached and not n.endswith(".rels"))

    def _all_relationships(self) -> Iterator[tuple[str | None, str]]:
        """Yield the target (None for one outside) and type of all relationships of all parts."""
        for part in ("", *(n for n in self.package.names if not n.endswith(".rels"))):
            for relationship in self.package.relationships(part):
                yield (None if relationship.external else relationship.target), relationship.type


def _part_name(kind: str) -> str:
    return "theme/theme1" if kind == "theme" else kind
