"""What changes in a round is counted for those for whom it exists."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from consult.models import EVERYBODY, ChangeCount
from consult.services import comments
from tests.story import DURING, Story, a_story


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def counts(story: Story) -> dict[int, int]:
    story.session.flush()
    return dict(story.session.execute(select(ChangeCount.organisation_id, ChangeCount.changes)).all())


def test_what_is_not_handed_in_moves_only_the_count_of_its_own_organisation(story: Story) -> None:
    written = story.comment("moldova", on="within two working days", reason="Long.")
    who = {"by": story.actor("moldova"), "now": DURING}
    comments.delete_comment(story.session, story.round, written, **who)
    story.comment("moldova", reason="In general.")
    assert counts(story) == {story.moldova.id: 3}


def test_handing_in_and_withdrawing_are_counted_for_everybody(story: Story) -> None:
    written = story.comment("moldova", reason="In general.")
    before = counts(story)
    story.hand_in("moldova")
    assert counts(story) == {story.moldova.id: before[story.moldova.id] + 1, EVERYBODY: 1}
    comments.withdraw_comment(
        story.session, story.round, written, by=story.actor("moldova"), now=DURING + timedelta(hours=1)
    )
    assert counts(story)[EVERYBODY] == 2


def test_a_correction_is_nobody_elses_business_until_it_is_handed_in(story: Story) -> None:
    written = story.comment("moldova", reason="In general.")
    story.hand_in("moldova")
    before = counts(story)
    comments.correct_comment(
        story.session, story.round, written, by=story.actor("moldova"), person=story.people["moldova"], now=DURING
    )
    assert counts(story)[EVERYBODY] == before[EVERYBODY]
