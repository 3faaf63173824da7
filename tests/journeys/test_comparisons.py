"""Two drafts are compared in a browser: to where a paragraph went and back, and once with the keyboard alone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from consult import engine
from consult.models import Organisation, RoundDraft, db
from consult.services import drafts, next_rounds
from consult.unit_of_work import unit_of_work
from tests.engine.specimens import draft
from tests.journeys import test_browser
from tests.journeys.keys import press
from tests.journeys.test_browser import Stage, looked_at
from tests.story import AFTER, a_story, texts_of

pytestmark = [pytest.mark.browser]
stage = test_browser.stage
FILLING = [f"Every mission keeps list number {n} of the persons it has met in the region." for n in range(30)]
MOVED = "The victim decides whether and to whom the case is referred."


def two_drafts(stage: Stage) -> int:
    """Make a finished round and a planned one whose draft moves, changes, adds and deletes; return the latter's id."""
    with stage.app.app_context(), unit_of_work(db.session):
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        story = a_story(db.session, stage.app.extensions["consult.storage"])
        rows = [["Task", "Who is asked"], ["Name a focal point", "Every mission"]]
        old = draft(
            "# Purpose", MOVED, "Each mission informs the others within two days.", *FILLING, rows, "The end of it."
        )
        more = [*rows, ["Train the judges", "The academy"]]
        new = draft("# Purpose", "Each mission informs the others without delay.", *FILLING, MOVED, more)
        by, storage = story.people["lead"], story.storage
        kept = drafts.keep_draft(
            db.session, storage, consultation=story.round.consultation, filename="d.docx", by=by, now=AFTER,
            upload=drafts.Upload(old, engine.read_draft(old)),
        )  # fmt: skip
        db.session.query(RoundDraft).filter_by(round_id=story.round.id).one().draft_id = kept.id
        story.round.stage, story.round.closed_at = "decided", AFTER
        db.session.flush()
        following = next_rounds.plan_next_round(
            db.session, storage, story.round, upload=drafts.Upload(new, engine.read_draft(new)), filename="d.docx",
            chosen=(), places=(), by=story.actor("lead"), person=by, now=AFTER,
        )  # fmt: skip
        stage.people |= {name: person.email for name, person in story.people.items()}
        return following.id


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label')"))


def test_a_moved_paragraph_is_followed_there_and_back(stage: Stage, tmp_path: Path) -> None:
    number = two_drafts(stage)
    lead = stage.sign_in("lead")
    lead.goto(f"{stage.base_url}/rounds/{number}/set-up")
    lead.get_by_role("link", name="Compare this draft with the one before").click()
    lead.wait_for_selector("text=Changed: 1. Added: 1. Deleted: 1. Moved: 1.")
    lead.wait_for_selector("text=Changes no decision explains (")
    looked_at(lead)
    lead.get_by_role("link", name="Go to where it is now").click()
    here = lead.locator(".passage:target")
    assert MOVED in here.inner_text()
    assert here.get_attribute("class") == "passage moved-here"
    here.get_by_role("link", name="Go to where it was").click()
    assert lead.locator(".passage:target").get_attribute("class") == "passage moved-away"
    assert lead.get_by_text(FILLING[10]).count() == 0
    lead.get_by_role("link", name="Show 30 unchanged paragraphs").click()
    lead.get_by_text(FILLING[10]).wait_for()
    looked_at(lead)
    with lead.expect_download() as download:
        lead.get_by_role("link", name="Download as Word file with tracked changes").click()
    assert MOVED in texts_of(download.value.path().read_bytes())


def test_differences_are_gone_through_by_keyboard_alone(stage: Stage) -> None:
    number = two_drafts(stage)
    lead = stage.sign_in("lead")
    lead.goto(f"{stage.base_url}/rounds/{number}/compare")
    seen = []
    for _ in range(5):
        press(lead, "n")
        seen.append(focused(lead))
    assert [label.partition(".")[0] for label in seen] == [f"Difference {n} of 5" for n in range(1, 6)]
    press(lead, "p")
    assert focused(lead) == seen[3]
    lead.get_by_role("button", name="Previous difference").press("Enter")
    assert focused(lead) == seen[2]
    lead.get_by_label("added (1)").press("Space")
    lead.get_by_label("moved (1)").press("Space")
    lead.get_by_role("button", name="Compare").press("Enter")
    lead.wait_for_selector("h2:has-text('2 differences')")
    lead.get_by_label("From the draft of").focus()
    press(lead, "n")
    assert lead.evaluate("document.activeElement.id") == "old"
