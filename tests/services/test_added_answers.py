"""Answers that count by the lead's act alone: late ones, and those entered on behalf. Before it they are nothing to anyone."""

import io
import os
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from consult.errors import Invalid, NotFound, Refused
from consult.models import AddedAnswer, AuditEntry, Comment, Submission, db
from consult.services import (
    added_answers,
    checking,
    comments,
    consolidations,
    evidence,
    matrices,
    obstacles,
    outcomes,
    proofs,
    reading,
    rounds,
    submissions,
    visibility,
)
from consult.services.added_answers import LATE, ON_BEHALF
from consult.services.comments import Words
from consult.services.consolidations import NotIn
from tests.conftest import BASE_URL, make_app
from tests.factories import DEADLINE
from tests.story import AFTER, DURING, SECOND, Story, a_story, undone

EXAMPLES = int(os.environ.get("PROVE_ANSWERS", "12"))
LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PDF = b"%PDF-1.7\nA letter."


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    app = make_app(tmp_path_factory.mktemp("added"))
    with app.app_context():
        yield a_story(db.session, app.extensions["consult.storage"])
        db.session.rollback()


@pytest.fixture
def story(kept: Story) -> Iterator[Story]:
    """Give the round; what a test does to it is undone."""
    with undone(kept):
        yield kept


def who(story: Story, name: str = "lead", now: Any = AFTER) -> dict[str, Any]:
    return {"by": story.actor(name), "person": story.people[name], "base_url": BASE_URL, "now": now}


def write(story: Story, name: str, kind: str, reason: str = "Two days are long.", now: Any = AFTER) -> AddedAnswer:
    """Add a comment to the answer of a mission that is being written."""
    paragraph = story.paragraph("within two working days")
    wording = paragraph.text.replace("two working days", "one working day")
    words = Words(paragraph.number, type="substantive", reason=reason, wording=wording)
    by = story.people["lead" if kind == ON_BEHALF else name]
    organisation = getattr(story, name)
    return added_answers.add_words(story.session, story.round, organisation.id, kind, words, person=by, now=now)


def send(story: Story, name: str = "moldova", position: str = "comments", now: Any = AFTER, **more: Any) -> AddedAnswer:
    given = {"along": [], "statement": "", **more}
    organisation = getattr(story, name)
    return added_answers.send_late(
        story.session, story.round, organisation, position=position, **given, **who(story, name, now)
    )


def decide(story: Story, answer: AddedAnswer, *, accept: bool, reason: str = "They told us.", now: Any = AFTER) -> None:
    added_answers.decide_late(story.session, answer, accept=accept, reason=reason, **who(story, now=now))


def enter(story: Story, name: str = "moldova", now: Any = DURING, **more: Any) -> AddedAnswer:
    organisation = getattr(story, name)
    given = {"position": "comments", "statement": "", "note": "Letter of 24 November.", "proof": None, **more}
    return added_answers.enter(story.session, story.round, organisation.id, **given, **who(story, now=now))


def counted(story: Story) -> list[tuple[str, str]]:
    return [(c.organisation.code, c.manner) for c in comments.list_effective(story.session, story.round)]


def late_by_the_check(story: Story) -> list[str]:
    return [f.law for f in checking.check(story.session, story.storage) if "after the deadline" in f.law]


def known_to(story: Story, name: str) -> Any:
    """Return all that a mission's pages are made of."""
    actor = story.actor(name)
    facts = visibility.facts_of(story.session, story.round, AFTER)
    listed = comments.list_visible(story.session, story.round, actor=actor, facts=facts)
    return reading.glance(story.session, story.round.id, actor, AFTER), [(c.id, c.reason) for c in listed]


# ---- the law --------------------------------------------------------------------------------------------------------


@LAW
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(("moldova", "kosovo")), st.sampled_from(("send", "accept", "refuse", "write"))),
        min_size=1, max_size=7,
    ),
    closed=st.booleans(),
)  # fmt: skip
def test_what_comes_late_counts_exactly_when_the_lead_has_accepted_it(
    kept: Story, acts: list[tuple[str, str]], closed: bool
) -> None:
    with undone(kept):
        kept.comment("kosovo", reason="In time.", kind="general")
        kept.hand_in("kosovo")
        if closed:
            kept.tick(DEADLINE)
        expected, waiting, now = [("KOS", "")], [], AFTER
        for name, act in acts:
            now += SECOND
            other = "kosovo" if name == "moldova" else "moldova"
            before = known_to(kept, other)
            if act == "write":
                with pytest.raises(Refused):
                    kept.comment(name, reason="Too late.", kind="general", now=now)
            elif act == "send":
                write(kept, name, LATE, now=now)
                waiting.append((name, send(kept, name, now=now)))
            elif waiting:
                of, answer = waiting.pop(0)
                decide(kept, answer, accept=act == "accept", now=now)
                expected += [(getattr(kept, of).code, "late")] * (act == "accept")
                continue
            assert known_to(kept, other) == before
        assert sorted(counted(kept)) == sorted(expected)
        assert late_by_the_check(kept) == []


# ---- late answers ---------------------------------------------------------------------------------------------------


def test_a_late_answer_takes_along_what_was_not_handed_in_and_waits_without_effect(story: Story) -> None:
    written = story.comment("moldova", on="to prevent and to combat", change=("and to combat", "and combat"))
    write(story, "moldova", LATE)
    answer = send(story, along=added_answers.list_waiting_at_desk(story.session, story.round, story.moldova.id))
    assert (answer.state, len(answer.words), written.desk_state) == ("sent", 2, "dropped")
    assert counted(story) == []
    assert story.session.query(Submission).count() == 0
    assert {s.state for s in rounds.list_standings(story.session, story.round, AFTER)} == {"overdue"}
    assert story.recipients("answer") == ["lead"]
    assert "without effect" in story.letters("answer")[0].text
    late = [o for o in obstacles.list_obstacles(story.session, story.round, AFTER) if o.kind == "late"]
    assert [o.number for o in late] == ["1"]


def test_an_accepted_one_is_part_of_the_round_and_marked_everywhere(story: Story) -> None:
    write(story, "moldova", LATE)
    answer = send(story)
    decide(story, answer, accept=True, reason="The post was slow.")
    assert counted(story) == [("MDA", "late")]
    (comment,) = comments.list_effective(story.session, story.round)
    assert comment.proposed_text is not None
    standing = next(s for s in rounds.list_standings(story.session, story.round, AFTER) if s.submission)
    assert (standing.organisation.code, standing.submission.manner) == ("MDA", "late")
    head, rows = matrices.make_matrix(story.session, story.round)
    assert rows[0].comment.startswith("[Late] ")
    assert "[Late] Comments" in str(head)
    row = reading.find_row(
        story.session,
        reading.Reader(story.round, story.actor("moldova"), visibility.facts_of(story.session, story.round, AFTER)),
        comment.id,
    )
    assert row is not None
    assert row.manner == "late"
    (outcome,) = outcomes.list_outcomes(story.session, story.round, story.moldova, sees_others=False)
    assert "This came late; the lead accepted it." in outcome.notes
    archive = evidence.write_evidence(story.session, story.storage, story.round.id)
    texts = _parts(archive)
    assert '"manner": "late"' in texts["comments.json"]
    assert "The post was slow." in texts["round.json"]
    acts = [a for (a,) in story.session.query(AuditEntry.action).order_by(AuditEntry.number)]
    assert acts[-3:] == ["late.send", "submission.hand-in", "late.accept"]
    assert story.recipients("answer") == ["lead", "moldova"]
    assert "The post was slow." in story.letters("answer")[-1].text


def _parts(archive: bytes) -> dict[str, str]:

    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        return {name: found.read(name).decode("utf-8", "replace") for name in found.namelist()}


def test_its_margin_comment_in_the_consolidated_file_says_so(story: Story) -> None:
    story.tick(DEADLINE)
    consolidate(story)
    write(story, "moldova", LATE)
    decide(story, send(story), accept=True)
    assert consolidations.list_not_in(story.session, story.round) == [NotIn("Mission to Moldova", 1, 0)]
    made = consolidate(story)
    assert [remark["text"] for remark in made.report["comments"]] == ["[Late] Two days are long."]
    assert consolidations.list_not_in(story.session, story.round) == []


def consolidate(story: Story) -> Any:
    snapshot = consolidations.take_snapshot(story.session, story.storage, story.round)
    made = engine.consolidate(snapshot.draft, snapshot.contributions, date=snapshot.date)
    return consolidations.keep_consolidation(story.session, story.storage, story.round, snapshot, made, **who(story))


def test_a_refused_one_stays_on_record_and_does_not_count(story: Story) -> None:
    write(story, "moldova", LATE)
    answer = send(story)
    with pytest.raises(Invalid, match="why"):
        decide(story, answer, accept=False, reason=" ")
    decide(story, answer, accept=False, reason="The bodies have met.")
    assert counted(story) == []
    assert "The bodies have met." in story.letters("answer")[-1].text
    with pytest.raises(Refused, match="decided"):
        decide(story, answer, accept=True)
    assert (
        "The bodies have met."
        in _parts(evidence.write_evidence(story.session, story.storage, story.round.id))["round.json"]
    )


def test_while_the_round_is_open_there_is_no_late_answer(story: Story) -> None:
    write(story, "moldova", LATE)
    with pytest.raises(Refused, match="hand in as always"):
        send(story, now=DEADLINE - SECOND)


def test_what_is_being_written_is_nowhere_else(story: Story) -> None:
    before = known_to(story, "lead"), known_to(story, "kosovo")
    write(story, "moldova", LATE, reason="ZXQV7SECRET")
    write(story, "kosovo", ON_BEHALF, reason="ZXQV7SECRET")
    assert (known_to(story, "lead"), known_to(story, "kosovo")) == before
    assert "ZXQV7SECRET" not in str(_parts(evidence.write_evidence(story.session, story.storage, story.round.id)))
    assert added_answers.list_answers(story.session, story.round, LATE) == []
    answer = added_answers.get_in_work(story.session, story.round, story.moldova.id, LATE)
    added_answers.remove_words(story.session, answer, 0)
    with pytest.raises(Invalid):
        send(story)
    with pytest.raises(NotFound):
        added_answers.remove_words(story.session, answer, 0)


def test_one_without_its_row_is_found_by_the_check(story: Story) -> None:
    write(story, "moldova", LATE)
    answer = send(story)
    decide(story, answer, accept=True)
    assert late_by_the_check(story) == []
    answer.submission_id = None
    story.session.flush()
    assert sorted(late_by_the_check(story)) == [
        "no comment is from after the deadline", "no submission is from after the deadline",
    ]  # fmt: skip


# ---- on behalf ------------------------------------------------------------------------------------------------------


def test_the_lead_enters_what_came_by_letter_and_the_organisation_is_told(story: Story) -> None:
    write(story, "moldova", ON_BEHALF, now=DURING)
    proof = proofs.keep_proof(story.session, story.storage, filename="letter.pdf", data=PDF, now=DURING)
    answer = enter(story, proof=proof)
    assert counted(story) == [("MDA", "on behalf")]
    assert (answer.state, answer.proof_filename) == ("added", "letter.pdf")
    assert story.recipients("answer") == ["moldova"]
    assert "Letter of 24 November." in story.letters("answer")[0].text
    assert matrices.make_matrix(story.session, story.round)[1][0].comment.startswith("[Entered by the lead on behalf] ")
    texts = _parts(evidence.write_evidence(story.session, story.storage, story.round.id))
    assert PDF.decode() in [text for name, text in texts.items() if name.startswith("proofs/MDA-")]


def test_what_the_organisation_hands_in_itself_takes_its_place(story: Story) -> None:
    write(story, "moldova", ON_BEHALF, now=DURING)
    enter(story)
    story.comment("moldova", reason="We never said that.", kind="general", now=DURING + SECOND)
    story.hand_in("moldova", now=DURING + SECOND)
    assert counted(story) == [("MDA", "")]
    entered = story.session.query(Comment).filter(Comment.withdrawn_at.is_not(None)).one()
    assert entered.manner == "on behalf"
    assert comments.latest_submissions(story.session, story.round)[story.moldova.id].manner == ""


def test_it_may_say_that_it_has_no_comments_or_let_stand_what_was_entered(story: Story) -> None:
    write(story, "moldova", ON_BEHALF, now=DURING)
    enter(story)
    with undone(story):
        story.hand_in("moldova", "no comments", now=DURING + SECOND)
        assert counted(story) == []
    story.comment("moldova", reason="And one more.", kind="general", now=DURING + SECOND)
    submissions.hand_in(
        story.session, story.round, organisation_id=story.moldova.id, position="comments", statement="",
        by=story.actor("moldova"), person=story.people["moldova"], now=DURING + SECOND, keeps_entered=True,
    )  # fmt: skip
    assert sorted(counted(story)) == [("MDA", ""), ("MDA", "on behalf")]


def test_a_late_answer_that_is_accepted_takes_its_place_too(story: Story) -> None:
    write(story, "moldova", ON_BEHALF)
    enter(story, now=AFTER)
    assert late_by_the_check(story) == []
    write(story, "moldova", LATE, reason="We never said that.")
    decide(story, send(story, now=AFTER + SECOND), accept=True, now=AFTER + timedelta(hours=1))
    assert counted(story) == [("MDA", "late")]


def test_entering_needs_a_note_an_organisation_that_is_asked_and_an_unfinished_round(story: Story) -> None:
    with pytest.raises(Invalid, match="how the answer came"):
        enter(story, position="concur", note=" ")
    with pytest.raises(NotFound):
        enter(story, "observer", position="concur")
    with pytest.raises(Invalid):
        enter(story, position="cannot concur")
    story.round.stage = "decided"
    with pytest.raises(Refused, match="finished"):
        enter(story, position="concur")


@pytest.mark.parametrize(
    ("filename", "data", "is_good"),
    [
        ("a.pdf", PDF, True), ("A.PNG", b"\x89PNG\r\n\x1a\nx", True), ("a.jpeg", b"\xff\xd8\xff\xe0", True),
        ("a.eml", b"Received: from x\r\nSubject: y\r\n\r\nz", True), ("a.pdf", b"<html>", False), ("a.html", b"<html>", False),
        ("a.eml", b"\x00\x01", False), ("a.eml", b"no header", False), ("a.svg", b"<svg/>", False), ("pdf", PDF, True),
        ("a.exe", b"MZ", False), ("a.docx", b"PK\x03\x04 and nothing", False), ("", b"\0\0", False),
    ],
)  # fmt: skip
def test_a_proof_is_what_it_says_it_is(filename: str, data: bytes, is_good: bool) -> None:
    if is_good:
        proofs.check_proof(filename, data)
    else:
        with pytest.raises(Invalid):
            proofs.check_proof(filename, data)
