"""A range follows its words through the edits of their paragraph."""

import pytest

from consult.engine.following import follow

OLD = "Data are kept for two years, then they are destroyed."


@pytest.mark.parametrize(
    ("words", "new", "there"),
    [
        ("two years", OLD, "two years"),
        ("two years", "All data are kept for two years, then they are destroyed.", "two years"),
        ("two years", "Data are kept for eighteen months, then they are destroyed.", "eighteen months"),
        ("two years", "Data are kept for two full years, then they are destroyed.", "two full years"),
        ("two years", "Data are kept for five years, then they are destroyed.", "five years"),
        ("kept for two", "Data are stored for a term of two years.", "stored for a term of two"),
        ("ata are ke", "The Data are kept no longer.", "ata are ke"),
        (", then", "Data are kept for two weeks, then they are destroyed.", ", then"),
    ],
)
def test_a_range_covers_its_words_or_what_stands_in_their_place(words: str, new: str, there: str) -> None:
    start = OLD.index(words)
    found = follow(OLD, new, start, start + len(words))
    assert found is not None
    assert new[slice(*found)] == there


@pytest.mark.parametrize(
    ("old", "words", "new"),
    [
        (OLD, ", then they are destroyed", "Data are kept for two years."),
        ("one two", "two", "one"),
    ],
)
def test_a_range_whose_words_are_gone_with_nothing_in_their_place_is_nowhere(old: str, words: str, new: str) -> None:
    start = old.index(words)
    assert follow(old, new, start, start + len(words)) is None


def test_words_that_stand_twice_afterwards_are_followed_from_their_neighbours() -> None:
    old, new = "each mission of ours in the region", "now each mission of ours in the region or any part in the region"
    start = old.index("in the region")
    assert follow(old, new, start, len(old)) == (new.index("in the region"), new.index(" or any"))
    assert follow("one may two may three", "one may three five", 8, 15) == (4, 7)
