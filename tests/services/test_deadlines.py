"""Reminders and closings are done once, by whoever comes first, and never too late or for nothing."""

import threading
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from consult.errors import Invalid, Refused
from consult.models import AuditEntry, Duty, OutboxLetter, Round, db
from consult.scheduling import tick
from consult.services import audit, deadlines
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL
from tests.engine.specimens import specimen_draft
from tests.factories import DEADLINE, START
from tests.story import AFTER, DURING, SECOND, Story, a_story

FIRST = DEADLINE - timedelta(days=7)  # five working days before


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def duties(session: Any, state: str = "due") -> list[str]:
    """Return the keys of duties in a state, without the ids in them."""
    rows = session.scalars(select(Duty).where(Duty.state == state).order_by(Duty.due_at, Duty.id))
    return [f"{row.kind} {(DEADLINE - row.due_at).days}" for row in rows]


def test_a_round_is_planned_with_three_reminders_for_each_organisation_a_digest_and_one_closing(story: Story) -> None:
    found = duties(story.session)
    assert found == ["digest 24", "reminder 7", "reminder 7", "reminder 2", "reminder 2", "reminder 0", "reminder 0",
                     "closing 0"]  # fmt: skip
    assert {d.organisation_id for d in story.session.scalars(select(Duty))} == {story.moldova.id, story.kosovo.id, None}


def test_no_reminder_comes_before_its_time(story: Story) -> None:
    story.tick(FIRST - SECOND)
    assert story.letters() == []


def test_a_reminder_goes_only_to_those_who_owe(story: Story) -> None:
    story.hand_in("moldova", "no comments")
    story.tick(FIRST)
    assert story.recipients("reminder") == ["kosovo"]
    story.hand_in("kosovo", "concur")
    story.tick(DEADLINE - timedelta(days=2))
    assert story.recipients("reminder") == ["kosovo"]


def test_each_organisation_gets_all_reminders_when_the_worker_runs(story: Story) -> None:
    for hours in range(0, 8 * 24, 3):
        story.tick(DEADLINE - timedelta(days=8) + timedelta(hours=hours))
    assert story.recipients("reminder") == ["kosovo"] * 3 + ["moldova"] * 3


def test_after_downtime_an_organisation_gets_one_reminder_for_all_that_were_missed(story: Story) -> None:
    story.tick(DEADLINE - timedelta(hours=3))
    assert story.recipients("reminder") == ["kosovo", "moldova"]
    assert {letter.key.rpartition(":")[2] for letter in story.letters("reminder")} == {"hours-4"}, "the latest wins"
    assert duties(story.session, "cancelled") == ["reminder 7", "reminder 7", "reminder 2", "reminder 2"]


def test_after_downtime_past_the_deadline_nobody_is_reminded_and_the_round_is_closed(story: Story) -> None:
    assert story.tick(DEADLINE + timedelta(days=3)) == 1
    assert story.recipients("reminder") == []
    assert story.recipients("closing") == ["kosovo", "lead", "moldova", "observer"]
    assert (story.round.stage, story.round.closed_at) == ("closed", DEADLINE)
    assert duties(story.session) == ["undecided -7"]


def test_the_closing_comes_at_the_deadline_and_not_before(story: Story) -> None:
    story.tick(DEADLINE - SECOND)
    assert story.round.stage == "open"
    story.tick(DEADLINE)
    assert story.round.stage == "closed"


def test_the_lead_learns_at_closing_who_has_handed_in_and_who_has_not(story: Story) -> None:
    story.hand_in("moldova", "no comments")
    story.tick(DEADLINE)
    letters = {letter.recipient: letter.text for letter in story.letters("closing")}
    told = letters[story.people["lead"].email]
    assert "Handed in: Mission to Moldova\nNot answered: Mission in Kosovo" in told
    assert f"{BASE_URL}/rounds/{story.round.id}/board" in told
    assert "Mission to Moldova has handed in: No comments." in letters[story.people["moldova"].email]
    assert "Mission in Kosovo has not answered." in letters[story.people["kosovo"].email]


def test_what_others_did_stands_in_no_letter_but_the_leads(story: Story) -> None:
    story.comment("moldova", reason="ZXQV-SECRET")
    story.hand_in("moldova")
    story.tick(FIRST)
    story.tick(DEADLINE)
    for letter in story.letters():
        whole = letter.subject + letter.text + letter.html
        assert "ZXQV-SECRET" not in whole
        if letter.recipient == story.people["kosovo"].email:
            assert "Moldova" not in whole


def test_a_round_is_closed_only_once(story: Story) -> None:
    story.tick(DEADLINE)
    with pytest.raises(Refused):
        deadlines.close_round(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)
    assert len(story.letters("closing")) == 4


def test_closing_and_reminding_stand_in_the_audit(story: Story) -> None:
    story.tick(DEADLINE - timedelta(days=2))
    story.tick(DEADLINE)
    entries = [(e.actor, e.action) for e in story.session.scalars(select(AuditEntry).order_by(AuditEntry.number))]
    assert entries == [("worker", "round.remind")] * 2 + [("worker", "round.close")]


# ---- several workers at once, on both databases ---------------------------------------------------------------------


EARLIER = (0, 0, 1, 2, 3)  # days: of the five rounds two are past their deadline at WAKING
WAKING = DEADLINE - timedelta(days=1, hours=1)


@pytest.fixture
def five_rounds(any_database_app: Flask) -> Flask:
    """Give an app with five rounds of the same organisations, all reminders of which were missed until WAKING."""
    with any_database_app.app_context():
        lead, *consulted = (factories.an_organisation(db.session) for _ in range(3))
        for organisation in (lead, *consulted):
            factories.a_person(db.session, organisation=organisation)
        for days in EARLIER:
            round_ = factories.a_round(
                db.session, storage=any_database_app.extensions["consult.storage"], data=specimen_draft(), lead=lead,
                consulted=tuple(consulted), deadline=DEADLINE - timedelta(days=days),
            )  # fmt: skip
            deadlines.plan_round(db.session, round_, reminder_days=(5, 2), now=START)
        db.session.commit()
    return any_database_app


def run_together(app: Flask, count: int) -> list[BaseException]:
    """Tick in several threads at once, and return what went wrong."""
    wrong: list[BaseException] = []
    barrier = threading.Barrier(count)

    def work() -> None:
        barrier.wait()
        try:
            tick(app)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return wrong


def test_two_workers_do_each_duty_once_and_send_each_letter_once(five_rounds: Flask) -> None:
    sent: list[str] = []
    five_rounds.extensions["consult.send"] = lambda letter: sent.append(letter.message_id)
    with time_machine.travel(WAKING, tick=False):
        wrong = run_together(five_rounds, 3)
        tick(five_rounds)  # a worker passes over a round that another one is at work in
    assert wrong == []
    with five_rounds.app_context():
        letters = list(db.session.scalars(select(OutboxLetter)))
        assert sorted(letter.kind for letter in letters) == ["closing"] * (2 * 3) + ["reminder"] * (3 * 2)
        assert {letter.state for letter in letters} == {"sent"}
        assert sorted(sent) == sorted(letter.message_id for letter in letters)
        assert sorted(db.session.scalars(select(Round.stage))) == ["closed"] * 2 + ["open"] * 3
        assert db.session.scalars(select(Duty).where(Duty.state == "due", Duty.due_at <= WAKING)).all() == []
        assert db.session.scalars(select(Duty).where(Duty.state == "claimed")).all() == []
        assert audit.verify(db.session) is None


def test_the_worker_that_comes_late_finds_nothing_left(five_rounds: Flask) -> None:
    five_rounds.extensions["consult.send"] = lambda letter: None
    with time_machine.travel(DEADLINE, tick=False):
        assert tick(five_rounds) == (5, 5 * 3)
        assert tick(five_rounds) == (0, 0)


def test_a_worker_that_dies_at_work_leaves_the_duty_to_the_next(five_rounds: Flask) -> None:
    def die() -> None:
        with unit_of_work(db.session):
            assert deadlines.carry_out_due_duty(db.session, base_url=BASE_URL, now=DEADLINE) == 1
            raise RuntimeError("the power went off before the commit")

    with five_rounds.app_context(), pytest.raises(RuntimeError):
        die()
    with five_rounds.app_context():
        assert db.session.scalars(select(OutboxLetter)).all() == []
    with time_machine.travel(DEADLINE, tick=False):
        assert tick(five_rounds)[0] == 5


# ---- moving the deadline --------------------------------------------------------------------------------------------


def move(story: Story, by: timedelta, *, now: Any, reason: str = "", **more: Any) -> None:
    at = (DEADLINE + by).astimezone(ZoneInfo("Europe/Vienna"))
    given = {"wall": f"{at:%Y-%m-%dT%H:%M}", "zone": "Europe/Vienna", "version": story.round.version, **more}
    deadlines.move_deadline(
        story.session, story.round, reason=reason, base_url=BASE_URL, by=story.actor("lead"),
        now=now, **given,
    )  # fmt: skip


def test_a_moved_deadline_is_told_to_everybody_and_its_reminders_are_planned_anew(story: Story) -> None:
    story.tick(FIRST)
    assert story.recipients("reminder") == ["kosovo", "moldova"]
    move(story, timedelta(days=7), now=DEADLINE - timedelta(days=3), reason="Two missions asked for it.")
    assert story.recipients("moved") == ["kosovo", "lead", "moldova", "observer"]
    letter = story.letters("moved")[0]
    assert "Two missions asked for it." in letter.text
    for hours in range(0, 9 * 24, 3):
        story.tick(DEADLINE - timedelta(days=1) + timedelta(hours=hours))
    assert story.recipients("reminder") == ["kosovo"] * 4 + ["moldova"] * 4, "all again for the new deadline"
    assert story.round.stage == "closed"
    assert story.round.closed_at == DEADLINE + timedelta(days=7)


def test_a_round_is_open_until_its_new_deadline_and_not_longer(story: Story) -> None:
    move(story, timedelta(days=2), now=DEADLINE - SECOND)
    story.comment("moldova", reason="In time.", now=DEADLINE + timedelta(days=2) - SECOND)
    with pytest.raises(Refused):
        story.comment("moldova", reason="Too late.", now=DEADLINE + timedelta(days=2) + SECOND)


def test_moved_again_and_back_nobody_is_reminded_twice_on_one_day(story: Story) -> None:
    for days in (7, 3, 0):
        reason = "" if days == 7 else "The Council meets earlier."
        move(story, timedelta(days=days), now=DEADLINE - timedelta(days=6, minutes=days), reason=reason)
    for hours in range(0, 7 * 24, 3):
        story.tick(DEADLINE - timedelta(days=6) + timedelta(hours=hours))
    assert story.recipients("reminder") == ["kosovo", "kosovo", "moldova", "moldova"], (
        "2 working days and 4 hours before"
    )


@pytest.mark.parametrize(
    ("by", "now", "given", "reason"),
    [
        (timedelta(0), DURING, {}, "same-deadline"),
        (timedelta(days=-30), DURING, {"reason": "x"}, "deadline-past"),
        (timedelta(hours=-1), DURING, {}, "reason-missing"),
        (timedelta(days=1), DURING, {"wall": "soon"}, "bad-date"),
        (timedelta(days=1), DURING, {"zone": "Mars/Olympus"}, "unknown-zone"),
        (timedelta(days=1), DURING, {"version": 99}, "changed-meanwhile"),
        (timedelta(days=1), DEADLINE + SECOND, {}, "closed"),
    ],
)
def test_a_deadline_that_cannot_be_is_refused_and_nothing_moves(
    story: Story, by: timedelta, now: Any, given: dict[str, Any], reason: str
) -> None:
    with pytest.raises((Invalid, Refused)) as refused:
        move(story, by, now=now, **given)
    assert refused.value.reason == reason
    assert story.round.deadline is not None
    assert (story.round.deadline.at, story.letters("moved")) == (DEADLINE, [])
