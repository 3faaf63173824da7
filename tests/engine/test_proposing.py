"""A proposed change in exact words: what is told is understood again, and nothing is guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.engine.proposing import find_words, told_change, understand
from consult.engine.values import ATOM, Cell, Edit, Paragraph
from consult.engine.wording import apply_edits, wording_edits

TEXT = "Each mission informs the co-ordinator within two working days, and the co-ordinator informs ODIHR."


def paragraph(text: str = TEXT, **more: object) -> Paragraph:
    return Paragraph(0, "p1", "1", "body", text, **more)  # type: ignore[arg-type]


def reads(proposed: str, text: str = TEXT) -> str | None:
    """Return how the paragraph reads after a proposed change, or None where it is not understood."""
    edits = understand(proposed, paragraph(text))
    return None if edits is None else apply_edits(text, edits)


@pytest.mark.parametrize(
    "proposed",
    [
        "Replace “two” by “three”",
        'replace "two" with "three".',
        "Change the word «two» to «three»",
        "Replace two by three",
        "Substitute ‘three’ for ‘two’",
        "amend „two working days“ to „three working days“",
        "Replace 'Two' by 'three'",
        "Replace “two” by “three” in “two working days”",
        "To read: “Each mission informs the co-ordinator within three working days, and the co-ordinator informs ODIHR.”",
        "Each mission informs the co-ordinator within three working days, and the co-ordinator informs ODIHR.",
        "Delete “two”; insert “three” after “within”",
        "Delete “two”\nInsert “three” before “working”",
    ],
)
def test_one_change_is_understood_however_it_is_said(proposed: str) -> None:
    found = reads(proposed)
    assert found is not None
    assert " ".join(found.split()) == TEXT.replace("two", "three")


@pytest.mark.parametrize(
    ("proposed", "wanted"),
    [
        (
            "Delete “, and the co-ordinator informs ODIHR”",
            "Each mission informs the co-ordinator within two working days.",
        ),
        ("Insert “immediately” after “Each mission”", TEXT.replace("mission informs", "mission immediately informs")),
        ("After “ODIHR”, insert “ and others”", TEXT.replace("ODIHR", "ODIHR and others")),
        ("Insert “ at once” at the end of the paragraph", TEXT + " at once"),
        (
            "Delete “the” in “informs the co-ordinator within”",
            TEXT.replace("the co-ordinator within", " co-ordinator within", 1),
        ),
        ("Insert “full” between “working” and “days”", TEXT.replace("working days", "working full days")),
        ("Insert “s” between “mission” and “ informs”", TEXT.replace("mission informs", "missions informs")),
        ("Delete", ""),
        ("Delete this paragraph.", ""),
        ("Add a new paragraph after this one: “More.”", TEXT + "\n\nMore."),
    ],
)
def test_other_changes_are_understood(proposed: str, wanted: str) -> None:
    found = reads(proposed)
    assert found is not None
    assert " ".join(found.split()) == " ".join(wanted.split())


@pytest.mark.parametrize(
    "proposed",
    [
        "Replace “the co-ordinator” by “ODIHR”",  # twice in the paragraph
        "Replace “three” by “two”",  # not there
        "Delete the last clause",
        "Replace the deadline with a shorter one",
        "Add more on working days after the deadline",
        "Please clarify how each mission informs the co-ordinator within two working days",
        "Insert “x” after “the”",
        "Replace “two” by “three” and delete “everything else”",
        "Delete the paragraph: “Another text.”",
        "Quite another sentence about rules.",
        "Insert “[*]” after “ODIHR”",
        "Delete “two working”; replace “working days” by “hours”",
        "",
    ],
)
def test_what_is_not_exact_is_not_guessed(proposed: str) -> None:
    assert reads(proposed) is None


def test_a_typed_wording_leaves_note_marks_where_they_are() -> None:
    text = f"The mission{ATOM} informs all others about what it does."
    assert reads("The mission informs most others about what it does.", text) == text.replace("all", "most")
    kept = f"The missions inform{ATOM} all others about what it does."
    assert reads("The missions inform all others about what it does.", text) == kept


def test_a_row_is_deleted_with_all_its_cells() -> None:
    cells = [Paragraph(n, f"p{n}", str(n), "cell", f"cell {n}", cell=Cell(0, n // 2, n % 2)) for n in range(4)]
    (edit,) = understand("Delete the row: “cell 2\tcell 3”", cells[2], cells) or ()
    assert (edit.kind, edit.paragraph, edit.until) == ("row-deleted", "p2", "p3")


@pytest.mark.parametrize(("words", "place"), [("a", None), ("mission", 4), ("THE END", 12), ("“x”", 20), ("", None)])
def test_words_are_found_where_they_stand_alone(words: str, place: int | None) -> None:
    assert find_words('a b mission the end "x" a'[:24] + " a", words) == place


WORDS = st.lists(
    st.sampled_from(["the", "mission", "informs", "“all”", "of", "a", ATOM, "it", "days.", "l'été"]), max_size=9
)


@settings(max_examples=150, deadline=None)
@given(old=WORDS, new=WORDS)
def test_what_is_told_is_understood_again(old: list[str], new: list[str]) -> None:
    text, wanted = " ".join(old), " ".join(word for word in new if word != ATOM)
    for edit in wording_edits("p1", text, wanted):
        found = understand(told_change(edit, text), paragraph(text))
        if found is not None:
            assert apply_edits(text, found) == apply_edits(text, [edit])
        else:
            assert "“" in edit.old + edit.new or "”" in edit.old + edit.new or not text


def test_paragraphs_that_come_and_go_are_told_and_understood() -> None:
    for edit in (
        Edit("p1", "paragraph-deleted", 0, len(TEXT), TEXT, ""),
        Edit("p1", "paragraph-inserted", 0, 0, "", "New “words”.\nMore.", before=True),
    ):
        assert understand(told_change(edit, TEXT), paragraph()) == (edit,)
