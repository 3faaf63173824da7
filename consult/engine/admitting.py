"""The attributes that are more than numbers and words of the formats: names, languages, references, dates.

Each has a function of its own that gives the value that goes out, or "" when the attribute does not go out.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from consult.engine import allowing, ooxml
from consult.engine.allowing import WP, A, C, V
from consult.engine.ooxml import W14, Element, M, R, w

IDENTIFIERS = re.compile(r"\}(rsid\w*|paraId|textId|anchorId|editId)$")
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
class Admission:
    """Lets values through for one part after another; `told` counts what does not go out.

    `relate` gives the id of a relationship in the new part: kind, old id -> new id, "" when it does not go out.
    """

    renaming: Renaming
    markup: bool = False
    told: Counter[str] = field(default_factory=Counter)
    relate: Callable[[str, str], str] = lambda kind, name: ""
    shapes: dict[str, str] = field(default_factory=dict)
    pictures: int = 0

    def value(self, source: Element, name: str, value: str) -> str | None:
        """Return an attribute's value as it goes out, or None."""
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

    def _style(self, source: Element, value: str) -> str:
        return self.renaming.styles.get(value, "")

    def bookmark(self, source: Element, value: str) -> str:
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


Handler = Callable[[Admission, Element, str], str]


def _related(kind: str) -> Handler:
    return lambda found, source, value: found.relate(kind, value)


VAL = w("val")
HANDLERS: dict[tuple[str, str], Handler] = {
    **{
        (w(n), VAL): Admission._style
        for n in ("pStyle", "rStyle", "tblStyle", "basedOn", "next", "link", "styleLink", "numStyleLink",
                  "defaultTableStyle")
    },
    (w("style"), w("styleId")): Admission._style,
    (w("name"), VAL): Admission._same,
    (w("lvlText"), VAL): Admission._same,
    (w("listSeparator"), VAL): Admission._short,
    (w("decimalSymbol"), VAL): Admission._short,
    **{(w("rFonts"), w(n)): Admission._font for n in ("ascii", "hAnsi", "eastAsia", "cs")},
    (w("sym"), w("font")): Admission._font,
    (w("sym"), w("char")): Admission._character,
    (w("font"), w("name")): Admission._font,
    (w("panose1"), VAL): lambda found, source, value: value if re.fullmatch(r"[0-9A-Fa-f]{20}", value) else "",
    **{(w(tag), w(n)): Admission._language for tag in ("lang", "themeFontLang") for n in ("val", "eastAsia", "bidi")},
    (w("lid"), VAL): Admission._language,
    (w("docPartGallery"), VAL): Admission._gallery,
    (ooxml.HYPERLINK, w("anchor")): Admission.bookmark,
    (ooxml.HYPERLINK, f"{{{R}}}id"): _related("hyperlink"),
    (w("bookmarkStart"), w("name")): Admission.bookmark,
    (ooxml.FLD_SIMPLE, w("instr")): Admission._same,
    (w("compatSetting"), w("name")): Admission._compatibility,
    (w("compatSetting"), w("uri")): Admission._compatibility_space,
    (w("comment"), w("initials")): Admission._initials,
    (w("moveFromRangeStart"), w("name")): Admission._move,
    (w("moveToRangeStart"), w("name")): Admission._move,
    (w("headerReference"), f"{{{R}}}id"): _related("header"),
    (w("footerReference"), f"{{{R}}}id"): _related("footer"),
    (f"{{{A}}}blip", f"{{{R}}}embed"): _related("image"),
    (f"{{{V}}}imagedata", f"{{{R}}}id"): _related("image"),
    (f"{{{V}}}imagedata", f"{{{R}}}pict"): _related("image"),
    (f"{{{V}}}fill", f"{{{R}}}id"): _related("image"),
    (f"{{{V}}}stroke", f"{{{R}}}id"): _related("image"),
    (f"{{{C}}}chart", f"{{{R}}}id"): _related("chart"),
    (f"{{{A}}}hlinkClick", f"{{{R}}}id"): _related("hyperlink"),
    (f"{{{A}}}graphicData", "uri"): Admission._graphic,
    **{(f"{{{A}}}{n}", "name"): Admission._scheme_name for n in ("theme", "clrScheme", "fontScheme", "fmtScheme")},
    (f"{{{A}}}gd", "name"): Admission._plain,
    (f"{{{A}}}font", "script"): Admission._script,
    (f"{{{A}}}buChar", "char"): Admission._short,
    **{(f"{{{M}}}{n}", f"{{{M}}}val"): Admission._short for n in ("chr", "begChr", "endChr", "sepChr")},
    (f"{{{M}}}mathFont", f"{{{M}}}val"): Admission._font,
    **{(f"{{{V}}}{n}", "id"): Admission._shape_id for n in
       ("shape", "shapetype", "rect", "oval", "line", "roundrect", "group", "polyline")},
    (f"{{{V}}}shape", "type"): Admission._shape_type,
    (f"{{{V}}}shape", "path"): Admission._path,
    (f"{{{V}}}shapetype", "path"): Admission._path,
    (f"{{{V}}}path", "v"): Admission._path,
    (f"{{{V}}}textpath", "string"): Admission._same,
    (f"{{{V}}}line", "from"): Admission._plain,
    (f"{{{V}}}line", "to"): Admission._plain,
    (f"{{{C}}}numFmt", "formatCode"): Admission._number_format,
    **{(f"{{{space}}}{n}", "id"): Admission._object_id
       for space in (WP, allowing.WPS, allowing.WPG, allowing.PIC, A) for n in ("docPr", "cNvPr")},
    **{(f"{{{space}}}{n}", "name"): Admission._object_name
       for space in (WP, allowing.WPS, allowing.WPG, allowing.PIC, A) for n in ("docPr", "cNvPr")},
    (f"{{{allowing.WPS}}}txbx", "id"): Admission._plain,
    (f"{{{allowing.WPS}}}linkedTxbx", "id"): Admission._plain,
}  # fmt: skip
BY_NAME: dict[str, Handler] = {
    ooxml.AUTHOR: Admission._author,
    ooxml.DATE: Admission._date,
    f"{{{W14}}}paraId": Admission._para_id,
    "typeface": Admission._font,
    "lang": Admission._language,
    "style": Admission._css,
}
