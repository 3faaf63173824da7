"""A matrix filled as people fill it: opened, some cells written, saved."""

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import openpyxl

from consult import engine
from consult.models import DECISIONS
from consult.services import filled_matrices, matrices
from tests.story import Story

HEADS = {
    "number": "No.",
    "comment": "Comments",
    "decision": "Decision",
    "reason": "Observations of the secretariat (reason)",
    "duplicate_of": "Duplicate of No.",
    "wording": "The paragraph shall read",
    "key": "consult",
}


def a_matrix_given_back(story: Story, *, now: datetime) -> int:
    """Give back a matrix of which one row is good and one is not; return its id."""
    taken = engine.write_matrix_to_fill(*matrices.make_matrix_to_fill(story.session, story.round), DECISIONS)
    data = filled(taken, {2: {"decision": "accepted"}, 3: {"decision": "perhaps", "reason": "It depends."}})
    return filled_matrices.keep_matrix(
        story.session, story.round, filename="matrix of the lead.xlsx", data=data,
        rows=engine.read_filled_matrix(data), by=story.actor("lead"), person=story.people["lead"], now=now,
    ).id  # fmt: skip


def filled(data: bytes, rows: Mapping[int, Mapping[str, Any]], *, as_text: bool = False) -> bytes:
    """Return a matrix in which cells of the rows of these comments, by number, have these values.

    With `as_text` what begins with a sign of equality is text, as in cells that are text; else it is a formula.
    """
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet: Any = book.active
    head, columns = head_of(sheet)
    for row in sheet.iter_rows(min_row=head + 1):
        for name, value in rows.get(int(row[columns["number"] - 1].value or 0), {}).items():
            row[columns[name] - 1].value = value
            if as_text:
                row[columns[name] - 1].data_type = "s"
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
