"""Receipts, and what letters carry: links, unless the round says before it is circulated that they carry text."""

from typing import Any

import pytest

from consult import engine
from consult.errors import Refused
from consult.models import Comment, LetterPlan
from consult.services import comments, dispositions, letter_plans, releases
from consult.services.letter_plans import Wishes
from tests import factories
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.story import AFTER, DURING, SECOND, Story, a_story

OURS, THEIRS, WHY = "ZXQV-OURS", "ZXQV-THEIRS", "ZXQV-WHY"


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def with_text(story: Story) -> None:
    story.session.get_one(LetterPlan, story.round.id).with_text = True


def hand_in_both(story: Story) -> None:
    story.comment("moldova", on="within two working days", change=("two working days", "one working day"), reason=OURS)
    story.comment("kosovo", reason=THEIRS)
    story.hand_in("moldova")
    story.hand_in("kosovo", statement=f"{THEIRS} statement")
    story.tick(DURING + SECOND)


def text_for(story: Story, kind: str, name: str) -> str:
    """Return all that letters of a kind say to somebody; both kinds of text tell the same."""
    letters = [x for x in story.letters(kind) if x.recipient == story.people[name].email]
    for letter in letters:
        assert (OURS in letter.text) == (OURS in letter.html)
    return "".join(letter.subject + letter.text + letter.html for letter in letters)


def paragraph_comments(story: Story) -> list[Comment]:
    return list(story.session.query(Comment).filter(Comment.organisation_id == story.moldova.id))


def release(story: Story) -> None:
    """Close, merge and decide on everything as the lead does, and release it."""
    story.tick(DEADLINE)
    story.round.stage = "consolidated"
    for item in dispositions.list_numbered(story.session, story.round):
        dispositions.decide(
            story.session, story.round, item.comment, decision="noted", reason=WHY, wording="", duplicate_of=0,
            version=0, by=story.actor("lead"), person=story.people["lead"], now=AFTER,
        )  # fmt: skip
    releases.release(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)


def test_a_receipt_goes_to_everybody_who_writes_for_the_organisation_and_to_nobody_else(story: Story) -> None:
    story.people["writer"] = factories.a_person(story.session, organisation=story.moldova, role="contributor")
    story.people["head"] = factories.a_person(story.session, organisation=story.moldova, role="head")
    story.hand_in("moldova", "concur")
    story.tick(DURING + SECOND)
    assert story.recipients("receipt") == ["moldova", "writer"]
    told = text_for(story, "receipt", "moldova")
    assert "Mission to Moldova" in told
    assert "5 Nov 2026, 11:00 (Europe/Chisinau): Concur" in told


def test_each_hand_in_has_one_receipt_with_its_number(story: Story) -> None:
    story.hand_in("moldova", "concur")
    story.hand_in("moldova", "not concerned", now=DURING + SECOND)
    for _ in range(2):
        story.tick(DURING + 2 * SECOND)
    assert story.recipients("receipt") == ["moldova", "moldova"]
    assert "hand-in number 2" in text_for(story, "receipt", "moldova")


def test_a_receipt_comes_although_the_round_has_closed_meanwhile(story: Story) -> None:
    story.hand_in("moldova", "concur", now=DEADLINE - SECOND)
    story.tick(DEADLINE + SECOND)
    assert story.recipients("receipt") == ["moldova"]


def test_letters_carry_links_only_unless_the_round_says_otherwise(story: Story) -> None:
    hand_in_both(story)
    release(story)
    for letter in story.letters():
        assert "ZXQV" not in letter.subject + letter.text + letter.html, letter.kind
    assert f"/rounds/{story.round.id}/comments?organisation=" in text_for(story, "receipt", "moldova")


def test_where_the_round_says_so_a_receipt_carries_the_organisations_own_words_and_no_others(story: Story) -> None:
    with_text(story)
    hand_in_both(story)
    own = text_for(story, "receipt", "moldova")
    paragraph = story.paragraph("within two working days")
    (comment,) = (c for c in paragraph_comments(story) if c.paragraph_id == paragraph.id)
    changes = [engine.told_change(edit, paragraph.text) for edit in comments.edits_of(comment)]
    for words in (OURS, *changes, f"Paragraph {paragraph.number}"):
        assert words in own
    assert THEIRS not in own
    assert f"{THEIRS} statement" in text_for(story, "receipt", "kosovo")


def test_where_the_round_says_so_released_decisions_stand_in_the_letter_each_for_its_own(story: Story) -> None:
    with_text(story)
    hand_in_both(story)
    release(story)
    own = text_for(story, "released", "moldova")
    for words in (OURS, WHY, "noted"):
        assert words in own
    assert THEIRS not in own
    for kind in ("closing", "all-in", "reminder", "digest"):
        assert "ZXQV" not in "".join(letter.text for letter in story.letters(kind)), kind


def test_a_letter_says_how_much_it_leaves_out(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    with_text(story)
    monkeypatch.setattr("consult.services.letter_words.MOST", 1)
    for number in range(3):
        story.comment("moldova", reason=f"{OURS} {number}")
    story.hand_in("moldova")
    story.tick(DURING + SECOND)
    assert "2 more comments are on the page." in text_for(story, "receipt", "moldova")


def test_text_in_letters_can_be_switched_off_after_the_circulation_but_not_on(story: Story) -> None:
    def change(text: bool, version: int) -> None:
        wishes = Wishes("5", "", True, "last", "7", "", text)
        letter_plans.change(
            story.session, story.round, wishes, version=version, days=(), by=story.actor("lead"), now=DURING
        )

    with pytest.raises(Refused, match="can no longer be loosened"):
        change(True, 1)
    story.session.expire_all()
    with_text(story)
    story.session.flush()
    change(False, letter_plans.plan_of(story.session, story.round).version)
    hand_in_both(story)
    assert OURS not in text_for(story, "receipt", "moldova")
