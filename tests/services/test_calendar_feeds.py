"""Deadlines in people's calendars, read by another parser than the library that writes them."""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
import vobject

from consult.errors import Invalid, Refused
from consult.messages import digest_of, write_message
from consult.models import OutboxLetter, Person
from consult.rules.calendar_files import Entry, write_feed
from consult.services import calendar_feeds, cancellations, deadlines, extensions, invitations, no_objections, rounds
from tests import factories
from tests.conftest import BASE_URL
from tests.engine.specimens import specimen_draft
from tests.factories import DEADLINE, START
from tests.silences import a_silence
from tests.story import DURING, SECOND, Story, a_story

A_DAY = timedelta(days=1)


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    story = a_story(session, storage)
    invitations.invite(session, story.round, base_url=BASE_URL, now=START)
    return story


def parse(text: str) -> Any:
    """Return what another parser reads; lines are CRLF and at most 75 octets."""
    assert text.count("\n") == text.count("\r\n")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    return vobject.readOne(text)


def part_of(letter: OutboxLetter, sender: str = "consult@lead.example") -> Any:
    mail = message_from_bytes(write_message(letter, sender), policy=default)
    (part,) = [p for p in mail.walk() if p.get_content_type() == "text/calendar"]
    return part


def events_of(story: Story, name: str) -> list[Any]:
    """Return the events in the letters to somebody, in order, each with what it asks the calendar to do."""
    found = []
    for letter in story.letters():
        if letter.recipient == story.people[name].email and letter.calendar:
            part = part_of(letter)
            calendar = parse(part.get_content().replace("\r\n", "\n").replace("\n", "\r\n"))
            assert part.get_param("method") == calendar.method.value
            found.append((calendar.method.value, calendar.vevent))
    return found


def move(story: Story, wall: str, now: datetime, reason: str = "Because.") -> None:
    deadlines.move_deadline(
        story.session, story.round, wall=wall, zone="Europe/Vienna", reason=reason, version=story.round.version,
        base_url=BASE_URL, by=story.actor("lead"), now=now,
    )  # fmt: skip


def cancel(story: Story, now: datetime = DURING, **more: Any) -> None:
    given = {"reason": "The Council took it off its list.", "version": story.round.version, **more}
    cancellations.cancel(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=now, **given)


def feed(story: Story, name: str, now: datetime = DURING) -> list[Any]:
    person = story.people[name]
    text = calendar_feeds.write_calendar(story.session, person, base_url=BASE_URL, now=now)
    assert calendar_feeds.write_calendar(story.session, person, base_url=BASE_URL, now=now) == text, (
        "same facts, same text"
    )
    return list(parse(text).contents.get("vevent", []))


def test_an_invitation_puts_the_deadline_into_the_calendar_to_the_minute(story: Story) -> None:
    ((method, event),) = events_of(story, "moldova")
    assert (method, event.sequence.value, event.status.value) == ("REQUEST", "0", "CONFIRMED")
    assert event.dtstart.value == DEADLINE
    assert event.summary.value == "Comments due: Draft guidelines (round 1)"
    assert "27 Nov 2026, 17:00 (Europe/Vienna) = 27 Nov 2026, 18:00 (Europe/Chisinau)" in event.description.value
    assert event.organizer.value == "mailto:consult@lead.example"
    assert event.attendee.value == f"mailto:{story.people['moldova'].email}"
    assert [alarm.trigger.value for alarm in event.valarm_list] == [-A_DAY, timedelta(hours=-4)]


def test_moved_and_cancelled_it_is_the_same_entry_with_a_rising_sequence(story: Story) -> None:
    move(story, "2026-12-04T17:00", DURING)
    move(story, "2026-12-01T12:00", DURING + A_DAY)
    cancel(story, DURING + 2 * A_DAY)
    found = events_of(story, "moldova")
    assert len({event.uid.value for _, event in found}) == 1
    assert [(method, event.sequence.value) for method, event in found] == [
        ("REQUEST", "0"), ("REQUEST", "1"), ("REQUEST", "2"), ("CANCEL", "3"),
    ]  # fmt: skip
    assert [event.dtstart.value for _, event in found[1:]] == [
        datetime(2026, 12, 4, 16, tzinfo=UTC), datetime(2026, 12, 1, 11, tzinfo=UTC),
        datetime(2026, 12, 1, 11, tzinfo=UTC),
    ]  # fmt: skip
    assert found[-1][1].status.value == "CANCELLED"
    assert "valarm" not in found[-1][1].contents
    stamps = [event.dtstamp.value for _, event in found]
    assert stamps == sorted(set(stamps))


def test_each_organisation_has_an_entry_of_its_own_and_the_feed_has_the_same(story: Story) -> None:
    uids = {name: events_of(story, name)[0][1].uid.value for name in ("moldova", "kosovo", "observer")}
    assert len(set(uids.values())) == 3
    move(story, "2026-12-04T17:00", DURING)
    for name, uid in uids.items():
        (event,) = feed(story, name)
        _, moved = events_of(story, name)[-1]
        assert event.uid.value == moved.uid.value == uid
        assert (event.sequence.value, event.dtstart.value) == (moved.sequence.value, moved.dtstart.value)


@pytest.mark.parametrize("wall", ["2026-10-23T17:00", "2026-10-26T17:00", "2027-03-26T17:00", "2027-03-29T17:00"])
def test_around_a_change_of_the_clocks_the_hour_is_right(story: Story, wall: str) -> None:
    move(story, wall, START - 30 * A_DAY)
    _, event = events_of(story, "moldova")[-1]
    assert event.dtstart.value.strftime("%H:%M") in ("15:00", "16:00")
    assert event.dtstart.value == story.round.deadline.at  # type: ignore[union-attr]
    assert event.dtstart.value.utcoffset() == timedelta(0)


def test_the_mail_is_the_same_to_the_byte_at_every_attempt_whatever_happens_meanwhile(story: Story) -> None:
    letter = story.letters("invitation")[0]
    before = (write_message(letter, "consult@lead.example"), digest_of(letter))
    move(story, "2026-12-04T17:00", DURING)
    letter.attempts = 3
    story.session.flush()
    story.session.expire_all()
    assert (write_message(letter, "consult@lead.example"), digest_of(letter)) == before


def test_a_long_address_of_the_sender_is_folded_as_the_standard_wants(story: Story) -> None:
    sender = f"{'consultations' * 4}@{'very-long-name' * 3}.example.org"
    text = part_of(story.letters("invitation")[0], sender).get_content()
    assert max(len(line) for line in text.splitlines()) <= 75
    assert vobject.readOne(text).vevent.organizer.value == f"mailto:{sender}"


def test_other_letters_carry_no_calendar(story: Story) -> None:
    story.tick(DEADLINE - SECOND)
    story.tick(DEADLINE)
    assert {letter.kind for letter in story.letters() if letter.calendar} == {"invitation"}


def test_a_title_can_grow_no_line_of_a_calendar(story: Story) -> None:
    story.round.consultation.title = 'A "title";, \\ with\r\nATTENDEE:mailto:x@y\x00\x1b and Šćekić, Ћирилица ' * 4
    (event,) = feed(story, "moldova")
    assert "attendee" not in event.contents
    assert "Ћирилица" in event.summary.value
    assert not re.search(r"[\x00\x1b]", event.serialize())


def test_a_feed_has_the_rounds_that_exist_for_its_person_and_no_others(story: Story) -> None:
    factories.a_round(
        story.session, storage=story.storage, data=specimen_draft(), lead=story.lead, consulted=(story.kosovo,),
    )  # fmt: skip
    planned = factories.a_round(
        story.session, storage=story.storage, data=specimen_draft(), lead=story.lead, consulted=(story.moldova,),
        circulated=False,
    )  # fmt: skip
    assert planned.deadline is None
    assert [len(feed(story, name)) for name in ("moldova", "kosovo", "lead", "observer")] == [1, 2, 2, 1]
    story.people["stranger"] = factories.a_person(story.session)
    assert feed(story, "stranger") == []
    assert [e.summary.value for e in feed(story, "observer")] == ["Round closes: Draft guidelines (round 1)"]


def test_a_feed_tells_nothing_of_what_anybody_wrote(story: Story) -> None:
    story.round.invitation = "ZXQV-SECRET"
    before = [e.serialize() for e in feed(story, "kosovo")]
    story.comment("moldova", reason="ZXQV-SECRET")
    assert [e.serialize() for e in feed(story, "kosovo")] == before
    story.hand_in("moldova", statement="ZXQV-SECRET")
    assert [e.serialize() for e in feed(story, "kosovo")] == before
    assert "ZXQV" not in "".join(before)


def test_a_grace_leaves_no_trace_in_a_calendar(story: Story) -> None:
    before = [e.serialize() for e in feed(story, "moldova")]
    deadline = story.round.deadline
    assert deadline is not None
    deadlines.move_deadline(
        story.session, story.round, wall=deadline.wall, zone=deadline.zone, grace_hours="24", reason="",
        version=story.round.version, base_url=BASE_URL, by=story.actor("lead"), now=DURING,
    )  # fmt: skip
    assert deadline.grace_until is not None
    assert [e.serialize() for e in feed(story, "moldova", DEADLINE + timedelta(hours=1))] == before


def test_a_round_that_is_closed_stays_for_a_while_and_rings_no_more(story: Story) -> None:
    rounds.close_early(
        story.session, story.round, reason="All have answered.", version=story.round.version, base_url=BASE_URL,
        by=story.actor("lead"), now=DURING,
    )  # fmt: skip
    (event,) = feed(story, "moldova", DURING + A_DAY)
    assert (event.dtstart.value, event.sequence.value) == (DURING, "1")
    assert event.summary.value.startswith("Closed: ")
    assert "valarm" not in event.contents
    assert feed(story, "moldova", DURING + 91 * A_DAY) == []


def test_a_feed_is_in_the_language_of_its_person(story: Story) -> None:
    story.people["moldova"].language = "fr"
    text = calendar_feeds.write_calendar(story.session, story.people["moldova"], base_url=BASE_URL, now=DURING)
    assert "27 nov. 2026" in parse(text).vevent.description.value


# ---- the address ----------------------------------------------------------------------------------------------------


def renew(story: Story, name: str, now: datetime = DURING) -> str:
    person = story.people[name]
    address = calendar_feeds.renew_feed(story.session, person, base_url=BASE_URL, by=story.actor(name), now=now)
    return address.rpartition("/")[2].removesuffix(".ics")


def reader(story: Story, token: str) -> Person | None:
    return calendar_feeds.find_reader(story.session, token)


def test_an_address_holds_until_it_is_renewed_revoked_or_its_person_has_no_access(story: Story) -> None:
    first = renew(story, "moldova")
    assert reader(story, first) == story.people["moldova"]
    second = renew(story, "moldova")
    other = renew(story, "kosovo")
    assert [reader(story, token) for token in (first, second)] == [None, story.people["moldova"]]
    calendar_feeds.revoke_feed(story.session, story.people["moldova"], by=story.actor("moldova"), now=DURING)
    assert [reader(story, token) for token in (second, other)] == [None, story.people["kosovo"]]
    story.people["kosovo"].is_active = False
    story.session.flush()
    assert reader(story, other) is None
    assert reader(story, "") is None


# ---- cancelling -----------------------------------------------------------------------------------------------------


def test_a_cancelled_round_takes_nothing_any_more_and_nothing_is_due_in_it(story: Story) -> None:
    story.comment("moldova", reason="Written before.")
    cancel(story)
    assert story.recipients("cancelled") == ["kosovo", "lead", "moldova", "observer"]
    assert "The reason: The Council took it off its list." in story.letters("cancelled")[0].text
    with pytest.raises(Refused):
        story.hand_in("moldova", now=DURING + SECOND)
    assert story.tick(DEADLINE + 30 * A_DAY) == 0
    assert {letter.kind for letter in story.letters()} == {"invitation", "cancelled"}


@pytest.mark.parametrize(
    ("now", "given", "refusal"),
    [
        (DURING, {"reason": " "}, Invalid), (DURING, {"version": 99}, Refused), (DEADLINE, {}, Refused),
    ],
)  # fmt: skip
def test_what_cannot_be_cancelled_stays_open(
    story: Story, now: datetime, given: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        cancel(story, now, **given)
    assert (story.round.stage, story.letters("cancelled")) == ("open", [])


def test_a_round_is_cancelled_once_and_a_cancelled_one_is_not_closed_moved_or_merged(story: Story) -> None:
    cancel(story)
    for act in (
        lambda: cancel(story),
        lambda: move(story, "2026-12-04T17:00", DURING),
        lambda: deadlines.close_round(
            story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=DURING
        ),
    ):
        with pytest.raises(Refused):
            act()
    assert len(story.letters("cancelled")) == 4


def test_a_no_objection_round_comes_into_the_calendar_and_leaves_it_when_it_is_withdrawn(
    session: Any, storage: Any
) -> None:
    story = a_silence(session, storage, now=START, expires=START + 8 * A_DAY)
    ((method, event),) = events_of(story, "moldova")
    assert (method, event.dtstart.value) == ("REQUEST", START + 8 * A_DAY)
    assert event.summary.value == "No-objection round ends: Draft guidelines (round 1)"
    no_objections.withdraw(
        session, story.round, reason="A mistake.", person=story.people["lead"], base_url=BASE_URL,
        by=story.actor("lead"), now=START + A_DAY,
    )  # fmt: skip
    (_, first), (method, second) = events_of(story, "moldova")
    assert (method, second.uid.value, second.sequence.value) == ("CANCEL", first.uid.value, "1")
    assert [e.status.value for e in feed(story, "moldova", START + 2 * A_DAY)] == ["CANCELLED"]


def test_an_extension_moves_the_entry_of_its_organisation_and_of_no_other(story: Story) -> None:
    before = [e.serialize() for e in feed(story, "kosovo")]
    extensions.grant(
        story.session, story.round, story.moldova.id, wall="2026-11-30T12:00", reason="", base_url=BASE_URL,
        by=story.actor("lead"), person=story.people["lead"], now=DURING,
    )  # fmt: skip
    (_, first), (method, second) = events_of(story, "moldova")
    assert (method, second.uid.value, second.sequence.value) == ("REQUEST", first.uid.value, "1")
    assert second.dtstart.value == datetime(2026, 11, 30, 11, tzinfo=UTC)
    assert [e.serialize() for e in feed(story, "kosovo")] == before
    story.tick(DEADLINE)
    (event,) = feed(story, "moldova", DEADLINE + timedelta(hours=1))
    assert (event.dtstart.value, event.summary.value[:12]) == (second.dtstart.value, "Comments due")
    assert len(events_of(story, "kosovo")) == 1
    (other,) = feed(story, "kosovo", DEADLINE + timedelta(hours=1))
    assert (other.dtstart.value, other.sequence.value) == (DEADLINE, "0")


# ---- every hour of the year -----------------------------------------------------------------------------------------


def hours() -> Iterator[datetime]:
    start = datetime(2026, 3, 28, tzinfo=UTC)
    yield from itertools.islice((start + timedelta(minutes=30 * n) for n in itertools.count()), 96)
    start = datetime(2026, 10, 24, tzinfo=UTC)
    yield from itertools.islice((start + timedelta(minutes=30 * n) for n in itertools.count()), 96)


def test_over_both_changes_of_the_clocks_every_instant_is_read_back_as_it_was() -> None:
    instants = list(hours())
    entries = [Entry(f"{n}@x", n, at, at, "Ж", "Ж", "http://x/") for n, at in enumerate(instants)]
    read = parse(write_feed(entries, name="Ж"))
    assert [event.dtstart.value for event in read.vevent_list] == instants
