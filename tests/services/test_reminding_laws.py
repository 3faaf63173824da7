"""The law of reminders, over simulated weeks in which the worker stops and starts, organisations answer and dates move.

A model written anew counts what should come: of the instants planned since the last change, the latest that has passed
when the worker looks stands for all that were missed; it is for who owes while the round is open, and for nobody twice
within the hour. Every letter the round wrote is in the model, and the other way round.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consult.models import db
from consult.services import deadlines, letter_plans, rounds
from consult.services.letter_plans import Wishes
from tests import factories
from tests.conftest import BASE_URL, make_app
from tests.factories import DEADLINE, START
from tests.story import Story, a_story

EXAMPLES = int(os.environ.get("PROVE_REMINDERS", "8"))
LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
VIENNA = ZoneInfo("Europe/Vienna")
HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
ASKED = ("moldova", "kosovo")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A round as it was circulated, to which every example returns."""
    app = make_app(tmp_path_factory.mktemp("laws"))
    with app.app_context():
        story = a_story(db.session, app.extensions["consult.storage"])
        for name in ASKED:
            head = factories.a_person(db.session, organisation=getattr(story, name), role="head")
            story.people[f"head of {name}"] = head
        db.session.commit()
        yield story
        db.session.rollback()


@dataclass
class Model:
    """What should come. `planned` are the instants of each organisation that have not passed while the worker looked."""

    deadline: datetime = DEADLINE
    days: tuple[int, ...] = (5, 2)
    hours: int = 4
    heads: str = "last"
    closed: bool = False
    answered: set[str] = field(default_factory=set)
    planned: dict[str, list[datetime]] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)
    letters: list[tuple[datetime, str]] = field(default_factory=list)

    def plan(self, now: datetime) -> None:
        """Plan anew: wall times on working days, and so many hours before."""
        wall = self.deadline.astimezone(VIENNA).replace(tzinfo=None)
        instants = {self.deadline - self.hours * HOUR} if self.hours else set()
        for count in self.days:
            day, left = wall, count
            while left:
                day -= A_DAY
                left -= day.isoweekday() < 6
            instants.add(day.replace(tzinfo=VIENNA).astimezone(UTC))
        found = sorted(instant for instant in instants if now < instant < self.deadline)
        self.planned = {name: list(found) for name in ASKED}

    def look(self, now: datetime) -> None:
        """Do what the worker does at `now`."""
        if now >= self.deadline:
            self.closed = True
        for name in ASKED:
            due = [instant for instant in self.planned[name] if instant <= now]
            self.planned[name] = [instant for instant in self.planned[name] if instant > now]
            if not due or self.closed or name in self.answered:
                continue
            if self.heads == "every" or (self.heads == "last" and not self.planned[name]):
                self.letters.append((now, f"head of {name}"))
            if now - self.last.get(name, START - A_DAY) >= HOUR:
                self.letters.append((now, name))
                self.last[name] = now


GAPS = (st.integers(1, 90), st.integers(6 * 60, 24 * 60), st.integers(24 * 60, 3 * 24 * 60))  # minutes
KINDS = ("look",) * 7 + ("move", "wish")  # sampled, because hypothesis takes alternatives that are alike for one
LONG = 60  # events after which no round is open any more


@st.composite
def weeks(draw: Any) -> list[tuple[int, tuple[Any, ...]]]:
    """Draw what happens in a round and how long after the event before: mostly the worker looks.

    Each organisation answers at some event, half of them too late to be spared anything; few rounds are closed early.
    """
    found: list[tuple[int, tuple[Any, ...]]] = [(draw(st.integers(14 * 24 * 60, 17 * 24 * 60)), ("look",))]
    for _ in range(draw(st.integers(10, 30))):
        kind = draw(st.sampled_from(KINDS))
        more: tuple[Any, ...] = ()
        if kind == "move":
            more = (draw(st.integers(-3 * 24, 7 * 24).filter(bool)),)
        elif kind == "wish":
            more = (draw(st.sets(st.integers(1, 9), min_size=1, max_size=3)), draw(st.integers(0, 12)),
                    draw(st.sampled_from(("never", "last", "every"))))  # fmt: skip
        found.append((draw(st.sampled_from(GAPS).flatmap(lambda gap: gap)), (kind, *more)))
    for name in ASKED:
        found.insert(draw(st.integers(1, LONG)), (1, ("answer", name)))
    if draw(st.sampled_from((True, *(False,) * 5))):
        found.insert(draw(st.integers(1, LONG)), (1, ("close",)))
    return found


@given(events=weeks())
@example(events=[(25 * 24 * 60 + 200, ("look",))])  # one look for all three reminders, with the heads
@example(events=[(18 * 24 * 60, ("answer", "moldova")), (2 * 24 * 60, ("look",))])
@LAW
def test_every_reminder_has_its_reason_and_every_reason_its_reminder(base: Story, events: Any) -> None:
    base.session.rollback()
    model, now = Model(), START
    model.plan(now)
    for minutes, event in events:
        now += timedelta(minutes=minutes)
        _happen(base, model, now, *event)
    now = max(now, model.deadline) + A_DAY
    _happen(base, model, now, "look")
    names = {person.email: name for name, person in base.people.items()}
    sent = sorted((letter.created_at, names[letter.recipient]) for letter in base.letters("reminder"))
    assert sent == sorted(model.letters)
    assert len({letter.key for letter in base.letters("reminder")}) == len(sent)


def _happen(story: Story, model: Model, now: datetime, kind: str, *more: Any) -> None:
    if kind == "look":
        story.tick(now)
        model.look(now)
    elif not model.closed and now < model.deadline:
        HAPPENINGS[kind](story, model, now, *more)


def _answer(story: Story, model: Model, now: datetime, name: str) -> None:
    story.hand_in(name, "concur", now=now)
    model.answered.add(name)


def _move(story: Story, model: Model, now: datetime, hours: int) -> None:
    at = model.deadline + hours * HOUR
    if at <= now:
        return
    wall = f"{at.astimezone(VIENNA):%Y-%m-%dT%H:%M}"
    deadlines.move_deadline(
        story.session, story.round, wall=wall, zone="Europe/Vienna", reason="Because.", version=story.round.version,
        base_url=BASE_URL, by=story.actor("lead"), now=now,
    )  # fmt: skip
    model.deadline = at
    model.plan(now)


def _wish(story: Story, model: Model, now: datetime, days: set[int], hours: int, heads: str) -> None:
    wishes = Wishes(", ".join(map(str, days)), str(hours), True, heads, "7", "")
    version = letter_plans.plan_of(story.session, story.round).version
    letter_plans.change(story.session, story.round, wishes, version=version, days=(), by=story.actor("lead"), now=now)
    model.days, model.hours, model.heads = tuple(days), hours, heads
    model.plan(now)


def _close(story: Story, model: Model, now: datetime) -> None:
    rounds.close_early(
        story.session, story.round, reason="Enough.", version=story.round.version, base_url=BASE_URL,
        by=story.actor("lead"), now=now,
    )  # fmt: skip
    model.closed = True


HAPPENINGS = {"answer": _answer, "move": _move, "wish": _wish, "close": _close}
