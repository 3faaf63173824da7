"""A workbook (.xlsx) -> the texts in its cells. Nothing in it is calculated, fetched or run; a formula is its last result."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from consult.engine import ooxml
from consult.engine.ooxml import Element
from consult.engine.package import OLE, Package, parse_xml, refuse_declarations
from consult.engine.zipping import check_members, read_directory
from consult.errors import Invalid
from consult.phrases import say

S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MOST_COLUMNS = 64  # a form has eight; what stands farther to the right is not looked at
MOST_FILLED = 500_000
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")  # ECMA-376 Part 1, §22.4.2.4 (bstr)
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass(slots=True)
class Row:
    """A row: its number as the program prints it, and the texts in it by column, from 0; empty cells are not there.

    `unread` are the columns in which there is a formula without a result, or an error.
    """

    number: int
    cells: dict[int, str] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Sheet:
    """A table of texts: a sheet of a workbook, or a table of a Word file."""

    name: str
    rows: list[Row] = field(default_factory=list)


def is_workbook(data: bytes) -> bool:
    """Return whether this looks like a workbook. Raises Invalid for an archive that cannot be trusted."""
    return data.startswith(b"PK") and any(m.name.startswith("xl/") for m in read_directory(data))


def read_workbook(data: bytes) -> list[Sheet]:
    """Return the sheets that are not hidden. A text over merged rows stands in each of them. Raises Invalid."""
    package = _opened(data)
    main = package.main_part
    root = parse_xml(package.read(main))
    shared = _shared_texts(package)
    targets = {r.id: r.target for r in package.relationships(main) if not r.external}
    found = []
    for sheet in root.iter(f"{{{S}}}sheet"):
        part = targets.get(sheet.get(f"{{{ooxml.R}}}id", ""), "")
        if sheet.get("state", "visible") == "visible" and package.has(part) and "/worksheets/" in f"/{part}":
            found.append(_sheet(sheet.get("name", ""), parse_xml(package.read(part)), shared))
    return found


def _opened(data: bytes) -> Package:
    if data.startswith(OLE):
        raise Invalid(
            say("This is an old Excel file or one with a password. Save it as .xlsx without a password."), "encrypted"
        )
    members = read_directory(data)
    check_members(data, members)
    package = Package(data, tuple(m for m in members if not m.name.endswith("/")))
    if any("macroEnabled" in package.content_type(n) or n.casefold().endswith("vbaproject.bin") for n in package.names):
        raise Invalid(say("This workbook contains macros. Save it as “Excel Workbook (*.xlsx)”."), "macros")
    for name in package.names:
        if package.is_xml(name):
            refuse_declarations(package.read(name))
    if not package.has(package.main_part):
        raise Invalid(say("This workbook lacks its sheets. Save it again in Excel."), "part-missing")
    return package


def _shared_texts(package: Package) -> list[str]:
    part = package.related(package.main_part, "sharedStrings")
    return [_text(item) for item in parse_xml(package.read(part)).iterchildren(f"{{{S}}}si")] if part else []


def _text(item: Element) -> str:
    """Return the text of a string item or inline string: its runs without what is printed above them for reading."""
    parts = [t.text or "" for t in item.iter(f"{{{S}}}t") if next(t.iterancestors(f"{{{S}}}rPh"), None) is None]
    return ESCAPED.sub(lambda m: chr(int(m.group(1), 16)), "".join(parts))


def _sheet(name: str, root: Element, shared: list[str]) -> Sheet:
    sheet, last = Sheet(name), 0
    for element in root.iter(f"{{{S}}}row"):
        said = element.get("r", "")
        last = int(said) if said.isdigit() and int(said) > last else last + 1
        row = Row(last)
        for column, text, is_unread in _cells(element, shared):
            if text:
                row.cells[column] = text
            if is_unread:
                row.unread.add(column)
        sheet.rows.append(row)
    _spread_merged(sheet, root)
    return sheet


def _cells(row: Element, shared: list[str]) -> Iterator[tuple[int, str, bool]]:
    """Yield the column of each cell with something in it, its text, and whether that is no result of its formula."""
    column = -1
    for cell in row.iterchildren(f"{{{S}}}c"):
        place = REFERENCE.fullmatch(cell.get("r", ""))
        column = column_of(place.group(1)) if place else column + 1
        text = ooxml.printable(_value(cell, shared)).replace("\r\n", "\n").replace("\r", "\n").strip()
        is_unread = _is_unread(cell)
        if (text or is_unread) and column < MOST_COLUMNS:
            yield column, text, is_unread


def _is_unread(cell: Element) -> bool:
    """Return whether there is an error in a cell, or a formula that nobody has calculated."""
    kind = cell.get("t", "n")
    has_formula = cell.find(f"{{{S}}}f") is not None
    return kind == "e" or (has_formula and kind != "str" and not cell.findtext(f"{{{S}}}v"))


def column_of(letters: str) -> int:
    """Return a column's number from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: Element, shared: list[str]) -> str:
    kind, value = cell.get("t", "n"), (cell.findtext(f"{{{S}}}v") or "").strip()
    if kind == "s":
        return shared[int(value)] if value.isdigit() and int(value) < len(shared) else ""
    if kind == "inlineStr":
        inline = cell.find(f"{{{S}}}is")
        return _text(inline) if inline is not None else ""
    if kind == "str":
        return ESCAPED.sub(lambda m: chr(int(m.group(1), 16)), cell.findtext(f"{{{S}}}v") or "")
    if kind == "b":
        return {"1": "TRUE", "0": "FALSE"}.get(value, value)
    return _number(value) if kind == "n" else value


def _number(value: str) -> str:
    """Return a number as a person wrote it: 5 for 5.0, 3.1 for 3.1000000000000001."""
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.12g}"


def _spread_merged(sheet: Sheet, root: Element) -> None:
    """Repeat the text of cells merged over several rows in each of these rows."""
    numbers, filled = [row.number for row in sheet.rows], 0
    for merged in root.iter(f"{{{S}}}mergeCell"):
        edges = [REFERENCE.fullmatch(edge) for edge in merged.get("ref", "").split(":")]
        if len(edges) != 2 or edges[0] is None or edges[1] is None or edges[0].group(2) == edges[1].group(2):
            continue
        column, top, bottom = column_of(edges[0].group(1)), int(edges[0].group(2)), int(edges[1].group(2))
        inside = sheet.rows[bisect_left(numbers, top) : bisect_left(numbers, bottom + 1)]
        filled += len(inside)
        if filled > MOST_FILLED:
            raise Invalid(say("This workbook has too many merged cells; it cannot be read."), "too-complex")
        text = inside[0].cells.get(column, "") if inside and inside[0].number == top else ""
        for row in inside if text else ():
            row.cells.setdefault(column, text)
