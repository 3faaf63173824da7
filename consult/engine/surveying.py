"""One pass over a part: which paragraphs are nothing but words, and where everything stands that one looks for.

Most paragraphs of most documents hold runs of text and marks of no width, nothing else: no field, picture, tab, link,
no tracked change. Such a paragraph's text is known without reading it piece by piece, which is what costs time.
"""

from dataclasses import dataclass, field

from consult.engine import ooxml
from consult.engine.ooxml import Element, w

# Whatever else has width in a paragraph, or says that something in it changed: see ooxml.pieces_of.
SPECIAL = (
    *ooxml.CHARACTERS, *ooxml.ATOM_KINDS, *ooxml.EQUATIONS, *ooxml.INSERTED_TAGS, *ooxml.DELETED_TAGS,
    *(w("br"), ooxml.FLD_CHAR, ooxml.FLD_SIMPLE, ooxml.DEL_TEXT, w("rPrChange"), w("pPrChange")),
)  # fmt: skip
CHANGES = ooxml.INSERTED_TAGS | ooxml.DELETED_TAGS
COMMENT_MARKS = frozenset((ooxml.COMMENT_START, ooxml.COMMENT_END, ooxml.COMMENT_REFERENCE))
OTHERS = frozenset((ooxml.BOX, ooxml.SECT_PR))


@dataclass(slots=True)
class Survey:
    """What stands in a part, as it was when surveyed, everything in the order of the text.

    `plain` gives the text of the plain paragraphs; `changes` are tracked changes, `comment_marks` paragraphs and the
    marks of comments between and in them; `others` holds everything else that was looked for, as note references, marks
    of fields, boxes and sections, by its tag.
    """

    plain: dict[Element, str] = field(default_factory=dict)
    changes: list[Element] = field(default_factory=list)
    comment_marks: list[Element] = field(default_factory=list)
    others: dict[str, list[Element]] = field(default_factory=dict)

    def of(self, tag: str) -> list[Element]:
        """Return the note references, marks of fields, boxes or sections with this tag."""
        return self.others.get(tag, [])


def survey(root: Element) -> Survey:
    """Return the survey of a part. A paragraph with text that stands deeper than in its runs is not plain."""
    found = Survey()
    words: dict[Element, list[str]] = {}
    special: set[Element] = set()
    paragraph: Element | None = None
    for element in root.iter(ooxml.P, ooxml.TEXT, *SPECIAL, *COMMENT_MARKS, *OTHERS):
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
            found.comment_marks.append(element)
        elif tag in COMMENT_MARKS:
            found.comment_marks.append(element)
        else:
            _note(element, tag, found, special)
    found.plain = {p: _without_controls("".join(texts)) for p, texts in words.items() if p not in special}
    return found


def _note(element: Element, tag: str, found: Survey, special: set[Element]) -> None:
    if tag in CHANGES:
        found.changes.append(element)
    else:
        found.others.setdefault(tag, []).append(element)
    if tag not in OTHERS:
        special.update(element.iterancestors(ooxml.P))


def _without_controls(text: str) -> str:
    return text if text.isprintable() else ooxml.CONTROL.sub(" ", text)
