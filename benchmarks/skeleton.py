"""The markup around the words of a made-up draft: parts, paragraphs, runs, as Word 365 writes them."""

from collections.abc import Sequence

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SPACES = (
    f'xmlns:w="{W}" xmlns:r="{OFFICE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" mc:Ignorable="w14"'
)
STYLES = {
    "heading": "Heading1",
    "list": "ListParagraph",
    "note": "FootnoteText",
    "margin": "Header",
    "body": "BodyText",
}
LIST = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'


def parts(body: str, notes: str, header: str, footer: str, comments: str) -> dict[str, str]:
    """Return the parts of a package by name."""
    kinds = ["styles", "settings", "numbering", "footnotes", "header", "footer", *(["comments"] if comments else [])]
    names = {kind: f"{kind}1.xml" if kind in ("header", "footer") else f"{kind}.xml" for kind in kinds}
    found = {
        "[Content_Types].xml": _types(names),
        "_rels/.rels": _relationships({"officeDocument": "word/document.xml"}),
        "word/_rels/document.xml.rels": _relationships(names),
        "word/document.xml": _root("document", f"<w:body>{body}{SECTION}</w:body>"),
        "word/styles.xml": _root("styles", _styles()),
        "word/settings.xml": _root("settings", '<w:zoom w:percent="100"/><w:defaultTabStop w:val="708"/>'),
        "word/numbering.xml": _root("numbering", NUMBERING),
        "word/footnotes.xml": _root("footnotes", f"{SEPARATORS}{notes}"),
        "word/header1.xml": _root("hdr", header),
        "word/footer1.xml": _root("ftr", footer),
    }
    if comments:
        found["word/comments.xml"] = _root("comments", comments)
    return found


def _root(tag: str, inner: str) -> str:
    return f"{DECLARATION}<w:{tag} {SPACES}>{inner}</w:{tag}>"


def _types(names: dict[str, str]) -> str:
    overrides = "".join(
        f'<Override PartName="/word/{name}" ContentType="{TYPE}.{kind}+xml"/>' for kind, name in names.items()
    )
    return (
        f'{DECLARATION}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{TYPE}.document.main+xml"/>{overrides}</Types>'
    )


def _relationships(names: dict[str, str]) -> str:
    inner = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{name}"/>'
        for n, (kind, name) in enumerate(names.items(), 1)
    )
    return f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'


SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId5"/><w:footerReference w:type="default" r:id="rId6"/>'
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1417" w:right="1417" w:bottom="1134" w:left="1417" '
    'w:header="708" w:footer="708" w:gutter="0"/></w:sectPr>'
)
SEPARATORS = (
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>'
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="hybridMultilevel"/><w:lvl w:ilvl="0"><w:start '
    'w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%1)"/><w:lvlJc w:val="left"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)


def _styles() -> str:
    named = {
        "BodyText": "Body Text", "Heading1": "heading 1", "ListParagraph": "List Paragraph", "Header": "header",
        "FootnoteText": "footnote text",
    }  # fmt: skip
    inner = '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    for name, shown in named.items():
        inner += f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{shown}"/><w:basedOn w:val="Normal"/>'
        inner += "</w:style>"
    for name, shown in (("FootnoteReference", "footnote reference"), ("CommentReference", "annotation reference")):
        inner += f'<w:style w:type="character" w:styleId="{name}"><w:name w:val="{shown}"/></w:style>'
    return inner


def paragraph(kind: str, name: str, rsid: str, inner: str, mark_change: str) -> str:
    """Return a w:p. `name` is its paraId; `mark_change` says that its mark was inserted or deleted."""
    style = f'<w:pStyle w:val="{STYLES[kind]}"/>' if kind in STYLES else ""
    numbers = LIST if kind == "list" else ""
    justified = '<w:jc w:val="both"/>' if kind in ("body", "list") else ""
    change = f"<w:rPr>{mark_change}</w:rPr>" if mark_change else ""
    properties = f"<w:pPr>{style}{numbers}{justified}{change}</w:pPr>"
    names = f' w14:paraId="{name}" w14:textId="77777777"' if name else ""
    return f'<w:p{names} w:rsidR="{rsid}" w:rsidRDefault="{rsid}" w:rsidP="{rsid}">{properties}{inner}</w:p>'


def run(text: str, rsid: str, bold: bool = False, deleted: bool = False) -> str:
    """Return a run."""
    look = '<w:rPr><w:b/><w:bCs/><w:lang w:val="en-GB"/></w:rPr>' if bold else '<w:rPr><w:lang w:val="en-GB"/></w:rPr>'
    tag = "delText" if deleted else "t"
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<w:r w:rsidRPr="{rsid}">{look}<w:{tag}{space}>{text}</w:{tag}></w:r>'


def note_reference(number: int) -> str:
    """Return the run that refers to a footnote."""
    return f'<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteReference w:id="{number}"/></w:r>'


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells that hold one paragraph each."""
    width = 9000 // len(rows[0])
    grid = f'<w:gridCol w:w="{width}"/>' * len(rows[0])
    cell = f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
    inner = "".join(f"<w:tr>{''.join(f'{cell}{content}</w:tc>' for content in row)}</w:tr>" for row in rows)
    return f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{inner}</w:tbl>'


def comment(number: int, author: str, text: str) -> str:
    """Return a w:comment."""
    return (
        f'<w:comment w:id="{number}" w:author="{author}" w:date="2026-11-20T09:00:00Z" w:initials="M"><w:p>'
        f'<w:r><w:rPr><w:rStyle w:val="CommentReference"/></w:rPr><w:annotationRef/></w:r><w:r><w:t>{text}</w:t></w:r>'
        "</w:p></w:comment>"
    )


def comment_start(number: int) -> str:
    """Return the mark at which a comment's range begins."""
    return f'<w:commentRangeStart w:id="{number}"/>'


def comment_end(number: int) -> str:
    """Return the mark at which a comment's range ends, and the reference to the comment."""
    style = '<w:rPr><w:rStyle w:val="CommentReference"/></w:rPr>'
    return f'<w:commentRangeEnd w:id="{number}"/><w:r>{style}<w:commentReference w:id="{number}"/></w:r>'
