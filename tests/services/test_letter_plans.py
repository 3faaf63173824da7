"""The letters a round writes by itself: as the lead wants them, to focal points, to heads, and to the lead."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from consult.errors import Invalid, Refused
from consult.models import Appointment, Duty, Person
from consult.services import duty_calendars, letter_plans, letter_previews, outbox, reminders, troubles
from consult.services.letter_plans import Wishes
from tests import factories
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.story import AFTER, DURING, SECOND, Story, a_story, two_conflicting

FIRST, LAST = DEADLINE - timedelta(days=7), DEADLINE - timedelta(hours=4)
A_DAY = timedelta(days=1)


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def wishes(**more: Any) -> Wishes:
    usual = {"days": "5, 2", "hours": "4", "tells_closing": True, "heads": "last", "undecided_days": "7", "digest": ""}
    return Wishes(**{**usual, **more})


def change(story: Story, now: Any = DURING, version: int = 1, **more: Any) -> None:
    letter_plans.change(
        story.session, story.round, wishes(**more), version=version, days=(5, 2), by=story.actor("lead"), now=now
    )


def a_head(story: Story, name: str) -> None:
    story.people[f"head of {name}"] = factories.a_person(story.session, organisation=getattr(story, name), role="head")


def run(story: Story, start: Any, end: Any, hours: int = 1) -> None:
    while start <= end:
        story.tick(start)
        start += timedelta(hours=hours)


def test_the_lead_may_want_other_reminders_and_none(story: Story) -> None:
    change(story, days="1", hours="")
    run(story, DEADLINE - 8 * A_DAY, DEADLINE - SECOND, 6)
    assert story.recipients("reminder") == ["kosovo", "moldova"]
    assert {letter.key.rpartition(":")[2] for letter in story.letters("reminder")} == {"days-1"}


def test_each_organisation_is_reminded_by_its_own_calendar(story: Story) -> None:
    story.kosovo.calendar = "RS"
    for day in ("2026-11-23", "2026-11-24"):
        duty_calendars.add_closed_day(
            story.session, day=day, name="Retreat", organisation_id=story.moldova.id, by=story.actor("lead"), now=DURING
        )
    change(story, hours="")
    run(story, DEADLINE - 12 * A_DAY, DEADLINE - SECOND, 24)
    names = {person.email: name for name, person in story.people.items()}
    came = sorted((names[x.recipient], f"{x.created_at:%d}") for x in story.letters("reminder"))
    assert came == [("kosovo", "20"), ("kosovo", "25"), ("moldova", "18"), ("moldova", "25")]


def test_with_no_reminders_wanted_there_are_none(story: Story) -> None:
    change(story, days="", hours="")
    story.tick(LAST)
    assert story.recipients("reminder") == []


def test_a_plan_that_somebody_changed_meanwhile_stays_and_what_cannot_be_changes_nothing(story: Story) -> None:
    change(story, days="3")
    with pytest.raises(Refused, match="changed this plan"):
        change(story, days="9", version=1)
    for wrong in ({"days": "x"}, {"hours": "99"}, {"heads": "sometimes"}, {"digest": "noon"}, {"undecided_days": "-1"}):
        with pytest.raises(Invalid):
            change(story, version=2, **wrong)
        story.session.expire_all()


def test_the_last_reminder_goes_to_the_head_too_and_says_so(story: Story) -> None:
    a_head(story, "moldova")
    run(story, FIRST - A_DAY, LAST, 4)
    assert story.recipients("reminder") == ["head of moldova"] + ["kosovo"] * 3 + ["moldova"] * 3
    letter = next(x for x in story.letters("reminder") if x.recipient == story.people["head of moldova"].email)
    assert letter.created_at >= LAST
    assert "you read this as the head of Mission to Moldova" in letter.text
    assert story.people["moldova"].name in letter.text
    assert "with one click" not in letter.text


@pytest.mark.parametrize(("heads", "count"), [("never", 0), ("last", 1), ("every", 3)])
def test_which_reminders_go_to_heads_is_the_leads_wish(story: Story, heads: str, count: int) -> None:
    a_head(story, "moldova")
    change(story, heads=heads)
    run(story, FIRST - A_DAY, LAST, 4)
    assert story.recipients("reminder").count("head of moldova") == count


def test_a_head_hears_nothing_when_the_organisation_has_answered(story: Story) -> None:
    a_head(story, "moldova")
    story.hand_in("moldova", "concur")
    story.tick(LAST)
    assert "head of moldova" not in story.recipients("reminder")


def test_a_reminder_by_hand_spares_the_focal_point_but_not_the_head(story: Story) -> None:
    a_head(story, "moldova")
    story.tick(LAST - timedelta(hours=2))
    reminders.remind_now(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"),
                         now=LAST - timedelta(minutes=10))  # fmt: skip
    before = len(story.letters("reminder"))
    story.tick(LAST)
    assert len(story.letters("reminder")) == before + 1
    assert story.recipients("reminder").count("head of moldova") == 1


def test_contributors_are_reminded_only_where_there_is_no_focal_point(story: Story) -> None:
    story.people["writer"] = factories.a_person(story.session, organisation=story.moldova, role="contributor")
    story.people["drafter"] = factories.a_person(story.session, organisation=story.kosovo, role="contributor")
    story.people["kosovo"].is_active = False
    story.tick(FIRST)
    assert story.recipients("reminder") == ["drafter", "moldova"]


def test_a_reminder_that_still_waits_for_the_mail_server_gives_way(story: Story) -> None:
    """The server is away for days: of three reminders one goes out, and none to whoever answered meanwhile."""
    run(story, FIRST, LAST, 6)
    assert [x.state for x in story.letters("reminder")].count("queued") == 2
    story.hand_in("moldova", "concur", now=LAST + SECOND)
    story.session.expire_all()
    (left,) = (x for x in story.letters("reminder") if x.state == "queued")
    assert left.recipient == story.people["kosovo"].email
    story.tick(DEADLINE)
    story.session.expire_all()
    assert {x.state for x in story.letters("reminder")} == {"cancelled"}
    assert {x.state for x in story.letters("closing")} == {"queued"}


def test_without_closing_letters_the_lead_alone_hears_that_the_round_is_closed(story: Story) -> None:
    change(story, tells_closing=False)
    story.tick(DEADLINE)
    assert story.recipients("closing") == ["lead"]


# ---- to the lead ----------------------------------------------------------------------------------------------------


def test_the_lead_hears_once_that_all_have_answered(story: Story) -> None:
    story.hand_in("moldova", "concur")
    story.tick(DURING + SECOND)
    assert story.recipients("all-in") == []
    story.hand_in("kosovo", "concur")
    story.tick(DURING + SECOND)
    assert story.recipients("all-in") == ["lead"]
    story.hand_in("kosovo", "no comments", now=DURING + A_DAY)
    story.tick(DURING + A_DAY)
    assert story.recipients("all-in") == ["lead"]


def test_after_the_closing_nobody_is_told_that_all_have_answered(story: Story) -> None:
    story.hand_in("moldova", "concur")
    story.hand_in("kosovo", "concur")
    story.tick(AFTER)
    assert (story.recipients("all-in"), story.recipients("closing").count("lead")) == ([], 1)


def test_a_week_after_the_closing_the_lead_hears_once_what_is_undecided(story: Story) -> None:
    two_conflicting(story)
    run(story, DEADLINE, DEADLINE + 7 * A_DAY - SECOND, 24)
    assert story.recipients("undecided") == []
    run(story, DEADLINE + 7 * A_DAY, DEADLINE + 20 * A_DAY, 24)
    assert story.recipients("undecided") == ["lead"]
    assert "closed 7 days ago. 5 comments have no decision yet." in story.letters("undecided")[0].text


def test_with_nothing_undecided_the_lead_hears_nothing(story: Story) -> None:
    run(story, DEADLINE, DEADLINE + 9 * A_DAY, 24)
    assert story.recipients("undecided") == []


def test_when_the_lead_hears_of_the_undecided_can_be_changed_after_the_closing(story: Story) -> None:
    two_conflicting(story)
    story.tick(DEADLINE)
    change(story, AFTER, undecided_days="2")
    story.tick(DEADLINE + 2 * A_DAY)
    assert story.recipients("undecided") == ["lead"]
    change(story, DEADLINE + 3 * A_DAY, 2, undecided_days="9")
    story.tick(DEADLINE + 9 * A_DAY)
    assert story.recipients("undecided") == ["lead"], "once"


def fail(story: Story, *whom: str, now: Any) -> None:
    for letter in story.letters("reminder"):
        if letter.recipient in {story.people[name].email for name in whom}:
            letter.state, letter.attempts = "sending", letter.attempts + 1
            outbox.fail(story.session, letter.id, letter.attempts, fault="refused", answer="550 no such user", now=now)


def test_letters_that_fail_together_are_told_together_and_once(story: Story) -> None:
    story.tick(FIRST)
    fail(story, "moldova", "kosovo", now=FIRST)
    run(story, FIRST, FIRST + A_DAY)
    (letter,) = story.letters("undelivered")
    assert letter.recipient == story.people["lead"].email
    for words in ("2 letters", "Mission to Moldova: “Reminder:", "Mission in Kosovo: “Reminder:", "/letters"):
        assert words in letter.text


def test_a_letter_that_fails_again_is_told_again_and_one_seen_to_is_not(story: Story) -> None:
    story.tick(FIRST)
    fail(story, "moldova", now=FIRST)
    story.tick(FIRST + timedelta(hours=1))
    letter = next(x for x in story.letters("reminder") if x.state == "failed")
    troubles.send_again(story.session, letter.id, by=story.actor("lead"), now=FIRST + timedelta(hours=2))
    fail(story, "moldova", now=FIRST + timedelta(hours=2))
    fail(story, "kosovo", now=FIRST + timedelta(hours=2))
    other = next(x for x in story.letters("reminder") if x.recipient == story.people["kosovo"].email)
    troubles.let_go(story.session, other.id, by=story.actor("lead"), now=FIRST + timedelta(hours=2))
    story.tick(FIRST + timedelta(hours=3))
    first, second = story.letters("undelivered")
    assert "Kosovo" not in first.text + second.text


def test_that_a_letter_to_the_lead_failed_makes_no_letter_to_the_lead(story: Story) -> None:
    story.tick(FIRST)
    fail(story, "moldova", now=FIRST)
    story.tick(FIRST + timedelta(hours=1))
    (letter,) = story.letters("undelivered")
    letter.state, letter.attempts = "sending", 1
    outbox.fail(story.session, letter.id, 1, fault="refused", answer="550", now=FIRST + timedelta(hours=1))
    story.tick(FIRST + A_DAY)
    assert len(story.letters("undelivered")) == 1


def test_a_digest_comes_daily_in_the_leads_zone_when_something_has_changed(story: Story) -> None:
    change(story, digest="08:00")
    story.hand_in("moldova", "concur", now=DURING + timedelta(hours=1))
    run(story, DURING, DURING + 3 * A_DAY)
    (letter,) = story.letters("digest")
    assert f"{letter.created_at:%H:%M}" == "07:00", "08:00 in Belgrade"
    assert "- Mission to Moldova has handed in: Concur." in letter.text
    assert "Not answered: Mission in Kosovo" in letter.text
    assert letter.recipient == story.people["lead"].email


def test_after_days_without_a_worker_there_is_one_digest_with_all_that_happened(story: Story) -> None:
    change(story, digest="08:00")
    for days, (name, position) in enumerate((("moldova", "concur"), ("kosovo", "not concerned"))):
        story.hand_in(name, position, now=DURING + timedelta(days=days, hours=1))
    story.tick(DURING + 6 * A_DAY)
    (letter,) = story.letters("digest")
    assert "Moldova has handed in" in letter.text
    assert "Kosovo has handed in" in letter.text


def test_what_is_not_handed_in_leaves_no_trace_in_a_digest(story: Story) -> None:
    change(story, digest="08:00")
    story.hand_in("kosovo", "concur")
    with story.session.begin_nested() as kept:
        run(story, DURING + SECOND, DURING + A_DAY)
        (without,) = story.letters("digest")
        told = (without.subject, without.text, without.html, without.created_at)
        kept.rollback()
    for number in range(3):
        story.comment("moldova", reason=f"ZXQV-SECRET {number}")
    run(story, DURING + SECOND, DURING + A_DAY)
    (letter,) = story.letters("digest")
    assert (letter.subject, letter.text, letter.html, letter.created_at) == told


def test_the_usual_plan_has_a_digest_and_it_ends_with_the_closing(story: Story) -> None:
    story.hand_in("moldova", "concur")
    run(story, DURING, DEADLINE + 3 * A_DAY, 2)
    assert all(x.created_at < DEADLINE for x in story.letters("digest"))
    assert story.session.scalars(select(Duty.kind).where(Duty.state == "due")).all() == ["undecided"]


# ---- what is still to come ------------------------------------------------------------------------------------------


def test_the_preview_tells_who_gets_what_when_and_leaves_out_who_has_answered(story: Story) -> None:
    a_head(story, "kosovo")
    story.hand_in("moldova", "concur")
    plan = letter_plans.plan_of(story.session, story.round)
    planned = letter_previews.preview(story.session, story.round, plan)
    told = [(p.at, str(p.what)) for p in planned]
    assert told[:3] == [
        (FIRST, "Reminder 5 working days before"),
        (DEADLINE - 2 * A_DAY, "Reminder 2 working days before"),
        (LAST, "Reminder 4 hours before"),
    ]
    assert [[r.organisation for r in p.readers] for p in planned[:3]] == [["Mission in Kosovo"]] * 3
    assert [bool(p.readers[0].heads) for p in planned[:3]] == [False, False, True]
    closing = next(p for p in planned if p.what == "The round is closed")
    assert {r.organisation for r in closing.readers} == {
        "Mission to Serbia", "Mission to Moldova", "Mission in Kosovo", "Gender Adviser",
    }  # fmt: skip


def test_what_the_preview_tells_is_what_comes(story: Story) -> None:
    a_head(story, "moldova")
    plan = letter_plans.plan_of(story.session, story.round)
    expected = sorted(
        (p.at, name)
        for p in letter_previews.preview(story.session, story.round, plan)
        for reader in p.readers
        for name in (*reader.names, *reader.heads)
        if p.at is not None and "Reminder" in p.what
    )
    run(story, FIRST - A_DAY, DEADLINE - SECOND)
    names = dict(story.session.execute(select(Person.email, Person.name)).all())
    assert sorted((x.created_at, names[x.recipient]) for x in story.letters("reminder")) == expected


def test_somebody_without_access_is_in_no_preview(story: Story) -> None:
    story.people["kosovo"].is_active = False
    story.session.flush()
    plan = letter_plans.plan_of(story.session, story.round)
    reader = next(
        r
        for p in letter_previews.preview(story.session, story.round, plan)
        for r in p.readers
        if r.organisation == "Mission in Kosovo"
    )
    assert reader.names == ()
    assert story.session.scalars(select(Appointment).where(Appointment.organisation_id == story.kosovo.id)).all()
