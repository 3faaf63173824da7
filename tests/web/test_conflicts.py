"""The pages of conflicts: the list in text order, one conflict at a time, what a choice will do, and saving it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from lxml import html

from consult.models import Disposition, db
from consult.services import dispositions
from consult.unit_of_work import unit_of_work
from tests import budgets, factories
from tests.factories import DEADLINE
from tests.story import AFTER, DURING, a_story, two_conflicting

BOTH = "to prevent and to combat"


@pytest.fixture
def ids(app: Flask, storage: Any) -> Iterator[dict[str, int]]:
    """A consolidated round with two conflicts: on paragraph 2, comments 2 and 3, and on paragraph 3, comments 4 and 5."""
    with app.app_context():
        story = a_story(db.session, storage)
        two_conflicting(story)
        for comment, wording in zip(
            [c for c in story.session.query(factories.Comment) if c.paragraph and BOTH in c.paragraph.text],
            ("against", "to combat"), strict=True,
        ):  # fmt: skip
            from_draft = factories.engine.from_json(factories.engine.Paragraph, comment.paragraph.facts)
            edits = factories.engine.propose(from_draft, from_draft.text.replace(BOTH, wording))
            comment.edits = [factories.engine.to_json(edit) for edit in edits]
        story.tick(DEADLINE)
        story.round.stage = "consolidated"
        found = {name: person.id for name, person in story.people.items()}
        found |= {"round": story.round.id}
        found["contributor"] = factories.a_person(db.session, organisation=story.lead, role="contributor").id
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        yield found


@pytest.fixture
def lead(ids: dict[str, int], sign_in: Callable[[int], Any]) -> Any:
    return sign_in(ids["lead"])


@pytest.fixture
def place(ids: dict[str, int]) -> str:
    return f"/rounds/{ids['round']}/conflicts"


def page(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status
    return html.fromstring(answer.text)


def form_of(shown: Any, **filled: Any) -> dict[str, Any]:
    """Return what the form on a page sends with these things chosen."""
    (versions,) = (field.get("value") for field in shown.xpath("//input[@name='version']"))
    (given,) = (field.get("value") for field in shown.xpath("//input[@name='given']"))
    return {"version": versions, "given": given, "wording": given, "reason": "", **filled}


def decided(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(d.decision for d in db.session.query(Disposition))


def test_the_list_is_in_text_order_and_marks_what_is_decided(lead: Any, place: str) -> None:
    shown = page(lead.get(place))
    assert [row.text_content() for row in shown.xpath("//tbody//th/a")] == ["Conflict 1", "Conflict 2"]
    assert [state.text for state in shown.xpath("//tbody//span[contains(@class, 'state')]")] == ["undecided"] * 2
    saved = lead.post(f"{place}/1", data=form_of(page(lead.get(f"{place}/1")), choice="none", reason="No."))
    assert saved.headers["Location"].endswith("/conflicts/2")
    shown = page(lead.get(place))
    assert [state.text for state in shown.xpath("//tbody//span[contains(@class, 'state')]")] == ["decided", "undecided"]
    assert shown.xpath("//a[starts-with(., 'Next undecided')]/@href")[0].endswith("/conflicts/2")


def test_the_variants_stand_side_by_side_with_their_differences_who_wants_them_and_why(lead: Any, place: str) -> None:
    sides = page(lead.get(f"{place}/2")).xpath("//section[contains(@class, 'side')]")
    for side, gone, new in zip(sides, ("two", "within two working days"), ("one", "without delay"), strict=True):
        assert gone in side.xpath("string(.//del)")
        assert new in side.xpath("string(.//ins)")
    assert "Mission in Kosovo" in sides[0].text_content()
    assert "Two days are long." in sides[1].text_content()


def test_what_a_choice_will_do_is_shown_before_it_is_saved(app: Flask, lead: Any, place: str) -> None:
    shown = page(lead.get(f"{place}/2"))
    part = lead.post(
        f"{place}/2/preview", data=form_of(shown, choice="take-1", reason="So."), headers={"HX-Request": "true"}
    )
    assert "<html" not in part.text
    assert [li.text_content() for li in html.fromstring(part.text).xpath("//li")] == [
        "Comment 4 of Mission in Kosovo: not accepted",
        "Comment 5 of Mission to Moldova: accepted",
    ]
    whole = page(lead.post(f"{place}/2/preview", data=form_of(shown, choice="take-1", reason="So.")))
    assert "without delay" in whole.get_element_by_id("outlook").text_content()
    assert whole.xpath("//textarea[@name='reason']")[0].text_content() == "So."
    assert "without delay" in whole.xpath("//textarea[@name='wording']")[0].text_content()
    assert decided(app) == []


def test_a_wording_begun_is_not_replaced_by_that_of_another_variant(lead: Any, place: str) -> None:
    shown = page(lead.get(f"{place}/2"))
    filled = form_of(shown, choice="take-1", wording="Mine.")
    whole = page(lead.post(f"{place}/2/preview", data=filled))
    assert whole.xpath("//textarea[@name='wording']")[0].text_content() == "Mine."


def test_one_save_decides_on_all_comments_of_the_conflict_and_leads_on(app: Flask, lead: Any, place: str) -> None:
    shown = page(lead.get(f"{place}/2"))
    answer = lead.post(
        f"{place}/2", data=form_of(shown, choice="own", wording="Each mission informs soon.", met=[0, 1], reason="So.")
    )
    assert answer.headers["Location"].endswith("/conflicts/1")
    assert "Conflict 2 is decided. Comments accepted: 2, not accepted: 0. Conflicts left: 1." in lead.get(place).text
    assert decided(app) == ["accepted with changes"] * 2
    again = page(lead.get(f"{place}/2"))
    assert again.xpath("//input[@value='own']/@checked")
    assert again.xpath("//textarea[@name='wording']")[0].text_content() == "Each mission informs soon."


def test_a_missing_reason_keeps_everything_typed(app: Flask, lead: Any, place: str) -> None:
    shown = page(lead.get(f"{place}/2"))
    filled = form_of(shown, choice="own", wording="Each mission informs soon.", met=[1])
    again = page(lead.post(f"{place}/2", data=filled), 422)
    assert "Give the reason for" in again.get_element_by_id("refusal").text_content()
    assert again.xpath("//textarea[@name='wording']")[0].text_content() == "Each mission informs soon."
    assert [tick.get("value") for tick in again.xpath("//input[@name='met'][@checked]")] == ["1"]
    assert decided(app) == []


def test_who_saves_after_somebody_else_is_told_and_keeps_what_was_typed(app: Flask, lead: Any, place: str) -> None:
    filled = form_of(page(lead.get(f"{place}/2")), choice="take-0", reason="My reason.")
    lead.post(f"{place}/2", data=form_of(page(lead.get(f"{place}/2")), choice="none", reason="Theirs."))
    again = page(lead.post(f"{place}/2", data=filled), 409)
    assert "Somebody else decided meanwhile" in again.get_element_by_id("refusal").text_content()
    assert again.xpath("//textarea[@name='reason']")[0].text_content() == "My reason."
    assert "Theirs." in again.text_content()
    assert decided(app) == ["not accepted"] * 2
    assert lead.post(f"{place}/2", data=form_of(again, choice="take-0", reason="My reason.")).status_code == 302
    assert decided(app) == ["accepted", "not accepted"]


@pytest.mark.parametrize(
    "broken",
    [{}, {"choice": "take-"}, {"choice": "take-²"}, {"choice": "take-99"}, {"choice": "own", "met": ["x"]},
     {"choice": "none", "reason": "So.", "version": "²:1 x"}],
)  # fmt: skip
def test_what_no_page_sends_is_refused_with_a_sentence(app: Flask, lead: Any, place: str, broken: Any) -> None:
    answer = lead.post(f"{place}/2", data={**form_of(page(lead.get(f"{place}/2"))), **broken})
    assert answer.status_code in (409, 422)
    assert page(answer, answer.status_code).get_element_by_id("refusal").text_content().strip().endswith(".")
    assert decided(app) == []


def test_a_paragraph_leads_to_its_conflict_or_to_its_comments(lead: Any, place: str) -> None:
    assert lead.get(f"{place}?paragraph=3").headers["Location"].endswith("/conflicts/2")
    assert lead.get(f"{place}?paragraph=5").headers["Location"].endswith("/decisions?paragraph=5")
    assert lead.get(f"{place}/3").status_code == 404


def test_only_the_lead_sees_them_and_only_its_focal_point_decides(
    ids: dict[str, int], sign_in: Callable[[int], Any], place: str
) -> None:
    for name in ("moldova", "observer"):
        assert sign_in(ids[name]).get(place).status_code == 403
        assert sign_in(ids[name]).get(f"{place}/1").status_code == 403
    contributor = sign_in(ids["contributor"])
    shown = page(contributor.get(f"{place}/1"))
    assert not shown.xpath("//form[@id='settle']")
    assert "A focal point of the lead" in shown.text_content()
    assert contributor.post(f"{place}/1", data={"choice": "none", "reason": "x"}).status_code == 403


def test_while_the_round_is_open_nothing_can_be_decided(
    app: Flask, ids: dict[str, int], place: str, sign_in: Any
) -> None:
    with app.app_context(), unit_of_work(db.session):
        round_ = db.session.get_one(factories.Round, ids["round"])
        round_.stage, round_.closed_at = "open", None
    with time_machine.travel(DURING, tick=False):
        lead = sign_in(ids["lead"])
        shown = page(lead.get(f"{place}/1"))
        assert not shown.xpath("//form[@id='settle']")
        assert "Decisions begin when the round is closed" in shown.text_content()
        assert lead.post(f"{place}/1", data={"choice": "none", "reason": "x"}).status_code == 409
        assert lead.post(f"{place}/1/preview", data={"choice": "none"}).status_code == 409


def test_the_decide_page_and_what_is_in_the_way_lead_here(app: Flask, ids: dict[str, int], lead: Any) -> None:
    base = f"/rounds/{ids['round']}"
    assert f'href="{base}/conflicts"' in lead.get(f"{base}/decisions").text
    with app.app_context(), unit_of_work(db.session) as now:
        person = db.session.get_one(factories.Person, ids["lead"])
        round_ = db.session.get_one(factories.Round, ids["round"])
        for item in dispositions.list_numbered(db.session, round_):
            dispositions.decide(
                db.session, round_, item.comment, decision="accepted", reason="", wording="", duplicate_of=0, version=0,
                by=dispositions.Actor(person.id), person=person, now=now,
            )  # fmt: skip
    assert f"{base}/conflicts?paragraph=3" in lead.post(f"{base}/finish").text


def test_saving_asks_no_more_often_when_more_is_said(app: Flask, lead: Any, place: str) -> None:
    first = form_of(page(lead.get(f"{place}/1")), choice="none", reason="No.")
    second = form_of(page(lead.get(f"{place}/2")), choice="none", reason="No.")
    lead.post(f"{place}/1", data=first)
    with budgets.counted(app) as asked:
        assert lead.post(f"{place}/2", data=second).status_code == 302
    assert len(asked) <= 11, "\n".join(asked)
