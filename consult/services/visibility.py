"""What is known of a round for the permission function, and the query filters made of the same predicates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload

from consult.errors import NotFound
from consult.models import (
    AddedAnswer,
    Comment,
    Consultation,
    DraftParagraph,
    Extension,
    Participation,
    Round,
    Submission,
)
from consult.rules import permissions
from consult.rules.calendar import is_extended, is_open, known_end
from consult.rules.permissions import NOT_THERE, Actor, Facts, Part, require
from consult.unit_of_work import AnySession


def extension_of_participation() -> ScalarSelect[datetime | None]:
    """Return, for a query of a round's participations, until when the organisation has an extension; NULL for none."""
    query = select(func.max(Extension.until_at)).where(
        Extension.round_id == Round.id,
        Extension.organisation_id == Participation.organisation_id,
        Extension.state == "granted",
        Extension.ended_at.is_(None),
    )
    return query.scalar_subquery()


# An organisation's place in a round, whether it has handed in for it, and until when it has an extension.
PLACE = (
    Participation.organisation_id,
    Participation.place,
    exists()
    .where(Submission.round_id == Round.id, Submission.organisation_id == Participation.organisation_id)
    .label("has_submitted"),
    extension_of_participation().label("extended_until"),
)


def facts_of(session: AnySession, round_: Round, now: datetime) -> Facts:
    """Return the facts of a round as they are at `now`."""
    its_places = Participation.consultation_id == Round.consultation_id
    return _facts(round_, session.execute(select(*PLACE).where(its_places, Round.id == round_.id)).all(), now)


def _facts(round_: Round, places: Sequence[Any], now: datetime) -> Facts:
    return Facts(
        places={row.organisation_id: row.place for row in places if row.organisation_id is not None},
        kind=round_.kind,
        is_circulated=round_.circulated_at is not None,
        is_open=is_round_open(round_, now),
        extended=extended_among(round_.stage, {row.organisation_id: row.extended_until for row in places}, now),
        stage=round_.stage,
        releases=round_.releases,
        visibility=round_.visibility,
        submitted=frozenset(row.organisation_id for row in places if row.has_submitted),
    )


def handed_in_itself() -> ColumnElement[bool]:
    """Return the test whether a submission is an organisation's own act: what the lead adds for it ends no delegated part."""
    return ~exists().where(AddedAnswer.submission_id == Submission.id)


def with_comment(known: Facts, comment: Comment) -> Facts:
    """Return the facts of a round with those of a comment in it."""
    return replace(known, organisation_id=comment.organisation_id, is_submitted=comment.submission_id is not None)


def is_round_open(round_: Round, now: datetime) -> bool:
    """Return whether a round takes comments at `now`: computed from its deadline, whatever the worker has done."""
    closes_at = round_.deadline.closes_at if round_.deadline is not None else None
    return takes_comments(round_.stage, round_.circulated_at, closes_at, round_.closed_at, now)


def is_open_for(round_: Round, organisation_id: int, now: datetime) -> bool:
    """Return whether a round takes comments of an organisation at `now`: open for all, or longer for this one alone."""
    if is_round_open(round_, now):
        return True
    return is_extended(round_.stage, extended_until(round_, organisation_id), now)


def extended_until(round_: Round, organisation_id: int) -> datetime | None:
    """Return until when an organisation has an extension, however that lies to the deadline; None for none."""
    found = [
        one.until_at
        for one in round_.extensions
        if one.organisation_id == organisation_id and one.state == "granted" and one.ended_at is None and one.until_at
    ]
    return max(found, default=None)


def list_extended(round_: Round, now: datetime) -> list[int]:
    """Return the ids of the organisations with an extension that runs on when the round has closed for the others."""
    closes_at = round_.deadline.closes_at if round_.deadline is not None else now
    ids = {one.organisation_id for one in round_.extensions}
    return sorted(i for i in ids if (until := extended_until(round_, i)) is not None and until > max(closes_at, now))


def instant_of(round_: Round, organisation_id: int) -> datetime | None:
    """Return the instant at which an organisation is too late: the round's end, or its extension where that is later."""
    found = [
        round_.deadline.closes_at if round_.deadline is not None else None,
        extended_until(round_, organisation_id),
    ]
    return max((at for at in found if at is not None), default=None)


def known_instant_of(round_: Round, organisation_id: int, now: datetime) -> datetime | None:
    """Return the same as far as the organisation may know it: of a grace nothing before the deadline has passed."""
    deadline = round_.deadline
    end = known_end(deadline.at, deadline.closes_at, now) if deadline is not None else None
    return max((at for at in (end, extended_until(round_, organisation_id)) if at is not None), default=None)


def extended_among(stage: str, until: Mapping[int, datetime | None], now: datetime) -> dict[int, datetime]:
    """Return those of these organisations that have an extension at `now`, and until when."""
    return {number: at for number, at in until.items() if at is not None and is_extended(stage, at, now)}


def takes_comments(
    stage: str, circulated_at: datetime | None, closes_at: datetime | None, closed_at: datetime | None, now: datetime
) -> bool:
    """Return whether a round takes comments at `now`, by its columns."""
    if circulated_at is None or closes_at is None or stage == "planned":
        return False
    return is_open(closes_at, closed_at, now)


def get_round(
    session: AnySession, round_id: int, *, actor: Actor, action: str, now: datetime, to_write: bool = False
) -> tuple[Round, Facts]:
    """Return a round and its facts if the actor may do `action` to it; else NotFound or Forbidden is raised.

    Whoever asks `to_write` in it waits for others who do, so that nobody hands in while it is closed or consolidated.
    SQLite has one writer at a time anyway.
    """
    query = (
        select(Round, *PLACE)
        .outerjoin(Participation, Participation.consultation_id == Round.consultation_id)
        .where(Round.id == round_id)
        .options(joinedload(Round.consultation, innerjoin=True), joinedload(Round.deadline))
    )
    if to_write:
        query = query.with_for_update(key_share=True, of=Round).execution_options(populate_existing=True)
    rows = session.execute(query).all()
    if not rows:
        raise NotFound(NOT_THERE)
    round_: Round = rows[0][0]
    facts = _facts(round_, rows, now)
    require(actor, action, facts)
    return round_, facts


def get_comment(
    session: AnySession, round_: Round, comment_id: int, *, actor: Actor, known: Facts
) -> tuple[Comment, Facts]:
    """Return a comment of a round if it exists for the actor; else NotFound is raised. `known` are the round's facts."""
    comment = session.get(Comment, comment_id, options=(joinedload(Comment.paragraph), joinedload(Comment.clearance)))
    if comment is None or comment.round_id != round_.id:
        raise NotFound(NOT_THERE)
    facts = with_comment(known, comment)
    require(actor, "comment.see", facts)
    return comment, facts


def visible_comments(actor: Actor, facts: Facts) -> ColumnElement[bool]:
    """Return the filter for the comments of one round that exist for the actor, from the same predicates as above."""
    if actor.part is not None:
        return _on_part(actor.part)
    own = Comment.organisation_id.in_(sorted(actor.contributor_of))
    if permissions.sees_others(actor, facts):
        return or_(own, Comment.submission_id.is_not(None))
    if permissions.takes_part(actor, facts):
        return own
    return and_(own, Comment.id.is_(None))


def _on_part(part: Part) -> ColumnElement[bool]:
    """Return the filter for what the part's own organisation says on its paragraphs, and on nothing else."""
    paragraphs = select(DraftParagraph.id).where(
        DraftParagraph.draft_id == part.draft_id,
        DraftParagraph.position >= part.first,
        DraftParagraph.position <= part.last,
    )
    return and_(Comment.organisation_id == part.organisation_id, Comment.paragraph_id.in_(paragraphs))


def list_rounds(session: AnySession, actor: Actor) -> list[Round]:
    """Return the rounds that exist for the actor, newest first."""
    mine = select(Participation.consultation_id, Participation.place).where(
        Participation.organisation_id.in_(sorted(actor.contributor_of))
    )
    places = [(c, place) for c, place in session.execute(mine)]
    leading = {c for c, place in places if place in permissions.LEADING}
    query = select(Round).where(
        or_(
            Round.consultation_id.in_(sorted(leading)),
            and_(Round.consultation_id.in_(sorted({c for c, _ in places})), Round.circulated_at.is_not(None)),
        )
    )
    taking_part = joinedload(Round.consultation).selectinload(Consultation.participations)
    its_own = (joinedload(Round.deadline), joinedload(Round.no_objection), joinedload(Round.extensions))
    everything = (taking_part.joinedload(Participation.organisation), *its_own)
    return list(session.scalars(query.options(*everything).order_by(Round.id.desc())).unique())
