"""Two drafts as read -> what became of every paragraph: the same, changed, added, deleted, moved from where to where."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Literal

from consult.engine.anchoring import align
from consult.engine.matching import Side, match, side_of
from consult.engine.values import Draft, Paragraph, ParagraphKind
from consult.engine.wording import Change, show_changes, wording_edits

PassageKind = Literal["same", "changed", "added", "deleted", "moved-away", "moved-here"]
Row = tuple[int, int]  # a table and a row in it
Step = tuple[int | None, int | None]  # a paragraph of the old draft and one of the new


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, or a table row that came or went as a whole: what it was and what it is.

    `old` and `new` are its printed numbers in either draft, () where it is not in it; a row has the numbers of all its
    paragraphs. `texts` has the words of each paragraph. A paragraph that moved is told twice, where it was and where it
    is, each with the other's place in the list as `partner`; what was changed in it is shown where it is now.
    """

    kind: PassageKind
    old: tuple[str, ...]
    new: tuple[str, ...]
    texts: tuple[tuple[Change, ...], ...]
    looks: ParagraphKind = "body"
    is_row: bool = False
    partner: int = -1


def trace_paragraphs(old: Draft, new: Draft) -> tuple[Passage, ...]:
    """Return what became of every paragraph with text, in the order of the new draft, deleted ones where they stood.

    Reading only what is the same and deleted, but for what moved here, gives the old draft; reading only what is the
    same and inserted, but for what moved away, gives the new one.
    """
    tracer = _Tracer(side_of(old), side_of(new))
    return _with_partners(list(tracer.passages()))


@dataclass(frozen=True, slots=True)
class _Told:
    """A passage, with the places of its paragraph in the drafts and the row that came or went with it."""

    passage: Passage
    step: Step
    row: Row | None = None


@dataclass(slots=True)
class _Tracer:
    """Knows of two drafts which paragraph is which, which of those stayed in order, and which rows are new or gone."""

    old: Side
    new: Side
    pairs: dict[int, int] = field(init=False)
    _back: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.pairs = match(self.old, self.new)
        self._back = {place: n for n, place in self.pairs.items()}

    def passages(self) -> Iterator[_Told]:
        """Yield the passages in order, paragraphs of a row that came or went together as one."""
        steps = list(self._steps())
        kept = {i for i, j in steps if i is not None and j is not None} | set(self.pairs)
        came = {j for i, j in steps if i is not None and j is not None} | set(self._back)
        gone_rows = _whole_rows(self.old.paragraphs, kept)
        new_rows = _whole_rows(self.new.paragraphs, came)
        told = (self._tell(step, gone_rows, new_rows) for step in steps)
        for (row, kind), group in groupby(told, key=lambda one: (one.row, one.passage.kind)):
            found = list(group)
            if row is None:
                yield from found
            else:
                yield _joined(found, kind)

    def _steps(self) -> Iterator[Step]:
        """Yield who stands opposite whom, in order; what moved stands alone in both places."""
        stayed = _in_order(self.pairs)
        anchors = [(-1, -1), *stayed, (len(self.old.texts), len(self.new.texts))]
        for (i, j), (next_i, next_j) in pairwise(anchors):
            if i >= 0:
                yield i, j
            yield from self._between(range(i + 1, next_i), range(j + 1, next_j))

    def _between(self, ours: range, theirs: range) -> Iterator[Step]:
        """Yield what lies between two pairs: paragraphs alike enough are one, rewritten; the others stand alone."""
        first = [self.old.texts[i] if i not in self.pairs else "" for i in ours]
        second = [self.new.texts[j] if j not in self._back else None for j in theirs]
        for one, other in align(first, second):
            i, j = (ours[one] if one is not None else None), (theirs[other] if other is not None else None)
            if i is not None and j is not None and not self._may_be_one(i, j):
                yield i, None
                yield None, j
            else:
                yield i, j

    def _may_be_one(self, i: int, j: int) -> bool:
        if i in self.pairs or j in self._back:
            return False
        one, other = self.old.paragraphs[i], self.new.paragraphs[j]
        return (one.cell is None) == (other.cell is None) and self.old.tokens[i][0] == self.new.tokens[j][0]

    def _tell(self, step: Step, gone_rows: set[Row], new_rows: set[Row]) -> _Told:
        i, j = step
        if i is not None and j is not None:
            return _Told(self._passage("same" if self.old.texts[i] == self.new.texts[j] else "changed", i, j), step)
        if i is not None:
            if i in self.pairs:
                return _Told(self._passage("moved-away", i, self.pairs[i]), (i, None))
            row = _row_of(self.old.paragraphs[i])
            return _Told(self._passage("deleted", i, None), step, row if row in gone_rows else None)
        assert j is not None
        if j in self._back:
            return _Told(self._passage("moved-here", self._back[j], j), (None, j))
        row = _row_of(self.new.paragraphs[j])
        return _Told(self._passage("added", None, j), step, row if row in new_rows else None)

    def _passage(self, kind: PassageKind, i: int | None, j: int | None) -> Passage:
        before, after = (self.old.texts[i] if i is not None else ""), (self.new.texts[j] if j is not None else "")
        if kind == "moved-away":
            changes: tuple[Change, ...] = (Change("same", before),)
        else:
            changes = show_changes(before, wording_edits("", before, after))
        shown = self.new.paragraphs[j] if j is not None else self.old.paragraphs[i or 0]
        return Passage(
            kind,
            (self.old.paragraphs[i].number,) if i is not None else (),
            (self.new.paragraphs[j].number,) if j is not None else (),
            (changes,),
            shown.kind,
        )


def _in_order(pairs: Mapping[int, int]) -> list[tuple[int, int]]:
    """Return the most of the pairs that are in the same order in both drafts."""
    listed = sorted(pairs.items())
    ends, last, before = list[int](), list[int](), list[int]()
    for n, (_, j) in enumerate(listed):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1], last[length : length + 1] = [j], [n]
    chosen, n = list[tuple[int, int]](), last[-1] if last else -1
    while n >= 0:
        chosen.append(listed[n])
        n = before[n]
    return chosen[::-1]


def _row_of(paragraph: Paragraph) -> Row | None:
    return (paragraph.cell.table, paragraph.cell.row) if paragraph.cell is not None else None


def _whole_rows(paragraphs: Sequence[Paragraph], kept: set[int]) -> set[Row]:
    """Return the rows no paragraph of which is in the other draft."""
    rows, staying = set[Row](), set[Row]()
    for place, paragraph in enumerate(paragraphs):
        row = _row_of(paragraph)
        if row is not None:
            (staying if place in kept else rows).add(row)
    return rows - staying


def _joined(found: Sequence[_Told], kind: PassageKind) -> _Told:
    """Return the passages of a whole row as one."""
    passages = [one.passage for one in found]
    whole = Passage(
        kind,
        tuple(number for p in passages for number in p.old),
        tuple(number for p in passages for number in p.new),
        tuple(text for p in passages for text in p.texts),
        "cell",
        is_row=True,
    )
    return _Told(whole, found[0].step)


def _with_partners(told: Sequence[_Told]) -> tuple[Passage, ...]:
    """Return the passages, each end of a move with the place of the other one."""
    away = {one.passage.new: n for n, one in enumerate(told) if one.passage.kind == "moved-away"}
    here = {one.passage.new: n for n, one in enumerate(told) if one.passage.kind == "moved-here"}
    other = {"moved-away": here, "moved-here": away}
    return tuple(
        replace(one.passage, partner=other[one.passage.kind][one.passage.new])
        if one.passage.kind in other
        else one.passage
        for one in told
    )
