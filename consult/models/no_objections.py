"""No-objection rounds: what such a round has beside those for comments, who is asked, and what they answer.

All of it hangs on rounds from outside: a round for comments has no row here.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of
from consult.models.drafts import DraftParagraph
from consult.models.organisations import Organisation
from consult.models.people import Person
from consult.models.rounds import Round

ENDED_BY = "effect = 'first'"


class NoObjection(Base):
    """What a no-objection round has: the frozen text as everybody gets it, when it begins, how it ended, who signed.

    The time of expiry is the round's deadline. `noted_at` is when the end was written down and told; `audit_number` and
    `audit_digest` are the head of the audit chain then, and from the signature on at that moment.
    """

    __tablename__ = "no_objection"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    file_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    filename: Mapped[str] = mapped_column(String(255))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    starts_wall: Mapped[str] = mapped_column(String(16), default="")  # as entered; empty: at once
    text_in_letters: Mapped[bool]
    announced_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawal_reason: Mapped[str] = mapped_column(Text, default="")
    noted_at: Mapped[datetime | None] = mapped_column(Instant)
    audit_number: Mapped[int] = mapped_column(default=0)
    audit_digest: Mapped[str] = mapped_column(String(64), default="")
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    signed_name: Mapped[str] = mapped_column(String(200), default="")  # as it was then
    signed_for: Mapped[str] = mapped_column(String(300), default="")

    round: Mapped[Round] = relationship(back_populates="no_objection")
    withdrawn_by: Mapped[Person | None] = relationship(foreign_keys=withdrawn_by_id)


class NoObjectionAsked(Base):
    """That an organisation is asked, as it was when the round was announced."""

    __tablename__ = "no_objection_asked"
    __table_args__ = (UniqueConstraint("round_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))

    organisation: Mapped[Organisation] = relationship()


class NoObjectionAnswer(Base):
    """What an organisation says in a no-objection round, at one instant, by its focal point. Never changed, never deleted.

    The database itself holds that a round is ended by one of them at most.
    """

    __tablename__ = "no_objection_answer"
    __table_args__ = (
        one_of("kind", "concur", "objection", "amendment"),
        one_of("effect", "stands", "first", "further", "late", "after withdrawal"),
        Index(
            "uq_no_objection_answer_first", "round_id", unique=True,
            sqlite_where=text(ENDED_BY), postgresql_where=text(ENDED_BY),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text, default="")
    paragraph_id: Mapped[int | None] = mapped_column(ForeignKey("draft_paragraph.id"))
    wording: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    effect: Mapped[str] = mapped_column(String(20))
    source_key: Mapped[str | None] = mapped_column(String(80), unique=True)

    organisation: Mapped[Organisation] = relationship()
    paragraph: Mapped[DraftParagraph | None] = relationship()
