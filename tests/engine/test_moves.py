"""Moved paragraphs: found in copies, tracked or not, kept as moves, in conflict when two want them in different places."""

from collections.abc import Sequence

from consult import engine
from consult.engine import ooxml
from consult.engine.package import open_package, parse_xml
from tests.engine.specimens import draft, edit, texts, tracked_copy

LINES = (
    "The Parties shall exchange information on routes.",
    "Each mission names a focal point for the region.",
    "Data are kept for no longer than two years at most.",
    "The co-ordinator reports to the Council every autumn.",
)
BASE = draft(*LINES)


def reordered(*places: int) -> bytes:
    return draft(*(LINES[n] for n in places))


def read(copy: bytes, name: str = "Mission A", base: bytes = BASE) -> tuple[engine.Edit, ...]:
    return engine.read_returned_copy(copy, base, name, enough=0).edits


def merged(copies: Sequence[tuple[str, bytes]]) -> engine.Consolidation:
    return engine.consolidate(BASE, [engine.Contribution(name, read(copy, name)) for name, copy in copies])


def elements(data: bytes, *names: str) -> list[str]:
    package = open_package(data)
    root = parse_xml(package.read(package.main_part))
    return [e.tag.rpartition("}")[2] for e in root.iter(*(ooxml.w(name) for name in names))]


def test_a_paragraph_put_elsewhere_without_tracking_is_one_move() -> None:
    found = read(reordered(1, 2, 0, 3))
    assert sorted(e.kind for e in found) == ["paragraph-deleted", "paragraph-inserted"]
    assert found[0].move == found[1].move != ""
    assert found[0].old == found[1].new == LINES[0]


def test_a_move_is_written_as_a_move_with_both_ends() -> None:
    for places in ((1, 2, 0, 3), (3, 0, 1, 2), (1, 2, 3, 0)):
        made = merged([("Mission A", reordered(*places))])
        assert elements(made.docx, "moveFromRangeStart", "moveToRangeStart", "moveFromRangeEnd", "moveToRangeEnd") != []
        assert len(elements(made.docx, "moveFromRangeStart")) == len(elements(made.docx, "moveToRangeStart")) == 1
        assert elements(made.docx, "delText") == []
        assert texts(engine.resolve(made.docx, "none")) == texts(BASE)
        assert texts(engine.resolve(made.docx, "all")) == [LINES[n] for n in places]


def test_a_tracked_move_comes_back_as_the_same_move() -> None:
    first = merged([("Mission A", reordered(1, 2, 0, 3))])
    again = engine.read_returned_copy(first.docx, BASE)
    assert [e.move for e in again.edits] == [e.move for e in read(reordered(1, 2, 0, 3))]
    assert all(e.tracked and e.author == "Mission A" for e in again.edits)


def test_short_paragraphs_are_moves_only_when_tracked_as_such() -> None:
    base = draft("One.", *LINES, "Two.")
    moved = draft("Two.", "One.", *LINES)
    assert {e.move for e in read(moved, base=base)} == {""}
    edits = [
        engine.Edit("p6", "paragraph-deleted", 0, 4, "Two.", "", "A", "A", move="m"),
        engine.Edit("p1", "paragraph-inserted", 0, 0, "", "Two.", "A", "A", before=True, move="m"),
    ]
    copy = tracked_copy(base, edits, "A")
    assert len({e.move for e in read(copy, base=base)} - {""}) == 1


def test_texts_that_stand_twice_are_no_moves() -> None:
    base = draft(LINES[0], LINES[1], LINES[0], LINES[2], LINES[3])
    assert {e.move for e in read(draft(LINES[1], LINES[0], LINES[2], LINES[0], LINES[3]), base=base)} == {""}


def test_a_moved_paragraph_is_not_taken_for_an_edit_of_one_that_is_like_it() -> None:
    base = draft("The Parties shall inform the first committee.", LINES[1], LINES[2], LINES[3], "End of the text here.")
    copy = draft(LINES[1], LINES[2], LINES[3], "The Parties shall inform the first committee.",
                 "The Parties shall inform the second committee.", "End of the text here.")  # fmt: skip
    kinds = sorted(e.kind for e in read(copy, base=base))
    assert kinds == ["paragraph-deleted", "paragraph-inserted", "paragraph-inserted"]


def test_the_same_move_by_two_is_one_move_in_both_names() -> None:
    made = merged([("Mission A", reordered(1, 2, 0, 3)), ("Mission B", reordered(1, 2, 0, 3))])
    assert not made.conflicts
    assert all(e.organisations == ("Mission A", "Mission B") for e in made.edits)
    assert len(elements(made.docx, "moveFromRangeStart")) == 1


def test_a_block_moved_to_two_places_is_deleted_and_inserted_and_the_conflict_is_named() -> None:
    places = {"Mission A": (1, 0, 2, 3), "Mission B": (1, 2, 3, 0)}
    moves = {
        name: (
            engine.Edit("p1", "paragraph-deleted", 0, len(LINES[0]), LINES[0], "", name, move=name),
            engine.Edit(target, "paragraph-inserted", 0, 0, "", LINES[0], name, move=name),
        )
        for name, target in (("Mission A", "p2"), ("Mission B", "p4"))
    }
    made = engine.consolidate(BASE, [engine.Contribution(name, edits) for name, edits in moves.items()])
    assert elements(made.docx, "moveFromRangeStart", "moveToRangeStart") == []
    for name, order in places.items():
        assert texts(engine.resolve(made.docx, [name])) == [LINES[n] for n in order]
    conflict = made.conflicts[0]
    assert conflict.organisations == ("Mission A", "Mission B")
    assert [(v.text, v.moved) for v in conflict.variants] == [
        (LINES[0], "behind paragraph 2"),
        (LINES[0], "behind paragraph 4"),
    ]


def test_one_who_moves_and_one_who_edits_are_in_conflict_and_nothing_is_lost() -> None:
    other = tracked_copy(BASE, [edit(BASE, "information", "data")], "Mission B")
    made = merged([("Mission A", reordered(1, 2, 0, 3)), ("Mission B", other)])
    assert elements(made.docx, "moveFromRangeStart", "moveToRangeStart") == []
    assert texts(engine.resolve(made.docx, ["Mission A"])) == [LINES[n] for n in (1, 2, 0, 3)]
    assert texts(engine.resolve(made.docx, ["Mission B"]))[0] == LINES[0].replace("information", "data")
    assert [v.moved for v in made.conflicts[0].variants if "Mission A" in v.organisations] == ["behind paragraph 3"]


def test_one_who_moves_and_one_who_deletes_are_in_conflict() -> None:
    made = merged([("Mission A", reordered(1, 2, 0, 3)), ("Mission B", reordered(1, 2, 3))])
    assert len(made.conflicts) == 1
    assert {(v.organisations, v.text, v.moved) for v in made.conflicts[0].variants} == {
        (("Mission A",), LINES[0], "behind paragraph 3"),
        (("Mission B",), "", ""),
    }
