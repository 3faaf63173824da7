"""What became of every paragraph of a draft in another one: nothing is left out, moves are moves."""

import os
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from tests.engine.specimens import draft, specimen_draft

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "40"))
LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
SECTIONS = [f"Mission number {n} reports on the {word} of its own area." for n, word in enumerate(
    ("shelters", "courts", "borders", "schools", "hospitals", "police"))]  # fmt: skip


def trace(old: bytes, new: bytes) -> tuple[engine.Passage, ...]:
    return engine.trace_paragraphs(engine.read_draft(old), engine.read_draft(new))


def told(passages: tuple[engine.Passage, ...]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(p.kind, p.old, p.new) for p in passages if p.kind != "same"]


def read(passages: tuple[engine.Passage, ...], without: str, kind: str) -> list[str]:
    """Return the texts of one of the two drafts as the passages tell them."""
    return [
        "".join(change.text for change in text if change.kind in ("same", kind))
        for passage in passages
        if passage.kind not in without.split() and (passage.old if kind == "deleted" else passage.new)
        for text in passage.texts
    ]


def texts(data: bytes) -> list[str]:
    return [p.text for p in engine.read_draft(data).paragraphs if p.number]


def test_changed_words_are_marked_in_their_paragraph() -> None:
    (passage,) = [p for p in trace(draft(*SECTIONS), draft(SECTIONS[0].replace("shelters", "safe houses"),
                                                           *SECTIONS[1:])) if p.kind != "same"]  # fmt: skip
    assert (passage.kind, passage.old, passage.new) == ("changed", ("1",), ("1",))
    assert [(c.kind, c.text) for c in passage.texts[0] if c.kind != "same"] == [
        ("deleted", "shelters"), ("inserted", "safe houses"),
    ]  # fmt: skip


def test_added_and_deleted_paragraphs_have_the_number_of_their_draft() -> None:
    new = draft(SECTIONS[0], "Every victim is heard in a language of his or her own.", *SECTIONS[2:])
    assert told(trace(draft(*SECTIONS), new)) == [("deleted", ("2",), ()), ("added", (), ("2",))]


def test_a_move_is_told_where_it_was_and_where_it_is() -> None:
    passages = trace(draft(*SECTIONS), draft(*SECTIONS[1:5], SECTIONS[0], SECTIONS[5]))
    assert told(passages) == [("moved-away", ("1",), ("5",)), ("moved-here", ("1",), ("5",))]
    places = [n for n, p in enumerate(passages) if p.kind.startswith("moved")]
    assert [passages[n].partner for n in places] == places[::-1]


def test_a_paragraph_that_moved_and_changed_shows_its_changes_where_it_is_now() -> None:
    passages = trace(draft(*SECTIONS), draft(*SECTIONS[1:5], SECTIONS[0].replace("reports", "writes"), SECTIONS[5]))
    assert [p.kind for p in passages if p.kind != "same"] == ["moved-away", "moved-here"]
    assert {c.kind for c in passages[-2].texts[0]} == {"same", "deleted", "inserted"}


def test_a_short_paragraph_that_was_rewritten_is_one_changed_paragraph() -> None:
    assert told(trace(draft("# Tasks", *SECTIONS), draft("# Task", *SECTIONS))) == [("changed", ("1",), ("1",))]


def test_a_row_is_added_or_deleted_as_a_whole() -> None:
    rows = [["Task", "Who is asked"], ["Name a focal point", "Every mission"]]
    old, new = draft(*SECTIONS[:2], rows), draft(*SECTIONS[:2], [*rows, ["Train the judges", "The academy"]])
    (added,) = [p for p in trace(old, new) if p.kind != "same"]
    assert (added.kind, added.is_row, added.new, len(added.texts)) == ("added", True, ("7", "8"), 2)
    (deleted,) = [p for p in trace(new, old) if p.kind != "same"]
    assert (deleted.kind, deleted.is_row, deleted.old) == ("deleted", True, ("7", "8"))


def test_a_draft_beside_itself_has_no_changes() -> None:
    assert {p.kind for p in trace(specimen_draft(), specimen_draft())} == {"same"}


@LAW
@given(st.integers(0, 10_000))
def test_nothing_of_either_draft_is_left_out(seed: int) -> None:
    hand = random.Random(seed)
    words = ["mission", "victim", "shall", "the", "court", "report", "Scope", "and", "data", "shelter"]
    old = [" ".join(hand.choices(words, k=hand.randint(1, 9))) for _ in range(hand.randint(1, 12))]
    new = [line for line in old if hand.random() > 0.2]
    for _ in range(hand.randint(0, 4)):
        new.insert(hand.randint(0, len(new)), " ".join(hand.choices(words, k=hand.randint(1, 9))))
    if hand.random() > 0.5:
        hand.shuffle(new)
    new = [line if hand.random() > 0.3 else f"{line} {hand.choice(words)}" for line in new] or ["Nothing."]
    table = [[hand.choice(words), hand.choice(words)] for _ in range(hand.randint(1, 4))]
    one, other = draft(*old, table), draft(*new, table[hand.randint(0, len(table) - 1) :], "The end.")
    passages = trace(one, other)
    assert read(passages, "moved-here", "deleted") == texts(one)
    assert read(passages, "moved-away", "inserted") == texts(other)
    assert all(passages[p.partner].partner == n for n, p in enumerate(passages) if p.partner >= 0)
