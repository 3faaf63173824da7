"""What one pass over a part says of its paragraphs is what reading them piece by piece says."""

import pytest
from lxml import etree

from consult.engine import ooxml
from consult.engine.package import open_package
from consult.engine.surveying import survey
from consult.errors import Invalid
from tests.tools import shared_documents

RUN = "<w:r><w:t>words</w:t></w:r>"
BOX = f"<w:r><w:pict><w:txbxContent><w:p>{RUN}</w:p></w:txbxContent></w:pict></w:r>"
PLAIN = {
    "runs": f"{RUN}<w:proofErr w:type='spellStart'/><w:r><w:rPr><w:b/></w:rPr><w:t>more\t\n</w:t><w:t>still</w:t></w:r>",
    "comment": f"<w:commentRangeStart w:id='1'/>{RUN}<w:commentRangeEnd w:id='1'/><w:r><w:commentReference w:id='1'/></w:r>",
    "nothing": "<w:pPr><w:rPr><w:b/></w:rPr></w:pPr>",
}
SPECIAL = {
    "link": f"<w:hyperlink>{RUN}</w:hyperlink>",
    "content control": f"<w:sdt><w:sdtContent>{RUN}</w:sdtContent></w:sdt>",
    "insertion": f"{RUN}<w:ins w:author='A'>{RUN}</w:ins>",
    "deletion": "<w:del w:author='A'><w:r><w:delText>gone</w:delText></w:r></w:del>",
    "inserted mark": f"<w:pPr><w:rPr><w:ins w:author='A'/></w:rPr></w:pPr>{RUN}",
    "changed look": "<w:r><w:rPr><w:rPrChange w:author='A'><w:rPr/></w:rPrChange></w:rPr><w:t>words</w:t></w:r>",
    "changed paragraph": f"<w:pPr><w:pPrChange w:author='A'><w:pPr/></w:pPrChange></w:pPr>{RUN}",
    "tab": "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r>",
    "line break": "<w:r><w:br/></w:r>",
    "note": f"{RUN}<w:r><w:footnoteReference w:id='2'/></w:r>",
    "field": f"<w:fldSimple w:instr='PAGE'>{RUN}</w:fldSimple>",
    "unknown element": f"<w:unknown>{RUN}</w:unknown>",
    "text outside a run": "<w:t>words</w:t>",
    "box before words": f"{BOX}{RUN}",
}


def paragraph(inner: str) -> etree._Element:
    return etree.fromstring(f"<w:body xmlns:w='{ooxml.W}'><w:p>{inner}</w:p></w:body>")


@pytest.mark.parametrize("name", PLAIN)
def test_words_and_marks_are_plain_and_read_as_their_pieces(name: str) -> None:
    root = paragraph(PLAIN[name])
    assert survey(root).plain == {root[0]: ooxml.text_of(ooxml.pieces_of(root[0]))}


@pytest.mark.parametrize("name", SPECIAL)
def test_whatever_else_a_paragraph_holds_makes_it_special(name: str) -> None:
    root = paragraph(SPECIAL[name])
    assert root[0] not in survey(root).plain


def test_the_words_of_a_box_are_those_of_its_own_paragraph() -> None:
    root = paragraph(f"{BOX}{RUN}")
    inner = root[0].find(f".//{ooxml.P}")
    assert survey(root).plain == {inner: "words"}
    assert survey(root).of(ooxml.BOX) == list(root.iter(ooxml.BOX))


@pytest.mark.shared
def test_plain_paragraphs_of_real_files_read_as_their_pieces() -> None:
    seen = 0
    for file in sorted((shared_documents() / "corpus").rglob("*.docx"))[::3]:
        try:
            package = open_package(file.read_bytes())
            root = package.parse(package.main_part)
        except Invalid:
            continue
        for element, text in survey(root).plain.items():
            pieces = ooxml.pieces_of(element)
            assert (text, {p.view for p in pieces} <= {"plain"}) == (ooxml.text_of(pieces), True), file.name
            assert all(p.kind in ("text", "mark") for p in pieces), file.name
            assert ooxml.mark_change(element, *ooxml.INSERTED_TAGS, *ooxml.DELETED_TAGS) is None
            seen += 1
    assert seen > 1000
