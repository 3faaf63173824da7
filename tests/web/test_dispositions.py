"""The lead's page: what a filter shows, where one comes after a decision, and many decided at once as they were shown."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from lxml import html

from consult.models import Disposition, Round, db
from consult.services import dispositions
from consult.services.entries import Entry, list_entries
from consult.unit_of_work import unit_of_work
from tests import budgets, factories
from tests.factories import DEADLINE
from tests.story import AFTER, Story, a_story, two_conflicting


@pytest.fixture
def ids(app: Flask, storage: Any) -> Iterator[dict[str, int]]:
    """A consolidated round with five comments: 1 general, 2 and 3 alike, 4 and 5 in conflict; none is decided."""
    with app.app_context():
        story = a_story(db.session, storage)
        two_conflicting(story)
        story.tick(DEADLINE)
        story.round.stage = "consolidated"
        found = {name: person.id for name, person in story.people.items()}
        found |= {"round": story.round.id, "MDA": story.moldova.id, "KOS": story.kosovo.id}
        found["contributor"] = factories.a_person(db.session, organisation=story.lead, role="contributor").id
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        yield found


@pytest.fixture
def lead(ids: dict[str, int], sign_in: Callable[[int], Any]) -> Any:
    return sign_in(ids["lead"])


@pytest.fixture
def page(ids: dict[str, int]) -> str:
    return f"/rounds/{ids['round']}/decisions"


def entries(app: Flask) -> dict[int, Entry]:
    with app.app_context():
        return {entry.number: entry for entry in list_entries(db.session, db.session.query(Round).one())}


def decided(app: Flask) -> dict[int, str]:
    """Return the decisions by the comments' numbers."""
    return {number: entry.decision for number, entry in entries(app).items() if entry.decision}


def shown(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<article[^>]* id="comment-(\d+)"', text)]


def answer(app: Flask, *numbers: int, **form: Any) -> dict[str, Any]:
    """Return what the form for many sends when these comments are shown and ticked."""
    known = entries(app)
    pairs = [f"{known[number].comment_id}.{known[number].version}" for number in numbers]
    given = {"shown": " ".join(pair.partition(".")[0] for pair in pairs), "chosen": pairs}
    return given | {"decision": "noted", "reason": "Said in the preamble.", "wording": "", "duplicate_of": ""} | form


def decide_elsewhere(app: Flask, number: int, reason: str = "A colleague's.") -> None:
    """Let somebody else decide on a comment."""
    with app.app_context(), unit_of_work(db.session) as now:
        story_round = db.session.query(Round).one()
        item = dispositions.list_numbered(db.session, story_round)[number - 1]
        person = db.session.query(factories.Person).first()
        assert person is not None
        dispositions.decide(
            db.session, story_round, item.comment, decision="not accepted", reason=reason, wording="", duplicate_of=0,
            version=item.disposition.version if item.disposition else 0,  # type: ignore[union-attr]
            by=dispositions.Actor(person.id), person=person, now=now,
        )  # fmt: skip


# ---- the filter -----------------------------------------------------------------------------------------------------


def test_a_filter_in_the_address_shows_what_it_finds_and_says_how_many(
    lead: Any, page: str, ids: dict[str, int]
) -> None:
    text = lead.get(f"{page}?organisation={ids['KOS']}&type=substantive").text
    assert shown(text) == [4]
    assert "The filter finds 1 comment." in text
    found = html.fromstring(text)
    assert found.xpath("//select[@name='type']/option[@selected]/@value") == ["substantive"]
    assert found.xpath("//select[@name='organisation']/option[@selected]/@value") == [str(ids["KOS"])]
    assert shown(lead.get(f"{page}?words=WITHOUT+DELAY").text) == [5]


def test_without_a_filter_all_is_shown_and_nothing_is_said_of_one(lead: Any, page: str) -> None:
    text = lead.get(page).text
    assert shown(text) == [1, 2, 3, 4, 5]
    assert "The filter finds" not in text


def test_a_filter_that_finds_nothing_says_so_and_a_place_that_is_not_there_too(lead: Any, page: str) -> None:
    assert "The filter finds no comment." in lead.get(f"{page}?words=nowhere").text
    refused = lead.get(f"{page}?paragraph=99&words=kept")
    assert refused.status_code == 404
    assert "The draft has no paragraph 99." in refused.text
    assert html.fromstring(refused.text).xpath("//input[@name='words']/@value") == ["kept"]


@pytest.mark.parametrize(
    "odd", ["organisation=x", "state=odd", "type=%00", "page=-3", "page=x", "comment=x", "number=9"]
)
def test_an_odd_address_shows_all(lead: Any, page: str, odd: str) -> None:
    assert shown(lead.get(f"{page}?{odd}").text) == [1, 2, 3, 4, 5]


def test_a_comment_that_is_asked_for_is_shown_though_the_filter_does_not_find_it(
    app: Flask, lead: Any, page: str
) -> None:
    wanted = entries(app)[3]
    text = lead.get(f"{page}?type=editorial&comment={wanted.comment_id}").text
    assert shown(text) == [2, 3]
    assert "Comment 3 is not among those that the filter finds" in text


# ---- after a decision -----------------------------------------------------------------------------------------------


def decide(app: Flask, lead: Any, page: str, number: int, query: str = "", **form: Any) -> Any:
    address = f"{page}/{entries(app)[number].comment_id}{query}"
    return lead.post(address, data={"decision": "noted", "reason": "Seen.", "version": 0, **form})


def next_of(text: str) -> str:
    """Return the id of the comment to which the page leads after a decision."""
    (found,) = html.fromstring(text).xpath("//*[@id='next']/following-sibling::article[1]/@id")
    return str(found)


def test_after_a_decision_one_is_at_the_next_undecided_comment_within_the_filter(
    app: Flask, lead: Any, page: str, ids: dict[str, int]
) -> None:
    query = f"?organisation={ids['MDA']}"
    location = decide(app, lead, page, 3, query).headers["Location"]
    assert location.startswith(f"{page}{query}&")
    text = lead.get(location).text
    assert shown(text) == [3, 5]
    assert next_of(text) == "comment-5"
    assert "Comment 3 is decided. Undecided: 4." in text


def test_where_the_filter_has_nothing_undecided_left_one_is_not_taken_elsewhere(
    app: Flask, lead: Any, page: str
) -> None:
    location = decide(app, lead, page, 2, "?type=editorial").headers["Location"]
    text = lead.get(location).text
    assert shown(text) == [2]
    assert next_of(text) == "comment-2"
    assert "Every comment that this filter finds is decided." in text
    assert f'href="{page}?state=undecided"' in text


def test_a_filter_of_the_undecided_is_left_without_what_was_decided(app: Flask, lead: Any, page: str) -> None:
    location = decide(app, lead, page, 5, "?state=undecided").headers["Location"]
    text = lead.get(location).text
    assert shown(text) == [1, 2, 3, 4]
    assert next_of(text) == "comment-1"


def test_a_refused_decision_keeps_what_was_typed_and_the_filter(app: Flask, lead: Any, page: str) -> None:
    refused = decide(
        app, lead, page, 4, "?words=delay", decision="duplicate", duplicate_of="77", reason="Typed with care."
    )
    assert refused.status_code == 422
    found = html.fromstring(refused.text)
    (form,) = found.xpath("//article[@id='comment-4']//form")
    assert form.xpath(".//textarea[@name='reason']")[0].text.strip() == "Typed with care."
    assert form.get("action").endswith("?words=delay")
    assert "Not saved." in refused.text


def test_a_comment_decided_meanwhile_is_shown_with_what_was_typed_though_the_filter_lost_it(
    app: Flask, lead: Any, page: str
) -> None:
    decide_elsewhere(app, 2)
    refused = decide(app, lead, page, 2, "?state=undecided", reason="Typed with care.")
    assert refused.status_code == 409
    assert 2 in shown(refused.text)
    assert "Typed with care." in refused.text
    assert "A colleague" in refused.text
    assert decided(app) == {2: "not accepted"}


# ---- many at once ---------------------------------------------------------------------------------------------------


def ticked(text: str) -> list[int]:
    """Return the numbers of the comments that a page for many has ticked."""
    rows = html.fromstring(text).xpath("//tr[.//input[@name='chosen'][@checked]]//label")
    return [int(row.text_content().split()[-1]) for row in rows]


def test_the_page_for_many_shows_those_chosen_with_their_words_and_the_decision_that_would_go(
    app: Flask, lead: Any, page: str
) -> None:
    decide_elsewhere(app, 5)
    known = entries(app)
    text = lead.get(f"{page}/many?chosen={known[1].comment_id}&chosen={known[5].comment_id}").text
    assert sorted(ticked(text)) == [1, 5]
    assert "2 comments are chosen." in text
    assert "We welcome the draft." in text
    assert "Mission in Kosovo" in text
    assert "without delay" in text
    (row,) = html.fromstring(text).xpath("//table[@aria-labelledby='replaced']/tbody/tr")
    assert "not accepted" in row.text_content()
    assert "A colleague's." in row.text_content()


def test_one_control_chooses_all_undecided_or_all_that_the_filter_finds(
    app: Flask, lead: Any, page: str, ids: dict[str, int]
) -> None:
    decide_elsewhere(app, 3)
    query = f"organisation={ids['MDA']}"
    assert ticked(lead.get(f"{page}/many?{query}&all=undecided").text) == [5]
    assert ticked(lead.get(f"{page}/many?{query}&all=every").text) == [3, 5]
    assert "No comment is chosen." in lead.get(f"{page}/many?{query}").text


def test_many_are_decided_with_one_reason_and_the_filter_stays(app: Flask, lead: Any, page: str) -> None:
    done = lead.post(f"{page}/many?state=undecided", data=answer(app, 1, 2, 4))
    assert done.headers["Location"] == f"{page}?state=undecided"
    assert "3 comments are decided." in lead.get(done.headers["Location"]).text
    assert decided(app) == {1: "noted", 2: "noted", 4: "noted"}
    with app.app_context():
        assert {made.reason for made in db.session.query(Disposition)} == {"Said in the preamble."}


def test_what_is_decided_is_what_was_shown_and_not_what_the_filter_finds_by_then(
    app: Flask, lead: Any, page: str
) -> None:
    form = answer(app, 1, 2)
    decide_elsewhere(app, 5)
    assert lead.post(f"{page}/many?words=nowhere", data=form).status_code == 302
    assert decided(app) == {1: "noted", 2: "noted", 5: "not accepted"}


def test_who_decided_meanwhile_is_not_overwritten_and_the_page_says_which_comment_it_is(
    app: Flask, lead: Any, page: str
) -> None:
    form = answer(app, 1, 2, 4, reason="Typed with care.")
    decide_elsewhere(app, 2)
    refused = lead.post(f"{page}/many", data=form)
    assert refused.status_code == 409
    assert "Somebody else decided meanwhile on comment 2. Nothing was saved" in refused.text
    assert "decided meanwhile by somebody else" in refused.text
    assert "Typed with care." in refused.text
    assert ticked(refused.text) == [1, 4]
    assert html.fromstring(refused.text).xpath("//input[@name='decision'][@checked]/@value") == ["noted"]
    assert decided(app) == {2: "not accepted"}


@pytest.mark.parametrize(
    ("numbers", "more", "sentence"),
    [
        ((1, 2), {"reason": ""}, "Give the reason for “noted”"),
        ((1, 2), {"decision": ""}, "Choose a decision."),
        ((1, 2), {"decision": "duplicate", "duplicate_of": "2"}, "the number of the comment that this one repeats"),
        ((2, 4), {"decision": "accepted with changes", "wording": "New."}, "one paragraph only"),
        ((), {"shown": ""}, "Tick at least one comment"),
    ],
)
def test_what_is_refused_for_many_is_said_and_nothing_is_saved(
    app: Flask, lead: Any, page: str, numbers: tuple[int, ...], more: dict[str, str], sentence: str
) -> None:
    refused = lead.post(f"{page}/many", data=answer(app, *numbers, **more))
    assert refused.status_code == 422
    assert sentence in refused.text
    assert sorted(ticked(refused.text)) == list(numbers)
    assert decided(app) == {}


def test_what_was_unticked_is_still_there_after_a_refusal(app: Flask, lead: Any, page: str) -> None:
    form = answer(app, 1, 2, reason="")
    form["chosen"] = form["chosen"][:1]
    refused = lead.post(f"{page}/many", data=form)
    assert ticked(refused.text) == [1]
    assert "Comment 2" in refused.text


def test_a_wording_is_taken_where_all_are_on_one_paragraph(app: Flask, lead: Any, page: str) -> None:
    known = entries(app)
    text = lead.get(f"{page}/many?chosen={known[4].comment_id}&chosen={known[5].comment_id}").text
    assert "Each mission informs the co-ordinator within two working days." in text
    form = answer(app, 4, 5, decision="accepted with changes", wording="Each mission informs at once.")
    assert lead.post(f"{page}/many", data=form).status_code == 302
    assert decided(app) == {4: "accepted with changes", 5: "accepted with changes"}


@pytest.mark.parametrize("name", ["contributor", "moldova", "observer"])
def test_nobody_but_a_focal_point_of_the_lead_decides_on_many(
    app: Flask, ids: dict[str, int], page: str, sign_in: Callable[[int], Any], name: str
) -> None:
    client = sign_in(ids[name])
    assert client.get(f"{page}/many?all=every").status_code == 403
    assert client.post(f"{page}/many", data=answer(app, 1)).status_code == 403
    assert decided(app) == {}


def test_a_finished_round_takes_no_decisions_for_many(app: Flask, lead: Any, page: str) -> None:
    with app.app_context():
        db.session.query(Round).one().stage = "decided"
        db.session.commit()
    assert lead.get(f"{page}/many?all=every").status_code == 409
    assert lead.post(f"{page}/many", data=answer(app, 1)).status_code == 409


# ---- budgets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [3, 300])
def test_the_page_keeps_its_budget_at_any_size(
    app: Flask, storage: Any, sign_in: Callable[[int], Any], count: int
) -> None:
    with app.app_context():
        round_id, person = _a_round_with(a_story(db.session, storage), count)
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        client, address = sign_in(person), f"/rounds/{round_id}/decisions"
        for query in ("", "?state=undecided&words=because&type=substantive", "?page=2", "/many?all=every"):
            found = budgets.queries_of(app, client, address + query)
            assert len(found) <= budgets.QUERIES_OF_A_PAGE, (query, found)
        assert budgets.size_of(client.get(address)) <= budgets.PAGE_BYTES
        assert budgets.size_of(client.get(f"{address}/many?all=every")) <= budgets.PAGE_BYTES
        assert len(shown(client.get(f"{address}?page=9").text)) == (3 if count == 3 else 25)


@pytest.mark.parametrize("count", [3, 300])
def test_deciding_keeps_the_budget_of_a_save(
    app: Flask, storage: Any, sign_in: Callable[[int], Any], count: int
) -> None:
    with app.app_context():
        round_id, person = _a_round_with(a_story(db.session, storage), count)
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        client, page = sign_in(person), f"/rounds/{round_id}/decisions"
        client.get(page)
        form = answer(app, *range(1, count))  # one of them has a decision, which is replaced
        address = f"{page}/{entries(app)[count].comment_id}?words=because"
        with budgets.counted(app) as one:
            assert client.post(address, data={"decision": "noted", "reason": "Seen."}).status_code == 302
        with budgets.counted(app) as many:
            assert client.post(f"{page}/many", data=form).status_code == 302
        assert len(many) <= budgets.QUERIES_OF_A_SAVE, many
        assert len(one) <= budgets.QUERIES_OF_A_SAVE, one


def _a_round_with(story: Story, count: int) -> tuple[int, int]:
    """Return a closed round with so many comments, the first of them accepted, and who leads it."""
    submission = factories.a_submission(
        story.session, round_=story.round, organisation=story.moldova, person=story.people["moldova"]
    )
    paragraphs = [p for p in story.draft.paragraphs if p.number]
    for number in range(count):
        paragraph = paragraphs[number % len(paragraphs)]
        factories.a_comment(
            story.session, round_=story.round, organisation=story.moldova, author=story.people["moldova"],
            paragraph=paragraph, wording=f"{paragraph.text} Number {number}.", submission=submission,
        )  # fmt: skip
    story.tick(DEADLINE)
    item = dispositions.list_numbered(story.session, story.round)[0]
    dispositions.decide(
        story.session, story.round, item.comment, decision="accepted", reason="", wording="", duplicate_of=0, version=0,
        by=story.actor("lead"), person=story.people["lead"], now=AFTER,
    )  # fmt: skip
    return story.round.id, story.people["lead"].id
