"""Documents of many kinds to hide things in: tables, notes, headers, pictures, text boxes, lists, fields, Cyrillic."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import parse_xml
from docx.shared import Cm

from tests.engine.specimens import draft, specimen_draft

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
BOX = "<w:txbxContent><w:p><w:r><w:t>In a text box the victim decides.</w:t></w:r></w:p></w:txbxContent>"
TEXT_BOX = f"""<w:p {NAMES}><w:r><w:t xml:space="preserve">Beside a box </w:t></w:r><w:r><mc:AlternateContent>
<mc:Choice Requires="wps"><w:drawing><wp:inline><wp:extent cx="2400000" cy="600000"/><wp:docPr id="31" name="Text Box 31"/>
<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>
<wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="2400000" cy="600000"/></a:xfrm>
<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:srgbClr val="FFFFCC"/></a:solidFill></wps:spPr>
<wps:txbx>{BOX}</wps:txbx><wps:bodyPr rot="0" wrap="square"/></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>
</mc:Choice><mc:Fallback><w:pict><v:rect id="box31" style="width:189pt;height:47pt" fillcolor="#ffc"><v:textbox>{BOX}
</v:textbox></v:rect></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"""
EQUATION = f"""<w:p {NAMES}><w:r><w:t xml:space="preserve">As </w:t></w:r><m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num>
<m:den><m:r><m:t>b</m:t></m:r></m:den></m:f><m:r><m:t>=c</m:t></m:r></m:oMath></w:p>"""
CONTROL = f"""<w:sdt {NAMES}><w:sdtPr><w:id w:val="77"/></w:sdtPr><w:sdtContent><w:p><w:r>
<w:t>What stands in a content control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"""


def png(width: int = 40, height: int = 20) -> bytes:
    """Return a picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x20\x60\xa0" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def field(code: str, result: str) -> str:
    """Return the runs of a field."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {code} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f'<w:r><w:t>{result}</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _made(*steps: Callable[[Document], None]) -> bytes:
    document = docx.Document(
        io.BytesIO(draft("# Purpose", "The missions co-operate to prevent and to combat trafficking."))
    )
    for step in steps:
        step(document)
    document.add_paragraph("Comments are welcome until the end of the month.")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _append(document: Document, xml: str) -> None:
    document.element.body.insert(len(document.element.body) - 1, parse_xml(xml))


def _margins(document: Document) -> None:
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.header.paragraphs[0].text = "Draft for consultation"
    section.first_page_header.paragraphs[0].text = "First page"
    section.footer.paragraphs[0]._p.append(
        parse_xml(f"<w:fldSimple {NAMES} w:instr=' PAGE '><w:r><w:t>1</w:t></w:r></w:fldSimple>")
    )


def _picture(document: Document) -> None:
    document.add_picture(io.BytesIO(png()), width=Cm(4))
    document.add_paragraph("Figure: the region.", style="Caption")


def _nested_table(document: Document) -> None:
    table = document.add_table(rows=2, cols=2, style="Table Grid")
    table.cell(0, 0).text, table.cell(0, 1).text = "Task", "Who"
    inner = table.cell(1, 1).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "Mission", "ODIHR"


def _sections(document: Document) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    document.add_paragraph("On a landscape page.")


def _fields(document: Document) -> None:
    toc = field('TOC \\o "1-3" \\h \\z \\u', "Purpose 1")
    _append(document, f"<w:p {NAMES}>{toc}</w:p>")
    marked = '<w:bookmarkStart w:id="5" w:name="_Ref12345"/><w:r><w:t>Article 7</w:t></w:r><w:bookmarkEnd w:id="5"/>'
    see = '<w:r><w:t xml:space="preserve"> see </w:t></w:r>'
    reference = field("REF _Ref12345 \\h", "Article 7")
    _append(document, f"<w:p {NAMES}>{marked}{see}{reference}</w:p>")


def _link(document: Document) -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    name = document.part.relate_to("https://www.osce.org/odihr", kind, is_external=True)
    _append(document, f'<w:p {NAMES}><w:hyperlink r:id="{name}"><w:r><w:t>www.osce.org</w:t></w:r></w:hyperlink></w:p>')


@cache
def bases() -> dict[str, bytes]:
    """Return the documents by name."""
    return {
        "headings, list, table, footnote": specimen_draft(),
        "text only": draft("Only one paragraph.", "And another one."),
        "lists": draft("# Duties", "* first", "* second", "1. one", "1. two", "An end."),
        "Cyrillic": draft("# Сврха", "Мисије сарађују^ у спречавању трговине људима.", "* прво",
            [["Ко", "Шта"], ["ОЕБС", "Čakorska"]]),
        "headers and footers": _made(_margins),
        "picture": _made(_picture),
        "nested table": _made(_nested_table),
        "text box": _made(lambda d: _append(d, TEXT_BOX)),
        "equation and control": _made(lambda d: _append(d, EQUATION), lambda d: _append(d, CONTROL)),
        "sections": _made(_sections),
        "fields": _made(_fields),
        "everything": _made(
            _margins, _picture, _nested_table, lambda d: _append(d, TEXT_BOX), lambda d: _append(d, EQUATION),
            lambda d: _append(d, CONTROL), _fields, _link, _sections,
        ),
    }  # fmt: skip
