"""REPORT.json: what was found, placed, merged and in conflict, for people's programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from consult.engine.coding import to_report
from consult.engine.values import CommentForm, Consolidation, Draft, Notice, ReturnedCopy


@dataclass(frozen=True, slots=True)
class Source:
    """Where contributions came from: a copy's path and what it contained, or the pages (path "" and counts only).

    `authors` are the names in the copy, as they were found; `left_out` the edits that were asked not to be taken.
    """

    organisation: str
    path: str
    found: int
    placed: int
    not_placed: tuple[dict[str, Any], ...] = ()
    authors: tuple[str, ...] = ()
    left_out: tuple[dict[str, Any], ...] = ()


def source_of(organisation: str, path: str, copy: ReturnedCopy) -> Source:
    """Return a returned copy as a source of a report."""
    authors = {e.author for e in copy.edits} | {r.author for r in copy.remarks} | {u.author for u in copy.not_placed}
    not_placed = tuple(to_report(u) for u in copy.not_placed)
    left_out = tuple(
        {"paragraph": e.paragraph, "kind": e.kind, "start": e.start, "end": e.end, "old": e.old, "new": e.new,
         "author": e.author, "typographic": e.typographic}
        for e in copy.left_out
    )  # fmt: skip
    return Source(organisation, path, copy.found, copy.placed, not_placed, tuple(sorted(authors - {""})), left_out)


def source_of_form(path: str, form: CommentForm) -> Source:
    """Return a filled comment form as a source of a report: its rows are counted."""
    names = "; ".join(c.organisation for c in form.contributions)
    bad = tuple({"what": "row", **to_report(row)} for row in form.bad_rows)
    return Source(names, path, form.rows, form.rows - len(bad), bad)


def write_report(
    draft: Draft,
    consolidation: Consolidation,
    sources: Sequence[Source],
    *,
    path: str = "",
    notices: Sequence[Notice] = (),
) -> dict[str, Any]:
    """Return the report. `paragraph` is a paragraph's key, `number` what is printed beside it, everywhere."""
    numbers = {p.key: p.number for p in draft.paragraphs}
    edits = [
        {
            "paragraph": e.paragraph,
            "number": e.number,
            "organisations": list(e.organisations),
            "kind": e.kind,
            "start": e.start,
            "end": e.end,
            "old": e.old,
            "new": e.new,
            "tracked": e.tracked,
            "typographic": e.typographic,
            "authors": list(e.authors),
            "shown": e.shown,
        }
        for e in consolidation.edits
    ]
    comments = [
        {
            "number": numbers.get(r.paragraph, ""),
            "paragraph": r.paragraph,
            "organisation": r.organisation,
            "author": r.author,
            "date": r.date,
            "text": r.text,
            "quote": r.quote,
        }
        for r in consolidation.remarks
    ]
    conflicts = [
        {
            "paragraph": c.paragraph,
            "number": c.number,
            "old": c.old,
            "organisations": list(c.organisations),
            "variants": [{"organisations": list(v.organisations), "text": v.text} for v in c.variants],
        }
        for c in consolidation.conflicts
    ]
    return {
        "draft": {
            "path": path,
            "sha256": draft.sha256,
            "title": draft.title,
            "paragraphs": sum(1 for p in draft.paragraphs if p.number),
        },
        "copies": [to_report(source) for source in sources],
        "edits": edits,
        "comments": comments,
        "conflicts": conflicts,
        "notices": [to_report(n) for n in (*notices, *consolidation.notices)],
    }
