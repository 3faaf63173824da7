"""What the text of a document really uses: styles, lists, fonts, bookmarks. What it does not use goes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from consult.engine import ooxml
from consult.engine.allowing import A
from consult.engine.ooxml import Element, w
from consult.engine.unlinking import bookmarks_in, fields_of

VAL = w("val")
STYLE_USES = (w("pStyle"), w("rStyle"), w("tblStyle"))
STYLE_TIES = (w("basedOn"), w("styleLink"), w("numStyleLink"))
FONT_ATTRIBUTES = tuple(w(n) for n in ("ascii", "hAnsi", "eastAsia", "cs"))
LEVEL_WORDS = re.compile(r"[^\W\d_]{2,}")
# The styles every Word document has or may have; they name nobody. Lower case, without their numbers.
BUILT_IN = frozenset(
    """normal|heading|toc|toc heading|title|subtitle|caption|header|footer|footnote text|footnote reference|endnote text
    |endnote reference|hyperlink|followedhyperlink|list|list paragraph|list bullet|list number|list continue|body text
    |body text indent|body text first indent|block text|quote|intense quote|strong|emphasis|subtle emphasis
    |intense emphasis|subtle reference|intense reference|book title|page number|line number|table grid|normal table
    |no list|default paragraph font|no spacing|plain text|balloon text|annotation text|annotation reference
    |annotation subject|table of figures|table of authorities|toa heading|index|index heading|bibliography
    |placeholder text|revision|normal indent|normal (web)|document map|signature|salutation|closing|date|macro
    |unresolved mention|mention|smart hyperlink""".replace("\n", "").replace("    ", "").split("|")
)  # fmt: skip
SETTINGS = frozenset(
    w(n)
    for n in """zoom displayBackgroundShape mirrorMargins alignBordersAndEdges bordersDoNotSurroundHeader
    bordersDoNotSurroundFooter gutterAtTop trackRevisions doNotTrackMoves doNotTrackFormatting defaultTabStop
    autoHyphenation consecutiveHyphenLimit hyphenationZone doNotHyphenateCaps defaultTableStyle evenAndOddHeaders
    bookFoldRevPrinting bookFoldPrinting bookFoldPrintingSheets drawingGridHorizontalSpacing drawingGridVerticalSpacing
    displayHorizontalDrawingGridEvery displayVerticalDrawingGridEvery characterSpacingControl printTwoOnOne
    strictFirstAndLastChars footnotePr endnotePr compat themeFontLang clrSchemeMapping decimalSymbol
    listSeparator""".split()  # noqa: SIM905 - a list in words reads better
) | {f"{{{ooxml.M}}}mathPr"}  # fmt: skip


@dataclass(slots=True)
class Used:
    """What has been found in use: ids of styles, numbers of lists, names of fonts and bookmarks."""

    styles: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    levels: set[str] = field(default_factory=set)
    fonts: set[str] = field(default_factory=set)
    bookmarks: dict[str, None] = field(default_factory=dict)


def gather(root: Element, used: Used) -> None:
    """Note what a part with text uses."""
    for element in root.iter(*STYLE_USES):
        used.styles.add(element.get(VAL, ""))
    for element in root.iter(w("numId")):
        used.numbers.add(element.get(VAL, ""))
    for element in root.iter(w("ilvl")):
        used.levels.add(element.get(VAL, ""))
    gather_fonts(root, used)
    for link in root.iter(ooxml.HYPERLINK):
        used.bookmarks[link.get(w("anchor"), "")] = None
    codes = [one.code for one in fields_of(root)] + [f.get(w("instr"), "") for f in root.iter(ooxml.FLD_SIMPLE)]
    for code in codes:
        used.bookmarks.update(dict.fromkeys(bookmarks_in(code)))


def gather_fonts(root: Element, used: Used) -> None:
    """Note the fonts that a part names."""
    for element in root.iter(w("rFonts")):
        used.fonts.update(element.get(name, "").casefold() for name in FONT_ATTRIBUTES)
    for symbol in root.iter(w("sym")):
        used.fonts.add(symbol.get(w("font"), "").casefold())
    for scheme in root.iter(f"{{{A}}}majorFont", f"{{{A}}}minorFont"):
        for child in scheme.iter(f"{{{A}}}latin", f"{{{A}}}ea", f"{{{A}}}cs"):
            used.fonts.add(child.get("typeface", "").casefold())


def prune_styles(styles: Element, numbering: Element | None, used: Used, *, keep_ids: bool) -> dict[str, str]:
    """Take away the styles nothing uses; return the id in the new file for each id. Lists that styles use are noted.

    With `keep_ids`, ids stay as they are; else they are made from the names, as Word makes them.
    """
    known = {style.get(w("styleId"), ""): style for style in styles.findall(w("style"))}
    wanted = {name for name, style in known.items() if name in used.styles or _always(style, keep_ids)}
    while True:
        more = {tie for name in wanted for tie in _ties(known[name])} | _list_styles(numbering, used)
        for name in wanted:
            used.numbers.update(e.get(VAL, "") for e in known[name].iter(w("numId")))
            used.levels.update(e.get(VAL, "") for e in known[name].iter(w("ilvl")))
        if more & known.keys() <= wanted:
            break
        wanted |= more & known.keys()
    names, taken = dict[str, str](), set[str]()
    for number, (name, style) in enumerate(known.items(), 1):
        if name not in wanted:
            styles.remove(style)
            continue
        new = name if keep_ids else canonical_id(name_of(style))
        if not new or new.casefold() in taken:
            new = f"Style{number}"
        taken.add(new.casefold())
        names[name] = new
    return names


def name_of(style: Element) -> str:
    """Return a style's name."""
    name = style.find(w("name"))
    return name.get(VAL, "") if name is not None else ""


def canonical_id(name: str) -> str:
    """Return the id Word would give a style of this name."""
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", name))[:60]


def _always(style: Element, keep_ids: bool) -> bool:
    """Return whether a style stays though nothing uses it: the defaults, and those every document has."""
    if style.get(w("default"), "0") in ("1", "true", "on"):
        return True
    name = name_of(style)
    plain = re.sub(r" [1-9]$", "", name.casefold())
    if plain not in BUILT_IN or style.get(w("customStyle"), "0") in ("1", "true", "on"):
        return False
    return not keep_ids or style.get(w("styleId"), "").casefold() == canonical_id(name).casefold()


def _ties(style: Element) -> Iterable[str]:
    return (e.get(VAL, "") for e in style.iter(*STYLE_TIES))


def _list_styles(numbering: Element | None, used: Used) -> set[str]:
    """Return the styles that lists in use are tied to."""
    if numbering is None:
        return set()
    abstract = _abstract_in_use(numbering, used)
    return {
        e.get(VAL, "") for a in numbering.findall(w("abstractNum")) if a.get(w("abstractNumId")) in abstract
        for e in a.iter(*STYLE_TIES)
    }  # fmt: skip


def _abstract_in_use(numbering: Element, used: Used) -> set[str]:
    of = ((n.get(w("numId"), ""), n.find(w("abstractNumId"))) for n in numbering.findall(w("num")))
    return {a.get(VAL, "") for number, a in of if number in used.numbers and a is not None}


def prune_numbering(numbering: Element, used: Used) -> None:
    """Take away the lists nothing uses, and words in levels nothing uses."""
    abstract = _abstract_in_use(numbering, used)
    linked = {e.get(VAL) for a in numbering.findall(w("abstractNum")) if a.get(w("abstractNumId")) in abstract
              for e in a.findall(w("numStyleLink"))}  # fmt: skip
    for element in numbering.findall(w("abstractNum")):
        link = element.find(w("styleLink"))
        if element.get(w("abstractNumId")) not in abstract and (link is None or link.get(VAL) not in linked):
            numbering.remove(element)
    for element in numbering.findall(w("num")):
        if element.get(w("numId"), "") not in used.numbers:
            numbering.remove(element)
    pictures = {e.get(VAL) for e in numbering.iter(w("lvlPicBulletId"))}
    for element in numbering.findall(w("numPicBullet")):
        if element.get(w("numPicBulletId")) not in pictures:
            numbering.remove(element)
    for level in numbering.iter(w("lvl")):
        text = level.find(w("lvlText"))
        number = level.get(w("ilvl"), "")
        # A paragraph without a level of its own stands on the first.
        if text is not None and number not in used.levels | {"0"} and LEVEL_WORDS.search(text.get(VAL, "")):
            text.set(VAL, LEVEL_WORDS.sub("", text.get(VAL, "")))


def prune_fonts(table: Element, used: Used) -> None:
    """Take the fonts out of the table of fonts that no text and no style names."""
    for font in table.findall(w("font")):
        if font.get(w("name"), "").casefold() not in used.fonts:
            table.remove(font)


def prune_settings(settings: Element, *, tracking: bool) -> None:
    """Leave the settings that say how pages look; whether changes are tracked from now on only with `tracking`."""
    for child in list(settings):
        if child.tag not in SETTINGS or (not tracking and "rack" in str(child.tag)):
            settings.remove(child)


def prune_notes(notes: Element, references: Iterable[str]) -> int:
    """Take away the notes nothing refers to, and words in the lines that part notes from the text; return how many."""
    wanted, gone = set(references), 0
    for note in list(notes):
        if not isinstance(note.tag, str):
            continue
        if note.get(w("type"), "normal") == "normal":
            if note.get(ooxml.ID, "") not in wanted:
                notes.remove(note)
                gone += 1
        else:
            for text in list(note.iter(ooxml.TEXT)):
                ooxml.remove(text)
    return gone
