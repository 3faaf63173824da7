"""Other hands than the engine's: an edited copy as a word processor leaves it, tracked or not, edit by edit.

Nothing of the engine's writing is used: runs are cut into single characters, changed, and joined again.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from itertools import count

from lxml import etree

from consult.engine import ooxml
from consult.engine.ooxml import Element, w
from consult.engine.package import open_package
from consult.engine.stories import Document, Line, Row, Table, open_document
from consult.engine.values import Edit
from tests.engine.canonical import as_runs, join_runs

DATE = "2026-11-21T09:30:00Z"
HOLDERS = (ooxml.TC, ooxml.BOX)


class Hand:
    """One person at a word processor. `tracks` says of an edit whether changes were tracked when it was made."""

    def __init__(self, draft: bytes, author: str, tracks: Callable[[Edit], bool], enters: bool = False) -> None:
        self.document: Document = open_document(draft)
        self.author, self.tracks, self.enters = author, tracks, enters
        self.lines: dict[str, Line] = {line.key: line for line in self.document.lines()}
        self.numbers = count(7001)

    def write(self, edits: Sequence[Edit]) -> bytes:
        """Return the copy with these edits."""
        by_key: dict[str, list[Edit]] = defaultdict(list)
        for edit in edits:
            by_key[edit.paragraph].append(edit)
        rows = self._rows()
        for key in by_key:
            for paragraph in self._both(self.lines[key]):
                self._edit_words(paragraph, [e for e in by_key[key] if e.kind in ("insert", "delete", "replace")])
                self._look(paragraph, [e for e in by_key[key] if e.kind in ("format", "paragraph-format")])
        for edit in sorted(edits, key=lambda e: e.order if e.before else -e.order):
            self._add(edit, rows)
        for edit in edits:
            if edit.kind == "row-deleted":
                for element in self._both(rows[edit.paragraph, edit.until]):
                    self._delete_row(element, self.tracks(edit))
            elif edit.kind == "paragraph-deleted":
                for paragraph in self._both(self.lines[edit.paragraph]):
                    self._delete_paragraph(paragraph, self.tracks(edit))
        return self.document.package.replaced({part: _saved(root) for part, root in self.document.roots.items()})

    def _both(self, thing: Line | Row) -> list[Element]:
        """Return an element and, in a text box, the one in its other representation."""
        return [element for element in (thing.element, thing.twin) if element is not None]

    def _rows(self) -> dict[tuple[str, str], Row]:
        found: dict[tuple[str, str], Row] = {}
        waiting = [block for story in self.document.stories for block in story.blocks]
        while waiting:
            block = waiting.pop()
            for row in block.rows if isinstance(block, Table) else ():
                keys = [line.key for line in row.lines()]
                found[keys[0], keys[-1]] = found[keys[-1], keys[0]] = row
                waiting += [inner for cell in row.cells for inner in cell]
        return found

    def _change(self, tag: str) -> Element:
        change = etree.Element(tag)
        change.set(ooxml.ID, str(next(self.numbers)))
        change.set(ooxml.AUTHOR, self.author)
        change.set(ooxml.DATE, DATE)
        return change

    # ---- words ------------------------------------------------------------------------------------------------------

    def _edit_words(self, paragraph: Element, edits: Sequence[Edit]) -> None:
        if not edits:
            return
        explode(paragraph)
        pieces = [p for p in ooxml.visible(ooxml.pieces_of(paragraph)) if p.text]
        for edit in sorted(edits, key=lambda e: e.start, reverse=True):
            tracked, gone = self.tracks(edit), pieces[edit.start : edit.end]
            beside = pieces[edit.end - 1] if edit.end else None
            if edit.new:
                like = next((p.elements[0] for p in (*gone, *([beside] if beside else ())) if p.kind == "text"), None)
                new = self._inserted([_run(edit.new, like)], tracked)
                if beside is not None:
                    spot = beside.elements[-1]
                    for element in reversed(new):
                        spot.addnext(element)
                else:
                    _put_first(paragraph, new)
            for piece in gone:
                self._delete(list(piece.elements), tracked)
        join_runs(paragraph)

    def _inserted(self, elements: Sequence[Element], tracked: bool) -> list[Element]:
        if not tracked or not elements:
            return list(elements)
        change = self._change(ooxml.INS)
        change.extend(elements)
        return [change]

    def _delete(self, elements: list[Element], tracked: bool) -> None:
        if elements[0].tag == ooxml.FLD_SIMPLE and tracked:
            elements = as_runs(elements[0])
        for element in elements:
            if not tracked:
                ooxml.remove(element)
                continue
            change = self._change(ooxml.DEL)
            element.addprevious(change)
            change.append(element)
            for text in element.iter(ooxml.TEXT, ooxml.INSTR):
                if not any(a.tag == ooxml.BOX for a in text.iterancestors()):
                    text.tag = ooxml.DEL_TEXT if text.tag == ooxml.TEXT else ooxml.DEL_INSTR

    def _look(self, paragraph: Element, edits: Sequence[Edit]) -> None:
        for edit in edits:
            change_it = self._look_of_paragraph if edit.kind == "paragraph-format" else self._look_of_words
            change_it(paragraph, edit)

    def _look_of_paragraph(self, paragraph: Element, edit: Edit) -> None:
        properties = ooxml.properties_of(paragraph)
        if properties.find(w("pPrChange")) is None:
            old = etree.Element(ooxml.PPR)
            old.extend([copy.deepcopy(c) for c in properties if c.tag not in (ooxml.RPR, ooxml.SECT_PR)])
            for child in properties.findall(w("jc")):
                properties.remove(child)
            alignment = etree.Element(w("jc"))
            alignment.set(w("val"), "right")
            properties.insert(len([c for c in properties if c.tag not in (ooxml.RPR, ooxml.SECT_PR)]), alignment)
            if self.tracks(edit):
                properties.append(self._change(w("pPrChange")))
                properties[-1].append(old)

    def _look_of_words(self, paragraph: Element, edit: Edit) -> None:
        explode(paragraph)
        for piece in [p for p in ooxml.visible(ooxml.pieces_of(paragraph)) if p.text][edit.start : edit.end]:
            for run in (e for e in piece.elements if e.tag == ooxml.RUN):
                properties = run.find(ooxml.RPR)
                if properties is None:
                    properties = etree.Element(ooxml.RPR)
                    run.insert(0, properties)
                if properties.find(w("rPrChange")) is None and properties.find(w("u")) is None:
                    old = copy.deepcopy(properties)
                    underline = etree.SubElement(properties, w("u"))
                    underline.set(w("val"), "single")
                    if self.tracks(edit):
                        properties.append(self._change(w("rPrChange")))
                        properties[-1].append(old)

    # ---- blocks -----------------------------------------------------------------------------------------------------

    def _add(self, edit: Edit, rows: dict[tuple[str, str], Row]) -> None:
        if edit.kind == "row-inserted":
            for element in self._both(rows[edit.paragraph, edit.until]):
                _beside(element, self._new_rows(edit, etree.fromstring(edit.markup)), edit.before)
        elif edit.kind in ("paragraph-inserted", "table-inserted"):
            for paragraph in self._both(self.lines[edit.paragraph]):
                self._add_block(paragraph, edit)

    def _new_rows(self, edit: Edit, element: Element) -> Element:
        for row in element.iter(ooxml.TR) if self.tracks(edit) else ():
            properties = etree.Element(w("trPr"))
            properties.append(self._change(ooxml.INS))
            row.insert(0, properties)
            for paragraph in row.iter(ooxml.P):
                content = [c for c in paragraph if c.tag != ooxml.PPR]
                paragraph.extend(self._inserted(content, True))
        return element

    def _add_block(self, paragraph: Element, edit: Edit) -> None:
        if edit.kind == "table-inserted":
            _beside(paragraph, self._new_rows(edit, etree.fromstring(edit.markup)), edit.before)
            if _is_last(paragraph.getnext() if not edit.before else paragraph):
                paragraph.getnext().addnext(etree.Element(ooxml.P))
            return
        tracked = self.tracks(edit)
        block = etree.Element(ooxml.P)
        if edit.new:
            block.extend(self._inserted([_run(edit.new, None)], tracked))
        following = _next_block(paragraph)
        at_end = following is None or following.tag != ooxml.P
        if not tracked:
            _beside(paragraph, block, edit.before)
        elif not edit.before and (at_end or self.enters):
            self._enter(paragraph, block)
        else:
            ooxml.mark_properties_of(block).insert(0, self._change(ooxml.INS))
            _beside(paragraph, block, edit.before)

    def _enter(self, paragraph: Element, block: Element) -> None:
        """Press Enter at the end of a paragraph: its mark goes to the new one, and it gets a new mark."""
        properties = paragraph.find(ooxml.PPR)
        if properties is not None:
            block.insert(0, copy.deepcopy(properties))
            for section in properties.findall(ooxml.SECT_PR):
                properties.remove(section)
            mark = properties.find(ooxml.RPR)
            for change in [c for c in mark if c.tag in (ooxml.INS, ooxml.DEL)] if mark is not None else []:
                mark.remove(change)
        ooxml.mark_properties_of(paragraph).insert(0, self._change(ooxml.INS))
        paragraph.addnext(block)

    def _delete_row(self, row: Element, tracked: bool) -> None:
        if not tracked:
            table = row.getparent()
            ooxml.remove(row)
            holder = table
            while holder is not None and holder.tag != ooxml.TBL:
                holder = holder.getparent()
            if holder is not None and not ooxml.rows_of(holder):
                ooxml.remove(holder)
            return
        properties = row.find(w("trPr"))
        if properties is None:
            properties = etree.Element(w("trPr"))
            row.insert(0, properties)
        properties.append(self._change(ooxml.DEL))
        for paragraph in row.iter(ooxml.P):
            if next(paragraph.iterancestors(ooxml.BOX), None) is next(row.iterancestors(ooxml.BOX), None):
                self._delete_words(paragraph, True)

    def _delete_words(self, paragraph: Element, tracked: bool) -> None:
        for piece in ooxml.visible(ooxml.pieces_of(paragraph)):
            if piece.text and piece.elements[0].getparent() is not None:
                inside = piece.elements[0].iterancestors(ooxml.DEL)
                if next(inside, None) is None:
                    self._delete(list(piece.elements), tracked)

    def _delete_paragraph(self, paragraph: Element, tracked: bool) -> None:
        self._delete_words(paragraph, tracked)
        following = _next_block(paragraph)
        if following is None or paragraph.find(f"{ooxml.PPR}/{ooxml.SECT_PR}") is not None:
            return  # its mark cannot be chosen
        if tracked:
            ooxml.mark_properties_of(paragraph).insert(0, self._change(ooxml.DEL))
        else:
            for child in [c for c in paragraph if c.tag != ooxml.PPR and c.tag != ooxml.RUN]:
                paragraph.addprevious(child)
            ooxml.remove(paragraph)


def explode(paragraph: Element) -> None:
    """Cut the text of a paragraph into runs of one character each; text boxes in it stay as they are."""
    for run in list(paragraph.iter(ooxml.RUN)):
        if next(run.iterancestors(ooxml.P), None) is not paragraph:
            continue
        properties = run.find(ooxml.RPR)
        for child in [c for c in run if c.tag != ooxml.RPR]:
            characters = list(child.text or "") if child.tag in (ooxml.TEXT, ooxml.DEL_TEXT) else [None]
            for character in characters:
                made = ooxml.copied_element(run)
                if properties is not None:
                    made.append(copy.deepcopy(properties))
                if character is None:
                    made.append(child)
                else:
                    ooxml.set_text(etree.SubElement(made, child.tag), character)
                run.addprevious(made)
        ooxml.remove(run)


def _run(text: str, like: Element | None) -> Element:
    run = etree.Element(ooxml.RUN)
    properties = like.find(ooxml.RPR) if like is not None and like.tag == ooxml.RUN else None
    if properties is not None:
        run.append(copy.deepcopy(properties))
        for change in run[0].findall(w("rPrChange")):
            run[0].remove(change)
    for character in text:
        if character in "\t\n":
            etree.SubElement(run, w("tab" if character == "\t" else "br"))
        else:
            ooxml.set_text(etree.SubElement(run, ooxml.TEXT), character)
    return run


def _put_first(paragraph: Element, elements: Sequence[Element]) -> None:
    place = 0 if paragraph.find(ooxml.PPR) is None else 1
    for offset, element in enumerate(elements):
        paragraph.insert(place + offset, element)


def _beside(element: Element, new: Element, before: bool) -> None:
    if before:
        element.addprevious(new)
    else:
        element.addnext(new)


def _next_block(element: Element) -> Element | None:
    tags = (ooxml.P, ooxml.TBL, ooxml.SDT, ooxml.CUSTOM_XML)
    return next((e for e in element.itersiblings() if e.tag in tags), None)


def _is_last(element: Element | None) -> bool:
    return element is not None and _next_block(element) is None and element.tag == ooxml.TBL


def _saved(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def recut(data: bytes, parts: Collection[str] = ()) -> bytes:
    """Return a document as another program saves it: every run cut at every blank, other ids, marks of spelling."""
    package = open_package(data)
    changed = {}
    for part in parts or [
        n for n in package.names if n.startswith("word/") and n.count("/") == 1 and n.endswith(".xml")
    ]:
        root = etree.fromstring(package.read(part))
        if root.tag not in (w("document"), w("hdr"), w("ftr"), w("footnotes"), w("endnotes")):
            continue
        for number, paragraph in enumerate(list(root.iter(ooxml.P))):
            paragraph.set(w("rsidR"), f"00{number:06X}")
            explode(paragraph)
            for run in paragraph.findall(ooxml.RUN)[::5]:
                mark = etree.Element(w("proofErr"))
                mark.set(w("type"), "spellEnd")
                run.addprevious(mark)
        changed[part] = _saved(root)
    return package.replaced(changed)
