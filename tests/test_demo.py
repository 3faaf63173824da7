"""The demo: a whole round, its files, twice."""

import json
from pathlib import Path

import pytest

from consult import engine
from consult.demo import play
from tests.engine.specimens import texts
from tests.tools import office


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    play(folder)
    play(folder)  # running it twice works
    return folder / "out"


def test_it_writes_its_files(out: Path) -> None:
    assert {f.name for f in out.iterdir() if f.is_file()} >= {
        "consolidated.docx",
        "matrix.xlsx",
        "matrix.docx",
        "report.json",
    }


def test_everything_is_placed_and_two_conflicts_are_named(out: Path) -> None:
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert all(copy["found"] == copy["placed"] and not copy["not_placed"] for copy in report["copies"])
    assert len(report["conflicts"]) == 2
    assert [e["new"] for e in report["edits"] if len(e["organisations"]) > 1] == ["prevent and combat"]


def test_each_organisation_gets_its_own_text_back(out: Path) -> None:
    draft, consolidated = (out / "draft.docx").read_bytes(), (out / "consolidated.docx").read_bytes()
    assert texts(engine.resolve(consolidated, "none")) == texts(draft)
    copies = {
        "alb.docx": "Presence in Albania",
        "bih.docx": "Mission to Bosnia and Herzegovina",
        "kos-untracked.docx": "Mission in Kosovo",
    }
    for file, name in copies.items():
        read = engine.read_returned_copy((out / "returned" / file).read_bytes(), draft, name)
        alone = engine.consolidate(draft, [engine.Contribution(name, read.edits)])
        assert texts(engine.resolve(consolidated, [name])) == texts(engine.resolve(alone.docx, "all")), name


def test_no_person_is_named_in_the_files_that_go_out(out: Path) -> None:
    for name in ("consolidated.docx", "next-draft.docx"):
        assert "Focal point" not in str(engine.authors_of((out / name).read_bytes()))


@pytest.mark.office
@pytest.mark.parametrize("name", ["consolidated.docx", "matrix.docx", "next-draft.docx"])
def test_libreoffice_opens_them(out: Path, name: str) -> None:
    assert office((out / name).read_bytes(), "pdf").startswith(b"%PDF")
