"""The database server is killed while comments are saved: each is there once, and whoever presses again is answered.

PROVE_KILLS=all kills it 200 times.
"""

import logging
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from consult.models import Comment, db
from consult.web.guards import COOKIE
from tests.conftest import make_app
from tests.kills.killing import kills_in_a_phase
from tests.kills.test_kills import a_writer, is_sound
from tests.postgresql import a_server
from tests.tools import lacking

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.postgresql]
SAVED, AWAY = 302, 503
TRIES = 5


def test_a_database_server_killed_while_comments_are_saved_loses_none(tmp_path: Path, record_property: Any) -> None:
    dice, answers = random.Random(3), Counter[int]()
    with a_server("-F") as server:
        if server is None:
            lacking("there is no PostgreSQL")
        app = make_app(tmp_path / "instance", database_url=server.url)
        with app.app_context():
            cookie, address = a_writer(app)
            db.session.remove()

        def save(key: str) -> int:
            client = app.test_client()
            client.set_cookie(COOKIE, cookie)
            form = {"paragraph": "3", "reason": f"Two days {key}", "type": "general", "form_key": key}
            return client.post(address, data=form).status_code

        def save_some(keys: list[str]) -> None:
            answers.update(save(key) for key in keys)

        for number in range(max(2, kills_in_a_phase() * 2 // 5)):
            keys = [f"k{number}n{one}" for one in range(4)]
            writers = [threading.Thread(target=save_some, args=(keys[part::2],)) for part in range(2)]
            for writer in writers:
                writer.start()
            time.sleep(dice.random() * 0.12)
            server.kill()
            for writer in writers:
                writer.join()
            server.start()
            for key in keys:
                tried = [save(key)]
                while tried[-1] == AWAY and len(tried) < TRIES:
                    tried.append(save(key))
                assert tried[-1] == SAVED, tried
        assert set(answers) <= {SAVED, AWAY}, answers
        with app.app_context():
            by_key = select(Comment.source_key, func.count()).group_by(Comment.source_key)
            counted = {str(row[0]): int(row[1]) for row in db.session.execute(by_key)}
            assert set(counted.values()) == {1}
            assert len(counted) == 4 * (number + 1)
            is_sound(app)
            db.session.remove()
            db.engine.dispose()
    record_property("answers", dict(answers))
    log.warning("kills of the server: %s; answers: %s", number + 1, dict(answers))
