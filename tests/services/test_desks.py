"""The organisation's desk: clearing, dropping, restoring, merging, and the trace of it."""

from typing import Any

import pytest

from consult import engine
from consult.errors import Invalid, NotFound, Refused
from consult.models import Comment, CommentText
from consult.services import comments, desks, rounds, submissions, traces
from consult.services.comments import Words
from tests.story import AFTER, DURING, Story, a_story


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def who(story: Story) -> dict[str, Any]:
    return {"by": story.actor("moldova"), "now": DURING}


def pair(story: Story, first: tuple[str, str], second: tuple[str, str]) -> list[Comment]:
    return [
        story.comment("moldova", on="within two working days", change=change, reason=reason)
        for change, reason in ((first, "One."), (second, "Two."))
    ]


def merged(story: Story, chosen: list[Comment], wording: str | None) -> Comment:
    words = Words(chosen[0].paragraph.number, reason="Both.", wording=wording)  # type: ignore[union-attr]
    versions = [c.version for c in chosen]
    return desks.merge(
        story.session, story.round, chosen, words, versions=versions, author_id=story.people["moldova"].id,
        **who(story),
    )  # fmt: skip


def acts(story: Story, comment: Comment) -> list[str]:
    return [row.act for row in traces.list_traces(story.session, [comment]).get(comment.id, [])]


def test_what_was_cleared_and_is_changed_is_not_cleared_and_its_earlier_words_stay(story: Story) -> None:
    comment = story.comment("moldova", reason="The first words.", kind="general")
    assert desks.clear(story.session, story.round, [comment], **who(story)) == 1
    assert desks.clear(story.session, story.round, [comment], **who(story)) == 0
    assert comment.desk_state == "cleared"
    comments.change_comment(
        story.session, story.round, comment, Words(reason="Other words."), version=comment.version,
        **who(story),
    )  # fmt: skip
    assert comment.desk_state == "drafting"
    last = story.session.query(CommentText).order_by(CommentText.number.desc()).first()
    assert (last.act, last.words["reason"], last.by) == ("changed", "The first words.", story.people["moldova"].name)


def test_a_dropped_comment_stays_behind_with_its_reason_and_can_be_restored(story: Story) -> None:
    comment = story.comment("moldova", reason="Too sharp.", kind="general")
    with pytest.raises(Invalid):
        desks.drop(story.session, story.round, comment, reason=" ", **who(story))
    desks.drop(story.session, story.round, comment, reason="Said elsewhere.", **who(story))
    assert comment.clearance is not None
    assert comment.clearance.reason == "Said elsewhere."
    standings = {s.organisation.code: s.state for s in rounds.list_standings(story.session, story.round, DURING)}
    assert standings["MDA"] == "not opened", "nothing is being drafted"
    desks.restore(story.session, story.round, comment, **who(story))
    assert comment.desk_state == "drafting"
    desks.drop(story.session, story.round, comment, reason="Said elsewhere.", **who(story))
    story.hand_in("moldova", "no comments")
    assert comment.submission_id is None
    assert acts(story, comment) == ["dropped", "restored", "dropped"]


def test_taking_back_keeps_the_comment(story: Story) -> None:
    comment = story.comment("moldova", reason="A mistake.", kind="general")
    comments.delete_comment(story.session, story.round, comment, **who(story))
    assert comment.desk_state == "dropped"
    assert story.session.get(Comment, comment.id) is comment
    assert not submissions.count_unsubmitted(story.session, [story.round.id], [story.moldova.id])


def test_proposals_that_do_not_touch_are_combined_and_reasons_joined(story: Story) -> None:
    chosen = pair(story, ("Each mission", "Every mission"), ("two working days", "one working day"))
    merger = desks.propose_merger(chosen)
    assert merger.wording is not None
    assert "Every mission" in merger.wording
    assert "one working day" in merger.wording
    assert merger.reason == "One.\nTwo."
    result = merged(story, chosen, merger.wording)
    assert [c.desk_state for c in chosen] == ["merged", "merged"]
    assert acts(story, chosen[0]) == ["merged"]
    story.hand_in("moldova")
    assert [c.submission_id is not None for c in (*chosen, result)] == [False, False, True]
    with pytest.raises(Refused):
        desks.restore(story.session, story.round, chosen[0], **who(story))


def test_contradicting_proposals_are_left_to_the_focal_point(story: Story) -> None:
    chosen = pair(story, ("two working days", "one working day"), ("two working days", "three days"))
    assert desks.propose_merger(chosen).must_choose


def test_undoing_a_merge_brings_all_back_and_drops_what_was_made(story: Story) -> None:
    chosen = pair(story, ("Each mission", "Every mission"), ("two working days", "one working day"))
    result = merged(story, chosen, desks.propose_merger(chosen).wording)
    desks.restore(story.session, story.round, chosen[1], **who(story))
    assert [c.desk_state for c in (*chosen, result)] == ["drafting", "drafting", "dropped"]


def test_what_does_not_belong_together_is_not_merged(story: Story) -> None:
    one = story.comment("moldova", on="within two working days", reason="One.")
    other = story.comment("moldova", on="The victim decides", reason="Two.")
    for chosen in ([one], [one, one], [one, other]):
        with pytest.raises(Invalid):
            desks.propose_merger(chosen)
    theirs = story.comment("kosovo", on="within two working days", reason="Ours.")
    with pytest.raises(NotFound):
        desks.list_chosen(story.session, story.round, story.moldova.id, [one.id, theirs.id])


def test_a_merge_of_comments_changed_meanwhile_is_refused(story: Story) -> None:
    chosen = pair(story, ("Each mission", "Every mission"), ("two working days", "one working day"))
    chosen[0].reason = "New."
    story.session.flush()
    with pytest.raises(Refused):
        desks.merge(
            story.session, story.round, chosen, Words(chosen[0].paragraph.number, reason="x"),  # type: ignore[union-attr]
            versions=[1, 1], author_id=story.people["moldova"].id, **who(story),
        )  # fmt: skip
    assert chosen[0].desk_state == "drafting"


def test_only_what_was_shown_leaves_and_a_change_since_is_told(story: Story) -> None:
    seen, late = (story.comment("moldova", reason=words, kind="general") for words in ("Seen.", "Written since."))
    give = {"organisation_id": story.moldova.id, "statement": "", "person": story.people["moldova"], **who(story)}
    with pytest.raises(submissions.ChangedMeanwhile) as refusal:
        submissions.hand_in(story.session, story.round, position="comments", shown={seen.id: seen.version + 1}, **give)
    assert refusal.value.changed == {seen.id}
    with pytest.raises(Invalid):  # “no comments” would leave them behind silently
        submissions.hand_in(story.session, story.round, position="no comments", shown={}, **give)
    submissions.hand_in(story.session, story.round, position="comments", shown={seen.id: seen.version}, **give)
    assert seen.submission_id is not None
    assert late.submission_id is None


def test_the_preview_lists_what_leaves_and_what_stays(story: Story) -> None:
    cleared, waiting, dropped = (story.comment("moldova", reason=w, kind="general") for w in ("A.", "B.", "C."))
    desks.clear(story.session, story.round, [cleared], **who(story))
    desks.drop(story.session, story.round, dropped, reason="No.", **who(story))
    found = submissions.preview(story.session, story.round, story.moldova.id, with_waiting=False)
    assert (found.leaving, found.waiting, found.set_aside) == ((cleared,), (waiting,), (dropped,))
    found = submissions.preview(story.session, story.round, story.moldova.id, with_waiting=True)
    assert ({c.id for c in found.leaving}, found.waiting) == ({cleared.id, waiting.id}, ())


def test_after_the_deadline_the_desk_is_closed(story: Story) -> None:
    comment = story.comment("moldova", reason="Late.", kind="general")
    by = {"by": story.actor("moldova"), "now": AFTER}
    for act in (desks.unclear, desks.restore):
        with pytest.raises(Refused):
            act(story.session, story.round, comment, **by)
    with pytest.raises(Refused):
        desks.clear(story.session, story.round, [comment], **by)
    with pytest.raises(Refused):
        desks.drop(story.session, story.round, comment, reason="x", **by)


def test_a_deleted_paragraph_bears_no_other_change_and_the_same_twice_is_one() -> None:
    paragraph = engine.Paragraph(index=0, key="p", number="1", kind="body", text="The victim decides alone.")
    gone, first, same = (
        engine.propose(paragraph, w) for w in ("", "The person decides alone.", "The person decides alone.")
    )
    assert engine.combine([gone, first]) is None
    assert engine.combine([first, same]) == first
    added = engine.combine([engine.propose(paragraph, f"{paragraph.text}\n\n{new}") for new in ("A.", "B.", "A.")])
    assert added is not None
    assert [(e.new, e.order) for e in added] == [("A.", 0), ("B.", 1)]
