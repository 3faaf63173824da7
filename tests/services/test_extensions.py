"""More time for one organisation: asked for, given or refused; it alone has it, and the others never learn of it."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from consult.errors import Invalid, NotFound, Refused
from consult.models import AuditEntry, Comment, Duty, db
from consult.rules.permissions import Actor, may
from consult.services import (
    checking,
    consolidations,
    extensions,
    invitations,
    obstacles,
    reading,
    reminders,
    rounds,
    visibility,
)
from consult.services.consolidations import NotIn
from tests.conftest import BASE_URL, make_app
from tests.factories import DEADLINE
from tests.story import AFTER, DURING, SECOND, Story, a_story, two_conflicting, undone

UNTIL = datetime(2026, 11, 30, 11, 0, tzinfo=DEADLINE.tzinfo)
WALL = "2026-11-30T12:00"  # UNTIL, in Vienna
EXAMPLES = int(os.environ.get("PROVE_ANSWERS", "12"))
LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    app = make_app(tmp_path_factory.mktemp("extensions"))
    with app.app_context():
        yield a_story(db.session, app.extensions["consult.storage"])
        db.session.rollback()


@pytest.fixture
def story(kept: Story) -> Iterator[Story]:
    """Give the round; what a test does to it is undone."""
    with undone(kept):
        yield kept


@pytest.fixture
def storage(story: Story) -> Any:
    return story.storage


def who(story: Story, name: str = "lead", now: datetime = DURING) -> dict[str, Any]:
    return {"by": story.actor(name), "person": story.people[name], "base_url": BASE_URL, "now": now}


def ask(story: Story, wall: str = WALL, why: str = "Our lawyer is away.", **more: Any) -> extensions.Extension:
    return extensions.ask(
        story.session, story.round, story.moldova, wall=wall, why=why, **who(story, "moldova"), **more
    )


def grant(story: Story, wall: str = WALL, reason: str = "", now: datetime = DURING) -> extensions.Extension:
    return extensions.grant(
        story.session, story.round, story.moldova.id, wall=wall, reason=reason,
        **who(story, now=now),
    )  # fmt: skip


def say(story: Story, name: str, now: datetime) -> bool:
    """Let a mission write and hand in; return whether that was possible."""
    try:
        story.comment(name, reason="We have something to say.", kind="general", now=now)
        story.hand_in(name, now=now)
    except Refused as refusal:
        assert refusal.reason == "closed"
        return False
    return True


def late_by_the_check(story: Story) -> list[str]:
    return [f.law for f in checking.check(story.session, story.storage) if "after the deadline" in f.law]


# ---- the law --------------------------------------------------------------------------------------------------------


@LAW
@given(
    until=st.one_of(st.none(), st.integers(1, 72)),
    granted=st.integers(-48, 20),
    closed=st.booleans(),
    said=st.lists(st.tuples(st.sampled_from(("moldova", "kosovo")), st.integers(-30, 80)), min_size=1, max_size=6),
)
def test_an_organisation_is_heard_exactly_until_its_own_instant(
    kept: Story, until: int | None, granted: int, closed: bool, said: list[tuple[str, int]]
) -> None:
    with undone(kept):
        given_at = DEADLINE + timedelta(hours=granted)
        own = {"moldova": DEADLINE, "kosovo": DEADLINE}
        if until is not None and until > granted:
            own["moldova"] = DEADLINE + timedelta(hours=until)
            grant(kept, f"{own['moldova'] + timedelta(hours=1):%Y-%m-%dT%H:%M}", now=given_at)  # Vienna is ahead
        for name, hour in sorted(said, key=lambda one: one[1]):
            now = DEADLINE + timedelta(hours=hour)
            if closed and now >= DEADLINE:
                kept.tick(now)
            assert visibility.is_open_for(kept.round, getattr(kept, name).id, now) == (now < own[name])
            assert say(kept, name, now) == (now < own[name])
        for name, instant in own.items():
            last = max((instant - timedelta(microseconds=1), now))
            assert visibility.is_open_for(kept.round, getattr(kept, name).id, last) == (last < instant)
            assert not visibility.is_open_for(kept.round, getattr(kept, name).id, max(instant, now))
        names = {kept.moldova.id: "moldova", kept.kosovo.id: "kosovo"}
        for comment in kept.session.query(Comment):
            assert comment.created_at < own[names[comment.organisation_id]]
        assert late_by_the_check(kept) == []


def test_what_the_others_know_is_the_same_in_every_way(story: Story) -> None:
    def known(name: str) -> Any:
        actor = story.actor(name)
        seen = reading.glance(story.session, story.round.id, actor, AFTER)
        assert seen is not None
        return seen, visibility.facts_of(story.session, story.round, AFTER).is_open_for(getattr(story, name).id)

    before = known("kosovo"), known("observer")
    ask(story)
    grant(story)
    assert (known("kosovo"), known("observer")) == before
    assert known("moldova")[1]
    assert not known("moldova")[0].facts.is_open


# ---- asking and answering -------------------------------------------------------------------------------------------


def test_asking_tells_the_lead_and_nobody_else(story: Story) -> None:
    ask(story)
    assert story.recipients("extension") == ["lead"]
    letter = story.letters("extension")[0]
    assert "Our lawyer is away." in letter.text
    assert "30 Nov 2026" in letter.text
    assert not visibility.is_open_for(story.round, story.moldova.id, AFTER)


def test_the_lead_gives_another_time_and_the_organisation_is_told(story: Story) -> None:
    asked = ask(story)
    given = grant(story, "2026-11-29T12:00", "Not longer, please.")
    assert (given.id, given.state, given.wanted_at) == (asked.id, "granted", UNTIL)
    assert given.until_at == UNTIL - timedelta(days=1)
    letter = story.letters("extension")[-1]
    assert letter.recipient == story.people["moldova"].email
    assert "29 Nov 2026" in letter.text
    assert "Not longer, please." in letter.text
    acts = story.session.query(AuditEntry.action).filter_by(object_kind="extension").order_by(AuditEntry.number).all()
    assert [act for (act,) in acts] == ["extension.ask", "extension.grant"]


def test_the_lead_refuses_with_a_reason_once(story: Story) -> None:
    asked = ask(story)
    with pytest.raises(Invalid, match="why"):
        extensions.refuse(story.session, asked, reason=" ", **who(story))
    extensions.refuse(story.session, asked, reason="The bodies meet on Monday.", **who(story))
    assert "The bodies meet on Monday." in story.letters("extension")[-1].text
    assert not visibility.is_open_for(story.round, story.moldova.id, AFTER)
    with pytest.raises(Refused):
        extensions.refuse(story.session, asked, reason="Again.", **who(story))


@pytest.mark.parametrize(
    ("wall", "why", "reason"),
    [
        ("2026-11-27T17:00", "Because.", "not-later"), ("2026-11-01T17:00", "Because.", "too-early"),
        ("tomorrow", "Because.", "bad-date"), (WALL, " ", "reason-missing"), (WALL, "x" * 5000, "too-long"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(story: Story, wall: str, why: str, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(story, wall, why)
    assert refusal.value.reason == reason


def test_nobody_asks_twice_or_too_late(story: Story) -> None:
    ask(story)
    with pytest.raises(Refused, match="asked already"):
        ask(story)
    with pytest.raises(Refused, match="closed"):
        extensions.ask(
            story.session, story.round, story.kosovo, wall=WALL, why="Because.", **who(story, "kosovo", AFTER)
        )


def test_only_who_is_asked_is_given_more_time(story: Story) -> None:
    with pytest.raises(NotFound):
        extensions.grant(story.session, story.round, story.observer.id, wall=WALL, reason="", **who(story))


def test_the_lead_grants_and_the_organisation_asks(story: Story) -> None:
    facts = visibility.facts_of(story.session, story.round, DURING)
    allowed = {
        action: {name for name in story.people if may(story.actor(name), action, facts).allowed}
        for action in ("round.extend", "extension.ask")
    }
    assert allowed["round.extend"] == {"lead"}
    assert not may(Actor(None), "extension.ask", facts).visible


# ---- what follows ---------------------------------------------------------------------------------------------------


def test_the_round_closes_at_its_deadline_and_each_is_told_how_it_stands(story: Story) -> None:
    grant(story)
    story.tick(DEADLINE)
    assert (story.round.stage, story.round.closed_at) == ("closed", DEADLINE)
    texts = {letter.recipient: letter.text for letter in story.letters("closing")}
    assert "stays open until 30 Nov 2026" in texts[story.people["moldova"].email].replace("\n", " ")
    assert "Nothing more can be written" in texts[story.people["kosovo"].email]
    assert "Moldova" not in texts[story.people["kosovo"].email]
    assert "With an extension that runs on: Mission to Moldova" in texts[story.people["lead"].email]


def test_its_reminders_are_for_its_own_instant(story: Story) -> None:
    grant(story)
    due = story.session.query(Duty.due_at).filter_by(kind="reminder", state="due", organisation_id=story.moldova.id)
    first, second, third = sorted(at for (at,) in due)
    assert (first.day, second.day, third) == (23, 26, UNTIL - timedelta(hours=4))
    story.tick(DEADLINE - timedelta(hours=4))
    story.hand_in("kosovo", "no comments", now=DEADLINE - timedelta(hours=3))
    before = len([name for name in story.recipients("reminder") if name == "moldova"])
    story.tick(DEADLINE)
    story.tick(third)
    assert [name for name in story.recipients("reminder") if name == "moldova"] == ["moldova"] * (before + 1)
    assert "30 Nov 2026" in story.letters("reminder")[-1].text


def test_after_the_closing_only_who_has_time_is_reminded_by_hand(story: Story) -> None:
    grant(story)
    story.tick(DEADLINE)
    outcome = reminders.remind_now(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)
    assert [o.code for o in outcome.reminded] == ["MDA"]
    standings = {s.organisation.code: s.state for s in rounds.list_standings(story.session, story.round, AFTER)}
    assert standings == {"MDA": "not opened", "KOS": "overdue"}


def test_closing_early_ends_extensions_too(story: Story) -> None:
    grant(story)
    assert say(story, "moldova", DURING)
    rounds.close_early(
        story.session, story.round, reason="The bodies meet sooner.", version=story.round.version, base_url=BASE_URL,
        by=story.actor("lead"), now=DURING,
    )  # fmt: skip
    assert not say(story, "moldova", DURING + SECOND)
    assert "stays open" not in "".join(letter.text for letter in story.letters("closing"))
    assert extensions.list_running(story.round, AFTER) == []


def test_what_comes_after_a_consolidation_is_named_and_finishing_waits(story: Story) -> None:
    two_conflicting(story)
    grant(story)
    story.tick(DEADLINE)
    consolidate(story)
    assert consolidations.list_not_in(story.session, story.round) == []
    assert say(story, "moldova", AFTER)
    assert consolidations.list_not_in(story.session, story.round) == [NotIn("Mission to Moldova", 1, 0)]
    running = [o for o in obstacles.list_obstacles(story.session, story.round, AFTER) if o.kind == "extension"]
    assert [o.number for o in running] == ["Mission to Moldova"]
    consolidate(story)
    assert consolidations.list_not_in(story.session, story.round) == []
    entry = story.session.query(AuditEntry).filter_by(action="round.consolidate").first()
    assert entry.facts["running"] == [story.moldova.id]
    assert not [o for o in obstacles.list_obstacles(story.session, story.round, UNTIL) if o.kind == "extension"]


def consolidate(story: Story) -> Any:

    snapshot = consolidations.take_snapshot(story.session, story.storage, story.round)
    made = engine.consolidate(snapshot.draft, snapshot.contributions, date=snapshot.date)
    return consolidations.keep_consolidation(
        story.session, story.storage, story.round, snapshot, made, **who(story, now=AFTER)
    )


def test_a_comment_too_late_for_its_own_extension_is_found_by_the_check(story: Story) -> None:
    grant(story)
    comment = story.comment("moldova", reason="In time.", kind="general", now=AFTER)
    assert late_by_the_check(story) == []
    comment.created_at = UNTIL
    story.session.flush()
    assert late_by_the_check(story) == ["no comment is from after the deadline"]


def test_invitations_know_nothing_of_it(story: Story) -> None:
    grant(story)
    assert invitations.owing(story.session, story.round) == [story.kosovo, story.moldova]
