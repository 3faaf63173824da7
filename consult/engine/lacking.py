"""What a released Word copy lacks of its draft, so that a mission that returns it is not taken to have deleted it.

Hidden words, fields that fetch, embedded objects do not go out (cleaning.py). They are missing in every copy that comes
back; nobody wants them deleted.
"""

from consult.engine import allowing, ooxml
from consult.engine.cleaning import MADE_NAME
from consult.engine.hiding import VANISH, hiding_styles
from consult.engine.imaging import kind_of_picture
from consult.engine.ooxml import Element, w
from consult.engine.package import parse_xml
from consult.engine.stories import Document
from consult.engine.unlinking import Names, allowed_code, fields_of
from consult.engine.values import Edit

UNSEEN = (VANISH, w("hidden"), w("object"), w("control"), w("contentPart"))
GRAPHIC = f"{{{allowing.A}}}graphicData"
PROPERTIES = f"{{{allowing.WP}}}docPr"
SHAPES = tuple(f"{{{allowing.V}}}{name}" for name in ("shape", "rect", "oval", "line", "roundrect", "group"))
Place = tuple[str, str, int, int, str, str]


def place_of_edit(edit: Edit) -> Place:
    """Return what an edit does, whoever makes it."""
    return edit.paragraph, edit.kind, edit.start, edit.end, edit.old, edit.new


def reads_otherwise(document: Document) -> bool:
    """Return whether a released copy of a document may read otherwise than the document; seldom true."""
    package = document.package
    styles = package.related(package.main_part, "styles")
    if styles and b"vanish" in package.read(styles) and hiding_styles(parse_xml(package.read(styles))).any:
        return True
    return any(_loses(root) for root in document.roots.values()) or _loses_pictures(document)


def _loses(root: Element) -> bool:
    if any(True for _ in root.iter(*UNSEEN)):
        return True
    if any(g.get("uri", "") not in allowing.GRAPHICS for g in root.iter(GRAPHIC)):
        return True
    if any(p.get("hidden") in ("1", "true") for p in root.iter(PROPERTIES)):
        return True
    if any("visibility:hidden" in s.get("style", "").replace(" ", "") for s in root.iter(*SHAPES)):
        return True
    fields = fields_of(root)
    codes = [one.code for one in fields] + [f.get(w("instr"), "") for f in root.iter(ooxml.FLD_SIMPLE)]
    return any(one.has_nested for one in fields) or any(not _stays(code) for code in codes)


def _stays(code: str) -> bool:
    """Return whether a field's instruction goes out word for word."""
    plain = " ".join(code.split())
    names = Names(lambda name: name if MADE_NAME.fullmatch(name) else "", str, str)
    return allowed_code(code, names) == plain


def _loses_pictures(document: Document) -> bool:
    package = document.package
    for part in document.roots:
        for relationship in package.relationships(part):
            if relationship.type.endswith("/image") and (
                relationship.external
                or (package.has(relationship.target) and not kind_of_picture(package.read(relationship.target)))
            ):
                return True
    return False
