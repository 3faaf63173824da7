"""More places where something can lie: in other parts than the text, in settings, styles, properties, relationships."""

from lxml import etree

from tests.engine import canary_files
from tests.engine.bases import NAMES
from tests.engine.planting import CT, DOCUMENT, RELS, WORD_TYPE, Pack, w, xml

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
CP = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
EXT = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"

# ---- settings, styles, lists, fonts ---------------------------------------------------------------------------------


def _setting(pack: Pack, markup: str) -> None:
    pack.part("settings").append(xml(markup))


def variable_of_the_document(pack: Pack, word: str) -> None:
    _setting(pack, f'<w:docVars><w:docVar w:name="{word}" w:val="{word}"/></w:docVars>')


def session_of_the_settings(pack: Pack, word: str) -> None:
    _setting(pack, f'<w:rsids><w:rsidRoot w:val="{word}"/><w:rsid w:val="{word}"/></w:rsids>')


def attached_template(pack: Pack, word: str) -> None:
    pack.part("settings")
    name = pack.relate(f"file:///C:/Users/{word}/Normal.dotm", "attachedTemplate", "word/settings.xml", external=True)
    _setting(pack, f'<w:attachedTemplate r:id="{name}"/>')


def source_of_a_mail_merge(pack: Pack, word: str) -> None:
    query = f'<w:connectString w:val="Data Source={word}"/><w:query w:val="SELECT * FROM {word}"/>'
    _setting(pack, f'<w:mailMerge><w:mainDocumentType w:val="formLetters"/>{query}</w:mailMerge>')


def hash_of_the_protection(pack: Pack, word: str) -> None:
    _setting(pack, f'<w:documentProtection w:edit="readOnly" w:hash="{word}" w:salt="{word}"/>')


def writing_protection(pack: Pack, word: str) -> None:
    _setting(pack, f'<w:writeProtection w:recommended="1" w:hash="{word}"/>')


def defaults_of_shapes(pack: Pack, word: str) -> None:
    _setting(pack, f'<w:hdrShapeDefaults><o:shapedefaults v:ext="edit" style="{word}"/></w:hdrShapeDefaults>')


def schema_that_is_attached(pack: Pack, word: str) -> None:
    _setting(pack, f'<w:attachedSchema w:val="urn:{word}"/>')


def identifier_of_the_document(pack: Pack, word: str) -> None:
    pack.part("settings").append(etree.fromstring(
        f'<w15:docId xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml" w15:val="{word}"/>'))  # fmt: skip


def caption_of_the_settings(pack: Pack, word: str) -> None:
    _setting(pack, f'<w:captions><w:caption w:name="{word}" w:pos="below"/></w:captions>')


def setting_of_compatibility(pack: Pack, word: str) -> None:
    _setting(pack, f'<w:compat><w:compatSetting w:name="{word}" w:uri="urn:{word}" w:val="15"/></w:compat>')


def style_nobody_uses(pack: Pack, word: str) -> None:
    pack.part("styles").append(xml(f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{word}"><w:name w:val="{word}"/>'
                                   "</w:style>"))  # fmt: skip


def other_name_of_a_style(pack: Pack, word: str) -> None:
    style = pack.part("styles").find(w("style"))
    assert style is not None
    style.insert(1, xml(f'<w:aliases w:val="{word}"/>'))


def built_in_style_of_another_id(pack: Pack, word: str) -> None:
    pack.part("styles").append(
        xml(f'<w:style w:type="paragraph" w:styleId="{word}"><w:name w:val="index 7"/></w:style>')
    )


def latent_style(pack: Pack, word: str) -> None:
    pack.part("styles").insert(0, xml(f'<w:latentStyles><w:lsdException w:name="{word}"/></w:latentStyles>'))


def name_of_a_list(pack: Pack, word: str) -> None:
    level = '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    hidden = f'<w:lvl w:ilvl="8"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="{word} %9"/></w:lvl>'
    made = f'<w:abstractNum w:abstractNumId="97"><w:nsid w:val="{word}"/><w:name w:val="{word}"/>{level}{hidden}</w:abstractNum>'
    root = pack.part("numbering")
    root.insert(0, xml(made))
    root.append(xml('<w:num w:numId="97"><w:abstractNumId w:val="97"/></w:num>'))
    pack.paragraph("<w:r><w:t>In a list.</w:t></w:r>", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="97"/></w:numPr>')


def list_nobody_uses(pack: Pack, word: str) -> None:
    level = f'<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="{word} %1."/></w:lvl>'
    pack.part("numbering").insert(0, xml(f'<w:abstractNum w:abstractNumId="98">{level}</w:abstractNum>'))


def font_nobody_uses(pack: Pack, word: str) -> None:
    pack.part("fontTable").append(xml(f'<w:font w:name="{word}"><w:altName w:val="{word}"/></w:font>'))


def embedded_font(pack: Pack, word: str) -> None:
    name = pack.add("word/fonts/font1.odttf", word.encode() * 3, "application/vnd.openxmlformats-officedocument.obfuscatedFont",
                    "font", "word/fontTable.xml")  # fmt: skip
    pack.part("fontTable").append(
        xml(f'<w:font w:name="Calibri"><w:embedRegular r:id="{name}" w:fontKey="{{{word}}}"/></w:font>')
    )


def name_of_a_theme(pack: Pack, word: str) -> None:
    theme = pack.tree("word/theme/theme1.xml")
    theme.set("name", word)
    for scheme in theme.iter(f"{A}clrScheme", f"{A}fontScheme", f"{A}fmtScheme"):
        scheme.set("name", word)


def colour_of_a_theme(pack: Pack, word: str) -> None:
    made = f'<a:custClrLst xmlns:a="{A[1:-1]}"><a:custClr name="{word}"><a:srgbClr val="FF0000"/></a:custClr></a:custClrLst>'
    pack.tree("word/theme/theme1.xml").append(etree.fromstring(made))


# ---- notes, margins -------------------------------------------------------------------------------------------------


def note_nobody_refers_to(pack: Pack, word: str) -> None:
    pack.part("footnotes").append(xml(f'<w:footnote w:id="960"><w:p><w:r><w:t>{word}</w:t></w:r></w:p></w:footnote>'))


def line_that_parts_the_notes(pack: Pack, word: str) -> None:
    pack.part("footnotes").insert(0, xml(f'<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/><w:t>{word}</w:t>'
                                         "</w:r></w:p></w:footnote>"))  # fmt: skip


def header_nobody_refers_to(pack: Pack, word: str) -> None:
    header = f"<w:hdr {NAMES}><w:p><w:r><w:t>{word}</w:t></w:r></w:p></w:hdr>"
    pack.add("word/header77.xml", header, f"{WORD_TYPE}.header+xml", "header")


# ---- properties -----------------------------------------------------------------------------------------------------


def _property(pack: Pack, tag: str, word: str) -> None:
    root = pack.tree("docProps/core.xml")
    found = root.find(tag)
    made = found if found is not None else etree.SubElement(root, tag)
    made.text = word


def creator(pack: Pack, word: str) -> None:
    _property(pack, "{http://purl.org/dc/elements/1.1/}creator", word)


def last_author(pack: Pack, word: str) -> None:
    _property(pack, f"{{{CP}}}lastModifiedBy", word)


def keywords(pack: Pack, word: str) -> None:
    _property(pack, f"{{{CP}}}keywords", word)


def category(pack: Pack, word: str) -> None:
    _property(pack, f"{{{CP}}}category", word)


def description(pack: Pack, word: str) -> None:
    _property(pack, "{http://purl.org/dc/elements/1.1/}description", word)


def subject(pack: Pack, word: str) -> None:
    _property(pack, "{http://purl.org/dc/elements/1.1/}subject", word)


def company(pack: Pack, word: str) -> None:
    root = pack.tree("docProps/app.xml")
    etree.SubElement(root, f"{{{EXT}}}Company").text = word


def manager(pack: Pack, word: str) -> None:
    etree.SubElement(pack.tree("docProps/app.xml"), f"{{{EXT}}}Manager").text = word


def template(pack: Pack, word: str) -> None:
    etree.SubElement(pack.tree("docProps/app.xml"), f"{{{EXT}}}Template").text = f"{word}.dotm"


def custom_property(pack: Pack, word: str) -> None:
    set_ = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
    types = "http://schemas.openxmlformats.org/officeDocument/2006/"
    made = (f'<Properties xmlns="{types}custom-properties" xmlns:vt="{types}docPropsVTypes"><property pid="2" name="{word}"'
            f' fmtid="{set_}"><vt:lpwstr>{word}</vt:lpwstr></property></Properties>')  # fmt: skip
    pack.add("docProps/custom.xml", made, "application/vnd.openxmlformats-officedocument.custom-properties+xml",
             "custom-properties", "")  # fmt: skip


# ---- other parts ----------------------------------------------------------------------------------------------------


def list_of_people(pack: Pack, word: str) -> None:
    w15 = "http://schemas.microsoft.com/office/word/2012/wordml"
    made = f'<w15:people xmlns:w15="{w15}"><w15:person w15:author="{word}"/></w15:people>'
    pack.add(
        "word/people.xml",
        made,
        f"{WORD_TYPE}.people+xml",
        "http://schemas.microsoft.com/office/2011/relationships/people",
    )


def item_of_custom_xml(pack: Pack, word: str) -> None:
    pack.add("customXml/item77.xml", f"<data><secret>{word}</secret></data>", "application/xml", "customXml")


def building_block(pack: Pack, word: str) -> None:
    part = f'<w:glossaryDocument {NAMES}><w:docParts><w:docPart><w:docPartPr><w:name w:val="{word}"/></w:docPartPr>'
    body = f"<w:docPartBody><w:p><w:r><w:t>{word}</w:t></w:r></w:p></w:docPartBody></w:docPart></w:docParts></w:glossaryDocument>"
    pack.add("word/glossary/document.xml", part + body, f"{WORD_TYPE}.document.glossary+xml", "glossaryDocument")


def settings_of_a_printer(pack: Pack, word: str) -> None:
    name = pack.add("word/printerSettings1.bin", word.encode("utf-16-le"),
                    f"{WORD_TYPE}.printerSettings", "printerSettings")  # fmt: skip
    section = pack.body.find(w("sectPr"))
    if section is None:
        section = etree.SubElement(pack.body, w("sectPr"))
    section.append(xml(f'<w:printerSettings r:id="{name}"/>'))


def preview_picture(pack: Pack, word: str) -> None:
    kind = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
    pack.add("docProps/preview.jpeg", canary_files.JPEG + word.encode(), "image/jpeg", kind, "")


def old_embedded_object(pack: Pack, word: str) -> None:
    kind = "application/vnd.openxmlformats-officedocument.oleObject"
    name = pack.add("word/embeddings/ole1.bin", b"\xd0\xcf\x11\xe0" + word.encode("utf-16-le"), kind, "oleObject")
    pack.paragraph(f'<w:r><w:object><o:OLEObject Type="Embed" ProgID="{word}" r:id="{name}"/></w:object></w:r>')


def other_document(pack: Pack, word: str) -> None:
    name = pack.add("word/chunk.html", f"<html><body>{word}</body></html>", "text/html", "aFChunk")
    pack.paragraph("<w:r><w:t>Before it.</w:t></w:r>").addnext(xml(f'<w:altChunk r:id="{name}"/>'))


def control_that_runs(pack: Pack, word: str) -> None:
    made = f'<ax:ocx xmlns:ax="http://schemas.microsoft.com/office/2006/activeX" ax:license="{word}"/>'
    name = pack.add("word/activeX/activeX1.xml", made, "application/vnd.ms-office.activeX+xml", "control")
    pack.paragraph(f'<w:r><w:object><w:control r:id="{name}" w:name="{word}"/></w:object></w:r>')


def document_within(pack: Pack, word: str) -> None:
    name = pack.relate(f"file:///C:/{word}.docx", "subDocument", external=True)
    pack.paragraph(f'<w:subDoc r:id="{name}"/>')


def part_nobody_refers_to(pack: Pack, word: str) -> None:
    pack.parts["word/left/over.xml"] = f"<left>{word}</left>".encode()


def name_of_a_part(pack: Pack, word: str) -> None:
    pack.parts[f"word/{word}.xml"] = b"<left/>"


def content_type_of_a_part(pack: Pack, word: str) -> None:
    etree.SubElement(pack.tree("[Content_Types].xml"), f"{{{CT}}}Default", Extension="kuk", ContentType=f"text/{word}")


def name_of_a_relationship(pack: Pack, word: str) -> None:
    for relationship in pack.tree("word/_rels/document.xml.rels").iter(f"{{{RELS}}}Relationship"):
        if relationship.get("Type", "").endswith("/styles"):
            relationship.set("Id", word)


def relationship_nobody_uses(pack: Pack, word: str) -> None:
    pack.relate(f"https://{word}.example/", "hyperlink", DOCUMENT, external=True)


def settings_of_the_web(pack: Pack, word: str) -> None:
    made = f'<w:webSettings {NAMES}><w:encoding w:val="{word}"/></w:webSettings>'
    pack.add("word/webSettings.xml", made, f"{WORD_TYPE}.webSettings+xml", "webSettings")


def buttons_of_its_own(pack: Pack, word: str) -> None:
    made = f'<customUI xmlns="http://schemas.microsoft.com/office/2006/01/customui" onLoad="{word}"/>'
    pack.add(
        "customUI/customUI.xml",
        made,
        "application/xml",
        "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
        "",
    )


def signature(pack: Pack, word: str) -> None:
    kind = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin"
    pack.add(
        "_xmlsignatures/origin.sigs",
        word.encode(),
        "application/vnd.openxmlformats-package.digital-signature-origin",
        kind,
        "",
    )


def times_of_comments(pack: Pack, word: str) -> None:
    space = "http://schemas.microsoft.com/office/word/2018/wordml/cex"
    made = f'<e:commentsExtensible xmlns:e="{space}"><e:commentExtensible e:durableId="{word}"/></e:commentsExtensible>'
    pack.add("word/commentsExtensible.xml", made, f"{WORD_TYPE}.commentsExtensible+xml",
             "http://schemas.microsoft.com/office/2018/08/relationships/commentsExtensible")  # fmt: skip
