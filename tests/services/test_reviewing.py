"""The lead's review: which comments a filter finds, which one comes next, and how much of the draft is looked at."""

from typing import Any

import pytest
from flask import Flask

from consult import engine
from consult.errors import NotFound
from consult.models import db
from consult.services import dispositions, drafts, layouts, releases, reviewing
from consult.services.answers import Answer
from consult.services.entries import Entry, list_entries
from consult.services.reviewing import Filter
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.queries import counted_queries
from tests.story import AFTER, Story, a_story, two_conflicting


def a_review(session: Any, storage: Any) -> Story:
    """Make a round with six comments: 1 general, 2 and 3 alike, 4 and 5 in conflict, 6 under the second heading."""
    made = a_story(session, storage)
    made.comment("moldova", on="Comments are welcome", reason="Le Médiateur européen,\u00a0ЖЕРТВ.", kind="technical")
    two_conflicting(made)
    made.tick(DEADLINE)
    made.round.stage = "consolidated"
    return made


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_review(session, storage)


def decide(story: Story, numbers: list[int], decision: str = "accepted", reason: str = "So decided.") -> None:
    entries = [entry for entry in list_entries(story.session, story.round) if entry.number in numbers]
    versions = {entry.comment_id: entry.version for entry in entries}
    answer = Answer(decision, reason)
    dispositions.decide_alike(story.session, story.round, versions, answer, by=story.actor("lead"), now=AFTER)


def find(story: Story, **wanted: Any) -> list[Entry]:
    layout = layouts.read_layout(story.session, story.draft.id)
    entries = list_entries(story.session, story.round)
    return reviewing.find_entries(story.session, story.round, entries, layout, Filter(**wanted))


def numbers(story: Story, **wanted: Any) -> list[int]:
    return [entry.number for entry in find(story, **wanted)]


def test_an_empty_filter_finds_all(story: Story) -> None:
    assert numbers(story) == [1, 2, 3, 4, 5, 6]


def test_a_state_tells_decided_from_released_and_from_changed_since(story: Story) -> None:
    decide(story, [1, 2, 3])
    releases.release(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)
    decide(story, [2], "noted")
    decide(story, [4])
    assert numbers(story, state="undecided") == [5, 6]
    assert numbers(story, state="decided") == [1, 2, 3, 4]
    assert numbers(story, state="not released") == [2, 4]
    assert numbers(story, state="changed since released") == [2]


def test_organisation_and_type_narrow_what_is_found(story: Story) -> None:
    assert numbers(story, organisation=story.kosovo.id) == [1, 2, 4]
    assert numbers(story, type="editorial") == [2]
    assert numbers(story, organisation=story.moldova.id, type="editorial") == []


def test_a_heading_finds_what_stands_under_it(story: Story) -> None:
    first, second = story.paragraph("Purpose").number, story.paragraph("Tasks").number
    assert numbers(story, section=first) == [2, 3, 4, 5]
    assert numbers(story, section=second) == [6]
    assert numbers(story, section=reviewing.WHOLE) == [1]


def test_a_paragraph_finds_what_is_on_it_if_the_heading_has_it(story: Story) -> None:
    number = story.paragraph("within two working days").number
    assert numbers(story, paragraph=number) == [4, 5]
    assert numbers(story, paragraph=number, section=story.paragraph("Tasks").number) == []


@pytest.mark.parametrize("wanted", [{"paragraph": "999"}, {"section": "999"}, {"section": "2"}])
def test_a_place_that_is_not_there_is_told(story: Story, wanted: dict[str, str]) -> None:
    with pytest.raises(NotFound) as refused:
        numbers(story, **wanted)
    assert next(iter(wanted.values())) in str(refused.value.message)


@pytest.mark.parametrize(
    "words", ["mediateur EUROPEEN", "européen, жертв", "МЕДИАТЕУР", "without  delay", "We WELCOME"]
)
def test_words_are_found_in_comment_and_proposal_whatever_their_case_and_accents(story: Story, words: str) -> None:
    expected = {"without  delay": [5], "We WELCOME": [1], "МЕДИАТЕУР": []}
    assert numbers(story, words=words) == expected.get(words, [6])


def test_the_next_undecided_comment_is_behind_the_present_one_or_else_the_first(story: Story) -> None:
    decide(story, [1, 5])
    listed = find(story, organisation=story.moldova.id)
    assert [reviewing.following(listed, behind).number for behind in (0, 3, 5, 6)] == [3, 6, 6, 3]  # type: ignore[union-attr]
    assert reviewing.following(find(story, state="decided")) is None


def test_what_is_shown_of_comments_comes_in_one_query(story: Story) -> None:
    entries = list_entries(story.session, story.round)
    story.session.expunge_all()
    with counted_queries(story.session.get_bind()) as queries:
        items = reviewing.load(story.session, story.round, entries)
        seen = [(i.comment.organisation.name, i.comment.author.name, i.comment.carried) for i in items]
        places = [i.comment.paragraph.text[:4] if i.comment.paragraph else "" for i in items]
    assert len(seen) == 6
    assert places == ["", "The ", "The ", "Each", "Each", "Comm"]
    assert len(queries) == 1


def test_contradictions_are_the_same_in_the_part_of_the_draft_that_is_looked_at(story: Story) -> None:
    decide(story, [4, 5, 6])
    accepted = reviewing.list_accepted(story.session, story.round)
    part = reviewing.part_of(story.draft, accepted)
    assert [paragraph.text[:4] for paragraph in part.paragraphs] == ["Each"]
    every = dispositions.list_numbered(story.session, story.round)
    whole = dispositions.contradictions(drafts.as_value(story.draft), every)
    assert dispositions.contradictions(part, accepted) == whole == (story.paragraph("within two working days").number,)


def test_where_a_row_goes_every_accepted_comment_and_all_of_the_draft_are_looked_at(story: Story) -> None:
    cell, last = story.paragraph("Name a focal point"), story.paragraph("Every mission")
    row = engine.Edit(cell.key, "row-deleted", 0, 0, "", "", "KOS", "KOS", "", False, until=last.key)
    general, other = (item.comment for item in dispositions.list_numbered(story.session, story.round)[:2])
    general.paragraph_id, general.edits = cell.id, [engine.to_json(row)]
    other.paragraph_id, other.edits = last.id, [engine.to_json(edit) for edit in change_of(last, "Every", "Each")]
    story.session.flush()
    story.session.expire_all()
    decide(story, [5, 6])
    assert reviewing.list_accepted(story.session, story.round) == []
    decide(story, [2, 4])  # the row goes; nothing else is on its paragraphs but a comment on the last one
    accepted = reviewing.list_accepted(story.session, story.round)
    assert len(accepted) == 4
    assert {general.id, other.id} <= {item.comment.id for item in accepted}
    part = reviewing.part_of(story.draft, accepted)
    assert len(part.paragraphs) == len(story.draft.paragraphs)
    every = dispositions.list_numbered(story.session, story.round)
    whole = dispositions.contradictions(drafts.as_value(story.draft), every)
    assert dispositions.contradictions(part, accepted) == whole
    assert whole == (last.number,)


def change_of(paragraph: Any, old: str, new: str) -> tuple[engine.Edit, ...]:
    return engine.propose(drafts.paragraph_value(paragraph), paragraph.text.replace(old, new))


def test_what_was_decided_meanwhile_is_known_by_its_version(story: Story) -> None:
    versions = {entry.comment_id: entry.version for entry in list_entries(story.session, story.round)}
    decide(story, [2, 4])
    entries = list_entries(story.session, story.round)
    del versions[entries[3].comment_id]
    assert [entry.number for entry in reviewing.changed_since(entries, versions)] == [2]


def test_both_databases_find_and_load_the_same(any_database_app: Flask) -> None:
    with any_database_app.app_context():
        story = a_review(db.session, any_database_app.extensions["consult.storage"])
        decide(story, [4, 5, 6])
        entries = find(story, words="ЖЕРТВ", state="not released")
        assert [item.number for item in reviewing.load(db.session, story.round, entries)] == [6]
        assert len(reviewing.list_accepted(db.session, story.round)) == 2
        db.session.rollback()
