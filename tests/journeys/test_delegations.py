"""A part of the draft with a colleague without an account, in a real browser: by mouse, and by keyboard only."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from consult import clock
from consult.models import Comment, DelegatedWords, Organisation, OutboxLetter, db
from consult.scheduling import tick
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.specimens import specimen_draft
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at, stage
from tests.journeys.test_desks import press_on

__all__ = ["stage"]
pytestmark = [pytest.mark.browser]
ADDRESS = "ana@example.org"
ELSEWHERE = ("to prevent and to combat", "Name a focal point", "Comments are welcome", "Tasks")
WORDS = "Два дня – слишком долго; naïve Šćekić."


@pytest.fixture
def round_id(stage: Stage) -> int:
    with stage.app.app_context(), unit_of_work(db.session) as now:
        lead, mission = (db.session.query(Organisation).filter_by(code=code).one() for code in ("SAM", "MDA"))
        round_ = factories.a_round(
            db.session, storage=stage.app.extensions["consult.storage"], data=specimen_draft(), lead=lead,
            consulted=(mission,), deadline=now + timedelta(days=9),
        )  # fmt: skip
        return int(round_.id)


def link_in_letter(stage: Stage) -> str:
    """Let the letter go out and return the link in it; the outbox has not kept its text."""
    tick(stage.app)
    letter = next(m for m in reversed(stage.postman.messages) if ADDRESS in m["To"])
    text = letter.get_body(("plain",)).get_content()
    assert "Please look at the days." in text
    with stage.app.app_context():
        sent = db.session.query(OutboxLetter).filter_by(recipient=ADDRESS).all()
        assert {(row.state, row.text, row.html) for row in sent} == {("sent", "", "")}
        db.session.remove()
    return str(re.search(r"http://\S+/parts/open/\S+", text).group(0))  # type: ignore[union-attr]


def comments_of(stage: Stage) -> list[tuple[str, str, str, str]]:
    """Return paragraph, reason, words meant and author of every comment."""
    with stage.app.app_context():
        found = [
            (c.paragraph.number, c.reason, c.quote, c.author_name)  # type: ignore[union-attr]
            for c in db.session.query(Comment).order_by(Comment.created_at)
        ]
        db.session.remove()
        return found


def sees_the_part_only(page: Page) -> None:
    assert [n.get_attribute("data-number") for n in page.locator(".numbered[id]").all()] == ["3", "4"]
    for words in ELSEWHERE:
        assert words not in page.content(), words


def until() -> str:
    return (clock.now() + timedelta(days=4)).strftime("%Y-%m-%dT17:00")


def give(stage: Stage, round_id: int) -> Page:
    """The focal point gives paragraphs 3 and 4 to a colleague."""
    focal = stage.sign_in("focal point")
    focal.goto(f"{stage.base_url}/rounds/{round_id}/document")
    focal.get_by_role("link", name="Delegate a part to a colleague").click()
    looked_at(focal)
    focal.get_by_label("From paragraph").fill("3")
    focal.get_by_label("to paragraph", exact=True).fill("4")
    focal.get_by_label("Name; the comments are signed with it").fill("Ana Rusu")
    focal.get_by_label("Mail address").fill(ADDRESS)
    focal.get_by_label("Until; the time is that of Europe/Vienna").fill(until())
    focal.get_by_label("A note for the letter").fill("Please look at the days.")
    focal.get_by_role("button", name="Delegate, and send the letter").click()
    focal.wait_for_selector("text=The letter to Ana Rusu is on its way.")
    looked_at(focal)
    return focal


def write_and_be_done(stage: Stage) -> Page:
    """The colleague opens the link, comments on words, proposes others, and says that this is all."""
    ana = stage.browser.new_context().new_page()
    ana.goto(link_in_letter(stage))
    looked_at(ana)
    ana.get_by_role("button", name="Open my part now").click()
    ana.wait_for_selector("text=Paragraphs 3 to 4")
    sees_the_part_only(ana)
    looked_at(ana)
    ana.locator("#p-4 .words").select_text()
    ana.get_by_role("button", name="Comment on these words").click()
    ana.get_by_label("Reason or comment").fill("Presumed victim?")
    looked_at(ana)
    ana.get_by_role("button", name="Save").click()
    ana.wait_for_selector("text=Saved.")
    ana.locator("#p-3 .comment-link").click()
    ana.get_by_label("Wording you propose").fill("Each mission informs the co-ordinator within one working day.")
    ana.wait_for_selector(".preview ins:has-text('one')")
    ana.get_by_role("button", name="Save").click()
    ana.wait_for_selector("text=You have written 2 comments.")
    ana.get_by_role("button", name="I am done").click()
    ana.wait_for_selector("text=Thank you.")
    looked_at(ana)
    return ana


def prolong_and_go_on(stage: Stage, focal: Page, ana: Page) -> None:
    """The focal point gives more time; the colleague opens the new link and begins to write."""
    focal.reload()
    focal.wait_for_selector("strong:has-text('done')")
    focal.get_by_label("New time, in Europe/Vienna").fill((clock.now() + timedelta(days=5)).strftime("%Y-%m-%dT17:00"))
    focal.get_by_role("button", name="Prolong").click()
    focal.wait_for_selector("text=Prolonged.")
    ana.goto(link_in_letter(stage))
    ana.get_by_role("button", name="Open my part now").click()
    ana.locator("#p-3 .comment-link").click()
    ana.get_by_label("Reason or comment").fill(WORDS)
    ana.wait_for_selector("text=Kept for you. Not saved yet.")


def test_a_part_is_given_written_on_done_and_taken_back(stage: Stage, round_id: int) -> None:
    focal = give(stage, round_id)
    ana = write_and_be_done(stage)
    prolong_and_go_on(stage, focal, ana)
    focal.get_by_role("button", name="Take back").click()
    focal.wait_for_selector("text=has no access any more")
    ana.get_by_role("button", name="Save").click()
    ana.wait_for_selector("[data-trouble]:has-text('has taken this part back')")
    assert ana.get_by_label("Reason or comment").input_value() == WORDS
    ana.reload()
    ana.wait_for_selector("text=has taken this part back")
    looked_at(ana)
    ana.get_by_role("link", name="Words you have not saved").click()
    assert ana.get_by_label("Reason or comment").input_value() == WORDS
    assert [row[0] for row in comments_of(stage)] == ["4", "3"]
    focal.get_by_role("link", name="Back to our comments").click()
    assert focal.locator(".card", has_text="Presumed victim?").get_by_text("Ana Rusu").count() == 1
    focal.get_by_role("button", name="Clear all 2 shown").click()
    focal.wait_for_selector("text=2 comments cleared.")


def type_into(page: Page, label: str, words: str) -> None:
    """Go forward with the tab key until this field is focused, and type."""
    field = page.get_by_label(label, exact=True)
    for _ in range(120):
        press(page, "Tab")
        if field.evaluate("element => element === document.activeElement"):
            press(page, "Control+a")
            page.keyboard.type(words)
            return
    raise AssertionError(f"the tab key does not reach {label}")


def test_giving_and_writing_need_no_mouse(stage: Stage, round_id: int) -> None:
    focal = stage.sign_in("focal point")
    focal.goto(f"{stage.base_url}/rounds/{round_id}/document")
    press_on(focal, "link", "Delegate a part to a colleague")
    focal.wait_for_selector("h1:has-text('Parts of the draft with colleagues')")
    type_into(focal, "From paragraph", "3")
    type_into(focal, "to paragraph", "4")
    type_into(focal, "Name; the comments are signed with it", "Ana Rusu")
    type_into(focal, "Mail address", ADDRESS)
    type_into(focal, "A note for the letter, if you like", "Please look at the days.")
    press_on(focal, "button", "Delegate, and send the letter")
    focal.wait_for_selector("text=The letter to Ana Rusu is on its way.")

    ana = stage.browser.new_context().new_page()
    ana.goto(link_in_letter(stage))
    press(ana, "Enter")  # the button has the focus
    ana.wait_for_selector("text=Paragraphs 3 to 4")
    press(ana, "?")
    ana.wait_for_selector("#keys[open]")
    press(ana, "Escape")
    ana.wait_for_selector("#keys", state="hidden")
    press(ana, "j")
    press(ana, "j")
    press(ana, "c")
    ana.wait_for_selector("#slot-p-4 [name=reason]:focus")
    ana.keyboard.type(WORDS)
    ana.wait_for_selector("text=Kept for you. Not saved yet.")
    ana.reload()
    press(ana, "j")
    press(ana, "j")
    press(ana, "c")
    ana.wait_for_selector("#slot-p-4 [name=reason]:focus")
    expect(ana.get_by_label("Reason or comment")).to_have_value(WORDS)
    press(ana, "Control+Enter")
    ana.wait_for_selector("text=You have written 1 comment.")
    press_on(ana, "button", "I am done")
    ana.wait_for_selector("text=Thank you.")
    assert comments_of(stage) == [("4", WORDS, "", "Ana Rusu")]
    with stage.app.app_context():
        assert db.session.query(DelegatedWords).count() == 0
        db.session.remove()
    focal.reload()
    press_on(focal, "button", "Take back")
    focal.wait_for_selector("text=has no access any more")
    ana.reload()
    ana.wait_for_selector("text=has taken this part back")
