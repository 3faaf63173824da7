"""Which row of a copy's table is which of the draft's."""

from collections.abc import Callable, Sequence

from consult.engine import ooxml
from consult.engine.anchoring import Pair, align
from consult.engine.stories import Row, Table
from consult.engine.tracking import OwnChanges, old_text, row_change


def pair_rows(ours: Table, other: Table, own: OwnChanges) -> list[Pair]:
    """Return the pairs (row of the draft's table, row of the copy's) in order; None stands opposite what has no partner.

    Where the copy still has all rows that the draft itself deletes, these are each other's partners, whatever is written
    in them now; a row of the same words that stays is another row.
    """
    gone = [number for number, row in enumerate(ours.rows) if _is_going(row)]
    kept = [number for number, row in enumerate(other.rows) if _is_going(row) and row_change(row, own)[1] is None]
    fixed: list[tuple[int, int]] = list(zip(gone, kept, strict=True)) if len(gone) == len(kept) else []
    pairs = list[Pair]()
    i = j = 0
    for one, new in [*fixed, (len(ours.rows), len(other.rows))]:
        between = _pair_between(ours.rows[i:one], other.rows[j:new], own)
        pairs += [(a + i if a is not None else None, b + j if b is not None else None) for a, b in between]
        if one < len(ours.rows):
            pairs.append((one, new))
        i, j = one + 1, new + 1
    return pairs


def _pair_between(ours: Sequence[Row], other: Sequence[Row], own: OwnChanges) -> list[Pair]:
    """Pair rows by what they say."""
    tokens = ["\n".join(line.text for line in row.lines()) for row in ours]
    theirs: list[str | None] = [
        None if row_change(row, own)[0] is not None else "\n".join(old_text(line, own) for line in row.lines())
        for row in other
    ]
    going, staying = [_is_going(row) for row in ours], [not _is_going(row) for row in other]

    def may_be(pair: Pair) -> bool:
        """Whether one row can be the other: what the draft itself deletes is not rewritten by what stays."""
        one, new = pair
        return one is None or new is None or not (going[one] and staying[new] and tokens[one] != theirs[new])

    same: list[Pair] = [(r, r) for r in range(len(tokens))]
    if (
        len(tokens) == len(theirs)
        and None not in theirs
        and _differences(tokens, theirs) <= 1
        and all(map(may_be, same))
    ):
        return same
    return _gaps_closed(align(tokens, theirs), theirs, may_be)


def _is_going(row: Row) -> bool:
    """Return whether a row is marked as deleted, by whomever."""
    return row.element.find(f"{ooxml.w('trPr')}/{ooxml.DEL}") is not None


def _differences(tokens: Sequence[str], theirs: Sequence[str | None]) -> int:
    return sum(1 for one, other in zip(tokens, theirs, strict=True) if one != other)


def _gaps_closed(pairs: Sequence[Pair], theirs: Sequence[str | None], may_be: Callable[[Pair], bool]) -> list[Pair]:
    """Pair rows one by one where as many are gone as are new: they were rewritten, or are all but empty."""
    closed, i = list[Pair](), 0
    while i < len(pairs):
        gap = i
        while gap < len(pairs) and None in pairs[gap]:
            gap += 1
        gone = [one for one, _ in pairs[i:gap] if one is not None]
        new = [other for _, other in pairs[i:gap] if other is not None]
        one_by_one: list[Pair] = list(zip(gone, new, strict=True)) if len(gone) == len(new) else []
        if one_by_one and all(theirs[n] is not None for n in new) and all(map(may_be, one_by_one)):
            closed += one_by_one
        else:
            closed += pairs[i:gap]
        if gap < len(pairs):
            closed.append(pairs[gap])
        i = gap + 1
    return closed
