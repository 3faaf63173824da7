"""The journey of three weeks: in one process, and with PROVE_MACHINES=all on six, a worker killed at every step."""

import os
from pathlib import Path
from typing import Any

import pytest

from consult.models import db
from consult.services import checking
from tests.long.machines import many_machines
from tests.long.places import Here, Place
from tests.long.three_weeks import CALENDARS, TABLE, Journey, played
from tests.machines.conftest import bucket, s3_address
from tests.mail.dovecot import open_mailbox
from tests.mail.post import open_office

__all__ = ["bucket", "s3_address"]


def ends_as_the_table_says(place: Place) -> None:
    journey = Journey(place)
    found = played(journey)
    assert found == TABLE
    assert {code: journey.calendar_of(code) for code in CALENDARS} == CALENDARS
    journey.every_letter_came_once()
    with place.app.app_context():
        assert checking.check(db.session, place.app.extensions["consult.storage"]) == []
        db.session.remove()


def test_three_weeks_end_with_exactly_the_letters_and_states_of_the_table(tmp_path: Path) -> None:
    with open_office(tmp_path) as office, open_mailbox() as mailbox:
        place = Here(tmp_path, office, mailbox)
        try:
            ends_as_the_table_says(place)
        finally:
            place.stop()


@pytest.mark.postgresql
@pytest.mark.skipif(os.environ.get("PROVE_MACHINES") != "all", reason="runs with PROVE_MACHINES=all: make prove")
def test_three_weeks_on_many_machines(tmp_path: Path, current_postgresql_url: str, bucket: dict[str, Any]) -> None:
    with (
        open_office(tmp_path) as office,
        open_mailbox() as mailbox,
        many_machines(tmp_path, office, mailbox, current_postgresql_url, bucket) as place,
    ):
        ends_as_the_table_says(place)
        assert place.killed == len(TABLE)
