"""List labels as Word prints them, and what a paragraph's style says of it (ECMA-376 Part 1, §17.9)."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from consult.engine.ooxml import PPR, Element, number_from, w
from consult.engine.package import parse_xml

# What the private-use characters of Symbol and Wingdings look like, for the bullets Word offers.
BULLETS = {
    "\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "➢", "\uf0fc": "✓", "\uf0a8": "◦", "\uf02d": "–", "\uf0e0": "→",
    "\uf076": "❖", "\uf071": "❑", "\uf06c": "●", "\uf06e": "■", "o": "◦",
}  # fmt: skip
ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
         (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
BUILT_IN_HEADING = re.compile(r"heading ?([1-9])", re.IGNORECASE)
LEVELS = 9
MOST_LETTERED = 780  # z thirty times; beyond that Word writes numbers too


@dataclass(slots=True)
class _Level:
    format: str = "decimal"
    text: str = ""
    start: int = 1
    restart: int | None = None
    legal: bool = False
    style: str = ""


@dataclass(slots=True)
class _List:
    """A w:num: the abstract list it counts in, its levels with its overrides, and where it starts anew."""

    abstract: str
    levels: dict[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)


class ListLabels:
    """Gives out labels in document order: counters are kept from call to call."""

    def __init__(self, numbering_xml: bytes | None, styles_xml: bytes | None) -> None:
        self._styles = _by_id(parse_xml(styles_xml), "style", "styleId") if styles_xml else {}
        self._default = next(
            (
                e
                for e in self._styles.values()
                if e.get(w("default")) in ("1", "true") and e.get(w("type")) == "paragraph"
            ),
            None,
        )
        self._lists = _lists(parse_xml(numbering_xml), self._styles) if numbering_xml else {}
        self._counters: dict[str, dict[int, int]] = defaultdict(dict)
        self._started: set[tuple[str, int]] = set()

    def label(self, properties: Element | None) -> tuple[str, int]:
        """Return a paragraph's label and its level from 1, or ("", 0) outside lists. Call once per paragraph, in order."""
        name, level = self._place(properties)
        known = self._lists.get(name)
        if known is None or level not in known.levels:
            return "", 0
        self._count(name, known, level)
        return self._print(known, level), level + 1

    def outline_level(self, properties: Element | None) -> int:
        """Return a heading's level from 1, 0 for what is no heading."""
        mark = properties.find(w("outlineLvl")) if properties is not None else None
        if mark is None:
            for style in self._chain(properties):
                mark = style.find(f"{PPR}/{w('outlineLvl')}")
                built_in = BUILT_IN_HEADING.fullmatch(_value(style.find(w("name"))))
                if mark is not None or built_in:
                    if mark is None and built_in:
                        return int(built_in.group(1))
                    break
        value = _value(mark)
        level = number_from(value, LEVELS)
        return level + 1 if 0 <= level < LEVELS else 0

    def style_name(self, properties: Element | None) -> str:
        """Return the name of a paragraph's style, "" for the default one."""
        name = _value(properties.find(w("pStyle"))) if properties is not None else ""
        style = self._styles.get(name)
        return _value(style.find(w("name"))) if style is not None else name

    def _chain(self, properties: Element | None) -> list[Element]:
        name = _value(properties.find(w("pStyle"))) if properties is not None else ""
        style, chain = self._styles.get(name, self._default), list[Element]()
        while style is not None and style not in chain:
            chain.append(style)
            style = self._styles.get(_value(style.find(w("basedOn"))))
        return chain

    def _place(self, properties: Element | None) -> tuple[str, int]:
        """Return a paragraph's list and its level from 0, from itself or else from its style."""
        sources: list[tuple[Element | None, str]] = [(properties, "")]
        sources += [(s.find(PPR), s.get(w("styleId"), "")) for s in self._chain(properties)]
        level = None
        for source, style in sources:
            mark = source.find(w("numPr")) if source is not None else None
            if mark is None:
                continue
            depth = _value(mark.find(w("ilvl")))
            level = number_from(depth) if level is None and depth else level
            name = _value(mark.find(w("numId")))
            if name:
                return name, self._linked(name, style) if level is None else level
        return "", 0

    def _linked(self, name: str, style: str) -> int:
        """Return the level of a list that names a style, 0 where none does."""
        known = self._lists.get(name)
        return next((n for n, level in known.levels.items() if style and level.style == style), 0) if known else 0

    def _count(self, name: str, known: _List, level: int) -> None:
        counters = self._counters[known.abstract]
        if (name, level) not in self._started and level in known.starts:
            counters[level] = known.starts[level] - 1
        self._started.add((name, level))
        counters[level] = counters.get(level, known.levels[level].start - 1) + 1
        for deeper in range(level + 1, LEVELS):
            restart = known.levels[deeper].restart if deeper in known.levels else None
            if restart is None or level < restart:
                counters.pop(deeper, None)

    def _print(self, known: _List, level: int) -> str:
        counters, own = self._counters[known.abstract], known.levels[level]
        if own.format == "bullet":
            return BULLETS.get(own.text, own.text if own.text.isprintable() and own.text < "\ue000" else "•")
        if own.format == "none":
            return re.sub(r"%\d", "", own.text)

        def number(match: re.Match[str]) -> str:
            depth = int(match.group(1)) - 1
            there = known.levels.get(depth, own)
            kind = "decimal" if own.legal and there.format != "decimalZero" else there.format
            return _spelled(counters.get(depth, there.start), kind)

        return re.sub(r"%([1-9])", number, own.text)


def _value(element: Element | None) -> str:
    return element.get(w("val"), "") if element is not None else ""


def _by_id(root: Element, tag: str, attribute: str) -> dict[str, Element]:
    return {e.get(w(attribute), ""): e for e in root.findall(w(tag))}


def _lists(root: Element, styles: dict[str, Element]) -> dict[str, _List]:
    abstracts = _by_id(root, "abstractNum", "abstractNumId")
    nums = _by_id(root, "num", "numId")
    lists = {}
    for name, num in nums.items():
        abstract = _followed(_value(num.find(w("abstractNumId"))), abstracts, nums, styles)
        if abstract not in abstracts or name == "0":
            continue
        levels = {number_from(e.get(w("ilvl"), "0")): _level(e) for e in abstracts[abstract].findall(w("lvl"))}
        known = _List(abstract, levels)
        for override in num.findall(w("lvlOverride")):
            depth = number_from(override.get(w("ilvl"), "0"))
            own, start = override.find(w("lvl")), _value(override.find(w("startOverride")))
            if own is not None:
                levels[depth] = _level(own)
            if start:
                known.starts[depth] = number_from(start, 1)
        lists[name] = known
    return lists


def _followed(
    abstract: str, abstracts: dict[str, Element], nums: dict[str, Element], styles: dict[str, Element]
) -> str:
    """Return the abstract list that holds the levels: w:numStyleLink points to it through a numbering style."""
    element = abstracts.get(abstract)
    link = _value(element.find(w("numStyleLink"))) if element is not None else ""
    style = styles.get(link)
    if not link or style is None:
        return abstract
    num = nums.get(_value(style.find(f"{PPR}/{w('numPr')}/{w('numId')}")))
    return _value(num.find(w("abstractNumId"))) if num is not None else abstract


def _level(element: Element) -> _Level:
    start, restart = _value(element.find(w("start"))), _value(element.find(w("lvlRestart")))
    legal = element.find(w("isLgl"))
    return _Level(
        _value(element.find(w("numFmt"))) or "decimal",
        _value(element.find(w("lvlText"))),
        number_from(start, 1),
        number_from(restart) if restart else None,
        legal is not None and legal.get(w("val"), "1") not in ("0", "false"),
        _value(element.find(w("pStyle"))),
    )


def _spelled(number: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter") and 0 < number <= MOST_LETTERED:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if kind == "upperLetter" else letter
    if kind in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        roman = _roman(number)
        return roman.upper() if kind == "upperRoman" else roman
    if kind == "decimalZero":
        return f"{number:02d}"
    if kind == "ordinal":
        suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{suffix}"
    return "" if kind == "none" else str(number)


def _roman(number: int) -> str:
    spelled = ""
    for value, letters in ROMAN:
        spelled += letters * (number // value)
        number %= value
    return spelled
