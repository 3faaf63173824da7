"""Filled comment forms: rows become edits and margin comments, bad rows are named, our own matrix reads back the same."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import docx
import openpyxl
import pytest
from hypothesis import given

from consult import engine
from consult.engine.locating import locate
from consult.errors import Invalid
from tests.engine.laws import LAW
from tests.engine.plain_rounds import DRAFTS, READ, rounds, without_empty
from tests.engine.specimens import draft, edit, specimen_draft, texts
from tests.tools import office

BASE = specimen_draft()
DRAFT = engine.read_draft(BASE)
HEAD = engine.MatrixHead("2026-11-27", "Draft")
ISO = (
    "MB/NC¹", "Line number\n(e.g. 17)", "Clause/ Subclause\n(e.g. 3.1)", "Paragraph/ Figure/ Table/ (e.g. Table 1)",
    "Type of com-ment²", "Comments", "Proposed change", "Observations of the secretariat",
)  # fmt: skip
Cells = Sequence[str | float | None]


def workbook(*rows: Cells, head: Cells = ISO, above: int = 3, merged: Sequence[str] = (), first: str = "") -> bytes:
    """Return a form as Excel saves it: a head over the table, the form on the second sheet if the `first` has a name."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    if first:
        sheet.title = first
        sheet["A1"] = "How to fill in this form"
        sheet = book.create_sheet("Form")
    for number in range(above):
        sheet.cell(number + 1, 1, f"Line {number} of the head")
    for number, row in enumerate((head, *rows), above + 1):
        for column, value in enumerate(row, 1):
            if value is not None:
                sheet.cell(number, column, value)
    for cells in merged:
        sheet.merge_cells(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def document(*rows: Cells, head: Cells = ISO) -> bytes:
    """Return a form as a Word file, behind another table."""
    made = docx.Document()
    made.add_table(rows=1, cols=2).rows[0].cells[0].text = "Date:"
    table = made.add_table(rows=0, cols=len(head))
    for row in (head, *rows):
        for cell, value in zip(table.add_row().cells, row, strict=False):
            cell.text = str(value or "")
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


ROW = ("MDA", 3, "", "", "te", "Too slow.", "Replace “two working days” by “one day”", None)


def told(form: engine.CommentForm) -> list[tuple[str, ...]]:
    """Return what a form wants: organisation, paragraph, words, what for, or the comment."""
    edits = [(e.organisation, e.paragraph, e.old, e.new) for c in form.contributions for e in c.edits]
    return edits + [(r.organisation, r.paragraph, r.quote, r.text) for c in form.contributions for r in c.remarks]


@pytest.mark.parametrize("form", [workbook(ROW), document(ROW), workbook(ROW, first="Read me", above=0)])
def test_a_row_becomes_tracked_words_with_the_reason_beside_them(form: bytes) -> None:
    read = engine.read_comment_form(form, DRAFT)
    assert (read.rows, read.bad_rows) == (1, ())
    assert told(read) == [
        ("MDA", "p3", "two working days", "one day"),
        ("MDA", "p3", "two working days", "Too slow."),
    ]
    made = engine.consolidate(BASE, read.contributions)
    assert engine.authors_of(made.docx) == ("MDA",)
    assert "Each mission informs the co-ordinator within one day." in texts(engine.resolve(made.docx, "all"))


def test_what_cannot_be_tracked_stays_in_the_margin_word_for_word() -> None:
    rows = (
        ("MDA", "3", "", "", "ed", "Unclear.", "Make it shorter, “if possible”."),
        ("MDA", "", "General", "", "ge", "", "Add a glossary."),
        ("MDA", "3", "", "", "ge", "Good.", ""),
    )
    read = engine.read_comment_form(workbook(*rows), DRAFT)
    assert told(read) == [
        ("MDA", "p3", "", "[editorial] Unclear.\nProposed change: Make it shorter, “if possible”."),
        ("MDA", "", "", "Proposed change: Add a glossary."),
        ("MDA", "p3", "", "[general] Good."),
    ]


def test_bad_rows_are_named_one_by_one_and_stop_nothing() -> None:
    rows = (
        ("MDA", "99", "", "", "te", "Where?", ""),
        ("", "3", "", "", "te", "Whose?", ""),
        ("MDA", "3", "", "", "xx", "What?", ""),
        ("MDA", "3", "", "", "te", None, None),
        ("KOS", "", "", "", "", "", ""),
        ROW,
    )
    read = engine.read_comment_form(workbook(*rows), DRAFT)
    assert [(bad.row, bad.sheet, bad.text) for bad in read.bad_rows] == [
        (5, "Sheet", "Where?"), (6, "Sheet", "Whose?"), (7, "Sheet", "What?"), (8, "Sheet", ""),
    ]  # fmt: skip
    for bad, why in zip(read.bad_rows, ("“99”", "MB/NC is empty", "“xx”", "neither a comment nor"), strict=True):
        assert why in bad.why
    assert read.rows == 5  # a code alone is no comment
    assert len(told(read)) == 2
    assert engine.read_comment_form(workbook(*rows), DRAFT, "Mission to Moldova").bad_rows[1].row == 7


@pytest.mark.parametrize(
    ("line", "clause", "place", "keys"),
    [
        ("3", "", "", ["p3"]),
        ("Line 3", "", "", ["p3"]),
        ("para. 3.", "", "", ["p3"]),
        ("[3]", "", "", ["p3"]),
        ("2-4", "", "", ["p2", "p3", "p4"]),
        ("lines 2 – 3", "", "", ["p2", "p3"]),
        ("FN 1", "", "", ["fn1.1"]),
        ("", "", "Footnote 1", ["fn1.1"]),
        ("", "", "Table 1, row 2", ["p9", "p10"]),
        ("", "Tasks", "", ["p6"]),
        ("700", "Tasks", "", ["p6"]),
        ("General", "", "", []),
        ("", "general", "", []),
        ("", "", "", []),
    ],
)
def test_places_are_found_as_people_write_them(line: str, clause: str, place: str, keys: list[str]) -> None:
    assert [p.key for p in locate(DRAFT, line, clause, place).paragraphs] == keys


def test_a_clause_is_a_label_or_a_number_typed_in_a_heading() -> None:
    described = engine.read_draft(draft("# 3.1 Scope", "1. The first.", "1. The second.", "# 4 Terms", "Text."))
    assert [p.key for p in locate(described, "", "3.1", "").paragraphs] == ["p1"]
    assert [p.key for p in locate(described, "", "Clause 4", "").paragraphs] == ["p4"]
    assert [p.key for p in locate(described, "", "2.", "").paragraphs] == ["p3"]


def test_a_code_over_merged_rows_counts_for_each_of_them() -> None:
    rows = (("MDA", "2", "", "", "te", "One.", ""), (None, "3", "", "", "te", "Two.", ""))
    for read in (
        engine.read_comment_form(workbook(*rows, merged=["A5:A6"]), DRAFT),
        engine.read_comment_form(_merged_document(rows), DRAFT),
    ):
        assert told(read) == [("MDA", "p2", "", "One."), ("MDA", "p3", "", "Two.")]


def _merged_document(rows: Sequence[Cells]) -> bytes:
    made = docx.Document(io.BytesIO(document(*rows)))
    table = made.tables[1]
    table.cell(1, 0).merge(table.cell(2, 0))
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_a_file_without_the_columns_is_refused_in_a_sentence() -> None:
    for data in (workbook(ROW, head=("a", "b", "c")), BASE):
        with pytest.raises(Invalid) as refusal:
            engine.read_comment_form(data, DRAFT)
        assert refusal.value.reason == "no-form"


def test_a_formula_is_its_last_result_and_nothing_is_run() -> None:
    row = ("MDA", "3", "", "", "te", '=HYPERLINK("http://example.org","x")', "")
    read = engine.read_comment_form(workbook(row), DRAFT)
    assert [bad.row for bad in read.bad_rows] == [5]  # openpyxl writes formulas without results


@pytest.mark.office
def test_a_form_saved_by_libreoffice_reads_the_same() -> None:
    rows = (ROW, ("MDA", 2.0, "", "", "te", "A & B\nЖ “x”", ""), (None, "3-4", "", "", "ge", "Both.", ""))
    data = workbook(*rows, merged=["A6:A7"], first="Read me")
    saved = office(data, "xlsx", suffix=".xlsx")
    assert saved != data
    assert told(engine.read_comment_form(saved, DRAFT)) == told(engine.read_comment_form(data, DRAFT))
    assert len(told(engine.read_comment_form(saved, DRAFT))) == 4
    ours = engine.write_matrix_docx(HEAD, _rows(BASE, engine.read_comment_form(data, DRAFT).contributions))
    again = office(ours, "docx")
    assert told(engine.read_comment_form(again, DRAFT)) == told(engine.read_comment_form(ours, DRAFT))


# ---- our own matrix -------------------------------------------------------------------------------------------------


def _rows(base: bytes, contributions: Sequence[engine.Contribution]) -> tuple[engine.MatrixRow, ...]:
    return engine.matrix_rows(engine.read_draft(base), engine.consolidate(base, contributions))


def everything(base: bytes) -> tuple[engine.Contribution, ...]:
    days, of_b = edit(base, "two working days", "one day"), edit(base, "to ", "")
    gone = next(p for p in engine.read_draft(base).paragraphs if p.text == "Data are kept short.")
    deleted = engine.Edit(gone.key, "paragraph-deleted", 0, len(gone.text), gone.text, "")
    new = engine.Edit(days.paragraph, "paragraph-inserted", 0, 0, "", "A new one “quoted”.", order=0)
    row = engine.Edit("p9", "row-deleted", 0, 0, "Name a focal point\tEvery mission", "", until="p10")
    to = of_b.start + len("to prevent and ")
    last = len(DRAFT.paragraphs[2].text)
    remarks = (
        engine.Remark("", 0, 0, "On the whole."),
        engine.Remark(days.paragraph, 0, 0, "On a paragraph:\nmore."),
        engine.Remark(of_b.paragraph, to, to + 2, "On the second of two.", "to"),
        engine.Remark(of_b.paragraph, 0, 0, "On several.", "The", last_paragraph=days.paragraph, last_end=last),
    )  # fmt: skip
    return (
        engine.Contribution("Mission to Moldova", (days, new, deleted), remarks),
        engine.Contribution("ODIHR", (of_b, days, row)),
    )


@pytest.mark.parametrize("write", [engine.write_matrix_xlsx, engine.write_matrix_docx])
def test_our_own_matrix_read_back_gives_the_same_comments(write: Any) -> None:
    made = engine.consolidate(BASE, everything(BASE))
    read = engine.read_comment_form(write(HEAD, engine.matrix_rows(DRAFT, made)), DRAFT)
    assert read.bad_rows == ()
    assert read.rows == sum(len(e.organisations) for e in made.edits) + len(made.remarks)
    again = engine.consolidate(BASE, read.contributions)
    assert [replace(e, authors=()) for e in again.edits] == [replace(e, authors=()) for e in made.edits]

    def places(remarks: Sequence[engine.Remark]) -> list[tuple[object, ...]]:
        return [(r.organisation, r.paragraph, r.start, r.end, r.text, r.last_paragraph, r.last_end) for r in remarks]

    assert places(again.remarks) == places(made.remarks)
    assert _rows(BASE, read.contributions) == engine.matrix_rows(DRAFT, made)


@LAW
@given(rounds())
def test_any_matrix_read_back_gives_every_organisations_text(
    given_round: tuple[int, tuple[engine.Contribution, ...]],
) -> None:
    which, contributions = given_round
    base, described = DRAFTS[which], READ[which]
    made = engine.consolidate(base, contributions)
    read = engine.read_comment_form(engine.write_matrix_xlsx(HEAD, engine.matrix_rows(described, made)), described)
    assert (read.bad_rows, [r.text for c in read.contributions for r in c.remarks]) == ((), [])
    again = engine.consolidate(base, read.contributions)
    in_the_margin = {r.organisation for r in again.remarks}  # two changes in one word, told as two of the whole word
    for c in (c for c in contributions if c.organisation not in in_the_margin):
        ours, theirs = (engine.resolve(m.docx, [c.organisation]) for m in (made, again))
        assert without_empty(texts(ours)) == without_empty(texts(theirs))
