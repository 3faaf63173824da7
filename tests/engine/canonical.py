"""A document's XML in one form, whatever runs it is cut into: for saying that two documents are the same."""

import copy

from lxml import etree

from consult.engine.package import Package, open_package

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
STORIES = ("header", "footer", "footnotes", "endnotes")
MARKS = (f"{W}commentRangeStart", f"{W}commentRangeEnd", f"{W}commentReference")
BLANK = ("rPr", "pPr", "trPr")


def canonical_stories(docx: bytes, own_comments: int = 0) -> dict[str, str]:
    """Return the text parts in canonical form, without the marks of comments that the draft did not have."""
    package = open_package(docx)
    return {part: canonical(etree.fromstring(package.read(part)), own_comments) for part in story_parts(package)}


def story_parts(package: Package) -> list[str]:
    """Return the names of the parts that hold text."""
    found = [r.target for r in package.relationships(package.main_part) if r.type.rpartition("/")[2] in STORIES]
    return [package.main_part, *found]


def canonical(root: etree._Element, own_comments: int = 0) -> str:
    """Return a part in canonical form: runs that look alike are one, simple fields are runs, empty properties are gone."""
    root = copy.deepcopy(root)
    for mark in list(root.iter(*MARKS)):
        if int(mark.get(f"{W}id", "0")) >= own_comments:
            _drop(mark)
    for name in BLANK:
        for properties in list(root.iter(f"{W}{name}")):
            if not len(properties):
                _drop(properties)
    for properties in list(root.iter(f"{W}pPr")):
        if not len(properties):
            _drop(properties)
    for field in list(root.iter(f"{W}fldSimple")):
        as_runs(field)
    join_runs(root)
    for element in root.iter(etree.Element):
        for name in [n for n in element.attrib if "rsid" in str(n) or n == SPACE]:
            del element.attrib[name]
    etree.cleanup_namespaces(root)
    return etree.tostring(root, method="c14n", exclusive=True).decode()


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def as_runs(field: etree._Element) -> list[etree._Element]:
    """Put a simple field as a complex one and return its runs: a tracked deletion cannot hold it otherwise."""
    pieces = [_run("fldChar", fldCharType="begin"), _run("instrText", field.get(f"{W}instr", ""))]
    pieces += [_run("fldChar", fldCharType="separate"), *field, _run("fldChar", fldCharType="end")]
    for piece in pieces:
        field.addprevious(piece)
    _drop(field)
    return pieces


def _run(name: str, text: str = "", **attributes: str) -> etree._Element:
    run = etree.Element(f"{W}r")
    child = etree.SubElement(run, f"{W}{name}")
    child.text = text or None
    for attribute, value in attributes.items():
        child.set(f"{W}{attribute}", value)
    return run


def join_runs(root: etree._Element) -> None:
    """Make one of neighbouring runs that look the same."""
    for run in list(root.iter(f"{W}r")):
        _join(run)


def _join(run: etree._Element) -> None:
    """Put a run's content into the run before it, if that looks the same; an empty one goes."""
    content = [child for child in run if child.tag != f"{W}rPr"]
    if not content:
        _drop(run)
        return
    before = run.getprevious()
    if before is None or before.tag != f"{W}r" or _look(before) != _look(run):
        return
    for child in content:
        last = before[-1]
        if child.tag == f"{W}t" and last.tag == f"{W}t":
            last.text = (last.text or "") + (child.text or "")
            last.set(SPACE, "preserve")
        else:
            before.append(child)
    _drop(run)


def _look(run: etree._Element) -> bytes:
    properties = run.find(f"{W}rPr")
    return b"" if properties is None else etree.tostring(properties, method="c14n", exclusive=True)
