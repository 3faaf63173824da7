"""After the deadline, within the grace: answers are taken and marked, and nobody but the lead knows of it beforehand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from consult.errors import Invalid, Refused
from consult.models import Comment, Deadline, Duty, Submission
from consult.services import checking, deadlines, delegations, reading, returned_copies, rounds, timelines
from consult.services.visibility import facts_of, is_round_open
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.story import DURING, SECOND, Story, a_story

HOUR = timedelta(hours=1)
GRACE = DEADLINE + 24 * HOUR
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    made = a_story(session, storage)
    set_grace(made, "24")
    return made


def set_grace(story: Story, hours: str = "", *, until: str = "", now: datetime = DURING, reason: str = "") -> None:
    deadline = story.round.deadline
    assert deadline is not None
    deadlines.move_deadline(
        story.session, story.round, wall=deadline.wall, zone=deadline.zone, grace_hours=hours, grace_wall=until,
        reason=reason, version=story.round.version, base_url=BASE_URL, by=story.actor("lead"),
        now=now,
    )  # fmt: skip


def closes_at(story: Story) -> datetime:
    """Return when the round closes, as the database reckons it and as the object does."""
    found = story.session.scalars(select(Deadline.closes_at)).one()
    assert story.round.deadline is not None
    assert found == story.round.deadline.closes_at
    return found


def write(story: Story, at: datetime) -> None:
    story.comment("moldova", reason="A word.", now=at)


def hand_in(story: Story, at: datetime) -> None:
    story.hand_in("moldova", "no comments", now=at)


def return_a_copy(story: Story, at: datetime) -> None:
    returned_copies.ask_for_reading(
        story.session, story.round, organisation_id=story.moldova.id, filename="copy.docx", data=b"PK",
        by=story.people["moldova"], now=at,
    )  # fmt: skip


@pytest.mark.parametrize("act", [write, hand_in, return_a_copy])
@pytest.mark.parametrize(
    ("at", "is_taken", "is_late"),
    [
        (DEADLINE - MOMENT, True, False), (DEADLINE, True, True), (DEADLINE + MOMENT, True, True),
        (GRACE - MOMENT, True, True), (GRACE, False, False), (GRACE + MOMENT, False, False),
    ],
)  # fmt: skip
def test_around_the_deadline_and_around_the_end_of_the_grace(
    story: Story, act: Callable[[Story, datetime], None], at: datetime, is_taken: bool, is_late: bool
) -> None:
    assert is_round_open(story.round, at) == facts_of(story.session, story.round, at).is_open == is_taken
    if not is_taken:
        with pytest.raises(Refused, match="The deadline has passed"):
            act(story, at)
        return
    act(story, at)
    found = story.session.scalars(select(Submission.handed_in_at)).first()
    if found is not None:
        assert (found >= DEADLINE) == is_late
    assert list(checking._lateness(story.session)) == []


def test_what_stands_there_from_after_the_grace_is_found(story: Story) -> None:
    story.comment("moldova", reason="A word.", now=GRACE - SECOND)
    story.session.scalars(select(Comment)).one().created_at = GRACE
    story.session.flush()
    assert [fault.law for fault in checking._lateness(story.session)] == ["no comment is from after the deadline"]


def test_the_round_is_closed_at_the_end_of_the_grace_and_not_at_the_deadline(story: Story) -> None:
    assert closes_at(story) == GRACE
    story.tick(GRACE - SECOND)
    assert (story.round.stage, story.letters("closing")) == ("open", [])
    story.tick(GRACE + timedelta(days=3))
    assert (story.round.stage, story.round.closed_at) == ("closed", GRACE)
    assert "The deadline was 27 Nov 2026, 17:00 (Europe/Vienna)" in story.letters("closing")[0].text


def test_a_grace_that_is_set_is_told_to_nobody_and_changes_nothing_they_see(session: Any, storage: Any) -> None:
    story = a_story(session, storage)

    def state(now: datetime) -> Any:
        found = reading.glance(story.session, story.round.id, story.actor("moldova"), now)
        assert found is not None
        return found.state

    before, version = state(DURING), story.round.version
    set_grace(story, "24")
    assert (story.letters(), story.round.version, state(DURING)) == ([], version, before)
    assert state(DEADLINE) != before
    assert state(GRACE) not in (before, state(DEADLINE))


def test_a_letter_tells_of_the_grace_only_once_the_deadline_has_passed(story: Story) -> None:
    story.tick(DEADLINE - timedelta(days=2))
    for letter in story.letters():
        assert "Until: 27 Nov 2026, 17:00 (Europe/Vienna)" in letter.text
        assert "28 Nov" not in letter.subject + letter.text + letter.html
    rounds.note_opened(story.session, story.round, story.actor("moldova"), now=DURING)
    set_grace(story, "48", now=DEADLINE + HOUR)
    told = {letter.recipient: letter for letter in story.letters("moved")}[story.people["moldova"].email]
    assert told.subject == "Comments still taken: Draft guidelines (until 29 Nov 2026, 17:00 (Europe/Vienna))"
    assert (
        "The deadline was 27 Nov 2026, 17:00 (Europe/Vienna). It has passed. Answers are still taken until" in told.text
    )
    assert "In your zone: 29 Nov 2026, 18:00 (Europe/Chisinau)" in told.text
    assert "Before, it was: 28 Nov 2026, 17:00 (Europe/Vienna)" in told.text


def test_a_reminder_that_was_missed_goes_within_the_grace_and_says_that_the_deadline_has_passed(story: Story) -> None:
    story.tick(DEADLINE + HOUR)
    assert story.recipients("reminder") == ["kosovo", "moldova"]
    assert {letter.subject for letter in story.letters("reminder")} == {
        "Reminder: Draft guidelines (until 28 Nov 2026, 17:00 (Europe/Vienna))"
    }


def test_the_grace_moves_along_with_the_deadline_and_may_be_taken_away_before_it_begins(story: Story) -> None:
    deadlines.move_deadline(
        story.session, story.round, wall="2026-12-01T17:00", zone="Europe/Vienna", grace_hours="24", reason="",
        version=story.round.version, base_url=BASE_URL, by=story.actor("lead"), now=DURING,
    )  # fmt: skip
    assert closes_at(story) == GRACE + timedelta(days=4)
    closing = story.session.scalars(select(Duty).where(Duty.kind == "closing")).one()
    assert closing.due_at == GRACE + timedelta(days=4)
    set_grace(story)
    assert closes_at(story) == DEADLINE + timedelta(days=4)
    assert closing.due_at == DEADLINE + timedelta(days=4)


def test_the_grace_is_entered_as_a_time_in_the_zone_of_the_deadline(story: Story) -> None:
    set_grace(story, until="2026-11-30T09:00")
    assert closes_at(story) == datetime.fromisoformat("2026-11-30T08:00+00:00")


@pytest.mark.parametrize(
    ("hours", "until", "now", "reason"),
    [
        ("5", "2026-11-30T09:00", DURING, "two-graces"), ("-1", "", DURING, "bad-grace"), ("٣", "", DURING, "bad-grace"),
        ("745", "", DURING, "bad-grace"), ("1.5", "", DURING, "bad-grace"), ("9" * 5000, "", DURING, "bad-grace"),
        ("", "2026-11-27T16:59", DURING, "grace-too-early"), ("", "soon", DURING, "bad-date"),
        ("1", "", DEADLINE + 2 * HOUR, "grace-past"), ("", "", DEADLINE + 2 * HOUR, "grace-past"),
        ("3", "", DEADLINE + 2 * HOUR, "reason-missing"), ("24", "", DURING, "same-deadline"),
    ],
)  # fmt: skip
def test_a_grace_that_cannot_be_is_refused_and_nothing_changes(
    story: Story, hours: str, until: str, now: datetime, reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        set_grace(story, hours, until=until, now=now)
    assert refused.value.reason == reason
    assert closes_at(story) == GRACE


def test_a_part_is_given_until_before_the_deadline_and_in_the_grace_until_before_its_end(story: Story) -> None:
    def until(wall: str, now: datetime) -> datetime:
        return delegations.until_from(story.round, story.moldova.id, wall, "Europe/Vienna", now)

    with pytest.raises(Invalid, match="which is 2026-11-27 17:00 in Europe/Vienna"):
        until("2026-11-27T17:30", DURING)
    assert until("2026-11-27T17:30", DEADLINE) == DEADLINE + HOUR / 2
    with pytest.raises(Invalid, match="which is 2026-11-28 17:00 in Europe/Vienna"):
        until("2026-11-28T17:00", DEADLINE)


def test_the_line_of_the_round_shows_the_lead_both_ends(story: Story) -> None:
    standings = rounds.list_standings(story.session, story.round, DURING)
    found = timelines.read_timeline(story.session, story.round, standings, DURING)
    told = [(str(event.told), event.at) for event in found.events if event.kind == "deadline"]
    assert told == [("Deadline", DEADLINE), ("End of the grace", GRACE)]
