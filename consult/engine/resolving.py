"""Accept or reject tracked changes, by author; the clean text.

A change made in several names ("A; B") counts as accepted when any of them is. Where a paragraph's mark goes, its
content joins the next paragraph, as in Word (ECMA-376 Part 1, §17.13.5).
"""

from collections.abc import Callable, Collection, Iterator
from typing import Literal

from consult.engine import ooxml, runs
from consult.engine.merging import TOGETHER
from consult.engine.ooxml import Element, w
from consult.engine.package import Package, open_package
from consult.engine.people import organisations_in
from consult.engine.serializing import to_bytes

Verdict = Callable[[Element], bool]

INSERTED, DELETED = ooxml.INSERTED_TAGS, ooxml.DELETED_TAGS
CHANGES = INSERTED | DELETED
MOVE_RANGES = tuple(
    w(f"{what}Range{edge}")
    for what in ("moveFrom", "moveTo", "customXmlIns", "customXmlDel", "customXmlMoveFrom", "customXmlMoveTo")
    for edge in ("Start", "End")
)
RANGE_STARTS = frozenset(tag for tag in MOVE_RANGES if tag.endswith("Start"))
OLD_PROPERTIES = tuple(
    w(f"{name}Change") for name in ("rPr", "pPr", "sectPr", "tblPr", "tblPrEx", "trPr", "tcPr", "tblGrid", "numbering")
)
CELL_INSERTED, CELL_DELETED = w("cellIns"), w("cellDel")
ROW_HOLDERS = frozenset((ooxml.TBL, ooxml.SDT, ooxml.SDT_CONTENT, ooxml.CUSTOM_XML))
CELL_CHANGES = (CELL_INSERTED, CELL_DELETED, w("cellMerge"))
STORIES = ("header", "footer", "footnotes", "endnotes")
# What survives the removal of the words around it.
BOOKMARK_START, BOOKMARK_END = w("bookmarkStart"), w("bookmarkEnd")
ANCHORS = frozenset((ooxml.COMMENT_START, ooxml.COMMENT_END, BOOKMARK_START, BOOKMARK_END))


def resolve(docx: bytes, accept: Literal["all", "none"] | Collection[str]) -> bytes:
    """Return the document with all tracked changes accepted, none, or those of the named organisations or persons.

    What is not accepted is rejected; no tracked change is left. Comments stay.
    """
    package = open_package(docx)
    whose = organisations_in(package)

    def accepted(change: Element) -> bool:
        if isinstance(accept, str):
            return accept == "all"
        author = change.get(ooxml.AUTHOR, "")
        return author in accept or any(n in accept or whose.get(n) in accept for n in author.split(TOGETHER))

    return _resolved(package, accepted, lambda _: True)


def accept_changes(docx: bytes, authors: Collection[str]) -> bytes:
    """Return the document with the tracked changes of exactly these authors accepted; those of all others stay."""
    return _resolved(
        open_package(docx),
        lambda _: True,
        lambda change: all(name in authors for name in change.get(ooxml.AUTHOR, "").split(TOGETHER)),
    )


def _resolved(package: Package, accepted: Verdict, concerned: Verdict) -> bytes:
    roots = {part: package.parse(part) for part in stories_of(package)}
    before = _references(roots[package.main_part])
    changed = {part for part, root in roots.items() if resolve_tree(root, accepted, concerned)}
    gone = before - _references(roots[package.main_part])
    for kind in ("footnote", "endnote"):
        part = package.related(package.main_part, f"{kind}s")
        for note in roots[part].findall(w(kind)) if part else ():
            if (kind, note.get(ooxml.ID, "")) in gone:  # a note goes with its mark
                ooxml.remove(note)
                changed.add(part)
    return package.replaced({part: to_bytes(roots[part]) for part in changed})


def _references(root: Element) -> set[tuple[str, str]]:
    """Return the notes that a text refers to: kind and id."""
    kinds = {w("footnoteReference"): "footnote", w("endnoteReference"): "endnote"}
    return {(kinds[e.tag], e.get(ooxml.ID, "")) for e in root.iter(*kinds)}


def authors_of(docx: bytes) -> tuple[str, ...]:
    """Return everybody named as author of a tracked change and the organisations they sign for, single names, sorted."""
    package, found = open_package(docx), set[str]()
    for part in stories_of(package):
        for element in package.parse(part).iter(*CHANGES, *OLD_PROPERTIES):
            found.update(element.get(ooxml.AUTHOR, "").split(TOGETHER))
    whose = organisations_in(package)
    return tuple(sorted({*found, *(whose[name] for name in found if name in whose)} - {""}))


def stories_of(package: Package) -> Iterator[str]:
    """Yield the parts that can hold tracked changes."""
    yield package.main_part
    for relationship in package.relationships(package.main_part):
        kind = relationship.type.rsplit("/", 1)[-1]
        if kind in STORIES and not relationship.external and package.has(relationship.target):
            yield relationship.target


def resolve_tree(root: Element, accepted: Verdict, concerned: Verdict = lambda _: True) -> bool:
    """Resolve every change that is concerned in a part in place; return whether there was one."""
    changed = False
    for element in _ranges_and_cells(root, concerned):
        if element.tag in (CELL_INSERTED, CELL_DELETED):
            _resolve_cell(element, accepted(element) == (element.tag == CELL_DELETED))
        else:
            _drop(element)
        changed = True
    for element in filter(concerned, list(root.iter(*OLD_PROPERTIES))):
        _resolve_properties(element, accepted(element))
        changed = True
    going = list[Element]()
    for element in reversed(list(root.iter(*CHANGES))):
        parent = element.getparent()
        if parent is None or not concerned(element):
            continue
        changed = True
        if parent.tag == ooxml.RPR:
            mark = parent.getparent()
            paragraph = mark.getparent() if mark is not None and mark.tag == ooxml.PPR else None
            if paragraph is not None and _goes(element, accepted):
                going.append(paragraph)
            parent.remove(element)
        elif parent.tag == w("trPr"):
            _resolve_row(element, accepted)
        elif _goes(element, accepted):
            _remove_words(element)
        else:
            _unwrap(element)
    for paragraph in sorted(dict.fromkeys(reversed(going)), key=_position_in(root)):
        _join_with_next(paragraph)
    return changed


def _ranges_and_cells(root: Element, concerned: Verdict) -> list[Element]:
    """Return the marks of moves and of added and deleted cells; the end of a range bears no name, but its start's id."""
    found = list(root.iter(*MOVE_RANGES, *CELL_CHANGES))
    left = {e.get(ooxml.ID) for e in found if e.tag in RANGE_STARTS and not concerned(e)}
    ends = frozenset(MOVE_RANGES) - RANGE_STARTS
    return [e for e in found if (e.get(ooxml.ID) not in left if e.tag in ends else concerned(e))]


def _position_in(root: Element) -> Callable[[Element], int]:
    positions = {element: number for number, element in enumerate(root.iter(ooxml.P))}
    return lambda element: positions.get(element, -1)


def _goes(change: Element, accepted: Verdict) -> bool:
    """Return whether what a change is about goes: a rejected insertion, an accepted deletion."""
    return accepted(change) == (change.tag in DELETED)


def _drop(element: Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _resolve_properties(change: Element, is_accepted: bool) -> None:
    """Drop the old properties, or put them back; of a paragraph the mark's and the section's properties stay."""
    properties = change.getparent()
    if properties is None:
        return
    properties.remove(change)
    if is_accepted:
        return
    old = next(iter(change), None)
    keep = (ooxml.RPR, ooxml.SECT_PR) if properties.tag == ooxml.PPR else ()
    for child in list(properties):
        if child.tag not in keep:
            properties.remove(child)
    for place, child in enumerate(list(old) if old is not None else []):
        properties.insert(place, child)


def _resolve_cell(change: Element, goes: bool) -> None:
    """Drop the mark of an added or deleted cell, and the cell if it goes; a row without cells goes too."""
    cell = next(change.iterancestors(ooxml.TC), None)
    row = cell.getparent() if cell is not None else None
    _drop(change)
    if not goes or cell is None or row is None:
        return
    _keep_anchors(cell)
    row.remove(cell)
    if row.tag == ooxml.TR and not ooxml.cells_of(row):
        _drop(row)


def _keep_anchors(row: Element) -> bool:
    """Put the marks in a row, cell or paragraph that goes into the paragraph that follows it, else the one before.

    The comments they belong to stay, and a bookmark may begin or end elsewhere; one that lies in a row goes with it.
    Return whether there is such a paragraph where one is needed.
    """
    whole = row.tag != ooxml.P
    marks = [e for e in row.iter(*ANCHORS, ooxml.COMMENT_REFERENCE) if not (whole and _is_whole_bookmark(e, row))]
    if not marks:
        return True
    box = next(row.iterancestors(ooxml.BOX), None)
    paragraphs = [p for p in row.getroottree().iter(ooxml.P) if next(p.iterancestors(ooxml.BOX), None) is box]
    inside = set(row.iter(ooxml.P))
    last = max((i for i, p in enumerate(paragraphs) if p in inside), default=len(paragraphs))
    behind = next(iter(paragraphs[last + 1 :]), None)
    target = behind if behind is not None else next((p for p in reversed(paragraphs) if p not in inside), None)
    if target is None:
        return False
    kept = [run for mark in marks if (run := _marks_run(mark)) is not None]
    if behind is None:
        target.extend(kept)
        return True
    place = 0 if target.find(ooxml.PPR) is None else 1
    for offset, element in enumerate(kept):
        target.insert(place + offset, element)
    return True


def _marks_run(mark: Element) -> Element | None:
    """Return what to move of a mark: the run that holds a reference."""
    return mark.getparent() if mark.tag == ooxml.COMMENT_REFERENCE else mark


def _is_whole_bookmark(mark: Element, row: Element) -> bool:
    other = {BOOKMARK_START: BOOKMARK_END, BOOKMARK_END: BOOKMARK_START}.get(mark.tag)
    return other is not None and any(e.get(ooxml.ID) == mark.get(ooxml.ID) for e in row.iter(other))


def _resolve_row(change: Element, accepted: Verdict) -> None:
    properties = change.getparent()
    row = properties.getparent() if properties is not None else None
    holder = row.getparent() if row is not None else None
    if properties is None or row is None or holder is None:
        return
    if not _goes(change, accepted):
        properties.remove(change)
        return
    _keep_anchors(row)
    holder.remove(row)
    while holder is not None and holder.tag in ROW_HOLDERS and next(holder.iter(ooxml.TR), None) is None:
        outer = None if holder.tag == ooxml.TBL else holder.getparent()
        _drop(holder)
        holder = outer


def _remove_words(change: Element) -> None:
    """Remove what stands in a change; marks of comments and bookmarks in it stay, or a comment would lose its place."""
    for element in list(change.iter(*ANCHORS)):
        change.addprevious(element)
    for reference in list(change.iter(ooxml.COMMENT_REFERENCE)):
        run = reference.getparent()
        if run is not None:
            change.addprevious(run)
    parent = change.getparent()
    _drop(change)
    if (
        parent is not None
        and parent.tag == ooxml.HYPERLINK
        and next(parent.iter(ooxml.RUN, ooxml.FLD_SIMPLE), None) is None
    ):
        _unwrap(parent)  # a link without words is none


def _unwrap(change: Element) -> None:
    """Put what stands in a change in its place; deleted text becomes text again."""
    if change.tag in DELETED:
        runs.as_kept(change)
    for child in list(change):
        change.addprevious(child)
    _drop(change)


def _join_with_next(paragraph: Element) -> None:
    """Take a paragraph's mark away: its content goes before that of the next paragraph."""
    following = _next_block(paragraph)
    content = [child for child in paragraph if child.tag != ooxml.PPR]
    if following is None or following.tag != ooxml.P:
        if not _has_content(paragraph) and _may_go(paragraph) and _keep_anchors(paragraph):
            _drop(paragraph)
        return
    if _has_content(paragraph) and not _has_content(following):
        _take_properties(following, paragraph)
    own = following.find(ooxml.PPR)
    place = 0 if own is None else following.index(own) + 1
    for between in _between(paragraph, following):
        content.append(between)
    for offset, child in enumerate(content):
        following.insert(place + offset, child)
    _drop(paragraph)


def _between(paragraph: Element, following: Element) -> list[Element]:
    """Return the marks (of bookmarks, comments) between two paragraphs."""
    found, element = [], paragraph.getnext()
    while element is not None and element is not following:
        found.append(element)
        element = element.getnext()
    return found


def _next_block(paragraph: Element) -> Element | None:
    wanted = (ooxml.P, ooxml.TBL, ooxml.SDT, ooxml.CUSTOM_XML)
    return next((e for e in paragraph.itersiblings() if e.tag in wanted), None)


def _has_content(paragraph: Element) -> bool:
    return any(piece.text for piece in ooxml.pieces_of(paragraph))


def _may_go(paragraph: Element) -> bool:
    """Return whether a container is still valid without this paragraph: a cell must end with one, a body need not."""
    parent = paragraph.getparent()
    if parent is None or paragraph.find(f"{ooxml.PPR}/{ooxml.SECT_PR}") is not None:
        return False
    if parent.tag == ooxml.SDT_CONTENT:
        control = parent.getparent()
        holder = control.getparent() if control is not None else None
        return control is not None and holder is not None and holder.tag != ooxml.TC and not _is_all_there_is(control)
    if _next_block(paragraph) is not None:
        return True  # a table or a content control follows
    return paragraph.getprevious() is not None and parent.tag != ooxml.TC


def _is_all_there_is(control: Element) -> bool:
    """Return whether nothing stands beside a content control: then a paragraph must stay in it."""
    beside = (*control.itersiblings(), *control.itersiblings(preceding=True))
    return not any(element.tag in (ooxml.P, ooxml.TBL, ooxml.SDT, ooxml.CUSTOM_XML) for element in beside)


def _take_properties(following: Element, paragraph: Element) -> None:
    """Let a paragraph that joins an empty one keep its look; the section that ends at the empty one's mark stays."""
    own, theirs = paragraph.find(ooxml.PPR), following.find(ooxml.PPR)
    section = theirs.find(ooxml.SECT_PR) if theirs is not None else None
    if theirs is not None:
        following.remove(theirs)
    if own is None and section is not None:
        own = ooxml.properties_of(paragraph)
    if own is None:
        return
    following.insert(0, own)
    if section is not None and own.find(ooxml.SECT_PR) is None:
        own.append(section)
