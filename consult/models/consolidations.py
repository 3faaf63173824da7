"""Consolidations of rounds and the lead's dispositions of comments."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of
from consult.models.comments import Comment
from consult.models.people import Person
from consult.models.rounds import Round

DECISIONS = ("accepted", "accepted with changes", "not accepted", "noted", "out of scope", "duplicate")


class Consolidation(Base):
    """The result of merging a round from one snapshot. `report` is REPORT.json; `audit_number` the highest entry in it."""

    __tablename__ = "consolidation"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]
    docx_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    audit_number: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    round: Mapped[Round] = relationship()
    made_by: Mapped[Person] = relationship()


class Disposition(Base):
    """The lead's decision on a comment, with a reason for everything but "accepted".

    `wording` is the paragraph's text the lead chose where a proposal is accepted with changes. It is the lead's draft:
    what the organisations know of it is in `ReleasedDisposition`.
    """

    __tablename__ = "disposition"
    __table_args__ = (one_of("decision", *DECISIONS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), unique=True, insert_sentinel=True)
    decision: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(Text, default="")
    wording: Mapped[str | None] = mapped_column(Text)
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    decided_at: Mapped[datetime] = mapped_column(Instant)
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)

    comment: Mapped[Comment] = relationship(foreign_keys=[comment_id])
    duplicate_of: Mapped[Comment | None] = relationship(foreign_keys=[duplicate_of_id])
    decided_by: Mapped[Person] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the mapper's own protocol


class ReleasedDisposition(Base):
    """A decision as the organisations were told it. Rows are only ever added; of a comment's the latest counts.

    `release` is the number of the release in the round, from 1. What the lead decides or changes later is in no such row.
    """

    __tablename__ = "released_disposition"
    __table_args__ = (UniqueConstraint("comment_id", "release"), one_of("decision", *DECISIONS))

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), insert_sentinel=True)
    release: Mapped[int]
    decision: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(Text, default="")
    wording: Mapped[str | None] = mapped_column(Text)
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    released_at: Mapped[datetime] = mapped_column(Instant)
