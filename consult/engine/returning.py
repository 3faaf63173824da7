"""A returned copy -> the edits and remarks in it, tracked or not, per author, in the coordinates of the draft."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from consult.engine.cleaning import release
from consult.engine.comparing import compare_documents
from consult.engine.copying import identity_of, write_copy
from consult.engine.findings import Findings
from consult.engine.lacking import Place, place_of_edit, reads_otherwise
from consult.engine.reading import describe
from consult.engine.remarking import remarks_of
from consult.engine.stories import Document, name_paragraphs, open_document
from consult.engine.styling import LIST
from consult.engine.tracking import drop_number, is_numbered, old_text
from consult.engine.values import CopyIdentity, Edit, Notice, ReturnedCopy
from consult.errors import Invalid
from consult.phrases import say

ENOUGH = 0.5  # the share of the draft's paragraphs that must be found in a copy of it


@lru_cache(maxsize=1)
def _opened_base(draft: bytes) -> Document:
    """Open the draft once for all its copies. It is only read."""
    return open_document(draft)


def read_returned_copy(
    copy: bytes,
    draft: bytes,
    organisation: str = "",
    *,
    formatting: bool = False,
    typographic: bool = True,
    enough: float = ENOUGH,
    older: Mapping[str, bytes] | None = None,
) -> ReturnedCopy:
    """Return what an edited copy of a draft contains.

    With an `organisation`, every change is its own; without, the authors in the file are kept, and the organisation of
    a change that is not tracked is empty. With `formatting`, emphasis changed without tracking is taken in too. Without
    `typographic`, edits that are mostly a program's autocorrection are left out. A copy of another draft raises
    Invalid("…", "another-draft"): one that says so itself, one in which less than the share `enough` of the paragraphs
    is found, and one that has more in common with one of the `older` drafts, which are given by name.
    """
    base, returned = _opened_base(draft), open_document(copy, to_read=True)
    _strip_numbers(returned)
    if enough:
        _refuse_another(returned, base)
        _refuse_older(returned, base, older or {})
    findings = Findings(organisation, base, returned, formatting)
    compare_documents(findings)
    share = _share(base, findings)
    if share < enough:
        name_paragraphs(returned)
        raise Invalid(
            say(
                "This file, “%(title)s”, is not a copy of the draft “%(draft)s”: only %(share)s%% of the draft's "
                "paragraphs were found in it. Take the Word copy of this round, make your changes in it and "
                "return that file.",
                title=describe(returned).title,
                draft=describe(base).title,
                share=round(share * 100),
            ),
            "another-draft",
        )
    remarks, notices = remarks_of(base, returned, findings.places, findings.name)
    edits = _in_order(base, findings.edits)
    identity = identity_of(returned.package)
    if identity is not None:
        lacking = _lacking(draft, identity)
        edits = [e for e in edits if e.tracked or place_of_edit(e) not in lacking]
    return ReturnedCopy(
        organisation,
        returned.package.sha256,
        tuple(e for e in edits if typographic or not e.typographic),
        remarks,
        tuple(findings.not_placed),
        (*findings.notices, *_unknown(findings), *notices),
        share,
        tuple(e for e in edits if e.typographic and not typographic),
    )


@lru_cache(maxsize=1)
def _lacking(draft: bytes, identity: CopyIdentity) -> frozenset[Place]:
    """Return the edits that a Word copy seems to have before anybody touches it: what did not go out with it."""
    base = _opened_base(draft)
    if not reads_otherwise(base):
        return frozenset()
    copy = open_document(release(write_copy(draft, identity)).docx, to_read=True)
    _strip_numbers(copy)
    findings = Findings("", base, copy, False)
    compare_documents(findings)
    return frozenset(place_of_edit(e) for e in findings.edits)


def _strip_numbers(returned: Document) -> None:
    """Leave out the paragraph numbers that the Word copy of a draft has printed."""
    numbered = [line for story in returned.of_kind("body", "footnote", "endnote") for line in story.lines()]
    if is_numbered(numbered):
        for line in numbered:
            drop_number(line)


def _unknown(findings: Findings) -> Iterable[Notice]:
    for name in sorted(findings.taker.styling.unknown):
        text = (
            say("The copy uses a list that the draft does not have. New paragraphs in it look like their neighbours.")
            if name == LIST
            else say(
                "The copy uses a style “%(name)s” that the draft does not have. New paragraphs in it look like their "
                "neighbours.",
                name=name,
            )
        )
        yield Notice("unknown-style", text, "", findings.organisation)


def _refuse_another(returned: Document, base: Document) -> None:
    identity, own = identity_of(returned.package), identity_of(base.package)
    drafts = (base.package.sha256, own.draft_sha256 if own else "")  # the draft itself, or the draft as it went out
    if identity is not None and identity.draft_sha256 not in drafts:
        raise Invalid(
            say(
                "This file is a copy of another draft: “%(title)s”, consultation “%(consultation)s”, round "
                "%(round)s. %(share)s%% of this draft's paragraphs stand in it unchanged. Return it "
                "there, or take the Word copy of this round.",
                title=identity.draft_title,
                consultation=identity.consultation,
                round=identity.round_number,
                share=round(_unchanged(returned, base) * 100),
            ),
            "another-draft",
        )


def _refuse_older(returned: Document, base: Document, older: Mapping[str, bytes]) -> None:
    """Refuse a copy in which more of an older draft than of this one stands unchanged."""
    own = _unchanged(returned, base) if older else 1.0
    shares = {name: _unchanged(returned, open_document(data)) for name, data in older.items()}
    name = max(shares, key=lambda name: shares[name], default="")
    if name and shares[name] > own:
        title = describe(open_document(older[name])).title
        raise Invalid(
            say(
                "This file is a copy of an older draft, %(name)s, “%(title)s”: %(share)s%% of that draft's "
                "paragraphs stand in it unchanged, of this draft's %(own)s%%. Take the Word copy of this round, "
                "make your changes in it and return that file.",
                name=name,
                title=title,
                share=round(shares[name] * 100),
                own=round(own * 100),
            ),
            "another-draft",
        )


def _unchanged(returned: Document, base: Document) -> float:
    """Return the share of a draft's paragraphs that stand in the copy word for word, before its tracked changes."""
    texts = Counter(old_text(line) for line in returned.lines())
    ours = Counter(line.text for line in base.lines() if line.number)
    return (ours & texts).total() / ours.total() if ours else 1.0


def _share(base: Document, findings: Findings) -> float:
    total = sum(1 for line in base.lines() if line.number)
    return findings.matched / total if total else 1.0


def _in_order(base: Document, edits: Iterable[Edit]) -> list[Edit]:
    order = {line.key: number for number, line in enumerate(base.lines())}
    behind = ("paragraph-inserted", "table-inserted", "row-inserted")
    return sorted(edits, key=lambda e: (order.get(e.paragraph, -1), e.kind in behind, e.start, e.order))
