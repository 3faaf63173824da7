"""Two drafts and the accepted edits -> which differences the decisions explain, which are the lead's own."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import accumulate, chain

from consult.engine.advancing import write_next_draft
from consult.engine.merging import BLOCKS, LOOKS, ROWS
from consult.engine.ooxml import Element
from consult.engine.package import parse_xml
from consult.engine.reading import read_draft
from consult.engine.returning import read_returned_copy
from consult.engine.values import Edit, Paragraph
from consult.engine.wording import Replacement, compare, kind_of
from consult.errors import Invalid

INLINE = frozenset(("insert", "delete", "replace"))
PARAGRAPHS = frozenset(("paragraph-inserted", "paragraph-deleted"))
WHOLE = frozenset(("paragraph-deleted", "row-deleted"))


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between a draft and the next one: the edit, the number of its paragraph in the first draft.

    It is explained when accepted edits say exactly this; `decisions` are those. Else it is the lead's own, and
    `decisions` are the accepted edits on the same words that it departs from.
    """

    edit: Edit
    number: str
    is_explained: bool
    decisions: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """All differences between a draft and the next one in text order, and the accepted edits that are not in it."""

    differences: tuple[Difference, ...]
    missing: tuple[Edit, ...]

    @property
    def own(self) -> tuple[Difference, ...]:
        """The differences that no decision explains."""
        return tuple(d for d in self.differences if not d.is_explained)


def explain_differences(old: bytes, new: bytes, accepted: Sequence[Edit], *, formatting: bool = False) -> Explanation:
    """Return every difference between a draft and the next one, and whether accepted edits explain it.

    A difference that departs from an accepted edit on the same words is the lead's own, with that edit beside it. An
    accepted edit that is not in the new draft, or not as it was accepted, is missing. Changed emphasis is looked at
    where an accepted edit asks for it, all of it with `formatting`; how whole paragraphs look is not, nor are empty
    paragraphs.
    """
    looks = formatting or any(e.kind == "format" for e in accepted)
    found = read_returned_copy(new, old, enough=0, formatting=looks).edits
    places = [_Place(p) for p in read_draft(old).paragraphs]
    by_key = {place.paragraph.key: place for place in places}
    for edit in found:
        if _says(edit):
            by_key[edit.paragraph].found.append(edit)
    for edit in accepted:
        if edit.paragraph in by_key and edit.kind != "paragraph-format":
            by_key[edit.paragraph].wanted.append(edit)
    unknown = [e for e in accepted if e.paragraph not in by_key]
    result = _Result([], unknown, formatting, tuple(accepted) if _is_as_accepted(old, new, accepted) else ())
    for run in _runs(places):
        result.explain(run)
    return Explanation(tuple(result.differences), tuple(result.missing))


@dataclass(slots=True)
class _Place:
    """A paragraph of the old draft: what was found there and what was accepted there."""

    paragraph: Paragraph
    found: list[Edit] = field(default_factory=list)
    wanted: list[Edit] = field(default_factory=list)

    def outcome(self, edits: Sequence[Edit]) -> list[str]:
        """Return what stands in the paragraph's place after edits: texts, and what is no text by its kind."""
        blocks = [alike[0] for alike in _distinct(e for e in edits if e.kind in BLOCKS | ROWS).values()]
        told = [(e.before, e.new if e.kind == "paragraph-inserted" else f"{e.kind} {e.new}") for e in blocks]
        gone = [f"{e.kind} {e.until}" for e in edits if e.kind == "row-deleted"]
        is_gone = any(e.kind == "paragraph-deleted" for e in edits)
        own = [] if is_gone else [_Applied(self.paragraph.text, edits).text]
        return [*(t for before, t in told if before), *gone, *own, *(t for before, t in told if not before)]


Block = tuple[str, bool, str, str]


def _is_as_accepted(old: bytes, new: bytes, accepted: Sequence[Edit]) -> bool:
    """Return whether the new draft reads exactly as the accepted edits make it, however the difference is told."""
    try:
        expected = write_next_draft(old, accepted)
    except Invalid:  # they contradict each other
        return False
    return not any(_says(e) for e in read_returned_copy(new, expected, enough=0).edits)


def _says(edit: Edit) -> bool:
    return edit.kind not in PARAGRAPHS or bool(edit.old.strip() or edit.new.strip())


def _block(edit: Edit) -> Block:
    return edit.kind, edit.before, edit.until, edit.new


def _distinct(edits: Iterable[Edit]) -> dict[tuple[Block, int], list[Edit]]:
    """Return edits of whole paragraphs, rows and tables: the same of several are one, twice the same of one are two."""
    times = Counter[tuple[str, Block]]()
    found = defaultdict[tuple[Block, int], list[Edit]](list)
    for edit in sorted(edits, key=lambda e: (e.organisation, e.order)):
        times[edit.organisation, _block(edit)] += 1
        found[_block(edit), times[edit.organisation, _block(edit)]].append(edit)
    return found


class _Applied:
    """A text after edits inside it. Equal edits count once; one that overlaps another is left out.

    `spans` says where what each of `edits` put in is, as start and end in the text afterwards.
    """

    def __init__(self, text: str, edits: Iterable[Edit]) -> None:
        self.edits: list[Edit] = []
        self.spans: list[tuple[int, int]] = []
        parts, position, length = list[str](), 0, 0
        for e in sorted((e for e in edits if e.kind in INLINE), key=lambda e: (e.start, e.end, e.new)):
            last = self.edits[-1] if self.edits else None
            if last is not None and (e.start < position or _shape(e) == _shape(last)):
                continue
            parts += [text[position : e.start], e.new]
            start = length + e.start - position
            length, position = start + len(e.new), e.end
            self.edits.append(e)
            self.spans.append((start, length))
        self.text = "".join([*parts, text[position:]])

    def back(self, offset: int, without: Set[int] = frozenset()) -> int:
        """Return where a position outside the spans, or at their edge, was before the edits but for some."""
        edits = [e for k, e in enumerate(self.edits) if self.spans[k][1] <= offset and k not in without]
        return offset - sum(len(e.new) - e.end + e.start for e in edits)


def _shape(edit: Edit) -> tuple[int, int, str]:
    return edit.start, edit.end, edit.new


def _runs(places: Sequence[_Place]) -> Iterator[list[_Place]]:
    """Yield the runs of neighbouring paragraphs at which anything is found or wanted."""
    run = list[_Place]()
    for place in places:
        if place.found or place.wanted:
            run.append(place)
        elif run:
            yield run
            run = []
    if run:
        yield run


@dataclass(slots=True)
class _Result:
    """The differences and missing edits so far."""

    differences: list[Difference]
    missing: list[Edit]
    formatting: bool
    accepted: tuple[Edit, ...]  # all of it, when the new draft is exactly what it says

    def explain(self, run: Sequence[_Place]) -> None:
        """Explain what was found in a run of paragraphs: together if all is as accepted, else each for itself."""
        wanted = [edit for place in run for edit in place.wanted]
        as_wanted = [place.outcome(place.wanted) for place in run]
        as_found = [place.outcome(place.found) for place in run]
        all_the_same = bool(self.accepted) or list(chain(*as_wanted)) == list(chain(*as_found))
        for place, one, other in zip(run, as_wanted, as_found, strict=True):
            self._looks(place)
            if all_the_same or one == other:
                for edit in place.found:
                    if edit.kind not in LOOKS:
                        self._add(edit, place, True, _about(edit, place.wanted) or wanted or self.accepted)
            else:
                self._inside(place)
                self._as_a_whole(place)

    def _add(self, edit: Edit, place: _Place, is_explained: bool, decisions: Sequence[Edit]) -> None:
        self.differences.append(Difference(edit, place.paragraph.number, is_explained, tuple(decisions)))

    def _looks(self, place: _Place) -> None:
        found, wanted = ([e for e in edits if e.kind == "format"] for edits in (place.found, place.wanted))
        for edit in found:
            decisions = [
                w for w in wanted if w.start <= edit.start and edit.end <= w.end and _properties(w) == _properties(edit)
            ]
            if decisions or self.formatting:
                self._add(edit, place, bool(decisions), decisions)
        self.missing += [w for w in wanted if not any(_touch(w.start, w.end, e.start, e.end) for e in found)]

    def _as_a_whole(self, place: _Place) -> None:
        """Explain added and deleted paragraphs, rows and tables one by one."""
        kinds = BLOCKS | ROWS | WHOLE
        left = _distinct(e for e in place.wanted if e.kind in kinds)
        for name, (edit, *_) in _distinct(e for e in place.found if e.kind in kinds).items():
            same = left.pop(name, [])
            beside = (
                [w for w in place.wanted if w.kind in INLINE] if edit.kind in WHOLE else list(chain(*left.values()))
            )
            self._add(edit, place, bool(same), same or beside)
        self.missing += chain(*left.values())

    def _inside(self, place: _Place) -> None:
        """Explain changed words: what was accepted and stands there, and what departs from it."""
        wanted = [e for e in place.wanted if e.kind in INLINE]
        if any(e.kind == "paragraph-deleted" for e in place.found):
            self.missing += wanted
            return
        text = place.paragraph.text
        expected, actual = _Applied(text, wanted), _Applied(text, place.found).text
        self.missing += [e for e in wanted if _shape(e) not in {_shape(k) for k in expected.edits}]
        residue = compare(expected.text, actual)
        touched = set[int]()
        for group in _groups(residue, expected.spans):
            touched |= group.spans
            edit = group.as_edit(place.paragraph, expected, actual)
            if edit.old != edit.new:
                self._add(edit, place, False, _all_like(group.spans, expected, wanted))
        for k, edit in enumerate(expected.edits):
            same = [w for w in wanted if _shape(w) == _shape(edit)]
            if k in touched:
                self.missing += same
            else:
                self._add(edit, place, True, same)


def _properties(edit: Edit) -> list[str]:
    """Return what a change of formatting sets and takes away, in one form whatever prefixes it is written with."""
    outer = parse_xml(f"<x>{edit.markup}</x>".encode())
    return [_in_one_form(child) for child in outer]


def _in_one_form(element: Element) -> str:
    inner = "".join(_in_one_form(child) for child in element)
    return f"{element.tag} {sorted(element.attrib.items())} {element.text or ''} [{inner}]"


def _about(edit: Edit, wanted: Sequence[Edit]) -> list[Edit]:
    """Return the accepted edits that a difference as accepted is about: on the same words, else in the same place."""
    if edit.kind in INLINE:
        return [w for w in wanted if w.kind in INLINE and _touch(w.start, w.end, edit.start, edit.end)] or list(wanted)
    return [w for w in wanted if _block(w) == _block(edit)] or list(wanted)


def _touch(start: int, end: int, first: int, last: int) -> bool:
    if start == end or first == last:
        return start <= last and first <= end
    return start < last and first < end


# ---- what departs from the accepted words -------------------------------------------------------------------------


@dataclass(slots=True)
class _Group:
    """What departs from the accepted text in one place: start..end in it, start..end of what is there instead."""

    start: int
    end: int
    shift: int  # how much longer the text there is before this place
    grown: int
    spans: set[int]

    def as_edit(self, paragraph: Paragraph, expected: _Applied, actual: str) -> Edit:
        """Return it as an edit on the old draft."""
        start, end = expected.back(self.start, self.spans), expected.back(self.end)
        new = actual[self.start + self.shift : self.end + self.shift + self.grown]
        return Edit(paragraph.key, kind_of(Replacement(start, end, new)), start, end, paragraph.text[start:end], new)


def _groups(residue: Sequence[Replacement], spans: Sequence[tuple[int, int]]) -> list[_Group]:
    groups = list[_Group]()
    shifts = accumulate((len(r.new) - r.end + r.start for r in residue), initial=0)
    for r, shift in zip(residue, shifts, strict=False):
        inside = {k for k, (start, end) in enumerate(spans) if _departs(r, start, end)}
        start, end = min([r.start, *(spans[k][0] for k in inside)]), max([r.end, *(spans[k][1] for k in inside)])
        grown = len(r.new) - r.end + r.start
        if groups and (groups[-1].spans & inside or start < groups[-1].end):
            last = groups[-1]
            last.end, last.grown, last.spans = max(last.end, end), last.grown + grown, last.spans | inside
        else:
            groups.append(_Group(start, end, shift, grown, inside))
    return groups


def _departs(r: Replacement, start: int, end: int) -> bool:
    """Return whether a replacement in the accepted text changes what an accepted edit put there, or undoes a deletion."""
    if start == end:
        return r.start <= start <= r.end
    return start < r.start < end if r.start == r.end else r.start < end and start < r.end


def _all_like(places: Iterable[int], expected: _Applied, wanted: Sequence[Edit]) -> list[Edit]:
    shapes = {_shape(expected.edits[k]) for k in places}
    return [w for w in wanted if _shape(w) in shapes]
