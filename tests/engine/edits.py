"""Edits and remarks of organisations on a drawn draft, for hypothesis: one pool of acts, each done by some of them.

So that edits overlap and agree often, acts are drawn once and dealt out. What one organisation could not do beside
what it did before (change words in a row it deleted) it leaves.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from consult import engine
from consult.engine.values import Asset, Edit, Remark
from tests.engine.documents import Plan, W, plans, write_draft
from tests.engine.outlines import Outline, Place, outline_of

NAMES = ("Mission A", "A", "Presence C", "ODIHR", "миссия Д", "Mission B")
DATE = "2026-11-20T10:00:00Z"
NEW = ("", "", "x", "new words ", "Мир ", " ", "two\nlines", "tab\tbed", "[in brackets]", "a b c ", "“quoted”")
MARKED = f'xmlns:w="{W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
ATOM = engine.ATOM
NOTE = Asset("footnote-9", "footnote", data=f"<w:p {MARKED}><w:r><w:t>A new note.</w:t></w:r></w:p>".encode())
LINK = Asset(
    "link-1", "link", "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
    "https://example.org/new",
)  # fmt: skip
BOLD = f'<w:r {MARKED}><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">bold </w:t></w:r>'
# words, markup, assets, identity
RICH: tuple[tuple[str, str, tuple[Asset, ...], str], ...] = (
    ("bold ", BOLD, (), ""),
    (
        "noted" + ATOM,
        f'<w:r {MARKED}><w:t>noted</w:t></w:r><w:r {MARKED}><w:footnoteReference w:id="footnote-9"/></w:r>',
        (NOTE,),
        "new footnote A new note.",
    ),
    ("link", f'<w:hyperlink {MARKED} r:id="link-1"><w:r><w:t>link</w:t></w:r></w:hyperlink>', (LINK,), ""),
    (ATOM, f'<w:fldSimple {MARKED} w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>', (), "field PAGE"),
)  # fmt: skip
PARAGRAPH_RICH = (
    "",
    '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>',
    '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr></w:pPr>',
)
LOOKS = (
    f"<w:rPr {MARKED}><w:b/></w:rPr><w:rPr {MARKED}/>",
    f"<w:rPr {MARKED}><w:i/></w:rPr><w:rPr {MARKED}><w:b/></w:rPr>",
)
PARAGRAPH_LOOKS = (
    f'<w:pPr {MARKED}><w:jc w:val="center"/></w:pPr><w:pPr {MARKED}/>',
    f'<w:pPr {MARKED}><w:ind w:left="720"/></w:pPr><w:pPr {MARKED}><w:jc/></w:pPr>',
)
ACTS = ("inline",) * 8 + ("paragraph-deleted",) * 3 + ("paragraph-inserted",) * 3 + (
    "atom", "rich", "move", "table-inserted", "row-inserted", "row-deleted", "row-deleted", "format",
    "paragraph-format",
)  # fmt: skip
Act = tuple[str, int, int, int, int, int]  # what, which paragraph, two places, which words, by whom (bits)
INLINE = ("insert", "delete", "replace")
PLAIN = (*INLINE, "paragraph-inserted")


@dataclass(frozen=True)
class Round:
    """A drawn draft and what organisations want of it."""

    plan: Plan
    contributions: tuple[engine.Contribution, ...]

    @property
    def draft(self) -> bytes:
        return write_draft(self.plan)


# ---- acts -----------------------------------------------------------------------------------------------------------


def edits_of(act: Act, outline: Outline) -> list[Edit]:
    """Return what an act means on a draft; nothing where it has no object there."""
    what, which, a, b, words, _ = act
    p = outline.paragraphs[which % len(outline.paragraphs)]
    row = outline.row_of(p.key)
    whole = Edit(p.key, "paragraph-deleted", 0, len(p.text), p.text, "")
    if what == "paragraph-deleted":
        return [whole]
    if what == "move":
        other = outline.paragraphs[a % len(outline.paragraphs)]
        if not p.text or other is p or engine.ATOM in p.text:
            return []
        name = f"move-{which}-{a}"
        return [replace(whole, move=name), Edit(other.key, "paragraph-inserted", 0, 0, "", p.text, move=name)]
    if what in ("inline", "atom", "rich", "format"):
        return _in_words(what, p, a, b, words)
    if what == "paragraph-format":
        markup = PARAGRAPH_LOOKS[words % 2]
        return [Edit(p.key, what, 0, len(p.text), p.text, p.text, markup=markup, identity=markup)]
    if what in ("row-inserted", "row-deleted"):
        return _row(what, row, a, words) if row is not None else []
    return [_block(what, p, a, b, words, outline)]


def _in_words(what: str, p: engine.Paragraph, a: int, b: int, words: int) -> list[Edit]:
    start, end = sorted((a % (len(p.text) + 1), b % (len(p.text) + 1)))
    if what == "atom":
        atoms = [i for i, c in enumerate(p.text) if c == ATOM]
        if not atoms:
            return []
        start, end = atoms[a % len(atoms)], atoms[a % len(atoms)] + 1
    if what == "format":
        markup, old = LOOKS[words % 2], p.text[start:end]
        return [Edit(p.key, "format", start, end, old, old, markup=markup, identity=markup)] if old else []
    if what == "rich":
        text, markup, assets, identity = _rich(p, words)
        kind = "replace" if start < end else "insert"
        return [Edit(p.key, kind, start, end, p.text[start:end], text, markup=markup, assets=assets, identity=identity)]
    old, new = p.text[start:end], NEW[words % len(NEW)]
    if old == new:
        return []
    return [Edit(p.key, ("replace" if new else "delete") if old else "insert", start, end, old, new)]


def _rich(p: engine.Paragraph, words: int) -> tuple[str, str, tuple[Asset, ...], str]:
    """Return words with markup; a note cannot be referred to in notes, text boxes, headers and footers."""
    in_body = p.kind in ("body", "heading", "list", "cell")
    return RICH[words % len(RICH)] if in_body or words % len(RICH) != 1 else RICH[0]


def _row(what: str, row: Place, a: int, words: int) -> list[Edit]:
    first, last = row.keys[0], row.keys[-1]
    if what == "row-deleted":
        return [Edit(first, "row-deleted", 0, 0, "row", "", until=last)]
    before = row.is_first and a % 3 == 0
    texts = [
        f"{NEW[words % len(NEW)].split()[0] if NEW[words % len(NEW)].split() else ''}{n}" for n in range(row.cells)
    ]
    markup = _row_markup(texts)
    key, until = (first, last) if before else (last, first)
    return [Edit(key, "row-inserted", 0, 0, "", "\t".join(texts), before=before, until=until, markup=markup,
                 identity="row")]  # fmt: skip


def _row_markup(texts: Sequence[str]) -> str:
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="2000" w:type="dxa"/></w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>'
        for text in texts
    )
    return f"<w:tr {MARKED}>{cells}</w:tr>"


def _block(what: str, p: engine.Paragraph, a: int, b: int, words: int, outline: Outline) -> Edit:
    before = p.key in outline.starts and b % 4 == 0
    if what == "table-inserted":
        texts = (("u", f"v{words}"), ("", "w"))[: 1 + a % 2]
        grid = '<w:tblPr/><w:tblGrid><w:gridCol w:w="2000"/><w:gridCol w:w="2000"/></w:tblGrid>'
        rows = "".join(_row_markup(row) for row in texts)
        markup = f"<w:tbl {MARKED}>{grid}{rows}</w:tbl>"
        told = "\n".join("\t".join(row) for row in texts)
        return Edit(p.key, "table-inserted", 0, 0, "", told, before=before, markup=markup, identity="table")
    text, markup, assets, identity = NEW[words % len(NEW)].replace("\n", " "), "", (), ""
    if a % 5 == 0:
        text, inner, assets, identity = _rich(p, words)
        markup = f"<w:p {MARKED}>{PARAGRAPH_RICH[b % 3]}{inner}</w:p>"
    return Edit(p.key, "paragraph-inserted", 0, 0, "", text, before=before, markup=markup, assets=assets,
                identity=identity)  # fmt: skip


# ---- what one organisation does -------------------------------------------------------------------------------------


@dataclass
class Editor:
    """One organisation at work: takes what goes together with what it did before."""

    name: str
    outline: Outline
    edits: list[Edit] = field(default_factory=list)
    by_key: dict[str, list[Edit]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[tuple[str, bool, bool], int] = field(default_factory=lambda: defaultdict(int))
    gone: set[str] = field(default_factory=set)  # the paragraphs of rows it deleted

    def take(self, edits: Sequence[Edit], tracked: bool) -> None:
        """Take the edits of one act, all or none."""
        if edits and all(self._may(edit) for edit in edits):
            for edit in edits:
                place = (edit.paragraph, edit.before, edit.kind == "row-inserted")
                order = self.orders[place]
                self.orders[place] += 1
                done = replace(edit, organisation=self.name, author=self.name, date=DATE if tracked else "",
                               tracked=tracked, order=order)  # fmt: skip
                self.edits.append(done)
                self.by_key[edit.paragraph].append(done)
                if edit.kind == "row-deleted":
                    self.gone.update(self._row(edit))

    def _row(self, edit: Edit) -> tuple[str, ...]:
        keys = [p.key for p in self.outline.paragraphs]
        return tuple(keys[keys.index(edit.paragraph) : keys.index(edit.until) + 1])

    def _may(self, edit: Edit) -> bool:
        here = self.by_key[edit.paragraph]
        if edit.kind == "row-deleted":
            keys = self._row(edit)
            ends = {frozenset((keys[0], keys[-1]))}
            return not self.gone & set(keys) and all(self._beside(e, ends) for k in keys for e in self.by_key[k])
        if edit.paragraph in self.gone:
            ends = {frozenset((row[0], row[-1])) for row in self._deleted_rows()}
            return self._beside(edit, ends)
        if edit.kind == "paragraph-deleted":
            # A field over two paragraphs reads as words, within the one that is left of them as an atom.
            return edit.paragraph not in self.outline.half_fields and not any(
                e.kind in (*INLINE, "paragraph-deleted", "format", "paragraph-format") for e in here
            )
        if any(e.kind == "paragraph-deleted" for e in here):
            return edit.kind.endswith("-inserted")
        if edit.kind in INLINE:
            return all(edit.end < e.start or e.end < edit.start for e in here if e.kind in INLINE)
        if edit.kind == "paragraph-format":
            return not any(e.kind == "paragraph-format" for e in here)
        if edit.kind == "format":
            return all(edit.end <= e.start or e.end <= edit.start for e in here if e.kind == "format")
        return True

    def _beside(self, edit: Edit, ends: set[frozenset[str]]) -> bool:
        """Return whether an edit is a row beside one of these rows."""
        return edit.kind == "row-inserted" and frozenset((edit.paragraph, edit.until)) in ends

    def _deleted_rows(self) -> list[tuple[str, ...]]:
        return [self._row(e) for e in self.edits if e.kind == "row-deleted"]


# ---- remarks --------------------------------------------------------------------------------------------------------

REMARKS = (
    "range",
    "whole paragraph",
    "over paragraphs",
    "whole draft",
    "atom",
    "on new",
    "reply",
    "to the draft's own",
)
Note = tuple[str, int, int, int, int, bool]  # what, which, two places, by whom, resolved


def remarks_of(name: str, notes: Sequence[tuple[int, Note]], edits: Sequence[Edit], outline: Outline) -> list[Remark]:
    """Return the remarks of one organisation; a reply answers its first remark."""
    found = list[Remark]()
    for order, (what, which, a, b, _, resolved) in notes:
        p = outline.paragraphs[which % len(outline.paragraphs)]
        start, end = sorted((a % (len(p.text) + 1), b % (len(p.text) + 1)))
        remark = Remark(
            p.key, start, end, f"Remark {order}\nof {name}", p.text[start:end], name, name, "M", DATE, order=order,
            resolved=resolved,
        )  # fmt: skip
        new = [e for e in edits if e.kind == "paragraph-inserted" and not e.move]
        if what == "whole paragraph":
            remark = replace(remark, start=0, end=0, quote="")
        elif what == "whole draft":
            remark = replace(remark, paragraph="", start=0, end=0, quote="")
        elif what == "over paragraphs" and p.key.startswith("p"):
            behind = [q for q in outline.paragraphs[p.index + 1 : p.index + 4] if q.key.startswith("p")]
            if behind:
                last = behind[b % len(behind)]
                remark = replace(
                    remark, end=start, quote="", last_paragraph=last.key, last_end=b % (len(last.text) + 1)
                )
        elif what == "atom" and ATOM in p.text:
            start = p.text.index(ATOM)
            remark = replace(remark, start=start, end=start + 1, quote=ATOM)
        elif what == "on new" and new:
            edit = new[a % len(new)]
            remark = replace(remark, paragraph=edit.paragraph, start=0, end=0, quote=edit.new, inserted=edit.new)
        elif what == "reply" and found and found[0].reply_to == -1:
            remark = replace(remark, reply_to=found[0].order)
        elif what == "to the draft's own" and outline.own_comments:
            remark = replace(remark, reply_to=-2)
        found.append(remark)
    return found


# ---- rounds ---------------------------------------------------------------------------------------------------------

ACT = st.tuples(
    st.sampled_from(ACTS), st.integers(0, 40), st.integers(0, 60), st.integers(0, 60), st.integers(0, 43),
    st.integers(1, 63),
)  # fmt: skip
NOTES = st.tuples(
    st.sampled_from(REMARKS), st.integers(0, 40), st.integers(0, 60), st.integers(0, 60), st.integers(0, 5),
    st.booleans(),
)  # fmt: skip


@st.composite
def rounds(draw: st.DrawFn, most: int = len(NAMES)) -> Round:
    """Return a draft and what one to six organisations want of it."""
    plan = draw(plans())
    outline = outline_of(write_draft(plan))
    names = NAMES[: draw(st.integers(1, most))]
    acts = draw(st.lists(ACT, max_size=8))
    notes = list(enumerate(draw(st.lists(NOTES, max_size=4))))
    contributions = []
    for number, name in enumerate(names):
        editor = Editor(name, outline)
        for act in acts:
            if act[5] >> number & 1:
                editor.take(edits_of(act, outline), tracked=act[4] % 2 == 0)
        own = [(order, note) for order, note in notes if note[4] % len(names) == number]
        remarks = remarks_of(name, own, editor.edits, outline)
        contributions.append(engine.Contribution(name, tuple(editor.edits), tuple(remarks), "M"))
    return Round(plan, tuple(contributions))


@st.composite
def plans_and_acts(draw: st.DrawFn) -> Round:
    """Return a draft and what one organisation does in it with a word processor's plain means."""
    plan = draw(plans())
    outline = outline_of(write_draft(plan))
    editor = Editor(NAMES[0], outline)
    for act in draw(st.lists(ACT, max_size=6)):
        edits = edits_of(act, outline)
        if not any(edit.assets or (edit.markup and edit.kind in PLAIN) for edit in edits):
            editor.take(edits, tracked=act[4] % 2 == 0)
    return Round(plan, (engine.Contribution(NAMES[0], tuple(editor.edits)),))
