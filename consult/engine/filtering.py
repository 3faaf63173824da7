"""Writes a part anew from what is allowed (allowing.py): elements, attributes, values; everything else stays behind."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from consult.engine import allowing, ooxml
from consult.engine.admitting import NUMBER_FORMAT, Admission
from consult.engine.allowing import PREFIXES, WP, A, C, V
from consult.engine.ooxml import MC, Element, R, w
from consult.errors import Invalid
from consult.phrases import say

ALTERNATE, CHOICE, FALLBACK = f"{{{MC}}}AlternateContent", f"{{{MC}}}Choice", f"{{{MC}}}Fallback"
PREFIX_OF = {space: prefix for prefix, space in PREFIXES.items()}
IGNORABLE = ("w14", "wp14")
WRAPPERS = frozenset((ooxml.CUSTOM_XML, w("smartTag")))
# What goes is told by these words; what is not named here is no content: ids of saving, names of fields, sizes of windows.
TOLD = {
    w("altChunk"): "embedded", w("subDoc"): "embedded", w("contentPart"): "object", w("movie"): "object",
    w("control"): "control", w("permStart"): "permission", w("dataBinding"): "binding", w("docVars"): "variable",
    w("mailMerge"): "merge", w("documentProtection"): "protection", w("attachedTemplate"): "template",
    w("rsids"): "rsid", w("tag"): "tag", w("alias"): "tag", f"{{{allowing.O}}}OLEObject": "embedded",
    w("tblCaption"): "description", w("tblDescription"): "description", ooxml.COMMENT_REFERENCE: "comment",
    ooxml.INS: "change", ooxml.DEL: "change",
}  # fmt: skip
NEEDS_PARAGRAPH = frozenset((ooxml.TC, ooxml.BOX, w("hdr"), w("ftr"), w("footnote"), w("endnote"), w("comment")))
NOTES, HOLDERS = (w("footnote"), w("endnote")), (w("footnotes"), w("endnotes"))


@dataclass(slots=True)
class Filter:
    """Filters one part after another."""

    admission: Admission
    _bookmarks: set[str] = field(default_factory=set)

    def part(self, root: Element) -> Element:
        """Return the part as it goes out. Raises Invalid for one that is not of a kind that is known."""
        if root.tag not in allowing.MARKUP_TAGS:
            raise Invalid(
                say(
                    "This file is damaged: one of its parts is not what it should be. Save it again in Word and use "
                    "that file."
                ),
                "damaged",
            )
        self.admission.shapes = {}
        self._bookmarks = {
            mark.get(ooxml.ID, "")
            for mark in root.iter(w("bookmarkStart"))
            if mark.get(w("name"), "").casefold() in self.admission.renaming.bookmarks
        }
        made = etree.Element(root.tag, nsmap=PREFIXES)
        self._fill(root, made)
        ignorable = [p for p in IGNORABLE if any(True for _ in made.iter(f"{{{PREFIXES[p]}}}*"))]
        if made.tag == w("comments") and "w14" not in ignorable:
            ignorable.append("w14")  # threads hang on an attribute of it
        if ignorable:
            made.set(f"{{{MC}}}Ignorable", " ".join(ignorable))
        required = {p for e in made.iter(CHOICE) for p in e.get("Requires", "").split()}
        etree.cleanup_namespaces(made, keep_ns_prefixes=sorted({"r", *ignorable, *required} & PREFIXES.keys()))
        return made

    def _fill(self, source: Element, made: Element) -> bool:
        """Give an element the attributes, text and children that are allowed; return whether its value was refused."""
        refused = False
        for key, given in source.items():
            name = str(key)
            value = self.admission.value(source, name, str(given))
            if value is not None:
                made.set(name, value)
            elif name == w("val") or name.startswith(f"{{{R}}}"):
                refused = True
        if source.text and (text := self._text(source)):
            made.text = text
        for child in source:
            self._child(child, made)
        if made.tag in NEEDS_PARAGRAPH and (not len(made) or made[-1].tag != ooxml.P) and self._ends(made):
            etree.SubElement(made, ooxml.P)
        return refused

    def _ends(self, made: Element) -> bool:
        """Return whether an element must be given a paragraph to end with: a cell always, others when they are empty."""
        parent = made.getparent()
        if made.tag in NOTES and parent is not None and parent.tag not in HOLDERS:
            return False  # in the settings: the mere mention of one
        return made.tag == ooxml.TC or not any(e.tag in (ooxml.P, ooxml.TBL, ooxml.SDT) for e in made)

    def _text(self, source: Element) -> str:
        text = source.text or ""
        if source.tag in allowing.TEXTS or source.tag in (ooxml.INSTR, ooxml.DEL_INSTR):
            return text
        if source.tag == f"{{{C}}}f":
            return "Sheet1!$A$1"  # where the workbook had the numbers, which stays behind; the element must be there
        if source.tag == f"{{{C}}}formatCode":
            return text if NUMBER_FORMAT.fullmatch(text) else "General"
        stripped = text.strip()
        return stripped if stripped and allowing.is_plain(stripped) else ""

    def _child(self, source: Element, target: Element) -> None:
        tag = source.tag
        if not isinstance(tag, str):
            self.admission.told["note"] += 1
            return
        if tag in WRAPPERS or (not self.admission.markup and tag in ooxml.INSERTED_TAGS):
            self._unwrap(source, target)
            return
        if tag == ALTERNATE:
            self._alternate(source, target)
            return
        known = allowing.MARKUP_TAGS if self.admission.markup else allowing.TAGS
        if tag not in known and not self._is_style_separator(source):
            self._tell(tag)
            return
        special = SPECIAL.get(tag)
        if special is None or special(self, source, target):
            self._copy(source, target)

    def _copy(self, source: Element, target: Element, tag: str = "") -> None:
        made = etree.SubElement(target, tag or source.tag)
        refused = self._fill(source, made)
        if refused and not len(made) and not made.attrib and not made.text:
            target.remove(made)  # it was there for that value
        elif made.tag == ooxml.RUN and not any(child.tag != ooxml.RPR for child in made):
            if any(child.tag != ooxml.RPR for child in source):
                target.remove(made)
        elif made.tag == ooxml.TBL and not any(True for _ in made.iter(ooxml.TR)):
            target.remove(made)

    def _unwrap(self, source: Element, target: Element) -> None:
        for child in source:
            self._child(child, target)

    def _tell(self, tag: str) -> None:
        space = tag[1:].partition("}")[0]
        if tag in TOLD:
            self.admission.told[TOLD[tag]] += 1
        elif space not in PREFIX_OF:
            self.admission.told["extension"] += 1

    def _is_style_separator(self, source: Element) -> bool:
        """Return whether this hides only the mark of a paragraph that the next one continues on the same line."""
        properties = source.getparent()
        mark = properties.getparent() if properties is not None else None
        if source.tag != w("vanish") or mark is None or properties is None or mark.tag != ooxml.PPR:
            return False
        return properties.find(w("specVanish")) is not None

    def _alternate(self, source: Element, target: Element) -> None:
        """Keep the choices of a kind that is known, and what older programs show instead."""
        made = etree.SubElement(target, ALTERNATE)
        for choice in source.findall(CHOICE):
            spaces = [choice.nsmap.get(prefix, "") for prefix in choice.get("Requires", "").split()]
            if not spaces or any(space not in PREFIX_OF for space in spaces):
                continue
            new = etree.SubElement(made, CHOICE, Requires=" ".join(PREFIX_OF[space] for space in spaces))
            self._unwrap(choice, new)
            if not len(new):
                made.remove(new)
        fallback = source.find(FALLBACK)
        if not len(made):
            target.remove(made)
            if fallback is not None:
                self._unwrap(fallback, target)
        elif fallback is not None:
            self._unwrap(fallback, etree.SubElement(made, FALLBACK))

    # ---- elements that are more than their name ---------------------------------------------------------------------

    def _named(self, source: Element, target: Element) -> bool:
        return target.tag == w("style")

    def _font_entry(self, source: Element, target: Element) -> bool:
        return allowing.is_font(source.get(w("name"), ""))

    def _margin_reference(self, source: Element, target: Element) -> bool:
        kind = "header" if source.tag == w("headerReference") else "footer"
        return bool(self.admission.relate(kind, source.get(f"{{{R}}}id", "")))

    def _hyperlink(self, source: Element, target: Element) -> bool:
        name, anchor = source.get(f"{{{R}}}id", ""), source.get(w("anchor"), "")
        if (name and self.admission.relate("hyperlink", name)) or self.admission.bookmark(source, anchor):
            return True
        self.admission.told["link"] += 1
        self._unwrap(source, target)
        return False

    def _bookmark_mark(self, source: Element, target: Element) -> bool:
        return source.get(ooxml.ID, "") in self._bookmarks

    def _drawing(self, source: Element, target: Element) -> bool:
        """Leave out what is hidden, what is no drawing of a known kind, and a picture without its file."""
        if any(p.get("hidden") in ("1", "true") for p in source.iter(f"{{{WP}}}docPr")):
            self.admission.told["hidden"] += 1
            return False
        graphics = [g.get("uri", "") for g in source.iter(f"{{{A}}}graphicData")]
        blips = list(source.iter(f"{{{A}}}blip"))
        lost = [b for b in blips if not self.admission.relate("image", b.get(f"{{{R}}}embed", ""))]
        charts = [
            c for c in source.iter(f"{{{C}}}chart") if not self.admission.relate("chart", c.get(f"{{{R}}}id", ""))
        ]
        if any(uri not in allowing.GRAPHICS for uri in graphics[:1]) or charts or not graphics:
            self.admission.told["object"] += 1
            return False
        return not lost or len(lost) < len(blips) or source.find(f".//{ooxml.BOX}") is not None

    def _object(self, source: Element, target: Element) -> bool:
        """Keep the picture that shows an embedded object."""
        shows = any(self.admission.relate("image", i.get(f"{{{R}}}id", "")) for i in source.iter(f"{{{V}}}imagedata"))
        if not shows and source.find(f".//{ooxml.BOX}") is None:
            self.admission.told["embedded"] += 1
            return False
        self._copy(source, target, w("pict"))
        return False

    def _shape(self, source: Element, target: Element) -> bool:
        if "visibility:hidden" in source.get("style", "").replace(" ", "").lower():
            self.admission.told["hidden"] += 1
            return False
        return True


SPECIAL: dict[str, Callable[[Filter, Element, Element], bool]] = {
    w("name"): Filter._named,
    w("font"): Filter._font_entry,
    w("headerReference"): Filter._margin_reference,
    w("footerReference"): Filter._margin_reference,
    ooxml.HYPERLINK: Filter._hyperlink,
    w("bookmarkStart"): Filter._bookmark_mark,
    w("bookmarkEnd"): Filter._bookmark_mark,
    w("drawing"): Filter._drawing,
    w("object"): Filter._object,
    **{
        f"{{{V}}}{n}": Filter._shape
        for n in ("shape", "rect", "oval", "line", "roundrect", "group", "image", "polyline")
    },
    w("vanish"): lambda found, source, target: found._is_style_separator(source),
    f"{{{A}}}hlinkClick": lambda found, source, target: bool(
        found.admission.relate("hyperlink", source.get(f"{{{R}}}id", ""))
    ),
}
