"""Files that leave carry their text and nothing else: what stays, what goes, and that it still is a Word file."""

import hashlib
import sys
import zipfile
from functools import cache
from io import BytesIO

import pytest
from lxml import etree

from consult import engine
from consult.errors import Invalid
from tests.engine.bases import bases, png
from tests.engine.canaries import PLACES, SEEN, planted
from tests.engine.canary_files import GIF, JPEG
from tests.engine.hostile import macros
from tests.engine.planting import open_pack, w
from tests.engine.scanners import found_in_bytes, found_in_parts
from tests.engine.specimens import FIXED, edit, specimen_draft, texts, tracked_copy
from tests.tools import need, office, pandoc, shared_documents

IDENTITY = engine.CopyIdentity("0" * 64, "A consultation", 1, "A draft")
SCANNERS = (found_in_bytes, found_in_parts)
NAMES = ("Mission A", "Consolidation")
SHARED = (
    "draft.docx",
    "corpus/programs/docx4j__toc.docx",
    "corpus/programs/poi__footnotes.docx",
    "corpus/programs/poi__table_footnotes.docx",
    "corpus/programs/tika__footnotes.docx",
    "corpus/programs/poi__VariousPictures.docx",
)


@cache
def base(name: str) -> bytes:
    if name in bases():
        return bases()[name]
    return (shared_documents() / name).read_bytes()


def outputs(data: bytes) -> dict[str, bytes]:
    """Return every file that goes out, made of this draft."""
    paragraph = next(
        p for p in engine.read_draft(data).paragraphs if p.number and p.kind in ("body", "list", "heading")
    )
    start = next(i for i, c in enumerate(paragraph.text) if c != engine.ATOM and not c.isspace())
    old = paragraph.text[start : start + 3].replace(engine.ATOM, "")
    one = engine.Edit(paragraph.key, "replace", start, start + len(old), old, "New words", "Mission A", "A Person")
    said = engine.Contribution(
        "Mission A", (one,), (engine.Remark(paragraph.key, 0, 2, "A remark", author="A Person"),)
    )
    made = engine.consolidate(data, [said], date=FIXED)
    head, rows = engine.MatrixHead("2026-11-23", "A draft"), engine.matrix_rows(engine.read_draft(data), made)
    return {
        "clean text": engine.clean(data).docx,
        "Word copy": engine.release(engine.write_copy(data, IDENTITY)).docx,
        "consolidated file": engine.release(made.docx, names=NAMES).docx,
        "matrix.docx": engine.write_matrix_docx(head, rows),
        "matrix.xlsx": engine.write_matrix_xlsx(head, rows),
        "next draft": engine.clean(engine.write_next_draft(data, [one])).docx,
    }


def hits(data: bytes) -> tuple[int, list[tuple[str, str, str]]]:
    """Return how many words were looked for in how many outputs, and where one was found though it must not be."""
    hidden, words = planted(data)
    for scan in SCANNERS:
        assert scan(hidden, words.values()) == set(words.values()), scan.__name__
    found, looked = [], 0
    for output, content in outputs(hidden).items():
        allowed = SEEN if output in ("Word copy", "consolidated file") else frozenset[str]()
        for scan in SCANNERS:
            there = scan(content, words.values())
            looked += len(words)
            found += [(output, scan.__name__, p) for p, word in words.items() if word in there and p not in allowed]
    return looked, found


@pytest.mark.parametrize("name", list(bases()))
def test_nothing_rides_along(name: str) -> None:
    looked, found = hits(base(name))
    print(f"{len(PLACES)} places in “{name}”: {looked} times looked for, {len(found)} found")  # noqa: T201 - the count
    assert found == []


@pytest.mark.shared
@pytest.mark.parametrize("name", SHARED)
def test_nothing_rides_along_in_real_files(name: str) -> None:
    looked, found = hits(base(name))
    print(f"{len(PLACES)} places in “{name}”: {looked} times looked for, {len(found)} found")  # noqa: T201 - the count
    assert found == []


def test_there_are_places_and_documents_enough() -> None:
    assert len(PLACES) >= 110
    assert len(bases()) >= 10


# ---- what stays -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(bases()))
def test_the_text_stays(name: str) -> None:
    data = base(name)
    assert texts(engine.clean(data).docx) == texts(data)
    assert texts(engine.release(data).docx) == texts(data)


@pytest.mark.parametrize("name", list(bases()))
def test_what_a_reader_sees_stays_when_all_places_are_planted(name: str) -> None:
    """Other programs read the cleaned file as they read the planted one with changes accepted and hidden words gone."""
    hidden, words = planted(base(name))
    before = [t for t in texts(engine.resolve(hidden, "all"), margins=False) if not any(x in t for x in words.values())]
    after = texts(engine.clean(hidden).docx, margins=False)
    missing = [t for t in before if t and t not in after and engine.ATOM not in t]
    assert missing == []


def test_the_text_reads_as_with_all_changes_accepted() -> None:
    data = specimen_draft()
    copy = tracked_copy(data, [edit(data, "two working days", "three days", "Mission A")], "Mission A")
    assert texts(engine.clean(copy).docx) == texts(engine.resolve(copy, "all"))
    assert engine.authors_of(engine.clean(copy).docx) == ()


def test_headings_lists_and_cells_stay_what_they_are() -> None:
    for data in (base("headings, list, table, footnote"), base("everything")):
        before, after = (engine.read_draft(d).paragraphs for d in (data, engine.clean(data).docx))
        assert [(p.kind, p.level, p.label, p.cell) for p in before] == [
            (p.kind, p.level, p.label, p.cell) for p in after
        ]


def test_links_fields_equations_boxes_controls_and_pages_stay() -> None:
    after = open_pack(engine.clean(base("everything")).docx)
    root = etree.tostring(after.tree("word/document.xml")).decode()
    for kept in ("w:hyperlink", "TOC \\o", "REF _Ref12345 \\h", "_Ref12345", "m:oMath", "wps:txbx", "v:textbox", "w:sdt>",
                 'w:orient="landscape"', "w:titlePg", "w:headerReference", "pic:pic"):  # fmt: skip
        assert kept in root, kept
    rels = after.parts["word/_rels/document.xml.rels"].decode()
    assert 'Target="https://www.osce.org/odihr"' in rels
    assert png() in after.parts.values()


def test_only_plain_links_lead_out_of_the_package() -> None:
    hidden, _ = planted(base("everything"))
    for content in outputs(hidden).values():
        with zipfile.ZipFile(BytesIO(content)) as archive:
            rels = b"".join(archive.read(n) for n in archive.namelist() if n.endswith(".rels"))
        outside = [e for e in rels.split(b"<Relationship ") if b'"External"' in e]
        assert all(b"/hyperlink" in e and b'Target="http' in e for e in outside)


def test_cleaning_twice_changes_nothing_more() -> None:
    for data in (specimen_draft(), base("everything")):
        once = engine.clean(data).docx
        assert engine.clean(once).docx == once
        assert engine.clean(data).docx == once


def test_what_was_left_out_is_told_one_line_a_kind() -> None:
    hidden, _ = planted(base("text only"))
    told = {notice.code: notice.message for notice in engine.clean(hidden).removed}
    assert told["comment"] == "Margin comments: 5"
    assert told["external"].endswith(": 3")
    assert {"hidden", "field", "embedded", "binding", "people", "properties", "rsid", "style"} <= told.keys()
    assert engine.clean(engine.clean(hidden).docx).removed == ()


def test_what_is_no_word_file_is_refused() -> None:
    with pytest.raises(Invalid):
        engine.clean(macros())


# ---- pictures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "plain"), [("exif_of_a_jpeg", JPEG), ("comment_of_a_gif", GIF), ("text_of_a_png", png())]
)
def test_pictures_lose_what_they_tell_and_keep_what_they_show(place: str, plain: bytes) -> None:
    pack = open_pack(base("text only"))
    PLACES[place](pack, "Somebody")
    parts = open_pack(engine.clean(pack.packed()).docx).parts
    assert plain in parts.values()


def test_a_picture_that_does_not_follow_its_format_does_not_go_out() -> None:
    pack = open_pack(base("picture"))
    name = next(n for n in pack.parts if n.startswith("word/media/"))
    pack.parts[name] = pack.parts[name][:40]
    cleaned = engine.clean(pack.packed())
    assert not any(n.startswith("word/media/") for n in open_pack(cleaned.docx).parts)
    assert "picture" in {notice.code for notice in cleaned.removed}


# ---- markup ---------------------------------------------------------------------------------------------------------


def test_a_released_file_keeps_changes_and_comments_of_organisations() -> None:
    data = specimen_draft()
    one, other = edit(data, "two working days", "three days", "A"), edit(data, "prevent", "stop", "B")
    remark = engine.Remark(one.paragraph, 0, 4, "A reason")
    made = engine.consolidate(
        data, [engine.Contribution("A", (one,), (remark,)), engine.Contribution("B", (one, other))], date=FIXED
    )
    released = engine.release(made.docx, names=("A", "B")).docx
    assert engine.authors_of(released) == ("A", "B")
    for verdict in ("all", "none", ["A"], ["B"]):
        assert texts(engine.resolve(released, verdict)) == texts(engine.resolve(made.docx, verdict))  # type: ignore[arg-type]
    again = engine.read_returned_copy(released, data)
    assert [(r.text, r.author) for r in again.remarks] == [("A reason", "A")]


def test_persons_give_way_to_the_draft_as_author() -> None:
    data = specimen_draft()
    copy = tracked_copy(data, [edit(data, "prevent", "stop", "Ana Anić")], "Ana Anić")
    assert engine.authors_of(engine.release(copy).docx) == ("Draft",)
    assert engine.authors_of(engine.release(copy, names=["Ana Anić"]).docx) == ("Ana Anić",)


def test_answers_and_marks_of_done_comments_stay() -> None:
    data = specimen_draft()
    key = engine.read_draft(data).paragraphs[1].key
    remarks = (
        engine.Remark(key, 0, 3, "Why?", order=0, resolved=True),
        engine.Remark(key, 0, 3, "So.", order=1, reply_to=0),
    )
    made = engine.consolidate(data, [engine.Contribution("A", (), remarks)], date=FIXED).docx
    before, after = (engine.read_returned_copy(d, data).remarks for d in (made, engine.release(made, names=["A"]).docx))
    assert [(r.text, r.reply_to, r.resolved) for r in before] == [(r.text, r.reply_to, r.resolved) for r in after]
    assert any(r.reply_to >= 0 for r in after)


def test_tracking_stays_on_in_a_word_copy_only() -> None:
    copy = engine.write_copy(specimen_draft(), IDENTITY)
    released = engine.release(copy).docx
    assert engine.read_identity(released) == IDENTITY
    assert open_pack(released).part("settings").find(w("trackRevisions")) is not None
    cleaned = engine.clean(copy).docx
    assert engine.read_identity(cleaned) is None
    assert open_pack(cleaned).part("settings").find(w("trackRevisions")) is None


def released_copy(data: bytes) -> bytes:
    identity = engine.CopyIdentity(hashlib.sha256(data).hexdigest(), "A consultation", 1, "A draft")
    return engine.release(engine.write_copy(data, identity)).docx


@pytest.mark.parametrize("name", list(bases()))
def test_a_released_word_copy_comes_back_without_a_change(name: str) -> None:
    for data in (base(name), planted(base(name))[0]):
        read = engine.read_returned_copy(released_copy(data), data, "Mission A")
        assert (read.edits, read.not_placed, read.matched > 0.5) == ((), (), True)


def test_what_a_mission_writes_in_a_released_copy_is_found_and_nothing_else() -> None:
    pack = open_pack(specimen_draft())
    PLACES["hidden_words"](pack, "Geheim")
    PLACES["included_file"](pack, "Geheim")
    data = pack.packed()
    copy = released_copy(data)
    returned = tracked_copy(copy, [edit(copy, "two working days", "three days", "M")], "M")
    assert [(e.old, e.new) for e in engine.read_returned_copy(returned, data, "M").edits] == [
        ("two working days", "three days")
    ]


def test_a_word_copy_is_known_as_a_copy_of_the_draft_as_it_went_out() -> None:
    data = specimen_draft()
    identity = engine.CopyIdentity(hashlib.sha256(data).hexdigest(), "A consultation", 1, "A draft")
    sent = engine.release(data, identity=identity).docx
    assert engine.read_returned_copy(released_copy(data), sent, "M").edits == ()


# ---- judges that are not ours ---------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize("name", list(bases()))
def test_cleaned_files_follow_the_schema(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shared_documents().parent / "schemas"
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    validate = __import__("validate")
    schema = etree.XMLSchema(etree.parse(str(folder / "wml.xsd")))
    for output, content in outputs(base(name)).items():
        if output != "matrix.xlsx":
            assert list(validate.faults(BytesIO(content), schema)) == [], output


@pytest.mark.office
def test_pandoc_and_libreoffice_read_the_same_text() -> None:
    need("pandoc")
    data = base("everything")
    cleaned = engine.clean(data).docx
    assert pandoc(cleaned, "accept") == pandoc(data, "accept")
    assert office(cleaned, "txt:Text") == office(data, "txt:Text")
