"""A worker is killed in every phase of sending letters, with a real mail server, on both databases: a proof.

In the suite tests/mail/test_kills.py does it at some lines.

With a journal each letter arrives once. Without one a reminder arrives once or twice under one Message-ID, and a
transmittal waits for a person. PROVE_KILLS=all kills 500 times in each phase.
"""

import logging
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from consult.models import db
from tests.conftest import make_app
from tests.kills.killing import HOUR, forking, kills_in_a_phase, lines_to_kill_at
from tests.kills.test_kills import is_sound
from tests.mail.post import mailing_settings, open_office, post, with_journal
from tests.mail.test_kills import found, rest

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.skipif(not os.environ.get("PROVE_KILLS"), reason="runs with PROVE_KILLS=all: make prove")]
ONCE = ("sent", 1)


@pytest.mark.parametrize("is_journal", [True, False], ids=["journal", "no journal"])
@pytest.mark.parametrize("on", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_no_letter_is_lost_invented_or_doubled(
    request: pytest.FixtureRequest, tmp_path: Path, on: str, is_journal: bool, record_property: Any
) -> None:
    ends = Counter[str]()
    with open_office(tmp_path) as office:
        settings = mailing_settings(office, **(with_journal(office) if is_journal else {}))
        settings["database_url"] = request.getfixturevalue("current_postgresql_url") if on == "postgresql" else ""
        app = make_app(tmp_path / "instance", **settings)
        with app.app_context(), forking(tmp_path / "instance", settings) as forks:
            post("first"), post("second", kind="transmittal")
            whole = forks.run("post")
            rest(office)
            for number, line in enumerate(lines_to_kill_at(whole["runs"], kills_in_a_phase())):
                numbers = [*post(f"r{number}"), *post(f"t{number}", kind="transmittal")]
                forks.run("post", kill_at=line)
                rest(office)
                forks.run("post", ahead=HOUR)
                rest(office)
                reminder, transmittal = [(letter.state, office.counted[letter.message_id]) for letter in found(numbers)]
                ends[f"{reminder} {transmittal}"] += 1
                if is_journal:
                    assert (reminder, transmittal) == (ONCE, ONCE), (line, number)
                else:
                    assert reminder in (ONCE, ("sent", 2)), (line, number)
                    assert transmittal in (ONCE, ("unknown", 0), ("unknown", 1)), (line, number)
            is_sound(app)
            db.session.remove()
            db.engine.dispose()
    assert len(office.messages) == sum(office.counted.values())
    record_property("killed in", dict(forks.killed))
    log.warning("kills: %s; ends: %s", dict(forks.killed), dict(ends))
