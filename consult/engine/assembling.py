"""Writing one file: the draft with merged layers and comments in it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from consult.engine import ooxml
from consult.engine.adding import Adder
from consult.engine.additions import Additions
from consult.engine.bringing import Bringer
from consult.engine.commenting import Written, write_comments
from consult.engine.margins import margin_comments
from consult.engine.merging import Layers, Merge
from consult.engine.ooxml import Element
from consult.engine.people import write_people
from consult.engine.remarking import DRAFTS_OWN
from consult.engine.serializing import to_bytes
from consult.engine.stories import Document, Line, Story
from consult.engine.values import Notice, Remark
from consult.engine.writing import Numbers, Range, Writer

Clean = Sequence[tuple[Remark, str]]  # remarks with their clean dates


class Assembly:
    """Writes one consolidated file."""

    def __init__(self, document: Document, merged: Merge, date: str) -> None:
        self.document, self.merged, self.date = document, merged, date
        self.stories: dict[str, Story] = {line.key: s for s in document.stories for line in s.lines()}
        self.lines: dict[str, Line] = {line.key: line for line in document.lines()}
        self._spots: dict[object, tuple[str, int]] = {}
        self.ranges: dict[str, list[Range]] = defaultdict(list)
        self.on_new: list[tuple[Range, Remark]] = []
        self.notices: list[Notice] = []
        self.additions = Additions(document.package)
        self.bringer = Bringer(document, self.additions)
        self.writer = Writer(document, Numbers(document.roots.values()), self.bringer, date)
        self.adder = Adder(self.writer)

    def write(self, remarks: Clean, people: Mapping[str, str] | None = None) -> tuple[bytes, list[Notice]]:
        """Return the file and what to tell about it. `people` says of names that are no organisation's whose they are."""
        comments = self._anchor(remarks)
        write_people(self.document, people or {}, self.additions)
        layers = self.merged.layers
        self._find_moves()
        for key in {**layers, **self.ranges}:
            self.writer.write_paragraph(self.lines[key], layers.get(key) or Layers(), self.ranges.get(key, []))
        for key, layer in layers.items():
            self.adder.add_blocks(self.lines[key], layer)
            if layer.row_deleted_by:
                self.adder.delete_row(self.lines[key], layer, layer.row_ends)
        for range_, remark in self.on_new:
            self._comment_on_new(range_, remark)
        self.adder.delete_paragraphs({key: layer for key, layer in layers.items() if layer.deleted_by})
        for key in self.adder.stays_empty:
            text = "The paragraph's text is deleted; an empty paragraph stays, since nothing follows it could join."
            self.notices.append(Notice("empty-paragraph-stays", text, key))
        return self.document.package.replaced(self._changed_parts(comments)), self.notices

    def _find_moves(self) -> None:
        """Keep as moves what is moved whole to one place and nobody else touches; all else stays deleted and new."""
        layers = self.merged.layers
        targets = {
            new.edit.move: new for layer in layers.values() for new in (*layer.before, *layer.behind) if new.edit.move
        }
        sources = [layer.moved for layer in layers.values() if layer.moved]
        for key, layer in layers.items():
            target = targets.get(layer.moved)
            whole = len(layer.deletions) == 1 and not layer.insertions
            if target is None or not whole or sources.count(layer.moved) > 1 or key in self.ranges:
                continue
            if target.organisations == tuple(layer.deleted_by):
                self.writer.moves[key] = layer.moved
                self.adder.move_targets[layer.moved] = key

    def _changed_parts(self, comments: Sequence[Written]) -> dict[str, bytes]:
        keys = {key for key, layer in self.merged.layers.items() if layer != Layers()} | set(self.ranges)
        touched = {self.stories[key].part for key in keys} | self.bringer.touched
        write_comments(self.document, comments, self.additions)
        changes = self.additions.changes()
        changes.update({part: to_bytes(self.document.roots[part]) for part in touched})
        return changes

    # ---- comments ---------------------------------------------------------------------------------------------------

    def _anchor(self, remarks: Clean) -> list[Written]:
        """Give each remark its comment number and its range in the text."""
        own = [c.id for c in margin_comments(self.document)]
        last = max((ooxml.number_from(name, -1) for name in own), default=-1)
        numbers = {(r.organisation, r.order): last + n for n, (r, _) in enumerate(remarks, 1) if r.order >= 0}
        written = []
        for number, (remark, date) in enumerate(remarks, last + 1):
            placed = self._in_the_body(remark)
            parent = str(numbers.get((remark.organisation, remark.reply_to), "")) if remark.reply_to >= 0 else ""
            if remark.reply_to <= DRAFTS_OWN and DRAFTS_OWN - remark.reply_to < len(own):
                parent = own[DRAFTS_OWN - remark.reply_to]
            written.append(
                Written(number, remark.signature or remark.organisation, remark.initials, date or self.date,
                        placed.text, parent, remark.resolved)
            )  # fmt: skip
            self._give_range(number, placed)
        return written

    def _give_range(self, number: int, placed: Remark) -> None:
        if placed.inserted:
            self.on_new.append((Range(number, 0, 0), placed))
            self.ranges.setdefault(placed.paragraph, [])
            return
        whole = len(self.lines[placed.paragraph].text)
        end = whole if placed.start == placed.end == 0 and not placed.quote else placed.end
        last = placed.last_paragraph
        if last in self.lines and last != placed.paragraph and self.stories[last].kind == "body":
            self.ranges[placed.paragraph].append(Range(number, placed.start, whole, ends=False))
            self.ranges[last].append(Range(number, 0, placed.last_end, begins=False))
        else:
            self.ranges[placed.paragraph].append(Range(number, placed.start, max(placed.start, min(end, whole))))

    def _in_the_body(self, remark: Remark) -> Remark:
        """Return a remark with its place in the body, the only story that Word lets comments stand in.

        The whole draft's stand on the first paragraph, a note's on its mark, a text box's on the paragraph that holds
        it, a header's on the first paragraph; the text says what they are on.
        """
        if remark.paragraph not in self.lines:
            body = list(self.document.stories[0].lines())
            first = next((line for line in body if line.number), body[0])
            return replace(remark, paragraph=first.key, start=0, end=0, quote="", last_paragraph="")
        story = self.stories[remark.paragraph]
        if story.kind == "body":
            return remark
        quote = f", “{remark.quote}”" if remark.quote else ""
        name = "text box" if story.kind == "box" else story.kind
        moved = replace(
            remark, text=f"[On {name} {story.number}{quote}] {remark.text}", last_paragraph="", inserted="",
            paragraph="", start=0, end=0, quote="",
        )  # fmt: skip
        if not self._spots:
            for what, spot in _spots_in(self.document):
                self._spots.setdefault(what, spot)
        key, position = self._spots.get(story.host if story.kind == "box" else (story.kind, story.id), ("", 0))
        if not key:
            return self._in_the_body(moved)
        return replace(moved, paragraph=key, start=position, end=position + (story.kind != "box"))

    def _comment_on_new(self, range_: Range, remark: Remark) -> None:
        """Put a comment on a new paragraph; when that is not there after all, on its neighbour."""
        element: Element | None = self.adder.new_paragraphs.get((remark.paragraph, remark.inserted))
        element = element if element is not None else self.lines[remark.paragraph].element
        self.writer.surround(element, range_)


def _spots_in(document: Document) -> Iterator[tuple[object, tuple[str, int]]]:
    """Yield where in the body notes are referred to, by kind and id, and which paragraphs could hold boxes."""
    for line in document.stories[0].lines():
        yield line.element, (line.key, 0)
        position = 0
        for piece in ooxml.visible(line.pieces) if not line.is_plain else ():
            if piece.kind in ("footnote", "endnote"):
                yield (piece.kind, piece.shows), (line.key, position)
            position += len(piece.text)
