"""The lead's review of a round: which of its comments are looked at, what is shown of them, which comes next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from consult import engine
from consult.errors import NotFound
from consult.models import CarriedComment, Comment, Disposition, Draft, Round
from consult.phrases import say
from consult.services import drafts
from consult.services.comments import counts
from consult.services.dispositions import Numbered
from consult.services.entries import CHANGED, DRAFT, Entry
from consult.services.finding import folded
from consult.services.layouts import Layout
from consult.services.reading import says
from consult.unit_of_work import AnySession

STATES = ("undecided", "decided", "not released", "changed since released")
WHOLE = "whole"  # in place of a heading's number: what is on the whole draft
ACCEPTANCES = ("accepted", "accepted with changes")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which comments are looked at: each field narrows, an empty one does not.

    `section` is the number of a heading, lower headings included, or WHOLE; `paragraph` the number of a paragraph.
    """

    state: str = ""
    organisation: int = 0
    type: str = ""
    section: str = ""
    paragraph: str = ""
    words: str = ""


def find_entries(
    session: AnySession, round_: Round, entries: Sequence[Entry], layout: Layout, wanted: Filter
) -> list[Entry]:
    """Return which of the entries are wanted, in their order. Raises NotFound for a place that the draft does not have."""
    places = _places(layout, wanted)
    found = [entry for entry in entries if _is_wanted(entry, wanted)]
    if places is not None:
        found = [entry for entry in found if _place_of(entry, layout) in places]
    if wanted.words and found:
        saying = _saying(session, round_, folded(wanted.words))
        found = [entry for entry in found if entry.comment_id in saying]
    return found


def _is_wanted(entry: Entry, wanted: Filter) -> bool:
    return (
        wanted.state in ("", *_states_of(entry))
        and wanted.organisation in (0, entry.organisation_id)
        and wanted.type in ("", entry.type)
    )


def _states_of(entry: Entry) -> tuple[str, ...]:
    if not entry.version:
        return ("undecided",)
    return {DRAFT: ("decided", "not released"), CHANGED: ("decided", "not released", CHANGED)}.get(
        entry.state, ("decided",)
    )


def _place_of(entry: Entry, layout: Layout) -> int:
    return -1 if entry.paragraph_id is None else layout.places[entry.paragraph_id]


def _places(layout: Layout, wanted: Filter) -> Collection[int] | None:
    """Return the places in the draft that are wanted, -1 being the whole draft; None for all."""
    found: Collection[int] | None = None
    if wanted.section == WHOLE:
        found = (-1,)
    elif wanted.section:
        start = layout.place_of_number(wanted.section)
        heading = next((heading for heading in layout.headings if heading.start == start), None)
        if heading is None:
            raise NotFound(say("Paragraph %(number)s is no heading.", number=wanted.section))
        found = range(heading.start, heading.end)
    if not wanted.paragraph:
        return found
    place = layout.place_of_number(wanted.paragraph)
    return (place,) if found is None or place in found else ()


def _saying(session: AnySession, round_: Round, words: str) -> set[int]:
    """Return the comments that count in which these folded words stand."""
    edits = cast(Comment.edits, Text).label("edits")
    query = select(Comment.id, Comment.reason, Comment.quote, edits).where(*counts(round_))
    return {row.id for row in session.execute(query) if says(row, words)}


def following(listed: Sequence[Entry], behind: int = 0) -> Entry | None:
    """Return the first undecided comment behind a number, else the first of all; None where all are decided."""
    left = [entry for entry in listed if not entry.version]
    return next((entry for entry in left if entry.number > behind), left[0] if left else None)


# ---- reading them ---------------------------------------------------------------------------------------------------


def load(session: AnySession, round_: Round, entries: Sequence[Entry]) -> list[Numbered]:
    """Return these comments with all that is shown of them and the decisions on them, in one query."""
    if not entries:
        return []
    query = (
        select(Comment, Disposition)
        .outerjoin(Disposition, Disposition.comment_id == Comment.id)
        .where(*counts(round_), Comment.id.in_([entry.comment_id for entry in entries]))
        .options(
            joinedload(Comment.organisation, innerjoin=True),
            joinedload(Comment.author, innerjoin=True),
            joinedload(Comment.submission),
            joinedload(Comment.paragraph),
            joinedload(Comment.carried)
            .joinedload(CarriedComment.origin)
            .options(joinedload(Comment.round), joinedload(Comment.paragraph)),
        )
    )
    found = {comment.id: (comment, made) for comment, made in session.execute(query).unique()}
    return [Numbered(e.number, *found[e.comment_id]) for e in entries if e.comment_id in found]


def list_accepted(session: AnySession, round_: Round) -> list[Numbered]:
    """Return the accepted comments whose changes can contradict each other, in no order and with numbers of their own.

    These are the ones on paragraphs with more than one; and all where a row of a table goes, with whatever is in it.
    """
    chosen = (*counts(round_), Disposition.decision.in_(ACCEPTANCES))
    crowded = _accepted(Comment.paragraph_id).where(*chosen).group_by(Comment.paragraph_id).having(func.count() > 1)
    rows_go = _accepted(Comment.id).where(*chosen, cast(Comment.edits, Text).like('%"row-deleted"%'))
    query = (
        _accepted(Comment, Disposition)
        .join(Comment.paragraph)
        .where(*chosen, or_(Comment.paragraph_id.in_(crowded), exists(rows_go.correlate(None))))
        .options(contains_eager(Comment.paragraph))
    )
    return [Numbered(number, *row) for number, row in enumerate(session.execute(query).unique(), 1)]


def _accepted(*what: Any) -> Select[Any]:
    return select(*what).join(Disposition, Disposition.comment_id == Comment.id)


def part_of(draft: Draft, numbered: Sequence[Numbered]) -> engine.Draft:
    """Return as much of a draft as these comments are on: enough to find what contradicts what among them.

    Where one is on a row of a table it is all of the draft: a row has paragraphs that no comment need be on.
    """
    if any(edit.get("until") for item in numbered for edit in item.comment.edits):
        return drafts.as_value(draft)
    rows = {item.comment.paragraph.id: item.comment.paragraph for item in numbered if item.comment.paragraph}
    paragraphs = sorted(rows.values(), key=lambda row: row.position)
    return engine.Draft(draft.file_sha256, draft.title, tuple(drafts.paragraph_value(row) for row in paragraphs))


def changed_since(entries: Sequence[Entry], versions: Mapping[int, int]) -> list[Entry]:
    """Return the comments on which somebody decided since the versions of these decisions were read."""
    return [e for e in entries if e.comment_id in versions and e.version != versions[e.comment_id]]
