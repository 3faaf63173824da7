"""The outbox: letters committed together with the act that caused them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of


class OutboxLetter(Base):
    """One letter to one recipient. `key` says what it is about and makes it exist once; the Message-ID never changes.

    queued -> sending -> sent | queued again (put off) | failed (refused for good, or sent and returned) | unknown (found
    in "sending" after its lease, and nobody can say whether it went out: a person decides).
    """

    __tablename__ = "outbox_letter"
    __table_args__ = (one_of("state", "queued", "sending", "sent", "failed", "unknown", "cancelled"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    recipient: Mapped[str] = mapped_column(String(254))
    recipient_name: Mapped[str] = mapped_column(String(200), default="")
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str] = mapped_column(Text, default="", server_default="")  # what goes into the reader's calendar
    state: Mapped[str] = mapped_column(String(20), default="queued")
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    first_refused_at: Mapped[datetime | None] = mapped_column(Instant)  # the three days of trying begin here
    repeats: Mapped[int] = mapped_column(default=0, server_default="0")  # sent again although it may have gone out
    returned_at: Mapped[datetime | None] = mapped_column(Instant)  # a mail server has sent it back
    fault: Mapped[str] = mapped_column(String(20), default="", server_default="")  # our word for what went wrong last
    answer: Mapped[str] = mapped_column(String(300), default="")  # what the mail server said last
    created_at: Mapped[datetime] = mapped_column(Instant)
    language: Mapped[str] = mapped_column(String(10), default="", server_default="")
    reply_person_id: Mapped[int | None]  # whose key its reply address carries; None: nobody reads an answer to it
    in_reply_to: Mapped[str] = mapped_column(
        String(300), default="", server_default=""
    )  # Message-ID of what it answers
    digest: Mapped[str] = mapped_column(String(64), default="", server_default="")  # of the mail, where it is fixed

    attachments: Mapped[list["OutboxAttachment"]] = relationship(
        order_by="OutboxAttachment.position", lazy="selectin", cascade="all, delete-orphan"
    )


class OutboxAttachment(Base):
    """A stored file that goes with a letter, under a name."""

    __tablename__ = "outbox_attachment"
    __table_args__ = (UniqueConstraint("letter_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("outbox_letter.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    media_type: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))


class OutboxFreeze(Base):
    """A time in which no letter goes out: from the restoring of a backup until the administrator lets letters go.

    What was queued in the backup may have gone out since it was made; only a person can tell.
    """

    __tablename__ = "outbox_freeze"

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)
