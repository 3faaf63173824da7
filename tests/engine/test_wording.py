"""Differences word by word."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from consult import engine
from consult.engine.wording import Replacement, compare, settle, wording_edits
from tests.engine.specimens import draft

WORDY = st.lists(
    st.sampled_from(("the", "co-ordinator", "shall", " ", ", ", "act", "жизнь", "15", ".", "\t")), max_size=30
).map("".join)


@settings(max_examples=300)
@given(WORDY, WORDY)
def test_the_edits_turn_the_old_wording_into_the_new(old: str, new: str) -> None:
    assert engine.apply_edits(old, wording_edits("p1", old, new)) == new


@settings(max_examples=300)
@given(WORDY, WORDY)
def test_no_two_replacements_touch(old: str, new: str) -> None:
    found = compare(old, new)
    assert all(one.end < other.start for one, other in pairwise(found))


def test_words_are_changed_not_letters() -> None:
    assert compare("the national co-ordinator", "the local co-ordinator") == (Replacement(4, 12, "local"),)


def test_a_lone_blank_does_not_part_a_phrase() -> None:
    assert compare("one two three", "uno dos three") == (Replacement(0, 7, "uno dos"),)


def test_the_same_change_has_one_form() -> None:
    old = "to prevent and to combat it"
    assert (
        settle(old, Replacement(3, 24, "prevent and combat"))
        == settle(old, Replacement(14, 18, " "))
        == Replacement(15, 18, "")
    )


def test_nothing_typed_deletes_and_an_empty_line_adds_a_paragraph() -> None:
    paragraph = engine.read_draft(draft("One sentence.")).paragraphs[0]
    assert [e.kind for e in engine.propose(paragraph, " ")] == ["paragraph-deleted"]
    assert [e.kind for e in engine.propose(paragraph, "One sentence.\r\n\r\nAnother.")] == ["paragraph-inserted"]
    assert engine.propose(paragraph, "One sentence.") == ()
