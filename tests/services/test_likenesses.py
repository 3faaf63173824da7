"""Alike comments: the same groups whatever the order; nobody is in two; everything in a group is alike."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from consult.services import entries, likenesses
from consult.services.finding import folded
from consult.services.likenesses import ALIKE, CHANGE, MOST_TOGETHER, WORDS, Form, Said, are_alike, form_of, group
from tests.story import Story, a_story

REMARKS = (
    "Two working days are too long for the missions.",
    "Two working days is too long for missions.",
    "For the missions two working days are too long.",
    "Please name the network here.",
    "Please name the network here!",
    "48 hours are too long for the missions.",
    "24 hours are too long for the missions.",
    "No.",
    "no",
)
said_by_somebody = st.builds(
    lambda place, words, change: (place, folded(words), change),
    st.sampled_from([(None, ""), (1, ""), (1, "days"), (2, "")]),
    st.sampled_from(REMARKS),
    st.sampled_from([None, None, (("replace", "two", "one"),), (("delete", "to", ""),)]),
)
lists = st.lists(said_by_somebody, max_size=25).map(lambda all_: [Said(n, *one) for n, one in enumerate(all_)])


def as_sets(said: list[Said]) -> set[tuple[str, frozenset[int]]]:
    return {(kind, frozenset(one.comment_id for one in members)) for kind, members in group(said)}


@given(lists, st.randoms())
def test_the_groups_are_the_same_in_whatever_order_comments_are_given(said: list[Said], shuffle: random.Random) -> None:
    other = list(said)
    shuffle.shuffle(other)
    assert as_sets(said) == as_sets(other)


@given(lists)
def test_a_comment_is_in_one_group_at_most_and_everything_in_it_is_alike(said: list[Said]) -> None:
    found = list(group(said))
    members = [one.comment_id for _, group_ in found for one in group_]
    assert len(members) == len(set(members))
    for kind, group_ in found:
        assert len(group_) > 1
        if kind == CHANGE:
            assert len({one.change for one in group_}) == 1
        else:
            assert {one.change for one in group_} == {None}
            assert len({one.place for one in group_}) == 1
            for one in group_:
                for other in group_:
                    same = one.words == other.words
                    assert same or fuzz.token_sort_ratio(one.words, other.words) >= ALIKE


@given(lists)
def test_who_says_exactly_the_same_on_one_place_or_wants_the_same_change_is_together(said: list[Said]) -> None:
    together = [ids for _, ids in as_sets(said)]
    for one in said:
        for other in said:
            same = (
                one.change == other.change
                if one.change
                else (other.change is None and (one.place, one.words) == (other.place, other.words))
            )
            if same and one.comment_id != other.comment_id:
                assert any({one.comment_id, other.comment_id} <= ids for ids in together)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (REMARKS[0], REMARKS[1], True),
        (REMARKS[0], REMARKS[2], True),
        (REMARKS[5], REMARKS[6], False),
        ("No.", "no", False),
        ("Please add the network of co-ordinators.", "Please delete the annex on budgets.", False),
    ],
)
def test_what_is_alike(one: str, other: str, alike: bool) -> None:
    assert are_alike(form_of(folded(one)), form_of(folded(other))) == alike


def letters(number: int) -> str:
    """Return a number in letters: remarks that name other numbers are not even compared."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_so_many_remarks_on_one_place_are_compared_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def count(one: Form, other: Form) -> bool:
        nonlocal asked
        asked += 1
        return False

    monkeypatch.setattr(likenesses, "are_alike", count)
    list(group(Said(n, (n % 100, ""), f"remark {letters(n)} of many", None) for n in range(10_000)))
    assert 0 < asked <= 100 * 100**2 / 2
    asked = 0
    list(group(Said(n, (None, ""), f"remark {letters(n)} of many", None) for n in range(10_000)))
    assert asked == 0, "of very many on one place only the same ones are found"


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def test_only_what_counts_is_in_the_groups_in_the_order_of_all(story: Story) -> None:
    change = ("within two working days", "within one working day")
    for name in ("moldova", "kosovo"):
        story.comment(name, on="within two working days", change=change, reason=f"As {name} sees it.")
        story.comment(name, reason="The draft should name the network of co-ordinators.", kind="general")
    story.hand_in("moldova")
    listed = entries.list_entries(story.session, story.round)
    assert likenesses.list_groups(story.session, story.round, listed) == [], "what is not handed in is no comment yet"
    story.hand_in("kosovo")
    listed = entries.list_entries(story.session, story.round)
    found = likenesses.list_groups(story.session, story.round, listed)
    assert [(g.kind, len(g.entries), g.undecided) for g in found] == [(WORDS, 2, 2), (CHANGE, 2, 2)]
    numbers = [entry.number for g in found for entry in g.entries]
    assert numbers == sorted(numbers)


def test_what_is_too_much_for_one_answer_is_several_groups(story: Story) -> None:
    for _ in range(MOST_TOGETHER + 1):
        story.comment("moldova", reason="We thank the lead for a careful draft.", kind="general")
    story.hand_in("moldova")
    listed = entries.list_entries(story.session, story.round)
    sizes = [len(found.entries) for found in likenesses.list_groups(story.session, story.round, listed)]
    assert sizes == [MOST_TOGETHER // 2 + 1, MOST_TOGETHER // 2]


def test_a_comma_is_the_same_change_on_one_paragraph_only(story: Story) -> None:
    for name in ("moldova", "kosovo"):
        for words in ("Each mission", "The missions"):
            story.comment(name, on=words, change=(words, f"{words},"))
        story.hand_in(name)
    listed = entries.list_entries(story.session, story.round)
    found = likenesses.list_groups(story.session, story.round, listed)
    assert [len({entry.paragraph_id for entry in g.entries}) for g in found] == [1, 1]
