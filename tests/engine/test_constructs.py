"""Every construct of docs/word.md × read, compare, merge, write, resolve: one small draft each, named by the construct.

The rounds are plain: two organisations change words beside the construct and in it, one of them deletes it, both make
remarks. What is drawn at random is in test_laws_of_merging.py and test_laws_of_copies.py.
"""

from collections.abc import Callable

import pytest

from consult import engine
from consult.engine.values import Contribution, Edit, Remark
from tests.engine.documents import Block, Plan, Words, write_draft
from tests.engine.edits import DATE, Act, Editor, Round, edits_of
from tests.engine.hands import Hand, recut
from tests.engine.laws import Judge, anchored_texts
from tests.engine.markup import INLINES, PARAGRAPHS
from tests.engine.outlines import outline_of
from tests.engine.own_texts import own_texts
from tests.engine.specimens import texts

TEXT: Words = ("plain", (("text", 0, 0), ("text", 1, 1)))
PLAIN = Block("paragraph", "", (TEXT,))
TABLES = ("simple", "header row", "merged across", "merged down", "nested", "row in a control", "cell in a control",
          "own row inserted", "own row deleted")  # fmt: skip
MARGINS = ("header", "header and footer", "first and even")


def _line(construct: str, kind: str = "plain") -> Block:
    return Block("paragraph", "", ((kind, (("text", 0, 0), (construct, 1, 0), ("text", 4, 0))),))


DRAFTS: dict[str, Plan] = {
    **{name: Plan((PLAIN, _line(name), PLAIN)) for name in INLINES},
    **{f"paragraph: {kind}": Plan((PLAIN, _line("text", kind), PLAIN)) for kind in PARAGRAPHS},
    **{f"table: {kind}": Plan((PLAIN, Block("table", kind, (TEXT, TEXT)), PLAIN)) for kind in TABLES},
    **{f"margins: {name}": Plan((PLAIN, PLAIN), name, TEXT) for name in MARGINS},
    "table of contents": Plan((PLAIN, Block("contents", "", (TEXT,)), PLAIN)),
    "own move": Plan((PLAIN, Block("move", "", (TEXT,)), PLAIN)),
    "content control": Plan((PLAIN, Block("control", "", (TEXT,)), PLAIN)),
    "paragraphs in a control": Plan((PLAIN, Block("several in a control", "", (TEXT, TEXT)), PLAIN)),
    "empty paragraphs": Plan((PLAIN, Block("empty paragraphs", "", ()), PLAIN)),
}
Law = Callable[[Judge], None]
LAWS: dict[str, Law] = {
    "L1 reject all": Judge.check_rejecting_all_gives_the_base,
    "L1 bytes": Judge.check_untouched_parts_keep_their_bytes,
    "L2 accept one": Judge.check_accepting_one_gives_its_own_text,
    "L3 accept all": Judge.check_accepting_all_applies_every_edit,
    "L3 conflicts": Judge.check_conflicts_are_named,
    "L4 counted": Judge.check_everything_is_counted,
    "L4 remarks": Judge.check_remarks_stand_on_their_words,
    "L5 L6 order and bytes": Judge.check_the_order_of_arrival_changes_nothing,
    "L7 sound": Judge.check_the_file_is_sound,
    "L8 support": Judge.check_the_same_edit_is_one_change,
}


def _edits(name: str, draft: bytes, number: int) -> tuple[Edit, ...]:
    """Return edits of one of two organisations on every paragraph: words that both change, words that one does."""
    editor = Editor(name, outline_of(draft))
    for p in editor.outline.paragraphs:
        acts: list[Act] = [("inline", p.index, 2, 4, 2 + number, 1), ("inline", p.index, 7, 7, 3, 1)]
        if number:
            acts = [("atom", p.index, 0, 0, 0, 1), *acts, ("paragraph-format", p.index, 0, 0, 0, 1)]
        for act in (*acts, ("paragraph-inserted", p.index, 1, 1, 3, 1), ("row-deleted", p.index, 0, 0, 0, 1)):
            if act[0] != "row-deleted" or (number == 0 and p.cell is not None and p.cell.row == 0):
                editor.take(edits_of(act, editor.outline), tracked=True)
    return tuple(editor.edits)


def _remarks(name: str, draft: bytes) -> tuple[Remark, ...]:
    paragraphs = outline_of(draft).paragraphs
    return tuple(
        Remark(p.key, 0, min(3, len(p.text)), f"Remark {n}\nof {name}", p.text[:3], name, name, "M", DATE, order=n)
        for n, p in enumerate(paragraphs)
    )


def _round(plan: Plan) -> Round:
    draft = write_draft(plan)
    names = ("A", "Mission B")
    return Round(plan, tuple(Contribution(n, _edits(n, draft, i), _remarks(n, draft)) for i, n in enumerate(names)))


@pytest.fixture(scope="module")
def judges() -> dict[str, Judge]:
    return {}


@pytest.mark.parametrize("construct", DRAFTS)
@pytest.mark.parametrize("law", LAWS)
def test_merged_written_and_resolved(construct: str, law: str, judges: dict[str, Judge]) -> None:
    if construct not in judges:
        judges[construct] = Judge(_round(DRAFTS[construct]))
    LAWS[law](judges[construct])


@pytest.mark.parametrize("construct", DRAFTS)
def test_read(construct: str) -> None:
    """All words and atoms are read, once, with a key of their own."""
    paragraphs = engine.read_draft(write_draft(DRAFTS[construct])).paragraphs
    keys = [p.key for p in paragraphs]
    assert len(set(keys)) == len(keys)
    assert sum("The Parties shall act. " in p.text for p in paragraphs) >= 2
    for p in paragraphs:
        assert [a.offset for a in p.atoms] == [i for i, c in enumerate(p.text) if c == engine.ATOM]


@pytest.mark.parametrize("construct", DRAFTS)
def test_compared_when_only_saved_again(construct: str) -> None:
    draft = write_draft(DRAFTS[construct])
    read = engine.read_returned_copy(recut(draft), draft, "M")
    assert (read.edits, read.remarks, read.not_placed) == ((), (), ())


@pytest.mark.parametrize("tracks", [True, False], ids=["tracked", "untracked"])
@pytest.mark.parametrize("construct", DRAFTS)
def test_compared_when_edited(construct: str, tracks: bool) -> None:
    plan = DRAFTS[construct]
    draft, own = write_draft(plan), engine.authors_of(write_draft(plan))
    edits = tuple(e for e in _edits("M", draft, 0) if e.kind != "row-deleted")
    copy = Hand(draft, "Somebody", lambda _: tracks).write(edits)
    read = engine.read_returned_copy(copy, draft, "M", enough=0.0)
    assert not read.not_placed
    made = engine.consolidate(draft, [Contribution("M", read.edits)], date=DATE)
    got = [t for t in texts(engine.resolve(made.docx, ["M", *own])) if t]
    mine = [t for t in own_texts(outline_of(draft), edits) if t]
    assert got == mine or (plan.has_own_marks and "".join(got) == "".join(mine))


@pytest.mark.parametrize("construct", DRAFTS)
def test_every_remark_has_its_place_whatever_is_accepted(construct: str) -> None:
    judge = Judge(_round(DRAFTS[construct]))
    for data in (judge.made.docx, judge.accepted, judge.rejected):
        assert len(anchored_texts(data)) == len(judge.comments)
