"""Words typed and not saved: kept for the one who typed them, on the form, in the list, after the closing."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult.models import Comment, KeptWords, Person, db
from consult.services import people
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL

BEFORE = factories.DEADLINE - timedelta(days=1)
AFTER = factories.DEADLINE + timedelta(minutes=1)
Client = Callable[[str], Any]


@pytest.fixture
def round_id(app: Flask, draft_bytes: bytes) -> int:
    with app.app_context(), unit_of_work(db.session):
        lead, mission = factories.an_organisation(db.session), factories.an_organisation(db.session)
        for name in ("writer", "colleague"):
            factories.a_person(db.session, organisation=mission, role="contributor").name = name
        storage = app.extensions["consult.storage"]
        round_ = factories.a_round(db.session, storage=storage, data=draft_bytes, lead=lead, consulted=(mission,))
        return int(round_.id)


@pytest.fixture
def signed_in(app: Flask) -> Client:
    def client(name: str) -> Any:
        found = app.test_client()
        with app.app_context(), unit_of_work(db.session) as now:
            person = db.session.query(Person).filter_by(name=name).one()
            link = people.make_link(db.session, person=person, base_url=BASE_URL, next_path="", now=now)
        found.post(link.removeprefix(BASE_URL))
        return found

    return client


def test_what_is_kept_stands_on_the_form_again(app: Flask, round_id: int, signed_in: Client) -> None:
    with time_machine.travel(BEFORE, tick=False):
        writer = signed_in("writer")
        words = {"place": "new:3", "paragraph": "3", "reason": "Half a thou", "wording": "", "type": "editorial"}
        assert writer.post(f"/rounds/{round_id}/kept", data=words).status_code == 204
        page = writer.get(f"/rounds/{round_id}/comments/new?paragraph=3").text
    assert "Half a thou" in page
    assert 'class="alert alert-info kept-words" role="status">' in page
    assert '<option value="editorial" selected>' in page
    assert page.count("</textarea>") == 2
    assert "></textarea>" in page, "an emptied wording, which means to delete the paragraph, came back full"


def test_nobody_else_sees_it_not_even_a_colleague(app: Flask, round_id: int, signed_in: Client) -> None:
    with time_machine.travel(BEFORE, tick=False):
        signed_in("writer").post(f"/rounds/{round_id}/kept", data={"place": "new:3", "reason": "Private"})
        colleague = signed_in("colleague")
        assert "Private" not in colleague.get(f"/rounds/{round_id}/kept").text
        assert "Private" not in colleague.get(f"/rounds/{round_id}/comments/new?paragraph=3").text
        colleague.post(f"/rounds/{round_id}/kept/forget", data={"place": "new:3"})
    with app.app_context():
        assert db.session.query(KeptWords).count() == 1


def test_saving_the_comment_ends_the_keeping(app: Flask, round_id: int, signed_in: Client) -> None:
    with time_machine.travel(BEFORE, tick=False):
        writer = signed_in("writer")
        writer.post(f"/rounds/{round_id}/kept", data={"place": "new:3", "paragraph": "3", "reason": "A"})
        saved = writer.post(
            f"/rounds/{round_id}/comments",
            data={"paragraph": "3", "type": "substantive", "reason": "All of it.", "form_key": "k"},
        )
        assert (saved.status_code, "saved=1" in saved.location) == (302, True)
        assert "There is nothing" in writer.get(f"/rounds/{round_id}/kept").text


def test_after_the_closing_the_words_are_still_there_to_be_read(app: Flask, round_id: int, signed_in: Client) -> None:
    with time_machine.travel(AFTER, tick=False):
        writer = signed_in("writer")
        words = {"place": "new:3", "paragraph": "3", "reason": "One minute late"}
        refused = writer.post(f"/rounds/{round_id}/comments", data={**words, "type": "substantive", "form_key": "k"})
        assert refused.status_code == 409
        assert "One minute late" in refused.text
        assert writer.post(f"/rounds/{round_id}/kept", data=words).status_code == 204
        page = writer.get(f"/rounds/{round_id}/kept").text
    assert "One minute late" in page
    assert "Go on writing" not in page


def test_a_text_that_is_too_long_to_keep_is_refused_with_what_to_do(round_id: int, signed_in: Client) -> None:
    with time_machine.travel(BEFORE, tick=False):
        answer = signed_in("writer").post(f"/rounds/{round_id}/kept", data={"place": "new:3", "reason": "x" * 100_001})
    assert (answer.status_code, "Copy it to a file of your own" in answer.text) == (422, True)


def test_the_latest_words_of_a_form_count(app: Flask, round_id: int, signed_in: Client) -> None:
    with time_machine.travel(BEFORE, tick=False):
        writer = signed_in("writer")
        for reason in ("one", "one two", "one two three"):
            writer.post(f"/rounds/{round_id}/kept", data={"place": "new:", "reason": reason})
    with app.app_context():
        assert [row.words["reason"] for row in db.session.query(KeptWords)] == ["one two three"]


def test_whoever_observes_keeps_nothing(app: Flask, round_id: int) -> None:
    assert app.test_client().post(f"/rounds/{round_id}/kept", data={"place": "new:3", "reason": "x"}).status_code == 403


def test_each_selection_in_a_paragraph_keeps_its_own_words(app: Flask, round_id: int, signed_in: Client) -> None:
    with time_machine.travel(BEFORE, tick=False):
        writer = signed_in("writer")
        first = {
            "place": "new:3:0-4",
            "paragraph": "3",
            "start": "0",
            "end": "4",
            "quote": "Each",
            "reason": "On these.",
        }
        writer.post(f"/rounds/{round_id}/kept", data=first)
        same = writer.get(f"/rounds/{round_id}/comments/new?paragraph=3&start=0&end=4").text
        other = writer.get(f"/rounds/{round_id}/comments/new?paragraph=3&start=5&end=12").text
        listed = writer.get(f"/rounds/{round_id}/kept").text
    assert "On these." in same
    assert "On these." not in other
    assert f"/rounds/{round_id}/comments/new?paragraph=3&amp;start=0&amp;end=4" in listed


@pytest.mark.parametrize("place", ["start", "end"])
def test_a_place_that_is_no_number_is_no_reason_for_an_error(round_id: int, signed_in: Client, place: str) -> None:
    with time_machine.travel(BEFORE, tick=False):
        writer = signed_in("writer")
        writer.post(f"/rounds/{round_id}/kept", data={"place": "new:3", "paragraph": "3", place: "x", "reason": "A"})
        assert writer.get(f"/rounds/{round_id}/comments/new?paragraph=3").status_code == 200


def test_words_begun_on_an_older_text_do_not_replace_a_newer_one(app: Flask, round_id: int, signed_in: Client) -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        writer, colleague = signed_in("writer"), signed_in("colleague")
        first = {"paragraph": "3", "type": "substantive", "reason": "First.", "form_key": "k"}
        writer.post(f"/rounds/{round_id}/comments", data=first)
        with app.app_context():
            comment = db.session.query(Comment).one()
            number, version = comment.id, comment.version
            db.session.remove()
        begun = {"place": f"edit:{number}", "paragraph": "3", "reason": "Begun before.", "version": str(version)}
        writer.post(f"/rounds/{round_id}/kept", data=begun)
        clock.shift(1)
        url = f"/rounds/{round_id}/comments/{number}"
        changed = colleague.post(url, data={**first, "reason": "Of the colleague.", "version": str(version)})
        assert changed.status_code == 302
        del begun["version"]  # as from the page that shows both texts, where only a button carries one
        writer.post(f"/rounds/{round_id}/kept", data=begun)
        page = writer.get(url).text
        sent = re.search(r'name="version" value="(\d+)"', page)
        assert sent is not None
        answer = writer.post(url, data={**first, "reason": "Begun before.", "version": sent[1]})
    assert (answer.status_code, "Of the colleague." in answer.text, "Begun before." in answer.text) == (409, True, True)
