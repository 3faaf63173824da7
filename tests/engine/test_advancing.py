"""The next draft: accepted proposals made, looking as they should, without a mark of them, and nothing else touched."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.shared import Inches

from consult import engine
from consult.engine import ooxml
from consult.engine.package import open_package, parse_xml
from consult.errors import Invalid
from tests.engine.specimens import draft, edit, specimen_draft, texts, tracked_copy
from tests.tools import shared_documents

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def png() -> bytes:
    """Return a picture of one pixel."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    )
    told = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(told)


PIXEL = png()


def edited(data: bytes, change: Callable[[Any], None]) -> bytes:
    """Return a document after `change` has worked on it as python-docx opens it."""
    document, buffer = docx.Document(io.BytesIO(data)), io.BytesIO()
    change(document)
    document.save(buffer)
    return buffer.getvalue()


def accepted(old: bytes, new: bytes) -> tuple[engine.Edit, ...]:
    """Return the edits that make `new` of `old`, as proposals of one organisation."""
    return engine.read_returned_copy(new, old, "MDA 1", enough=0, formatting=True).edits


def advanced(old: bytes, new: bytes) -> bytes:
    return engine.write_next_draft(old, accepted(old, new))


def marks(data: bytes) -> list[str]:
    """Return the tags of everything in a document that is a tracked change."""
    package = open_package(data)
    tags = (*ooxml.INSERTED_TAGS, *ooxml.DELETED_TAGS, *(ooxml.w(f"{n}Change") for n in ("rPr", "pPr")))
    found = [e for name in package.names if name.endswith(".xml") for e in parse_xml(package.read(name)).iter(*tags)]
    ranges = [e for e in parse_xml(package.read(package.main_part)).iter() if "Range" in str(e.tag)]
    return [e.tag.rpartition("}")[2] for e in (*found, *ranges)]


def test_replaced_words_look_like_the_words_they_replace() -> None:
    def make_bold(document: Any) -> None:
        paragraph = document.add_paragraph("Each mission informs ")
        paragraph.add_run("the co-ordinator").bold = True
        paragraph.add_run(" within two days.")

    base = edited(draft("Scope"), make_bold)
    after = engine.write_next_draft(
        base, [edit(base, "co-ordinator", "secretariat", "1"), edit(base, "two", "five", "2")]
    )
    runs = docx.Document(io.BytesIO(after)).paragraphs[1].runs
    assert "".join(r.text for r in runs) == "Each mission informs the secretariat within five days."
    assert "".join(r.text for r in runs if r.bold) == "the secretariat"
    assert marks(after) == []


def test_new_paragraphs_rows_tables_pictures_and_formats_come_in_as_the_copy_has_them() -> None:
    def change(document: Any) -> None:
        document.paragraphs[3].insert_paragraph_before("A third rule.", style="List Bullet")
        row = document.tables[0].add_row()
        row.cells[0].text, row.cells[1].text = "Report", "Every autumn"
        document.paragraphs[2].runs[0].italic = True
        document.add_picture(io.BytesIO(PIXEL), width=Inches(1))
        table = document.add_table(1, 2)
        table.rows[0].cells[1].text = "New table"
        document.add_paragraph("The end.")

    base = specimen_draft()
    new = edited(base, change)
    after = advanced(base, new)
    assert marks(after) == []
    assert texts(after) == texts(new)
    made, wanted = docx.Document(io.BytesIO(after)), docx.Document(io.BytesIO(new))
    assert [p.style.name for p in made.paragraphs if p.text] == [p.style.name for p in wanted.paragraphs if p.text]
    assert made.paragraphs[2].runs[0].italic
    assert len(made.inline_shapes) == 1
    assert any(part.blob == PIXEL for part in made.part.package.iter_parts())
    assert [[c.text for c in r.cells] for t in made.tables for r in t.rows] == [
        [c.text for c in r.cells] for t in wanted.tables for r in t.rows
    ]


def test_a_note_that_is_accepted_away_goes_with_its_text_and_a_new_one_comes_with_it() -> None:
    base, other = draft("A text without.", "Other words here."), draft("A text^ without.", "Other words here.")
    gained = advanced(base, other)
    assert [p.text for p in engine.read_draft(gained).paragraphs if p.kind == "footnote"] == [" A note on this."]
    lost = advanced(other, base)
    assert [p.text for p in engine.read_draft(lost).paragraphs if p.kind == "footnote"] == []


def test_a_paragraph_that_is_moved_is_there_once() -> None:
    lines = [
        "The Parties shall exchange information.",
        "Each mission names a focal point.",
        "Data are kept short by all.",
    ]
    after = advanced(draft(*lines, "End."), draft(lines[1], lines[2], lines[0], "End."))
    assert texts(after) == [lines[1], lines[2], lines[0], "End."]
    assert marks(after) == []


def test_untouched_parts_keep_their_bytes() -> None:
    base = specimen_draft()
    before, after = (
        open_package(base),
        open_package(engine.write_next_draft(base, [edit(base, "welcome", "awaited", "1")])),
    )
    assert before.names == after.names
    assert [name for name in before.names if before.read(name) != after.read(name)] == [before.main_part]


def test_no_accepted_proposal_gives_the_same_bytes() -> None:
    base = specimen_draft()
    assert engine.write_next_draft(base, []) == base


@pytest.mark.parametrize("author", ["Lead", "accepted000000", "MDA 1"])
def test_tracked_changes_and_comments_of_the_draft_itself_stay_as_they_are(author: str) -> None:
    plain = specimen_draft()
    own = [
        edit(plain, "two working days", "one week"),
        engine.Edit("p4", "paragraph-deleted", 0, 19, "The victim decides.", ""),
        engine.Edit("p3", "paragraph-inserted", 0, 0, "", "A rule of the lead's own."),
    ]
    remark = engine.Remark("p3", 5, 12, "Still open.", "mission", author, author)
    base = tracked_copy(plain, own, author, [remark])
    after = engine.write_next_draft(
        base, [edit(base, "region", "area", "MDA 1"), edit(base, "informs", "tells", "MDA 2")]
    )
    assert engine.authors_of(after) == (author,)
    assert sorted(marks(after)) == sorted(marks(base))
    assert texts(engine.resolve(after, "none")) == [
        t.replace("region", "area").replace("informs", "tells") for t in texts(plain)
    ]
    assert texts(engine.resolve(after, "all")) == [
        t.replace("region", "area").replace("informs", "tells") for t in texts(engine.resolve(base, "all"))
    ]
    assert open_package(after).read("word/comments.xml") == open_package(base).read("word/comments.xml")


def test_words_of_a_change_of_the_drafts_own_can_be_accepted_away() -> None:
    plain = specimen_draft()
    base = tracked_copy(plain, [edit(plain, "two working days", "one week and a day")], "Lead")
    after = engine.write_next_draft(base, [edit(base, "week and", "month and", "MDA 1")])
    assert engine.authors_of(after) == ("Lead",)
    assert "within one month and a day." in texts(engine.resolve(after, "all"))[2]


def test_proposals_that_contradict_each_other_are_refused_by_paragraph() -> None:
    base = specimen_draft()
    with pytest.raises(Invalid, match="paragraph 3") as refusal:
        engine.write_next_draft(base, [edit(base, "two", "one", "MDA 1"), edit(base, "two", "three", "BIH 1")])
    assert refusal.value.reason == "accepted-changes-conflict"


def test_the_redline_against_the_last_draft_shows_what_was_accepted() -> None:
    base = specimen_draft()
    edits = [edit(base, "two working days", "one week", "MDA 1"), edit(base, "welcome", "awaited", "BIH 2")]
    redline = engine.compare_drafts(base, engine.write_next_draft(base, edits), "Lead")
    assert sorted((e.old, e.new) for e in redline.edits) == sorted((e.old, e.new) for e in edits)


@pytest.mark.shared
def test_every_real_document_becomes_its_next_version() -> None:
    folder: Path = shared_documents() / "corpus" / "pairs"
    for line in (folder / "PAIRS.tsv").read_text("utf-8").splitlines():
        old, new = (engine.resolve((folder / name).read_bytes(), "all") for name in line.split("\t")[:2])
        after = advanced(old, new)
        assert marks(after) == marks(old), line
        assert [t for t in texts(after) if t] == [t for t in texts(new) if t], line
