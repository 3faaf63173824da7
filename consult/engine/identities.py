"""What atoms are compared by: programs renumber notes, relationships and ids, and refresh fields, when they save.

For comparing words every atom is given a character of its own, the same for the same thing in draft and copy.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence

from consult.engine import ooxml
from consult.engine.imaging import identity_bytes
from consult.engine.ooxml import Element, Piece, w
from consult.engine.package import Package, parse_xml
from consult.engine.stories import Document
from consult.engine.values import ATOM

FIRST = 0xF0000  # plane 15 is private: no document means anything by it
# Fields whose result a program makes anew: only their instruction says what they are.
REFRESHED = re.compile(
    r"\s*(TOC|PAGE\w*|REF|NOTEREF|STYLEREF|SEQ|NUMPAGES|SECTION\w*|DATE|TIME|CREATEDATE|SAVEDATE|PRINTDATE|EDITTIME|"
    r"FILENAME|FILESIZE|NUM\w+|DOCPROPERTY|AUTHOR|TITLE|SUBJECT|LASTSAVEDBY|REVNUM|INDEX|XE|TC|RD|TA|TOA|BIBLIOGRAPHY|"
    r"CITATION|LISTNUM|AUTONUM\w*|=)(\s|$)",
    re.IGNORECASE,
)


CHART_TEXTS = tuple(f"{{http://schemas.openxmlformats.org/drawingml/2006/{name}" for name in ("chart}v", "main}t"))


class Identities:
    """Says of the atoms of one document what they are. `notes` renames notes: (kind, id) -> what they are known by."""

    def __init__(self, document: Document, notes: dict[tuple[str, str], str] | None = None) -> None:
        self.package, self.notes = document.package, notes or {}
        self._parts = {root: part for part, root in document.roots.items()}
        self._digests: dict[str, str] = {}

    def of(self, piece: Piece) -> str:
        """Return an atom's identity."""
        if piece.kind == "field":
            return _field(piece)
        if piece.kind in ("footnote", "endnote"):
            return self.notes.get((piece.kind, piece.shows), f"{piece.kind} {piece.shows}")
        if piece.kind == "equation":
            return "equation " + "".join(t.text or "" for e in piece.elements for t in e.iter(f"{{{ooxml.M}}}t"))
        if piece.kind == "symbol" and piece.child is not None:
            return f"symbol {piece.child.get(w('char'), '')}"
        element = piece.child if piece.child is not None else piece.elements[0]
        return " ".join((piece.kind, *sorted(self._contents(element))))

    def _contents(self, element: Element) -> Iterable[str]:
        """Yield digests of the parts an element refers to: a picture is its bytes."""
        names = references_in(element)
        if not names:
            return
        part = self._parts.get(element.getroottree().getroot(), self.package.main_part)
        for relationship in self.package.relationships(part):
            if relationship.id in names and not relationship.external:  # where a linked picture came from is no content
                yield self._digest(relationship.target)

    def _digest(self, part: str) -> str:
        if part not in self._digests:
            self._digests[part] = digest_of(self.package, part)
        return self._digests[part]


def digest_of(package: Package, part: str) -> str:
    """Return a digest of a part's bytes, "" when it is not there; of a picture's without what it tells of its making.

    A chart's is that of what it shows: programs write it anew.
    """
    if package.has(part) and package.content_type(part).endswith("drawingml.chart+xml"):
        texts = sorted({_rounded(e.text or "") for e in parse_xml(package.read(part)).iter(*CHART_TEXTS)})
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    return hashlib.sha256(identity_bytes(package.read(part))).hexdigest()[:16] if package.has(part) else ""


def _rounded(text: str) -> str:
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text


def references_in(element: Element) -> set[str]:
    """Return the ids of all relationships that an element and what is in it refer to."""
    return {
        inner.get(name, "")
        for inner in element.iter()
        if isinstance(inner.tag, str)
        for name in ooxml.attributes_of(inner)
        if name.startswith(f"{{{ooxml.R}}}")
    }


TOKEN = re.compile(r'"[^"]*"|\\\S|[^\s"\\]+')
FORMATS = ("MERGEFORMAT", "CHARFORMAT")


def _field(piece: Piece) -> str:
    """Return a field's identity: its words without quotation marks and without switches that only format.

    Of a field that programs make anew, only its name and what it is about: they rewrite its switches as well.
    """
    tokens = [token.strip('"') for token in TOKEN.findall(piece.code)]
    if REFRESHED.match(piece.code):
        about = [token for token in tokens[1:2] if not token.startswith("\\")]
        return " ".join(("field", tokens[0].upper(), *about))
    kept = [token for token in tokens if token not in FORMATS and token not in ("\\*", "\\h")]
    return " ".join(("field", *kept, piece.shows))


def symbol_of(piece: Piece) -> str:
    """Return the character that a w:sym prints, in the private area where symbol fonts have theirs."""
    code = piece.child.get(w("char"), "") if piece.child is not None else ""
    return chr(int(code, 16)) if re.fullmatch("[0-9A-Fa-f]{1,4}", code) else ATOM


class Codes:
    """Gives out one character for each identity; shared by the two documents that are compared."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def coded(self, text: str, pieces: Sequence[Piece], identities: Identities) -> str:
        """Return the text of these pieces with every atom's own character in its place."""
        if ATOM not in text:
            return text
        atoms = (self._code(identities.of(piece)) for piece in pieces if piece.text == ATOM)
        first, *others = text.split(ATOM)
        return first + "".join(next(atoms, ATOM) + words for words in others)

    def _code(self, identity: str) -> str:
        return self._codes.setdefault(identity, chr(FIRST + len(self._codes)))


def uncoded(text: str) -> str:
    """Return a coded text with plain atoms again."""
    if text.isascii() or not any(ord(c) >= FIRST for c in text):
        return text
    return "".join(ATOM if FIRST <= ord(c) < FIRST + 0x10000 else c for c in text)
