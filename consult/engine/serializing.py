"""XML trees back to the bytes of a part."""

from lxml import etree

from consult.engine.ooxml import Element


def to_bytes(root: Element) -> bytes:
    """Return a part's bytes: UTF-8 with the declaration Word writes."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
