"""A redline of two documents: accepting it gives the second, rejecting it the first, whatever lies between them."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from consult.engine.package import open_package
from tests.engine.specimens import (
    cut_into_runs,
    draft,
    edit,
    specimen_draft,
    texts,
    tracked_copy,
    without_margin_comments,
)
from tests.tools import office, pandoc, shared_documents

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "60"))
PAIRS = 54


def shape(data: bytes) -> list[tuple[int, int, int] | None]:
    """Return where the paragraphs with text stand in tables."""
    described = engine.read_draft(data).paragraphs
    return [(p.cell.table, p.cell.row, p.cell.column) if p.cell else None for p in described if p.text]


def check(old: bytes, new: bytes) -> engine.Consolidation:
    made = engine.compare_drafts(old, new, "Lead")
    assert [n.message for n in made.notices if n.code == "not-shown"] == []
    rejected, accepted = engine.resolve(made.docx, "none"), engine.resolve(made.docx, "all")
    before, after = engine.resolve(old, "all"), engine.resolve(new, "all")
    assert (texts(rejected), shape(rejected)) == (texts(before), shape(before))
    assert ([t for t in texts(accepted) if t], shape(accepted)) == ([t for t in texts(after) if t], shape(after))
    return made


@pytest.mark.shared
def test_the_redline_of_every_real_pair_leads_to_either_document() -> None:
    folder = shared_documents() / "corpus" / "pairs"
    pairs = [line.split("\t")[:2] for line in (folder / "PAIRS.tsv").read_text("utf-8").splitlines() if line.strip()]
    assert len(pairs) == PAIRS
    for before, after in pairs:
        old, new = (Path(folder / name).read_bytes() for name in (before, after))
        check(old, new)
        check(new, old)


LINES = (
    "# Scope of the present decision",
    "The Parties shall exchange information on routes.",
    "Each mission names a focal point for the region.",
    "Data are kept for no longer than two years at most.",
    "The co-ordinator reports to the Council every autumn.",
    "* The victim decides in every case.",
    "",
    "Short.",
    [["Task", "Who"], ["Name a focal point", "Every mission"]],
    [["a"], ["b"]],
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(LINES), min_size=1, max_size=9), st.lists(st.sampled_from(LINES), min_size=1, max_size=9)
)
def test_any_two_documents_can_be_compared(old: list[object], new: list[object]) -> None:
    check(draft(*old, "The end."), draft(*new, "The end."))  # type: ignore[arg-type]


def test_the_redline_is_in_one_name_and_shows_moves_as_moves() -> None:
    old = draft("# Scope", *LINES[1:5], "End.")  # type: ignore[arg-type]
    new = draft("# Scope", LINES[2], LINES[3], LINES[1], LINES[4].replace("autumn", "spring"), "End.")  # type: ignore
    made = check(old, new)
    assert engine.authors_of(made.docx) == ("Lead",)
    assert len({e.move for e in made.edits if e.move}) == 1
    assert [(e.old, e.new) for e in made.edits if not e.move] == [("autumn", "spring")]


def test_the_same_document_has_no_differences_however_its_runs_are_cut() -> None:
    base = specimen_draft()
    made = engine.compare_drafts(base, cut_into_runs(base), "Lead")
    assert made.edits == ()
    assert made.docx == base


def test_parts_in_which_nothing_differs_keep_their_bytes() -> None:
    old = specimen_draft()
    new = engine.write_next_draft(old, [edit(old, "two working days", "one week", "MDA")])
    before, after = open_package(old), open_package(engine.compare_drafts(old, new, "Lead").docx)
    assert [n for n in before.names if before.read(n) != after.read(n)] == [before.main_part]


def test_documents_with_changes_of_their_own_are_compared_as_they_read_when_accepted() -> None:
    base = specimen_draft()
    old = tracked_copy(base, [edit(base, "two working days", "one week")], "Somebody")
    made = check(old, base)
    assert [(e.old, e.new) for e in made.edits] == [("one week", "two working days")]
    assert "changes-accepted" in {n.code for n in made.notices}
    assert engine.authors_of(made.docx) == ("Lead",)


def test_margin_comments_of_the_second_document_come_over_in_their_authors_names() -> None:
    base = specimen_draft()
    remark = engine.Remark("p3", 5, 12, "Who is this?", "mission", "Ana", "Ana")
    made = engine.compare_drafts(base, tracked_copy(base, (), "Ana", [remark]), "Lead")
    assert [(r.author, r.text) for r in made.remarks] == [("Ana", "Who is this?")]


def test_changed_emphasis_is_tracked_when_asked_for() -> None:
    old, new = specimen_draft(), specimen_draft()
    bold = engine.Edit(
        "p3", "format", 0, 12, "Each mission", "Each mission", "MDA", identity="b",
        markup=f'<w:rPr xmlns:w="{W}"><w:b/></w:rPr><w:rPr xmlns:w="{W}"/>',
    )  # fmt: skip
    new = engine.write_next_draft(old, [bold])
    assert engine.compare_drafts(old, new, "Lead").edits == ()
    assert [e.kind for e in engine.compare_drafts(old, new, "Lead", formatting=True).edits] == ["format"]


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@pytest.mark.office
def test_others_read_the_redline_as_the_two_documents() -> None:
    old = draft(*LINES, "The end.")  # type: ignore[arg-type]
    lines = [*(LINES[n] for n in (0, 2, 3, 1, 5, 7)), [["Task", "Who"], ["Name two focal points", "Every mission"]]]
    new = draft(*lines, LINES[9], "The end.")  # type: ignore[arg-type]
    made = without_margin_comments(check(old, new).docx)
    assert pandoc(made, "reject").split() == pandoc(old, "accept").split()
    assert pandoc(made, "accept").split() == pandoc(new, "accept").split()
    assert office(made, "pdf")[:4] == b"%PDF"
