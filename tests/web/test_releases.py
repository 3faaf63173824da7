"""What the lead has decided and not released exists for nobody else: not on any page, in any file or letter.

Two worlds are compared: in one the lead has released a decision and gone home; in the other it has since changed that
decision and decided on another comment, with a secret in every field. Everybody but the lead gets the same from both.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult.models import Disposition, OutboxLetter, Person, Round, db
from consult.services import consolidations, dispositions, people, releases
from consult.services.entries import list_entries
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.conftest import BASE_URL, make_app
from tests.factories import DEADLINE
from tests.story import AFTER, Story, a_story, two_conflicting
from tests.web.test_visibility import DRAWN_ANEW, urls

SECRET = "ZXQV7SECRET"


class World:
    """A consolidated round with one release; `with_drafts` the lead has decided on since."""

    def __init__(self, folder: Path, visibility: str, with_drafts: bool) -> None:
        factories.numbers = itertools.count(1)
        self.app = make_app(folder)
        with self.app.app_context():
            story = a_story(db.session, self.app.extensions["consult.storage"], visibility=visibility)
            two_conflicting(story)
            story.tick(DEADLINE)
            _consolidate(story)
            _decide(story, 4, "not accepted", "Released reason.")
            releases.release(db.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)
            if with_drafts:
                _decide(story, 4, "accepted", SECRET)
                _decide(story, 2, "accepted", SECRET)
                _decide(story, 5, "accepted with changes", SECRET, wording=f"Each mission informs {SECRET}.")
            self.people = {name: person.id for name, person in story.people.items()}
            self.round_id = story.round.id
            db.session.commit()

    def client(self, name: str) -> Any:
        client = self.app.test_client()
        with self.app.app_context(), unit_of_work(db.session) as now:
            person = db.session.get_one(Person, self.people[name])
            link = people.make_link(db.session, person=person, base_url=BASE_URL, next_path="", now=now)
        client.post(link.removeprefix(BASE_URL))
        return client


def _consolidate(story: Story) -> None:
    story.round.stage = "consolidated"
    snapshot = consolidations.take_snapshot(story.session, story.storage, story.round)
    from_engine = story.storage.read(story.draft.file_sha256)
    made = type("Made", (), {"docx": from_engine, "edits": (), "remarks": (), "conflicts": (), "notices": ()})()
    consolidations.keep_consolidation(
        story.session, story.storage, story.round, snapshot, made, base_url=BASE_URL, by=story.actor("lead"),
        person=story.people["lead"], now=AFTER,
    )  # fmt: skip


def _decide(story: Story, number: int, decision: str, reason: str, **more: Any) -> None:
    entry = list_entries(story.session, story.round)[number - 1]
    item = dispositions.list_numbered(story.session, story.round)[number - 1]
    dispositions.decide(
        story.session, story.round, item.comment, decision=decision, reason=reason, version=entry.version,
        by=story.actor("lead"), person=story.people["lead"], now=AFTER, **{"wording": "", "duplicate_of": 0, **more},
    )  # fmt: skip


@pytest.mark.parametrize("visibility", ["closed", "after own submission", "open"])
def test_two_worlds_look_the_same_to_everybody_but_the_lead(tmp_path: Path, visibility: str) -> None:
    with time_machine.travel(AFTER, tick=False):
        released = World(tmp_path / "released", visibility, with_drafts=False)
        decided = World(tmp_path / "decided", visibility, with_drafts=True)
        seen = ""
        for name in ("moldova", "kosovo", "observer"):
            one, other = released.client(name), decided.client(name)
            for method, url, _endpoint in urls(decided.app, decided.round_id, ()):
                if method != "GET":
                    continue
                first, second = (_comparable(client.get(url)) for client in (one, other))
                assert SECRET not in second[1], f"{name}: {url}"
                assert first == second, f"{name}: {url}"
                seen += second[1]
        assert "Released reason." in seen


def _comparable(answer: Any) -> tuple[int, str]:
    from_text = answer.data.decode("utf-8", "replace")
    return answer.status_code, re.sub(r"\d{8,}", "N", DRAWN_ANEW.sub("", from_text))  # ids are drawn at random


def test_the_scanner_finds_the_secret_on_the_leads_own_page(tmp_path: Path) -> None:
    with time_machine.travel(AFTER, tick=False):
        world = World(tmp_path, "closed", with_drafts=True)
        text = world.client("lead").get(f"/rounds/{world.round_id}/decisions").text
        assert text.count(SECRET) >= 3
        assert "changed since released" in text


# ---- the button -----------------------------------------------------------------------------------------------------


@pytest.fixture
def ids(app: Flask, storage: Any) -> Iterator[dict[str, int]]:
    with app.app_context():
        story = a_story(db.session, storage)
        two_conflicting(story)
        story.tick(DEADLINE)
        story.round.stage = "consolidated"
        _decide(story, 1, "noted", "Thank you.")
        found = {name: person.id for name, person in story.people.items()} | {"round": story.round.id}
        contributor = factories.a_person(db.session, organisation=story.lead, role="contributor")
        found["contributor"] = contributor.id
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        yield found


def test_a_focal_point_of_the_lead_releases_and_hears_what_happened(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    client, address = sign_in(ids["lead"]), f"/rounds/{ids['round']}/decisions"
    assert "1 decision is your draft" in client.get(address).text
    answer = client.post(f"{address}/release", follow_redirects=True)
    assert "1 decision is released." in answer.text
    assert "2 letters go out." in answer.text
    assert "All decisions are released." in answer.text
    assert client.post(f"{address}/release").status_code == 409
    with app.app_context():
        assert db.session.query(OutboxLetter).filter_by(kind="released").count() == 2


def test_nobody_else_releases(app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]) -> None:
    for name in ("contributor", "moldova", "observer"):
        assert sign_in(ids[name]).post(f"/rounds/{ids['round']}/decisions/release").status_code == 403, name
    with app.app_context():
        assert db.session.query(Round).one().releases == 0


def test_before_the_release_there_is_no_table_and_after_it_what_is_open_is_said(
    ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    page = f"/rounds/{ids['round']}/outcome"
    assert sign_in(ids["kosovo"]).get(page).status_code == 403
    sign_in(ids["lead"]).post(f"/rounds/{ids['round']}/decisions/release")
    text = sign_in(ids["kosovo"]).get(page).text
    assert "Thank you." in text
    assert "2 comments are not yet decided." in text
    assert "Not yet decided" in text


# ---- finishing ------------------------------------------------------------------------------------------------------


def test_who_finishes_too_early_gets_a_link_to_each_thing_in_the_way(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    client = sign_in(ids["lead"])
    answer = client.post(f"/rounds/{ids['round']}/finish")
    assert answer.status_code == 409
    assert "4 things are in the way" in answer.text
    with app.app_context():
        entries = list_entries(db.session, db.session.query(Round).one())
        assert not db.session.query(Disposition).filter(Disposition.comment_id == entries[1].comment_id).count()
    for entry in entries[1:]:
        link = f"/rounds/{ids['round']}/decisions?comment={entry.comment_id}#comment-{entry.number}"
        assert link in answer.text
        assert f'id="comment-{entry.number}"' in client.get(link).text
