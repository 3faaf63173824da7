"""Every margin comment of every copy: kept with its words, its thread, its mark of being done, on the words it was on."""

import io
from collections import Counter

import docx
import pytest
from lxml import etree

from consult import engine
from consult.engine import ooxml
from consult.engine.margins import PARA_ID
from consult.engine.ooxml import w
from tests.engine.marginalia import NEW, THREAD, anchored_words, commented, kept, loose_ends, merged, para_ids, told
from tests.engine.programs import KINDS, MARKS, Said, members, packed, parsed, with_comments
from tests.engine.specimens import edit, specimen_draft
from tests.tools import judged_faults

NAME = "Mission A"


# ---- specimens ------------------------------------------------------------------------------------------------------


def test_threads_marks_and_people_survive() -> None:
    base = specimen_draft()
    copy = with_comments(base, THREAD)
    made = merged(base, (NAME, copy))
    assert kept(made) == kept(copy)
    assert loose_ends(made) == set()
    assert judged_faults(made, base) == []


def test_the_names_in_the_copy_stay_on_record() -> None:
    read = engine.read_returned_copy(with_comments(specimen_draft(), THREAD), specimen_draft(), NAME)
    assert [r.author for r in read.remarks] == ["Ana", "Ben", "Ana", "Ben", "Ana"]
    assert {r.organisation for r in read.remarks} == {NAME}


def test_the_same_comments_by_several_organisations_do_not_mix() -> None:
    base = specimen_draft()
    copies = [(name, with_comments(base, THREAD)) for name in ("A", "B", "C")]
    made = merged(base, *copies)
    assert all(kept(made, name) == kept(copies[0][1]) for name in "ABC")
    by_id = {c.id: c for c in told(made)}
    assert all(by_id[c.reply_to].author == c.author for c in by_id.values() if c.reply_to)
    assert loose_ends(made) == set()
    names = para_ids(made)
    assert len(names) == len(set(names))
    assert all(0 < int(name, 16) < 0x80000000 for name in names)


@pytest.mark.parametrize("kinds", [("comments",), ("comments", "commentsExtended"), tuple(KINDS)])
def test_a_drafts_own_comments_stay_and_can_be_answered(kinds: tuple[str, ...]) -> None:
    own = (Said("Each mission", "Own question", "Lead"), Said("Data are kept", "Own note", "Lead", resolved=True))
    base = with_comments(specimen_draft(), own, kinds)
    copy = with_comments(
        specimen_draft(), (*own, Said("Each mission", "An answer", "Ana", answers=0), *THREAD[:1]), tuple(KINDS)
    )
    read = engine.read_returned_copy(copy, base, NAME)
    assert [r.text for r in read.remarks] == ["An answer", "Why both?"]
    made = merged(base, (NAME, copy), ("Mission B", copy))
    comments = {c.id: c for c in told(made)}
    assert Counter(c.text for c in comments.values()) == {
        "Own question": 1, "Own note": 1, "An answer": 2, "Why both?": 2,
    }  # fmt: skip
    assert all(comments[c.reply_to].text == "Own question" for c in comments.values() if c.text == "An answer")
    assert loose_ends(made) == set()
    assert judged_faults(made, base) == []


def test_every_newer_part_lists_every_comment() -> None:
    base = with_comments(specimen_draft(), [Said("Each mission", "Own", "Lead")])
    made = merged(base, (NAME, with_comments(specimen_draft(), (Said("Each mission", "Own", "Lead"), *THREAD))))
    parts = {name: parsed(part) for name, part in members(made).items() if name.startswith("word/comments")}
    comments = [list(c.iter(ooxml.P))[-1].get(PARA_ID) for c in parts["word/comments.xml"]]
    assert len(comments) == len(THREAD) + 1 == len(set(comments))
    attribute = f"{{{ooxml.W15}}}paraId"
    assert sorted(e.get(attribute) for e in parts["word/commentsExtended.xml"]) == sorted(comments)
    ids = {
        e.get(f"{{{ooxml.W16CID}}}paraId"): e.get(f"{{{ooxml.W16CID}}}durableId") for e in parts["word/commentsIds.xml"]
    }
    assert sorted(ids) == sorted(comments)
    durable = [e.get(f"{{{ooxml.W16CEX}}}durableId") for e in parts["word/commentsExtensible.xml"]]
    assert sorted(durable) == sorted(ids.values())
    people = {e.get(f"{{{ooxml.W15}}}author") for e in parsed(members(made)["word/people.xml"])}
    assert people == {"Lead", NAME}


def test_a_thread_is_one_level_deep() -> None:
    base = specimen_draft()
    deep = [Said("Each mission", f"{n}", "Ana", answers=n - 1) for n in range(4)]
    comments = {c.text: c for c in told(merged(base, (NAME, with_comments(base, deep))))}
    assert [comments[text].reply_to for text in "123"] == [comments["0"].id] * 3


def test_a_reply_before_its_comment_and_without_a_place_of_its_own_stands_with_it() -> None:
    base = specimen_draft()
    parts = members(
        with_comments(base, (Said("Each mission", "An answer", "B", answers=1), Said("The victim", "Asked")))
    )
    root = parsed(parts["word/document.xml"])
    for mark in [e for e in root.iter(*MARKS) if e.get(ooxml.ID) == "0"]:
        mark.getparent().remove(mark)
    parts["word/document.xml"] = etree.tostring(root)
    made = merged(base, (NAME, packed(parts)))
    words = anchored_words(made)
    assert {c.text: words[c.id] for c in told(made)} == {"An answer": "The victim", "Asked": "The victim"}
    assert [c.reply_to for c in told(made) if c.text == "An answer"] == [c.id for c in told(made) if c.text == "Asked"]


# ---- where Word lets no comment stand -------------------------------------------------------------------------------


def moved_into(data: bytes, part: str, before: bool = False) -> bytes:
    """Return a copy whose only comment stands in another part instead: around the first words there."""
    parts = members(with_comments(data, [Said("Each mission", "Not here")]))
    root, other = parsed(parts["word/document.xml"]), parsed(parts[part])
    run = next(e for e in other.iter(ooxml.TEXT)).getparent()
    marks = {mark.tag: mark for mark in root.iter(*MARKS)}
    run.addprevious(marks[ooxml.COMMENT_START])
    run.addnext(marks[ooxml.COMMENT_REFERENCE].getparent())
    run.addnext(marks[ooxml.COMMENT_END])
    parts["word/document.xml"], parts[part] = etree.tostring(root), etree.tostring(other)
    return packed(parts)


def test_a_comment_in_a_note_stands_on_the_notes_mark_and_says_so() -> None:
    base = specimen_draft()
    made = merged(base, (NAME, moved_into(base, "word/footnotes.xml")))
    assert [c.text for c in told(made)] == ["[On footnote 1, “A note on this.”] Not here"]
    assert loose_ends(made) == set()
    root = parsed(members(made)["word/document.xml"])
    mark = next(root.iter(ooxml.COMMENT_START))
    assert mark.getnext().find(w("footnoteReference")) is not None


def test_a_comment_in_a_header_stands_on_the_first_text_and_says_so() -> None:
    document = docx.Document(io.BytesIO(specimen_draft()))
    document.sections[0].header.paragraphs[0].text = "Draft for comment"
    buffer = io.BytesIO()
    document.save(buffer)
    base = buffer.getvalue()
    part = next(name for name in members(base) if "header" in name and name.endswith(".xml"))
    made = merged(base, (NAME, moved_into(base, part)))
    assert [c.text for c in told(made)] == ["[On header 1, “Draft for comment”] Not here"]
    assert anchored_words(made) == {"0": "Purpose"}


def test_a_comment_on_words_that_came_and_went_stands_beside_and_says_so() -> None:
    base = specimen_draft()
    parts = members(commented(base, [NEW], Said("wholly", "On what went")))
    root = parsed(parts["word/document.xml"])
    for change in list(root.iter(ooxml.INS)):
        deletion = dict(change.attrib)
        if change.getparent().tag == ooxml.RPR:
            change.addnext(etree.Element(ooxml.DEL, deletion))
        for run in [r for r in change.findall(ooxml.RUN) if r.find(ooxml.TEXT) is not None]:
            run.addprevious(etree.Element(ooxml.DEL, deletion))
            run.find(ooxml.TEXT).tag = ooxml.DEL_TEXT
            run.getprevious().append(run)
    parts["word/document.xml"] = etree.tostring(root)
    read = engine.read_returned_copy(packed(parts), base, NAME)
    assert read.edits == ()
    assert [(r.text, r.paragraph, r.is_point) for r in read.remarks] == [
        ("[On “wholly”, which is not in this text] On what went", "p3", True)
    ]


def test_marks_that_lost_their_comment_bind_no_new_one() -> None:
    parts = members(specimen_draft())
    root = parsed(parts["word/document.xml"])
    list(root.iter(ooxml.P))[-1].append(etree.Element(ooxml.COMMENT_START, {ooxml.ID: "0"}))
    parts["word/document.xml"] = etree.tostring(root)
    base = packed(parts)
    made = merged(base, (NAME, with_comments(specimen_draft(), [Said("Each mission", "Who?")])))
    assert anchored_words(made)[told(made)[0].id] == "Each mission"


def test_the_judges_see_what_is_wrong() -> None:
    base = specimen_draft()
    changes = [edit(base, "two", "ten"), edit(base, "short", "long")]
    parts = members(commented(base, changes, Said("Tasks", "x")))
    root = parsed(parts["word/document.xml"])
    for change in root.iter(ooxml.INS):
        change.set(ooxml.ID, "7")
    next(root.iter(ooxml.COMMENT_END)).set(ooxml.ID, "5")
    parts["word/document.xml"] = etree.tostring(root)
    assert judged_faults(packed(parts), base) != []
    assert {"change 7 twice", "ommentRangeEnd 5 without comment"} <= loose_ends(packed(parts))
