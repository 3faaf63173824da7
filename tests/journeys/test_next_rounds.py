"""The lead prepares the next round in a browser: comments carried over, one without a place attached by pointing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from consult import engine
from consult.models import Organisation, db
from consult.services import dispositions, drafts
from consult.unit_of_work import unit_of_work
from tests.journeys import test_browser
from tests.journeys.test_browser import Stage, looked_at
from tests.story import AFTER, a_story, two_conflicting

pytestmark = [pytest.mark.browser]
stage = test_browser.stage


def a_finished_round(stage: Stage) -> tuple[int, bytes]:
    """Make a finished round with two comments to be discussed; return its id, and a draft without their paragraph."""
    with stage.app.app_context(), unit_of_work(db.session):
        for organisation in db.session.query(Organisation):
            organisation.code = f"{organisation.code}-1"  # the story has organisations of its own
        storage = stage.app.extensions["consult.storage"]
        story = a_story(db.session, storage)
        two_conflicting(story)
        for item in dispositions.list_numbered(db.session, story.round):
            dispositions.decide(
                db.session, story.round, item.comment, decision="noted", wording="", duplicate_of=0, version=0,
                reason="Thank you." if item.number < 4 else "To be discussed in the next round.",
                by=story.actor("lead"), person=story.people["lead"], now=AFTER,
            )  # fmt: skip
        story.round.stage, story.round.closed_at = "decided", AFTER
        stage.people |= {name: person.email for name, person in story.people.items()}
        gone = story.paragraph("within two working days")
        edit = engine.Edit(gone.key, "paragraph-deleted", 0, len(gone.text), gone.text, "", "x")
        draft = storage.read(drafts.get_draft(db.session, story.round).file_sha256)
        return story.round.id, engine.write_next_draft(draft, [edit])


def by_keyboard(control: Locator) -> None:
    """Press a button, follow a link, tick a box."""
    control.press("Space" if control.get_attribute("type") in ("radio", "checkbox") else "Enter")


@pytest.mark.parametrize("use", [by_keyboard, Locator.click], ids=["keyboard", "mouse"])
def test_the_next_round_with_an_orphan_attached(stage: Stage, tmp_path: Path, use: Callable[[Locator], None]) -> None:
    number, edited = a_finished_round(stage)
    (tmp_path / "next.docx").write_bytes(edited)
    lead = stage.sign_in("lead")
    lead.goto(f"{stage.base_url}/rounds/{number}/board")
    use(lead.get_by_role("link", name="Prepare the next round"))
    lead.wait_for_selector("h1:has-text('Prepare round 2')")
    looked_at(lead)
    use(lead.get_by_label("A Word file that I have edited further"))
    lead.set_input_files("#draft", tmp_path / "next.docx")
    use(lead.locator("#carry-2"))
    use(lead.get_by_role("button", name="Prepare the next round"))
    lead.wait_for_selector("text=Without a place in this draft (2)")
    looked_at(lead)

    use(lead.get_by_role("link", name="Show me the draft to point").first)
    lead.wait_for_selector("h1:has-text('Where does this comment belong?')")
    looked_at(lead)
    use(lead.get_by_role("button", name="Attach here to paragraph 3"))
    lead.wait_for_selector("text=The comment is attached to paragraph 3.")
    lead.get_by_label("Or let it go").fill("The paragraph was taken out.")
    use(lead.get_by_role("button", name="Let it go"))
    lead.wait_for_selector("text=Every comment has its place.")
    use(lead.get_by_role("link", name="Whom to ask and until when"))
    lead.wait_for_selector("text=Comments carried over from the round before: 3")
    assert lead.get_by_role("combobox", name="Mission to Moldova").input_value() == "consulted"
    looked_at(lead)
