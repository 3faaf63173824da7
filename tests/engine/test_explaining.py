"""Every difference between two drafts is explained by decisions or the lead's own; what is not there is named."""

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from tests.engine.plain_rounds import DRAFTS, edits_for
from tests.engine.specimens import cut_into_runs, draft, edit, specimen_draft

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "60"))
LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
BASE = specimen_draft()
WEEK = edit(BASE, "two working days", "one week", "MDA 1")
AREA = edit(BASE, "region", "area", "BIH 2")
GONE = engine.Edit("p4", "paragraph-deleted", 0, 19, "The victim decides.", "", "MDA 3")
NEW = engine.Edit("p5", "paragraph-inserted", 0, 0, "", "Data are never sold.", "BIH 4")


def explain(new: bytes, *accepted: engine.Edit, base: bytes = BASE) -> engine.Explanation:
    return engine.explain_differences(base, new, accepted)


def made(*edits: engine.Edit, base: bytes = BASE) -> bytes:
    return engine.write_next_draft(base, edits)


def test_what_was_accepted_and_made_is_explained_by_the_decision() -> None:
    told = explain(cut_into_runs(made(WEEK, AREA, GONE, NEW)), WEEK, AREA, GONE, NEW)
    assert (told.own, told.missing) == ((), ())
    assert [(d.number, d.decisions) for d in told.differences] == [
        ("2", (AREA,)),
        ("3", (WEEK,)),
        ("4", (GONE,)),
        ("5", (NEW,)),
    ]


def test_the_same_edit_accepted_from_several_is_explained_by_all_of_them() -> None:
    again = replace(WEEK, organisation="KOS 9")
    assert explain(made(WEEK), WEEK, again).differences[0].decisions == (WEEK, again)


def test_what_nobody_decided_is_the_leads_own() -> None:
    told = explain(made(WEEK, AREA, NEW), WEEK)
    assert [(d.edit.kind, d.edit.new, d.number, d.decisions) for d in told.own] == [
        ("replace", "area", "2", ()),
        ("paragraph-inserted", "Data are never sold.", "5", ()),
    ]


def test_an_accepted_edit_that_is_not_there_is_missing() -> None:
    told = explain(made(AREA), AREA, WEEK, GONE, NEW)
    assert (told.own, told.missing) == ((), (WEEK, GONE, NEW))


def test_other_words_than_the_accepted_ones_are_the_leads_own_with_the_decision_beside() -> None:
    told = explain(made(edit(BASE, "two working days", "one month", "lead")), WEEK)
    assert [(d.edit.old, d.edit.new, d.is_explained, d.decisions) for d in told.differences] == [
        ("two working days", "one month", False, (WEEK,))
    ]
    assert told.missing == (WEEK,)


def test_more_words_beside_the_accepted_ones_leave_those_explained() -> None:
    told = explain(made(edit(BASE, "within two working days", "at the latest within one week", "lead")), WEEK)
    assert [(d.edit.old, d.edit.new.strip(), d.is_explained) for d in told.differences if not d.is_explained] == [
        ("", "at the latest", False)
    ]
    assert [d.decisions for d in told.differences if d.is_explained] == [(WEEK,)]
    assert told.missing == ()


def test_words_accepted_away_that_are_there_again_are_missing() -> None:
    short = edit(BASE, " within two working days", "", "MDA 1")
    told = explain(made(edit(BASE, "two", "five", "lead")), short)
    assert told.missing == (short,)
    assert [d.decisions for d in told.own] == [(short,)]


def test_a_paragraph_that_should_go_and_was_edited_instead_is_named() -> None:
    told = explain(made(edit(BASE, "victim", "person", "lead")), GONE)
    assert told.missing == (GONE,)
    assert [(d.edit.old, d.edit.new) for d in told.own] == [("victim", "person")]


def test_a_paragraph_that_should_be_edited_and_was_deleted_is_named() -> None:
    told = explain(made(replace(GONE, organisation="lead")), edit(BASE, "victim", "person", "MDA 1"))
    assert [(d.edit.kind, len(d.decisions)) for d in told.own] == [("paragraph-deleted", 1)]
    assert len(told.missing) == 1


def test_a_paragraph_accepted_as_rewritten_is_explained_however_it_is_read() -> None:
    rewritten = engine.propose(engine.read_draft(BASE).paragraphs[2], "Nothing whatever stays as it was before.")
    accepted = [replace(e, organisation="MDA 1") for e in rewritten]
    told = explain(made(*accepted), *accepted)
    assert (told.own, told.missing) == ((), ())


def test_rows_and_tables_are_explained_too() -> None:
    new = draft("One rule for all of them.", [["Task", "Who"], ["Report", "All"], ["Name", "Each"]], "End.")
    base = draft("One rule for all of them.", [["Task", "Who"], ["Name", "Each"]], "End.")
    accepted = engine.read_returned_copy(new, base, "MDA 1").edits
    assert [e.kind for e in accepted] == ["row-inserted"]
    told = explain(made(*accepted, base=base), *accepted, base=base)
    assert (told.own, told.missing, len(told.differences)) == ((), (), 1)
    assert explain(base, *accepted, base=base).missing == tuple(accepted)
    assert [d.edit.kind for d in explain(new, base=base).own] == ["row-inserted"]


def test_accepted_emphasis_is_looked_for() -> None:
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    bold = engine.Edit(
        "p3", "format", 0, 12, "Each mission", "Each mission", "MDA 1",
        markup=f'<w:rPr xmlns:w="{w}"><w:b/></w:rPr><w:rPr xmlns:w="{w}"/>',
    )  # fmt: skip
    assert [d.decisions for d in explain(made(bold), bold).differences] == [(bold,)]
    assert explain(BASE, bold).missing == (bold,)
    assert explain(made(bold)).differences == ()
    assert len(engine.explain_differences(BASE, made(bold), (), formatting=True).own) == 1


@LAW
@given(st.integers(0, len(DRAFTS) - 1), st.data())
def test_a_draft_made_of_decisions_alone_is_explained_by_them_alone(which: int, data: st.DataObject) -> None:
    edits = data.draw(edits_for("MDA 1", which))
    told = explain(made(*edits, base=DRAFTS[which]), *edits, base=DRAFTS[which])
    assert (told.own, told.missing) == ((), ())
    assert all(d.decisions for d in told.differences)


@LAW
@given(st.integers(0, len(DRAFTS) - 1), st.data())
def test_without_decisions_every_difference_is_the_leads_own(which: int, data: st.DataObject) -> None:
    edits = data.draw(edits_for("lead", which))
    told = explain(made(*edits, base=DRAFTS[which]), base=DRAFTS[which])
    assert told.own == told.differences
    assert bool(told.own) <= bool(edits)


@LAW
@given(st.integers(0, len(DRAFTS) - 1), st.data())
def test_nothing_that_was_done_beyond_the_decisions_goes_unnamed(which: int, data: st.DataObject) -> None:
    edits = data.draw(edits_for("lead", which))
    accepted = tuple(e for e in edits if data.draw(st.booleans()))
    told = explain(made(*edits, base=DRAFTS[which]), *accepted, base=DRAFTS[which])
    as_accepted = engine.explain_differences(made(*accepted, base=DRAFTS[which]), made(*edits, base=DRAFTS[which]), ())
    assert bool(told.own or told.missing) >= bool(as_accepted.own)


@pytest.mark.parametrize("edits", [(), (WEEK,), (WEEK, AREA, GONE, NEW)])
def test_the_same_draft_again_has_no_differences_and_misses_all(edits: tuple[engine.Edit, ...]) -> None:
    told = explain(BASE, *edits)
    assert told.differences == ()
    assert sorted(told.missing, key=str) == sorted(edits, key=str)
