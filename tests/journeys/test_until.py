"""The lead says until when, in a real browser: so many working days by keys alone; a time shown twice, by mouse."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from consult import clock
from consult.models import Deadline, Organisation, Round, db
from consult.rules.calendar import name_of_instant
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.specimens import specimen_draft
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at, stage

__all__ = ["stage"]
pytestmark = [pytest.mark.browser]
VIENNA = ZoneInfo("Europe/Vienna")


def planned(stage: Stage) -> tuple[int, int]:
    """Let the lead have a planned round; return it and whom to ask."""
    with stage.app.app_context(), unit_of_work(db.session):
        lead, moldova = (db.session.query(Organisation).filter_by(code=code).one() for code in ("SAM", "MDA"))
        lead.calendar, moldova.calendar = "RS", "MD"
        round_ = factories.a_round(
            db.session,
            storage=stage.app.extensions["consult.storage"],
            data=specimen_draft(),
            lead=lead,
            circulated=False,
        )
        return round_.id, moldova.id


def deadline_of(stage: Stage, number: int) -> Deadline:
    with stage.app.app_context():
        assert db.session.get_one(Round, number).stage == "open"
        return db.session.query(Deadline).filter_by(round_id=number).one()


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until something with this id or these words has the focus."""
    for _ in range(60):
        press(page, "Tab")
        if page.evaluate("[document.activeElement.id, document.activeElement.textContent.trim()]").count(wanted):
            return
    raise AssertionError(f"no Tab leads to {wanted}")


def test_ten_working_days_by_keyboard_only(stage: Stage) -> None:
    number, asked = planned(stage)
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/set-up")
    tab_to(page, f"place-{asked}")
    page.keyboard.type("cons")
    tab_to(page, "how-wall")
    press(page, "ArrowDown")
    tab_to(page, "count")
    page.keyboard.type("10")
    expect(page.locator("#outlook")).to_contain_text("10 working days from now at the duty station of Mission SAM.")
    expect(page.locator("#count")).to_be_focused()
    shown = page.locator("#outlook input[name=seen]").get_attribute("value")
    looked_at(page)
    tab_to(page, "Circulate the draft")
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    deadline = deadline_of(stage, number)
    assert name_of_instant(deadline.at) == shown
    assert deadline.wall.endswith("T17:00")


def test_a_time_that_is_shown_twice_is_chosen_by_a_click(stage: Stage) -> None:
    number, asked = planned(stage)
    october = date(clock.now().year + 1, 10, 31)
    day = october - timedelta(days=(october.weekday() + 1) % 7)
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/set-up")
    page.select_option(f"#place-{asked}", "consulted")
    page.fill("#invitation", "Please.")
    page.fill("#wall", f"{day.isoformat()}T02:30")
    choice: Any = page.locator("#chosen-2")
    choice.wait_for()
    looked_at(page)
    page.get_by_role("button", name="Circulate the draft").click()
    expect(page.locator("#refusal")).to_contain_text("twice")
    expect(page.locator("#invitation")).to_have_value("Please.")
    page.locator("#chosen-2").check()
    expect(page.locator("#outlook strong").first).to_contain_text("UTC+01:00")
    page.get_by_role("button", name="Circulate the draft").click()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    second = datetime.combine(day, time(2, 30, fold=1), VIENNA).astimezone(UTC)
    assert deadline_of(stage, number).at == second
