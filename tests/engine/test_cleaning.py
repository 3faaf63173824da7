"""Files that leave carry their text and nothing else: what stays, what goes, and that it still is a Word file."""

from consult import engine
from tests.engine.specimens import specimen_draft, texts, tracked_copy


def test_the_text_stays_as_it_reads_with_all_changes_accepted() -> None:
    data = specimen_draft()
    copy = tracked_copy(data, [edit_of(data, "two working days", "three days")], "Mission A")
    assert texts(engine.clean(copy).docx) == texts(engine.resolve(copy, "all"))
    assert engine.authors_of(engine.clean(copy).docx) == ()


def test_cleaning_twice_changes_nothing_more() -> None:
    once = engine.clean(specimen_draft()).docx
    assert engine.clean(once).docx == once


def edit_of(data: bytes, old: str, new: str) -> engine.Edit:
    paragraph = next(p for p in engine.read_draft(data).paragraphs if old in p.text)
    start = paragraph.text.index(old)
    return engine.Edit(paragraph.key, "replace", start, start + len(old), old, new, "Mission A", "Mission A")
