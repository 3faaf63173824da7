"""The draft and everybody's contributions -> one Word file in which nothing is lost and everyone is named."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from consult.engine.agreeing import in_order
from consult.engine.assembling import Assembly, Clean
from consult.engine.bracketing import bracket, with_style
from consult.engine.commenting import initials_of
from consult.engine.disputing import Conflicts, leave_to_comments, name_conflict
from consult.engine.merging import Merge, merge
from consult.engine.naming import Naming, initials_in, sign
from consult.engine.people import authors_in
from consult.engine.reading import describe, outline
from consult.engine.stories import Document, open_document
from consult.engine.untracked import PlainAssembly
from consult.engine.values import Conflict, Consolidation, Contribution, Draft, Edit, MergedEdit, Notice, Remark

Layout = Literal["tracked", "bracketed"]
INSTANT = re.compile(r"(19|2\d)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def consolidate(
    draft: bytes,
    contributions: Sequence[Contribution],
    *,
    date: str = "",
    names: Naming = "organisation",
    conflicts: Conflicts = "stack",
    layout: Layout = "tracked",
) -> Consolidation:
    """Return the consolidated file: every edit as a tracked change, every remark as a comment, by organisation.

    The order of the contributions changes nothing; several of one organisation count as one. `date` (ISO 8601, UTC) is
    given to changes and comments without a valid date of their own; without it they carry none. `names` says how they
    are signed; everything else stays by organisation. `conflicts` says how disputed words are shown: "stack", all
    variants in the text side by side; "comment", the draft's words in the text and all variants in one comment on them.
    `layout` "bracketed" gives the negotiation text instead of tracked changes: all variants in square brackets with the
    names of who wants them. Raises Invalid for an edit that does not fit the draft.
    """
    document = open_document(draft)
    told_whole = layout == "bracketed" or conflicts == "comment"  # then lists' numbers and notes are named
    described = describe(document) if told_whole else outline(document)
    taken = set(authors_in(document)) if names != "organisation" else ()
    wanted, people = sign(joined(contributions), names, taken)
    merged = merge(described.paragraphs, wanted)
    merged.edits.sort(key=_text_order(described))
    said = [_signed(remark, c) for c in wanted for remark in c.remarks]
    remarks = sorted([*said, *map(_told, merged.set_aside)], key=_remark_order(described, said))
    if layout == "bracketed":
        docx, notices = _bracketed(document, described, merged, _dated(remarks), clean_date(date), people)
    else:
        disputes = (
            leave_to_comments(described.paragraphs, merged)
            if conflicts == "comment"
            else [name_conflict(conflict) for conflict in merged.conflicts]
        )
        docx, notices = Assembly(document, merged, clean_date(date)).write(_dated([*remarks, *disputes]), people)
    return Consolidation(
        docx, tuple(merged.edits), tuple(remarks), tuple(merged.conflicts), (*described.notices, *notices)
    )


def _bracketed(
    document: Document, described: Draft, merged: Merge, told: Clean, date: str, people: Mapping[str, str]
) -> tuple[bytes, list[Notice]]:
    made = bracket(document, described, merged)
    assembly = PlainAssembly(document, made.merged, date, {p.key: p.label for p in described.paragraphs})
    styles = document.package.related(document.package.main_part, "styles")
    if styles and made.remarks:
        assembly.additions.parts[styles] = with_style(document.package.read(styles))
    docx, notices = assembly.write([*told, *_dated(made.remarks)], people)
    return docx, [*made.notices, *notices]


def _dated(remarks: Iterable[Remark]) -> list[tuple[Remark, str]]:
    return [(remark, clean_date(remark.date)) for remark in remarks]


def find_conflicts(draft: Draft, contributions: Sequence[Contribution]) -> tuple[Conflict, ...]:
    """Return where organisations change the same words differently, in text order."""
    return tuple(merge(draft.paragraphs, joined(contributions)).conflicts)


def merge_edits(draft: Draft, contributions: Sequence[Contribution]) -> tuple[MergedEdit, ...]:
    """Return each change with everybody who wants exactly it, in text order."""
    return tuple(sorted(merge(draft.paragraphs, joined(contributions)).edits, key=_text_order(draft)))


# ---- who says what --------------------------------------------------------------------------------------------------


def clean_date(date: str) -> str:
    """Return a date of a file if it is one; some programs write 0-00-00."""
    return date if INSTANT.fullmatch(date) else ""


def _in_name_of(name: str, edit: Edit) -> Edit:
    date = clean_date(edit.date)
    is_right = (edit.organisation, edit.date) == (name, date)
    return edit if is_right else replace(edit, organisation=name, date=date)


def joined(contributions: Iterable[Contribution]) -> list[Contribution]:
    """Return one contribution for each organisation, in the order organisations always stand in, dates cleaned."""
    edits, remarks = defaultdict[str, list[Edit]](list), defaultdict[str, list[Remark]](list)
    initials: dict[str, str] = {}
    for c in sorted(contributions, key=_said):
        name = c.organisation.replace(";", ",").strip() or "Unnamed organisation"
        edits[name] += [_in_name_of(name, e) for e in c.edits]
        remarks[name] += _counted_on(c.remarks, max((r.order for r in remarks[name]), default=-1) + 1)
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


def _said(contribution: Contribution) -> list[tuple[str, str, int]]:
    return sorted((r.paragraph, r.text, r.order) for r in contribution.remarks)


def _counted_on(remarks: Iterable[Remark], first: int) -> list[Remark]:
    """Return remarks of one more copy of an organisation, numbered from `first`: replies go by these numbers."""
    return [
        replace(r, order=r.order + first, reply_to=r.reply_to + first if r.reply_to >= 0 else r.reply_to)
        for r in remarks
    ]


def _signed(remark: Remark, contribution: Contribution) -> Remark:
    initials, name = contribution.initials, contribution.organisation
    if remark.signature not in ("", name):
        initials = remark.initials or initials_in(remark.author) or initials
    return replace(remark, organisation=name, initials=initials)


def _told(edit: Edit) -> Remark:
    """Return a remark in place of an edit that overlaps another of its own organisation."""
    text = f"Also proposed here, overlapping the change shown: “{edit.old}” to read “{edit.new}”."
    if not edit.new:
        text = f"Also proposed here, overlapping the change shown: delete “{edit.old}”."
    return Remark(
        edit.paragraph, edit.start, edit.end, text, edit.old, edit.organisation, edit.author,
        initials_of(edit.organisation), edit.date, order=-1, signature=edit.signature,
    )  # fmt: skip


def _text_order(draft: Draft) -> Callable[[MergedEdit], tuple[int, bool, int, int]]:
    order = {p.key: p.index for p in draft.paragraphs}
    return lambda e: (order[e.paragraph], e.kind.endswith("-inserted"), e.start, e.end)


Key = tuple[int, int, int, str, int, int, str]


def _remark_order(draft: Draft, remarks: Iterable[Remark]) -> Callable[[Remark], Key]:
    """Return the order of remarks: that of the text, an answer behind what it answers, wherever it stands."""
    order = {p.key: p.index for p in draft.paragraphs}
    known = {(r.organisation, r.order): r for r in remarks if r.order >= 0}

    def key(remark: Remark) -> Key:
        first, passed = remark, {remark.order}
        while first.reply_to >= 0 and first.reply_to not in passed:
            passed.add(first.reply_to)
            first = known.get((first.organisation, first.reply_to), first)
        answers = len(passed) - 1
        name = first.organisation.casefold()
        return order.get(first.paragraph, -1), first.start, first.end, name, first.order, answers, _place(remark)

    return key


def _place(remark: Remark) -> str:
    return f"{remark.order:09} {remark.text}"
