"""The document page: sections, permalinks, pages that have not changed, pictures; nothing for whom it is not."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import docx
import pytest
import time_machine
from docx.shared import Cm
from flask import Flask
from lxml import html

from consult import jail
from consult.models import DraftParagraph, DraftPicture, db
from consult.services import comments, drafts
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.bases import png
from tests.engine.specimens import draft
from tests.story import DURING, Story, a_story

Client = Any


@pytest.fixture(autouse=True)
def _during() -> Iterator[None]:
    with time_machine.travel(DURING, tick=False):
        yield


class Stage:
    """A story on an app, with a client for each person; `round` is another of its rounds where one is made."""

    def __init__(self, app: Flask, storage: Any, sign_in: Callable[[int], Client]) -> None:
        self.app = app
        with app.app_context():
            story = a_story(db.session, storage)
            self.round_id = story.round.id
            self.people = {name: person.id for name, person in story.people.items()}
            self.organisations = {name: getattr(story, name).id for name in ("lead", "moldova", "kosovo", "observer")}
            db.session.commit()
            db.session.remove()
        self.clients = {name: sign_in(number) for name, number in self.people.items()}

    def act(self, do: Callable[[Story], Any]) -> Any:
        """Do something as the people of the story do, and commit it."""
        with self.app.app_context():
            with unit_of_work(db.session):
                get = db.session.get_one
                organisations = [get(factories.Organisation, n) for n in self.organisations.values()]
                people = {name: get(factories.Person, number) for name, number in self.people.items()}
                story = Story(
                    db.session, self.app.extensions["consult.storage"], get(factories.Round, self.round_id),
                    *organisations, people,
                )  # fmt: skip
                found = do(story)
                db.session.flush()
                number = getattr(found, "id", None)
            db.session.remove()
        return number

    def get(self, name: str, path: str = "", **headers: str) -> Any:
        return self.clients[name].get(f"/rounds/{self.round_id}/document{path}", headers=headers)

    def page(self, name: str, path: str = "") -> html.HtmlElement:
        answer = self.get(name, path)
        assert answer.status_code == 200, answer.text
        return html.fromstring(answer.text)


@pytest.fixture
def stage(app: Flask, storage: Any, sign_in: Callable[[int], Client]) -> Stage:
    return Stage(app, storage, sign_in)


def a_big_round(stage: Stage) -> None:
    """Let the round be about a draft of 320 paragraphs."""
    lines: list[Any] = []
    for part in range(4):
        lines += [f"# Part {part}", *(f"Paragraph {n} of part {part}." for n in range(79))]

    def make(story: Story) -> Any:
        return factories.a_round(
            story.session,
            storage=story.storage,
            data=draft(*lines),
            lead=story.lead,
            consulted=(story.moldova, story.kosovo),
        )

    stage.round_id = stage.act(make)


def ids(page: html.HtmlElement, path: str = "//*[@id]") -> list[str]:
    return [e.get("id", "") for e in page.xpath(path)]


# ---- the page -------------------------------------------------------------------------------------------------------


def test_comments_stand_beside_their_paragraph_those_on_the_whole_draft_first(stage: Stage) -> None:
    first = stage.act(lambda s: s.comment("moldova", on="within two working days", reason="Too long."))
    general = stage.act(lambda s: s.comment("moldova", reason="In general."))
    page = stage.page("moldova")
    assert ids(page, "//*[@id='p-3']//*[contains(@class, 'beside')]//*[contains(@class, 'comment ')]") == [
        f"comment-{first}"
    ]
    order = [i for i in ids(page) if i in (f"comment-{general}", "p-1", f"comment-{first}")]
    assert order == [f"comment-{general}", "p-1", f"comment-{first}"]
    assert "1 comment of ours" not in page.text_content()
    assert "2 comments of ours are not handed in" in page.text_content()
    assert "Our comments stand on 1 of 12 paragraphs." in page.text_content()


def test_what_hangs_on_the_page_finds_its_places(stage: Stage) -> None:
    page = stage.page("moldova")
    assert page.xpath("//*[contains(@class, 'draft')]/@data-new") == [f"/rounds/{stage.round_id}/comments/new"]
    lines = page.xpath("//*[contains(concat(' ', @class, ' '), ' numbered ')]")
    assert [line.get("data-number") for line in lines][:3] == ["1", "2", "3"]
    assert len({line.get("id") for line in lines}) == len(lines) == 12
    for line in lines:
        assert page.xpath(f"//*[@id='slot-{line.get('id')}']//a[@class='comment-link']")
        assert line.xpath(".//*[contains(@class, 'text')]//*[@data-at]")
    assert len(ids(page)) == len(set(ids(page)))


def test_who_only_observes_is_offered_nothing_to_write(stage: Stage) -> None:
    page = stage.page("observer")
    assert not page.xpath("//*[contains(@class, 'slot')]")
    assert page.xpath("//*[contains(@class, 'draft')]/@data-new") == [""]


# ---- big drafts -----------------------------------------------------------------------------------------------------


def test_a_big_draft_comes_with_its_first_section_and_all_counts(stage: Stage) -> None:
    a_big_round(stage)
    last = stage.act(lambda s: s.comment("moldova", on="Paragraph 78 of part 3", reason="At the end."))
    page = stage.page("moldova")
    assert page.xpath("//*[@id='p-1']")
    assert not page.xpath("//*[@id='p-320']")
    assert f"comment-{last}" not in ids(page)
    outline = page.xpath("//details[contains(@class, 'outline')]//li")
    assert ["1 comment" in item.text_content() for item in outline] == [False, False, False, True]
    waiting = page.xpath("//section[contains(@class, 'waiting')]")
    assert waiting
    assert "1 comment" in waiting[-1].text_content()


def test_the_sections_together_are_the_draft(stage: Stage) -> None:
    a_big_round(stage)
    page = stage.page("kosovo")
    found = page.xpath("//*[contains(concat(' ', @class, ' '), ' numbered ')]/@data-number")
    for address in page.xpath("//section[contains(@class, 'waiting')]/@hx-get"):
        part = html.fromstring(stage.clients["kosovo"].get(address).text)
        assert part.get("class") == "section"
        found += part.xpath(".//*[contains(concat(' ', @class, ' '), ' numbered ')]/@data-number")
    assert found == [str(n) for n in range(1, 321)]
    assert stage.get("kosovo", "/sections/99").status_code == 404
    whole = stage.page("kosovo", "?section=all")
    assert len(whole.xpath("//*[contains(concat(' ', @class, ' '), ' numbered ')]")) == 320


def test_a_link_to_a_section_that_waits_works_without_script(stage: Stage) -> None:
    a_big_round(stage)
    address = stage.page("kosovo").xpath("//section[contains(@class, 'waiting')]//a/@href")[-1]
    path, _, anchor = address.partition("#")
    page = html.fromstring(stage.clients["kosovo"].get(path).text)
    assert "waiting" not in page.xpath(f"//*[@id='{anchor}']/@class")[0]
    assert page.xpath("//*[@id='p-320']")


def test_a_link_to_a_paragraph_or_a_comment_brings_the_section_it_stands_in(stage: Stage) -> None:
    a_big_round(stage)
    comment = stage.act(lambda s: s.comment("moldova", on="Paragraph 10 of part 3", reason="There."))
    assert stage.page("moldova", "?at=p-300").xpath("//*[@id='p-300']")
    page = stage.page("moldova", f"?at=comment-{comment}")
    assert page.xpath(f"//*[@id='comment-{comment}']")
    assert page.xpath("//a[contains(@class, 'permalink')]/@href") == [
        f"/rounds/{stage.round_id}/document?at=comment-{comment}#comment-{comment}"
    ]


def test_a_link_to_a_comment_that_does_not_exist_for_the_reader_is_a_link_to_none(stage: Stage) -> None:
    a_big_round(stage)
    comment = stage.act(lambda s: s.comment("moldova", on="Paragraph 10 of part 3", reason="There."))
    theirs, none = (stage.get("kosovo", f"?at=comment-{number}").text for number in (comment, comment + 1))
    assert re.sub(rf"comment-({comment}|{comment + 1})|<[^>]*csrf[^>]*>|X-CSRF[^>]*", "", theirs) == re.sub(
        rf"comment-({comment}|{comment + 1})|<[^>]*csrf[^>]*>|X-CSRF[^>]*", "", none
    )


def test_of_very_many_comments_on_a_paragraph_the_rest_comes_when_asked_for(stage: Stage) -> None:
    for number in range(28):
        at = DURING + timedelta(seconds=number)
        last = stage.act(lambda s, n=at: s.comment("moldova", on="victim decides", reason=f"At {n}.", now=n))
    page = stage.page("moldova")
    assert "3 more comments on paragraph 4" in page.text_content()
    assert f"comment-{last}" not in ids(page)
    (address,) = page.xpath("//*[@class='more']/a/@hx-get")
    assert (
        len(re.findall('id="comment-', stage.clients["moldova"].get(address, headers={"HX-Request": "true"}).text))
        == 28
    )
    assert "Comments on paragraph 4" in stage.clients["moldova"].get(address).text
    assert f"comment-{last}" in ids(stage.page("moldova", f"?at=comment-{last}"))
    assert stage.get("moldova", "/paragraphs/99").status_code == 404


# ---- pages that have not changed ------------------------------------------------------------------------------------


def test_an_unchanged_page_is_not_sent_again_until_something_changes_for_its_reader(stage: Stage) -> None:
    def is_unchanged(name: str) -> bool:
        return bool(stage.get(name, **{"If-None-Match": stamps[name]}).status_code == 304)

    names = ("moldova", "kosovo", "lead", "observer")
    stamps = {name: stage.get(name).headers["ETag"] for name in names}
    assert all(is_unchanged(name) for name in names)
    stage.act(lambda s: s.comment("moldova", on="victim decides", reason="New."))
    assert [is_unchanged(name) for name in names] == [False, True, True, True]
    stage.act(lambda s: s.hand_in("moldova"))
    assert [is_unchanged(name) for name in names] == [False, True, False, True]


def test_the_browser_asks_each_time_and_nobody_else_keeps_the_page(stage: Stage) -> None:
    headers = stage.get("moldova").headers
    assert headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in headers["Vary"]
    again = stage.get("moldova", **{"If-None-Match": headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "private, no-cache")
    signed_out = stage.clients["moldova"].post("/sign-out")
    assert "cache" in signed_out.headers["Clear-Site-Data"]
    assert stage.get("moldova", **{"If-None-Match": headers["ETag"]}).status_code == 302


def test_the_stamp_of_one_person_is_not_that_of_another(stage: Stage) -> None:
    stamp = stage.get("lead").headers["ETag"]
    assert stage.get("moldova", **{"If-None-Match": stamp}).status_code == 200
    assert stage.get("lead", **{"If-None-Match": stamp, "Accept-Language": "de"}).status_code == 200
    stage.clients["lead"].set_cookie("consult_theme", "dark")
    assert stage.get("lead", **{"If-None-Match": stamp}).status_code == 200


def test_a_page_that_says_something_once_is_not_kept(stage: Stage) -> None:
    form = {"paragraph": "4", "type": "substantive", "reason": "Why?", "form_key": "k"}
    stage.clients["moldova"].post(f"/rounds/{stage.round_id}/comments", data=form)
    answer = stage.get("moldova")
    assert "Saved." in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    assert "Saved." not in stage.get("moldova").text


def test_whatever_changes_on_a_page_changes_its_stamp(stage: Stage) -> None:
    """Everything the story's people do is followed by a look at every page, with the stamp of before and without."""
    written: dict[str, int] = {}

    def withdraw(s: Story) -> None:
        comment = s.session.get_one(factories.Comment, written["first"])
        comments.withdraw_comment(s.session, s.round, comment, by=s.actor("moldova"), now=DURING)

    def correct(s: Story) -> Any:
        comment = s.session.get_one(factories.Comment, written["second"])
        return comments.correct_comment(
            s.session, s.round, comment, by=s.actor("moldova"), person=s.people["moldova"], now=DURING
        )

    acts: tuple[Callable[[Story], Any], ...] = (
        lambda s: s.comment("moldova", on="victim decides", reason="First."),
        lambda s: s.comment("moldova", reason="Second."),
        lambda s: s.hand_in("moldova"),
        withdraw,
        correct,
        lambda s: s.hand_in("moldova"),
        lambda s: s.comment("kosovo", on="victim decides", reason="Third."),
        lambda s: s.hand_in("kosovo"),
        lambda s: s.tick(factories.DEADLINE + (factories.DEADLINE - factories.START)),
    )
    names = ("moldova", "kosovo", "lead", "observer")
    before = {name: stage.get(name) for name in names}
    moved = 0
    for number, act in enumerate(acts):
        found = stage.act(act)
        if number < 2:
            written["first" if number == 0 else "second"] = found
        for name in names:
            now = stage.get(name)
            if plain(now.text) != plain(before[name].text):
                moved += 1
                assert now.headers["ETag"] != before[name].headers["ETag"], (number, name)
            before[name] = now
    assert moved >= 10


def plain(text: str) -> str:
    return re.sub(r'"X-CSRFToken": "[^"]*"|name="csrf_token" value="[^"]*"', "", text)


# ---- finding --------------------------------------------------------------------------------------------------------


def test_words_are_found_in_the_draft_and_in_comments_with_a_link_to_each(stage: Stage) -> None:
    a_big_round(stage)
    comment = stage.act(lambda s: s.comment("moldova", on="Paragraph 10 of part 3", reason="PART of the Médiateur"))
    page = stage.page("moldova", "/find?words=mediateur")
    assert page.xpath("//a[contains(@class, 'permalink')]/@href")[0].endswith(f"#comment-{comment}")
    page = stage.page("moldova", "/find?words=Paragraph+78+of")
    links = page.xpath("//ul[@class='found']//a/@href")
    assert [link.partition("#")[2] for link in links] == ["p-80", "p-160", "p-240", "p-320"]
    assert page.xpath("//ul[@class='found']//mark/text()") == ["Paragraph 78 of"] * 4
    by_number = stage.page("moldova", "/find?words=77").xpath("//ul[@class='found']//a/text()")
    assert by_number[0] == "Paragraph 77"


def test_comments_are_chosen_under_a_heading_and_in_a_range(stage: Stage) -> None:
    a_big_round(stage)
    stage.act(lambda s: s.comment("moldova", on="Paragraph 10 of part 3", reason="In part three."))
    assert "In part three." in stage.get("moldova", "/find?under=241").text
    assert "In part three." not in stage.get("moldova", "/find?under=1").text
    assert "In part three." in stage.get("moldova", "/find?from=250&to=252").text
    assert "In part three." not in stage.get("moldova", "/find?from=253").text
    wrong = stage.get("moldova", "/find?from=999&words=x")
    assert wrong.status_code == 404
    assert "999" in wrong.text
    assert 'value="x"' in wrong.text


def test_the_form_names_no_organisation_of_which_nothing_exists_for_the_reader(stage: Stage) -> None:
    stage.act(lambda s: s.comment("moldova", on="victim decides", reason="Ours."))
    assert stage.page("moldova", "/find").xpath("//select[@id='by']/option/text()")[1:] == ["Mission to Moldova (1)"]
    for name in ("lead", "kosovo", "observer"):
        assert len(stage.page(name, "/find").xpath("//select[@id='by']/option")) == 1


def test_what_was_found_comes_by_pages(stage: Stage) -> None:
    a_big_round(stage)
    first, last = stage.page("kosovo", "/find?words=paragraph"), stage.page("kosovo", "/find?words=paragraph&page=7")
    assert "316 paragraphs" in first.text_content()
    assert len(first.xpath("//ul[@class='found']/li")) == 50
    assert len(last.xpath("//ul[@class='found']/li")) == 16


# ---- pictures -------------------------------------------------------------------------------------------------------


def test_a_picture_of_the_draft_is_sent_as_it_is_to_those_who_read_the_draft(
    stage: Stage, app: Flask, sign_in: Callable[[int], Client]
) -> None:
    document = docx.Document()
    document.add_paragraph("See the map.")
    document.add_picture(io.BytesIO(png()), width=Cm(2))
    out = io.BytesIO()
    document.save(out)
    upload = drafts.read_upload(out.getvalue())

    def make(story: Story) -> Any:
        round_ = factories.a_round(
            story.session, storage=story.storage, data=draft("Other."), lead=story.lead, consulted=(story.moldova,)
        )
        kept = drafts.keep_draft(
            story.session, story.storage, consultation=round_.consultation, filename="d.docx", upload=upload,
            by=story.people["lead"], now=DURING,
        )  # fmt: skip
        story.session.query(factories.RoundDraft).filter_by(round_id=round_.id).one().draft_id = kept.id
        return round_

    before, stage.round_id = stage.round_id, stage.act(make)
    (address,) = stage.page("moldova").xpath("//img/@src")
    answer = stage.clients["moldova"].get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.data == jail.read_pictures(out.getvalue())[0].data
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert stage.clients["kosovo"].get(address).status_code == 404  # not asked in this round
    other = address.replace(f"/rounds/{stage.round_id}/", f"/rounds/{before}/")
    assert stage.clients["moldova"].get(other).status_code == 404  # a picture, but not of that draft
    with app.app_context():
        sha256 = db.session.query(factories.Draft).filter_by(filename="d.docx").one().file_sha256
        assert db.session.query(DraftPicture).count() == 1
        assert db.session.query(DraftParagraph).count() > 1
    assert stage.clients["moldova"].get(address.rpartition("/")[0] + f"/{sha256}").status_code == 404
