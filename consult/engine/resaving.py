"""What a program changes by itself when it saves a document that another program made. It is no news.

Blanks and tabs at the edges of paragraphs, empty paragraphs, fields written as their results and results as fields,
links written as fields: such differences count only in a copy that the draft's own kind of program saved, or when they
are tracked. Words that differ always count.
"""

from collections.abc import Sequence
from dataclasses import replace

from consult.engine import ooxml
from consult.engine.identities import REFRESHED, symbol_of
from consult.engine.ooxml import Piece
from consult.engine.package import Package, parse_xml
from consult.engine.stories import Document
from consult.engine.taking import Slice
from consult.engine.values import ATOM
from consult.errors import Invalid

PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
LINK = "HYPERLINK"
BREAKS = frozenset(("break",))
REWRITERS = frozenset(("libreoffice", "openoffice.org"))  # they write anew even what they wrote themselves


def program_of(package: Package) -> str:
    """Return the kind of program that saved a package: the first word it says of itself, "" when it says nothing.

    A properties part that cannot be read says nothing: it is no reason to refuse a text.
    """
    part = package.related("", "extended-properties")
    try:
        name = (parse_xml(package.read(part)).findtext(f"{{{PROPERTIES}}}Application") or "") if part else ""
    except Invalid:
        return ""
    return name.replace("/", " ").split(" ")[0].casefold()


def is_saved_by_another(base: Document, returned: Document) -> bool:
    """Return whether another kind of program saved the copy than the one that saved the draft."""
    program = program_of(returned.package)
    return program in REWRITERS or program != program_of(base.package)


def write_links_as_text(base: Document, returned: Document) -> None:
    """Let links that a program wrote as fields read as their words, unless the draft has these words as a link's field too."""
    fields = {piece.shows for line in base.lines() for piece in line.pieces if _is_link(piece)}
    for line in returned.lines():
        if any(_is_link(piece) for piece in line.pieces):
            line.pieces = [
                inner
                for piece in line.pieces
                for inner in (_words_of(piece) if _is_link(piece) and piece.shows not in fields else [piece])
            ]


def _is_link(piece: Piece) -> bool:
    return piece.kind == "field" and piece.code.lstrip().upper().startswith(LINK)


def _words_of(field: Piece) -> list[Piece]:
    """Return the pieces of a field's result."""
    inner = ooxml.pieces_of_result(field.elements)
    return [replace(p, view=field.view, author=field.author, date=field.date) for p in inner] or [field]


def is_noise(old: Sequence[Slice], new: Sequence[Slice], *, at_edge: bool) -> bool:
    """Return whether a replacement only prints the same otherwise, or is blank at the edge of a paragraph or line."""
    before, behind = _printed(old), _printed(new)
    has_atoms, have_atoms = _holds_atoms(old), _holds_atoms(new)
    if has_atoms != have_atoms and " ".join(before.split()) == " ".join(behind.split()):
        return True
    return at_edge and not before.strip() and not behind.strip()


def _holds_atoms(slices: Sequence[Slice]) -> bool:
    return any(piece.text == ATOM for piece, _, _ in slices)


def as_printed(pieces: Sequence[Piece]) -> str:
    """Return what a reader sees of pieces, for telling which paragraph is which: a field that stays the same as its result."""
    return "".join(
        piece.shows if piece.kind == "field" and not REFRESHED.match(piece.code) else piece.text for piece in pieces
    )


def _printed(slices: Sequence[Slice]) -> str:
    """Return what a reader sees of these pieces: a field's result, nothing of a page break."""
    return "".join(_shown(piece) if piece.text == ATOM else piece.text[start:end] for piece, start, end in slices)


def _shown(piece: Piece) -> str:
    if piece.kind == "field":
        return piece.shows
    if piece.kind == "symbol":
        return symbol_of(piece)
    return "" if piece.kind in BREAKS else f"{ATOM}{piece.kind}{id(piece)}"


def is_empty(pieces: Sequence[Piece]) -> bool:
    """Return whether a paragraph prints nothing but blanks and page breaks."""
    return not _printed([(piece, 0, len(piece.text)) for piece in pieces]).strip()
