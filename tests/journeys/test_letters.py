"""The lead finds out in a browser that a letter did not arrive, and has it sent again; by keyboard alone."""

import pytest

from consult.models import Organisation, OutboxLetter, db
from consult.scheduling import tick
from consult.services import invitations
from consult.unit_of_work import unit_of_work
from tests.journeys import test_browser
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at
from tests.story import a_story

pytestmark = [pytest.mark.browser]
stage = test_browser.stage


def a_failed_invitation(stage: Stage) -> tuple[int, str]:
    """Make a round of which one invitation came back; return its id and whom it was for."""
    with stage.app.app_context(), unit_of_work(db.session) as now:
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        story = a_story(db.session, stage.app.extensions["consult.storage"])
        invitations.invite(db.session, story.round, base_url=stage.base_url, now=now)
        letter = story.letters("invitation")[0]
        letter.state, letter.fault, letter.answer = "failed", "refused", "550 5.1.1 no such person"
        stage.people |= {name: person.email for name, person in story.people.items()}
        return story.round.id, letter.recipient


def test_the_lead_sees_that_a_letter_failed_and_sends_it_again(stage: Stage) -> None:
    number, recipient = a_failed_invitation(stage)
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/board")
    link = page.get_by_role("link", name="See which, and what to do")
    for _ in range(60):
        press(page, "Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    press(page, "Enter")
    page.wait_for_selector("h1:has-text('Letters that did not arrive')")
    looked_at(page)
    assert "550 5.1.1 no such person" in page.inner_text("main")
    assert stage.postman.subjects_to(recipient) == []
    page.get_by_role("button", name="Send again").focus()
    press(page, "Enter")
    page.wait_for_selector("text=is sent again")
    looked_at(page)
    tick(stage.app)
    (subject,) = stage.postman.subjects_to(recipient)
    assert subject.startswith(("Comments please", "For information"))
    with stage.app.app_context():
        letters = db.session.query(OutboxLetter).filter_by(recipient=recipient)
        assert [letter.state for letter in letters] == ["sent"]
