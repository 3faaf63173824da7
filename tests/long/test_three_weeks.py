"""The journey of three weeks in one process; tests/machines plays it on many."""

from collections.abc import Iterator
import re
from lxml import html
from pathlib import Path

import pytest

from tests.long.places import Here
from tests.long.three_weeks import ASKED, LEAD, Journey
from tests.mail.dovecot import open_mailbox
from tests.mail.post import open_office


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    with open_office(tmp_path) as office, open_mailbox() as mailbox:
        place = Here(tmp_path, office, **mailbox.settings())
        place.mailbox = mailbox
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
    journey.grant_extension("O12", "2026-11-18T12:00")
    journey.mail_in("O11", "We can support the draft.\n\nPara 3: one working day is enough.\n")
    print(journey.letters())
    journey.confirm_mail("O11")
    journey.hand_in("O11")
    here.at("2026-11-12 12:01")
    print(journey.letters())
    here.at("2026-11-13 10:00")
    journey.answer(ASKED[12:20])
    here.at("2026-11-16 08:01")
    print(journey.letters())
    here.at("2026-11-16 12:00")
    print(journey.letters(), journey.stage())
    here.at("2026-11-18 10:00")
    journey.answer(["O12"])
    here.at("2026-11-18 14:00")
    journey.submit(LEAD, "/rounds/{r}/board", "/rounds/{r}/consolidate")
    print(journey.letters(), journey.stage())
    journey.submit(LEAD, "/rounds/{r}/decisions/many?all=every", "/rounds/{r}/decisions/many", decision="noted", reason="Noted.")
    print(journey.letters(), journey.stage())
    journey.submit(LEAD, "/rounds/{r}/decisions", "/rounds/{r}/decisions/release")
    print(journey.letters(), journey.stage())
    journey.submit(LEAD, "/rounds/{r}/board", "/rounds/{r}/finish")
    print(journey.letters(), journey.stage())
    here.at("2026-11-19 09:00")
    journey.announce_no_objection("2026-11-23T10:00")
    print(journey.letters(), journey.stage())
    here.at("2026-11-20 09:00")
    journey.submit("O01", "/rounds/{r}/no-objection", "/rounds/{r}/no-objection/answers", answer="concur")
    print(journey.letters(), journey.stage())
    here.at("2026-11-23 10:00")
    print(journey.letters(), journey.stage())
    journey.submit(LEAD, "/rounds/{r}/no-objection", "/rounds/{r}/no-objection/signature")
    print(journey.letters(), journey.stage())
    assert 0
