"""The pages of late answers and of answers on behalf: who may do what, what comes back, and that nobody else can tell."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from consult.models import AddedAnswer, Organisation, OutboxLetter, Person, Round, db
from consult.services import added_answers, people
from consult.services.added_answers import LATE, ON_BEHALF
from consult.services.comments import Words
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL
from tests.web import test_visibility as two_worlds
from tests.web.test_extensions import comparable
from tests.world import World, make_world

PDF = b"%PDF-1.7\nA letter with a secret."


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def test_a_focal_point_writes_late_sends_and_the_lead_accepts(world: World) -> None:
    number = world.names["past"]
    focal, lead = world.client_of("focal point"), world.client_of("lead")
    assert "Send the lead a late answer" in focal.get(f"/rounds/{number}/comments").text
    page = focal.get(f"/rounds/{number}/late?paragraph=2").text
    assert "Written too late to be handed in." in page
    assert 'name="wording"' in page
    typed = {"paragraph": "2", "shown_paragraph": "2", "wording": "Ours.", "reason": "Žuti", "statement": "Вот"}
    other = focal.post(f"/rounds/{number}/late/words", data={**typed, "paragraph": "3", "act": "take"})
    assert (other.status_code, "is for paragraph 2" in other.text, "Ours." in other.text) == (422, True, True)
    added = focal.post(f"/rounds/{number}/late/words", data=typed).text
    assert ("Added." in added, "Žuti" in added, "Вот" in added) == (True, True, True)
    assert focal.post(f"/rounds/{number}/late/words", data=typed).text.count("Žuti") == added.count("Žuti")
    answer = focal.post(f"/rounds/{number}/late", data={"position": "", "statement": "Ćao"})
    assert (answer.status_code, "Ćao" in answer.text, "Žuti" in answer.text) == (422, True, True)
    sent = focal.post(f"/rounds/{number}/late", data={"position": "comments"}, follow_redirects=True).text
    assert "Sent to the lead as a late answer." in sent
    assert "waits for the lead" in sent
    assert "2 late answers wait for you." in lead.get(f"/rounds/{number}/board").text
    assert "Žuti" in lead.get(f"/rounds/{number}/late-answers").text
    assert "Žuti" not in lead.get(f"/rounds/{number}/document?section=all").text
    with world.app.app_context():
        answer_id = (
            db.session.query(AddedAnswer).filter_by(organisation_id=world.organisations["moldova"], kind=LATE).one().id
        )
    address = f"/rounds/{number}/late-answers/{answer_id}"
    refused = lead.post(address, data={"act": "accept", "reason": " "})
    assert (refused.status_code, "the organisation reads it" in refused.text) == (422, True)
    told = lead.post(address, data={"act": "accept", "reason": "The post was slow."}, follow_redirects=True).text
    assert "Accepted and marked as late." in told
    assert "late" in lead.get(f"/rounds/{number}/board").text.split("Mission to Moldova", 1)[1][:900]
    assert '<strong class="manner">late</strong>' in lead.get(f"/rounds/{number}/document?section=all").text
    assert "It is marked as late." in focal.get(f"/rounds/{number}/comments").text
    assert lead.post(address, data={"act": "refuse", "reason": "No."}).status_code == 409


def test_a_comment_is_removed_again_and_its_words_are_told(world: World) -> None:
    number, other = world.names["consolidated"], world.client_of("other")
    other.post(f"/rounds/{number}/late/words", data={"paragraph": "", "reason": "Premature."})
    told = other.post(f"/rounds/{number}/late/words/remove", data={"place": "0"}).text
    assert "Removed. It said: “Premature.”" in told
    assert other.post(f"/rounds/{number}/late/words/remove", data={"place": "0"}).status_code == 404
    bad = other.post(f"/rounds/{number}/late/words", data={"paragraph": "999", "reason": "Kept"})
    assert (bad.status_code, "Kept" in bad.text) == (404, True)
    taken = other.post(f"/rounds/{number}/late/words", data={"paragraph": "2", "act": "take", "reason": "Kept"})
    assert (taken.status_code, "Kept" in taken.text, 'name="wording"' in taken.text) == (200, True, True)


def test_in_an_open_round_late_answers_are_sent_to_the_hand_in(world: World) -> None:
    number, focal = world.names["open"], world.client_of("focal point")
    assert "hand in as always" in focal.get(f"/rounds/{number}/late").text
    assert focal.post(f"/rounds/{number}/late", data={"position": "concur"}).status_code == 409
    assert focal.post(f"/rounds/{number}/late/words", data={"reason": "x"}).status_code == 409


def test_the_lead_enters_a_letter_and_the_organisation_sees_it_with_the_proof(world: World) -> None:
    number, lead, focal = world.names["open"], world.client_of("lead"), world.client_of("co-lead")
    bosnia = str(world.organisations["bosnia"])
    entry = {
        "shown_paragraph": "2",
        "paragraph": "2",
        "wording": "Theirs.",
        "reason": "As they wrote.",
        "organisation": bosnia,
        "position": "comments",
        "note": "Letter of Monday.",
    }
    lacking = lead.post(f"/rounds/{number}/on-behalf", data=entry)
    assert (lacking.status_code, "Letter of Monday." in lacking.text) == (422, True)
    wrong = lead.post(f"/rounds/{number}/on-behalf", data={**entry, "proof": (io.BytesIO(b"<html>"), "letter.pdf")})
    assert (wrong.status_code, "Attach a PDF" in wrong.text) == (422, True)
    done = lead.post(
        f"/rounds/{number}/on-behalf",
        data={**entry, "proof": (io.BytesIO(PDF), "Pošta: letter.pdf")},
        follow_redirects=True,
    )
    assert "Entered on behalf of Mission to Bosnia and Herzegovina" in done.text
    ours = focal.get(f"/rounds/{number}/comments?organisation={bosnia}").text
    assert "The lead entered an answer on behalf of" in ours
    assert "entered by the lead on behalf" in ours
    assert (
        "What you hand in now takes its place." in focal.get(f"/rounds/{number}/submission?organisation={bosnia}").text
    )
    with world.app.app_context():
        entered = db.session.query(AddedAnswer).filter_by(round_id=number, kind=ON_BEHALF).one()
        address = f"/rounds/{number}/on-behalf/{entered.id}/proof"
        letter = db.session.query(OutboxLetter).filter_by(kind="answer", round_id=number).one()
        assert "Letter of Monday." in letter.text
    for client in (lead, focal):
        proof = client.get(address)
        assert (proof.status_code, proof.data) == (200, PDF)
        assert proof.mimetype == "application/octet-stream"
        assert proof.headers["Content-Disposition"].startswith("attachment;")
        assert proof.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in proof.headers["Content-Security-Policy"]


ROLES = ("anonymous", "newcomer", "administrator", "contributor", "focal point", "other", "observer", "co-lead", "lead")


@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(world: World, role: str) -> None:
    """The matrix of roles: sending late, seeing and deciding on it, entering on behalf, the proof (which is Bosnia's)."""
    client, number = world.client_of(role), world.names["past"]
    leads, focal = role in ("lead", "co-lead"), role in ("focal point", "other", "co-lead", "lead")
    assert (client.get(f"/rounds/{number}/late").status_code == 200) == focal
    assert (client.post(f"/rounds/{number}/late", data={"position": "x"}).status_code == 422) == focal
    assert (client.get(f"/rounds/{number}/late-answers").status_code == 200) == leads
    decided = client.post(
        world.address("/rounds/{past}/late-answers/{late answer}"), data={"act": "accept", "reason": ""}
    )
    assert (decided.status_code == 422) == leads
    assert (client.get(f"/rounds/{number}/on-behalf").status_code == 200) == leads
    form = {"organisation": str(world.organisations["moldova"]), "position": "x", "no_proof": "yes"}
    assert (client.post(f"/rounds/{number}/on-behalf", data=form).status_code == 422) == leads
    assert (client.post(f"/rounds/{number}/on-behalf/words", data=form).status_code == 422) == leads
    assert (client.get(world.address("/rounds/{past}/on-behalf/{entered}/proof")).status_code == 200) == leads


def test_two_worlds_with_and_without_a_late_answer_look_the_same_to_the_others(tmp_path: Path) -> None:
    with time_machine.travel(factories.DEADLINE + timedelta(hours=1), tick=False):
        without = two_worlds.World(tmp_path / "without", "after own submission", "closed", with_secret=False)
        having = two_worlds.World(tmp_path / "having", "after own submission", "closed", with_secret=False)
        answer_id = answer_late(having)
        one, other = without.client("consulted focal point"), having.client("consulted focal point")
        for method, url, _ in two_worlds.urls(having.app, having.round_id, (answer_id,)):
            if method == "GET":
                first, second = two_worlds.ask(one, method, url), two_worlds.ask(other, method, url)
                assert two_worlds.SECRET not in second[2], url
                assert comparable(first) == comparable(second), url


def answer_late(world: Any) -> int:
    """Let one organisation send a late answer, and the lead begin to enter another for it."""
    with world.app.app_context(), unit_of_work(db.session) as now:
        round_ = db.session.get_one(Round, world.round_id)
        secret = db.session.query(Organisation).filter_by(code="SECRET").one()
        person = db.session.get_one(Person, world.people["lead focal point"])
        words = Words(reason=two_worlds.SECRET)
        for kind in (LATE, ON_BEHALF):
            added_answers.add_words(db.session, round_, secret.id, kind, words, person=person, now=now)
        sent = added_answers.send_late(
            db.session, round_, secret, along=[], position="comments", statement=two_worlds.SECRET, base_url=BASE_URL,
            by=people.actor_of(person), person=person, now=now,
        )  # fmt: skip
        return int(sent.id)
