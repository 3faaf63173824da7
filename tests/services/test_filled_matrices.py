"""Filled matrices: good rows become decisions as they would on the page, bad rows are told one by one and stop nothing."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from consult import engine, jail
from consult.errors import Invalid, Refused
from consult.models import DECISIONS, Comment, Disposition, FilledMatrix, db
from consult.services import dispositions, filled_matrices, matrices
from consult.services.filled_rows import words_for_decisions
from tests.factories import DEADLINE
from tests.filling import as_bytes, filled, head_of, row_of
from tests.queries import counted_queries
from tests.story import AFTER, Story, a_story, two_conflicting
from tests.tools import office

LATER = AFTER + timedelta(hours=1)
NOTED = {"decision": "noted", "reason": "Thank you."}
NEW_WORDING = "Each mission informs the co-ordinator within 48 hours."


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    """A closed round: 1 is on the whole draft, 2 and 3 want the same, 4 and 5 contradict each other."""
    made = a_story(session, storage)
    two_conflicting(made)
    made.tick(DEADLINE)
    return made


def taken_matrix(story: Story) -> bytes:
    return engine.write_matrix_to_fill(*matrices.make_matrix_to_fill(story.session, story.round), DECISIONS)


def kept(story: Story, data: bytes, name: str = "filled.xlsx") -> FilledMatrix:
    return filled_matrices.keep_matrix(
        story.session, story.round, filename=name, data=data, rows=engine.read_filled_matrix(data),
        by=story.actor("lead"), person=story.people["lead"], now=LATER,
    )  # fmt: skip


def examined(story: Story, data: bytes) -> filled_matrices.Examined:
    return filled_matrices.examine(story.session, story.round, kept(story, data))


def take(story: Story, data: bytes, mark: str = "") -> filled_matrices.Taken:
    matrix = kept(story, data)
    mark = mark or filled_matrices.examine(story.session, story.round, matrix).mark
    return filled_matrices.take(
        story.session, story.round, matrix, mark=mark, by=story.actor("lead"), person=story.people["lead"], now=LATER
    )


def decide(story: Story, number: int, decision: str, version: int = 0, **more: Any) -> None:
    item = dispositions.list_numbered(story.session, story.round)[number - 1]
    given: dict[str, Any] = {"reason": "", "wording": "", "duplicate_of": 0, **more}
    dispositions.decide(
        story.session, story.round, item.comment, decision=decision, version=version, by=story.actor("lead"),
        person=story.people["lead"], now=AFTER, **given,
    )  # fmt: skip


def decided(story: Story) -> dict[int, tuple[str, str, str | None, int]]:
    numbered = dispositions.list_numbered(story.session, story.round)
    numbers = {item.comment.id: item.number for item in numbered}
    return {
        item.number: (made.decision, made.reason, made.wording, numbers.get(made.duplicate_of_id or 0, 0))
        for item in numbered
        if (made := item.disposition)
    }


def codes(found: filled_matrices.Examined) -> dict[str, str]:
    return {verdict.number: verdict.code for verdict in found.refused}


def test_what_is_filled_becomes_the_decisions(story: Story) -> None:
    data = filled(taken_matrix(story), {
        1: NOTED,
        2: {"decision": "accepted"},
        3: {"decision": "duplicate", "reason": "See 2.", "duplicate_of": 2},
        4: {"decision": "accepted with changes", "reason": "In substance.", "wording": NEW_WORDING},
    })  # fmt: skip
    assert take(story, data) == filled_matrices.Taken(4, 0)
    assert decided(story) == {
        1: ("noted", "Thank you.", None, 0),
        2: ("accepted", "", None, 0),
        3: ("duplicate", "See 2.", None, 2),
        4: ("accepted with changes", "In substance.", NEW_WORDING, 0),
    }


def test_a_matrix_as_it_was_taken_changes_nothing(story: Story) -> None:
    decide(story, 4, "accepted with changes", reason="In substance.", wording=NEW_WORDING)
    decide(story, 2, "accepted")
    decide(story, 3, "duplicate", reason="See 2.", duplicate_of=2)
    found = examined(story, taken_matrix(story))
    assert (len(found.taken), len(found.unchanged), found.refused) == (0, 5, ())


def test_the_same_file_twice_is_one_matrix_and_adds_nothing(story: Story) -> None:
    data = filled(taken_matrix(story), {1: NOTED, 5: {"decision": "no idea", "reason": "x"}})
    first = kept(story, data)
    take(story, data)
    versions = [made.version for made in story.session.query(Disposition)]
    again = kept(story, data, "another name.xlsx")
    assert again.id == first.id
    found = filled_matrices.examine(story.session, story.round, again)
    assert (len(found.taken), len(found.unchanged), len(found.refused)) == (0, 4, 1)
    with pytest.raises(Refused, match="nothing to take over"):
        take(story, data)
    assert [made.version for made in story.session.query(Disposition)] == versions


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({**NOTED, "number": "99"}, "unknown-number"),
        ({**NOTED, "number": "99", "key": ""}, "unknown-number"),
        ({**NOTED, "number": "5"}, "number-changed"),
        ({**NOTED, "key": ""}, "not-recognised"),
        ({**NOTED, "key": "c1-2-3"}, "not-recognised"),
        ({**NOTED, "comment": "Two days are short."}, "words-changed"),
        ({**NOTED, "decision": "perhaps"}, "unknown-decision"),
        ({"reason": "No decision."}, "no-decision"),
        ({"decision": "not accepted"}, "reason-missing"),
        ({"decision": "accepted with changes", "reason": "So."}, "wording-missing"),
        ({"decision": "duplicate", "reason": "So."}, "no-such-number"),
        ({"decision": "duplicate", "reason": "So.", "duplicate_of": 77}, "no-such-number"),
        ({"decision": "duplicate", "reason": "So.", "duplicate_of": 4}, "no-such-number"),
        ({"decision": "duplicate", "reason": "So.", "duplicate_of": "first"}, "no-such-number"),
        ({"decision": "noted", "reason": "x" * 20_001}, "too-long"),
        ({"decision": "accepted", "wording": "My own words."}, "wording-not-kept"),
        ({"decision": "accepted", "duplicate_of": "2"}, "number-not-kept"),
        ({"decision": "noted", "reason": "=1+1"}, "formula"),
    ],
)
def test_a_bad_row_is_told_with_its_reason_and_stops_no_other(story: Story, cells: dict[str, Any], code: str) -> None:
    matrix = taken_matrix(story)
    data = filled(matrix, {4: cells, 1: NOTED})
    found = examined(story, data)
    assert [(v.row.row, v.code) for v in found.refused] == [(row_of(matrix, 4), code)]
    assert found.refused[0].why
    assert take(story, data) == filled_matrices.Taken(1, 1)
    assert decided(story) == {1: ("noted", "Thank you.", None, 0)}


def test_a_row_that_stands_twice_with_a_decision_is_refused_both_times(story: Story) -> None:
    book = openpyxl.load_workbook(io.BytesIO(filled(taken_matrix(story), {1: NOTED, 4: NOTED})))
    sheet: Any = book.active
    sheet.append([cell.value for cell in sheet[row_of(as_bytes(book), 4)]])
    found = examined(story, as_bytes(book))
    assert [v.code for v in found.refused] == ["row-twice", "row-twice"]
    assert [v.number for v in found.taken] == ["1"]


def test_a_copied_row_without_a_decision_does_not_matter(story: Story) -> None:
    book = openpyxl.load_workbook(io.BytesIO(taken_matrix(story)))
    sheet: Any = book.active
    sheet.append([cell.value for cell in sheet[row_of(as_bytes(book), 4)]])
    found = examined(story, filled(as_bytes(book), {1: NOTED}))
    assert (len(found.taken), len(found.unchanged), len(found.refused)) == (1, 5, 0)


def test_a_decision_made_meanwhile_by_somebody_else_stands(story: Story) -> None:
    matrix = taken_matrix(story)
    decide(story, 4, "not accepted", reason="Theirs.")
    decide(story, 5, "not accepted", reason="Theirs, and not touched in the sheet.")
    found = examined(story, filled(matrix, {4: NOTED, 1: NOTED}))
    assert codes(found) == {"4": "changed-meanwhile"}
    assert [v.number for v in found.taken] == ["1"]


def test_the_same_decision_made_meanwhile_is_no_quarrel(story: Story) -> None:
    matrix = taken_matrix(story)
    decide(story, 4, "noted", reason="Thank you.")
    assert examined(story, filled(matrix, {4: NOTED})).refused == ()


def test_a_comment_withdrawn_meanwhile_is_refused_and_numbers_still_mean_what_they_meant(story: Story) -> None:
    matrix = taken_matrix(story)
    withdrawn = dispositions.list_numbered(story.session, story.round)[1].comment
    withdrawn.withdrawn_at = LATER
    story.session.flush()
    found = examined(story, filled(matrix, {
        2: NOTED,
        3: {"decision": "duplicate", "reason": "See 5.", "duplicate_of": "5"},
        4: NOTED,
    }))  # fmt: skip
    assert [(v.row.number, v.code) for v in found.refused] == [("2", "not-effective")]
    assert [(v.row.number, v.number) for v in found.taken] == [("3", "2"), ("4", "3")]
    assert found.taken[0].answer is not None
    assert found.taken[0].answer.duplicate_of == 4  # what was number 5


def test_a_comment_that_reads_otherwise_now_is_refused(story: Story) -> None:
    matrix = taken_matrix(story)
    dispositions.list_numbered(story.session, story.round)[3].comment.reason = "Other words."
    story.session.flush()
    assert codes(examined(story, filled(matrix, {4: NOTED}))) == {"4": "words-changed-meanwhile"}


def test_an_unsubmitted_comment_is_refused_like_one_that_is_not_there(story: Story) -> None:
    story.round.closed_at, story.round.stage = None, "open"
    hidden = story.comment("moldova", reason="Never handed in.")
    matrix = taken_matrix(story)
    known = dispositions.list_numbered(story.session, story.round)[0].comment.id
    told = []
    for other in (hidden.id, 12345):
        book = openpyxl.load_workbook(io.BytesIO(filled(matrix, {1: NOTED})))
        sheet: Any = book.active
        head, columns = head_of(sheet)
        cell = sheet.cell(head + 1, columns["key"])
        cell.value = cell.value.replace(f"-{known}-", f"-{other}-")
        told.append([(v.code, v.why, v.number) for v in examined(story, as_bytes(book)).refused])
    assert told[0] == told[1] != []


def test_the_matrix_of_another_round_is_refused_as_a_whole(story: Story) -> None:
    matrix = filled(taken_matrix(story), {1: NOTED})
    other = a_story_beside(story)
    with pytest.raises(Invalid, match="another round"):
        kept(other, matrix)
    assert story.session.query(FilledMatrix).count() == 0


def a_story_beside(story: Story) -> Story:
    for organisation in (story.lead, story.moldova, story.kosovo, story.observer):
        organisation.code, organisation.name = f"{organisation.code}-1", f"{organisation.name}, formerly"
    story.session.flush()
    made = a_story(story.session, story.storage)
    two_conflicting(made)
    made.tick(DEADLINE)
    return made


def test_rows_of_another_round_among_ours_are_refused_one_by_one(story: Story) -> None:
    matrix = taken_matrix(story)
    foreign = taken_matrix(a_story_beside(story))
    sheet: Any = openpyxl.load_workbook(io.BytesIO(filled(foreign, {4: NOTED}))).active
    book = openpyxl.load_workbook(io.BytesIO(filled(matrix, {1: NOTED})))
    ours: Any = book.active
    ours.append([cell.value for cell in sheet[row_of(foreign, 4)]])
    found = examined(story, as_bytes(book))
    assert [v.code for v in found.refused] == ["another-round"]
    assert len(found.taken) == 1


def test_nothing_is_taken_when_something_changed_since_it_was_looked_at(story: Story) -> None:
    data = filled(taken_matrix(story), {1: NOTED, 4: NOTED})
    mark = examined(story, data).mark
    decide(story, 4, "not accepted", reason="Theirs.")
    with pytest.raises(Refused, match="changed since you looked"):
        take(story, data, mark)
    assert decided(story) == {4: ("not accepted", "Theirs.", None, 0)}


def test_nothing_is_taken_while_the_round_is_open_or_finished(story: Story) -> None:
    data = filled(taken_matrix(story), {1: NOTED})
    matrix = kept(story, data)
    who: dict[str, Any] = {"mark": "", "by": story.actor("lead"), "person": story.people["lead"]}
    story.round.stage, story.round.closed_at = "open", None
    with pytest.raises(Refused, match="still open"):
        filled_matrices.take(story.session, story.round, matrix, now=DEADLINE - timedelta(days=1), **who)
    story.round.stage = "decided"
    with pytest.raises(Refused, match="finished"):
        filled_matrices.take(story.session, story.round, matrix, now=LATER, **who)


def test_a_decision_can_be_named_in_any_of_the_six_languages(story: Story) -> None:
    words = words_for_decisions()
    assert len(words) == 6 * len(DECISIONS)
    matrix = taken_matrix(story)
    for word, decision in words.items():
        if decision in ("noted", "not accepted", "out of scope"):
            found = examined(story, filled(matrix, {1: {"decision": f" {word.upper()}. ", "reason": "So."}}))
            assert [v.answer.decision for v in found.taken if v.answer] == [decision], word


@pytest.mark.parametrize("words", ["duplicate of 2", "Duplicate of no. 2", "Wiederholung von 2", "повтор 2"])
def test_the_number_may_stand_behind_the_word_duplicate(story: Story, words: str) -> None:
    found = examined(story, filled(taken_matrix(story), {3: {"decision": words, "reason": "See there."}}))
    assert [v.answer.duplicate_of for v in found.taken if v.answer] == [2]


def test_a_decision_cannot_be_taken_back_by_an_empty_cell(story: Story) -> None:
    decide(story, 1, "noted", reason="Thank you.")
    assert codes(examined(story, filled(taken_matrix(story), {1: {"decision": ""}}))) == {"1": "no-decision"}


def test_the_blanks_around_a_paragraph_and_its_notes_stay_in_a_wording(story: Story) -> None:
    paragraph = story.paragraph("within two working days")
    matrix_text = paragraph.text
    paragraph.text = f" {matrix_text} "
    story.session.flush()
    found = examined(story, filled(taken_matrix(story), {
        5: {"decision": "accepted with changes", "reason": "So.", "wording": NEW_WORDING}
    }))  # fmt: skip
    assert [v.answer.wording for v in found.taken if v.answer] == [f" {NEW_WORDING} "]


def test_only_a_blank_more_in_a_wording_is_a_change(story: Story) -> None:
    decide(story, 4, "accepted with changes", reason="So.", wording=NEW_WORDING)
    wording = NEW_WORDING.replace("48 hours", "48hours")
    data = filled(taken_matrix(story), {4: {"wording": wording}})
    assert take(story, data).decisions == 1
    assert decided(story)[4][2] == wording


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_what_looks_like_a_formula_is_text_going_out_and_coming_back(story: Story, start: str) -> None:
    decide(story, 1, "noted", reason=f"{start} so")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(taken_matrix(story))).active
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    found = examined(story, filled(taken_matrix(story), {4: NOTED}))
    assert (len(found.taken), len(found.unchanged), found.refused) == (1, 4, ())


def test_the_leads_cells_are_open_and_take_text_all_others_are_locked(story: Story) -> None:
    sheet: Any = openpyxl.load_workbook(io.BytesIO(taken_matrix(story))).active
    head, columns = head_of(sheet)
    row = sheet[head + 1]
    opened = {cell.column for cell in row if not cell.protection.locked}
    assert opened == {columns[name] for name in ("decision", "reason", "wording", "duplicate_of")}
    assert {row[column - 1].number_format for column in opened} == {"@"}
    assert sheet.protection.sheet
    assert sheet.column_dimensions[row[columns["key"] - 1].column_letter].hidden
    rule = sheet.data_validations.dataValidation[0]
    assert rule.formula1 == '"{}"'.format(",".join(DECISIONS))
    assert next(iter(rule.sqref.ranges)).min_col == columns["decision"]


def test_a_matrix_that_libreoffice_saved_again_is_read_the_same(story: Story) -> None:
    decide(story, 2, "accepted")
    decide(story, 5, "accepted with changes", reason="=So\n\n-  and so", wording=f"{NEW_WORDING}\n\nAnother one.")
    data = filled(taken_matrix(story), {1: NOTED, 4: {"decision": "perhaps", "reason": "x"}})
    again = office(data, "xlsx:Calc MS Excel 2007 XML", ".xlsx")
    found = examined(story, again)
    assert codes(found) == {"4": "unknown-decision"}
    assert (len(found.taken), len(found.unchanged)) == (1, 3)
    untouched = office(taken_matrix(story), "xlsx:Calc MS Excel 2007 XML", ".xlsx")
    assert len(examined(story, untouched).unchanged) == 5


def test_the_jail_reads_the_same_rows(story: Story) -> None:
    data = filled(taken_matrix(story), {1: NOTED})
    assert jail.read_filled_matrix(data) == engine.read_filled_matrix(data)


def many(story: Story, count: int) -> None:
    first = dispositions.list_numbered(story.session, story.round)[0].comment
    columns = ("round_id", "organisation_id", "author_id", "submission_id", "created_at", "updated_at", "type")
    story.session.add_all(
        Comment(**{name: getattr(first, name) for name in columns}, reason=f"Comment {number}.", edits=[])
        for number in range(count)
    )
    story.session.flush()


def test_a_thousand_rows_take_as_many_queries_as_ten(story: Story) -> None:
    counts = []
    for more in (5, 990):
        many(story, more)
        total = len(dispositions.list_numbered(story.session, story.round))
        data = filled(taken_matrix(story), {n: {**NOTED, "reason": f"To {n}."} for n in range(1, total + 1)})
        matrix = kept(story, data)
        story.session.flush()
        story.session.expire_all()
        with counted_queries(db.engine) as looked:
            found = filled_matrices.examine(story.session, story.round, matrix)
        with counted_queries(db.engine) as made:
            take(story, data, found.mark)
        counts.append((len(looked), len(made)))
        assert len(decided(story)) == total
    assert max(looked for looked, _ in counts) <= 8
    assert max(made for _, made in counts) <= 24, counts


def test_rows_are_as_high_as_their_texts_and_go_on_growing(story: Story) -> None:
    decide(story, 1, "noted", reason="A long reason. " * 30)
    sheet = zipfile.ZipFile(io.BytesIO(taken_matrix(story))).read("xl/worksheets/sheet1.xml").decode()
    heights = [float(height) for height in re.findall(r'<row [^>]*\bht="([\d.]+)"', sheet)]
    assert max(heights) > 5 * 15
    assert "customHeight" not in sheet
