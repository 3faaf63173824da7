"""The journey of three weeks in one process; tests/machines plays it on many."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.long.places import Here
from tests.long.three_weeks import ASKED, LEAD, Journey
from tests.mail.post import open_office


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    with open_office(tmp_path) as office:
        place = Here(tmp_path, office)
        yield place
        place.stop()


def test_three_weeks(here: Here) -> None:
    journey = Journey(here)
    here.at("2026-11-02 09:00")
    journey.settle()
    journey.open_round("2026-11-13T12:00")
    print(journey.letters())
    here.at("2026-11-04 10:00")
    journey.answer(ASKED[:10])
    print(journey.letters())
    here.at("2026-11-05 10:00")
    journey.submit(LEAD, "/rounds/{r}/deadline", wall="2026-11-16T12:00")
    print(journey.letters())
    here.at("2026-11-10 09:00")
    print(journey.letters())
    journey.submit("O12", "/rounds/{r}/extension", wall="2026-11-18T12:00", reason="We wait for the ministry.")
    print(journey.letters())
    page = journey.of(LEAD).get("/rounds/1/extensions").text
    print([form.action for form in __import__("lxml.html").html.fromstring(page).forms])
    assert 0
