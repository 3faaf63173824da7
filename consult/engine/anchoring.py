"""Which paragraph of one document is which of another: sequence alignment, exact first, then by similarity in the gaps."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence, Set

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

Pair = tuple[int | None, int | None]

SIMILAR = 45.0  # per cent of characters in common from which two paragraphs are one and the same, changed
TABLE = "\x01"
SHORTEST = 20  # characters from which a text that goes here and comes there is the same one, not another like it
LONG = 4000  # paragraphs from which a sequence is parted before it is compared
CELLS = 20_000  # how many pairs of paragraphs are compared at most in one gap


def align(first: Sequence[str], second: Sequence[str | None]) -> list[Pair]:
    """Return the pairs (index in first, index in second) in order; None stands opposite what has no partner.

    None in `second` is something new that can be no partner of anything. Equal texts are paired by the longest common
    subsequence; what lies between is paired where it is similar enough, in order. A text that stands once in either and
    is not paired so has moved: it is no partner of what is only similar to it.
    """
    tokens = [text if text is not None else ("new", number) for number, text in enumerate(second)]
    head = _common(first, tokens)
    tail = _common(first[head:][::-1], tokens[head:][::-1])
    pairs: list[Pair] = [(i, i) for i in range(head)]
    middle_first, middle_second = first[head : len(first) - tail], tokens[head : len(tokens) - tail]
    moved = _standing_once(middle_first) & _standing_once(middle_second)
    i = j = 0
    for start, other, size in [*_blocks(middle_first, middle_second), (len(middle_first), len(middle_second), 0)]:
        pairs += _fill(first, second, (head + i, head + start), (head + j, head + other), moved)
        pairs += [(head + start + k, head + other + k) for k in range(size)]
        i, j = start + size, other + size
    pairs += [(len(first) - tail + k, len(second) - tail + k) for k in range(tail)]
    return pairs


def _blocks(first: Sequence[object], second: Sequence[object]) -> list[tuple[int, int, int]]:
    """Return what two sequences have in common, in order: where it begins in either, how long it is.

    It is the longest common subsequence. What is too long for that, which takes the square of the length, is parted
    first at the texts that stand once in either.
    """
    parts = _parted(first, second) if max(len(first), len(second)) > LONG else []
    found: list[tuple[int, int, int]] = []
    i = j = 0
    for one, other in [*parts, (len(first), len(second))]:
        between = LCSseq.editops(first[i:one], second[j:other]).as_matching_blocks()
        found += [(i + b.a, j + b.b, b.size) for b in between if b.size]
        if one < len(first):
            found.append((one, other, 1))
        i, j = one + 1, other + 1
    return found


def _parted(first: Sequence[object], second: Sequence[object]) -> list[tuple[int, int]]:
    """Return where texts stand that stand once in either sequence, the most of them that are in the same order."""
    counted, places = Counter(first), {text: j for j, text in enumerate(second)}
    once = {text for text, count in Counter(second).items() if count == 1 and counted[text] == 1}
    pairs = [(i, places[text]) for i, text in enumerate(first) if text in once]
    ends, last, before = (
        list[int](),
        list[int](),
        list[int](),
    )  # smallest last place of a row of so many; which pair; its previous
    for n, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1], last[length : length + 1] = [j], [n]
    chosen, n = list[tuple[int, int]](), last[-1] if last else -1
    while n >= 0:
        chosen.append(pairs[n])
        n = before[n]
    return chosen[::-1]


def _common(first: Sequence[object], second: Sequence[object]) -> int:
    length = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        length += 1
    return length


def _standing_once(texts: Sequence[object]) -> Set[str]:
    return {t for t, n in Counter(texts).items() if n == 1 and isinstance(t, str) and len(t) >= SHORTEST}


def _fill(
    first: Sequence[str],
    second: Sequence[str | None],
    ours: tuple[int, int],
    theirs: tuple[int, int],
    moved: Set[str],
) -> list[Pair]:
    """Pair what lies in a gap by similarity; everything else stands alone, ours before theirs."""
    pairs: list[Pair] = []
    i, j = ours[0], theirs[0]
    for one, other in [*_similar(first, second, ours, theirs, moved), (ours[1], theirs[1])]:
        pairs += [(k, None) for k in range(i, one)] + [(None, k) for k in range(j, other)]
        if one < ours[1] and other < theirs[1]:
            pairs.append((one, other))
        i, j = one + 1, other + 1
    return pairs


def _similar(
    first: Sequence[str],
    second: Sequence[str | None],
    ours: tuple[int, int],
    theirs: tuple[int, int],
    moved: Set[str],
) -> list[tuple[int, int]]:
    """Return the similar pairs in a gap, in order, with the greatest sum of similarities; near the diagonal if it is large.

    None of the texts in `moved` is in a pair.
    """
    height, width = ours[1] - ours[0], theirs[1] - theirs[0]
    if not height or not width:
        return []
    best = _Band(height, width)
    scores: dict[tuple[int, int], float] = {}
    for i in range(height - 1, -1, -1):
        one = first[ours[0] + i]
        for j in best.columns(i):
            other = second[theirs[0] + j]
            best.put(i, j, max(best.at(i + 1, j), best.at(i, j + 1)))
            score = similarity(one, other) if one not in moved and other not in moved else 0.0
            if score and score + best.at(i + 1, j + 1) > best.at(i, j):
                scores[i, j] = score
                best.put(i, j, score + best.at(i + 1, j + 1))
    found, i, j = list[tuple[int, int]](), 0, 0
    while i < height and j < width:
        if (i, j) in scores and best.at(i, j) == scores[i, j] + best.at(i + 1, j + 1):
            found.append((ours[0] + i, theirs[0] + j))
            i, j = i + 1, j + 1
        elif best.at(i, j) == best.at(i + 1, j):
            i += 1
        else:
            j += 1
    return found


class _Band:
    """A table of sums of which only a band around the diagonal is kept, row by row from the last one.

    Behind the last row and column every sum is 0; outside the band there is none, -1.
    """

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self.half = max(10, CELLS // max(height, width)) * max(height, width)
        self.rows: dict[int, tuple[int, list[float]]] = {}

    def columns(self, i: int) -> range:
        """Return the columns of a row that are in the band, the last one first."""
        low = max(0, -((self.half - i * self.width) // self.height))
        high = min(self.width - 1, (i * self.width + self.half) // self.height)
        self.rows[i] = (low, [-1.0] * (high + 1 - low))
        return range(high, low - 1, -1)

    def at(self, i: int, j: int) -> float:
        """Return the sum at a place."""
        if i >= self.height or j >= self.width:
            return 0.0
        low, row = self.rows[i]
        return row[j - low] if 0 <= j - low < len(row) else -1.0

    def put(self, i: int, j: int, value: float) -> None:
        """Set the sum at a place in the band."""
        low, row = self.rows[i]
        row[j - low] = value


def similarity(one: str, other: str | None) -> float:
    """Return how alike two paragraphs are, in per cent of their characters; 0 below `SIMILAR` and for empty ones.

    A table, whose token begins with `TABLE`, is never like a paragraph.
    """
    if not one.strip() or other is None or not other.strip() or one.startswith(TABLE) != other.startswith(TABLE):
        return 0.0
    return float(fuzz.ratio(one, other, score_cutoff=SIMILAR))
