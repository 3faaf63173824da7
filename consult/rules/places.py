"""Which paragraph a remark names: a small grammar for the beginnings of lines, in six languages.

"Para 12: …", "§ 12 …", "Absatz 3:", "Пункт 7.", "footnote 2:", and without a word "12: …". A number counts only if the draft has
it; "1. …" alone is how people count, and names nothing. "5 bis …" is a new paragraph behind 5, and stands there.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

LONGEST_LINE = 5000
_WORDS = (
    "paragraphs?", "paras?", "par", "paragraphes?", "alin[ée]as?", "absatz", "abs", "abschnitt", "ziffer", "ziff",
    "randnummer", "paragraf[oi]", "comma", "capoverso", "p[áa]rrafos?", "apartados?", "пункту?", "пункта", "п", "абзац",
    "параграфу?", "nr", "no", "§", "¶",
)  # fmt: skip
_FOOTNOTE = r"(?:fn|footnote|note(?: de bas de page)?|fu(?:ß|ss)note|nota(?: al pie)?|сноск[аеи])"
_BEFORE = r"(?:(?:on|to|re|ad|zu|zum|sur|au|à|al|sul|sobre|en|к)\s+)?"
_NUMBER = r"\d{1,5}(?:[.\-]\d{1,4})*(?:\s?(?:bis|ter|quater|quinquies)\b)?[a-z]?(?!\w)"
_END = r"\s*(?P<end>[:.)–—-]?)(?=\s|$)\s*"
NAMED = re.compile(
    rf"\s*(?:[-*•]\s+)?{_BEFORE}(?:{'|'.join(_WORDS)})\.?\s*(?P<number>{_NUMBER}){_END}(?P<rest>.*)", re.IGNORECASE
)
FOOTNOTE = re.compile(rf"\s*{_BEFORE}{_FOOTNOTE}\.?\s*(?P<number>\d{{1,4}}){_END}(?P<rest>.*)", re.IGNORECASE)
BARE = re.compile(rf"\s*(?:[-*•]\s+)?(?P<number>{_NUMBER})\s*:\s+(?P<rest>\S.*)", re.IGNORECASE)
BIS = re.compile(r"\s*(?P<number>\d{1,5})\s?(?:bis|ter|quater|quinquies)\b.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Placed:
    """A remark on a paragraph by its printed number, "" on the whole draft."""

    paragraph: str
    text: str


def divide(text: str, known: Collection[str]) -> tuple[tuple[Placed, ...], tuple[str, ...]]:
    """Return the remarks of a text by the paragraphs that its lines name, and the numbers named that are not known."""
    numbers = {_plain(number): number for number in known}
    unknown: list[str] = []
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in text.split("\n"):
        named = _read(line, numbers)
        if named is None:
            found[-1][1].append(line)
            continue
        number, is_known, rest = named
        if not is_known:
            unknown.append(number)
        found.append((number if is_known else "", [rest]))
    return tuple(_remarks(found)), tuple(dict.fromkeys(unknown))


def _remarks(found: list[tuple[str, list[str]]]) -> list[Placed]:
    remarks: list[Placed] = []
    for number, lines in found:
        text = "\n".join(lines).strip("\n").strip()
        if any(c.isalnum() for c in text):
            remarks.append(Placed(number, text))
    return remarks


def _read(line: str, numbers: dict[str, str]) -> tuple[str, bool, str] | None:
    """Return which paragraph a line names, whether there is one, and what remains of the line; None where it names none."""
    if len(line) > LONGEST_LINE:
        return None
    foot = FOOTNOTE.fullmatch(line)
    named = foot or NAMED.fullmatch(line)
    bare = named or BARE.fullmatch(line)
    if bare is not None:
        number = f"fn {bare['number']}" if foot else bare["number"].strip()
        known = numbers.get(_plain(number))
        if known is not None:
            is_apart = bare is not named or bare["end"] or not bare["rest"].strip()
            return known, True, bare["rest"] if is_apart else line
    behind = BIS.fullmatch(line if bare is None else number)  # a paragraph that is to come behind one of the draft
    before = numbers.get(_plain(behind["number"])) if behind is not None else None
    if before is not None:
        return before, True, line
    return (number, False, line) if named is not None else None


def _plain(number: str) -> str:
    """Return a number by which "5bis", "5 bis" and "5 Bis" are the same."""
    return "".join(number.casefold().split())
