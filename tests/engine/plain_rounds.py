"""Rounds of plain edits on five fixed drafts: for questions that need no more than words and paragraphs."""

import os
from collections.abc import Sequence

from hypothesis import strategies as st

from consult import engine
from tests.engine.specimens import cut_into_runs, draft, specimen_draft

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "60"))
NAMES = ("Mission A", "Mission B", "Presence C", "ODIHR")
WORDS = (
    "shall",
    "should",
    "victim",
    "data",
    "co-operate",
    "Čakorska",
    "и",
    "within",
    "two",
    "weeks",
    "a",
    "of",
    ",",
    "– ",
    "[ODIHR: x]",
    "]",
)
DRAFTS = (
    specimen_draft(),
    draft(
        "One two three four five six.",
        "",
        "* alpha beta gamma",
        "* delta epsilon",
        [["a b", "c d"], ["", "e f"]],
        "End.",
    ),
    draft("The [parties] shall [[act] together.", "* [Mission A: delete] stays [Draft: as] it] is.", "[", "]: [x"),
    draft("Only one paragraph here.", [["x"]], "Last words^ with a note."),
    cut_into_runs(
        draft("# Scope", "The Parties shall act together and at once.", "The Parties shall report.", "The end.")
    ),
)
READ = tuple(engine.read_draft(data) for data in DRAFTS)


@st.composite
def edits_for(draw: st.DrawFn, name: str, which: int) -> tuple[engine.Edit, ...]:
    """Return edits of one organisation: on each paragraph some that do not overlap, or its deletion, or new ones behind."""
    found: list[engine.Edit] = []
    for p in READ[which].paragraphs:
        act = draw(st.sampled_from(("none", "none", "inline", "inline", "delete", "add")))
        if act == "inline" and p.text:
            edges = sorted(draw(st.lists(st.integers(0, len(p.text)), min_size=2, max_size=6)))
            for start, end in zip(edges[::2], edges[1::2], strict=False):
                new = draw(st.sampled_from(("", *WORDS, "new words", "x")))
                if found and found[-1].paragraph == p.key and start <= found[-1].end:
                    continue
                old = p.text[start:end]
                if old == new or engine.ATOM in old:
                    continue
                kind = "insert" if not old else ("replace" if new else "delete")
                found.append(engine.Edit(p.key, kind, start, end, old, new, name, name))  # type: ignore[arg-type]
        elif act == "delete" and p.kind == "body" and p.text and engine.ATOM not in p.text:
            found.append(engine.Edit(p.key, "paragraph-deleted", 0, len(p.text), p.text, "", name, name))
        elif act == "add":
            for order, text in enumerate(draw(st.lists(st.sampled_from(WORDS[:6]), min_size=1, max_size=2))):
                found.append(engine.Edit(p.key, "paragraph-inserted", 0, 0, "", text, name, name, "", False, order))
    return tuple(found)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[int, tuple[engine.Contribution, ...]]:
    which = draw(st.integers(0, len(DRAFTS) - 1))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    return which, tuple(engine.Contribution(name, draw(edits_for(name, which))) for name in names)


def own_text(which: int, edits: Sequence[engine.Edit]) -> list[str]:
    """Return how the draft reads with one organisation's edits, computed without the engine's merge or writer."""
    found: list[str] = []
    for p in READ[which].paragraphs:
        mine = [e for e in edits if e.paragraph == p.key]
        found += [e.new for e in sorted(mine, key=lambda e: e.order) if e.kind == "paragraph-inserted" and e.before]
        inline = sorted(
            (e for e in mine if e.kind not in ("paragraph-inserted", "paragraph-deleted")), key=lambda e: e.start
        )
        text, position = "", 0
        for e in inline:
            text += p.text[position : e.start] + e.new
            position = e.end
        if not any(e.kind == "paragraph-deleted" for e in mine):
            found.append(text + p.text[position:])
        found += [e.new for e in sorted(mine, key=lambda e: e.order) if e.kind == "paragraph-inserted" and not e.before]
    return found


def without_empty(lines: Sequence[str]) -> list[str]:
    """An empty paragraph must stay where a cell or text would end without one: empty ones are not compared."""
    return [line for line in lines if line]
