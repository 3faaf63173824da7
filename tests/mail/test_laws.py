"""The law of the outbox, on drawn orders of letters, faults, waits and what people decide, before any code of it:

every letter arrives at least once, or a person is told that it did not; with a journal exactly once; without one a
reminder at most twice under the same Message-ID, and a transmittal never a second time by itself. Time and faults are
drawn; the rest is the real thing.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consult import clock
from consult.delivering import SETTLES_IN, deliver_due_letters
from consult.journal import JournalAway
from consult.mail import InDoubt, PermanentRefusal, ServerAway, TemporaryRefusal
from consult.models import OutboxLetter, db
from consult.rules.permissions import COMMAND
from consult.services import troubles
from consult.services.outbox import KEYS
from consult.unit_of_work import unit_of_work
from tests.factories import START
from tests.mail.post import post

FAULTS = (
    "none", "none", "put off", "refused", "away", "taken without an answer", "lost without an answer",
    "killed before", "killed after",
)  # fmt: skip
KINDS = ("reminder", "invitation", "transmittal", "sign-in")
names = itertools.count(1)


class Killed(BaseException):
    """The worker is gone at this instant."""


class Relay:
    """A mail server with faults on order, and its archive, where copies appear after a while."""

    has_keys = False

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, datetime]] = []
        self.faults: Iterator[str] = iter(())
        self.delay, self.is_away = timedelta(0), False

    def send(self, letter: OutboxLetter) -> None:
        fault = next(self.faults, "none")
        failures = {
            "put off": TemporaryRefusal("put-off"), "refused": PermanentRefusal("refused"), "away": ServerAway("away"),
            "lost without an answer": InDoubt("no-answer"), "killed before": Killed(),
        }  # fmt: skip
        if fault in failures:
            raise failures[fault]
        self.taken.append((letter.message_id, letter.kind, clock.now()))
        if fault == "taken without an answer":
            raise InDoubt("no-answer")
        if fault == "killed after":
            raise Killed

    def has(self, message_id: str, since: datetime) -> bool:
        if self.is_away:
            raise JournalAway("OSError")
        return any(
            mail == message_id and kind not in KEYS and at + self.delay <= clock.now() for mail, kind, at in self.taken
        )

    @property
    def counted(self) -> Counter[str]:
        return Counter(mail for mail, _, _ in self.taken)


steps = st.one_of(
    st.tuples(st.just("post"), st.sampled_from(KINDS)),
    *[st.tuples(st.just("work"), st.lists(st.sampled_from(FAULTS), min_size=1, max_size=5))] * 2,
    *[st.tuples(st.just("wait"), st.sampled_from((0, 1, 11, 31, 130, 60 * 24)))] * 2,
    st.tuples(st.just("journal"), st.booleans()),
    st.tuples(st.just("person"), st.sampled_from(("again", "arrived", "let go"))),
)


def work(relay: Relay, faults: list[str], is_journal: bool) -> None:
    relay.faults = iter(faults)
    try:
        deliver_due_letters(db.session, relay.send, relay if is_journal else None)
    except Killed:
        db.session.rollback()


def decide(act: str, by_hand: Counter[str], decided: set[str]) -> None:
    """Let a person decide on everything that is in trouble."""
    with unit_of_work(db.session) as now:
        for trouble in troubles.list_all(db.session, now=now):
            if trouble.letter.state not in ("failed", "unknown"):
                continue
            number = trouble.letter.id
            if act == "again" and trouble.may_send_again:
                by_hand[trouble.letter.message_id] += 1
                troubles.send_again(db.session, number, by=COMMAND, now=now)
            elif act == "arrived" and trouble.letter.state == "unknown":
                decided.add(trouble.letter.message_id)
                troubles.confirm_arrival(db.session, number, by=COMMAND, now=now)
            elif act == "let go" and trouble.letter.state == "failed":
                decided.add(trouble.letter.message_id)
                troubles.let_go(db.session, number, by=COMMAND, now=now)


@pytest.mark.parametrize("is_journal", [True, False], ids=["journal", "no journal"])
def test_every_letter_arrives_and_none_too_often(app: Flask, is_journal: bool) -> None:
    with app.app_context():

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        @example(steps=[("work", ["taken without an answer"]), ("wait", 11), ("work", ["none"])], delay=29)
        @given(steps=st.lists(steps, min_size=4, max_size=14), delay=st.sampled_from((0, 3, 29)))
        def law(steps: list[tuple[str, Any]], delay: int) -> None:
            with unit_of_work(db.session):
                db.session.query(OutboxLetter).delete()
            relay, by_hand, decided = Relay(), Counter[str](), set[str]()
            relay.delay = timedelta(minutes=delay)
            with time_machine.travel(START, tick=False) as traveller:
                for kind in KINDS:
                    post(f"law{next(names)}", kind=kind)
                for step, value in steps:
                    if step == "post":
                        post(f"law{next(names)}", kind=value)
                    elif step == "work":
                        work(relay, value, is_journal)
                    elif step == "wait":
                        traveller.shift(timedelta(minutes=value))
                    elif step == "journal":
                        relay.is_away = value
                    else:
                        decide(value, by_hand, decided)
                relay.is_away = False
                for _ in range(4):
                    traveller.shift(SETTLES_IN + timedelta(hours=2, minutes=1))
                    work(relay, [], is_journal)
                db.session.expire_all()
                told = {t.letter.message_id for t in troubles.list_all(db.session, now=clock.now())}
                for letter in db.session.query(OutboxLetter):
                    check(
                        letter, relay.counted[letter.message_id], by_hand[letter.message_id], told, decided, is_journal
                    )
                db.session.rollback()

        law()


def check(
    letter: OutboxLetter, arrived: int, by_hand: int, told: set[str], decided: set[str], is_journal: bool
) -> None:
    where = (letter.kind, letter.state, letter.answer, arrived, by_hand)
    assert letter.state in ("sent", "failed", "unknown", "cancelled"), where
    if letter.state in ("failed", "unknown"):
        assert letter.message_id in told, where
    elif letter.message_id not in decided:
        assert arrived >= 1, where
    is_sure = is_journal and letter.kind not in KEYS
    by_itself = 1 if is_sure or letter.kind == "transmittal" else 2
    assert arrived <= by_itself * (1 + by_hand), where
    if letter.kind in KEYS and letter.state != "unknown":
        assert (letter.text, letter.html) == ("", ""), where
