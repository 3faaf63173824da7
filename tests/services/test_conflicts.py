"""Conflicts settled at once: who wants what, one choice for all comments concerned, and the paragraph that comes of it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from consult.errors import ConsultError, Invalid, NotFound, Refused
from consult.models import AuditEntry, Comment
from consult.services import conflicts, dispositions, drafts
from consult.services.conflicts import COMBINE, NONE, OWN, TAKE, Choice, Matter
from consult.services.dispositions import Numbered
from consult.services.entries import list_entries
from tests.factories import DEADLINE
from tests.story import AFTER, SECOND, Story, a_story, texts_of, two_conflicting

HERE = "within two working days"
SENTENCE = "Each mission informs the co-ordinator within two working days."


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    """A round with five comments handed in: 1 general, 2 and 3 alike, 4 and 5 in conflict."""
    made = a_story(session, storage)
    two_conflicting(made)
    return made


def look_at(story: Story, number: int = 1) -> Matter:
    entries = list_entries(story.session, story.round)
    disputes = conflicts.list_disputes(story.session, story.round, story.draft, entries)
    return conflicts.look_at(story.session, story.round, story.draft, entries, disputes, number)


def settle(story: Story, choice: Choice, number: int = 1, **more: Any) -> Any:
    values = {"versions": look_at(story, number).versions, "now": AFTER, **more}
    return conflicts.settle(
        story.session, story.round, story.draft, number, choice, by=story.actor("lead"), person=story.people["lead"],
        **values,
    )  # fmt: skip


def numbered(story: Story) -> list[Numbered]:
    return dispositions.list_numbered(story.session, story.round)


def decisions(story: Story) -> list[str]:
    return [item.disposition.decision if item.disposition else "" for item in numbered(story)]


def wanted(matter: Matter) -> list[list[int]]:
    return [[item.number for item in variant.comments] for variant in matter.dispute.variants]


def next_draft(story: Story) -> list[str]:
    data = story.storage.read(story.draft.file_sha256)
    return texts_of(engine.write_next_draft(data, dispositions.accepted_edits(numbered(story))))


def contradictions(story: Story) -> tuple[str, ...]:
    return dispositions.contradictions(drafts.as_value(story.draft), numbered(story))


def foreseen(matter: Matter, choice: Choice) -> list[str]:
    """Return what is shown before it is saved, paragraph by paragraph."""
    changes = conflicts.foresee(matter, conflicts.answers_of(matter, choice))
    text = "".join(change.text for change in changes if change.kind != "deleted")
    return [part for part in text.split("\n\n") if part]


def propose(story: Story, wordings: list[str], on: str = HERE) -> None:
    """Let the two missions in turn propose these wordings of a paragraph, and hand in."""
    paragraph = drafts.paragraph_value(story.paragraph(on))
    for place, wording in enumerate(wordings):
        comment: Comment = story.comment(("moldova", "kosovo")[place % 2], on=on, reason=f"Reason {place}.")
        comment.edits = [engine.to_json(edit) for edit in engine.propose(paragraph, wording)]
    for name in ("moldova", "kosovo")[: len(wordings)]:
        story.hand_in(name)
    story.session.flush()


# ---- what is disputed -----------------------------------------------------------------------------------------------


def test_a_dispute_has_its_variants_with_those_who_want_them(story: Story) -> None:
    matter = look_at(story)
    assert wanted(matter) == [[4], [5]]
    assert matter.dispute.paragraph.text == SENTENCE
    assert [[o.code for o in v.organisations] for v in matter.dispute.variants] == [["KOS"], ["MDA"]]
    with pytest.raises(NotFound):
        look_at(story, 2)


def test_who_wants_the_same_is_together_and_what_is_no_part_of_it_is_left_alone(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    alike = SENTENCE.replace("two", "three")
    propose(story, [alike, alike, SENTENCE.replace("two", "four"), SENTENCE.replace("Each", "Every")])
    matter = look_at(story)
    assert sorted(map(len, wanted(matter))) == [1, 2]
    assert len(matter.others) == 1
    settle(story, Choice(TAKE, frozenset((0,)), reason="Agreed."))
    assert decisions(story).count("") == 1
    left = [item for item in numbered(story) if item.disposition is None]
    assert [item.comment.id for item in left] == [matter.others[0].comment.id]


def test_passages_that_one_comment_changes_together_are_settled_together(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    both = SENTENCE.replace("Each", "Every").replace("two", "three")
    propose(
        story, [both, SENTENCE.replace("Each", "A"), SENTENCE.replace("Each", "Every"), SENTENCE.replace("two", "five")]
    )
    matter = look_at(story)
    assert matter.dispute.words == ("Each", "two")
    assert len(matter.dispute.variants) == 4
    entries = list_entries(session, story.round)
    assert len(conflicts.list_disputes(session, story.round, story.draft, entries)) == 1


def test_passages_of_one_paragraph_that_share_no_comment_are_settled_apart(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    changes = [("Each", "Every"), ("Each", "A"), ("two", "three"), ("two", "five")]
    propose(story, [SENTENCE.replace(*change) for change in changes])
    first, second = look_at(story, 1), look_at(story, 2)
    assert (first.dispute.words, second.dispute.words) == (("Each",), ("two",))
    settle(story, Choice(TAKE, frozenset((0,)), reason="So."), 1)
    choice = Choice(TAKE, frozenset((1,)), reason="So.")
    shown = foreseen(look_at(story, 2), choice)
    settle(story, choice, 2)
    assert contradictions(story) == ()
    assert shown[0] in next_draft(story)
    assert "Each" not in shown[0]
    assert "two" not in shown[0]


def test_what_is_not_handed_in_is_not_disputed(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.comment("moldova", on=HERE, change=("two", "three"))
    story.comment("kosovo", on=HERE, change=("two", "four"))
    story.hand_in("kosovo")
    assert conflicts.list_disputes(session, story.round, story.draft, list_entries(session, story.round)) == []


# ---- one choice for all ---------------------------------------------------------------------------------------------


def test_taking_one_accepts_it_and_not_the_others(story: Story) -> None:
    settle(story, Choice(TAKE, frozenset((1,)), reason=" Speed matters. "))
    assert decisions(story) == ["", "", "", "not accepted", "accepted"]
    assert [i.disposition.reason for i in numbered(story) if i.disposition] == ["Speed matters.", ""]
    entries = story.session.query(AuditEntry).filter_by(action="disposition.decide").all()
    assert len(entries) == 2
    assert "Each mission informs the co-ordinator without delay." in next_draft(story)


def test_one_wording_of_the_leads_meets_some_and_not_others(story: Story) -> None:
    wording = SENTENCE.replace("two working days", "48 hours") + "\n\nIt may call."
    choice = Choice(OWN, frozenset((0,)), wording, "A compromise.")
    shown = foreseen(look_at(story), choice)
    settle(story, choice)
    assert decisions(story)[3:] == ["accepted with changes", "not accepted"]
    assert shown == [SENTENCE.replace("two working days", "48 hours"), "It may call."]
    texts = next_draft(story)
    place = texts.index(shown[0])
    assert texts[place : place + 2] == shown


def test_none_leaves_the_words_of_the_draft(story: Story) -> None:
    settle(story, Choice(NONE, reason="It was agreed in June."))
    assert decisions(story)[3:] == ["not accepted"] * 2
    assert SENTENCE in next_draft(story)


def test_what_fits_together_can_be_combined_and_nothing_else(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    both = SENTENCE.replace("Each", "Every").replace("two", "three")
    propose(story, [both, SENTENCE.replace("Each", "A"), SENTENCE.replace("two", "five")])
    matter = look_at(story)
    one, other = (next(p for p, v in enumerate(matter.dispute.variants) if v.comments[0].comment.edits[0]["new"] == new
                       and len(v.comments[0].comment.edits) == 1) for new in ("A", "five"))  # fmt: skip
    assert conflicts.list_pairs(matter) == [tuple(sorted((one, other)))]
    with pytest.raises(Invalid, match="change the same words differently"):
        settle(story, Choice(COMBINE, frozenset((0, 1, 2)), reason="So."))
    assert decisions(story) == [""] * 3
    settle(story, Choice(COMBINE, frozenset((one, other)), reason="So."))
    assert sorted(decisions(story)) == ["accepted", "accepted", "not accepted"]
    assert SENTENCE.replace("Each", "A").replace("two", "five") in next_draft(story)


def test_the_choice_made_is_known_again(story: Story) -> None:
    assert conflicts.choice_made(look_at(story).dispute) is None
    for choice in (
        Choice(TAKE, frozenset((0,)), "", "One."),
        Choice(OWN, frozenset((0, 1)), "Each mission informs.", "Two."),
        Choice(NONE, frozenset(), "", "Three."),
    ):
        settle(story, choice)
        assert conflicts.choice_made(look_at(story).dispute) == choice
    first = numbered(story)[3]
    assert first.disposition
    dispositions.decide(
        story.session, story.round, first.comment, decision="noted", reason="Later.", wording="", duplicate_of=0,
        version=first.disposition.version, by=story.actor("lead"), person=story.people["lead"], now=AFTER,
    )  # fmt: skip
    assert conflicts.choice_made(look_at(story).dispute) is None


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(""), "Choose what the paragraph shall read"),
        (Choice("accept"), "Choose what"),
        (Choice(TAKE, frozenset((9,))), "Choose what"),
        (Choice(TAKE), "Choose what"),
        (Choice(TAKE, frozenset((0,))), "Give the reason"),
        (Choice(COMBINE, frozenset((0,)), reason="So."), "at least two"),
        (Choice(OWN, frozenset((0,)), " ", "So."), "how the paragraph shall read"),
        (Choice(OWN, frozenset((0,)), SENTENCE, "So."), "that of the draft"),
        (Choice(OWN, frozenset(), "Something.", "So."), "at least one variant"),
        (Choice(OWN, frozenset((0, 1)), "Something.", ""), "Give the reason"),
        (Choice(NONE), "Give the reason"),
    ],
)
def test_half_a_choice_is_refused_with_a_sentence_and_nothing_is_decided(
    story: Story, choice: Choice, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        settle(story, choice)
    assert refused.value.message.endswith(".")
    assert decisions(story) == [""] * 5


def test_a_choice_that_contradicts_another_decision_on_the_paragraph_is_refused(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    two_conflicting(story)
    remark = story.comment("moldova", on=HERE, reason="Be quick.")
    story.hand_in("moldova")
    number = next(i.number for i in numbered(story) if i.comment.id == remark.id)
    dispositions.decide(
        session, story.round, remark, decision="accepted with changes", reason="Yes.", duplicate_of=0, version=0,
        wording=SENTENCE.replace("two working days", "an hour"), by=story.actor("lead"), person=story.people["lead"],
        now=AFTER,
    )  # fmt: skip
    with pytest.raises(Invalid, match=f"on comment {number}, which changes the same words"):
        settle(story, Choice(TAKE, frozenset((0,)), reason="So."))
    assert contradictions(story) == ()
    settle(story, Choice(NONE, reason="The shorter one stands."))
    assert SENTENCE.replace("two working days", "an hour") in next_draft(story)


def test_somebody_who_decided_meanwhile_on_the_paragraph_is_not_overruled(story: Story) -> None:
    seen = dict(look_at(story).versions)
    settle(story, Choice(NONE, reason="First."))
    with pytest.raises(Refused, match="Somebody else decided meanwhile"):
        settle(story, Choice(TAKE, frozenset((0,)), reason="Second."), versions=seen)
    assert decisions(story)[3:] == ["not accepted"] * 2


def test_nothing_is_settled_while_the_round_is_open_or_after_it_is_finished(story: Story) -> None:
    with pytest.raises(Refused, match="still open"):
        settle(story, Choice(NONE, reason="So."), now=DEADLINE - SECOND)
    story.round.stage = "decided"
    with pytest.raises(Refused, match="finished"):
        settle(story, Choice(NONE, reason="So."))


# ---- the law: what is shown is what comes ---------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "two", "working", "days", "within"]), max_size=4).map(
    " ".join
)


@st.composite
def wordings(draw: st.DrawFn) -> str:
    """A wording of the sentence: a stretch of it replaced, a paragraph behind it, or all of it gone."""
    words = SENTENCE.split(" ")
    for _ in range(draw(st.integers(1, 2))):
        start = draw(st.integers(0, len(words)))
        end = draw(st.integers(start, min(len(words), start + 3)))
        words[start:end] = draw(WORDS).split(" ")
    behind = draw(st.sampled_from(["", "", "", "\n\nNew paragraph.", "\n\nAnother one.\n\nAnd one more."]))
    return draw(st.sampled_from([" ".join(w for w in words if w) + behind] * 7 + [""]))


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    taken = frozenset(draw(st.sets(st.integers(0, 4), max_size=3)))
    return Choice(draw(st.sampled_from([TAKE, TAKE, COMBINE, OWN, NONE])), taken, draw(wordings()), "So.")


@given(proposed=st.lists(wordings(), min_size=2, max_size=5), chosen=st.lists(choices(), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_paragraph_shown_is_the_paragraph_of_the_next_draft(
    session: Any, storage: Any, proposed: list[str], chosen: list[Choice]
) -> None:
    session.rollback()
    story = a_story(session, storage)
    propose(story, [wording for wording in proposed if wording != SENTENCE] or [""])
    entries = list_entries(session, story.round)
    others = [text for text in texts_of(storage.read(story.draft.file_sha256)) if text != SENTENCE]
    count = len(conflicts.list_disputes(session, story.round, story.draft, entries))
    for number, choice in zip(range(1, count + 1), chosen, strict=False):
        matter = look_at(story, number)
        if choice.kind == TAKE:
            choice = Choice(TAKE, frozenset((len(choice.wording) % len(matter.dispute.variants),)), "", "So.")
        try:
            settle(story, choice, number)
        except ConsultError:
            continue
        assert contradictions(story) == ()
        assert [text for text in next_draft(story) if text not in others] == foreseen(matter, choice)
