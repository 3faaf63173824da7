"""The page of long work: at once, with what is done; on to the result or the reason; for nobody else."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from flask import Flask

from consult.models import Job, db
from consult.scheduling import do_long_work
from tests.engine.specimens import edit, tracked_copy
from tests.story import AFTER, DURING


def consolidate(client: Any, ids: dict[str, int]) -> str:
    answer = client.post(f"/rounds/{ids['round']}/consolidate")
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def make_old(app: Flask) -> None:
    """Let the work have been asked for a while ago."""
    with app.app_context():
        job = db.session.query(Job).one()
        job.created_at -= timedelta(hours=1)
        db.session.commit()


def test_work_that_is_done_at_once_leads_to_its_result(app: Flask, ids: dict[str, int], lead: Any) -> None:
    page = consolidate(lead, ids)
    do_long_work(app)
    answer = lead.get(page)
    assert answer.headers["Location"] == f"/rounds/{ids['round']}/downloads"
    assert "Consolidated. Changes: 4." in lead.get(answer.headers["Location"]).text


def test_the_page_tells_the_step_and_asks_again(app: Flask, ids: dict[str, int], lead: Any) -> None:
    page = consolidate(lead, ids)
    with app.app_context():
        job = db.session.query(Job).one()
        job.state, job.attempt, job.heartbeat_at, job.step, job.done, job.total = "running", 1, AFTER, "Half way", 1, 3
        db.session.commit()
    shown = lead.get(page).text
    assert "data-job-step>Half way</p>" in shown
    assert 'value="1" max="3"' in shown
    part = lead.get(f"{page}/progress")
    assert part.text.lstrip().startswith("<div")
    assert "load delay:1s" in part.text
    assert "Half way" in lead.get("/").text
    make_old(app)
    assert "load delay:5s" in lead.get(f"{page}/progress").text
    with app.app_context():
        db.session.query(Job).one().state = "queued"
        db.session.commit()
    assert "the worker may not be running" in lead.get(page).text


def test_when_the_work_has_ended_the_page_is_asked_for_again(app: Flask, ids: dict[str, int], lead: Any) -> None:
    page = consolidate(lead, ids)
    do_long_work(app)
    assert lead.get(f"{page}/progress").headers["HX-Redirect"] == page


def test_work_can_be_stopped_and_asked_for_again(app: Flask, ids: dict[str, int], lead: Any) -> None:
    page = consolidate(lead, ids)
    assert lead.post(f"{page}/cancel").headers["Location"] == f"/rounds/{ids['round']}/board"
    assert do_long_work(app) == 0
    assert "Nothing of it was kept" in lead.get(page).text
    assert consolidate(lead, ids) != page
    assert do_long_work(app) == 1


def test_nobody_else_sees_work_or_stops_it(ids: dict[str, int], lead: Any, sign_in: Callable[[int], Any]) -> None:
    page = consolidate(lead, ids)
    other = sign_in(ids["moldova"])
    assert [other.get(path).status_code for path in (page, f"{page}/progress")] == [404, 404]
    assert other.post(f"{page}/cancel").status_code == 404
    assert "Work in progress" not in other.get("/").text
    assert "Work in progress" in lead.get("/").text


def test_a_copy_that_cannot_be_used_is_told_and_the_way_back_shown(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    with time_machine.travel(DURING, tick=False):
        client = sign_in(ids["moldova"])
        answer = client.post(f"/rounds/{ids['round']}/copy", data={"copy": (io.BytesIO(b"no Word file"), "a.docx")})
        do_long_work(app)
        shown = client.get(answer.headers["Location"])
        assert shown.status_code == 422
        assert f'href="/rounds/{ids["round"]}/copy"' in shown.text
        assert "nothing came of it" in client.get(f"/rounds/{ids['round']}/copy").text


def test_the_same_copy_sent_twice_is_read_once(
    app: Flask, ids: dict[str, int], storage: Any, sign_in: Callable[[int], Any], draft_bytes: bytes
) -> None:
    with time_machine.travel(DURING, tick=False):
        client = sign_in(ids["moldova"])
        data = tracked_copy(draft_bytes, [edit(draft_bytes, "two working days", "one day")], "Somebody")
        pages = [
            client.post(f"/rounds/{ids['round']}/copy", data={"copy": (io.BytesIO(data), "a.docx")}).headers["Location"]
            for _ in range(2)
        ]
        assert pages[0] == pages[1]
        assert do_long_work(app) == 1
        assert "/copy/" in client.get(pages[0]).headers["Location"]
