"""The next round: its draft, the comments carried over, and those whose passage is gone."""

from typing import Any

import pytest

from consult import engine
from consult.errors import Invalid, NotFound, Refused
from consult.models import AuditEntry, Comment, DelegatedComment, Delegation, Round
from consult.services import (
    carrying,
    comments,
    consultations,
    dispositions,
    drafts,
    matrices,
    next_rounds,
    rounds,
    submissions,
)
from consult.services.contributions import contributions_from
from tests.conftest import BASE_URL
from tests.story import AFTER, DURING, Story, a_story, texts_of, two_conflicting


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    """A finished round: 1 general, 2 and 3 alike, 4 and 5 in conflict; 4 is accepted, 5 shall be discussed."""
    made = a_story(session, storage)
    two_conflicting(made)
    for number, decision, reason in (
        (1, "noted", "Thank you."), (2, "noted", "To be discussed in round 2."), (3, "not accepted", "No."),
        (4, "accepted", ""), (5, "noted", "To be discussed."),
    ):  # fmt: skip
        item = dispositions.list_numbered(session, made.round)[number - 1]
        dispositions.decide(
            session, made.round, item.comment, decision=decision, reason=reason, wording="", duplicate_of=0, version=0,
            by=made.actor("lead"), person=made.people["lead"], now=AFTER,
        )  # fmt: skip
    made.round.stage, made.round.closed_at = "decided", AFTER
    session.flush()
    return made


def follow(story: Story, chosen: set[int], data: bytes = b"") -> Round:
    """Plan the next round, on the accepted wording or on an edited draft."""
    basis = next_rounds.read_basis(story.session, story.storage, story.round, chosen)
    data = data or engine.write_next_draft(basis.draft, basis.edits)
    return next_rounds.plan_next_round(
        story.session, story.storage, story.round, upload=drafts.read_upload(data, drafts.KEEP), filename="next.docx",
        chosen=chosen, places=engine.carry_over(basis.draft, data, basis.remarks), by=story.actor("lead"),
        person=story.people["lead"], now=AFTER,
    )  # fmt: skip


def without(story: Story, words: str) -> bytes:
    """Return the draft without the paragraph with these words."""
    paragraph = story.paragraph(words)
    edit = engine.Edit(paragraph.key, "paragraph-deleted", 0, len(paragraph.text), paragraph.text, "", "x")
    return engine.write_next_draft(story.storage.read(story.draft.file_sha256), [edit])


def states(story: Story, following: Round) -> dict[int, str]:
    """Return the states of the carried comments by the numbers they had."""
    numbers = {item.comment.id: item.number for item in dispositions.list_numbered(story.session, story.round)}
    carried = carrying.list_carried(story.session, following)
    return {numbers[c.carried.origin_id]: c.carried.state for c in carried if c.carried}


def test_what_is_noted_as_to_be_discussed_is_proposed_and_nothing_else(story: Story) -> None:
    numbered = dispositions.list_numbered(story.session, story.round)
    assert [item.number for item in numbered if next_rounds.is_unsettled(item)] == [2, 5]


def test_the_accepted_part_is_the_next_draft_of_a_planned_round(story: Story) -> None:
    following = follow(story, {2, 5})
    draft = drafts.get_draft(story.session, following)
    assert (following.number, following.stage, draft.number) == (2, "planned", 2)
    assert following.consultation_id == story.round.consultation_id
    texts = texts_of(story.storage.read(draft.file_sha256))
    assert "Each mission informs the co-ordinator within one working day." in texts
    assert story.letters() == []


def test_comments_stand_on_their_passage_with_their_origin(story: Story) -> None:
    following = follow(story, {1, 2, 5})
    assert states(story, following) == {1: "same", 2: "same", 5: "changed"}
    general, same, changed = carrying.list_carried(story.session, following)
    assert general.paragraph is None
    assert same.paragraph is not None
    assert "to prevent and to combat" in same.paragraph.text
    assert same.paragraph.draft_id == drafts.get_draft(story.session, following).id
    assert same.proposed_text == same.carried.origin.proposed_text  # type: ignore[union-attr]
    assert "prevent and combat" in (same.proposed_text or "")
    assert changed.reason == "Two days are long."
    assert changed.carried is not None
    assert "two working days" in changed.carried.old_text


def test_a_proposal_that_no_longer_fits_is_told_in_words_and_never_applied(story: Story) -> None:
    following = follow(story, {5})
    (changed,) = carrying.list_carried(story.session, following)
    assert changed.edits == []
    assert changed.proposed_text is None
    _, rows = matrices.make_matrix(story.session, following)
    assert "without delay" in rows[0].comment
    assert "[From round 1" in rows[0].comment
    (contribution,) = contributions_from(comments.list_effective(story.session, following))
    assert contribution.edits == ()
    assert "without delay" in contribution.remarks[0].text


def test_a_comment_whose_passage_is_gone_has_no_place(story: Story) -> None:
    following = follow(story, {2, 5}, without(story, "within two working days"))
    assert states(story, following) == {2: "same", 5: "orphaned"}
    orphan = next(c for c in carrying.list_carried(story.session, following) if c.reason == "Two days are long.")
    assert (orphan.paragraph, orphan.edits) == (None, [])
    assert orphan.carried is not None
    assert (orphan.carried.old_number, "two working days" in orphan.carried.old_text) == ("3", True)
    assert carrying.count_orphans(story.session, following) == 1
    _, rows = matrices.make_matrix(story.session, following)
    assert any("on paragraph 3, which read" in row.comment for row in rows)


def an_orphan(story: Story) -> tuple[Round, Comment]:
    following = follow(story, {5}, without(story, "within two working days"))
    return following, carrying.list_carried(story.session, following)[0]


def who(story: Story) -> dict[str, Any]:
    return {"by": story.actor("lead"), "person": story.people["lead"], "now": AFTER}


def test_the_lead_attaches_an_orphan_to_a_paragraph(story: Story) -> None:
    following, orphan = an_orphan(story)
    draft = drafts.get_draft(story.session, following)
    with pytest.raises(NotFound, match="no paragraph 99"):
        carrying.attach(story.session, following, orphan, "99", **who(story))
    carrying.attach(story.session, following, orphan, " 2 ", **who(story))
    assert orphan.paragraph is not None
    assert (orphan.paragraph.number, orphan.paragraph.draft_id) == ("2", draft.id)
    assert orphan.carried is not None
    assert orphan.carried.state == "attached"
    assert carrying.count_orphans(story.session, following) == 0
    with pytest.raises(Refused, match="meanwhile"):
        carrying.get_orphan(story.session, following, orphan.id)


def test_the_lead_lets_an_orphan_go_with_a_trace(story: Story) -> None:
    following, orphan = an_orphan(story)
    with pytest.raises(Invalid, match="Say why"):
        carrying.let_go(story.session, following, orphan, " ", **who(story))
    carrying.let_go(story.session, following, orphan, "The paragraph was taken out.", **who(story))
    assert comments.list_effective(story.session, following) == []
    assert carrying.count_orphans(story.session, following) == 0
    (kept,) = carrying.list_carried(story.session, following)
    assert kept.carried is not None
    assert (kept.carried.state, kept.carried.reason) == ("let go", "The paragraph was taken out.")
    actions = [entry.action for entry in story.session.query(AuditEntry)]
    assert "comment.let-go" in actions


def test_a_round_with_an_orphan_is_not_finished(story: Story) -> None:
    following, orphan = an_orphan(story)
    following.stage = "consolidated"
    dispositions.decide(
        story.session, following, orphan, decision="noted", reason="x", wording="", duplicate_of=0, version=0, **who(story)
    )  # fmt: skip
    with pytest.raises(Refused, match="1 thing is in the way of finishing"):
        rounds.finish(story.session, following, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)


def test_there_is_one_next_round_and_only_of_a_finished_one(story: Story) -> None:
    following = follow(story, set())
    with pytest.raises(Refused, match="prepared already"):
        follow(story, set())
    assert next_rounds.find_next(story.session, story.round) is following
    with pytest.raises(Refused, match="when this one is finished"):
        next_rounds.check_may_follow(story.session, following)


def test_the_next_round_is_circulated_and_a_carried_comment_is_no_answer_to_it(story: Story) -> None:
    following = follow(story, {5})
    places = {story.moldova.id: "consulted", story.kosovo.id: "observer"}
    terms = consultations.Terms(places, "2026-12-20T17:00", "Europe/Vienna", "closed", "Once more.")
    consultations.circulate(
        story.session, following, terms, by=story.actor("lead"), reminder_days=(2,), base_url=BASE_URL, now=AFTER
    )
    found = {p.organisation_id: p.place for p in following.consultation.participations}
    assert found == {story.lead.id: "lead", story.moldova.id: "consulted", story.kosovo.id: "observer"}
    assert [s.state for s in rounds.list_standings(story.session, following, AFTER)] == ["not opened"]
    submissions.hand_in(
        story.session, following, organisation_id=story.moldova.id, position="no comments", statement="",
        by=story.actor("moldova"), person=story.people["moldova"], now=AFTER,
    )  # fmt: skip
    assert len(comments.list_effective(story.session, following)) == 1


def test_a_carried_comment_keeps_the_name_a_colleague_signed_it_with(story: Story) -> None:
    origin = dispositions.list_numbered(story.session, story.round)[1].comment
    given = Delegation(
        round_id=story.round.id, organisation_id=origin.organisation_id, draft_id=story.draft.id, name="Ana Rusu",
        given_by_id=origin.author_id, email="ana@example.org", language="en", first=1, last=1, first_number="2",
        last_number="2", until_at=AFTER, zone="UTC", given_at=DURING, renewed_at=DURING,
    )  # fmt: skip
    story.session.add(given)
    story.session.flush()
    origin.delegated = DelegatedComment(delegation_id=given.id)
    following = follow(story, {2})
    story.session.expire_all()
    (carried,) = carrying.list_carried(story.session, following)
    assert (carried.author_name, carried.author.id) == ("Ana Rusu", origin.author_id)
