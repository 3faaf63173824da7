"""The comment matrix as .xlsx."""

import io
from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from consult.engine.filling import FILL_COLUMNS, TO_FILL, RowToFill
from consult.engine.tabling import COLUMNS, EPOCH, cell_text, head_lines
from consult.engine.values import MatrixHead, MatrixRow

HELP = (
    "To decide here, fill the light cells: the decision, the reason under “Observations”,",
    "for “accepted with changes” how the paragraph shall read, for “duplicate” the number of the other comment.",
    "Save as .xlsx and give the file back on the page it came from. Only the light cells are read.",
)
LETTERS = 5  # in a centimetre
LINE, MOST_LINES = 15.0, 20  # points; a row of Excel can be 409 points high
ALLOWED = ("autofilter", "sort", "format_cells", "format_columns", "format_rows")  # in a sheet with locked cells
PALE = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
CELL = {"text_wrap": True, "valign": "top", "border": 1}


def write_matrix_xlsx(head: MatrixHead, rows: Sequence[MatrixRow]) -> bytes:
    """Return the matrix as a workbook. Every cell is text as it was written: nothing in it can run as a formula."""
    return _Book(head, COLUMNS).write(rows)


def write_matrix_to_fill(head: MatrixHead, rows: Sequence[RowToFill], decisions: Sequence[str]) -> bytes:
    """Return the matrix as a workbook in which the lead's cells are open, with a list of the decisions; others are locked.

    The lead's cells are text whatever is typed into them. There is no password: locking keeps from mistakes only.
    """
    book = _Book(head, FILL_COLUMNS, HELP, TO_FILL)
    book.open_cells(len(rows), decisions)
    return book.write(rows)


class _GrowingSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter has no types
    """A sheet whose rows have a height to begin with and grow with what is written into them.

    Excel gives rows without a height one of its own, LibreOffice does not; a height that is said to be the author's own
    wish would stay as it is in both.
    """

    def _xml_start_tag_unencoded(self, tag: str, attributes: list[tuple[str, object]]) -> None:
        if tag == "row":
            attributes = [(name, value) for name, value in attributes if name != "customHeight"]
        super()._xml_start_tag_unencoded(tag, attributes)


class _Book:
    """A workbook with one sheet: lines, a table, and for some of its columns cells to be filled."""

    def __init__(
        self,
        head: MatrixHead,
        columns: Sequence[tuple[str, str, float]],
        told: Sequence[str] = (),
        to_fill: Sequence[str] = (),
    ) -> None:
        self.buffer = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(self.buffer, {**options, "strings_to_numbers": False})
        self.book.set_properties({"created": EPOCH})
        self.sheet: Worksheet = self.book.add_worksheet("Comments", worksheet_class=_GrowingSheet)
        self.columns, self.to_fill = columns, to_fill
        self.lines = [*head_lines(head), *told]
        self.top = len(self.lines) + 1

    def open_cells(self, count: int, decisions: Sequence[str]) -> None:
        """Lock the sheet but for the cells to be filled, and give the decisions as a list to choose from."""
        self.sheet.protect("", dict.fromkeys(ALLOWED, True))
        column = next(number for number, (_, name, _) in enumerate(self.columns) if name == "decision")
        told = {"validate": "list", "source": list(decisions), "error_type": "warning"}
        self.sheet.data_validation(self.top + 1, column, self.top + max(count, 1), column, told)

    def write(self, rows: Sequence[MatrixRow]) -> bytes:
        """Write everything and return the workbook's bytes."""
        sheet, top, last = self.sheet, self.top, len(self.columns) - 1
        title = self.book.add_format({"bold": True})
        for number, line in enumerate(self.lines):
            sheet.write_string(number, 0, line, title)
        self._write_heads()
        closed = self.book.add_format(CELL)
        opened = self.book.add_format({**CELL, "bg_color": "#FFFBE6", "locked": False, "num_format": "@"})
        formats = [opened if name in self.to_fill else closed for _, name, _ in self.columns]
        for number, row in enumerate(rows, top + 1):
            texts = [cell_text(getattr(row, name)) for _, name, _ in self.columns]
            sheet.set_row(number, self._height_of(texts))
            for column, text in enumerate(texts):
                sheet.write_string(number, column, text, formats[column])
        sheet.freeze_panes(top + 1, 0)
        sheet.autofilter(top, 0, top + max(len(rows), 1), last)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.repeat_rows(top)
        sheet.fit_to_pages(1, 0)
        self.book.close()
        return self.buffer.getvalue()

    def _height_of(self, texts: Sequence[str]) -> float:
        """Return how high a row must be to show these texts, one for each column, as far as a page can."""
        lines = [
            sum(len(line) // int(width * LETTERS) + 1 for line in text.split("\n"))
            for text, (_, name, width) in zip(texts, self.columns, strict=True)
            if name != "key"
        ]
        return LINE * min(max(lines), MOST_LINES)

    def _write_heads(self) -> None:
        self.sheet.set_row(self.top, self._height_of([title for title, _, _ in self.columns]))
        pale = self.book.add_format({**PALE, "bg_color": "#E6E9EE"})
        yellow = self.book.add_format({**PALE, "bg_color": "#FFE699"})
        for column, (title, name, width) in enumerate(self.columns):
            self.sheet.set_column(column, column, width * LETTERS, None, {"hidden": name == "key"})
            self.sheet.write_string(self.top, column, title, yellow if name in self.to_fill else pale)
