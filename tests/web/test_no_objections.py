"""The pages of no-objection rounds: announced, answered, broken, run out, signed; who may do what, and who learns what."""

import hashlib
import itertools
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult import engine
from consult.models import NoObjectionAnswer, OutboxLetter, Person, Round, db
from consult.rules.permissions import ACTIONS, IN_NO_OBJECTION, Actor, Facts, may
from consult.services import deadlines, people
from consult.unit_of_work import unit_of_work
from consult.web.guards import COOKIE, LIBRARY_ROUTES
from tests import factories
from tests.conftest import BASE_URL, make_app
from tests.engine.canaries import SEEN, planted
from tests.engine.scanners import found_in_bytes, found_in_parts
from tests.engine.specimens import specimen_draft
from tests.factories import START
from tests.silences import DAY, SECOND, ZONE, a_silence, answer, wall
from tests.story import Story, a_story
from tests.web.test_visibility import DRAWN_ANEW

BEGIN, EXPIRY = START + DAY, START + 8 * DAY
SECRET = "ZXQV7SECRET"
ROLES = ("lead", "moldova", "contributor", "kosovo", "observer", "stranger", "administrator", "anonymous")


def nothing(story: Story) -> None:
    """Leave the round as it is announced."""


class Silence:
    """A round that is committed, its people by name, and clients of them at any time."""

    def __init__(self, folder: Path, fill: Callable[[Story], Any] = nothing, **more: Any) -> None:
        factories.numbers = itertools.count(1)
        self.app = make_app(folder)
        self.app.config["SECRET_KEY"] = "the same in both worlds, as are the stamps of pages"
        with self.app.app_context():
            storage = self.app.extensions["consult.storage"]
            story = a_silence(db.session, storage, now=START, expires=EXPIRY, **more)
            story.people |= {
                "contributor": factories.a_person(db.session, organisation=story.moldova, role="contributor"),
                "stranger": factories.a_person(db.session, organisation=factories.an_organisation(db.session)),
                "administrator": factories.a_person(db.session, administrator=True),
            }
            fill(story)
            self.people = {name: person.id for name, person in story.people.items()}
            paragraph = story.paragraph("within two working days")
            self.number, self.wording = paragraph.number, paragraph.text
            self.round_id = story.round.id
            db.session.commit()

    @property
    def page(self) -> str:
        return f"/rounds/{self.round_id}/no-objection"

    def client(self, name: str) -> Any:
        client = self.app.test_client()
        if name == "anonymous":
            return client
        with self.app.app_context(), unit_of_work(db.session) as now:
            person = db.session.get_one(Person, self.people[name])
            link = people.make_link(db.session, person=person, base_url=BASE_URL, next_path="", now=now)
            client.set_cookie(COOKIE, people.consume_link(db.session, token=link.rpartition("/")[2], now=now)[0])
        with client.session_transaction() as kept:
            kept["csrf_token"] = "the same in both worlds"
        return client

    def answers(self) -> list[tuple[str, str]]:
        with self.app.app_context():
            return [(a.kind, a.effect) for a in db.session.query(NoObjectionAnswer).order_by(NoObjectionAnswer.id)]

    def letters(self, kind: str) -> list[str]:
        with self.app.app_context():
            return [letter.text for letter in db.session.query(OutboxLetter).filter_by(kind=kind)]


@pytest.fixture
def silence(tmp_path: Path) -> Silence:
    return Silence(tmp_path / "instance")


def at(instant: datetime) -> Any:
    return time_machine.travel(instant, tick=False)


def post(client: Any, address: str, **form: str) -> Any:
    return client.post(address, data=form)


# ---- announcing -----------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(app: Flask, storage: Any) -> dict[str, Any]:
    """A planned round on a draft with something in every hiding place."""
    data, words = planted(specimen_draft())
    with app.app_context():
        story = a_story(db.session, storage, circulated=False)
        round_ = factories.a_round(
            db.session, storage=storage, data=data, lead=story.lead, consulted=(story.moldova,), circulated=False
        )
        found = {name: person.id for name, person in story.people.items()}
        found |= {"round": round_.id, "MDA": story.moldova.id, "KOS": story.kosovo.id, "hidden": words}
        db.session.commit()
    return found


def test_the_lead_announces_and_what_is_downloaded_is_what_the_digest_is_of(
    planned: dict[str, Any], sign_in: Callable[[int], Any]
) -> None:
    with at(START):
        client = sign_in(planned["lead"])
        set_up = f"/rounds/{planned['round']}/no-objection/set-up"
        assert "open a no-objection round on this text" in client.get(f"/rounds/{planned['round']}/set-up").text
        page = client.get(set_up).text
        assert "Silence counts as no objection only because" in page
        form = {f"place-{planned['KOS']}": "consulted", "zone": ZONE, "text-in-letters": "yes", "invitation": "Mine."}
        refused = client.post(set_up, data={**form, "wall": wall(START - DAY)})
        assert refused.status_code == 422
        assert "The time of expiry is in the past" in refused.text
        assert "Mine." in refused.text
        assert client.post(set_up, data={**form, "wall": wall(EXPIRY)}).status_code == 302
        assert client.get(set_up).location.endswith("/board")
        asked = sign_in(planned["kosovo"])
        text = asked.get(f"/rounds/{planned['round']}/no-objection/text.docx")
        page = asked.get(f"/rounds/{planned['round']}/no-objection").text
    assert hashlib.sha256(text.data).hexdigest() in page
    hidden = [word for place, word in planned["hidden"].items() if place not in SEEN]
    assert found_in_bytes(text.data, hidden) | found_in_parts(text.data, hidden) == set()


# ---- answering ------------------------------------------------------------------------------------------------------


def test_one_objects_on_the_page_and_everybody_reads_it(silence: Silence) -> None:
    with at(EXPIRY - SECOND):
        client = silence.client("moldova")
        assert post(client, f"{silence.page}/answers", answer="objection", text=SECRET).status_code == 302
        for name in ("lead", "kosovo", "observer"):
            page = silence.client(name).get(silence.page).text
            assert SECRET in page, name
            assert "in time; ended the round" in page
    assert silence.answers() == [("objection", "first")]
    assert len(silence.letters("no-objection-end")) == 5  # two of Mission to Moldova


def test_one_proposes_an_amendment_to_a_paragraph(silence: Silence) -> None:
    wording = silence.wording.replace("two working days", "one working day")
    with at(BEGIN):
        client = silence.client("moldova")
        form = client.get(f"{silence.page}?paragraph={silence.number}").text
        assert silence.wording in form
        told = client.get(f"{silence.page}?paragraph=99").text
        assert "The draft has no paragraph" in told
        unchanged = post(
            client, f"{silence.page}/answers", answer="amendment", paragraph=silence.number, wording=silence.wording,
            text="My reason.",
        )  # fmt: skip
        assert (unchanged.status_code, "My reason." in unchanged.text) == (422, True)
        post(client, f"{silence.page}/answers", answer="amendment", paragraph=silence.number, wording=wording)
        page = silence.client("observer").get(silence.page).text
    assert silence.answers() == [("amendment", "first")]
    assert re.search(r"<ins[^>]*>.*one", page)


def test_what_was_typed_stays_when_it_is_refused(silence: Silence) -> None:
    with at(BEGIN):
        client = silence.client("moldova")
        answered = post(
            client, f"{silence.page}/answers", answer="amendment", paragraph="99", wording=SECRET, text="Why"
        )
    assert (answered.status_code, SECRET in answered.text, "Why" in answered.text) == (422, True, True)
    assert silence.answers() == []


def test_at_expiry_an_objection_is_kept_and_said_to_be_late_and_an_agreement_is_refused(silence: Silence) -> None:
    with at(EXPIRY):
        client = silence.client("moldova")
        told = client.post(
            f"{silence.page}/answers", data={"answer": "objection", "text": SECRET}, follow_redirects=True
        )
        assert "It came after the end of the round and changes nothing" in told.text
        assert post(client, f"{silence.page}/answers", answer="concur").status_code == 409
        page = silence.client("lead").get(silence.page).text
    assert silence.answers() == [("objection", "late")]
    assert "late, without effect" in page
    assert "kept silent until the time ran out" in page.lower()
    assert silence.letters("no-objection-end") == []  # no worker was there; the page says it all the same


def test_the_lead_signs_the_record_off_and_takes_it_as_a_file(silence: Silence) -> None:
    with at(EXPIRY + SECOND):
        client = silence.client("lead")
        assert "Not signed off." in client.get(silence.page).text
        assert silence.client("kosovo").post(f"{silence.page}/signature").status_code == 403
        assert client.post(f"{silence.page}/signature").status_code == 302
        assert client.post(f"{silence.page}/signature").status_code == 409
        page = silence.client("observer").get(silence.page).text
        record = silence.client("kosovo").get(f"{silence.page}/record.docx")
    assert "Signed off by" in page
    text = "\n".join(p.text for p in engine.read_draft(record.data).paragraphs)
    assert "Signed off by" in text
    assert "Mission to Moldova (MDA)" in text
    assert len(silence.letters("no-objection-end")) == 5  # two of Mission to Moldova


def test_the_lead_withdraws_and_can_prepare_another_round(silence: Silence) -> None:
    with at(BEGIN):
        client = silence.client("lead")
        assert client.get(f"/rounds/{silence.round_id}/next").status_code == 409
        assert post(client, f"{silence.page}/withdrawal", reason="").status_code == 422
        assert post(client, f"{silence.page}/withdrawal", reason="A wrong annex.").status_code == 302
        assert client.get(f"{silence.page}/record.docx").status_code == 200
        assert "Prepare the next round" in client.get(silence.page).text
        assert client.get(f"/rounds/{silence.round_id}/next").status_code == 200
        home = silence.client("kosovo").get("/").text
    assert "Our organisation has said nothing." in home


def test_the_first_page_asks_for_no_answer_but_says_what_silence_does(silence: Silence) -> None:
    with at(BEGIN):
        page = silence.client("moldova").get("/").text
        assert "Nothing said so far: silence counts as no objection once the time has run out." in page
        assert "Nothing handed in yet" not in page
        post(silence.client("moldova"), f"{silence.page}/answers", answer="concur")
        assert "Our organisation has answered." in silence.client("contributor").get("/").text
        document = silence.client("moldova").get(f"/rounds/{silence.round_id}/document").text
    assert "Where it stands, and our answer" in document
    assert "Comment on the whole draft" not in document


# ---- who may do what ------------------------------------------------------------------------------------------------


def test_every_act_on_a_round_is_there_or_not_by_its_kind() -> None:
    lead = Actor(1, contributor_of=frozenset((1,)), focal_point_of=frozenset((1,)))
    asked = Actor(2, contributor_of=frozenset((2,)), focal_point_of=frozenset((2,)))
    facts = Facts({1: "lead", 2: "consulted"}, kind="no-objection", is_circulated=True, is_open=True, stage="open")
    seen = {action for action in ACTIONS if may(lead, action, facts).visible or may(asked, action, facts).visible}
    assert seen == IN_NO_OBJECTION
    for action in ("comment.write", "submission.hand-in", "copy.return", "round.close", "disposition.decide"):
        assert not may(lead, action, facts).visible


EXPECTED = {
    "GET ": (200, 200, 200, 200, 200, 404, 404, 302),
    "GET /text.docx": (200, 200, 200, 200, 200, 404, 404, 302),
    "GET /record.docx": (409, 409, 409, 409, 409, 404, 404, 302),
    "GET /set-up": (302, 404, 404, 404, 404, 404, 404, 302),
    "POST /set-up": (409, 404, 404, 404, 404, 404, 404, 403),
    "POST /answers": (403, 422, 403, 422, 403, 404, 404, 403),
    "POST /withdrawal": (422, 403, 403, 403, 403, 404, 404, 403),
    "POST /signature": (409, 403, 403, 403, 403, 404, 404, 403),
}


def test_who_may_do_what_while_it_runs(silence: Silence) -> None:
    met = {}
    with at(BEGIN):
        clients = [silence.client(role) for role in ROLES]
        for act in EXPECTED:
            method, _, place = act.partition(" ")
            met[act] = tuple(c.open(silence.page + place, method=method).status_code for c in clients)
    assert met == EXPECTED


def test_pages_for_comments_are_not_there(silence: Silence) -> None:
    with at(BEGIN):
        client, lead = silence.client("moldova"), silence.client("lead")
        for page in ("comments", "comments/new", "submission", "copy", "deadline", "decisions", "downloads", "outcome"):
            assert client.get(f"/rounds/{silence.round_id}/{page}").status_code == 404, page
            assert lead.get(f"/rounds/{silence.round_id}/{page}").status_code == 404, page
        assert lead.post(f"/rounds/{silence.round_id}/close", data={"reason": "x"}).status_code == 404
        assert lead.get(f"/rounds/{silence.round_id}/board").location.endswith("/no-objection")


# ---- who learns what ------------------------------------------------------------------------------------------------


def addresses(app: Flask, round_id: int) -> list[str]:
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in LIBRARY_ROUTES or "GET" not in (rule.methods or ()) or rule.endpoint.startswith("people."):
            continue
        url = (
            rule.rule.replace("<int:round_id>", str(round_id)).replace("<number>", "2").replace("<name>", "draft.docx")
        )
        found.append(re.sub(r"<[^>]+>", "1", url))
    return found


def test_before_the_end_two_worlds_look_the_same_to_everybody_but_the_lead(tmp_path: Path) -> None:
    """In one world Moldova has agreed, in the other it has said nothing: nobody else can tell, on any page."""
    instant = EXPIRY - timedelta(hours=1)
    with at(instant):
        without = Silence(tmp_path / "without")
        having = Silence(tmp_path / "having", lambda story: answer(story, "moldova", "concur", now=BEGIN))
        for role in ("kosovo", "observer", "administrator"):
            one, other = without.client(role), having.client(role)
            for url in addresses(having.app, having.round_id):
                first, second = one.get(url), other.get(url)
                where = f"{role}: {url}"
                assert first.status_code == second.status_code, where
                assert told_by(first) == told_by(second), where
        lead = [world.client("lead").get(world.page).text for world in (without, having)]
        assert "said expressly that it has no objection" in lead[1].lower()
        assert "said expressly that it has no objection" not in lead[0].lower()


def told_by(answer: Any) -> str:
    return re.sub(r"\d{8,}", "N", DRAWN_ANEW.sub("", answer.data.decode("utf-8", "replace"))) + answer.headers.get(
        "ETag", ""
    )


def test_in_a_round_for_comments_no_answer_is_no_answer(
    app: Flask, storage: Any, sign_in: Callable[[int], Any]
) -> None:
    with app.app_context():
        story = a_story(db.session, storage)
        lead, number = story.people["lead"].id, story.round.id
        db.session.commit()
    with at(factories.DEADLINE + DAY):
        with app.app_context(), unit_of_work(db.session) as now:
            deadlines.close_round(
                db.session, db.session.get_one(Round, number), base_url=BASE_URL, by=Actor(None), now=now
            )
        page = sign_in(lead).get(f"/rounds/{number}/board").text
    assert "no objection" not in page
    assert "0 of 2 organisations have answered." in page
