"""Paragraphs that are nothing but words, and those words, found in one pass over a part.

Most paragraphs of most documents hold runs of text and marks of no width, nothing else: no field, picture, tab, link,
no tracked change. Such a paragraph's text is known without reading it piece by piece, which is what costs time.
"""

import re

from consult.engine import ooxml
from consult.engine.ooxml import Element, w

# Whatever else has width in a paragraph, or says that something in it changed: see ooxml.pieces_of.
SPECIAL = (
    *ooxml.CHARACTERS, *ooxml.ATOM_KINDS, *ooxml.EQUATIONS, *ooxml.INSERTED_TAGS, *ooxml.DELETED_TAGS,
    *(w("br"), ooxml.FLD_CHAR, ooxml.FLD_SIMPLE, ooxml.DEL_TEXT, w("rPrChange"), w("pPrChange")),
)  # fmt: skip
CONTROL = re.compile(r"[\t\r\n]")


def plain_texts(root: Element) -> dict[Element, str]:
    """Return the plain paragraphs of a part: w:p -> its text. Text that stands deeper than in a run makes one special."""
    words: dict[Element, list[str]] = {}
    special: set[Element] = set()
    paragraph: Element | None = None
    for element in root.iter(ooxml.P, ooxml.TEXT, *SPECIAL):
        tag = element.tag
        if tag == ooxml.TEXT:
            run = element.getparent()
            if run is not None and paragraph is not None and run.getparent() is paragraph and run.tag == ooxml.RUN:
                words[paragraph].append(element.text or "")
            else:
                special.update(element.iterancestors(ooxml.P))
        elif tag == ooxml.P:
            paragraph = element
            words[element] = []
        else:
            special.update(element.iterancestors(ooxml.P))
    return {p: CONTROL.sub(" ", "".join(texts)) for p, texts in words.items() if p not in special}
