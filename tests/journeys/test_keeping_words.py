"""No word typed into a comment form is lost: by a reload, a lost connection, a sign-in that has ended."""

from datetime import timedelta

import pytest
from playwright.sync_api import Error, Page

from consult import clock
from consult.models import db
from consult.web.guards import COOKIE
from tests import factories
from tests.engine.specimens import specimen_draft
from tests.journeys import test_browser
from tests.journeys.test_browser import Stage, looked_at

pytestmark = [pytest.mark.browser]
stage = test_browser.stage
REASON = "Две недели – слишком долго; naïve Šćekić, typed with care."
BACK = "What you had typed here and not saved is here again."


def reason_on(page: Page, url: str) -> str:
    page.goto(url)
    return page.get_by_label("Reason or comment").input_value()


def test_what_is_typed_comes_back_until_it_is_saved(stage: Stage) -> None:
    with stage.app.app_context():
        found = {o.code: o for o in db.session.query(factories.Organisation)}
        round_ = factories.a_round(
            db.session, storage=stage.app.extensions["consult.storage"], data=specimen_draft(),
            lead=found["SAM"], consulted=(found["MDA"],), deadline=clock.now() + timedelta(days=9),
        )  # fmt: skip
        url = f"{stage.base_url}/rounds/{round_.id}/comments/new?paragraph=2"
        db.session.commit()
    writer = stage.sign_in("contributor")
    assert reason_on(writer, url) == ""
    writer.get_by_label("Reason or comment").press_sequentially(REASON)

    assert reason_on(writer, url) == REASON
    assert writer.get_by_text(BACK).is_visible()
    looked_at(writer)
    writer.context.set_offline(True)
    writer.get_by_label("Reason or comment").press_sequentially(" Offline.")
    with pytest.raises(Error):
        writer.goto(url)
    writer.context.set_offline(False)
    assert reason_on(writer, url) == REASON + " Offline."

    cookies = writer.context.cookies()
    writer.context.clear_cookies(name=COOKIE)
    writer.get_by_role("button", name="Save").click()
    writer.wait_for_load_state()
    writer.context.add_cookies(cookies)
    assert reason_on(writer, url) == REASON + " Offline."

    writer.get_by_role("button", name="Save").click()
    writer.wait_for_selector("text=Saved.")
    assert reason_on(writer, url) == ""
    assert writer.get_by_text(BACK).is_hidden()

    writer.get_by_label("Reason or comment").press_sequentially("Not saved.")
    asked: list[str] = []
    writer.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    writer.get_by_role("button", name="Sign out").click()
    assert ["not saved" in question for question in asked] == [True]
    assert reason_on(writer, url) == "Not saved."
    writer.once("dialog", lambda dialog: dialog.accept())
    writer.get_by_role("button", name="Sign out").click()
    writer.wait_for_selector("text=Send the link")
    assert "Not saved." not in writer.evaluate("JSON.stringify(localStorage)")
