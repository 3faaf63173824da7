"""Returned copies: what a copy holds is found, placed, and merging it gives the text of whoever made it.

Copies are made by another hand than the engine's (tests/engine/hands.py) - tracked, untracked or mixed, cut into other
runs - and by the engine's own writer.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from consult import engine
from consult.engine.package import open_package
from tests.engine.documents import Plan, plans, write_draft
from tests.engine.edits import DATE, NAMES, Round, plans_and_acts, rounds
from tests.engine.hands import Hand, recut
from tests.engine.laws import EXAMPLES, LAW, show
from tests.engine.outlines import outline_of
from tests.engine.own_texts import own_texts
from tests.engine.specimens import texts

SOME = settings(LAW, max_examples=max(EXAMPLES // 4, 20))
M = NAMES[0]
WAYS = {"tracked": lambda e: True, "untracked": lambda e: False, "mixed": lambda e: e.tracked}


def merged_paragraphs(draft: bytes, copy: bytes) -> list[engine.Paragraph]:
    """Return how the draft reads with what was found in a copy, empty paragraphs left out."""
    read = engine.read_returned_copy(copy, draft, M, enough=0.0)
    assert read.found == read.placed + len(read.not_placed), "L4: found is not placed + not placed"
    assert not read.not_placed, f"L4: not placed: {read.not_placed}"
    made = engine.consolidate(draft, [engine.Contribution(M, read.edits, read.remarks)], date=DATE)
    resolved = engine.resolve(made.docx, [M, *engine.authors_of(draft)])
    return [p for p in engine.read_draft(resolved).paragraphs if p.text]


def new_fields(draft: bytes, paragraphs: Sequence[engine.Paragraph]) -> dict[tuple[str, int], str]:
    """Return what fields show that the draft does not have, by place.

    They are tables of contents that have lost all lines but one: a field in one paragraph is read as one sign.
    """
    known = {atom.shows for p in engine.read_draft(draft).paragraphs for atom in p.atoms}
    return {
        (p.key, atom.offset): atom.shows
        for p in paragraphs
        for atom in p.atoms
        if atom.kind == "field" and atom.shows not in known
    }


def letters_of(paragraphs: Iterable[engine.Paragraph], fields: Mapping[tuple[str, int], str]) -> str:
    """Return the words of paragraphs, those that these fields show too, without signs and page numbers."""
    words = (fields.get((p.key, offset), sign) for p in paragraphs for offset, sign in enumerate(p.text))
    return re.sub(r"[\ufffc\d]", "", "".join(words))


@LAW
@given(plans_and_acts(), st.sampled_from(sorted(WAYS)), st.booleans(), st.booleans())
def test_a_copy_by_another_hand_is_read_as_what_was_done(given_round: Round, way: str, enters: bool, cut: bool) -> None:
    note("\n".join(show(given_round)))
    draft, edits = given_round.draft, given_round.contributions[0].edits
    copy = Hand(draft, "Somebody", WAYS[way], enters).write(edits)
    copy = recut(copy) if cut else copy
    mine = [t for t in own_texts(outline_of(draft), edits) if t]
    paragraphs = merged_paragraphs(draft, copy)
    read = [p.text for p in paragraphs]
    if fields := new_fields(draft, paragraphs):
        assert letters_of(paragraphs, fields) == re.sub(r"[\ufffc\d]", "", "".join(mine)), (
            "L2: the copy has other words"
        )
    elif given_round.plan.has_own_marks:
        assert "".join(read) == "".join(mine), "L2: the copy reads otherwise"
    else:
        assert read == mine, f"L2: the copy reads {read}, not {mine}"


@LAW
@given(rounds(most=1), st.booleans())
def test_a_copy_by_the_engine_is_read_as_what_is_in_it(given_round: Round, cut: bool) -> None:
    """Edits with links, notes and fields, remarks of every kind: all come back, each where it was."""
    note("\n".join(show(given_round)))
    draft, c = given_round.draft, given_round.contributions[0]
    copy = engine.consolidate(draft, [c], date=DATE).docx
    read = engine.read_returned_copy(recut(copy) if cut else copy, draft, M, enough=0.0)
    assert read.found == read.placed + len(read.not_placed), "L4: found is not placed + not placed"
    assert not read.not_placed, f"L4: not placed: {read.not_placed}"
    again = engine.consolidate(draft, [engine.Contribution(M, read.edits, read.remarks)], date=DATE)
    mine, own = own_texts(outline_of(draft), c.edits), engine.authors_of(draft)
    texts_read = [t for t in texts(engine.resolve(again.docx, [M, *own])) if t]
    if given_round.plan.has_own_marks:
        assert "".join(texts_read) == "".join(mine), "L2: the copy reads otherwise"
    else:
        assert texts_read == [t for t in mine if t], f"L2: the copy reads {texts_read}, not {mine}"
    assert told(read.remarks) == told(c.remarks), "L4: a remark is lost, or is no longer done or a reply"
    places = {r.text: (r.paragraph, r.start, r.end) for r in read.remarks}
    for r in c.remarks:
        if r.quote.strip() and not r.inserted and r.paragraph.startswith("p"):
            assert places[r.text] == (r.paragraph, r.start, r.end), f"L4: “{r.text}” stands elsewhere"


def check_texts(draft: bytes, merged: Sequence[engine.Paragraph], wanted: Sequence[engine.Paragraph]) -> None:
    """L2: two readings have the same paragraphs; the same words where a table of contents became one sign."""
    one, other = new_fields(draft, merged), new_fields(draft, wanted)
    if one or other:
        assert letters_of(merged, one) == letters_of(wanted, other), "L2: the copy has other words"
    else:
        assert [p.text for p in merged] == [p.text for p in wanted], "L2: the copy reads otherwise"


def told(remarks: Sequence[engine.Remark]) -> Counter[tuple[str, bool, bool]]:
    """Return what remarks say, without what the engine says of where they stand."""
    return Counter((r.text.rsplit("] ", 1)[-1], r.resolved, r.reply_to != -1) for r in remarks)


@LAW
@given(rounds(most=1))
def test_an_accepted_copy_is_found_by_comparison(given_round: Round) -> None:
    """Saved with all changes accepted, in other runs: the differences are found, none of them as tracked."""
    note("\n".join(show(given_round)))
    draft, c = given_round.draft, given_round.contributions[0]
    assume(not given_round.plan.has_own_changes)
    copy = recut(engine.resolve(engine.consolidate(draft, [c], date=DATE).docx, "all"))
    read = engine.read_returned_copy(copy, draft, M, enough=0.0)
    assert read.found == read.placed + len(read.not_placed), "L4: found is not placed + not placed"
    assert not any(e.tracked for e in read.edits), "an edit that was not tracked is said to be"
    again = engine.consolidate(draft, [engine.Contribution(M, read.edits)], date=DATE)
    if not read.not_placed:
        merged, wanted = (
            [p for p in engine.read_draft(data).paragraphs if p.text]
            for data in (engine.resolve(again.docx, "all"), copy)
        )
        check_texts(draft, merged, wanted)


@SOME
@given(plans())
def test_a_copy_that_was_only_saved_again_holds_nothing(plan: Plan) -> None:
    draft = write_draft(plan)
    read = engine.read_returned_copy(recut(draft), draft, M, enough=0.0)
    assert (read.edits, read.remarks, read.not_placed) == ((), (), ()), "a copy without changes has changes"


@SOME
@given(plans())
def test_autocorrected_signs_are_found_and_called_typographic(plan: Plan) -> None:
    """A program that turns quotation marks and hyphens makes edits like others, marked as typographic."""
    draft = write_draft(plan)
    package = open_package(draft)
    body = package.read(package.main_part).replace("“fully”".encode(), b"&quot;fully&quot;").replace("’".encode(), b"'")
    copy = package.replaced({package.main_part: body})
    read = engine.read_returned_copy(copy, draft, M, enough=0.0)
    assert all(e.typographic for e in read.edits if e.old.strip("\ufffc")), "a turned quotation mark is not called so"
    if not plan.has_own_marks and "own deletion" not in plan.constructs:
        made = engine.consolidate(draft, [engine.Contribution(M, read.edits)], date=DATE)
        own = engine.authors_of(draft)
        assert texts(engine.resolve(made.docx, [M, *own])) == texts(engine.resolve(copy, own)), "L2: it reads otherwise"
