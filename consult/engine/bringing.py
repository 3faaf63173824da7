"""Bringing what was taken out of a copy into the draft's package: pictures, links, notes get a home and an id there."""

import hashlib
from collections.abc import Sequence

from lxml import etree

from consult.engine import ooxml
from consult.engine.additions import Additions
from consult.engine.ooxml import Element, w
from consult.engine.package import OFFICE, WORD_TYPE, parse_xml
from consult.engine.stories import Document
from consult.engine.values import Asset

DRAWING_IDS = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
REFERENCES = {w("footnoteReference"): "footnote", w("endnoteReference"): "endnote"}


class Bringer:
    """Brings markup with its assets into one document that is being written."""

    def __init__(self, document: Document, additions: Additions) -> None:
        self.document, self.additions = document, additions
        self.touched: set[str] = set()
        self._homes: dict[str, str] = {}  # id of an asset -> the part's name
        self._drawings = 0
        self._new_notes: list[Element] = []

    def elements(self, markup: str, assets: Sequence[Asset], part: str) -> list[Element]:
        """Return the markup's elements with every reference leading to a part of the document."""
        if not markup:
            return []
        parent = parse_xml(f'<w:body xmlns:w="{ooxml.W}" xmlns:r="{ooxml.R}">{markup}</w:body>'.encode())
        found = list(parent)
        known = {asset.id: asset for asset in assets}
        for element in found:
            self._attach(element, known, part)
        return found

    def _attach(self, element: Element, known: dict[str, Asset], part: str) -> None:
        prefix = f"{{{ooxml.R}}}"
        for inner in list(element.iter()):
            if not isinstance(inner.tag, str):
                continue
            for name in ooxml.attributes_of(inner):
                if name.startswith(prefix):
                    self._point(inner, name, known.get(inner.get(name, "")), part)
            if inner.tag == DRAWING_IDS:
                inner.set("id", str(self.next_drawing()))
            kind = REFERENCES.get(inner.tag)
            if kind and (asset := known.get(inner.get(ooxml.ID, ""))) is not None:
                inner.set(ooxml.ID, self._note(kind, asset))
            elif kind:
                ooxml.remove(inner)

    def _point(self, element: Element, name: str, asset: Asset | None, part: str) -> None:
        if asset is None:
            del element.attrib[name]
        elif asset.kind == "link":
            element.set(name, self.additions.relate(part, asset.type, asset.target, external=True))
        else:
            element.set(name, self.additions.relate(part, asset.type, self._home(asset)))

    def _home(self, asset: Asset) -> str:
        """Return the part that holds an asset's bytes, made when it is first asked for."""
        key = hashlib.sha256(asset.data).hexdigest() + asset.target.rpartition(".")[2]
        if key not in self._homes:
            self._homes[key] = self.additions.add(asset.target, asset.content_type, asset.data)
            for inner in asset.parts:
                self._relate_inner(self._homes[key], inner)
        return self._homes[key]

    def _relate_inner(self, part: str, asset: Asset) -> None:
        """Give a part that was brought the references it has, under the ids its bytes name."""
        target = asset.target if asset.kind == "link" else self._home(asset)
        self.additions.relate_as(part, asset.id, asset.type, target, external=asset.kind == "link")

    def next_drawing(self) -> int:
        """Return an id that no drawing has."""
        if not self._drawings:
            ids = [e.get("id", "") for root in self.document.roots.values() for e in root.iter(DRAWING_IDS)]
            self._drawings = max((ooxml.number_from(i) for i in ids), default=0)
        self._drawings += 1
        return self._drawings

    def take_notes(self) -> list[Element]:
        """Return the notes brought since this was last asked."""
        notes, self._new_notes = self._new_notes, []
        return notes

    # ---- notes ------------------------------------------------------------------------------------------------------

    def _note(self, kind: str, asset: Asset) -> str:
        """Add a note to the document's notes and return its id."""
        part, root = self._notes(kind)
        numbers = [ooxml.number_from(e.get(ooxml.ID, "")) for e in root]
        number = str(max([0, *numbers]) + 1)
        note = etree.SubElement(root, w(kind))
        note.set(ooxml.ID, number)
        note.extend(self.elements(asset.data.decode(), asset.parts, part))
        if not len(note):
            etree.SubElement(note, ooxml.P)
        self.touched.add(part)
        self._new_notes.append(note)
        return number

    def _notes(self, kind: str) -> tuple[str, Element]:
        part = self.document.package.related(self.document.package.main_part, f"{kind}s")
        folder = self.document.package.main_part.rpartition("/")[0]
        part = part or f"{folder}/{kind}s.xml".lstrip("/")
        if part not in self.document.roots:
            self.document.roots[part] = _empty_notes(kind)
            self.additions.declare(part, f"{WORD_TYPE}.{kind}s+xml")
            self.additions.relate(self.document.package.main_part, f"{OFFICE}/{kind}s", part)
        return part, self.document.roots[part]


def _empty_notes(kind: str) -> Element:
    root = etree.Element(w(f"{kind}s"), nsmap={"w": ooxml.W, "r": ooxml.R})
    for number, name in ((-1, "separator"), (0, "continuationSeparator")):
        note = etree.SubElement(root, w(kind), {w("type"): name, ooxml.ID: str(number)})
        run = etree.SubElement(etree.SubElement(note, ooxml.P), ooxml.RUN)
        etree.SubElement(run, w(name))
    return root
