"""Writing one file: the draft with merged layers and comments in it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from consult.engine import ooxml
from consult.engine.adding import Adder
from consult.engine.additions import Additions
from consult.engine.bringing import Bringer
from consult.engine.commenting import Written, write_comments
from consult.engine.margins import MarginComment, margin_comments
from consult.engine.merging import Layers, Merge
from consult.engine.people import write_people
from consult.engine.remarking import DRAFTS_OWN
from consult.engine.serializing import to_bytes
from consult.engine.stories import Document, Line, Story
from consult.engine.values import Notice, Remark
from consult.engine.writing import Numbers, Range, Writer
from consult.phrases import say

Clean = Sequence[tuple[Remark, str]]  # remarks with their clean dates


class Assembly:
    """Writes one consolidated file."""

    def __init__(self, document: Document, merged: Merge, date: str) -> None:
        self.document, self.merged, self.date = document, merged, date
        self.stories: dict[str, Story] = {line.key: s for s in document.stories for line in s.lines()}
        self.lines: dict[str, Line] = {line.key: line for line in document.lines()}
        self._spots: dict[object, tuple[str, int]] = {}
        self.ranges: dict[str, list[Range]] = defaultdict(list)
        self.on_new: list[tuple[Range, tuple[str, str], int]] = []  # with the new paragraph's key, text, which of them
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
            for row in layer.rows_deleted:
                self.adder.delete_row(self.lines[key], row)
        for range_, name, nth in self.on_new:
            self._comment_on_new(range_, name, nth)
        self.adder.delete_paragraphs({key: layer for key, layer in layers.items() if layer.deleted_by})
        for key in self.adder.stays_empty:
            text = say(
                "The paragraph's text is deleted; an empty paragraph stays, since nothing follows it could join."
            )
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
        own = list(margin_comments(self.document))
        last = max([-1, *(ooxml.number_from(c.id, -1) for c in own), *_ids_of_marks(self.document)])
        numbers = {(r.organisation, r.order): str(last + n) for n, (r, _) in enumerate(remarks, 1) if r.order >= 0}
        answers = {
            numbers[r.organisation, r.order]: self._answered(r, numbers, own) for r, _ in remarks if r.order >= 0
        }
        answers.update((c.id, c.reply_to) for c in own)
        written = []
        for number, (remark, date) in enumerate(remarks, last + 1):
            placed = self._in_the_body(remark)
            written.append(
                Written(number, remark.signature or remark.organisation, remark.initials, date or self.date,
                        placed.text, _first_of_thread(str(number), answers), remark.resolved)
            )  # fmt: skip
            self._give_range(number, placed)
        return written

    def _answered(self, remark: Remark, numbers: dict[tuple[str, int], str], own: Sequence[MarginComment]) -> str:
        """Return the id of the comment that a remark answers, or ""."""
        if remark.reply_to > DRAFTS_OWN:
            return numbers.get((remark.organisation, remark.reply_to), "")
        number = DRAFTS_OWN - remark.reply_to
        return own[number].id if number < len(own) else ""

    def _give_range(self, number: int, placed: Remark) -> None:
        start, end = self._edges(placed)
        last = placed.last_paragraph
        over_several = bool(placed.last_inserted) or last not in ("", placed.paragraph)
        if not over_several or last not in self.lines or self.stories[last].kind != "body":
            with_inserted = self._begins_with_inserted(placed, start, end)
            self._put(placed.paragraph, placed.inserted, placed.nth,
                      Range(number, start, end, is_point=placed.is_point, with_inserted=with_inserted))  # fmt: skip
            return
        whole = len(placed.inserted) if placed.inserted else len(self.lines[placed.paragraph].text)
        with_inserted = self._begins_with_inserted(placed, start, whole)
        first = Range(number, start, whole, ends=False, with_inserted=with_inserted)
        self._put(placed.paragraph, placed.inserted, placed.nth, first)
        self._put(last, placed.last_inserted, placed.last_nth, Range(number, 0, placed.last_end, begins=False))

    def _put(self, key: str, inserted: str, nth: int, range_: Range) -> None:
        if inserted:
            self.on_new.append((range_, (key, inserted), nth))
            self.ranges.setdefault(key, [])
        else:
            self.ranges[key].append(range_)

    def _edges(self, placed: Remark) -> tuple[int, int]:
        """Return where a range begins and ends. One on words that replace others is widened to these: they stand behind."""
        whole = len(placed.inserted or self.lines[placed.paragraph].text)
        if placed.start == placed.end == 0 and not placed.quote and not placed.is_point:
            return 0, whole
        start, end = placed.start, max(placed.start, min(placed.end, whole))
        layer = self.merged.layers.get(placed.paragraph)
        for insertion in layer.insertions if layer and start == end and placed.quote and not placed.inserted else ():
            if insertion.replaces <= start <= insertion.position and placed.organisation in insertion.organisations:
                return insertion.replaces, insertion.position
        return start, end

    def _begins_with_inserted(self, placed: Remark, start: int, end: int) -> bool:
        """Return whether the first words a remark stands on are its organisation's own, inserted before the draft's."""
        layer = self.merged.layers.get(placed.paragraph) if placed.quote and not placed.inserted else None
        return start < end and any(
            i.position == start and placed.organisation in i.organisations and _may_begin(placed.quote, i.text)
            for i in (layer.insertions if layer else ())
        )

    def _in_the_body(self, remark: Remark) -> Remark:
        """Return a remark with its place in the body, the only story that Word lets comments stand in.

        The whole draft's stand on the first paragraph, a note's on its mark, a text box's on the paragraph that holds
        it, a header's on the first paragraph; the text says what they are on.
        """
        if remark.paragraph not in self.lines:
            body = list(self.document.stories[0].lines())
            first = next((line for line in body if line.number), body[0])
            return replace(
                remark, paragraph=first.key, start=0, end=0, quote="", last_paragraph="", inserted="", last_inserted="",
                is_point=False,
            )  # fmt: skip
        story = self.stories[remark.paragraph]
        if story.kind == "body":
            return remark
        quote = f", “{remark.quote}”" if remark.quote else ""
        name = "text box" if story.kind == "box" else story.kind
        moved = replace(
            remark, text=f"[On {name} {story.number}{quote}] {remark.text}", last_paragraph="", last_inserted="",
            inserted="", paragraph="", start=0, end=0, quote="", is_point=False,
        )  # fmt: skip
        if not self._spots:
            for what, spot in _spots_in(self.document):
                self._spots.setdefault(what, spot)
        key, position = self._spots.get(story.host if story.kind == "box" else (story.kind, story.id), ("", 0))
        if not key:
            return self._in_the_body(moved)
        return replace(moved, paragraph=key, start=position, end=position + (story.kind != "box"))

    def _comment_on_new(self, range_: Range, name: tuple[str, str], nth: int) -> None:
        """Put a comment into a new paragraph; when that is not there after all, at the end of its neighbour."""
        found = self.adder.new_paragraphs.get(name, [])
        if found:
            self.writer.mark(found[min(nth, len(found) - 1)], range_)
        else:
            element = self.lines[name[0]].element
            end = len(ooxml.text_of(ooxml.visible(ooxml.pieces_of(element))))
            self.writer.mark(element, replace(range_, start=end, end=end))


def _ids_of_marks(document: Document) -> Iterator[int]:
    """Yield the ids of all marks of comments: some have lost their comment, and no other may take their place."""
    for root in document.roots.values():
        for mark in root.iter(ooxml.COMMENT_START, ooxml.COMMENT_END, ooxml.COMMENT_REFERENCE):
            yield ooxml.number_from(mark.get(ooxml.ID, ""), -1)


def _may_begin(quote: str, inserted: str) -> bool:
    """Return whether a quote may begin with inserted words, from any of them on."""
    starts = [0, *(n + 1 for n, character in enumerate(inserted) if character.isspace())]
    return any(inserted[n:].strip() and quote.startswith(inserted[n:].strip()) for n in starts)


def _first_of_thread(number: str, answers: Mapping[str, str]) -> str:
    """Return the id of the comment that began a comment's thread, "" if that is itself: threads are one level deep."""
    passed = [number]
    while (answered := answers.get(passed[-1], "")) and answered not in passed:
        passed.append(answered)
    return passed[-1] if len(passed) > 1 else ""


def _spots_in(document: Document) -> Iterator[tuple[object, tuple[str, int]]]:
    """Yield where in the body notes are referred to, by kind and id, and which paragraphs could hold boxes."""
    for line in document.stories[0].lines():
        yield line.element, (line.key, 0)
        position = 0
        for piece in ooxml.visible(line.pieces) if not line.is_plain else ():
            if piece.kind in ("footnote", "endnote"):
                yield (piece.kind, piece.shows), (line.key, position)
            position += len(piece.text)
