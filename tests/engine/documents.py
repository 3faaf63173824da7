"""Drafts with every construct, for hypothesis: a plan is drawn, its markup is written directly, nothing else is in it."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from tests.engine import markup
from tests.engine.markup import INLINES, LOOKS, OWN_CHANGES, OWN_MARKS, PARAGRAPHS, PHRASES, Sheet

Item = tuple[str, int, int]  # construct, phrase, look
Words = tuple[str, tuple[Item, ...]]  # kind of paragraph, what stands in it

BLOCKS = ("paragraph", "table", "contents", "move", "control", "several in a control", "empty paragraphs")
TABLES = ("simple", "header row", "merged across", "merged down", "nested", "row in a control", "cell in a control",
          "own row inserted", "own row deleted", "empty cells", "one cell")  # fmt: skip
MARGINS = ("", "header", "header and footer", "first and even")


@dataclass(frozen=True)
class Block:
    """One block of a draft: what it is, a variant of that, the words in it."""

    what: str
    kind: str
    words: tuple[Words, ...]


@dataclass(frozen=True)
class Plan:
    """What a draft holds. Plans are small values, so that hypothesis can draw and shrink them quickly."""

    blocks: tuple[Block, ...]
    margins: str = ""
    margin_words: Words = ("plain", ())

    @property
    def constructs(self) -> set[str]:
        """The names of all constructs in the draft."""
        paragraphs = [*(w for b in self.blocks for w in b.words), self.margin_words]
        return {b.what for b in self.blocks} | {k for k, _ in paragraphs} | {i[0] for _, w in paragraphs for i in w}

    @property
    def has_own_changes(self) -> bool:
        """Whether the draft itself has tracked changes."""
        kinds = {b.kind for b in self.blocks} | self.constructs
        return bool(kinds & (OWN_CHANGES | OWN_MARKS | {"move", "own row inserted", "own row deleted"}))

    @property
    def has_own_marks(self) -> bool:
        """Whether the draft's own changes make or take away paragraphs."""
        return bool(self.constructs & (OWN_MARKS | {"move"}))


# ---- drawing --------------------------------------------------------------------------------------------------------

WEIGHTED = ("text",) * 14 + ("cut runs",) * 3 + tuple(INLINES)
KINDS = ("plain",) * 12 + tuple(PARAGRAPHS)
BLOCKS_WEIGHTED = ("paragraph",) * 7 + ("table",) * 2 + BLOCKS
ITEM = st.builds(
    lambda n, phrase, look: (WEIGHTED[n], phrase, look if look < len(LOOKS) else 0),
    st.integers(0, len(WEIGHTED) - 1), st.integers(0, len(PHRASES) - 1), st.integers(0, 8),
)  # fmt: skip
WORDS = st.tuples(st.sampled_from(KINDS), st.lists(ITEM, max_size=5).map(tuple))


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    what = draw(st.sampled_from(BLOCKS_WEIGHTED))
    kind = draw(st.sampled_from(TABLES)) if what == "table" else ""
    count = {"table": (1, 4), "several in a control": (2, 3), "empty paragraphs": (0, 0)}.get(what, (1, 1))
    return Block(what, kind, tuple(draw(st.lists(WORDS, min_size=count[0], max_size=count[1]))))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    margins = draw(st.sampled_from(MARGINS))
    words = draw(WORDS) if margins else ("plain", ())
    return Plan(tuple(draw(st.lists(blocks(), min_size=1, max_size=7))), margins, words)


# ---- writing --------------------------------------------------------------------------------------------------------


def _words(sheet: Sheet, words: Words, *, everywhere: bool = False, plain: bool = False) -> str:
    kind, items = words
    allowed = [item for item in items if not everywhere or item[0] in markup.EVERYWHERE]
    content = "".join(INLINES[name](sheet, PHRASES[phrase], LOOKS[look]) for name, phrase, look in allowed)
    if everywhere or (plain and kind == "section"):
        kind = "plain"
    return markup.paragraph(sheet, content, PARAGRAPHS[kind](sheet))


def _plain_text(words: Words) -> str:
    return "".join(PHRASES[phrase] for _, phrase, _ in words[1]) or "moved"


def _table(sheet: Sheet, block: Block) -> str:
    cells = [_words(sheet, words, plain=True) for words in block.words]
    first, empty = cells[0], "<w:p/>"
    span, restart, goes_on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    body = [markup.row((cell, empty)) for cell in cells[1:]]
    own = f'{sheet.id()}" {markup.MARK}'
    rows = {
        "header row": [markup.row((first, empty), "<w:tblHeader/>"), *body],
        "merged across": [markup.row((first,), spans=(span,)), *body, markup.row((empty, empty))],
        "merged down": [
            markup.row((first, empty), spans=(restart,)),
            markup.row((empty, empty), spans=(goes_on,)),
            *body,
        ],
        "nested": [markup.row((markup.table([markup.row((first, empty))], 2) + "<w:p/>", empty)), *body],
        "row in a control": [markup.control(sheet, markup.row((first, empty))), *body],
        "own row inserted": [markup.row((first, empty), f'<w:ins w:id="{own}/>'), *body],
        "own row deleted": [markup.row((first, empty), f'<w:del w:id="{own}/>'), markup.row((empty, empty)), *body],
        "empty cells": [markup.row((empty, empty)), markup.row((empty, first)), *body],
        "one cell": [markup.row(("".join(cells),))],
    }.get(block.kind, [markup.row((first, empty)), *body])
    if block.kind == "cell in a control":
        cell = f'<w:tc><w:tcPr><w:tcW w:w="2000" w:type="dxa"/></w:tcPr>{first}</w:tc>'
        rows = [f"<w:tr>{markup.control(sheet, cell)}</w:tr>", *(markup.row((c,)) for c in cells[1:])]
    return markup.table(rows, 1 if block.kind in ("one cell", "cell in a control") else 2)


def _block(sheet: Sheet, block: Block) -> str:
    if block.what == "table":
        return _table(sheet, block)
    if block.what == "empty paragraphs":
        return "<w:p/><w:p/>"
    if block.what == "contents":
        return markup.contents(sheet, _plain_text(block.words[0]))
    if block.what == "move":
        source, target = markup.moved(sheet, _plain_text(block.words[0]))
        return source + markup.paragraph(sheet, markup.run("between")) + target
    if block.what in ("control", "several in a control"):
        return markup.control(sheet, "".join(_words(sheet, words, plain=True) for words in block.words))
    return _words(sheet, block.words[0])


def _sections(sheet: Sheet, plan: Plan) -> str:
    """Return what the last section says of headers and footers, and write these."""
    kinds = {
        "header": (("header", "default"),),
        "header and footer": (("header", "default"), ("footer", "default")),
        "first and even": (("header", "default"), ("header", "first"), ("footer", "even"), ("header", "even")),
    }.get(plan.margins, ())
    references = ""
    for number, (kind, type_) in enumerate(kinds, 1):
        text = _words(sheet, plan.margin_words, everywhere=True) if number < 3 else markup.paragraph(sheet, "")
        sheet.margins.append((kind, text))
        references += f'<w:{kind}Reference w:type="{type_}" r:id="rIdMargin{number}"/>'
    title = "<w:titlePg/>" if plan.margins == "first and even" else ""
    return references + markup.SECTION + title


@lru_cache(maxsize=4096)
def write_draft(plan: Plan) -> bytes:
    """Return the .docx of a plan."""
    sheet = Sheet()
    body = "".join(_block(sheet, block) for block in plan.blocks)
    if sheet.open_bookmark:
        body += markup.paragraph(sheet, f'<w:bookmarkEnd w:id="{sheet.open_bookmark}"/>')
    if plan.blocks[-1].what == "table" or (plan.blocks[-1].words[-1:] and plan.blocks[-1].words[-1][0] == "section"):
        body += markup.paragraph(sheet, "")
    section = _sections(sheet, plan)
    return packed(sheet, f"<w:body>{body}<w:sectPr>{section}</w:sectPr></w:body>")


# ---- the package ----------------------------------------------------------------------------------------------------

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = (
    f'xmlns:w="{W}" xmlns:r="{OFFICE}" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml" mc:Ignorable="w14 w15"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082"
)
STYLES = "".join(
    f'<w:style w:type="{kind}" w:styleId="{id_}"{default}><w:name w:val="{name}"/>{rest}</w:style>'
    for kind, id_, name, default, rest in (
        ("paragraph", "Normal", "Normal", ' w:default="1"', ""),
        ("paragraph", "Heading1", "heading 1", "", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>'),
        ("paragraph", "ListBullet", "List Bullet", "", ""),
        ("character", "Strong", "Strong", "", "<w:rPr><w:b/></w:rPr>"),
    )
)
LEVELS = (
    '<w:abstractNum w:abstractNumId="{0}"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{1}"/>'
    '<w:lvlText w:val="{2}"/></w:lvl></w:abstractNum>'
)
NUMBERING = (
    LEVELS.format(0, "bullet", "•")
    + LEVELS.format(1, "decimal", "%1.")
    + ('<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>')
)
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def part(tag: str, content: str) -> bytes:
    """Return a part with this root."""
    return f"{HEAD}<w:{tag} {NAMES}>{content}</w:{tag}>".encode()


def _notes(kind: str, notes: Sequence[str]) -> bytes:
    separators = "".join(
        f'<w:{kind} w:type="{name}" w:id="{number}"><w:p><w:r><w:{name}/></w:r></w:p></w:{kind}>'
        for number, name in ((-1, "separator"), (0, "continuationSeparator"))
    )
    own = "".join(f'<w:{kind} w:id="{number}">{note}</w:{kind}>' for number, note in enumerate(notes, 1))
    return part(f"{kind}s", separators + own)


def _comments(sheet: Sheet) -> tuple[bytes, bytes]:
    """Return the comments and their threads."""
    comments, threads = "", ""
    for number, (text, answers, done) in enumerate(sheet.comments):
        name = f"{number + 0x1000:08X}"
        threads += f'<w15:commentEx w15:paraId="{name}" ' + (
            f'w15:paraIdParent="{answers + 0x1000:08X}" ' if answers is not None else ""
        )
        threads += f'w15:done="{int(done)}"/>'
        comments += (
            f'<w:comment w:id="{number}" {markup.MARK} w:initials="DA"><w:p w14:paraId="{name}">'
            f"<w:r><w:t>{escape(text)}</w:t></w:r></w:p></w:comment>"
        )
    extended = f"{HEAD}<w15:commentsEx {NAMES}>{threads}</w15:commentsEx>".encode()
    return part("comments", comments), extended


def packed(sheet: Sheet, body: str) -> bytes:
    """Return the .docx with this body and what the sheet has gathered."""
    parts: dict[str, tuple[str, bytes]] = {
        "styles": ("styles", part("styles", STYLES)),
        "numbering": ("numbering", part("numbering", NUMBERING)),
        "settings": ("settings", part("settings", '<w:zoom w:percent="100"/>')),
    }
    for kind, notes in (("footnote", sheet.footnotes), ("endnote", sheet.endnotes)):
        if notes:
            parts[f"{kind}s"] = (f"{kind}s", _notes(kind, notes))
    for number, (kind, text) in enumerate(sheet.margins, 1):
        parts[f"margin{number}"] = (kind, part("hdr" if kind == "header" else "ftr", text))
    if sheet.comments:
        comments, extended = _comments(sheet)
        parts["comments"], parts["commentsExtended"] = ("comments", comments), ("commentsExtended", extended)
    relations, types = list[str](), list[str]()
    for name, (kind, _) in parts.items():
        base = "http://schemas.microsoft.com/office/2011/relationships" if kind == "commentsExtended" else OFFICE
        identity = f"rIdMargin{name[6:]}" if name.startswith("margin") else f"rId{name}"
        relations.append(f'<Relationship Id="{identity}" Type="{base}/{kind}" Target="{name}.xml"/>')
        types.append(f'<Override PartName="/word/{name}.xml" ContentType="{WORD_TYPE}.{kind}+xml"/>')
    relations.append(f'<Relationship Id="rIdImage" Type="{OFFICE}/image" Target="media/image1.png"/>')
    relations += [
        f'<Relationship Id="rIdLink{n}" Type="{OFFICE}/hyperlink" Target={quoteattr(a)} TargetMode="External"/>'
        for n, a in enumerate(sheet.links, 1)
    ]
    files = {
        "[Content_Types].xml": _types(types),
        "_rels/.rels": _relations([f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>']),
        "word/document.xml": part("document", body),
        "word/_rels/document.xml.rels": _relations(relations),
        "word/media/image1.png": PNG,
        **{f"word/{name}.xml": data for name, (_, data) in parts.items()},
    }  # fmt: skip
    return zipped(files)


def _types(overrides: Sequence[str]) -> bytes:
    return (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        f'<Override PartName="/word/document.xml" ContentType="{WORD_TYPE}.document.main+xml"/>{"".join(overrides)}</Types>'
    ).encode()


def _relations(relations: Sequence[str]) -> bytes:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'{HEAD}<Relationships xmlns="{space}">{"".join(relations)}</Relationships>'.encode()


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip archive of these files, the same for the same files."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()
