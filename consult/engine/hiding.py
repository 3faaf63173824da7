"""Hidden text: runs, paragraphs and table rows that are marked as not to be seen, directly or by their styles."""

from dataclasses import dataclass, field

from consult.engine import ooxml
from consult.engine.ooxml import Element, w

VANISH, SPEC_VANISH = w("vanish"), w("specVanish")
MATH_RUN = f"{{{ooxml.M}}}r"
OFF = ("0", "false", "off")
# What of a hidden run stays where it stood, and what of a hidden paragraph.
FIELD_PIECES = (ooxml.FLD_CHAR, ooxml.INSTR, ooxml.DEL_INSTR, ooxml.COMMENT_REFERENCE)
MARKS = frozenset(
    (ooxml.COMMENT_START, ooxml.COMMENT_END, w("bookmarkStart"), w("bookmarkEnd"), ooxml.SDT, w("moveFromRangeStart"),
     w("moveFromRangeEnd"), w("moveToRangeStart"), w("moveToRangeEnd"))
)  # fmt: skip


def is_on(element: Element | None) -> bool | None:
    """Return what a property that is on or off says, None when it is not there."""
    return None if element is None else element.get(w("val"), "1") not in OFF


@dataclass(slots=True)
class HidingStyles:
    """Which styles hide text. Hiding is a property that two levels of styles turn on and off (ECMA-376-1 §17.7.3)."""

    hides: dict[str, bool] = field(default_factory=dict)
    default_paragraph: str = ""
    everywhere: bool = False

    @property
    def any(self) -> bool:
        """Whether any style hides text."""
        return self.everywhere or any(self.hides.values())

    def hide(self, *styles: str) -> bool:
        """Return whether text in these styles is hidden."""
        hidden = self.everywhere
        for style in styles:
            hidden ^= self.hides.get(style, False)
        return hidden


def hiding_styles(root: Element | None) -> HidingStyles:
    """Return which styles of a styles part hide text, each with what it is based on."""
    found = HidingStyles()
    if root is None:
        return found
    defaults = root.find(f"{w('docDefaults')}/{w('rPrDefault')}/{ooxml.RPR}/{VANISH}")
    found.everywhere = bool(is_on(defaults))
    own: dict[str, bool | None] = {}
    base: dict[str, str] = {}
    for style in root.findall(w("style")):
        name = style.get(w("styleId"), "")
        own[name] = is_on(style.find(f"{ooxml.RPR}/{VANISH}"))
        based = style.find(w("basedOn"))
        base[name] = based.get(w("val"), "") if based is not None else ""
        if style.get(w("type")) == "paragraph" and style.get(w("default"), "0") not in OFF:
            found.default_paragraph = name
    for name in own:
        seen, at = set[str](), name
        while at in own and own[at] is None and at not in seen:
            seen.add(at)
            at = base[at]
        found.hides[name] = bool(own.get(at))
    return found


def remove_hidden(root: Element, styles: HidingStyles) -> int:
    """Take hidden text out of a part; return in how many places there was any."""
    count = _remove_rows(root)
    if styles.any:
        suspects = list(root.iter(ooxml.RUN, MATH_RUN))
        paragraphs = list(root.iter(ooxml.P))
    else:
        holders = [p for v in root.iter(VANISH) if (p := v.getparent()) is not None]
        suspects = [r for p in holders if (r := p.getparent()) is not None and r.tag in (ooxml.RUN, MATH_RUN)]
        marks = [m for p in holders if (m := p.getparent()) is not None and m.tag == ooxml.PPR]
        paragraphs = [p for m in marks if (p := m.getparent()) is not None]
    for run in suspects:
        if _is_hidden(run, run.find(ooxml.RPR), styles):
            count += _empty(run)
    for paragraph in paragraphs:
        mark = paragraph.find(f"{ooxml.PPR}/{ooxml.RPR}")
        if _is_hidden(paragraph, mark, styles):
            _remove_paragraph(paragraph)
    return count


def _remove_rows(root: Element) -> int:
    count = 0
    for hidden in list(root.iter(w("hidden"))):
        row = next(hidden.iterancestors(ooxml.TR), None)
        if row is None or not is_on(hidden):
            continue
        table = row.getparent()
        ooxml.remove(row)
        count += 1
        if table is not None and table.tag == ooxml.TBL and not ooxml.rows_of(table):
            ooxml.remove(table)
    return count


def _is_hidden(element: Element, properties: Element | None, styles: HidingStyles) -> bool:
    own = is_on(properties.find(VANISH)) if properties is not None else None
    if own is not None or not styles.any:
        return bool(own)
    names = [_style(properties, "rStyle")]
    paragraph = element if element.tag == ooxml.P else next(element.iterancestors(ooxml.P), None)
    if paragraph is not None:
        names.append(_style(paragraph.find(ooxml.PPR), "pStyle") or styles.default_paragraph)
        table = next(paragraph.iterancestors(ooxml.TBL), None)
        if table is not None:
            names.append(_style(table.find(w("tblPr")), "tblStyle"))
    return styles.hide(*names)


def _style(properties: Element | None, name: str) -> str:
    found = properties.find(w(name)) if properties is not None else None
    return found.get(w("val"), "") if found is not None else ""


def _empty(run: Element) -> int:
    """Take a hidden run away, but for the marks of a field that others see the result of."""
    pieces = [child for child in run if child.tag in FIELD_PIECES]
    shown = [child for child in run if child.tag != ooxml.RPR and child not in pieces]
    if not pieces:
        ooxml.remove(run)
        return 1
    for child in shown:
        run.remove(child)
    return 1 if shown else 0


def _remove_paragraph(paragraph: Element) -> None:
    """Take a paragraph away whose mark is hidden and in which nothing is left; its bookmarks and the like stay."""
    parent = paragraph.getparent()
    if parent is None or any(piece.text for piece in ooxml.pieces_of(paragraph)):
        return
    if paragraph.find(f"{ooxml.PPR}/{ooxml.SECT_PR}") is not None or paragraph.find(f".//{ooxml.FLD_CHAR}") is not None:
        return
    others = [e for e in parent if e is not paragraph and e.tag in (ooxml.P, ooxml.TBL, ooxml.SDT)]
    must_end = parent.tag not in (w("body"), ooxml.SDT_CONTENT)
    if not others or (must_end and paragraph.getnext() is None):
        return
    for mark in [child for child in paragraph if child.tag in MARKS]:
        paragraph.addprevious(mark)
    ooxml.remove(paragraph)
