"""Eight workers at once on what is due: each row has one winner. PROVE_ROWS=1000 makes a thousand."""

import os
import threading
from collections import Counter
from datetime import timedelta

from flask import Flask

from consult.models import AuditEntry, Deadline, Duty, OutboxLetter, Round, RoundDraft, db
from consult.services import deadlines
from consult.unit_of_work import unit_of_work
from tests.conftest import BASE_URL
from tests.factories import START
from tests.story import DURING, a_story

WORKERS = 8
ROWS = int(os.environ.get("PROVE_ROWS", "16"))


def fill(app: Flask) -> int:
    """Make rounds whose closing is due, and return to how many people each closing is told."""
    with app.app_context():
        story = a_story(db.session, app.extensions["consult.storage"], deadline=DURING)
        for number in range(2, ROWS + 1):
            round_ = Round(
                consultation_id=story.round.consultation_id, number=number, stage="open", circulated_at=START
            )
            round_.deadline = Deadline(at=DURING, zone="Europe/Vienna", wall="2026-11-05T10:00", set_at=START)
            db.session.add(round_)
            db.session.flush()
            db.session.add(RoundDraft(round_id=round_.id, draft_id=story.draft.id))
            db.session.add(Duty(key=f"closing:{round_.id}", kind="closing", round_id=round_.id, due_at=DURING))
        told = len(story.people)
        db.session.commit()
        db.session.remove()
    return told


def test_each_due_row_has_one_winner(any_database_app: Flask) -> None:
    told = fill(any_database_app)
    wins, barrier = Counter[int](), threading.Barrier(WORKERS)

    def work(number: int) -> None:
        with any_database_app.app_context():
            barrier.wait()
            while True:
                with unit_of_work(db.session):
                    done = deadlines.carry_out_due_duty(
                        db.session, base_url=BASE_URL, now=DURING + timedelta(seconds=1)
                    )
                if not done:
                    break
                wins[number] += done
            db.session.remove()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    with any_database_app.app_context():
        states = Counter(db.session.scalars(db.select(Duty.state).where(Duty.due_at <= DURING)))
        assert states["done"] == sum(wins.values()) >= ROWS
        assert states["due"] == states["claimed"] == 0
        assert {round_.stage for round_ in db.session.query(Round)} == {"closed"}
        closed = Counter(db.session.scalars(db.select(AuditEntry.object_id).where(AuditEntry.action == "round.close")))
        assert set(closed.values()) == {1}
        assert len(closed) == ROWS
        letters = db.session.query(OutboxLetter).filter_by(kind="closing").count()
        assert letters == ROWS * told
        db.session.remove()
