"""The board's pictures: where the comments lie, and the round in time. Only what is handed in is in them."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.models import Duty
from consult.services import consolidations, entries, heatmaps, layouts, reminders, rounds, timelines
from consult.services.heatmaps import Heatmap
from consult.services.timelines import Timeline
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.story import AFTER, DURING, Story, a_story, two_conflicting


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def heatmap(story: Story) -> Heatmap:
    layout = layouts.read_layout(story.session, story.draft.id)
    listed = entries.list_entries(story.session, story.round)
    return heatmaps.draw(layout, listed, [story.moldova, story.kosovo])


def timeline(story: Story, now: Any) -> Timeline:
    standings = rounds.list_standings(story.session, story.round, now)
    return timelines.read_timeline(story.session, story.round, standings, now)


def told(found: Timeline, *, past: bool) -> list[str]:
    return [str(event.told) for event in found.events if event.is_past == past]


def test_every_comment_that_counts_lies_in_one_cell(story: Story) -> None:
    two_conflicting(story)
    story.comment("moldova", reason="On the whole draft.", kind="general")
    found = heatmap(story)
    listed = entries.list_entries(story.session, story.round)
    assert sum(found.totals) == sum(section.total for section in found.sections) == len(listed)
    by_code = {o.code: total for o, total in zip(found.organisations, found.totals, strict=True)}
    assert by_code["MDA"] == sum(1 for entry in listed if entry.organisation_id == story.moldova.id)


def test_what_is_not_handed_in_is_in_no_picture(story: Story) -> None:
    before = heatmap(story), timeline(story, DURING)
    story.comment("moldova", on="within two working days", reason="Not handed in.")
    assert (heatmap(story), timeline(story, DURING)) == before
    story.hand_in("moldova")
    assert heatmap(story).totals == (1, 0)


@given(st.lists(st.integers(1, 4), max_size=30))
def test_sections_are_those_of_one_level_and_none_is_in_another(levels: list[int]) -> None:
    lines = [layouts.Line(n, str(n + 1), "heading", f"Heading {n}", "") for n in range(len(levels))]
    headings = layouts._outline(
        [(n, {"level": level, "label": ""}) for n, level in enumerate(levels)], lines, [range(len(lines))]
    )
    chosen = heatmaps._chosen(headings)
    assert len({heading.level for heading in chosen}) <= 1
    assert bool(chosen) == bool(levels)
    assert all(one.end <= other.start for one, other in pairwise(chosen))


def test_the_timeline_tells_what_was_and_what_comes(story: Story) -> None:
    story.hand_in("kosovo", "concur")
    found = timeline(story, DURING)
    assert told(found, past=True)[-1] == "Mission in Kosovo: Concur"
    assert told(found, past=False)[-1] == "Deadline"
    assert "Reminder to those who have not answered" in told(found, past=False)
    assert found.now is not None
    places = [event.place for event in found.events]
    assert places == sorted(places)
    assert all(0 <= place <= 1 for place in places)
    later = timeline(story, DEADLINE + timedelta(days=1))
    assert (told(later, past=False), later.now) == ([], None)


def test_a_sent_reminder_stands_once_with_the_number_of_organisations(story: Story) -> None:
    story.tick(DEADLINE - timedelta(days=5))
    assert "Reminders to 2 organisations" in told(timeline(story, DEADLINE - timedelta(days=5)), past=True)


def test_a_reminder_that_was_not_sent_is_not_told(story: Story) -> None:
    story.hand_in("moldova", "concur")
    story.tick(DEADLINE - timedelta(days=5))
    assert story.recipients("reminder") == ["kosovo"]
    found = told(timeline(story, DEADLINE - timedelta(days=5)), past=True)
    assert [words for words in found if words.startswith("Reminder")] == ["Reminder to 1 organisation"]


def test_a_reminder_by_hand_is_told(story: Story) -> None:
    reminders.remind_now(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=DURING)
    assert "Reminders to 2 organisations" in told(timeline(story, DURING), past=True)


def test_what_an_organisation_delegates_is_not_in_it(story: Story) -> None:
    before = timeline(story, DURING)
    story.session.add(
        Duty(key="delegation:1", kind="reminder", round_id=story.round.id, due_at=DURING + timedelta(hours=1))
    )
    story.session.flush()
    assert timeline(story, DURING) == before


def test_a_round_closed_early_awaits_nothing(story: Story) -> None:
    rounds.close_early(
        story.session, story.round, reason="All have answered.", version=story.round.version, base_url=BASE_URL,
        by=story.actor("lead"), now=DURING,
    )  # fmt: skip
    found = timeline(story, DURING + timedelta(hours=1))
    assert (told(found, past=False), found.now) == ([], None)


def test_the_steps_of_the_lead_are_in_it(story: Story) -> None:
    two_conflicting(story)
    rounds.make_closed(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)
    snapshot = consolidations.take_snapshot(story.session, story.storage, story.round)
    assert snapshot is not None
    assert "Closed" in told(timeline(story, AFTER), past=True)
