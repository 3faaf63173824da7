"""A colleague without an account reaches the delegated paragraphs, what stands above them, and nothing else."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from consult import engine
from consult.models import Comment, Delegation, DraftParagraph, DraftPicture, StoredFile, db
from consult.services import deadlines, delegations, kept_words, people
from consult.web.guards import LIBRARY_ROUTES
from tests import budgets
from tests.conftest import BASE_URL, make_app
from tests.engine.specimens import draft
from tests.parts import give_part
from tests.story import DURING, Story, a_story
from tests.web.test_visibility import DRAWN_ANEW

CANARY = "ZQCANARY7"
WITHIN = ("Inside the part, the first.", "Inside the part, the second.")


def a_draft(canary: str) -> bytes:
    return draft(
        "# Above",
        f"{canary} before the part^ stands this.",
        *WITHIN,
        f"# {canary} Heading",
        f"* {canary} in a list",
        [[f"{canary} cell", "Who"], ["What", canary]],
        f"{canary} behind the part.",
    )


class Place:
    """A round with a part of paragraphs 3 and 4 given away, and canaries in everything that is not given."""

    def __init__(self, folder: Path, canary: str = CANARY, others: bool = True) -> None:
        self.app = make_app(folder)
        self.app.config["SECRET_KEY"] = "the same everywhere"
        with self.app.app_context():
            self._fill(canary, others)
            db.session.commit()

    def _fill(self, canary: str, others: bool) -> None:
        story = a_story(db.session, self.app.extensions["consult.storage"], visibility="open")
        self._write(story, a_draft(canary))
        story.round.invitation = canary
        self.round_id, self.draft_id = story.round.id, story.draft.id
        self.inside = story.comment("moldova", on=WITHIN[0], reason="Of the organisation, in the part.").id
        if others:
            self._write_others(story, canary)
        given, self.link = give_part(story, "3", "4", DURING)
        other, _ = give_part(story, "2", "2", DURING, name=canary if others else "Ben", email="ben@example.org")
        self.part, self.other_part = given.id, other.id
        self.comment_ids = [number for (number,) in db.session.query(Comment.id)]

    def _write(self, story: Story, data: bytes) -> None:
        """Put another draft in the place of the story's."""
        row = story.draft
        row.paragraphs.clear()
        db.session.flush()
        read = engine.read_draft(data)
        row.paragraphs = [_row(p) for p in read.paragraphs]
        db.session.flush()

    def _write_others(self, story: Story, canary: str) -> None:
        story.comment("moldova", reason=f"{canary} on the whole draft", kind="general")
        story.comment("moldova", on="before the part", reason=f"{canary} elsewhere")
        story.comment("kosovo", on=WITHIN[0], reason=f"{canary} of another", change=("Inside", canary))
        story.hand_in("kosovo", statement=canary)
        kept_words.keep(
            db.session, round_id=story.round.id, person_id=story.people["moldova"].id, place="new:3",
            words={"paragraph": "3", "reason": canary}, now=DURING,
        )  # fmt: skip

    def client(self) -> FlaskClient:
        """Return the browser of the colleague, who has opened the link."""
        client = self.app.test_client()
        assert client.post(f"/parts/open/{self.link}").status_code == 302
        with client.session_transaction() as kept:
            kept["csrf_token"] = "the same everywhere"
        return client

    def act(self, change: Any) -> None:
        """Do something as the organisation or the lead does."""
        with self.app.app_context():
            change(db.session, db.session.get_one(Delegation, self.part))
            db.session.commit()

    @property
    def base(self) -> str:
        return f"/parts/{self.part}"


def _row(p: engine.Paragraph) -> DraftParagraph:
    return DraftParagraph(
        position=p.index, key=p.key, number=p.number, kind=p.kind, text=p.text, facts=engine.to_json(p)
    )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with time_machine.travel(DURING + timedelta(minutes=5), tick=False):
        yield Place(tmp_path)


def addresses(place: Place) -> Iterator[tuple[str, str, str]]:
    """Yield (endpoint, method, address) for every route with every id there is."""
    numbers = (place.round_id, place.draft_id, place.part, place.other_part, 1, 2, *place.comment_ids)
    for rule in place.app.url_map.iter_rules():
        if rule.endpoint in LIBRARY_ROUTES:
            continue
        url = rule.rule.replace("<number>", "2").replace("<name>", "matrix.docx").replace("<token>", place.link)
        urls = {url}
        for name in re.findall(r"<int:(\w+)>", url):
            chosen = {"round_id": (place.round_id,)}.get(name, numbers)
            urls = {one.replace(f"<int:{name}>", str(number)) for one in urls for number in chosen}
        for one in sorted(urls):
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield rule.endpoint, method, one


QUESTIONS = ("", "?paragraph=2", "?at=p-2", "?section=all", f"?words={CANARY[:-1]}", "?paragraph=1&start=0&end=3")


def test_all_routes_are_walked_and_nothing_but_the_part_is_there(place: Place) -> None:
    client, walked, within = place.client(), 0, 0
    for method in ("GET", "POST"):
        for endpoint, allowed, url in addresses(place):
            if allowed != method or endpoint in ("parts.leave", "parts.open_link"):
                continue
            for question in QUESTIONS if method == "GET" else ("",):
                data = {"paragraph": "2", "reason": "r", "wording": "w", "place": "p", "organisation": "2"}
                answer = client.get(url + question) if method == "GET" else client.post(url, data=data)
                where = f"{method} {url}{question}"
                told = answer.get_data(as_text=True) + str(answer.headers)
                assert CANARY not in told.replace(question.removeprefix("?"), ""), where
                assert CANARY[:-1] not in told or CANARY[:-1] in question, where
                walked += 1
                if endpoint.startswith("parts.") and str(place.part) in url:
                    within += answer.status_code == 200
                    continue
                elsewhere = answer.status_code in (400, 403, 404, 405, 409, 422) or "/sign-in" in answer.headers.get(
                    "Location", ""
                )
                assert elsewhere or endpoint in PUBLIC, where
    assert walked > 300
    assert within > 5


PUBLIC = (
    "people.sign_in", "people.request_link", "people.show_link", "people.consume", "people.sign_out",
    "parts.show_link", "kept_words.fresh_token", "themes.choose", "languages.choose",
    "health.live", "health.ready",
)  # fmt: skip


def test_the_canaries_are_there_for_the_organisation(place: Place) -> None:
    with place.app.app_context():
        texts = [p.text for p in db.session.query(DraftParagraph)] + [c.reason for c in db.session.query(Comment)]
    assert sum(CANARY in text for text in texts) == 9


def test_the_part_stands_under_its_headings_with_the_organisations_comments(place: Place) -> None:
    page = place.client().get(place.base).text
    for words in ("Draft guidelines", "Above", *WITHIN, "Of the organisation, in the part.", "Paragraphs 3 to 4"):
        assert words in page, words
    assert re.findall(r'data-number="([^"]+)"', page) == ["3", "4"]
    assert "ETag" not in place.client().get(place.base).headers


def test_with_and_without_all_the_other_comments_every_page_is_the_same(tmp_path: Path) -> None:
    with time_machine.travel(DURING + timedelta(minutes=5), tick=False):
        seen = []
        for name, others in (("having", True), ("without", False)):
            place = Place(tmp_path / name, others=others)
            client, pages = place.client(), []
            posted = client.post(f"{place.base}/comments", data={"paragraph": "3", "reason": "Mine."})
            for path in (
                "",
                "/words",
                "/comments/new?paragraph=3",
                "/comments/new?paragraph=2",
                f"/comments/{place.inside}",
            ):
                answer = client.get(place.base + path)
                pages.append((answer.status_code, _comparable(answer.text), _comparable(str(answer.headers))))
            seen.append((posted.status_code, pages))
        assert seen[0] == seen[1]


def _comparable(text: str) -> str:
    return re.sub(r"\d{8,}|[Pp]erson \d+|Content-Length: \d+", "N", DRAWN_ANEW.sub("", text))


def test_a_picture_is_sent_only_where_it_stands_in_the_part(place: Place) -> None:
    data = b"\x89PNG\r\n\x1a\n"
    with place.app.app_context():
        sha256 = place.app.extensions["consult.storage"].keep(data)
        db.session.add(StoredFile(sha256=sha256, size=len(data), media_type="image/png", created_at=DURING))
        db.session.flush()
        db.session.add(DraftPicture(draft_id=place.draft_id, sha256=sha256))
        _show_picture(place.draft_id, "2", sha256)
        db.session.commit()
    client, url = place.client(), f"{place.base}/pictures/"
    assert client.get(url + sha256).status_code == 404
    assert client.get(f"/rounds/{place.round_id}/document/pictures/{sha256}").status_code == 302
    with place.app.app_context():
        _show_picture(place.draft_id, "4", sha256)
        db.session.commit()
    assert client.get(url + sha256).data == data
    assert f'src="{url}{sha256}"' in client.get(place.base).text


def _show_picture(draft_id: int, number: str, sha256: str) -> None:
    row = db.session.query(DraftParagraph).filter_by(draft_id=draft_id, number=number).one()
    value = engine.from_json(engine.Paragraph, row.facts)
    atom = engine.values.Atom(0, "image", picture=sha256)
    row.text = "\ufffc" + row.text
    row.facts = engine.to_json(replace(value, text=row.text, spans=(), atoms=(atom,)))


# ---- the link -------------------------------------------------------------------------------------------------------


def test_a_mail_scanner_that_fetches_the_link_uses_nothing_up_and_learns_nothing(place: Place) -> None:
    scanner = place.app.test_client()
    for _ in range(10):
        page = scanner.get(f"/parts/open/{place.link}")
        assert page.status_code == 200
        assert scanner.head(f"/parts/open/{place.link}").status_code == 200
        assert not any(words in page.text for words in ("Draft guidelines", "Ana Rusu", *WITHIN))
    assert not scanner.get_cookie(f"consult_session_part_{place.part}")
    place.act(lambda session, part: _assert(part.opened_at is None))
    assert place.client().get(place.base).status_code == 200


def _assert(fact: bool) -> None:
    assert fact


def test_a_guessed_link_and_another_parts_cookie_open_nothing(place: Place) -> None:
    client = place.client()
    assert client.post("/parts/open/guessed").status_code == 409
    assert client.get(f"/parts/{place.other_part}").status_code == 403
    token = client.get_cookie(f"consult_session_part_{place.part}").value  # type: ignore[union-attr]
    thief = place.app.test_client()
    thief.set_cookie(f"consult_session_part_{place.other_part}", token)
    thief.set_cookie("consult_session", token)
    assert thief.get(f"/parts/{place.other_part}").status_code == 403
    assert thief.get("/").headers["Location"].startswith("/sign-in")


def test_leaving_closes_the_part_in_this_browser(place: Place) -> None:
    client = place.client()
    answer = client.post(f"{place.base}/leave")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert client.get(place.base).status_code == 403


# ---- writing --------------------------------------------------------------------------------------------------------


def test_a_comment_is_saved_shown_changed_and_taken_back(place: Place) -> None:
    client = place.client()
    sent = client.post(f"{place.base}/comments", data={"paragraph": "4", "reason": "Why the second?"})
    assert sent.headers["Location"].endswith("#p-4")
    with place.app.app_context():
        made = db.session.query(Comment).filter_by(reason="Why the second?").one()
        number, version, signed = made.id, made.version, made.author_name
    assert signed == "Ana Rusu"
    assert client.get(place.base).text.count("Why the second?") == 2
    form = {"paragraph": "4", "reason": "Why?", "version": version}
    assert client.post(f"{place.base}/comments/{number}", data=form).status_code == 302
    again = client.post(f"{place.base}/comments/{number}", data={**form, "reason": "Typed at the same time."})
    assert again.status_code == 409
    assert "Typed at the same time." in again.text
    assert "Keep both" in again.text
    assert f"{place.base}/comments" in again.text
    assert "/rounds/" not in again.text
    assert client.post(f"{place.base}/comments/{number}/delete").status_code == 302
    assert client.post(f"{place.base}/comments/{place.inside}/delete").status_code == 404


def test_a_page_and_a_save_stay_within_their_budgets(place: Place) -> None:
    client = place.client()
    assert len(budgets.queries_of(place.app, client, place.base)) <= budgets.QUERIES_OF_A_PAGE
    form = {"paragraph": "4", "reason": "Counted.", "form_key": "abc", "place": "new:4"}
    with budgets.counted(place.app) as found:
        assert client.post(f"{place.base}/comments", data=form).status_code == 302
    assert len(found) <= budgets.QUERIES_OF_A_SAVE, "\n".join(found)


def test_a_mistake_keeps_everything_typed(place: Place) -> None:
    form = {"paragraph": "4", "quote": "not there", "reason": "Typed with care."}
    answer = place.client().post(f"{place.base}/comments", data=form)
    assert answer.status_code == 422
    assert "Typed with care." in answer.text


def _take_back(session: Any, part: Delegation) -> None:
    delegations.take_back(session, part, by=people.actor_of(part.given_by), now=DURING)


def _close(session: Any, part: Delegation) -> None:
    by = people.actor_of(part.given_by)
    deadlines.close_round(session, part.round, base_url=BASE_URL, by=by, now=DURING, reason="Enough.")


@pytest.mark.parametrize(
    ("end", "sentence", "readable"),
    [(_take_back, "has taken this part back", False), (_close, "The round is closed", True)],
)
def test_when_a_part_ends_the_next_request_says_so_and_no_word_is_lost(
    place: Place, end: Any, sentence: str, readable: bool
) -> None:
    client = place.client()
    client.post(f"{place.base}/comments", data={"paragraph": "4", "reason": "Stands already."})
    kept = {"place": "new:3", "paragraph": "3", "reason": "Kept while typing."}
    assert client.post(f"{place.base}/kept", data=kept).status_code == 204
    place.act(end)
    page = client.get(place.base)
    assert (page.status_code == 200) == readable
    assert sentence in page.text
    if not readable:
        assert not any(words in page.text for words in (*WITHIN, "Of the organisation", "Stands already."))
    refused = client.post(f"{place.base}/comments", data={"paragraph": "3", "reason": "Typed at the last moment."})
    assert refused.status_code == 409
    assert sentence in refused.text
    assert "Typed at the last moment." in refused.text
    for path in ("/comments/new?paragraph=3", "/done", "/resume"):
        method = client.get if "?" in path else client.post
        assert method(place.base + path).status_code == 409, path
    assert client.post(f"{place.base}/kept", data={**kept, "place": "new:4"}).status_code == 204
    words = client.get(f"{place.base}/words").text
    assert "Kept while typing." in words
    assert sentence in words
    assert "Go on writing" not in words
    with place.app.app_context():
        assert {c.reason for c in db.session.query(Comment).filter_by(submission_id=None)} >= {"Stands already."}


def test_whoever_is_done_says_so_and_may_go_on(place: Place) -> None:
    client = place.client()
    client.post(f"{place.base}/done")
    assert "Go on writing" in client.get(place.base).text
    assert client.post(f"{place.base}/comments", data={"paragraph": "3", "reason": "One more."}).status_code == 409
    client.post(f"{place.base}/resume")
    assert client.post(f"{place.base}/comments", data={"paragraph": "3", "reason": "One more."}).status_code == 302


def test_a_page_is_in_the_language_of_the_letter_until_another_is_chosen(place: Place) -> None:
    place.act(lambda session, part: setattr(part, "language", "fr"))
    client = place.client()
    assert '<html lang="fr"' in client.get(place.base).text
    client.post("/language", data={"language": "de", "next": place.base})
    assert '<html lang="de"' in client.get(place.base).text


def test_the_time_that_was_given_ends_by_itself(place: Place) -> None:
    with time_machine.travel(DURING + timedelta(days=6), tick=False):
        client = place.app.test_client()
        answer = client.post(f"/parts/open/{place.link}")
        assert answer.status_code == 409
        assert "time you were given" in answer.text
