"""Long work in a browser: it can be left, come back to and stopped; once with the keyboard alone."""

from pathlib import Path

import pytest

from consult.models import Organisation, db
from consult.phrases import say
from consult.services import jobs
from consult.unit_of_work import unit_of_work
from tests.engine.specimens import edit, specimen_draft, tracked_copy
from tests.journeys import test_browser
from tests.journeys.test_browser import Stage, looked_at
from tests.story import a_story, two_conflicting

pytestmark = [pytest.mark.browser]
stage = test_browser.stage


def a_round(stage: Stage) -> int:
    with stage.app.app_context(), unit_of_work(db.session):
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        story = a_story(db.session, stage.app.extensions["consult.storage"])
        two_conflicting(story)
        stage.people |= {name: person.email for name, person in story.people.items()}
        return story.round.id


def begin(stage: Stage, step: str) -> tuple[int, int]:
    """Take up the work that waits as a worker does, and get half way; return the job and the attempt."""
    with stage.app.app_context():
        with unit_of_work(db.session) as now:
            job = jobs.claim_job(db.session, now=now)
            assert job is not None
            found = job.id, job.attempt
        with unit_of_work(db.session) as now:
            jobs.report(db.session, *found, step=step, done=1, total=2, now=now)
        return found


def test_a_merge_is_left_and_come_back_to_and_leads_on_by_itself(stage: Stage) -> None:
    number = a_round(stage)
    stage.pass_the_deadline()
    lead = stage.sign_in("lead")
    stage.at_work.clear()
    lead.goto(f"{stage.base_url}/rounds/{number}/board")
    lead.get_by_role("button", name="Consolidate").click()
    lead.wait_for_selector("text=Waiting for its turn.")
    begun = begin(stage, say("Merging what 2 organisations want."))
    lead.wait_for_selector("[role=status]:has-text('Merging what 2 organisations want.')")
    lead.wait_for_selector("text=Step 2 of 2")
    looked_at(lead)
    lead.goto(f"{stage.base_url}/")
    looked_at(lead)
    lead.get_by_role("link", name="Consolidating the round").click()
    lead.wait_for_selector("progress[value='1']")
    with stage.app.app_context(), unit_of_work(db.session) as now:
        jobs.put_back(db.session, *begun, now=now - jobs.PAUSE)
    stage.at_work.set()
    lead.wait_for_selector("h1:has-text('Downloads')")
    assert "Consolidated. Changes: 4." in lead.locator("main").inner_text()


def test_a_returned_copy_is_read_stopped_and_read_again_by_keyboard_alone(stage: Stage, tmp_path: Path) -> None:
    number = a_round(stage)
    base = specimen_draft()
    returned = tmp_path / "copy.docx"
    returned.write_bytes(tracked_copy(base, [edit(base, "two working days", "one day")], "Somebody"))
    person = stage.sign_in("moldova")
    stage.at_work.clear()
    page = f"{stage.base_url}/rounds/{number}/copy"
    person.goto(page)
    person.set_input_files("#copy", returned)
    person.get_by_role("button", name="Return the copy").press("Enter")
    person.wait_for_selector("h1:has-text('Reading the returned copy')")
    person.get_by_role("link", name="Look again").press("Enter")
    person.get_by_role("button", name="Stop this work").press("Enter")
    person.wait_for_selector("text=Nothing of it was kept")
    assert person.url == page
    stage.at_work.set()
    person.set_input_files("#copy", returned)
    person.get_by_role("button", name="Return the copy").press("Enter")
    person.wait_for_selector("text=1 change or comment found, 1 placed, 0 not placed")
    returned.write_bytes(b"This is no Word file.")
    person.goto(page)
    person.set_input_files("#copy", returned)
    person.get_by_role("button", name="Return the copy").press("Enter")
    person.wait_for_selector("[role=alert]:has-text('Not saved.')")
    looked_at(person)
    person.get_by_role("link", name="Back, to try once more").press("Enter")
    person.wait_for_selector("text=Work in progress")
    assert "nothing came of it" in person.locator("main").inner_text()
