"""How things look, across two documents: which styles and lists of a copy the draft has too.

A copy's numbers of lists and names of styles mean something else in the draft, or nothing. What the draft does not have
in the same sense is not carried over: the new paragraph then looks like its neighbour, and a notice says so.
"""

import copy

from lxml import etree

from consult.engine import ooxml
from consult.engine.ooxml import Element, w
from consult.engine.package import Package, parse_xml

VAL = w("val")
LIST = ""  # in the place of a style's name
# What of a paragraph's properties says how it is meant; the rest is what programs add when they save. In schema order.
PARAGRAPH = tuple(w(n) for n in ("pStyle", "keepNext", "numPr", "tabs", "bidi", "spacing", "ind", "jc", "outlineLvl"))
# Emphasis, in schema order (ECMA-376 Part 1, §17.3.2.28).
EMPHASIS = tuple(
    w(n)
    for n in ("rStyle", "b", "bCs", "i", "iCs", "caps", "smallCaps", "strike", "dstrike", "color", "highlight", "u",
              "vertAlign")
)  # fmt: skip
PLAIN = frozenset((w("color"),))  # "auto" says nothing
LINKED = frozenset(("CommentReference", "Hyperlink", "InternetLink"))


class Styling:
    """Compares the styles and lists of a copy with those of the draft. `unknown` gathers what the draft lacks."""

    def __init__(self, base: Package, returned: Package) -> None:
        self._base_styles, self._their_styles = _styles(base), _styles(returned)
        self._base_lists, self._their_lists = _lists(base), _lists(returned)
        self._by_definition: dict[tuple[str, ...], str] = {}
        for number, definition in self._base_lists.items():
            self._by_definition.setdefault(definition, number)
        self.unknown: set[str] = set()  # names of styles, and LIST

    def knows(self, style: str, kind: str) -> bool:
        """Return whether the draft has a style with this id, kind and name."""
        own = self._base_styles.get((kind, style))
        return own is not None and own == self._their_styles.get((kind, style), own)

    def portable_properties(self, properties: Element | None) -> Element | None:
        """Return a paragraph's properties for the draft, or None when its style or list is not known there."""
        made = etree.Element(ooxml.PPR)
        for child in properties if properties is not None else ():
            if child.tag not in PARAGRAPH:
                continue
            if child.tag == w("pStyle") and not self.knows(child.get(VAL, ""), "paragraph"):
                name = child.get(VAL, "")
                self.unknown.add(str(self._their_styles.get(("paragraph", name), name)))
                return None
            kept = copy.deepcopy(child)
            kept.tail = None
            if child.tag == w("numPr") and not self.renumber(kept):
                self.unknown.add(LIST)
                return None
            made.append(kept)
        return made

    def renumber(self, properties: Element) -> bool:
        """Point a list's properties at the draft's own list of the same definition; return whether there is one."""
        number = properties.find(w("numId"))
        for change in properties.findall(w("ins")):
            properties.remove(change)
        if number is None or number.get(VAL) == "0":
            return True
        theirs = self._their_lists.get(number.get(VAL, ""))
        if theirs is None:
            return False
        if self._base_lists.get(number.get(VAL, "")) == theirs:
            return True
        known = self._by_definition.get(theirs)
        if known is not None:
            number.set(VAL, known)
        return known is not None

    def drop_unknown_styles(self, element: Element) -> None:
        """Take the names of styles that the draft lacks out of runs and tables."""
        for tag, kind in ((w("rStyle"), "character"), (w("tblStyle"), "table")):
            for style in list(element.iter(tag)):
                if not self.knows(style.get(VAL, ""), kind):
                    ooxml.remove(style)


def portable_emphasis(run: Element | None, styling: Styling) -> Element:
    """Return a run's emphasis as w:rPr, empty for none: bold, italic, a character style the draft has, and the like."""
    made = etree.Element(ooxml.RPR)
    properties = run.find(ooxml.RPR) if run is not None else None
    for child in properties if properties is not None else ():
        if child.tag not in EMPHASIS or (child.tag in PLAIN and child.get(VAL) == "auto"):
            continue
        if child.tag == w("rStyle") and not styling.knows(child.get(VAL, ""), "character"):
            continue
        kept = ooxml.copied_element(child)
        made.append(kept)
    return made


def _root(package: Package, kind: str) -> Element | None:
    part = package.related(package.main_part, kind)
    return parse_xml(package.read(part)) if part else None


def _styles(package: Package) -> dict[tuple[str, str], str]:
    """Return the styles: kind and id -> name."""
    root, found = _root(package, "styles"), dict[tuple[str, str], str]()
    for style in root.findall(w("style")) if root is not None else ():
        name = style.find(w("name"))
        found[style.get(w("type"), "paragraph"), style.get(w("styleId"), "")] = (
            name.get(VAL, "").casefold() if name is not None else ""
        )
    return found


def _lists(package: Package) -> dict[str, tuple[str, ...]]:
    """Return the lists: number -> what their levels print."""
    root = _root(package, "numbering")
    if root is None:
        return {}
    abstract = {
        e.get(w("abstractNumId"), ""): tuple(_level(level) for level in e.findall(w("lvl")))
        for e in root.findall(w("abstractNum"))
    }
    found = {}
    for number in root.findall(w("num")):
        of = number.find(w("abstractNumId"))
        if of is not None:
            found[number.get(w("numId"), "")] = abstract.get(of.get(VAL, ""), ())
    return found


def _level(level: Element) -> str:
    parts = [level.get(w("ilvl"), "")]
    for name in ("numFmt", "lvlText", "start"):
        child = level.find(w(name))
        parts.append(child.get(VAL, "") if child is not None else "")
    return "|".join(parts)
