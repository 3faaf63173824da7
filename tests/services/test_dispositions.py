"""The lead's decisions: one for each comment, with reasons; accepted wording; contradictions."""

from typing import Any

import pytest

from consult import engine
from consult.errors import ConsultError, Invalid, Refused
from consult.models import AuditEntry, Comment, Disposition
from consult.services import audit, consolidations, dispositions, drafts
from consult.services.answers import Answer
from consult.services.comments import latest_submissions
from consult.services.dispositions import Numbered
from tests import factories
from tests.factories import DEADLINE
from tests.queries import counted_queries
from tests.story import AFTER, DURING, SECOND, Story, a_story, texts_of, two_conflicting

TWO_DAYS = "Each mission informs the co-ordinator within two working days."


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    """A round with five comments handed in: 1 general, 2 and 3 alike, 4 and 5 in conflict."""
    made = a_story(session, storage)
    two_conflicting(made)
    return made


def numbered(story: Story) -> list[Numbered]:
    return dispositions.list_numbered(story.session, story.round)


def decide(story: Story, number: int, decision: str, reason: str = "So decided.", **more: Any) -> Disposition:
    comment = next(item.comment for item in numbered(story) if item.number == number)
    given: dict[str, Any] = {"wording": "", "duplicate_of": 0, "version": 0, "now": AFTER, **more}
    return dispositions.decide(
        story.session, story.round, comment, decision=decision, reason=reason, by=story.actor("lead"),
        person=story.people["lead"], **given,
    )  # fmt: skip


def test_comments_are_numbered_general_first_then_in_text_order_then_by_organisation(story: Story) -> None:
    found = [
        (i.number, i.comment.organisation.code, i.comment.paragraph.text[:12] if i.comment.paragraph else "")
        for i in numbered(story)
    ]
    assert found == [
        (1, "KOS", ""),
        (2, "KOS", "The missions"),
        (3, "MDA", "The missions"),
        (4, "KOS", "Each mission"),
        (5, "MDA", "Each mission"),
    ]


def test_what_is_not_handed_in_or_withdrawn_or_superseded_has_no_number(story: Story) -> None:
    story.comment("moldova", reason="Not handed in.")
    item = numbered(story)[0]
    item.comment.withdrawn_at = DURING
    story.session.flush()
    assert [i.comment.reason for i in numbered(story)] == ["", "", "", "Two days are long."]


def test_a_decision_counts_once_and_stands_with_its_reason(story: Story) -> None:
    assert dispositions.count_undecided(story.session, story.round) == 5
    made = decide(story, 4, "not accepted", " It was agreed. ")
    assert (made.decision, made.reason, made.decided_at) == ("not accepted", "It was agreed.", AFTER)
    assert dispositions.count_undecided(story.session, story.round) == 4


@pytest.mark.parametrize("decision", ["accepted with changes", "not accepted", "noted", "out of scope", "duplicate"])
def test_everything_but_accepted_needs_a_reason(story: Story, decision: str) -> None:
    with pytest.raises(Invalid, match="Give the reason"):
        decide(story, 4, decision, " ", wording="x", duplicate_of=5)
    decide(story, 4, "accepted", "")


@pytest.mark.parametrize("decision", ["", "maybe", "Accepted"])
def test_an_unknown_decision_is_refused(story: Story, decision: str) -> None:
    with pytest.raises(Invalid, match="Choose a decision"):
        decide(story, 4, decision)


def test_accepting_with_changes_needs_a_wording_that_is_not_the_drafts(story: Story) -> None:
    with pytest.raises(Invalid, match="how the paragraph shall read"):
        decide(story, 4, "accepted with changes")
    with pytest.raises(Invalid, match="that of the draft"):
        decide(story, 4, "accepted with changes", wording=TWO_DAYS)
    made = decide(story, 4, "accepted with changes", wording="Each mission informs\r\nthe co-ordinator.")
    assert made.wording == "Each mission informs\nthe co-ordinator."


def test_a_wording_given_with_another_decision_is_not_kept(story: Story) -> None:
    assert decide(story, 4, "noted", wording="Something else.").wording is None


def test_a_general_comment_can_be_accepted_with_changes_without_a_wording(story: Story) -> None:
    assert decide(story, 1, "accepted with changes").decision == "accepted with changes"


def test_a_duplicate_names_another_comment_that_stands_for_itself(story: Story) -> None:
    for number in (0, 2, 99):
        with pytest.raises(Invalid, match="number of the comment that this one repeats"):
            decide(story, 2, "duplicate", duplicate_of=number)
    decide(story, 3, "duplicate", duplicate_of=2)
    with pytest.raises(Invalid, match="Enter the number of the first one: 2"):
        decide(story, 4, "duplicate", duplicate_of=3)
    with pytest.raises(Invalid, match="3 is marked as a duplicate of it"):
        decide(story, 2, "duplicate", duplicate_of=5)


def test_nobody_decides_while_the_round_is_open_or_after_it_is_finished(story: Story) -> None:
    with pytest.raises(Refused, match="still open"):
        decide(story, 4, "accepted", now=DEADLINE - SECOND)
    story.round.stage = "decided"
    with pytest.raises(Refused, match="finished"):
        decide(story, 4, "accepted")


def test_who_decides_after_somebody_else_is_refused_and_the_first_decision_stands(story: Story) -> None:
    first = decide(story, 4, "accepted", "")
    with pytest.raises(Refused, match="Somebody else decided"):
        decide(story, 4, "not accepted", version=0)
    assert first.decision == "accepted"
    again = decide(story, 4, "not accepted", version=first.version)
    assert (again.id, again.decision) == (first.id, "not accepted")
    with pytest.raises(Refused):
        decide(story, 4, "noted", version=1)


def test_a_comment_of_another_round_cannot_be_decided_here(story: Story) -> None:
    withdrawn = numbered(story)[0].comment
    withdrawn.withdrawn_at = DURING
    story.session.flush()
    with pytest.raises(Refused, match="does not count any more"):
        dispositions.decide(
            story.session, story.round, withdrawn, decision="accepted", reason="", wording="", duplicate_of=0,
            version=0, by=story.actor("lead"), person=story.people["lead"], now=AFTER,
        )  # fmt: skip


# ---- the next draft -------------------------------------------------------------------------------------------------


def next_draft(story: Story) -> list[str]:
    data = story.storage.read(story.draft.file_sha256)
    return texts_of(engine.write_next_draft(data, dispositions.accepted_edits(numbered(story))))


def contradictions(story: Story) -> tuple[str, ...]:
    return dispositions.contradictions(drafts.as_value(story.draft), numbered(story))


def test_the_next_draft_has_accepted_wording_and_nothing_else(story: Story) -> None:
    decide(story, 2, "accepted", "")
    decide(story, 3, "duplicate", duplicate_of=2)
    decide(story, 4, "not accepted")
    decide(story, 5, "accepted", "")
    texts = next_draft(story)
    assert "Each mission informs the co-ordinator without delay." in texts
    assert any("to prevent and combat trafficking" in text for text in texts)
    assert len(texts) == len(texts_of(story.storage.read(story.draft.file_sha256)))


def test_the_leads_own_wording_goes_into_the_next_draft(story: Story) -> None:
    decide(
        story, 4, "accepted with changes", wording="Each mission informs the co-ordinator soon.\n\nIt does so by mail."
    )
    texts = next_draft(story)
    place = texts.index("Each mission informs the co-ordinator soon.")
    assert texts[place + 1] == "It does so by mail."
    assert TWO_DAYS not in texts


def test_the_same_change_accepted_from_two_missions_is_no_contradiction(story: Story) -> None:
    decide(story, 2, "accepted", "")
    decide(story, 3, "accepted", "")
    assert contradictions(story) == ()
    assert any("to prevent and combat trafficking" in text for text in next_draft(story))


def test_accepted_changes_of_the_same_words_contradict_each_other_and_are_named(story: Story) -> None:
    decide(story, 4, "accepted", "")
    assert contradictions(story) == ()
    second = decide(story, 5, "accepted", "")
    assert contradictions(story) == ("3",)
    with pytest.raises(Invalid, match="paragraph 3"):
        next_draft(story)
    decide(story, 5, "noted", version=second.version)
    assert contradictions(story) == ()
    next_draft(story)


@pytest.mark.parametrize("one", ["Each mission informs.", "", TWO_DAYS + " Soon.", "Every mission " + TWO_DAYS[13:]])
@pytest.mark.parametrize("other", ["Each mission tells.", "", TWO_DAYS + "\n\nNew.", "Each " + TWO_DAYS[5:-1] + "!"])
def test_a_next_draft_can_be_made_exactly_when_no_contradiction_is_named(
    session: Any, storage: Any, one: str, other: str
) -> None:
    story = a_story(session, storage)
    for name, wording in (("moldova", one), ("kosovo", other)):
        comment: Comment = story.comment(name, on="within two working days", reason="So.")
        paragraph = drafts.paragraph_value(story.paragraph("within two working days"))
        comment.edits = [engine.to_json(edit) for edit in engine.propose(paragraph, wording)]
        story.hand_in(name)
    for number in (1, 2):
        decide(story, number, "accepted", "")
    if named := contradictions(story):
        with pytest.raises(Invalid, match=named[0]):
            next_draft(story)
    else:
        next_draft(story)


def test_undecided_comments_change_nothing_in_the_next_draft(story: Story) -> None:
    assert next_draft(story) == texts_of(story.storage.read(story.draft.file_sha256))


# ---- consolidating --------------------------------------------------------------------------------------------------


def test_decisions_do_not_change_the_consolidated_file(story: Story) -> None:
    story.tick(DEADLINE)
    before = consolidations.take_snapshot(story.session, story.storage, story.round)
    decide(story, 4, "accepted", "")
    after = consolidations.take_snapshot(story.session, story.storage, story.round)
    assert (before.contributions, before.mark) == (after.contributions, after.mark)


def test_every_refusal_is_a_sentence(story: Story) -> None:
    for decision, more in (("", {}), ("noted", {"reason": ""}), ("duplicate", {}), ("noted", {"reason": "x" * 30_000})):
        with pytest.raises(ConsultError) as refused:
            decide(story, 4, decision, **{"reason": "Because.", **more})
        assert refused.value.message.endswith(".")
        assert refused.value.reason


# ---- many at once ---------------------------------------------------------------------------------------------------


def decide_many(story: Story, chosen: list[int], decision: str, reason: str = "So decided.", **more: Any) -> Any:
    items = [item for item in numbered(story) if item.number in chosen]
    return dispositions.decide_many(
        story.session, story.round, [item.comment for item in items], decision=decision, reason=reason,
        by=story.actor("lead"), person=story.people["lead"], **{"now": AFTER, **more},
    )  # fmt: skip


def ids_of(story: Story) -> list[int]:
    return [item.comment.id for item in numbered(story)]


def decisions(story: Story) -> list[str]:
    return [item.disposition.decision if item.disposition else "" for item in numbered(story)]


def test_one_decision_for_many_leaves_each_its_own_row_and_its_own_entry_in_the_audit(story: Story) -> None:
    made = decide_many(story, [2, 3, 5], "noted")
    assert decisions(story) == ["", "noted", "noted", "", "noted"]
    assert {disposition.reason for disposition in made} == {"So decided."}
    entries = story.session.query(AuditEntry).filter_by(action="disposition.decide").order_by(AuditEntry.number)
    assert [entry.object_id for entry in entries] == [str(disposition.comment_id) for disposition in made]
    assert audit.verify(story.session) is None


def test_many_are_decided_or_none(story: Story) -> None:
    first = decide(story, 3, "accepted", "")
    with pytest.raises(Refused, match=r"Somebody else decided meanwhile on comment 3\. Nothing was saved"):
        decide_many(story, [2, 3, 4], "noted")
    assert decisions(story) == ["", "", "accepted", "", ""]
    decide_many(story, [2, 3, 4], "noted", versions={first.comment_id: first.version})
    assert decisions(story) == ["", "noted", "noted", "noted", ""]


def test_a_wording_goes_into_one_paragraph_only(story: Story) -> None:
    with pytest.raises(Invalid, match="one paragraph only"):
        decide_many(story, [3, 4], "accepted with changes", wording="Each mission informs.")
    assert decisions(story) == [""] * 5
    decide_many(story, [4, 5], "accepted with changes", wording="Each mission informs.")
    assert contradictions(story) == ()
    assert "Each mission informs." in next_draft(story)


def test_many_can_be_duplicates_of_one_that_is_not_among_them(story: Story) -> None:
    with pytest.raises(Invalid, match="number of the comment that this one repeats"):
        decide_many(story, [2, 3], "duplicate", duplicate_of=2)
    decide_many(story, [3, 4], "duplicate", duplicate_of=2)
    with pytest.raises(Invalid, match="3, 4 is marked as a duplicate of it"):
        decide_many(story, [2], "duplicate", duplicate_of=5)


def test_answers_given_together_fit_each_other_in_whatever_order_they_come(story: Story) -> None:
    first = decide(story, 2, "duplicate", duplicate_of=4)
    ids = {item.number: item.comment.id for item in numbered(story)}
    answers = {
        ids[3]: Answer("duplicate", "The same.", duplicate_of=2),
        ids[2]: Answer("accepted", version=first.version),
    }
    dispositions.decide_each(
        story.session, story.round, answers, by=story.actor("lead"), person=story.people["lead"], now=AFTER
    )
    assert decisions(story)[1:3] == ["accepted", "duplicate"]


def test_deciding_on_many_takes_no_more_queries_than_deciding_on_one(story: Story) -> None:
    session, organisation = story.session, story.moldova
    submission = latest_submissions(session, story.round)[organisation.id]
    for _ in range(60):
        factories.a_comment(
            session, round_=story.round, organisation=organisation, author=story.people["moldova"],
            paragraph=story.paragraph("within two working days"), submission=submission,
        )  # fmt: skip
    story.session.flush()
    with counted_queries(session.get_bind()) as one:
        decide_many(story, [1], "noted")
    with counted_queries(session.get_bind()) as many:
        decide_many(story, list(range(2, 66)), "noted")
    first = dict.fromkeys(ids_of(story), 1)
    listing = 8  # the test's own list of all
    with counted_queries(session.get_bind()) as again:
        decide_many(story, list(range(2, 66)), "accepted", versions=first)
    assert decisions(story) == ["noted", *["accepted"] * 64]
    assert len(again) <= len(many) <= len(one) <= listing + 4
