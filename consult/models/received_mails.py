"""Mails that came in: each kept as it came, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of, random_id
from consult.models.organisations import Organisation
from consult.models.people import Person
from consult.models.rounds import Round

MAIL_STATES = (
    "new", "automatic", "unplaced", "quarantined", "late", "reading", "examined", "kept", "discarded",
)  # fmt: skip


class ReceivedMail(Base):
    """A mail as it was fetched; `file_sha256` names its bytes. The same mail twice is the same row.

    new -> automatic (from a machine, about a letter or about nothing) | unplaced (no key of a round that runs) |
    quarantined (doubtful: the lead decides) | late (after the deadline) | reading -> examined -> kept or discarded by the
    organisation. `received_at` is when we had it, which counts against the deadline; `arrived_at` what the mailbox says.
    `reason` is our word for why. `sender` is as the mail says, for whoever decides; `person` is who it was taken to be.
    `findings` is what was found in it, until the organisation keeps it as comments.
    """

    __tablename__ = "received_mail"
    __table_args__ = (
        UniqueConstraint("mailbox", "message_id", "body_sha256"),
        one_of("state", *MAIL_STATES),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    mailbox: Mapped[str] = mapped_column(String(200))
    message_id: Mapped[str] = mapped_column(String(300))
    body_sha256: Mapped[str] = mapped_column(String(64))
    file_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    is_whole: Mapped[bool] = mapped_column(default=True)  # False: too large, only its beginning is kept here
    state: Mapped[str] = mapped_column(String(20), default="new", index=True)
    reason: Mapped[str] = mapped_column(String(40), default="")
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sender: Mapped[str] = mapped_column(String(320), default="")
    subject: Mapped[str] = mapped_column(String(300), default="")
    authentication: Mapped[str] = mapped_column(String(1000), default="")  # what our mail server says of the sender
    may_be_answered: Mapped[bool] = mapped_column(default=True, server_default=true())  # by a letter that nobody wrote
    findings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    received_at: Mapped[datetime] = mapped_column(Instant)
    arrived_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_in_at: Mapped[datetime | None] = mapped_column(Instant)  # by hand, by the lead
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    round: Mapped[Round | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    settled_by: Mapped[Person | None] = relationship(foreign_keys=[settled_by_id])
