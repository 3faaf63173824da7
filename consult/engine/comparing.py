"""Draft and copy, story by story: paragraphs with paragraphs, tables with tables, rows with rows, words with words.

A tracked change is taken as its author made it; what differs without being tracked is found by comparison.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from consult.engine import ooxml
from consult.engine.anchoring import align
from consult.engine.findings import Findings
from consult.engine.formatting import compare_formatting
from consult.engine.moving import TRACKED, is_tracked_move, name_moves
from consult.engine.ooxml import Element, Piece
from consult.engine.pairing import pair_boxes, pair_margins, pair_notes
from consult.engine.resaving import is_empty, write_links_as_text
from consult.engine.rows import pair_rows
from consult.engine.stories import Block, Line, Row, Table, lines_in
from consult.engine.taking import slices
from consult.engine.tracking import (
    CopyLine,
    Place,
    TrackedChange,
    copy_line,
    copy_lines,
    cross,
    row_change,
    to_base,
    tracked,
)
from consult.engine.values import Edit
from consult.engine.wording import Replacement, compare
from consult.phrases import say

NOWHERE = say("There is no paragraph beside which it could stand.")
Change = tuple[str, str, bool]  # author, date, whether it is tracked
UNTRACKED: Change = ("", "", False)


def compare_documents(findings: Findings) -> None:
    """Compare all stories of the draft with those of the copy."""
    base, returned = findings.base, findings.returned
    if findings.is_resaved:
        write_links_as_text(base, returned)
    note_pairs = [*pair_notes(findings, "footnote"), *pair_notes(findings, "endnote")]
    for one, other in note_pairs:
        findings.theirs.notes[other.kind, other.id] = findings.ours.notes[one.kind, one.id] = f"{one.kind} {one.id}"
    for note in returned.of_kind("footnote", "endnote"):
        told = " ".join(line.text for line in note.lines())
        findings.theirs.notes.setdefault((note.kind, note.id), f"new {note.kind} {told}")
    compare_blocks(base.blocks, returned.blocks, findings)
    for one, other in [*note_pairs, *pair_boxes(findings), *pair_margins(findings)]:
        compare_blocks(one.blocks, other.blocks, findings)
    name_moves(findings)


# ---- blocks ---------------------------------------------------------------------------------------------------------


def compare_blocks(base: Sequence[Block], returned: Sequence[Block], findings: Findings) -> None:
    """Compare what stands in one container: paragraphs with paragraphs, tables with tables, in order."""
    parts = iter(copy_lines([block for block in returned if isinstance(block, Line)], findings.own))
    theirs: list[CopyLine | Table] = [next(parts) if isinstance(block, Line) else block for block in returned]
    pairs = align([findings.token(block) for block in base], [findings.copy_token(block) for block in theirs])
    spot = Spot(base)
    for i, j in pairs:
        ours, other = (base[i] if i is not None else None), (theirs[j] if j is not None else None)
        if ours is not None:
            spot.pass_by(ours, i or 0)
        if isinstance(ours, Table):
            _compare_tables(ours, other if isinstance(other, Table) else None, findings)
        elif isinstance(ours, Line):
            _compare_lines(ours, other if isinstance(other, CopyLine) else None, findings)
        elif isinstance(other, Table):
            _add_table(other, spot, findings)
        elif other is not None:
            _add_paragraph(other, spot, findings)


@dataclass(slots=True)
class Spot:
    """Where new paragraphs go while one container is read: behind the last paragraph passed, else before the next one."""

    base: Sequence[Block]
    behind: str = ""
    position: int = -1
    order: int = 0

    def pass_by(self, block: Block, position: int) -> None:
        """Note that a block of the draft has been passed; a table leaves no paragraph to stand behind."""
        self.behind = block.key if isinstance(block, Line) else ""
        self.position, self.order = position, 0

    def take(self) -> "Stand":
        """Return where a new paragraph or table goes: behind a paragraph, before one, or before a table."""
        self.order += 1
        if self.behind:
            return Stand(self.behind, False, self.order - 1)
        following = self.base[self.position + 1] if self.position + 1 < len(self.base) else None
        if isinstance(following, Line):
            return Stand(following.key, True, self.order - 1)
        keys = [line.key for line in lines_in([following])] if following is not None else []
        return Stand(keys[0], True, self.order - 1, keys[-1]) if keys else Stand("", True, self.order - 1)


@dataclass(frozen=True, slots=True)
class Stand:
    """The paragraph something new stands at, whether before it, its order among others there, the end of a table there."""

    key: str
    before: bool
    order: int
    until: str = ""


# ---- tables ---------------------------------------------------------------------------------------------------------


def _compare_tables(ours: Table, other: Table | None, findings: Findings) -> None:
    """Compare row by row. A table that is gone is all its rows gone; rows of other cells are one gone and one new."""
    pairs = pair_rows(ours, other, findings.own) if other is not None else [(i, None) for i in range(len(ours.rows))]
    passed = -1
    order = 0
    for i, j in pairs:
        row, theirs = (ours.rows[i] if i is not None else None), (other.rows[j] if other and j is not None else None)
        if i is not None:
            passed, order = i, 0
        deletion = row_change(theirs, findings.own)[1] if theirs is not None else None
        if row is not None and theirs is not None and len(row.cells) == len(theirs.cells) and deletion is None:
            for cell, returned in zip(row.cells, theirs.cells, strict=True):
                compare_blocks(cell, returned, findings)
            continue
        if row is not None:
            _delete_row(row, theirs, deletion, findings)
        if theirs is not None and deletion is None:
            _add_row(theirs, ours, passed, order, findings)
            order += 1


def _told(row: Row) -> str:
    return "\t".join(" ".join(line.text for line in lines_in(cell) if line.text) for cell in row.cells)


def _delete_row(row: Row, theirs: Row | None, change: Element | None, findings: Findings) -> None:
    lines = list(row.lines())
    if not lines:
        return
    author, date = (change.get(ooxml.AUTHOR, ""), change.get(ooxml.DATE, "")) if change is not None else ("", "")
    findings.matched += sum(1 for line in lines if line.number) if theirs is not None else 0
    for line, other in zip(lines, theirs.lines(), strict=False) if theirs is not None else ():
        findings.places[id(other.element)] = Place(line.key, copy_line(other, findings.own))
    findings.add_block(
        Edit(lines[0].key, "row-deleted", 0, 0, _told(row), "", date=date, tracked=change is not None,
             until=lines[-1].key), author,
    )  # fmt: skip


def _add_row(theirs: Row, ours: Table, passed: int, order: int, findings: Findings) -> None:
    change = row_change(theirs, findings.own)[0]
    author, date = (change.get(ooxml.AUTHOR, ""), change.get(ooxml.DATE, "")) if change is not None else ("", "")
    before = passed < 0
    lines = list(ours.rows[max(passed, 0)].lines())
    if not lines or not any(True for _ in theirs.lines()):
        return
    key, until = (lines[0].key, lines[-1].key) if before else (lines[-1].key, lines[0].key)
    taken, told = findings.taker.block(theirs.element), _told(theirs)
    for line in theirs.lines():
        findings.places[id(line.element)] = Place(key, CopyLine(line), is_new=True)
    findings.add_block(
        Edit(key, "row-inserted", 0, 0, "", told, date=date, tracked=change is not None, order=order, before=before,
             until=until, markup=taken.markup, assets=taken.assets, identity="row"), author,
    )  # fmt: skip


def _add_table(other: Table, spot: Spot, findings: Findings) -> None:
    if all(row_change(row, findings.own)[1] is not None for row in other.rows):
        return  # it came and went while the changes were tracked
    changes = [change for row in other.rows if (change := row_change(row, findings.own)[0]) is not None]
    author, date = (changes[0].get(ooxml.AUTHOR, ""), changes[0].get(ooxml.DATE, "")) if changes else ("", "")
    stand = spot.take()
    told = "\n".join(_told(row) for row in other.rows)
    if not stand.key:
        findings.leave_out(say("Table added: %(text)s", text=told[:500]), NOWHERE, "", author)
        return
    taken = findings.taker.block(other.element)
    for line in lines_in([other]):
        findings.places[id(line.element)] = Place(stand.key, CopyLine(line), is_new=True)
    findings.add_block(
        Edit(stand.key, "table-inserted", 0, 0, "", told, date=date, tracked=bool(changes), order=stand.order,
             before=stand.before, until=stand.until, markup=taken.markup, assets=taken.assets, identity="table"), author,
    )  # fmt: skip


# ---- paragraphs -----------------------------------------------------------------------------------------------------


def _compare_lines(ours: Line, other: CopyLine | None, findings: Findings) -> None:
    if other is None:
        if not (findings.is_resaved and is_empty(ooxml.visible(ours.pieces))):
            findings.add_block(_deletion(ours), "")
        return
    findings.matched += bool(ours.number)
    if _reads_the_same(ours, other) and not findings.formatting:
        findings.places[id(other.line.element)] = Place(ours.key, other)
        return
    old = [p for p in other.pieces if p.view != "inserted"]
    base_text = findings.base_text(ours)
    moves = compare(base_text, findings.their_text(old))
    findings.places[id(other.line.element)] = Place(ours.key, other, moves)
    if not other.in_new:
        author, date = _deleter(other)
        move = TRACKED if is_tracked_move(other.line.element, ooxml.MOVE_FROM) else ""
        findings.add_block(replace(_deletion(ours), date=date, tracked=True, move=move), author)
        return
    compare_formatting(ours, other, moves, findings)
    if moves or other.joined or other.is_tracked:
        _wording(ours, other, old, moves, findings)


def _reads_the_same(ours: Line, other: CopyLine) -> bool:
    """Return whether two paragraphs are nothing but the same words, as most of a copy are."""
    both_plain = ours.is_plain and other.line.is_plain
    return both_plain and ours.text == other.line.text and other.in_new and not other.joining


def _deletion(ours: Line) -> Edit:
    return Edit(ours.key, "paragraph-deleted", 0, len(ours.text), ours.text, "")


def _deleter(other: CopyLine) -> tuple[str, str]:
    first = next(((p.author, p.date) for p in other.pieces if p.view == "deleted" and p.text), None)
    return first or (other.mark_author, other.mark_date)


def _wording(ours: Line, other: CopyLine, old: list[Piece], moves: Sequence[Replacement], findings: Findings) -> None:
    """Find the edits inside one paragraph: the tracked ones as they were made, the others by comparison."""
    changes = list(tracked(other.pieces))
    if moves and any(cross(moves, c.start, c.end) for c in changes):
        new = [p for p in other.pieces if p.view != "deleted"]
        final = compare(findings.base_text(ours), findings.their_text(new))
        _add_compared(ours, final, new, (changes[0].author, "", True), findings)
    else:
        _add_compared(ours, moves, old, UNTRACKED, findings)
        for c in changes:
            _add_tracked(ours, c, moves, findings)
    if other.joined:
        r = Replacement(len(ours.text), len(ours.text), findings.their_text(other.joining))
        whole = [(p, 0, len(p.text)) for p in other.joining if p.text]
        findings.add(ours, r, whole, None, (other.mark_author, other.mark_date, True))


def _add_tracked(ours: Line, c: TrackedChange, moves: Sequence[Replacement], findings: Findings) -> None:
    r = Replacement(to_base(c.start, moves), to_base(c.end, moves), findings.their_text(c.pieces))
    findings.add(ours, r, [(p, 0, len(p.text)) for p in c.pieces], c.beside, (c.author, c.date, True))


def _add_compared(
    ours: Line, moves: Sequence[Replacement], pieces: list[Piece], change: Change, findings: Findings
) -> None:
    """Add what a comparison found; `pieces` are those of the text it was compared with."""
    shift = 0
    for r in moves:
        start = r.start + shift
        shift += len(r.new) - (r.end - r.start)
        beside = slices(pieces, start - 1, start) or slices(pieces, start + len(r.new), start + len(r.new) + 1)
        run = beside[0][0].elements[0] if beside else None
        taken = slices(pieces, start, start + len(r.new))
        if not findings.is_noise(ours, r, taken):
            findings.add(ours, r, taken, run, change)


def _add_paragraph(other: CopyLine, spot: Spot, findings: Findings) -> None:
    if not other.in_new or (findings.is_resaved and other.in_old and is_empty(other.new_pieces)):
        return
    stand = spot.take()
    author, date = next(((p.author, p.date) for p in other.pieces if p.view == "inserted"), ("", ""))
    author, date = (author, date) if author else (other.mark_author, other.mark_date)
    pieces = [p for p in (*other.pieces, *other.joining) if p.view != "deleted"]
    text = ooxml.text_of(pieces)
    if not stand.key:
        findings.leave_out(say("Paragraph added: %(text)s", text=text), NOWHERE, "", author)
        return
    taken = findings.taker.paragraph(other.line.element, pieces)
    findings.places[id(other.line.element)] = Place(stand.key, other, (), True)
    findings.add_block(
        Edit(stand.key, "paragraph-inserted", 0, 0, "", text, date=date, tracked=not other.in_old, order=stand.order,
             before=stand.before, until=stand.until, markup=taken.markup, assets=taken.assets,
             identity=findings.identity(pieces),
             move=TRACKED if is_tracked_move(other.line.element, ooxml.MOVE_TO) else ""), author,
    )  # fmt: skip
