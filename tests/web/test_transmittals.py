"""Transmittals on their pages: who may do what, what a link shows and takes, and that nothing hidden is in the package."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult.models import Comment, OutboxLetter, Person, Round, Transmittal, TransmittalDownload, db
from consult.services import dispositions, people, rounds
from consult.unit_of_work import unit_of_work
from tests.engine.canaries import SEEN, planted
from tests.engine.scanners import found_in_bytes, found_in_parts
from tests.engine.specimens import specimen_draft
from tests.story import AFTER, Story, a_story
from tests.transmitting import COVER, decided, second_person
from tests.web.test_visibility import World as VisibleWorld
from tests.world import ROLES, World, make_world

FORM = {
    "text-from": "accepted", "symbol": COVER.symbol, "language_line": COVER.language_line, "mark": "RESTRICTED",
    "words": COVER.words,
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


# ---- who may do what ------------------------------------------------------------------------------------------------

SEES, MAY_NOT, NOT_THERE, SIGNED_OUT = 200, 403, 404, 302
EXPECTED = {  # role -> (looks, prepares, confirms a package the lead prepared, sends)
    "newcomer": (NOT_THERE,) * 4,
    "administrator": (NOT_THERE,) * 4,
    "contributor": (MAY_NOT,) * 4,
    "focal point": (MAY_NOT,) * 4,
    "other": (MAY_NOT,) * 4,
    "observer": (MAY_NOT,) * 4,
    "lead": (SEES, 422, MAY_NOT, 409),
    "co-lead": (SEES, 422, 422, 409),
}


@pytest.mark.parametrize("role", [*ROLES, "anonymous"])
def test_every_role_may_do_its_part_and_no_more(world: World, role: str) -> None:
    client, base = world.client_of(role), world.address("/rounds/{decided}/transmittals")
    one = f"{base}/{world.names['correction']}"
    looks, prepares, confirms, sends = EXPECTED.get(role, (SIGNED_OUT, MAY_NOT, MAY_NOT, MAY_NOT))
    for address in (base, one, f"{one}/files/2-clean-text.docx", f"{one}/files/package.zip"):
        assert client.get(address).status_code == looks, address
    assert client.post(base, data={}).status_code == prepares
    assert client.post(f"{one}/confirm", data={"beginning": "0"}).status_code == confirms
    assert client.post(f"{one}/send", data={}).status_code == sends
    if role not in ("lead", "co-lead"):
        assert client.post(f"{one}/withdraw").status_code == sends
        assert client.post(f"{one}/recipients/1/revoke").status_code == sends


def test_a_transmittal_of_another_round_is_not_there(world: World) -> None:
    client, one = world.client_of("lead"), world.names["transmittal"]
    for address in (f"/rounds/{{consolidated}}/transmittals/{one}", f"/rounds/{{decided}}/transmittals/{one + 1}"):
        assert client.get(world.address(address)).status_code == 404
        assert client.post(world.address(f"{address}/withdraw")).status_code == 404


def test_what_was_typed_comes_back_with_what_to_correct(world: World) -> None:
    answer = world.client_of("lead").post(
        world.address("/rounds/{decided}/transmittals"), data={**FORM, "symbol": "sec.gal", "words": "Šćekić’s words"}
    )
    assert answer.status_code == 422
    assert "is no document symbol" in answer.text
    assert "Šćekić’s words" in answer.text
    assert 'value="sec.gal"' in answer.text
    assert re.search(r'value="RESTRICTED" checked', answer.text)


# ---- the links ------------------------------------------------------------------------------------------------------


def test_a_scanner_that_fetches_the_link_takes_nothing_and_uses_nothing_up(world: World) -> None:
    client, address = world.app.test_client(), world.address("/transmitted/{transmitted}")
    before = _downloads(world)
    for method in ("get", "head", "get", "options"):
        assert getattr(client, method)(address).status_code == 200
    assert client.get(f"{address}/package.zip").status_code == 405
    assert _downloads(world) == before
    page = client.get(address).text
    assert COVER.symbol in page
    assert "<form" in page
    taken = client.post(f"{address}/package.zip")
    assert (taken.status_code, taken.mimetype) == (200, "application/zip")
    assert "attachment" in taken.headers["Content-Disposition"]
    assert _downloads(world) == before + 1
    assert "package.zip" in world.client_of("lead").get(
        world.address("/rounds/{decided}/transmittals/{transmittal}")
    ).text.partition("Taken through the link")[2]  # fmt: skip


def _downloads(world: World) -> int:
    with world.app.app_context():
        return db.session.query(TransmittalDownload).count()


def test_a_link_that_opens_nothing_says_so_and_what_to_do(world: World) -> None:
    client = world.app.test_client()
    for answer in (client.get("/transmitted/nothing"), client.post("/transmitted/nothing/package.zip")):
        assert answer.status_code == 404
        assert "This link opens nothing" in answer.text
    assert client.post(world.address("/transmitted/{transmitted}/other.docx")).status_code == 404


# ---- bodies ---------------------------------------------------------------------------------------------------------


def test_the_administrator_keeps_the_register_of_bodies(world: World) -> None:
    client, base = world.client_of("administrator"), "/administration/bodies"
    form = {"name": "Gender Adviser", "addresses": "ga@example.org", "language": "fr", "delivery": "files"}
    for wrong, words in (
        ({"addresses": "nobody"}, "is no mail address"), ({"addresses": ""}, "at least one mail address"),
        ({"addresses": "a@b.org\r\nBcc: x"}, "is no mail address"), ({"name": " "}, "Enter the name"),
        ({"language": "tlh"}, "one of the languages"), ({"delivery": "pigeon"}, "how the body gets"),
    ):  # fmt: skip
        answer = client.post(base, data={**form, **wrong})
        assert (answer.status_code, words in answer.text) == (422, True), wrong
    assert client.post(base, data=form).status_code == 302
    assert "already a body" in client.post(base, data=form).text
    assert client.post(f"{base}/{world.names['body']}", data={**form, "name": "ODIHR"}).status_code == 302
    assert "not offered any more" in client.get(base).text
    assert world.client_of("lead").get(base).status_code == 404


# ---- the whole way, with everything hidden in the draft -------------------------------------------------------------


@pytest.fixture
def hidden(app: Flask, storage: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Flask, Story, dict[str, str], int]:
    """A decided round on a draft with a secret in every place where something can lie that no reader sees."""
    data, words = planted(specimen_draft())
    monkeypatch.setattr("tests.story.specimen_draft", lambda: data)
    with app.app_context(), unit_of_work(db.session):
        story = decided(a_story(db.session, storage))
        second_person(story)
        number = story.round.id
        people = {name: person.id for name, person in story.people.items()}
    story.people = people  # type: ignore[assignment]
    return app, story, words, number


def test_nothing_rides_along_in_the_package_and_two_persons_send_it(hidden: Any, sign_in: Any) -> None:
    app, story, words, number = hidden
    secrets = [word for place, word in words.items() if place not in SEEN]
    assert len(secrets) > 90
    with time_machine.travel(AFTER, tick=False):
        lead, second = sign_in(story.people["lead"]), sign_in(story.people["second"])
        made = lead.post(f"/rounds/{number}/transmittals", data=FORM)
        assert made.status_code == 302, re.findall(r'id="refusal">(.*?)</div>', made.text, re.DOTALL)
        address = made.headers["Location"]
        package = second.get(f"{address}/files/package.zip").data
        assert found_in_bytes(package, secrets) | found_in_parts(package, secrets) == set()
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            clean = archive.read("2-clean-text.docx")
            names = archive.namelist()
        assert found_in_bytes(clean, words.values()) | found_in_parts(clean, words.values()) == set()
        assert [n for n in names if second.get(f"{address}/files/{n}").status_code != 200] == []
        digest = re.findall(r'<code class="digest" lang="">([0-9a-f]{64})', second.get(address).text)[0]
        assert lead.post(f"{address}/confirm", data={"beginning": digest[:8]}).status_code == 403
        assert second.post(f"{address}/confirm", data={"beginning": digest[:8].upper()}).status_code == 302
        with app.app_context():
            assert db.session.query(Transmittal).one().state == "confirmed"
            assert db.session.query(OutboxLetter).filter_by(kind="transmittal").count() == 0


# ---- two worlds -----------------------------------------------------------------------------------------------------


def test_what_was_not_handed_in_is_in_no_package(tmp_path: Path) -> None:
    """The same package to the byte, whether an organisation has written nothing or has comments it did not hand in."""
    texts = []
    with time_machine.travel(AFTER, tick=False):
        for with_secret in (False, True):
            world = VisibleWorld(tmp_path / str(with_secret), "open", "closed", with_secret)
            client, base = world.client("lead focal point"), f"/rounds/{world.round_id}"
            with world.app.app_context(), unit_of_work(db.session):
                _decide_everything(world)
            made = client.post(f"{base}/transmittals", data=FORM)
            assert made.status_code == 302, re.findall(r'id="refusal">(.*?)</div>', made.text, re.DOTALL)
            with zipfile.ZipFile(
                io.BytesIO(client.get(f"{made.headers['Location']}/files/package.zip").data)
            ) as archive:
                texts.append({n: archive.read(n) for n in archive.namelist() if not n.startswith("manifest")})
    assert texts[0] == texts[1]


def _decide_everything(world: VisibleWorld) -> None:
    round_ = db.session.get_one(Round, world.round_id)
    lead = db.session.get_one(Person, world.people["lead focal point"])
    round_.stage = "consolidated"
    db.session.flush()
    for comment in db.session.query(Comment).filter(Comment.submission_id.is_not(None)):
        dispositions.decide(
            db.session, round_, comment, decision="noted", reason="So.", wording="", duplicate_of=0, version=0,
            by=people.actor_of(lead), person=lead, now=AFTER,
        )  # fmt: skip
    rounds.finish(db.session, round_, base_url="http://localhost", by=people.actor_of(lead), now=AFTER)
