"""A round in Cyrillic and with diacritics: on every page, in every file and in the names of files it is as it was written."""

import io
import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from consult import engine
from consult.errors import Invalid
from consult.models import Person, ReturnedCopy, db
from consult.rules.permissions import COMMAND
from consult.services import organisations, people
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL
from tests.engine.specimens import draft, edit, tracked_copy
from tests.factories import DEADLINE
from tests.work import worked

TITLE = "Нацрт смјерница – Đorđe & Žižek"
LEAD, BUREAU, MISSION = "Миссия в Кишинёве", "Büro für Übersetzung „Ürümqi“", "Мисија Šćekić"
TEXT = "Свака мисија обавјештава координатора у року од два дана."
WANTED = "Свака мисија обавјештава координатора без одлагања – naïve Šćekić."
REASON = "Два дана су дуго; ďábelské ódy ß ı İ ﬁ."
FILENAME = "Мој примерак Šćekić.docx"
BEFORE, AFTER = DEADLINE - timedelta(days=1), DEADLINE + timedelta(hours=1)


@pytest.fixture
def world(any_database_app: Flask) -> dict[str, int]:
    app = any_database_app
    with app.app_context():
        with unit_of_work(db.session) as now:
            for code, name in (("МИС", LEAD), ("ÜBR", BUREAU), ("ŠĆE", MISSION)):
                organisations.add_organisation(
                    db.session, code=code, name=name, time_zone="Europe/Vienna", by=COMMAND, now=now
                )
        found = {o.name: o for o in organisations.list_organisations(db.session)}
        persons = {name: factories.a_person(db.session, organisation=o).id for name, o in found.items()}
        data = draft("# Циљ", TEXT, "Права жртве – приоритет.", "Zażółć gęślą jaźń.")
        round_ = factories.a_round(
            db.session, storage=app.extensions["consult.storage"], data=data, lead=found[LEAD],
            consulted=(found[BUREAU], found[MISSION]),
        )  # fmt: skip
        round_.consultation.title, round_.visibility = TITLE, "open"
        db.session.commit()
        return {**persons, "round": round_.id}


@pytest.fixture
def client(any_database_app: Flask) -> Callable[[int], FlaskClient]:
    def signed_in(person: int) -> FlaskClient:
        from_browser = any_database_app.test_client()
        with any_database_app.app_context(), unit_of_work(db.session) as now:
            found = db.session.get_one(Person, person)
            link = people.make_link(db.session, person=found, base_url=BASE_URL, next_path="", now=now)
        from_browser.post(link.removeprefix(BASE_URL))
        return from_browser

    return signed_in


def write(client: FlaskClient, round_id: int, **form: str) -> None:
    answer = client.post(f"/rounds/{round_id}/comments", data={"type": "substantive", **form})
    assert answer.status_code == 302, answer.text


def hand_in(client: FlaskClient, round_id: int) -> None:
    page = client.get(f"/rounds/{round_id}/submission?waiting=with").text
    shown = re.findall(r'name="shown" value="([^"]+)"', page)
    given = {"position": "comments", "waiting": "with", "shown": shown}
    assert client.post(f"/rounds/{round_id}/submission", data=given).status_code == 302


def name_of(answer: Any) -> str:
    """Return the name a browser saves a download under."""
    return unquote(answer.headers["Content-Disposition"].partition("filename*=UTF-8''")[2])


def read_matrix(data: bytes) -> str:
    sheet = load_workbook(io.BytesIO(data)).active
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


def test_every_letter_survives_pages_files_and_names(
    any_database_app: Flask, world: dict[str, int], client: Callable[[int], FlaskClient]
) -> None:
    round_id = world["round"]
    with time_machine.travel(BEFORE, tick=False) as clock:
        bureau, mission = client(world[BUREAU]), client(world[MISSION])
        number = "2"
        write(mission, round_id, paragraph=number, wording=WANTED, reason=REASON)
        write(mission, round_id, paragraph=number, quote="КООРДИНАТОРА".lower(), wording=TEXT, reason="Ко је то?")
        page = mission.get(f"/rounds/{round_id}/comments").text
        assert all(words in page for words in ("naïve Šćekić", REASON, MISSION, "Đorđe &amp; Žižek"))
        return_a_copy(any_database_app, bureau, round_id)
        hand_in(mission, round_id)
        hand_in(bureau, round_id)
        document = bureau.get(f"/rounds/{round_id}/document").text
        assert REASON in document
        assert "Zażółć gęślą jaźń." in document
        clock.shift(AFTER - BEFORE)
        lead = client(world[LEAD])
        worked(any_database_app, lead, lead.post(f"/rounds/{round_id}/consolidate"))
        look_into_files(lead, round_id)


def return_a_copy(app: Flask, client: FlaskClient, round_id: int) -> None:
    """Return a Word copy under a Cyrillic name in decomposed letters, as some systems name files."""
    copy = bytes(client.get(f"/rounds/{round_id}/copy.docx").data)
    changed = tracked_copy(copy, [edit(copy, "два дана", "ÿ дана – «пет»")], "Þórður Ðe")
    upload = {"copy": (io.BytesIO(changed), unicodedata.normalize("NFD", FILENAME))}
    answer = client.post(f"/rounds/{round_id}/copy", data=upload)
    page = client.get(worked(client.application, client, answer).headers["Location"]).text
    assert FILENAME in page
    assert "Þórður Ðe" in page
    with app.app_context():
        copy_id = db.session.query(ReturnedCopy).one().id
    kept = client.post(f"/rounds/{round_id}/copy/{copy_id}/keep", follow_redirects=True).text
    assert "ÿ дана – «пет»" in kept


def look_into_files(lead: FlaskClient, round_id: int) -> None:
    files = {
        name: lead.get(f"/rounds/{round_id}/downloads/{name}")
        for name in ("consolidated.docx", "matrix.xlsx", "matrix.docx", "report.json", "draft.docx")
    }
    for name, answer in files.items():
        assert answer.status_code == 200, name
        assert name_of(answer) == f"{TITLE} - round 1 - {name}"
    told = read_matrix(files["matrix.xlsx"].data)
    assert all(words in told for words in (REASON, "ŠĆE", "ÜBR", "naïve", "«пет»", TITLE)), told
    words = " ".join(p.text for p in engine.read_draft(files["matrix.docx"].data).paragraphs)
    assert all(piece in words for piece in (REASON, "ŠĆE", "naïve"))
    report = files["report.json"].get_json(force=True)
    assert {o for e in report["edits"] for o in e["organisations"]} == {BUREAU, MISSION}
    merged = engine.read_returned_copy(files["consolidated.docx"].data, files["draft.docx"].data, enough=0)
    assert {name for e in merged.edits for name in e.author.split("; ")} == {BUREAU, MISSION}
    assert any("naïve Šćekić" in e.new for e in merged.edits)
    assert any(r.text.endswith(REASON) for r in merged.remarks)


@pytest.mark.parametrize("name", ["Мисија šćekić", "МИСИЈА ŠĆEKIĆ"])
def test_names_that_differ_in_capitals_alone_are_told_apart_by_nobody(
    any_database_app: Flask, world: dict[str, int], name: str
) -> None:
    assert world
    with any_database_app.app_context(), pytest.raises(Invalid), unit_of_work(db.session) as now:
        organisations.add_organisation(db.session, code="XX", name=name, time_zone="Europe/Vienna", by=COMMAND, now=now)
