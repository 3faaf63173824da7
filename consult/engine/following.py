"""Where some words of a paragraph are after it was edited."""

import re

from rapidfuzz.distance import LCSseq

WORD = re.compile(r"\w+|[^\w\s]")

Span = tuple[int, int]


def follow(old: str, new: str, start: int, end: int) -> Span | None:
    """Return where the characters start..end of a paragraph's old text are in its new one; None if they are gone.

    Words that are still there keep the range, with what now stands between them or in place of its outer ones. If none
    is, the range is what stands between the nearest words before and behind that are still there.
    """
    if old == new:
        return start, end
    ours, theirs = ([match.span() for match in WORD.finditer(text)] for text in (old, new))
    kept = _kept([old[a:b] for a, b in ours], [new[a:b] for a, b in theirs])
    inside = [n for n, (a, b) in enumerate(ours) if a < end and start < b]
    if not inside:
        return None
    first, last = inside[0], inside[-1]
    before = next((kept[n] for n in range(first - 1, -1, -1) if n in kept), -1)
    behind = next((kept[n] for n in range(last + 1, len(ours)) if n in kept), len(theirs))
    left = kept.get(first, before + 1)
    right = kept.get(last, behind - 1)
    if left > right:
        return None
    begin = theirs[left][0] + (max(start - ours[first][0], 0) if first in kept else 0)
    finish = theirs[right][1] - (max(ours[last][1] - end, 0) if last in kept else 0)
    return begin, finish


def _kept(ours: list[str], theirs: list[str]) -> dict[int, int]:
    """Return the words that both have in order: place -> place."""
    blocks = LCSseq.editops(ours, theirs).as_matching_blocks()
    return {block.a + k: block.b + k for block in blocks for k in range(block.size)}
