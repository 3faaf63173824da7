"""The document commands: their files, their exit codes, their sentences."""

import io
import json
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner, Result

from consult import engine
from consult.cli import main
from tests.engine.hostile import macros
from tests.engine.specimens import draft, edit, specimen_draft, texts, tracked_copy


@pytest.fixture
def files(tmp_path: Path) -> Path:
    data = specimen_draft()
    (tmp_path / "draft.docx").write_bytes(data)
    for name, new in (("a", "one day"), ("b", "three days")):
        copy = tracked_copy(data, [edit(data, "two working days", new)], f"Author {name}")
        (tmp_path / f"{name}.docx").write_bytes(copy)
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_merge_writes_the_file_the_matrix_and_the_report(files: Path) -> None:
    result = run(
        "merge", files / "draft.docx", f"Mission A={files / 'a.docx'}", files / "b.docx", "-o", files / "out.docx",
        "--matrix", files / "m.xlsx", "--report", files / "r.json", "--date", "2026-11-23T12:00:00Z",
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")
    report = json.loads((files / "r.json").read_text("utf-8"))
    assert report["draft"]["sha256"] == engine.read_draft((files / "draft.docx").read_bytes()).sha256
    assert [(c["organisation"], c["found"], c["placed"], c["not_placed"]) for c in report["copies"]] == [
        ("Mission A", 1, 1, []),
        ("Author b", 1, 1, []),
    ]
    assert [c["organisations"] for c in report["conflicts"]] == [["Author b", "Mission A"]]
    assert set(report["edits"][0]) == {
        "paragraph",
        "number",
        "organisations",
        "kind",
        "start",
        "end",
        "old",
        "new",
        "tracked",
        "typographic",
        "authors",
        "shown",
    }
    assert (files / "m.xlsx").read_bytes()[:2] == b"PK"
    again = run("merge", files / "draft.docx", files / "b.docx", f"Mission A={files / 'a.docx'}", "-o", files / "again.docx",
                "--date", "2026-11-23T12:00:00Z")  # fmt: skip
    assert again.exit_code == 0
    assert (files / "again.docx").read_bytes() == (files / "out.docx").read_bytes()


def test_merge_writes_the_negotiation_text(files: Path) -> None:
    result = run(
        "merge", files / "draft.docx", f"A={files / 'a.docx'}", f"B={files / 'b.docx'}", "-o", files / "out.docx",
        "--layout", "bracketed",
    )  # fmt: skip
    assert "2 changes and comments found, 2 placed, 1 conflicts" in result.stdout
    shown = "\n".join(texts((files / "out.docx").read_bytes()))
    assert "within [Draft: two working days] [A: one day] [B: three days]." in shown


def test_merge_leaves_conflicts_to_comments(files: Path) -> None:
    result = run(
        "merge", files / "draft.docx", files / "a.docx", files / "b.docx", "-o", files / "out.docx",
        "--conflicts", "comment", "--report", files / "r.json",
    )  # fmt: skip
    assert "2 changes and comments found, 2 placed, 1 conflicts" in result.stdout
    assert [e["shown"] for e in json.loads((files / "r.json").read_text("utf-8"))["edits"]] == ["comment", "comment"]
    assert texts(engine.resolve((files / "out.docx").read_bytes(), "all")) == texts(specimen_draft())


def test_what_is_not_placed_is_listed_and_the_command_ends_with_three(files: Path) -> None:
    copy = docx.Document(str(files / "draft.docx"))
    copy.sections[0].header.paragraphs[0].text = "A header that the draft does not have"
    copy.save(str(files / "header.docx"))
    result = run("merge", files / "draft.docx", f"X={files / 'header.docx'}", "-o", files / "out.docx")
    assert result.exit_code == 3
    assert "not placed: " in result.stderr
    assert "A header that the draft does not have" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("merge", "draft.docx", "missing.docx", "-o", "o.docx"), "cannot be read"),
        (("merge", "draft.docx", "macros.docx", "-o", "o.docx"), "macros"),
        (("merge", "draft.docx", "other.docx", "-o", "o.docx"), "not a copy of the draft"),
        (("merge", "draft.docx", "A=a.docx", "A=b.docx", "-o", "o.docx"), "Two copies are named A"),
        (("merge", "draft.docx", "a.docx", "-o", "o.docx", "--date", "tomorrow"), "no date"),
        (("merge", "draft.docx", "a.docx", "-o", "o.docx", "--matrix", "m.pdf"), ".xlsx or .docx"),
        (("resolve", "a.docx", "--accept", "Nobody", "-o", "o.docx"), "There are changes by: Author a"),
        (("paragraphs", "macros.docx"), "macros"),
    ],
)
def test_bad_input_ends_with_two_and_one_sentence(
    files: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    (files / "macros.docx").write_bytes(macros())
    (files / "other.docx").write_bytes(draft("Another text altogether.", "Nothing of it is known."))
    monkeypatch.chdir(files)
    result = run(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (files / "o.docx").exists()


def test_resolve_gives_one_organisations_text(files: Path) -> None:
    run("merge", files / "draft.docx", f"A, B and C={files / 'a.docx'}", files / "b.docx", "-o", files / "out.docx")
    assert run("resolve", files / "out.docx", "--accept", "A, B and C", "-o", files / "one.docx").exit_code == 0
    assert run("resolve", files / "out.docx", "--accept", "none", "-o", files / "none.docx").exit_code == 0
    assert texts((files / "one.docx").read_bytes()) == texts(engine.resolve((files / "a.docx").read_bytes(), "all"))
    assert texts((files / "none.docx").read_bytes()) == texts((files / "draft.docx").read_bytes())


def test_review_and_paragraphs_print_json(files: Path) -> None:
    read = json.loads(run("review", files / "a.docx", "--against", files / "draft.docx", "--json").stdout)
    assert (read["found"], read["placed"], read["edits"][0]["new"]) == (1, 1, "one day")
    printed = json.loads(run("paragraphs", files / "draft.docx", "--json").stdout)
    assert [p["number"] for p in printed["paragraphs"]][-1] == "fn 1"


def test_the_authors_name_author_gives_way_to_the_files_name(files: Path) -> None:
    data = specimen_draft()
    (files / "kosovo.docx").write_bytes(tracked_copy(data, [edit(data, "welcome", "awaited")], "Author"))
    run("merge", files / "draft.docx", files / "kosovo.docx", "-o", files / "out.docx")
    assert engine.authors_of((files / "out.docx").read_bytes()) == ("kosovo",)


def test_names_say_how_it_is_signed_and_the_report_keeps_what_was_found(files: Path) -> None:
    data = specimen_draft()
    (files / "c.docx").write_bytes(tracked_copy(data, [edit(data, "welcome", "awaited")], "Banu, Ana"))
    out, report = files / "out.docx", files / "r.json"
    result = run("merge", files / "draft.docx", f"Mission A={files / 'c.docx'}", "-o", out, "--names", "initials",
                 "--report", report)  # fmt: skip
    assert result.exit_code == 0
    assert engine.authors_of(out.read_bytes()) == ("Mission A", "Mission A (A.B.)")
    told = json.loads(report.read_text("utf-8"))
    assert [c["authors"] for c in told["copies"]] == [["Banu, Ana"]]
    assert [e["authors"] for e in told["edits"]] == [["Banu, Ana"]]
    assert run("resolve", out, "--accept", "Mission A", "-o", files / "one.docx").exit_code == 0
    assert "Comments are awaited." in texts((files / "one.docx").read_bytes())


def test_spellings_of_one_author_in_a_copy_without_a_name_are_one_organisation(files: Path) -> None:
    data = specimen_draft()
    both = engine.consolidate(data, [
        engine.Contribution("Ana Banu", (edit(data, "welcome", "awaited"),)),
        engine.Contribution("BANU,  Ana", (edit(data, "two working days", "one day"),)),
    ])  # fmt: skip
    (files / "c.docx").write_bytes(both.docx)
    run("merge", files / "draft.docx", files / "c.docx", "-o", files / "out.docx")
    assert engine.authors_of((files / "out.docx").read_bytes()) == ("Ana Banu",)


def test_typographic_edits_are_marked_or_left_out_and_listed(files: Path) -> None:
    data = draft("# Rules", 'The "victim" decides in two days.', "Nothing else.")
    (files / "d.docx").write_bytes(data)
    edits = [edit(data, '"victim"', "“victim”"), edit(data, "two", "three")]
    (files / "c.docx").write_bytes(tracked_copy(data, edits, "A"))
    arguments = (
        "merge",
        files / "d.docx",
        f"A={files / 'c.docx'}",
        "-o",
        files / "out.docx",
        "--report",
        files / "r.json",
    )
    assert run(*arguments).exit_code == 0
    told = json.loads((files / "r.json").read_text("utf-8"))
    assert {e["new"]: e["typographic"] for e in told["edits"]} == {"“victim”": True, "three": False}
    result = run(*arguments, "--ignore-typographic")
    assert result.exit_code == 0
    assert "2 changes and comments found, 1 placed, 1 typographic left out" in result.stdout
    told = json.loads((files / "r.json").read_text("utf-8"))
    assert [e["new"] for e in told["edits"]] == ["three"]
    assert [(e["old"], e["new"]) for e in told["copies"][0]["left_out"]] == [('"victim"', "“victim”")]
    assert texts(engine.resolve((files / "out.docx").read_bytes(), "all"))[1] == 'The "victim" decides in three days.'


def test_untracked_emphasis_is_taken_in_when_asked_for(files: Path) -> None:
    copy = docx.Document(str(files / "draft.docx"))
    next(p for p in copy.paragraphs if p.text.startswith("Each mission")).runs[0].bold = True
    copy.save(str(files / "bold.docx"))
    arguments = ("merge", files / "draft.docx", f"A={files / 'bold.docx'}", "-o", files / "out.docx")
    assert run(*arguments).stdout.startswith("0 changes")
    assert run(*arguments, "--formatting").stdout.startswith("1 changes")
    accepted, rejected = (
        docx.Document(io.BytesIO(engine.resolve((files / "out.docx").read_bytes(), verdict)))
        for verdict in ("all", "none")
    )
    for document, bold in ((accepted, True), (rejected, None)):
        assert next(p for p in document.paragraphs if p.text.startswith("Each mission")).runs[0].bold is bold


def test_a_copy_of_an_older_draft_is_refused_with_its_file(files: Path) -> None:
    old = draft(*(f"The mission number {n} informs all others." for n in range(9)), "The end is near.")
    new = draft(*(f"The mission number {n} informs all others." for n in range(9)), "It is over now.")
    (files / "old.docx").write_bytes(old)
    (files / "new.docx").write_bytes(new)
    result = run(
        "merge", files / "new.docx", f"A={files / 'old.docx'}", "-o", files / "out.docx", "--older", files / "old.docx"
    )
    assert result.exit_code == 2
    assert f"is a copy of an older draft, {files / 'old.docx'}" in result.stderr


def test_a_filled_form_is_merged_with_the_copies_and_its_bad_rows_are_listed(files: Path) -> None:
    rows = (
        engine.MatrixRow("Mission A", "3", "", "", "te", "So.", "Replace “two working days” by “one day”"),
        engine.MatrixRow("Mission B", "77", "", "", "te", "Where?", ""),
    )
    (files / "form.xlsx").write_bytes(engine.write_matrix_xlsx(engine.MatrixHead("", ""), rows))
    result = run("merge", files / "draft.docx", f"Mission A={files / 'a.docx'}", "--comments-from", files / "form.xlsx",
                 "-o", files / "out.docx", "--report", files / "r.json")  # fmt: skip
    assert result.exit_code == 3
    assert f"not placed: {files / 'form.xlsx'}: Comments, row 7: the draft has no paragraph “77”" in result.stderr
    told = json.loads((files / "r.json").read_text("utf-8"))
    assert [(c["found"], c["placed"]) for c in told["copies"]] == [(1, 1), (2, 1)]
    assert [e["organisations"] for e in told["edits"]] == [["Mission A"]]
    assert [c["text"] for c in told["comments"]] == ["So."]
    alone = run(
        "merge", files / "draft.docx", "--comments-from", f"ODIHR={files / 'form.xlsx'}", "-o", files / "one.docx"
    )
    assert alone.exit_code == 3
    assert engine.authors_of((files / "one.docx").read_bytes()) == ("ODIHR",)
    assert run("merge", files / "draft.docx", "-o", files / "o.docx").exit_code == 2
