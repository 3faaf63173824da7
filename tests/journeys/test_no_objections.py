"""A no-objection round in a real browser: announced, agreed, broken by an amendment, signed; and once by keyboard only."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from consult import clock, engine
from consult.models import Deadline, NoObjection, NoObjectionAnswer, Organisation, db
from consult.scheduling import tick
from consult.unit_of_work import unit_of_work
from tests.journeys import test_browser
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at
from tests.journeys.test_desks import press_on
from tests.silences import announce, wall
from tests.story import a_story

pytestmark = [pytest.mark.browser]
stage = test_browser.stage
WORDS = "Мы возражаем: срок слишком короткий."


def a_planned_round(stage: Stage, *, announced: bool = False) -> int:
    """Make a planned round, or one that is announced and runs; return its id."""
    with stage.app.app_context(), unit_of_work(db.session) as now:
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        story = a_story(db.session, stage.app.extensions["consult.storage"], circulated=False)
        if announced:
            announce(story, now=now, expires=now + timedelta(days=9))
        stage.people |= {name: person.email for name, person in story.people.items()}
        return story.round.id


def test_a_round_is_announced_agreed_broken_and_signed(stage: Stage) -> None:
    number = a_planned_round(stage)
    lead = stage.sign_in("lead")
    lead.goto(f"{stage.base_url}/rounds/{number}/set-up")
    lead.get_by_role("link", name="open a no-objection round on this text").click()
    looked_at(lead)
    lead.get_by_label("Date and time").fill(wall(clock.now() + timedelta(days=9)))
    lead.get_by_label("Time zone").fill("Europe/Belgrade")
    lead.get_by_role("button", name="Freeze the text and announce the round").click()
    lead.wait_for_selector("text=The no-objection round is announced.")
    looked_at(lead)
    tick(stage.app)
    assert any("No-objection round" in subject for subject in stage.postman.subjects_to(stage.people["kosovo"]))

    kosovo = stage.sign_in("kosovo")
    kosovo.get_by_role("link", name="Read and answer").click()
    looked_at(kosovo)
    kosovo.get_by_role("button", name="Say expressly: no objection").click()
    kosovo.wait_for_selector("text=Noted: Mission in Kosovo says expressly that it has no objection.")

    moldova = stage.sign_in("moldova")
    moldova.goto(f"{stage.base_url}/rounds/{number}/no-objection")
    moldova.get_by_text("Propose an amendment").click()
    moldova.get_by_label("Number of the paragraph").fill("3")
    moldova.get_by_role("button", name="Show its words").click()
    wording = moldova.get_by_label("Paragraph 3 shall read")
    wording.fill(wording.input_value().replace("two working days", "one working day"))
    moldova.get_by_label("Why. Everybody reads it.").last.fill(WORDS)
    looked_at(moldova)
    moldova.get_by_role("button", name="Hand in the amendment and end the round").click()
    moldova.wait_for_selector("text=The round is over.")
    looked_at(moldova)
    tick(stage.app)
    assert any(subject.startswith("Broken") for subject in stage.postman.subjects_to(stage.people["lead"]))

    lead.reload()
    looked_at(lead)
    lead.get_by_role("button", name="Sign off the record").click()
    lead.wait_for_selector("text=The record is signed off.")
    with lead.expect_download() as download:
        lead.get_by_role("link", name="Download the record").click()
    text = "\n".join(p.text for p in engine.read_draft(Path(download.value.path()).read_bytes()).paragraphs)
    assert WORDS in text
    assert "Signed off by" in text


def focused(page: Page, is_it: Callable[[], bool]) -> None:
    """Go forward with the tab key until it is reached."""
    for _ in range(80):
        press(page, "Tab")
        if is_it():
            return
    raise AssertionError("the tab key does not reach it")


def test_objecting_one_second_too_late_by_keyboard_is_kept_and_said_to_be_late(stage: Stage) -> None:
    number = a_planned_round(stage, announced=True)
    page = stage.sign_in("moldova")
    press_on(page, "link", "Read and answer")
    page.wait_for_selector("h1:has-text('No-objection round')")
    summary = page.locator("summary", has_text="Object")
    focused(page, lambda: bool(summary.evaluate("element => element === document.activeElement")))
    press(page, "Enter")
    field = page.get_by_label("What your organisation objects to")
    focused(page, lambda: bool(field.evaluate("element => element === document.activeElement")))
    page.keyboard.type(WORDS)
    with stage.app.app_context(), unit_of_work(db.session) as now:  # meanwhile the time runs out
        db.session.query(NoObjection).one().starts_at = now - timedelta(days=1)
        db.session.query(Deadline).filter_by(round_id=number).one().at = now
    press_on(page, "button", "Hand in the objection and end the round")
    page.wait_for_selector("text=It came after the end of the round and changes nothing.")
    assert page.get_by_text(WORDS).count() == 2  # as ours, and in the record
    looked_at(page)
    with stage.app.app_context():
        assert [a.effect for a in db.session.query(NoObjectionAnswer)] == ["late"]
        db.session.remove()
