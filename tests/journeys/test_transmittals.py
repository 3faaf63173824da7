"""A decided text goes to a body: prepared by one person, confirmed by another by keyboard alone, taken through the link."""

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from consult import engine
from consult.models import Organisation, db
from consult.scheduling import tick
from consult.unit_of_work import unit_of_work
from tests.journeys import test_browser
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at
from tests.story import a_story
from tests.transmitting import COVER, a_body, decided, second_person

pytestmark = [pytest.mark.browser]
stage = test_browser.stage


def a_decided_round(stage: Stage) -> int:
    with stage.app.app_context(), unit_of_work(db.session):
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        story = decided(a_story(db.session, stage.app.extensions["consult.storage"]))
        second_person(story)
        a_body(story, delivery="both", addresses="odihr@example.org")
        stage.people |= {name: person.email for name, person in story.people.items()}
        return story.round.id


def go_to(page: Page, target: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(80):
        if target.evaluate("found => found === document.activeElement"):
            return
        press(page, "Tab")
    raise AssertionError("not reached by keyboard")


def test_two_persons_send_a_text_and_a_body_takes_it(stage: Stage) -> None:
    number = a_decided_round(stage)
    lead = stage.sign_in("lead")
    lead.goto(f"{stage.base_url}/rounds/{number}/transmittals")
    looked_at(lead)
    lead.get_by_role("link", name="Prepare a package").click()
    lead.get_by_label("Symbol, for example").fill("sec.gal/116")
    lead.get_by_label("RESTRICTED").check()
    lead.get_by_label("Your text in the cover letter").fill(COVER.words)
    lead.get_by_role("button", name="Make the package").click()
    lead.wait_for_selector("#refusal")
    assert lead.get_by_label("Your text in the cover letter").input_value() == COVER.words
    looked_at(lead)
    lead.get_by_label("Symbol, for example").fill(COVER.symbol)
    lead.get_by_role("button", name="Make the package").click()
    lead.wait_for_selector("h1:has-text('Transmittal 1')")
    assert lead.get_by_role("button", name="Confirm the package").count() == 0
    address = lead.url
    second = stage.sign_in("second")
    confirm_by_keyboard(stage, second, address)
    lead.goto(address)
    lead.get_by_label("ODIHR").check()
    lead.get_by_role("button", name="Send to the chosen bodies").click()
    lead.wait_for_selector("h2:has-text('To whom it went')")
    tick(stage.app)
    take_it(stage)
    lead.goto(address)
    looked_at(lead)
    assert "2-clean-text.docx" in lead.get_by_text("Taken through the link:").locator("..").inner_text()


def confirm_by_keyboard(stage: Stage, page: Page, address: str) -> None:
    page.goto(address)
    looked_at(page)
    download = page.get_by_role("link", name="Download package.zip")
    go_to(page, download)
    with page.expect_download() as taken:
        press(page, "Enter")
    digest = hashlib.sha256(Path(taken.value.path()).read_bytes()).hexdigest()
    go_to(page, page.get_by_label("Beginning of the digest"))
    page.keyboard.type(digest[:8])
    press(page, "Enter")
    page.wait_for_selector("[role=status]:has-text('Confirmed.')")


def take_it(stage: Stage) -> None:
    """Read the letter as the body does: files are attached, and the link gives the same ones."""
    (message,) = (m for m in stage.postman.messages if "odihr@example.org" in m["To"])
    attached = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    link = re.search(r"http://\S+/transmitted/\S+", message.get_body(("plain",)).get_content())
    assert link
    page = stage.browser.new_context(accept_downloads=True).new_page()
    page.goto(link.group(0))
    looked_at(page)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download 2-clean-text.docx").click()
    data = Path(taken.value.path()).read_bytes()
    assert data == attached["2-clean-text.docx"]
    assert any("to prevent and combat" in p.text for p in engine.read_draft(data).paragraphs)
