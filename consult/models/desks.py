"""What an organisation does with its comments before it hands them in: how each stands, and the trace of every act."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of, random_id
from consult.models.people import Person

DESK_STATES = ("drafting", "cleared", "dropped", "merged")
ACTS = ("changed", "cleared", "uncleared", "dropped", "restored", "merged", "separated")


class Clearance(Base):
    """How a comment stands at its organisation's desk, by whom and since when. A comment without one is drafting.

    A dropped comment, with a reason, or one merged into another stays behind at the hand-in. It is never deleted, and
    can be restored until then.
    """

    __tablename__ = "clearance"
    __table_args__ = (one_of("state", *DESK_STATES),)

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(200))  # the name as it then was


class CommentText(Base):
    """An act on a comment that is not handed in, with its words as they were before. Rows are only ever added.

    `words` is empty for an act that leaves the words as they are. Only the comment's own organisation sees this.
    """

    __tablename__ = "comment_text"
    __table_args__ = (UniqueConstraint("comment_id", "number"), one_of("act", *ACTS))

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"))
    number: Mapped[int]
    act: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    person: Mapped[Person | None] = relationship()
