"""The lead's way from the board to the finished round, in a real browser: once by mouse, once by keyboard only."""

import pytest
from playwright.sync_api import Page

from consult.models import Comment, Organisation, Round, db
from consult.scheduling import tick
from consult.services.entries import list_entries
from consult.unit_of_work import unit_of_work
from consult.web.guards import COOKIE
from tests import factories
from tests.factories import DEADLINE
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at, stage
from tests.journeys.test_desks import press_on
from tests.story import a_story, two_conflicting

__all__ = ["stage"]
pytestmark = [pytest.mark.browser]
BULK = "The network agreed on this in Vienna."


def a_consolidated_round(stage: Stage) -> int:
    """Make a round with five comments, 1, 2 and 4 of Kosovo, 3 and 5 of Moldova; none is decided. Return its id."""
    with stage.app.app_context(), unit_of_work(db.session):
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        story = a_story(db.session, stage.app.extensions["consult.storage"])
        two_conflicting(story)
        story.tick(DEADLINE)
        story.round.stage = "consolidated"
        stage.people |= {name: person.email for name, person in story.people.items()}
        return story.round.id


def decided(stage: Stage, round_id: int) -> dict[int, str]:
    """Return the decisions by the comments' numbers."""
    with stage.app.app_context():
        entries = list_entries(db.session, db.session.get_one(Round, round_id))
        return {entry.number: entry.decision for entry in entries if entry.decision}


def test_the_lead_filters_decides_on_one_and_on_many_releases_and_finishes(stage: Stage) -> None:
    number = a_consolidated_round(stage)
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/board")
    page.get_by_role("link", name="Decide", exact=True).last.click()
    page.locator("summary", has_text="Filter the comments").click()
    page.get_by_label("Organisation", exact=True).select_option(label="Mission in Kosovo")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_selector("text=The filter finds 3 comments.")
    looked_at(page)

    first = page.locator("#comment-1")
    first.get_by_label("noted", exact=True).check()
    first.get_by_label("Reason (for everything").fill("Thank you.")
    first.get_by_role("button", name="Save the decision").click()
    page.wait_for_selector("#steps-told:has-text('Comment 1 is decided. Undecided: 4.')")
    assert page.evaluate("document.activeElement.id") == "comment-2"
    assert "organisation=" in page.url
    assert page.url.endswith("number=2#comment-2")

    for name in ("Choose comment 2", "Choose comment 4"):
        page.get_by_label(name).check()
    page.get_by_role("button", name="Decide on those chosen on this page").click()
    page.wait_for_selector("text=2 comments are chosen.")
    looked_at(page)
    page.get_by_label("not accepted", exact=True).check()
    page.get_by_label("Reason (for everything").fill(BULK)
    page.get_by_role("button", name="Decide on all that are ticked").click()
    page.wait_for_selector("text=2 comments are decided.")
    page.wait_for_selector("text=The filter finds 3 comments.")
    assert decided(stage, number) == {1: "noted", 2: "not accepted", 4: "not accepted"}

    page.get_by_role("button", name="Release 3 decisions").click()
    page.wait_for_selector("text=3 decisions are released.")
    tick(stage.app)
    assert any("decisions" in subject.lower() for subject in stage.postman.subjects_to(stage.people["kosovo"]))
    mission = stage.sign_in("kosovo")
    mission.goto(f"{stage.base_url}/rounds/{number}/outcome")
    assert BULK in mission.locator("main").inner_text()

    page.goto(f"{stage.base_url}/rounds/{number}/board")
    page.get_by_role("button", name="Finish the round").click()
    page.wait_for_selector("text=2 things are in the way of finishing the round.")
    looked_at(page)
    page.get_by_role("link", name="comment 3", exact=True).click()
    page.locator("#comment-3:focus").wait_for()
    page.get_by_role("button", name="Decide on all 2 undecided at once").click()
    page.get_by_label("accepted", exact=True).check()
    page.get_by_role("button", name="Decide on all that are ticked").click()
    page.get_by_role("link", name="To the board: finish the round").click()
    page.get_by_role("button", name="Finish the round").click()
    page.wait_for_selector("text=The round is finished.")
    mission.goto(f"{stage.base_url}/rounds/{number}/document")
    assert "Two days are long." in mission.locator("main").inner_text()


def tab_to(page: Page, selector: str) -> None:
    """Go forward with the tab key until something of this kind is focused."""
    for _ in range(60):
        press(page, "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the tab key does not reach {selector}")


def go_through(page: Page) -> None:
    """Step through the two comments that the filter has found, to where there are no more, and back."""
    press(page, "n")
    page.wait_for_selector("#steps-told:has-text('Comment 2, 1 of 2')")
    press(page, "n")
    assert page.evaluate("document.activeElement.id") == "comment-3"
    press(page, "n")
    page.wait_for_selector("text=There is no further comment here.")
    press(page, "p")
    assert page.evaluate("document.activeElement.id") == "comment-2"


def follow_a_permalink_and_switch_letters_off(page: Page, address: str) -> None:
    """Open a comment that the filter in the address hides; switch the letters off, which holds when it is loaded again."""
    page.goto(f"{address}?type=editorial#comment-4")
    page.locator("#comment-4:focus").wait_for()
    assert page.url.endswith("/decisions?type=editorial&number=4#comment-4")
    press(page, "?")
    page.get_by_role("dialog").wait_for()
    tab_to(page, "#letters-off")
    press(page, "Space")
    press(page, "Escape")
    press(page, "p")
    assert page.evaluate("document.activeElement.dataset.number !== '2'")
    page.reload()
    page.locator("#comment-4:focus").wait_for()
    press(page, "p")
    assert page.evaluate("document.activeElement.dataset.number") == "4"


def test_the_lead_needs_no_mouse(stage: Stage) -> None:
    number = a_consolidated_round(stage)
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/board")
    press_on(page, "link", "Decide")
    page.wait_for_selector("h1:has-text('Decide')")
    press(page, "/")
    page.keyboard.type("to")
    press(page, "Enter")
    page.wait_for_selector("text=The filter finds 2 comments.")
    go_through(page)
    tab_to(page, "#comment-2 input[name=decision]")
    press(page, "Space")
    press(page, "Control+Enter")
    page.wait_for_selector("#steps-told:has-text('Comment 2 is decided. Undecided: 4.')")
    assert page.evaluate("document.activeElement.id") == "comment-3"
    assert decided(stage, number) == {2: "accepted"}

    follow_a_permalink_and_switch_letters_off(page, f"{stage.base_url}/rounds/{number}/decisions")
    page.goto(f"{stage.base_url}/rounds/{number}/decisions")
    press_on(page, "button", "Decide on all 4 undecided at once")
    page.wait_for_selector("text=4 comments are chosen.")
    tab_to(page, "input[name=decision]")
    press(page, "Space")
    for _ in range(3):
        press(page, "ArrowRight")
    press(page, "Tab")
    page.keyboard.type("nupa/?")  # letters are letters where one writes
    press_on(page, "button", "Decide on all that are ticked")
    page.wait_for_selector("text=4 comments are decided.")
    assert decided(stage, number) == {1: "noted", 2: "accepted", 3: "noted", 4: "noted", 5: "noted"}
    press_on(page, "button", "Release 5 decisions")
    page.wait_for_selector("text=5 decisions are released.")
    press_on(page, "link", "To the board: finish the round")
    press_on(page, "button", "Finish the round")
    page.wait_for_selector("text=The round is finished.")
    mission = stage.sign_in("kosovo")
    mission.goto(f"{stage.base_url}/rounds/{number}/outcome")
    assert "nupa/?" in mission.locator("main").inner_text()


BACK = "What you had typed here and not saved is here again."
TYPED = "Не принято – naïve Šćekić, typed with care."


def test_what_the_lead_has_typed_survives_a_reload_and_a_sign_in_that_has_ended(stage: Stage) -> None:
    number = a_consolidated_round(stage)
    page = stage.sign_in("lead")
    address = f"{stage.base_url}/rounds/{number}/decisions"
    page.goto(address)
    form = page.locator("#comment-3")
    form.get_by_label("out of scope").check()
    form.get_by_label("Reason (for everything").press_sequentially(TYPED)
    page.reload()
    assert form.get_by_label("Reason (for everything").input_value() == TYPED
    assert form.get_by_label("out of scope").is_checked()
    assert page.get_by_text(BACK).locator("visible=true").count() == 1
    looked_at(page)

    cookies = page.context.cookies()
    page.context.clear_cookies(name=COOKIE)
    form.get_by_role("button", name="Save the decision").click()
    page.wait_for_selector("text=You are signed out.")
    page.context.add_cookies(cookies)
    page.goto(address)
    assert form.get_by_label("Reason (for everything").input_value() == TYPED
    form.get_by_role("button", name="Save the decision").click()
    page.wait_for_selector("#steps-told:has-text('Comment 3 is decided.')")
    assert decided(stage, number) == {3: "out of scope"}
    assert TYPED not in page.evaluate("JSON.stringify(localStorage)")

    page.goto(f"{address}/many?all=undecided")
    page.get_by_label("noted", exact=True).check()
    page.get_by_label("Reason (for everything").press_sequentially(TYPED)
    page.goto(f"{address}/many?all=undecided")
    assert page.get_by_label("Reason (for everything").input_value() == TYPED
    page.get_by_role("button", name="Delete it and begin anew").click()
    page.wait_for_function("document.querySelector('[name=reason]').value === ''")
    assert TYPED not in page.evaluate("JSON.stringify(localStorage)")


def test_words_begun_before_a_colleague_decided_do_not_replace_the_decision_unseen(stage: Stage) -> None:
    number = a_consolidated_round(stage)
    page, colleague = stage.sign_in("lead"), stage.sign_in("lead")
    address = f"{stage.base_url}/rounds/{number}/decisions"
    page.goto(address)
    page.locator("#comment-1").get_by_label("noted", exact=True).check()
    page.locator("#comment-1").get_by_label("Reason (for everything").press_sequentially(TYPED)
    colleague.goto(address)
    colleague.locator("#comment-1").get_by_label("accepted", exact=True).check()
    colleague.locator("#comment-1").get_by_role("button", name="Save the decision").click()
    colleague.wait_for_selector("#steps-told:has-text('Comment 1 is decided.')")
    page.reload()
    form = page.locator("#comment-1")
    assert form.get_by_label("Reason (for everything").input_value() == TYPED
    form.get_by_role("button", name="Save the decision").click()
    page.wait_for_selector("text=Somebody else decided on this comment while you were writing.")
    assert decided(stage, number) == {1: "accepted"}
    assert form.get_by_label("Reason (for everything").input_value() == TYPED
    assert form.get_by_label("noted", exact=True).is_checked()
    form.get_by_role("button", name="Save the decision").click()
    page.wait_for_selector("#steps-told:has-text('Comment 1 is decided.')")
    assert decided(stage, number) == {1: "noted"}


def test_the_steps_go_over_the_edge_of_a_page_and_keep_the_filter(stage: Stage) -> None:
    number = a_consolidated_round(stage)
    with stage.app.app_context(), unit_of_work(db.session):
        round_ = db.session.get_one(Round, number)
        one = db.session.query(Comment).filter(Comment.reason == "We welcome the draft.").one()
        for _ in range(30):
            factories.a_comment(
                db.session, round_=round_, organisation=one.organisation, author=one.author, reason="Welcome once more.",
                submission=one.submission,
            )  # fmt: skip
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/decisions?words=welcome#comment-25")
    page.locator("#comment-25:focus").wait_for()
    press(page, "n")
    page.locator("#comment-26:focus").wait_for()
    page.wait_for_selector("#steps-told:has-text('Comment 26, 26 of 31')")
    assert "words=welcome" in page.url
    press(page, "p")
    page.locator("#comment-25:focus").wait_for()
    page.get_by_role("button", name="Next undecided").click()
    page.locator("#comment-26:focus").wait_for()
    for link in page.get_by_role("navigation", name="Pages of comments").get_by_role("link").all():
        assert "words=welcome" in str(link.get_attribute("href"))
    looked_at(page)
