"""Disputed words: the margin comment that names a conflict, and leaving its variants to that comment alone."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from typing import Literal

from consult.engine import ooxml
from consult.engine.agreeing import Region, regions_of
from consult.engine.merging import Merge, lay
from consult.engine.values import ATOM, Conflict, Edit, MergedEdit, Paragraph, Remark

Conflicts = Literal["stack", "comment"]
CONSOLIDATION = "Consolidation"  # the author of comments that no organisation made


def name_conflict(conflict: Conflict) -> Remark:
    """Return the margin comment on a conflict whose variants stand in the text."""
    lines = [
        f"Conflict on “{_shortened(conflict.old)}”." if conflict.old else "Conflict: different words are inserted here."
    ]
    for variant in conflict.variants:
        wording = f"“{_shortened(variant.text)}”" if variant.text else "delete"
        wording = f"the same words, moved {variant.moved}" if variant.moved else wording
        lines.append(f"{', '.join(variant.organisations)}: {wording}")
    return remark_of_ours(conflict.paragraph, conflict.start, conflict.end, "\n".join(lines), conflict.old)


def remark_of_ours(paragraph: str, start: int, end: int, text: str, quote: str = "") -> Remark:
    """Return a margin comment that no organisation made."""
    return Remark(paragraph, start, end, text, quote, CONSOLIDATION, CONSOLIDATION, "C", order=-1)


def support(names: Sequence[str]) -> str:
    """Return organisations as a negotiation text names them: the first, supported by the others."""
    return names[0] + (f", supported by {', '.join(names[1:])}" if names[1:] else "")


def leave_to_comments(paragraphs: Iterable[Paragraph], merged: Merge) -> list[Remark]:
    """Take disputed edits out of the text and return the comments that tell them; their merged edits say so.

    Where a variant holds a picture, note or field, which no comment could hold, the variants stay in the text, and the
    conflict is named there. A row that some delete while others edit a cell of it stays as a whole.
    """
    known = {p.key: p for p in paragraphs}
    disputed = {_place(c): r for c in merged.conflicts for r in regions_of(merged.inline[c.paragraph]) if _covers(c, r)}
    held = {row for region in disputed.values() if not _can_be_told(region) for row in _rows(region)}
    told = {place: r for place, r in disputed.items() if _can_be_told(r) and not held & _rows(r)}
    _take_out(merged, [e for region in told.values() for e in _edits(region)])
    remarks = []
    for conflict in merged.conflicts:
        region = told.get(_place(conflict))
        remarks.append(_told(known[conflict.paragraph], conflict, region) if region else name_conflict(conflict))
    return remarks


def _place(conflict: Conflict) -> tuple[str, int, int]:
    return conflict.paragraph, conflict.start, conflict.end


def _covers(conflict: Conflict, region: Region) -> bool:
    return (region.start, region.end) == (conflict.start, conflict.end)


def _take_out(merged: Merge, disputed: Sequence[Edit]) -> None:
    """Take edits out of the layers, with the rows they delete and the new place of the paragraphs they move."""
    gone, rows = {_named(e) for e in disputed}, {e.until for e in disputed} - {""}
    moves = {(e.move, e.organisation) for e in disputed if e.move}
    for key, inline in merged.inline.items():
        layers = merged.layers[key]
        left = {n: [e for e in edits if e.until not in rows and _named(e) not in gone] for n, edits in inline.items()}
        if left != inline:
            lay(left, layers)
        layers.rows_deleted = [row for row in layers.rows_deleted if row.ends not in rows]
        for blocks in (layers.before, layers.behind):
            blocks[:] = [new for new in blocks if not _is_moved(new.edit.move, new.organisations, moves)]
    merged.edits = [
        replace(e, shown="comment")
        if _named(e) in gone
        or (e.kind == "row-deleted" and e.until in rows)
        or (e.kind == "paragraph-inserted" and _is_moved(e.move, e.organisations, moves))
        else e
        for e in merged.edits
    ]


def _is_moved(move: str, organisations: Sequence[str], moves: Set[tuple[str, str]]) -> bool:
    return bool(move) and all((move, name) in moves for name in organisations)


def _edits(region: Region) -> list[Edit]:
    return [e for edits in region.edits.values() for e in edits]


def _rows(region: Region) -> set[str]:
    """Return the rows that somebody deletes with these words, each named by its last paragraph."""
    return {e.until for e in _edits(region) if e.until}


def _can_be_told(region: Region) -> bool:
    return not any(e.assets or ATOM in e.new for e in _edits(region))


def _named(edit: Edit | MergedEdit) -> tuple[str, int, int, str, str]:
    return edit.paragraph, edit.start, edit.end, edit.new, edit.kind


def _told(paragraph: Paragraph, conflict: Conflict, region: Region) -> Remark:
    """Return the comment that holds all variants of disputed words whole."""
    spelled = _spelled(paragraph)
    old = "".join(spelled[region.start : region.end])
    lines = [f"Disputed: “{old}”. The draft's words stand." if old else "Disputed: what is to be inserted here."]
    for variant in conflict.variants:
        edits = region.edits[variant.organisations[0]]
        signed = [region.edits[name][0].signature or name for name in variant.organisations]
        wording = f"move it {variant.moved}" if variant.moved else _wording(spelled, region, edits)
        lines.append(f"{support(signed)}: {wording}")
    start, end = region.start, region.end
    if start == end:
        start, end = _word_beside(paragraph.text, start)
    return remark_of_ours(paragraph.key, start, end, "\n".join(lines), paragraph.text[start:end])


def _wording(spelled: Sequence[str], region: Region, edits: Sequence[Edit]) -> str:
    parts, position = list[str](), region.start
    for edit in edits:
        parts += [*spelled[position : edit.start], edit.new]
        position = max(position, edit.end)
    text = ooxml.printable("".join([*parts, *spelled[position : region.end]]))
    if any(e.until for e in edits):
        return "delete the row"
    if any(e.kind == "paragraph-deleted" for e in edits):
        return "delete the paragraph" + (f", with “{text}”" if text else "")
    return f"“{text}”" if text else "delete"


def _spelled(paragraph: Paragraph) -> list[str]:
    """Return the characters of a paragraph, what is no text by its name: a comment can quote no more of it."""
    characters = list(paragraph.text)
    for atom in paragraph.atoms:
        characters[atom.offset] = f"[{atom.kind} {atom.shows}]" if atom.shows.isdigit() else f"[{atom.kind}]"
    return characters


def _word_beside(text: str, position: int) -> tuple[int, int]:
    """Return the word that ends at a position or before it, else the one behind: a comment needs words to stand on."""
    end = len(text[:position].rstrip()) or position
    start = end - len(text[:end].split()[-1]) if text[:end].split() else end
    if start == end:
        words = text[end:].split()
        end = text.index(words[0], end) + len(words[0]) if words else end
    return start, end


def _shortened(text: str, length: int = 300) -> str:
    text = ooxml.printable(text)
    return text if len(text) <= length else text[: length - 1] + "…"
