"""The door of the engine: .docx bytes in, values or .docx bytes out. Nothing else of the engine is used outside."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from consult.engine.advancing import write_next_draft
from consult.engine.carrying import carry_over
from consult.engine.cleaning import clean, release
from consult.engine.coding import from_json, to_json, to_report
from consult.engine.combining import combine
from consult.engine.consolidating import Layout, clean_date, consolidate, find_conflicts, merge_edits
from consult.engine.copying import read_identity, write_copy
from consult.engine.disputing import Conflicts
from consult.engine.explaining import Difference, Explanation, explain_differences
from consult.engine.filling import DUPLICATE_OF, FilledRow, RowToFill, read_filled_matrix
from consult.engine.foreseeing import foresee
from consult.engine.forms import read_comment_form
from consult.engine.naming import Naming, is_nobody, one_spelling
from consult.engine.picturing import PICTURE_TYPES, Picture, read_pictures
from consult.engine.proposing import told_change, understand
from consult.engine.reading import read_draft
from consult.engine.redlining import compare_drafts
from consult.engine.rendering import anchor_of, anchor_of_number, render_changes, render_draft, render_paragraph
from consult.engine.reporting import Source, source_of, source_of_form, write_report
from consult.engine.resolving import authors_of, resolve
from consult.engine.returning import read_returned_copy
from consult.engine.tabling import cell_text, headings_of, matrix_rows, place_of
from consult.engine.tracing import Passage, PassageKind, trace_paragraphs
from consult.engine.values import (
    ATOM,
    Atom,
    BadRow,
    Carried,
    Cell,
    Cleaned,
    CommentForm,
    Conflict,
    Consolidation,
    Contribution,
    CopyIdentity,
    Draft,
    Edit,
    MatrixHead,
    MatrixRow,
    MergedEdit,
    Notice,
    Paragraph,
    Remark,
    ReturnedCopy,
    Span,
    Unplaced,
    Variant,
)
from consult.engine.wording import Change, apply_edits, compare_words, deletion_of, propose, show_changes

if TYPE_CHECKING:
    from consult.engine.letters_docx import write_letter_docx
    from consult.engine.matrix_docx import write_matrix_docx
    from consult.engine.matrix_xlsx import write_matrix_to_fill, write_matrix_xlsx
    from consult.engine.tables_docx import write_table_docx

WRITERS = {
    "write_letter_docx": "consult.engine.letters_docx",
    "write_matrix_docx": "consult.engine.matrix_docx",
    "write_matrix_to_fill": "consult.engine.matrix_xlsx",
    "write_matrix_xlsx": "consult.engine.matrix_xlsx",
    "write_table_docx": "consult.engine.tables_docx",
}

__all__ = [
    "ATOM",
    "DUPLICATE_OF",
    "PICTURE_TYPES",
    "Atom",
    "BadRow",
    "Carried",
    "Cell",
    "Change",
    "Cleaned",
    "CommentForm",
    "Conflict",
    "Conflicts",
    "Consolidation",
    "Contribution",
    "CopyIdentity",
    "Difference",
    "Draft",
    "Edit",
    "Explanation",
    "FilledRow",
    "Layout",
    "MatrixHead",
    "MatrixRow",
    "MergedEdit",
    "Naming",
    "Notice",
    "Paragraph",
    "Passage",
    "PassageKind",
    "Picture",
    "Remark",
    "ReturnedCopy",
    "RowToFill",
    "Source",
    "Span",
    "Unplaced",
    "Variant",
    "anchor_of",
    "anchor_of_number",
    "apply_edits",
    "authors_of",
    "carry_over",
    "cell_text",
    "clean",
    "clean_date",
    "combine",
    "compare_drafts",
    "compare_words",
    "consolidate",
    "deletion_of",
    "explain_differences",
    "find_conflicts",
    "foresee",
    "from_json",
    "headings_of",
    "is_nobody",
    "matrix_rows",
    "merge_edits",
    "one_spelling",
    "place_of",
    "propose",
    "read_comment_form",
    "read_draft",
    "read_filled_matrix",
    "read_identity",
    "read_pictures",
    "read_returned_copy",
    "release",
    "render_changes",
    "render_draft",
    "render_paragraph",
    "resolve",
    "show_changes",
    "source_of",
    "source_of_form",
    "to_json",
    "to_report",
    "told_change",
    "trace_paragraphs",
    "understand",
    "write_copy",
    "write_letter_docx",
    "write_matrix_docx",
    "write_matrix_to_fill",
    "write_matrix_xlsx",
    "write_next_draft",
    "write_report",
    "write_table_docx",
]


def __getattr__(name: str) -> Any:
    """Load what writes a table when it is asked for: its libraries take longer to load than all of the engine."""
    if name in WRITERS:
        return getattr(import_module(WRITERS[name]), name)
    raise AttributeError(name)
