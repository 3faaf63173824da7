"""Mails that came in are sorted: taken in only with a key and from that person's own address, else somebody looks."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes

import pytest
from flask import current_app

from consult import clock
from consult.messages import write_message
from consult.models import Appointment, AuditEntry, Comment, Job, OutboxLetter, ReceivedMail, db
from consult.services import invitations, people
from tests.conftest import BASE_URL, make_app
from tests.mail.incoming import ADDRESS, Fields, a_mail, a_running_story, key_address, take
from tests.mail.test_bounces import OF_THE_STANDARD
from tests.story import Story


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    app = make_app(tmp_path_factory.mktemp("sorting"))
    with app.app_context():
        yield a_running_story(app)


@pytest.fixture
def story(told: Story) -> Iterator[Story]:
    """Give the story as it was told: what a test does with it is undone."""
    yield told
    db.session.rollback()


def answers(story: Story) -> list[OutboxLetter]:
    return story.letters("received")


def outcome(mail: ReceivedMail) -> tuple[str, str]:
    return mail.state, mail.reason


def test_a_mail_with_a_key_from_its_own_person_is_read(story: Story) -> None:
    mail = take(story, a_mail(story))
    assert (mail.state, mail.person_id, mail.organisation_id, mail.round_id) == (
        "reading", story.people["moldova"].id, story.moldova.id, story.round.id,
    )  # fmt: skip
    job = db.session.query(Job).one()
    assert (job.kind, job.facts, job.organisation_id) == ("mail", {"mail_id": mail.id}, story.moldova.id)
    assert story.storage.read(mail.file_sha256) == story.storage.read(mail.file_sha256)
    assert answers(story) == []
    assert db.session.query(Comment).count() == 0


def test_the_same_mail_twice_is_one(story: Story) -> None:
    raw = a_mail(story)
    first, second = take(story, raw), take(story, raw)
    grown = take(story, b"Received: from somewhere\n" + raw)  # it went another way, and is the same
    assert first.id == second.id == grown.id
    assert db.session.query(Job).count() == 1
    other = take(story, raw + b"\nAnd one thing more.")  # the same name with other words is another mail
    assert other.id != first.id


FROM_OTHERS: dict[str, tuple[str, str]] = {
    "Somebody <mallory@evil.example>": ("quarantined", "unknown-sender"),
    '"{moldova}" <mallory@evil.example>': ("quarantined", "unknown-sender"),
    "{kosovo}": ("quarantined", "other-key"),
    "": ("quarantined", "unclear-sender"),
    "{moldova})mallory@evil.example": ("quarantined", "unclear-sender"),  # CVE-2023-27043
    "{moldova}]mallory@evil.example": ("quarantined", "unclear-sender"),
    "{moldova}(<mallory@evil.example>": ("quarantined", "unclear-sender"),
    "{moldova}<mallory@evil.example>": ("quarantined", "unclear-sender"),
    "{moldova}[": ("quarantined", "unclear-sender"),
    "{moldova}:mallory@evil.example": ("quarantined", "unclear-sender"),
    "{moldova};": ("quarantined", "unclear-sender"),
    "<{moldova}>, <mallory@evil.example>": ("quarantined", "unclear-sender"),
    "group:{moldova};": ("quarantined", "unclear-sender"),
    "=?utf-8?q?{moldova}?=": ("quarantined", "unclear-sender"),
    "=?utf-8?q?a?=@example.org": ("quarantined", "unclear-sender"),
    "=?utf-8?q?{moldova}=3E?= <mallory@evil.example>": ("quarantined", "unclear-sender"),
    "=?utf-8?q?moldova=40example.org?= <mallory@evil.example>": ("quarantined", "unknown-sender"),
    "<@evil.example:{moldova}>": ("quarantined", "unclear-sender"),
    "{moldova}\nFrom: mallory@evil.example": ("quarantined", "unclear-sender"),
    '"A \\" <x@evil.example>" <{moldova}>': ("reading", ""),
    "=?utf-8?b?0JbQsNC9?= <{moldova}>": ("reading", ""),
    "{moldova}": ("reading", ""),
    "\n <{moldova}>": ("reading", ""),
}  # fmt: skip


@pytest.mark.parametrize("field", FROM_OTHERS)
def test_whoever_is_not_plainly_the_person_of_the_key_waits_for_the_lead(story: Story, field: str) -> None:
    written = field.format(**{name: person.email for name, person in story.people.items()})
    assert outcome(take(story, a_mail(story, fields={"From": written}))) == FROM_OTHERS[field]
    assert db.session.query(Job).count() == (FROM_OTHERS[field][0] == "reading")
    assert len(answers(story)) == (FROM_OTHERS[field][1] == "other-key")


@pytest.mark.parametrize("field", ["To", "Cc", "Delivered-To", "X-Original-To"])
def test_the_key_may_stand_wherever_it_says_for_whom_the_mail_is(story: Story, field: str) -> None:
    address = key_address(story, "moldova")
    fields: Fields = {"To": "undisclosed-recipients:;", field: address.upper()}
    assert take(story, a_mail(story, fields=fields)).state == "reading"


@pytest.mark.parametrize(
    "to",
    [ADDRESS, f"consult+{'a' * 32}@example.org", "x{key}", "{key}.evil.example", "", "consult-x@example.org"],
)  # fmt: skip
def test_without_a_key_of_ours_nobody_reads_it_and_its_known_sender_is_told(story: Story, to: str) -> None:
    mail = take(story, a_mail(story, fields={"To": to.format(key=key_address(story, "moldova"))}))
    assert outcome(mail) == ("unplaced", "no-key")
    (letter,) = answers(story)
    assert (letter.recipient, letter.in_reply_to) == (story.people["moldova"].email, mail.message_id)


def test_a_key_ends_with_its_round_and_with_the_secret(story: Story) -> None:
    assert take(story, a_mail(story, secret="another secret of another instance")).state == "unplaced"
    story.round.stage = "decided"
    assert take(story, a_mail(story)).state == "unplaced"
    story.round.stage = "planned"
    story.round.circulated_at = None
    assert take(story, a_mail(story)).state == "unplaced"


def test_whoever_left_the_organisation_has_no_key_any_more(story: Story) -> None:
    story.people["moldova"].appointments = []
    story.session.flush()
    assert take(story, a_mail(story)).state == "unplaced"


def test_whoever_is_not_active_gets_no_answer(story: Story) -> None:
    story.people["moldova"].is_active = False
    story.session.flush()
    assert take(story, a_mail(story)).state == "unplaced"
    assert answers(story) == []


def test_two_keys_are_one_too_many(story: Story) -> None:
    both = f"{key_address(story, 'moldova')}, {key_address(story, 'kosovo')}"
    assert outcome(take(story, a_mail(story, fields={"To": both}))) == ("quarantined", "other-key")


@pytest.mark.parametrize(
    ("result", "state"),
    [("mx; dmarc=fail (p=reject) header.from=example.org", "quarantined"), ("mx; spf=fail; dkim=pass; dmarc=pass", "reading"),
     ("mx; dmarc=none", "reading"), ("mx (dmarc=fail) ; dmarc=pass", "reading")],
)  # fmt: skip
def test_what_our_server_says_of_the_sender_is_kept_and_heeded(story: Story, result: str, state: str) -> None:
    mail = take(story, a_mail(story, fields={"Authentication-Results": result}))
    assert (mail.state, mail.authentication) == (state, result)
    assert answers(story) == []


def test_an_observer_and_somebody_of_two_organisations_wait_for_the_lead(story: Story) -> None:
    assert outcome(take(story, a_mail(story, "observer"))) == ("quarantined", "not-asked")
    story.people["moldova"].appointments.append(Appointment(organisation_id=story.kosovo.id, role="contributor"))
    story.session.flush()
    assert outcome(take(story, a_mail(story))) == ("quarantined", "several")
    assert len(answers(story)) == 2


def test_an_objection_is_not_taken_by_mail(story: Story) -> None:
    story.round.kind = "no-objection"
    assert outcome(take(story, a_mail(story))) == ("quarantined", "other-kind")
    assert len(answers(story)) == 1


def test_a_mail_of_which_only_the_beginning_was_kept_waits(story: Story) -> None:
    assert outcome(take(story, a_mail(story), is_whole=False)) == ("quarantined", "too-large")


@pytest.mark.parametrize(("after", "state"), [(-1, "reading"), (0, "late"), (1, "late")])
def test_a_mail_counts_by_when_we_have_it(story: Story, after: int, state: str) -> None:
    assert story.round.deadline is not None
    instant = story.round.deadline.at + timedelta(microseconds=after)
    mail = take(story, a_mail(story), now=instant)
    assert mail.state == state
    assert [letter.in_reply_to for letter in answers(story)] == [mail.message_id] * (state == "late")


def test_what_was_in_time_is_read_however_late_it_is_sorted(story: Story) -> None:
    assert story.round.deadline is not None
    mail = take(story, a_mail(story), now=story.round.deadline.at - timedelta(hours=1))
    assert mail.state == "reading"


MACHINES: dict[str, tuple[Fields, str]] = {
    "says so": ({"Auto-Submitted": "auto-replied"}, "automatic"),
    "made by a machine": ({"Auto-Submitted": "auto-generated; x=y"}, "automatic"),
    "nobody to answer to": ({"Return-Path": "<>"}, "report"),
    "a list": ({"List-Id": "<all.missions.example.org>"}, "list"),
    "a list of old": ({"Precedence": "list"}, "list"),
    "bulk": ({"Precedence": "bulk"}, "automatic"),
    "its own loop": ({"X-Loop": "x"}, "list"),
    "autoreply": ({"X-Autoreply": "yes"}, "automatic"),
    "ourselves": ({"From": "consult <noreply@example.org>"}, "own"),
    "our address": ({"From": ADDRESS}, "own"),
    "en": ({"Subject": "Automatic reply: Two days are left"}, "automatic"),
    "en away": ({"Subject": "Out of office: Two days are left"}, "automatic"),
    "fr": ({"Subject": "=?utf-8?q?R=C3=A9ponse_automatique_=3A_Two_days?="}, "automatic"),
    "de": ({"Subject": "Abwesenheitsnotiz: Two days are left"}, "automatic"),
    "it": ({"Subject": "Risposta automatica: Two days"}, "automatic"),
    "es": ({"Subject": "Respuesta automática: Two days"}, "automatic"),
    "ru": ({"Subject": "Автоматический ответ: Two days"}, "automatic"),
    "sr": ({"Subject": "Аутоматски одговор: Two days"}, "automatic"),
    "sr latin": ({"Subject": "Automatski odgovor: Two days"}, "automatic"),
    "sq": ({"Subject": "Përgjigje automatike: Two days"}, "automatic"),
    "mk": ({"Subject": "Автоматски одговор: Two days"}, "automatic"),
    "ro": ({"Subject": "Răspuns automat: Two days"}, "automatic"),
}


@pytest.mark.parametrize("name", MACHINES)
def test_what_a_machine_sent_is_no_comment_and_gets_no_answer(story: Story, name: str) -> None:
    fields, reason = MACHINES[name]
    assert outcome(take(story, a_mail(story, fields=fields))) == ("automatic", reason)
    assert answers(story) == []
    assert db.session.query(Job).count() == 0


@pytest.mark.parametrize(
    "subject", ["Re: Automatic reply", "Our office is out of paper", "Auto-Submitted", "Dienst: Büro"]
)
def test_what_only_speaks_of_machines_is_read(story: Story, subject: str) -> None:
    assert take(story, a_mail(story, fields={"Subject": subject, "Auto-Submitted": "no"})).state == "reading"


def test_whoever_asks_machines_not_to_answer_gets_no_answer_and_is_read(story: Story) -> None:
    fields: Fields = {"X-Auto-Response-Suppress": "DR, AutoReply", "To": ADDRESS}
    assert take(story, a_mail(story, fields=fields)).state == "unplaced"
    assert answers(story) == []


def test_a_machine_that_does_not_say_so_is_answered_no_more_than_ten_times_in_an_hour(story: Story) -> None:
    for _ in range(14):
        take(story, a_mail(story, fields={"To": ADDRESS}))
    assert len(answers(story)) == 10


def test_more_mails_than_a_person_writes_wait_for_the_lead(story: Story) -> None:
    found = [outcome(take(story, a_mail(story))) for _ in range(22)]
    assert found[:20] == [("reading", "")] * 20
    assert found[20:] == [("quarantined", "too-many")] * 2


def test_every_mail_is_on_record_without_its_words(story: Story) -> None:
    mail = take(story, a_mail(story, body="ZXQV-SECRET"))
    entry = db.session.query(AuditEntry).filter_by(action="mail.sort").one()
    assert (entry.object_id, entry.facts["state"]) == (str(mail.id), "reading")
    assert "ZXQV" not in str(entry.facts)


def test_a_key_is_for_one_person_in_one_round_and_lets_nobody_sign_in(story: Story) -> None:
    assert len({key_address(story, name) for name in story.people}) == len(story.people)
    key = key_address(story, "moldova").partition("+")[2].partition("@")[0]
    assert len(key) == 32  # five bits each: 160
    assert current_app.test_client().post(f"/sign-in/{key}").status_code in (404, 409)
    assert people.find_actor(db.session, token=key, now=clock.now()) is None


def test_an_organisation_of_the_lead_may_answer_too(story: Story) -> None:
    assert take(story, a_mail(story, "lead")).state == "reading"


def test_two_machines_that_answer_each_other_stop_after_one_round(story: Story) -> None:
    """One that knows the rules is silent at once; one that knows none gets one letter, and none about its answer to it."""
    first = take(story, a_mail(story, fields={"To": ADDRESS}))
    (letter,) = answers(story)
    written = message_from_bytes(write_message(letter, "noreply@example.org"))
    assert (written["Auto-Submitted"], written["In-Reply-To"]) == ("auto-replied", first.message_id)
    assert written["X-Auto-Response-Suppress"] == "All"
    polite: Fields = {"Auto-Submitted": "auto-replied", "In-Reply-To": letter.message_id}
    rude: Fields = {"To": ADDRESS, "In-Reply-To": letter.message_id, "References": f"<x@y> {letter.message_id}"}
    assert take(story, a_mail(story, fields=polite)).state == "automatic"
    for _ in range(3):
        assert take(story, a_mail(story, body="I am away.", fields=rude)).state == "unplaced"
    assert len(answers(story)) == 1


def test_a_bounce_that_comes_in_is_noted_at_its_letter(story: Story) -> None:
    invitations.invite(story.session, story.round, base_url=BASE_URL, now=clock.now())
    letter = story.letters("invitation")[0]
    letter.state = "sent"
    bounce = OF_THE_STANDARD.replace(b"<our-letter@example.org>", letter.message_id.encode())
    bounce = bounce.replace(b"louisl@larry.slip.umd.edu", letter.recipient.encode())
    assert outcome(take(story, bounce)) == ("automatic", "report")
    assert (letter.state, letter.fault) == ("failed", "returned")
