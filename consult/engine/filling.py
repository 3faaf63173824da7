"""The matrix as the lead fills it: the cells for its decisions, and what stands in them when the workbook comes back.

A row is recognised by a hidden cell, whose words only who wrote them understands. A bad row stops no other.
"""

from dataclasses import dataclass

from consult.engine.package import OLE
from consult.engine.sheets import Row, Sheet, is_workbook, read_workbook
from consult.engine.tabling import COLUMNS
from consult.engine.values import MatrixRow
from consult.errors import Invalid
from consult.phrases import say

REASON = "Observations of the secretariat (reason)"
DUPLICATE_OF, WORDING, DRAFT, KEY = "Duplicate of No.", "The paragraph shall read", "The draft reads", "consult"
TO_FILL = ("decision", "observations", "duplicate_of", "wording")
WIDER = {"observations": 6.0, "decision": 3.6}  # there is written in them
FILL_COLUMNS = (
    *((REASON if name == "observations" else title, name, WIDER.get(name, width)) for title, name, width in COLUMNS),
    (DUPLICATE_OF, "duplicate_of", 2.4),
    (WORDING, "wording", 8.0),
    (DRAFT, "draft", 8.0),
    (KEY, "key", 2.0),
)
NAMES = {title.casefold(): name for title, name, _ in (*COLUMNS, *FILL_COLUMNS)}
TITLES = {name: title for title, name, _ in FILL_COLUMNS}
LAST_HEAD = 200  # the head is looked for in as many rows at most
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class RowToFill(MatrixRow):
    """A row with the lead's cells: `observations` is the reason, `draft` how the paragraph reads, `key` the hidden cell."""

    duplicate_of: str = ""
    wording: str = ""
    draft: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class FilledRow:
    """A row as it came back: its number in the sheet, and what stands in its cells, as texts.

    `unread` names the columns in which a formula or an error stands that has no result in the file.
    """

    row: int
    sheet: str
    key: str = ""
    number: str = ""
    comment: str = ""
    proposed_change: str = ""
    decision: str = ""
    reason: str = ""
    wording: str = ""
    duplicate_of: str = ""
    unread: tuple[str, ...] = ()


def read_filled_matrix(data: bytes) -> tuple[FilledRow, ...]:
    """Return the rows of a filled matrix in which a number, a key or something of the lead's stands.

    Raises Invalid for what is no workbook, cannot be read, or has no table with the columns of the matrix.
    """
    if not data.startswith(OLE) and not is_workbook(data):
        raise Invalid(say("This is not an Excel workbook. Save the matrix as .xlsx and choose that file."), "not-excel")
    found, heads = list[FilledRow](), 0
    for sheet in read_workbook(data):
        head = _find_head(sheet)
        if head is not None:
            heads += 1
            found += _rows(sheet, *head)
    if not heads:
        raise Invalid(
            say(
                "This workbook has no table with the columns of the matrix (%(names)s …). Take the matrix from this "
                "round, fill that and choose it.",
                names=", ".join(("No.", "Decision", WORDING)),
            ),
            "no-matrix",
        )
    if len(found) > MOST_ROWS:
        raise Invalid(say("This workbook has more than %(most)s rows. Divide it.", most=MOST_ROWS), "too-complex")
    return tuple(found)


def _find_head(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Return where in its rows the head of the matrix stands, and the column of each of its names."""
    for position, row in enumerate(sheet.rows[:LAST_HEAD]):
        columns: dict[str, int] = {}
        for column, text in sorted(row.cells.items()):
            name = NAMES.get(" ".join(text.casefold().split()))
            if name:
                columns.setdefault(name, column)
        if "number" in columns and "decision" in columns:
            return position, columns
    return None


def _rows(sheet: Sheet, head: int, columns: dict[str, int]) -> list[FilledRow]:
    looked_at = {name: column for name, column in columns.items() if name in ("number", "key", *TO_FILL)}
    rows = sheet.rows[head + 1 :]
    return [_row(sheet, row, columns) for row in rows if _says_something(row, looked_at)]


def _says_something(row: Row, columns: dict[str, int]) -> bool:
    texts = {name: row.cells.get(column, "") for name, column in columns.items()}
    is_head_again = all(NAMES.get(" ".join(text.casefold().split())) == name for name, text in texts.items() if text)
    return not is_head_again or bool(row.unread.intersection(columns.values()))


def _row(sheet: Sheet, row: Row, columns: dict[str, int]) -> FilledRow:
    def text(name: str) -> str:
        return row.cells.get(columns[name], "") if name in columns else ""

    return FilledRow(
        row.number,
        sheet.name,
        text("key"),
        text("number"),
        text("comment"),
        text("proposed_change"),
        text("decision"),
        text("observations"),
        text("wording"),
        text("duplicate_of"),
        tuple(TITLES[name] for name in TO_FILL if columns.get(name) in row.unread),
    )
