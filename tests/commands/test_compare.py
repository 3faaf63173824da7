"""`consult compare`: its file, its exit codes, its sentences."""

from pathlib import Path

import docx
import pytest
from click.testing import CliRunner, Result

from consult import engine
from consult.cli import main
from tests.engine.specimens import edit, specimen_draft, texts, tracked_copy


@pytest.fixture
def files(tmp_path: Path) -> Path:
    data = specimen_draft()
    (tmp_path / "draft.docx").write_bytes(data)
    (tmp_path / "a.docx").write_bytes(tracked_copy(data, [edit(data, "two working days", "one day")], "Author a"))
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_compare_writes_a_redline_of_two_documents(files: Path) -> None:
    old, new = files / "draft.docx", files / "new.docx"
    new.write_bytes(engine.resolve((files / "a.docx").read_bytes(), "all"))
    result = run(
        "compare", old, new, "-o", files / "redline.docx", "--author", "Lead", "--date", "2026-11-23T12:00:00Z"
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("1 differences, 0 of them moves")
    redline = (files / "redline.docx").read_bytes()
    assert engine.authors_of(redline) == ("Lead",)
    assert texts(engine.resolve(redline, "all")) == texts(new.read_bytes())
    assert texts(engine.resolve(redline, "none")) == texts(old.read_bytes())


@pytest.mark.parametrize("wrong", [("--author", "A; B"), ("--author", " "), ("--date", "yesterday")])
def test_compare_refuses_names_and_dates_that_are_none(files: Path, wrong: tuple[str, str]) -> None:
    result = run("compare", files / "draft.docx", files / "a.docx", "-o", files / "redline.docx", *wrong)
    assert result.exit_code == 2
    assert not (files / "redline.docx").exists()


def test_compare_ends_with_3_and_lists_what_a_redline_cannot_show(files: Path) -> None:
    document = docx.Document(str(files / "draft.docx"))
    document.sections[0].header.paragraphs[0].text = "Restricted to participants"
    document.save(str(files / "new.docx"))
    result = run("compare", files / "draft.docx", files / "new.docx", "-o", files / "redline.docx")
    assert result.exit_code == 3
    assert "not shown: A new header: Restricted to participants" in result.stderr
