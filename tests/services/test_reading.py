"""What a person reads on a draft: the comments that exist for that person, counted and found, nothing else."""

from typing import Any

import pytest

from consult.rules.permissions import Actor, Facts, may
from consult.services import comments, layouts, reading, visibility
from consult.services.reading import Reader, Wanted
from tests.engine.specimens import draft
from tests.factories import a_round
from tests.story import AFTER, DURING, Story, a_story


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def reader(story: Story, name: str) -> Reader:
    facts: Facts = visibility.facts_of(story.session, story.round, DURING)
    return Reader(story.round, story.actor(name), facts)


def all_of(story: Story) -> list[int | None]:
    return [None, *(p.id for p in story.draft.paragraphs)]


def reasons(story: Story, name: str) -> list[str]:
    return [row.reason for row in reading.list_rows(story.session, reader(story, name), all_of(story))]


def test_the_rows_are_the_comments_that_exist_for_the_reader(story: Story) -> None:
    story.comment("moldova", on="within two working days", reason="Ours.")
    story.comment("kosovo", on="within two working days", reason="Theirs.")
    assert reasons(story, "moldova") == ["Ours."]
    assert reasons(story, "kosovo") == ["Theirs."]
    assert reasons(story, "lead") == reasons(story, "observer") == []
    story.hand_in("kosovo")
    assert reasons(story, "lead") == ["Theirs."]
    assert reasons(story, "moldova") == ["Ours."]


@pytest.mark.parametrize("name", ["lead", "moldova", "kosovo", "observer"])
def test_rows_and_counts_are_those_of_the_list_of_visible_comments(story: Story, name: str) -> None:
    first = story.comment("moldova", on="within two working days", change=("two", "five"), reason="A")
    story.comment("moldova", on="within two working days", reason="B")
    story.comment("kosovo", reason="C")
    story.hand_in("moldova")
    who = {"by": story.actor("moldova"), "person": story.people["moldova"], "now": DURING}
    comments.correct_comment(story.session, story.round, first, **who)
    story.comment("kosovo", on="victim decides", reason="D")
    who_reads = reader(story, name)
    listed = comments.list_visible(story.session, story.round, actor=who_reads.actor, facts=who_reads.facts)
    gone = comments.superseded_ids(listed)
    shown = [c for c in listed if c.id not in gone and c.withdrawn_at is None]
    rows = reading.list_rows(story.session, who_reads, all_of(story))
    assert {row.id for row in rows} == {c.id for c in shown}
    counts = reading.count_comments(story.session, who_reads)
    assert counts == reading.count_rows(rows, who_reads)
    assert sum(counts.shown.values()) == len(shown)
    own = [c for c in shown if c.organisation_id in who_reads.actor.contributor_of]
    assert (sum(counts.own.values()), counts.unsubmitted) == (len(own), sum(1 for c in own if not c.submission_id))


def test_a_corrected_and_a_withdrawn_comment_are_not_shown(story: Story) -> None:
    first = story.comment("moldova", on="within two working days", reason="First.")
    other = story.comment("moldova", on="victim decides", reason="Other.")
    story.hand_in("moldova")
    who = {"by": story.actor("moldova"), "person": story.people["moldova"], "now": DURING}
    comments.correct_comment(story.session, story.round, first, **who).reason = "Second."
    comments.withdraw_comment(story.session, story.round, other, by=story.actor("moldova"), now=DURING)
    assert sorted(reasons(story, "moldova")) == ["First.", "Second."]  # what is not handed in replaces nothing yet
    assert reasons(story, "lead") == ["First."]
    story.hand_in("moldova")
    assert reasons(story, "lead") == reasons(story, "moldova") == ["Second."]


# ---- at first sight -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility_", ["closed", "after own submission", "open"])
def test_at_first_sight_a_person_sees_what_permission_asks_and_nothing_of_what_others_have_not_handed_in(
    session: Any, storage: Any, visibility_: str
) -> None:
    story = a_story(session, storage, visibility=visibility_)

    def look(name: str, now: Any = DURING) -> reading.Glance:
        seen = reading.glance(session, story.round.id, story.actor(name), now)
        assert seen is not None
        facts = visibility.facts_of(session, story.round, now)
        for action in ("document.read", "comment.write", "download.results", "board.see"):
            assert may(story.actor(name), action, seen.facts) == may(story.actor(name), action, facts)
        assert (seen.facts.is_open, seen.facts.stage) == (facts.is_open, facts.stage)
        return seen

    names = ("lead", "moldova", "kosovo", "observer")
    before = {name: look(name).state for name in names}
    story.comment("moldova", reason="In general.")
    session.flush()
    assert [name for name in names if look(name).state != before[name]] == ["moldova"]
    story.hand_in("moldova")
    told = [name for name in names if look(name).state != before[name]]
    assert told == (list(names) if visibility_ == "open" else ["lead", "moldova"])
    assert look("kosovo", AFTER).state != look("kosovo").state
    stranger = Actor(99, contributor_of=frozenset((99,)))
    assert reading.glance(session, story.round.id, stranger, DURING) is None


# ---- finding --------------------------------------------------------------------------------------------------------


def found(story: Story, name: str, **wanted: Any) -> list[str]:
    ids = reading.find_comments(story.session, reader(story, name), Wanted(**wanted))
    return [row.reason for row in reading.list_by_ids(story.session, reader(story, name), ids)]


def test_words_are_found_in_reasons_in_changes_and_in_the_words_a_comment_is_on(story: Story) -> None:
    story.comment("moldova", on="within two working days", change=("two working days", "cinq jours ouvrés"), reason="A")
    story.comment("moldova", on="victim decides", reason="Отметим: ЖЕРТВА решает.", kind="technical")
    assert found(story, "moldova", words="OUVRES") == ["A"]
    assert found(story, "moldova", words="working days") == ["A"]
    assert found(story, "moldova", words="жертва") == ["Отметим: ЖЕРТВА решает."]
    assert found(story, "moldova", words="co-ordinator") == []  # it stands in the draft, and nobody changes it


def test_nothing_is_found_of_what_others_have_not_handed_in(story: Story) -> None:
    story.comment("kosovo", on="within two working days", change=("two", "eleven"), reason="Secret words.")
    for wanted in ({"words": "secret"}, {"words": "eleven"}, {"organisation_id": story.kosovo.id}, {}):
        for name in ("lead", "moldova", "observer"):
            assert found(story, name, **wanted) == []
        assert found(story, "kosovo", **wanted) == ["Secret words."]


def test_comments_are_chosen_by_type_organisation_state_and_place(story: Story) -> None:
    story.comment("moldova", on="within two working days", reason="A", kind="technical")
    story.hand_in("moldova")
    story.comment("moldova", on="victim decides", reason="B", kind="editorial")
    story.comment("moldova", reason="C")
    place = story.paragraph("victim decides").position
    assert found(story, "moldova", type="technical") == ["A"]
    assert found(story, "moldova", state="not handed in") == ["C", "B"]
    assert found(story, "moldova", state="handed in") == ["A"]
    assert found(story, "moldova", state="carried over") == []
    assert found(story, "moldova", places=range(place, place + 1)) == ["B"]
    assert found(story, "moldova", organisation_id=story.kosovo.id) == []


# ---- the layout -----------------------------------------------------------------------------------------------------


def a_big_layout(session: Any, storage: Any) -> layouts.Layout:
    lines: list[Any] = []
    for part in range(5):
        lines += [f"# Part {part}", *(f"Paragraph {n} of part {part}." for n in range(70))]
    lines.insert(75, [["one", "two"], ["three", "four"]] * 40)
    from_file = a_story(session, storage)
    round_ = a_round(session, storage=storage, data=draft(*lines), lead=from_file.lead, consulted=(from_file.kosovo,))
    seen = reading.glance(session, round_.id, from_file.actor("kosovo"), AFTER)
    assert seen is not None
    return layouts.read_layout(session, seen.draft_id)


def test_sections_are_the_draft_and_cut_no_table(session: Any, storage: Any) -> None:
    layout = a_big_layout(session, storage)
    assert [place for section in layout.sections for place in section] == list(range(len(layout.lines)))
    assert len(layout.sections) > 3
    for section in layout.sections[1:]:
        assert not layout.lines[section.start].kind == layout.lines[section.start - 1].kind == "cell"
    for place in range(len(layout.lines)):
        assert place in layout.sections[layout.section_of(place)]


def test_the_outline_says_where_each_heading_ends_and_in_which_section_it_stands(session: Any, storage: Any) -> None:
    layout = a_big_layout(session, storage)
    assert [h.line.text for h in layout.headings] == [f"Part {n}" for n in range(5)]
    ends = [h.end for h in layout.headings]
    assert ends == [*(h.start for h in layout.headings[1:]), len(layout.lines)]
    assert all(h.start in layout.sections[h.section] for h in layout.headings)
