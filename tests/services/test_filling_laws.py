"""Laws of the filled matrix: what is filled is what `decide` makes of it; bad rows, whichever they are, stop no other."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from consult.errors import Invalid
from consult.models import DECISIONS, db
from consult.services import dispositions, filled_matrices, matrices
from consult.services.answers import Answer, in_order
from consult.services.filled_rows import words_for_decisions
from tests.conftest import make_app
from tests.factories import DEADLINE
from tests.filling import filled
from tests.story import AFTER, Story, a_story, two_conflicting

COUNT = 8
LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS: dict[str, list[str]] = {}
for word, decision in words_for_decisions().items():
    WORDS.setdefault(decision, []).append(word)
LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufffc\u2028\u2029\x85")
TEXTS = st.builds(
    lambda start, text: f"{start}{text}".strip(), st.sampled_from(("", "=", "+", "-", "@", "'")),
    st.text(st.one_of(LETTERS, st.just("\n")), max_size=40),
)  # fmt: skip
CORRUPTIONS: dict[str, dict[str, Any]] = {
    "number": {"number": "99"},
    "words": {"comment": "Other words than were handed in."},
    "key": {"key": ""},
    "decision": {"decision": "perhaps"},
    "formula": {"reason": "=1+1"},
}


@st.composite
def fillings(draw: Any) -> dict[str, str]:
    """Return what the lead writes into one row."""
    decision = draw(st.sampled_from(DECISIONS))
    cells = {"decision": draw(st.sampled_from(WORDS[decision])), "reason": draw(TEXTS)}
    if decision == "duplicate":
        cells["duplicate_of"] = str(draw(st.integers(1, COUNT + 1)))
    if decision == "accepted with changes":
        cells["wording"] = draw(TEXTS)
    return cells


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    app = make_app(tmp_path_factory.mktemp("laws"))
    with app.app_context():
        made = a_story(db.session, app.extensions["consult.storage"])
        two_conflicting(made)
        for number in range(COUNT - 5):
            made.comment("moldova", on="The victim decides", reason=f"Reason {number}.")
        made.hand_in("moldova")
        made.tick(DEADLINE)
        yield made
        db.session.rollback()


def matrix_of(story: Story) -> bytes:
    return engine.write_matrix_to_fill(*matrices.make_matrix_to_fill(story.session, story.round), DECISIONS)


def decided(story: Story) -> dict[int, tuple[str, str, str | None, int | None]]:
    return {
        item.number: (made.decision, made.reason, made.wording, made.duplicate_of_id)
        for item in dispositions.list_numbered(story.session, story.round)
        if (made := item.disposition)
    }


def as_decide_makes_them(story: Story, rows: Mapping[int, Mapping[str, str]]) -> dict[int, Any]:
    """Return the decisions that come of deciding on one comment after the other, where that is not refused."""
    items = {item.number: item for item in dispositions.list_numbered(story.session, story.round)}
    known = words_for_decisions()
    answers = {
        number: Answer(
            known[cells["decision"]], cells.get("reason", ""), cells.get("wording", ""),
            int(cells.get("duplicate_of", 0)), made.version if (made := items[number].disposition) else 0,
        )
        for number, cells in rows.items()
    }  # fmt: skip
    with story.session.begin_nested() as savepoint:
        for number, answer in in_order(answers):
            try:
                dispositions.decide_each(
                    story.session, story.round, {items[number].comment.id: answer}, by=story.actor("lead"),
                    person=story.people["lead"], now=AFTER,
                )  # fmt: skip
            except Invalid:
                continue
        found = decided(story)
        savepoint.rollback()
    story.session.expire_all()
    return found


def as_taken_over(story: Story, data: bytes) -> tuple[dict[int, Any], filled_matrices.Examined]:
    """Return the decisions that come of giving a matrix back and taking it over."""
    who: dict[str, Any] = {"by": story.actor("lead"), "person": story.people["lead"], "now": AFTER}
    with story.session.begin_nested() as savepoint:
        rows = engine.read_filled_matrix(data)
        matrix = filled_matrices.keep_matrix(story.session, story.round, filename="x.xlsx", data=data, rows=rows, **who)
        looked_at = filled_matrices.examine(story.session, story.round, matrix)
        if looked_at.taken:
            filled_matrices.take(story.session, story.round, matrix, mark=looked_at.mark, **who)
        found = decided(story)
        again = filled_matrices.examine(story.session, story.round, matrix)
        assert again.taken == ()
        savepoint.rollback()
    story.session.expire_all()
    return found, looked_at


@LAW
@given(rows=st.dictionaries(st.integers(1, COUNT), fillings(), max_size=COUNT))
def test_what_is_filled_is_what_deciding_makes_of_it(story: Story, rows: dict[int, dict[str, str]]) -> None:
    rows = dict(sorted(rows.items()))
    expected = as_decide_makes_them(story, rows)
    found, looked_at = as_taken_over(story, filled(matrix_of(story), rows, as_text=True))
    assert found == expected
    assert {int(v.number) for v in looked_at.taken} == set(expected)
    assert {int(v.row.number) for v in looked_at.refused} == set(rows) - set(expected)


@LAW
@given(
    rows=st.dictionaries(st.integers(1, COUNT), fillings(), min_size=1, max_size=COUNT),
    corrupted=st.dictionaries(st.integers(1, COUNT), st.sampled_from(sorted(CORRUPTIONS)), max_size=COUNT),
)
def test_whichever_rows_are_bad_the_others_are_taken(
    story: Story, rows: dict[int, dict[str, str]], corrupted: dict[int, str]
) -> None:
    rows = dict(sorted(rows.items()))
    good = {number: cells for number, cells in rows.items() if number not in corrupted}
    expected = as_decide_makes_them(story, good)
    data = filled(matrix_of(story), rows, as_text=True)
    kinds = {number: CORRUPTIONS[kind] for number, kind in corrupted.items()}
    found, looked_at = as_taken_over(story, filled(data, kinds))
    assert found == expected
    assert len(looked_at.refused) == len(corrupted) + len(good) - len(expected)


@LAW
@given(first=st.dictionaries(st.integers(1, COUNT), fillings(), max_size=COUNT))
def test_a_matrix_as_it_was_taken_changes_nothing_whatever_was_decided(
    story: Story, first: dict[int, dict[str, str]]
) -> None:
    with story.session.begin_nested() as savepoint:
        data = filled(matrix_of(story), dict(sorted(first.items())), as_text=True)
        who: dict[str, Any] = {"by": story.actor("lead"), "person": story.people["lead"], "now": AFTER}
        rows = engine.read_filled_matrix(data)
        matrix = filled_matrices.keep_matrix(story.session, story.round, filename="x", data=data, rows=rows, **who)
        looked_at = filled_matrices.examine(story.session, story.round, matrix)
        if looked_at.taken:
            filled_matrices.take(story.session, story.round, matrix, mark=looked_at.mark, **who)
        again = filled_matrices.examine(
            story.session, story.round,
            filled_matrices.keep_matrix(
                story.session, story.round, filename="y", data=matrix_of(story),
                rows=engine.read_filled_matrix(matrix_of(story)), **who,
            ),
        )  # fmt: skip
        assert (again.taken, again.refused) == ((), ())
        savepoint.rollback()
    story.session.expire_all()
