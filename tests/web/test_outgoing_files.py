"""Files as the pages send them: what was hidden in the draft is in none of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult import engine
from consult.models import db
from consult.services import people
from tests import factories
from tests.engine.canaries import SEEN, planted
from tests.engine.scanners import found_in_bytes, found_in_parts
from tests.engine.specimens import specimen_draft

BEFORE = factories.DEADLINE - timedelta(days=1)


@pytest.fixture
def planted_draft() -> tuple[bytes, dict[str, str]]:
    return planted(specimen_draft())


@pytest.fixture
def mission(
    app: Flask, storage: Any, sign_in: Callable[[int], Any], planted_draft: tuple[bytes, dict[str, str]]
) -> tuple[Any, int]:
    with app.app_context():
        lead = factories.an_organisation(db.session)
        asked = factories.an_organisation(db.session, name="Mission to X")
        round_ = factories.a_round(db.session, storage=storage, data=planted_draft[0], lead=lead, consulted=(asked,))
        factories.a_person(db.session, organisation=asked).email = "focal@example.org"
        round_id = round_.id
        db.session.commit()
        person = people.find_person(db.session, "focal@example.org")
        assert person is not None
        number = person.id
    with time_machine.travel(BEFORE, tick=False):
        return sign_in(number), round_id


@pytest.mark.parametrize("address", ["copy.docx", "downloads/draft.docx"])
def test_nothing_rides_along_in_what_a_mission_downloads(
    mission: tuple[Any, int], planted_draft: tuple[bytes, dict[str, str]], address: str
) -> None:
    client, round_id = mission
    data, words = planted_draft
    with time_machine.travel(BEFORE, tick=False):
        answer = client.get(f"/rounds/{round_id}/{address}")
    assert answer.status_code == 200
    hidden = [word for place, word in words.items() if place not in SEEN]
    assert found_in_bytes(answer.data, hidden) | found_in_parts(answer.data, hidden) == set()
    assert engine.read_returned_copy(answer.data, data).not_placed == ()
