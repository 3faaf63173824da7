"""A filled comment form (ISO/IEC, or our own matrix) -> what organisations want of a draft, row by row.

A bad row is reported with its number and the reason, and stops nothing else.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from consult.engine.locating import Lacking, Place, locate
from consult.engine.naming import is_nobody
from consult.engine.proposing import find_words, understand
from consult.engine.sheets import Row, Sheet, is_workbook, read_workbook
from consult.engine.stories import Block, Line, Table, lines_in, open_document
from consult.engine.values import ATOM, BadRow, CommentForm, Contribution, Draft, Edit, Paragraph, Remark
from consult.errors import Invalid
from consult.phrases import say

HEADINGS = (
    ("code", r"mb|nc|mb ?/? ?nc|member body|national committee|organi[sz]ation|mission|country code"),
    ("line", r"line(?: numbers?| no\.?)?"),
    ("clause", r"(?:sub)?clauses?(?: ?/ ?sub ?-?clauses?)?(?: no\.?| numbers?)?"),
    ("place", r"paragraph(?: ?/ ?figure)?(?: ?/ ?table)?(?: ?/ ?note)?"),
    ("type", r"type(?: of)?(?: comments?)?"),
    ("comment", r"comments?(?: ?/ ?rationale| and rationale)?|justifications?|reasons?"),
    ("proposed_change", r"proposed (?:changes?|amendments?|wording|text)(?: by the mb)?"),
    ("observations", r"(?:observations?|secretariat).*"),
)
ENOUGH = 4  # how many of the headings make a row the head of a form
LAST_HEAD = 200  # the head is looked for in as many rows at most
TYPES = {
    **dict.fromkeys(("", "te", "technical", "substantive", "ge/te", "te/ge", "te/ed", "ed/te"), ""),
    **dict.fromkeys(("ed", "editorial"), "editorial"),
    **dict.fromkeys(("ge", "general"), "general"),
    **dict.fromkeys(("tr", "translation"), "translation"),
}
ON = re.compile(r"On “(?P<quote>.+?)”(?: \((?P<nth>\d+)\))?: (?P<text>.*)", re.DOTALL)
BEHIND_COPIES = 1_000_000  # the order of rows: replies in copies name comments by smaller numbers
FORM_COLUMNS = ("line", "clause", "place", "type", "comment", "proposed_change")


def read_comment_form(data: bytes, draft: Draft, organisation: str = "") -> CommentForm:
    """Return what a filled form, .xlsx or .docx, wants of a draft.

    With an `organisation` every row is its own; without, the code in each row is. Rows with nothing but a code are no
    comments. Raises Invalid for a file without the columns of the form, and for one that cannot be read.
    """
    sheets = read_workbook(data) if is_workbook(data) else _tables(data)
    reader = _Reader(draft, organisation)
    heads = 0
    for sheet in sheets:
        columns = _columns(sheet)
        if columns:
            heads += 1
            reader.read(sheet, *columns)
    if not heads:
        names = ", ".join(("MB/NC", "Line number", "Comments", "Proposed change"))
        raise Invalid(
            say("This file has no table with the columns of the comment form (%(names)s …).", names=names), "no-form"
        )
    contributions = tuple(
        Contribution(name, tuple(reader.edits[name]), tuple(reader.remarks[name]))
        for name in sorted({*reader.edits, *reader.remarks})
    )
    return CommentForm(hashlib.sha256(data).hexdigest(), contributions, reader.count, tuple(reader.bad))


# ---- tables ---------------------------------------------------------------------------------------------------------


def _tables(data: bytes) -> list[Sheet]:
    """Return the tables of a Word file as sheets."""
    document = open_document(data, to_read=True)
    tables = list(_tables_in(document.blocks))
    return [_as_sheet(f"table {n}" if len(tables) > 1 else "", table) for n, table in enumerate(tables, 1)]


def _tables_in(blocks: Sequence[Block]) -> Iterator[Table]:
    for block in blocks:
        if isinstance(block, Table):
            yield block
            for row in block.rows:
                for cell in row.cells:
                    yield from _tables_in(cell)


def _as_sheet(name: str, table: Table) -> Sheet:
    sheet = Sheet(name)
    above: dict[int, str] = {}
    for number, row in enumerate(table.rows, 1):
        made = Row(number)
        for cell in row.cells:
            lines = list(lines_in([block for block in cell if isinstance(block, Line)]))
            place = next((line.cell for line in lines_in(cell) if line.cell), None)
            if place is None:
                continue
            text = "\n".join(line.text for line in lines).strip()
            if place.rows_spanned == 0:  # the cell above goes on
                text = above.get(place.column, "")
            above[place.column] = text
            if text:
                made.cells[place.column] = text
        sheet.rows.append(made)
    return sheet


def _columns(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Return where in its rows the head of the form stands, and the column of each heading."""
    for position, row in enumerate(sheet.rows[:LAST_HEAD]):
        found: dict[str, int] = {}
        for column, text in sorted(row.cells.items()):
            name = _heading(text)
            if name and name not in found:
                found[name] = column
        if len(found) >= ENOUGH and ("comment" in found or "proposed_change" in found):
            return position, found
    return None


def _heading(text: str) -> str:
    """Return which column a heading names: "MB/NC 1", "Comment (justification for change)", "Type of com-ment 2"."""
    plain = re.sub(r"\(.*|[\d¹²³⁴*:\u00ad]+|-\s*\n\s*", "", text.casefold())
    plain = " ".join(plain.replace("com-ment", "comment").split()).rstrip(" /")
    return next((name for name, pattern in HEADINGS if re.fullmatch(pattern, plain)), "")


# ---- rows -----------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads the rows of a form's sheets."""

    def __init__(self, draft: Draft, organisation: str) -> None:
        self.draft, self.organisation = draft, organisation
        self.edits: dict[str, list[Edit]] = defaultdict(list)
        self.remarks: dict[str, list[Remark]] = defaultdict(list)
        self.bad: list[BadRow] = []
        self.count = 0

    def read(self, sheet: Sheet, head: int, columns: Mapping[str, int]) -> None:
        """Read the rows under the head; the head itself may stand on every page, or go over several rows."""
        titles = {sheet.rows[head].cells.get(column, "") for column in columns.values()}
        for row in sheet.rows[head + 1 :]:
            values = {name: row.cells.get(column, "") for name, column in columns.items()}
            if not any(values.get(name) for name in FORM_COLUMNS) or set(filter(None, values.values())) <= titles:
                continue
            self.count += 1
            try:
                self._take(values)
            except Lacking as lacking:
                text = " | ".join(values[name] for name in ("comment", "proposed_change") if values.get(name))
                self.bad.append(BadRow(row.number, str(lacking), text, sheet.name))

    def _take(self, values: Mapping[str, str]) -> None:
        reason, proposed = values.get("comment", ""), values.get("proposed_change", "")
        if not reason and not proposed:
            raise Lacking("it has neither a comment nor a proposed change")
        code = self.organisation or values.get("code", "").replace(";", ",").strip()
        if is_nobody(code):
            raise Lacking("it does not say whose it is: the column MB/NC is empty")
        kind = TYPES.get(values.get("type", "").casefold().strip().rstrip("."))
        if kind is None:
            raise Lacking(f"there is no type of comment “{values['type']}”; types are ge, te, ed")
        place = locate(self.draft, values.get("line", ""), values.get("clause", ""), values.get("place", ""))
        edits = self._understood(proposed, place) if proposed else ()
        if proposed and not edits:
            reason = f"{reason}\nProposed change: {proposed}".strip()
        self.edits[code] += [replace(e, organisation=code, author=code, order=self.count) for e in edits]
        if reason:
            kind = "" if kind == "general" and not place.paragraphs else kind
            text = f"[{kind}] {reason}" if kind else reason
            remark = _on_edits(edits, place, text) if edits else _on_words(place, text)
            self.remarks[code].append(replace(remark, organisation=code, author=code, order=BEHIND_COPIES + self.count))

    def _understood(self, proposed: str, place: Place) -> tuple[Edit, ...]:
        """Return the edits a proposed change means: of exactly one of the paragraphs the row is about."""
        each = [understand(proposed, p, self.draft.paragraphs) for p in place.paragraphs]
        meant = [edits for edits in each if edits]
        return meant[0] if len(meant) == 1 else ()


def _on_edits(edits: Sequence[Edit], place: Place, text: str) -> Remark:
    """Return the reason for edits as a remark on the words they change, or on the paragraph they add."""
    first = edits[0]
    if first.kind == "paragraph-inserted":
        return Remark(first.paragraph, 0, 0, text, inserted=first.new)
    paragraph = next((p for p in place.paragraphs if p.key == first.paragraph), None)
    start, end = min(e.start for e in edits), max(e.end for e in edits)
    return Remark(first.paragraph, start, end, text, _quote(paragraph, start, end))


def _on_words(place: Place, text: str) -> Remark:
    """Return a comment as a remark on the paragraphs it is about, on the words it quotes first where they stand there."""
    if not place.paragraphs:
        return Remark("", 0, 0, text)
    first, last = place.paragraphs[0], place.paragraphs[-1]
    start, end = 0, 0
    match = ON.fullmatch(text)
    found = _quoted(match, first.text) if match else None
    if match and found is not None:
        start, end, text = *found, match.group("text")
    if last is first:
        return Remark(first.key, start, end, text, _quote(first, start, end))
    quote = _quote(first, start, end) or first.text
    return Remark(first.key, start, start, text, quote, last_paragraph=last.key, last_end=len(last.text))


def _quoted(match: re.Match[str], text: str) -> tuple[int, int] | None:
    quote = match.group("quote").replace("[*]", ATOM) if ATOM in text else match.group("quote")
    if match.group("nth"):
        places = [m.start() for m in re.finditer(f"(?={re.escape(quote)})", text)]
        number = int(match.group("nth"))
        start = places[number - 1] if 0 < number <= len(places) else None
    else:
        start = find_words(text, quote)
    return (start, start + len(quote)) if start is not None else None


def _quote(paragraph: Paragraph | None, start: int, end: int) -> str:
    return paragraph.text[start:end] if paragraph is not None else ""
