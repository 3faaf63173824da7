"""The real draft and the five copies that organisations returned, made in a real word processor (beside the checkout)."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from consult import engine
from tests.engine.specimens import texts, without_margin_comments
from tests.tools import judge, office, pandoc, shared_documents

pytestmark = pytest.mark.shared


class Merged:
    """The five copies, read and merged."""

    def __init__(self, folder: Path) -> None:
        self.draft = (folder / "draft.docx").read_bytes()
        self.files = {path.stem: path.read_bytes() for path in sorted((folder / "returned").glob("*.docx"))}
        self.copies = {name: engine.read_returned_copy(data, self.draft, name) for name, data in self.files.items()}
        contributions = [engine.Contribution(n, c.edits, c.remarks) for n, c in self.copies.items()]
        self.made = engine.consolidate(self.draft, contributions, date="2026-11-23T12:00:00Z")


@pytest.fixture(scope="module")
def merged() -> Merged:
    return Merged(shared_documents())


def test_everything_found_is_placed(merged: Merged) -> None:
    assert {n: (c.found, c.placed) for n, c in merged.copies.items()} == {
        "albania": (3, 3),
        "bosnia-and-herzegovina": (5, 5),
        "kosovo-untracked": (5, 5),
        "moldova": (5, 5),
        "odihr": (5, 5),
    }
    assert sum(len(c.remarks) for c in merged.copies.values()) == 4 == len(merged.made.remarks)


def test_the_conflicts_are_exactly_the_two(merged: Merged) -> None:
    told = [(c.old, set(c.organisations)) for c in merged.made.conflicts]
    assert told == [
        ("Macedonia", {"bosnia-and-herzegovina", "moldova"}),
        ("empowering", {"kosovo-untracked", "odihr"}),
    ]


def test_the_shared_edit_is_one_change_with_two_names(merged: Merged) -> None:
    shared = [e for e in merged.made.edits if len(e.organisations) > 1]
    assert [(e.new, e.organisations) for e in shared] == [("prevent and combat", ("bosnia-and-herzegovina", "moldova"))]
    document = zipfile.ZipFile(BytesIO(merged.made.docx)).read("word/document.xml").decode()
    assert (
        document.count('w:author="bosnia-and-herzegovina; moldova"') == 3
    )  # this deletion and insertion, and Macedonia's


def test_each_organisation_gets_its_own_text_back(merged: Merged) -> None:
    for name, data in merged.files.items():
        own = texts(engine.resolve(data, "all"))
        assert texts(engine.resolve(merged.made.docx, [name])) == own, name


def test_our_reject_all_gives_the_draft(merged: Merged) -> None:
    assert texts(engine.resolve(merged.made.docx, "none")) == texts(merged.draft)


@pytest.mark.office
def test_pandoc_rejecting_all_gives_the_draft(merged: Merged) -> None:
    def lines(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.strip() not in ("", "-")]  # it keeps empty list items

    assert lines(pandoc(merged.made.docx, "reject")) == lines(pandoc(merged.draft, "reject"))


@pytest.mark.office
@pytest.mark.parametrize("verdict", ["reject", "accept"])
def test_libreoffice_agrees_on_every_paragraph(merged: Merged, tmp_path: Path, verdict: str) -> None:
    """LibreOffice's own reject all and accept all, through its bridge; a note's mark is its number there."""
    file = tmp_path / "consolidated.docx"
    file.write_bytes(without_margin_comments(merged.made.docx))
    told = judge(file, verdict)
    ours = texts(engine.resolve(merged.made.docx, "none" if verdict == "reject" else "all"), margins=False)
    assert told == [" ".join(text.replace(engine.ATOM, "1").split()) for text in ours]


@pytest.mark.office
def test_libreoffice_opens_the_file_and_keeps_its_changes(merged: Merged) -> None:
    saved = office(merged.made.docx, "docx:Office Open XML Text")
    assert set(engine.authors_of(saved)) == set(merged.files)
    assert texts(engine.resolve(saved, "none")) == texts(merged.draft)
    assert office(merged.made.docx, "pdf").startswith(b"%PDF")


@pytest.mark.office
def test_a_copy_saved_again_by_libreoffice_has_no_edits(merged: Merged) -> None:
    identity = engine.CopyIdentity(engine.read_draft(merged.draft).sha256, "Belgrade", 1, "Summary")
    saved = office(engine.write_copy(merged.draft, identity), "docx:Office Open XML Text")
    read = engine.read_returned_copy(saved, merged.draft, "X")
    assert (read.edits, read.remarks, read.not_placed, read.matched) == ((), (), (), 1.0)


def test_untouched_parts_are_byte_identical(merged: Merged) -> None:
    before, after = zipfile.ZipFile(BytesIO(merged.draft)), zipfile.ZipFile(BytesIO(merged.made.docx))
    changed = {n for n in after.namelist() if n not in before.namelist() or before.read(n) != after.read(n)}
    assert changed == {"word/document.xml", "word/comments.xml", "word/_rels/document.xml.rels", "[Content_Types].xml"}


def test_the_file_follows_the_schema(merged: Merged, tmp_path: Path) -> None:
    schema = shared_documents().parent / "schemas" / "validate.py"

    file, draft = tmp_path / "consolidated.docx", tmp_path / "draft.docx"
    file.write_bytes(merged.made.docx)
    draft.write_bytes(merged.draft)
    run = [subprocess.run([sys.executable, schema, path], capture_output=True, text=True) for path in (draft, file)]
    known = {line.split(": ", 1)[1] for line in run[0].stdout.splitlines()}
    assert {line.split(": ", 1)[1] for line in run[1].stdout.splitlines()} <= known
