"""How layers are written into a paragraph's own XML: which runs are cut, what is wrapped, whose name it bears."""

from typing import Any

import pytest
from lxml import etree

from consult import engine
from consult.engine import ooxml
from consult.engine.ooxml import Element, w
from consult.engine.package import open_package, parse_xml
from tests.engine.specimens import draft, with_document_xml

A, B = "Mission A", "Mission B"
DAY = "2026-11-20T10:00:00Z"
SIGNS = {ooxml.INS: "+", ooxml.DEL: "-", ooxml.MOVE_FROM: "<", ooxml.MOVE_TO: ">"}


def from_xml(*paragraphs: str) -> bytes:
    """Return a document whose body has these paragraphs as WordprocessingML."""

    def replace(body: Any) -> None:
        for child in list(body)[:-1]:
            body.remove(child)
        for place, text in enumerate(paragraphs):
            body.insert(
                place,
                parse_xml(f'<w:p xmlns:w="{ooxml.W}" xmlns:r="{ooxml.R}" xmlns:m="{ooxml.M}">{text}</w:p>'.encode()),
            )

    return with_document_xml(draft("x"), replace)


def run(text: str, look: str = "") -> str:
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def body(docx: bytes) -> Element:
    package = open_package(docx)
    found = parse_xml(package.read(package.main_part)).find(w("body"))
    assert found is not None
    return found


def shown(docx: bytes, number: int = 0) -> str:
    """Return a paragraph in short: a run [b:text] with its formatting, a change {+Name …}, a comment ( … ), a mark <tag>."""
    return "".join(_shown(child) for child in body(docx).findall(ooxml.P)[number])


def _shown(element: Element) -> str:
    name = etree.QName(element).localname
    if element.tag in SIGNS:
        inner = "".join(_shown(child) for child in element)
        return f"{{{SIGNS[element.tag]}{element.get(ooxml.AUTHOR, '').replace('Mission ', '')} {inner}}}"
    if element.tag == ooxml.RUN:
        return _shown_run(element)
    if element.tag == ooxml.COMMENT_START:
        return "("
    if element.tag == ooxml.COMMENT_END:
        return ")"
    if element.tag == ooxml.HYPERLINK:
        return "link:" + "".join(_shown(child) for child in element)
    return "" if element.tag == ooxml.PPR else f"<{name}>"


def _shown_run(element: Element) -> str:
    if element.find(ooxml.COMMENT_REFERENCE) is not None:
        return "*"
    properties = element.find(ooxml.RPR)
    looks = [etree.QName(child).localname for child in properties] if properties is not None else []
    words = []
    for child in element:
        if child.tag in (ooxml.TEXT, ooxml.DEL_TEXT):
            words.append(("~" if child.tag == ooxml.DEL_TEXT else "") + (child.text or ""))
        elif child.tag != ooxml.RPR:
            words.append(f"<{etree.QName(child).localname}>")
    return f"[{','.join(looks)}{':' if looks else ''}{''.join(words)}]"


def change(base: bytes, old: str, new: str, *, number: int = 0, at: int = -1, **more: Any) -> engine.Edit:
    paragraph = engine.read_draft(base).paragraphs[number]
    start = paragraph.text.index(old) if at < 0 else at
    kind: Any = more.pop("kind", "replace" if old and new else "delete" if old else "insert")
    return engine.Edit(paragraph.key, kind, start, start + len(old), old, new, date=DAY, **more)


def written(
    base: bytes, *wanted: tuple[str, engine.Edit], remarks: tuple[engine.Remark, ...] = (), date: str = ""
) -> bytes:
    contributions = [engine.Contribution(name, (edit,)) for name, edit in wanted]
    contributions += [engine.Contribution(A, (), remarks)] if remarks else []
    return engine.consolidate(base, contributions, date=date).docx


# ---- words ----------------------------------------------------------------------------------------------------------


def test_a_deletion_cuts_the_run_and_keeps_its_formatting() -> None:
    base = from_xml(run("one two three", "<w:b/>"))
    assert shown(written(base, (A, change(base, "two ", "")))) == "[b:one ]{-A [b:~two ]}[b:three]"


def test_a_deletion_over_several_runs_is_one_change() -> None:
    base = from_xml(run("one ") + run("two ", "<w:b/>") + run("three"))
    assert shown(written(base, (A, change(base, "ne two th", "")))) == "[o]{-A [~ne ][b:~two ][~th]}[ree]"


def test_an_insertion_looks_like_the_words_before_it() -> None:
    base = from_xml(run("one ", "<w:i/>") + run("two"))
    assert shown(written(base, (A, change(base, "", "new ", at=4)))) == "[i:one ]{+A [i:new ]}[two]"


def test_an_insertion_at_the_start_looks_like_the_words_behind_it() -> None:
    base = from_xml(run("one", "<w:i/>"))
    assert shown(written(base, (A, change(base, "", "new ", at=0)))) == "{+A [i:new ]}[i:one]"


def test_new_words_look_like_those_they_replace_and_stand_behind_them() -> None:
    base = from_xml(run("one ") + run("two", "<w:b/>") + run(" three"))
    assert shown(written(base, (A, change(base, "two", "2")))) == "[one ]{-A [b:~two]}{+A [b:2]}[ three]"


def test_words_in_an_empty_paragraph_stand_in_it() -> None:
    base = from_xml("<w:pPr/>", run("x"))
    assert shown(written(base, (A, change(base, "", "new", at=0)))) == "{+A [new]}"


def test_what_two_delete_bears_both_names_and_the_rest_one() -> None:
    base = from_xml(run("one two three"))
    made = written(base, (A, change(base, "one two", "")), (B, change(base, "two three", "")))
    assert shown(made).split("(")[1] == "{-A [~one ]}{-A; B [~two]}{-B [~ three]})*"


def test_a_conflict_is_a_comment_around_all_variants() -> None:
    base = from_xml(run("we shall act"))
    made = written(base, (A, change(base, "shall", "will")), (B, change(base, "shall", "must")))
    assert shown(made) == "[we ]({-A; B [~shall]}{+A [will]}{+B [must]})*[ act]"


def test_a_tab_and_a_line_break_are_their_own_elements() -> None:
    base = from_xml(run("ab"))
    assert shown(written(base, (A, change(base, "", "x\ty\nz", at=1)))) == "[a]{+A [x<tab>y<br>z]}[b]"


def test_a_tab_in_a_deletion_stays_a_tab() -> None:
    base = from_xml("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r>")
    assert shown(written(base, (A, change(base, "a\t", "")))) == "{-A [~a<tab>]}[b]"


def test_a_change_says_when_and_its_number_is_nobody_elses() -> None:
    base = from_xml('<w:bookmarkStart w:id="41" w:name="m"/>' + run("one two") + '<w:bookmarkEnd w:id="41"/>')
    made = body(written(base, (A, change(base, "one", "")), (B, change(base, "two", "2"))))
    changes = list(made.iter(ooxml.INS, ooxml.DEL))
    assert [c.get(ooxml.DATE) for c in changes] == [DAY] * 3
    assert len({c.get(ooxml.ID) for c in changes}) == 3
    assert all(int(c.get(ooxml.ID, "0")) > 41 for c in changes)


def test_a_change_without_a_date_takes_the_given_one_or_none() -> None:
    base = from_xml(run("one"))
    edit = engine.Edit("p1", "delete", 0, 3, "one", "", date="0-00-00")
    assert next(body(written(base, (A, edit))).iter(ooxml.DEL)).get(ooxml.DATE) is None
    assert next(body(written(base, (A, edit), date=DAY)).iter(ooxml.DEL)).get(ooxml.DATE) == DAY


def test_a_paragraph_nobody_changes_is_left_as_it_is() -> None:
    base = from_xml(run("one") + run(" two"), run("x"))
    made = written(base, (A, change(base, "x", "y", number=1)))
    assert etree.tostring(body(made)[0], method="c14n") == etree.tostring(body(base)[0], method="c14n")


# ---- links, fields, objects -----------------------------------------------------------------------------------------

FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>7</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
)


def test_a_deletion_inside_a_link_stays_inside() -> None:
    base = from_xml(run("see ") + f'<w:hyperlink w:anchor="m">{run("this page")}</w:hyperlink>')
    assert shown(written(base, (A, change(base, "this ", "")))) == "[see ]link:{-A [~this ]}[page]"


def test_a_deletion_over_the_edge_of_a_link_is_two_changes() -> None:
    base = from_xml(run("see ") + f'<w:hyperlink w:anchor="m">{run("this page")}</w:hyperlink>')
    assert shown(written(base, (A, change(base, "see this", "")))) == "{-A [~see ]}link:{-A [~this]}[ page]"


def test_words_behind_a_link_stand_outside_it_and_words_in_it_inside() -> None:
    base = from_xml(f'<w:hyperlink w:anchor="m">{run("page")}</w:hyperlink>' + run("."))
    assert shown(written(base, (A, change(base, "", " 7", at=4)))) == "link:[page]{+A [ 7]}[.]"
    assert shown(written(base, (A, change(base, "", "x", at=2)))) == "link:[pa]{+A [x]}[ge][.]"


def test_a_field_goes_whole_with_its_instruction() -> None:
    base = from_xml(run("page ") + FIELD + run(" of 9"))
    made = body(written(base, (A, change(base, "page \ufffc", ""))))
    assert made.find(f".//{ooxml.INSTR}") is None
    assert [e.text for e in made.iter(ooxml.DEL_INSTR)] == ["PAGE"]
    assert len(list(made.iter(ooxml.DEL))) == 1


def test_a_simple_field_that_goes_becomes_runs() -> None:
    base = from_xml(run("page ") + f'<w:fldSimple w:instr="PAGE">{run("7")}</w:fldSimple>')
    made = body(written(base, (A, change(base, "\ufffc", ""))))
    assert made.find(f".//{w('fldSimple')}") is None
    assert [e.text for e in made.iter(ooxml.DEL_INSTR)] == ["PAGE"]
    assert [e.text for e in made.iter(ooxml.DEL_TEXT)] == ["7"]


def test_an_equation_is_deleted_as_one() -> None:
    base = from_xml(run("so ") + "<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath>" + run("."))
    assert shown(written(base, (A, change(base, "\ufffc", "")))) == "[so ]{-A <oMath>}[.]"


def test_a_bookmark_in_deleted_words_stays_beside_the_change() -> None:
    base = from_xml(run("one ") + '<w:bookmarkStart w:id="1" w:name="m"/>' + run("two") + '<w:bookmarkEnd w:id="1"/>')
    assert (
        shown(written(base, (A, change(base, "one two", "")))) == "{-A [~one ]}<bookmarkStart>{-A [~two]}<bookmarkEnd>"
    )


# ---- formatting -----------------------------------------------------------------------------------------------------


def bold(base: bytes, words: str) -> engine.Edit:
    paragraph = engine.read_draft(base).paragraphs[0]
    start = paragraph.text.index(words)
    markup = f'<w:rPr xmlns:w="{ooxml.W}"><w:b/></w:rPr><w:rPr xmlns:w="{ooxml.W}"><w:i/></w:rPr>'
    return engine.Edit("p1", "format", start, start + len(words), words, words, date=DAY, markup=markup)


def test_a_change_of_look_keeps_the_old_look_in_it() -> None:
    base = from_xml(run("one two", "<w:i/><w:sz w:val='20'/>"))
    made = body(written(base, (A, bold(base, "two"))))
    runs = list(made.iter(ooxml.RUN))
    looks = [[etree.QName(c).localname for c in properties] for r in runs for properties in r.findall(ooxml.RPR)]
    assert looks == [["i", "sz"], ["b", "sz", "rPrChange"]]
    (told,) = made.iter(w("rPrChange"))
    assert (told.get(ooxml.AUTHOR), told.get(ooxml.DATE)) == (A, DAY)
    assert [etree.QName(c).localname for c in told[0]] == ["i", "sz"]


def test_words_without_properties_can_change_their_look() -> None:
    base = from_xml(run("one"))
    assert shown(written(base, (A, bold(base, "one")))) == "[b,rPrChange:one]"


def test_a_change_of_look_and_a_deletion_stand_together() -> None:
    base = from_xml(run("one two"))
    assert shown(written(base, (A, bold(base, "one")), (B, change(base, "ne t", "")))) == (
        "[b,rPrChange:o]{-B [b,rPrChange:~ne][~ t]}[wo]"
    )


def test_a_run_whose_look_the_draft_tracks_already_keeps_that() -> None:
    own = (
        '<w:u w:val="single"/><w:rPrChange w:id="5" w:author="Ann" w:date="2026-01-01T00:00:00Z"><w:rPr/></w:rPrChange>'
    )
    base = from_xml(run("one", own))
    made = body(written(base, (A, bold(base, "one"))))
    assert [c.get(ooxml.AUTHOR) for c in made.iter(w("rPrChange"))] == ["Ann"]


def test_the_look_of_a_paragraph_keeps_its_marks_properties() -> None:
    base = from_xml('<w:pPr><w:jc w:val="left"/><w:rPr><w:b/></w:rPr></w:pPr>' + run("one"))
    markup = f'<w:pPr xmlns:w="{ooxml.W}"><w:jc w:val="center"/></w:pPr><w:pPr xmlns:w="{ooxml.W}"/>'
    edit = engine.Edit("p1", "paragraph-format", 0, 3, "one", "one", date=DAY, markup=markup)
    properties = body(written(base, (A, edit)))[0].find(ooxml.PPR)
    assert properties is not None
    assert [etree.QName(c).localname for c in properties] == ["jc", "rPr", "pPrChange"]
    assert [c.get(w("val")) for c in properties.iter(w("jc"))] == ["center", "left"]
    assert properties.find(f"{w('pPrChange')}/{ooxml.PPR}/{ooxml.RPR}") is None


# ---- comments -------------------------------------------------------------------------------------------------------


def remark(start: int, end: int, quote: str = "x", **more: Any) -> engine.Remark:
    return engine.Remark("p1", start, end, "Why?", quote, **more)


def test_a_comment_stands_around_its_words() -> None:
    base = from_xml(run("one two three"))
    assert shown(written(base, remarks=(remark(4, 7),))) == "[one ]([two])*[ three]"


def test_a_comment_on_the_whole_paragraph_stands_around_all_of_it() -> None:
    base = from_xml(run("one"))
    assert shown(written(base, remarks=(remark(0, 0, ""),))) == "([one])*"


def test_a_comment_on_a_point_stands_there() -> None:
    base = from_xml(run("one"))
    assert shown(written(base, remarks=(remark(2, 2),))) == "[on]()*[e]"


def test_a_comment_over_two_paragraphs_begins_in_one_and_ends_in_the_other() -> None:
    base = from_xml(run("one two"), run("three four"))
    made = written(base, remarks=(remark(4, 4, last_paragraph="p2", last_end=5),))
    assert (shown(made, 0), shown(made, 1)) == ("[one ]([two]", "[three])*[ four]")


def test_a_comment_on_deleted_words_stands_around_the_deletion() -> None:
    base = from_xml(run("one two three"))
    made = written(base, (B, change(base, "two ", "")), remarks=(remark(4, 7),))
    assert shown(made) == "[one ]({-B [~two]})*{-B [~ ]}[three]"


def test_neighbouring_comments_do_not_overlap() -> None:
    base = from_xml(run("onetwo"))
    assert shown(written(base, remarks=(remark(0, 3), remark(3, 6, "y")))) == "([one])*([two])*"


@pytest.mark.parametrize("at", [0, 3])
def test_a_comment_at_an_inserted_word_does_not_lose_it(at: int) -> None:
    base = from_xml(run("one"))
    made = written(base, (B, change(base, "", "X", at=at)), remarks=(remark(0, 3),))
    assert shown(made).count("{+B [X]}") == 1
    assert shown(made).count("*") == 1
