"""Alike comments: those that ask for the same change, and those on one paragraph that say nearly the same.

They are proposed to the lead as groups, for one answer; each keeps its row. A comment is in one group at the most.

How alike words are is rapidfuzz's `token_sort_ratio` of their folded forms, in percent. From 80 on, on one paragraph,
two remarks are proposed as one wish: tried on remarks written for the purpose, no figure of real rounds stands behind it,
and the lead looks at every group before it is answered.
Whatever the words, remarks that name other numbers are not alike: 24 hours and 48 hours differ by one sign of many.
"""

import json
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import Row, Select, Text, cast, select

from consult.models import Comment, Round
from consult.services.comments import counts
from consult.services.entries import Entry
from consult.services.finding import folded
from consult.unit_of_work import AnySession

ALIKE = 80  # percent
SHORT = 20  # signs; what is shorter is alike only when it is the same
MOST = 100  # remarks on one paragraph that are compared with each other; of more only the same ones are found
TELLING = 8  # signs taken out and put in; less than that, a comma or a letter, is the same only on one paragraph
MOST_TOGETHER = 100  # comments in one group; more are several groups, for what is chosen stands in an address
CHANGE, WORDS = "change", "words"
NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Said:
    """What of a comment is compared: what it is on, its words as they are looked at, and the change it wants, if any."""

    comment_id: int
    place: tuple[int | None, str]  # the paragraph, and the words in it that are meant
    words: str
    change: Hashable


@dataclass(frozen=True, slots=True)
class Form:
    """Folded words as they are compared: in the order of the alphabet, so that theirs does not matter, and the numbers."""

    words: str
    in_order: str
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Group:
    """Comments that are alike, as lines of the list of all, in its order; `kind` says by what: change or words."""

    kind: str
    entries: tuple[Entry, ...]

    @property
    def undecided(self) -> int:
        """How many of them have no decision."""
        return sum(1 for entry in self.entries if not entry.version)


def list_groups(session: AnySession, round_: Round, entries: Sequence[Entry]) -> list[Group]:
    """Return the groups among the comments that count, in the order of their first comments."""
    said = [_said(row) for row in session.execute(_query(round_))]
    known = {entry.comment_id: entry for entry in entries}
    groups = []
    for kind, members in group(one for one in said if one.comment_id in known):
        found = sorted((known[one.comment_id] for one in members), key=lambda entry: entry.number)
        groups += [Group(kind, part) for part in _portions(found)]
    return sorted(groups, key=lambda found: found.entries[0].number)


def _portions(entries: Sequence[Entry]) -> Iterator[tuple[Entry, ...]]:
    """Part what is too much for one answer into portions of about the same size."""
    portions = -(-len(entries) // MOST_TOGETHER)
    size = -(-len(entries) // portions)
    yield from (tuple(entries[start : start + size]) for start in range(0, len(entries), size))


def _query(round_: Round) -> Select[*tuple[Any, ...]]:
    return select(
        Comment.id, Comment.paragraph_id, Comment.quote, Comment.reason, cast(Comment.edits, Text).label("edits")
    ).where(*counts(round_))


def _said(row: Row[*tuple[Any, ...]]) -> Said:
    change = _change_of(json.loads(row.edits or "[]"))
    if change is not None and sum(len(old) + len(new) for _, old, new in change) < TELLING:
        change = (*change, ("in", str(row.paragraph_id), ""))
    return Said(row.id, (row.paragraph_id, folded(row.quote)), folded(row.reason), change)


def _change_of(edits: list[dict[str, object]]) -> tuple[tuple[str, str, str], ...] | None:
    """Return the words that a proposal takes out and puts in, wherever that is; None for no proposal."""
    return tuple((str(e["kind"]), str(e.get("old", "")), str(e.get("new", ""))) for e in edits) or None


def group(said: Iterable[Said]) -> Iterator[tuple[str, list[Said]]]:
    """Yield the groups of two and more, whatever the order of what is given."""
    by_change: dict[Hashable, list[Said]] = defaultdict(list)
    by_place: dict[Hashable, list[Said]] = defaultdict(list)
    for one in sorted(said, key=lambda one: (one.words, one.comment_id)):
        if one.change is not None:
            by_change[one.change].append(one)
        elif one.words:
            by_place[one.place].append(one)
    yield from ((CHANGE, members) for members in by_change.values() if len(members) > 1)
    for members in by_place.values():
        yield from ((WORDS, found) for found in _clusters(members) if len(found) > 1)


def _clusters(said: Sequence[Said]) -> list[list[Said]]:
    """Part what is said on one paragraph: in each part everything is alike to everything."""
    by_words: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        by_words[one.words].append(one)
    parts: dict[Hashable, list[list[Form]]] = defaultdict(list)  # those that name the same numbers
    is_compared = len(by_words) <= MOST
    for words in by_words:
        form = form_of(words)
        others = parts[form.numbers]
        home = next((part for part in others if _is_alike_to_all(form, part)), None) if is_compared else None
        if home is None:
            others.append([form])
        else:
            home.append(form)
    return [[one for form in part for one in by_words[form.words]] for found in parts.values() for part in found]


def _is_alike_to_all(form: Form, part: Sequence[Form]) -> bool:
    return all(are_alike(form, other) for other in part)


def form_of(words: str) -> Form:
    """Return folded words as they are compared."""
    return Form(words, " ".join(sorted(words.split())), frozenset(NUMBER.findall(words)))


def are_alike(one: Form, other: Form) -> bool:
    """Return whether two folded remarks say nearly the same."""
    if one.words == other.words:
        return True
    shorter, longer = sorted((len(one.words), len(other.words)))
    if shorter < SHORT or shorter * 3 < longer * 2 or one.numbers != other.numbers:
        return False
    return fuzz.ratio(one.in_order, other.in_order, score_cutoff=ALIKE) > 0
