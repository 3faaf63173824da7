"""An answer by mail becomes comments of its organisation; a doubtful one waits for the lead. By keyboard alone."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page

from consult.models import Comment, Organisation, ReceivedMail, db
from consult.scheduling import do_long_work
from consult.services.received_mails import Desk
from consult.unit_of_work import unit_of_work
from tests.journeys import test_browser
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at
from tests.mail.incoming import ADDRESS, a_mail, take
from tests.story import Story, a_story

pytestmark = [pytest.mark.browser]
stage = test_browser.stage
BODY = "We support the draft.\n\nPara 3: one day is enough.\n\nOn 12 Nov 2026, consult wrote:\n> Dear colleague\n"


def two_mails(stage: Stage) -> int:
    """Let one mail come from Moldova, and one with its key from an address that nobody has; return the round's number."""
    with stage.app.app_context():
        with unit_of_work(db.session) as now:
            for organisation in db.session.query(Organisation):
                organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
            story = a_story(db.session, stage.app.extensions["consult.storage"], deadline=now + timedelta(days=9))
            stage.people |= {name: person.email for name, person in story.people.items()}
            _let_come(stage, story)
            number = story.round.id
        db.session.remove()
    do_long_work(stage.app)
    return number


def _let_come(stage: Stage, story: Story) -> None:
    secret = str(stage.app.config["SECRET_KEY"])
    desk = Desk(ADDRESS, frozenset(), secret, stage.base_url)
    take(story, a_mail(story, body=BODY, secret=secret), desk=desk)
    doubtful = a_mail(story, secret=secret, fields={"From": "private@mail.example", "Subject": "From home"})
    take(story, doubtful, desk=desk)


def go_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(80):
        press(page, "Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError("it cannot be reached by the keyboard")


def test_an_answer_by_mail_is_confirmed_and_a_doubtful_one_is_taken_in(stage: Stage) -> None:
    number = two_mails(stage)
    page = stage.sign_in("moldova")
    page.goto(f"{stage.base_url}/rounds/{number}/comments")
    go_to(page, page.get_by_role("link", name="See what is in it"))
    press(page, "Enter")
    page.wait_for_selector("h1:has-text('What came by mail')")
    looked_at(page)
    go_to(page, page.get_by_role("checkbox", name="We support the draft."))
    press(page, "Space")
    go_to(page, page.get_by_role("button", name="Keep as our comments"))
    press(page, "Enter")
    page.wait_for_selector("text=1 comment added, not handed in yet")
    looked_at(page)

    lead = stage.sign_in("lead")
    lead.goto(f"{stage.base_url}/rounds/{number}/board")
    go_to(lead, lead.get_by_role("link", name="See from whom, and decide"))
    press(lead, "Enter")
    lead.wait_for_selector("h2:has-text('From home')")
    looked_at(lead)
    choice = lead.get_by_label("Organisation")
    go_to(lead, choice)
    lead.keyboard.type("Mission to Mol")
    press(lead, "Tab")
    press(lead, "Enter")
    lead.wait_for_selector("text=The mail is read for Mission to Moldova")
    with stage.app.app_context():
        assert [comment.reason for comment in db.session.query(Comment)] == ["one day is enough."]
        taken = db.session.query(ReceivedMail).filter_by(subject="From home").one()
        assert taken.organisation is not None
        assert (taken.organisation.name, taken.taken_in_at is not None) == ("Mission to Moldova", True)
