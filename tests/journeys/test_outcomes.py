"""A mission reads what happened to its comments, in a browser, by keyboard alone."""

from pathlib import Path
from typing import Any

import pytest

from consult import engine
from consult.models import Organisation, db
from consult.services import dispositions, rounds
from consult.unit_of_work import unit_of_work
from tests.journeys import test_browser
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at
from tests.story import AFTER, a_story, two_conflicting

pytestmark = [pytest.mark.browser]
stage = test_browser.stage


def a_decided_round(stage: Stage) -> int:
    """Make a finished round of which every comment is decided; return its id."""
    with stage.app.app_context(), unit_of_work(db.session):
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        story = a_story(db.session, stage.app.extensions["consult.storage"])
        two_conflicting(story)
        story.comment("moldova", reason="Never handed in.")
        for item in dispositions.list_numbered(db.session, story.round):
            decision = "accepted" if item.number in (2, 3) else "accepted with changes" if item.number == 5 else "noted"
            more: dict[str, Any] = {"wording": "Each mission informs the co-ordinator within 48 hours."}
            dispositions.decide(
                db.session, story.round, item.comment, decision=decision, reason="The network agreed on hours.",
                duplicate_of=0, version=0, by=story.actor("lead"), person=story.people["lead"], now=AFTER, **more,
            )  # fmt: skip
        story.round.stage, story.round.closed_at = "consolidated", AFTER
        rounds.finish(db.session, story.round, base_url=stage.base_url, by=story.actor("lead"), now=AFTER)
        stage.people |= {name: person.email for name, person in story.people.items()}
        return story.round.id


def test_a_mission_reads_what_happened_and_takes_it_as_a_file(stage: Stage) -> None:
    number = a_decided_round(stage)
    page = stage.sign_in("moldova")
    page.goto(f"{stage.base_url}/rounds/{number}/document")
    link = page.get_by_role("link", name="What happened")
    for _ in range(40):
        press(page, "Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    press(page, "Enter")
    page.wait_for_selector("h1:has-text('What happened to the comments of Mission to Moldova')")
    looked_at(page)
    rows = page.locator(".outcomes tbody tr")
    assert rows.count() == 2
    assert "Accepted with changes" in rows.nth(1).inner_text()
    assert "48 hours" in rows.nth(1).locator("td").nth(2).inner_text()
    page.get_by_role("link", name="Download as a Word file").focus()
    with page.expect_download() as download:
        press(page, "Enter")
    text = "\n".join(p.text for p in engine.read_draft(Path(download.value.path()).read_bytes()).paragraphs)
    assert "The network agreed on hours." in text
    assert "Mission in Kosovo" not in text
