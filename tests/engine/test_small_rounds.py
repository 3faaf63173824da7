"""The smallest rounds that once broke a law, each with the rule it taught."""

from consult import engine
from consult.engine import ooxml
from consult.engine.package import open_package, parse_xml
from consult.engine.values import Edit, Remark
from tests.engine.documents import Block, Plan, write_draft
from tests.engine.edits import DATE, MARKED, Act, Editor, Round, edits_of
from tests.engine.hands import Hand
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


def test_a_link_in_an_empty_header_belongs_to_the_header() -> None:
    plan = Plan((EMPTY,), "header", ("plain", ()))
    header = outline_of(write_draft(plan)).paragraphs[-1]
    judge = act(plan, ("rich", header.index, 0, 0, 2, 1))
    judge.check_the_file_is_sound()


def test_a_reply_that_stands_before_what_it_answers_stays_a_reply() -> None:
    plan = Plan((line("text"), line("text")))
    answered = Remark("p2", 0, 3, "Why?", "The", "M", "M", order=0)
    judge = wants(plan, remarks=(answered, Remark("p1", 0, 3, "Because.", "The", "M", "M", order=1, reply_to=0)))
    read = engine.read_returned_copy(judge.made.docx, judge.draft, "M")
    orders = {r.text: r.order for r in read.remarks}
    assert {r.text: r.reply_to for r in read.remarks} == {"Why?": -1, "Because.": orders["Why?"]}


def test_of_text_boxes_that_say_the_same_the_one_whose_paragraph_stays_is_compared() -> None:
    plan = Plan((line("text box"), line("text box")))
    judge = wants(plan, Edit("p2", "delete", 0, 1, "\ufffc", "", "M"), Edit("tb1.1", "insert", 0, 0, "", "x", "M"))
    read = engine.read_returned_copy(judge.accepted, judge.draft, "M")
    assert {e.paragraph for e in read.edits if e.paragraph.startswith("tb")} == {"tb1.1"}


def test_words_in_one_run_with_the_beginning_of_a_field_are_words() -> None:
    draft = write_draft(Plan((line("page field", "text"),)))
    package = open_package(draft)
    body = package.read(package.main_part).replace(
        b'<w:r><w:fldChar w:fldCharType="begin"/>', b'<w:r><w:t>Page</w:t><w:fldChar w:fldCharType="begin"/>'
    )
    assert texts(package.replaced({package.main_part: body})) == ["Page\ufffcThe Parties shall act. "]


def test_a_table_with_the_drafts_own_changes_is_known_again() -> None:
    words = (("plain", (("text", 0, 0), ("own insertion", 0, 0), ("own insertion", 4, 0))),)
    draft = write_draft(Plan((Block("table", "simple", words), EMPTY)))
    assert engine.read_returned_copy(draft, draft, "M").edits == ()


def test_a_simple_field_in_a_new_table_is_there_once() -> None:
    markup = (
        f"<w:tbl {MARKED}><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc><w:tcPr/><w:p>"
        '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p></w:tc></w:tr></w:tbl>'
    )
    plan = Plan((line("text"), line("text")))
    judge = wants(plan, Edit("p1", "table-inserted", 0, 0, "", "\ufffc", "M", markup=markup, identity="table"))
    assert texts(judge.accepted)[1] == "\ufffc"


def test_a_paragraph_that_looks_otherwise_and_has_a_new_last_one_behind_it_gets_its_look_back() -> None:
    plan = Plan((EMPTY,))
    judge = act(plan, ("paragraph-inserted", 0, 1, 1, 2, 1), ("paragraph-format", 0, 0, 0, 0, 1))
    judge.check_rejecting_all_gives_the_base()
    judge.check_the_file_is_sound()


def test_a_paragraph_that_goes_leaves_nothing_between_the_paragraphs() -> None:
    plan = Plan((Block("control", "", (("plain", (("smart tag", 0, 0),)),)), line("text")))
    text = outline_of(write_draft(plan)).paragraphs[0].text
    judge = wants(
        plan, Edit("p1", "paragraph-deleted", 0, len(text), text, "", "M"), remarks=(Remark("p1", 0, 3, "Why?", "The"),)
    )
    body = part_of(judge.accepted).find(ooxml.w("body"))
    assert body is not None
    assert {child.tag for child in body} <= {ooxml.P, ooxml.SDT, ooxml.SECT_PR}
    assert len(list(body.iter(ooxml.COMMENT_REFERENCE))) == 1


def test_a_text_keeps_a_paragraph_though_the_draft_itself_added_its_only_one() -> None:
    plan = Plan((Block("control", "", (("own mark inserted", ()),)),))
    wants(plan, remarks=(Remark("p1", 0, 0, "Why?"),)).check_rejecting_all_gives_the_base()


def test_the_only_paragraph_stays_with_the_comment_on_it() -> None:
    plan = Plan((Block("control", "", (("plain", ()),)),))
    judge = wants(plan, Edit("p1", "paragraph-deleted", 0, 0, "", "", "M"), remarks=(Remark("p1", 0, 0, "Why?"),))
    root = part_of(judge.accepted)
    assert len(list(root.iter(ooxml.P))) == len(list(root.iter(ooxml.COMMENT_REFERENCE))) == 1


def test_what_the_draft_deletes_itself_bears_one_deletion() -> None:
    row = Plan((table("own row deleted"),))
    paragraph = Plan((line("text", kind="own mark deleted"), line("text")))
    text = outline_of(write_draft(paragraph)).paragraphs[0].text
    for plan, edit, at in (
        (
            row,
            Edit("p1", "row-deleted", 0, 0, "row", "", "M", until="p2"),
            f"{ooxml.w('tr')}/{ooxml.w('trPr')}/{ooxml.DEL}",
        ),
        (
            paragraph,
            Edit("p1", "paragraph-deleted", 0, len(text), text, "", "M"),
            f"{ooxml.P}/{ooxml.PPR}/{ooxml.RPR}/{ooxml.DEL}",
        ),
    ):
        base, made = part_of(write_draft(plan)), part_of(wants(plan, edit).made.docx)
        assert len(made.findall(f".//{at}")) == len(base.findall(f".//{at}")) == 1


def part_of(docx: bytes) -> ooxml.Element:
    package = open_package(docx)
    return parse_xml(package.read(package.main_part))


def test_the_same_words_in_place_of_more_or_fewer_ones_stand_once_for_both() -> None:
    draft = write_draft(Plan((line("text"),)))
    edits = {
        "A": Edit("p1", "replace", 1, 6, "he Pa", "x", "A"),
        "Mission A": Edit("p1", "replace", 0, 6, "The Pa", "x", "Mission A"),
    }
    assert texts(draft)[0].startswith("The Pa")
    judge = Judge(Round(Plan((line("text"),)), tuple(engine.Contribution(name, (e,)) for name, e in edits.items())))
    judge.check_all_laws()
    assert texts(judge.accepted)[0].startswith("xr")


def test_a_row_and_the_row_in_it_that_begins_with_the_same_paragraph_are_deleted_each_for_itself() -> None:
    plan = Plan((EMPTY, table("nested")))
    rows = [row for row in outline_of(write_draft(plan)).rows if row.keys[0] == "p2"]
    assert len(rows) == 2, "a row that begins a row"
    edits = [
        Edit("p2", "row-deleted", 0, 0, "row", "", name, until=row.keys[-1])
        for name, row in zip("MN", rows, strict=True)
    ]
    Judge(Round(plan, tuple(engine.Contribution(e.organisation, (e,)) for e in edits))).check_all_laws()


def test_a_field_in_a_line_of_a_table_of_contents_is_one_sign() -> None:
    plan = Plan((Block("contents", "", (("plain", ()),)),))
    field = f'<w:fldSimple xmlns:w="{ooxml.W}" w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    wants(plan, Edit("p1", "insert", 0, 0, "", engine.ATOM, "M", "M", DATE, True, markup=field)).check_all_laws()


def test_words_changed_in_one_of_two_like_boxes_stay_changed_when_the_other_is_deleted() -> None:
    draft = write_draft(Plan((Block("paragraph", "", (("plain", (("text box", 0, 0), ("text box", 0, 0))),)),)))
    boxes = [p for p in engine.read_draft(draft).paragraphs if p.key.startswith("tb")]
    first = boxes[0]
    edits = [
        Edit(first.key, "replace", 0, 1, first.text[0], "X", "M"),
        Edit("p1", "delete", 1, 2, engine.ATOM, "", "M"),
    ]
    for tracked in (True, False):
        copy = Hand(draft, "Somebody", lambda e, t=tracked: t, False).write(edits)
        read = engine.read_returned_copy(copy, draft, "M", enough=0.0)
        made = engine.consolidate(draft, [engine.Contribution("M", read.edits)], date=DATE)
        assert f"X{first.text[1:]}" in texts(engine.resolve(made.docx, ["M"]))
