"""Two drafts beside each other on the page and in Word; what no decision explains is told to the lead alone."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import docx
import pytest
import time_machine
from flask import Flask

from consult import engine
from consult.models import Deadline, Round, db
from consult.services import comparisons, dispositions, drafts, next_rounds
from consult.web.comparisons import PER_PAGE, Fold, Shown, lay_out
from tests import factories
from tests.engine.specimens import draft
from tests.queries import counted_queries
from tests.story import AFTER, Story, a_story, two_conflicting
from tests.web.test_visibility import ROLES, SECRET, World, _comparable, ask


def the_next_draft(story: Story, extra: tuple[engine.Edit, ...] = ()) -> bytes:
    """Return the accepted wording with more of the lead's own in it."""
    data = story.storage.read(story.draft.file_sha256)
    edits = tuple(dispositions.accepted_edits(dispositions.list_numbered(story.session, story.round)))
    return engine.write_next_draft(data, (*edits, *extra))


def follow(story: Story, data: bytes, circulated: bool = False) -> Round:
    following = next_rounds.plan_next_round(
        story.session, story.storage, story.round, upload=drafts.Upload(data, engine.read_draft(data)),
        filename="next.docx", chosen=(), places=(), by=story.actor("lead"), person=story.people["lead"], now=AFTER,
    )  # fmt: skip
    if circulated:
        following.stage, following.circulated_at = "open", AFTER
        following.deadline = Deadline(
            at=AFTER + timedelta(days=9), zone="Europe/Vienna", wall="2026-12-06T17:00", set_at=AFTER
        )
        story.session.flush()
    return following


@pytest.fixture
def ids(app: Flask, storage: Any) -> Iterator[dict[str, int]]:
    """A finished round of which one change was accepted; in the next draft is that, and a paragraph nobody asked for."""
    with app.app_context():
        story = a_story(db.session, storage, visibility="open")
        two_conflicting(story)
        for item in dispositions.list_numbered(db.session, story.round):
            is_taken = bool(item.comment.edits) and item.comment.organisation_id == story.moldova.id
            dispositions.decide(
                db.session, story.round, item.comment, decision="accepted" if is_taken else "noted", reason="Thank you.",
                wording="", duplicate_of=0, version=0, by=story.actor("lead"), person=story.people["lead"], now=AFTER,
            )  # fmt: skip
        story.round.stage = "decided"
        last = story.paragraph("Comments are welcome")
        own = engine.Edit(last.key, "paragraph-inserted", 0, 0, "", "The lead alone wants this paragraph.", "x")
        gone = story.paragraph("The victim decides")
        deleted = engine.Edit(gone.key, "paragraph-deleted", 0, len(gone.text), gone.text, "", "x")
        following = follow(story, the_next_draft(story, (own, deleted)))
        found = {name: person.id for name, person in story.people.items()}
        found |= {"round": story.round.id, "next": following.id}
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        yield found


def circulate(app: Flask, round_id: int) -> None:
    with app.app_context():
        following = db.session.get_one(Round, round_id)
        following.stage, following.circulated_at = "open", AFTER
        following.deadline = Deadline(
            at=AFTER + timedelta(days=9), zone="Europe/Vienna", wall="2026-12-06T17:00", set_at=AFTER
        )
        db.session.commit()


def test_the_page_marks_words_and_counts_what_differs(ids: dict[str, int], sign_in: Callable[[int], Any]) -> None:
    page = sign_in(ids["lead"]).get(f"/rounds/{ids['next']}/compare").text
    assert "Changed: 2. Added: 1. Deleted: 1. Moved: 0." in page
    assert re.search(r"<del>.*?within two working days.*?</del>.*?<ins>.*?without delay", page, re.DOTALL)
    assert "Former paragraph 4 deleted" in page
    assert "The lead alone wants this paragraph." in page


def test_a_draft_that_was_not_circulated_cannot_be_compared_by_others(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    client = sign_in(ids["moldova"])
    for path in ("compare", "compare.docx", "compare/stretch?start=0&stop=5"):
        assert client.get(f"/rounds/{ids['next']}/{path}").status_code == 404
    alone = client.get(f"/rounds/{ids['round']}/compare")
    assert "There is only one draft yet" in alone.text
    assert client.get(f"/rounds/{ids['round']}/compare.docx?old=1&new=2").status_code == 404
    circulate(app, ids["next"])
    assert "The lead alone wants this paragraph." in client.get(f"/rounds/{ids['round']}/compare").text
    assert client.get(f"/rounds/{ids['next']}/compare?old=1&new=3").status_code == 404


def test_kinds_of_differences_are_chosen_and_the_others_folded(
    ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    client = sign_in(ids["lead"])
    page = client.get(f"/rounds/{ids['next']}/compare?show=additions").text
    assert "1 difference<" in page
    assert "The lead alone wants this paragraph." in page
    assert "without delay" not in page
    fold = re.search(r'hx-get="([^"]*compare/stretch[^"]*)"', page)
    assert fold
    assert "without delay" in client.get(fold[1].replace("&amp;", "&")).text
    href = re.search(r'<p class="fold"><a href="([^"]*)"', page)
    assert href
    assert "without delay" in client.get(href[1].replace("&amp;", "&")).text


def test_the_word_file_is_the_old_draft_with_the_changes_tracked(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    answer = sign_in(ids["lead"]).get(f"/rounds/{ids['next']}/compare.docx")
    assert answer.status_code == 200
    with app.app_context():
        old, new = (
            engine.read_draft(app.extensions["consult.storage"].read(drafts.get_draft(db.session, found).file_sha256))
            for found in (db.session.get_one(Round, ids["round"]), db.session.get_one(Round, ids["next"]))
        )
    for side, expected in (("none", old), ("all", new)):
        texts = [p.text for p in engine.read_draft(engine.resolve(answer.data, side)).paragraphs if p.number]
        assert texts == [p.text for p in expected.paragraphs if p.number]
    assert engine.authors_of(answer.data) == ("Comparison",)
    assert docx.Document(io.BytesIO(answer.data)).core_properties.author == ""


def test_what_no_decision_explains_is_listed_for_the_lead_with_a_way_to_it(
    ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    client = sign_in(ids["lead"])
    page = client.get(f"/rounds/{ids['next']}/unexplained").text
    assert "Changes no decision explains (2)" in page
    assert "The lead alone wants this paragraph." in page
    assert "without delay" not in page
    link = re.search(r'href="([^"]*paragraph=4)"', page)
    assert link
    found = client.get(link[1].replace("&amp;", "&"))
    assert found.status_code == 302
    place = found.headers["Location"].rpartition("#")[2]
    assert re.search(
        rf'id="{place}"[^>]*>.*?Former paragraph 4 deleted', client.get(found.headers["Location"]).text, re.DOTALL
    )
    for path in (f"{ids['next']}/compare", f"{ids['next']}/carried", f"{ids['next']}/set-up"):
        assert f"/rounds/{ids['next']}/unexplained" in client.get(f"/rounds/{path}").text, path


def test_what_no_decision_explains_is_for_the_lead_alone(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    circulate(app, ids["next"])
    for name in ("moldova", "kosovo", "observer"):
        client = sign_in(ids[name])
        assert client.get(f"/rounds/{ids['next']}/unexplained").status_code == 403
        assert "unexplained" not in client.get(f"/rounds/{ids['next']}/compare").text
    assert sign_in(ids["lead"]).get(f"/rounds/{ids['round']}/unexplained").status_code == 404


def test_a_comparison_is_made_once_and_asks_little(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    client = sign_in(ids["lead"])
    client.get(f"/rounds/{ids['next']}/compare")
    with app.app_context(), counted_queries(db.engine) as asked:
        assert client.get(f"/rounds/{ids['next']}/compare").status_code == 200
    assert len(asked) <= 10
    assert not [statement for statement in asked if "draft_paragraph" in statement]


def test_no_more_answers_are_kept_than_fit() -> None:
    kept = comparisons.Kept(2)
    made: list[str] = []
    for key in ("a", "b", "a", "c", "a", "b"):
        assert kept.get(key, lambda key=key: made.append(key) or key) == key  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]


# ---- large drafts ---------------------------------------------------------------------------------------------------


def test_three_thousand_paragraphs_come_in_pages_with_what_is_alike_folded() -> None:
    lines = [
        f"Paragraph {n} of the guidelines says what mission {n % 17} reports in week {n % 53}." for n in range(3000)
    ]
    old = engine.read_draft(draft(*lines))
    new = engine.read_draft(draft(*(line.replace("reports", "tells") if n % 10 == 0 else line
                                    for n, line in enumerate(lines))))  # fmt: skip
    passages = engine.trace_paragraphs(old, new)
    pages, total = lay_out(passages, ("changes", "moves"))
    assert (len(passages), total, len(pages)) == (3000, 300, 300 // PER_PAGE)
    shown = [item for items in pages for item in items]
    places = [n for item in shown for n in (range(item.start, item.stop) if isinstance(item, Fold) else (item.place,))]
    assert places == list(range(3000))
    assert max(len(items) for items in pages) <= 2 * PER_PAGE + 1
    assert [item.number for item in shown if isinstance(item, Shown) and item.number] == list(range(1, 301))


# ---- two worlds -----------------------------------------------------------------------------------------------------


def with_a_next_round(world: World) -> World:
    with world.app.app_context():
        first, storage = db.session.get_one(Round, world.round_id), world.app.extensions["consult.storage"]
        by = factories.a_person(db.session)
        data = draft("# Purpose", "The missions co-operate to prevent trafficking.", "Comments are welcome.")
        kept = drafts.keep_draft(
            db.session, storage, consultation=first.consultation, filename="next.docx",
            upload=drafts.Upload(data, engine.read_draft(data)), by=by, now=factories.START,
        )  # fmt: skip
        following = Round(consultation_id=first.consultation_id, number=2, stage="open", circulated_at=factories.START)
        db.session.add(following)
        db.session.flush()
        db.session.add(factories.RoundDraft(round_id=following.id, draft_id=kept.id))
        world.next_id = following.id  # type: ignore[attr-defined]
        db.session.commit()
    return world


def test_comparing_tells_nothing_of_what_was_not_handed_in(tmp_path: Path) -> None:
    with time_machine.travel(factories.DEADLINE + timedelta(hours=1), tick=False):
        without, having = (
            with_a_next_round(World(tmp_path / name, "open", "decided", with_secret=name == "having"))
            for name in ("without", "having")
        )
        for role in ROLES:
            one, other = without.client(role), having.client(role)
            for path in ("compare", "compare.docx", "compare/stretch?start=0&stop=9", "unexplained"):
                answers = [
                    ask(client, "GET", f"/rounds/{world.next_id}/{path}")  # type: ignore[attr-defined]
                    for client, world in ((one, without), (other, having))
                ]
                assert SECRET not in answers[1][2]
                assert _comparable(answers[0], "") == _comparable(answers[1], ""), (role, path)
