"""Fields of a file that leaves: those that count, number and refer stay, all others become their last result.

Of a field that stays the instruction is written anew from what is known of it (ECMA-376 Part 1, §17.16.5), so that
nothing fetches, runs, names a file or a person, or hides in a switch.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from consult.engine import ooxml
from consult.engine.allowing import is_font
from consult.engine.ooxml import Element, w

CODES = (ooxml.INSTR, ooxml.DEL_INSTR)
TOKEN = re.compile(r'\\[^\s"]|"[^"]*"|[^\s"\\]+')
PICTURE = re.compile(r"[-#0-9.,:;/% \u00a0xXyYMdDhHmsaApPSE'&]{1,40}")
# What stays: name -> its switches; a switch with ":" takes an argument of a kind.
GENERAL = {"*": "word", "#": "picture", "@": "picture"}
FIELDS: dict[str, dict[str, str]] = {
    "PAGE": {},
    "NUMPAGES": {},
    "SECTION": {},
    "SECTIONPAGES": {},
    "DATE": {"l": "", "h": "", "s": "", "u": ""},
    "TIME": {},
    "REF": {"d": "separator", "f": "", "h": "", "n": "", "p": "", "r": "", "t": "", "w": ""},
    "PAGEREF": {"h": "", "p": ""},
    "NOTEREF": {"f": "", "h": "", "p": ""},
    "STYLEREF": {"l": "", "n": "", "p": "", "r": "", "t": "", "w": "", "s": ""},
    "SEQ": {"c": "", "h": "", "n": "", "r": "number", "s": "number"},
    "TOC": {
        "a": "label", "b": "bookmark", "c": "label", "d": "separator", "h": "", "l": "levels", "n": "levels?",
        "o": "levels?", "p": "separator", "s": "label", "t": "styles", "u": "", "w": "", "x": "", "z": "",
    },
    "HYPERLINK": {"l": "bookmark", "n": "", "m": ""},
    "LISTNUM": {"l": "number", "s": "number"},
    "AUTONUM": {"s": "separator"},
    "AUTONUMLGL": {"e": "", "s": "separator"},
    "AUTONUMOUT": {},
    "SYMBOL": {"a": "", "f": "font", "h": "", "j": "", "s": "number", "u": ""},
    "FORMCHECKBOX": {},
}  # fmt: skip
ARGUMENTS = {
    "REF": "bookmark", "PAGEREF": "bookmark", "NOTEREF": "bookmark", "STYLEREF": "style", "SEQ": "label",
    "HYPERLINK": "address", "SYMBOL": "number",
}  # fmt: skip
SAYS_ITSELF = ("MACROBUTTON", "GOTOBUTTON")  # the instruction ends with what is shown
FORMATS = frozenset(
    ("MERGEFORMAT", "CHARFORMAT", "ARABIC", "ROMAN", "ALPHABETIC", "ORDINAL", "CARDTEXT", "ORDTEXT", "HEX", "DOLLARTEXT",
     "UPPER", "LOWER", "FIRSTCAP", "CAPS")
)  # fmt: skip
LABEL = re.compile(r"[^\W\d_][\w ]{0,39}")
PLAIN_LINK = re.compile(r"(?:https?://|mailto:)[^\s\"<>\\]+", re.IGNORECASE)


def is_plain_link(address: str) -> bool:
    """Return whether an address is one that only a reader who clicks on it opens: http, https or mailto."""
    return PLAIN_LINK.fullmatch(address.strip()) is not None


@dataclass(slots=True)
class Field:
    """A field of runs: its marks, the elements of its instruction, and whatever else stands in the instruction."""

    begin: Element
    codes: list[Element] = field(default_factory=list)
    within_code: list[Element] = field(default_factory=list)
    separate: Element | None = None
    end: Element | None = None
    has_nested: bool = False  # another field stands in its instruction
    is_nested: bool = False  # it stands in the instruction of another field

    @property
    def code(self) -> str:
        """The instruction."""
        return "".join(element.text or "" for element in self.codes)


@dataclass(frozen=True, slots=True)
class Names:
    """What instructions may refer to: gives the name a bookmark, style or label has in the new file, or ""."""

    bookmark: Callable[[str], str]
    style: Callable[[str], str]
    label: Callable[[str], str]  # of a row of numbers


class _Reading:
    """Reads the children of runs one after the other; fields lie in one another like brackets."""

    def __init__(self) -> None:
        self.open: list[Field] = []
        self.done: list[Field] = []
        self.strays: list[Element] = []

    def take(self, child: Element) -> None:
        kind = child.get(w("fldCharType"), "") if child.tag == ooxml.FLD_CHAR else ""
        if kind == "begin":
            self._begin(child)
        elif kind and not self.open:
            self.strays.append(child)
        elif kind == "separate" and self.open[-1].separate is None:
            self._note(self.open[:-1], child)
            self.open[-1].separate = child
        elif kind == "end":
            self._end(child)
        elif self.open and child.tag in CODES and self.open[-1].separate is None:
            self._note(self.open[:-1], child)
            self.open[-1].codes.append(child)
        else:
            self._note(self.open, child)

    def _begin(self, child: Element) -> None:
        outer = [one for one in self.open if one.separate is None]
        for one in outer:
            one.has_nested = True
        self._note(outer, child)
        self.open.append(Field(child, is_nested=bool(outer)))

    def _end(self, child: Element) -> None:
        one = self.open.pop()
        one.end = child
        self._note(self.open, child)
        self.done.append(one)

    def _note(self, fields: list[Field], child: Element) -> None:
        for one in fields:
            if one.separate is None:
                one.within_code.append(child)


def fields_of(root: Element) -> list[Field]:
    """Return the fields of a part in the order of their ends; a mark without a field is taken away."""
    reading = _Reading()
    for run in root.iter(ooxml.RUN):
        for child in run:
            if child.tag != ooxml.RPR:
                reading.take(child)
    for unfinished in reading.open:
        reading.strays += (unfinished.begin, *unfinished.codes)
        if unfinished.separate is not None:
            reading.strays.append(unfinished.separate)
    for element in reading.strays:
        ooxml.remove(element)
    return reading.done


def unlink_fields(root: Element, names: Names) -> list[str]:
    """Write the instructions of a part's fields anew, or leave only their results; return the kinds that went."""
    gone = list[str]()
    for one in fields_of(root):
        code = "" if one.has_nested else allowed_code(one.code, names)
        for element in one.within_code:
            ooxml.remove(element)
        if code:
            _rewrite(one, code)
        else:
            gone.append(kind_of_field(one.code))
            _unlink(one)
    for simple in list(root.iter(ooxml.FLD_SIMPLE)):
        code = allowed_code(simple.get(w("instr"), ""), names)
        if code:
            simple.set(w("instr"), code)
        else:
            gone.append(kind_of_field(simple.get(w("instr"), "")))
            for child in list(simple):
                simple.addprevious(child)
            ooxml.remove(simple)
    return gone


def kind_of_field(code: str) -> str:
    """Return the name of a field, as long as it is one."""
    word = (code.split() or [""])[0].upper()
    return word if re.fullmatch(r"[A-Z=]{1,20}", word) else "?"


def _rewrite(one: Field, code: str) -> None:
    for element in one.codes[1:]:
        ooxml.remove(element)
    if one.codes:
        one.codes[0].text = f" {code} "
        one.codes[0].set(ooxml.XML_SPACE, "preserve")


def _unlink(one: Field) -> None:
    """Leave the result of a field only."""
    said = _said(one)
    if said and one.codes[0].getparent() is not None:
        text = etree.Element(ooxml.TEXT)
        ooxml.set_text(text, said)
        one.codes[0].addprevious(text)
    for element in (one.begin, *one.codes, one.separate, one.end):
        if element is not None:
            ooxml.remove(element)


def _said(one: Field) -> str:
    """Return what a field without a result shows: a button's words."""
    tokens = one.code.split(None, 2)
    if one.codes and not one.is_nested and len(tokens) == 3 and tokens[0].upper() in SAYS_ITSELF:
        return tokens[2].strip()
    return ""


def bookmarks_in(code: str) -> list[str]:
    """Return the bookmarks an instruction that stays refers to."""
    found = list[str]()

    def note(name: str) -> str:
        found.append(name)
        return name

    allowed_code(code, Names(note, str, str))
    return found


def allowed_code(code: str, names: Names) -> str:
    """Return an instruction of what is known only, or "" for a field that does not stay."""
    tokens = TOKEN.findall(code)
    name = tokens[0].upper() if tokens else ""
    if name not in FIELDS:
        bookmark = names.bookmark(tokens[0]) if tokens and len(tokens[0]) > 1 and _is_reference(tokens) else ""
        return f"{bookmark} \\h" if bookmark else ""  # { name } is short for { REF name }
    switches = {**GENERAL, **FIELDS[name]}
    out, position, needed = [name], 1, ARGUMENTS.get(name, "")
    while position < len(tokens):
        token, position = tokens[position], position + 1
        if token.startswith("\\"):
            kind = switches.get(token[1:].lower())
            argument = ""
            if kind and position < len(tokens) and not tokens[position].startswith("\\"):
                argument, position = _argument(kind.rstrip("?"), tokens[position], names), position + 1
            if kind == "" or argument:
                out += [token, argument] if argument else [token]
            elif kind and kind.endswith("?"):
                out.append(token)
            continue
        if needed and (argument := _argument(needed, token, names)):
            out.append(argument)
            needed = ""
    if needed and not (name == "HYPERLINK" and "\\l" in out):
        return ""
    return " ".join(out)


def _is_reference(tokens: list[str]) -> bool:
    return all(token.startswith("\\") for token in tokens[1:]) and tokens[0].startswith("_")


def _argument(kind: str, token: str, names: Names) -> str:
    """Return an argument as it goes out, or "" when it is not of its kind."""
    value = token.strip('"')
    if kind == "word":
        return value if value.upper() in FORMATS else ""
    if kind == "bookmark":
        return names.bookmark(value)
    if kind == "style":
        style = value if re.fullmatch(r"[1-9]", value) else names.style(value)
        return f'"{style}"' if style else ""
    if kind == "styles":
        parts = re.split(r"[,;]", value)
        known = [f"{names.style(a)},{b}" for a, b in zip(parts[::2], parts[1::2], strict=False)
                 if names.style(a) and b.strip().isdigit()]  # fmt: skip
        return f'"{",".join(known)}"' if known else ""
    if not _fits(kind, value):
        return ""
    return names.label(value) if kind == "label" else f'"{value}"'


def _fits(kind: str, value: str) -> bool:
    if kind == "address":
        return is_plain_link(value)
    if kind == "number":
        return re.fullmatch(r"\d{1,5}|0x[0-9A-Fa-f]{1,5}", value) is not None
    if kind == "levels":
        return re.fullmatch(r"[1-9](-[1-9])?", value) is not None
    if kind == "separator":
        return re.fullmatch(r"\W{1,3}", value) is not None
    if kind == "picture":
        return PICTURE.fullmatch(value) is not None
    if kind == "font":
        return is_font(value)
    return LABEL.fullmatch(value) is not None
