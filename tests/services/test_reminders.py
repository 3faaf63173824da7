"""Reminding by hand: those who owe, and nobody twice within an hour."""

from datetime import timedelta
from typing import Any

import pytest

from consult.errors import Refused
from consult.services import reminders
from consult.services.reminders import Reminded
from tests import factories
from tests.conftest import BASE_URL
from tests.engine.specimens import specimen_draft
from tests.factories import DEADLINE
from tests.story import DURING, SECOND, Story, a_story


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def remind(story: Story, now: Any) -> Reminded:
    return reminders.remind_now(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=now)


def test_those_who_owe_are_reminded_and_named(story: Story) -> None:
    story.hand_in("moldova", "concur")
    assert remind(story, DURING).reminded == (story.kosovo,)
    assert story.recipients("reminder") == ["kosovo"]


def test_nobody_is_reminded_twice_within_an_hour_even_over_the_turn_of_the_hour(story: Story) -> None:
    first = DURING.replace(minute=59)
    remind(story, first)
    again = remind(story, first + timedelta(minutes=2))
    assert (again.reminded, again.spared) == ((), (story.kosovo, story.moldova))
    assert len(story.letters("reminder")) == 2
    assert remind(story, first + timedelta(hours=1)).reminded == (story.kosovo, story.moldova)
    assert len(story.letters("reminder")) == 4


def test_a_planned_reminder_within_the_hour_after_one_by_hand_is_spared(story: Story) -> None:
    due = DEADLINE - timedelta(days=5)
    remind(story, due - timedelta(minutes=10))
    story.tick(due)
    assert len(story.letters("reminder")) == 2


def test_a_reminder_in_another_round_does_not_count(story: Story) -> None:
    first, story.round = (
        story.round,
        factories.a_round(
            story.session, storage=story.storage, data=specimen_draft(), lead=story.lead, consulted=(story.moldova,)
        ),
    )
    remind(story, DURING)
    story.round = first
    assert len(remind(story, DURING).reminded) == 2


def test_an_organisation_without_people_is_told_to_the_lead(story: Story) -> None:
    story.people["kosovo"].is_active = False
    outcome = remind(story, DURING)
    assert (outcome.reminded, outcome.unreachable) == ((story.moldova,), (story.kosovo,))


def test_when_everybody_has_answered_there_is_nobody_to_remind(story: Story) -> None:
    story.hand_in("moldova", "concur")
    story.hand_in("kosovo", "not concerned")
    with pytest.raises(Refused, match="has answered"):
        remind(story, DURING)


def test_after_the_deadline_there_is_nothing_to_remind_of(story: Story) -> None:
    remind(story, DEADLINE - SECOND)
    with pytest.raises(Refused, match="closed"):
        remind(story, DEADLINE)


def test_a_reminder_says_until_when_in_the_zone_of_the_round_and_in_the_organisations_own(story: Story) -> None:
    remind(story, DURING)
    letters = {letter.recipient: letter for letter in story.letters("reminder")}
    to_moldova, to_kosovo = letters[story.people["moldova"].email], letters[story.people["kosovo"].email]
    for body in (to_moldova.text, to_moldova.html):
        assert "27 Nov 2026, 17:00 (Europe/Vienna)" in body
        assert "27 Nov 2026, 18:00 (Europe/Chisinau)" in body
        assert f"{BASE_URL}/rounds/{story.round.id}/document" in body
    assert "In your zone" not in to_kosovo.text
