"""What happened to an organisation's comments: its own ones alone, with what the paragraph now reads."""

from contextlib import suppress
from typing import Any

import pytest

from consult import engine
from consult.errors import Refused
from consult.models import Disposition
from consult.services import consolidations, dispositions, outcomes, releases, rounds
from consult.services.outcomes import DELETED, NOT_SETTLED, UNCHANGED, WITHOUT_OTHERS, Outcome
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.story import AFTER, Story, a_story, two_conflicting


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    """A round with five comments handed in: 1 general, 2 and 3 alike, 4 and 5 in conflict."""
    made = a_story(session, storage)
    two_conflicting(made)
    return made


def decide(story: Story, number: int, decision: str, reason: str = "So decided.", **more: Any) -> Disposition:
    numbered = dispositions.list_numbered(story.session, story.round)
    comment = next(item.comment for item in numbered if item.number == number)
    given: dict[str, Any] = {"wording": "", "duplicate_of": 0, "version": 0, "now": AFTER, **more}
    return dispositions.decide(
        story.session, story.round, comment, decision=decision, reason=reason, by=story.actor("lead"),
        person=story.people["lead"], **given,
    )  # fmt: skip


def decide_all(story: Story) -> None:
    decide(story, 1, "noted", "Thank you.")
    decide(story, 2, "accepted")
    decide(story, 3, "duplicate", duplicate_of=2)
    decide(story, 4, "not accepted", "One day is short.")
    decide(story, 5, "accepted with changes", "Clearer.",
           wording="Each mission informs the co-ordinator within 48 hours.")  # fmt: skip


def release(story: Story) -> None:
    """Release what is new, if anything is."""
    story.round.stage = "consolidated"
    with suppress(Refused):
        releases.release(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)


def listed(story: Story, name: str, sees_others: bool = True, released: bool = True) -> list[Outcome]:
    """Return an organisation's table when the decisions have been released, or as it stands."""
    if released:
        release(story)
    organisation = getattr(story, name)
    return outcomes.list_outcomes(story.session, story.round, organisation, sees_others=sees_others)


def test_an_organisation_has_its_own_comments_with_the_matrix_numbers_and_decisions(story: Story) -> None:
    decide_all(story)
    assert [(o.item.number, o.decision) for o in listed(story, "kosovo")] == [
        (1, "noted"), (2, "accepted"), (4, "not accepted"),
    ]  # fmt: skip
    assert [(o.item.number, o.decision) for o in listed(story, "moldova")] == [
        (3, "duplicate of comment 2"), (5, "accepted with changes"),
    ]  # fmt: skip
    assert {o.item.comment.organisation_id for o in listed(story, "moldova")} == {story.moldova.id}


def test_the_paragraph_reads_as_the_accepted_changes_of_all_make_it(story: Story) -> None:
    decide_all(story)
    general, _, refused = listed(story, "kosovo")
    assert (general.reads, general.notes) == ("", ())
    assert refused.reads == "Each mission informs the co-ordinator within 48 hours."
    assert any(change.kind == "inserted" for change in refused.changes)
    repeated = listed(story, "moldova")[0]
    assert "prevent and combat" in repeated.reads


def test_decisions_that_are_not_released_are_not_in_it(story: Story) -> None:
    first = decide(story, 5, "not accepted", "ZXQV-RELEASED")
    before = [(o.decision, o.reads) for o in listed(story, "moldova")]
    assert before == [("not yet decided", before[0][1]), ("not accepted", before[1][1])]
    decide(story, 5, "accepted", "ZXQV-LATER", version=first.version)
    decide(story, 3, "accepted", "ZXQV-LATER")
    found = listed(story, "moldova", released=False)
    assert [(o.decision, o.reads) for o in found] == before
    assert [o.item.disposition.reason if o.item.disposition else "" for o in found] == ["", "ZXQV-RELEASED"]
    assert [o.decision for o in listed(story, "moldova")] == ["accepted", "accepted"]


def test_what_other_organisations_want_is_not_in_it_before_their_comments_may_be_seen(story: Story) -> None:
    decide_all(story)
    kosovo = listed(story, "kosovo", sees_others=False)
    assert kosovo[2].reads == "Each mission informs the co-ordinator within two working days."
    assert kosovo[2].notes == (UNCHANGED, WITHOUT_OTHERS)
    assert "prevent and combat" in kosovo[1].reads
    moldova = listed(story, "moldova", sees_others=False)
    assert moldova[0].decision == "duplicate of another organisation’s comment"
    assert "prevent and to combat" in moldova[0].reads
    decide(story, 4, "accepted", version=1)
    assert NOT_SETTLED in listed(story, "kosovo")[2].notes
    assert NOT_SETTLED not in listed(story, "kosovo", sees_others=False)[2].notes


def test_a_paragraph_without_accepted_changes_is_as_in_the_draft(story: Story) -> None:
    decide(story, 4, "not accepted")
    assert [o.notes for o in listed(story, "kosovo")][2] == (UNCHANGED,)


def test_the_same_change_accepted_twice_is_made_once(story: Story) -> None:
    decide(story, 2, "accepted")
    decide(story, 3, "accepted")
    assert listed(story, "moldova")[0].reads == listed(story, "kosovo")[1].reads
    assert listed(story, "moldova")[0].reads.count("combat") == 1


def test_contradicting_accepted_changes_are_not_shown_as_a_text(story: Story) -> None:
    decide(story, 4, "accepted")
    decide(story, 5, "accepted")
    found = listed(story, "moldova")[1]
    assert (found.notes, found.changes) == ((NOT_SETTLED,), ())


def test_a_paragraph_that_is_accepted_to_go_is_said_to_be_deleted(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    text = story.paragraph("within two working days").text
    story.comment("moldova", on="within two working days", change=(text, ""))
    story.hand_in("moldova")
    decide(story, 1, "accepted")
    assert [o.notes for o in listed(story, "moldova")] == [(DELETED,)]


def test_the_word_file_says_the_same_and_nothing_of_others(story: Story) -> None:
    decide_all(story)
    data = outcomes.write_outcomes(story.round, story.moldova, listed(story, "moldova"))
    text = "\n".join(p.text for p in engine.read_draft(data).paragraphs)
    for words in (
        "Mission to Moldova", "Two days are long.", "accepted with changes", "Clearer.", "duplicate of comment 2",
        "Each mission informs the co-ordinator within 48 hours.",
    ):  # fmt: skip
        assert words in text
    for words in ("Mission in Kosovo", "KOS", "We welcome the draft.", "one working day", "One day is short."):
        assert words not in text
    assert data == outcomes.write_outcomes(story.round, story.moldova, listed(story, "moldova"))


def test_the_letter_takes_an_organisation_with_comments_to_its_own_table(story: Story) -> None:
    story.tick(DEADLINE)
    snapshot = consolidations.take_snapshot(story.session, story.storage, story.round)
    made = engine.consolidate(snapshot.draft, snapshot.contributions)
    consolidations.keep_consolidation(
        story.session, story.storage, story.round, snapshot, made, base_url=BASE_URL, by=story.actor("lead"),
        person=story.people["lead"], now=AFTER,
    )  # fmt: skip
    decide_all(story)
    rounds.finish(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)
    texts = {letter.recipient: letter.text for letter in story.letters("consolidated") if "finished" in letter.text}
    own = f"/rounds/{story.round.id}/outcome?organisation={story.moldova.id}"
    told = texts[story.people["moldova"].email]
    assert own in told
    assert "each of the 2 comments of Mission to Moldova" in told
    assert "Clearer." not in told
    assert "outcome" not in texts[story.people["observer"].email]
