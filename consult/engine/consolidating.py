"""The draft and everybody's contributions -> one Word file in which nothing is lost and everyone is named."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from consult.engine import ooxml
from consult.engine.commenting import Written, initials_of, write_comments
from consult.engine.margins import margin_comments
from consult.engine.merging import Layers, Merge, in_order, merge
from consult.engine.ooxml import Element
from consult.engine.reading import Document, Line, describe, open_document
from consult.engine.resolving import resolve
from consult.engine.serializing import to_bytes
from consult.engine.values import Conflict, Consolidation, Contribution, Draft, Edit, MergedEdit, Notice, Remark
from consult.engine.writing import Numbers, Range, Writer
from consult.errors import Invalid

CONFLICTS = "Consolidation"  # the author of the margin comments that name conflicts
INSTANT = re.compile(r"(19|2\d)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def consolidate(draft: bytes, contributions: Sequence[Contribution], *, date: str = "") -> Consolidation:
    """Return the consolidated file: every edit as a tracked change, every remark as a comment, by organisation.

    The order of the contributions changes nothing; several of one organisation count as one. `date` (ISO 8601, UTC) is
    given to changes and comments without a valid date of their own; without it they carry none. Raises Invalid for an
    edit that does not fit the draft.
    """
    document = open_document(draft)
    described = describe(document)
    wanted = _joined(contributions)
    merged = merge(described.paragraphs, wanted)
    merged.edits.sort(key=_text_order(described))
    remarks = sorted(
        [_signed(remark, c) for c in wanted for remark in c.remarks] + [_told(edit) for edit in merged.set_aside],
        key=_remark_order(described),
    )
    docx, notices = _Assembly(document, described, merged, date).write([*remarks, *map(_named, merged.conflicts)])
    return Consolidation(
        docx, tuple(merged.edits), tuple(remarks), tuple(merged.conflicts), (*described.notices, *notices)
    )


def find_conflicts(draft: Draft, contributions: Sequence[Contribution]) -> tuple[Conflict, ...]:
    """Return where organisations change the same words differently, in text order."""
    return tuple(merge(draft.paragraphs, _joined(contributions)).conflicts)


def merge_edits(draft: Draft, contributions: Sequence[Contribution]) -> tuple[MergedEdit, ...]:
    """Return each change with everybody who wants exactly it, in text order."""
    return tuple(sorted(merge(draft.paragraphs, _joined(contributions)).edits, key=_text_order(draft)))


def write_next_draft(draft: bytes, edits: Sequence[Edit]) -> bytes:
    """Return the draft with these edits made and no tracked changes left.

    Each edit's `organisation` says which proposal it belongs to. Proposals that change the same words differently
    raise Invalid with the numbers of the paragraphs.
    """
    document = open_document(draft)
    described = describe(document)
    proposals = {edit.organisation for edit in edits}
    wanted = [Contribution(name, tuple(e for e in edits if e.organisation == name)) for name in sorted(proposals)]
    merged = merge(described.paragraphs, wanted)
    if merged.conflicts or merged.set_aside:
        numbers = {p.key: p.number for p in described.paragraphs}
        disputed = [c.paragraph for c in merged.conflicts] + [e.paragraph for e in merged.set_aside]
        places = ", ".join(dict.fromkeys(numbers[key] for key in disputed))
        raise Invalid(
            f"Accepted changes contradict each other in paragraph {places}. Accept one of them only, or accept one with "
            "changes and write the wording that shall stand.",
            "accepted-changes-conflict",
        )
    docx, _ = _Assembly(document, described, merged, "").write([])
    return resolve(docx, "all")


# ---- who says what --------------------------------------------------------------------------------------------------


def clean_date(date: str) -> str:
    """Return a date of a file if it is one; some programs write 0-00-00."""
    return date if INSTANT.fullmatch(date) else ""


def _joined(contributions: Iterable[Contribution]) -> list[Contribution]:
    """Return one contribution for each organisation, in the order organisations always stand in, dates cleaned."""
    edits, remarks = defaultdict[str, list[Edit]](list), defaultdict[str, list[Remark]](list)
    initials: dict[str, str] = {}
    for c in contributions:
        name = c.organisation.replace(";", ",").strip() or "Unnamed organisation"
        edits[name] += [replace(e, organisation=name, date=clean_date(e.date)) for e in c.edits]
        remarks[name] += c.remarks
        initials[name] = max(initials.get(name, ""), c.initials)
    return [
        Contribution(
            name,
            tuple(sorted(edits[name], key=lambda e: (e.paragraph, e.start, e.end, e.order, e.new))),
            tuple(remarks[name]),
            initials[name] or initials_of(name),
        )
        for name in in_order(initials)
    ]


def _signed(remark: Remark, contribution: Contribution) -> Remark:
    return replace(remark, organisation=contribution.organisation, initials=contribution.initials)


def _told(edit: Edit) -> Remark:
    """Return a remark in place of an edit that overlaps another of its own organisation."""
    text = f"Also proposed here, overlapping the change shown: “{edit.old}” to read “{edit.new}”."
    if not edit.new:
        text = f"Also proposed here, overlapping the change shown: delete “{edit.old}”."
    return Remark(
        edit.paragraph, edit.start, edit.end, text, edit.old, edit.organisation, edit.author,
        initials_of(edit.organisation), edit.date,
    )  # fmt: skip


def _named(conflict: Conflict) -> Remark:
    """Return the margin comment that names a conflict."""
    lines = [
        f"Conflict on “{_shortened(conflict.old)}”." if conflict.old else "Conflict: different words are inserted here."
    ]
    for variant in conflict.variants:
        wording = f"“{_shortened(variant.text)}”" if variant.text else "delete"
        lines.append(f"{', '.join(variant.organisations)}: {wording}")
    return Remark(
        conflict.paragraph, conflict.start, conflict.end, "\n".join(lines), conflict.old, CONFLICTS, CONFLICTS, "C"
    )


def _shortened(text: str, length: int = 300) -> str:
    text = ooxml.printable(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def _text_order(draft: Draft) -> Callable[[MergedEdit], tuple[int, bool, int, int]]:
    order = {p.key: p.index for p in draft.paragraphs}
    return lambda e: (order[e.paragraph], e.kind == "paragraph-inserted", e.start, e.end)


def _remark_order(draft: Draft) -> Callable[[Remark], tuple[int, int, int, str, int, str]]:
    order = {p.key: p.index for p in draft.paragraphs}
    return lambda r: (order.get(r.paragraph, -1), r.start, r.end, r.organisation.casefold(), r.order, r.text)


# ---- writing --------------------------------------------------------------------------------------------------------


class _Assembly:
    """Writes one consolidated file."""

    def __init__(self, document: Document, described: Draft, merged: Merge, date: str) -> None:
        self.document, self.described, self.merged, self.date = document, described, merged, clean_date(date)
        self.lines: dict[str, Line] = {line.key: line for line in document.lines()}
        self.ranges: dict[str, list[Range]] = defaultdict(list)
        self.on_new: list[tuple[Range, Remark]] = []
        self.notices: list[Notice] = []
        roots = [document.root, *([document.notes_root] if document.notes_root is not None else [])]
        self.writer = Writer(document, Numbers(roots), self.date)

    def write(self, remarks: Sequence[Remark]) -> tuple[bytes, list[Notice]]:
        """Return the file and what to tell about it."""
        comments = self._anchor(remarks)
        layers = self.merged.layers
        for key in {**layers, **self.ranges}:
            self.writer.write_paragraph(self.lines[key], layers.get(key) or Layers(), self.ranges.get(key, []))
        for key, layer in layers.items():
            self.writer.add_paragraphs(self.lines[key], layer)
        for range_, remark in self.on_new:
            self._comment_on_new(range_, remark)
        self.writer.delete_paragraphs({key: layer for key, layer in layers.items() if layer.deleted_by})
        for key in self.writer.stays_empty:
            text = "The paragraph's text is deleted; an empty paragraph stays, since nothing follows it could join."
            self.notices.append(Notice("empty-paragraph-stays", text, key))
        return self.document.package.replaced(self._changed_parts(comments)), self.notices

    def _changed_parts(self, comments: Sequence[Written]) -> dict[str, bytes]:
        keys = {key for key, layer in self.merged.layers.items() if layer != Layers()} | set(self.ranges)
        changes = write_comments(self.document, comments)
        if any(not key.startswith("fn") for key in keys):
            changes[self.document.package.main_part] = to_bytes(self.document.root)
        if self.document.notes_root is not None and any(key.startswith("fn") for key in keys):
            changes[self.document.notes_part] = to_bytes(self.document.notes_root)
        return changes

    def _anchor(self, remarks: Sequence[Remark]) -> list[Written]:
        """Give each remark its comment number and its range in the text."""
        last = max((int(c.id) for c in margin_comments(self.document) if c.id.isdigit()), default=-1)
        written = []
        for number, remark in enumerate(remarks, last + 1):
            placed = self._in_the_body(remark)
            date = clean_date(remark.date) or self.date
            written.append(Written(number, remark.organisation, remark.initials, date, placed.text))
            if placed.inserted:
                self.on_new.append((Range(number, 0, 0), placed))
                continue
            whole = len(self.lines[placed.paragraph].text)
            end = whole if placed.start == placed.end == 0 and not placed.quote else placed.end
            if placed.last_paragraph in self.lines and placed.last_paragraph != placed.paragraph:
                self.ranges[placed.paragraph].append(Range(number, placed.start, whole, ends=False))
                self.ranges[placed.last_paragraph].append(Range(number, 0, placed.last_end, begins=False))
            else:
                self.ranges[placed.paragraph].append(Range(number, placed.start, max(placed.start, min(end, whole))))
        return written

    def _in_the_body(self, remark: Remark) -> Remark:
        """Return a remark with its place: the whole draft's on the first paragraph, a footnote's on its reference."""
        if remark.paragraph not in self.lines:
            first = next((line for line in self.lines.values() if line.number), next(iter(self.lines.values())))
            return replace(remark, paragraph=first.key, start=0, end=0, quote="", last_paragraph="")
        note = next((n for n in self.document.notes if any(x.key == remark.paragraph for x in n.lines)), None)
        if note is None:
            return remark
        quote = f", “{remark.quote}”" if remark.quote else ""
        text = f"[On footnote {note.number}{quote}] {remark.text}"
        for line in self.lines.values():
            position = 0
            for piece in ooxml.visible(line.pieces):
                if piece.kind == "footnote" and piece.shows == note.id:
                    return replace(
                        remark,
                        paragraph=line.key,
                        start=position,
                        end=position + 1,
                        text=text,
                        last_paragraph="",
                        inserted="",
                    )
                position += len(piece.text)
        return self._in_the_body(replace(remark, paragraph="", text=text, inserted=""))

    def _comment_on_new(self, range_: Range, remark: Remark) -> None:
        """Put a comment on a new paragraph; when that is not there after all, on its neighbour."""
        element: Element | None = self.writer.new_paragraphs.get((remark.paragraph, remark.inserted))
        element = element if element is not None else self.lines[remark.paragraph].element
        self.ranges.setdefault(remark.paragraph, [])
        self.writer.surround(element, range_)
