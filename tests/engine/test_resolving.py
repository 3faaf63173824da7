"""Accepting and rejecting: what goes takes with it what only held it."""

from typing import Any

from lxml import etree

from consult import engine
from consult.engine.ooxml import SDT, SDT_CONTENT, TBL, TR
from consult.engine.package import open_package, parse_xml
from tests.engine.specimens import draft, tracked_copy, with_document_xml


def in_a_control(body: Any) -> None:
    """Put the first row of the document's table into a content control."""
    row = next(body.iter(TR))
    control = etree.Element(SDT)
    row.addprevious(control)
    etree.SubElement(control, SDT_CONTENT).append(row)


def without_first_row(data: bytes) -> Any:
    """Return the body after the deletion of the row with "a" and "b" is accepted."""
    keys = {p.text: p.key for p in engine.read_draft(data).paragraphs}
    gone = engine.Edit(keys["a"], "row-deleted", 0, 0, "a\tb", "", "A", until=keys["b"])
    made = engine.resolve(tracked_copy(data, [gone], "A"), "all")
    return parse_xml(open_package(made).read("word/document.xml"))


def test_a_table_whose_only_row_stood_in_a_control_goes_with_it() -> None:
    root = without_first_row(with_document_xml(draft("Text.", [["a", "b"]], "End."), in_a_control))
    assert not list(root.iter(TBL, SDT))


def test_a_control_goes_with_its_row_and_the_table_stays_with_its_others() -> None:
    root = without_first_row(with_document_xml(draft("Text.", [["a", "b"], ["c", "d"]], "End."), in_a_control))
    assert not list(root.iter(SDT))
    assert len(list(root.iter(TBL))) == len(list(root.iter(TR))) == 1
