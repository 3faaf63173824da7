"""The state machine of no-objection rounds: the laws of its instants."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.errors import Invalid, Refused
from consult.rules import no_objections as rules
from consult.rules.no_objections import ANSWERS, BREAKS, ENDS, MOVES, Course, effect_of, state_at

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EXPIRY = START + timedelta(days=7)
SECOND = timedelta(seconds=1)
COURSE = Course(START, EXPIRY)
seconds = st.integers(-5, 12).map(lambda n: START + timedelta(days=n))


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (START - SECOND, "announced"),
        (START, "running"),
        (EXPIRY - SECOND, "running"),
        (EXPIRY, "expired"),
        (EXPIRY + SECOND, "expired"),
    ],
)
def test_an_untouched_round_is_what_the_clock_says(at: datetime, state: str) -> None:
    assert state_at(COURSE, at) == state


@pytest.mark.parametrize("kind", sorted(BREAKS))
def test_one_second_before_expiry_counts_and_at_expiry_it_is_late(kind: str) -> None:
    assert effect_of(COURSE, kind, EXPIRY - SECOND) == "first"
    assert effect_of(COURSE, kind, EXPIRY) == "late"
    assert effect_of(COURSE, kind, EXPIRY + SECOND) == "late"


def test_after_the_round_was_broken_what_comes_in_is_further_until_expiry_and_then_late() -> None:
    broken = Course(START, EXPIRY, broken_at=START)
    assert [effect_of(broken, "objection", at) for at in (EXPIRY - SECOND, EXPIRY)] == ["further", "late"]


def test_before_the_beginning_a_break_prevents() -> None:
    assert effect_of(COURSE, "objection", START - SECOND) == "first"
    assert state_at(Course(START, EXPIRY, broken_at=START - SECOND), START) == "prevented"
    assert state_at(Course(START, EXPIRY, broken_at=START), EXPIRY) == "broken"


def test_what_was_told_is_not_undone_by_a_clock_that_is_behind() -> None:
    told = Course(START, EXPIRY, noted_at=EXPIRY)
    assert state_at(told, EXPIRY - SECOND) == "expired"
    assert effect_of(told, "objection", EXPIRY - SECOND) == "late"


@given(st.lists(seconds, min_size=2, max_size=8), st.none() | seconds, st.none() | seconds)
def test_a_round_moves_as_the_table_says_and_ends_once(
    times: list[datetime], broken_at: datetime | None, withdrawn_at: datetime | None
) -> None:
    if broken_at is not None and broken_at >= EXPIRY:
        broken_at = None
    if withdrawn_at is not None and (broken_at is not None or withdrawn_at >= EXPIRY):
        withdrawn_at = None
    known = [at for at in (broken_at, withdrawn_at) if at is not None]
    states = []
    for now in sorted(times):
        seen = Course(
            START, EXPIRY, *(at if at is not None and at <= now else None for at in (broken_at, withdrawn_at))
        )
        states.append(state_at(seen, now))
        if known and now >= known[0]:
            assert states[-1] in ENDS
    for before, after in itertools.pairwise(states):
        assert before == after or _is_reached(before, after)
    assert len(set(states) & ENDS) <= 1


def _is_reached(before: str, after: str) -> bool:
    return any(step == after or _is_reached(step, after) for step in MOVES[before])


def test_an_agreement_is_refused_when_it_is_over_and_a_break_never_is() -> None:
    for over in (Course(START, EXPIRY, broken_at=START), Course(START, EXPIRY, withdrawn_at=START)):
        with pytest.raises(Refused):
            effect_of(over, "concur", START + SECOND)
        assert effect_of(over, "objection", START + SECOND) in ("further", "after withdrawal")
    assert {effect_of(COURSE, kind, START) for kind in ANSWERS} == {"stands", "first"}


@pytest.mark.parametrize(
    ("starts", "expires", "reason"),
    [
        (START, START - SECOND, "expiry-past"),
        (START - SECOND, EXPIRY, "start-past"),
        (EXPIRY, EXPIRY, "start-after-expiry"),
    ],
)
def test_times_that_are_none_are_refused(starts: datetime, expires: datetime, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.check_times(starts, expires, START)
    assert refusal.value.reason == reason
    rules.check_times(START, EXPIRY, START)


def test_silence_counts_in_one_case_only() -> None:
    assert {state: rules.standing_of([], state) for state in MOVES} == {
        **dict.fromkeys(MOVES, "no answer"),
        "expired": "silent",
    }
    assert rules.standing_of([("objection", "late")], "expired") == "silent"
    assert rules.standing_of([("concur", "stands"), ("objection", "late")], "expired") == "agreed"
    assert rules.standing_of([("concur", "stands"), ("objection", "first")], "broken") == "broke"
    assert rules.standing_of([("objection", "further")], "broken") == "objected as well"
