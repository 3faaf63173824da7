"""The lead's way through the conflicts of a round, in a real browser: by mouse, by keyboard only, and without script."""

from typing import Any

import pytest
from playwright.sync_api import Page

from consult import clock, engine
from consult.models import Organisation, Person, Round, db
from consult.services import dispositions, drafts
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.specimens import specimen_draft
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at, stage
from tests.story import texts_of

__all__ = ["stage"]
pytestmark = [pytest.mark.browser]
FIRST = "Each mission informs the co-ordinator within two working days."
SECOND = "The victim decides."
WORDINGS = {
    FIRST: (
        ("MDA", FIRST.replace("Each", "Every").replace("two", "three")),
        ("BIH", FIRST.replace("Each", "A")),
        ("BIH", FIRST.replace("two", "five")),
    ),
    SECOND: (("MDA", "The presumed victim decides."), ("BIH", "The person decides.")),
}


def conflicting(stage: Stage) -> int:
    """Let two missions have handed in five comments that conflict on two paragraphs, in a round that is closed."""
    with stage.app.app_context(), unit_of_work(db.session):
        found = {code: db.session.query(Organisation).filter_by(code=code).one() for code in ("SAM", "MDA", "BIH")}
        round_ = factories.a_round(
            db.session, storage=stage.app.extensions["consult.storage"], data=specimen_draft(), lead=found["SAM"],
            consulted=(found["MDA"], found["BIH"]), deadline=clock.now().replace(year=clock.now().year - 1),
        )  # fmt: skip
        round_.stage = "closed"
        paragraphs = {p.text: p for p in drafts.get_draft(db.session, round_).paragraphs}
        for code, name in (("MDA", "focal point"), ("BIH", "other")):
            person = db.session.query(Person).filter_by(email=stage.people[name]).one()
            given: dict[str, Any] = {"round_": round_, "organisation": found[code]}
            submission = factories.a_submission(db.session, **given, person=person)
            for text, wanted in WORDINGS.items():
                for wording in (wording for who, wording in wanted if who == code):
                    factories.a_comment(
                        db.session, **given, author=person, submission=submission, paragraph=paragraphs[text],
                        wording=wording, reason=f"Reason for {wording}",
                    )  # fmt: skip
        return round_.id


def next_draft(stage: Stage, number: int) -> list[str]:
    with stage.app.app_context():
        round_ = db.session.get_one(Round, number)
        data = stage.app.extensions["consult.storage"].read(drafts.get_draft(db.session, round_).file_sha256)
        accepted = dispositions.accepted_edits(dispositions.list_numbered(db.session, round_))
        return texts_of(engine.write_next_draft(data, accepted))


def foreseen(page: Page) -> str:
    """Return the paragraph that is shown as the one that will be, without the words that go."""
    return str(
        page.locator("#outlook .resulting").evaluate(
            "p => { const c = p.cloneNode(true); c.querySelectorAll('del, .visually-hidden').forEach(e => e.remove());"
            " return c.textContent; }"
        )
    )


def variant_with(page: Page, words: str) -> Any:
    return page.locator(".side").filter(has=page.locator("ins", has_text=words))


def test_the_lead_combines_and_writes_a_wording_by_mouse(stage: Stage) -> None:
    number = conflicting(stage)
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/decisions")
    page.get_by_role("link", name="All conflicts, variants side by side").click()
    page.wait_for_selector("text=2 conflicts, 2 undecided")
    looked_at(page)
    page.get_by_role("link", name="Next undecided: conflict 1").click()
    page.wait_for_selector("h1:has-text('Conflict 1 of 2')")
    looked_at(page)
    variant_with(page, "three").get_by_role("radio").check()
    page.wait_for_selector("#outlook:has-text('not accepted')")
    page.get_by_label("Combine several variants").check()
    page.wait_for_selector("#outlook:has-text('at least two')")
    for change in (("Each", "A"), ("two", "five")):
        radio = page.locator(f'[name=choice][data-text="{FIRST.replace(*change)}"]')
        page.locator(f"[name=combined][value='{(radio.get_attribute('value') or '').removeprefix('take-')}']").check()
    page.wait_for_selector("#outlook .resulting")
    assert foreseen(page) == FIRST.replace("Each", "A").replace("two", "five")
    page.get_by_label("Reason (for everything").fill("Two wishes fit together.")
    looked_at(page)
    page.get_by_role("button", name="Save and go to the next conflict").click()
    page.wait_for_selector("text=Comments accepted: 2, not accepted: 1. Conflicts left: 1.")

    variant_with(page, "presumed").get_by_role("radio").check()
    page.get_by_label("Write a wording of your own").check()
    assert page.get_by_label("The paragraph shall read").input_value() == "The presumed victim decides."
    page.get_by_label("The paragraph shall read").fill("The presumed victim alone decides.")
    page.wait_for_selector("#outlook ins:has-text('alone')")
    assert foreseen(page) == "The presumed victim alone decides."
    variant_with(page, "person").get_by_role("radio").check()
    page.get_by_label("Write a wording of your own").check()
    assert page.get_by_label("The paragraph shall read").input_value() == "The presumed victim alone decides."
    page.reload()
    page.wait_for_selector("text=What you had typed here and not saved is here again.")
    assert page.get_by_label("Write a wording of your own").is_checked()
    page.wait_for_selector("#outlook ins:has-text('alone')")
    looked_at(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector("text=Give the reason for")
    assert page.get_by_label("The paragraph shall read").input_value() == "The presumed victim alone decides."
    page.get_by_label("Reason (for everything").fill("A compromise.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector("text=All conflicts are decided.")
    looked_at(page)
    texts = next_draft(stage, number)
    assert FIRST.replace("Each", "A").replace("two", "five") in texts
    assert "The presumed victim alone decides." in texts


def test_the_lead_needs_no_mouse(stage: Stage) -> None:
    number = conflicting(stage)
    page = stage.sign_in("lead")
    page.goto(f"{stage.base_url}/rounds/{number}/conflicts/1")
    for turn in (1, 2):
        page.wait_for_selector(f"h1:has-text('Conflict {turn} of 2')")
        page.wait_for_function("document.activeElement.name === 'choice'")
        press(page, "ArrowDown")
        page.wait_for_selector("#outlook .resulting")
        shown = foreseen(page)
        for _ in range(30):
            press(page, "Tab")
            if page.evaluate("document.activeElement.name") == "reason":
                break
        page.keyboard.type("It was agreed.")
        press(page, "Tab")
        while page.evaluate("document.activeElement.tagName") != "BUTTON":
            press(page, "Tab")
        press(page, "Enter")
        page.wait_for_selector(f"text=Conflict {turn} is decided.")
        assert shown in next_draft(stage, number)
    page.wait_for_selector("text=All conflicts are decided.")


def test_without_script_the_paragraph_is_shown_too_before_it_is_saved(stage: Stage) -> None:
    number = conflicting(stage)
    signed_in = stage.sign_in("lead")
    context = stage.browser.new_context(java_script_enabled=False)
    context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{stage.base_url}/rounds/{number}/conflicts/2")
    variant_with(page, "presumed").get_by_role("radio").check()
    page.get_by_label("Reason (for everything").fill("Their wish is met.")
    page.get_by_role("button", name="Show the resulting paragraph").click()
    assert "presumed" in page.locator("#outlook").inner_text()
    assert page.locator("#outlook li").count() == 2
    assert page.get_by_label("Reason (for everything").input_value() == "Their wish is met."
    page.get_by_role("button", name="Save and go to the next conflict").click()
    page.wait_for_selector("h1:has-text('Conflict 1 of 2')")
    assert "The presumed victim decides." in next_draft(stage, number)
