"""A copy of another draft is refused by name, with how much of it matched."""

import pytest

from consult import engine
from consult.errors import Invalid
from tests.engine.specimens import draft, edit, tracked_copy

FIRST = draft(
    "# Rules", *(f"The mission number {n} informs all others within a day." for n in range(9)), "The end is near."
)
SECOND = draft(
    "# Rules", *(f"The mission number {n} informs all others within a day." for n in range(9)), "It is over now."
)
OTHER = draft("# Recipes", "Take two eggs.", "Stir.")


def refused(copy: bytes, against: bytes, **how: object) -> str:
    with pytest.raises(Invalid) as refusal:
        engine.read_returned_copy(copy, against, "A", **how)  # type: ignore[arg-type]
    assert refusal.value.reason == "another-draft"
    return refusal.value.message


def test_another_document_is_named_with_the_draft_and_what_matched() -> None:
    told = refused(OTHER, FIRST)
    assert "This file, “Recipes”, is not a copy of the draft “Rules”: only 9% of the draft's paragraphs" in told


def test_a_copy_that_says_what_it_is_of_is_refused_with_that_and_what_stands_in_it() -> None:
    identity = engine.CopyIdentity(engine.read_draft(FIRST).sha256, "House rules", 1, "The first draft")
    told = refused(engine.write_copy(FIRST, identity), SECOND)
    assert "“The first draft”, consultation “House rules”, round 1. 91% of this draft's paragraphs" in told


def test_a_copy_with_more_of_an_older_draft_is_refused_with_both_shares() -> None:
    copy = tracked_copy(FIRST, [edit(FIRST, "number 3", "number three")], "A")
    assert engine.read_returned_copy(copy, SECOND, "A").matched == 1.0
    told = refused(copy, SECOND, older={"the first one": FIRST, "recipes": OTHER})
    assert "an older draft, the first one, “Rules”: 100% of that draft's" in told
    assert "of this draft's 91%" in told


def test_a_copy_of_this_draft_is_read_whatever_older_ones_there_are() -> None:
    copy = tracked_copy(SECOND, [edit(SECOND, "number 3", "number three")], "A")
    assert engine.read_returned_copy(copy, SECOND, "A", older={"first": FIRST, "same": SECOND}).placed == 1
