"""The comment matrix: a row for each comment, in the columns of the form."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consult import engine
from consult.services import dispositions, matrices, releases
from tests.factories import DEADLINE
from tests.story import AFTER, Story, a_story, two_conflicting


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    made = a_story(session, storage)
    two_conflicting(made)
    made.tick(DEADLINE)
    return made


def rows(story: Story, **how: Any) -> tuple[engine.MatrixRow, ...]:
    return matrices.make_matrix(story.session, story.round, **how)[1]


def decide(story: Story, number: int, decision: str, version: int = 0, **more: Any) -> None:
    item = dispositions.list_numbered(story.session, story.round)[number - 1]
    given: dict[str, Any] = {"reason": "", "wording": "", "duplicate_of": 0, **more}
    dispositions.decide(
        story.session, story.round, item.comment, decision=decision, version=version, by=story.actor("lead"),
        person=story.people["lead"], now=AFTER, **given,
    )  # fmt: skip


def test_a_row_stands_for_a_comment_in_the_words_of_the_form(story: Story) -> None:
    general, _, alike, _, delay = rows(story)
    assert (general.code, general.line, general.clause, general.type) == ("KOS", "", "General", "ge")
    assert general.comment == "We welcome the draft."
    assert (delay.number, delay.code, delay.line) == ("5", "MDA", "3")
    assert (delay.clause, delay.place, delay.type) == ("Purpose", "Paragraph 3", "te")
    assert delay.comment == "Two days are long."
    assert delay.proposed_change == "Replace “within two working days” by “without delay”"
    assert alike.comment == ""


def test_who_wants_exactly_the_same_change_supports_it(story: Story) -> None:
    assert [row.supported_by for row in rows(story)] == ["", "MDA", "KOS", "", ""]


def test_types_are_those_of_the_form(story: Story) -> None:
    assert [row.type for row in rows(story)] == ["ge", "ed", "te", "te", "te"]


def test_the_leads_decision_and_reason_stand_in_the_last_columns(story: Story) -> None:
    decide(story, 2, "accepted")
    decide(story, 3, "duplicate", reason="See above.", duplicate_of=2)
    decide(story, 4, "accepted with changes", reason="In substance.", wording="Each mission informs soon.")
    found = {row.number: (row.decision, row.observations) for row in rows(story)}
    assert found == {
        "1": ("", ""),
        "2": ("accepted", ""),
        "3": ("duplicate of 2", "See above."),
        "4": ("accepted with changes", "In substance.\nTo read: “Each mission informs soon.”"),
        "5": ("", ""),
    }


def test_others_get_released_decisions_as_they_were_released(story: Story) -> None:
    before = rows(story)
    decide(story, 4, "not accepted", reason="ZXQV-SECRET")
    assert rows(story, only_released=True) == before
    assert rows(story) != before
    story.round.stage = "consolidated"
    releases.release(story.session, story.round, base_url="http://x", by=story.actor("lead"), now=AFTER)
    released = rows(story)
    assert rows(story, only_released=True) == released
    decide(story, 4, "noted", reason="ZXQV-LATER", version=1)
    decide(story, 5, "noted", reason="ZXQV-LATER")
    assert rows(story, only_released=True) == released


def test_cells_of_tables_and_footnotes_are_named_as_such(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.comment("moldova", on="Every mission", change=("Every", "Each"))
    story.comment("moldova", on="A note on this", change=("A note", "Notes"))
    story.hand_in("moldova")
    assert [row.place for row in rows(story)] == ["Table 1, row 2", "Footnote 1"]


def test_a_position_and_its_statement_stand_in_the_head(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.hand_in("kosovo", "cannot concur", "It contradicts the agreement of 2002.")
    story.hand_in("moldova", "no comments")
    head, _ = matrices.make_matrix(session, story.round)
    assert head.extra == {
        "Mission in Kosovo": "Cannot concur. It contradicts the agreement of 2002.",
        "Mission to Moldova": "No comments",
    }


def test_the_date_in_the_head_is_the_closing_day_in_the_zone_of_the_round(session: Any, storage: Any) -> None:
    story = a_story(session, storage, deadline=datetime(2026, 11, 27, 23, 30, tzinfo=UTC))
    head, _ = matrices.make_matrix(session, story.round)
    assert head.date == "2026-11-28"


def test_the_same_state_gives_the_same_bytes(story: Story) -> None:
    for write in (engine.write_matrix_xlsx, engine.write_matrix_docx):
        first = write(*matrices.make_matrix(story.session, story.round))
        story.session.expire_all()
        assert write(*matrices.make_matrix(story.session, story.round)) == first
