"""What waits for a person, and what does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from consult.models import db
from consult.services import home, people
from tests import factories
from tests.engine.specimens import draft
from tests.factories import DEADLINE
from tests.story import DURING, Story, a_story

MOST_QUERIES = 7  # three more know who asks


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the queries made meanwhile."""
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def waiting(story: Story, name: str, now: Any = DURING) -> list[bool]:
    return [item.waits for item in home.list_items(story.session, story.actor(name), now)]


def test_what_is_owed_waits_until_it_is_handed_in_or_too_late(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    assert waiting(story, "moldova") == [True]
    assert waiting(story, "observer") == [False]
    story.hand_in("moldova", "no comments")
    assert waiting(story, "moldova") == [False]
    assert waiting(story, "kosovo", DEADLINE + timedelta(hours=1)) == [False]


def test_what_was_written_after_handing_in_waits_again(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.hand_in("moldova", "no comments")
    story.comment("moldova", reason="One more thing.")
    assert waiting(story, "moldova") == [True]
    assert waiting(story, "kosovo") == [True]
    assert home.list_items(session, story.actor("kosovo"), DURING)[0].unsubmitted == 0


def test_for_the_lead_waits_what_only_the_lead_can_do(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    assert waiting(story, "lead") == [False]
    assert waiting(story, "lead", DEADLINE) == [True]
    planned = a_story_besides(story, circulated=False)
    items = home.list_items(session, story.actor("lead"), DURING)
    assert [(item.round.id, item.waits) for item in items] == [(planned, True), (story.round.id, False)]


def a_story_besides(story: Story, **facts: Any) -> int:
    return factories.a_round(
        story.session, storage=story.storage, data=draft("Another text."), lead=story.lead, consulted=(story.moldova,),
        **facts,
    ).id  # fmt: skip


def test_thirty_rounds_take_no_more_queries_than_one(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    counts = []
    for number in (1, 30):
        for _ in range(number - 1):
            a_story_besides(story)
        session.flush()
        session.expire_all()
        actor = people.actor_of(story.people["moldova"])
        with counted() as asked:
            found = home.list_items(session, actor, DURING)
            assert all(item.round.consultation.title and item.organisation.name for item in found)
        assert len(found) == number
        counts.append(len(asked))
    assert counts[0] == counts[1] <= MOST_QUERIES
