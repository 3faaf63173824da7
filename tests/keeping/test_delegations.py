"""What becomes of delegated parts when a consultation goes: no address, no link and no word of a colleague stays."""

from datetime import timedelta
from typing import Any

from flask import Flask

from consult import purging
from consult.models import Base, db
from consult.rules.permissions import COMMAND
from consult.services import audit, delegated_words, parts
from consult.services.comments import Words
from tests.services.test_delegations import given, opened, token_in, written
from tests.story import AFTER, DURING, a_story


def test_a_purge_takes_delegations_with_all_that_hangs_on_them(any_database_app: Flask) -> None:
    storage: Any = any_database_app.extensions["consult.storage"]
    with any_database_app.app_context():
        story = a_story(db.session, storage)
        delegation = given(story)
        written(story, opened(story, delegation), Words("3", reason="Saved."))
        delegated_words.keep(db.session, delegation_id=delegation.id, place="new:4", words={"reason": "x"}, now=DURING)
        story.round.stage = "decided"
        audit.record(
            db.session, by=COMMAND, action="round.finish", object_kind="round", object_id=story.round.id, now=AFTER
        )
        db.session.commit()
        tables = [t for t in Base.metadata.sorted_tables if t.name.startswith("delegat") or t.name == "outbox_letter"]
        assert all(_count(table) for table in tables)
        db.session.rollback()  # what is read below is read after the purge
        purging.purge(db.engine, storage, kept_for=timedelta(days=1), now=AFTER + timedelta(days=2))
        assert {table.name: _count(table) for table in tables} == dict.fromkeys((t.name for t in tables), 0)


def _count(table: Any) -> int:
    return len(db.session.execute(table.select()).all())


def test_a_part_is_taken_to_write_and_a_form_sent_twice_is_one_comment(any_database_app: Flask) -> None:
    with any_database_app.app_context():
        story = a_story(db.session, any_database_app.extensions["consult.storage"])
        delegation = given(story)
        token = token_in(story.letters("delegation")[-1])
        _, visit = parts.open_link(db.session, token=token, now=DURING)
        db.session.commit()
        held = parts.find_holding(db.session, delegation_id=delegation.id, token=visit, now=DURING, to_write=True)
        assert held is not None
        assert (held.standing, held.round.id) == ("open", story.round.id)
        first = written(story, held.actor, Words("3", reason="Once."), form_key="k" * 64)
        assert written(story, held.actor, Words("3", reason="Once."), form_key="k" * 64).id == first.id
        assert first.author_name == "Ana Rusu"
        db.session.rollback()
