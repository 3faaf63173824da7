"""The laws of the merge (L1 to L6, L8) on generated drafts, organisations and edits that overlap at will."""

import os
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from consult.engine.package import open_package
from consult.errors import Invalid
from tests.engine.specimens import cut_into_runs, draft, specimen_draft, texts, tracked_copy

EXAMPLES = int(os.environ.get("CONSULT_EXAMPLES", "60"))
NAMES = ("Mission A", "Mission B", "Presence C", "ODIHR")
WORDS = (
    "shall",
    "should",
    "victim",
    "data",
    "co-operate",
    "Čakorska",
    "и",
    "within",
    "two",
    "weeks",
    "a",
    "of",
    ",",
    "– ",
)
DRAFTS = (
    specimen_draft(),
    draft(
        "One two three four five six.",
        "",
        "* alpha beta gamma",
        "* delta epsilon",
        [["a b", "c d"], ["", "e f"]],
        "End.",
    ),
    draft("Only one paragraph here.", [["x"]], "Last words^ with a note."),
    cut_into_runs(
        draft("# Scope", "The Parties shall act together and at once.", "The Parties shall report.", "The end.")
    ),
)
READ = tuple(engine.read_draft(data) for data in DRAFTS)


@st.composite
def edits_for(draw: st.DrawFn, name: str, which: int) -> tuple[engine.Edit, ...]:
    """Return edits of one organisation: on each paragraph some that do not overlap, or its deletion, or new ones behind."""
    found: list[engine.Edit] = []
    for p in READ[which].paragraphs:
        act = draw(st.sampled_from(("none", "none", "inline", "inline", "delete", "add")))
        if act == "inline" and p.text:
            edges = sorted(draw(st.lists(st.integers(0, len(p.text)), min_size=2, max_size=6)))
            for start, end in zip(edges[::2], edges[1::2], strict=False):
                new = draw(st.sampled_from(("", *WORDS, "new words", "x")))
                if found and found[-1].paragraph == p.key and start <= found[-1].end:
                    continue
                old = p.text[start:end]
                if old == new or engine.ATOM in old:
                    continue
                kind = "insert" if not old else ("replace" if new else "delete")
                found.append(engine.Edit(p.key, kind, start, end, old, new, name, name))  # type: ignore[arg-type]
        elif act == "delete" and p.kind == "body" and p.text and engine.ATOM not in p.text:
            found.append(engine.Edit(p.key, "paragraph-deleted", 0, len(p.text), p.text, "", name, name))
        elif act == "add":
            for order, text in enumerate(draw(st.lists(st.sampled_from(WORDS[:6]), min_size=1, max_size=2))):
                found.append(engine.Edit(p.key, "paragraph-inserted", 0, 0, "", text, name, name, "", False, order))
    return tuple(found)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[int, tuple[engine.Contribution, ...]]:
    which = draw(st.integers(0, len(DRAFTS) - 1))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    return which, tuple(engine.Contribution(name, draw(edits_for(name, which))) for name in names)


def own_text(which: int, edits: Sequence[engine.Edit]) -> list[str]:
    """Return how the draft reads with one organisation's edits, computed without the engine's merge or writer."""
    found: list[str] = []
    for p in READ[which].paragraphs:
        mine = [e for e in edits if e.paragraph == p.key]
        found += [e.new for e in sorted(mine, key=lambda e: e.order) if e.kind == "paragraph-inserted" and e.before]
        inline = sorted(
            (e for e in mine if e.kind not in ("paragraph-inserted", "paragraph-deleted")), key=lambda e: e.start
        )
        text, position = "", 0
        for e in inline:
            text += p.text[position : e.start] + e.new
            position = e.end
        if not any(e.kind == "paragraph-deleted" for e in mine):
            found.append(text + p.text[position:])
        found += [e.new for e in sorted(mine, key=lambda e: e.order) if e.kind == "paragraph-inserted" and not e.before]
    return found


def without_empty(lines: Sequence[str]) -> list[str]:
    """An empty paragraph must stay where a cell or text would end without one: empty ones are not compared."""
    return [line for line in lines if line]


LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@LAW
@given(rounds())
def test_rejecting_everything_gives_the_base(given_round: tuple[int, tuple[engine.Contribution, ...]]) -> None:
    which, contributions = given_round
    made = engine.consolidate(DRAFTS[which], contributions)
    assert texts(engine.resolve(made.docx, "none")) == texts(DRAFTS[which])


@LAW
@given(rounds())
def test_parts_that_need_no_change_stay_byte_for_byte(given_round: tuple[int, tuple[engine.Contribution, ...]]) -> None:
    which, contributions = given_round
    before, after = open_package(DRAFTS[which]), open_package(engine.consolidate(DRAFTS[which], contributions).docx)
    touched = {e.paragraph for c in contributions for e in c.edits}
    may_change = {before.main_part, "word/_rels/document.xml.rels", "[Content_Types].xml", "word/comments.xml"}
    if any(key.startswith("fn") for key in touched):
        may_change.add("word/footnotes.xml")
    for name in before.names:
        if name not in may_change or not touched:
            assert before.read(name) == after.read(name), name


@LAW
@given(rounds())
def test_accepting_one_organisation_gives_its_own_text(
    given_round: tuple[int, tuple[engine.Contribution, ...]],
) -> None:
    which, contributions = given_round
    made = engine.consolidate(DRAFTS[which], contributions)
    for c in contributions:
        read = texts(engine.resolve(made.docx, [c.organisation]))
        assert without_empty(read) == without_empty(own_text(which, c.edits)), c.organisation


@LAW
@given(rounds())
def test_nothing_is_lost_and_everything_is_counted(given_round: tuple[int, tuple[engine.Contribution, ...]]) -> None:
    which, contributions = given_round
    made = engine.consolidate(DRAFTS[which], contributions)
    accepted = "\n".join(texts(engine.resolve(made.docx, "all")))
    for c in contributions:
        named = [e for e in made.edits if c.organisation in e.organisations]
        assert bool(named) == bool(c.edits)
        for e in named:
            assert e.new in accepted or engine.ATOM in e.new


@LAW
@given(rounds(), st.randoms())
def test_the_order_of_arrival_changes_nothing(
    given_round: tuple[int, tuple[engine.Contribution, ...]], random: object
) -> None:
    which, contributions = given_round
    shuffled = list(contributions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first = engine.consolidate(DRAFTS[which], contributions, date="2026-11-23T12:00:00Z")
    second = engine.consolidate(DRAFTS[which], shuffled, date="2026-11-23T12:00:00Z")
    assert first == second


@LAW
@given(st.integers(0, len(DRAFTS) - 1), st.data())
def test_the_same_edits_by_several_are_one_change_with_all_names(which: int, data: st.DataObject) -> None:
    edits = data.draw(edits_for(NAMES[0], which))
    alone = engine.consolidate(DRAFTS[which], [engine.Contribution(NAMES[0], edits)])
    together = engine.consolidate(DRAFTS[which], [engine.Contribution(name, edits) for name in NAMES])
    assert len(together.edits) == len(alone.edits)
    assert not together.conflicts
    assert all(set(e.organisations) == set(NAMES) for e in together.edits)


@LAW
@given(st.integers(0, len(DRAFTS) - 1), st.data())
def test_a_tracked_copy_is_read_as_what_was_tracked(which: int, data: st.DataObject) -> None:
    edits = data.draw(edits_for(NAMES[0], which))
    copy = tracked_copy(DRAFTS[which], edits, NAMES[0])
    read = engine.read_returned_copy(copy, DRAFTS[which], NAMES[0])
    assert read.found == read.placed + len(read.not_placed)
    assert not read.not_placed
    again = engine.consolidate(DRAFTS[which], [engine.Contribution(NAMES[0], read.edits)])
    assert without_empty(texts(engine.resolve(again.docx, "all"))) == without_empty(own_text(which, edits))


@LAW
@given(st.integers(0, len(DRAFTS) - 1), st.data())
def test_an_untracked_copy_is_found_by_comparison(which: int, data: st.DataObject) -> None:
    edits = data.draw(edits_for(NAMES[0], which))
    copy = cut_into_runs(engine.resolve(tracked_copy(DRAFTS[which], edits, NAMES[0]), "all"))
    try:
        read = engine.read_returned_copy(copy, DRAFTS[which], NAMES[0])
    except Invalid as refusal:
        assert refusal.reason == "another-draft"  # so much was deleted that it is no copy any more
        return
    assert not any(e.tracked for e in read.edits)
    again = engine.consolidate(DRAFTS[which], [engine.Contribution(NAMES[0], read.edits)])
    if not read.not_placed:
        assert without_empty(texts(engine.resolve(again.docx, "all"))) == without_empty(texts(copy))
