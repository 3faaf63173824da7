"""Paragraphs on pages: everything escaped, offsets for selecting, tables laid out."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult import engine
from consult.engine.rendering import HIDDEN, RenderedTable
from consult.engine.values import ATOM
from tests.engine.payloads import PAYLOADS
from tests.engine.specimens import draft, specimen_draft

ALLOWED = {"span", "strong", "em", "u", "s", "sup", "sub", "br", "a", "ins", "del"}


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.elements: list[tuple[str, list[str]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.elements.append((tag, [name for name, _ in attrs]))
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


def every_slot(words: str) -> dict[str, str]:
    """Return what each function for pages makes of a text in each place that holds text."""
    atoms = {
        kind: engine.Paragraph(0, "p1", "1", "body", ATOM, atoms=(engine.Atom(0, kind, words),), spans=())
        for kind in ("footnote", "endnote", "field", "image", "symbol", words)
    }
    headed = replace(a_paragraph("x"), number=words, label=words, style=words)
    shown = {f"atom {kind}": engine.render_paragraph(paragraph) for kind, paragraph in atoms.items()}
    return shown | {
        "text": engine.render_paragraph(a_paragraph(words)),
        "link": engine.render_paragraph(a_paragraph("here", words)),
        "format": engine.render_paragraph(replace(headed, spans=(engine.Span(0, 1, frozenset({words})),))),
        "label, number, style": engine.render_paragraph(headed),
        "anchor": f'<p id="{engine.anchor_of(headed)}">x</p>',
        "inserted": engine.render_changes((engine.Change("inserted", words),)),
        "deleted": engine.render_changes((engine.Change("deleted", words),)),
        "same": engine.render_changes((engine.Change("same", words),)),
    }


def markup(html: str) -> list[tuple[str, list[str]]]:
    """Return the elements and the names of their attributes, without the marks for hidden and broken characters."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return [(tag, names) for tag, names in reader.elements if tag not in ("span", "br")]


def test_two_hundred_payloads_bring_no_element_and_no_attribute_into_any_slot() -> None:
    assert len(PAYLOADS) >= 200
    neutral = {slot.replace("harmless", "named"): markup(html) for slot, html in every_slot("harmless").items()}
    for payload in PAYLOADS:
        for slot, html in every_slot(payload).items():
            assert markup(html) == neutral[slot.replace(payload, "named")], (payload, slot)
            assert read(html).attributes <= {"data-at", "data-width", "class", "href", "rel", "target", "id", "lang"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_stay_text(payload: str) -> None:
    shown = read(engine.render_paragraph(a_paragraph(payload))).text
    assert shown == HIDDEN.sub(lambda m: f"U+{ord(m.group()):04X}", payload.replace("\t", "\u2003"))


def test_a_place_in_the_text_is_found_behind_characters_that_hide() -> None:
    html = engine.render_paragraph(a_paragraph("ab\u202ecd"))
    assert '<span data-at="2" data-width="1" class="hidden-character">U+202E</span><span data-at="3">cd</span>' in html


HIDING = (
    "\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200d\u200e\u200f"
    "\u202a\u202e\u2028\u2060\u2066\u2069\u206a\u3164\ufeff\uffa0\U000e0041"
)


@pytest.mark.parametrize("character", HIDING, ids=[f"U+{ord(c):04X}" for c in HIDING])
def test_what_hides_or_turns_text_is_shown_on_the_page_and_kept_in_the_data(character: str) -> None:
    words = f"pay{character}ment"
    assert f"U+{ord(character):04X}" in engine.render_paragraph(a_paragraph(words))
    assert f"U+{ord(character):04X}" in engine.render_changes((engine.Change("inserted", words),))
    assert engine.read_draft(draft(words)).paragraphs[0].text == words


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
