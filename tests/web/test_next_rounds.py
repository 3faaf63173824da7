"""Preparing the next round on the pages: who may, what is refused and keeps everything typed, and the tray."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult import engine
from consult.models import CarriedComment, Comment, Disposition, Round, db
from consult.services import dispositions
from tests.story import AFTER, a_story, two_conflicting


@pytest.fixture
def ids(app: Flask, storage: Any) -> Iterator[dict[str, int]]:
    """A finished round; its comments 4 and 5 shall be discussed in the next one."""
    with app.app_context():
        story = a_story(db.session, storage, visibility="open")
        two_conflicting(story)
        for item in dispositions.list_numbered(db.session, story.round):
            reason = "To be discussed." if item.number > 3 else "Thank you."
            db.session.add(
                Disposition(
                    comment_id=item.comment.id, decision="noted", reason=reason, decided_at=AFTER,
                    decided_by_id=story.people["lead"].id,
                )
            )  # fmt: skip
        story.round.stage = "decided"
        found = {name: person.id for name, person in story.people.items()} | {"round": story.round.id}
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        yield found


def without_the_passage(app: Flask) -> bytes:
    """Return the draft without the paragraph that comments 4 and 5 are on."""
    with app.app_context():
        comment = db.session.query(Comment).filter_by(reason="Two days are long.").one()
        assert comment.paragraph is not None
        data = app.extensions["consult.storage"].read(comment.paragraph.draft.file_sha256)
        text, key = comment.paragraph.text, comment.paragraph.key
    return engine.write_next_draft(data, [engine.Edit(key, "paragraph-deleted", 0, len(text), text, "", "x")])


def an_upload(data: bytes, **more: Any) -> dict[str, Any]:
    return {"draft-from": "upload", "draft": (io.BytesIO(data), "next.docx"), "carry": ["4", "5"], **more}


def the_orphans(app: Flask) -> list[int]:
    with app.app_context():
        return [c.comment_id for c in db.session.query(CarriedComment).filter_by(state="orphaned")]


def test_the_lead_prepares_the_next_round_and_finds_who_was_asked_proposed(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    client = sign_in(ids["lead"])
    page = client.get(f"/rounds/{ids['round']}/next").text
    assert [f'value="{n}" checked' in page for n in range(1, 6)] == [False, False, False, True, True]
    answer = client.post(f"/rounds/{ids['round']}/next", data={"draft-from": "accepted", "carry": ["4", "5"]})
    assert answer.status_code == 302
    assert answer.location.endswith("/set-up")
    text = client.get(answer.location).text
    assert "Comments carried over from the round before: 2" in text
    assert text.count('<option value="consulted" selected>') == 2
    assert text.count('<option value="observer" selected>') == 1
    assert 'value="open" checked' in text
    assert client.get(f"/rounds/{ids['round']}/next").location == answer.location


@pytest.mark.parametrize("name", ["moldova", "observer"])
def test_nobody_else_finds_it(app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any], name: str) -> None:
    sign_in(ids["lead"]).post(f"/rounds/{ids['round']}/next", data=an_upload(without_the_passage(app)))
    client, number = sign_in(ids[name]), ids["round"] + 1
    for url in (f"/rounds/{ids['round']}/next", f"/rounds/{number}/carried", f"/rounds/{number}/document",
                f"/rounds/{number}/carried/{the_orphans(app)[0]}"):  # fmt: skip
        assert client.get(url).status_code == 404, url
    assert client.post(f"/rounds/{number}/carried/{the_orphans(app)[0]}", data={"paragraph": "2"}).status_code == 404
    assert len(the_orphans(app)) == 2


def test_a_file_that_cannot_be_used_changes_nothing_and_keeps_what_was_chosen(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    client = sign_in(ids["lead"])
    answer = client.post(f"/rounds/{ids['round']}/next", data=an_upload(b"no document", carry=["1", "5"]))
    assert answer.status_code == 422
    assert "Not saved" in answer.text
    assert [f'value="{n}" checked' in answer.text for n in range(1, 6)] == [True, False, False, False, True]
    with app.app_context():
        assert db.session.query(Round).count() == 1


def test_an_orphan_is_attached_or_let_go_on_the_page(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    client = sign_in(ids["lead"])
    answer = client.post(f"/rounds/{ids['round']}/next", data=an_upload(without_the_passage(app)))
    tray = answer.location
    assert tray.endswith("/carried")
    text = client.get(tray).text
    assert "Without a place in this draft (2)" in text
    assert "within two working days" in text
    first, second = the_orphans(app)
    refused = client.post(f"{tray}/{first}", data={"paragraph": "77"})
    assert refused.status_code == 404
    assert "no paragraph 77" in refused.text
    assert 'value="77"' in refused.text
    assert "Attach here" in client.get(f"{tray}/{first}").text
    assert client.post(f"{tray}/{first}", data={"paragraph": "2"}).status_code == 302
    assert client.post(f"{tray}/{first}", data={"paragraph": "3"}).status_code == 409
    assert 'name="let-go"' in client.get(f"{tray}/{second}").text
    assert client.post(f"{tray}/{second}", data={"let-go": "1", "reason": "Taken out."}).status_code == 302
    assert the_orphans(app) == []
    text = client.get(tray).text
    assert "attached here by the lead" in text
    assert "Taken out." in text


def test_a_comment_that_was_not_carried_cannot_be_moved(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    with app.app_context():
        comment = db.session.query(Comment).filter_by(reason="Two days are long.").one().id
    answer = sign_in(ids["lead"]).post(f"/rounds/{ids['round']}/carried/{comment}", data={"paragraph": "2"})
    assert answer.status_code == 404
    with app.app_context():
        assert db.session.get_one(Comment, comment).paragraph.number == "3"  # type: ignore[union-attr]
