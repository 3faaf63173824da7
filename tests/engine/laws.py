"""The laws of the merge as questions to a consolidated file; each names what it is about when it does not hold."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from functools import cached_property

from hypothesis import HealthCheck, settings
from lxml import etree

from consult import engine
from consult.engine import ooxml
from consult.engine.package import open_package
from consult.engine.values import Edit
from tests.engine.canonical import canonical_stories, story_parts
from tests.engine.edits import DATE, INLINE, Round
from tests.engine.outlines import Outline, outline_of
from tests.engine.own_texts import own_texts
from tests.engine.soundness import new_faults
from tests.engine.specimens import texts
from tests.tools import IN_CI

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "500" if IN_CI else "60"))
LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False)
OURS = "Consolidation"
DELETING = ("delete", "replace", "paragraph-deleted")


class Judge:
    """A round, its consolidated file, and what becomes of it."""

    def __init__(self, given: Round) -> None:
        self.given, self.draft = given, given.draft
        self.outline: Outline = outline_of(self.draft)
        self.own = engine.authors_of(self.draft)
        self.made = engine.consolidate(self.draft, given.contributions, date=DATE)

    @cached_property
    def rejected(self) -> bytes:
        """The file with everything rejected but the changes that the draft itself has."""
        return engine.resolve(self.made.docx, self.own)

    @cached_property
    def accepted(self) -> bytes:
        """The file with everything accepted."""
        return engine.resolve(self.made.docx, "all")

    def accepted_of(self, name: str) -> bytes:
        """Return the file with what bears one name accepted."""
        return engine.resolve(self.made.docx, [name, *self.own])

    # ---- L1 ---------------------------------------------------------------------------------------------------------

    def check_rejecting_all_gives_the_base(self) -> None:
        """L1: texts, then structure, then the bytes of what nobody touched."""
        for verdict in (self.own, "none"):
            base, read = engine.resolve(self.draft, verdict), engine.resolve(self.made.docx, verdict)
            if not texts(base):
                continue  # nothing stays of the draft itself; a comment on it still needs a paragraph to stand in
            assert texts(read) == texts(base), "L1: rejecting everything gives other texts"
            ours = canonical_stories(base, self.outline.own_comments)
            for part, xml in canonical_stories(read, self.outline.own_comments).items():
                assert part in ours or not _words_in(xml), f"L1: after rejecting everything {part} is new and not empty"
                assert part not in ours or ours[part] == xml, f"L1: {part} differs:\n{_difference(ours[part], xml)}"

    def check_untouched_parts_keep_their_bytes(self) -> None:
        before, after = open_package(self.draft), open_package(self.made.docx)
        may_change = set(self._parts_that_may_change())
        for name in before.names:
            if name not in may_change:
                assert before.read(name) == after.read(name), f"L1: nobody touched {name}, yet it changed"

    def _parts_that_may_change(self) -> Iterator[str]:
        package = open_package(self.draft)
        edits = [e for c in self.given.contributions for e in c.edits]
        if not edits and not any(c.remarks for c in self.given.contributions):
            return
        yield from (package.main_part, "word/_rels/document.xml.rels", "[Content_Types].xml")
        yield from ("word/comments.xml", "word/commentsExtended.xml")
        yield from (f"{a.kind}s" for e in edits for a in e.assets)
        keys = {e.paragraph for e in edits}
        if any(a.kind == "footnote" for e in edits for a in e.assets):
            yield "word/footnotes.xml"
        kinds = {key.rstrip("0123456789.") for key in keys}
        for kind, parts in (("fn", "footnotes"), ("en", "endnotes"), ("h", "margin"), ("f", "margin")):
            if kind in kinds:
                yield from (p for p in story_parts(package) if p.startswith(f"word/{parts}"))
                yield from (f"word/_rels/{p[5:]}.rels" for p in story_parts(package))

    # ---- L2, L3, L4 -------------------------------------------------------------------------------------------------

    def check_accepting_one_gives_its_own_text(self) -> None:
        for c in self.given.contributions:
            read, mine = texts(self.accepted_of(c.organisation)), own_texts(self.outline, c.edits)
            self.compare(read, mine, c.organisation)

    def compare(self, read: list[str], mine: list[str], name: str) -> None:
        """Compare two readings. Where a paragraph had to stay, the empty ones are left out."""
        if self.given.plan.has_own_marks:
            assert "".join(read) == "".join(mine), f"L2: {name} reads otherwise"
            return
        read, mine = [t for t in read if t], [t for t in mine if t]
        assert read == mine, f"L2: {name} reads {read}, not {mine}"

    def check_accepting_all_applies_every_edit(self) -> None:
        """L3: what is left of the base, and every new word, as often as it is wanted. Gone text takes nothing along."""
        gone = self._gone_with_its_place()
        expected: Counter[str] = Counter()
        for p in self.outline.paragraphs:
            if p.key not in gone:
                deleted = {i for e in self._merged(p.key) if e.kind in DELETING for i in range(e.start, e.end)}
                expected.update(c for i, c in enumerate(p.text) if i not in deleted)
        shared = set[tuple[str, int, bool, str]]()  # the same words inserted at one point are one insertion of several
        for edit in self.made.edits:
            if edit.kind in ("format", "paragraph-format", "row-deleted"):
                continue
            point = (edit.paragraph, edit.end, edit.start == edit.end, edit.new)
            if edit.kind in ("insert", "replace") and engine.ATOM not in edit.new:
                if point in shared:
                    continue
                shared.add(point)
            if edit.paragraph not in gone or (edit.kind == "row-inserted" and not self._is_within(edit, gone)):
                expected.update(_letters(edit))
        read = Counter(c for line in texts(self.accepted) for c in line)
        notes = sum(len("A new note.") for _ in range(self._new_notes_left()))
        read.subtract("A new note." * (notes // len("A new note.")))
        assert +(read - expected) == +(expected - read) == Counter(), (
            f"L3: accepting everything has {dict(read - expected)} too much, {dict(expected - read)} too little"
        )

    def _new_notes_left(self) -> int:
        return sum(1 for text in texts(self.accepted) if text == "A new note.")

    def _is_within(self, edit: engine.MergedEdit, gone: set[str]) -> bool:
        """Return whether a new row stands in a table that is gone with the row around it."""
        row = next(r for r in self.outline.rows if {r.keys[0], r.keys[-1]} == {edit.paragraph, edit.until})
        outer = [r for r in self.outline.rows if set(row.keys) < set(r.keys)]
        return any(set(r.keys) <= gone for r in outer)

    def _merged(self, key: str) -> list[engine.MergedEdit]:
        return [e for e in self.made.edits if e.paragraph == key]

    def _gone_with_its_place(self) -> set[str]:
        """Return the keys of the paragraphs that no longer are when all is accepted: rows, notes and boxes that go."""
        gone = {key for row in self.outline.rows if row.own_deleted for key in row.keys}
        order = [p.key for p in self.outline.paragraphs]
        for edit in self.made.edits:
            if edit.kind == "row-deleted":
                gone.update(order[order.index(edit.paragraph) : order.index(edit.until) + 1])
        box = 0
        for p in self.outline.paragraphs:
            deleted = {i for e in self._merged(p.key) if e.kind in DELETING for i in range(e.start, e.end)}
            for atom in p.atoms:
                box += atom.kind == "box"
                prefix = {"box": f"tb{box}.", "footnote": f"fn{atom.shows}.", "endnote": f"en{atom.shows}."}
                if atom.kind in prefix and (p.key in gone or atom.offset in deleted):
                    gone.update(key for key in order if key.startswith(prefix[atom.kind]))
        return gone

    def check_conflicts_are_named(self) -> None:
        """L3: where two organisations change the same words otherwise, the report and a margin comment say so."""
        named = {(c.paragraph, name) for c in self.made.conflicts for name in c.organisations}
        for key, pair in self._disputes():
            assert all((key, name) in named for name in pair), f"L3: {pair} disagree on {key}, and nobody says so"
        told = [text for author, text, _ in self.comments if author == OURS]
        assert len(told) == len(self.made.conflicts), "L3: not every conflict has its margin comment"
        for conflict in self.made.conflicts:
            assert len(conflict.variants) > 1, "L3: a conflict of one"
            assert any(all(name in text for name in conflict.organisations) for text in told), "L3: names are missing"

    def _disputes(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Yield the paragraph and the pair of organisations whose edits overlap there and read otherwise."""
        by_key: dict[str, list[tuple[str, Edit]]] = defaultdict(list)
        for c in self.given.contributions:
            for edit in c.edits:
                if (edit.kind in INLINE and edit.start < edit.end) or edit.kind == "paragraph-deleted":
                    by_key[edit.paragraph].append((c.organisation, edit))
        for key, edits in by_key.items():
            for one, first in edits:
                for other, second in edits:
                    alike = (first.start, first.end, first.new, first.kind) == (
                        second.start, second.end, second.new, second.kind)  # fmt: skip
                    own = [e for name, e in edits if name in (one, other)]
                    if (
                        one < other
                        and not alike
                        and len(own) == 2
                        and first.start < second.end
                        and (second.start < first.end)
                        and not _reads_alike(self.outline.by_key[key].text, first, second)
                    ):
                        yield key, (one, other)

    def check_everything_is_counted(self) -> None:
        """L4: what bears a name is that organisation's text again, and every remark is there under its name."""
        for c in self.given.contributions:
            named = [_as_edit(e) for e in self.made.edits if c.organisation in e.organisations]
            ours = Counter((e.kind, e.paragraph) for e in c.edits if e.kind not in (*INLINE, "format"))
            told = Counter((r.paragraph, r.organisation) for r in self.made.remarks if r.order == -1)
            theirs = Counter((e.kind, e.paragraph) for e in named)
            for (kind, key), number in ours.items():
                left = number - theirs[kind, key] - told[key, c.organisation]
                assert left <= 0, f"L4: a {kind} of {c.organisation} on {key} is lost"
        remarks = Counter((r.organisation, r.text) for c in self.given.contributions for r in c.remarks)
        reported = Counter((r.organisation, r.text) for r in self.made.remarks if r.order >= 0)
        assert remarks == reported, "L4: the report has other remarks"
        written = Counter((author, text.rsplit("] ", 1)[-1]) for author, text, _ in self.comments)
        assert not remarks - written, f"L4: margin comments are lost: {remarks - written}"
        assert len(self.comments) == self.outline.own_comments + len(self.made.remarks) + len(self.made.conflicts)

    @cached_property
    def comments(self) -> list[tuple[str, str, str]]:
        """The margin comments in the file: author, text, id."""
        package = open_package(self.made.docx)
        part = package.related(package.main_part, "comments")
        root = etree.fromstring(package.read(part)) if part else []
        return [(c.get(ooxml.AUTHOR, ""), "\n".join("".join(t.text or "" for t in p.iter(ooxml.TEXT)) for p in c),
                 c.get(ooxml.ID, "")) for c in root]  # fmt: skip

    def check_remarks_stand_on_their_words(self) -> None:
        """L4: with everything rejected, a comment in the body stands on the words of the draft it was made on."""
        stands = anchored_texts(engine.resolve(self.made.docx, self.own))
        by_text = {(author, text): name for author, text, name in self.comments}
        for c in self.given.contributions:
            for r in c.remarks:
                name = by_text.get((r.organisation, r.text))
                if name is None or r.inserted or r.last_paragraph or not r.paragraph.startswith("p"):
                    continue
                text = self.outline.by_key[r.paragraph].text
                wanted = text if r.start == r.end == 0 and not r.quote else text[r.start : r.end]
                if not self.given.plan.has_own_marks and not self._in_own_deleted_row(r.paragraph):
                    assert stands[name] == wanted, f"L4: “{r.text}” stands on “{stands[name]}”, not on “{wanted}”"

    def _in_own_deleted_row(self, key: str) -> bool:
        return any(row.own_deleted and key in row.keys for row in self.outline.rows)

    # ---- L5 to L8 ---------------------------------------------------------------------------------------------------

    def check_the_order_of_arrival_changes_nothing(self) -> None:
        """L5, and L6: the same again gives the same bytes."""
        contributions = list(self.given.contributions)
        for name, other in (
            ("L6", contributions),
            ("L5", contributions[::-1]),
            ("L5", contributions[1:] + contributions[:1]),
        ):
            again = engine.consolidate(self.draft, other, date=DATE)
            assert again == self.made, f"{name}: the same contributions give another file"

    def check_the_file_is_sound(self) -> None:
        """L7: ids, anchors, relationships, notes, fields and changes hang together."""
        for data, what in ((self.made.docx, "as written"), (self.accepted, "accepted"), (self.rejected, "rejected")):
            found = new_faults(data, self.draft)
            assert not found, f"L7 {what}: {found}"

    def check_the_same_edit_is_one_change(self) -> None:
        """L8: an edit that several make exactly is one, with all their names."""
        wanted: dict[tuple[object, ...], set[str]] = defaultdict(set)
        for c in self.given.contributions:
            for e in c.edits:
                if e.kind in ("paragraph-deleted", "row-deleted"):
                    wanted[e.kind, e.paragraph, e.until].add(c.organisation)
        for (kind, key, until), names in wanted.items():
            found = [e for e in self.made.edits if (e.kind, e.paragraph, e.until) == (kind, key, until)]
            assert len(found) == 1, f"L8: {kind} of {key} is {len(found)} changes"
            assert set(found[0].organisations) == names, f"L8: {kind} of {key} does not name all who want it"
        shapes = Counter((e.paragraph, e.kind, e.start, e.end, e.new, e.organisations) for e in self.made.edits
                         if e.kind in INLINE)  # fmt: skip
        assert all(n == 1 for shape, n in shapes.items() if "\ufffc" not in str(shape[4])), (
            "L8: a change is there twice"
        )

    def check_all_laws(self) -> None:
        """Check every law, one after the other."""
        self.check_rejecting_all_gives_the_base()
        self.check_untouched_parts_keep_their_bytes()
        self.check_accepting_one_gives_its_own_text()
        self.check_accepting_all_applies_every_edit()
        self.check_conflicts_are_named()
        self.check_everything_is_counted()
        self.check_remarks_stand_on_their_words()
        self.check_the_order_of_arrival_changes_nothing()
        self.check_the_file_is_sound()
        self.check_the_same_edit_is_one_change()


def anchored_texts(docx: bytes) -> dict[str, str]:
    """Return what each margin comment of the body stands on: id -> words, all paragraphs of it together."""
    package = open_package(docx)
    found: dict[str, str] = {}
    open_now: set[str] = set()
    for paragraph in etree.fromstring(package.read(package.main_part)).iter(ooxml.P):
        if any(a.tag == ooxml.BOX for a in paragraph.iterancestors()):
            continue
        for piece in ooxml.visible(ooxml.pieces_of(paragraph)):
            child = piece.child if piece.child is not None else paragraph
            name = child.get(ooxml.ID, "")
            if child.tag == ooxml.COMMENT_START:
                open_now.add(name)
                found[name] = ""
            elif child.tag == ooxml.COMMENT_END:
                open_now.discard(name)
            for known in open_now:
                found[known] += piece.text
    return found


def _letters(edit: engine.MergedEdit) -> str:
    """Return the characters that an edit adds; of a row or table the signs between its cells are none."""
    return re.sub(r"[\t\n]", "", edit.new) if edit.kind in ("row-inserted", "table-inserted") else edit.new


def _as_edit(e: engine.MergedEdit) -> Edit:
    return Edit(e.paragraph, e.kind, e.start, e.end, e.old, e.new, before=e.before, until=e.until)


def _reads_alike(text: str, one: Edit, other: Edit) -> bool:
    made = [text[: e.start] + e.new + text[e.end :] for e in (one, other)]
    return made[0] == made[1] and (one.kind == "paragraph-deleted") == (other.kind == "paragraph-deleted")


def _words_in(xml: str) -> bool:
    return "<w:t>" in xml


def _difference(one: str, other: str) -> str:
    lines: Sequence[str] = list(
        unified_diff(one.replace("><", ">\n<").split("\n"), other.replace("><", ">\n<").split("\n"), n=3, lineterm="")
    )
    return "\n".join(lines[2:40])


def show(given: Round) -> Iterable[str]:
    """Yield a round as lines that a person reads quickly."""
    for block in given.plan.blocks:
        yield f"  {block.what} {block.kind} {block.words}"
    yield f"  {given.plan.margins} {given.plan.margin_words}"
    for c in given.contributions:
        for e in c.edits:
            flags = f"{'before ' if e.before else ''}{e.until} {e.move} #{e.order}"
            yield f"  {c.organisation}: {e.kind} {e.paragraph} {e.start}..{e.end} {e.old!r} -> {e.new!r} {flags}"
        for r in c.remarks:
            yield f"  {c.organisation} remarks on {r.paragraph} {r.start}..{r.end} {r.last_paragraph} new={r.inserted!r}"
