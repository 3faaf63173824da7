"""Writes a part anew from what is allowed (allowing.py): elements, attributes, values; everything else stays behind."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from consult.engine import allowing, ooxml
from consult.engine.allowing import PREFIXES, WP, A, C, V
from consult.engine.ooxml import MC, W14, Element, M, R, w

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
IDENTIFIERS = re.compile(r"\}(rsid\w*|paraId|textId|anchorId|editId)$")
NEEDS_PARAGRAPH = frozenset((ooxml.TC, ooxml.BOX, w("hdr"), w("ftr"), w("footnote"), w("endnote"), w("comment")))
NOTES, HOLDERS = (w("footnote"), w("endnote")), (w("footnotes"), w("endnotes"))
GALLERIES = re.compile(
    r"Table of Contents|Page Numbers( \((Top of Page|Bottom of Page|Margins)\))?|Watermarks|Cover Pages"
)
COMPATIBILITY = frozenset(
    ("compatibilityMode", "overrideTableStyleFontSizeAndJustification", "enableOpenTypeFeatures", "doNotFlipMirrorIndents",
     "differentiateMultirowTableHeaders", "useWord2013TrackBottomHyphenation", "allowHyphenationAtTrackBottom",
     "allowSpaceOfSameStyleInTable")
)  # fmt: skip
DATE = re.compile(r"(19|2\d)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
NUMBER_FORMAT = re.compile(r"[#0.,%$€£\s?/;:_()\[\]*\\dmyhsE+-]{1,60}|General", re.IGNORECASE)
Handler = Callable[["Filter", Element, str], str]


@dataclass(slots=True)
class Renaming:
    """The names that go out, by those that came in; what is not there does not go out."""

    styles: dict[str, str] = field(default_factory=dict)
    bookmarks: dict[str, str] = field(default_factory=dict)
    para_ids: dict[str, str] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    author: Callable[[str], str] = str
    initials: Callable[[str], str] = str


@dataclass(slots=True)
class Filter:
    """Filters one part after another. `relate` gives the id of a relationship in the new part: kind, old id -> id or ""."""

    renaming: Renaming
    markup: bool = False
    told: Counter[str] = field(default_factory=Counter)
    relate: Callable[[str, str], str] = lambda kind, name: ""
    shapes: dict[str, str] = field(default_factory=dict)
    pictures: int = 0
    _bookmarks: set[str] = field(default_factory=set)

    def part(self, root: Element) -> Element:
        """Return the part as it goes out: the same root with what is allowed in it."""
        self.shapes = {}
        self._bookmarks = {
            mark.get(ooxml.ID, "")
            for mark in root.iter(w("bookmarkStart"))
            if mark.get(w("name"), "").casefold() in self.renaming.bookmarks
        }
        made = etree.Element(root.tag, nsmap=PREFIXES)
        self._fill(root, made)
        spaces = {str(e.tag)[1:].partition("}")[0] for e in made.iter()} | {
            name[1:].partition("}")[0] for e in made.iter() for name in ooxml.attributes_of(e) if name[0] == "{"
        }
        ignorable = [p for p in IGNORABLE if PREFIXES[p] in spaces]
        if ignorable:
            made.set(f"{{{MC}}}Ignorable", " ".join(ignorable))
        required = {p for e in made.iter(CHOICE) for p in e.get("Requires", "").split()}
        etree.cleanup_namespaces(made, keep_ns_prefixes=sorted({"r", *ignorable, *required} & PREFIXES.keys()))
        return made

    def _fill(self, source: Element, made: Element) -> bool:
        """Give an element the attributes, text and children that are allowed; return whether its value was refused."""
        refused = False
        for name in ooxml.attributes_of(source):
            value = self._value(source, name, source.get(name, ""))
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
            self.told["note"] += 1
            return
        if tag in WRAPPERS or (not self.markup and tag in ooxml.INSERTED_TAGS):
            self._unwrap(source, target)
            return
        if tag == ALTERNATE:
            self._alternate(source, target)
            return
        known = allowing.MARKUP_TAGS if self.markup else allowing.TAGS
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
            self.told[TOLD[tag]] += 1
        elif space not in PREFIX_OF:
            self.told["extension"] += 1

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

    def _value(self, source: Element, name: str, value: str) -> str | None:
        handler = HANDLERS.get((source.tag, name)) or BY_NAME.get(name)
        if handler is not None:
            return handler(self, source, value) or None
        if name == ooxml.XML_SPACE:
            return "preserve" if value == "preserve" else None
        if name in allowing.ATTRIBUTES and allowing.is_plain(value):
            return value
        if IDENTIFIERS.search(name):
            self.told["rsid"] += 1
        return None

    # ---- elements that are more than their name ---------------------------------------------------------------------

    def _named(self, source: Element, target: Element) -> bool:
        return target.tag == w("style")

    def _font_entry(self, source: Element, target: Element) -> bool:
        return allowing.is_font(source.get(w("name"), ""))

    def _margin_reference(self, source: Element, target: Element) -> bool:
        kind = "header" if source.tag == w("headerReference") else "footer"
        return bool(self.relate(kind, source.get(f"{{{R}}}id", "")))

    def _hyperlink(self, source: Element, target: Element) -> bool:
        name, anchor = source.get(f"{{{R}}}id", ""), source.get(w("anchor"), "")
        if (name and self.relate("hyperlink", name)) or self._bookmark(source, anchor):
            return True
        self.told["link"] += 1
        self._unwrap(source, target)
        return False

    def _bookmark_mark(self, source: Element, target: Element) -> bool:
        return source.get(ooxml.ID, "") in self._bookmarks

    def _drawing(self, source: Element, target: Element) -> bool:
        """Leave out what is hidden, what is no drawing of a known kind, and a picture without its file."""
        if any(p.get("hidden") in ("1", "true") for p in source.iter(f"{{{WP}}}docPr")):
            self.told["hidden"] += 1
            return False
        graphics = [g.get("uri", "") for g in source.iter(f"{{{A}}}graphicData")]
        blips = list(source.iter(f"{{{A}}}blip"))
        lost = [b for b in blips if not self.relate("image", b.get(f"{{{R}}}embed", ""))]
        charts = [c for c in source.iter(f"{{{C}}}chart") if not self.relate("chart", c.get(f"{{{R}}}id", ""))]
        if any(uri not in allowing.GRAPHICS for uri in graphics[:1]) or charts or not graphics:
            self.told["object"] += 1
            return False
        if lost and len(lost) == len(blips) and source.find(f".//{ooxml.BOX}") is None:
            self.told["picture"] += 1
            return False
        return True

    def _object(self, source: Element, target: Element) -> bool:
        """Keep the picture that shows an embedded object."""
        shows = any(self.relate("image", i.get(f"{{{R}}}id", "")) for i in source.iter(f"{{{V}}}imagedata"))
        if not shows and source.find(f".//{ooxml.BOX}") is None:
            self.told["embedded"] += 1
            return False
        self._copy(source, target, w("pict"))
        return False

    def _shape(self, source: Element, target: Element) -> bool:
        if "visibility:hidden" in source.get("style", "").replace(" ", "").lower():
            self.told["hidden"] += 1
            return False
        return True

    # ---- attributes that are more than plain ------------------------------------------------------------------------

    def _style(self, source: Element, value: str) -> str:
        return self.renaming.styles.get(value, "")

    def _bookmark(self, source: Element, value: str) -> str:
        return self.renaming.bookmarks.get(value.casefold(), "") if value else ""

    def _font(self, source: Element, value: str) -> str:
        return value if allowing.is_font(value) else ""

    def _language(self, source: Element, value: str) -> str:
        return value if allowing.is_language(value) else ""

    def _same(self, source: Element, value: str) -> str:
        return ooxml.printable(value)

    def _short(self, source: Element, value: str) -> str:
        return value if len(value) <= 2 else ""

    def _date(self, source: Element, value: str) -> str:
        return value if self.markup and DATE.fullmatch(value) else ""

    def _author(self, source: Element, value: str) -> str:
        return self.renaming.author(value) if self.markup else ""

    def _initials(self, source: Element, value: str) -> str:
        return self.renaming.initials(source.get(ooxml.AUTHOR, "")) if self.markup else ""

    def _move(self, source: Element, value: str) -> str:
        return self.renaming.moves.setdefault(value, f"move{len(self.renaming.moves) + 1}") if self.markup else ""

    def _para_id(self, source: Element, value: str) -> str:
        return self.renaming.para_ids.get(value, "") if self.markup else ""

    def _object_name(self, source: Element, value: str) -> str:
        return f"Object {self.pictures}" if source.get("id") else "Object"

    def _object_id(self, source: Element, value: str) -> str:
        self.pictures += 1
        return value if re.fullmatch(r"\d{1,9}", value) else str(self.pictures)

    def _scheme_name(self, source: Element, value: str) -> str:
        return "Office"

    def _plain(self, source: Element, value: str) -> str:
        return value if allowing.is_plain(value) else ""

    def _path(self, source: Element, value: str) -> str:
        return value if allowing.is_path(value) or allowing.is_plain(value) else ""

    def _css(self, source: Element, value: str) -> str:
        kept = [part for part in value.split(";") if self._is_css(part)]
        return ";".join(kept)

    def _is_css(self, declaration: str) -> bool:
        name, _, value = declaration.partition(":")
        if name.strip() == "font-family":
            return allowing.is_font(value.strip("\"' "))
        return bool(declaration.strip()) and allowing.is_plain(declaration)

    def _shape_id(self, source: Element, value: str) -> str:
        return self.shapes.setdefault(value.lstrip("#"), f"_x0000_s{1025 + len(self.shapes)}")

    def _shape_type(self, source: Element, value: str) -> str:
        return "#" + self._shape_id(source, value)

    def _graphic(self, source: Element, value: str) -> str:
        return value if value in allowing.GRAPHICS else ""

    def _character(self, source: Element, value: str) -> str:
        return value if re.fullmatch(r"[0-9A-Fa-f]{1,4}", value) else ""

    def _gallery(self, source: Element, value: str) -> str:
        return value if GALLERIES.fullmatch(value) else ""

    def _compatibility(self, source: Element, value: str) -> str:
        return value if value in COMPATIBILITY else ""

    def _compatibility_space(self, source: Element, value: str) -> str:
        return "http://schemas.microsoft.com/office/word" if source.get(w("name")) in COMPATIBILITY else ""

    def _script(self, source: Element, value: str) -> str:
        return value if re.fullmatch(r"[A-Z][a-z]{3}", value) else ""

    def _number_format(self, source: Element, value: str) -> str:
        return value if NUMBER_FORMAT.fullmatch(value) else "General"


def _related(kind: str) -> Handler:
    return lambda found, source, value: found.relate(kind, value)


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
    f"{{{A}}}hlinkClick": lambda found, source, target: bool(found.relate("hyperlink", source.get(f"{{{R}}}id", ""))),
}
VAL = w("val")
HANDLERS: dict[tuple[str, str], Handler] = {
    **{
        (w(n), VAL): Filter._style
        for n in ("pStyle", "rStyle", "tblStyle", "basedOn", "next", "link", "styleLink", "numStyleLink",
                  "defaultTableStyle")
    },
    (w("style"), w("styleId")): Filter._style,
    (w("name"), VAL): Filter._same,
    (w("lvlText"), VAL): Filter._same,
    (w("listSeparator"), VAL): Filter._short,
    (w("decimalSymbol"), VAL): Filter._short,
    **{(w("rFonts"), w(n)): Filter._font for n in ("ascii", "hAnsi", "eastAsia", "cs")},
    (w("sym"), w("font")): Filter._font,
    (w("sym"), w("char")): Filter._character,
    (w("font"), w("name")): Filter._font,
    (w("panose1"), VAL): lambda found, source, value: value if re.fullmatch(r"[0-9A-Fa-f]{20}", value) else "",
    **{(w(tag), w(n)): Filter._language for tag in ("lang", "themeFontLang") for n in ("val", "eastAsia", "bidi")},
    (w("lid"), VAL): Filter._language,
    (w("docPartGallery"), VAL): Filter._gallery,
    (ooxml.HYPERLINK, w("anchor")): Filter._bookmark,
    (ooxml.HYPERLINK, f"{{{R}}}id"): _related("hyperlink"),
    (w("bookmarkStart"), w("name")): Filter._bookmark,
    (ooxml.FLD_SIMPLE, w("instr")): Filter._same,
    (w("compatSetting"), w("name")): Filter._compatibility,
    (w("compatSetting"), w("uri")): Filter._compatibility_space,
    (w("comment"), w("initials")): Filter._initials,
    (w("moveFromRangeStart"), w("name")): Filter._move,
    (w("moveToRangeStart"), w("name")): Filter._move,
    (w("headerReference"), f"{{{R}}}id"): _related("header"),
    (w("footerReference"), f"{{{R}}}id"): _related("footer"),
    (f"{{{A}}}blip", f"{{{R}}}embed"): _related("image"),
    (f"{{{V}}}imagedata", f"{{{R}}}id"): _related("image"),
    (f"{{{V}}}imagedata", f"{{{R}}}pict"): _related("image"),
    (f"{{{V}}}fill", f"{{{R}}}id"): _related("image"),
    (f"{{{V}}}stroke", f"{{{R}}}id"): _related("image"),
    (f"{{{C}}}chart", f"{{{R}}}id"): _related("chart"),
    (f"{{{A}}}hlinkClick", f"{{{R}}}id"): _related("hyperlink"),
    (f"{{{A}}}graphicData", "uri"): Filter._graphic,
    **{(f"{{{A}}}{n}", "name"): Filter._scheme_name for n in ("theme", "clrScheme", "fontScheme", "fmtScheme")},
    (f"{{{A}}}gd", "name"): Filter._plain,
    (f"{{{A}}}font", "script"): Filter._script,
    (f"{{{A}}}buChar", "char"): Filter._short,
    **{(f"{{{M}}}{n}", f"{{{M}}}val"): Filter._short for n in ("chr", "begChr", "endChr", "sepChr")},
    (f"{{{M}}}mathFont", f"{{{M}}}val"): Filter._font,
    **{(f"{{{V}}}{n}", "id"): Filter._shape_id for n in
       ("shape", "shapetype", "rect", "oval", "line", "roundrect", "group", "polyline")},
    (f"{{{V}}}shape", "type"): Filter._shape_type,
    (f"{{{V}}}shape", "path"): Filter._path,
    (f"{{{V}}}shapetype", "path"): Filter._path,
    (f"{{{V}}}path", "v"): Filter._path,
    (f"{{{V}}}textpath", "string"): Filter._same,
    (f"{{{V}}}line", "from"): Filter._plain,
    (f"{{{V}}}line", "to"): Filter._plain,
    (f"{{{C}}}numFmt", "formatCode"): Filter._number_format,
    **{(f"{{{space}}}{n}", "id"): Filter._object_id
       for space in (WP, allowing.WPS, allowing.WPG, allowing.PIC, A) for n in ("docPr", "cNvPr")},
    **{(f"{{{space}}}{n}", "name"): Filter._object_name
       for space in (WP, allowing.WPS, allowing.WPG, allowing.PIC, A) for n in ("docPr", "cNvPr")},
    (f"{{{allowing.WPS}}}txbx", "id"): Filter._plain,
    (f"{{{allowing.WPS}}}linkedTxbx", "id"): Filter._plain,
}  # fmt: skip
BY_NAME: dict[str, Handler] = {
    ooxml.AUTHOR: Filter._author,
    ooxml.DATE: Filter._date,
    f"{{{W14}}}paraId": Filter._para_id,
    "typeface": Filter._font,
    "lang": Filter._language,
    "style": Filter._css,
}
