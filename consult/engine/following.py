"""Where some words of a paragraph are after it was edited."""

import re
from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import LCSseq

WORD = re.compile(r"\w+|[^\w\s]")

Span = tuple[int, int]


def follow(old: str, new: str, start: int, end: int) -> Span | None:
    """Return where the characters start..end of a paragraph's old text are in its new one; None if they are gone.

    Words that are certainly still there keep the range, with what now stands between them or in place of its outer
    ones. If none is, the range is what stands between the nearest words before and behind that are still there.
    """
    if old == new:
        return start, end
    ours, theirs = ([match.span() for match in WORD.finditer(text)] for text in (old, new))
    inside = [n for n, (a, b) in enumerate(ours) if a < end and start < b]
    if not inside:
        return None
    kept = _kept([old[a:b] for a, b in ours], [new[a:b] for a, b in theirs])
    first, last = inside[0], inside[-1]
    before = next((kept[n] for n in range(first - 1, -1, -1) if n in kept), -1)
    behind = next((kept[n] for n in range(last + 1, len(ours)) if n in kept), len(theirs))
    left, right = kept.get(first, before + 1), kept.get(last, behind - 1)
    if left > right:
        return None
    begin = theirs[left][0] + (max(start - ours[first][0], 0) if first in kept else 0)
    finish = theirs[right][1] - (max(ours[last][1] - end, 0) if last in kept else 0)
    return begin, finish


def _kept(ours: Sequence[str], theirs: Sequence[str]) -> dict[int, int]:
    """Return the words that are certainly in both, in order: place -> place.

    These are the ones that stand once in either text, and those that go on from them without a difference; one word is
    like another, so what could be taken for either of two is left out.
    """
    often, as_often = Counter(ours), Counter(theirs)
    once = {word for word, n in often.items() if n == as_often[word] == 1}
    mine, yours = ([n for n, word in enumerate(words) if word in once] for words in (ours, theirs))
    blocks = LCSseq.editops([ours[n] for n in mine], [theirs[n] for n in yours]).as_matching_blocks()
    kept = {mine[b.a + k]: yours[b.b + k] for b in blocks for k in range(b.size)}
    _go_on(ours, theirs, kept, {})
    _go_on(ours, theirs, kept, {-1: -1, len(ours): len(theirs)})
    return kept


def _go_on(ours: Sequence[str], theirs: Sequence[str], kept: dict[int, int], edges: dict[int, int]) -> None:
    """Add, in place, the words that follow or precede those in `kept` or the edges in both texts."""
    taken, claims = set(kept.values()), set[Span]()
    for way in (1, -1):
        known = kept | edges
        for n in range(len(ours))[::way]:
            place = known.get(n - way, -3) + way
            is_free = n not in kept and place not in taken and 0 <= place < len(theirs)
            if is_free and ours[n] == theirs[place]:
                known[n] = place
                claims.add((n, place))
    by_ours, by_theirs = Counter(n for n, _ in claims), Counter(place for _, place in claims)
    kept.update({n: place for n, place in claims if by_ours[n] == by_theirs[place] == 1})
