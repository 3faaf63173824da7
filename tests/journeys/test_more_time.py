"""More time, a late answer, an answer entered on behalf: in a real browser, by mouse and by keyboard only."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from consult import clock
from consult.models import Deadline, Organisation, db
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.specimens import specimen_draft
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at, stage
from tests.journeys.test_desks import press_on

__all__ = ["stage"]
pytestmark = [pytest.mark.browser]


@pytest.fixture
def round_id(stage: Stage) -> int:
    with stage.app.app_context(), unit_of_work(db.session) as now:
        found = {o.code: o for o in db.session.query(Organisation)}
        round_ = factories.a_round(
            db.session, storage=stage.app.extensions["consult.storage"], data=specimen_draft(), lead=found["SAM"],
            consulted=(found["MDA"], found["BIH"]), deadline=now + timedelta(days=9),
        )  # fmt: skip
        return int(round_.id)


def pass_the_deadline(stage: Stage) -> None:
    with stage.app.app_context(), unit_of_work(db.session) as now:
        for deadline in db.session.query(Deadline):
            deadline.at = now - timedelta(minutes=1)


def at(stage: Stage, page: Page, round_id: int, place: str) -> None:
    page.goto(f"{stage.base_url}/rounds/{round_id}/{place}")


def test_more_time_a_late_answer_and_a_letter_by_mouse(stage: Stage, round_id: int, tmp_path: Path) -> None:
    focal, lead = stage.sign_in("focal point"), stage.sign_in("lead")
    ask_and_grant(stage, round_id, focal, lead)
    pass_the_deadline(stage)
    at(stage, focal, round_id, "comments/new?paragraph=2")
    focal.get_by_label("Reason or comment").fill("With more time.")
    focal.get_by_role("button", name="Save").first.click()
    expect(focal.get_by_text("Saved.")).to_be_visible()
    at(stage, focal, round_id, "submission?waiting=with")
    focal.get_by_role("button", name="Hand in our comments").click()
    expect(focal.get_by_text("Handed in for Mission MDA.")).to_be_visible()
    answer_late(stage, round_id, lead)
    enter_a_letter(stage, round_id, lead, tmp_path)
    at(stage, lead, round_id, "board")
    expect(lead.locator(".manner", has_text="entered by the lead on behalf")).to_be_visible()
    looked_at(lead)


def ask_and_grant(stage: Stage, round_id: int, focal: Page, lead: Page) -> None:
    at(stage, focal, round_id, "comments")
    focal.get_by_role("link", name="Ask for more time").click()
    focal.get_by_label("Until when").fill(f"{clock.now() + timedelta(days=20):%Y-%m-%dT17:00}")
    focal.get_by_label("Why; the lead reads it").fill("Our lawyer is away.")
    looked_at(focal)
    focal.get_by_role("button", name="Ask for more time").click()
    expect(focal.get_by_role("heading", name="asked for, not answered yet")).to_be_visible()
    at(stage, lead, round_id, "board")
    lead.get_by_role("link", name="Give it or refuse").click()
    looked_at(lead)
    lead.get_by_role("button", name="Give more time to Mission MDA").click()
    expect(lead.get_by_text("Mission MDA has more time and is told.")).to_be_visible()


def answer_late(stage: Stage, round_id: int, lead: Page) -> None:
    other = stage.sign_in("other")
    at(stage, other, round_id, "comments")
    other.get_by_role("link", name="Send the lead a late answer").click()
    other.get_by_label("On paragraph number").fill("3")
    other.get_by_label("Reason or comment").fill("We were late.")
    other.get_by_role("button", name="Take this paragraph").click()
    expect(other.get_by_label("Reason or comment")).to_have_value("We were late.")
    looked_at(other)
    other.get_by_role("button", name="Add this comment").click()
    other.get_by_label("Position").select_option("comments")
    other.get_by_role("button", name="Send to the lead as a late answer").click()
    expect(other.get_by_role("heading", name="waits for the lead")).to_be_visible()
    at(stage, lead, round_id, "board")
    expect(lead.get_by_text("1 organisation still has time:")).to_be_visible()
    lead.get_by_role("link", name="Accept or refuse").click()
    lead.get_by_label("Why; the organisation reads it").fill("The post was slow.")
    looked_at(lead)
    lead.get_by_role("button", name="Accept the answer of Mission BIH").click()
    expect(lead.get_by_text("Accepted and marked as late.")).to_be_visible()


def enter_a_letter(stage: Stage, round_id: int, lead: Page, folder: Path) -> None:
    letter = folder / "letter.pdf"
    letter.write_bytes(b"%PDF-1.7\nA letter.")
    at(stage, lead, round_id, "on-behalf")
    lead.get_by_label("Organisation").select_option(label="Mission BIH")
    lead.get_by_role("button", name="Enter for this organisation").click()
    lead.get_by_label("Position").select_option("concur")
    lead.get_by_label("How it came").fill("Letter of Monday.")
    lead.set_input_files("#proof", letter)
    looked_at(lead)
    lead.get_by_role("button", name="Enter the answer and tell the organisation").click()
    with lead.expect_download() as download:
        lead.get_by_role("link", name="Download the proof: letter.pdf").click()
    assert Path(download.value.path()).read_bytes() == letter.read_bytes()


def test_a_late_answer_is_sent_and_accepted_without_a_mouse(stage: Stage, round_id: int) -> None:
    pass_the_deadline(stage)
    page = stage.sign_in("other")
    at(stage, page, round_id, "late")
    to_field(page, "Reason or comment", "By keyboard.")
    press_on(page, "button", "Add this comment")
    expect(page.get_by_text("Added.")).to_be_visible()
    to_field(page, "Position", "C")
    press_on(page, "button", "Send to the lead as a late answer")
    expect(page.get_by_role("heading", name="waits for the lead")).to_be_visible()
    lead = stage.sign_in("lead")
    at(stage, lead, round_id, "late-answers")
    to_field(lead, "Why; the organisation reads it", "The post was slow.")
    press_on(lead, "button", "Accept the answer of Mission BIH")
    expect(lead.get_by_text("Accepted and marked as late.")).to_be_visible()


def to_field(page: Page, label: str, typed: str) -> None:
    """Go forward with the tab key to a field and type into it."""
    field = page.get_by_label(label).last
    field.wait_for()
    for _ in range(80):
        press(page, "Tab")
        if field.evaluate("element => element === document.activeElement"):
            page.keyboard.type(typed)
            return
    raise AssertionError(f"the tab key does not reach {label}")
