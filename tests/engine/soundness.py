"""Whether a .docx hangs together: ids, anchors, relationships, notes, changes. What a schema cannot say."""

from collections import Counter
from collections.abc import Iterable, Iterator

from lxml import etree

from consult.engine.package import Package, open_package

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
BOX = f"{W}txbxContent"
STORIES = ("header", "footer", "footnotes", "endnotes", "comments")
CHANGES = ("ins", "del", "moveFrom", "moveTo")
RANGES = ("moveFromRangeStart", "moveToRangeStart", "bookmarkStart")
PROPERTY_CHANGES = ("rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "trPrChange", "tcPrChange")
# What may stand in a change of words.
IN_A_CHANGE = frozenset(
    f"{W}{name}"
    for name in ("r", "ins", "del", "moveFrom", "moveTo", "bookmarkStart", "bookmarkEnd", "commentRangeStart",
                 "commentRangeEnd", "proofErr", "sdt", "smartTag", "customXml", "permStart", "permEnd",
                 "moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd")
) | {"{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath",
     "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMathPara"}  # fmt: skip


def faults(docx: bytes) -> list[str]:
    """Return a sentence for each fault of a document, sorted; none for a sound one."""
    package = open_package(docx)
    roots = {part: etree.fromstring(package.read(part)) for part in _stories(package)}
    texts = {part: root for part, root in roots.items() if not root.tag.endswith("}comments")}
    found = [
        *_ids(roots.values()),
        *_comments(package, roots, texts.values()),
        *_relationships(package),
        *_notes(package, roots),
        *(fault for root in roots.values() for fault in (*_changes(root), *_places(root), *_fields(root))),
        *_moves(texts.values()),
    ]
    return sorted(set(found))


def new_faults(docx: bytes, base: bytes) -> list[str]:
    """Return the faults that a document has and the one it was made of has not."""
    known = set(faults(base))
    return [fault for fault in faults(docx) if fault not in known]


def _stories(package: Package) -> Iterator[str]:
    yield package.main_part
    for relationship in package.relationships(package.main_part):
        kind = relationship.type.rpartition("/")[2]
        if kind in STORIES and not relationship.external and package.has(relationship.target):
            yield relationship.target


def _shown(root: etree._Element, *names: str) -> list[etree._Element]:
    """Return elements outside the second representation of text boxes, which repeats the first."""
    found = root.iter(*(f"{W}{name}" for name in names))
    return [e for e in found if next(e.iterancestors(FALLBACK), None) is None]


def _repeated(values: Iterable[str | None], what: str) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{what} {value} is there {count} times"


def _ids(roots: Iterable[etree._Element]) -> Iterator[str]:
    roots = list(roots)
    changes = [e for root in roots for e in _shown(root, *CHANGES, *RANGES, *PROPERTY_CHANGES)]
    yield from _repeated((e.get(f"{W}id") for e in changes), "the id of a change or bookmark")
    bookmarks = [e for root in roots for e in _shown(root, "bookmarkStart")]
    ends = [e.get(f"{W}id") for root in roots for e in _shown(root, "bookmarkEnd")]
    yield from _repeated((e.get(f"{W}name") for e in bookmarks), "bookmark")
    for name in sorted({str(e.get(f"{W}id")) for e in bookmarks} ^ {str(i) for i in ends}):
        yield f"bookmark {name} lacks its beginning or its end"
    paragraphs = [p.get(f"{W14}paraId") for root in roots for p in _shown(root, "p")]
    named = [name for name in paragraphs if name is not None]
    yield from _repeated(named, "paraId")
    yield from (f"paraId {name} is out of bounds" for name in named if not 0 < int(name, 16) < 0x80000000)
    drawings = [e.get("id") for root in roots for e in root.iter("{*}docPr") if not any(e.iterancestors(FALLBACK))]
    yield from _repeated(drawings, "the id of a drawing")
    for element in changes:
        if not (element.get(f"{W}id") or "").lstrip("-").isdigit():
            yield "a change has no id"
        if element.tag[len(W) :] in (*CHANGES, *PROPERTY_CHANGES) and not element.get(f"{W}author"):
            yield "a change has no author"


# ---- comments -------------------------------------------------------------------------------------------------------


def _comments(package: Package, roots: dict[str, etree._Element], texts: Iterable[etree._Element]) -> Iterator[str]:
    part = package.related(package.main_part, "comments")
    comments = roots[part].findall(f"{W}comment") if part else []
    ids = [str(c.get(f"{W}id")) for c in comments]
    yield from _repeated(ids, "comment")
    for root in texts:
        if root.tag != f"{W}document" and _shown(root, "commentReference"):
            yield "a comment stands outside the body"
    body = roots[package.main_part]
    order = {element: place for place, element in enumerate(body.iter())}
    for name in ("commentRangeStart", "commentRangeEnd", "commentReference"):
        marks = [str(e.get(f"{W}id")) for e in _shown(body, name)]
        yield from _repeated(marks, name)
        yield from (f"comment {i} has no {name}" for i in ids if i not in marks)
        yield from (f"{name} {i} belongs to no comment" for i in marks if i not in ids)
    starts = {e.get(f"{W}id"): order[e] for e in _shown(body, "commentRangeStart")}
    for end in _shown(body, "commentRangeEnd"):
        if starts.get(end.get(f"{W}id"), -1) > order[end]:
            yield f"comment {end.get(f'{W}id')} ends before it begins"
    yield from _threads(package, comments)


def _threads(package: Package, comments: list[etree._Element]) -> Iterator[str]:
    part = package.related(package.main_part, "commentsExtended")
    if not part:
        return
    entries = etree.fromstring(package.read(part))
    last = [c.findall(f"{W}p")[-1].get(f"{W14}paraId") for c in comments if c.find(f"{W}p") is not None]
    named = [e.get(f"{W15}paraId") for e in entries]
    yield from _repeated(named, "a thread's paraId")
    if set(named) != set(last):
        yield "commentsExtended lists other comments than there are"
    parents = {e.get(f"{W15}paraId"): e.get(f"{W15}paraIdParent") for e in entries}
    for parent in parents.values():
        if parent is not None and parent not in parents:
            yield "a reply answers a comment that is not there"
        elif parent is not None and parents[parent] is not None:
            yield "a reply answers a reply"


# ---- the package ----------------------------------------------------------------------------------------------------


def _relationships(package: Package) -> Iterator[str]:
    for part in package.names:
        if not part.endswith(".xml") or part.endswith(".rels"):
            continue
        relationships = package.relationships(part)
        known = {r.id for r in relationships}
        yield from _repeated((r.id for r in relationships), f"in {part} the relationship")
        for r in relationships:
            if not r.external and not package.has(r.target):
                yield f"a relationship of {part} leads to {r.target}, which is not there"
        used = [str(v) for e in etree.fromstring(package.read(part)).iter() if isinstance(e.tag, str)
                for name, v in e.attrib.items() if str(name).startswith(R)]  # fmt: skip
        yield from (f"{part} refers to {name}, which is no relationship" for name in used if name not in known)
    for part in package.names:
        if not package.content_type(part) and part != "[Content_Types].xml":
            yield f"{part} has no content type"


def _notes(package: Package, roots: dict[str, etree._Element]) -> Iterator[str]:
    for kind in ("footnote", "endnote"):
        part = package.related(package.main_part, f"{kind}s")
        notes = [n.get(f"{W}id") for n in roots[part].findall(f"{W}{kind}")] if part else []
        yield from _repeated(notes, kind)
        references = [e.get(f"{W}id") for e in _shown(roots[package.main_part], f"{kind}Reference")]
        yield from _repeated(references, f"the reference to {kind}")
        yield from (f"{kind} {i} is referred to, but not there" for i in references if i not in notes)


# ---- markup ---------------------------------------------------------------------------------------------------------


def _changes(root: etree._Element) -> Iterator[str]:
    for change in root.iter(*(f"{W}{name}" for name in CHANGES)):
        parent = change.getparent()
        if parent is None or parent.tag in (f"{W}rPr", f"{W}trPr"):
            continue
        inside = [a.tag[len(W) :] for a in _ancestors(change) if a.tag[len(W) :] in CHANGES]
        name = change.tag[len(W) :]
        if name in inside:
            yield f"{name} stands in {name}"
        if name in ("ins", "moveTo") and ("del" in inside or "moveFrom" in inside):
            yield f"{name} stands in a deletion"
        if not len(change):
            yield f"an empty {name}"
        yield from (f"{child.tag} stands in {name}" for child in change if child.tag not in IN_A_CHANGE)
    for text in root.iter(f"{W}t", f"{W}delText", f"{W}instrText", f"{W}delInstrText"):
        deleted = any(a.tag in (f"{W}del", f"{W}moveFrom") for a in _ancestors(text))
        in_del = any(a.tag == f"{W}del" for a in _ancestors(text))
        if (text.tag in (f"{W}delText", f"{W}delInstrText")) != in_del and not (deleted and not in_del):
            yield "the text of a deletion is no deleted text, or the other way round"
        value = text.text or ""
        if value != value.strip() and text.get("{http://www.w3.org/XML/1998/namespace}space") != "preserve":
            yield f"outer blanks of “{value}” are not kept"


def _ancestors(element: etree._Element) -> Iterator[etree._Element]:
    """Yield what an element stands in, up to the text box or paragraph around it."""
    for ancestor in element.iterancestors():
        if ancestor.tag in (BOX, f"{W}p"):
            return
        yield ancestor


def _places(root: etree._Element) -> Iterator[str]:
    for link in root.iter(f"{W}hyperlink"):
        if any(a.tag == f"{W}hyperlink" for a in _ancestors(link)):
            yield "a link stands in a link"
    for run in root.iter(f"{W}r"):
        if any(a.tag == f"{W}r" for a in _ancestors(run)):
            yield "a run stands in a run"
        properties = run.findall(f"{W}rPr")
        if properties and (len(properties) > 1 or run[0] is not properties[0]):
            yield "a run's properties do not stand first"
    for cell in root.iter(f"{W}tc"):
        blocks = [e for e in cell if e.tag in (f"{W}p", f"{W}tbl", f"{W}sdt", f"{W}customXml")]
        if not blocks or blocks[-1].tag == f"{W}tbl":
            yield "a cell does not end with a paragraph"
    for table in root.iter(f"{W}tbl"):
        if next(table.iter(f"{W}tr"), None) is None:
            yield "a table has no row"
    for properties in root.iter(f"{W}pPr"):
        parent = properties.getparent()
        if parent is not None and parent.tag == f"{W}p" and parent.index(properties) != 0:
            yield "a paragraph's properties do not stand first"


def _fields(root: etree._Element) -> Iterator[str]:
    """Yield fields that do not close, in each of the two views: all changes accepted, all rejected."""
    for left_out in (("del", "moveFrom"), ("ins", "moveTo")):
        depth = 0
        gone = tuple(f"{W}{name}" for name in left_out)
        for mark in root.iter(f"{W}fldChar"):
            if any(a.tag in gone for a in _ancestors(mark)) or next(mark.iterancestors(FALLBACK), None) is not None:
                continue
            depth += {"begin": 1, "end": -1}.get(str(mark.get(f"{W}fldCharType")), 0)
            if depth < 0:
                yield "a field ends that has not begun"
                depth = 0
        if depth:
            yield "a field does not end"


def _moves(roots: Iterable[etree._Element]) -> Iterator[str]:
    roots = list(roots)
    names: dict[str, list[str]] = {}
    for way in ("moveFrom", "moveTo"):
        starts = [e for root in roots for e in _shown(root, f"{way}RangeStart")]
        ends = [e.get(f"{W}id") for root in roots for e in _shown(root, f"{way}RangeEnd")]
        names[way] = [str(e.get(f"{W}name")) for e in starts]
        yield from _repeated(names[way], f"{way} named")
        if sorted(str(e.get(f"{W}id")) for e in starts) != sorted(str(i) for i in ends):
            yield f"a {way}RangeStart or its end is alone"
    if sorted(names["moveFrom"]) != sorted(names["moveTo"]):
        yield "a move has only one end"
