"""A matrix filled as people fill it: opened, some cells written, saved."""

import io
from collections.abc import Mapping
from typing import Any

import openpyxl

HEADS = {
    "number": "No.",
    "comment": "Comments",
    "decision": "Decision",
    "reason": "Observations of the secretariat (reason)",
    "duplicate_of": "Duplicate of No.",
    "wording": "The paragraph shall read",
    "key": "consult",
}


def filled(data: bytes, rows: Mapping[int, Mapping[str, Any]]) -> bytes:
    """Return a matrix in which cells of the rows of these comments, by number, have these values."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet: Any = book.active
    head, columns = head_of(sheet)
    for row in sheet.iter_rows(min_row=head + 1):
        for name, value in rows.get(int(row[columns["number"] - 1].value or 0), {}).items():
            row[columns[name] - 1].value = value
    return as_bytes(book)


def as_bytes(book: Any) -> bytes:
    """Return a workbook as openpyxl saves it."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def head_of(sheet: Any) -> tuple[int, dict[str, int]]:
    """Return the row of the table's head and the columns of its names, from 1."""
    for row in sheet.iter_rows():
        texts = {cell.value: cell.column for cell in row if cell.value}
        if HEADS["key"] in texts:
            return row[0].row, {name: texts[title] for name, title in HEADS.items()}
    raise AssertionError("the sheet has no head")


def row_of(data: bytes, number: int) -> int:
    """Return in which row of the sheet a comment stands."""
    sheet: Any = openpyxl.load_workbook(io.BytesIO(data)).active
    head, columns = head_of(sheet)
    found = (
        row for row in range(head + 1, sheet.max_row + 1) if sheet.cell(row, columns["number"]).value == str(number)
    )
    return next(found)
