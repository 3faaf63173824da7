"""A draft that has tracked changes of its own: a copy of it that nobody edited holds no edits."""

from consult import engine
from tests.engine.specimens import draft, go_through, tracked_copy


def test_a_table_whose_rows_the_draft_itself_deletes_is_no_news_in_a_copy() -> None:
    plain = draft("Before.", [["one", "two"], ["three", "four"]], "Between.", "", "", "After.")
    cells = [p for p in engine.read_draft(plain).paragraphs if p.cell is not None]
    rows = [
        engine.Edit(first.key, "row-deleted", 0, 0, "", "", "S", "S", "", True, until=last.key)
        for first, last in (cells[:2], cells[2:])
    ]
    with_own = tracked_copy(plain, rows, "S")
    assert [p.text for p in engine.read_draft(with_own).paragraphs if p.cell is not None] == ["", "", "", ""]
    go_through(with_own)
