"""Whole paragraphs, rows and tables that organisations add, delete or move, written as tracked changes."""

import copy
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from consult.engine import ooxml, runs
from consult.engine.agreeing import Names, in_order
from consult.engine.merging import DeletedRow, Layers, NewBlock
from consult.engine.ooxml import Element, w
from consult.engine.stories import Line, Row, Table
from consult.engine.units import MARK_CHANGES, first_formatting, with_emphasis
from consult.engine.writing import Writer, is_own_run

NOT_COPIED = frozenset((ooxml.SECT_PR, w("pPrChange"), w("pageBreakBefore"), w("framePr")))
MARK_KEEPS = frozenset((ooxml.SECT_PR,))
OWN_MARKS = frozenset((ooxml.INS, ooxml.DEL, ooxml.MOVE_FROM, ooxml.MOVE_TO))
TR_PR = w("trPr")
BEFORE_ROW_PROPERTIES = frozenset((w("tblPrEx"),))


@dataclass(slots=True)
class Adder:
    """Writes what is new or gone as a whole. `new_paragraphs` are those of each key and text, in order."""

    writer: Writer
    new_paragraphs: dict[tuple[str, str], list[Element]] = field(default_factory=lambda: defaultdict(list))
    mark_deletions: dict[Element, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    stays_empty: list[str] = field(default_factory=list)
    move_targets: dict[str, str] = field(default_factory=dict)  # name of a move -> key of the paragraph it starts from
    _rows: dict[frozenset[str], Row] = field(default_factory=dict)

    # ---- paragraphs and tables --------------------------------------------------------------------------------------

    def add_blocks(self, line: Line, layers: Layers) -> None:
        """Put in what organisations add before and behind a paragraph of the base, and its twin."""
        for element in (line.element, line.twin):
            if element is not None:
                for new in layers.before:
                    beside = self._table_of(line, element, new.edit.until) if new.edit.until else element
                    beside.addprevious(self._block(line, beside, new))
                self._add_behind(line, element, layers.behind)
        self._add_rows(line, layers)

    def _table_of(self, line: Line, element: Element, until: str) -> Element:
        """Return the table that begins with a paragraph and ends with another one."""
        last = next(other for other in self.writer.document.lines() if other.key == until)
        end = last.element if element is line.element else last.twin
        tables = [a for a in element.iterancestors(ooxml.TBL) if end is not None and a in end.iterancestors(ooxml.TBL)]
        return tables[0] if tables else element

    def _add_behind(self, line: Line, element: Element, behind: Sequence[NewBlock]) -> None:
        last = element
        following = sibling_behind(element)
        if following is not None and following.tag == ooxml.P and _section(element) is None:
            for new in behind:
                block = self._block(line, element, new)
                last.addnext(block)
                last = block
            return
        # Nothing follows that a rejected mark could fall to: then the marks before the new paragraphs are the new ones.
        marked = element
        for new in behind:
            if new.edit.kind == "table-inserted":
                block = self._table(new, element)
            else:
                block = self._paragraph(line, element, new, like_it=True)
                marked = self._pass_mark(marked, block, new)
            last.addnext(block)
            last = block
        if last.tag == ooxml.TBL and (following is None or following.tag != ooxml.P):
            self._close(line, element, marked, last, behind[-1])

    def _close(self, line: Line, element: Element, marked: Element, table: Element, new: NewBlock) -> None:
        """Put an empty paragraph behind a new table where nothing follows: a cell or a text must end with one."""
        block = etree.Element(ooxml.P)
        properties = element.find(ooxml.PPR)
        if properties is not None:
            block.append(self._taken_over(properties))
        self._pass_mark(marked, block, new)
        table.addnext(block)

    def _taken_over(self, properties: Element) -> Element:
        """Return a paragraph's properties for the one that takes over its mark: with how they were before a change."""
        kept = _copied(properties, MARK_KEEPS)
        for change in kept.findall(w("pPrChange")):
            change.set(ooxml.ID, str(self.writer.numbers.next()))
        return kept

    def _pass_mark(self, marked: Element, block: Element, new: NewBlock) -> Element:
        """Give a block the mark of the paragraph before it, with all that hangs on it; that one's mark is the new one."""
        _hand_over_changes(marked, block)
        self._mark(marked, ooxml.INS, new.signed, new.date)
        section = _section(marked)
        if section is not None:
            ooxml.properties_of(block).append(section)
        return block

    def _block(self, line: Line, element: Element, new: NewBlock) -> Element:
        if new.edit.kind == "table-inserted":
            return self._table(new, element)
        block = self._paragraph(line, element, new)
        tag = ooxml.MOVE_TO if self._is_moved(new) else ooxml.INS
        self._mark(block, tag, new.signed, new.date)
        return block

    def _is_moved(self, new: NewBlock) -> bool:
        return bool(new.edit.move) and new.edit.move in self.move_targets

    def _paragraph(self, line: Line, beside: Element, new: NewBlock, like_it: bool = False) -> Element:
        """Return a new paragraph: as the copy has it where the draft knows its style, else like its neighbour.

        Behind a heading the neighbour is the text that follows. With `like_it` it takes over the neighbour's mark, hence
        all its properties.
        """
        element = etree.Element(ooxml.P)
        model = beside if like_it else _model_for(beside)
        own, brought = self._brought(new, beside)
        properties = model.find(ooxml.PPR) if model is not None else None
        if own is not None and not like_it:
            element.append(own)
        elif properties is not None:
            element.append(self._taken_over(properties) if like_it else _copied(properties, NOT_COPIED))
        if brought or new.text:
            same_style = own is None or like_it or _style(own) == _style(properties)
            like = first_formatting(model) if same_style else None
            for run in (r for e in brought for r in e.iter(ooxml.RUN) if is_own_run(r, e)):
                with_emphasis(like, run)
            tag = ooxml.MOVE_TO if self._is_moved(new) else ooxml.INS
            brought = brought or [runs.make_run(new.text, like)]
            element.extend(self.writer.as_inserted(brought, new.signed, new.date, tag))
        if self._is_moved(new):
            self._move_range(element, "To", new.edit.move, new.signed, new.date)
        self.new_paragraphs[line.key, new.text].append(element)
        return element

    def _brought(self, new: NewBlock, beside: Element) -> tuple[Element | None, list[Element]]:
        """Return the properties and runs of a new paragraph's markup, if it has any."""
        brought = self.writer.bring(new.edit, beside, new.signed, new.date)
        if not brought or brought[0].tag != ooxml.P:
            return None, []
        own = brought[0].find(ooxml.PPR)
        return own, [child for child in brought[0] if child is not own]

    def _table(self, new: NewBlock, beside: Element) -> Element:
        brought = self.writer.bring(new.edit, beside, new.signed, new.date)
        table = brought[0]
        self._remember(new, table)
        for row in ooxml.rows_of(table):
            self._mark_row(row, ooxml.INS, new.signed, new.date, with_text=True)
        return table

    def _remember(self, new: NewBlock, block: Element) -> None:
        """Note where the paragraphs of a new table or row stand."""
        for paragraph in block.iter(ooxml.P):
            text = ooxml.text_of(ooxml.visible(ooxml.pieces_of(paragraph)))
            self.new_paragraphs[new.edit.paragraph, text].append(paragraph)

    def _mark(self, paragraph: Element, tag: str, names: Names, date: str) -> None:
        """Say that a paragraph's mark is new or gone. Such changes stand first in the mark's properties."""
        properties = ooxml.mark_properties_of(paragraph)
        if tag in ooxml.DELETED_TAGS and any(child.tag in ooxml.DELETED_TAGS for child in properties):
            return  # the draft itself deletes the mark already; it bears one such change
        place = sum(1 for child in properties if child.tag == ooxml.INS)
        properties.insert(place, self.writer.change(tag, names, date))

    def _move_range(self, paragraph: Element, way: str, name: str, names: Names, date: str) -> None:
        """Put the marks of a move around what a paragraph holds: both ends of a move have the same name."""
        start = self.writer.change(w(f"move{way}RangeStart"), names, date)
        start.set(w("name"), name)
        end = etree.Element(w(f"move{way}RangeEnd"))
        end.set(ooxml.ID, start.get(ooxml.ID, ""))
        own = paragraph.find(ooxml.PPR)
        paragraph.insert(0 if own is None else 1, start)
        paragraph.append(end)

    # ---- rows -------------------------------------------------------------------------------------------------------

    def _row_of(self, *keys: str) -> Row | None:
        """Return the row that begins and ends with these paragraphs."""
        if not self._rows:
            for story in self.writer.document.stories:
                tables = [block for block in story.blocks if isinstance(block, Table)]
                while tables:
                    table = tables.pop()
                    for row in table.rows:
                        lines = list(row.lines())
                        tables += [b for cell in row.cells for b in cell if isinstance(b, Table)]
                        if lines:
                            self._rows[frozenset((lines[0].key, lines[-1].key))] = row
        return self._rows.get(frozenset(keys))

    def _add_rows(self, line: Line, layers: Layers) -> None:
        for behind, rows in ((False, layers.rows_before), (True, layers.rows_behind)):
            for new in reversed(rows) if behind else rows:
                row = self._row_of(line.key, new.edit.until)
                for element in (row.element, row.twin) if row is not None else ():
                    if element is not None:
                        self._add_row(element, new, behind)

    def _add_row(self, beside: Element, new: NewBlock, behind: bool) -> None:
        brought = self.writer.bring(new.edit, beside, new.signed, new.date)
        self._remember(new, brought[0])
        self._mark_row(brought[0], ooxml.INS, new.signed, new.date, with_text=True)
        if behind:
            beside.addnext(brought[0])
        else:
            beside.addprevious(brought[0])

    def delete_row(self, line: Line, deleted: DeletedRow) -> None:
        """Mark a row as deleted; what is in it is marked as words."""
        row = self._row_of(line.key, deleted.ends)
        for element in (row.element, row.twin) if row is not None else ():
            if element is not None:
                self._mark_row(element, ooxml.DEL, deleted.signed, deleted.date)

    def _mark_row(self, row: Element, tag: str, names: Names, date: str, with_text: bool = False) -> None:
        properties = row.find(TR_PR)
        if properties is None:
            properties = etree.Element(TR_PR)
            row.insert(sum(1 for child in row if child.tag in BEFORE_ROW_PROPERTIES), properties)
        if properties.find(tag) is not None:
            return  # the draft itself deletes the row already; a row bears one such mark
        later = next((c for c in properties if c.tag == w("trPrChange")), None)
        change = self.writer.change(tag, names, date)
        if later is None:
            properties.append(change)
        else:
            later.addprevious(change)
        if with_text:
            for paragraph in row.iter(ooxml.P):
                own = paragraph.find(ooxml.PPR)
                content = [child for child in paragraph if child is not own]
                paragraph.extend(self.writer.as_inserted(content, names, date))

    # ---- paragraphs that go -----------------------------------------------------------------------------------------

    def delete_paragraphs(self, deleted: dict[str, Layers]) -> None:
        """Delete the marks of deleted paragraphs so that accepting leaves no empty one behind.

        Where nothing follows that the next paragraph could join (the end of a cell or of the text, a table, a section's
        end) the mark before the deleted paragraph goes instead.
        """
        lines: dict[Element, Line] = {}
        for line in self.writer.document.lines():
            if line.key in deleted:
                lines.update({element: line for element in (line.element, line.twin) if element is not None})
        dates: dict[Element, str] = defaultdict(str)
        done: set[Element] = set()
        new = {element for elements in self.new_paragraphs.values() for element in elements}
        for element in lines:
            if element in done:
                continue
            group = _neighbours(element)
            done.update(group)
            signed = {n: s for e in group if e in lines for n, s in deleted[lines[e].key].deleted_by.items()}
            for name in sorted(signed):
                gone = {e for e in group if e in lines and name in deleted[lines[e].key].deleted_by}
                marks, latest = _marks_to_delete(group, gone, new), max(deleted[lines[e].key].deleted_at for e in gone)
                if len(marks) < len(gone):
                    self.stays_empty.append(lines[next(e for e in group if e in gone)].key)
                for mark in marks:
                    self.mark_deletions[mark][name] = signed[name]
                    dates[mark] = max(dates[mark], latest)
        for mark, all_names in self.mark_deletions.items():
            moved = mark in lines and lines[mark].key in self.writer.moves
            names = tuple(all_names[name] for name in in_order(all_names))
            self._mark(mark, ooxml.MOVE_FROM if moved else ooxml.DEL, names, dates[mark])
        for element, line in lines.items():
            if line.key in self.writer.moves:
                layers = deleted[line.key]
                names = tuple(layers.deleted_by.values())
                self._move_range(element, "From", self.writer.moves[line.key], names, layers.deleted_at)


# ---- neighbours -----------------------------------------------------------------------------------------------------


BLOCKS = frozenset((ooxml.P, ooxml.TBL, ooxml.SDT, ooxml.CUSTOM_XML))


def sibling_behind(element: Element) -> Element | None:
    return next((e for e in element.itersiblings() if e.tag in BLOCKS), None)


def _section(paragraph: Element) -> Element | None:
    return paragraph.find(f"{ooxml.PPR}/{ooxml.SECT_PR}")


def _hand_over_changes(paragraph: Element, block: Element) -> None:
    """Give another paragraph the draft's own changes of this one's mark. Beyond the range of a move they are no move."""
    mark = paragraph.find(f"{ooxml.PPR}/{ooxml.RPR}")
    plain = {ooxml.MOVE_TO: ooxml.INS, ooxml.MOVE_FROM: ooxml.DEL}
    for change in [child for child in mark if child.tag in OWN_MARKS] if mark is not None else []:
        change.tag = plain.get(change.tag, change.tag)
        ooxml.mark_properties_of(block).insert(0, change)


def _neighbours(paragraph: Element) -> list[Element]:
    """Return the paragraphs that follow one another without anything between, this one among them; a section ends them."""
    before: list[Element] = []
    for element in paragraph.itersiblings(preceding=True):
        if element.tag not in BLOCKS:
            continue
        if element.tag != ooxml.P or _section(element) is not None:
            break
        before.append(element)
    group = [*reversed(before), paragraph]
    while _section(group[-1]) is None:
        following = sibling_behind(group[-1])
        if following is None or following.tag != ooxml.P:
            break
        group.append(following)
    return group


def _alone_in_control(group: Sequence[Element]) -> bool:
    parent = group[0].getparent()
    if parent is None or parent.tag != ooxml.SDT_CONTENT or any(e.getparent() is not parent for e in group):
        return False
    outer = parent.getparent()
    holder = outer.getparent() if outer is not None else None
    alone = sum(1 for child in parent if child.tag in BLOCKS) == len(group)
    return alone and holder is not None and holder.tag != ooxml.TC


def _marks_to_delete(group: Sequence[Element], gone: set[Element], new: set[Element]) -> list[Element]:
    """Return whose marks must go so that the deleted ones of a group leave no empty paragraph.

    The last mark of a group always stays. So the deleted ones at its end take the marks before each of them, unless
    that is a paragraph somebody adds: it would run into the text before.
    """
    trailing = 0
    while trailing < len(group) and group[len(group) - 1 - trailing] in gone:
        trailing += 1
    first = len(group) - trailing
    marks = [element for element in group[:first] if element in gone]
    if trailing == len(group) and _alone_in_control(group):
        return list(group)  # the content control goes with what is in it
    if trailing:
        has_one_before = first > 0 and group[first - 1] not in new
        marks += group[first - 1 if has_one_before else first : len(group) - 1]
    return marks


def _style(properties: Element | None) -> str:
    style = properties.find(w("pStyle")) if properties is not None else None
    return style.get(w("val"), "") if style is not None else ""


def _model_for(paragraph: Element) -> Element | None:
    """Return the paragraph a new one behind or before this one should look like."""
    properties = paragraph.find(ooxml.PPR)
    outline = properties.find(w("outlineLvl")) if properties is not None else None
    name = _style(properties).lower()
    if (
        paragraph.tag == ooxml.P
        and outline is None
        and not name.startswith(("heading", "title", "berschrift", "titre"))
    ):
        return paragraph
    following = sibling_behind(paragraph)
    return following if following is not None and following.tag == ooxml.P else None


def _copied(properties: Element, left_out: frozenset[str]) -> Element:
    """Return a paragraph's properties for another paragraph, without its changes and what else is left out."""
    kept = copy.deepcopy(properties)
    for child in list(kept):
        if child.tag in left_out:
            kept.remove(child)
    mark = kept.find(ooxml.RPR)
    if mark is not None:
        for child in list(mark):
            if child.tag in MARK_CHANGES:
                mark.remove(child)
    return kept
