"""Word copies: what is found in them is shown before it is kept; the same twice adds nothing; wrong ones are refused."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult import engine
from consult.models import Comment, ReturnedCopy, Round, StoredFile, db
from consult.services import people
from tests import factories
from tests.engine.hostile import attacks
from tests.engine.hostile_parts import declarations
from tests.engine.specimens import draft, edit, tracked_copy
from tests.work import worked

BEFORE = factories.DEADLINE - timedelta(days=1)


@pytest.fixture
def round_id(app: Flask, storage: Any, draft_bytes: bytes) -> int:
    with app.app_context():
        lead, mission = (
            factories.an_organisation(db.session),
            factories.an_organisation(db.session, name="Mission to X"),
        )
        found = factories.a_round(db.session, storage=storage, data=draft_bytes, lead=lead, consulted=(mission,))
        factories.a_person(db.session, organisation=mission).email = "focal@example.org"
        number = found.id
        db.session.commit()
        return number


@pytest.fixture
def focal(app: Flask, round_id: int, sign_in: Callable[[int], Any]) -> Any:
    with time_machine.travel(BEFORE, tick=False):
        with app.app_context():
            person = people.find_person(db.session, "focal@example.org")
            assert person is not None
            number = person.id
        yield sign_in(number)


def send(client: Any, round_id: int, data: bytes, name: str = "copy.docx") -> Any:
    answer = client.post(f"/rounds/{round_id}/copy", data={"copy": (io.BytesIO(data), name)})
    return worked(client.application, client, answer)


def word_copy(client: Any, round_id: int) -> bytes:
    return bytes(client.get(f"/rounds/{round_id}/copy.docx").data)


def edited(copy: bytes) -> bytes:
    return tracked_copy(copy, [edit(copy, "two working days", "one day")], "Somebody")


def rows(app: Flask, model: Any) -> int:
    with app.app_context():
        return int(db.session.query(model).count())


def test_the_copy_carries_numbers_and_the_drafts_identity(
    app: Flask, focal: Any, round_id: int, draft_bytes: bytes
) -> None:
    copy = word_copy(focal, round_id)
    identity = engine.read_identity(copy)
    assert identity is not None
    assert (identity.consultation, identity.round_number) == ("Draft guidelines", 1)
    draft_value = engine.read_draft(draft_bytes)
    assert identity.draft_sha256 == draft_value.sha256
    printed = [p.text for p in engine.read_draft(copy).paragraphs if p.number]
    assert [text.split("\xa0")[0] for text in printed] == [f"[{p.number}]" for p in draft_value.paragraphs if p.number]


def test_what_was_found_is_shown_before_it_is_kept(app: Flask, focal: Any, round_id: int) -> None:
    answer = send(focal, round_id, edited(word_copy(focal, round_id)))
    page = focal.get(answer.headers["Location"]).text
    assert "1 change or comment found, 1 placed, 0 not placed" in page
    assert rows(app, Comment) == 0
    focal.post(answer.headers["Location"] + "/keep")
    assert rows(app, Comment) == 1


def test_the_same_copy_twice_adds_nothing(app: Flask, focal: Any, round_id: int) -> None:
    data = edited(word_copy(focal, round_id))
    for _ in range(2):
        location = send(focal, round_id, data).headers["Location"]
        focal.post(location + "/keep")
    assert (rows(app, Comment), rows(app, ReturnedCopy)) == (1, 1)


def test_a_later_copy_adds_only_what_is_new(app: Flask, focal: Any, round_id: int) -> None:
    copy = word_copy(focal, round_id)
    first = tracked_copy(copy, [edit(copy, "two working days", "one day")], "S")
    second = tracked_copy(copy, [edit(copy, "two working days", "one day"), edit(copy, "welcome", "awaited")], "S")
    for data in (first, second):
        focal.post(send(focal, round_id, data).headers["Location"] + "/keep")
    assert rows(app, Comment) == 2


def test_a_copy_of_another_draft_is_refused_by_name(app: Flask, focal: Any, round_id: int) -> None:
    other = draft("# Rules of the house", "Quite another text.")
    identity = engine.CopyIdentity(engine.read_draft(other).sha256, "House rules", 2, "Rules of the house")
    answer = send(focal, round_id, engine.write_copy(other, identity))
    assert answer.status_code == 422
    assert "Rules of the house" in answer.text
    assert "House rules" in answer.text
    unrelated = send(focal, round_id, other)
    assert (unrelated.status_code, "0%" in unrelated.text) == (422, True)


def test_a_copy_of_an_earlier_rounds_draft_is_refused_with_that_round(
    app: Flask, focal: Any, round_id: int, storage: Any, draft_bytes: bytes
) -> None:
    former = engine.resolve(tracked_copy(draft_bytes, [edit(draft_bytes, "welcome", "awaited")], "Lead"), "all")
    with app.app_context():
        found = db.session.get(Round, round_id)
        assert found is not None
        earlier = factories.a_round(
            db.session, storage=storage, data=former, lead=factories.an_organisation(db.session)
        )
        found.number = 2
        db.session.flush()
        earlier.consultation_id = found.consultation_id
        db.session.commit()
    copy = tracked_copy(former, [edit(former, "two working days", "one day")], "S")
    answer = send(focal, round_id, copy)
    assert answer.status_code == 422
    assert "an older draft, that of round 1" in answer.text


@pytest.mark.parametrize("name", ["rtf", "encrypted", "macros", "bomb", "declared in utf-8", "truncated", "old word"])
def test_a_bad_file_is_told_in_a_sentence_and_nothing_is_stored(
    app: Flask, focal: Any, round_id: int, name: str
) -> None:
    data, reason = next((data, reason) for known, data, reason in (*attacks(), *declarations()) if known == name)
    before = rows(app, StoredFile)
    answer = send(focal, round_id, data)
    assert answer.status_code == 422
    assert f"({reason})" in answer.text
    assert (rows(app, StoredFile), rows(app, ReturnedCopy)) == (before, 0)


def test_a_copy_after_the_deadline_is_refused(app: Flask, focal: Any, round_id: int) -> None:
    data = edited(word_copy(focal, round_id))
    with time_machine.travel(factories.DEADLINE + timedelta(seconds=1), tick=False):
        answer = send(focal, round_id, data)
    assert answer.status_code in (403, 409)
    assert rows(app, ReturnedCopy) == 0


def test_files_are_sent_to_be_saved(focal: Any, round_id: int) -> None:
    headers = focal.get(f"/rounds/{round_id}/copy.docx").headers
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''" in headers["Content-Disposition"]
    assert headers["Cache-Control"] == "no-store"
