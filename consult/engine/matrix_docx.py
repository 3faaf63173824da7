"""The comment matrix as a Word table."""

from collections.abc import Sequence

from consult.engine.tables_docx import write_table_docx
from consult.engine.tabling import COLUMNS, head_lines, values_of
from consult.engine.values import MatrixHead, MatrixRow


def write_matrix_docx(head: MatrixHead, rows: Sequence[MatrixRow]) -> bytes:
    """Return the matrix as a Word table, landscape, its header row on every page."""
    columns = [(name, width) for name, _, width in COLUMNS]
    return write_table_docx("Comment matrix", head_lines(head), columns, [values_of(row) for row in rows])
