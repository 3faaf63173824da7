"""Long work that a person has asked for, and how far it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from consult.models.base import Base, Instant, one_of, random_id
from consult.models.people import Person
from consult.models.rounds import Round

JOB_STATES = ("queued", "running", "done", "failed", "cancelled")


class Job(Base):
    """A piece of long work, committed together with the act that asks for it.

    `key` makes the same work asked for twice one job; it is given up at the end, so that it can be asked for again.
    `attempt` counts how often it was begun: whoever began it before the last time may neither write nor end it.
    `step` and `failure` are sentences that remember their patterns; `result` names the page at the end and what is said
    there. `payload` is the file the work is done on; it goes when the work ends, however it ends. `made` is a file that it
    ended with, for whoever asked; it goes after a day.
    """

    __tablename__ = "job"
    __table_args__ = (one_of("state", *JOB_STATES),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    key: Mapped[str | None] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    payload: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    made: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    state: Mapped[str] = mapped_column(String(20), default="queued", index=True)
    attempt: Mapped[int] = mapped_column(default=0)
    step: Mapped[Any] = mapped_column(JSON, default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    failure: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    heartbeat_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    round: Mapped[Round] = relationship()
    asked_by: Mapped[Person] = relationship()
