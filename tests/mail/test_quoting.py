"""What is quoted in an answer is cut off, in eleven languages and the manners of five programs; in doubt more is kept."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.plain_html import text_of_html
from consult.quoting import Piece, read_answer

REPLIES = Path(__file__).with_name("replies")
TEXTS = {
    "en": "We support the draft.\n\nPara 3: one working day is enough.",
    "fr": "Nous soutenons le projet.\n\nParagraphe 3 : un jour ouvrable suffit.",
    "de": "Wir unterstützen den Entwurf.\n\nAbsatz 3: ein Arbeitstag genügt.",
    "it": "Sosteniamo il testo.\n\nParagrafo 3: basta un giorno lavorativo.",
    "es": "Apoyamos el proyecto.\n\nPárrafo 3: basta un día laborable.",
    "ru": "Мы поддерживаем проект.\n\nПункт 3: достаточно одного рабочего дня.",
    "sr": "Подржавамо нацрт.\n\n§ 3: довољан је један радни дан.",
    "sr-latin": "Podržavamo nacrt.\n\n§ 3: dovoljan je jedan radni dan.",
    "sq": "E mbështesim projektin.\n\n§ 3: mjafton një ditë pune.",
    "mk": "Го поддржуваме нацртот.\n\n§ 3: доволен е еден работен ден.",
    "ro": "Susținem proiectul.\n\n§ 3: este suficientă o zi lucrătoare.",
}
STYLES = ("gmail", "broken-line", "outlook", "outlook-new", "phone", "bottom")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("language", TEXTS)
def test_of_an_answer_only_what_is_new_remains(language: str, style: str) -> None:
    found = read_answer((REPLIES / f"{language}.{style}.txt").read_text(encoding="utf-8"))
    told = TEXTS[language] + ("\n\nSent from my phone" if style == "phone" else "")  # no "-- ": it may be meant
    assert found.pieces == (Piece(told),)
    assert not found.is_unsure


@pytest.mark.parametrize("program", ["gmail", "outlook", "apple", "thunderbird", "phone"])
def test_of_an_answer_in_html_too(program: str) -> None:
    found = read_answer(text_of_html((REPLIES / f"html.{program}.html").read_text(encoding="utf-8")))
    assert [piece.text.replace("\n\n", "\n") for piece in found.pieces] == [TEXTS["en"].replace("\n\n", "\n")]
    assert not found.is_unsure


def pieces(text: str) -> list[tuple[str, str]]:
    return [(piece.text, piece.context) for piece in read_answer(text).pieces]


def test_an_answer_between_quoted_lines_keeps_the_line_that_it_answers() -> None:
    text = "On 12 Nov 2026, X wrote:\n> First line\n> goes on.\n>\n> Second.\n\nOne.\n\n>> Third.\n>\nTwo.\nThree.\n> Fourth.\n"
    assert pieces(text) == [("One.", "Second."), ("Two.\nThree.", "Third.")]
    assert pieces("Above.\n> Quoted.\nBelow.") == [("Above.", ""), ("Below.", "Quoted.")]


def test_a_signature_is_cut_only_below_its_mark() -> None:
    assert pieces("Yes.\n-- \nA Person") == [("Yes.", "")]
    assert pieces("Yes.\n--\nA Person") == [("Yes.\n--\nA Person", "")]
    assert pieces("Yes.\nBest regards,\nA Person") == [("Yes.\nBest regards,\nA Person", "")]


@pytest.mark.parametrize(
    "text",
    [
        "-----Original Message-----\nFrom: x\nSent: y\nSubject: z\n\nDear X\n\nWe agree.",  # answered below, without marks
        "Please see below.\n\n-- Forwarded message --\nFrom: A <a@b.org>\nDate: 12 Nov\nSubject: z\nTo: x\n\nA text.",
        "On 12 November 2026 the Presence wrote:\nwe cannot agree.",  # quoted without marks, or told
    ],
)
def test_in_doubt_everything_is_kept_and_it_is_said(text: str) -> None:
    found = read_answer(text)
    assert found.is_unsure
    assert text.rpartition("\n")[2] in found.pieces[-1].text


@pytest.mark.parametrize(
    "text",
    [
        "From: our point of view this is fine.\nTo: us it matters.",
        "Subject: to approval, yes.",
        "The paper wrote: nothing.",
        "A ruler:\n______________________\nand on.",
        "De: facto this is so.\nDate: unknown.",
        "Van a > b es cierto",
    ],
)
def test_what_only_looks_like_a_mark_is_kept(text: str) -> None:
    assert pieces(text) == [(text, "")]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "> all quoted\n> nothing said", "On 1 Nov X wrote:\n> y\n", "-- \nSignature"]
)
def test_where_nothing_is_said_nothing_is_found(text: str) -> None:
    assert read_answer(text).pieces == ()


lines = st.lists(
    st.sampled_from(["> q", ">> qq", "words", "", "-- ", "On 1 Nov 2026 X wrote:", "From: x", "Sent: y", "To: z", "Subject: s",
                     "-----Original Message-----", "________________", " > x", "Para 3: y"]),
    max_size=14,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(lines)
def test_no_word_above_the_first_mark_is_ever_lost(found: list[str]) -> None:
    own = "\n".join(["An unmistakable beginning.", *found])
    answer = read_answer(own)
    assert answer.pieces[0].text.startswith("An unmistakable beginning.")
    assert all(piece.text in own.translate({0xA0: " "}) for piece in answer.pieces)
