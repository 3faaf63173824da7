"""Comments on one draft -> where they stand in the next one, never on another passage; else they are orphaned."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from consult.engine.following import follow
from consult.engine.matching import Side, match, side_of, words_of
from consult.engine.reading import read_draft
from consult.engine.values import Carried, Remark
from consult.engine.wording import Replacement, compare

SHORTEST_QUOTE = 5  # words from which a quotation that stands once in either draft is found wherever it is
MOST_PLACES = 200  # of a word; a quotation of more common words alone is not looked for

Placed = Literal["same", "moved", "changed"]
Spot = tuple[int, int, int]  # a paragraph of the new draft, start and end in its text


def carry_over(old: bytes, new: bytes, remarks: Sequence[Remark]) -> tuple[Carried, ...]:
    """Return where each comment on `old` stands in `new`, in the given order.

    It does not matter how `new` was made: by accepting proposals, or in a word processor, with our numbers printed in it
    or not. A comment on the whole draft stays one. A range keeps its words, or covers what they were replaced by; a range
    whose words are gone, and every comment that could as well be on another passage, is orphaned.
    """
    carrier = _Carrier(side_of(read_draft(old)), side_of(read_draft(new)))
    return tuple(carrier.carry(remark) for remark in remarks)


@dataclass(slots=True)
class _Carrier:
    """Carries comments from one draft to another."""

    old: Side
    new: Side
    pairs: dict[int, int] = field(init=False)
    _back: dict[int, int] = field(init=False)
    _changes: dict[int, tuple[Replacement, ...]] = field(default_factory=dict)
    _found: dict[str, Spot | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pairs = match(self.old, self.new)
        self._back = {place: n for n, place in self.pairs.items()}

    def carry(self, remark: Remark) -> Carried:
        """Return where one comment stands now."""
        if not remark.paragraph:
            return Carried("same", remark, "", "", "")
        first, last = (self.old.by_key.get(key) for key in (remark.paragraph, remark.last_paragraph))
        if remark.inserted:
            return self._quoted(remark, remark.inserted, "")
        if first is None:
            return Carried("orphaned", remark, "", "", remark.quote)
        if last is not None and last > first:
            return self._over_paragraphs(remark, first, last)
        start, end = _without_number(self.old, first, remark.start), _without_number(self.old, first, remark.end)
        if start == end == 0 and not remark.quote:
            return self._on_paragraph(remark, first)
        return self._on_words(remark, first, start, end)

    # ---- one paragraph ----------------------------------------------------------------------------------------------

    def _on_paragraph(self, remark: Remark, first: int) -> Carried:
        place = self.pairs.get(first)
        if place is None:
            return self._quoted(remark, self.old.texts[first], self.old.paragraphs[first].number)
        paragraph = self.new.paragraphs[place]
        moved = replace(remark, paragraph=paragraph.key, start=0, end=0)
        return self._placed(self._state(first), moved, first, self.old.texts[first])

    def _on_words(self, remark: Remark, first: int, start: int, end: int) -> Carried:
        text, number = self.old.texts[first], self.old.paragraphs[first].number
        place = self.pairs.get(first)
        if place is not None:
            there = (
                follow(text, self.new.texts[place], start, end)
                if start < end
                else (self._forward(first, start, False),) * 2
            )
            if there is not None:
                return self._placed(self._state(first), self._at(remark, (place, *there)), first, text[start:end])
        return self._quoted(remark, text[start:end], number)

    def _state(self, first: int) -> Placed:
        place = self.pairs[first]
        if self.old.texts[first] != self.new.texts[place]:
            return "changed"
        return "same" if self.old.paragraphs[first].number == self.new.paragraphs[place].number else "moved"

    def _placed(self, state: Placed, remark: Remark, first: int, words: str) -> Carried:
        number = self.new.paragraphs[self.new.by_key[remark.paragraph]].number
        return Carried(state, remark, number, self.old.paragraphs[first].number, words)

    def _at(self, remark: Remark, spot: Spot) -> Remark:
        place, start, end = spot
        return replace(
            remark, paragraph=self.new.paragraphs[place].key, last_paragraph="", last_end=0, inserted="",
            start=_with_number(self.new, place, start), end=_with_number(self.new, place, end),
            quote=self.new.texts[place][start:end],
        )  # fmt: skip

    # ---- words whose paragraph was not found ------------------------------------------------------------------------

    def _quoted(self, remark: Remark, words: str, number: str) -> Carried:
        """Return a comment on words that stand once in either draft, in a paragraph that was split, joined or rewritten."""
        spot = self._find(words)
        if spot is None:
            return Carried("orphaned", remark, "", number, words)
        state: Placed = "moved" if words.strip() == self.new.texts[spot[0]].strip() else "changed"
        return Carried(state, self._at(remark, spot), self.new.paragraphs[spot[0]].number, number, words)

    def _find(self, words: str) -> Spot | None:
        words = words.strip()
        if words not in self._found:
            spots = _places_of(words, self.new)
            before = _places_of(words, self.old)
            is_known = spots is not None and before is not None and len(spots) == 1 and len(before) <= 1
            self._found[words] = spots[0] if spots and is_known else None
        return self._found[words]

    # ---- several paragraphs -----------------------------------------------------------------------------------------

    def _over_paragraphs(self, remark: Remark, first: int, last: int) -> Carried:
        """Return a comment on several paragraphs: most must be found, one behind the other, and no others among them."""
        inside = range(first, last + 1)
        found = [n for n in inside if n in self.pairs]
        places = [self.pairs[n] for n in found]
        told = "\n".join(self.old.texts[n] for n in inside)
        number = self.old.paragraphs[first].number
        between = range(places[0], places[-1] + 1) if found else ()
        strangers = [p for p in between if self._back.get(p, first) not in inside]
        if len(found) * 2 < len(inside) or places != sorted(places) or strangers or len(found) < 2:
            return Carried("orphaned", remark, "", number, told)
        start = self._forward(first, _without_number(self.old, first, remark.start), False) if found[0] == first else 0
        whole = len(self.new.texts[places[-1]])
        end = (
            self._forward(last, _without_number(self.old, last, remark.last_end), True) if found[-1] == last else whole
        )
        start_at, end_at = _with_number(self.new, places[0], start), _with_number(self.new, places[-1], end)
        moved = replace(
            remark, paragraph=self.new.paragraphs[places[0]].key, start=start_at, end=start_at,
            last_paragraph=self.new.paragraphs[places[-1]].key, last_end=end_at,
            quote=self.new.texts[places[0]][start:] if remark.quote else "",
        )  # fmt: skip
        states = {self._state(n) for n in found}
        is_whole = len(found) == len(inside) == places[-1] - places[0] + 1
        if "changed" in states or not is_whole:
            return self._placed("changed", moved, first, told)
        return self._placed("same" if states == {"same"} else "moved", moved, first, told)

    # ---- positions --------------------------------------------------------------------------------------------------

    def _forward(self, first: int, offset: int, is_end: bool) -> int:
        """Return where a position of a paired paragraph is in the new text; inside replaced words, at their edge."""
        if first not in self._changes:
            self._changes[first] = compare(self.old.texts[first], self.new.texts[self.pairs[first]])
        shift = 0
        for r in self._changes[first]:
            if offset < r.start or (is_end and offset == r.start):
                break
            if offset < r.end:
                return r.start + shift + (len(r.new) if is_end else 0)
            shift += len(r.new) - (r.end - r.start)
        return offset + shift


def _places_of(words: str, side: Side) -> list[Spot] | None:
    """Return where words stand in a draft, as far as two places; None for words that are too few or too common."""
    inner = words_of(words)[1:-1]  # the outer ones may be cut
    if len(inner) + 2 < SHORTEST_QUOTE:
        return None
    posting = min((side.index.get(word, ()) for word in inner), key=len)
    if len(posting) > MOST_PLACES:
        return None
    found = list[Spot]()
    for place in posting:
        start = side.texts[place].find(words)
        while start >= 0 and len(found) < 2:
            found.append((place, start, start + len(words)))
            start = side.texts[place].find(words, start + 1)
    return found


def _without_number(side: Side, place: int, offset: int) -> int:
    """Return a position in a paragraph's text without the printed number."""
    start, length = side.prefixes[place]
    return offset if offset <= start else max(start, offset - length)


def _with_number(side: Side, place: int, offset: int) -> int:
    start, length = side.prefixes[place]
    return offset + length if offset >= start else offset
