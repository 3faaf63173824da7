"""Parts of a draft that a focal point gives to a colleague without an account, for a time, and what the colleague wrote.

All of it hangs on rounds and comments from outside: a round without delegations has no row here.
"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, random_id
from consult.models.organisations import Organisation
from consult.models.people import Person
from consult.models.rounds import Round


class Delegation(Base):
    """That a colleague of an organisation comments on these paragraphs of a round's draft, until then.

    The part reaches from the paragraph at position `first` to the one at `last`, both in it; `first_number` and
    `last_number` are their printed numbers. `renewed_at` is when it was last given or prolonged: what the organisation
    hands in after that ends it. Nothing is deleted: a part that is taken back keeps its row.
    """

    __tablename__ = "delegation"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"))
    given_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(200))  # what the colleague's comments are signed with
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")
    first: Mapped[int]
    last: Mapped[int]
    first_number: Mapped[str] = mapped_column(String(20))
    last_number: Mapped[str] = mapped_column(String(20))
    until_at: Mapped[datetime] = mapped_column(Instant)
    zone: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime] = mapped_column(Instant)
    renewed_at: Mapped[datetime] = mapped_column(Instant)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_back_at: Mapped[datetime | None] = mapped_column(Instant)

    round: Mapped[Round] = relationship()
    organisation: Mapped[Organisation] = relationship()
    given_by: Mapped[Person] = relationship()


class DelegationLink(Base):
    """A mailed link to a delegated part: for nothing else, and for as long as the part is given. Only its digest is kept."""

    __tablename__ = "delegation_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegation.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class DelegationVisit(Base):
    """A browser in which such a link was opened: a row that can be revoked. Only the digest of the cookie's token is kept."""

    __tablename__ = "delegation_visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegation.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class DelegatedComment(Base):
    """That a comment was written by the colleague a part was given to; its author is the focal point who gave it."""

    __tablename__ = "delegated_comment"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True, autoincrement=False)
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegation.id"), index=True)

    delegation: Mapped[Delegation] = relationship(lazy="joined", innerjoin=True)


class DelegatedWords(Base):
    """What stands unsaved in one comment form of a colleague, by field. Only whoever opened the part's link sees it."""

    __tablename__ = "delegated_words"
    __table_args__ = (UniqueConstraint("delegation_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegation.id"))
    place: Mapped[str] = mapped_column(String(80))
    words: Mapped[dict[str, str]] = mapped_column(JSON)
    kept_at: Mapped[datetime] = mapped_column(Instant)
