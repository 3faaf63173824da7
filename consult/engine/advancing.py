"""The draft and the accepted proposals -> the next draft."""

from collections.abc import Sequence
from dataclasses import replace

from consult.engine.assembling import Assembly
from consult.engine.merging import Merge, merge
from consult.engine.reading import describe
from consult.engine.resolving import accept_changes, authors_of
from consult.engine.stories import open_document
from consult.engine.values import Contribution, Draft, Edit
from consult.errors import Invalid
from consult.phrases import say


def write_next_draft(draft: bytes, edits: Sequence[Edit]) -> bytes:
    """Return the draft with these edits made, without any mark of them.

    Each edit's `organisation` says which proposal it belongs to. Tracked changes and comments that the draft itself has
    stay as they are: nobody has decided on them. Proposals that change the same words differently raise Invalid with
    the numbers of the paragraphs.
    """
    document = open_document(draft)
    described = describe(document)
    names = _names_of_proposals(draft, edits)
    wanted = [
        Contribution(
            name, tuple(replace(e, organisation=name, signature="") for e in edits if e.organisation == proposal)
        )
        for proposal, name in names.items()
    ]
    merged = merge(described.paragraphs, wanted)
    if merged.conflicts or merged.set_aside:
        raise _contradiction(described, merged)
    docx, _ = Assembly(document, merged, "").write([])
    return accept_changes(docx, frozenset(names.values()))


def _names_of_proposals(draft: bytes, edits: Sequence[Edit]) -> dict[str, str]:
    """Return for each proposal the author it is written by until it is accepted: nobody who is in the draft."""
    authors, prefix = authors_of(draft), "accepted"
    while any(author.startswith(prefix) for author in authors):
        prefix += "-"
    return {name: f"{prefix}{n:06}" for n, name in enumerate(sorted({e.organisation for e in edits}))}


def _contradiction(described: Draft, merged: Merge) -> Invalid:
    numbers = {p.key: p.number or p.key for p in described.paragraphs}
    disputed = [c.paragraph for c in merged.conflicts] + [e.paragraph for e in merged.set_aside]
    places = ", ".join(dict.fromkeys(numbers[key] for key in disputed))
    return Invalid(
        say(
            "Accepted changes contradict each other in paragraph %(numbers)s. Accept one of them only, or "
            "accept one with changes and write the wording that shall stand.",
            numbers=places,
        ),
        "accepted-changes-conflict",
    )
