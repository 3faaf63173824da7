"""How what is new comes into a paragraph: emphasis, links, fields, notes, objects, both representations of a text box."""

from dataclasses import replace

from lxml import etree

from consult import engine
from consult.engine import ooxml
from consult.engine.ooxml import w
from consult.engine.package import open_package, parse_xml
from consult.engine.values import Asset
from tests.engine.test_writing import DAY, A, B, body, change, from_xml, remark, run, shown, written

NAMESPACES = f'xmlns:w="{ooxml.W}" xmlns:r="{ooxml.R}"'
WORDS = f"<w:r {NAMESPACES}><w:rPr><w:b/></w:rPr><w:t>new</w:t></w:r>"
LINK_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
BOX = (
    '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    '<mc:Choice Requires="wps"><w:drawing><w:txbxContent><w:p><w:r><w:t>{0}</w:t></w:r></w:p></w:txbxContent></w:drawing>'
    "</mc:Choice>"
    "<mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>{0}</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback>"
    "</mc:AlternateContent></w:r>"
)


def adds(base: bytes, at: int, text: str, markup: str, *assets: Asset) -> engine.Edit:
    return replace(change(base, "", text, at=at), markup=markup, assets=assets)


def part(docx: bytes, name: str) -> etree._Element:
    return parse_xml(open_package(docx).read(name))


def test_new_words_keep_their_emphasis_in_the_look_of_their_surroundings() -> None:
    base = from_xml(run("one ", "<w:i/><w:sz w:val='20'/>") + run("two"))
    assert shown(written(base, (A, adds(base, 4, "new", WORDS)))) == "[i,sz:one ]{+A [b,sz:new]}[two]"


def test_words_with_markup_can_be_first_in_an_empty_paragraph() -> None:
    base = from_xml("", run("x"))
    assert shown(written(base, (A, adds(base, 0, "new", WORDS)))) == "{+A [b:new]}"


def test_new_runs_are_one_change() -> None:
    base = from_xml(run("one"))
    assert shown(written(base, (A, adds(base, 3, "newnew", WORDS + WORDS)))) == "[one]{+A [b:new][b:new]}"


def test_a_new_link_stands_around_the_change_and_leads_somewhere() -> None:
    base = from_xml(run("see "))
    link = f'<w:hyperlink {NAMESPACES} r:id="link-1"><w:r><w:t>here</w:t></w:r></w:hyperlink>'
    asset = Asset("link-1", "link", LINK_TYPE, "https://example.org/a")
    made = written(base, (A, adds(base, 4, "xhere.", WORDS + link + WORDS, asset)))
    assert shown(made) == "[see ]{+A [b:new]}link:{+A [here]}{+A [b:new]}"
    name = next(body(made).iter(ooxml.HYPERLINK)).get(f"{{{ooxml.R}}}id")
    (known,) = [r for r in open_package(made).relationships("word/document.xml") if r.id == name]
    assert (known.target, known.external) == ("https://example.org/a", True)
    changes = list(body(made).iter(ooxml.INS))
    assert {(c.get(ooxml.AUTHOR), c.get(ooxml.DATE)) for c in changes} == {(A, DAY)}


def test_a_new_simple_field_becomes_runs_in_one_change() -> None:
    base = from_xml(run("page "))
    field = f'<w:fldSimple {NAMESPACES} w:instr="PAGE"><w:r><w:t>7</w:t></w:r></w:fldSimple>'
    made = body(written(base, (A, adds(base, 5, "\ufffc", field))))
    assert made.find(f".//{w('fldSimple')}") is None
    (change_,) = made.iter(ooxml.INS)
    assert [c.get(w("fldCharType")) for c in change_.iter(ooxml.FLD_CHAR)] == ["begin", "separate", "end"]
    assert "".join(change_.itertext()) == "PAGE7"


def test_the_words_of_a_new_note_are_new_too() -> None:
    base = from_xml(run("one"))
    mark = f'<w:r {NAMESPACES}><w:footnoteReference w:id="footnote-9"/></w:r>'
    words = f"<w:p {NAMESPACES}><w:pPr/><w:r><w:footnoteRef/></w:r><w:r><w:t>Why.</w:t></w:r></w:p>".encode()
    made = written(base, (A, adds(base, 3, "\ufffc", mark, Asset("footnote-9", "footnote", data=words))))
    (reference,) = body(made).iter(w("footnoteReference"))
    notes = part(made, "word/footnotes.xml")
    (note,) = [n for n in notes if n.get(ooxml.ID) == reference.get(ooxml.ID)]
    (told,) = note.iter(ooxml.INS)
    assert (told.get(ooxml.AUTHOR), told.get(ooxml.DATE), "".join(told.itertext())) == (A, DAY, "Why.")
    assert note[0][0].tag == ooxml.PPR
    assert (
        "Why."
        not in b"".join(open_package(engine.resolve(made, "none")).read("word/footnotes.xml").splitlines()).decode()
    )


def test_a_link_in_a_note_leads_from_the_notes_part() -> None:
    base = written(from_xml(run("one")), (A, adds(from_xml(run("one")), 3, "\ufffc", *note_with("Old."))))
    base = engine.resolve(base, "all")
    note = next(p for p in engine.read_draft(base).paragraphs if p.kind == "footnote")
    link = f'<w:hyperlink {NAMESPACES} r:id="link-1"><w:r><w:t>here</w:t></w:r></w:hyperlink>'
    asset = Asset("link-1", "link", LINK_TYPE, "https://example.org/a")
    edit = engine.Edit(
        note.key, "insert", len(note.text), len(note.text), "", "here", date=DAY, markup=link, assets=(asset,)
    )
    made = written(base, (A, edit))
    assert [r.target for r in open_package(made).relationships("word/footnotes.xml")] == ["https://example.org/a"]
    assert not [r for r in open_package(made).relationships("word/document.xml") if r.external]


def note_with(text: str) -> tuple[str, Asset]:
    words = f"<w:p {NAMESPACES}><w:r><w:t>{text}</w:t></w:r></w:p>".encode()
    return f'<w:r {NAMESPACES}><w:footnoteReference w:id="footnote-9"/></w:r>', Asset(
        "footnote-9", "footnote", data=words
    )


def test_a_change_in_a_text_box_stands_in_both_its_representations() -> None:
    base = from_xml(run("beside") + BOX.format("in the box"))
    box = next(p for p in engine.read_draft(base).paragraphs if p.kind == "box")
    edit = engine.Edit(box.key, "replace", 0, 2, "in", "on", date=DAY)
    made = body(written(base, (A, edit)))
    told = [(c.tag == ooxml.INS, c.get(ooxml.AUTHOR), "".join(c.itertext())) for c in made.iter(ooxml.INS, ooxml.DEL)]
    assert told == [(False, A, "in"), (True, A, "on")] * 2
    assert len({c.get(ooxml.ID) for c in made.iter(ooxml.INS, ooxml.DEL)}) == 4


def test_a_text_box_brought_along_keeps_the_look_of_its_own_words() -> None:
    base = from_xml(run("one", "<w:i/>"))
    markup = f"<w:r {NAMESPACES}>{BOX.format('inside').removeprefix('<w:r>')}"
    made = body(written(base, (A, adds(base, 3, "\ufffc", markup))))
    inner = [r for r in made.iter(ooxml.RUN) if "".join(r.itertext()) == "inside" and r.find(ooxml.TEXT) is not None]
    assert len(inner) == 2
    assert all(r.find(ooxml.RPR) is None for r in inner)


def test_a_moved_paragraph_is_marked_as_moved_at_both_ends() -> None:
    base = from_xml(run("one"), run("two"), run("three"))
    gone = replace(change(base, "one", "", kind="paragraph-deleted"), move="move-1")
    new = engine.Edit("p3", "paragraph-inserted", 0, 0, "", "one", date=DAY, move="move-1")
    made = engine.consolidate(base, [engine.Contribution(A, (gone, new))]).docx
    assert "{<A [one]}" in shown(made, 0)
    assert any("{>A [one]}" in shown(made, n) for n in range(4))
    names = [e.get(w("name")) for e in body(made).iter(w("moveFromRangeStart"), w("moveToRangeStart"))]
    assert len(names) == 2
    assert len(set(names)) == 1


def test_a_comment_on_a_new_paragraph_stands_around_it() -> None:
    base = from_xml(run("one"), run("two"))
    new = engine.Edit("p1", "paragraph-inserted", 0, 0, "", "between", date=DAY)
    made = engine.consolidate(base, [engine.Contribution(A, (new,), (remark(0, 0, "", inserted="between"),))]).docx
    assert shown(made, 1) == "({+A [between]})*"
    ids = {e.get(ooxml.ID) for e in body(made).iter(ooxml.COMMENT_START, ooxml.COMMENT_END, ooxml.COMMENT_REFERENCE)}
    assert len(ids) == 1
    (comment,) = part(made, "word/comments.xml")
    assert ids == {comment.get(ooxml.ID)}


def test_a_comments_marks_bear_its_number() -> None:
    base = from_xml(run("one two"))
    made = written(base, (B, change(base, "", "X", at=3)), remarks=(remark(0, 3), remark(4, 7, "y"), remark(5, 5, "z")))
    numbers = {tag: [e.get(ooxml.ID) for e in body(made).iter(tag)] for tag in (ooxml.COMMENT_START, ooxml.COMMENT_END)}
    comments = sorted(str(c.get(ooxml.ID)) for c in part(made, "word/comments.xml"))
    references = sorted(str(e.get(ooxml.ID)) for e in body(made).iter(ooxml.COMMENT_REFERENCE))
    assert (
        sorted(map(str, numbers[ooxml.COMMENT_START]))
        == sorted(map(str, numbers[ooxml.COMMENT_END]))
        == comments
        == references
    )


def test_a_link_between_two_words_stays_where_it_is_when_both_sides_change() -> None:
    base = from_xml(run("a ") + f'<w:hyperlink w:anchor="m">{run("page")}</w:hyperlink>' + run(" b"))
    made = written(base, (A, change(base, "a", "one")), (B, change(base, "b", "two")))
    assert shown(made) == "{-A [~a]}{+A [one]}[ ]link:[page][ ]{-B [~b]}{+B [two]}"


def test_several_insertions_stand_where_they_belong() -> None:
    base = from_xml(run("one two three"))
    made = written(
        base, (A, change(base, "", "X", at=3)), (A, change(base, "", "Y", at=7)), (B, change(base, "", "Z", at=13))
    )
    assert shown(made) == "[one]{+A [X]}[ two]{+A [Y]}[ three]{+B [Z]}"


def test_a_comment_on_a_point_of_a_new_paragraph_begins_before_it_ends() -> None:
    base = from_xml(run("one"))
    new = engine.Edit("p1", "paragraph-inserted", 0, 0, "", "between", date=DAY)
    for at, expected in ((0, "()*{+A [between]}"), (2, "{+A [be]}()*{+A [tween]}")):
        on_point = remark(at, at, "" if at else "be", inserted="between", is_point=True)
        made = engine.consolidate(base, [engine.Contribution(A, (new,), (on_point,))]).docx
        assert shown(made, 1) == expected
