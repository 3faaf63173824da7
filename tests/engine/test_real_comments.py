"""The margin comments of real files, and what other readers see of ours."""

import io
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest

from consult import engine
from tests.engine.marginalia import THREAD, kept, loose_ends, merged, told
from tests.engine.programs import Said, with_comments, without_comments
from tests.engine.specimens import specimen_draft
from tests.tools import judged_faults, need, schema_faults, shared_documents

NAME = "Mission A"


# ---- real files -----------------------------------------------------------------------------------------------------


def corpus() -> Iterator[tuple[str, bytes, bytes]]:
    """Yield real files with comments, each with its base: without comments, and with its changes rejected as well."""
    for path in sorted((shared_documents() / "corpus" / "comments").glob("*.docx")):
        data = path.read_bytes()
        bare = without_comments(data)
        yield f"{path.stem} as it reads", data, bare
        yield f"{path.stem} before its changes", data, engine.resolve(bare, "none")


def said_again(comments: Counter[tuple[str, str, str, bool]]) -> Counter[tuple[str, str, bool]]:
    """Return comments without their place, and without what we say of a place that is gone."""
    found: Counter[tuple[str, str, bool]] = Counter()
    for (text, _, to, done), n in comments.items():
        found[text.rpartition("which is not in this text] ")[2], to.rpartition("] ")[2], done] += n
    return found


@pytest.mark.shared
def test_every_comment_of_real_files_is_kept_on_the_same_words() -> None:
    files = comments = elsewhere = 0
    for name, data, base in corpus():
        read = engine.read_returned_copy(data, base, NAME)
        made = engine.consolidate(base, [engine.Contribution(NAME, read.edits, read.remarks)]).docx
        before, after = kept(data), kept(made)
        assert said_again(before) == said_again(after), name
        assert loose_ends(made) <= loose_ends(data), name
        assert [r.author for r in read.remarks] == [c.author for c in told(data)], name
        files, comments = files + 1, comments + before.total()
        elsewhere += (before - after).total()
    assert (files, comments) == (128, 1946)
    assert elsewhere == 5  # in a table that was added and deleted again


@pytest.mark.shared
def test_real_files_of_one_draft_are_merged_with_all_their_comments(tmp_path: Path) -> None:
    of_one: dict[tuple[str, ...], list[bytes]] = {}
    for name, data, base in corpus():
        if name.endswith("reads"):
            of_one.setdefault(tuple(p.text for p in engine.read_draft(base).paragraphs), []).append(data)
    for versions in of_one.values():
        base = without_comments(versions[0])
        copies = [(f"{letter} {n}", data) for n, data in enumerate(versions) for letter in "AB"]
        made = merged(base, *copies)
        for name, data in copies:
            assert kept(made, name) == kept(data)
        assert loose_ends(made) <= loose_ends(base)
    assert max(len(versions) for versions in of_one.values()) >= 3


@pytest.mark.shared
def test_consolidated_real_files_follow_the_schema_and_pass_the_gate(tmp_path: Path) -> None:
    for number, (name, data, base) in enumerate(corpus()):
        if number % 12:
            continue
        made = merged(base, (NAME, data))
        files = [tmp_path / "base.docx", tmp_path / "made.docx"]
        for file, content in zip(files, (base, made), strict=True):
            file.write_bytes(content)
        before, after = schema_faults(*files)
        assert after <= before, name
        assert judged_faults(made, base) == [], name


# ---- other readers --------------------------------------------------------------------------------------------------


def many() -> bytes:
    """Return the consolidated file of three organisations with threads, on a draft with comments of its own."""
    own = [Said("Each mission", "Own question", "Lead")]
    base = with_comments(specimen_draft(), own)
    copy = with_comments(specimen_draft(), (*own, *(
        Said(s.words, s.text, s.author, s.answers + 1 if s.answers >= 0 else -1, s.resolved, s.at) for s in THREAD
    )))  # fmt: skip
    return merged(base, *((name, copy) for name in ("Mission A", "Mission B", "Mission C")))


def test_python_docx_reads_every_comment() -> None:
    made = many()
    read = docx.Document(io.BytesIO(made)).comments
    ours = Counter((c.author, c.text) for c in told(made))
    assert Counter((c.author, c.text) for c in read) == ours
    assert ours.total() == 1 + 3 * len(THREAD)


@pytest.mark.office
def test_pandoc_reads_every_comment_on_the_same_words() -> None:
    made = many()
    run = subprocess.run(
        [need("pandoc"), "--track-changes=all", "-f", "docx", "-t", "json"], input=made, capture_output=True, check=True
    )
    found: Counter[tuple[str, str]] = Counter()

    def look(node: object) -> None:
        if isinstance(node, dict):
            if node.get("t") == "Span" and "comment-start" in node["c"][0][1]:
                found[dict(node["c"][0][2])["author"], plain(node["c"][1])] += 1
            for value in node.values():
                look(value)
        elif isinstance(node, list):
            for value in node:
                look(value)

    def plain(node: object) -> str:
        if isinstance(node, list):
            return "".join(map(plain, node))
        if isinstance(node, dict):
            return (
                node["c"] if node.get("t") == "Str" else " " if node.get("t") == "Space" else plain(node.get("c", ""))
            )
        return ""

    look(json.loads(run.stdout))
    assert Counter({(a, "".join(t.replace("¶", "").split())): n for (a, t), n in found.items()}) == Counter(
        (c.author, "".join(c.text.split())) for c in told(made)
    )
