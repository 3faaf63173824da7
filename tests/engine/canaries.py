"""Places in a Word file where something can lie that no reader sees. Each plants one word in one place.

SEEN are the places that show in a file with its markup: there a circulated or consolidated file may keep the word.
"""

from collections.abc import Callable

from lxml import etree

from tests.engine import canary_files, canary_parts
from tests.engine.bases import BOX, png
from tests.engine.planting import DOCUMENT, Pack, open_pack, w, xml

Plant = Callable[[Pack, str], None]
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
BY_PERSON = 'w:id="9{0}" w:author="Mission A" w:date="2026-11-20T10:00:00Z"'
TEXT = "<w:r><w:t>Plain words here.</w:t></w:r>"


def change(tag: str, inner: str, number: int) -> str:
    return f"<w:{tag} {BY_PERSON.format(number)}>{inner}</w:{tag}>"


def hidden(text: str, properties: str = "<w:vanish/>") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


# ---- changes and comments -------------------------------------------------------------------------------------------


def deleted_words(pack: Pack, word: str) -> None:
    pack.paragraph(TEXT + change("del", f"<w:r><w:delText>{word}</w:delText></w:r>", 1))


def words_moved_away(pack: Pack, word: str) -> None:
    pack.paragraph(TEXT + change("moveFrom", f"<w:r><w:t>{word}</w:t></w:r>", 2))


def deleted_instruction(pack: Pack, word: str) -> None:
    begin, end = ('<w:r><w:fldChar w:fldCharType="begin"/></w:r>', '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    code = f"<w:r><w:delInstrText>AUTHOR {word}</w:delInstrText></w:r>"
    pack.paragraph(TEXT + change("del", begin + code + end, 3))


def author_of_an_insertion(pack: Pack, word: str) -> None:
    pack.paragraph(f'<w:ins w:id="904" w:author="{word}"><w:r><w:t>Inserted words.</w:t></w:r></w:ins>')


def author_of_a_format_change(pack: Pack, word: str) -> None:
    old = f'<w:rPrChange w:id="905" w:author="{word}"><w:rPr><w:i/></w:rPr></w:rPrChange>'
    pack.paragraph(f"<w:r><w:rPr><w:b/>{old}</w:rPr><w:t>Bold now.</w:t></w:r>")


def old_style_of_a_paragraph(pack: Pack, word: str) -> None:
    old = f'<w:pPr><w:pStyle w:val="{word}"/></w:pPr>'
    pack.paragraph(TEXT, change("pPrChange", old, 6))


def name_of_a_move(pack: Pack, word: str) -> None:
    start = f'<w:moveToRangeStart w:id="907" w:author="Mission A" w:date="2026-11-20T10:00:00Z" w:name="{word}"/>'
    pack.paragraph(f'{start}{TEXT}<w:moveToRangeEnd w:id="907"/>')


def _comment(pack: Pack, number: int, author: str = "Mission A", initials: str = "MA", text: str = "A comment.",
             extra: str = "") -> None:  # fmt: skip
    comments = pack.part("comments")
    comments.append(xml(f'<w:comment w:id="{number}" w:author="{author}" w:initials="{initials}"><w:p {extra}><w:r>'
                        f"<w:t>{text}</w:t></w:r></w:p></w:comment>"))  # fmt: skip
    pack.paragraph(f'<w:commentRangeStart w:id="{number}"/>{TEXT}<w:commentRangeEnd w:id="{number}"/>'
                   f'<w:r><w:commentReference w:id="{number}"/></w:r>')  # fmt: skip


def text_of_a_comment(pack: Pack, word: str) -> None:
    _comment(pack, 911, text=word)


def author_of_a_comment(pack: Pack, word: str) -> None:
    _comment(pack, 912, author=word)


def initials_of_a_comment(pack: Pack, word: str) -> None:
    _comment(pack, 913, initials=word)


def comment_without_a_place(pack: Pack, word: str) -> None:
    pack.part("comments").append(
        xml(f'<w:comment w:id="914" w:author="A"><w:p><w:r><w:t>{word}</w:t></w:r></w:p></w:comment>')
    )


def hidden_words_in_a_comment(pack: Pack, word: str) -> None:
    _comment(pack, 915, text=f"x</w:t></w:r>{hidden(word)}<w:r><w:t>y")


# ---- hidden text ----------------------------------------------------------------------------------------------------


def hidden_words(pack: Pack, word: str) -> None:
    pack.paragraph(TEXT + hidden(word))


def hidden_words_over_three_runs(pack: Pack, word: str) -> None:
    pack.paragraph(TEXT + hidden(word[:5]) + hidden(word[5:9]) + hidden(word[9:]))


def words_hidden_by_a_character_style(pack: Pack, word: str) -> None:
    pack.part("styles").append(xml('<w:style w:type="character" w:customStyle="1" w:styleId="Ghost"><w:name w:val="Ghost"/>'
                                   "<w:rPr><w:vanish/></w:rPr></w:style>"))  # fmt: skip
    pack.paragraph(TEXT + hidden(word, '<w:rStyle w:val="Ghost"/>'))


def words_hidden_by_a_style_it_is_based_on(pack: Pack, word: str) -> None:
    for name, based in (("Veil", ""), ("Veil2", '<w:basedOn w:val="Veil"/>')):
        look = "<w:rPr><w:vanish/></w:rPr>" if not based else ""
        pack.part("styles").append(xml(f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{name}">'
                                       f'<w:name w:val="{name}"/>{based}{look}</w:style>'))  # fmt: skip
    pack.paragraph(f"<w:r><w:t>{word}</w:t></w:r>", '<w:pStyle w:val="Veil2"/>')


def hidden_paragraph(pack: Pack, word: str) -> None:
    pack.paragraph(hidden(word), "<w:rPr><w:vanish/></w:rPr>")


def hidden_row(pack: Pack, word: str) -> None:
    rows = "".join(
        f"<w:tr>{'<w:trPr><w:hidden/></w:trPr>' if i else ''}<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc></w:tr>"
        for i, text in enumerate(("Shown", word))
    )
    pack.paragraph(TEXT).addprevious(xml(f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>{rows}</w:tbl>"))


def hidden_drawing(pack: Pack, word: str) -> None:
    box = BOX.replace("In a text box the victim decides.", word)
    pack.paragraph(TEXT + f'<w:r><w:pict><v:rect style="width:9pt;visibility:hidden"><v:textbox>{box}</v:textbox></v:rect>'
                          "</w:pict></w:r>")  # fmt: skip


# ---- fields ---------------------------------------------------------------------------------------------------------


def _field(code: str, result: str = "shown") -> str:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    shown = f"<w:r><w:t>{result}</w:t></w:r>"
    return mark.format("begin") + code + mark.format("separate") + shown + mark.format("end")


def _code(text: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve">{text}</w:instrText></w:r>'


def included_file(pack: Pack, word: str) -> None:
    pack.paragraph(_field(_code(" INCLUDE") + _code('TEXT "C:\\\\') + _code(word) + _code('.docx" ')))


def remote_procedure(pack: Pack, word: str) -> None:
    pack.paragraph(_field(_code(f" DDEAUTO excel {word} A1 ")))


def merged_field(pack: Pack, word: str) -> None:
    pack.paragraph(_field(_code(f" MERGEFIELD {word} ")))


def field_in_a_field(pack: Pack, word: str) -> None:
    pack.paragraph(_field(_code(" IF ") + _field(_code(f" DOCVARIABLE {word} "), word[:6]) + _code(' = 1 "a" "b" ')))


def switch_of_a_page_number(pack: Pack, word: str) -> None:
    pack.paragraph(_field(_code(f' PAGE \\x "{word}" {word} ')))


def simple_field(pack: Pack, word: str) -> None:
    pack.paragraph(f'<w:fldSimple w:instr=" DOCPROPERTY {word} "><w:r><w:t>shown</w:t></w:r></w:fldSimple>')


def entry_of_an_index(pack: Pack, word: str) -> None:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    pack.paragraph(TEXT + mark.format("begin") + _code(f' XE "{word}" ') + mark.format("end"))


def label_of_a_row_of_numbers(pack: Pack, word: str) -> None:
    pack.paragraph(_field(_code(f" SEQ {word} "), "1"))


def data_of_a_field(pack: Pack, word: str) -> None:
    data = f'<w:r><w:fldChar w:fldCharType="begin"><w:fldData>{word}</w:fldData></w:fldChar></w:r>'
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    pack.paragraph(data + _code(" PAGE ") + end)


def help_of_a_form_field(pack: Pack, word: str) -> None:
    data = f'<w:ffData><w:name w:val="{word}"/><w:enabled/><w:helpText w:val="{word}"/><w:statusText w:val="{word}"/></w:ffData>'
    begin = f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>'
    pack.paragraph(begin + _code(" FORMTEXT ") + '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' + TEXT
                   + '<w:r><w:fldChar w:fldCharType="end"/></w:r>')  # fmt: skip


# ---- markup that shows nothing --------------------------------------------------------------------------------------


def session_of_a_paragraph(pack: Pack, word: str) -> None:
    pack.paragraph(TEXT).set(w("rsidR"), word)


def identifier_of_a_paragraph(pack: Pack, word: str) -> None:
    pack.paragraph(TEXT).set(f"{{{W14}}}paraId", word)


def bookmark_nobody_uses(pack: Pack, word: str) -> None:
    pack.paragraph(f'<w:bookmarkStart w:id="940" w:name="{word}"/>{TEXT}<w:bookmarkEnd w:id="940"/>')


def bookmark_that_is_referred_to(pack: Pack, word: str) -> None:
    pack.paragraph(f'<w:bookmarkStart w:id="941" w:name="{word}"/>{TEXT}<w:bookmarkEnd w:id="941"/>'
                   + _field(_code(f" REF {word} \\h "), "Plain words here."))  # fmt: skip


def _control(pack: Pack, properties: str) -> None:
    control = f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent><w:p>{TEXT}</w:p></w:sdtContent></w:sdt>"
    pack.paragraph(TEXT).addnext(xml(control))


def tag_of_a_control(pack: Pack, word: str) -> None:
    _control(pack, f'<w:tag w:val="{word}"/>')


def title_of_a_control(pack: Pack, word: str) -> None:
    _control(pack, f'<w:alias w:val="{word}"/>')


def binding_of_a_control(pack: Pack, word: str) -> None:
    _control(pack, f'<w:dataBinding w:xpath="/a/{word}" w:storeItemID="{{{word}}}"/>')


def placeholder_of_a_control(pack: Pack, word: str) -> None:
    _control(pack, f'<w:placeholder><w:docPart w:val="{word}"/></w:placeholder>')


def choices_of_a_control(pack: Pack, word: str) -> None:
    _control(pack, f'<w:dropDownList><w:listItem w:displayText="{word}" w:value="{word}"/></w:dropDownList>')


def wrapper_of_custom_xml(pack: Pack, word: str) -> None:
    attributes = f'<w:customXmlPr><w:attr w:name="a" w:val="{word}"/></w:customXmlPr>'
    pack.paragraph(f'<w:customXml w:uri="urn:x" w:element="{word}">{attributes}{TEXT}</w:customXml>')


def smart_tag(pack: Pack, word: str) -> None:
    pack.paragraph(f'<w:smartTag w:uri="urn:x" w:element="person"><w:smartTagPr><w:attr w:name="n" w:val="{word}"/>'
                   f"</w:smartTagPr>{TEXT}</w:smartTag>")  # fmt: skip


def _drawing(pack: Pack, doc_properties: str, inside: str = "", blip: str = "") -> None:
    name = pack.add(f"word/media/plant{len(pack.parts)}.png", png(), "image/png", "image")
    pack.paragraph(
        f'<w:r><w:drawing><wp:inline><wp:extent cx="900000" cy="450000"/><wp:docPr id="{len(pack.parts)}" {doc_properties}>'
        f'{inside}</wp:docPr><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
        f'<pic:pic><pic:nvPicPr><pic:cNvPr id="0" {doc_properties}/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
        f'<a:blip r:embed="{name}">{blip}</a:blip><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>'
        '<a:off x="0" y="0"/><a:ext cx="900000" cy="450000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def description_of_a_picture(pack: Pack, word: str) -> None:
    _drawing(pack, f'name="Picture 1" descr="C:\\Users\\{word}\\map.png" title="{word}"')


def name_of_a_picture(pack: Pack, word: str) -> None:
    _drawing(pack, f'name="{word}"')


def extension_of_a_picture(pack: Pack, word: str) -> None:
    _drawing(
        pack, 'name="P"', blip=f'<a:extLst><a:ext uri="{{1}}"><x:y xmlns:x="urn:x" z="{word}"/></a:ext></a:extLst>'
    )


def description_of_an_old_picture(pack: Pack, word: str) -> None:
    pack.paragraph(
        f'<w:r><w:pict><v:rect alt="{word}" title="{word}" style="width:9pt;height:9pt" o:gfxdata="{word}"/></w:pict></w:r>'
    )


def linked_picture(pack: Pack, word: str) -> None:
    name = pack.relate(f"file:///C:/{word}.png", "image", external=True)
    _drawing(pack, 'name="P"', blip="")
    pack.body.xpath("//*[local-name()='blip']")[-1].set(
        "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}link", name
    )


def title_of_a_table(pack: Pack, word: str) -> None:
    table = f'<w:tbl><w:tblPr><w:tblCaption w:val="{word}"/><w:tblDescription w:val="{word}"/></w:tblPr><w:tblGrid><w:gridCol/>'
    pack.paragraph(TEXT).addprevious(xml(f"{table}</w:tblGrid><w:tr><w:tc><w:p>{TEXT}</w:p></w:tc></w:tr></w:tbl>"))


def tip_of_a_link(pack: Pack, word: str) -> None:
    name = pack.relate("https://www.osce.org/", "hyperlink", external=True)
    pack.paragraph(
        f'<w:hyperlink r:id="{name}" w:tooltip="{word}" w:tgtFrame="{word}" w:docLocation="{word}">{TEXT}</w:hyperlink>'
    )


def link_to_a_file(pack: Pack, word: str) -> None:
    name = pack.relate(f"file:///C:/Users/{word}/notes.docx", "hyperlink", external=True)
    pack.paragraph(f'<w:hyperlink r:id="{name}">{TEXT}</w:hyperlink>')


def comment_of_a_program(pack: Pack, word: str) -> None:
    pack.body.insert(0, etree.Comment(word))


def instruction_to_a_program(pack: Pack, word: str) -> None:
    pack.body.insert(0, etree.ProcessingInstruction("word", word))


def attribute_of_an_unknown_kind(pack: Pack, word: str) -> None:
    pack.paragraph(TEXT).set("{urn:program}note", word)


def element_of_an_unknown_kind(pack: Pack, word: str) -> None:
    pack.paragraph(TEXT).append(etree.fromstring(f'<p:note xmlns:p="urn:program">{word}</p:note>'))


def name_of_a_namespace(pack: Pack, word: str) -> None:
    pack.paragraph(TEXT).append(etree.fromstring(f'<p:note xmlns:p="urn:{word}"/>'))


def choice_of_an_unknown_kind(pack: Pack, word: str) -> None:
    choice = f'<mc:Choice xmlns:q="urn:q" Requires="q"><w:t>{word}</w:t></mc:Choice>'
    pack.paragraph(
        f"<w:r><mc:AlternateContent>{choice}<mc:Fallback><w:t>Shown.</w:t></mc:Fallback></mc:AlternateContent></w:r>"
    )


def value_of_a_plain_attribute(pack: Pack, word: str) -> None:
    pack.paragraph(f'<w:r><w:rPr><w:color w:val="000000" w:themeColor="{word}"/></w:rPr><w:t>Black words.</w:t></w:r>')


def style_of_a_shape(pack: Pack, word: str) -> None:
    pack.paragraph(f'<w:r><w:pict><v:rect style="width:9pt;height:9pt;note:{word}" fillcolor="{word}"/></w:pict></w:r>')


def permission_of_a_person(pack: Pack, word: str) -> None:
    pack.paragraph(f'<w:permStart w:id="950" w:ed="{word}"/>{TEXT}<w:permEnd w:id="950"/>')


MODULES = (__name__, canary_parts.__name__, canary_files.__name__)
PLACES: dict[str, Plant] = {
    name: value
    for space in (globals(), vars(canary_parts), vars(canary_files))
    for name, value in list(space.items())
    if callable(value) and getattr(value, "__module__", "") in MODULES
    and not name.startswith("_") and name not in ("change", "hidden", "Plant")
}  # fmt: skip
SEEN = frozenset(("deleted_words", "words_moved_away", "text_of_a_comment"))


def word_for(number: int, name: str) -> str:
    """Return the word for a place: eight hexadecimal digits where nothing else would do."""
    if name in ("session_of_a_paragraph", "identifier_of_a_paragraph", "session_of_the_settings"):
        return f"5EC{number:03d}A7"
    return f"Kanarek{number:03d}Quxz"


def planted(data: bytes) -> tuple[bytes, dict[str, str]]:
    """Return a document with a word in every place, and the word of each place."""
    pack = open_pack(data)
    words = {name: word_for(number, name) for number, name in enumerate(PLACES)}
    for name, plant in PLACES.items():
        plant(pack, words[name])
    assert pack.tree(DOCUMENT) is not None
    return pack.packed(), words
