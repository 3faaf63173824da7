"""The desk on its pages: who may do what there, and that nothing leaves but what was shown."""

import re
from pathlib import Path
from typing import Any

import pytest

from consult.models import Comment, CommentText, db
from tests.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path / "instance")


def client(world: World, role: str) -> Any:
    found = world.app.test_client()
    found.set_cookie("consult_session", world.session_of(role))
    return found


def state(world: World, name: str) -> str:
    with world.app.app_context():
        return db.session.get_one(Comment, world.names[name]).desk_state


def test_only_the_focal_point_clears_drops_merges_and_sees_what_leaves(world: World) -> None:
    base = world.address("/rounds/{open}/comments")
    acts = [
        f"{base}/clear",
        f"{base}/{world.names['one']}/drop",
        f"{base}/{world.names['one']}/unclear",
        f"{base}/merge",
    ]
    given = {"comment": [world.names["one"], world.names["two"]], "reason": "x"}
    writer = client(world, "contributor")
    for act in acts:
        assert writer.post(act, data=given).status_code == 403, act
    assert writer.get(world.address("/rounds/{open}/submission")).status_code == 403
    for role in ("other", "lead", "co-lead"):
        stranger = client(world, role)
        assert all(stranger.post(act, data=given).status_code in (403, 404) for act in acts), role
        merger = world.address("/rounds/{open}/comments/merge?comment={one}&comment={two}")
        assert stranger.get(merger).status_code in (403, 404), role
    assert state(world, "one") == "drafting"


def test_the_author_sees_who_dropped_a_comment_and_why(world: World) -> None:
    focal, writer = client(world, "focal point"), client(world, "contributor")
    base = world.address("/rounds/{open}/comments")
    assert focal.post(f"{base}/{world.names['one']}/drop", data={"reason": ""}).status_code == 422
    focal.post(f"{base}/{world.names['one']}/drop", data={"reason": "Said in paragraph 9."})
    assert "Said in paragraph 9." in writer.get(base).text
    assert "Said in paragraph 9." not in client(world, "lead").get(world.address("/rounds/{open}/document")).text
    assert writer.post(f"{base}/{world.names['one']}/restore").status_code == 403
    assert focal.post(f"{base}/{world.names['one']}/restore").status_code == 302
    assert state(world, "one") == "drafting"


def test_merging_on_the_page_combines_the_wording_and_keeps_the_old_words(world: World) -> None:
    focal = client(world, "focal point")
    page = focal.get(world.address("/rounds/{open}/comments/merge?comment={one}&comment={two}")).text
    assert "The presumed victim decides freely." in page
    sent = {name: re.findall(f'name="{name}" value="([^"]*)"', page) for name in ("version", "paragraph")}
    sent |= {"comment": [world.names["one"], world.names["two"]], "type": "technical", "reason": "Both are clearer."}
    sent["wording"] = "The presumed victim decides freely."
    url = world.address("/rounds/{open}/comments/merge")
    refused = focal.post(url, data={**sent, "version": ["1", "7"], "reason": "Typed with care."})
    assert refused.status_code == 409
    assert "Typed with care." in refused.text
    assert focal.post(url, data=sent).status_code == 302
    assert state(world, "one") == state(world, "two") == "merged"
    with world.app.app_context():
        rows = db.session.query(CommentText).filter_by(act="merged").all()
        assert {row.words["reason"] for row in rows} == {"Clearer."}


def test_a_change_since_the_preview_is_told_and_nothing_leaves(world: World) -> None:
    focal = client(world, "focal point")
    url = world.address("/rounds/{open}/submission")
    page = focal.get(url, query_string={"waiting": "with"}).text
    shown = re.findall(r'name="shown" value="([^"]+)"', page)
    focal.post(world.address("/rounds/{open}/comments/{one}/drop"), data={"reason": "No."})
    given = {"position": "comments", "shown": shown, "waiting": "with", "statement": "Typed with care."}
    answer = focal.post(url, data=given)
    assert answer.status_code == 409
    assert "changed since you looked" in answer.text
    assert "Typed with care." in answer.text
    with world.app.app_context():
        assert db.session.get_one(Comment, world.names["two"]).submission_id is None


def test_the_filters_show_what_they_say(world: World) -> None:
    focal = client(world, "focal point")
    base = world.address("/rounds/{open}/comments")
    focal.post(f"{base}/clear", data={"comment": world.names["one"]})
    page = focal.get(base, query_string={"state": "cleared"}).text
    assert f'id="c-{world.names["one"]}"' in page
    assert f'id="c-{world.names["two"]}"' not in page
