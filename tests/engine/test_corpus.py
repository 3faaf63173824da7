"""Public test files of other projects, read in place: pairs of documents, tracked revisions, real drafts of many reviewers."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from consult import engine
from consult.engine.package import open_package
from tests.engine.specimens import texts
from tests.tools import other_engine, pandoc, shared_documents

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


# ---- judges that are not ours ---------------------------------------------------------------------------------------


def consolidated_files() -> Iterator[tuple[str, bytes, bytes, bytes]]:
    """Yield for each pair and each tracked file: its name, the base, the copy, the consolidated file."""
    for line, before, after in pairs():
        yield line.partition("\t")[0], before, after, merged(before, after)[0]
    for path in revisions():
        base = engine.resolve(path.read_bytes(), "none")
        yield path.stem, base, path.read_bytes(), merged(base, path.read_bytes())[0]


def body_texts(data: bytes) -> list[str]:
    """Return what the paragraphs of the text itself say: some programs leave notes behind that nothing refers to."""
    return [text for p in engine.read_draft(data).paragraphs if p.key.startswith("p") and (text := p.text.strip())]


@pytest.mark.office
def test_pandoc_reads_before_and_after_out_of_every_pair() -> None:
    wrong = list[str]()
    for line, before, after in pairs():
        if b"<m:oMath" in document_xml(before) + document_xml(after):
            continue  # pandoc leaves out equations in tracked changes
        made, _ = merged(before, after)
        for changes, expected in (("reject", before), ("accept", after)):
            if words(pandoc(made, changes)) != words(pandoc(expected, changes)):
                wrong.append(f"{line} {changes}")
    assert not wrong


def words(plain: str) -> list[str]:
    """Return pandoc's words without the lines it draws around tables."""
    return [word for word in plain.split() if word.strip("-+=|:")]


def document_xml(data: bytes) -> bytes:
    package = open_package(data)
    return package.read(package.main_part)


def test_another_engine_accepts_and_rejects_as_we_do() -> None:
    other = other_engine()
    wrong = list[str]()
    for name, _, _, made in consolidated_files():
        if body_texts(other.docx_diff_accept_revisions(made)) != body_texts(engine.resolve(made, "all")):
            wrong.append(f"{name} accepted")
        if body_texts(other.docx_diff_reject_revisions(made)) != body_texts(engine.resolve(made, "none")):
            wrong.append(f"{name} rejected")
    assert not wrong


def test_another_engines_validator_finds_nothing_new() -> None:
    wrong = list[str]()
    for name, base, copy, made in consolidated_files():
        # What a copy brings along (an equation, a deleted field) may be found in it as well.
        known = findings(base) | findings(copy)
        new = (f for f in findings(made) - known if not f.startswith(NOT_FAULTS))
        wrong += [f"{name}: {finding}" for finding in new]
    assert not wrong


# What only says that pages may show an equation otherwise, and what overlooks the instruction of a field that is deleted.
NOT_FAULTS = ("render.unsupported_content", "structure.field_instruction_missing")


def findings(data: bytes) -> set[str]:
    """Return what the validator of the other engine says of a file, each kind once."""
    return {f"{f.code}: {f.message}" for f in other_engine().verify_deliverable(data).findings}
