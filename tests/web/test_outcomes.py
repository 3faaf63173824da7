"""The table of an organisation's own comments: for nobody else, and not before the decisions are released."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult.models import CarriedComment, Comment, Disposition, Round, db
from consult.rules.permissions import COMMAND
from consult.services import dispositions, rounds
from consult.services.files import DOCX
from consult.unit_of_work import unit_of_work
from tests.conftest import BASE_URL
from tests.story import AFTER, Story, a_story, two_conflicting


@pytest.fixture
def ids(app: Flask, storage: Any) -> Iterator[dict[str, int]]:
    """A round whose comments are all decided, but not released; the ids in it."""
    with app.app_context():
        story = a_story(db.session, storage)
        two_conflicting(story)
        _decide_all(story)
        story.comment("moldova", reason="Never handed in.")
        found = {name: person.id for name, person in story.people.items()}
        found |= {"round": story.round.id, "MDA": story.moldova.id, "KOS": story.kosovo.id}
        db.session.commit()
    with time_machine.travel(AFTER, tick=False):
        yield found


def _decide_all(story: Story) -> None:
    for item in dispositions.list_numbered(story.session, story.round):
        reason = f"Reason for {item.comment.organisation.code}."
        story.session.add(
            Disposition(
                comment_id=item.comment.id, decision="not accepted", reason=reason, decided_at=AFTER,
                decided_by_id=story.people["lead"].id,
            )
        )  # fmt: skip


def release(app: Flask) -> None:
    with app.app_context(), unit_of_work(db.session) as now:
        round_ = db.session.query(Round).one()
        round_.stage = "consolidated"
        rounds.finish(db.session, round_, base_url=BASE_URL, by=COMMAND, now=now)


@pytest.mark.parametrize("page", ["outcome", "outcome.docx"])
def test_before_the_release_nobody_sees_a_decision(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any], page: str
) -> None:
    for name in ("moldova", "kosovo", "lead", "observer"):
        answer = sign_in(ids[name]).get(f"/rounds/{ids['round']}/{page}")
        assert answer.status_code == 403, name
        assert b"Reason for" not in answer.data
    client = sign_in(ids["moldova"])
    assert "What happened" not in client.get(f"/rounds/{ids['round']}/document").text


def test_after_it_each_sees_its_own(app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]) -> None:
    release(app)
    text = sign_in(ids["moldova"]).get(f"/rounds/{ids['round']}/outcome").text
    assert text.count("Reason for MDA.") == 2
    assert "Reason for KOS." not in text
    assert "We welcome the draft." not in text
    assert "not handed in" in text
    assert "Never handed in." not in text
    assert "As in the draft." in text


def test_another_organisation_cannot_be_asked_for(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    release(app)
    client = sign_in(ids["moldova"])
    for page in ("outcome", "outcome.docx"):
        own = client.get(f"/rounds/{ids['round']}/{page}")
        asked = client.get(f"/rounds/{ids['round']}/{page}?organisation={ids['KOS']}")
        assert asked.status_code == 200
        assert asked.data.replace(f"?organisation={ids['KOS']}".encode(), b"") == own.data
    assert sign_in(ids["observer"]).get(f"/rounds/{ids['round']}/outcome").status_code == 403


def test_the_file_is_sent_to_be_saved(app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]) -> None:
    release(app)
    answer = sign_in(ids["kosovo"]).get(f"/rounds/{ids['round']}/outcome.docx")
    assert answer.mimetype == DOCX
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "KOS" in answer.headers["Content-Disposition"]


def test_an_organisation_without_comments_is_told_so(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    release(app)
    assert "handed in no comments" in sign_in(ids["lead"]).get(f"/rounds/{ids['round']}/outcome").text


def test_what_is_withdrawn_is_counted_and_not_decided(
    app: Flask, ids: dict[str, int], sign_in: Callable[[int], Any]
) -> None:
    release(app)
    with app.app_context():
        comment = db.session.query(Comment).filter_by(organisation_id=ids["MDA"], reason="Two days are long.").one()
        comment.withdrawn_at = AFTER
        db.session.commit()
    text = sign_in(ids["moldova"]).get(f"/rounds/{ids['round']}/outcome").text
    assert "Withdrawn, so nothing was decided: 1." in text
    assert text.count("Reason for MDA.") == 1


def test_what_the_lead_let_go_is_not_called_withdrawn(app: Flask, ids: dict[str, int], sign_in: Any) -> None:
    with app.app_context():
        first, second = db.session.query(Comment).filter_by(organisation_id=ids["MDA"]).limit(2)
        first.withdrawn_at = AFTER
        db.session.query(Disposition).filter_by(comment_id=first.id).delete()
        first.carried = CarriedComment(
            origin_id=second.id, state="let go", reason="The passage is gone.", old_number="7", old_text="As it was."
        )
        db.session.commit()
    release(app)
    page = sign_in(ids["moldova"]).get(f"/rounds/{ids['round']}/outcome").text
    assert "The lead let it go" in page
    assert "The passage is gone." in page
    assert "It was on: “As it was.”" in page
    assert "Withdrawn, so nothing was decided" not in page
