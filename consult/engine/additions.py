"""What a written file has beyond the draft's parts: new parts, relationships, content types; told all at once at the end."""

from lxml import etree

from consult.engine.ooxml import Element, number_from
from consult.engine.package import CT, RELS, TYPES, Package, parse_xml
from consult.engine.serializing import to_bytes


class Additions:
    """Gathers what changes in a package beside the stories."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.parts: dict[str, bytes] = {}
        self._relationships: dict[str, Element] = {}
        self._types: Element | None = None
        self._links: dict[tuple[str, str, str], str] = {}

    def has(self, part: str) -> bool:
        """Return whether there is such a part, old or new."""
        return self.package.has(part) or part in self.parts

    def relate(self, part: str, type_: str, target: str, *, external: bool = False) -> str:
        """Give a part a relationship to another part or an address, once; return its id."""
        key = (part, type_, target)
        if key not in self._links:
            root = self._relationships_of(part)
            numbers = [number_from(e.get("Id", "")[3:]) for e in root]
            element = etree.SubElement(
                root, f"{{{RELS}}}Relationship", Id=f"rId{max(numbers, default=0) + 1}", Type=type_
            )
            element.set("Target", target if external else f"/{target}")
            if external:
                element.set("TargetMode", "External")
            self._links[key] = element.get("Id", "")
        return self._links[key]

    def relate_as(self, part: str, name: str, type_: str, target: str, *, external: bool = False) -> None:
        """Give a new part a relationship under an id that its bytes already name."""
        element = etree.SubElement(self._relationships_of(part), f"{{{RELS}}}Relationship", Id=name, Type=type_)
        element.set("Target", target if external else f"/{target}")
        if external:
            element.set("TargetMode", "External")

    def _relationships_of(self, part: str) -> Element:
        if part not in self._relationships:
            name = relationships_name(part)
            known = parse_xml(self.package.read(name)) if self.package.has(name) else None
            root = known if known is not None else etree.Element(f"{{{RELS}}}Relationships", nsmap={None: RELS})  # type: ignore[dict-item]
            self._relationships[part] = root
        return self._relationships[part]

    def declare(self, part: str, content_type: str) -> None:
        """Say of what type a new part is."""
        if self._types is None:
            self._types = parse_xml(self.package.read(TYPES))
        etree.SubElement(self._types, f"{{{CT}}}Override", PartName=f"/{part}", ContentType=content_type)

    def add(self, like: str, content_type: str, data: bytes) -> str:
        """Add a part with a name like the given one; return its name."""
        folder, _, name = like.rpartition("/")
        stem, dot, ending = name.rpartition(".")
        stem = (stem or name).rstrip("0123456789")
        number = 1
        while self.has(part := f"{folder}/{stem}{number}{dot}{ending}".lstrip("/")):
            number += 1
        self.parts[part] = data
        self.declare(part, content_type)
        return part

    def changes(self) -> dict[str, bytes]:
        """Return all parts that are new or changed: name -> bytes."""
        found = dict(self.parts)
        found.update({relationships_name(part): to_bytes(root) for part, root in self._relationships.items()})
        if self._types is not None:
            found[TYPES] = to_bytes(self._types)
        return found


def relationships_name(part: str) -> str:
    """Return the name of the part that holds a part's relationships."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels".lstrip("/")
