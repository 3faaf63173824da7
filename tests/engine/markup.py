"""WordprocessingML of every construct a draft may hold, as text: what stands in a line, whole paragraphs, tables.

A `Sheet` counts ids and gathers what the markup refers to: notes, links, comments, headers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

OWN = "Draft Author"  # who made the changes and comments that the draft itself has
OWN_DATE = "2026-01-02T03:04:05Z"
MARK = f'w:author="{OWN}" w:date="{OWN_DATE}"'
PHRASES = (
    "The Parties shall act. ",
    "within two weeks ",
    "of the data [and] ",
    "Čakorska gradina, ",
    "Стороны обязуются ",
    "e\u0301te\u0301 \U0001d54f ",
    "shall",
    "Shall not ",
    " ",
    "co-operate — “fully” ",
    "a b c a b c ",
    "victims’ rights; ",
)
LOOKS = ("", "<w:b/>", "<w:i/>", '<w:color w:val="C00000"/>', '<w:sz w:val="28"/>', "<w:b/><w:i/>")
SECTION = '<w:pgSz w:w="11906" w:h="16838"/>'


@dataclass
class Sheet:
    """What a document has beside its text, gathered while its markup is written."""

    last_id: int = 0
    names: list[str] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    endnotes: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    comments: list[tuple[str, int | None, bool]] = field(default_factory=list)  # words, whom it answers, done
    margins: list[tuple[str, str]] = field(default_factory=list)  # kind (header, footer), markup
    open_bookmark: int = 0

    def id(self) -> int:
        """Return a number for a change, a bookmark or a drawing that no other has."""
        self.last_id += 1
        return self.last_id + 100

    def note(self, kind: str, text: str) -> int:
        """Add a note and return its id."""
        notes = self.footnotes if kind == "footnote" else self.endnotes
        mark = f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:{kind}Ref/></w:r>'
        more = paragraph(self, run(f"More on {text}.")) if len(notes) % 3 == 2 else ""
        notes.append(f"<w:p>{mark}{run(f' See {text} {len(notes)}.')}</w:p>{more}")
        return len(notes)

    def link(self, address: str) -> str:
        """Add an outside address and return its relationship's id."""
        self.links.append(address)
        return f"rIdLink{len(self.links)}"


def run(text: str, look: str = "") -> str:
    """Return a run of text."""
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(sheet: Sheet, content: str, properties: str = "") -> str:
    """Return a paragraph."""
    own = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{own}{content}</w:p>"


# ---- what stands in a line ------------------------------------------------------------------------------------------


def _char(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def _instruction(text: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve">{text}</w:instrText></w:r>'


def complex_field(code: str, result: str) -> str:
    """Return a field over several runs."""
    half = len(code) // 2
    return "".join(
        (_char("begin"), _instruction(code[:half]), _instruction(code[half:]), _char("separate"), result, _char("end"))
    )


def _picture(sheet: Sheet) -> str:
    number = sheet.id()
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="9525" cy="9525"/>'
        f'<wp:docPr id="{number}" name="Picture {number}"/><wp:cNvGraphicFramePr/><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
        '<pic:cNvPr id="0" name="p.png"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rIdImage"/>'
        '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
        '<a:ext cx="9525" cy="9525"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def _box(sheet: Sheet, text: str) -> str:
    number = sheet.id()
    inner = paragraph(sheet, run(f"Box: {text}")) + paragraph(sheet, run("second "), '<w:jc w:val="center"/>')
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline distT="0" distB="0" distL="0" '
        f'distR="0"><wp:extent cx="900000" cy="300000"/><wp:docPr id="{number}" name="Box {number}"/>'
        "<wp:cNvGraphicFramePr/><a:graphic><a:graphicData "
        'uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:cNvSpPr txBox="1"/>'
        f"<wps:spPr/><wps:txbx><w:txbxContent>{inner}</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp>"
        "</a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice><mc:Fallback><w:pict>"
        f'<v:shape style="width:70pt;height:20pt"><v:textbox><w:txbxContent>{inner}</w:txbxContent></v:textbox>'
        "</v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def _bookmark(sheet: Sheet, inner: str) -> str:
    number = sheet.id()
    return f'<w:bookmarkStart w:id="{number}" w:name="_Ref{number}"/>{inner}<w:bookmarkEnd w:id="{number}"/>'


def _bookmark_over_paragraphs(sheet: Sheet) -> str:
    """Begin a bookmark, or end the one that was begun before."""
    if sheet.open_bookmark:
        number, sheet.open_bookmark = sheet.open_bookmark, 0
        return f'<w:bookmarkEnd w:id="{number}"/>'
    sheet.open_bookmark = number = sheet.id()
    return f'<w:bookmarkStart w:id="{number}" w:name="_Toc{number}"/>'


def _control(sheet: Sheet, content: str) -> str:
    return f'<w:sdt><w:sdtPr><w:id w:val="{sheet.id()}"/></w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>'


def _comment(sheet: Sheet, inner: str, thread: bool = False) -> str:
    first = len(sheet.comments)
    sheet.comments.append((f"Own remark {first}", None, thread))
    if thread:
        sheet.comments.append((f"Own reply {first}", first, False))
    ids = range(first, len(sheet.comments))
    starts = "".join(f'<w:commentRangeStart w:id="{i}"/>' for i in ids)
    ends = "".join(
        f'<w:commentRangeEnd w:id="{i}"/><w:r><w:commentReference w:id="{i}"/></w:r>' for i in ids
    )  # fmt: skip
    return starts + inner + ends


def _tracked(sheet: Sheet, tag: str, inner: str) -> str:
    return f'<w:{tag} w:id="{sheet.id()}" {MARK}>{inner}</w:{tag}>'


def _cut(text: str) -> str:
    """Return words as programs that spell-check while saving leave them: cut anywhere, with marks between."""
    half = (len(text) + 1) // 2
    error = '<w:proofErr w:type="spellStart"/>'
    return f'<w:r w:rsidR="00A1B2C3"><w:t xml:space="preserve">{text[:half]}</w:t></w:r>{error}' + (
        f'<w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve">{text[half:]}</w:t></w:r>' if text[half:] else ""
    )


def _deleted(text: str) -> str:
    return f'<w:r><w:delText xml:space="preserve">{text}</w:delText></w:r>'


Inline = Callable[[Sheet, str, str], str]

INLINES: dict[str, Inline] = {
    "text": lambda _, text, look: run(text, look),
    "cut runs": lambda _, text, look: _cut(text),
    "external link": lambda s, text, look: (
        f'<w:hyperlink r:id="{s.link("https://example.org/" + str(len(s.links)))}">{run(text, look)}</w:hyperlink>'
    ),
    "anchor link": lambda _, text, look: f'<w:hyperlink w:anchor="_Ref1">{run(text)}{run("more ", look)}</w:hyperlink>',
    "footnote": lambda s, text, _: (
        f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
        f'<w:footnoteReference w:id="{s.note("footnote", text)}"/></w:r>'
    ),
    "endnote": lambda s, text, _: f'<w:r><w:endnoteReference w:id="{s.note("endnote", text)}"/></w:r>',
    "complex field": lambda _, text, look: complex_field(" REF _Ref1 \\h ", run(text, look) + run("5")),
    "nested field": lambda _, text, look: complex_field(" IF ", complex_field(" PAGE ", run("3")) + run(text, look)),
    "page field": lambda *_: complex_field(" PAGE ", run("2")),
    "simple field": lambda _, text, look: f'<w:fldSimple w:instr=" SEQ Table ">{run("7", look)}</w:fldSimple>',
    "equation": lambda *_: "<m:oMath><m:r><m:t>E=m</m:t></m:r></m:oMath>",
    "image": lambda s, *_: _picture(s),
    "page break": lambda *_: '<w:r><w:br w:type="page"/></w:r>',
    "column break": lambda *_: '<w:r><w:br w:type="column"/></w:r>',
    "line break": lambda _, text, look: f"<w:r><w:t>before</w:t><w:br/><w:t>{text.strip()}</w:t></w:r>",
    "tab": lambda _, text, look: f"<w:r><w:tab/><w:t>{text.strip()}</w:t></w:r>",
    "symbol": lambda *_: '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>',
    "hyphens": lambda *_: "<w:r><w:t>co</w:t><w:softHyphen/><w:t>op</w:t><w:noBreakHyphen/><w:t>x</w:t></w:r>",
    "bookmark": lambda s, text, look: _bookmark(s, run(text, look)),
    "bookmark over paragraphs": lambda s, text, look: _bookmark_over_paragraphs(s) + run(text, look),
    "text box": lambda s, text, _: _box(s, text),
    "inline control": lambda s, text, look: _control(s, run(text, look) + run("end ")),
    "smart tag": lambda _, text, look: (
        f'<w:smartTag w:uri="urn:x" w:element="place">{run(text, look)}{run("tag ")}</w:smartTag>'
    ),
    "custom xml": lambda _, text, look: f'<w:customXml w:uri="urn:x" w:element="e">{run(text, look)}</w:customXml>',
    "own comment": lambda s, text, look: _comment(s, run(text, look)),
    "own thread": lambda s, text, look: _comment(s, run(text, look), thread=True),
    "own insertion": lambda s, text, look: _tracked(s, "ins", run(text, look) + run("new ")),
    "own deletion": lambda s, text, _: _tracked(s, "del", _deleted(text)),
    "own replacement": lambda s, text, look: (
        _tracked(s, "del", _deleted("former ")) + _tracked(s, "ins", run(text, look))
    ),
    "own formatting": lambda s, text, _: (
        f'<w:r><w:rPr><w:b/><w:rPrChange w:id="{s.id()}" {MARK}><w:rPr><w:i/></w:rPr></w:rPrChange></w:rPr>'
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    ),
}
OWN_CHANGES = frozenset(
    name for name in INLINES if name.startswith("own ") and name not in ("own comment", "own thread")
)
# What may stand in notes, headers, footers and text boxes.
EVERYWHERE = frozenset(INLINES) - {
    "footnote", "endnote", "text box", "image", "external link", "own comment", "own thread", "page break",
    "column break", "bookmark over paragraphs",
}  # fmt: skip

# ---- paragraphs -----------------------------------------------------------------------------------------------------

PARAGRAPHS: dict[str, Callable[[Sheet], str]] = {
    "plain": lambda _: "",
    "heading": lambda _: '<w:pStyle w:val="Heading1"/>',
    "bullet": lambda _: '<w:pStyle w:val="ListBullet"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>',
    "numbered": lambda _: '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr>',
    "justified": lambda _: '<w:spacing w:after="120"/><w:jc w:val="both"/><w:rPr><w:b/></w:rPr>',
    "section": lambda _: f"<w:sectPr>{SECTION}</w:sectPr>",
    "own mark inserted": lambda s: f'<w:rPr><w:ins w:id="{s.id()}" {MARK}/></w:rPr>',
    "own mark deleted": lambda s: f'<w:rPr><w:del w:id="{s.id()}" {MARK}/></w:rPr>',
    "own paragraph formatting": lambda s: (
        f'<w:jc w:val="center"/><w:pPrChange w:id="{s.id()}" {MARK}><w:pPr><w:jc w:val="left"/></w:pPr></w:pPrChange>'
    ),
}
OWN_MARKS = frozenset(("own mark inserted", "own mark deleted"))


def row(cells: Sequence[str], properties: str = "", spans: Sequence[str] = ()) -> str:
    """Return a table row of these cells' content; `spans` are the cells' merging properties."""
    made = ""
    for i, cell in enumerate(cells):
        own = spans[i] if i < len(spans) else ""
        made += f'<w:tc><w:tcPr><w:tcW w:w="2000" w:type="dxa"/>{own}</w:tcPr>{cell}</w:tc>'
    return f"<w:tr>{f'<w:trPr>{properties}</w:trPr>' if properties else ''}{made}</w:tr>"


def table(rows: Sequence[str], columns: int) -> str:
    """Return a table."""
    grid = '<w:gridCol w:w="2000"/>' * columns
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )


def control(sheet: Sheet, content: str) -> str:
    """Return a content control around paragraphs, rows or cells."""
    return _control(sheet, content)


def moved(sheet: Sheet, text: str) -> tuple[str, str]:
    """Return a paragraph moved by the draft's own author: where it was and where it is."""
    made = []
    for way, t in (("From", "moveFrom"), ("To", "moveTo")):
        mark = f'<w:pPr><w:rPr><w:{t} w:id="{sheet.id()}" {MARK}/></w:rPr></w:pPr>'
        number = sheet.id()
        inner = f'<w:{t} w:id="{sheet.id()}" {MARK}>{run(text)}</w:{t}>'
        made.append(
            f'<w:p>{mark}<w:move{way}RangeStart w:id="{number}" w:name="move{len(sheet.names) + 1}" {MARK}/>{inner}'
            f'<w:move{way}RangeEnd w:id="{number}"/></w:p>'
        )
    sheet.names.append(text)
    return made[0], made[1]


def contents(sheet: Sheet, text: str) -> str:
    """Return a table of contents: one field over two paragraphs, with links and page numbers of their own in it."""
    page = complex_field(" PAGEREF _Ref1 ", run("4"))
    one, two = (f'<w:hyperlink w:anchor="_Ref1">{run(part + text)}{page}</w:hyperlink>' for part in ("I. ", "II. "))
    first = f"{_char('begin')}{_instruction(' TOC ')}{_char('separate')}{one}"
    return f"<w:p>{first}</w:p><w:p>{two}{_char('end')}</w:p>"
