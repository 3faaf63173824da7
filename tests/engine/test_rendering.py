"""Paragraphs on pages: everything escaped, offsets for selecting, tables laid out."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult import engine
from consult.engine.rendering import RenderedTable
from tests.engine.specimens import specimen_draft

ALLOWED = {"span", "strong", "em", "u", "s", "sup", "sub", "br", "a", "ins", "del"}
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=1>',
    "javascript:alert(1)",
    "&lt;b&gt;",
    "</span>",
)


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def a_paragraph(text: str, link: str = "") -> engine.Paragraph:
    spans = (engine.Span(0, len(text), frozenset({"bold"}), link),) if text else ()
    return engine.Paragraph(0, "p1", "1", "body", text, spans=spans)


@given(st.text())
def test_only_known_tags_come_out_and_all_text_does(text: str) -> None:
    seen = read(engine.render_paragraph(a_paragraph(text)))
    assert seen.tags <= ALLOWED
    assert seen.attributes <= {"data-at", "data-width", "class", "href", "rel", "target"}
    for word in text.split():
        if word.isascii() and word.isalnum():
            assert word in seen.text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_stay_text(payload: str) -> None:
    seen = read(engine.render_paragraph(a_paragraph(payload)))
    assert seen.text == payload
    shown = read(engine.render_changes((engine.Change("inserted", payload), engine.Change("deleted", payload))))
    assert shown.tags == {"ins", "del", "span"}


@pytest.mark.parametrize(
    ("link", "is_link"), [("https://osce.org", True), ("javascript:alert(1)", False), ("data:x", False)]
)
def test_only_plain_links_are_links(link: str, is_link: bool) -> None:
    assert ("a" in read(engine.render_paragraph(a_paragraph("here", link))).tags) == is_link


def test_characters_that_hide_are_shown() -> None:
    assert "U+202E" in engine.render_paragraph(a_paragraph("abc\u202edef"))


def test_a_draft_is_laid_out_with_its_table_and_notes() -> None:
    blocks = engine.render_draft(engine.read_draft(specimen_draft()).paragraphs)
    tables = [block for block in blocks if isinstance(block, RenderedTable)]
    assert [[len(row) for row in table.rows] for table in tables] == [[2, 2]]
    assert blocks[-1].paragraph.number == "fn 1"  # type: ignore[union-attr]
    assert 'href="#p-fn-1"' in blocks[1].html  # type: ignore[union-attr]
