"""Formatting: what a copy tracked is carried for its author; what differs without tracking only when asked for."""

from typing import Any

import pytest

from consult import engine
from consult.engine.ooxml import Element, w
from consult.engine.package import open_package, parse_xml
from tests.engine.specimens import draft, with_document_xml

BASE = draft("The missions act.", "* A point.", "* Another point.", "Text at the end.")


def changed(act: Any) -> bytes:
    return with_document_xml(BASE, act)


def properties(docx: bytes, number: int) -> dict[str, str]:
    """Return a paragraph's properties: name -> the value, or the list's number."""
    package = open_package(docx)
    body = parse_xml(package.read(package.main_part)).find(w("body"))
    assert body is not None
    found = body.findall(w("p"))[number].find(w("pPr"))
    told = {}
    for child in found if found is not None else ():
        inner = child.find(w("numId"))
        told[child.tag.rpartition("}")[2]] = (inner if inner is not None else child).get(w("val"), "")
    return told


def set_property(body: Element, number: int, name: str, value: str) -> None:
    paragraph = body.findall(w("p"))[number]
    own = paragraph.find(w("pPr"))
    if own is None:
        own = paragraph.makeelement(w("pPr"), {})
        paragraph.insert(0, own)
    for child in own.findall(w(name)):
        own.remove(child)
    own.append(own.makeelement(w(name), {w("val"): value}))


def merged(copy: bytes, *, formatting: bool) -> tuple[bytes, engine.ReturnedCopy]:
    read = engine.read_returned_copy(copy, BASE, "Mission", formatting=formatting)
    return engine.consolidate(BASE, [engine.Contribution("Mission", read.edits)]).docx, read


@pytest.mark.parametrize(
    ("number", "name", "value"), [(0, "jc", "center"), (3, "pStyle", "ListBullet"), (1, "pStyle", "ListNumber")]
)
def test_a_paragraph_that_looks_otherwise_without_tracking_counts_only_when_asked(
    number: int, name: str, value: str
) -> None:
    copy = changed(lambda body: set_property(body, number, name, value))
    assert not merged(copy, formatting=False)[1].edits
    docx, read = merged(copy, formatting=True)
    assert [(e.kind, e.tracked) for e in read.edits] == [("paragraph-format", False)]
    assert properties(engine.resolve(docx, "all"), number)[name] == value
    assert properties(engine.resolve(docx, "none"), number) == properties(BASE, number)


def test_what_programs_say_without_meaning_it_is_no_change() -> None:
    copy = changed(lambda body: set_property(body, 0, "jc", "left"))
    assert not merged(copy, formatting=True)[1].edits


def test_a_style_the_draft_does_not_have_is_left_out_with_a_notice() -> None:
    copy = changed(lambda body: set_property(body, 0, "pStyle", "HouseStyle"))
    _, read = merged(copy, formatting=True)
    assert not read.edits
    assert [n.code for n in read.notices] == ["unknown-style"]


def test_a_tracked_list_is_carried_for_its_author() -> None:
    number = properties(draft("1. x"), 0)

    def track(body: Element) -> None:
        paragraph = body.findall(w("p"))[0]
        own = paragraph.makeelement(w("pPr"), {})
        paragraph.insert(0, own)
        style = own.makeelement(w("pStyle"), {w("val"): "ListNumber"})
        change = own.makeelement(
            w("pPrChange"), {w("id"): "900", w("author"): "Ann", w("date"): "2026-01-02T03:04:05Z"}
        )
        change.append(own.makeelement(w("pPr"), {}))
        own.extend([style, change])

    docx, read = merged(changed(track), formatting=False)
    assert [(e.kind, e.author, e.tracked) for e in read.edits] == [("paragraph-format", "Ann", True)]
    assert properties(engine.resolve(docx, "all"), 0) == number
    assert properties(engine.resolve(docx, "none"), 0) == {}
