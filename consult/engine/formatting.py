"""Changes of how words and paragraphs look, as differences of properties: what is set and what is taken away.

A copy's tracked changes of formatting are carried per author; what differs without being tracked is mostly noise that
programs make when they save, and is compared only when asked for, and then only emphasis.
"""

import copy
from collections.abc import Sequence
from itertools import pairwise

from lxml import etree

from consult.engine import ooxml
from consult.engine.findings import Findings
from consult.engine.ooxml import Element, w
from consult.engine.stories import Line
from consult.engine.styling import EMPHASIS, LIST, VAL, portable_emphasis
from consult.engine.tracking import CopyLine, to_base
from consult.engine.values import ATOM, Edit
from consult.engine.wording import Replacement


def _named(*names: str) -> tuple[str, ...]:
    return tuple(w(name) for line in names for name in line.split())


RUN_CHANGE, PARAGRAPH_CHANGE = w("rPrChange"), w("pPrChange")
# In the order of the schema (ECMA-376 Part 1, §17.3.2.28 and §17.3.1.26).
RUN_ORDER = _named(
    "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid vanish",
    "webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em lang",
    "eastAsianLayout specVanish oMath",
)
PARAGRAPH_ORDER = _named(
    "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs",
    "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd",
    "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment",
    "textboxTightWrap outlineLvl divId cnfStyle",
)
NUMBERS = w("numPr")
SAID = (w("pStyle"), NUMBERS, w("jc"))
NOT_CARRIED = frozenset(w(n) for n in ("framePr", "divId", "cnfStyle", "lang", "noProof"))


def compare_formatting(ours: Line, other: CopyLine, moves: Sequence[Replacement], findings: Findings) -> None:
    """Find the changes of formatting in one paragraph."""
    if other.line.is_plain and not findings.formatting:
        return
    if ours.element.find(f".//{RUN_CHANGE}") is None and other.line.element.find(f".//{RUN_CHANGE}") is not None:
        _tracked_runs(ours, other, moves, findings)
    properties = other.line.element.find(ooxml.PPR)
    change = properties.find(PARAGRAPH_CHANGE) if properties is not None else None
    if properties is not None and change is not None and ours.element.find(f"{ooxml.PPR}/{PARAGRAPH_CHANGE}") is None:
        markup = _difference(_inner(change, ooxml.PPR), properties, PARAGRAPH_ORDER, findings)
        _add(ours, 0, len(ours.text), markup, change, "paragraph-format", findings)
    if findings.formatting:
        _untracked(ours, other, moves, findings)
        if change is None:
            markup = _difference(_said(ours.element), _said(other.line.element), SAID, findings)
            _add(ours, 0, len(ours.text), markup, None, "paragraph-format", findings)


def _tracked_runs(ours: Line, other: CopyLine, moves: Sequence[Replacement], findings: Findings) -> None:
    position = 0
    for piece in other.pieces:
        start, position = position, position + (len(piece.text) if piece.view != "inserted" else 0)
        run = piece.elements[0]
        properties = run.find(ooxml.RPR) if run.tag == ooxml.RUN else None
        change = properties.find(RUN_CHANGE) if properties is not None else None
        if change is None or properties is None or piece.view != "plain" or not piece.text:
            continue
        markup = _difference(_inner(change, ooxml.RPR), properties, RUN_ORDER, findings)
        _add(ours, to_base(start, moves), to_base(position, moves, True), markup, change, "format", findings)


def _inner(change: Element, tag: str) -> Element | None:
    return change.find(tag)


def _said(paragraph: Element) -> Element:
    """Return what a paragraph's properties say beyond their program's habits: its style, its list, its alignment."""
    made = etree.Element(ooxml.PPR)
    properties = paragraph.find(ooxml.PPR)
    for child in properties if properties is not None else ():
        number = child.find(w("numId")) if child.tag == NUMBERS else None
        says_nothing = child.get(VAL) in ("left", "start", "Normal", "Standard")
        if child.tag in SAID and not says_nothing and (number is None or number.get(VAL) != "0"):
            made.append(copy.deepcopy(child))
    return made


def _untracked(ours: Line, other: CopyLine, moves: Sequence[Replacement], findings: Findings) -> None:
    """Compare the emphasis of words that both have."""
    styling = findings.taker.styling
    before = _looks(ooxml.visible(ours.pieces), styling, findings)
    behind = _looks([p for p in other.pieces if p.view != "inserted"], styling, findings)
    if [look for *_, look in before] == [look for *_, look in behind] and len(before) == len(behind) == 1:
        return
    edges = {edge for start, end, _ in before for edge in (start, end)}
    for start, end, look in behind:
        first, last = to_base(start, moves), to_base(end, moves, True)
        inside = [e for e in sorted(edges) if first < e < last]
        for a, b in pairwise([first, *inside, last]):
            own = next((known for s, e, known in before if s <= a and b <= e), None)
            if a < b and own is not None and own != look:
                markup = _difference(_parsed(own), _parsed(look), EMPHASIS, findings)
                _add(ours, a, b, markup, None, "format", findings)


def _looks(pieces: Sequence[ooxml.Piece], styling: object, findings: Findings) -> list[tuple[int, int, str]]:
    found, position = list[tuple[int, int, str]](), 0
    for piece in pieces:
        start, position = position, position + len(piece.text)
        if piece.kind == "text" and piece.text and piece.text != ATOM:
            look = etree.tostring(portable_emphasis(piece.elements[0], findings.taker.styling), encoding="unicode")
            if found and found[-1][1:] == (start, look):
                found[-1] = (found[-1][0], position, look)
            else:
                found.append((start, position, look))
    return found


def _parsed(text: str) -> Element:
    return etree.fromstring(text)


def _add(ours: Line, start: int, end: int, markup: str, change: Element | None, kind: str, findings: Findings) -> None:
    if not markup or (kind == "format" and start >= end):
        return
    author, date = (change.get(ooxml.AUTHOR, ""), change.get(ooxml.DATE, "")) if change is not None else ("", "")
    last = findings.edits[-1] if findings.edits else None
    words = ours.text[start:end]
    if last and (last.paragraph, last.kind, last.end, last.markup, last.author) == (
        ours.key,
        kind,
        start,
        markup,
        author,
    ):
        findings.edits.pop()
        start, words = last.start, ours.text[last.start : end]
    is_run = kind == "format"
    edit = Edit(
        ours.key, "format" if is_run else "paragraph-format", start, end, words, words, date=date,
        tracked=change is not None, markup=markup, identity=markup,
    )  # fmt: skip
    findings.add_block(edit, author)


def _difference(old: Element | None, new: Element, order: Sequence[str], findings: Findings) -> str:
    """Return two property elements as markup, what is set and what is taken away; "" for no difference."""
    before = {child.tag: child for child in old if child.tag in order} if old is not None else {}
    after = {child.tag: child for child in new if child.tag in order}
    changed, gone = etree.Element(new.tag), etree.Element(new.tag)
    for tag in order:
        if tag in NOT_CARRIED:
            continue
        if tag in after and (tag not in before or _plain(before[tag]) != _plain(after[tag])):
            if tag in (w("rStyle"), w("pStyle")):
                kind = "character" if tag == w("rStyle") else "paragraph"
                if not findings.taker.styling.knows(after[tag].get(VAL, ""), kind):
                    findings.taker.styling.unknown.add(after[tag].get(VAL, ""))
                    continue
            kept = copy.deepcopy(after[tag])
            kept.tail = None
            if tag == NUMBERS and not findings.taker.styling.renumber(kept):
                findings.taker.styling.unknown.add(LIST)
            elif tag not in before or _plain(before[tag]) != _plain(kept):
                changed.append(kept)
        elif tag in before and tag not in after:
            etree.SubElement(gone, tag)
    if not len(changed) and not len(gone):
        return ""
    etree.cleanup_namespaces(changed, keep_ns_prefixes=["w"])
    return etree.tostring(changed, encoding="unicode") + etree.tostring(gone, encoding="unicode")


def _plain(element: Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False)


# ---- writing --------------------------------------------------------------------------------------------------------


def changed_properties(properties: Element | None, tag: str, changes: Sequence[Element]) -> Element:
    """Return properties after a change of formatting: what `changes[0]` sets, without what `changes[1]` takes away."""
    order = RUN_ORDER if tag == ooxml.RPR else PARAGRAPH_ORDER
    made = copy.deepcopy(properties) if properties is not None else etree.Element(tag)
    made.tail = None
    wanted, gone = changes[0], {child.tag for child in changes[1]}
    for child in list(made):
        if child.tag in gone or any(child.tag == new.tag for new in wanted):
            made.remove(child)
    ranks = {name: rank for rank, name in enumerate(order)}
    for new in wanted:
        rank = ranks.get(new.tag, 0)
        place = sum(1 for child in made if ranks.get(child.tag, -1 if _leads(child) else len(order)) < rank)
        made.insert(place, copy.deepcopy(new))
    return made


def _leads(child: Element) -> bool:
    return child.tag in (ooxml.INS, ooxml.DEL, ooxml.MOVE_FROM, ooxml.MOVE_TO)
