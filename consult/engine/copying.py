"""The Word copy a mission downloads: the draft with its paragraph numbers printed and the draft's identity inside."""

from lxml import etree

from consult.engine import ooxml
from consult.engine.ooxml import Element, w
from consult.engine.package import Package, open_package, parse_xml, with_override, with_relationship
from consult.engine.serializing import to_bytes
from consult.engine.stories import Line, open_document
from consult.engine.values import CopyIdentity

CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
CUSTOM_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
CP = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
VT = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # ECMA-376 Part 1, §22.3: the set of custom properties
NAMES = {
    "draft_sha256": "ConsultDraft",
    "consultation": "ConsultConsultation",
    "round_number": "ConsultRound",
    "draft_title": "ConsultTitle",
}
# CT_Settings is a sequence: tracking goes before the first of these that is there (ECMA-376 Part 1, §17.15.1.78).
BEFORE_TRACKING = frozenset(
    w(name)
    for name in (
        *(
            "writeProtection",
            "view",
            "zoom",
            "removePersonalInformation",
            "removeDateAndTime",
            "doNotDisplayPageBoundaries",
        ),
        *("displayBackgroundShape", "printPostScriptOverText", "printFractionalCharacterWidth", "printFormsData"),
        *("embedTrueTypeFonts", "embedSystemFonts", "saveSubsetFonts", "saveFormsData", "mirrorMargins"),
        *("alignBordersAndEdges", "bordersDoNotSurroundHeader", "bordersDoNotSurroundFooter", "gutterAtTop"),
        *("hideSpellingErrors", "hideGrammaticalErrors", "activeWritingStyle", "proofState", "formsDesign"),
        *(
            "attachedTemplate",
            "linkStyles",
            "stylePaneFormatFilter",
            "stylePaneSortMethod",
            "documentType",
            "mailMerge",
        ),
        "revisionView",
    )
)


def write_copy(draft: bytes, identity: CopyIdentity) -> bytes:
    """Return the draft as a Word copy to be edited and returned: numbers before the paragraphs, tracking switched on.

    The numbers are the same as on the page and in the matrix. They are small grey text; whoever deletes one changes
    nothing, since a returned copy is read without them.
    """
    document = open_document(draft)
    changes: dict[str, bytes] = {}
    for story in document.of_kind("body", "footnote", "endnote"):  # a number in a header would stand on every page
        for line in story.lines():
            if line.number:
                _print_number(line)
                changes[story.part] = b""
    changes = {part: to_bytes(document.roots[part]) for part in changes}
    changes.update(_tracking(document.package))
    changes.update(_identity_parts(document.package, identity))
    return document.package.replaced(changes)


def _print_number(line: Line) -> None:
    run = etree.Element(ooxml.RUN)
    properties = etree.SubElement(run, ooxml.RPR)
    for name, attributes in (
        ("b", {"val": "0"}),
        ("i", {"val": "0"}),
        ("caps", {"val": "0"}),
        ("noProof", {}),
        ("color", {"val": "808080"}),
        ("sz", {"val": "16"}),
        ("szCs", {"val": "16"}),
        ("u", {"val": "none"}),
    ):
        etree.SubElement(properties, w(name), {w(key): value for key, value in attributes.items()})
    etree.SubElement(run, ooxml.TEXT).text = f"[{line.number}]\u00a0"
    own = line.element.find(ooxml.PPR)
    if own is not None:
        own.addnext(run)
    else:
        line.element.insert(0, run)


def _tracking(package: Package) -> dict[str, bytes]:
    """Return the settings part with change tracking on, or nothing when there is no settings part or it is on already."""
    for relationship in package.relationships(package.main_part):
        if relationship.type.endswith("/settings") and package.has(relationship.target):
            root = parse_xml(package.read(relationship.target))
            if root.find(w("trackRevisions")) is not None:
                return {}
            place = 0
            for position, child in enumerate(root):
                if child.tag in BEFORE_TRACKING:
                    place = position + 1
            root.insert(place, etree.Element(w("trackRevisions")))
            return {relationship.target: to_bytes(root)}
    return {}


def _identity_parts(package: Package, identity: CopyIdentity) -> dict[str, bytes]:
    part, root = _custom_properties(package)
    changes: dict[str, bytes] = {}
    if root is None:
        part = "docProps/custom.xml"
        root = etree.Element(f"{{{CP}}}Properties", nsmap={None: CP, "vt": VT})  # type: ignore[dict-item]
        rels = "_rels/.rels"
        changes[rels], _ = with_relationship(package.read(rels), CUSTOM_RELATIONSHIP, part)
        types = "[Content_Types].xml"
        changes[types] = with_override(package.read(types), part, CUSTOM_TYPE)
    _write_identity(root, identity)
    changes[part] = to_bytes(root)
    return changes


def identity_part(identity: CopyIdentity) -> bytes:
    """Return custom properties that say nothing but what a Word copy says of itself."""
    root = etree.Element(f"{{{CP}}}Properties", nsmap={None: CP, "vt": VT})  # type: ignore[dict-item]
    _write_identity(root, identity)
    return to_bytes(root)


def _write_identity(root: Element, identity: CopyIdentity) -> None:
    for child in list(root):
        if child.get("name") in NAMES.values():
            root.remove(child)
    number = max((ooxml.number_from(child.get("pid", "1"), 1) for child in root), default=1)
    for field, name in NAMES.items():
        number = max(number, 1) + 1
        child = etree.SubElement(root, f"{{{CP}}}property", fmtid=FORMAT_ID, pid=str(number), name=name)
        etree.SubElement(child, f"{{{VT}}}lpwstr").text = ooxml.printable(str(getattr(identity, field)))


def _custom_properties(package: Package) -> tuple[str, Element | None]:
    for relationship in package.relationships(""):
        if relationship.type.endswith("/custom-properties") and package.has(relationship.target):
            return relationship.target, parse_xml(package.read(relationship.target))
    return "", None


def read_identity(docx: bytes) -> CopyIdentity | None:
    """Return what a Word copy of ours says of itself, or None for any other document."""
    return identity_of(open_package(docx))


def identity_of(package: Package) -> CopyIdentity | None:
    """Return what an opened Word copy says of itself."""
    _, root = _custom_properties(package)
    if root is None:
        return None
    values = {child.get("name"): "".join(str(text) for text in child.itertext()).strip() for child in root}
    if any(not values.get(name) for name in NAMES.values()) or ooxml.number_from(values["ConsultRound"]) < 1:
        return None
    return CopyIdentity(
        values["ConsultDraft"],
        values["ConsultConsultation"],
        ooxml.number_from(values["ConsultRound"]),
        values["ConsultTitle"],
    )
