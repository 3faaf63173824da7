"""Files made by the worker: they say the same as those made at once, are for whoever asked alone, and go after a day."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult.models import Job, db
from consult.scheduling import do_long_work, forget_old_exports
from consult.services import exports
from tests.engine.specimens import texts
from tests.story import AFTER, a_story, two_conflicting
from tests.work import worked

NAMES = [name for name in exports.EXPORTS if name != "report.json"]


@pytest.fixture
def ids(app: Flask, storage: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    monkeypatch.setattr(exports, "LONG", 1)
    with app.app_context():
        story = a_story(db.session, storage)
        two_conflicting(story)
        found = {name: person.id for name, person in story.people.items()} | {"round": story.round.id}
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        yield found


@pytest.fixture
def lead(app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]) -> Any:
    client = sign_in(ids["lead"])
    worked(app, client, client.post(f"/rounds/{ids['round']}/consolidate"))
    return client


def made(app: Flask, client: Any, ids: dict[str, int], name: str) -> str:
    """Let the worker make a file and return the address of its page."""
    answer = client.post(f"/rounds/{ids['round']}/downloads/{name}")
    assert answer.status_code == 302
    page = worked(app, client, answer)
    assert page.status_code == 302, page.text
    return str(page.headers["Location"])


@pytest.mark.parametrize("name", NAMES)
def test_a_file_made_by_the_worker_says_what_one_made_at_once_says(
    app: Flask, lead: Any, ids: dict[str, int], name: str
) -> None:
    page = made(app, lead, ids, name)
    assert "The file is there" in lead.get(page).text
    sent, direct = lead.get(f"{page}/file"), lead.get(f"/rounds/{ids['round']}/downloads/{name}")
    assert sent.headers["Content-Disposition"] == direct.headers["Content-Disposition"]
    assert len(sent.data) > 1000
    if name.endswith("docx"):
        assert texts(sent.data) == texts(direct.data)


def test_a_big_round_offers_to_make_files_and_a_small_one_to_take_them(
    lead: Any, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/rounds/{ids['round']}/downloads"
    assert "Make the file" in lead.get(address).text
    monkeypatch.setattr(exports, "LONG", 1000)
    assert "Make the file" not in lead.get(address).text


def test_what_was_made_is_on_the_home_page_for_a_day_and_then_nowhere(
    app: Flask, lead: Any, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    page = made(app, lead, ids, "matrix.docx")
    assert "The file is there." in lead.get("/").text
    with app.app_context():
        assert db.session.query(Job).filter(Job.made.is_not(None)).count() == 1
    with time_machine.travel(AFTER + timedelta(days=1, minutes=1), tick=False), app.app_context():
        forget_old_exports()
        assert db.session.query(Job).filter(Job.made.is_not(None)).count() == 0
        later = sign_in(ids["lead"])
        assert "The file is there." not in later.get("/").text
        refused = later.get(f"{page}/file")
        assert refused.status_code == 409
        assert "kept for one day" in refused.text


def test_a_file_is_for_whoever_asked_alone(
    app: Flask, lead: Any, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    page = made(app, lead, ids, "matrix.xlsx")
    for other in ("moldova", "kosovo"):
        client = sign_in(ids[other])
        assert client.get(page).status_code == client.get(f"{page}/file").status_code == 404
    assert lead.get(page.replace(f"/{ids['round']}/", "/999/")).status_code == 404


def test_what_somebody_may_not_take_is_not_made_either(ids: dict[str, int], sign_in: Callable[[int], Any]) -> None:
    client = sign_in(ids["moldova"])
    before = client.get(f"/rounds/{ids['round']}/downloads/next-draft.docx").status_code
    assert before in (403, 404)
    assert client.post(f"/rounds/{ids['round']}/downloads/next-draft.docx").status_code == before
    assert client.post(f"/rounds/{ids['round']}/downloads/secret.docx").status_code == 404


def test_accepted_changes_that_contradict_each_other_are_told_at_the_end_of_the_work(
    app: Flask, lead: Any, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports.dispositions, "contradictions", lambda draft, numbered: ("3",))
    answer = lead.post(f"/rounds/{ids['round']}/downloads/next-draft.docx")
    do_long_work(app)
    page = lead.get(answer.headers["Location"])
    assert page.status_code == 409
    assert "contradict each other in paragraph 3" in page.text
