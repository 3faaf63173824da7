"""What has been found in a returned copy so far, and the edits made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from consult.engine import ooxml
from consult.engine.anchoring import TABLE
from consult.engine.identities import Codes, Identities, uncoded
from consult.engine.ooxml import Element, Piece
from consult.engine.resaving import as_printed, is_noise, is_saved_by_another
from consult.engine.stories import Block, Document, Line, Table, lines_in
from consult.engine.styling import Styling
from consult.engine.taking import Slice, Taken, Taker, slices
from consult.engine.tracking import CopyLine, OwnChanges, Place, old_text, row_change
from consult.engine.values import ATOM, Edit, Notice, Unplaced
from consult.engine.wording import Replacement, is_typographic, kind_of
from consult.phrases import say

MARGINS = {
    "header": (say("A new header: %(text)s"), say("The draft has no header there.")),
    "footer": (say("A new footer: %(text)s"), say("The draft has no footer there.")),
}
BARE = f" \t\u00a0{ATOM}"  # what may lie between a blank and the edge of a paragraph


@dataclass(slots=True)
class Findings:
    """What has been found so far; `places` says for each paragraph of the copy where it is in the draft."""

    organisation: str
    base: Document
    returned: Document
    formatting: bool = False
    edits: list[Edit] = field(default_factory=list)
    not_placed: list[Unplaced] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)  # by id() of the w:p, alive as long as the copy
    matched: int = 0
    codes: Codes = field(default_factory=Codes)
    ours: Identities = field(init=False)
    theirs: Identities = field(init=False)
    own: OwnChanges = field(init=False)
    taker: Taker = field(init=False)
    is_resaved: bool = field(init=False)  # by another program than the draft

    def __post_init__(self) -> None:
        self.ours, self.theirs = Identities(self.base), Identities(self.returned)
        self.own = OwnChanges(self.base)
        self.taker = Taker(self.returned, Styling(self.base.package, self.returned.package))
        self.is_resaved = is_saved_by_another(self.base, self.returned)

    def name(self, author: str) -> str:
        """Return whose an author's change is: the organisation's that handed the copy in, else the author's own."""
        return self.organisation or author

    def leave_out(self, text: str, why: str, paragraph: str = "", author: str = "") -> None:
        """Record an edit that is not brought over."""
        self.not_placed.append(Unplaced("edit", text, why, paragraph, author))

    def leave_out_margin(self, kind: str, text: str) -> None:
        """Record a header or footer that the draft does not have."""
        told, why = MARGINS[kind]
        self.leave_out(say(told.pattern, text=text), why)

    def add(
        self, line: Line, r: Replacement, taken: Sequence[Slice], beside: Element | None, change: tuple[str, str, bool]
    ) -> None:
        """Record an edit inside a paragraph; `change` is its author, its date and whether it was tracked."""
        author, date, tracked = change
        old, new = line.text[r.start : r.end], uncoded(r.new)
        content = self.taker.inline(taken, beside) if taken else Taken()
        self.edits.append(
            Edit(
                line.key, kind_of(r), r.start, r.end, old, new, self.name(author), author, date, tracked,
                markup=content.markup, assets=content.assets, identity=self.identity([p for p, _, _ in taken]),
                typographic=is_typographic(old, new),
            )
        )  # fmt: skip

    def identity(self, pieces: Sequence[Piece]) -> str:
        """Return what inserted atoms are compared by."""
        return "; ".join(self.theirs.of(p) for p in pieces if p.text == ATOM)

    def is_noise(self, line: Line, r: Replacement, taken: Sequence[Slice]) -> bool:
        """Return whether a difference is what another program makes of the same words."""
        if not self.is_resaved:
            return False
        before, behind = line.text[: r.start], line.text[r.end :]
        at_edge = before[-1:] == "\n" or behind[:1] == "\n" or not before.strip(BARE) or not behind.strip(BARE)
        return is_noise(slices(ooxml.visible(line.pieces), r.start, r.end), taken, at_edge=at_edge)

    def add_block(self, edit: Edit, author: str) -> None:
        """Record an edit of whole paragraphs, rows or tables, in its author's or organisation's name."""
        self.edits.append(replace(edit, organisation=self.name(author), author=author))

    def token(self, block: Block) -> str:
        """Return what a block of the draft is aligned by."""
        if isinstance(block, Line):
            return as_printed(ooxml.visible(block.pieces)) if self.is_resaved else block.text
        return TABLE + "\n".join(line.text for line in lines_in([block]))

    def copy_token(self, block: CopyLine | Table) -> str | None:
        """Return what a block of the copy is aligned by; None for one that is new."""
        if isinstance(block, CopyLine):
            old = as_printed(block.old_pieces) if self.is_resaved else block.old
            return old if block.in_old else None
        if all(row_change(row, self.own)[0] is not None for row in block.rows):
            return None
        return TABLE + "\n".join(old_text(line, self.own) for line in lines_in([block]))

    def base_text(self, line: Line) -> str:
        """Return a paragraph of the draft with its atoms coded."""
        if ATOM not in line.text:
            return line.text
        return self.codes.coded(line.text, ooxml.visible(line.pieces), self.ours)

    def their_text(self, pieces: Sequence[Piece]) -> str:
        """Return pieces of the copy with their atoms coded."""
        return self.codes.coded(ooxml.text_of(pieces), pieces, self.theirs)
