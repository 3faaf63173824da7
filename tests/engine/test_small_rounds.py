"""The smallest rounds that once broke a law, each with the rule it taught."""

from consult import engine
from consult.engine.values import Edit, Remark
from tests.engine.documents import Block, Plan, write_draft
from tests.engine.edits import DATE, Act, Editor, Round, edits_of
from tests.engine.laws import Judge, anchored_texts
from tests.engine.outlines import outline_of
from tests.engine.specimens import texts

EMPTY = Block("paragraph", "", (("plain", ()),))


def line(*constructs: str, kind: str = "plain") -> Block:
    """Return a paragraph with these constructs, each with the words "The Parties shall act. "."""
    return Block("paragraph", "", ((kind, tuple((construct, 0, 0) for construct in constructs)),))


def table(kind: str = "simple") -> Block:
    return Block("table", kind, (("plain", (("text", 0, 0),)), ("plain", (("text", 1, 0),))))


def act(plan: Plan, *acts: Act, names: tuple[str, ...] = ("M",), remarks: tuple[Remark, ...] = ()) -> Judge:
    """Return a judge of a round in which all these organisations do all these acts."""
    contributions = []
    for name in names:
        editor = Editor(name, outline_of(write_draft(plan)))
        for one in acts:
            editor.take(edits_of(one, editor.outline), tracked=True)
        contributions.append(engine.Contribution(name, tuple(editor.edits), remarks))
    return Judge(Round(plan, tuple(contributions)))


def wants(plan: Plan, *edits: Edit, remarks: tuple[Remark, ...] = ()) -> Judge:
    """Return a judge of a round in which one organisation wants these edits and remarks."""
    return Judge(Round(plan, (engine.Contribution("M", edits, remarks),)))


def test_a_rejected_link_leaves_no_empty_link() -> None:
    act(Plan((line("text"),)), ("rich", 0, 3, 3, 2, 1)).check_rejecting_all_gives_the_base()


def test_a_comment_on_the_header_stands_in_the_body_though_that_has_no_words() -> None:
    plan = Plan((EMPTY,), "header", ("plain", (("text", 0, 0),)))
    judge = wants(plan, remarks=(Remark("h1.1", 0, 3, "Why?", "The", "M"),))
    judge.check_the_file_is_sound()
    judge.check_everything_is_counted()


def test_words_behind_the_end_of_a_field_that_began_before_are_words() -> None:
    plan = Plan((Block("contents", "", (("plain", ()),)), line("cut runs")))
    last = outline_of(write_draft(plan)).paragraphs[-1]
    judge = wants(plan, Edit(last.key, "paragraph-deleted", 0, len(last.text), last.text, "", "M"))
    assert texts(judge.accepted) == ["I. moved\ufffc", "II. moved\ufffc"]


def test_what_follows_the_last_paragraph_takes_over_the_drafts_own_change_of_its_mark() -> None:
    plan = Plan((Block("move", "", (("plain", (("text", 0, 0),)),)),))
    act(plan, ("table-inserted", 2, 0, 1, 0, 1)).check_rejecting_all_gives_the_base()


def test_a_comment_in_a_row_that_goes_stays_beside_it() -> None:
    plan = Plan((EMPTY, table(), EMPTY))
    row = outline_of(write_draft(plan)).rows[0]
    edit = Edit(row.keys[0], "row-deleted", 0, 0, "row", "", "M", until=row.keys[-1])
    judge = wants(plan, edit, remarks=(Remark(row.keys[0], 0, 3, "Not this row", "The", "M"),))
    judge.check_the_file_is_sound()
    assert "0" in anchored_texts(judge.accepted)


def test_the_halves_of_the_drafts_own_change_have_numbers_of_their_own() -> None:
    for construct in ("own insertion", "own formatting"):
        plan = Plan((line(construct),))
        wants(plan, remarks=(Remark("p1", 0, 3, "Why?", "The", "M"),)).check_the_file_is_sound()
        wants(plan, Edit("p1", "insert", 3, 3, "", " new", "M", date=DATE)).check_the_file_is_sound()
