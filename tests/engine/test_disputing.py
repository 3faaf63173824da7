"""Disputed words left to margin comments: the base stands, the comment quotes every variant whole."""

import pytest
from hypothesis import HealthCheck, given, settings

from consult import engine
from consult.engine.margins import anchors_of, margin_comments
from consult.engine.stories import open_document
from consult.engine.values import Asset
from tests.engine.plain_rounds import DRAFTS, EXAMPLES, READ, rounds, without_empty
from tests.engine.specimens import draft, edit, specimen_draft, texts

LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
Round = tuple[int, tuple[engine.Contribution, ...]]


def consolidated(data: bytes, *edits: engine.Edit) -> engine.Consolidation:
    names = dict.fromkeys(e.organisation for e in edits)
    each = [engine.Contribution(n, tuple(e for e in edits if e.organisation == n)) for n in names]
    return engine.consolidate(data, each, date="2026-11-23T12:00:00Z", conflicts="comment")


def comments(made: engine.Consolidation) -> list[str]:
    return [c.text for c in margin_comments(open_document(made.docx))]


def undisputed_text(which: int, name: str, made: engine.Consolidation) -> list[str]:
    """Return how the draft reads with what one organisation wants outside comments, without the engine's writer."""
    found: list[str] = []
    for p in READ[which].paragraphs:
        mine = [e for e in made.edits if e.paragraph == p.key and name in e.organisations and e.shown == "text"]
        text, position = "", 0
        for e in sorted((e for e in mine if e.kind in ("insert", "replace", "delete")), key=lambda e: e.start):
            text += p.text[position : e.start] + e.new
            position = e.end
        if not any(e.kind == "paragraph-deleted" for e in mine):
            found.append(text + p.text[position:])
        found += [e.new for e in mine if e.kind == "paragraph-inserted"]
    return found


@LAW
@given(rounds())
def test_with_comments_rejecting_everything_gives_the_base(given_round: Round) -> None:
    which, contributions = given_round
    made = engine.consolidate(DRAFTS[which], contributions, conflicts="comment")
    assert texts(engine.resolve(made.docx, "none")) == texts(DRAFTS[which])


@LAW
@given(rounds())
def test_accepting_one_gives_its_own_text_except_where_words_are_disputed(given_round: Round) -> None:
    which, contributions = given_round
    made = engine.consolidate(DRAFTS[which], contributions, conflicts="comment")
    for c in contributions:
        read = texts(engine.resolve(made.docx, [c.organisation]))
        assert without_empty(read) == without_empty(undisputed_text(which, c.organisation, made)), c.organisation


@LAW
@given(rounds())
def test_what_is_left_to_comments_is_quoted_whole_and_counted(given_round: Round) -> None:
    which, contributions = given_round
    stacked = engine.consolidate(DRAFTS[which], contributions)
    made = engine.consolidate(DRAFTS[which], contributions, conflicts="comment")
    assert [(e.paragraph, e.start, e.end, e.new, e.organisations) for e in made.edits] == [
        (e.paragraph, e.start, e.end, e.new, e.organisations) for e in stacked.edits
    ]
    disputed = [(c.paragraph, c.start, c.end) for c in made.conflicts]
    for e in made.edits:
        inline = e.kind in ("insert", "replace", "delete", "paragraph-deleted")
        inside = any(e.paragraph == key and start <= e.start and e.end <= end for key, start, end in disputed)
        assert (e.shown == "comment") == (inline and inside)
    told = comments(made)
    assert len(told) == len(made.conflicts) + len(made.remarks)
    for conflict, text in zip(made.conflicts, told[len(made.remarks) :], strict=True):
        for variant in conflict.variants:
            assert all(name in text for name in variant.organisations)
            for words in variant.text.split(engine.ATOM):
                assert words.strip() in text


def test_the_comment_names_all_variants_with_their_support_on_the_disputed_words() -> None:
    data = specimen_draft()
    made = consolidated(
        data,
        edit(data, "two working days", "five working days", "Mission C"),
        edit(data, "two working days", "one week", "Mission B"),
        edit(data, "two working days", "one week", "Mission A"),
        edit(data, "two working days", "", "Mission D"),
        edit(data, "Each mission", "Every mission", "Mission A"),
    )
    assert comments(made) == [
        "Disputed: “two working days”. The draft's words stand.\n"
        "Mission A, supported by Mission B: “one week”\n"
        "Mission C: “five working days”\n"
        "Mission D: delete"
    ]
    anchor = next(iter(anchors_of(open_document(made.docx)).values()))
    assert anchor.start_mark is not None
    assert "Every mission" in " ".join(texts(engine.resolve(made.docx, ["Mission A"])))
    assert [e.shown for e in made.edits] == ["text", "comment", "comment", "comment"]


def test_a_long_variant_is_not_shortened_in_a_comment() -> None:
    data = specimen_draft()
    long = "a very long text " * 200 + "to its end"
    made = consolidated(
        data, edit(data, "Comments are welcome", long, "Mission A"), edit(data, "Comments", "Remarks", "Mission B")
    )
    assert f"Mission A: “{long}”" in comments(made)[0]


def test_a_row_deleted_by_one_and_edited_by_another_stays_and_the_comment_says_so() -> None:
    data = draft("Text.", [["a", "b"], ["c", "d"]], "End.")
    paragraphs = engine.read_draft(data).paragraphs
    first, last = (next(p for p in paragraphs if p.text == text) for text in ("c", "d"))
    row = engine.Edit(first.key, "row-deleted", 0, 0, "c\td", "", "Mission A", until=last.key)
    made = consolidated(data, row, edit(data, "d", "delta", "Mission B"))
    assert texts(engine.resolve(made.docx, "all")) == texts(data)
    assert comments(made) == ["Disputed: “d”. The draft's words stand.\nMission A: delete the row\nMission B: “delta”"]
    assert {(e.kind, e.shown) for e in made.edits} == {("row-deleted", "comment"), ("replace", "comment")}


def test_a_paragraph_that_two_move_to_different_places_stays_where_it_is() -> None:
    data = draft("First words stand here.", "Second words stand here.", "Third words stand here.")
    first, second, third = engine.read_draft(data).paragraphs[:3]
    whole = (0, len(first.text))
    edits = [
        made
        for name, behind in (("A", second), ("B", third))
        for made in (
            engine.Edit(first.key, "paragraph-deleted", *whole, first.text, "", name, move=f"to {behind.key}"),
            engine.Edit(behind.key, "paragraph-inserted", 0, 0, "", first.text, name, move=f"to {behind.key}"),
        )
    ]
    made = consolidated(data, *edits)
    assert texts(engine.resolve(made.docx, "all")) == texts(data)
    assert comments(made) == [
        "Disputed: “First words stand here.”. The draft's words stand.\n"
        "A: move it behind paragraph 2\nB: move it behind paragraph 3"
    ]
    assert [e.shown for e in made.edits] == ["comment"] * len(made.edits)


def test_words_that_two_insert_at_one_place_are_told_on_the_word_before() -> None:
    data = specimen_draft()
    paragraph = next(p for p in engine.read_draft(data).paragraphs if p.text.startswith("Comments"))
    made = consolidated(
        data,
        *(engine.Edit(paragraph.key, "insert", 8, 8, "", new, name) for name, new in (("A", " made"), ("B", " sent"))),
    )
    assert comments(made) == ["Disputed: what is to be inserted here.\nA: “ made”\nB: “ sent”"]
    document = open_document(made.docx)
    line = next(line for line in document.lines() if line.text.startswith("Comments"))
    marks = [
        p.child.tag.rpartition("}")[2] if p.kind == "mark" and p.child is not None else p.text for p in line.pieces
    ]
    assert marks[:3] == ["commentRangeStart", "Comments", "commentRangeEnd"]


def test_the_report_says_where_an_edit_is_shown() -> None:
    data = specimen_draft()
    made = consolidated(data, edit(data, "victim", "person", "A"), edit(data, "victim", "survivor", "B"))
    told = engine.write_report(engine.read_draft(data), made, [])
    assert [e["shown"] for e in told["edits"]] == ["comment", "comment"]


@pytest.mark.parametrize("conflicts", ["stack", "comment"])
def test_a_variant_that_a_comment_cannot_hold_stays_in_the_text(conflicts: engine.Conflicts) -> None:
    data = specimen_draft()
    plain = edit(data, "The victim decides", "The person decides", "A")
    link = Asset(
        "link",
        "link",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
        "https://example.org",
    )
    rich = edit(data, "victim", "survivor", "B")
    rich = engine.Edit(
        rich.paragraph, "replace", rich.start, rich.end, rich.old, "survivor", "B", assets=(link,),
        markup='<w:hyperlink r:id="link"><w:r><w:t>survivor</w:t></w:r></w:hyperlink>',
    )  # fmt: skip
    both = [engine.Contribution("A", (plain,)), engine.Contribution("B", (rich,))]
    made = engine.consolidate(data, both, conflicts=conflicts)
    assert {e.shown for e in made.edits} == {"text"}
    assert "The survivor decides." in texts(engine.resolve(made.docx, ["B"]))
