"""Whatever is posted where files are taken: an answer with a sentence, never an error, and the page goes on working."""

import io
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult.models import StoredFile, db
from consult.services import people
from tests import factories
from tests.engine.payloads import PAYLOADS
from tests.tools import shared_documents
from tests.work import worked

LONGEST = 10.0
QUARTERS = 4


@pytest.fixture
def round_id(app: Flask, storage: Any, draft_bytes: bytes) -> int:
    with app.app_context():
        lead, mission = factories.an_organisation(db.session), factories.an_organisation(db.session)
        found = factories.a_round(db.session, storage=storage, data=draft_bytes, lead=lead, consulted=(mission,))
        factories.a_person(db.session, organisation=mission).email = "focal@example.org"
        number = found.id
        db.session.commit()
        return number


@pytest.fixture
def focal(app: Flask, round_id: int, sign_in: Callable[[int], Any]) -> Any:
    app.config.update(TESTING=False)  # an error is then a page with 500, as it would be for a person
    with time_machine.travel(factories.DEADLINE - timedelta(days=1)):
        with app.app_context():
            person = people.find_person(db.session, "focal@example.org")
            assert person is not None
            number = person.id
        yield sign_in(number)


def send(client: Any, round_id: int, data: bytes, name: str) -> Any:
    answer = client.post(f"/rounds/{round_id}/copy", data={"copy": (io.BytesIO(data), name)})
    return worked(client.application, client, answer)


def hostile() -> list[Path]:
    return sorted(file for file in (shared_documents() / "corpus" / "hostile").iterdir() if file.is_file())


@pytest.mark.shared
@pytest.mark.parametrize("quarter", range(QUARTERS))
def test_every_hostile_file_is_answered_with_a_reason_and_nothing_is_stored(
    app: Flask, focal: Any, round_id: int, quarter: int
) -> None:
    with app.app_context():
        stored = db.session.query(StoredFile).count()
    statuses = Counter[int]()
    for file in hostile()[quarter::QUARTERS]:
        began = time.monotonic()
        answer = send(focal, round_id, file.read_bytes(), file.name)
        statuses[answer.status_code] += 1
        assert time.monotonic() - began < LONGEST, file.name
        assert "(parser-failed)" not in answer.text, file.name
    assert set(statuses) == {422}
    with app.app_context():
        assert db.session.query(StoredFile).count() == stored
    assert focal.get(f"/rounds/{round_id}/copy").status_code == 200


def test_a_name_of_a_file_is_never_code_on_a_page(focal: Any, round_id: int, draft_bytes: bytes) -> None:
    payloads = [p for p in PAYLOADS if "<script" in p or "onerror" in p][:12]
    for payload in payloads:
        answer = send(focal, round_id, draft_bytes, f"{payload}.docx")
        assert answer.status_code < 500
    page = focal.get(f"/rounds/{round_id}/copy").text
    assert not any(payload in page for payload in payloads)
