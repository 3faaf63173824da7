"""Decisions are the lead's drafts until they are released; each release tells those for whom something is new."""

from typing import Any

import pytest

from consult.errors import Refused
from consult.models import AuditEntry, Disposition, ReleasedDisposition
from consult.services import audit, dispositions, releases, rounds
from consult.services.entries import list_entries
from consult.services.releases import Release
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.story import AFTER, DURING, Story, a_story, two_conflicting


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    """A consolidated round: comments 1, 2 and 4 are Kosovo's, 3 and 5 Moldova's."""
    made = a_story(session, storage)
    two_conflicting(made)
    made.tick(DEADLINE)
    made.round.stage = "consolidated"
    return made


def decide(story: Story, *numbers: int, decision: str = "noted", reason: str = "So decided.") -> list[Disposition]:
    """Decide on comments, or decide again."""
    items = [i for i in dispositions.list_numbered(story.session, story.round) if i.number in numbers]
    versions = {entry.comment_id: entry.version for entry in list_entries(story.session, story.round)}
    return dispositions.decide_many(
        story.session, story.round, [i.comment for i in items], decision=decision, reason=reason, versions=versions,
        by=story.actor("lead"), person=story.people["lead"], now=AFTER,
    )  # fmt: skip


def release(story: Story) -> Release:
    return releases.release(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)


def states(story: Story) -> list[str]:
    return [entry.state for entry in list_entries(story.session, story.round)]


def told(story: Story) -> list[tuple[str, str]]:
    """Return the letters about releases: to whom, and the sentence about the comments."""
    names = {person.email: name for name, person in story.people.items()}
    return [
        (
            names[letter.recipient],
            next(line for line in letter.text.splitlines() if "comments" in line and "Of" in line),
        )
        for letter in story.letters("released")
    ]


def test_the_list_of_all_has_the_numbers_of_the_matrix(story: Story) -> None:
    numbered = dispositions.list_numbered(story.session, story.round)
    entries = list_entries(story.session, story.round)
    assert [(e.number, e.comment_id) for e in entries] == [(i.number, i.comment.id) for i in numbered]


def test_a_decision_is_a_draft_until_it_is_released_and_again_when_it_is_changed(story: Story) -> None:
    assert states(story) == ["undecided"] * 5
    decide(story, 1, 3)
    assert states(story) == ["draft", "undecided", "draft", "undecided", "undecided"]
    assert release(story) == Release(1, 2, 2)
    assert states(story) == ["released", "undecided", "released", "undecided", "undecided"]
    decide(story, 3, reason="Otherwise.")
    decide(story, 4)
    assert states(story) == ["released", "undecided", "changed since released", "draft", "undecided"]
    decide(story, 3)  # as it was released
    assert states(story)[2] == "released"


@pytest.mark.parametrize("change", ["decision", "reason", "wording", "duplicate"])
def test_any_difference_is_a_change(story: Story, change: str) -> None:
    decide(story, 1, 4)
    release(story)
    made = story.session.query(Disposition).order_by(Disposition.id).first()
    value = {"decision": "accepted", "reason": "So decided", "wording": "New.", "duplicate": made.comment_id}[change]
    setattr(made, "duplicate_of_id" if change == "duplicate" else change, value)
    story.session.flush()
    assert sorted(states(story)) == sorted(["changed since released", "released", *["undecided"] * 3])


def test_a_release_keeps_what_was_told_before(story: Story) -> None:
    decide(story, 1)
    release(story)
    decide(story, 1, decision="out of scope")
    release(story)
    rows = story.session.query(ReleasedDisposition).order_by(ReleasedDisposition.release)
    assert [(row.release, row.decision, row.reason) for row in rows] == [
        (1, "noted", "So decided."), (2, "out of scope", "So decided."),
    ]  # fmt: skip
    assert [row.decision for row in releases.list_released(story.session, story.round).values()] == ["out of scope"]


def test_the_first_release_tells_everybody_who_is_asked_and_a_later_one_those_for_whom_something_is_new(
    story: Story,
) -> None:
    decide(story, 1, 2)
    release(story)
    assert told(story) == [
        ("kosovo", "Of the comments of Mission in Kosovo, 2 of 3 are decided; new or changed: 2. What was decided, and why:"),
        ("moldova", "Of the comments of Mission to Moldova, 0 of 2 are decided; new or changed: 0. What was decided, and why:"),
    ]  # fmt: skip
    decide(story, 3)
    decide(story, 5)
    release(story)
    assert told(story)[2:] == [
        ("moldova", "Of the comments of Mission to Moldova, 2 of 2 are decided; new or changed: 2. What was decided, and why:")
    ]  # fmt: skip
    assert "further decisions" in story.letters("released")[2].text


def test_the_letter_says_nothing_of_what_was_written_or_decided(story: Story) -> None:
    decide(story, 1, 2, 3, 4, 5, reason="ZXQV-REASON")
    release(story)
    for letter in story.letters("released"):
        assert f"/rounds/{story.round.id}/outcome?organisation=" in letter.text
        for words in ("ZXQV-REASON", "noted", "Two days are long", "We welcome"):
            assert words not in letter.text + letter.html + letter.subject
    assert "Kosovo" not in next(t.text for t in story.letters("released") if "Moldova" in t.text)


def test_an_organisation_without_comments_is_told_that_nothing_was_decided_for_it(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.comment("kosovo", reason="We welcome the draft.")
    story.hand_in("kosovo")
    story.round.stage = "consolidated"
    decide(story, 1)
    release(story)
    letter = next(t for t in story.letters("released") if t.recipient == story.people["moldova"].email)
    assert "Mission to Moldova has no comments in this round" in letter.text


def test_a_release_is_on_record(story: Story) -> None:
    decide(story, 1, 3)
    release(story)
    entry = story.session.query(AuditEntry).filter_by(action="round.release").one()
    assert (entry.object_id, entry.facts["release"], entry.facts["decisions"], entry.facts["organisations"]) == (
        str(story.round.id), 1, 2, 2,
    )  # fmt: skip
    assert audit.verify(story.session) is None


def test_nothing_new_is_no_release(story: Story) -> None:
    with pytest.raises(Refused, match="No comment has a decision yet"):
        release(story)
    decide(story, 1)
    release(story)
    with pytest.raises(Refused, match="Nothing has been decided or changed"):
        release(story)
    assert story.round.releases == 1
    assert len(story.letters("released")) == 2


@pytest.mark.parametrize("stage", ["open", "closed", "decided"])
def test_decisions_are_released_between_consolidating_and_finishing(story: Story, stage: str) -> None:
    decide(story, 1)
    story.round.stage = stage
    with pytest.raises(Refused):
        release(story)
    story.round.stage, story.round.closed_at = "consolidated", None
    with pytest.raises(Refused):
        releases.release(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=DURING)
    assert story.session.query(ReleasedDisposition).count() == 0


def test_finishing_releases_what_is_still_unreleased_and_tells_of_it_once(story: Story) -> None:
    decide(story, 1, 2)
    release(story)
    before = len(story.letters("released"))
    decide(story, 2, decision="accepted")
    decide(story, 3, 4, 5)
    rounds.finish(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)
    assert states(story) == ["released"] * 5
    assert story.round.releases == 2
    assert [e.facts["decisions"] for e in story.session.query(AuditEntry).filter_by(action="round.release")] == [2, 4]
    assert len(story.letters("released")) == before


def test_a_round_without_comments_is_finished_without_a_release(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.hand_in("kosovo", "no comments")
    story.round.stage = "consolidated"
    story.tick(DEADLINE)
    story.round.stage = "consolidated"
    rounds.finish(session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)
    assert (story.round.stage, story.round.releases) == ("decided", 0)
