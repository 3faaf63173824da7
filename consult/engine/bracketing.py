"""The negotiation text: every variant of a disputed passage in square brackets, with the names of who wants it.

The draft's words stay where they are, in brackets of their own; the variants stand beside them as plain text. Nothing
is tracked. Our brackets and names are bold and have a character style, so that they can be told from brackets of the
draft, and found. Why it is written so: docs/decisions/0005-negotiation-text.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.agreeing import Region
from consult.engine.disputing import remark_of_ours, support
from consult.engine.merging import Insertion, Layers, Merge, NewBlock, signatures
from consult.engine.ooxml import Element, w
from consult.engine.ordinals import Ordinals
from consult.engine.package import parse_xml
from consult.engine.stories import Document, Line
from consult.engine.untracked import Repeated
from consult.engine.values import Draft, Edit, Notice, Paragraph, Remark
from consult.engine.variants import Repeater, passages_of, variants_in
from consult.phrases import say

STYLE = "NegotiationBracket"
COLOUR = "1F3864"
LEGEND = (
    "How to read this text: nothing in bold square brackets is agreed. [{draft}: …] are the words of the draft, "
    "[Name: …] is what that organisation proposes instead or in addition, [Name: delete] that it wants the words out. "
    "“5 bis”, “5 ter” are new paragraphs behind 5. Brackets that are not bold stand in the draft itself."
)
OPENING = "([{“‘«„/–-\u2011\u2014"


@dataclass(slots=True)
class Bracketed:
    """What a negotiation text is written from: layers of plain text, and what its margin and its reader are told."""

    merged: Merge
    remarks: list[Remark] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def bracket(document: Document, described: Draft, merged: Merge) -> Bracketed:
    """Return the merged layers as the layers of a negotiation text. The document's runs are cut, its text stays."""
    return _Bracketing(document, described, merged).bracketed()


def with_style(styles: bytes) -> bytes:
    """Return a styles part that has the style of our brackets."""
    root = parse_xml(styles)
    if root.find(f"{w('style')}[@{w('styleId')}='{STYLE}']") is None:
        style = etree.SubElement(root, w("style"), {w("type"): "character", w("customStyle"): "1", w("styleId"): STYLE})
        etree.SubElement(style, w("name")).set(w("val"), "Negotiation bracket")
        style.append(_look(False))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _look(named: bool) -> Element:
    look = etree.Element(ooxml.RPR)
    if named:
        etree.SubElement(look, w("rStyle")).set(w("val"), STYLE)
    etree.SubElement(look, w("b"))
    etree.SubElement(look, w("color")).set(w("val"), COLOUR)
    return look


def _mark(text: str) -> str:
    """Return what is ours (brackets, names) as markup."""
    return etree.tostring(runs.make_run(text, _look(True)), encoding="unicode")


class _Bracketing:
    def __init__(self, document: Document, described: Draft, merged: Merge) -> None:
        self.described, self.merged = described, merged
        self.paragraphs = {p.key: p for p in described.paragraphs}
        self.lines: dict[str, Line] = {line.key: line for line in document.lines()}
        self.repeater = Repeater(list(document.roots.values()))
        self.ordinals = Ordinals(described.paragraphs)
        self.moved_to: dict[str, str] = {}  # name of a move -> what the paragraph is called in its new place
        everybody = {name for edits in merged.inline.values() for name in edits}
        self.draft = "Draft" if "Draft" not in everybody else "Text of the draft"
        self.rows = {row.ends: key for key, layers in merged.layers.items() for row in layers.rows_deleted}

    def bracketed(self) -> Bracketed:
        made = Bracketed(replace(self.merged, layers={}))
        for p in self.described.paragraphs:
            if p.key in self.merged.layers:
                made.merged.layers[p.key] = self._blocks(p, self.merged.layers[p.key])
        for key, layers in made.merged.layers.items():
            layers.insertions = list(self._inline(self.paragraphs[key], self.merged.inline[key]))
        made.remarks = self._looks()
        if any(layers != Layers() for layers in made.merged.layers.values()):
            first = next((p for p in self.described.paragraphs if p.number), self.described.paragraphs[0])
            made.remarks.insert(0, remark_of_ours(first.key, 0, 0, LEGEND.format(draft=self.draft)))
        made.notices = list(_unbalanced(self.described.paragraphs))
        return made

    # ---- in the words of a paragraph --------------------------------------------------------------------------------

    def _inline(self, p: Paragraph, inline: Mapping[str, Sequence[Edit]]) -> Iterator[Insertion]:
        passages = passages_of(p.text, inline)
        edges = {edge for e in (e for edits in inline.values() for e in edits) for edge in (e.start, e.end)}
        edges |= {edge for passage in passages for edge in (passage.start, passage.end)}
        for element in (self.lines[p.key].element, self.lines[p.key].twin):
            if element is not None:
                runs.cut_at(element, edges)
        for passage in passages:
            yield from self._passage(p, passage)

    def _passage(self, p: Paragraph, passage: Region) -> Iterator[Insertion]:
        start, end = passage.start, passage.end
        blank = " " if start and not p.text[start - 1].isspace() and p.text[start - 1] not in OPENING else ""
        if start < end:
            colon = ":" if p.text[start].isspace() else ": "
            yield _ours(start, f"{blank}[{self.draft}{colon}")
            blank = "] "
        for names in variants_in(p.text, passage):
            edits = passage.edits[names[0]]
            signed = tuple(signatures(e for name in names for e in passage.edits[name]).values())
            content = list(self._content(p, passage, edits))
            word = self._word_for_nothing(p, edits) if not content else ""
            if word or content:
                colon = ":" if content and content[0].text[:1].isspace() else ": "
                yield _ours(end, f"{blank}[{support(signed)}{colon}{word}")
                yield from content
                blank = "] "
        behind = " " if p.text[end : end + 1].isalnum() else ""
        if blank == "] ":
            yield _ours(end, f"]{behind}")

    def _content(self, p: Paragraph, passage: Region, edits: Sequence[Edit]) -> Iterator[Insertion]:
        """Yield how a passage reads with these edits: what stays of the draft's words, once more, and what is new."""
        position = passage.start
        for edit in edits:
            yield from self._repeated(p, passage, position, edit.start)
            if edit.new:
                yield Insertion(passage.end, edit.new, (), (), edit.start, edit=edit)
            position = max(position, edit.end)
        yield from self._repeated(p, passage, position, passage.end)

    def _repeated(self, p: Paragraph, passage: Region, start: int, end: int) -> Iterator[Insertion]:
        if start < end:
            shown = {atom.offset: atom.shows for atom in p.atoms}
            copies = self.repeater.copies(self.lines[p.key].element, start, end, shown)
            yield Repeated(passage.end, p.text[start:end], (), (), start, elements=copies)

    def _word_for_nothing(self, p: Paragraph, edits: Sequence[Edit]) -> str:
        row = next((e.until for e in edits if e.until), "")
        if row and not p.text and self.rows.get(row) != p.key:
            return ""
        if row:
            return "delete the row"
        moved = next((self.moved_to.get(e.move, "") for e in edits if e.move), "")
        if moved:
            return f"move to {moved}"
        return "delete" if p.text else "delete the empty line"

    # ---- paragraphs, tables, rows -----------------------------------------------------------------------------------

    def _blocks(self, p: Paragraph, layers: Layers) -> Layers:
        made = Layers()
        made.before = [block for new in layers.before for block in self._block(p, new, before=True)]
        made.behind = [block for new in layers.behind for block in self._block(p, new, before=False)]
        made.rows_before = [_bracketed_row(new) for new in layers.rows_before]
        made.rows_behind = [_bracketed_row(new) for new in layers.rows_behind]
        return made

    def _block(self, p: Paragraph, new: NewBlock, before: bool) -> Iterator[NewBlock]:
        name = self.ordinals.next(p.key, before)
        if new.edit.move:
            self.moved_to[new.edit.move] = name or f"behind {p.number or p.key}"
        opening = f"{name} [{support(new.signed)}" if name else f"[{support(new.signed)}"
        if new.edit.kind != "table-inserted":
            yield _bracketed_paragraph(new, opening)
            return
        for text, block in ((f"{opening}: new table:", None), ("", new), ("]", None)):
            yield block or replace(
                new,
                text=text,
                edit=replace(new.edit, kind="paragraph-inserted", markup=_paragraph(_mark(text)), assets=()),
            )

    # ---- what is said in the margin ---------------------------------------------------------------------------------

    def _looks(self) -> list[Remark]:
        """Tell changes of formatting, which no bracket can show, in comments of who wants them."""
        told, edits = list[Remark](), self.merged.edits
        for place, e in enumerate(edits):
            if e.kind in ("format", "paragraph-format"):
                edits[place] = replace(e, shown="comment")
                what = "the paragraph" if e.kind == "paragraph-format" else f"“{e.old}”"
                text = f"{support(e.organisations)}: other formatting for {what} ({self._properties(e.paragraph, e.start)})"
                told.append(remark_of_ours(e.paragraph, e.start, e.end, text, e.old))
        return told

    def _properties(self, key: str, start: int) -> str:
        """Return the names of the properties that a change of formatting sets or takes away."""
        markup = next((look.markup for look in self.merged.layers[key].looks if look.start == start), "")
        set_, gone = (list(part) for part in parse_xml(f"<x>{markup}</x>".encode())) if markup else ([], [])
        words = [etree.QName(e).localname for e in set_] + [f"no {etree.QName(e).localname}" for e in gone]
        return ", ".join(words) or "see the copy"


def _ours(position: int, text: str) -> Insertion:
    edit = Edit("", "insert", position, position, "", text, markup=_mark(text))
    return Insertion(position, text, (), (), position, edit=edit)


def _paragraph(content: str, properties: str = f'<w:pPr xmlns:w="{ooxml.W}"/>') -> str:
    return f'<w:p xmlns:w="{ooxml.W}">{properties}{content}</w:p>'


def _bracketed_paragraph(new: NewBlock, opening: str) -> NewBlock:
    """Return a new paragraph with the name of who wants it before, in brackets."""
    colon = ":" if new.text[:1].isspace() else ": "
    first = _mark(f"{opening}{colon}" if new.text else f"{opening}: empty line")
    if not new.edit.markup:
        plain = etree.tostring(runs.make_run(new.text), encoding="unicode") if new.text else ""
        return replace(new, edit=replace(new.edit, markup=_paragraph(first + plain + _mark("]"), "")))
    element = _parsed(new.edit.markup)[0]
    _enclose(element, element, first)
    return replace(new, edit=replace(new.edit, markup=_as_markup(element)))


def _bracketed_row(new: NewBlock) -> NewBlock:
    """Return a new row with brackets around what stands in each cell."""
    row = _parsed(new.edit.markup)[0]
    for number, cell in enumerate(ooxml.cells_of(row)):
        paragraphs = [e for e in ooxml.blocks_of(cell) if e.tag == ooxml.P]
        has_text = any(ooxml.text_of(ooxml.pieces_of(p)).strip() for p in paragraphs)
        if paragraphs and (has_text or number == 0):
            _enclose(paragraphs[0], paragraphs[-1], _mark(f"[{support(new.signed)}, new row: "))
    return replace(new, edit=replace(new.edit, markup=_as_markup(row)))


def _enclose(first: Element, last: Element, opening: str) -> None:
    own = first.find(ooxml.PPR)
    first.insert(0 if own is None else 1, _parsed(opening)[0])
    last.append(_parsed(_mark("]"))[0])


def _parsed(markup: str) -> list[Element]:
    return list(parse_xml(f'<w:body xmlns:w="{ooxml.W}" xmlns:r="{ooxml.R}">{markup}</w:body>'.encode()))


def _as_markup(element: Element) -> str:
    return etree.tostring(element, encoding="unicode", with_tail=False)


def _unbalanced(paragraphs: Sequence[Paragraph]) -> Iterator[Notice]:
    """Yield a notice for each paragraph with a square bracket of its own that has no partner, in it or in another one."""
    open_: list[Paragraph] = []
    alone: list[Paragraph] = []
    for p in paragraphs:
        for character in p.text:
            if character == "[":
                open_.append(p)
            elif character == "]" and open_:
                open_.pop()
            elif character == "]":
                alone.append(p)
    for p in sorted({p.index: p for p in (*alone, *open_)}.values(), key=lambda p: p.index):
        text = say("A square bracket of the draft has no partner here. It stays plain text.")
        yield Notice("unbalanced-bracket", text, p.key)
