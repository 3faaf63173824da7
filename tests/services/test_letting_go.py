"""A comment without a place that the lead lets go: it stops nothing, and stands with its reason in the matrix and the outcome."""

from typing import Any

import pytest

from consult import engine
from consult.models import DECISIONS, Comment, Round
from consult.services import carrying, filled_matrices, matrices, obstacles, outcomes
from tests.filling import filled
from tests.services import test_next_rounds
from tests.services.test_next_rounds import an_orphan, who
from tests.story import AFTER, Story

story = test_next_rounds.story
REASON = "The paragraph was taken out."


@pytest.fixture
def gone(story: Story) -> tuple[Round, Comment]:
    """The next round, with one comment carried over that has lost its place and was let go."""
    following, orphan = an_orphan(story)
    assert [it.kind for it in obstacles.list_obstacles(story.session, following, AFTER)] == ["undecided", "orphan"]
    carrying.let_go(story.session, following, orphan, REASON, **who(story))
    following.circulated_at, following.stage = AFTER, "closed"
    story.session.flush()
    return following, orphan


def test_it_is_in_the_way_of_nothing(story: Story, gone: tuple[Round, Comment]) -> None:
    assert obstacles.list_obstacles(story.session, gone[0], AFTER) == []


def test_it_stands_in_the_leads_matrix_with_the_reason_and_without_a_number(
    story: Story, gone: tuple[Round, Comment]
) -> None:
    (row,) = matrices.make_matrix(story.session, gone[0])[1]
    assert (row.code, row.number, row.decision, row.observations) == ("MDA", "", "let go", REASON)
    assert "on paragraph 3, which read “" in row.comment


def test_others_have_it_in_their_matrix_once_decisions_are_released(story: Story, gone: tuple[Round, Comment]) -> None:
    following, _ = gone
    assert matrices.make_matrix(story.session, following, only_released=True)[1] == ()
    following.releases = 1
    (row,) = matrices.make_matrix(story.session, following, only_released=True)[1]
    assert row.observations == REASON


def test_its_organisation_reads_it_among_what_happened_and_no_other_does(
    story: Story, gone: tuple[Round, Comment]
) -> None:
    following, _ = gone
    (found,) = outcomes.list_outcomes(story.session, following, story.moldova, sees_others=False)
    assert (found.is_decided, found.is_let_go, found.decision) == (True, True, "the lead let it go")
    assert found.reason == REASON
    assert "within two working days" in found.notes[0]
    assert outcomes.list_outcomes(story.session, following, story.kosovo, sees_others=True) == []
    data = outcomes.write_outcomes(following, story.moldova, [found])
    assert REASON in "\n".join(p.text for p in engine.read_draft(data).paragraphs)


def test_its_row_cannot_be_decided_in_the_matrix_and_changes_nothing_as_it_is(
    story: Story, gone: tuple[Round, Comment]
) -> None:
    following, _ = gone
    data = engine.write_matrix_to_fill(*matrices.make_matrix_to_fill(story.session, following), DECISIONS)
    assert len(examined(story, following, data).unchanged) == 1
    touched = filled(data, {0: {"decision": "accepted"}})
    assert [v.code for v in examined(story, following, touched).refused] == ["not-effective"]


def examined(story: Story, round_: Round, data: bytes) -> filled_matrices.Examined:
    given: dict[str, Any] = {"filename": "x.xlsx", "data": data, "rows": engine.read_filled_matrix(data)}
    kept = filled_matrices.keep_matrix(story.session, round_, **given, **who(story))
    return filled_matrices.examine(story.session, round_, kept)
