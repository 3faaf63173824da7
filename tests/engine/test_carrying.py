"""Comments on one draft stand in the next one where they belong, or are orphaned; never on another passage."""

import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from tests.engine.drafting import Hand, Written, as_docx
from tests.engine.specimens import cut_into_runs, draft, edit, specimen_draft

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "60"))
ACTS = ("edit", "edit", "delete", "insert", "copy", "move", "split", "join")
LAW = settings(max_examples=EXAMPLES * 5, deadline=None, suppress_health_check=list(HealthCheck))


def on_words(paragraph: int, text: str, start: int, end: int, order: int = 0) -> engine.Remark:
    return engine.Remark(f"p{paragraph}", start, end, "Why?", text[start:end], "MDA", order=order)


def comments_on(old: Sequence[Written], hand: random.Random) -> list[tuple[engine.Remark, int, frozenset[int]]]:
    """Return for every paragraph a comment on it and one on some of its words: the comment, the paragraph, the words' ids."""
    found = list[tuple[engine.Remark, int, frozenset[int]]]()
    for n, paragraph in enumerate(old):
        ids = frozenset(word.id for word in paragraph.words)
        found.append((engine.Remark(f"p{n + 1}", 0, 0, "Why?", organisation="MDA"), n, ids))
        first = hand.randrange(len(paragraph.words))
        last = hand.randint(first, min(first + 6, len(paragraph.words) - 1))
        start = len(" ".join(w.text for w in paragraph.words[:first])) + (first > 0)
        quote = " ".join(w.text for w in paragraph.words[first : last + 1])
        remark = on_words(n + 1, paragraph.text, start, start + len(quote))
        found.append((remark, n, frozenset(w.id for w in paragraph.words[first : last + 1])))
    return found


def words_under(paragraph: Written, start: int, end: int) -> set[int]:
    """Return the ids of the words that a range of a paragraph touches."""
    position, found = 0, set[int]()
    for word in paragraph.words:
        if position < end and position + len(word.text) > start:
            found.add(word.id)
        position += len(word.text) + 1
    return found


def is_right(
    old: Sequence[Written], new: Sequence[Written], n: int, ids: frozenset[int], carried: engine.Carried
) -> bool:
    """Return whether a carried comment is on what it was on, or on words that nobody could tell from them."""
    place = int(carried.remark.paragraph[1:]) - 1
    there = new[place]
    if not old[n].origins & there.origins:
        return _looks_the_same(old, new, n, place)
    if not carried.remark.quote:
        return True
    told_apart = Counter(word.text for word in old[n].words)  # one "of" is like another
    left = {word.id for word in there.words if word.id in ids and told_apart[word.text] == 1}
    return not left or bool(left & words_under(there, carried.remark.start, carried.remark.end))


def _looks_the_same(old: Sequence[Written], new: Sequence[Written], n: int, place: int) -> bool:
    """Return whether the texts are the same, and both their neighbours are the same or come from the same."""

    def at(written: Sequence[Written], k: int) -> Written:
        return written[k] if 0 <= k < len(written) else Written((), frozenset((-2,)))

    beside = [(at(old, n + step), at(new, place + step)) for step in (-1, 1)]
    return old[n].text == new[place].text and all(one.text == b.text or one.origins & b.origins for one, b in beside)


def carry(
    old: Sequence[Written], new: Sequence[Written], remarks: Sequence[engine.Remark]
) -> tuple[engine.Carried, ...]:
    return engine.carry_over(as_docx([p.text for p in old]), as_docx([p.text for p in new]), remarks)


@LAW
@given(st.integers(0, 2**40), st.integers(1, 14), st.lists(st.sampled_from(ACTS), max_size=8))
def test_no_comment_is_carried_to_another_passage(seed: int, length: int, acts: list[str]) -> None:
    hand = Hand(random.Random(seed))
    old = hand.write(length)
    new = hand.revise(old, acts)
    comments = comments_on(old, hand.random)
    carried = carry(old, new, [remark for remark, *_ in comments])
    assert len(carried) == len(comments)
    for (remark, n, ids), found in zip(comments, carried, strict=True):
        assert found.old_number == str(n + 1)
        if found.state == "orphaned":
            assert found.remark == remark
            assert found.old_text == (remark.quote or old[n].text)
        else:
            assert is_right(old, new, n, ids, found), (old[n].text, found)
            text = new[int(found.remark.paragraph[1:]) - 1].text
            assert found.remark.quote == text[found.remark.start : found.remark.end]
            assert (found.state == "same") <= (old[n].text == text and found.number == found.old_number)


@LAW
@given(
    st.integers(0, 2**40),
    st.integers(2, 14),
    st.lists(st.sampled_from(("edit", "delete", "insert", "move")), max_size=5),
)
def test_every_comment_on_a_paragraph_unlike_others_is_carried_along(seed: int, length: int, acts: list[str]) -> None:
    hand = Hand(random.Random(seed))
    old = hand.write(length, plain=True)
    new = list(old)
    edited = set[int]()
    for act in acts:
        if act == "edit":
            open_ones = [p for p in new if p.origins - edited and -1 not in p.origins]
            if open_ones:
                part = [hand.random.choice(open_ones)]
                place = new.index(part[0])
                hand.edit(part, most=1)
                new[place] = part[0]
                edited |= part[0].origins
        else:
            new = hand.revise(new, [act])
    remarks = [engine.Remark(f"p{n + 1}", 0, 0, "Why?") for n in range(length)]
    for n, found in enumerate(carry(old, new, remarks)):
        there = [k for k, p in enumerate(new) if n in p.origins]
        if not there:
            assert found.state == "orphaned"
            continue
        assert found.remark.paragraph == f"p{there[0] + 1}"
        expected = "same" if there[0] == n else "moved"
        assert found.state == (expected if new[there[0]].text == old[n].text else "changed")


@LAW
@given(st.integers(0, 2**40), st.integers(1, 14))
def test_in_a_draft_that_did_not_change_every_comment_stays(seed: int, length: int) -> None:
    hand = Hand(random.Random(seed))
    old = hand.write(length)
    comments = comments_on(old, hand.random)
    for (remark, *_), found in zip(comments, carry(old, old, [r for r, *_ in comments]), strict=True):
        assert (found.state, found.remark) == ("same", remark)


def test_most_comments_find_their_place_even_among_paragraphs_that_are_alike() -> None:
    states = Counter[str]()
    for seed in range(100):
        hand = Hand(random.Random(seed))
        old = hand.write(20)
        new = hand.revise(old, [hand.random.choice(ACTS) for _ in range(4)])
        remarks = [remark for remark, *_ in comments_on(old, hand.random)]
        states.update(found.state for found in carry(old, new, remarks))
    assert states["orphaned"] < 0.25 * sum(states.values()), states


# ---- one by one -----------------------------------------------------------------------------------------------------


LINES = (
    "The Parties shall exchange information on routes.",
    "Each mission names a focal point for the region.",
    "Data are kept for no longer than two years at most.",
    "The co-ordinator reports to the Council every autumn.",
)


def one(old: Sequence[str], new: Sequence[str], remark: engine.Remark) -> engine.Carried:
    return engine.carry_over(as_docx(old), as_docx(new), [remark])[0]


def test_a_range_goes_with_its_words_when_others_change_around_them() -> None:
    new = (LINES[0], "As a rule, each mission names without delay one focal point for the region.", *LINES[2:])
    found = one(LINES, new, on_words(2, LINES[1], 21, 32))
    assert (found.state, found.remark.quote, found.old_text) == ("changed", "focal point", "focal point")


def test_a_range_covers_what_its_words_were_replaced_by() -> None:
    new = (*LINES[:2], "Data are kept for no longer than eighteen months at most.", LINES[3])
    assert one(LINES, new, on_words(3, LINES[2], 33, 42)).remark.quote == "eighteen months"


def test_a_range_whose_words_are_gone_is_orphaned_though_its_paragraph_stays() -> None:
    new = (*LINES[:2], "Data are kept for no longer than two years.", LINES[3])
    found = one(LINES, new, on_words(3, LINES[2], 43, 50))
    assert (found.state, found.old_text, found.old_number) == ("orphaned", "at most", "3")


def test_words_are_found_again_when_their_paragraph_is_split_or_joined() -> None:
    whole = "Each mission names a focal point for the whole region and tells the co-ordinator of it at once."
    parts = (
        "Each mission names a focal point for the whole region.",
        "It tells the co-ordinator of it at once. And so on and on.",
    )
    remark = on_words(1, whole, whole.index("the co-ordinator"), len(whole) - 1)
    found = one((whole, LINES[0]), (*parts, LINES[0]), remark)
    assert (found.state, found.remark.paragraph, found.remark.quote) == ("changed", "p2", remark.quote)
    joined = one(LINES, (LINES[0], f"{LINES[1]} {LINES[2]}", LINES[3]), engine.Remark("p2", 0, 0, "Why?"))
    assert joined.remark.quote == LINES[1]


def test_the_same_sentence_twice_is_no_place_for_a_comment_when_one_of_them_goes() -> None:
    for gone in (0, 2):
        old = (LINES[0], LINES[1], LINES[0], LINES[1])
        new = tuple(line for n, line in enumerate(old) if n != gone)
        assert one(old[1:3] * 2, (old[1], old[2]), engine.Remark("p2", 0, 0, "Why?")).state == "orphaned"
        assert one(old, new, engine.Remark("p1", 0, 0, "Why?")).state == "orphaned"


def test_a_short_cell_that_says_yes_elsewhere_is_not_the_same_cell() -> None:
    old = draft([["Data protection office", "Yes"], ["Border police service", "No"]], "The end.")
    new = draft([["Data protection office", "No"], ["Border police service", "Yes"]], "The end.")
    key = next(p.key for p in engine.read_draft(old).paragraphs if p.text == "Yes")
    assert engine.carry_over(old, new, [engine.Remark(key, 0, 0, "Really?")])[0].state == "orphaned"


def test_a_comment_on_several_paragraphs_goes_with_them_and_not_over_others() -> None:
    remark = engine.Remark("p2", 5, 5, "Why?", LINES[1][5:], last_paragraph="p3", last_end=4)
    moved = one(LINES, (LINES[1], LINES[2], LINES[0], LINES[3]), remark)
    assert (moved.state, moved.remark.paragraph, moved.remark.last_paragraph, moved.remark.last_end) == (
        "moved", "p1", "p2", 4,
    )  # fmt: skip
    assert one(LINES, LINES, remark).state == "same"
    widened = one(LINES, (*LINES[:2], "Something new stands in between here.", *LINES[2:]), remark)
    assert (widened.state, widened.remark.last_paragraph) == ("changed", "p4")
    for apart in ((LINES[2], LINES[0], LINES[1], LINES[3]), (LINES[1], LINES[0], LINES[2], LINES[3]), LINES[:2]):
        assert one(LINES, apart, remark).state == "orphaned"


def test_a_comment_on_the_whole_draft_stays_one_and_an_unknown_place_is_orphaned() -> None:
    assert one(LINES, LINES[:1], engine.Remark("", 0, 0, "Good.")).state == "same"
    assert one(LINES, LINES, engine.Remark("p99", 0, 0, "Why?")).state == "orphaned"


def test_a_comment_on_a_proposed_paragraph_stands_on_it_once_it_is_accepted() -> None:
    new = (*LINES[:2], "The Council may ask for further reports at any time.", *LINES[2:])
    remark = engine.Remark("p2", 0, 0, "Yes!", inserted=new[2])
    assert one(LINES, new, remark).remark.paragraph == "p3"
    assert one(LINES, LINES, remark).state == "orphaned"


def test_the_draft_as_edited_in_word_with_our_numbers_printed_takes_the_comments_too() -> None:
    base = specimen_draft()
    copy = engine.write_copy(base, engine.CopyIdentity(engine.read_draft(base).sha256, "Guidelines", 1, "Purpose"))
    uploaded = cut_into_runs(engine.write_next_draft(copy, [edit(copy, "two working days", "one week", "hand")]))
    told = {p.key: p.text for p in engine.read_draft(base).paragraphs}
    remarks = [
        engine.Remark(key, start, start + len(words), "Why?", words)
        for key, words in (("p2", "missions"), ("p3", "co-ordinator"), ("p4", "victim"), ("fn1.1", "note"))
        for start in [told[key].index(words)]
    ]
    after = {p.key: p.text for p in engine.read_draft(uploaded).paragraphs}
    for remark, found in zip(remarks, engine.carry_over(base, uploaded, remarks), strict=True):
        assert (found.state, found.remark.quote) == ("changed" if remark.paragraph == "p3" else "same", remark.quote)
        assert after[found.remark.paragraph][found.remark.start : found.remark.end] == remark.quote
    back = engine.carry_over(uploaded, base, [f.remark for f in engine.carry_over(base, uploaded, remarks)])
    assert [replace(f.remark, organisation="") for f in back] == remarks


def test_ten_thousand_comments_on_three_thousand_paragraphs_take_seconds() -> None:
    hand = Hand(random.Random(1))
    old = hand.write(3000)
    new = hand.revise(old, [hand.random.choice(ACTS) for _ in range(300)])
    comments = [comment for _ in range(2) for comment in comments_on(old, hand.random)][:10_000]
    started = time.perf_counter()
    carried = carry(old, new, [remark for remark, *_ in comments])
    assert time.perf_counter() - started < 20
    for (_, n, ids), found in zip(comments, carried, strict=True):
        assert found.state == "orphaned" or is_right(old, new, n, ids, found)
