"""A delegated part as the colleague has it: opening the link, reading, writing, saying that one is done."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.interfaces import ORMOption

from consult import engine
from consult.errors import NotFound, Refused
from consult.models import (
    Comment,
    DelegatedComment,
    Delegation,
    DelegationLink,
    DelegationVisit,
    Round,
)
from consult.phrases import Phrase, say
from consult.rules.permissions import NOT_THERE, Actor, Facts, Part
from consult.services import comments, drafts
from consult.services.comments import Words
from consult.services.delegations import last_hand_in, record, standing
from consult.services.layouts import Layout
from consult.services.people import digest
from consult.services.visibility import is_open_for, visible_comments
from consult.storage import Storage
from consult.unit_of_work import AnySession

VISIT_LASTS = timedelta(hours=12)
LONGEST_KEY = 40


# ---- getting in -----------------------------------------------------------------------------------------------------


def open_link(session: AnySession, *, token: str, now: datetime) -> tuple[Delegation, str]:
    """Open a mailed link in a browser and return the delegation and the visit's token.

    A link may be opened again, for as long as the part is given. Raises Refused when it is over or was taken back.
    """
    query = (
        select(Delegation)
        .join(DelegationLink, DelegationLink.delegation_id == Delegation.id)
        .where(DelegationLink.token_digest == digest(token))
    )
    delegation = session.scalars(query).first()
    if delegation is None:
        raise Refused(say("This link is not complete. Open it from the letter once more."), "no-such-link")
    check_reading("taken back" if delegation.taken_back_at else _time(delegation, now), delegation)
    if session.scalar(_is_revoked(token)):
        raise Refused(
            say("This link does not work any more. Ask %(name)s for a new one.", name=delegation.given_by.name),
            "link-over",
        )
    visit = secrets.token_urlsafe(32)
    session.add(
        DelegationVisit(
            delegation_id=delegation.id, token_digest=digest(visit), created_at=now, expires_at=now + VISIT_LASTS
        )
    )
    if delegation.opened_at is None:
        delegation.opened_at = now
        record(session, delegation, "delegation.open", actor_of(delegation), now)
    session.flush()
    return delegation, visit


def _time(delegation: Delegation, now: datetime) -> str:
    return "open" if now < delegation.until_at else "over"


def _is_revoked(token: str) -> Select[bool]:
    return select(DelegationLink.revoked_at.is_not(None)).where(DelegationLink.token_digest == digest(token))


def actor_of(delegation: Delegation) -> Actor:
    """Return what the colleague of a delegation may act as: nobody but the holder of that part."""
    return Actor(None, name=delegation.name, language=delegation.language, part=part_of(delegation))


def part_of(delegation: Delegation) -> Part:
    """Return the part that a delegation gives."""
    return Part(
        delegation.id,
        delegation.organisation_id,
        delegation.round_id,
        delegation.draft_id,
        delegation.first,
        delegation.last,
    )


@dataclass(frozen=True, slots=True)
class Holding:
    """A delegation as whoever opened its link has it: with its round, and how it stands."""

    delegation: Delegation
    round: Round
    standing: str

    @property
    def actor(self) -> Actor:
        """Who the colleague is."""
        return actor_of(self.delegation)


def find_holding(
    session: AnySession, *, delegation_id: int, token: str, now: datetime, to_write: bool = False
) -> Holding | None:
    """Return what a cookie opens of this delegation while the visit lasts, in one query; None for any other cookie.

    Whoever asks `to_write` waits for others who write in the round, as everybody does (services/visibility.py).
    """
    everything = (
        contains_eager(Delegation.round).options(
            joinedload(Round.consultation, innerjoin=True), joinedload(Round.deadline)
        ),
        joinedload(Delegation.organisation, innerjoin=True),
        joinedload(Delegation.given_by, innerjoin=True),
    )
    query = (
        select(Delegation, last_hand_in())
        .join(DelegationVisit, DelegationVisit.delegation_id == Delegation.id)
        .join(Round, Round.id == Delegation.round_id)
        .where(
            Delegation.id == delegation_id,
            DelegationVisit.token_digest == digest(token),
            DelegationVisit.revoked_at.is_(None),
            DelegationVisit.expires_at > now,
        )
        .options(*everything)
        .execution_options(populate_existing=True)
    )
    if to_write:
        query = query.with_for_update(key_share=True, of=Round)
    found = session.execute(query).first()
    if found is None:
        return None
    delegation, handed_in = found
    round_ = delegation.round
    is_open = is_open_for(round_, delegation.organisation_id, now)
    return Holding(delegation, round_, standing(delegation, is_open, handed_in, now))


def leave(session: AnySession, *, token: str, now: datetime) -> None:
    """End a visit. The link opens another one."""
    session.execute(update(DelegationVisit).where(DelegationVisit.token_digest == digest(token)).values(revoked_at=now))


# ---- whether it may be read and written -----------------------------------------------------------------------------


def check_reading(how: str, delegation: Delegation) -> None:
    """Raise Refused when the paragraphs may not be read any more: taken back, or the time is over."""
    if how in ("taken back", "over"):
        raise Refused(sentence_on(how, delegation), how.replace(" ", "-"))


def check_writing(how: str, delegation: Delegation) -> None:
    """Raise Refused when nothing more may be written."""
    if how != "open":
        raise Refused(sentence_on(how, delegation), how.replace(" ", "-"))


def sentence_on(how: str, delegation: Delegation) -> Phrase:
    """Return in a sentence why nothing can be written on a part, and what to do."""
    names = {"name": delegation.given_by.name, "organisation": delegation.organisation.name}
    if how == "taken back":
        return say(
            "%(name)s of %(organisation)s has taken this part back. What you saved is with %(organisation)s.", **names
        )
    if how == "over":
        return say(
            "The time you were given for this part is over. Ask %(name)s of %(organisation)s to prolong it. What you "
            "saved is with %(organisation)s.",
            **names,
        )
    if how == "closed":
        return say(
            "The round is closed: nothing more can be written. What you saved is with %(organisation)s.", **names
        )
    if how == "handed in":
        return say(
            "%(organisation)s has handed in its comments: nothing more can be written here. If something must still "
            "be said, write to %(name)s.",
            **names,
        )
    return say("You have said that you are done. Choose “Go on writing” first.")


# ---- writing --------------------------------------------------------------------------------------------------------


def check_in_part(layout: Layout, part: Part, number: str) -> int:
    """Return the place of a paragraph of the part by its printed number. Raises NotFound: the others do not exist here."""
    place = layout.anchors.get(engine.anchor_of_number(number))
    if place is None or layout.lines[place].number != number or not part.holds(place):
        raise NotFound(say("Your part of the draft has no paragraph %(number)s.", number=number))
    return place


def write_comment(
    session: AnySession,
    round_: Round,
    layout: Layout,
    words: Words,
    *,
    author_id: int,
    form_key: str,
    by: Actor,
    now: datetime,
) -> Comment:
    """Add an unsubmitted comment of the organisation, signed by the colleague; its author is who gave the part."""
    part = _part_of(by)
    check_in_part(layout, part, words.paragraph)
    key = f"part-{part.delegation_id}-{form_key[:LONGEST_KEY]}" if form_key else ""  # it meets no form of anybody else
    comment = comments.write_comment(
        session, round_, words, organisation_id=part.organisation_id, author_id=author_id, form_key=key, by=by, now=now
    )
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    signed = {"comment_id": comment.id, "delegation_id": part.delegation_id}
    session.execute(dialect.insert(DelegatedComment).values(signed).on_conflict_do_nothing())
    session.expire(comment, ["delegated"])
    return comment


def _part_of(by: Actor) -> Part:
    if by.part is None:
        raise RuntimeError("a part is written on by whoever holds it")
    return by.part


def change_comment(
    session: AnySession,
    round_: Round,
    layout: Layout,
    comment: Comment,
    words: Words,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> None:
    """Change a comment of one's own, as services/comments.py does; it stays in the part."""
    check_in_part(layout, _part_of(by), words.paragraph)
    comments.change_comment(session, round_, comment, words, version=version, by=by, now=now)


def get_comment(session: AnySession, part: Part, comment_id: int) -> Comment:
    """Return a comment that the colleague wrote and that is still on the part. Raises NotFound for any other."""
    query = select(Comment).join(DelegatedComment, DelegatedComment.comment_id == Comment.id)
    own = (Comment.id == comment_id, DelegatedComment.delegation_id == part.delegation_id, *_shown(part))
    found = session.scalars(query.where(*own).options(*_with_all())).first()
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def _shown(part: Part) -> tuple[ColumnElement[bool], ...]:
    return (Comment.round_id == part.round_id, visible_comments(Actor(None, part=part), Facts()))


def _with_all() -> tuple[ORMOption, ...]:
    return joinedload(Comment.organisation), joinedload(Comment.paragraph), joinedload(Comment.clearance)


def list_own(session: AnySession, part: Part) -> Sequence[Comment]:
    """Return what the colleague wrote on the part, set aside by the focal point or not, in text order."""
    query = (
        select(Comment)
        .join(DelegatedComment, DelegatedComment.comment_id == Comment.id)
        .where(DelegatedComment.delegation_id == part.delegation_id, *_shown(part))
        .options(*_with_all())
    )
    return sorted(session.scalars(query), key=comments.text_order)


# ---- being done -----------------------------------------------------------------------------------------------------


def finish(session: AnySession, delegation: Delegation, *, by: Actor, now: datetime) -> None:
    """Say that one is done: the focal point sees it, and no reminder comes. Twice changes nothing."""
    if delegation.done_at is None:
        delegation.done_at = now
        record(session, delegation, "delegation.done", by, now)


def resume(session: AnySession, delegation: Delegation, *, by: Actor, now: datetime) -> None:
    """Go on writing after all."""
    if delegation.done_at is not None:
        delegation.done_at = None
        record(session, delegation, "delegation.resume", by, now)


# ---- pictures -------------------------------------------------------------------------------------------------------


def get_picture(
    session: AnySession, storage: Storage, round_: Round, pictures: frozenset[str], sha256: str
) -> tuple[bytes, str]:
    """Return a picture that stands in the part. Raises NotFound for any other, also of the same draft."""
    if sha256 not in pictures:
        raise NotFound(say("The draft has no such picture."))
    return drafts.get_picture(session, storage, round_, sha256)
