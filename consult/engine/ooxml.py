"""The only module that speaks w: elements: the pieces of a paragraph, cutting runs, wrapping them as changes.

A paragraph is read as a row of pieces. A piece is either text (as many characters as it has), an atom (one character,
whatever is no text), or a mark without width (a bookmark, the end of a comment's range). Element names are those of
ECMA-376 Part 1, §17.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from consult.engine.values import ATOM

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
W15 = "http://schemas.microsoft.com/office/word/2012/wordml"
W16CID = "http://schemas.microsoft.com/office/word/2016/wordml/cid"
W16CEX = "http://schemas.microsoft.com/office/word/2018/wordml/cex"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

Element = etree._Element
View = Literal["plain", "inserted", "deleted"]


def w(name: str) -> str:
    """Return the qualified name of a w: element or attribute."""
    return f"{{{W}}}{name}"


P, TBL, TR, TC, SDT, SDT_CONTENT, CUSTOM_XML = (
    w(n) for n in ("p", "tbl", "tr", "tc", "sdt", "sdtContent", "customXml")
)
RUN, RPR, PPR, INS, DEL, SECT_PR, ID, AUTHOR, DATE = (
    w(n) for n in ("r", "rPr", "pPr", "ins", "del", "sectPr", "id", "author", "date")
)
MOVE_FROM, MOVE_TO = w("moveFrom"), w("moveTo")
TEXT, DEL_TEXT, INSTR, DEL_INSTR, FLD_CHAR = (w(n) for n in ("t", "delText", "instrText", "delInstrText", "fldChar"))
COMMENT_START, COMMENT_END, COMMENT_REFERENCE = (
    w(n) for n in ("commentRangeStart", "commentRangeEnd", "commentReference")
)
BOX = w("txbxContent")
HYPERLINK, FLD_SIMPLE = w("hyperlink"), w("fldSimple")

INSERTED_TAGS = frozenset((INS, MOVE_TO))
DELETED_TAGS = frozenset((DEL, MOVE_FROM))
CONTAINERS = frozenset((HYPERLINK, w("smartTag"), SDT_CONTENT, CUSTOM_XML, w("dir"), w("bdo")))
BLOCK_CONTAINERS = frozenset((SDT_CONTENT, CUSTOM_XML, INS, MOVE_TO))

CHARACTERS = {
    w("tab"): "\t",
    w("ptab"): "\t",
    w("cr"): "\n",
    w("noBreakHyphen"): "\u2011",
    w("softHyphen"): "\u00ad",
}
ATOM_KINDS = {
    w("drawing"): "image",
    w("pict"): "image",
    w("object"): "object",
    w("sym"): "symbol",
    w("ruby"): "object",
    w("footnoteReference"): "footnote",
    w("endnoteReference"): "endnote",
    w("pgNum"): "field",
    w("contentPart"): "object",
    f"{{{MC}}}AlternateContent": "image",
}
CONTROL = re.compile(r"[\t\r\n]")  # stands for a blank in the text of a run
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EQUATIONS = frozenset((f"{{{M}}}oMath", f"{{{M}}}oMathPara"))


@dataclass(slots=True)
class Piece:
    """A stretch of a paragraph that lies in one element, or an atom made of several.

    `elements` are the top elements (runs, fldSimple, oMath) it lies in; `child` is the run's child that holds the text.
    `shows` is what a page prints for an atom; `code` is a field's instruction. `view` says whether a tracked change
    inserted or deleted it; `author` and `date` are that change's.
    """

    text: str
    elements: tuple[Element, ...]
    child: Element | None = None
    kind: str = "text"
    shows: str = ""
    view: View = "plain"
    author: str = ""
    date: str = ""
    code: str = ""


def is_break_of_page(child: Element) -> bool:
    """Return whether a w:br ends a page or a column rather than a line."""
    return child.get(w("type")) in ("page", "column")


def pieces_of(paragraph: Element) -> list[Piece]:
    """Return the pieces of a w:p in order: text, atoms, and marks of no width (kind "mark")."""
    found: list[Piece] = []
    _collect(paragraph, found, "plain", "", "")
    return found


def _collect(parent: Element, found: list[Piece], view: View, author: str, date: str) -> None:
    fields = _fields_among(parent)
    children = iter(parent)
    for child in children:
        if child in fields:
            group = fields[child]
            for _ in group[1:]:
                next(children)
            found += _field_pieces(group, view, author, date)
        elif child.tag == RUN:
            _collect_run(child, found, view, author, date)
        else:
            _collect_other(child, found, view, author, date)


def _collect_other(child: Element, found: list[Piece], view: View, author: str, date: str) -> None:
    tag = child.tag
    if tag in INSERTED_TAGS or tag in DELETED_TAGS:
        # What one author inserted and another deleted is gone from both views; the deletion is the outer word.
        inner: View = "deleted" if tag in DELETED_TAGS or view == "deleted" else "inserted"
        _collect(child, found, inner, child.get(AUTHOR, ""), child.get(DATE, ""))
    elif tag in CONTAINERS:
        _collect(child, found, view, author, date)
    elif tag == SDT:
        for content in child.findall(SDT_CONTENT):
            _collect(content, found, view, author, date)
    elif tag == FLD_SIMPLE:
        code = child.get(w("instr"), "")
        found.append(Piece(ATOM, (child,), None, "field", _text_within(child), view, author, date, code))
    elif tag in EQUATIONS:
        found.append(Piece(ATOM, (child,), None, "equation", "equation", view, author, date))
    elif tag == f"{{{MC}}}AlternateContent":
        found.append(Piece(ATOM, (child,), None, _kind_of(child), "image", view, author, date))
    elif isinstance(tag, str) and tag != PPR:
        found.append(Piece("", (child,), child, "mark", "", view, author, date))


def _collect_run(run: Element, found: list[Piece], view: View, author: str, date: str) -> None:
    for child in run:
        tag = child.tag
        if tag in (TEXT, DEL_TEXT):
            text = CONTROL.sub(" ", child.text or "")
            if text:
                found.append(Piece(text, (run,), child, "text", "", view, author, date))
        elif tag in CHARACTERS:
            found.append(Piece(CHARACTERS[tag], (run,), child, "text", "", view, author, date))
        elif tag == w("br"):
            kind, text = ("break", ATOM) if is_break_of_page(child) else ("text", "\n")
            found.append(Piece(text, (run,), child, kind, "", view, author, date))
        elif tag in ATOM_KINDS:
            kind = _kind_of(child)
            shows = child.get(ID, "") if kind in ("footnote", "endnote") else kind
            found.append(Piece(ATOM, (run,), child, kind, shows, view, author, date))
        elif tag != RPR:
            found.append(Piece("", (run,), child, "mark", "", view, author, date))


def _kind_of(child: Element) -> str:
    kind = ATOM_KINDS[child.tag]
    return "box" if kind == "image" and child.find(f".//{BOX}") is not None else kind


def _fields_among(parent: Element) -> dict[Element, list[Element]]:
    """Return the complex fields that begin and end among the children of `parent`: first run -> all their elements.

    Of fields in fields the outermost counts that ends here: one that goes on in later paragraphs, as a table of contents
    does, holds others that are whole. What ends without having begun here began in an earlier paragraph.
    """
    if parent.find(f".//{FLD_CHAR}") is None:
        return {}
    children = [child for child in parent if isinstance(child.tag, str)]
    begun, whole = list[int](), list[tuple[int, int]]()
    for place, child in enumerate(children):
        for mark in child.findall(FLD_CHAR) if child.tag == RUN else ():
            kind = mark.get(w("fldCharType"))
            if kind == "begin":
                begun.append(place)
            elif kind == "end" and begun:
                first = begun.pop()
                while whole and whole[-1][1] >= first:  # one in it, or one that ends in the run in which it begins
                    first = min(first, whole.pop()[0])
                whole.append((first, place))
    return {children[first]: children[first : last + 1] for first, last in whole}


def _field_pieces(group: Sequence[Element], view: View, author: str, date: str) -> list[Piece]:
    """Return a field as one atom; as two, the one before and the one after, when changes in it are tracked."""
    elements = tuple(group)
    changes = [e for e in group if e.tag in INSERTED_TAGS or e.tag in DELETED_TAGS]
    if view != "plain" or not changes:
        code, result = _field_text(group)
        return [Piece(ATOM, elements, None, "field", result, view, author, date, code)]
    author, date = changes[0].get(AUTHOR, ""), changes[0].get(DATE, "")
    pieces = list[Piece]()
    for state, left_out in (("deleted", INSERTED_TAGS), ("inserted", DELETED_TAGS)):
        code, result = _field_text([e for e in group if e.tag not in left_out])
        way: View = "deleted" if state == "deleted" else "inserted"
        pieces.append(Piece(ATOM, elements, None, "field", result, way, author, date, code))
    return pieces


def pieces_of_result(group: Sequence[Element]) -> list[Piece]:
    """Return the pieces of the result of a field, given all its elements."""
    found, kinds = list[Piece](), [[mark.get(w("fldCharType")) for mark in e.findall(FLD_CHAR)] for e in group]
    start = next((n for n, types in enumerate(kinds) if "separate" in types), len(group) - 1)
    for element in group[start + 1 : -1]:
        if element.tag == RUN:
            _collect_run(element, found, "plain", "", "")
        else:
            _collect_other(element, found, "plain", "", "")
    return found


def _field_text(group: Sequence[Element]) -> tuple[str, str]:
    """Return a field's instruction and its result."""
    instruction, result, after_separator = list[str](), list[str](), False
    for element in group:
        for child in element.iter(FLD_CHAR, TEXT, DEL_TEXT, INSTR, DEL_INSTR):
            if child.tag == FLD_CHAR:
                after_separator = child.get(w("fldCharType")) == "separate" or after_separator
            elif child.tag in (INSTR, DEL_INSTR):
                if not after_separator:
                    instruction.append(child.text or "")
            elif after_separator:
                result.append(child.text or "")
    return "".join(instruction), "".join(result)


def _text_within(element: Element) -> str:
    return "".join(t.text or "" for t in element.iter(TEXT, DEL_TEXT))


def visible(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces a reader sees now: all but what tracked changes delete."""
    return [piece for piece in pieces if piece.view != "deleted"]


def text_of(pieces: Iterable[Piece]) -> str:
    """Return the pieces' characters."""
    return "".join(piece.text for piece in pieces)


def join_changes(changes: Sequence[Element]) -> None:
    """Make one of neighbouring insertions, and of neighbouring deletions, of one author at one time.

    Programs write a change for every run, and leave some marks of an inserted field outside the change: such a field
    would not be seen as one. `changes` are all the changes of a part in the order of the text.
    """
    for change in changes:
        before = change.getprevious() if change.tag in (INS, DEL) else None
        if before is None or before.tag != change.tag or change.getparent() is None or not len(change):
            continue
        if (before.get(AUTHOR), before.get(DATE)) == (change.get(AUTHOR), change.get(DATE)) and len(before):
            before.extend(list(change))
            remove(change)
    for change in changes:
        if change.getparent() is not None and len(change):
            _complete_field(change)


def _complete_field(change: Element) -> None:
    """Bring the rest of a field that begins in a change into it: marks left outside, other changes of the same kind.

    A field whose result stands outside the change, or which ends in another paragraph, is left as it is.
    """
    depth, rest = _field_depth(change), list[Element]()
    following = change.getnext()
    while depth > 0 and following is not None:
        is_mark = following.tag == RUN and following.find(TEXT) is None and following.find(DEL_TEXT) is None
        if following.tag != change.tag and not is_mark:
            return
        rest.append(following)
        depth += _field_depth(following)
        following = following.getnext()
    for element in rest if depth <= 0 else ():
        change.extend(list(element) if element.tag == change.tag else [element])
        if element.tag == change.tag:
            remove(element)


def _field_depth(element: Element) -> int:
    """Return how many fields begin in an element without ending there."""
    types = [mark.get(w("fldCharType")) for mark in element.iter(FLD_CHAR)]
    return types.count("begin") - types.count("end")


# ---- blocks ---------------------------------------------------------------------------------------------------------


def blocks_of(container: Element) -> Iterator[Element]:
    """Yield the paragraphs and tables directly in a body, cell or note, through content controls around them."""
    for child in container:
        if child.tag in (P, TBL):
            yield child
        elif child.tag == SDT:
            for content in child.findall(SDT_CONTENT):
                yield from blocks_of(content)
        elif child.tag in BLOCK_CONTAINERS:
            yield from blocks_of(child)


def rows_of(table: Element) -> list[Element]:
    """Return the rows of a table, through content controls around them."""
    return list(_through(table, TR))


def cells_of(row: Element) -> list[Element]:
    """Return the cells of a row, through content controls around them."""
    return list(_through(row, TC))


def _through(parent: Element, wanted: str) -> Iterator[Element]:
    for child in parent:
        if child.tag == wanted:
            yield child
        elif child.tag == SDT:
            for content in child.findall(SDT_CONTENT):
                yield from _through(content, wanted)
        elif child.tag in BLOCK_CONTAINERS:
            yield from _through(child, wanted)


def mark_change(paragraph: Element, *tags: str) -> Element | None:
    """Return the element that says a paragraph's mark was inserted or deleted, among the given tags."""
    properties = paragraph.find(f"{PPR}/{RPR}")
    if properties is None:
        return None
    return next((child for child in properties if child.tag in tags), None)


# ---- elements ---------------------------------------------------------------------------------------------------


def set_text(element: Element, text: str) -> None:
    """Give a w:t or w:delText its text, keeping outer blanks."""
    element.text = text
    if text != text.strip() or "  " in text:
        element.set(XML_SPACE, "preserve")


def attributes_of(element: Element) -> list[str]:
    """Return the qualified names of an element's attributes."""
    return [str(name) for name in element.attrib]


def remove(element: Element) -> None:
    """Take an element out of its tree; the text behind it, which no document has, goes with it."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def number_from(text: str, default: int = 0) -> int:
    """Return the whole number a file gives somewhere, or the default for what is none or is absurdly large."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,10}", text) else default


def copied_element(element: Element) -> Element:
    """Return an empty element with the same tag and attributes."""
    copied = etree.Element(element.tag)
    for name, value in element.attrib.items():
        copied.set(name, value)
    return copied


def printable(text: str) -> str:
    """Return the text with every character that XML 1.0 forbids replaced visibly, and without atoms."""
    text = text if text.isprintable() else FORBIDDEN.sub("\ufffd", text)
    return text.replace(ATOM, "")


def properties_of(paragraph: Element) -> Element:
    """Return the paragraph's w:pPr, made if there is none."""
    properties = paragraph.find(PPR)
    if properties is None:
        properties = etree.Element(PPR)
        paragraph.insert(0, properties)
    return properties


def mark_properties_of(paragraph: Element) -> Element:
    """Return the w:rPr of the paragraph's mark, made in its place: before w:sectPr and w:pPrChange."""
    properties = properties_of(paragraph)
    mark = properties.find(RPR)
    if mark is None:
        mark = etree.Element(RPR)
        later = next((c for c in properties if c.tag in (SECT_PR, w("pPrChange"))), None)
        if later is None:
            properties.append(mark)
        else:
            later.addprevious(mark)
    return mark
