"""Made-up drafts and edited copies of them, as Word writes them: the same seed gives the same bytes.

The markup is written as text, since 30,000 paragraphs are to take seconds. A draft has headings, lists, tables,
footnotes, a header and a footer; its runs are cut and carry revision ids as in a file that was edited for months. A copy
is the draft with some paragraphs edited (tracked or not), some commented on, and others cut into other runs.
"""

import random
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from xml.sax.saxutils import escape

import skeleton

EDITED, COMMENTED, RECUT = 0.05, 0.02, 0.20  # shares of the paragraphs of a copy
ELSEWHERE = 0.05  # share of a draft's paragraphs that stand in tables, notes, header and footer
DISPUTED = 0.5  # share of a copy's edits in paragraphs that every other copy edits too
ROWS, COLUMNS = 5, 2
HEADING_EVERY, LIST_EVERY = 25, 6
TEXT = (
    "the Parties shall ensure that each mission informs its counterparts without delay of every decision taken under "
    "this framework and of any measure which affects border management document security police assistance gender "
    "equality human rights monitoring reporting training budget staff secondment procurement cyber resilience "
    "environmental cooperation arms control confidence building early warning mediation support elections media "
    "freedom tolerance minorities rule of law anti-corruption trafficking refugees water climate energy transport in "
    "for to by from with between among during after before upon where when unless although accordingly respective "
    "competent national regional local authorities institutions delegations participating States partners observers "
    "agreed proposed revised annual quarterly joint technical strategic operational financial legal practical lasting"
)
VOCABULARY = tuple(TEXT.split())

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a draft: its words, the words before which its runs are cut, the note it refers to (0: none)."""

    index: int
    kind: str
    words: Words
    cuts: tuple[int, ...]
    note: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """The words start..end give way to `new`. A whole paragraph goes, or a new one comes behind, if `whole` says so."""

    start: int
    end: int
    new: Words
    whole: bool = False


@dataclass(slots=True)
class Draft:
    """A draft: the paragraphs of the body, of cells in fives of rows, of notes, and of the header and footer."""

    seed: int
    body: list[Paragraph] = field(default_factory=list)
    cells: list[Paragraph] = field(default_factory=list)
    notes: list[Paragraph] = field(default_factory=list)
    margins: list[Paragraph] = field(default_factory=list)

    def paragraphs(self) -> list[Paragraph]:
        """Return all paragraphs."""
        return [*self.body, *self.cells, *self.notes, *self.margins]


@dataclass(slots=True)
class Copy:
    """What one organisation did to a draft: changes and comments (first and last word, text) by paragraph."""

    author: str
    tracked: bool
    changes: dict[int, list[Change]] = field(default_factory=dict)
    comments: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)
    recut: frozenset[int] = frozenset()


# ---- what is written ------------------------------------------------------------------------------------------------


def make_draft(paragraphs: int, seed: int = 1) -> Draft:
    """Return a draft with so many paragraphs, one in twenty of them in tables, notes, header and footer."""
    draft = Draft(seed)
    margins = 2
    elsewhere = max(int(paragraphs * ELSEWHERE), margins)
    cells = int(elsewhere * 0.65) // (ROWS * COLUMNS) * ROWS * COLUMNS
    notes = elsewhere - margins - cells
    in_body = paragraphs - elsewhere
    noted = {int((n + 0.5) * in_body / notes) if notes else -1: n + 1 for n in range(notes)}
    for index in range(paragraphs):
        chance = random.Random(seed * 1_000_003 + index)
        if index < in_body:
            draft.body.append(_paragraph(index, _kind(index), chance, noted.get(index, 0)))
        elif index < in_body + cells:
            draft.cells.append(_paragraph(index, "cell", chance))
        elif index < in_body + cells + notes:
            draft.notes.append(_paragraph(index, "note", chance))
        else:
            draft.margins.append(_paragraph(index, "margin", chance))
    return draft


def _kind(index: int) -> str:
    if index % HEADING_EVERY == 0:
        return "heading"
    return "list" if index % LIST_EVERY == 0 else "body"


def _paragraph(index: int, kind: str, chance: random.Random, note: int = 0) -> Paragraph:
    shortest, longest = {"heading": (2, 6), "margin": (3, 6), "cell": (3, 14), "note": (8, 25)}.get(kind, (18, 70))
    words = _words(chance, chance.randint(shortest, longest))
    return Paragraph(index, kind, (words[0].capitalize(), *words[1:-1], words[-1] + "."), _cuts(chance, words), note)


def _words(chance: random.Random, count: int) -> Words:
    return tuple(chance.choices(VOCABULARY, k=count))


def _cuts(chance: random.Random, words: Sequence[str]) -> tuple[int, ...]:
    count = chance.choice((0, 0, 0, 1, 1, 2, 3, 5))
    return tuple(sorted({chance.randrange(1, len(words)) for _ in range(count)})) if len(words) > 1 else ()


# ---- what is done to it ---------------------------------------------------------------------------------------------


def make_copy(
    draft: Draft, number: int, *, edited: float = EDITED, commented: float = COMMENTED, recut: float = RECUT
) -> Copy:
    """Return what organisation `number` does to a draft. Every second copy tracks its changes.

    Half of the edits are in paragraphs that the other copies edit too, half are spread anew.
    """
    chance = random.Random(draft.seed * 7919 + number)
    copy = Copy(f"Mission {number + 1}", tracked=number % 2 == 1)
    everything = draft.paragraphs()
    edits = max(1, round(edited * len(everything))) if edited else 0
    shared = random.Random(draft.seed).sample(everything, edits)[: round(edits * DISPUTED)]
    own = chance.sample(everything, edits - len(shared))
    for paragraph in {p.index: p for p in (*shared, *own)}.values():
        copy.changes[paragraph.index] = _changes(paragraph, chance)
    for place in range(round(commented * len(everything))):
        paragraph = chance.choice(draft.body)
        start = chance.randrange(len(paragraph.words))
        end = min(len(paragraph.words), start + chance.randint(1, 6))
        text = f"{' '.join(_words(chance, 12))} ({copy.author}, {place})"
        copy.comments.setdefault(paragraph.index, []).append((start, end, text))
    copy.recut = frozenset(p.index for p in everything if chance.random() < recut)
    return copy


def _changes(paragraph: Paragraph, chance: random.Random) -> list[Change]:
    whole = chance.random()
    count = len(paragraph.words)
    if paragraph.kind in ("body", "list") and not paragraph.note and whole < 0.08:
        return [Change(0, count, (), True) if whole < 0.04 else Change(count, count, _words(chance, 25), True)]
    starts = sorted(chance.sample(range(count), min(count, chance.choice((1, 1, 2, 3)))))
    changes, floor = list[Change](), 0
    for start in starts:
        if start < floor:
            continue
        end = min(count, start + chance.choice((0, 1, 2, 3)))
        new = _words(chance, chance.choice((0, 1, 2, 4)) if end > start else chance.randint(1, 4))
        changes.append(Change(start, end, new))
        floor = end + 2
    return changes


# ---- markup ---------------------------------------------------------------------------------------------------------


def write_docx(draft: Draft, copy: Copy | None = None) -> bytes:
    """Return the draft, or the copy of it, as a .docx."""
    pen = _Pen(draft, copy)
    parts = skeleton.parts(pen.body(), pen.notes(), pen.margin(0), pen.margin(1), pen.comments())
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


class _Pen:
    """Writes the markup of one file."""

    def __init__(self, draft: Draft, copy: Copy | None) -> None:
        self.draft, self.copy = draft, copy
        self.number = 1000  # of changes and comments
        self.told: list[str] = []

    def body(self) -> str:
        """Return what stands in w:body before the section's properties."""
        size = ROWS * COLUMNS
        tables = [self.draft.cells[i : i + size] for i in range(0, len(self.draft.cells), size)]
        every = len(self.draft.body) // (len(tables) + 1) if tables else 0
        found = list[str]()
        for position, paragraph in enumerate(self.draft.body, 1):
            found.append(self._paragraph(paragraph))
            if every and position % every == 0 and position // every <= len(tables):
                found.append(self._table(tables[position // every - 1]))
        return "".join(found)

    def notes(self) -> str:
        """Return the footnotes."""
        mark = '<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>'
        return "".join(
            f'<w:footnote w:id="{number}">{self._paragraph(paragraph, mark)}</w:footnote>'
            for number, paragraph in enumerate(self.draft.notes, 1)
        )

    def margin(self, which: int) -> str:
        """Return the paragraph of the header (0) or of the footer (1)."""
        return self._paragraph(self.draft.margins[which])

    def comments(self) -> str:
        """Return the comments, once everything else is written."""
        return "".join(self.told)

    def _table(self, cells: Sequence[Paragraph]) -> str:
        rows = [cells[i : i + COLUMNS] for i in range(0, len(cells), COLUMNS)]
        return skeleton.table([[self._paragraph(cell) for cell in row] for row in rows])

    def _paragraph(self, paragraph: Paragraph, mark: str = "") -> str:
        copy, index = self.copy, paragraph.index
        changes = copy.changes.get(index, []) if copy else []
        comments = copy.comments.get(index, []) if copy else []
        cuts = paragraph.cuts
        if copy is not None and index in copy.recut:
            cuts = _cuts(random.Random(index * 31 + len(copy.author)), paragraph.words)
        whole = changes[0] if changes and changes[0].whole else None
        tracked = copy is not None and copy.tracked
        gone = whole is not None and whole.end > whole.start
        if gone and not tracked:
            return ""  # its comments go with it, as in Word
        inner = "".join(self._content(paragraph, cuts, () if whole and not gone else changes, comments))
        note = skeleton.note_reference(paragraph.note) if paragraph.note else ""
        written = self._framed(paragraph, f"{mark}{inner}{note}", self._change("del") if gone and tracked else "")
        if whole is not None and not gone:
            run = skeleton.run(" ".join(whole.new), self._rsid())
            run = self._tracked("ins", run) if tracked else run
            written += self._framed(paragraph, run, self._change("ins") if tracked else "", new=True)
        return written

    def _framed(self, paragraph: Paragraph, inner: str, mark_change: str, new: bool = False) -> str:
        name = f"{(self.draft.seed * 65_537 + paragraph.index + 1) & 0x7FFFFFFF:08X}"
        rsid = self._rsid() if new else _old_rsid(paragraph.index)
        return skeleton.paragraph(paragraph.kind, "" if new else name, rsid, inner, mark_change)

    def _content(
        self,
        paragraph: Paragraph,
        cuts: Sequence[int],
        changes: Sequence[Change],
        comments: Sequence[tuple[int, int, str]],
    ) -> Iterator[str]:
        """Yield runs, changes and marks of comments from left to right."""
        begins: dict[int, list[int]] = {}
        ends: dict[int, list[int]] = {}
        for start, end, text in comments:
            number = self._comment(text)
            begins.setdefault(start, []).append(number)
            ends.setdefault(end, []).append(number)
        by_start = {change.start: change for change in changes}
        edges = {0, len(paragraph.words), *cuts, *begins, *ends}
        edges |= {edge for change in changes for edge in (change.start, change.end)}
        ordered = sorted(edges)
        for position, start in enumerate(ordered):
            yield from (skeleton.comment_end(number) for number in ends.get(start, ()))
            yield from (skeleton.comment_start(number) for number in begins.get(start, ()))
            change = by_start.get(start)
            if change is not None and change.new:
                yield self._inserted(change, last=start == len(paragraph.words))
            if position + 1 < len(ordered):
                yield self._stretch(paragraph, start, ordered[position + 1], changes)

    def _inserted(self, change: Change, last: bool) -> str:
        text = " ".join(change.new)
        run = skeleton.run(f" {text}" if last else f"{text} ", self._rsid())
        return self._tracked("ins", run) if self.copy is not None and self.copy.tracked else run

    def _stretch(self, paragraph: Paragraph, start: int, end: int, changes: Sequence[Change]) -> str:
        text = " ".join(paragraph.words[start:end]) + (" " if end < len(paragraph.words) else "")
        bold = paragraph.index % 9 == 0 and start in paragraph.cuts
        if not any(c.start <= start and end <= c.end for c in changes):
            return skeleton.run(text, _old_rsid(paragraph.index + start), bold)
        if self.copy is not None and self.copy.tracked:
            return self._tracked("del", skeleton.run(text, self._rsid(), bold, deleted=True))
        return ""

    def _tracked(self, tag: str, run: str) -> str:
        return f"{self._change(tag)[:-2]}>{run}</w:{tag}>"

    def _change(self, tag: str) -> str:
        assert self.copy is not None
        self.number += 1
        date = f"2026-11-{1 + self.number % 28:02d}T10:00:00Z"
        return f'<w:{tag} w:id="{self.number}" w:author="{escape(self.copy.author)}" w:date="{date}"/>'

    def _comment(self, text: str) -> int:
        assert self.copy is not None
        number = len(self.told)
        self.told.append(skeleton.comment(number, self.copy.author, escape(text)))
        return number

    def _rsid(self) -> str:
        return f"00{hash_of(self.copy.author if self.copy else ''):06X}"


def hash_of(text: str) -> int:
    """Return a number below 2**24 that is the same in every run."""
    return zlib.crc32(text.encode()) & 0xFFFFFF


def _old_rsid(index: int) -> str:
    return f"00{(index // 7 * 48_271 + 0xA1B2C) & 0xFFFFFF:06X}"
