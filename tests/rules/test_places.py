"""Which paragraph a line of a mail names: a small grammar, and numbers only that the draft has."""

import pytest

from consult.rules.places import Placed, divide

KNOWN = ("1", "2", "3", "5", "12", "fn 1", "2.1", "7 bis")


@pytest.mark.parametrize(
    ("line", "paragraph", "text"),
    [
        ("Para 12: shorter.", "12", "shorter."),
        ("para. 12 - shorter.", "12", "shorter."),
        ("Paragraph 12", "12", ""),
        ("On paragraph 12: shorter.", "12", "shorter."),
        ("Paragraph 12 should go.", "12", "Paragraph 12 should go."),
        ("- § 12: kürzer", "12", "kürzer"),
        ("§12 kürzer", "12", "§12 kürzer"),
        ("¶ 3) x", "3", "x"),
        ("Absatz 3: kürzer", "3", "kürzer"),
        ("Abs. 3: kürzer", "3", "kürzer"),
        ("Zu Ziffer 3: kürzer", "3", "kürzer"),
        ("Paragraphe 3 : plus court", "3", "plus court"),
        ("Au paragraphe 3: plus court", "3", "plus court"),
        ("Paragrafo 3: più breve", "3", "più breve"),
        ("Comma 3. Più breve", "3", "Più breve"),
        ("Párrafo 3: más corto", "3", "más corto"),
        ("Apartado 3 — más corto", "3", "más corto"),
        ("Пункт 3: короче", "3", "короче"),
        ("п. 3: короче", "3", "короче"),
        ("Абзац 3: короче", "3", "короче"),
        ("footnote 1: why?", "fn 1", "why?"),
        ("Fußnote 1: warum?", "fn 1", "warum?"),
        ("сноска 1: почему?", "fn 1", "почему?"),
        ("12: shorter.", "12", "shorter."),
        ("2.1: shorter.", "2.1", "shorter."),
        ("Para 7bis: shorter.", "7 bis", "shorter."),
        ("7 bis: shorter.", "7 bis", "shorter."),
        ("5 bis. A new paragraph.", "5", "5 bis. A new paragraph."),
        ("Para 5 bis: a new paragraph.", "5", "Para 5 bis: a new paragraph."),
    ],
)
def test_a_line_that_names_a_paragraph(line: str, paragraph: str, text: str) -> None:
    found, unknown = divide(f"{line}\nand on", KNOWN)
    assert found == (Placed(paragraph, f"{text}\nand on".strip()),) or (
        text == "" and found == (Placed(paragraph, "and on"),)
    )
    assert unknown == ()


@pytest.mark.parametrize(
    "line",
    ["1. First", "12 missions agree.", "3", "Paragraphs are long.", "Parade 3: x", "No 3 working days", "10:30 is fine", "4: x",
     "In 2026: x", "3) third", "noted 3: x", "Absolut 3"],
)  # fmt: skip
def test_a_line_that_names_none(line: str) -> None:
    text = f"{line}\nand on"
    found, _ = divide(text, KNOWN)
    if line == "No 3 working days":  # "No" is a word for a number: the whole line is kept all the same
        assert found == (Placed("3", text),)
        return
    assert found == (Placed("", text),)


def test_a_number_that_the_draft_has_not_is_named_and_the_line_is_kept() -> None:
    assert divide("Hello\nPara 99: huh\nPara 3: yes\n§ 99: again", KNOWN) == (
        (Placed("", "Hello"), Placed("", "Para 99: huh"), Placed("3", "yes"), Placed("", "§ 99: again")), ("99",),
    )  # fmt: skip


def test_nothing_of_a_text_is_lost() -> None:
    text = "Dear all,\n\nPara 3:\nlong\n\nlonger\n§ 2 x\nregards"
    found, _ = divide(text, KNOWN)
    words = " ".join(placed.text for placed in found).split()
    assert [word for word in text.split() if word not in words] == ["Para", "3:"]
