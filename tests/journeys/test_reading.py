"""Reading a big draft in a browser: sections come as one comes near, jumps are at once, everything also by keyboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from consult.models import DraftParagraph, Round, db
from consult.services import comments, people
from consult.services.comments import Words
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.specimens import draft
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at, stage

__all__ = ["stage"]
pytestmark = pytest.mark.browser
PARTS, IN_PART = 4, 90


def a_big_round(stage: Stage) -> tuple[str, int]:
    """Circulate a draft of 364 paragraphs, with one comment of a contributor near its end; return where it is."""
    lines: list[str] = []
    for part in range(PARTS):
        lines.append(f"# Part {part}")
        lines += [f"Paragraph {n} of part {part}, a sentence long enough to read." for n in range(IN_PART)]
    with stage.app.app_context(), unit_of_work(db.session) as now:
        found = {o.code: o for o in db.session.query(factories.Organisation)}
        writer = db.session.query(factories.Person).filter_by(email=stage.people["contributor"]).one()
        round_: Round = factories.a_round(
            db.session, storage=stage.app.extensions["consult.storage"], data=draft(*lines), lead=found["SAM"],
            consulted=(found["MDA"], found["BIH"]), deadline=now.replace(year=now.year + 1),
        )  # fmt: skip
        last = db.session.query(DraftParagraph).filter(DraftParagraph.text.startswith("Paragraph 80 of part 3")).one()
        made = comments.write_comment(
            db.session, round_, Words(last.number, reason="Near the end."), organisation_id=found["MDA"].id,
            author_id=writer.id, form_key="", by=people.actor_of(writer), now=now,
        )  # fmt: skip
        return f"{stage.base_url}/rounds/{round_.id}/document", made.id


def is_seen(page: Page, selector: str) -> None:
    expect(page.locator(selector)).to_be_in_viewport()


def test_a_reader_goes_through_a_big_draft_finds_and_jumps(stage: Stage, tmp_path: Path) -> None:
    address, comment = a_big_round(stage)
    page = stage.sign_in("contributor")
    page.goto(address)
    looked_at(page)
    assert page.locator("#p-364").count() == 0
    expect(page.locator(".where-now")).to_have_text("Paragraph 1 of 364")

    # What comes into view is loaded before one is there.
    page.locator("#p-85").scroll_into_view_if_needed()
    page.wait_for_selector("#p-130", state="attached")

    # The outline leads to what is not loaded yet, and says where one is.
    page.get_by_role("navigation", name="Outline of the draft").get_by_role("link", name="Part 3").click()
    page.wait_for_selector("#p-274")
    is_seen(page, "#p-274")
    expect(page.locator(".outline a[aria-current]")).to_have_text(re.compile("Part 3"))

    # A link to a comment leads there, from another page too, and on a telephone.
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}?at=comment-{comment}#comment-{comment}")
    is_seen(page, f"#comment-{comment}")
    page.goto(f"{address}#p-200")
    page.wait_for_selector("#p-200")
    is_seen(page, "#p-200")

    # A lost connection leaves a link, and the section comes when the connection is back.
    page.goto(address)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.locator("#p-85").scroll_into_view_if_needed()
    assert page.locator(".section.waiting a").count() >= 3
    page.context.set_offline(False)
    page.wait_for_selector("#p-130", state="attached")


def test_the_same_by_keyboard_only(stage: Stage, tmp_path: Path) -> None:
    address, comment = a_big_round(stage)
    page = stage.sign_in("contributor")
    page.goto(address)
    page.get_by_label("Find in the draft and the comments").focus()
    page.keyboard.type("NEAR the END")
    press(page, "Enter")
    page.wait_for_selector("h1:has-text('Find in the draft')")
    looked_at(page)
    page.get_by_role("link", name="Link to this comment").focus()
    press(page, "Enter")
    page.wait_for_selector(f"#comment-{comment}")
    is_seen(page, f"#comment-{comment}")

    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address)
    outline = page.get_by_text("Outline", exact=True)
    outline.focus()
    press(page, "Enter")
    page.get_by_role("link", name="Part 2").focus()
    press(page, "Enter")
    page.wait_for_selector("#p-183")
    is_seen(page, "#p-183")
    assert page.evaluate("document.activeElement.id") == "p-183"  # from there one goes on
    looked_at(page)


def test_a_printed_draft_has_its_numbers_and_comments_and_no_controls(stage: Stage, tmp_path: Path) -> None:
    address, comment = a_big_round(stage)
    page = stage.sign_in("contributor")
    page.goto(address)
    page.get_by_role("link", name="Show everything, to print").click()
    page.wait_for_selector("#p-364", state="attached")
    page.emulate_media(media="print")
    expect(page.locator(f"#comment-{comment}")).to_be_visible()
    expect(page.locator("#p-364 .number")).to_be_visible()
    for control in (".comment-link", ".find", ".outline", "header.frame", ".permalink"):
        assert not any(element.is_visible() for element in page.locator(control).all()), control
