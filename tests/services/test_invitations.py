"""The letters of a round: to whom, with what in them."""

from typing import Any

import pytest

from consult.models import VISIBILITIES
from consult.services import invitations
from consult.services.invitations import SEEN
from tests.conftest import BASE_URL
from tests.story import DURING, Story, a_story


def invited(session: Any, storage: Any, **facts: Any) -> Story:
    story = a_story(session, storage, **facts)
    story.round.invitation = "Please say <why>.\nThank you & goodbye."
    invitations.invite(session, story.round, base_url=BASE_URL + "/", now=DURING)
    return story


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_the_invitation_says_until_when_and_who_will_see_the_comments(
    session: Any, storage: Any, visibility: str
) -> None:
    story = invited(session, storage, visibility=visibility)
    letter = next(x for x in story.letters("invitation") if x.recipient == story.people["moldova"].email)
    for body in (letter.text, letter.html):
        assert "Mission to Serbia asks Mission to Moldova for comments on the draft “Draft guidelines”" in body
        assert "27 Nov 2026, 17:00 (Europe/Vienna)" in body
        assert "27 Nov 2026, 18:00 (Europe/Chisinau)" in body
        assert SEEN[visibility] in body
        assert f"{BASE_URL}/rounds/{story.round.id}/document" in body
    assert "Please say <why>.\nThank you & goodbye." in letter.text
    assert "Please say &lt;why&gt;.\nThank you &amp; goodbye." in letter.html
    assert "<why>" not in letter.html


def test_everybody_but_the_lead_is_invited_once_each_in_a_letter_of_their_own(session: Any, storage: Any) -> None:
    story = invited(session, storage)
    invitations.invite(session, story.round, base_url=BASE_URL, now=DURING)
    assert story.recipients("invitation") == ["kosovo", "moldova", "observer"]


def test_an_observer_is_told_that_it_observes_and_asked_for_nothing(session: Any, storage: Any) -> None:
    story = invited(session, storage)
    letter = next(x for x in story.letters("invitation") if x.recipient == story.people["observer"].email)
    assert letter.subject.startswith("For information: ")
    assert "observes this round" in letter.text
    assert "asks" not in letter.text


def test_people_who_left_get_no_letters(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.people["moldova"].is_active = False
    invitations.invite(session, story.round, base_url=BASE_URL, now=DURING)
    assert "moldova" not in story.recipients("invitation")


@pytest.mark.parametrize(
    ("visibility", "told"),
    [("closed", ["lead"]), ("after own submission", ["lead", "moldova"]),
     ("open", ["kosovo", "lead", "moldova", "observer"])],
)  # fmt: skip
def test_those_who_may_see_the_consolidated_file_are_told_of_it(
    session: Any, storage: Any, visibility: str, told: list[str]
) -> None:
    story = a_story(session, storage, visibility=visibility)
    story.hand_in("moldova", "concur")
    invitations.tell_consolidated(session, story.round, 1, base_url=BASE_URL, now=DURING)
    assert story.recipients("consolidated") == told
    assert f"{BASE_URL}/rounds/{story.round.id}/downloads" in story.letters("consolidated")[0].text


def test_no_letter_breaks_its_subject_line_or_carries_markup_from_a_title(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.round.consultation.title = "Draft\r\nBcc: everybody@example.org <script>"
    invitations.invite(session, story.round, base_url=BASE_URL, now=DURING)
    for letter in story.letters():
        assert "\n" not in letter.subject
        assert "<script>" not in letter.html
