"""Layers: what several organisations want of one paragraph, side by side, without Word around it."""

from dataclasses import replace
from typing import Any

import pytest

from consult.engine.merging import DeletedRow, Deletion, Layers, Merge, merge
from consult.engine.values import Contribution, Edit, Paragraph
from consult.errors import Invalid

TEXT = "The missions shall prevent and combat trafficking."
BASE = (
    Paragraph(0, "p1", "1", "body", TEXT),
    Paragraph(1, "p2", "2", "cell", "left"),
    Paragraph(2, "p3", "3", "cell", "right"),
    Paragraph(3, "p4", "4", "body", "The end."),
)
BY_KEY = {p.key: p for p in BASE}


def change(old: str, new: str, *, key: str = "p1", at: int = -1, **more: Any) -> Edit:
    """Return the edit that makes `new` of the words `old`; with `at`, an insertion there."""
    start = BY_KEY[key].text.index(old) if at < 0 else at
    kind = more.pop("kind", "replace" if old and new else "delete" if old else "insert")
    return Edit(key, kind, start, start + len(old), old, new, **more)


def added(text: str, *, key: str = "p1", kind: Any = "paragraph-inserted", **more: Any) -> Edit:
    return Edit(key, kind, 0, 0, "", text, **more)


def deleted(key: str = "p1", **more: Any) -> Edit:
    text = BY_KEY[key].text
    return Edit(key, "paragraph-deleted", 0, len(text), text, "", **more)


def look(start: int, end: int, markup: str, kind: Any = "format") -> Edit:
    return Edit("p1", kind, start, end, TEXT[start:end], TEXT[start:end], markup=markup)


def merged(**wanted: list[Edit]) -> Merge:
    """Merge the edits of organisations A, B, …; the order in which they are given must not matter."""
    contributions = [
        Contribution(name, tuple(replace(e, organisation=name) for e in edits)) for name, edits in wanted.items()
    ]
    forward, backward = merge(BASE, contributions), merge(BASE, contributions[::-1])
    assert forward.layers == backward.layers
    assert forward.edits == backward.edits
    return forward


def layers(**wanted: list[Edit]) -> Layers:
    return merged(**wanted).layers["p1"]


def spans(found: list[Deletion]) -> list[tuple[str, tuple[str, ...]]]:
    return [(TEXT[d.start : d.end], d.organisations) for d in found]


# ---- inside a paragraph ---------------------------------------------------------------------------------------------


def test_overlapping_deletions_are_cut_at_every_edge() -> None:
    found = layers(A=[change("shall prevent and", "")], B=[change("prevent and combat", "")])
    assert spans(found.deletions) == [("shall ", ("A",)), ("prevent and", ("A", "B")), (" combat", ("B",))]
    assert not found.insertions


def test_deletions_that_only_meet_stay_two() -> None:
    found = layers(A=[change("shall ", "")], B=[change("prevent", "")])
    assert spans(found.deletions) == [("shall ", ("A",)), ("prevent", ("B",))]


def test_one_organisations_deletions_that_meet_are_written_as_one() -> None:
    assert spans(layers(A=[change("shall ", ""), change("prevent", "")]).deletions) == [("shall prevent", ("A",))]


def test_deletions_of_two_days_stay_apart() -> None:
    found = layers(
        A=[change("shall ", "", date="2026-01-01T00:00:00Z"), change("prevent", "", date="2026-01-02T00:00:00Z")]
    )
    assert [d.date[:10] for d in found.deletions] == ["2026-01-01", "2026-01-02"]


def test_a_shared_deletion_bears_the_latest_date() -> None:
    found = layers(
        A=[change("shall ", "", date="2026-01-01T00:00:00Z")], B=[change("shall ", "", date="2026-01-03T00:00:00Z")]
    )
    assert [d.date[:10] for d in found.deletions] == ["2026-01-03"]


def test_the_same_replacement_is_one_change_of_both() -> None:
    found = merged(A=[change("shall", "will", author="Ann")], B=[change("shall", "will", author="Bob", tracked=True)])
    assert [(i.text, i.organisations) for i in found.layers["p1"].insertions] == [("will", ("A", "B"))]
    (edit,) = found.edits
    assert (edit.organisations, edit.authors, edit.tracked, edit.kind) == (("A", "B"), ("Ann", "Bob"), True, "replace")
    assert (edit.paragraph, edit.number, edit.old, edit.new) == ("p1", "1", "shall", "will")
    assert not found.conflicts


def test_the_same_result_by_other_edits_is_agreement_on_the_smaller_one() -> None:
    found = merged(A=[change("prevent and combat", "prevent combat")], B=[change("and ", "")])
    assert not found.conflicts
    assert [(e.old, e.new, e.organisations) for e in found.edits] == [("and ", "", ("A", "B"))]


def test_different_words_for_the_same_ones_are_a_conflict_and_both_stand() -> None:
    found = merged(B=[change("shall", "must")], A=[change("shall", "will")], C=[change("shall", "must")])
    (conflict,) = found.conflicts
    assert (conflict.paragraph, conflict.number, conflict.old) == ("p1", "1", "shall")
    assert [(v.organisations, v.text) for v in conflict.variants] == [(("A",), "will"), (("B", "C"), "must")]
    assert conflict.organisations == ("A", "B", "C")
    assert [(i.text, i.organisations) for i in found.layers["p1"].insertions] == [
        ("will", ("A",)),
        ("must", ("B", "C")),
    ]
    assert spans(found.layers["p1"].deletions) == [("shall", ("A", "B", "C"))]


def test_edits_that_do_not_touch_are_no_conflict() -> None:
    assert not merged(A=[change("shall", "will")], B=[change("combat", "fight")]).conflicts


def test_neighbouring_words_are_no_conflict_but_an_insertion_at_the_edge_is_one() -> None:
    assert not merged(A=[change("shall ", "will ")], B=[change("prevent", "stop")]).conflicts
    assert merged(A=[change("shall ", "")], B=[change("", "not ", at=TEXT.index("prevent"))]).conflicts
    assert merged(A=[change("shall ", "")], B=[change("", "jointly ", at=TEXT.index("shall"))]).conflicts


def test_a_conflict_spans_all_that_touches() -> None:
    found = merged(
        A=[change("shall prevent", "stop")], B=[change("prevent and combat", "fight")], C=[change("combat", "end")]
    )
    (conflict,) = found.conflicts
    assert conflict.old == "shall prevent and combat"
    assert [v.text for v in conflict.variants] == ["stop and combat", "shall fight", "shall prevent and end"]


def test_deleting_the_paragraph_and_changing_it_is_a_conflict() -> None:
    found = merged(A=[deleted()], B=[change("shall", "will")])
    assert [(v.organisations, v.text) for v in found.conflicts[0].variants] == [
        (("A",), ""),
        (("B",), TEXT.replace("shall", "will")),
    ]
    assert list(found.layers["p1"].deleted_by) == ["A"]


def test_deleting_all_words_is_not_deleting_the_paragraph() -> None:
    assert merged(A=[deleted()], B=[change(TEXT, "")]).conflicts


def test_objects_that_differ_are_a_conflict_though_they_read_the_same() -> None:
    found = merged(
        A=[change("", "\ufffc", at=3, identity="image 1")], B=[change("", "\ufffc", at=3, identity="image 2")]
    )
    assert len(found.conflicts) == 1
    assert len(found.layers["p1"].insertions) == 2


def test_replacements_stand_before_mere_insertions_at_their_end() -> None:
    end = TEXT.index("shall") + len("shall")
    found = layers(A=[change("", " not", at=end)], B=[change("shall", "will")])
    assert [(i.text, i.position, i.replaces) for i in found.insertions] == [("will", end, end - 5), (" not", end, end)]


def test_insertions_at_one_point_stand_in_the_order_of_names() -> None:
    found = layers(b=[change("", "two", at=0)], A=[change("", "one", at=0)], C=[change("", "three", at=0)])
    assert [i.text for i in found.insertions] == ["one", "two", "three"]


def test_an_insertion_keeps_the_date_and_the_edit_it_came_from() -> None:
    one = change("", "x", at=0, markup="<m/>", date="2026-01-02T00:00:00Z")
    (insertion,) = layers(A=[one]).insertions
    assert (insertion.date, insertion.edit.markup if insertion.edit else "") == ("2026-01-02T00:00:00Z", "<m/>")


def test_an_edit_overlapping_another_of_its_own_organisation_is_set_aside() -> None:
    found = merged(A=[change("shall prevent", "stop"), change("prevent and", "x")])
    assert [(e.old, e.new) for e in found.set_aside] == [("prevent and", "x")]
    assert [e.old for e in found.edits] == ["shall prevent"]


def test_the_same_edit_twice_by_one_organisation_counts_once() -> None:
    found = merged(A=[change("shall", "will"), change("shall", "will")])
    assert not found.set_aside
    assert len(found.edits) == 1


def test_two_edits_of_one_organisation_that_meet_are_both_kept() -> None:
    found = merged(A=[change("shall ", "will "), change("prevent", "stop")])
    assert not found.set_aside
    assert len(found.edits) == 2


# ---- whole paragraphs -----------------------------------------------------------------------------------------------


def test_a_paragraph_deleted_by_two_bears_both_names_and_the_latest_date() -> None:
    found = layers(B=[deleted(date="2026-01-02T00:00:00Z")], A=[deleted(date="2026-01-01T00:00:00Z")])
    assert list(found.deleted_by) == ["A", "B"]
    assert found.deleted_at == "2026-01-02T00:00:00Z"
    assert spans(found.deletions) == [(TEXT, ("A", "B"))]


def test_a_merged_edit_tells_of_the_move_only_when_all_mean_the_same() -> None:
    assert [e.move for e in merged(A=[deleted(move="m")], B=[deleted(move="m")]).edits] == ["m"]
    assert [e.move for e in merged(A=[deleted(move="m")], B=[deleted(move="n")]).edits] == [""]


def test_nobodys_name_is_no_author() -> None:
    assert merged(A=[change("shall", "", author="")], B=[change("shall", "", author="Ann")]).edits[0].authors == (
        "Ann",
    )


def test_a_conflict_says_where_it_is() -> None:
    (conflict,) = merged(A=[change("shall", "will")], B=[change("shall", "must")]).conflicts
    assert TEXT[conflict.start : conflict.end] == "shall"


def test_agreement_takes_the_edits_but_keeps_whose_they_are() -> None:
    own = {"author": "Ann", "date": "2026-01-01T00:00:00Z", "signature": "A (X.)"}
    found = merged(A=[change("prevent and combat", "prevent combat", **own)], B=[change("and ", "", author="Bob")])
    assert found.edits[0].authors == ("Ann", "Bob")
    (deletion,) = found.layers["p1"].deletions
    assert (deletion.signed, deletion.date) == (("A (X.)", "B"), "2026-01-01T00:00:00Z")


def test_a_new_paragraph_bears_its_signature_and_date() -> None:
    new = added("x", date="2026-01-01T00:00:00Z", signature="A (X.)")
    (block,) = layers(A=[new], B=[added("x")]).behind
    assert (block.signed, block.date) == (("A (X.)", "B"), "2026-01-01T00:00:00Z")


def test_an_insertion_bears_its_signature() -> None:
    assert layers(A=[change("", "x", at=0, signature="A (X.)")]).insertions[0].signed == ("A (X.)",)


def test_a_move_is_kept_when_one_organisation_moves() -> None:
    assert layers(A=[deleted(move="move1")]).moved == "move1"
    assert layers(A=[deleted(move="move1")], B=[deleted(move="move2")]).moved == ""
    assert layers(A=[deleted()]).moved == ""


def test_new_paragraphs_keep_their_order_and_the_same_one_is_shared() -> None:
    found = merged(
        A=[added("second", order=1), added("first", order=0)], B=[added("between", order=0), added("second", order=1)]
    )
    assert [(n.text, n.organisations) for n in found.layers["p1"].behind] == [
        ("first", ("A",)), ("between", ("B",)), ("second", ("A", "B")),
    ]  # fmt: skip
    assert [(e.new, e.organisations, e.before) for e in found.edits] == [
        ("first", ("A",), False), ("between", ("B",), False), ("second", ("A", "B"), False),
    ]  # fmt: skip
    assert not found.conflicts


def test_a_paragraph_said_twice_by_one_is_shared_once() -> None:
    found = layers(A=[added("x", order=0), added("x", order=1)], B=[added("x", order=0)])
    assert [n.organisations for n in found.behind] == [("A", "B"), ("A",)]


def test_new_paragraphs_before_and_behind_are_kept_apart() -> None:
    found = layers(A=[added("before", before=True)], B=[added("behind")])
    assert ([n.text for n in found.before], [n.text for n in found.behind]) == (["before"], ["behind"])


def test_a_table_is_not_a_paragraph_with_the_same_words() -> None:
    found = layers(A=[added("x", kind="table-inserted", identity="table")], B=[added("x")])
    assert [(n.organisations, n.edit.kind) for n in found.behind] == [
        (("A",), "table-inserted"),
        (("B",), "paragraph-inserted"),
    ]


def test_before_a_table_is_not_before_its_first_words() -> None:
    found = merged(A=[added("x", key="p2", before=True, until="p3")], B=[added("x", key="p2", before=True)]).layers[
        "p2"
    ]
    assert [n.organisations for n in found.before] == [("A",), ("B",)]


# ---- rows -----------------------------------------------------------------------------------------------------------


def test_a_deleted_row_takes_the_words_of_all_its_paragraphs() -> None:
    row = Edit("p2", "row-deleted", 0, 0, "left\tright", "", until="p3", date="2026-01-01T00:00:00Z")
    found = merged(A=[row], B=[row])
    assert found.layers["p2"].rows_deleted == [DeletedRow("p3", ("A", "B"), "2026-01-01T00:00:00Z")]
    assert [(d.start, d.end, d.organisations) for d in found.layers["p3"].deletions] == [(0, 5, ("A", "B"))]
    assert [(e.kind, e.old, e.organisations) for e in found.edits] == [("row-deleted", "left\tright", ("A", "B"))]
    assert "p4" not in found.layers


def test_the_words_of_a_deleted_row_are_gone_from_each_of_its_paragraphs() -> None:
    row = Edit("p2", "row-deleted", 0, 0, "left\tright", "", until="p3")
    found = merged(A=[row], B=[change("left", "west", key="p2")])
    assert [(c.paragraph, c.start, c.end, c.old) for c in found.conflicts] == [("p2", 0, 4, "left")]
    assert [(d.start, d.end) for d in found.layers["p2"].deletions] == [(0, 4)]
    assert [(e.kind, e.start, e.end, e.until) for e in found.edits if e.kind == "row-deleted"] == [
        ("row-deleted", 0, 0, "p3")
    ]


def test_two_rows_that_begin_together_are_two_deletions() -> None:
    outer = Edit("p2", "row-deleted", 0, 0, "left\tright", "", until="p4")
    inner = Edit("p2", "row-deleted", 0, 0, "left", "", until="p3")
    found = merged(A=[outer, inner], B=[inner])
    assert [(row.ends, row.signed) for row in found.layers["p2"].rows_deleted] == [("p3", ("A", "B")), ("p4", ("A",))]
    assert [(e.until, e.organisations) for e in found.edits] == [("p3", ("A", "B")), ("p4", ("A",))]
    assert not found.set_aside


def test_a_row_deleted_by_one_and_edited_by_another_is_a_conflict() -> None:
    row = Edit("p2", "row-deleted", 0, 0, "left\tright", "", until="p3")
    found = merged(A=[row], B=[change("right", "wrong", key="p3")])
    assert [(c.paragraph, [v.text for v in c.variants]) for c in found.conflicts] == [("p3", ["", "wrong"])]


def test_new_rows_are_apart_from_new_paragraphs() -> None:
    found = merged(A=[added("a\tb", key="p3", kind="row-inserted", until="p2"), added("c", key="p3")]).layers["p3"]
    assert ([n.text for n in found.rows_behind], [n.text for n in found.behind], found.rows_before) == (
        ["a\tb"],
        ["c"],
        [],
    )
    first = merged(A=[added("a\tb", key="p2", kind="row-inserted", until="p3", before=True)]).layers["p2"]
    assert [n.text for n in first.rows_before] == ["a\tb"]


# ---- looks ----------------------------------------------------------------------------------------------------------


def test_the_same_look_is_shared_and_another_on_the_same_words_is_set_aside() -> None:
    found = merged(A=[look(4, 12, "bold")], B=[look(4, 12, "bold")], C=[look(10, 15, "italic")])
    assert [(k.start, k.end, k.signed, k.markup, k.is_whole) for k in found.layers["p1"].looks] == [
        (4, 12, ("A", "B"), "bold", False)
    ]
    assert [e.markup for e in found.set_aside] == ["italic"]
    assert [(e.kind, e.organisations) for e in found.edits] == [("format", ("A", "B"))]


def test_every_look_that_collides_is_set_aside() -> None:
    found = merged(A=[look(4, 12, "bold")], B=[look(4, 12, "italic")], C=[look(6, 8, "large"), look(20, 22, "small")])
    assert sorted(e.markup for e in found.set_aside) == ["italic", "large"]
    assert [(k.start, k.markup) for k in found.layers["p1"].looks] == [(4, "bold"), (20, "small")]


def test_a_look_bears_the_latest_date_and_the_signatures() -> None:
    one = replace(look(4, 12, "bold"), date="2026-01-01T00:00:00Z", signature="A (X.)")
    found = layers(A=[one], B=[replace(one, date="2026-01-02T00:00:00Z", signature="")]).looks
    assert [(k.signed, k.date) for k in found] == [(("A (X.)", "B"), "2026-01-02T00:00:00Z")]


def test_looks_that_only_meet_are_both_kept() -> None:
    found = merged(A=[look(4, 12, "bold")], B=[look(12, 15, "italic")])
    assert len(found.layers["p1"].looks) == 2
    assert not found.set_aside


def test_the_look_of_a_paragraph_is_apart_from_that_of_its_words() -> None:
    whole = look(0, len(TEXT), "centred", "paragraph-format")
    found = merged(A=[whole], B=[look(4, 12, "bold")], C=[look(0, len(TEXT), "left", "paragraph-format")])
    assert sorted((k.is_whole, k.markup) for k in found.layers["p1"].looks) == [(False, "bold"), (True, "centred")]
    assert [e.markup for e in found.set_aside] == ["left"]


def test_a_look_is_no_conflict_with_changed_words() -> None:
    assert not merged(A=[look(4, 12, "bold")], B=[change("missions", "offices")]).conflicts


# ---- what does not fit ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        Edit("p9", "insert", 0, 0, "", "x"),
        Edit("p1", "delete", 0, 3, "Thy", ""),
        Edit("p4", "insert", 9, 9, "", "x"),
        Edit("p4", "insert", -1, -1, "", "x"),
        Edit("p4", "delete", 3, 0, "", ""),
    ],
    ids=["no such paragraph", "other words", "behind the end", "before the start", "backwards"],
)
def test_an_edit_that_does_not_fit_the_base_is_refused_by_name(edit: Edit) -> None:
    with pytest.raises(Invalid, match="A change of Mission A does not fit") as refusal:
        merge(BASE, [Contribution("Mission A", (edit,))])
    assert refusal.value.reason == "edit-does-not-fit"


def test_paragraphs_nobody_speaks_of_have_no_layers() -> None:
    found = merged(A=[change("shall", "will")])
    assert list(found.layers) == ["p1"]


def test_names_stand_in_the_order_of_the_alphabet_whatever_their_case() -> None:
    found = layers(b=[change("shall", "")], A=[change("shall", "")], c=[change("shall", "")])
    assert found.deletions[0].organisations == ("A", "b", "c")


def test_a_signature_is_written_in_place_of_the_name_but_the_name_counts() -> None:
    found = merged(A=[change("shall", "", signature="A (A.B.)")], B=[change("shall", "")])
    (deletion,) = found.layers["p1"].deletions
    assert (deletion.organisations, deletion.signed) == (("A", "B"), ("A (A.B.)", "B"))
    assert found.edits[0].organisations == ("A", "B")
