"""The board's states, closing early, finishing."""

from datetime import timedelta
from typing import Any

import pytest

from consult.errors import Invalid, Refused
from consult.models import Duty
from consult.services import dispositions, obstacles, rounds
from consult.services.obstacles import Obstacle
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.story import AFTER, DURING, SECOND, Story, a_story, two_conflicting


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def states(story: Story, now: Any = DURING) -> dict[str, str]:
    return {s.organisation.code: s.state for s in rounds.list_standings(story.session, story.round, now)}


def close(story: Story, reason: str = "All have answered.", version: int = 0, now: Any = DURING) -> None:
    rounds.close_early(
        story.session, story.round, reason=reason, version=version or story.round.version, base_url=BASE_URL,
        by=story.actor("lead"), now=now,
    )  # fmt: skip


def finish(story: Story) -> None:
    rounds.finish(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)


def test_an_organisation_goes_from_not_opened_to_opened_to_drafting_to_handed_in(story: Story) -> None:
    assert states(story) == {"MDA": "not opened", "KOS": "not opened"}
    rounds.note_opened(story.session, story.round, story.actor("moldova"), now=DURING)
    assert states(story)["MDA"] == "opened"
    story.comment("moldova", reason="One.", now=DURING + timedelta(hours=5))
    assert states(story)["MDA"] == "drafting"
    story.hand_in("moldova")
    assert states(story) == {"MDA": "handed in", "KOS": "not opened"}


@pytest.mark.parametrize("position", ["no comments", "concur", "not concerned"])
def test_a_position_without_comments_is_shown_as_it_was_given(story: Story, position: str) -> None:
    story.hand_in("kosovo", position)
    assert states(story)["KOS"] == position


def test_of_drafting_the_lead_learns_the_word_and_no_time_or_number(story: Story) -> None:
    rounds.note_opened(story.session, story.round, story.actor("moldova"), now=DURING)
    story.comment("moldova", reason="One.", now=DURING + timedelta(hours=5))
    one = rounds.list_standings(story.session, story.round, DURING)
    story.comment("moldova", reason="Two.", now=DURING + timedelta(hours=6))
    assert rounds.list_standings(story.session, story.round, DURING) == one
    assert next(s for s in one if s.organisation == story.moldova).since == DURING


def test_a_correction_that_is_being_drafted_does_not_show(story: Story) -> None:
    story.comment("moldova", reason="One.")
    story.hand_in("moldova")
    before = rounds.list_standings(story.session, story.round, DURING)
    story.comment("moldova", reason="Two.")
    assert rounds.list_standings(story.session, story.round, DURING) == before


def test_who_has_not_answered_at_the_deadline_is_overdue_with_or_without_a_worker(story: Story) -> None:
    story.comment("moldova", reason="Not handed in.")
    assert states(story, DEADLINE - SECOND) == {"MDA": "drafting", "KOS": "not opened"}
    assert states(story, DEADLINE) == {"MDA": "overdue", "KOS": "overdue"}
    story.tick(DEADLINE)
    assert states(story, DEADLINE) == {"MDA": "overdue", "KOS": "overdue"}


def test_when_a_round_closes_early_nobody_is_called_overdue(story: Story) -> None:
    close(story)
    assert states(story) == {"MDA": "no answer", "KOS": "no answer"}


def test_who_opens_the_document_twice_opened_it_the_first_time(story: Story) -> None:
    for hours in (0, 2):
        rounds.note_opened(story.session, story.round, story.actor("kosovo"), now=DURING + timedelta(hours=hours))
    found = next(s for s in rounds.list_standings(story.session, story.round, AFTER) if s.organisation == story.kosovo)
    assert found.state == "overdue"
    found = next(s for s in rounds.list_standings(story.session, story.round, DURING) if s.organisation == story.kosovo)
    assert found.since == DURING


# ---- closing early --------------------------------------------------------------------------------------------------


def test_closing_early_tells_everybody_why_and_cancels_what_is_due(story: Story) -> None:
    close(story, "The meeting has been\nmoved forward.")
    assert (story.round.stage, story.round.closed_at) == ("closed", DURING)
    assert story.recipients("closing") == ["kosovo", "lead", "moldova", "observer"]
    for letter in story.letters("closing"):
        assert "before the deadline. The reason: The meeting has been moved forward." in letter.text
    due = [duty.kind for duty in story.session.query(Duty) if duty.state != "cancelled"]
    assert due == ["undecided"]  # whether the lead has decided is asked some days later
    told = len(story.letters("closing"))
    story.tick(AFTER)
    assert (len(story.letters("closing")), story.letters("reminder")) == (told, [])


def test_closing_early_needs_a_reason(story: Story) -> None:
    with pytest.raises(Invalid, match="why the round closes early"):
        close(story, " \n ")
    assert story.round.stage == "open"


def test_after_closing_early_nothing_is_accepted_though_the_deadline_is_to_come(story: Story) -> None:
    close(story)
    with pytest.raises(Refused, match="All have answered"):
        story.comment("moldova", reason="Late.", now=DURING + SECOND)


def test_who_closes_a_round_that_was_closed_meanwhile_is_told_with_which_reason(story: Story) -> None:
    seen = story.round.version
    close(story, "First.", version=seen)
    with pytest.raises(Refused, match="First"):
        close(story, "Second.", version=seen)
    assert story.round.closing_reason == "First."
    assert len(story.letters("closing")) == 4


def test_who_closes_what_somebody_changed_meanwhile_is_refused(story: Story) -> None:
    seen = story.round.version
    story.round.invitation = "Changed."
    story.session.flush()
    with pytest.raises(Refused, match="changed this round"):
        close(story, version=seen)


def test_a_round_past_its_deadline_cannot_be_closed_early(story: Story) -> None:
    with pytest.raises(Refused, match="deadline has passed"):
        close(story, now=DEADLINE)


# ---- finishing ------------------------------------------------------------------------------------------------------


def test_a_round_is_finished_when_nothing_is_undecided_and_everybody_is_told(story: Story) -> None:
    two_conflicting(story)
    story.tick(DEADLINE)
    story.round.stage = "consolidated"
    with pytest.raises(Refused, match="5 things are in the way"):
        finish(story)
    for item in dispositions.list_numbered(story.session, story.round):
        dispositions.decide(
            story.session, story.round, item.comment, decision="noted", reason="Thank you.", wording="",
            duplicate_of=0, version=0, by=story.actor("lead"), person=story.people["lead"], now=AFTER,
        )  # fmt: skip
    finish(story)
    assert story.round.stage == "decided"
    assert story.recipients("consolidated") == ["kosovo", "moldova", "observer"]
    assert "has decided on every comment" in story.letters("consolidated")[0].text


@pytest.mark.parametrize("stage", ["planned", "open", "closed", "decided"])
def test_only_a_consolidated_round_can_be_finished(story: Story, stage: str) -> None:
    story.round.stage = stage
    with pytest.raises(Refused):
        finish(story)
    assert story.round.stage == stage


def test_accepted_changes_that_contradict_each_other_are_in_the_way(story: Story) -> None:
    two_conflicting(story)
    story.tick(DEADLINE)
    story.round.stage = "consolidated"
    for item in dispositions.list_numbered(story.session, story.round):
        dispositions.decide(
            story.session, story.round, item.comment, decision="accepted", reason="", wording="",
            duplicate_of=0, version=0, by=story.actor("lead"), person=story.people["lead"], now=AFTER,
        )  # fmt: skip
    with pytest.raises(Refused, match="1 thing is in the way"):
        finish(story)
    assert obstacles.list_obstacles(story.session, story.round, AFTER) == [Obstacle("contradiction", "3")]
    assert story.round.stage == "consolidated"
