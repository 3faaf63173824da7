"""What the engine takes and gives: frozen values without behaviour.

All positions are counts of characters in the text of a paragraph of the frozen draft ("the base"). A tab is one
character, a line break is a line feed, and whatever is no text (a note reference, a picture, a field, an equation) is
one `ATOM`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ATOM = "\ufffc"
DRAFT_AUTHOR = "Draft"  # who signs the draft's own changes and comments in a file that leaves

ParagraphKind = Literal["body", "heading", "list", "cell", "box", "footnote", "endnote", "header", "footer"]
EditKind = Literal[
    "insert",
    "delete",
    "replace",
    "paragraph-inserted",
    "paragraph-deleted",
    "table-inserted",
    "row-inserted",
    "row-deleted",
    "format",
    "paragraph-format",
]
Alignment = Literal["left", "center", "right", "justify"]
Severity = Literal["info", "attention"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a paragraph formatted alike: `formats` holds bold, italic … and inserted (by the draft's own changes)."""

    start: int
    end: int
    formats: frozenset[str] = frozenset()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Atom:
    """What stands at an `ATOM` character: its kind (footnote, endnote, image, field, equation, object) and what a page shows.

    For a footnote `shows` is its printed number, for a field its last result, otherwise a word such as "image".
    `picture` is the digest of the picture a browser shows for an image; `words` is what the draft says it shows.
    """

    offset: int
    kind: str
    shows: str = ""
    picture: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a cell paragraph stands. `table` counts the tables of the draft from 0; nested tables have their own number.

    `rows_spanned` is 0 for a cell that continues the one above it.
    """

    table: int
    row: int
    column: int
    columns_spanned: int = 1
    rows_spanned: int = 1
    heading_row: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a draft.

    `key` names it within the draft for programs ("p12", "fn2.1"); `number` is what people see, the same on the page, in
    the Word copy and in the matrix ("12", "fn 1", "en 1", "box 1", "header 1", "footer 1"), and empty for a paragraph
    without text, which cannot be commented on. `label` is the list label Word would print ("1.", "(a)", "•"). `level` is
    the heading's or the list's level from 1, else 0. `index` counts all paragraphs of the draft from 0, in the order
    body, text boxes, footnotes, endnotes, headers, footers. `removed` shows what the draft's own tracked changes delete.
    """

    index: int
    key: str
    number: str
    kind: ParagraphKind
    text: str
    level: int = 0
    label: str = ""
    style: str = ""
    spans: tuple[Span, ...] = ()
    atoms: tuple[Atom, ...] = ()
    cell: Cell | None = None
    alignment: Alignment = "left"
    removed: tuple[Atom, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know; it never stops the work. `paragraph` is a key, or empty for the whole document."""

    code: str
    message: str
    paragraph: str = ""
    organisation: str = ""
    severity: Severity = "info"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A document that may leave, and what was left out of it: one notice for each kind, with how often."""

    docx: bytes
    removed: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as read: its digest, its title (from the first heading-like paragraph), its paragraphs in order."""

    sha256: str
    title: str
    paragraphs: tuple[Paragraph, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """What a piece of markup needs besides itself: a picture, a chart, a link's address, a note.

    `id` is the word that stands for it in the markup. A link has its address in `target`; a note has its markup in
    `data`; any other part has its bytes there, its name in `target`, and under `parts` what it refers to in turn.
    """

    id: str
    kind: Literal["part", "link", "footnote", "endnote"]
    type: str = ""
    target: str = ""
    content_type: str = ""
    data: bytes = b""
    parts: tuple["Asset", ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """One change on one paragraph of the base.

    insert/delete/replace: the base characters start..end give way to `new`; `old` is what stood there.
    paragraph-deleted: the whole paragraph goes (start 0, end its length, old its text).
    paragraph-inserted: `new` becomes a paragraph of its own behind paragraph `paragraph`, or, with `before`, before it
    (only where none precedes it in its cell or behind its table); with `until`, before the table that begins with
    `paragraph` and ends with `until`. Several at one place stand in the order of `order`.
    table-inserted: likewise a table; `new` is its text.
    row-deleted: the table row goes that begins with `paragraph` and ends with `until`; `old` is its text.
    row-inserted: a row behind the one that ends with `paragraph` and begins with `until`, or, with `before`, before the
    one that begins with `paragraph` and ends with `until`.
    format, paragraph-format: start..end, or the whole paragraph, take the properties in `markup`.
    `organisation` is who wants it; `author` and `date` (ISO 8601 or "") are what the file said, kept for the record;
    `signature` is the name it bears in the consolidated file where that is not the organisation's.
    `markup` is WordprocessingML of what is new where words alone do not say it, `assets` what that refers to, `identity`
    what two such edits are compared by. Edits of one move share the word `move`. `typographic`: only quotation marks,
    blanks, dashes or the like differ.
    """

    paragraph: str
    kind: EditKind
    start: int
    end: int
    old: str
    new: str
    organisation: str = ""
    author: str = ""
    date: str = ""
    tracked: bool = False
    order: int = 0
    before: bool = False
    until: str = ""
    markup: str = ""
    assets: tuple[Asset, ...] = ()
    identity: str = ""
    move: str = ""
    typographic: bool = False
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment to stand in the margin of the consolidated file: on start..end of a paragraph of the base.

    start == end == 0 with an empty quote means the whole paragraph; paragraph "" means the whole draft, and the remark
    is then anchored on the first paragraph. A range over several paragraphs names the last one and the end in it.
    With `inserted`, the remark stands on the new paragraph with that text behind or before `paragraph`, on start..end of
    that text; `nth` says which of several that read the same. `last_inserted` and `last_nth` say so of the last one.
    With `is_point` it stands on no words, at `start`.
    `text` may hold line feeds. `author`, `initials`, `date` are what the file said. `order` is the comment's place in
    the file; `reply_to` that of the comment it answers, -1 for none, -2 - n for the draft's own comment n; `resolved`
    that it was marked as done. `signature` as of an edit.
    """

    paragraph: str
    start: int
    end: int
    text: str
    quote: str = ""
    organisation: str = ""
    author: str = ""
    initials: str = ""
    date: str = ""
    last_paragraph: str = ""
    last_end: int = 0
    order: int = 0
    inserted: str = ""
    reply_to: int = -1
    resolved: bool = False
    signature: str = ""
    nth: int = 0
    last_inserted: str = ""
    last_nth: int = 0
    is_point: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """Where a comment on one draft stands in the next one.

    `remark` is the comment in the coordinates of the next draft, and `number` its paragraph's there: on the `same` text
    in the same place, on the same text that has `moved` or got another number, or on text that has `changed`. It is
    `orphaned` when its passage is gone or cannot be told from another: then `remark` is as it was. `old_number` and
    `old_text` say what it was on.
    """

    state: Literal["same", "moved", "changed", "orphaned"]
    remark: Remark
    number: str
    old_number: str
    old_text: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An edit or margin comment of a copy that could not be brought over: what it is, what it says, why not."""

    what: Literal["edit", "comment"]
    text: str
    why: str
    paragraph: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class ReturnedCopy:
    """What an edited copy of a draft contains, in the coordinates of the draft.

    found == placed + len(not_placed) + len(left_out), edits and margin comments counted together. `left_out` are edits
    that were asked not to be taken. `matched` is the share of the draft's paragraphs found again, 0 to 1.
    """

    organisation: str
    sha256: str
    edits: tuple[Edit, ...]
    remarks: tuple[Remark, ...]
    not_placed: tuple[Unplaced, ...] = ()
    notices: tuple[Notice, ...] = ()
    matched: float = 1.0
    left_out: tuple[Edit, ...] = ()

    @property
    def placed(self) -> int:
        """How many edits and margin comments were brought over."""
        return len(self.edits) + len(self.remarks)

    @property
    def found(self) -> int:
        """How many edits and margin comments the copy contains."""
        return self.placed + len(self.not_placed) + len(self.left_out)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one organisation wants of a draft, from wherever it came: the web, a returned copy, mail."""

    organisation: str
    edits: tuple[Edit, ...] = ()
    remarks: tuple[Remark, ...] = ()
    initials: str = ""


@dataclass(frozen=True, slots=True)
class MergedEdit:
    """One change in the consolidated file, with everybody who wants exactly it (L8).

    `shown` says where: in the text, or only in a margin comment on it.
    """

    paragraph: str
    number: str
    kind: EditKind
    start: int
    end: int
    old: str
    new: str
    organisations: tuple[str, ...]
    tracked: bool = False
    before: bool = False
    until: str = ""
    move: str = ""
    typographic: bool = False
    authors: tuple[str, ...] = ()  # who the files said it was
    shown: Literal["text", "comment"] = "text"


@dataclass(frozen=True, slots=True)
class Variant:
    """How the disputed words read for some organisations; `moved` says where to, when they move the paragraph."""

    organisations: tuple[str, ...]
    text: str
    moved: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Organisations that change the same words start..end of a paragraph differently."""

    paragraph: str
    number: str
    start: int
    end: int
    old: str
    variants: tuple[Variant, ...]

    @property
    def organisations(self) -> tuple[str, ...]:
        """Everybody who takes part, each once, in the order of the variants."""
        return tuple(dict.fromkeys(name for variant in self.variants for name in variant.organisations))


@dataclass(frozen=True, slots=True)
class Consolidation:
    """The result of merging: the Word file and what is in it."""

    docx: bytes
    edits: tuple[MergedEdit, ...]
    remarks: tuple[Remark, ...]
    conflicts: tuple[Conflict, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyIdentity:
    """What a downloaded Word copy says of itself, so that it can be told from a copy of another draft."""

    draft_sha256: str
    consultation: str
    round_number: int
    draft_title: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of a comment form that cannot be used: its number in the file, why not, what it says."""

    row: int
    why: str
    text: str
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class CommentForm:
    """What a filled comment form wants of a draft. `rows` counts the rows with something in them, bad ones included."""

    sha256: str
    contributions: tuple[Contribution, ...]
    rows: int
    bad_rows: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One comment as a row of the ISO/IEC comment form, with our columns to its right."""

    code: str
    line: str
    clause: str
    place: str
    type: str
    comment: str
    proposed_change: str
    observations: str = ""
    number: str = ""
    decision: str = ""
    supported_by: str = ""


@dataclass(frozen=True, slots=True)
class MatrixHead:
    """The head of the comment form."""

    date: str
    document: str
    project: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
