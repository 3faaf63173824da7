"""What a margin comment can stand on: changed and new words, tables and rows, moved paragraphs, objects."""

import io

import docx
from lxml import etree

from consult import engine
from consult.engine import ooxml
from consult.engine.ooxml import w
from consult.engine.stories import open_document
from tests.engine.marginalia import NEW, THREAD, anchored_words, commented, kept, loose_ends, merged, told
from tests.engine.programs import MARKS, Said, members, packed, parsed, with_comments
from tests.engine.specimens import draft, edit, specimen_draft, tracked_copy
from tests.tools import judged_faults

NAME = "Mission A"


# ---- what a comment can stand on ------------------------------------------------------------------------------------


def test_comments_on_words_that_another_deletes_stay_around_them() -> None:
    base = specimen_draft()
    deletes = tracked_copy(base, [edit(base, "prevent and to combat", "")], "Ben")
    made = merged(base, (NAME, with_comments(base, THREAD)), ("Mission B", deletes))
    assert kept(engine.resolve(made, "none")) == kept(with_comments(base, THREAD))
    assert kept(engine.resolve(made, "all")).total() == len(THREAD)
    assert loose_ends(engine.resolve(made, "all")) == set()


def test_comments_on_inserted_words_stand_on_them() -> None:
    base = specimen_draft()
    changes = [edit(base, "combat", "fight"), edit(base, "two working", "three working")]
    copy = commented(base, changes, Said("fight", "On new words"), Said("prevent and to fight", "From old ones"))
    made = merged(base, (NAME, copy))
    assert kept(made) == kept(copy)
    begins = edit(base, "", "Always, ")
    begins = engine.Edit("p3", "insert", 0, 0, "", "Always, ", "Ana", "Ana")
    copy = commented(base, [begins], Said("Always, Each mission", "Both"))
    assert kept(merged(base, (NAME, copy))) == kept(copy)


NEXT = engine.Edit("p3", "paragraph-inserted", 0, 0, "", "And one more.", "Ana", "Ana", order=1)


def test_comments_on_new_paragraphs_stand_on_the_words_they_stood_on() -> None:
    base = specimen_draft()
    copy = commented(
        base, [NEW, NEXT], Said("new", "On one word"), Said("A wholly new paragraph.", "On all"), Said("more", "Next")
    )
    made = merged(base, (NAME, copy), ("Mission B", copy))
    assert kept(made, NAME) == kept(made, "Mission B") == kept(copy)
    assert loose_ends(made) == set()
    assert judged_faults(made, base) == []


def test_a_range_over_new_and_old_paragraphs_keeps_both_ends() -> None:
    base = specimen_draft()
    for first, last in (("Each mission", "wholly new"), ("wholly", "one more"), ("one more", "The victim")):
        copy = over(tracked_copy(base, [NEW, NEXT], "Ana"), first, last)
        made = merged(base, (NAME, copy))
        assert anchored_words(made) == anchored_words(copy)
        assert loose_ends(made) == set()


def over(data: bytes, first: str, last: str) -> bytes:
    """Return a copy with one comment from the words `first` to the words `last`, in paragraphs further down."""
    parts = members(with_comments(data, [Said(first, "From here"), Said(last, "to there")]))
    root = parsed(parts["word/document.xml"])
    for mark in list(root.iter(*MARKS)):
        number, is_start = mark.get(ooxml.ID), mark.tag == ooxml.COMMENT_START
        if is_start != (number == "0"):
            mark.getparent().remove(mark)
        mark.set(ooxml.ID, "0")
    parts["word/document.xml"] = etree.tostring(root)
    comments = parsed(parts["word/comments.xml"])
    comments.remove(comments[1])
    parts["word/comments.xml"] = etree.tostring(comments)
    return packed(parts)


def test_a_range_from_one_cell_into_another_and_out_of_the_table() -> None:
    base = specimen_draft()
    for first, last in (("Task", "focal point"), ("Tasks", "Who"), ("Every mission", "welcome")):
        copy = over(base, first, last)
        assert anchored_words(merged(base, (NAME, copy))) == anchored_words(copy)


def test_a_comment_in_a_row_that_another_deletes_stays_in_it() -> None:
    base = specimen_draft()
    row = engine.Edit("p9", "row-deleted", 0, 0, "Name a focal point\tEvery mission", "", until="p10")
    keys = {p.text: p.key for p in engine.read_draft(base).paragraphs}
    row = engine.Edit(
        keys["Name a focal point"], "row-deleted", 0, 0, row.old, "", "Ben", "Ben", until=keys["Every mission"]
    )
    made = merged(base, (NAME, with_comments(base, THREAD)), ("Mission B", tracked_copy(base, [row], "Ben")))
    assert kept(engine.resolve(made, "none")) == kept(with_comments(base, THREAD))
    assert loose_ends(made) == set()


def test_comments_in_an_added_table_and_row_stand_in_their_cells() -> None:
    base = specimen_draft()
    longer = draft(
        "# Purpose", "The missions co-operate to prevent and to combat trafficking^ in the region.",
        "Each mission informs the co-ordinator within two working days.",
        [["When", "yes"], ["Then", "yes"]], "* The victim decides.", "* Data are kept short.", "# Tasks",
        [["Task", "Who"], ["Name a focal point", "Every mission"], ["Report", "All of them"]], "Comments are welcome.",
    )  # fmt: skip
    copy = with_comments(longer, [Said("Then", "In a table"), Said("All of", "In a row")])
    parts = members(copy)
    root = parsed(parts["word/document.xml"])
    second = [e for e in root.iter(ooxml.TEXT) if e.text == "yes"][1].getparent()  # the second of two alike
    for mark in [e for e in root.iter(*MARKS) if e.get(ooxml.ID) == "0"]:
        moved = mark.getparent() if mark.tag == ooxml.COMMENT_REFERENCE else mark
        (second.addprevious if mark.tag == ooxml.COMMENT_START else second.getparent().append)(moved)
    parts["word/document.xml"] = etree.tostring(root)
    copy = packed(parts)
    made = merged(base, (NAME, copy))
    assert kept(made) == kept(copy)
    row = next(e for e in parsed(members(made)["word/document.xml"]).iter(ooxml.COMMENT_START)).iterancestors(ooxml.TR)
    assert "Then" in "".join(next(row).itertext())


def test_a_comment_on_a_moved_paragraph_goes_with_it() -> None:
    base = specimen_draft()
    parts = members(with_comments(base, [Said("The victim", "Earlier, please")]))
    root = parsed(parts["word/document.xml"])
    moved = next(p for p in root.iter(ooxml.P) if "victim" in "".join(p.itertext()))
    next(root.iter(ooxml.P)).addprevious(moved)
    parts["word/document.xml"] = etree.tostring(root)
    made = merged(base, (NAME, packed(parts)))
    assert list(kept(engine.resolve(made, "all"))) == [("Earlier, please", "The victim", "", False)]
    assert loose_ends(made) == set()


def test_a_comment_on_a_deleted_paragraph_stays() -> None:
    base = specimen_draft()
    gone = engine.Edit("p5", "paragraph-deleted", 0, 22, "Data are kept short.", "")
    line = next(p for p in engine.read_draft(base).paragraphs if p.text == "Data are kept short.")
    gone = engine.Edit(line.key, "paragraph-deleted", 0, len(line.text), line.text, "", "Ben", "Ben")
    copy = with_comments(base, [Said("kept short", "How short?")])
    made = merged(base, (NAME, copy), ("Mission B", tracked_copy(base, [gone], "Ben")))
    assert kept(engine.resolve(made, "none")) == kept(copy)
    assert [c.text for c in told(engine.resolve(made, "all"))] == ["How short?"]
    assert loose_ends(engine.resolve(made, "all")) == set()


def test_comments_on_a_note_mark_a_picture_a_field_and_an_equation() -> None:
    base = with_objects()
    for sought in ("before", "begin", "drawing", "oMath", "footnoteReference"):
        copy = around(base, sought)
        read = engine.read_returned_copy(copy, base, NAME)
        assert read.edits == (), sought
        made = engine.consolidate(base, [engine.Contribution(NAME, (), read.remarks)]).docx
        assert between_marks(made) == between_marks(copy), sought
        assert loose_ends(made) == set()


def with_objects() -> bytes:
    """Return a draft with a field, a picture, an equation and a note in one paragraph."""
    picture = io.BytesIO(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
            "0500010da7b1520000000049454e44ae426082"
        )
    )
    data = draft("Words before^ and behind.", "More words.")
    document = docx.Document(io.BytesIO(data))
    paragraph = document.paragraphs[0]
    for kind in ("begin", "instruction", "separate", "result", "end"):
        run = paragraph.add_run("7" if kind == "result" else "")
        if kind == "instruction":
            etree.SubElement(run._r, ooxml.INSTR).text = " REF here "
        elif kind != "result":
            etree.SubElement(run._r, ooxml.FLD_CHAR, {w("fldCharType"): kind})
    paragraph.add_run().add_picture(picture)
    math = f"{{{ooxml.M}}}"
    equation = etree.SubElement(paragraph._p, f"{math}oMath")
    etree.SubElement(etree.SubElement(equation, f"{math}r"), f"{math}t").text = "a=b"
    paragraph.add_run(" The end.")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def around(data: bytes, sought: str) -> bytes:
    """Return a copy with a comment around what the sought word names in the first paragraph, inside a field's runs."""
    parts = members(with_comments(data, [Said("More", "What is this?")]))
    root = parsed(parts["word/document.xml"])
    paragraph = next(root.iter(ooxml.P))
    top = next(child for child in paragraph if sought in etree.tostring(child, with_tail=False).decode())
    marks = {mark.tag: mark for mark in root.iter(*MARKS)}
    reference = marks[ooxml.COMMENT_REFERENCE].getparent()
    if sought == "begin":  # between the field's first run and its instruction, before its last run
        top.addnext(marks[ooxml.COMMENT_START])
        end = next(c for c in paragraph if c.find(ooxml.FLD_CHAR) is not None and "end" in etree.tostring(c).decode())
        end.addprevious(marks[ooxml.COMMENT_END])
        end.addprevious(reference)
    else:
        top.addprevious(marks[ooxml.COMMENT_START])
        top.addnext(reference)
        top.addnext(marks[ooxml.COMMENT_END])
    parts["word/document.xml"] = etree.tostring(root)
    return packed(parts)


def between_marks(data: bytes) -> list[str]:
    """Return the words and the kinds of objects between the marks of the only comment; a field as a whole."""
    inside, found = False, list[str]()
    for piece in open_document(data).stories[0].blocks[0].pieces:
        holds = [e for element in piece.elements for e in element.iter(*MARKS)] if piece.kind == "field" else []
        inside = inside or any(e.tag == ooxml.COMMENT_START for e in (*piece.elements, *holds))
        if inside and piece.text:
            found.append(piece.kind if piece.text == engine.ATOM else piece.text)
        if any(e.tag == ooxml.COMMENT_END for e in (*piece.elements, *holds)):
            break
    return found


def test_what_is_no_text_in_a_comment_is_named() -> None:
    parts = members(with_comments(specimen_draft(), [Said("Each mission", "See this: ")]))
    root = parsed(parts["word/comments.xml"])
    paragraph = root[0][0]
    link = etree.SubElement(paragraph, ooxml.HYPERLINK, {f"{{{ooxml.R}}}id": "rId1"})
    etree.SubElement(etree.SubElement(link, ooxml.RUN), ooxml.TEXT).text = "the Protocol"
    etree.SubElement(etree.SubElement(paragraph, ooxml.RUN), w("drawing"))
    parts["word/comments.xml"] = etree.tostring(root)
    parts["word/_rels/comments.xml.rels"] = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" '
        b'Target="https://example.org/p" TargetMode="External"/></Relationships>'
    )
    read = engine.read_returned_copy(packed(parts), specimen_draft(), NAME)
    assert [r.text for r in read.remarks] == ["See this: the Protocol <https://example.org/p>[image]"]
