"""Reading what is said on a draft: the comments that exist for a person, as plain rows, and how many there are where.

A big round has ten thousand of them. So they are read as columns, never as objects, and only those of the paragraphs
that are shown; the others are counted.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, Text, and_, case, cast, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from consult.models import (
    EVERYBODY,
    AddedAnswer,
    Attendance,
    CarriedComment,
    ChangeCount,
    Comment,
    Deadline,
    DelegatedComment,
    Delegation,
    DraftParagraph,
    Organisation,
    Participation,
    Person,
    Round,
    RoundDraft,
    Submission,
)
from consult.rules.calendar import is_within_grace
from consult.rules.permissions import Actor, Facts, sees_others
from consult.services.finding import folded
from consult.services.invitations import ASKED
from consult.services.traces import is_not_set_aside
from consult.services.visibility import extended_among, extension_of_participation, takes_comments, visible_comments
from consult.unit_of_work import AnySession

STATES = ("not handed in", "handed in", "carried over")


class Carried(NamedTuple):
    """Where a carried comment comes from, what it was on, and what it proposed there (JSON)."""

    state: str
    old_number: str
    old_text: str
    reason: str
    round_number: int
    edits: str
    text: str


class Row(NamedTuple):
    """A comment as it is shown. `edits` is its proposal as JSON; equal rows look alike, so a page may keep what it made."""

    id: int
    version: int
    paragraph_id: int | None
    organisation_id: int
    code: str
    organisation: str
    author: str
    type: str
    start: int
    end: int
    quote: str
    reason: str
    edits: str
    is_submitted: bool
    corrects: int | None
    delegation_id: int | None
    manner: str = ""
    carried: Carried | None = None


@dataclass(slots=True)
class Counts:
    """How many comments exist for a person: for each paragraph all and the person's own, for each organisation, in all.

    Paragraph None is the whole draft. `unsubmitted` are the person's own that are not handed in.
    """

    shown: dict[int | None, int] = field(default_factory=dict)
    own: dict[int | None, int] = field(default_factory=dict)
    organisations: dict[int, int] = field(default_factory=dict)
    unsubmitted: int = 0

    def add(self, paragraph_id: int | None, organisation_id: int, number: int, unsubmitted: int, is_own: bool) -> None:
        """Count comments of an organisation on a paragraph."""
        self.shown[paragraph_id] = self.shown.get(paragraph_id, 0) + number
        self.organisations[organisation_id] = self.organisations.get(organisation_id, 0) + number
        if is_own:
            self.own[paragraph_id] = self.own.get(paragraph_id, 0) + number
            self.unsubmitted += unsubmitted


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads which round. Whatever is read or counted here, only what exists for this person is."""

    round: Round
    actor: Actor
    facts: Facts

    def shown(self) -> ColumnElement[bool]:
        """Return the filter for what is shown: visible, not withdrawn, nothing handed in instead."""
        later = aliased(Comment)
        superseded = exists().where(later.supersedes_id == Comment.id, later.submission_id.is_not(None))
        return and_(
            Comment.round_id == self.round.id,
            visible_comments(self.actor, self.facts),
            Comment.withdrawn_at.is_(None),
            ~superseded,
            is_not_set_aside(),
        )

    def owns(self, row: Row) -> bool:
        """Return whether a comment is of the person's own organisation."""
        part = self.actor.part
        return row.organisation_id in self.actor.contributor_of or (
            part is not None and row.organisation_id == part.organisation_id
        )

    def may_change(self, row: Row) -> bool:
        """Return whether the person may change a comment until it is handed in: a delegated part's colleague only theirs."""
        if self.actor.part is not None:
            return row.delegation_id == self.actor.part.delegation_id
        return self.owns(row)


@dataclass(frozen=True, slots=True)
class Glance:
    """A round as a person may read it, seen in one query: what is known of it, and all that its pages depend on.

    `facts` hold the places of the person's own organisations only. `state` tells whether anything has changed that
    exists for the person: of what others have handed in, only where that may be seen.
    """

    draft_id: int
    facts: Facts
    opened: frozenset[int]
    state: tuple[Any, ...]

    def has_opened(self) -> bool:
        """Return whether all of the person's organisations that are asked have opened the document before."""
        return self.opened >= {o for o, place in self.facts.places.items() if place in ASKED}


def glance(session: AnySession, round_id: int, actor: Actor, now: datetime) -> Glance | None:
    """Return what a person may know of a round at first sight; None where no organisation of theirs takes part."""
    rows = session.execute(_at_first_sight(round_id, actor)).all()
    if not rows:
        return None
    first = rows[0]
    facts = Facts(
        places={row.organisation_id: row.place for row in rows},
        kind=first.kind,
        is_circulated=first.circulated_at is not None,
        is_open=takes_comments(first.stage, first.circulated_at, first.closes_at, first.closed_at, now),
        extended=extended_among(first.stage, {row.organisation_id: row.extended_until for row in rows}, now),
        stage=first.stage,
        visibility=first.visibility,
        releases=first.releases,
        submitted=frozenset(row.organisation_id for row in rows if row.submitted),
    )
    others = first.everybody if sees_others(actor, facts) else None
    own = tuple(sorted((row.organisation_id, row.place, row.name, row.time_zone, row.changes) for row in rows))
    until = first.closes_at if first.at is not None and is_within_grace(first.at, first.closes_at, now) else first.at
    return Glance(
        first.draft_id,
        facts,
        frozenset(row.organisation_id for row in rows if row.opened),
        (
            round_id,
            first.version,
            first.at,
            until,
            facts.is_open,
            tuple(sorted(facts.extended.items())),
            first.draft_id,
            own,
            others,
            sees_others(actor, facts),
        ),
    )


def _at_first_sight(round_id: int, actor: Actor) -> Select[*tuple[Any, ...]]:
    def is_there(table: type[Submission] | type[Attendance]) -> ColumnElement[bool]:
        return exists().where(table.round_id == Round.id, table.organisation_id == Participation.organisation_id)

    def changes_of(organisation: ColumnElement[int] | InstrumentedAttribute[int] | int) -> ScalarSelect[int]:
        query = select(ChangeCount.changes).where(
            ChangeCount.round_id == Round.id, ChangeCount.organisation_id == organisation
        )
        return query.scalar_subquery()

    return (
        select(
            Round.kind,
            Round.stage,
            Round.visibility,
            Round.releases,
            Round.circulated_at,
            Round.closed_at,
            Round.version,
            Deadline.at,
            Deadline.closes_at,
            RoundDraft.draft_id,
            Participation.organisation_id,
            Participation.place,
            Organisation.name,
            Organisation.time_zone,
            is_there(Submission).label("submitted"),
            is_there(Attendance).label("opened"),
            extension_of_participation().label("extended_until"),
            changes_of(Participation.organisation_id).label("changes"),
            changes_of(EVERYBODY).label("everybody"),
        )
        .join(RoundDraft, RoundDraft.round_id == Round.id)
        .join(Participation, Participation.consultation_id == Round.consultation_id)
        .join(Organisation, Organisation.id == Participation.organisation_id)
        .outerjoin(Deadline, Deadline.round_id == Round.id)
        .where(Round.id == round_id, Participation.organisation_id.in_(sorted(actor.contributor_of)))
    )


def list_rows(session: AnySession, reader: Reader, paragraphs: Collection[int | None]) -> list[Row]:
    """Return the comments on these paragraphs, None being the whole draft, in text order within each."""
    numbers = [number for number in paragraphs if number is not None]
    place = Comment.paragraph_id.in_(numbers) if numbers else false()
    return _rows(session, reader, or_(place, Comment.paragraph_id.is_(None)) if None in paragraphs else place)


def find_row(session: AnySession, reader: Reader, comment_id: int) -> Row | None:
    """Return a comment if it exists for the person and is shown."""
    return next(iter(_rows(session, reader, Comment.id == comment_id)), None)


def _columns() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Comment.id,
            Comment.version,
            Comment.paragraph_id,
            Comment.organisation_id,
            Organisation.code,
            Organisation.name,
            func.coalesce(Delegation.name, Person.name),
            Comment.type,
            Comment.start,
            Comment.end,
            Comment.quote,
            Comment.reason,
            cast(Comment.edits, Text),
            Comment.submission_id.is_not(None),
            Comment.supersedes_id,
            DelegatedComment.delegation_id,
            func.coalesce(AddedAnswer.kind, ""),
        )
        .join(Organisation, Organisation.id == Comment.organisation_id)
        .join(Person, Person.id == Comment.author_id)
        .outerjoin(DelegatedComment, DelegatedComment.comment_id == Comment.id)
        .outerjoin(Delegation, Delegation.id == DelegatedComment.delegation_id)
        .outerjoin(AddedAnswer, added_with())
        .order_by(Comment.created_at, Comment.id)
    )


def added_with() -> ColumnElement[bool]:
    """Return the condition that joins a comment with the late or entered answer that brought it into its round."""
    return and_(AddedAnswer.submission_id == Comment.submission_id, AddedAnswer.round_id == Comment.round_id)


def _rows(session: AnySession, reader: Reader, chosen: ColumnElement[bool]) -> list[Row]:
    found = session.execute(_columns().where(reader.shown(), chosen)).all()
    is_whole = reader.actor.part is None  # of a part's comments nothing is told that stands elsewhere
    carried = _carried(session, reader, chosen) if is_whole and reader.round.number > 1 else {}
    rows = [Row._make((*row, carried.get(row[0]))) for row in found]
    return sorted(rows, key=lambda row: (row.start, row.end, row.organisation.casefold()))


def _carried(session: AnySession, reader: Reader, chosen: ColumnElement[bool]) -> dict[int, Carried]:
    """Return where the carried comments among the chosen come from, by their ids."""
    origin, before, paragraph = aliased(Comment), aliased(Round), aliased(DraftParagraph)
    query = (
        select(
            CarriedComment.comment_id,
            CarriedComment.state,
            CarriedComment.old_number,
            CarriedComment.old_text,
            CarriedComment.reason,
            before.number,
            cast(origin.edits, Text),
            func.coalesce(paragraph.text, ""),
        )
        .join(Comment, Comment.id == CarriedComment.comment_id)
        .join(origin, origin.id == CarriedComment.origin_id)
        .join(before, before.id == origin.round_id)
        .outerjoin(paragraph, paragraph.id == origin.paragraph_id)
        .where(reader.shown(), chosen)
    )
    return {row[0]: Carried(*row[1:]) for row in session.execute(query)}


def count_comments(session: AnySession, reader: Reader) -> Counts:
    """Count all comments that are shown to a person."""
    unsubmitted = func.sum(case((Comment.submission_id.is_(None), 1), else_=0))
    query = (
        select(Comment.paragraph_id, Comment.organisation_id, func.count(), unsubmitted)
        .where(reader.shown())
        .group_by(Comment.paragraph_id, Comment.organisation_id)
    )
    counts = Counts()
    for paragraph_id, organisation_id, number, waiting in session.execute(query):
        counts.add(paragraph_id, organisation_id, number, waiting, organisation_id in reader.actor.contributor_of)
    return counts


def count_rows(rows: Sequence[Row], reader: Reader) -> Counts:
    """Count comments that have been read: all of them, where the whole draft is shown."""
    counts = Counts()
    for row in rows:
        counts.add(row.paragraph_id, row.organisation_id, 1, 0 if row.is_submitted else 1, reader.owns(row))
    return counts


# ---- finding --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person looks for among the comments; what is empty is not asked."""

    words: str = ""
    type: str = ""
    organisation_id: int = 0
    state: str = ""
    places: range | None = None  # of the draft's paragraphs, from 0; None: everywhere, and on the whole draft

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield what a comment must fulfil, but for the words."""
        if self.type:
            yield Comment.type == self.type
        if self.organisation_id:
            yield Comment.organisation_id == self.organisation_id
        if self.state == "not handed in":
            yield Comment.submission_id.is_(None)
        elif self.state == "handed in":
            yield Comment.submission_id.is_not(None)
        elif self.state == "carried over":
            yield exists().where(CarriedComment.comment_id == Comment.id)
        if self.places is not None:
            yield DraftParagraph.position >= self.places.start
            yield DraftParagraph.position < self.places.stop


def find_comments(session: AnySession, reader: Reader, wanted: Wanted) -> list[int]:
    """Return the ids of the comments that are looked for, in text order. Words are looked for in all that is shown."""
    position = func.coalesce(DraftParagraph.position, -1)
    query = (
        select(Comment.id, Comment.reason, Comment.quote, cast(Comment.edits, Text).label("edits"))
        .outerjoin(DraftParagraph, DraftParagraph.id == Comment.paragraph_id)
        .where(reader.shown(), *wanted.conditions())
        .order_by(position, Comment.start, Comment.end, Comment.created_at, Comment.id)
    )
    words = folded(wanted.words)
    return [row.id for row in session.execute(query) if not words or says(row, words)]


def says(row: Any, words: str) -> bool:
    """Return whether these words stand in a comment: in its reason, the words it is on, or what it takes out or puts in."""
    changed = [edit[side] for edit in json.loads(row.edits) for side in ("old", "new")] if row.edits != "[]" else []
    return any(words in folded(text) for text in (row.reason, row.quote, *changed) if text)


def list_by_ids(session: AnySession, reader: Reader, ids: Sequence[int]) -> list[Row]:
    """Return these comments, as far as they exist for the person, in the order of the ids."""
    found = {row.id: row for row in _rows(session, reader, Comment.id.in_(ids))} if ids else {}
    return [found[number] for number in ids if number in found]
