"""A returned copy -> the edits and remarks in it, tracked or not, per author, in the coordinates of the draft.

A tracked change is taken as its author made it; what differs without being tracked is found by comparison.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from consult.engine import ooxml
from consult.engine.anchoring import TABLE, Pair, align
from consult.engine.copying import read_identity
from consult.engine.ooxml import Piece
from consult.engine.reading import Block, Document, Line, Table, lines_in, open_document, other_texts
from consult.engine.remarking import remarks_of
from consult.engine.tracking import (
    CopyLine,
    Place,
    copy_lines,
    cross,
    is_numbered,
    old_text,
    to_base,
    tracked,
    without_number,
)
from consult.engine.values import ATOM, Edit, ReturnedCopy, Unplaced
from consult.engine.wording import Replacement, compare, kind_of
from consult.errors import Invalid

ENOUGH = 0.5  # the share of the draft's paragraphs that must be found in a copy of it


@dataclass(slots=True)
class Findings:
    """What has been found so far; `places` says for each paragraph of the copy where it is in the draft."""

    organisation: str
    edits: list[Edit] = field(default_factory=list)
    not_placed: list[Unplaced] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)  # by id() of the w:p, alive as long as the copy
    matched: int = 0

    def name(self, author: str) -> str:
        """Return whose an author's change is: the organisation's that handed the copy in, else the author's own."""
        return self.organisation or author

    def leave_out(self, text: str, why: str, paragraph: str = "", author: str = "") -> None:
        """Record an edit that is not brought over."""
        self.not_placed.append(Unplaced("edit", text, why, paragraph, author))

    def keep(self, edit: Edit) -> None:
        """Record an edit. What is no text in its new wording (a picture, a note) cannot be carried and is said so."""
        if ATOM in edit.new:
            self.leave_out(
                f"A picture, note, field or equation inserted with: “{edit.new.replace(ATOM, '…')}”",
                "What is no text is not brought over yet; put it in by hand.",
                edit.paragraph,
                edit.author,
            )
            edit = replace(edit, new=edit.new.replace(ATOM, ""))
            if edit.kind != "paragraph-inserted":
                edit = replace(edit, kind=kind_of(Replacement(edit.start, edit.end, edit.new)))
            if edit.new == edit.old and edit.kind != "paragraph-inserted":
                return
        self.edits.append(edit)


def read_returned_copy(copy: bytes, draft: bytes, organisation: str = "") -> ReturnedCopy:
    """Return what an edited copy of a draft contains.

    With an `organisation`, every change is its own; without, the authors in the file are kept, and the organisation of
    a change that is not tracked is empty. A copy of another draft raises Invalid("…", "another-draft").
    """
    base, returned = open_document(draft), open_document(copy)
    _refuse_another(copy, base)
    if is_numbered(list(returned.lines())):
        for line in returned.lines():
            line.pieces = without_number(line.pieces)
    findings = Findings(organisation)
    _compare_blocks(base.blocks, returned.blocks, findings)
    _compare_notes(base, returned, findings)
    share = _share(base, findings)
    if share < ENOUGH:
        raise Invalid(
            f"This file is not a copy of the draft: only {share:.0%} of the draft's paragraphs were found in it. "
            "Take the Word copy of this round, make your changes in it and return that file.",
            "another-draft",
        )
    _compare_other_texts(base, returned, findings)
    remarks, notices = remarks_of(base, returned, findings.places, findings.name)
    return ReturnedCopy(
        organisation,
        returned.package.sha256,
        tuple(_in_order(base, findings.edits)),
        remarks,
        tuple(findings.not_placed),
        notices,
        share,
    )


def _refuse_another(copy: bytes, base: Document) -> None:
    identity = read_identity(copy)
    if identity is not None and identity.draft_sha256 != base.package.sha256:
        raise Invalid(
            f"This file is a copy of another draft: “{identity.draft_title}”, consultation “{identity.consultation}”, "
            f"round {identity.round_number}. Return it there, or take the Word copy of this round.",
            "another-draft",
        )


def _share(base: Document, findings: Findings) -> float:
    total = sum(1 for line in base.lines() if line.number)
    return findings.matched / total if total else 1.0


def _in_order(base: Document, edits: Iterable[Edit]) -> list[Edit]:
    order = {line.key: number for number, line in enumerate(base.lines())}
    return sorted(edits, key=lambda e: (order.get(e.paragraph, -1), e.kind == "paragraph-inserted", e.start, e.order))


# ---- blocks ---------------------------------------------------------------------------------------------------------


def _compare_blocks(base: Sequence[Block], returned: Sequence[Block], findings: Findings) -> None:
    """Compare what stands in one container: paragraphs with paragraphs, tables with tables, in order."""
    parts = iter(copy_lines([block for block in returned if isinstance(block, Line)]))
    theirs: list[CopyLine | Table] = [next(parts) if isinstance(block, Line) else block for block in returned]
    pairs = align([_token(block) for block in base], [_copy_token(block) for block in theirs])
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
            findings.leave_out(f"Table added: {_told(other)}", "Tables that are added are not brought over yet.")
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

    def take(self) -> tuple[str, bool, int]:
        """Return the paragraph a new one stands at, whether before it, and its order among others there."""
        self.order += 1
        if self.behind:
            return self.behind, False, self.order - 1
        following = (block.key for block in self.base[self.position + 1 :] if isinstance(block, Line))
        return next(following, ""), True, self.order - 1


def _token(block: Block) -> str:
    if isinstance(block, Line):
        return block.text
    return TABLE + "\n".join(line.text for line in lines_in([block]))


def _copy_token(block: CopyLine | Table) -> str | None:
    if isinstance(block, CopyLine):
        return block.old if block.in_old else None
    return TABLE + "\n".join(old_text(line) for line in lines_in([block]))


def _told(block: Block) -> str:
    return " | ".join(line.text for line in lines_in([block]) if line.text)[:500]


def _compare_tables(ours: Table, other: Table | None, findings: Findings) -> None:
    if other is None:
        findings.leave_out(f"Table deleted: {_told(ours)}", "Tables that are deleted stay in the consolidated file.")
        return
    if len(ours.rows) == len(other.rows):
        pairs: list[Pair] = [(r, r) for r in range(len(ours.rows))]
    else:
        pairs = align([_row_token(row) for row in ours.rows], [_row_token(row) for row in other.rows])
    for i, j in pairs:
        if i is not None and j is not None and len(ours.rows[i]) == len(other.rows[j]):
            for cell, returned in zip(ours.rows[i], other.rows[j], strict=True):
                _compare_blocks(cell, returned, findings)
        elif j is not None:
            what = "Row added or cells changed" if i is None else "Cells added or joined in a row"
            findings.leave_out(
                f"{what}: {_row_told(other.rows[j])}", "Rows and cells that are added are not brought over."
            )
        elif i is not None:
            findings.leave_out(f"Row deleted: {_row_told(ours.rows[i])}", "Rows that are deleted stay in the file.")
    for row in ooxml.rows_of(other.element):
        if row.find(f"{ooxml.w('trPr')}/{ooxml.DEL}") is not None:
            findings.leave_out("Row marked as deleted", "Its text is deleted in the file, the empty row stays.")


def _row_token(row: list[list[Block]]) -> str:
    return "\n".join(old_text(line) for cell in row for line in lines_in(cell))


def _row_told(row: list[list[Block]]) -> str:
    return " | ".join(line.text for cell in row for line in lines_in(cell))[:500]


def _compare_notes(base: Document, returned: Document, findings: Findings) -> None:
    """Compare footnotes with footnotes. A note that is new or gone shows in the text that refers to it."""
    ours = ["\n".join(line.text for line in note.lines) for note in base.notes]
    theirs = ["\n".join(old_text(line) for line in note.lines) for note in returned.notes]
    pairs = [(n, n) for n in range(len(ours))] if len(ours) == len(theirs) else align(ours, theirs)
    for i, j in pairs:
        if i is not None and j is not None:
            _compare_blocks(list(base.notes[i].lines), list(returned.notes[j].lines), findings)


def _compare_other_texts(base: Document, returned: Document, findings: Findings) -> None:
    """Report what a copy changed in headers, footers, endnotes and text boxes: this stage does not bring it over."""
    ours, theirs = other_texts(base), other_texts(returned)
    for place in sorted({*ours, *theirs}):
        before = {_plain(ooxml.pieces_of(e)) for e in ours.get(place, ())} - {""}
        after = {_plain(ooxml.visible(ooxml.pieces_of(e))) for e in theirs.get(place, ())} - {""}
        why = f"Changes in a {place} are not brought over yet; make them by hand."
        for text in sorted(after - before):
            findings.leave_out(f"New text in a {place}: {text}", why)
        for text in sorted(before - after) if not after - before else ():
            findings.leave_out(f"Text deleted in a {place}: {text}", why)


def _plain(pieces: Iterable[Piece]) -> str:
    return " ".join(ooxml.text_of(pieces).replace(ATOM, "").split())


# ---- paragraphs -----------------------------------------------------------------------------------------------------


def _compare_lines(ours: Line, other: CopyLine | None, findings: Findings) -> None:
    deletion = Edit(ours.key, "paragraph-deleted", 0, len(ours.text), ours.text, "", findings.name(""))
    if other is None:
        findings.edits.append(deletion)
        return
    findings.matched += bool(ours.number)
    moves = compare(ours.text, other.old)
    findings.places[id(other.line.element)] = Place(ours.key, other, moves)
    if not other.in_new:
        author, date = _deleter(other)
        findings.edits.append(
            replace(deletion, organisation=findings.name(author), author=author, date=date, tracked=True)
        )
        return
    for edit in _wording(ours, other, moves, findings):
        findings.keep(edit)


def _deleter(other: CopyLine) -> tuple[str, str]:
    first = next(((p.author, p.date) for p in other.pieces if p.view == "deleted" and p.text), None)
    return first or (other.mark_author, other.mark_date)


def _wording(ours: Line, other: CopyLine, moves: Sequence[Replacement], findings: Findings) -> Iterator[Edit]:
    """Yield the edits inside one paragraph: the tracked ones as they were made, the others by comparison."""
    changes = list(tracked(other.pieces))
    if moves and any(cross(moves, start, end) for start, end, *_ in changes):
        author = next(author for *_, author, _ in changes)
        for r in compare(ours.text, other.new):
            yield _edit(ours, r, findings, author, "", True)
    else:
        for r in moves:
            yield _edit(ours, r, findings, "", "", False)
        for start, end, new, author, date in changes:
            r = Replacement(to_base(start, moves), to_base(end, moves), new)
            yield _edit(ours, r, findings, author, date, True)
    if other.joined:
        r = Replacement(len(ours.text), len(ours.text), other.joined)
        yield _edit(ours, r, findings, other.mark_author, other.mark_date, True)


def _edit(ours: Line, r: Replacement, findings: Findings, author: str, date: str, tracked: bool) -> Edit:
    old = ours.text[r.start : r.end]
    return Edit(ours.key, kind_of(r), r.start, r.end, old, r.new, findings.name(author), author, date, tracked)


def _add_paragraph(other: CopyLine, spot: Spot, findings: Findings) -> None:
    if not other.in_new:
        return
    key, before, order = spot.take()
    author, date = next(((p.author, p.date) for p in other.pieces if p.view == "inserted"), ("", ""))
    author, date = (author, date) if author else (other.mark_author, other.mark_date)
    text = other.new + other.joined
    tracked = not other.in_old
    edit = Edit(key, "paragraph-inserted", 0, 0, "", text, findings.name(author), author, date, tracked, order, before)
    findings.places[id(other.line.element)] = Place(key, other, (), True)
    findings.keep(edit)
