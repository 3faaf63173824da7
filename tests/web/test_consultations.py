"""Opening a consultation: what the lead wants done with the tracked changes a draft itself has is done, and shown."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from consult import engine
from consult.models import Draft, StoredFile, db
from tests import factories
from tests.engine.specimens import edit, specimen_draft, tracked_copy

PLAIN = specimen_draft()
TRACKED = tracked_copy(PLAIN, [edit(PLAIN, "two working days", "one day")], "Somebody")


@pytest.fixture
def lead(app: Flask, sign_in: Callable[[int], Any]) -> Any:
    with app.app_context():
        organisation = factories.an_organisation(db.session, name="Mission that leads")
        person = factories.a_person(db.session, organisation=organisation)
        numbers = (organisation.id, person.id)
        db.session.commit()
    client = sign_in(numbers[1])
    client.organisation = numbers[0]
    return client


def upload(lead: Any, data: bytes, **fields: str) -> Any:
    form = {"draft": (io.BytesIO(data), "draft.docx"), "organisation": str(lead.organisation), **fields}
    return lead.post("/consultations/new", data=form)


def kept(app: Flask) -> list[tuple[str, list[str]]]:
    """Return the drafts kept: the file's digest, the codes of what is told about it."""
    with app.app_context():
        return [(d.file_sha256, [n["code"] for n in d.notices]) for d in db.session.query(Draft)]


def test_a_draft_with_tracked_changes_is_refused_unless_the_lead_chose(app: Flask, lead: Any) -> None:
    answer = upload(lead, TRACKED, title="What I typed")
    assert answer.status_code == 422
    assert "tracked changes of its own" in answer.text
    assert "What I typed" in answer.text
    assert not kept(app)
    with app.app_context():
        assert not db.session.query(StoredFile).count()


def test_a_kept_change_is_shown_as_kept(app: Flask, lead: Any) -> None:
    answer = upload(lead, TRACKED, **{"own-changes": "keep"})
    assert answer.status_code == 302
    page = lead.get(answer.headers["Location"]).text
    assert re.search(r"<ins[^>]*>[^<]*(<span[^>]*>)?[^<]*one day", page), (
        "what the draft itself inserts is not shown as that"
    )
    assert "The draft itself has tracked changes" in page
    assert [codes for _, codes in kept(app)] == [["has-changes"]]


def test_accepted_changes_are_gone_and_the_page_says_so(app: Flask, lead: Any) -> None:
    answer = upload(lead, TRACKED, **{"own-changes": "accept"})
    page = lead.get(answer.headers["Location"]).text
    assert "within one day" in page
    assert "All of them were accepted" in page
    accepted = engine.resolve(TRACKED, "all")
    assert kept(app) == [(engine.read_draft(accepted).sha256, ["changes-accepted"])]
    with app.app_context():
        assert db.session.query(StoredFile).count() == 2  # the file as it came is kept too


@pytest.mark.parametrize("choice", ["refuse", "keep", "accept"])
def test_a_draft_without_changes_is_taken_whatever_was_chosen(app: Flask, lead: Any, choice: str) -> None:
    assert upload(lead, PLAIN, **{"own-changes": choice}).status_code == 302
    assert [codes for _, codes in kept(app)] == [[]]
