"""`consult clean`: what it writes and what it says."""

from pathlib import Path

from click.testing import CliRunner, Result

from consult import engine
from consult.cli import main
from tests.engine.canaries import planted
from tests.engine.hostile import macros
from tests.engine.specimens import specimen_draft


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_it_writes_the_clean_document_and_says_what_was_taken_out(tmp_path: Path) -> None:
    data, _ = planted(specimen_draft())
    (tmp_path / "in.docx").write_bytes(data)
    result = run("clean", tmp_path / "in.docx", "-o", tmp_path / "out.docx")
    assert result.exit_code == 0
    assert (tmp_path / "out.docx").read_bytes() == engine.clean(data).docx
    assert result.stdout.splitlines() == [notice.message for notice in engine.clean(data).removed]
    assert "Margin comments: 5" in result.stdout


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "macros.docx").write_bytes(macros())
    result = run("clean", tmp_path / "macros.docx", "-o", tmp_path / "out.docx")
    assert result.exit_code == 2
    assert "macros.docx: This file contains macros." in result.stderr
    assert not (tmp_path / "out.docx").exists()
