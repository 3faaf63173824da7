"""Public test files of other projects, read in place: pairs of documents, tracked revisions, real drafts of many reviewers."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from consult import engine
from tests.engine.specimens import texts
from tests.tools import shared_documents

pytestmark = pytest.mark.shared

# What these files expect and we do not do, each with its reason.
OTHERWISE = {
    "RP001-Tracked-Revisions-01": "expects tables whose rows are all deleted to stay, empty; Word takes them away",
    "RP001-Tracked-Revisions-02": "expects tables whose rows are all deleted to stay, empty; Word takes them away",
    "RP015-MoveFrom-MoveTo": "expects an empty paragraph where a paragraph moved away with its mark",
    "RP050-Deleted-Footnote": "expects the note to stay, empty, though nothing refers to it any more",
    "RP051-Arabic": "expects a paragraph to stay in two halves though the mark between them is rejected",
}
# Added and deleted cells are read as words that come and go: the cells themselves stay (docs/word.md).
CELLS_STAY = {"RP034-Deleted-Cells"}
REVIEWERS = ("set-0", "set-2")


def corpus(*names: str) -> Path:
    return shared_documents().joinpath("corpus", *names)


def pairs() -> Iterator[tuple[str, bytes, bytes]]:
    for line in corpus("pairs", "PAIRS.tsv").read_text().splitlines():
        if line.strip():
            before, after = line.split("\t")[:2]
            yield line, corpus("pairs", before).read_bytes(), corpus("pairs", after).read_bytes()


def revisions() -> Iterator[Path]:
    for path in sorted(corpus("revisions").glob("*.docx")):
        if not path.stem.endswith(("-Accepted", "-Rejected")):
            yield path


def shape(data: bytes) -> list[tuple[object, ...]]:
    """Return all paragraphs, empty ones too, each with the story or the cell it stands in."""
    inner = ("footnote", "endnote", "header", "footer", "box")
    return [
        (p.cell.table, p.cell.row, p.cell.column, p.text) if p.cell else (p.kind if p.kind in inner else "", p.text)
        for p in engine.read_draft(data).paragraphs
    ]


def merged(base: bytes, copy: bytes) -> tuple[bytes, engine.ReturnedCopy]:
    read = engine.read_returned_copy(copy, base, "Mission", enough=0)
    made = engine.consolidate(base, [engine.Contribution("Mission", read.edits, read.remarks)])
    return made.docx, read


def test_every_pair_is_before_when_rejected_and_after_when_accepted() -> None:
    wrong = list[str]()
    for line, before, after in pairs():
        made, read = merged(before, after)
        is_right = (
            not read.not_placed
            and texts(engine.resolve(made, "none")) == texts(engine.resolve(before, "none"))
            and texts(engine.resolve(made, "all")) == texts(engine.resolve(after, "all"))
        )
        wrong += [] if is_right else [line]
    assert not wrong


def test_revisions_are_accepted_and_rejected_as_expected() -> None:
    wrong = list[str]()
    for path in revisions():
        if path.stem in OTHERWISE:
            continue
        for accept, ending in (("all", "Accepted"), ("none", "Rejected")):
            expected = path.with_name(f"{path.stem}-{ending}.docx")
            resolved = engine.resolve(path.read_bytes(), "all" if accept == "all" else "none")
            if expected.exists() and shape(resolved) != shape(expected.read_bytes()):
                wrong.append(f"{path.stem} {ending}")
    assert not wrong


def test_tracked_revisions_are_merged_as_they_were_tracked() -> None:
    wrong = list[str]()
    for path in revisions():
        copy = path.read_bytes()
        base = engine.resolve(copy, "none")
        made, read = merged(base, copy)
        wrong += [f"{path.stem}: {item.text}" for item in read.not_placed]
        if shape(engine.resolve(made, "none")) != shape(base):
            wrong.append(f"{path.stem} rejected")
        if path.stem not in CELLS_STAY and shape(engine.resolve(made, "all")) != shape(engine.resolve(copy, "all")):
            wrong.append(f"{path.stem} accepted")
    assert not wrong


def test_accepted_revisions_are_found_without_tracking() -> None:
    wrong = list[str]()
    for path in revisions():
        accepted, base = (engine.resolve(path.read_bytes(), "all"), engine.resolve(path.read_bytes(), "none"))
        made, read = merged(base, accepted)
        if read.not_placed or texts(engine.resolve(made, "none")) != texts(base):
            wrong.append(f"{path.stem} rejected")
        if [t for t in texts(engine.resolve(made, "all")) if t] != [t for t in texts(accepted) if t]:
            wrong.append(f"{path.stem} accepted")
    assert not wrong


class Reviewed:
    """One set of drafts that many reviewers tracked on the same text, merged with one name for each file."""

    def __init__(self, name: str) -> None:
        self.files = {
            f"Mission {path.stem[-2:]}": path.read_bytes() for path in sorted(corpus("reviewers", name).glob("*.docx"))
        }
        first = next(iter(self.files.values()))
        self.base = engine.resolve(first, "none")
        self.copies = {n: engine.read_returned_copy(data, self.base, n) for n, data in self.files.items()}
        self.contributions = [engine.Contribution(n, c.edits, c.remarks) for n, c in self.copies.items()]
        self.made = engine.consolidate(self.base, self.contributions)


@lru_cache(maxsize=1)
def reviewed(name: str) -> Reviewed:
    return Reviewed(name)


@pytest.mark.parametrize("name", REVIEWERS)
def test_rejecting_all_reviewers_gives_their_common_text(name: str) -> None:
    given = reviewed(name)
    assert shape(engine.resolve(given.made.docx, "none")) == shape(given.base)


@pytest.mark.parametrize("name", REVIEWERS)
def test_accepting_one_reviewer_gives_that_reviewers_text(name: str) -> None:
    given = reviewed(name)
    for organisation, data in given.files.items():
        own = [t for t in texts(engine.resolve(data, "all")) if t]
        assert [t for t in texts(engine.resolve(given.made.docx, [organisation])) if t] == own, organisation


@pytest.mark.parametrize("name", REVIEWERS)
def test_nothing_of_the_reviewers_is_lost(name: str) -> None:
    given = reviewed(name)
    for organisation, copy in given.copies.items():
        assert not copy.not_placed, organisation
        assert len([r for r in given.made.remarks if r.organisation == organisation]) == len(copy.remarks)
    named = sum(len(e.organisations) for e in given.made.edits)
    assert named == sum(len(c.edits) for c in given.copies.values())


@pytest.mark.parametrize("name", REVIEWERS)
def test_the_same_reviewers_give_the_same_bytes(name: str) -> None:
    given = reviewed(name)
    again = engine.consolidate(given.base, list(reversed(given.contributions)))
    assert again == given.made
