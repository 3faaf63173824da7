"""The negotiation text: every variant in square brackets with names, and everybody's own text can be read out of it."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from consult import engine
from consult.engine.margins import margin_comments
from consult.engine.ooxml import COMMENT_START, DEL, INS, w
from consult.engine.package import open_package, parse_xml
from consult.engine.serializing import to_bytes
from consult.engine.stories import open_document
from tests.engine.negotiation import read_for, shown
from tests.engine.plain_rounds import DRAFTS, EXAMPLES, own_text, rounds, without_empty
from tests.engine.specimens import draft, edit, specimen_draft, texts
from tests.tools import office, shared_documents

LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
Round = tuple[int, tuple[engine.Contribution, ...]]


def bracketed(data: bytes, *edits: engine.Edit) -> engine.Consolidation:
    names = dict.fromkeys(e.organisation for e in edits)
    each = [engine.Contribution(n, tuple(e for e in edits if e.organisation == n)) for n in names]
    return engine.consolidate(data, each, date="2026-11-23T12:00:00Z", layout="bracketed")


def new_paragraph(data: bytes, behind: str, text: str, name: str, order: int = 0) -> engine.Edit:
    place = next(p for p in engine.read_draft(data).paragraphs if behind in p.text)
    return engine.Edit(place.key, "paragraph-inserted", 0, 0, "", text, name, order=order)


def lines(made: engine.Consolidation) -> list[str]:
    return [text for text in shown(made.docx).splitlines() if "[" in text]


@LAW
@given(rounds())
def test_the_base_can_be_read_out_of_the_bracketed_text(given_round: Round) -> None:
    which, contributions = given_round
    made = engine.consolidate(DRAFTS[which], contributions, layout="bracketed")
    assert without_empty(read_for(made.docx, "Draft")) == without_empty(texts(DRAFTS[which]))


@LAW
@given(rounds())
def test_each_organisations_own_text_can_be_read_out_of_the_bracketed_text(given_round: Round) -> None:
    which, contributions = given_round
    made = engine.consolidate(DRAFTS[which], contributions, layout="bracketed")
    for c in contributions:
        own = without_empty(own_text(which, c.edits))
        assert without_empty(read_for(made.docx, c.organisation)) == own, c.organisation


@LAW
@given(rounds())
def test_the_order_of_arrival_changes_nothing_in_the_bracketed_text(given_round: Round) -> None:
    which, contributions = given_round
    first = engine.consolidate(DRAFTS[which], contributions, layout="bracketed")
    assert engine.consolidate(DRAFTS[which], contributions[::-1], layout="bracketed") == first


def test_variants_stand_side_by_side_with_who_supports_them() -> None:
    data = specimen_draft()
    made = bracketed(
        data,
        edit(data, "two working days", "one week", "Moldova"),
        edit(data, "two working days", "one week", "Albania"),
        edit(data, "two working days", "", "Serbia"),
    )
    assert lines(made) == [
        "Each mission informs the co-ordinator within "
        "[Draft: two working days] [Albania, supported by Moldova: one week] [Serbia: delete]."
    ]
    assert not list(parse_xml(open_package(made.docx).read("word/document.xml")).iter(INS, DEL))


def test_an_addition_stands_in_brackets_without_a_variant_of_the_draft() -> None:
    data = specimen_draft()
    place = next(p for p in engine.read_draft(data).paragraphs if p.text.startswith("Each mission"))
    end = len("Each mission")
    made = bracketed(data, engine.Edit(place.key, "insert", end, end, "", " and institution", "A"))
    assert lines(made) == ["Each mission [A: and institution] informs the co-ordinator within two working days."]


def test_a_change_inside_a_word_brackets_the_whole_word() -> None:
    data = draft("They organise it.")
    place = engine.read_draft(data).paragraphs[0]
    made = bracketed(data, engine.Edit(place.key, "replace", 11, 12, "s", "z", "A"))
    assert lines(made) == ["They [Draft: organise] [A: organize] it."]


def test_changes_by_the_same_with_only_a_blank_between_are_one_passage() -> None:
    data = draft("They act at once here.")
    made = bracketed(data, edit(data, "act", "meet", "A"), edit(data, "at once", "soon", "A"))
    assert lines(made) == ["They [Draft: act at once] [A: meet soon] here."]


def test_new_paragraphs_are_called_bis_and_ter_and_take_no_number() -> None:
    data = draft("# Scope", "1. The Parties act.", "1. The Parties report.", "Last words.")
    made = bracketed(
        data,
        new_paragraph(data, "act", "They meet.", "B"),
        new_paragraph(data, "act", "They talk.", "A"),
        new_paragraph(data, "Last", "They part.", "A"),
    )
    assert lines(made) == ["1 bis [A: They talk.]", "1 ter [B: They meet.]", "para. 4 bis [A: They part.]"]
    labels = [p.label for p in engine.read_draft(made.docx).paragraphs]
    assert labels == ["", "1.", "", "", "2.", "", ""]


def test_a_whole_paragraph_that_goes_stays_readable_in_brackets() -> None:
    data = specimen_draft()
    place = next(p for p in engine.read_draft(data).paragraphs if p.text.startswith("The victim"))
    gone = engine.Edit(place.key, "paragraph-deleted", 0, len(place.text), place.text, "", "A")
    made = bracketed(data, gone, edit(data, "victim", "survivor", "B"))
    assert lines(made) == ["[Draft: The victim decides.] [A: delete] [B: The survivor decides.]"]


def test_a_paragraph_that_moves_says_where_to() -> None:
    data = draft("First words stand here.", "Second words stand here.")
    first = engine.read_draft(data).paragraphs[0]
    gone = engine.Edit(first.key, "paragraph-deleted", 0, len(first.text), first.text, "", "A", move="m")
    made = bracketed(
        data, gone, engine.Edit("p2", "paragraph-inserted", 0, 0, "", "First words stand here.", "A", move="m")
    )
    assert lines(made) == [
        "[Draft: First words stand here.] [A: move to para. 2 bis]",
        "para. 2 bis [A: First words stand here.]",
    ]


def test_a_note_in_a_variant_is_referred_to_and_not_doubled() -> None:
    data = specimen_draft()
    made = bracketed(data, edit(data, "combat trafficking", "fight trade", "A"), edit(data, "in the region", "", "B"))
    assert len(open_document(made.docx).of_kind("footnote")) == 1
    place = next(p for p in engine.read_draft(data).paragraphs if engine.ATOM in p.text)
    whole = engine.Edit(place.key, "paragraph-deleted", 0, len(place.text), place.text, "", "A")
    made = bracketed(data, whole, edit(data, "in the region", "everywhere", "B"))
    root = parse_xml(open_package(made.docx).read("word/document.xml"))
    assert len(list(root.iter(w("footnoteReference")))) == 1
    assert " NOTEREF " in "".join(e.text or "" for e in root.iter(w("instrText")))
    assert without_empty(read_for(made.docx, "B"))[1] == place.text.replace("in the region", "everywhere")


def test_rows_that_come_and_go_have_their_brackets_in_the_cells() -> None:
    data = draft("Text.", [["a", "b"], ["c", "d"]], "End.")
    keys = {p.text: p.key for p in engine.read_draft(data).paragraphs}
    row = "".join(f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>" for text in ("e", "f"))
    made = bracketed(
        data,
        engine.Edit(keys["c"], "row-deleted", 0, 0, "c\td", "", "A", until=keys["d"]),
        edit(data, "d", "delta", "B"),
        engine.Edit(keys["b"], "row-inserted", 0, 0, "", "e\tf", "B", until=keys["a"], markup=f"<w:tr>{row}</w:tr>"),
    )
    assert lines(made) == [
        "[B, new row: e]",
        "[B, new row: f]",
        "[Draft: c] [A: delete the row]",
        "[Draft: d] [A: delete the row] [B: delta]",
    ]
    assert without_empty(read_for(made.docx, "B")) == ["Text.", "a", "b", "e", "f", "c", "delta", "End."]


def test_a_new_table_stands_between_brackets_of_its_own() -> None:
    data = draft("Text.", "End.")
    table = (
        '<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="900"/></w:tblGrid><w:tr><w:tc><w:p><w:r><w:t>cell</w:t></w:r></w:p>'
        "</w:tc></w:tr></w:tbl>"
    )
    made = bracketed(data, engine.Edit("p1", "table-inserted", 0, 0, "", "cell", "A", markup=table))
    assert shown(made.docx).splitlines()[:5] == ["Text.", "para. 1 bis [A: new table:", "cell", "]", "End."]


def test_brackets_of_the_draft_stay_plain_text_and_unbalanced_ones_are_told() -> None:
    data = draft("The [victims] decide.", "They [shall act.", "And [more", "than this].")
    made = bracketed(data, edit(data, "victims", "survivors", "A"))
    assert lines(made)[0] == "The [[Draft: victims] [A: survivors]] decide."
    assert read_for(made.docx, "A")[0] == "The [survivors] decide."
    told = [(n.code, n.paragraph) for n in made.notices]
    assert told == [("unbalanced-bracket", "p2")]


def test_an_organisation_called_draft_is_not_taken_for_the_draft() -> None:
    data = draft("They act.")
    assert lines(bracketed(data, edit(data, "act", "meet", "Draft"))) == [
        "They [Text of the draft: act] [Draft: meet]."
    ]


def test_remarks_stay_comments_and_a_first_comment_says_how_to_read_the_text() -> None:
    data = specimen_draft()
    victim = edit(data, "victim", "survivor", "A")
    remark = engine.Remark(victim.paragraph, 4, 10, "Why?", "victim", "B", "B")
    given_all = [engine.Contribution("A", (victim,)), engine.Contribution("B", (), (remark,))]
    made = engine.consolidate(data, given_all, layout="bracketed")
    document = open_document(made.docx)
    told = [c.text for c in margin_comments(document)]
    assert "Why?" in told
    assert any(text.startswith("How to read this text") for text in told)
    line = next(line for line in document.lines() if "survivor" in line.text)
    assert sum(1 for p in line.pieces if p.child is not None and p.child.tag == COMMENT_START) == 1


def test_changed_formatting_is_told_in_a_comment() -> None:
    data = specimen_draft()
    place = next(p for p in engine.read_draft(data).paragraphs if p.text.startswith("Comments"))
    markup = f'<w:rPr xmlns:w="{w("")[1:-1]}"><w:b/></w:rPr><w:rPr xmlns:w="{w("")[1:-1]}"/>'
    bold = engine.Edit(place.key, "format", 0, 8, "Comments", "Comments", "A", markup=markup)
    made = bracketed(data, bold)
    assert "A: other formatting for “Comments” (b)" in [c.text for c in margin_comments(open_document(made.docx))]
    assert [e.shown for e in made.edits] == ["comment"]


def test_formatting_of_the_draft_survives_inside_a_variant() -> None:
    data = draft("They act.")
    package = open_package(data)
    root = parse_xml(package.read(package.main_part))
    run = next(root.iter(w("r")))
    run.insert(0, parse_xml(f'<w:rPr xmlns:w="{w("")[1:-1]}"><w:i/></w:rPr>'.encode()))
    data = package.replaced({package.main_part: to_bytes(root)})
    made = bracketed(data, edit(data, "They act", "", "A"), edit(data, "act", "meet", "B"))
    root = parse_xml(open_package(made.docx).read("word/document.xml"))
    italic = "".join(t.text or "" for r in root.iter(w("r")) if r.find(f"{w('rPr')}/{w('i')}") is not None for t in r)
    assert italic.replace(" ", "") == "TheyactTheymeet."


@pytest.mark.shared
@pytest.mark.parametrize("options", [{"layout": "bracketed"}, {"conflicts": "comment"}])
def test_the_files_of_the_real_copies_follow_the_schema(tmp_path: Path, options: dict[str, str]) -> None:
    made = of_real_copies(options)
    validate = shared_documents().parent / "schemas" / "validate.py"
    file, base = tmp_path / "made.docx", shared_documents() / "draft.docx"
    file.write_bytes(made.docx)
    told = [subprocess.run([sys.executable, validate, p], capture_output=True, text=True).stdout for p in (base, file)]
    known = {line.split(": ", 1)[1] for line in told[0].splitlines()}
    assert {line.split(": ", 1)[1] for line in told[1].splitlines()} <= known


@pytest.mark.shared
@pytest.mark.office
def test_libreoffice_shows_the_real_negotiation_text_as_it_was_written(tmp_path: Path) -> None:
    made = of_real_copies({"layout": "bracketed"})
    saved = office(made.docx, "docx:Office Open XML Text")
    assert texts(saved, margins=False) == texts(made.docx, margins=False)


@pytest.mark.shared
def test_the_own_texts_of_the_real_copies_can_be_read_out_of_the_negotiation_text() -> None:
    made = of_real_copies({"layout": "bracketed"})
    for path in sorted((shared_documents() / "returned").glob("*.docx")):
        own = texts(engine.resolve(path.read_bytes(), "all"))
        assert without_empty(read_for(made.docx, path.stem)) == without_empty(own), path.stem


def of_real_copies(options: dict[str, str]) -> engine.Consolidation:
    folder = shared_documents()
    base = (folder / "draft.docx").read_bytes()
    each = []
    for path in sorted((folder / "returned").glob("*.docx")):
        copy = engine.read_returned_copy(path.read_bytes(), base, path.stem)
        each.append(engine.Contribution(path.stem, copy.edits, copy.remarks))
    return engine.consolidate(base, each, date="2026-11-23T12:00:00Z", **options)  # type: ignore[arg-type]
