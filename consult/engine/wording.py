"""Differences word by word, and what a paragraph reads like after edits. The only importer of diff_match_patch."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from diff_match_patch import diff_match_patch

from consult.engine.values import ATOM, Edit, EditKind, Paragraph

TOKEN = re.compile(r"\w+(?:[’'\-\u2011]\w+)*|\s|[^\w\s]")
PRIVATE = 0xE000  # tokens are numbered from here for the comparison; no token is ever looked at as a character


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of a paragraph for showing: the same, inserted, or deleted words."""

    kind: Literal["same", "inserted", "deleted"]
    text: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """The base characters start..end give way to `new`."""

    start: int
    end: int
    new: str


def words_of(text: str) -> list[str]:
    """Return the text as tokens: words with their inner hyphens and apostrophes, single blanks, single signs."""
    return TOKEN.findall(text)


def compare(old: str, new: str) -> tuple[Replacement, ...]:
    """Return the word-by-word replacements that turn `old` into `new`, from left to right, none touching the next.

    A lone blank between two changed words is taken into the change: people replace phrases, not every other word.
    """
    if old == new:
        return ()
    if not old or not new:
        return (Replacement(0, len(old), new),)
    found, position = list[Replacement](), 0
    for operation, text in _token_differences(old, new):
        if operation == 0:
            position += len(text)
        elif operation < 0:
            _add(found, old, Replacement(position, position + len(text), ""))
            position += len(text)
        else:
            _add(found, old, Replacement(position, position, text))
    settled, floor = list[Replacement](), 0
    for replacement in found:
        settled.append(settle(old, replacement, floor))
        floor = settled[-1].end + 1
    return tuple(settled)


def _token_differences(old: str, new: str) -> Iterable[tuple[int, str]]:
    """Yield what is the same (0), gone (-1) and new (1).

    What both texts begin and end with is not looked at, save for a stretch longer than all that changes: less of it
    would make a difference to where the changes lie.
    """
    head = _common_length(old, new)
    tail = min(_common_length(old[::-1], new[::-1]), min(len(old), len(new)) - head)
    kept = max(len(old), len(new)) - head - tail + 1
    head = old.rfind(" ", 0, max(head - kept, 0)) + 1
    blank = old.find(" ", len(old) - max(tail - kept, 0))
    tail = len(old) - blank if blank >= 0 else 0
    if head:
        yield 0, old[:head]
    yield from _all_differences(old[head : len(old) - tail], new[head : len(new) - tail])
    if tail:
        yield 0, old[len(old) - tail :]


def _common_length(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low


def _all_differences(old: str, new: str) -> Iterable[tuple[int, str]]:
    numbers: dict[str, int] = {}
    coded = ["".join(chr(_code(numbers, word)) for word in words_of(text)) for text in (old, new)]
    words = {chr(_code(numbers, word)): word for word in list(numbers)}
    engine = diff_match_patch()
    engine.Diff_Timeout = 0  # a time limit would make the result depend on the machine
    for operation, codes in engine.diff_main(coded[0], coded[1], False):
        yield operation, "".join(words[code] for code in codes)


def _code(numbers: dict[str, int], word: str) -> int:
    """Return the character number of a word: the private area, then, past it, the planes above, never a surrogate."""
    number = numbers.setdefault(word, len(numbers))
    return PRIVATE + number if number < 0x1900 else 0x10000 + number - 0x1900


def _add(found: list[Replacement], old: str, piece: Replacement) -> None:
    """Add a piece behind the last replacement, into it where at most a lone blank lies between."""
    last = found[-1] if found else None
    between = old[last.end : piece.start] if last else None
    if last is None or between is None or (between and not (len(between) == 1 and between.isspace())):
        found.append(piece)
        return
    found[-1] = Replacement(last.start, piece.end, last.new + between + piece.new)


def settle(old: str, replacement: Replacement, floor: int = 0) -> Replacement:
    """Return the one form of a replacement among all that read the same: trimmed, then moved to where a word begins.

    It is not moved to before `floor`.
    Deleting "to " or " to" from "and to combat" is the same change; so is replacing "and to" by "and".
    """
    start, end, new = replacement.start, replacement.end, replacement.new
    head = _common_words(words_of(old[start:end]), words_of(new))
    start, new = start + head, new[head:]
    tail = _common_words(words_of(old[start:end])[::-1], words_of(new)[::-1])
    end, new = end - tail, new[: len(new) - tail]
    if new and start < end:
        return Replacement(start, end, new)
    return _slide(old, start, end, new, floor)


def _common_words(first: Sequence[str], second: Sequence[str]) -> int:
    length = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        length += len(one)
    return length


def _slide(old: str, start: int, end: int, new: str, floor: int) -> Replacement:
    """Move a pure insertion or deletion to the left as long as it reads the same; keep the place that begins with a word."""
    moved = new or old[start:end]
    best = (_score(moved, old, start, end), -start, Replacement(start, end, new))
    while moved and start > floor and old[start - 1] == moved[-1] and old[start - 1] != ATOM:
        moved = moved[-1] + moved[:-1]
        start, end = start - 1, end - 1
        candidate = Replacement(start, end, moved if new else "")
        best = max(best, (_score(moved, old, start, end), -start, candidate), key=lambda item: item[:2])
    return best[2]


def _score(moved: str, old: str, start: int, end: int) -> int:
    """Return how well a change lies on word boundaries: 3 whole words and the blank behind, 2 the blank before, 0 inside."""

    def splits(position: int) -> bool:
        return 0 < position < len(old) and old[position - 1].isalnum() and old[position].isalnum()

    if splits(start) or splits(end):
        return 0
    if not moved[0].isspace() and moved[-1].isspace():
        return 3
    return 2 if moved[0].isspace() and not moved[-1].isspace() else 1


LIKE = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("\u00a0\u202f\u2007\u2009\u2002\u2003", " "),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        "\u2026": "...",
        "\u00ad": "",
    }
)


def is_typographic(old: str, new: str) -> bool:
    """Return whether only quotation marks, blanks, hyphens and dashes differ: mostly a program's autocorrection."""
    return old != new and old.translate(LIKE) == new.translate(LIKE)


# ---- edits ----------------------------------------------------------------------------------------------------------


def kind_of(replacement: Replacement) -> EditKind:
    """Return what a replacement is called: insert, delete or replace."""
    if replacement.start == replacement.end:
        return "insert"
    return "replace" if replacement.new else "delete"


def wording_edits(key: str, old: str, new: str) -> tuple[Edit, ...]:
    """Return the edits on paragraph `key` that turn its text `old` into `new`, word by word."""
    return tuple(Edit(key, kind_of(r), r.start, r.end, old[r.start : r.end], r.new) for r in compare(old, new))


def propose(paragraph: Paragraph, wording: str) -> tuple[Edit, ...]:
    """Return the edits that a new wording typed for a paragraph means.

    Nothing typed deletes the paragraph. What stands behind a blank line becomes a new paragraph behind it. The same
    wording gives no edits.
    """
    first, *others = re.split(r"\n[ \t]*\n\s*", wording.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    if not first.strip() and not others:
        return (deletion_of(paragraph),)
    edits = list(wording_edits(paragraph.key, paragraph.text, first))
    for order, text in enumerate(part.strip() for part in others):
        if text:
            edits.append(Edit(paragraph.key, "paragraph-inserted", 0, 0, "", text, order=order))
    return tuple(edits)


def deletion_of(paragraph: Paragraph) -> Edit:
    """Return the edit that deletes the whole paragraph."""
    return Edit(paragraph.key, "paragraph-deleted", 0, len(paragraph.text), paragraph.text, "")


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return how a paragraph reads after edits that do not overlap: "" when deleted, new paragraphs behind blank lines."""
    parts = [change.text for change in show_changes(text, edits) if change.kind != "deleted"]
    return "".join(parts)


def show_changes(text: str, edits: Sequence[Edit]) -> tuple[Change, ...]:
    """Return the paragraph as same, deleted and inserted words; new paragraphs follow behind blank lines."""
    changes, position = list[Change](), 0
    inline = sorted((e for e in edits if e.kind != "paragraph-inserted"), key=lambda e: (e.start, e.end))
    for edit in inline:
        changes += [Change("same", text[position : edit.start]), Change("deleted", text[edit.start : edit.end])]
        changes.append(Change("inserted", edit.new))
        position = max(position, edit.end)
    changes.append(Change("same", text[position:]))
    for edit in sorted((e for e in edits if e.kind == "paragraph-inserted"), key=lambda e: e.order):
        gap = "\n\n" if any(c.text for c in changes) else ""
        changes.append(Change("inserted", gap + edit.new))
    return tuple(change for change in changes if change.text)


def compare_words(old: str, new: str) -> tuple[Change, ...]:
    """Return two plain texts as one: words that are the same, that only the old one has, that only the new one has."""
    changes, position = list[Change](), 0
    for replacement in compare(old, new):
        changes.append(Change("same", old[position : replacement.start]))
        changes.append(Change("deleted", old[replacement.start : replacement.end]))
        changes.append(Change("inserted", replacement.new))
        position = replacement.end
    changes.append(Change("same", old[position:]))
    return tuple(change for change in changes if change.text)
