"""The door of the engine: .docx bytes in, values or .docx bytes out. Nothing else of the engine is used outside."""

from consult.engine.consolidating import consolidate, find_conflicts, merge_edits, write_next_draft
from consult.engine.copying import read_identity, write_copy
from consult.engine.reading import read_draft
from consult.engine.resolving import authors_of, resolve
from consult.engine.returning import read_returned_copy
from consult.engine.values import (
    ATOM,
    Atom,
    Cell,
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
from consult.engine.wording import Change, apply_edits, deletion_of, propose, show_changes

__all__ = [
    "ATOM",
    "Atom",
    "Cell",
    "Change",
    "Conflict",
    "Consolidation",
    "Contribution",
    "CopyIdentity",
    "Draft",
    "Edit",
    "MatrixHead",
    "MatrixRow",
    "MergedEdit",
    "Notice",
    "Paragraph",
    "Remark",
    "ReturnedCopy",
    "Span",
    "Unplaced",
    "Variant",
    "apply_edits",
    "authors_of",
    "consolidate",
    "deletion_of",
    "find_conflicts",
    "merge_edits",
    "propose",
    "read_draft",
    "read_identity",
    "read_returned_copy",
    "resolve",
    "show_changes",
    "write_copy",
    "write_next_draft",
]
