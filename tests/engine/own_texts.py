"""How a draft reads with one organisation's edits, computed without the engine's merge and writer."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from consult import engine
from consult.engine.values import Edit
from tests.engine.outlines import Outline

Token = tuple[str, str]  # a character, and what stands there if it is an atom: "footnote 2", "box 1", "new note text"
BODY = ("body", "heading", "list", "cell")
NOTE_TEXT = re.compile(rb"<w:t[^>]*>([^<]*)</w:t>")
INLINE = ("insert", "delete", "replace", "paragraph-deleted")


def own_texts(outline: Outline, edits: Sequence[Edit]) -> list[str]:
    """Return the texts of all paragraphs in reading order after these edits of one organisation."""
    return ["".join(c for c, _ in line) for line in OwnReading(outline, edits).lines()]


class OwnReading:
    """A draft with the edits of one organisation, as tokens."""

    def __init__(self, outline: Outline, edits: Sequence[Edit]) -> None:
        self.outline = outline
        self.by_key: dict[str, list[Edit]] = defaultdict(list)
        for edit in edits:
            self.by_key[edit.paragraph].append(edit)
        self.gone = {key for row in outline.rows if row.own_deleted for key in row.keys}
        keys = [p.key for p in outline.paragraphs]
        for edit in edits:
            if edit.kind == "row-deleted":
                self.gone.update(keys[keys.index(edit.paragraph) : keys.index(edit.until) + 1])
        self.atoms: dict[tuple[str, int], str] = {}
        boxes = count(1)
        for p in outline.paragraphs:
            for atom in p.atoms:
                number = str(next(boxes)) if atom.kind == "box" else atom.shows
                self.atoms[p.key, atom.offset] = f"{atom.kind} {number}"

    def lines(self) -> Iterator[list[Token]]:
        """Yield the paragraphs: the body, text boxes, footnotes, endnotes, headers and footers."""
        body = list(self._story(p for p in self.outline.paragraphs if p.kind in BODY))
        yield from body
        atoms = [name for line in body for c, name in line if c == engine.ATOM]
        for kind, prefix in (("box", "tb"), ("footnote", "fn"), ("endnote", "en")):
            for name in (n for n in atoms if n.split(" ")[0] == kind):
                number = name.split(" ", 1)[1]
                if number.startswith("new "):
                    yield [(c, "") for c in number[4:]]
                else:
                    start = f"{prefix}{number}."
                    yield from self._story(p for p in self.outline.paragraphs if p.key.startswith(start))
        yield from self._story(p for p in self.outline.paragraphs if p.kind in ("header", "footer"))

    def _story(self, paragraphs: Iterable[engine.Paragraph]) -> Iterator[list[Token]]:
        for p in paragraphs:
            here = self.by_key[p.key]
            rows = [e for e in here if e.kind == "row-inserted"]
            blocks = [e for e in here if e.kind in ("paragraph-inserted", "table-inserted")]
            for edit in sorted((e for e in rows if e.before), key=lambda e: (-self._index(e.until), e.order)):
                yield from self._new(edit)
            if p.key not in self.gone:
                for edit in sorted((e for e in blocks if e.before), key=lambda e: e.order):
                    yield from self._new(edit)
                if not any(e.kind == "paragraph-deleted" for e in here):
                    yield self._paragraph(p, [e for e in here if e.kind in INLINE])
                for edit in sorted((e for e in blocks if not e.before), key=lambda e: e.order):
                    yield from self._new(edit)
            for edit in sorted((e for e in rows if not e.before), key=lambda e: (-self._index(e.until), e.order)):
                yield from self._new(edit)

    def _index(self, key: str) -> int:
        return self.outline.by_key[key].index

    def _paragraph(self, p: engine.Paragraph, edits: Sequence[Edit]) -> list[Token]:
        tokens = [(c, self.atoms.get((p.key, i), "")) for i, c in enumerate(p.text)]
        for edit in sorted(edits, key=lambda e: e.start, reverse=True):
            tokens[edit.start : edit.end] = _new_tokens(edit, edit.new)
        return tokens

    def _new(self, edit: Edit) -> Iterator[list[Token]]:
        if edit.kind == "paragraph-inserted":
            yield _new_tokens(edit, edit.new)
            return
        for row in edit.new.split("\n"):
            for cell in row.split("\t"):
                yield _new_tokens(edit, cell)


def _new_tokens(edit: Edit, text: str) -> list[Token]:
    notes = iter(edit.assets)
    tokens = []
    for c in text:
        note = next(notes, None) if c == engine.ATOM else None
        tokens.append((c, f"{note.kind} new {_words(note.data)}" if note is not None else ""))
    return tokens


def _words(markup: bytes) -> str:
    return b"".join(NOTE_TEXT.findall(markup)).decode()
