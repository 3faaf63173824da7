"""Writing comments: what is refused, in which words, and that nothing typed is lost."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from lxml import html

from consult.models import Comment, CommentText, db
from tests import factories
from tests.engine.specimens import draft
from tests.web.test_visibility import World

ONE_SECOND = timedelta(seconds=1)
BEFORE = factories.DEADLINE - timedelta(days=1)


@pytest.fixture
def world(any_database_app: Flask, draft_bytes: bytes) -> dict[str, int]:
    """A round with a lead, and a mission with a focal point and a contributor; no worker runs."""
    with any_database_app.app_context():
        session = db.session
        lead, mission = factories.an_organisation(session), factories.an_organisation(session, name="Mission to X")
        people = {
            "lead": factories.a_person(session, organisation=lead).id,
            "focal": factories.a_person(session, organisation=mission).id,
            "writer": factories.a_person(session, organisation=mission, role="contributor").id,
        }
        storage = any_database_app.extensions["consult.storage"]
        round_ = factories.a_round(session, storage=storage, data=draft_bytes, lead=lead, consulted=(mission,))
        found = {**people, "round": round_.id, "mission": mission.id}
        session.commit()
        session.remove()
    return found


@pytest.fixture
def signed_in(any_database_app: Flask) -> Callable[[int], Any]:
    def client(person: int) -> Any:
        holder = object.__new__(World)
        holder.app, holder.people = any_database_app, {"someone": person}
        return holder.client("someone")

    return client


def form(**changes: str) -> dict[str, str]:
    return {"paragraph": "3", "type": "substantive", "reason": "Typed with care.", "form_key": "k1", **changes}


def count(app: Flask) -> int:
    with app.app_context():
        found = db.session.query(Comment).count()
        db.session.remove()
        return found


@pytest.mark.parametrize(
    ("instant", "status", "kept"),
    [
        (factories.DEADLINE - ONE_SECOND, 302, 1),
        (factories.DEADLINE, 409, 0),
        (factories.DEADLINE + ONE_SECOND, 409, 0),
    ],
    ids=["a second before", "at the deadline", "a second after"],
)
def test_the_deadline_counts_though_no_worker_runs(
    any_database_app: Flask, world: Any, signed_in: Any, instant: Any, status: int, kept: int
) -> None:
    with time_machine.travel(instant, tick=False):
        answer = signed_in(world["writer"]).post(f"/rounds/{world['round']}/comments", data=form())
    assert answer.status_code == status
    assert count(any_database_app) == kept
    if status == 409:
        assert "deadline has passed" in answer.text
        assert "Typed with care." in answer.text


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"paragraph": "99"}, 404, "no paragraph 99"),
        ({"quote": "words that are not there"}, 422, "does not stand in paragraph 3"),
        ({"start": "5", "end": "9999"}, 422, "do not lie in paragraph 3"),
        ({"reason": " "}, 422, "says nothing"),
        ({"type": "angry"}, 422, "type of comment"),
        ({"wording": "x" * 20_001}, 422, "more than 20000 characters"),
        ({"paragraph": "", "reason": ""}, 422, "Write what you want to say"),
    ],
)
def test_a_mistake_is_told_and_the_text_comes_back(
    any_database_app: Flask, world: Any, signed_in: Any, changes: dict[str, str], status: int, sentence: str
) -> None:
    with time_machine.travel(BEFORE, tick=False):
        answer = signed_in(world["writer"]).post(f"/rounds/{world['round']}/comments", data=form(**changes))
    assert answer.status_code == status
    assert sentence in answer.text
    assert changes.get("reason", "Typed with care.").strip() in answer.text
    assert count(any_database_app) == 0


def test_the_same_form_sent_twice_is_one_comment(any_database_app: Flask, world: Any, signed_in: Any) -> None:
    with time_machine.travel(BEFORE, tick=False):
        client = signed_in(world["writer"])
        for _ in range(2):
            assert client.post(f"/rounds/{world['round']}/comments", data=form()).status_code == 302
    assert count(any_database_app) == 1


def test_two_people_saving_the_same_comment_both_keep_their_words(
    any_database_app: Flask, world: Any, signed_in: Any
) -> None:
    with time_machine.travel(BEFORE, tick=False):
        one, other = signed_in(world["writer"]), signed_in(world["focal"])
        one.post(f"/rounds/{world['round']}/comments", data=form())
        with any_database_app.app_context():
            number = db.session.query(Comment).one().id
            db.session.remove()
        url = f"/rounds/{world['round']}/comments/{number}"
        assert other.post(url, data=form(reason="Second thoughts.", version="1")).status_code == 302
        answer = one.post(url, data=form(reason="Other words.", version="1"))
    assert answer.status_code == 409
    assert "Second thoughts." in answer.text
    assert "Other words." in answer.text
    with any_database_app.app_context():
        assert db.session.query(Comment).one().reason == "Second thoughts."
        db.session.remove()


def conflict(app: Flask, world: Any, one: Any, other: Any) -> tuple[str, Any]:
    """Let two people change one comment; return its address and the form that the second of them gets back."""
    one.post(f"/rounds/{world['round']}/comments", data=form())
    with app.app_context():
        number = db.session.query(Comment).one().id
        db.session.remove()
    url = f"/rounds/{world['round']}/comments/{number}"
    other.post(url, data=form(reason="Second thoughts.", version="1", form_key="k2"))
    page = one.post(url, data=form(reason="Other words.", version="1", form_key="k3")).text
    (found,) = [f for f in html.fromstring(page).forms if "comment-form" in (f.get("class") or "")]
    return url, found


def reasons(app: Flask) -> list[str]:
    with app.app_context():
        found = sorted(comment.reason for comment in db.session.query(Comment))
        db.session.remove()
        return found


def test_after_a_conflict_the_first_button_keeps_both_texts(
    any_database_app: Flask, world: Any, signed_in: Any
) -> None:
    with time_machine.travel(BEFORE, tick=False):
        one = signed_in(world["writer"])
        _, shown = conflict(any_database_app, world, one, signed_in(world["focal"]))
        first = shown.xpath(".//button[not(@type='button')]")[0]  # the one that the Enter key presses
        assert one.post(first.get("formaction"), data=dict(shown.form_values())).status_code == 302
    assert reasons(any_database_app) == ["Other words.", "Second thoughts."]


def test_after_a_conflict_theirs_is_replaced_only_by_the_button_that_says_so(
    any_database_app: Flask, world: Any, signed_in: Any
) -> None:
    with time_machine.travel(BEFORE, tick=False):
        one = signed_in(world["writer"])
        url, shown = conflict(any_database_app, world, one, signed_in(world["focal"]))
        values = dict(shown.form_values())
        assert one.post(url, data=values).status_code == 409
        assert reasons(any_database_app) == ["Second thoughts."]
        (replace,) = shown.xpath(".//button[@name='version']")
        assert one.post(url, data={**values, "version": replace.get("value")}).status_code == 302
    assert reasons(any_database_app) == ["Other words."]


def shown(client: Any, url: str) -> dict[str, list[str]]:
    """Return what the page before the hand-in shows as leaving, as its form sends it."""
    page = client.get(url, query_string={"waiting": "with"}).text
    return {"shown": re.findall(r'name="shown" value="([^"]+)"', page)}


def test_a_contributor_cannot_hand_in_and_the_focal_point_hands_in_once_for_all(
    any_database_app: Flask, world: Any, signed_in: Any
) -> None:
    url = f"/rounds/{world['round']}/submission"
    with time_machine.travel(BEFORE, tick=False):
        writer, focal, lead = (signed_in(world[name]) for name in ("writer", "focal", "lead"))
        writer.post(f"/rounds/{world['round']}/comments", data=form())
        assert writer.post(url, data={"position": "comments"}).status_code == 403
        assert "Typed with care." not in lead.get(f"/rounds/{world['round']}/document").text
        assert focal.post(url, data={"position": "no comments"}).status_code == 422
        assert focal.post(url, data={"position": "comments"}).status_code == 422
        assert focal.post(url, data={"position": "comments", **shown(focal, url)}).status_code == 302
        assert "Typed with care." in lead.get(f"/rounds/{world['round']}/document").text


def test_a_correction_supersedes_and_a_withdrawal_is_marked(
    any_database_app: Flask, world: Any, signed_in: Any
) -> None:
    base = f"/rounds/{world['round']}"
    with time_machine.travel(BEFORE, tick=False):
        focal, lead = signed_in(world["focal"]), signed_in(world["lead"])
        focal.post(f"{base}/comments", data=form())
        focal.post(f"{base}/submission", data={"position": "comments", **shown(focal, f"{base}/submission")})
        with any_database_app.app_context():
            first = db.session.query(Comment).one().id
            db.session.remove()
        target = focal.post(f"{base}/comments/{first}/correct").headers["Location"]
        focal.post(target, data=form(reason="Corrected words.", version="1"))
        assert "Corrected words." not in lead.get(f"{base}/document").text
        focal.post(f"{base}/submission", data={"position": "comments", **shown(focal, f"{base}/submission")})
        document = lead.get(f"{base}/document").text
        assert "Corrected words." in document
        assert "Typed with care." not in document
        second = target.rsplit("/", 1)[1]
        focal.post(f"{base}/comments/{second}/withdraw")
        assert "Corrected words." not in lead.get(f"{base}/document").text
        assert "withdrawn" in focal.get(f"{base}/comments").text
    assert count(any_database_app) == 2


def test_one_click_says_no_comments(any_database_app: Flask, world: Any, signed_in: Any) -> None:
    with time_machine.travel(BEFORE, tick=False):
        focal, lead = signed_in(world["focal"]), signed_in(world["lead"])
        focal.post(f"/rounds/{world['round']}/submission", data={"position": "no comments"})
        assert "no comments" in lead.get(f"/rounds/{world['round']}/board").text.lower()


# ---- the marked words -----------------------------------------------------------------------------------------------

TWICE = "The missions inform each other, and the missions inform the co-ordinator."


@pytest.fixture
def draft_bytes() -> bytes:
    return draft("# Purpose", "Text before.", TWICE)


def fields_of(page: str) -> dict[str, str]:
    """Return what the comment form on a page would send, as a browser does."""
    root = html.fromstring(page)
    (found,) = [f for f in root.forms if "comment-form" in (f.get("class") or "")]
    return {name: value for name, value in found.form_values() if name != "csrf_token"}


def marked(app: Flask) -> list[tuple[int, int, str]]:
    with app.app_context():
        found = [(c.start, c.end, c.quote) for c in db.session.query(Comment)]
        db.session.remove()
        return found


def test_a_comment_stands_on_the_words_that_were_marked_not_on_the_first_like_them(
    any_database_app: Flask, world: dict[str, int], signed_in: Callable[[int], Any]
) -> None:
    start = TWICE.rindex("missions")
    expected = [(start, start + 8, "missions")]
    with time_machine.travel(BEFORE, tick=False):
        writer = signed_in(world["writer"])
        page = writer.get(f"/rounds/{world['round']}/comments/new?paragraph=3&start={start}&end={start + 8}").text
        sent = {**fields_of(page), "reason": "Which?"}
        assert writer.post(f"/rounds/{world['round']}/comments", data=sent).status_code == 302
        assert marked(any_database_app) == expected
        with any_database_app.app_context():
            url = f"/rounds/{world['round']}/comments/{db.session.query(Comment.id).scalar()}"
            db.session.remove()
        again = writer.get(url).text
        sent = {**fields_of(again), "reason": "Which ones?"}
        assert writer.post(url, data=sent).status_code == 302
    assert marked(any_database_app) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", (0, 0, "")),
        ("co-ordinator", (TWICE.index("co-ordinator"), TWICE.index("co-ordinator") + 12, "co-ordinator")),
    ],
)
def test_words_typed_anew_count_more_than_what_was_marked(
    any_database_app: Flask, world: dict[str, int], signed_in: Callable[[int], Any], typed: str,
    expected: tuple[int, int, str],
) -> None:  # fmt: skip
    with time_machine.travel(BEFORE, tick=False):
        sent = form(start="4", end="12", quote=typed)
        assert signed_in(world["writer"]).post(f"/rounds/{world['round']}/comments", data=sent).status_code == 302
    assert marked(any_database_app) == [expected]


def test_words_that_stand_twice_are_not_guessed(
    any_database_app: Flask, world: dict[str, int], signed_in: Callable[[int], Any]
) -> None:
    with time_machine.travel(BEFORE, tick=False):
        answer = signed_in(world["writer"]).post(f"/rounds/{world['round']}/comments", data=form(quote="missions"))
    assert answer.status_code == 422
    assert "stands more than once in paragraph 3" in answer.text
    assert "Typed with care." in answer.text
    assert not marked(any_database_app)


def test_the_same_form_sent_again_with_more_words_keeps_them_all(
    any_database_app: Flask, world: dict[str, int], signed_in: Callable[[int], Any]
) -> None:
    with time_machine.travel(BEFORE, tick=False):
        writer = signed_in(world["writer"])
        url = f"/rounds/{world['round']}/comments"
        for reason in ("Half of it.", "Half of it. And the rest.", "Half of it. And the rest."):
            assert writer.post(url, data=form(reason=reason)).status_code == 302
    with any_database_app.app_context():
        assert [c.reason for c in db.session.query(Comment)] == ["Half of it. And the rest."]
        assert [row.words["reason"] for row in db.session.query(CommentText)] == ["Half of it."]
        db.session.remove()
