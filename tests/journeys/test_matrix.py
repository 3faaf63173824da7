"""The lead decides in Excel, in a browser: takes the matrix, fills it, gives it back, sees the bad rows, takes the good ones."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from consult.models import Disposition, Organisation, db
from consult.unit_of_work import unit_of_work
from tests.filling import filled, row_of
from tests.journeys import test_browser
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at
from tests.story import a_story, two_conflicting

pytestmark = [pytest.mark.browser]
stage = test_browser.stage
CELLS: dict[int, dict[str, Any]] = {
    1: {"decision": "noted", "reason": "Thank you."},
    2: {"decision": "Принято"},
    3: {"decision": "duplicate", "reason": "See comment 2.", "duplicate_of": 2},
    4: {"decision": "perhaps", "reason": "We shall see."},
    5: {"number": "99", "decision": "noted", "reason": "A number that is not there."},
}


def a_closed_round(stage: Stage) -> int:
    """Make a round with five comments whose deadline has passed; return its id."""
    with stage.app.app_context(), unit_of_work(db.session):
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        story = a_story(db.session, stage.app.extensions["consult.storage"])
        two_conflicting(story)
        stage.people |= {name: person.email for name, person in story.people.items()}
        number = story.round.id
    stage.pass_the_deadline()
    return number


def decided(stage: Stage) -> int:
    with stage.app.app_context():
        return int(db.session.query(Disposition).count())


def fill(download: Any, folder: Path) -> tuple[Path, bytes]:
    data = Path(download.path()).read_bytes()
    path = folder / "filled.xlsx"
    path.write_bytes(filled(data, CELLS))
    return path, data


def test_the_lead_takes_fills_and_gives_back_the_matrix(stage: Stage, tmp_path: Path) -> None:
    number = a_closed_round(stage)
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/decisions")
    page.get_by_role("link", name="Decide in Excel").click()
    page.wait_for_selector("h1:has-text('Decide in Excel')")
    looked_at(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Take the matrix").click()
    path, matrix = fill(download.value, tmp_path)
    page.get_by_label("The filled matrix (.xlsx)").set_input_files(path)
    page.get_by_role("button", name="Give the matrix back").click()
    page.wait_for_selector("h1:has-text('would do')", timeout=15_000)
    looked_at(page)
    refused = page.locator(".refused-rows li")
    assert refused.count() == 2
    assert f"Row {row_of(matrix, 4)} · comment 4" in refused.nth(0).inner_text()
    assert "“perhaps” is no decision." in refused.nth(0).inner_text()
    assert "There is no comment 99 in this round" in refused.nth(1).inner_text()
    assert decided(stage) == 0
    page.get_by_role("button", name="Take over 3 decisions").click()
    page.wait_for_selector("text=3 decisions are taken over.")
    looked_at(page)
    assert page.locator(".refused-rows li").count() == 2
    assert decided(stage) == 3
    page.goto(f"{stage.base_url}/rounds/{number}/decisions/matrix")
    assert "taken over" in page.locator("main li:has-text('filled.xlsx')").inner_text()


def test_the_same_by_keyboard_alone(stage: Stage, tmp_path: Path) -> None:
    number = a_closed_round(stage)
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/decisions/matrix")
    go_to(page, page.get_by_role("link", name="Take the matrix"))
    with page.expect_download() as download:
        press(page, "Enter")
    path, _ = fill(download.value, tmp_path)
    go_to(page, page.get_by_label("The filled matrix (.xlsx)"))
    with page.expect_file_chooser() as chooser:
        press(page, "Space")
    chooser.value.set_files(path)
    go_to(page, page.get_by_role("button", name="Give the matrix back"))
    press(page, "Enter")
    page.wait_for_selector("h1:has-text('would do')", timeout=15_000)
    go_to(page, page.get_by_role("button", name="Take over 3 decisions"))
    press(page, "Enter")
    page.wait_for_selector("text=3 decisions are taken over.")
    assert decided(stage) == 3


def go_to(page: Page, target: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(60):
        press(page, "Tab")
        if target.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError("the keyboard does not lead there")
