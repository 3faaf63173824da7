"""No-objection rounds: announced, answered, broken, run out, withdrawn; who is told, and what is on record."""

import hashlib
import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from consult import engine
from consult.errors import Invalid, Refused
from consult.models import AuditEntry, CarriedComment, NoObjectionAnswer
from consult.services import (
    checking,
    deadlines,
    evidence,
    no_objection_announcements,
    no_objection_records,
    no_objections,
    visibility,
)
from consult.services.no_objections import Words
from tests import factories
from tests.conftest import BASE_URL, make_app
from tests.factories import START
from tests.silences import SECOND, a_silence, amend, announce, answer, wall
from tests.story import Story, a_story

DAY = timedelta(days=1)
BEGIN, EXPIRY = START + DAY, START + 8 * DAY
EVERYBODY = ["kosovo", "lead", "moldova", "observer"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One database for all tests here: none of them commits."""
    return make_app(tmp_path_factory.mktemp("instance"))


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    """A round that runs at once."""
    return a_silence(session, storage, now=START, expires=EXPIRY)


def state(story: Story, now: datetime) -> str:
    return no_objections.state_of(story.session, story.round, now)


def record_of(story: Story, now: datetime) -> no_objection_records.Record:
    return no_objection_records.read_record(story.session, story.round, now)


def words_of(story: Story, now: datetime) -> dict[str, str]:
    return {s.organisation.code: s.word for s in record_of(story, now).standings}


# ---- announcing -----------------------------------------------------------------------------------------------------


def test_the_announcement_prints_the_rule_the_instant_and_the_digest(story: Story) -> None:
    assert story.recipients("no-objection") == ["kosovo", "moldova", "observer"]
    letter = story.letters("no-objection")[0]
    held = no_objections.get(story.round)
    for words in (
        "only because this round was opened as a no-objection round",
        "The time of expiry cannot be moved",
        "(Europe/Belgrade) = 10 Nov 2026, 09:00 (UTC)",
        held.file_sha256,
        "told to all who take part at once",
        "stand in the letter about it, too",
    ):
        assert words in letter.text, words
    assert (story.round.kind, story.round.stage) == ("no-objection", "open")


def test_the_frozen_text_is_the_one_that_is_kept(session: Any, storage: Any) -> None:
    story = a_story(session, storage, circulated=False)
    frozen = no_objection_announcements.freeze_text(session, storage, story.round)
    held = announce(story, now=START, expires=EXPIRY)
    assert engine.read_identity(frozen) is not None
    assert storage.read(held.file_sha256) == storage.read(story.draft.file_sha256)


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"expires": START - DAY}, "expiry-past"),
        ({"expires": EXPIRY, "starts": START - DAY}, "start-past"),
        ({"expires": EXPIRY, "starts": EXPIRY}, "start-after-expiry"),
        ({"expires": EXPIRY, "places": {}}, "nobody-asked"),
    ],
)
def test_what_cannot_be_announced_is_refused(session: Any, storage: Any, times: Any, reason: str) -> None:
    story = a_story(session, storage, circulated=False)
    with pytest.raises(Invalid) as refusal:
        announce(story, now=START, **times)
    assert refusal.value.reason == reason


def test_who_could_not_answer_is_not_asked(session: Any, storage: Any) -> None:
    story = a_story(session, storage, circulated=False)
    story.people["kosovo"].is_active = False
    with pytest.raises(Invalid, match="Nobody could answer for Mission in Kosovo"):
        announce(story, now=START, expires=EXPIRY, places={story.moldova.id: "consulted", story.kosovo.id: "consulted"})


def test_comments_that_were_carried_over_want_a_round_for_comments(session: Any, storage: Any) -> None:
    story = a_story(session, storage, circulated=False)
    comment = factories.a_comment(
        session, round_=story.round, organisation=story.moldova, author=story.people["moldova"]
    )
    session.add(CarriedComment(comment_id=comment.id, origin_id=comment.id, state="same", old_number="1", old_text="x"))
    session.flush()
    with pytest.raises(Refused, match="circulate the draft for comments"):
        announce(story, now=START, expires=EXPIRY)


def test_the_time_of_expiry_cannot_be_moved(story: Story) -> None:
    with pytest.raises(Refused, match="cannot be moved"):
        deadlines.move_deadline(
            story.session, story.round, wall=wall(EXPIRY + DAY), zone="Europe/Belgrade", reason="More time.",
            version=story.round.version, base_url=BASE_URL, by=story.actor("lead"), now=BEGIN,
        )  # fmt: skip


# ---- breaking -------------------------------------------------------------------------------------------------------


def test_an_objection_one_second_before_expiry_breaks_and_all_are_told_at_once(story: Story) -> None:
    made = answer(story, "moldova", "objection", text="Article 3 is not ours.", now=EXPIRY - SECOND)
    assert (made.effect, state(story, EXPIRY)) == ("first", "broken")
    assert story.recipients("no-objection-end") == EVERYBODY
    letter = story.letters("no-objection-end")[0]
    for words in (
        "Mission to Moldova",
        "09:59:59 (Europe/Belgrade) = 2026-11-10 08:59:59 UTC",
        "Article 3 is not ours.",
    ):
        assert words in letter.text
    assert story.tick(EXPIRY + DAY) == 0  # nothing is due any more
    assert len(story.letters("no-objection-end")) == 4


@pytest.mark.parametrize("is_noted", [False, True])
def test_at_expiry_it_is_late_kept_shown_and_without_effect(story: Story, is_noted: bool) -> None:
    if is_noted:
        story.tick(EXPIRY)
    made = answer(story, "moldova", "objection", text="Too late.", now=EXPIRY)
    assert (made.effect, state(story, EXPIRY)) == ("late", "expired")
    assert [late.text for late in record_of(story, EXPIRY).late] == ["Too late."]
    story.tick(EXPIRY + DAY)
    assert {letter.subject for letter in story.letters("no-objection-end")} == {
        "Time run out, not broken: no-objection round on Draft guidelines"
    }
    assert words_of(story, EXPIRY) == {"MDA": "silent", "KOS": "silent"}


def test_an_amendment_breaks_with_its_wording_on_the_paragraph(story: Story) -> None:
    made = amend(story, "kosovo", text="Two are long.", now=BEGIN)
    assert (made.effect, state(story, BEGIN)) == ("first", "broken")
    assert any("one" in change.text for change in no_objections.changes_of(made) if change.kind == "inserted")
    text = story.letters("no-objection-end")[0].text
    assert "Two are long." in text
    assert f"On paragraph {made.paragraph.number}." in text  # type: ignore[union-attr]


def test_the_words_stay_out_of_letters_where_the_lead_wants_it_so(session: Any, storage: Any) -> None:
    story = a_silence(session, storage, now=START, expires=EXPIRY, text_in_letters=False)
    assert "the letter about it has only a link" in story.letters("no-objection")[0].text
    answer(story, "moldova", "objection", text="SECRET", now=BEGIN)
    assert all("Mission to Moldova" in letter.text for letter in story.letters("no-objection-end"))
    assert not any("SECRET" in letter.text + letter.html for letter in story.letters())


def test_of_two_at_the_same_instant_both_are_on_record_and_one_is_first(story: Story) -> None:
    effects = [answer(story, name, "objection", text="No.", now=BEGIN).effect for name in ("kosovo", "moldova")]
    assert effects == ["first", "further"]
    assert words_of(story, BEGIN) == {"KOS": "broke", "MDA": "objected as well"}
    assert len(story.letters("no-objection-end")) == 4


def test_the_database_lets_one_answer_end_a_round(story: Story) -> None:
    made = answer(story, "moldova", "objection", text="No.", now=BEGIN)
    story.session.add(
        NoObjectionAnswer(
            round_id=made.round_id, organisation_id=story.kosovo.id, kind="objection", text="No.", at=BEGIN,
            by_id=made.by_id, effect="first",
        )
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        story.session.flush()


def test_an_objection_before_the_beginning_prevents(session: Any, storage: Any) -> None:
    story = a_silence(session, storage, now=START, starts=BEGIN, expires=EXPIRY)
    assert "Until then an objection prevents it" in story.letters("no-objection")[0].text
    assert (state(story, BEGIN - SECOND), state(story, BEGIN)) == ("announced", "running")
    answer(story, "moldova", "objection", text="No.", now=BEGIN - SECOND)
    assert state(story, EXPIRY) == "prevented"
    assert {letter.subject for letter in story.letters("no-objection-end")} == {
        "Prevented: no-objection round on Draft guidelines"
    }


def test_who_agreed_may_still_object_in_time(story: Story) -> None:
    answer(story, "moldova", "concur", now=BEGIN)
    assert answer(story, "moldova", "objection", text="After all.", now=BEGIN + DAY).effect == "first"
    assert words_of(story, BEGIN + DAY)["MDA"] == "broke"


def test_the_same_form_sent_twice_is_one_answer(story: Story) -> None:
    one, two = (answer(story, "moldova", "objection", text="No.", now=BEGIN, form_key="k") for _ in range(2))
    assert one.id == two.id


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (Words("objection", "  "), "objection-empty"),
        (Words("amendment", "x"), "no-paragraph"),
        (Words("amendment", "x", "999", "y"), "no-paragraph"),
        (Words("silence"), "bad-answer"),
        (Words("objection", "x" * 20_001), "too-long"),
    ],
)
def test_what_says_nothing_is_refused(story: Story, words: Words, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        no_objections.answer(
            story.session, story.round, words, organisation_id=story.moldova.id, person=story.people["moldova"],
            form_key="", base_url=BASE_URL, by=story.actor("moldova"), now=BEGIN,
        )  # fmt: skip
    assert refusal.value.reason == reason
    paragraph = story.paragraph("within two working days")
    with pytest.raises(Invalid, match="as it stands"):
        answer(story, "moldova", "amendment", paragraph=paragraph.number, wording=paragraph.text, now=BEGIN)


def test_who_is_not_asked_does_not_answer(story: Story) -> None:
    with pytest.raises(Refused, match="not among those"):
        answer(story, "observer", "objection", text="No.", now=BEGIN)


# ---- the end --------------------------------------------------------------------------------------------------------


def test_without_a_worker_the_round_ends_all_the_same(story: Story) -> None:
    assert state(story, EXPIRY) == "expired"
    facts = visibility.facts_of(story.session, story.round, EXPIRY)
    assert not facts.is_open
    with pytest.raises(Refused, match="time has run out"):
        answer(story, "kosovo", "concur", now=EXPIRY)
    story.tick(EXPIRY + 3 * DAY)
    assert story.recipients("no-objection-end") == EVERYBODY
    assert story.letters("no-objection-reminder") == []  # those that were missed say nothing any more
    assert story.tick(EXPIRY + 4 * DAY) == 0


def test_the_lead_withdraws_with_a_reason(story: Story) -> None:
    lead: dict[str, Any] = {"person": story.people["lead"], "base_url": BASE_URL, "by": story.actor("lead")}
    with pytest.raises(Invalid, match="why the round is withdrawn"):
        no_objections.withdraw(story.session, story.round, reason=" ", now=BEGIN, **lead)
    no_objections.withdraw(story.session, story.round, reason="A wrong annex.", now=BEGIN, **lead)
    assert state(story, EXPIRY) == "withdrawn"
    assert story.recipients("no-objection-end") == EVERYBODY
    assert "A wrong annex." in story.letters("no-objection-end")[0].text
    assert answer(story, "moldova", "objection", text="No.", now=BEGIN + DAY).effect == "after withdrawal"
    with pytest.raises(Refused):
        no_objections.withdraw(story.session, story.round, reason="Again.", now=BEGIN + DAY, **lead)
    assert words_of(story, EXPIRY) == {"MDA": "no answer", "KOS": "no answer"}


def test_only_who_has_not_answered_hears_that_the_time_runs_out_and_nothing_else(story: Story) -> None:
    answer(story, "kosovo", "concur", now=BEGIN)
    story.tick(EXPIRY - 5 * DAY)
    assert story.recipients("no-objection-reminder") == ["moldova"]
    letter = story.letters("no-objection-reminder")[0]
    assert "because it was opened as a no-objection round, silence counts as no objection" in letter.text
    for words in ("Kosovo", "has not answered yet", "remind"):
        assert words not in letter.text
    story.tick(EXPIRY - SECOND)
    assert len(story.letters("no-objection-reminder")) == 2


def test_what_has_not_left_yet_and_has_no_reason_any_more_is_taken_back(story: Story) -> None:
    story.tick(EXPIRY - 5 * DAY)
    answer(story, "kosovo", "concur", now=EXPIRY - 5 * DAY)
    waiting = [letter.recipient for letter in story.letters("no-objection-reminder") if letter.state == "queued"]
    assert waiting == [story.people["moldova"].email]
    answer(story, "moldova", "objection", text="No.", now=EXPIRY - 4 * DAY)
    assert {letter.state for letter in story.letters("no-objection-reminder")} == {"cancelled"}
    assert {letter.state for letter in story.letters("no-objection-end")} == {"queued"}


def test_the_state_of_the_instance_is_sound_after_each_end(session: Any, storage: Any) -> None:
    story = a_silence(session, storage, now=START, expires=EXPIRY)
    story.tick(EXPIRY)
    session.flush()
    assert checking.check(session, storage) == []
    assert [e.action for e in session.query(AuditEntry).filter_by(object_kind="round").order_by(AuditEntry.number)] == [
        "round.circulate", "round.close", "round.finish",
    ]  # fmt: skip


# ---- the record -----------------------------------------------------------------------------------------------------


def sign(story: Story, now: datetime) -> None:
    no_objection_records.sign_off(
        story.session, story.round, organisation=story.lead, person=story.people["lead"], base_url=BASE_URL,
        by=story.actor("lead"), now=now,
    )  # fmt: skip


def texts(data: bytes) -> str:
    return "\n".join(p.text for p in engine.read_draft(data).paragraphs)


def test_the_record_says_who_agreed_who_kept_silent_and_who_came_late(story: Story) -> None:
    answer(story, "kosovo", "concur", now=BEGIN)
    answer(story, "moldova", "objection", text="Слишком поздно.", now=EXPIRY + SECOND)
    told = texts(no_objection_records.write_record(story.session, record_of(story, EXPIRY + DAY)))
    held = no_objections.get(story.round)
    for words in (
        "Mission in Kosovo (KOS)",
        "said expressly that it has no objection",
        "kept silent until the time ran out: counted as no objection",
        "Слишком поздно.",
        "late, without effect",
        "10:00:01 (Europe/Belgrade) = 2026-11-10 09:00:01 UTC",
        held.file_sha256,
        held.filename,
        "the end has not been written down yet",
        "Not signed off.",
    ):
        assert words in told, words


def test_it_is_signed_off_once_by_name_and_with_the_head_of_the_audit(story: Story) -> None:
    with pytest.raises(Refused, match="when the round is over"):
        sign(story, BEGIN)
    sign(story, EXPIRY + DAY)
    held = no_objections.get(story.round)
    head = story.session.query(AuditEntry).order_by(AuditEntry.number.desc()).first()
    assert (held.audit_number, held.audit_digest) == (head.number, head.digest)
    told = texts(no_objection_records.write_record(story.session, record_of(story, EXPIRY + DAY)))
    assert f"Signed off by {story.people['lead'].name}, focal point of Mission to Serbia" in told
    assert head.digest in told
    assert "Not signed off" not in told
    with pytest.raises(Refused, match="already"):
        sign(story, EXPIRY + 2 * DAY)


def test_what_comes_after_the_signature_is_told(story: Story) -> None:
    sign(story, EXPIRY + DAY)
    answer(story, "moldova", "objection", text="Very late.", now=EXPIRY + 2 * DAY)
    told = texts(no_objection_records.write_record(story.session, record_of(story, EXPIRY + 2 * DAY)))
    assert "1 answer came in after the signature." in told


def test_all_of_it_is_in_the_evidence(story: Story) -> None:
    amend(story, "kosovo", text="Two are long.", now=BEGIN)
    story.session.flush()
    archive = zipfile.ZipFile(io.BytesIO(evidence.write_evidence(story.session, story.storage, story.round.id)))
    told = json.loads(archive.read("no-objection.json"))
    assert told["asked"] == ["KOS", "MDA"]
    assert [(a["organisation"], a["answer"], a["effect"]) for a in told["answers"]] == [("KOS", "amendment", "first")]
    assert hashlib.sha256(archive.read("frozen-text.docx")).hexdigest() == told["file_sha256"]


def test_a_late_answer_with_an_effect_is_a_fault(session: Any, storage: Any) -> None:
    story = a_silence(session, storage, now=START, expires=EXPIRY)
    answer(story, "moldova", "objection", text="No.", now=BEGIN).at = EXPIRY
    session.flush()
    assert "no answer from after the expiry has an effect" in {fault.law for fault in checking.check(session, storage)}


def test_there_is_no_record_before_the_end(story: Story) -> None:
    with pytest.raises(Refused):
        no_objection_records.write_record(story.session, record_of(story, BEGIN))


def test_the_same_record_gives_the_same_bytes(story: Story) -> None:
    one, two = (no_objection_records.write_record(story.session, record_of(story, EXPIRY)) for _ in range(2))
    assert one == two
