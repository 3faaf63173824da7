"""A copy that another program saved says nothing new by itself; what people changed in it is found all the same."""

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from consult import engine
from consult.engine import ooxml
from consult.errors import Invalid
from tests.engine import programs
from tests.engine.programs import Said, members, packed, parsed, with_comments, with_program, without_comments
from tests.engine.specimens import draft, edit, specimen_draft, texts, tracked_copy
from tests.tools import need, office_saves, shared_documents

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "60"))
RESAVED = int(os.environ.get("PROVE_RESAVED", "24"))  # how many real files LibreOffice saves again; 200 for all
NAME = "Mission A"
Program = Callable[[bytes], bytes]
PROGRAMS: dict[str, Program] = {
    "a spell checker": programs.cut_and_spell_checked,
    "Word for the web": programs.saved_by_word_for_the_web,
    "Google Docs": programs.saved_by_google_docs,
    "python-docx": programs.saved_by_python_docx,
}


def read(copy: bytes, base: bytes) -> engine.ReturnedCopy:
    return engine.read_returned_copy(copy, base, NAME)


def is_quiet(copy: engine.ReturnedCopy) -> bool:
    """Return whether nothing new was found in a copy."""
    return not (copy.edits or copy.remarks or copy.not_placed)


@pytest.mark.parametrize("program", PROGRAMS)
def test_saving_alone_is_no_edit(program: str) -> None:
    base = with_comments(specimen_draft(), [Said("Each mission", "Own", "Lead"), Said("Tasks", "Own too", "Lead")])
    copy = read(PROGRAMS[program](base), base)
    assert is_quiet(copy), (copy.edits, copy.remarks)
    assert copy.matched == 1.0


@pytest.mark.parametrize("program", PROGRAMS)
def test_edits_and_comments_of_people_are_found_behind_a_programs_noise(program: str) -> None:
    base = specimen_draft()
    changes = [edit(base, "two working", "five working"), edit(base, "Every mission", "Each mission")]
    final = engine.resolve(tracked_copy(base, changes, "Ana"), "all")
    copy = PROGRAMS[program](with_comments(final, [Said("five", "Two is too short.")]))
    found = read(copy, base)
    assert [(e.old, e.new) for e in found.edits] == [("two", "five"), ("Every", "Each")]
    assert [(r.text, r.quote) for r in found.remarks] == [("Two is too short.", "five")]


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(PROGRAMS)), st.integers(1, 7), st.sampled_from(["new words", "x", ""]), st.randoms())
def test_any_words_changed_in_a_resaved_copy_are_found(
    program: str, which: int, new: str, chance: random.Random
) -> None:
    base = specimen_draft()
    lines = [p for p in engine.read_draft(base).paragraphs if p.text and engine.ATOM not in p.text]
    line = lines[which % len(lines)]
    words = line.text.split(" ")
    first = chance.randrange(len(words))
    old = words[first]
    if not any(character.isalnum() for character in old):
        return
    start = sum(len(word) + 1 for word in words[:first])
    kind = "replace" if new else "delete"
    change = engine.Edit(line.key, kind, start, start + len(old), old, new, NAME, NAME)  # type: ignore[arg-type]
    final = engine.resolve(tracked_copy(base, [change], NAME), "all")
    found = read(PROGRAMS[program](final), base)
    again = engine.consolidate(base, [engine.Contribution(NAME, found.edits)]).docx
    assert found.edits
    assert [t.strip() for t in texts(engine.resolve(again, "all")) if t] == [t.strip() for t in texts(final) if t]


def test_autocorrection_is_told_as_typographic() -> None:
    base = draft('He said "no" to Article 5 - and the mission\'s note...', "Nothing here.")
    found = read(programs.autocorrected(base), base)
    assert found.edits
    assert all(e.typographic for e in found.edits)
    real = read(programs.autocorrected(draft('He said "yes" to Article 5 - and', "Nothing here.")), base)
    assert not all(e.typographic for e in real.edits)


def test_a_copy_saved_in_final_view_has_the_same_edits_untracked() -> None:
    base = specimen_draft()
    tracked = tracked_copy(base, [edit(base, "two working", "five working")], "Ana")
    final = read(engine.resolve(tracked, "all"), base)
    assert [(e.old, e.new, e.tracked) for e in final.edits] == [("two", "five", False)]


# ---- what counts as a program's noise -------------------------------------------------------------------------------


def changed(data: bytes, change: Callable[[etree._Element], None]) -> bytes:
    parts = members(data)
    root = parsed(parts["word/document.xml"])
    change(root)
    parts["word/document.xml"] = etree.tostring(root)
    return packed(parts)


def blanks_at_the_edges(root: etree._Element) -> None:
    for paragraph in root.iter(ooxml.P):
        texts_in = list(paragraph.iter(ooxml.TEXT))
        if texts_in:
            ooxml.set_text(texts_in[-1], f"{texts_in[-1].text}  ")


def an_empty_paragraph(root: etree._Element) -> None:
    next(root.iter(ooxml.P)).addnext(etree.Element(ooxml.P))


@pytest.mark.parametrize("noise", [blanks_at_the_edges, an_empty_paragraph])
def test_blanks_count_in_a_copy_of_the_same_program_only(noise: Callable[[etree._Element], None]) -> None:
    base = specimen_draft()
    assert not is_quiet(read(changed(base, noise), base))
    assert is_quiet(read(with_program(changed(base, noise), "LibreOffice/7.4"), base))


def test_a_blank_between_words_counts_in_every_copy() -> None:
    def part(root: etree._Element) -> None:
        for text in root.iter(ooxml.TEXT):
            ooxml.set_text(text, (text.text or "").replace("within two", "with in two"))

    base = specimen_draft()
    found = read(with_program(changed(base, part), "LibreOffice/7.4"), base)
    assert [(e.old, e.new) for e in found.edits] == [("within", "with in")]


FIELD = (
    '<w:r xmlns:w="{w}"><w:fldChar w:fldCharType="begin"/></w:r>',
    '<w:r xmlns:w="{w}"><w:instrText> {code} </w:instrText></w:r>',
    '<w:r xmlns:w="{w}"><w:fldChar w:fldCharType="separate"/></w:r>',
    '<w:r xmlns:w="{w}"><w:t>{shows}</w:t></w:r>',
    '<w:r xmlns:w="{w}"><w:fldChar w:fldCharType="end"/></w:r>',
)


def with_field(code: str, shows: str, after: str = "Tasks") -> bytes:
    """Return the specimen with a field behind some words; without a code, with its result as text."""

    def change(root: etree._Element) -> None:
        run = next(t for t in root.iter(ooxml.TEXT) if t.text == after).getparent()
        for xml in reversed(FIELD if code else FIELD[3:4]):
            made = etree.fromstring(xml.format(w=ooxml.W, code=code.replace('"', "&quot;"), shows=shows))
            run.addnext(made)

    return changed(specimen_draft(), change)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("PAGE  \\* MERGEFORMAT", "3"), ("PAGE", "4")),
        (("DOCPROPERTY  Kind  \\* MERGEFORMAT", "x"), ('DOCPROPERTY "Kind"', "x")),
        (("REF here \\h", "page 3"), ("", "page 3")),
        (("", "the Protocol"), ('HYPERLINK "https://example.org"', "the Protocol")),
        (('HYPERLINK "https://example.org"', "the Protocol"), ("", "the Protocol")),
    ],
)
def test_a_field_written_otherwise_is_no_edit(ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    base, copy = with_field(*ours), with_program(with_field(*theirs), "LibreOffice/7.4")
    found = read(copy, base)
    assert is_quiet(found), found.edits


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("PAGE", "3"), ("NUMPAGES", "3")),
        (("REF here", "page 3"), ("", "page 4")),
        (("", "the Protocol"), ('HYPERLINK "https://example.org"', "the Palermo Protocol")),
        (('HYPERLINK "https://example.org"', "a link"), ('HYPERLINK "https://example.net"', "a link")),
    ],
)
def test_another_field_or_another_text_is_an_edit(ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    base, copy = with_field(*ours), with_program(with_field(*theirs), "LibreOffice/7.4")
    assert len(read(copy, base).edits) == 1


# ---- real programs --------------------------------------------------------------------------------------------------


def real_files(count: int) -> dict[str, bytes]:
    """Return real files of several kinds that we can read, spread evenly, without those LibreOffice cannot stand for."""
    corpus = shared_documents() / "corpus"
    chosen: dict[str, bytes] = {}
    for kind, share in (("programs", 0.55), ("revisions", 0.25), ("comments", 0.2)):
        paths = sorted((corpus / kind).glob("*.docx"))
        random.Random(7).shuffle(paths)
        readable = 0
        for path in paths:
            if readable >= max(1, int(count * share)):
                break
            data = path.read_bytes()
            if len(data) < 120_000 and is_readable(data):
                chosen[f"{kind}-{path.stem}"] = data
                readable += 1
    return chosen


def is_readable(data: bytes) -> bool:
    try:
        return bool(engine.read_draft(data).paragraphs)
    except Invalid:
        return False


# What LibreOffice 7.4 changes itself, looked at one by one.
REALLY_CHANGED = {
    "programs-docx4j__2010-sample1": "an equation is lost where its equation editor is not installed",
    "programs-docx4j__decracdiscrim1": "frames in footers become text boxes",
    "programs-docx4j__NumberingIndents-OUT": "frames in footers become text boxes",
    "programs-docx4j__invoice": "a bound control is filled from custom XML",
    "programs-docx4j__hyperlink-binding-test": "a bound control is filled from custom XML",
    "programs-poi__MultipleBodyBug": "invalid: of several bodies Word reads the first only",
    "programs-poi__Tika-792": "tracked changes are put into another paragraph",
    "programs-poi__bug57031": "a footer is filled from another one",
    "revisions-RA001-Tracked-Revisions-01": "the rows of tracked tables change their tables",
    "revisions-RP001-Tracked-Revisions-02-Accepted": "a frame in a header becomes a text box",
    "revisions-RP004-Deleted-Text-in-CC": "a tracked deletion in a content control is undone",
    "revisions-RP013-Deleted-Math-Control-Char": "an equation is lost where its equation editor is not installed",
    "revisions-RP020-Inserted-Field-Code": "today's date is put in",
    "comments-Comment017": "the picture of a comment is put into the text",
    "comments-Comment020": "a row that was inserted and deleted is deleted only",
    "comments-Comment056": "the picture of a comment is put into the text",
    "comments-Comment057": "the picture of a comment is put into the text",
    "comments-Comment040": "two comments with one id become one text",
}


@pytest.mark.office
@pytest.mark.shared
def test_files_saved_again_by_libreoffice_have_no_edits(tmp_path: Path) -> None:
    files = {**real_files(RESAVED), "specimen": specimen_draft(), "fields": with_field("PAGE \\* MERGEFORMAT", "2")}
    saved = office_saves(tmp_path, files)
    assert len(saved) >= len(files) * 0.9, sorted(files.keys() - saved.keys())
    noisy = {}
    for name, again in saved.items():
        if name in REALLY_CHANGED:
            continue
        try:
            found = read(again, files[name])
        except Invalid as refusal:
            noisy[name] = str(refusal)
            continue
        if not is_quiet(found):
            noisy[name] = str((found.edits[:2], found.remarks[:2], found.not_placed[:2]))
    assert noisy == {}


@pytest.mark.office
def test_what_people_change_in_libreoffice_is_found(tmp_path: Path) -> None:
    base = specimen_draft()
    changes = [edit(base, "two", "five"), edit(base, "Every", "Each")]
    final = engine.resolve(tracked_copy(base, changes, "Ana"), "all")
    sent = {"untracked": final, "tracked": tracked_copy(base, changes, "Ana"),
            "commented": with_comments(base, [Said("Each mission", "Who?"), Said("Each mission", "All", answers=0)])}  # fmt: skip
    saved = office_saves(tmp_path, sent)
    for name in ("untracked", "tracked"):
        assert [(e.old, e.new) for e in read(saved[name], base).edits] == [("two", "five"), ("Every", "Each")]
    remarks = read(saved["commented"], base).remarks
    assert {(r.text, r.quote) for r in remarks} == {("Who?", "Each mission"), ("All", "Each mission")}


@pytest.mark.office
def test_what_pandoc_writes_anew_has_the_same_words() -> None:
    base = draft(
        "# Purpose", "The missions co-operate.", "* The victim decides.", [["Task", "Who"], ["a", "b"]], "End."
    )
    command = [need("pandoc"), "-f", "docx", "-t", "docx", "-o", "-"]
    run = subprocess.run(command, input=base, capture_output=True, check=True)
    found = read(run.stdout, base)
    assert [e for e in found.edits if e.new.strip() or e.old.strip()] == []
    assert without_comments(run.stdout)
