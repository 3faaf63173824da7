"""Letters with a transmittal: one to each address, by link or with files, never twice by themselves; what was taken."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from consult.delivering import deliver_due_letters
from consult.errors import Invalid, NotFound, Refused
from consult.mail import InDoubt
from consult.models import AuditEntry, OutboxLetter, TransmittalRecipient, db
from consult.services import outbox, recipients, transmittals, troubles
from consult.services.recipients import Limits
from consult.unit_of_work import unit_of_work
from tests.conftest import BASE_URL
from tests.story import AFTER, Story, a_story
from tests.transmitting import LIMITS, a_body, confirmed, decided, prepared, second_person, sent, token_in

DAY = timedelta(days=1)


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    story = decided(a_story(session, storage))
    second_person(story)
    return story


def ready(story: Story, **more: Any) -> Any:
    one = prepared(story, **more)
    assert confirmed(story, one)
    return one


def test_each_address_gets_one_letter_in_the_language_of_its_body(story: Story) -> None:
    two = a_body(story, addresses="a@example.org\nB@Example.org\n\na@example.org")
    russian = a_body(story, "CPC", delivery="files", language="ru")
    assert sent(story, ready(story), two, russian) == 3
    letters = {letter.recipient: letter for letter in story.letters("transmittal")}
    assert letters.keys() == {"a@example.org", "b@example.org", "cpc@example.org"}
    assert len({token_in(letters[email]) for email in ("a@example.org", "b@example.org")}) == 2
    assert letters["a@example.org"].attachments == []
    attached = letters["cpc@example.org"]
    assert "/transmitted/" not in attached.text
    assert [a.name for a in attached.attachments][:2] == ["1-cover-letter.docx", "2-clean-text.docx"]
    assert {"manifest.txt", "confirmation.txt"} <= {a.name for a in attached.attachments}
    assert all(letter.digest for letter in letters.values())


def test_nobody_gets_it_a_second_time_but_where_it_cannot_be_had_any_more(story: Story) -> None:
    one, body = ready(story), a_body(story)
    assert sent(story, one, body) == 1
    with pytest.raises(Invalid, match="has not gone yet"):
        sent(story, one, body)
    (first,) = recipients.list_recipients(story.session, one)
    recipients.revoke(story.session, one, first.id, by=story.actor("lead"), now=AFTER)
    assert first.letter.state == "cancelled"
    assert sent(story, one, body) == 1
    assert [r.number for r in recipients.list_recipients(story.session, one)] == [1, 2]


def test_nothing_goes_out_unconfirmed(story: Story) -> None:
    one, body = prepared(story), a_body(story)
    with pytest.raises(Refused) as refusal:
        sent(story, one, body)
    assert refusal.value.reason == "not-confirmed"


def test_a_letter_that_would_be_too_large_is_told_before_anything_is_sent(story: Story) -> None:
    one, linked, with_files = ready(story), a_body(story, "ODIHR"), a_body(story, "CPC", delivery="both")
    with pytest.raises(Invalid, match="MB to CPC; letters may have at most"):
        sent(story, one, linked, with_files, limits=Limits(BASE_URL, 90, 10))
    assert story.letters("transmittal") == []
    assert sent(story, one, linked, limits=Limits(BASE_URL, 90, 10)) == 1


def test_a_correction_names_what_it_replaces_and_the_old_links_know(story: Story) -> None:
    old, body = ready(story), a_body(story)
    sent(story, old, body)
    new = prepared(story, replaces=old.id)
    assert transmittals.find_replacement(story.session, old) is None
    assert confirmed(story, new)
    sent(story, new, body)
    assert transmittals.find_replacement(story.session, old) is new
    assert "This replaces transmittal 1, SEC.GAL/116/26/Rev.1, of" in story.letters("transmittal")[-1].text


def test_only_what_was_sent_is_corrected(story: Story) -> None:
    one = prepared(story)
    transmittals.withdraw(story.session, one, by=story.actor("lead"), now=AFTER)
    with pytest.raises(Refused, match="Only a transmittal that was sent"):
        prepared(story, replaces=one.id)


# ---- links ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def token(story: Story) -> str:
    sent(story, ready(story), a_body(story))
    return token_in(story.letters("transmittal")[0])


def test_a_link_is_kept_as_a_digest_and_opens_one_transmittal_for_a_time(story: Story, token: str) -> None:
    assert len(token) == 43
    assert recipients.get_by_token(story.session, token, now=AFTER).name == "ODIHR"
    (row,) = story.session.query(TransmittalRecipient)
    assert token not in str([getattr(row, column.name) for column in TransmittalRecipient.__table__.columns])
    last = AFTER + LIMITS.link_days * DAY
    recipients.get_by_token(story.session, token, now=last - timedelta(seconds=1))
    with pytest.raises(Refused, match="expired"):
        recipients.get_by_token(story.session, token, now=last)
    with pytest.raises(NotFound):
        recipients.get_by_token(story.session, token[:-1], now=AFTER)


def test_a_link_taken_back_opens_nothing_from_the_next_request_on(story: Story, token: str) -> None:
    found = recipients.get_by_token(story.session, token, now=AFTER)
    for _ in range(2):
        recipients.revoke(story.session, found.transmittal, found.id, by=story.actor("lead"), now=AFTER)
    with pytest.raises(Refused, match="taken back"):
        recipients.get_by_token(story.session, token, now=AFTER)
    assert story.session.query(AuditEntry).filter_by(action="transmittal.revoke").count() == 1


def test_what_is_taken_is_on_record(story: Story, token: str) -> None:
    found = recipients.get_by_token(story.session, token, now=AFTER)
    names = ("package.zip", "2-clean-text.docx", "confirmation.txt")
    taken = [recipients.take_file(story.session, story.storage, found, name, now=AFTER) for name in names]
    story.session.flush()
    story.session.expire_all()
    assert [(d.name, d.sha256, d.at) for d in found.downloads] == [
        (name, file.sha256, AFTER) for name, file in zip(names, taken, strict=True)
    ]
    with pytest.raises(NotFound):
        recipients.take_file(story.session, story.storage, found, "draft.docx", now=AFTER)


# ---- in doubt -------------------------------------------------------------------------------------------------------


def test_a_letter_in_doubt_waits_for_a_person_who_can_send_it_once_more(app: Any) -> None:
    """What breaks after the whole letter was given away is never sent again by itself, however often the worker looks."""
    with app.app_context(), time_machine.travel(AFTER, tick=False):
        with unit_of_work(db.session):
            story = decided(a_story(db.session, app.extensions["consult.storage"]))
            second_person(story)
            sent(story, ready(story), a_body(story))
            number = story.letters("transmittal")[0].id
        tried = []

        def broken(letter: OutboxLetter) -> None:
            tried.append(letter.id)
            if letter.id == number:
                raise InDoubt("no-answer")

        deliver_due_letters(db.session, broken)
        with unit_of_work(db.session) as now:
            db.session.get_one(OutboxLetter, number).claimed_at = now - outbox.LEASE - DAY
        for _ in range(3):
            deliver_due_letters(db.session, broken)
        letter = db.session.get_one(OutboxLetter, number)
        assert (letter.state, tried.count(number)) == ("unknown", 1)
        db.session.rollback()
        with unit_of_work(db.session) as now:
            troubles.decide(db.session, number, "again", by=story.actor("lead"), now=now)
        assert deliver_due_letters(db.session, lambda letter: None) == 1
        assert db.session.get_one(OutboxLetter, number).state == "sent"
        db.session.rollback()
