"""A reader of negotiation texts that knows nothing of how they are written: brackets back into everybody's own text."""

import re
from collections.abc import Iterator

from consult import engine
from consult.engine import ooxml
from consult.engine.stories import Line, open_document

STYLE = "NegotiationBracket"
TOKEN = re.compile(r"\[(?P<names>[^\[\]:]+):? ?(?P<word>[^\[\]]*)|\]")


def marked(line: Line) -> Iterator[tuple[bool, str]]:
    """Yield the stretches of a paragraph: whether they are brackets and names, and what they say."""
    for piece in ooxml.visible(line.pieces):
        run = piece.elements[0]
        style = run.find(f"{ooxml.RPR}/{ooxml.w('rStyle')}")
        if piece.text:
            yield style is not None and style.get(ooxml.w("val")) == STYLE, piece.text


def passages(line: Line) -> Iterator[dict[str, str]]:
    """Yield the passages of a paragraph: what each organisation, and "Draft", wants there. "" is for everybody."""
    passage: dict[str, str] = {}
    names: list[str] = []
    for is_mark, text in marked(line):
        if not is_mark:
            if names:
                passage.update((name, passage[name] + text) for name in names)
            else:
                yield passage
                yield {"": text}
                passage = {}
            continue
        for token in TOKEN.finditer(text):
            if token.group() == "]":
                names = []
                continue
            names = re.split(r", supported by |, (?!new row)", token.group("names").removesuffix(", new row"))
            if "Draft" in names:
                yield passage
                passage = {}
            passage.update((name, "") for name in names)
    yield passage


def read_for(data: bytes, organisation: str) -> list[str]:
    """Return the paragraphs as one organisation wants them; as the draft has them for "Draft"."""
    found = []
    for line in open_document(data).lines():
        text = "".join(p.get("", p.get(organisation, p.get("Draft", ""))) for p in passages(line))
        found.append(text)
    return found


def shown(data: bytes) -> str:
    """Return the whole text, brackets and all."""
    return "\n".join(p.text for p in engine.read_draft(data).paragraphs)
