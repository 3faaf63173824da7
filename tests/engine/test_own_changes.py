"""A draft that has tracked changes of its own: a copy of it that nobody edited holds no edits."""

from consult import engine
from consult.engine.ooxml import Element, w
from consult.engine.package import parse_xml
from tests.engine.specimens import draft, go_through, tracked_copy, with_document_xml

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


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


def test_a_comment_in_a_deleted_row_stands_on_its_words_behind_words_the_draft_itself_deletes() -> None:
    plain = draft("Before.", [["The former Parties shall act.", "two"], ["three", "four"]])
    cells = [p for p in engine.read_draft(plain).paragraphs if p.cell is not None]
    own = engine.Edit(cells[0].key, "delete", 4, 11, "former ", "", "S", "S", "", True)
    with_own = tracked_copy(plain, [own], "S")
    cells = [p for p in engine.read_draft(with_own).paragraphs if p.cell is not None]
    assert cells[0].text == "The Parties shall act."
    gone = engine.Edit(cells[0].key, "row-deleted", 0, 0, "", "", "M", "M", "", True, until=cells[1].key)
    remark = engine.Remark(cells[0].key, 12, 17, "Why?", "shall", "M", "M", "M", "")
    date = "2026-11-20T10:00:00Z"
    copy = engine.consolidate(with_own, [engine.Contribution("M", (gone,), (remark,))], date=date).docx
    read = engine.read_returned_copy(copy, with_own, "M")
    assert [(r.paragraph, r.start, r.end) for r in read.remarks] == [(cells[0].key, 12, 17)]


def test_a_new_row_in_place_of_one_that_the_draft_itself_deletes_is_not_lost_with_it() -> None:
    plain = draft("Before.", [["", ""], ["three", "four"]], "After.")
    cells = [p for p in engine.read_draft(plain).paragraphs if p.cell is not None]
    own = engine.Edit(cells[0].key, "row-deleted", 0, 0, "", "", "S", "S", "", True, until=cells[1].key)
    with_own = tracked_copy(plain, [own], "S")
    copy = draft("Before.", [["new", "row"], ["three", "four"]], "After.")
    read = engine.read_returned_copy(copy, with_own, "M")
    made = engine.consolidate(with_own, [engine.Contribution("M", read.edits)], date="2026-11-20T10:00:00Z")
    texts = [p.text for p in engine.read_draft(engine.resolve(made.docx, "all")).paragraphs]
    assert [text for text in texts if text] == ["Before.", "new", "row", "three", "four", "After."]


def with_its_first_row_marked(data: bytes) -> bytes:
    """Return a document whose first row is marked as deleted, while its words are not."""

    def mark(body: Element) -> None:
        row = next(body.iter(w("tr")))
        row.insert(0, parse_xml(f'<w:trPr xmlns:w="{NAMESPACE}"><w:del w:id="77" w:author="S"/></w:trPr>'.encode()))

    return with_document_xml(data, mark)


def test_a_row_that_the_draft_itself_deletes_is_not_taken_for_one_of_the_same_words_that_stays() -> None:
    with_own, copy = (
        with_its_first_row_marked(draft("Before.", rows, "After."))
        for rows in (
            [["row", ""], ["", ""], ["row", ""], ["gone", ""]],
            [["new row", ""], ["", "new"], ["row", ""], ["", ""]],
        )
    )
    read = engine.read_returned_copy(copy, with_own, "M")
    made = engine.consolidate(with_own, [engine.Contribution("M", read.edits)], date="2026-11-20T10:00:00Z")
    texts = [p.text for p in engine.read_draft(engine.resolve(made.docx, "all")).paragraphs]
    assert [text for text in texts if text] == ["Before.", "new", "row", "After."]
