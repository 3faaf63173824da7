"""Which paragraphs a row of a comment form is about: by our number, a range of them, a clause, a place in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from consult.engine.tabling import place_of
from consult.engine.values import Draft, Paragraph

GENERAL = frozenset(
    ("", "general", "ge", "all", "whole document", "whole text", "entire document", "n/a", "-", "–", "0")
)
CALLED = re.compile(
    r"(?:lines?|paragraphs?|paras?|nos?|numbers?|clauses?|sections?|items?)\b\.?\s*|[¶§#]\s*|\[|\]", re.IGNORECASE
)
RANGE = re.compile(r"(.+?)\s*(?:-|–|—|\bto\b|\band\b|,)\s*(.+)")
EMPTY = re.compile(r"(\d+)\. empty paragraph (?:after (.+)|at the beginning)")


class Lacking(Exception):
    """Why a row cannot be used."""


@dataclass(frozen=True, slots=True)
class Place:
    """The paragraphs a row is about, in order; none for the whole draft."""

    paragraphs: tuple[Paragraph, ...] = ()


def locate(draft: Draft, line: str, clause: str, place: str) -> Place:
    """Return what the three columns name. The line number counts first, then the place, then the clause.

    Raises Lacking where they name nothing that the draft has.
    """
    line, clause, place = (" ".join(text.split()) for text in (line, clause, place))
    if line.casefold() not in GENERAL and (found := _by_number(draft, line)):
        return Place(found)
    if place.casefold() not in GENERAL and (found := _by_place(draft, place)):
        return Place(found)
    if clause.casefold() not in GENERAL and (found := _by_clause(draft, clause)):
        return Place(found)
    said = [text for text in (line, place, clause) if text.casefold() not in GENERAL]
    if said:
        told = ", ".join(f"“{text[:80]}”" for text in said)
        raise Lacking(f"the draft has no paragraph {told}; the numbers are those printed beside the paragraphs")
    return Place()


def _by_number(draft: Draft, line: str) -> tuple[Paragraph, ...]:
    numbers = {p.number.casefold(): p for p in draft.paragraphs if p.number}

    def number(text: str) -> Paragraph | None:
        plain = text.casefold().strip(" .")
        return numbers.get(plain) or numbers.get(CALLED.sub("", plain).strip(" ."))

    if one := number(line):
        return (one,)
    if match := RANGE.fullmatch(CALLED.sub("", line.strip(" ."))):
        first, last = number(match.group(1)), number(match.group(2))
        if first and last and first.index <= last.index and first.key[:1] == last.key[:1]:
            return tuple(p for p in draft.paragraphs[first.index : last.index + 1] if p.number)
    return ()


def _by_place(draft: Draft, place: str) -> tuple[Paragraph, ...]:
    """Return the paragraphs that a place in words names, as our matrix writes it; a row of a table has several."""
    if match := EMPTY.fullmatch(place):
        return _empty(draft, int(match.group(1)), match.group(2) or "")
    same = tuple(p for p in draft.paragraphs if p.number and place_of(p).casefold() == place.casefold())
    return same or _by_number(draft, place)


def _empty(draft: Draft, count: int, number: str) -> tuple[Paragraph, ...]:
    behind = [p.index for p in draft.paragraphs if p.number == number] if number else [-1]
    index = behind[0] + count if behind else -1
    known = 0 <= index < len(draft.paragraphs)
    return (draft.paragraphs[index],) if known and not draft.paragraphs[index].number else ()


def _by_clause(draft: Draft, clause: str) -> tuple[Paragraph, ...]:
    """Return the one paragraph whose list label, heading or text a clause is."""
    plain = _plain(CALLED.sub("", clause) or clause)
    for kinds in (("heading",), ("heading", "list", "body", "cell")):
        named = [p for p in draft.paragraphs if p.kind in kinds and plain in set(_names(p))]
        if len(named) == 1:
            return (named[0],)
    return ()


def _names(paragraph: Paragraph) -> Iterator[str]:
    if not paragraph.number:
        return
    if paragraph.label:
        yield _plain(paragraph.label)
        yield _plain(f"{paragraph.label} {paragraph.text}"[:120])
    if paragraph.kind == "heading":
        yield _plain(paragraph.text[:120])
        typed = re.match(r"((?:\d+\.)*\d+|[A-Z]|[IVXLC]+)[.)]?\s+\S", paragraph.text)
        if typed:  # a number typed into the heading
            yield _plain(typed.group(1))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(' .():“”"')
