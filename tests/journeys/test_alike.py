"""The lead answers alike comments at once, in a browser: by mouse and by keyboard only."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator

from consult.models import Disposition, Organisation, db
from consult.unit_of_work import unit_of_work
from tests.journeys import test_browser
from tests.journeys.test_browser import Stage, looked_at
from tests.journeys.test_next_rounds import by_keyboard
from tests.story import AFTER, a_story

pytestmark = [pytest.mark.browser]
stage = test_browser.stage


def a_round_with_alike_comments(stage: Stage) -> int:
    with stage.app.app_context(), unit_of_work(db.session):
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        story = a_story(db.session, stage.app.extensions["consult.storage"])
        for name, words in (("moldova", "Two working days are too long."), ("kosovo", "Two working days is too long.")):
            story.comment(name, on="within two working days", reason=words)
            story.comment(name, on="Each mission", change=("Each mission", "Every mission"))
            story.hand_in(name)
        story.round.stage, story.round.closed_at = "closed", AFTER
        stage.people |= {name: person.email for name, person in story.people.items()}
        return story.round.id


@pytest.mark.parametrize("use", [by_keyboard, Locator.click], ids=["keyboard", "mouse"])
def test_one_answer_decides_all_that_are_ticked_and_each_keeps_its_row(
    stage: Stage, use: Callable[[Locator], None]
) -> None:
    number = a_round_with_alike_comments(stage)
    lead = stage.sign_in("lead")
    lead.goto(f"{stage.base_url}/rounds/{number}/decisions")
    use(lead.get_by_role("link", name="Alike comments"))
    lead.wait_for_selector("text=2 groups, 2 with something undecided")
    looked_at(lead)
    use(lead.get_by_role("button", name="One answer for those ticked in group 1"))
    lead.wait_for_selector("text=2 comments are chosen.")
    use(lead.get_by_label("noted", exact=True))
    lead.get_by_label("Reason").first.fill("The network will look at the time.")
    use(lead.get_by_role("button", name="Decide on all that are ticked"))
    lead.wait_for_selector("text=2 comments are decided.")
    use(lead.get_by_role("link", name="Alike comments"))
    lead.wait_for_selector("text=2 groups, 1 with something undecided")
    with stage.app.app_context():
        made = db.session.query(Disposition).all()
        assert {(d.decision, d.reason) for d in made} == {("noted", "The network will look at the time.")}
        assert len(made) == 2
