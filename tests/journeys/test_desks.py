"""The focal point's way from a colleague's comments to the hand-in, in a real browser: by mouse, and by keyboard only."""

from typing import Any

import pytest
from playwright.sync_api import Page

from consult import clock
from consult.models import Comment, Organisation, Person, Round, db
from consult.services import drafts
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.specimens import specimen_draft
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at, stage

__all__ = ["stage"]
pytestmark = [pytest.mark.browser]
ON = "The victim decides"


def written(stage: Stage) -> int:
    """Let a contributor have written four comments in an open round, two of them on one paragraph."""
    with stage.app.app_context(), unit_of_work(db.session):
        lead, moldova = (db.session.query(Organisation).filter_by(code=code).one() for code in ("SAM", "MDA"))
        round_ = factories.a_round(
            db.session, storage=stage.app.extensions["consult.storage"], data=specimen_draft(), lead=lead,
            consulted=(moldova,), deadline=clock.now().replace(year=clock.now().year + 1),
        )  # fmt: skip
        author = db.session.query(Person).filter_by(email=stage.people["contributor"]).one()
        found = next(p for p in drafts.get_draft(db.session, round_).paragraphs if ON in p.text)
        give: dict[str, Any] = {"round_": round_, "organisation": moldova, "author": author}
        factories.a_comment(db.session, **give, reason="General remark.")
        factories.a_comment(db.session, **give, reason="Too sharp.")
        for change in (("The victim", "The presumed victim"), ("decides", "decides freely")):
            wording = found.text.replace(*change)
            factories.a_comment(db.session, **give, paragraph=found, wording=wording, reason=f"Because {change[1]}.")
        return round_.id


def handed_in(stage: Stage) -> list[tuple[str, str | None]]:
    with stage.app.app_context():
        rows = db.session.query(Comment).filter(Comment.submission_id.is_not(None)).order_by(Comment.reason)
        assert db.session.query(Round).count() == 1
        return [("\n".join(sorted(row.reason.split("\n"))), row.proposed_text) for row in rows]


EXPECTED = [
    ("Because The presumed victim.\nBecause decides freely.", "The presumed victim decides freely."),
    ("General remark, said friendlier.", None),
]


def test_the_focal_point_edits_merges_drops_restores_previews_and_hands_in(stage: Stage) -> None:
    number = written(stage)
    page = stage.sign_in("focal point")
    page.goto(f"{stage.base_url}/rounds/{number}/comments")
    looked_at(page)
    general = page.locator(".card", has_text="General remark.")
    general.get_by_role("link", name="Change").click()
    page.get_by_label("Comment on the whole draft").fill("General remark, said friendlier.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Our comments").first.click()
    for turn in range(2):  # dropped, restored, and dropped again
        sharp = page.locator(".card", has_text="Too sharp.")
        sharp.locator("summary", has_text="Drop").click()
        sharp.get_by_label("Why it is dropped").fill("The minister said it already.")
        sharp.get_by_role("button", name="Drop this comment").click()
        page.wait_for_selector("text=The minister said it already.")
        if not turn:
            page.get_by_role("button", name="Restore").click()
            page.wait_for_selector("text=Restored.")
    page.get_by_role("link", name="Merge the 2 comments here").last.click()
    looked_at(page)
    assert page.get_by_label("The paragraph shall read").input_value() == "The presumed victim decides freely."
    page.get_by_role("button", name="Merge into one comment").click()
    page.get_by_role("button", name="Clear all 2 shown").click()
    page.wait_for_selector("text=2 comments cleared.")
    looked_at(page)
    page.get_by_role("link", name="See what leaves, and hand in").click()
    page.wait_for_selector("h2:has-text('2 comments leave')")
    page.wait_for_selector("h2:has-text('3 comments do not leave')")
    looked_at(page)
    page.get_by_role("button", name="Hand in our comments").click()
    page.wait_for_selector("text=Handed in for Mission MDA")
    assert handed_in(stage) == EXPECTED


def press_on(page: Page, role: Any, name: str, key: str = "Enter") -> None:
    """Go forward with the tab key until this is focused, and press a key on it."""
    target = page.get_by_role(role, name=name).last
    target.wait_for()
    for _ in range(120):
        press(page, "Tab")
        if target.evaluate("element => element === document.activeElement"):
            press(page, key)
            return
    raise AssertionError(f"the tab key does not reach {name}")


def test_the_focal_point_needs_no_mouse(stage: Stage) -> None:
    number = written(stage)
    page = stage.sign_in("focal point")
    page.goto(f"{stage.base_url}/rounds/{number}/comments")
    press_on(page, "link", "Merge the 2 comments here")
    press_on(page, "button", "Merge into one comment")
    page.wait_for_selector("text=Merged into one comment.")
    press_on(page, "button", "Clear all 3 shown")
    page.wait_for_selector("text=3 comments cleared.")
    press_on(page, "link", "See what leaves, and hand in")
    page.wait_for_selector("h2:has-text('3 comments leave')")
    press_on(page, "button", "Hand in our comments")
    page.wait_for_selector("text=Handed in for Mission MDA")
    assert len(handed_in(stage)) == 3
