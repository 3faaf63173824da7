"""Writing comments in a browser: by keyboard alone, and through all that loses words elsewhere."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from consult.models import Comment, Deadline, KeptWords, Organisation, SignIn, db
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.specimens import specimen_draft
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at, stage

__all__ = ["stage"]
pytestmark = [pytest.mark.browser]
WORDS = "Čist tekst — ясные слова, “quoted”, and a second line."


@pytest.fixture
def round_id(stage: Stage) -> int:
    with stage.app.app_context(), unit_of_work(db.session) as now:
        lead, mission = (db.session.query(Organisation).filter_by(code=code).one() for code in ("SAM", "MDA"))
        round_ = factories.a_round(
            db.session, storage=stage.app.extensions["consult.storage"], data=specimen_draft(), lead=lead,
            consulted=(mission,), deadline=now + timedelta(days=3),
        )  # fmt: skip
        return int(round_.id)


def comments_of(stage: Stage) -> list[dict[str, Any]]:
    with stage.app.app_context():
        found = [
            {"paragraph": c.paragraph.number if c.paragraph else "", "reason": c.reason, "quote": c.quote,
             "edits": [(e["kind"], e["new"]) for e in c.edits]}
            for c in db.session.query(Comment).order_by(Comment.created_at)
        ]  # fmt: skip
        db.session.remove()
        return found


def write(page: Page, words: str) -> None:
    """Type a reason into the form that has the focus, as a person types."""
    page.get_by_label("Reason or comment").press_sequentially(words)


def test_a_contributor_by_keyboard_alone(stage: Stage, round_id: int) -> None:
    page = stage.sign_in("contributor")
    page.goto(f"{stage.base_url}/rounds/{round_id}/document")
    press(page, "?")
    page.wait_for_selector("dialog#keys[open]")
    press(page, "Escape")
    page.wait_for_selector("dialog#keys", state="hidden")
    for number in "123":
        press(page, "j")
        expect(page.locator("#told")).to_contain_text(f"Paragraph {number}")

    press(page, "c")
    page.wait_for_selector(".slot [name=reason]:focus")
    page.keyboard.type("Two days are long.")
    press(page, "Control+Enter")
    page.wait_for_selector("text=Saved. Nobody outside your organisation sees it")
    assert page.url.endswith("#p-3")

    press(page, "j")
    press(page, "p")
    page.wait_for_selector(".slot [name=wording]:focus")
    press(page, "Control+a")
    press(page, "Delete")
    press(page, "Control+Enter")
    page.wait_for_selector("text=This substantive comment has no reason yet")
    found = comments_of(stage)
    assert [(c["paragraph"], c["reason"]) for c in found[:1]] == [("3", "Two days are long.")]
    assert [kind for kind, _ in found[1]["edits"]] == ["paragraph-deleted"]

    press(page, "n")
    assert page.evaluate("document.activeElement.classList.contains('comment')")
    looked_at(page)


def test_escape_closes_the_form_and_keeps_the_words(stage: Stage, round_id: int) -> None:
    page = stage.sign_in("contributor")
    page.goto(f"{stage.base_url}/rounds/{round_id}/document")
    press(page, "j")
    press(page, "c")
    page.wait_for_selector(".slot [name=reason]:focus")
    page.keyboard.type(WORDS)
    press(page, "Escape")
    page.wait_for_selector(".slot .comment-form", state="detached")
    press(page, "c")
    page.wait_for_selector(".slot [name=reason]")
    assert page.locator(".slot [name=reason]").input_value() == WORDS
    assert comments_of(stage) == []


def test_a_lost_connection_and_a_reload_lose_no_character(stage: Stage, round_id: int) -> None:
    page = stage.sign_in("contributor")
    page.goto(f"{stage.base_url}/rounds/{round_id}/comments/new?paragraph=3")
    page.context.set_offline(True)
    write(page, WORDS)
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=There is no connection. Your words stay here")
    assert page.get_by_label("Reason or comment").input_value() == WORDS
    page.context.set_offline(False)
    page.reload()
    page.wait_for_selector("text=What you had typed here and not saved is here again.")
    assert page.get_by_label("Reason or comment").input_value() == WORDS
    looked_at(page)
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Saved. Nobody outside")
    assert [c["reason"] for c in comments_of(stage)] == [WORDS]
    page.goto(f"{stage.base_url}/rounds/{round_id}/comments/new?paragraph=3")
    assert page.get_by_label("Reason or comment").input_value() == "", "what was saved came back as if it were not"


def test_without_a_connection_the_change_is_shown_all_the_same(stage: Stage, round_id: int) -> None:
    page = stage.sign_in("contributor")
    page.goto(f"{stage.base_url}/rounds/{round_id}/comments/new?paragraph=3")
    wording = page.locator("[name=wording]")
    before = wording.input_value()
    page.context.set_offline(True)
    wording.fill(before.replace(" ", " very ", 1))
    page.wait_for_selector("text=There is no connection. This is roughly")
    assert page.locator(".preview ins").text_content() == "inserted: very "
    wording.fill(before.replace(before.split()[0], "", 1))
    page.wait_for_selector(".preview del")
    assert page.locator(".preview .change").text_content() == f"deleted: {before}"
    looked_at(page)


def test_who_leaves_words_that_are_kept_nowhere_is_asked(stage: Stage, round_id: int) -> None:
    page = stage.sign_in("contributor")
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full'); };")
    page.goto(f"{stage.base_url}/rounds/{round_id}/comments/new?paragraph=3")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.context.set_offline(True)
    write(page, WORDS)
    with pytest.raises(Error):
        page.goto(f"{stage.base_url}/rounds/{round_id}/document")
    assert asked == ["beforeunload"]
    assert page.get_by_label("Reason or comment").input_value() == WORDS
    page.context.set_offline(False)
    write(page, " More.")
    page.wait_for_selector("text=Kept for you. Not saved yet.")
    page.goto(f"{stage.base_url}/rounds/{round_id}/document")
    assert asked == ["beforeunload"], "asked though the server has the words"


def test_an_expired_session_loses_no_character(stage: Stage, round_id: int) -> None:
    page = stage.sign_in("contributor")
    page.goto(f"{stage.base_url}/rounds/{round_id}/comments/new?paragraph=3")
    write(page, WORDS)
    with stage.app.app_context(), unit_of_work(db.session):
        db.session.query(SignIn).delete()
    page.context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=You are signed out.")
    assert page.get_by_label("Reason or comment").input_value() == WORDS
    stage.sign_in_again(page.context.new_page(), "contributor")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Saved. Nobody outside")
    assert [c["reason"] for c in comments_of(stage)] == [WORDS]


def test_the_closing_of_the_round_loses_no_character(stage: Stage, round_id: int) -> None:
    page = stage.sign_in("contributor")
    page.goto(f"{stage.base_url}/rounds/{round_id}/comments/new?paragraph=3")
    write(page, WORDS)
    page.wait_for_selector("text=Kept for you. Not saved yet.")
    with stage.app.app_context(), unit_of_work(db.session) as now:
        db.session.query(Deadline).one().at = now - timedelta(minutes=1)
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=The deadline has passed")
    assert page.get_by_label("Reason or comment").input_value() == WORDS
    page.goto(f"{stage.base_url}/rounds/{round_id}/kept")
    assert page.get_by_label("Reason or comment").input_value() == WORDS
    looked_at(page)
    assert comments_of(stage) == []


def test_another_browser_has_what_the_server_kept(stage: Stage, round_id: int) -> None:
    page = stage.sign_in("contributor")
    page.goto(f"{stage.base_url}/rounds/{round_id}/comments/new?paragraph=3")
    write(page, WORDS)
    page.wait_for_selector("text=Kept for you. Not saved yet.")
    other = stage.sign_in("contributor")
    other.goto(f"{stage.base_url}/rounds/{round_id}/comments/new?paragraph=3")
    assert other.get_by_label("Reason or comment").input_value() == WORDS
    other.get_by_role("link", name="Do not save").click()
    other.wait_for_selector("h1")
    with stage.app.app_context():
        assert db.session.query(KeptWords).count() == 0
        db.session.remove()


def test_on_a_telephone_by_touch(stage: Stage, round_id: int) -> None:
    page = stage.sign_in("contributor")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{stage.base_url}/rounds/{round_id}/document")
    page.locator("#slot-p-3 a").click()
    page.wait_for_selector("#slot-p-3 .comment-form")
    page.get_by_role("button", name="Add a paragraph after it").click()
    page.keyboard.type("A new paragraph.")
    write(page, "Something is missing.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Saved. Nobody outside")
    assert comments_of(stage)[0]["edits"] == [("paragraph-inserted", "A new paragraph.")]
