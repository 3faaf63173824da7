"""The comment matrix as .xlsx."""

import io
from collections.abc import Sequence

import xlsxwriter

from consult.engine.tabling import COLUMNS, EPOCH, head_lines, values_of
from consult.engine.values import MatrixHead, MatrixRow


def write_matrix_xlsx(head: MatrixHead, rows: Sequence[MatrixRow]) -> bytes:
    """Return the matrix as a workbook. Every cell is text as it was written: nothing in it can run as a formula."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": EPOCH})
    sheet = book.add_worksheet("Comments")
    title, text = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "border": 1, "bg_color": "#E6E9EE"})
    lines = head_lines(head)
    for number, line in enumerate(lines):
        sheet.write_string(number, 0, line, title)
    top = len(lines) + 1
    for column, (name, _, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width * 5)
        sheet.write_string(top, column, name, header)
    for number, row in enumerate(rows, top + 1):
        for column, value in enumerate(values_of(row)):
            sheet.write_string(number, column, value[:32_767], text)  # a cell of Excel holds no more
    sheet.freeze_panes(top + 1, 0)
    sheet.autofilter(top, 0, top + max(len(rows), 1), len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(top)
    sheet.fit_to_pages(1, 0)
    book.close()
    return buffer.getvalue()
