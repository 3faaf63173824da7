"""Which paragraph of the next draft is which of this one, where that is certain.

Two are paired when nothing else could be meant: their text is the same and stands once in either draft; or all that
lies between two pairs is the same on both sides; or one is by far most like the other among all paragraphs of either
draft. What cannot be told from another is not paired.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rapidfuzz.distance import Indel

from consult.engine.anchoring import SHORTEST
from consult.engine.tracking import NUMBER_PREFIX
from consult.engine.values import Draft, Paragraph

WORD = re.compile(r"\w+")
FEWEST_WORDS = 4  # a shorter paragraph that was edited is like too many others
ALIKE = 0.6  # the share of words in common from which a paragraph is another one edited
CLEARLY = 2  # by how many words taken out and put in the next best is worse: one word replaced is two
MOST_CANDIDATES = 64
IN_THE_TEXT = frozenset(("body", "heading", "list", "cell"))


@dataclass(slots=True)
class Side:
    """One of two drafts: its paragraphs that have text, their texts without a number our Word copy printed."""

    paragraphs: list[Paragraph]
    texts: list[str]
    prefixes: list[tuple[int, int]]  # where the printed number is, as start and length
    tokens: list[tuple[str, str]]
    by_key: dict[str, int]
    _words: list[list[str]] = field(default_factory=list)
    _index: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def words(self) -> list[list[str]]:
        """The words of each paragraph."""
        if not self._words:
            self._words = [words_of(text) for text in self.texts]
        return self._words

    @property
    def index(self) -> Mapping[str, Sequence[int]]:
        """The paragraphs each word stands in."""
        if not self._index:
            for n, words in enumerate(self.words):
                for word in dict.fromkeys(words):
                    self._index[word].append(n)
        return self._index


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: without signs and blanks, in small letters."""
    return WORD.findall(text.casefold())


def side_of(draft: Draft) -> Side:
    """Return a draft ready for matching."""
    paragraphs = [p for p in draft.paragraphs if p.number]
    found = [NUMBER_PREFIX.match(p.text) for p in paragraphs]
    is_numbered = sum(1 for match in found if match) * 2 > len(paragraphs)
    prefixes = [(m.start(1), m.end(1) - m.start(1)) if m and is_numbered else (0, 0) for m in found]
    texts = [p.text[:s] + p.text[s + n :] for p, (s, n) in zip(paragraphs, prefixes, strict=True)]
    kinds = ["" if p.kind in IN_THE_TEXT else p.kind for p in paragraphs]
    keys = {p.key: n for n, p in enumerate(paragraphs)}
    return Side(paragraphs, texts, prefixes, list(zip(kinds, texts, strict=True)), keys)


def match(old: Side, new: Side) -> dict[int, int]:
    """Return the paragraphs of the old draft that are certainly found in the new one: place -> place."""
    once = _once(old.tokens) & _once(new.tokens)
    places = {token: n for n, token in enumerate(new.tokens) if token in once}
    pairs = {n: places[t] for n, t in enumerate(old.tokens) if t in once and len(t[1]) >= SHORTEST}
    _close_gaps(old, new, pairs)
    _pair_short_ones(old, places, pairs)
    _pair_edited_ones(old, new, pairs)
    _close_gaps(old, new, pairs)
    _pair_short_ones(old, places, pairs)
    return pairs


def _once(tokens: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    return {token for token, n in Counter(tokens).items() if n == 1}


def _close_gaps(old: Side, new: Side, pairs: dict[int, int]) -> None:
    """Pair what lies between two pairs, or the edges of the drafts, where it is the same on both sides."""
    anchors = [(-1, -1), *sorted(pairs.items()), (len(old.tokens), len(new.tokens))]
    taken = set(pairs.values())
    for (i, j), (next_i, next_j) in pairwise(anchors):
        is_gap = next_i - i == next_j - j > 1
        if is_gap and old.tokens[i + 1 : next_i] == new.tokens[j + 1 : next_j]:
            for step in range(1, next_i - i):
                if j + step not in taken:
                    pairs[i + step] = j + step


def _pair_short_ones(old: Side, places: Mapping[tuple[str, str], int], pairs: dict[int, int]) -> None:
    """Pair short texts that stand once in either draft where a neighbour came along."""
    for way in (1, -1):
        for i in range(len(old.tokens))[::way]:
            j = places.get(old.tokens[i])
            if j is not None and i not in pairs and pairs.get(i - way, -2) == j - way:
                pairs[i] = j


def _pair_edited_ones(old: Side, new: Side, pairs: dict[int, int]) -> None:
    taken = set(pairs.values())
    left = [i for i in range(len(old.tokens)) if i not in pairs and len(old.words[i]) >= FEWEST_WORDS]
    wanted = {i: best for i in left if (best := _best(old.words[i], old.tokens[i][0], new)) is not None}
    for i, j in wanted.items():
        if j not in taken and _best(new.words[j], new.tokens[j][0], old) == i:
            pairs[i] = j


def _best(words: Sequence[str], kind: str, side: Side) -> int | None:
    """Return the paragraph of a draft that is clearly most like these words and like enough, None if there is none."""
    ranked = sorted((Indel.distance(words, side.words[n]), n) for n in candidates(words, side))
    if not ranked:
        return None
    distance, place = ranked[0]
    is_like = distance <= (1 - ALIKE) * (len(words) + len(side.words[place]))
    is_clear = len(ranked) == 1 or ranked[1][0] - distance >= CLEARLY
    return place if is_like and is_clear and side.tokens[place][0] == kind else None


def candidates(words: Sequence[str], side: Side) -> set[int]:
    """Return the paragraphs of a draft that share the rarest of these words, as many as can be looked at."""
    found = set[int]()
    postings = sorted((side.index.get(word, ()) for word in set(words)), key=lambda places: (len(places), *places[:1]))
    for posting in postings:
        if len(found) + len(posting) > MOST_CANDIDATES:
            break
        found.update(posting)
    return found
