"""Drafts with a memory, for tests: every paragraph and every word knows what it came from, whatever is done to the text.

Paragraphs repeat one another, are of one pattern but for a word, or are short; hands edit, delete, insert, copy, move,
split and join them.
"""

import io
import random
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

COMMON = ["the", "of", "and", "shall", "to", "in", "a", "for", "by", "on", "with", "any", "each", "all", "its", "may"]
SHORT = ("Scope", "Tasks", "Yes", "No", "Every mission", "See below", "Annex one")
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


@dataclass(frozen=True)
class Word:
    """A word; `id` is the same wherever it goes."""

    text: str
    id: int


@dataclass(frozen=True)
class Written:
    """A paragraph; `origins` are the paragraphs of the first draft whose words it has, `family` its pattern if any."""

    words: tuple[Word, ...]
    origins: frozenset[int]
    family: int = -1

    @property
    def text(self) -> str:
        """The words with blanks between."""
        return " ".join(word.text for word in self.words)


@dataclass
class Hand:
    """Writes and rewrites drafts, at random but the same for the same seed."""

    random: random.Random
    count: int = 0
    patterns: list[tuple[str, ...]] = field(default_factory=list)
    families: dict[int, set[str]] = field(default_factory=dict)  # of the first draft: the texts of each pattern

    def fresh(self) -> str:
        """Return a word that nobody has written."""
        self.count += 1
        return f"w{self.count}"

    def word(self, text: str) -> Word:
        """Return a word with an id of its own."""
        self.count += 1
        return Word(text, self.count)

    def paragraph(self, origin: int) -> Written:
        """Return a paragraph of its own: words of its own among common ones."""
        length = self.random.randint(6, 16)
        texts = [self.fresh() if n % 2 == 0 else self.random.choice(COMMON) for n in range(length)]
        return Written(tuple(map(self.word, texts)), frozenset((origin,)))

    def of_family(self, origin: int, family: int) -> Written:
        """Return a paragraph like others of its pattern but for one word."""
        while len(self.patterns) <= family:
            self.patterns.append(tuple(self.random.choice(COMMON) + self.fresh() for _ in range(8)))
        texts = list(self.patterns[family])
        texts.insert(2, self.fresh())
        return Written(tuple(map(self.word, texts)), frozenset((origin,)), family)

    def write(self, length: int, *, plain: bool = False) -> list[Written]:
        """Return a draft; a plain one has no two paragraphs alike."""
        draft = list[Written]()
        for origin in range(length):
            kind = "own" if plain else self.random.choice(("own", "own", "own", "repeat", "family", "short"))
            if kind == "repeat" and draft:
                model = self.random.choice(draft)
                words = tuple(self.word(w.text) for w in model.words)
                draft.append(Written(words, frozenset((origin,)), model.family))
            elif kind == "family":
                draft.append(self.of_family(origin, self.random.randint(0, 1)))
            elif kind == "short":
                words = tuple(map(self.word, self.random.choice(SHORT).split()))
                draft.append(Written(words, frozenset((origin,))))
            else:
                draft.append(self.paragraph(origin))
        for paragraph in draft:
            self.families.setdefault(paragraph.family, set()).add(paragraph.text)
        return draft

    # ---- what happens to a draft ------------------------------------------------------------------------------------

    def edit(self, draft: list[Written], most: int = 3) -> None:
        """Replace, delete and insert a few words of one paragraph."""
        n = self.random.randrange(len(draft))
        words = list(draft[n].words)
        for _ in range(self.random.randint(1, most)):
            at = self.random.randrange(len(words))
            act = self.random.choice(("replace", "delete", "insert"))
            new = [self.word(self.fresh())] if act != "delete" else []
            if len(words) > 1 or new:
                words[at : at + (act != "insert")] = new
        draft[n] = Written(tuple(words), draft[n].origins, draft[n].family)

    def delete(self, draft: list[Written]) -> None:
        """Take one paragraph out."""
        if len(draft) > 1:
            draft.pop(self.random.randrange(len(draft)))

    def insert(self, draft: list[Written]) -> None:
        """Put in something new.

        It is of a pattern only where the first draft has two of it: else it would be more like the one than the one
        itself is after some edits, and nobody could tell.
        """
        n = self.random.randint(0, len(draft))
        families = [p.family for p in draft if p.family >= 0]
        if self.random.random() < 0.3 and families:
            family = self.random.choice(families)
            if len(self.families[family]) > 1:
                draft.insert(n, self.of_family(-1, family))
                return
        draft.insert(n, self.paragraph(-1))

    def copy(self, draft: list[Written]) -> None:
        """Write a paragraph again somewhere else: its words come from where the paragraph came from."""
        model = self.random.choice(draft)
        draft.insert(self.random.randint(0, len(draft)), model)

    def move(self, draft: list[Written]) -> None:
        """Put some neighbouring paragraphs elsewhere."""
        start = self.random.randrange(len(draft))
        block = draft[start : start + self.random.randint(1, 3)]
        del draft[start : start + len(block)]
        at = self.random.randint(0, len(draft))
        draft[at:at] = block

    def split(self, draft: list[Written]) -> None:
        """Make two paragraphs of one."""
        n = self.random.randrange(len(draft))
        one = draft[n]
        if len(one.words) > 1:
            at = self.random.randrange(1, len(one.words))
            draft[n : n + 1] = [Written(part, one.origins) for part in (one.words[:at], one.words[at:])]

    def join(self, draft: list[Written]) -> None:
        """Make one paragraph of two."""
        if len(draft) > 1:
            n = self.random.randrange(len(draft) - 1)
            one, other = draft[n : n + 2]
            draft[n : n + 2] = [Written((*one.words, *other.words), one.origins | other.origins)]

    def revise(self, draft: Sequence[Written], acts: Sequence[str]) -> list[Written]:
        """Return the draft after these acts."""
        revised = list(draft)
        for act in acts:
            getattr(self, act)(revised)
        return revised


def as_docx(paragraphs: Sequence[str]) -> bytes:
    """Return the smallest document with these paragraphs."""
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>' for text in paragraphs)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.'
        f'openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="{MAIN}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()
