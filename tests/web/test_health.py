"""Whether a process lives and can work, and its numbers: for machines, with no name and no text in them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from consult import schema
from consult.app import create_app
from consult.config import Settings
from consult.errors import Invalid
from consult.models import Duty, OutboxLetter, db
from consult.scheduling import tick
from consult.storage import FolderStorage
from tests import budgets
from tests.conftest import BASE_URL, make_app
from tests.story import AFTER, a_story, two_conflicting

TOKEN = "t" * 32
INSIDE = {"REMOTE_ADDR": "10.1.2.3"}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_app(tmp_path / "instance", metrics_from="10.1.0.0/16, ::1", metrics_token=TOKEN)


def numbers(client: Any, **how: Any) -> dict[str, float]:
    answer = client.get("/metrics", environ_base=INSIDE, **how)
    assert answer.status_code == 200
    return {
        " ".join((sample.name, *sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


# ---- health ---------------------------------------------------------------------------------------------------------


def test_who_lives_says_so_whatever_else_is_away(app: Flask, client: Any) -> None:
    with app.app_context():
        schema.downgrade(db.engine, "base")
    assert client.get("/health/live", headers={"Host": "10.1.2.3:8000"}).text == "alive\n"


def test_it_is_ready_when_all_it_needs_is_there(app: Flask, client: Any) -> None:
    answer = client.get("/health/ready", headers={"Host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.json["worker"]) == (503, False), "no worker has been seen yet"
    tick(app)
    answer = client.get("/health/ready")
    assert answer.json == {"database": True, "storage": True, "schema": True, "worker": True}
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    later = timedelta(seconds=app.extensions["consult"].ready_tick_seconds + 60)
    with time_machine.travel(later, tick=False):
        assert client.get("/health/ready").json["worker"] is False


def test_it_is_not_ready_without_its_schema_its_files_or_its_database(app: Flask, client: Any, tmp_path: Path) -> None:
    tick(app)
    with app.app_context():
        schema.downgrade(db.engine, "0013")
        found = client.get("/health/ready").json
        assert (found["schema"], found["database"], found["storage"]) == (False, True, True)
        schema.upgrade(db.engine)
    app.extensions["consult.storage"] = FolderStorage(tmp_path / "gone" / "files")
    app.extensions["consult.health"].at = float("-inf")
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json["storage"], answer.json["schema"]) == (503, False, True)


def test_it_says_that_its_database_is_away(tmp_path: Path) -> None:
    away = {"database_url": f"sqlite:///{tmp_path / 'no folder' / 'consult.sqlite'}", "metrics_from": "10.1.0.0/16"}
    client = create_app(Settings(instance_path=tmp_path, base_url=BASE_URL, **away)).test_client()
    assert client.get("/health/live").status_code == 200
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json["database"], answer.json["schema"]) == (503, False, False)
    assert numbers(client)["consult_database_up"] == 0


# ---- metrics --------------------------------------------------------------------------------------------------------


def test_only_who_may_sees_the_numbers(app: Flask, client: Any, tmp_path: Path) -> None:
    def asked(address: str, **headers: str) -> int:
        return int(client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers).status_code)

    assert asked("10.1.2.3") == asked("::1") == 200
    assert asked("10.2.2.3") == asked("127.0.0.1") == 404
    assert asked("192.0.2.1", Authorization=f"Bearer {TOKEN}") == 200
    assert asked("192.0.2.1", Authorization=f"Bearer {TOKEN[:-1]}ü") == 404
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert asked("10.1.2.3", **{name: "192.0.2.1"}) == 404, "a proxy asks for somebody else"
    nobody = make_app(tmp_path / "nobody").test_client()
    assert nobody.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("settings", [{"metrics_from": "10.1.0.0/33"}, {"metrics_token": "short"}, {"jobs": "celery"}])
def test_what_cannot_be_meant_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        Settings(**settings)


@pytest.fixture
def waiting(app: Flask, storage: Any) -> None:
    """A round with letters and duties that have waited for a day, and nobody at work."""
    with app.app_context():
        story = a_story(db.session, storage)
        two_conflicting(story)
        story.tick(AFTER)
        late = db.session.query(Duty).first()
        late.state, late.due_at = "due", AFTER - timedelta(hours=24)
        first, second = db.session.query(OutboxLetter).limit(2)
        first.state, second.due_at = "unknown", AFTER - timedelta(hours=23)
        db.session.commit()


@pytest.mark.usefixtures("waiting")
def test_the_numbers_tell_what_waits_and_what_failed(client: Any) -> None:
    with time_machine.travel(AFTER, tick=False):
        found = numbers(client)
    assert found["consult_letters unknown"] == 1
    assert found["consult_letters queued"] >= 1
    assert found["consult_letters failed"] == 0
    assert found["consult_oldest_letter_seconds"] == 23 * 3600
    assert (found["consult_duties_due"], found["consult_oldest_duty_seconds"]) == (1, 24 * 3600)
    assert (found["consult_rounds closed"], found["consult_rounds open"]) == (1, 0)
    assert (found["consult_jobs queued"], found["consult_oldest_job_seconds"]) == (0, 0)
    assert (found["consult_database_up"], found["consult_storage_up"]) == (1, 1)
    assert "consult_tick_age_seconds" not in found


@pytest.mark.usefixtures("waiting")
def test_the_numbers_hold_no_name_and_no_text(app: Flask, client: Any, sign_in: Callable[[int], Any]) -> None:
    tick(app)
    client.get("/rounds/1/document?secret=Referral")
    text = client.get("/metrics", environ_base=INSIDE).text
    assert "consult_tick_age_seconds" in text
    for word in ("example.org", "Moldova", "MDA", "secret", "Referral", "Person", "Draft"):
        assert word not in text


def test_requests_are_counted_by_what_is_asked_for_and_how_it_is_answered(client: Any) -> None:
    client.get("/sign-in")
    client.get("/sign-in")
    client.get("/no/such/page/with/a/secret")
    found = numbers(client)
    assert found["consult_requests_total 200 people.sign_in"] == 2
    assert found["consult_requests_total 404 none"] == 1
    assert found["consult_request_seconds_count people.sign_in"] == 2


@pytest.mark.usefixtures("waiting")
def test_the_numbers_cost_a_page_s_queries_at_the_most(app: Flask, client: Any) -> None:
    with budgets.counted(app) as found:
        numbers(client)
    assert len(found) <= budgets.QUERIES_OF_A_PAGE
