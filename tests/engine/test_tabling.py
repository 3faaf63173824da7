"""The matrix: ISO columns, nothing that can run, the same bytes for the same input."""

import io

import docx
import openpyxl
import pytest

from consult import engine
from tests.tools import office

HEAD = engine.MatrixHead("2026-11-27", "Draft guidelines", "Ref")
ROWS = (
    engine.MatrixRow(
        "MDA",
        "12",
        "First contact",
        "Paragraph 12",
        "te",
        "Why:\nтак",
        "Replace “a” by “b”",
        "",
        "1",
        "accepted",
        "BIH",
    ),
    engine.MatrixRow("ODIHR", "", "General", "", "ge", "=1+1", "@SUM(A1)", "+x", "2"),
    engine.MatrixRow("ALB", "3", "", "", "ed", "\x01control \ufffe", "-1", "", "3"),
)
ISO = [
    "MB/NC", "Line number", "Clause/ Subclause", "Paragraph/ Figure/ Table", "Type of comment", "Comments",
    "Proposed change", "Observations of the secretariat",
]  # fmt: skip


def test_the_workbook_has_the_columns_and_only_text() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(engine.write_matrix_xlsx(HEAD, ROWS))).active
    rows = [list(row) for row in sheet.iter_rows()]
    top = next(n for n, row in enumerate(rows) if row[0].value == "MB/NC")
    assert [cell.value for cell in rows[top]][:8] == ISO
    assert [cell.value for cell in rows[top + 2]][5:7] == ["=1+1", "@SUM(A1)"]
    assert {cell.data_type for row in rows[top:] for cell in row if cell.value} == {"s"}


def test_the_document_has_the_columns() -> None:
    table = docx.Document(io.BytesIO(engine.write_matrix_docx(HEAD, ROWS))).tables[0]
    assert [cell.text for cell in table.rows[0].cells][:8] == ISO
    assert table.rows[1].cells[5].text == "Why:\nтак"
    assert len(table.rows) == 4


def test_the_same_input_gives_the_same_bytes() -> None:
    assert engine.write_matrix_docx(HEAD, ROWS) == engine.write_matrix_docx(HEAD, ROWS)
    assert engine.write_matrix_xlsx(HEAD, ROWS) == engine.write_matrix_xlsx(HEAD, ROWS)


@pytest.mark.office
def test_libreoffice_reads_the_same_values() -> None:
    csv = _converted(engine.write_matrix_xlsx(HEAD, ROWS))
    assert "=1+1" in csv
    assert "так" in csv


def _converted(data: bytes) -> str:
    return office(data, "csv:Text - txt - csv (StarCalc):44,34,76", suffix=".xlsx").decode("utf-8")
