"""A whole round in a real browser, against a real mail server: from the lead's upload to the consolidated file."""

import email
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from waitress import create_server

from consult import clock, engine
from consult.models import Deadline, Duty, db
from consult.scheduling import do_long_work, tick
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import free_port, make_app
from tests.engine.specimens import edit, specimen_draft, tracked_copy
from tests.tools import need

pytestmark = [pytest.mark.browser]
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BLOCKING = ("critical", "serious")


class Postman:
    """A mail server that keeps what it takes."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.messages.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    def link_for(self, address: str) -> str:
        """Return the sign-in link in the latest letter to an address."""
        letters = [m for m in self.messages if address in m["To"] and "sign-in" in m["Subject"]]
        text = letters[-1].get_body(("plain",)).get_content()
        return str(re.search(r"http://\S+/sign-in/\S+", text).group(0))  # type: ignore[union-attr]

    def subjects_to(self, address: str) -> list[str]:
        return [str(m["Subject"]) for m in self.messages if address in m["To"]]


class Stage:
    """The app served on a port, its mail server, a browser, and three people."""

    def __init__(self, app: Flask, base_url: str, postman: Postman, browser: Browser) -> None:
        self.app, self.base_url, self.postman, self.browser = app, base_url, postman, browser
        self.people: dict[str, str] = {}
        self.at_work = threading.Event()  # while it is set the worker does long work
        self.at_work.set()
        with app.app_context(), unit_of_work(db.session):
            for name, role, code in (
                ("lead", "focal point", "SAM"),
                ("focal point", "focal point", "MDA"),
                ("contributor", "contributor", "MDA"),
                ("other", "focal point", "BIH"),
            ):
                found = db.session.query(factories.Organisation).filter_by(code=code).first()
                organisation = found or factories.an_organisation(db.session, code=code, name=f"Mission {code}")
                self.people[name] = factories.a_person(db.session, organisation=organisation, role=role).email

    def sign_in(self, name: str) -> Page:
        """Sign in as people do: ask for the link, take it from the mail, press the button."""
        page = self.browser.new_context(accept_downloads=True).new_page()
        self.sign_in_again(page, name)
        return page

    def sign_in_again(self, page: Page, name: str) -> None:
        """Sign in on a page of a browser that is open already."""
        page.goto(f"{self.base_url}/sign-in")
        page.get_by_label("Mail address").fill(self.people[name])
        page.get_by_role("button", name="Send the link").click()
        tick(self.app)
        page.goto(self.postman.link_for(self.people[name]))
        page.get_by_role("button", name="Sign in now").click()
        page.wait_for_selector("h1")

    def pass_the_deadline(self) -> None:
        """Let the deadline be a minute ago, as if time had gone by."""
        with self.app.app_context(), unit_of_work(db.session) as now:
            for deadline in db.session.query(Deadline):
                deadline.at = now - timedelta(minutes=1)
            for duty in db.session.query(Duty).filter_by(kind="closing"):
                duty.due_at = now - timedelta(minutes=1)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    chromium = need("chromium")
    postman, mail_port, port = Postman(), free_port(), free_port()
    mail = Controller(postman, hostname="127.0.0.1", port=mail_port)
    mail.start()
    base_url = f"http://127.0.0.1:{port}"
    app = make_app(
        tmp_path / "instance", base_url=base_url, mail_server="127.0.0.1", mail_port=mail_port, mail_use_tls=False,
        mail_sender="consult@example.org",
    )  # fmt: skip
    app.config["WTF_CSRF_ENABLED"] = True
    server = create_server(app, host="127.0.0.1", port=port, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    ended = threading.Event()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        made = Stage(app, base_url, postman, browser)
        worker = threading.Thread(target=work_until, args=(made, ended), daemon=True)
        worker.start()
        yield made
        ended.set()
        worker.join()
        browser.close()
    server.close()
    mail.stop()


def work_until(stage: Stage, ended: threading.Event) -> None:
    """Do long work as the worker does, a little more often."""
    while not ended.wait(0.1):
        if stage.at_work.is_set():
            do_long_work(stage.app)


def looked_at(page: Page) -> None:
    """Check a page for what keeps people out, and that it fits a telephone."""
    violations = [v for v in Axe().run(page).response["violations"] if v["impact"] in BLOCKING]
    assert violations == [], (page.url, [(v["id"], [n["html"] for n in v["nodes"]]) for v in violations])
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url
    page.set_viewport_size({"width": 1280, "height": 900})


def circulate(stage: Stage, tmp_path: Path) -> Page:
    """The lead uploads the draft, chooses whom to ask and until when, and circulates."""
    draft = tmp_path / "draft.docx"
    draft.write_bytes(specimen_draft())

    lead = stage.sign_in("lead")
    lead.get_by_role("link", name="Open a consultation").click()
    looked_at(lead)
    lead.set_input_files("#draft", draft)
    lead.get_by_label("Title; empty").fill("Draft guidelines")
    lead.get_by_role("button", name="Read the draft").click()
    lead.wait_for_selector("text=Nobody has been told yet")
    assert lead.locator(".numbered").count() == 12
    for code in ("MDA", "BIH"):
        lead.get_by_role("combobox", name=f"Mission {code}").select_option("consulted")
    local = (clock.now() + timedelta(days=9)).strftime("%Y-%m-%dT17:00")
    lead.get_by_label("Date and time").fill(local)
    lead.get_by_label("Invitation").fill("Please comment.")
    looked_at(lead)
    lead.get_by_role("button", name="Circulate the draft").click()
    lead.wait_for_selector("h1:has-text('Board')")
    looked_at(lead)
    tick(stage.app)
    assert any("Comments please" in s for s in stage.postman.subjects_to(stage.people["contributor"]))
    return lead


def comment_and_hand_in(stage: Stage) -> Page:
    """A contributor proposes wording and comments on words; the focal point hands in."""
    writer = stage.sign_in("contributor")
    looked_at(writer)
    writer.get_by_role("link", name="Read and comment").click()
    looked_at(writer)
    writer.locator("#p-3 .comment-link").press("Enter")
    wording = writer.get_by_label("Wording you propose")
    wording.fill("Each mission informs the co-ordinator within one working day.")
    writer.get_by_label("Reason or comment").fill("Two days are too long.")
    writer.wait_for_selector(".preview ins:has-text('one')")
    writer.context.set_offline(True)
    wording.press_sequentially(" x")
    writer.wait_for_selector("text=There is no connection. This is roughly how the change will be shown:")
    writer.context.set_offline(False)
    wording.fill("Each mission informs the co-ordinator within one working day.")
    writer.wait_for_selector(".preview ins:has-text('one')")
    assert "two" in writer.locator(".preview del").first.inner_text()
    looked_at(writer)
    writer.get_by_role("button", name="Save").click()
    writer.wait_for_selector("text=Saved.")
    writer.locator("#p-4 .words").select_text()
    writer.get_by_role("button", name="Comment on these words").click()
    assert writer.locator("[name=quote]").input_value() == "The victim decides."
    assert [writer.locator(f"[name={name}]").input_value() for name in ("start", "end")] == ["0", "19"]
    writer.get_by_label("Reason or comment").fill("Presumed victim?")
    writer.get_by_role("button", name="Save").click()
    writer.get_by_role("link", name="Our comments").first.click()
    assert writer.get_by_role("button", name="Hand in our comments").count() == 0
    looked_at(writer)

    focal = stage.sign_in("focal point")
    focal.get_by_role("link", name="Hand in (2 not handed in)").click()
    looked_at(focal)
    focal.get_by_role("link", name="See what leaves, and hand in").click()
    focal.get_by_role("button", name="Take along what is not cleared").click()
    looked_at(focal)
    focal.get_by_role("button", name="Hand in our comments").click()
    focal.wait_for_selector("text=Handed in for Mission MDA")
    return writer


def return_a_copy(stage: Stage, tmp_path: Path) -> None:
    """Another mission works in its Word copy, sees what was found in it, keeps it and hands in."""
    other = stage.sign_in("other")
    other.goto(f"{stage.base_url}/rounds/1/document")
    assert "Presumed victim?" not in other.content()
    other.get_by_role("link", name="Word copy", exact=True).click()
    looked_at(other)
    with other.expect_download() as download:
        other.get_by_role("link", name="Download the Word copy").click()
    copy = Path(download.value.path()).read_bytes()
    returned = tmp_path / "returned.docx"
    returned.write_bytes(
        tracked_copy(
            copy,
            [
                edit(copy, "within two working days", "without delay"),
                edit(copy, "prevent and to combat", "prevent and combat"),
            ],
            "Somebody",
        )
    )
    other.set_input_files("#copy", returned)
    other.get_by_role("button", name="Return the copy").click()
    other.wait_for_selector("text=2 changes and comments found, 2 placed, 0 not placed")
    looked_at(other)
    other.get_by_role("button", name="Keep as our comments").click()
    other.get_by_role("button", name="Clear all 2 shown").click()
    other.get_by_role("link", name="See what leaves, and hand in").click()
    other.get_by_role("button", name="Hand in our comments").click()
    other.wait_for_selector("text=Handed in for Mission BIH")


def consolidate_and_decide(stage: Stage, lead: Page) -> None:
    """The lead merges, takes the file, decides on every comment and finishes the round."""
    tick(stage.app)
    lead.goto(f"{stage.base_url}/rounds/1/board")
    lead.get_by_role("button", name="Consolidate").click()
    lead.wait_for_selector("h1:has-text('Downloads')")
    assert "Conflicts: 1" in lead.locator("main").inner_text()
    looked_at(lead)
    tick(stage.app)
    assert any("Consolidated" in s for s in stage.postman.subjects_to(stage.people["lead"]))
    with lead.expect_download() as download:
        lead.get_by_role("link", name="Download consolidated.docx").click()
    consolidated = Path(download.value.path()).read_bytes()
    assert set(engine.authors_of(consolidated)) == {"Mission BIH", "Mission MDA"}
    kept = engine.read_draft(engine.resolve(consolidated, ["Mission MDA"]))
    assert "Each mission informs the co-ordinator within one working day." in [p.text for p in kept.paragraphs]

    lead.goto(f"{stage.base_url}/rounds/1/decisions")
    looked_at(lead)
    for _ in range(4):
        form = lead.locator("article", has=lead.locator("h3:has-text('undecided')")).first
        form.get_by_label("noted", exact=True).check()
        form.get_by_label("Reason (for everything").fill("Thank you.")
        form.get_by_role("button", name="Save the decision").click()
        lead.wait_for_load_state()
    lead.goto(f"{stage.base_url}/rounds/1/board")
    lead.get_by_role("button", name="Finish the round").click()
    lead.wait_for_selector("text=The round is finished")


def test_a_round_from_the_upload_to_the_consolidated_file(stage: Stage, tmp_path: Path) -> None:
    lead = circulate(stage, tmp_path)
    writer = comment_and_hand_in(stage)
    return_a_copy(stage, tmp_path)
    stage.pass_the_deadline()
    writer.goto(f"{stage.base_url}/rounds/1/document")
    assert writer.locator(".comment-link").count() == 0
    consolidate_and_decide(stage, lead)
