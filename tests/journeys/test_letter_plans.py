"""The lead plans the letters of a round and cancels it, and an organisation has it all in its calendar; by keyboard alone."""

from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import pytest
import vobject
from playwright.sync_api import Page

from consult.models import Organisation, db
from consult.scheduling import tick
from consult.services import deadlines, invitations
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.specimens import specimen_draft
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at, stage

__all__ = ["stage"]
pytestmark = [pytest.mark.browser]


def a_round(stage: Stage) -> int:
    """Circulate a round that runs for a month."""
    with stage.app.app_context(), unit_of_work(db.session) as now:
        lead, moldova = (db.session.query(Organisation).filter_by(code=code).one() for code in ("SAM", "MDA"))
        round_ = factories.a_round(
            db.session, storage=stage.app.extensions["consult.storage"], data=specimen_draft(), lead=lead,
            consulted=(moldova,), deadline=now + timedelta(days=30),
        )  # fmt: skip
        stage.people["head"] = factories.a_person(db.session, organisation=moldova, role="head").email
        deadlines.plan_round(db.session, round_, reminder_days=(5, 2), now=now)
        invitations.invite(db.session, round_, base_url=stage.base_url, now=now)
        return round_.id


def press_on(page: Page, role: Any, name: str, key: str = "Enter") -> None:
    page.get_by_role(role, name=name, exact=True).focus()
    press(page, key)


def calendars_of(stage: Stage, name: str) -> list[Any]:
    """Return what the letters to somebody put into the calendar."""
    letters = [m for m in stage.postman.messages if stage.people[name] in m["To"]]
    parts = [p for m in letters for p in m.walk() if p.get_content_type() == "text/calendar"]
    return [vobject.readOne(part.get_content()) for part in parts]


def test_letters_are_planned_a_calendar_is_subscribed_to_and_the_round_is_cancelled(stage: Stage) -> None:
    number = a_round(stage)
    lead = stage.sign_in("lead")
    lead.goto(f"{stage.base_url}/rounds/{number}/board")
    press_on(lead, "link", "Reminders and letters")
    lead.wait_for_selector("h1:has-text('Reminders and letters')")
    looked_at(lead)
    lead.get_by_label("Working days before the deadline").focus()
    press(lead, "Control+a")
    lead.keyboard.type("seven")
    press_on(lead, "button", "Save")
    lead.wait_for_selector("text=Enter the working days as at most 6 numbers")
    assert lead.get_by_label("Working days before the deadline").input_value() == "seven"
    lead.get_by_label("Working days before the deadline").focus()
    press(lead, "Control+a")
    lead.keyboard.type("7, 1")
    press_on(lead, "button", "Save")
    lead.wait_for_selector("text=Reminder 7 working days before")
    lead.locator("summary").first.focus()
    press(lead, "Enter")
    assert "Mission MDA" in lead.locator("details[open]").inner_text()
    looked_at(lead)

    focal = stage.sign_in("focal point")
    press_on(focal, "link", "These deadlines in my calendar")
    press_on(focal, "button", "Make an address for my calendar")
    focal.wait_for_selector("text=Copy it now")
    looked_at(focal)
    address = focal.get_by_label("Address for “Subscribe to a calendar”").input_value()
    with urlopen(address) as answer:  # as a calendar program does
        assert vobject.readOne(answer.read().decode()).vevent.summary.value.startswith("Comments due")

    lead.goto(f"{stage.base_url}/rounds/{number}/board")
    press_on(lead, "link", "Cancel the round")
    lead.wait_for_selector("h1:has-text('Cancel the round')")
    looked_at(lead)
    lead.get_by_label("Reason. Everybody reads it.").focus()
    lead.keyboard.type("The Council took it off its list.")
    press_on(lead, "button", "Cancel the round and tell everybody")
    lead.wait_for_selector("text=Everybody has been told.")
    looked_at(lead)
    tick(stage.app)
    invited, cancelled = calendars_of(stage, "focal point")
    assert (invited.method.value, cancelled.method.value) == ("REQUEST", "CANCEL")
    assert invited.vevent.uid.value == cancelled.vevent.uid.value
    with urlopen(address) as answer:
        assert vobject.readOne(answer.read().decode()).vevent.status.value == "CANCELLED"
