"""Rounds, their deadlines, and what is due to happen in them.

Nothing here knows of paragraphs: a round asks for something, and commenting on a draft is the first such thing. The
draft a round is about hangs on it from outside, in `RoundDraft`.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, String, Text, UniqueConstraint, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of, random_id
from consult.models.consultations import Consultation
from consult.models.drafts import Draft
from consult.models.organisations import Organisation

if TYPE_CHECKING:
    from consult.models.no_objections import NoObjection

ROUND_KINDS = ("comments", "no-objection")
STAGES = ("planned", "open", "closed", "consolidated", "decided", "cancelled")
VISIBILITIES = ("closed", "after own submission", "open")

DUTIES = ("closing", "all-in", "digest", "receipt", "reminder", "undecided", "undelivered")


class Round(Base):
    """One cycle: circulate, comment, close, consolidate, decide; or, while it is open, cancelled.

    `kind` is what it asks for: comments, or whether there is an objection. `stage` is what side effects have been carried
    out; whether comments are accepted is computed from the deadline.
    `releases` is how often the lead's decisions have been released.
    """

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("consultation_id", "number"),
        one_of("kind", *ROUND_KINDS),
        one_of("stage", *STAGES),
        one_of("visibility", *VISIBILITIES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20), default="comments", server_default="comments")
    stage: Mapped[str] = mapped_column(String(20), default="planned")
    visibility: Mapped[str] = mapped_column(String(30), default="closed")
    invitation: Mapped[str] = mapped_column(Text, default="")
    circulated_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closing_reason: Mapped[str] = mapped_column(Text, default="")  # when closed early, or cancelled
    releases: Mapped[int] = mapped_column(default=0, server_default="0")
    version: Mapped[int] = mapped_column(default=1)

    consultation: Mapped[Consultation] = relationship()
    deadline: Mapped["Deadline | None"] = relationship(back_populates="round", uselist=False)
    no_objection: Mapped["NoObjection | None"] = relationship(back_populates="round", uselist=False)
    extensions: Mapped[list["Extension"]] = relationship(back_populates="round", order_by="Extension.made_at")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the mapper's own protocol


class RoundDraft(Base):
    """The draft a round asks comments on."""

    __tablename__ = "round_draft"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"))

    round: Mapped[Round] = relationship()
    draft: Mapped[Draft] = relationship()


class Deadline(Base):
    """Until when a round asks for answers: one instant, and the zone and wall time as they were entered.

    `at` is the official deadline, which everybody is told. Until `grace_until`, where there is one, answers are still
    taken, and marked as given after the deadline; the lead alone knows of it until the deadline has passed. Both are
    exclusive: at the instant itself it is late.
    """

    __tablename__ = "deadline"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), unique=True)
    at: Mapped[datetime] = mapped_column(Instant)
    zone: Mapped[str] = mapped_column(String(64))
    wall: Mapped[str] = mapped_column(String(16))  # 2026-11-23T17:00, as entered
    grace_until: Mapped[datetime | None] = mapped_column(Instant)
    set_at: Mapped[datetime] = mapped_column(Instant)
    moves: Mapped[int] = mapped_column(default=0, server_default="0")  # of `at`; calendars count them
    moved_at: Mapped[datetime | None] = mapped_column(Instant)

    round: Mapped[Round] = relationship(back_populates="deadline")

    @hybrid_property
    def closes_at(self) -> datetime:
        """The instant from which nothing more is taken: the end of the grace, or else the deadline."""
        return self.grace_until or self.at

    @closes_at.inplace.expression
    @classmethod
    def _closes_at(cls) -> ColumnElement[datetime]:
        return func.coalesce(cls.grace_until, cls.at)


class Extension(Base):
    """A later instant for one organisation alone: asked for by its focal point, or given by the lead unasked.

    Asked -> granted | refused. `wanted_at` and `why` are what the organisation asked for; `until_at` is what it got, and
    exclusive like the deadline. `ended_at` is when the round was closed early, which ends extensions too. Rows are never
    deleted: what was written under an extension stays explained by it.
    """

    __tablename__ = "extension"
    __table_args__ = (one_of("state", "asked", "granted", "refused"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(20))
    wanted_at: Mapped[datetime | None] = mapped_column(Instant)
    why: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    until_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, default="")  # the lead's
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)

    round: Mapped[Round] = relationship(back_populates="extensions")
    organisation: Mapped[Organisation] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the mapper's own protocol


class Attendance(Base):
    """That an organisation has opened the round's document, and when first."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("round_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    first_opened_at: Mapped[datetime] = mapped_column(Instant)


class Duty(Base):
    """Something that is due at a time: a reminder, a closing, a letter to the lead. `key` makes it happen once, whoever
    claims it."""

    __tablename__ = "duty"
    __table_args__ = (one_of("kind", *DUTIES), one_of("state", "due", "claimed", "done", "cancelled"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)
    state: Mapped[str] = mapped_column(String(20), default="due")
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)

    round: Mapped[Round] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
