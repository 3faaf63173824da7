"""A round with two organisations that contradict each other, its deadline passed; and its lead, signed in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult.models import db
from tests.story import AFTER, a_story, two_conflicting


@pytest.fixture
def ids(app: Flask, storage: Any) -> Iterator[dict[str, int]]:
    """Give the ids of the story's people, by name, and of its round."""
    with app.app_context():
        story = a_story(db.session, storage)
        two_conflicting(story)
        found = {name: person.id for name, person in story.people.items()} | {"round": story.round.id}
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        yield found


@pytest.fixture
def lead(ids: dict[str, int], sign_in: Callable[[int], Any]) -> Any:
    """Return a client of the lead."""
    return sign_in(ids["lead"])
