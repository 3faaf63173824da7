"""Transmittals: which package of a decided round went to which body, when, with which digest, and who took what of it.

Everything hangs on the round from outside. What is frozen in a package never changes; a correction is another transmittal.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of, random_id
from consult.models.bodies import DELIVERIES
from consult.models.outbox import OutboxLetter
from consult.models.people import Person
from consult.models.rounds import Round

TRANSMITTAL_STATES = ("prepared", "confirmed", "sent", "withdrawn", "void")


class Transmittal(Base):
    """One frozen package. prepared -> confirmed, by another person -> sent; withdrawn or void only before it is sent.

    `inputs_digest` is of all that it was made of: when that has changed before it was sent, it is void. `source_sha256` is
    the file the lead gave as the final text, where the accepted wording is not the text. `audit_number` and `audit_digest`
    are the head of the audit when it was made.
    """

    __tablename__ = "transmittal"
    __table_args__ = (UniqueConstraint("round_id", "number"), one_of("state", *TRANSMITTAL_STATES))

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default="prepared")
    symbol: Mapped[str] = mapped_column(String(60))
    language_line: Mapped[str] = mapped_column(String(60))
    mark: Mapped[str] = mapped_column(String(60))
    words: Mapped[str] = mapped_column(Text)  # of the lead, in the cover letter
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("transmittal.id"))
    source_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    package_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    package_size: Mapped[int]
    inputs_digest: Mapped[str] = mapped_column(String(64))
    audit_number: Mapped[int]
    audit_digest: Mapped[str] = mapped_column(String(64))
    prepared_at: Mapped[datetime] = mapped_column(Instant)
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)  # withdrawn, or found void
    version: Mapped[int] = mapped_column(default=1)

    round: Mapped[Round] = relationship()
    replaces: Mapped["Transmittal | None"] = relationship(remote_side=[id])
    prepared_by: Mapped[Person] = relationship(foreign_keys=[prepared_by_id])
    confirmed_by: Mapped[Person | None] = relationship(foreign_keys=[confirmed_by_id])
    files: Mapped[list["TransmittalFile"]] = relationship(order_by="TransmittalFile.position")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the mapper's own protocol


class TransmittalFile(Base):
    """A file of a package, or of its confirmation, under the name it has there."""

    __tablename__ = "transmittal_file"
    __table_args__ = (UniqueConstraint("transmittal_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    transmittal_id: Mapped[int] = mapped_column(ForeignKey("transmittal.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    media_type: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    size: Mapped[int]
    is_packed: Mapped[bool]  # whether it lies in the package; what tells of the confirmation lies beside it


class TransmittalRecipient(Base):
    """That a transmittal was sent to one address of a body: in which letter, and by which link, if any.

    Of the link only its token's digest is kept. It opens this transmittal and nothing else, until it expires or is revoked.
    """

    __tablename__ = "transmittal_recipient"
    __table_args__ = (
        UniqueConstraint("transmittal_id", "body_id", "email", "number"),
        one_of("delivery", *DELIVERIES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transmittal_id: Mapped[int] = mapped_column(ForeignKey("transmittal.id"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    number: Mapped[int]  # from 1: how often it was sent to this address
    name: Mapped[str] = mapped_column(String(200))  # of the body, as it then was
    email: Mapped[str] = mapped_column(String(254))
    delivery: Mapped[str] = mapped_column(String(10))
    letter_id: Mapped[int] = mapped_column(ForeignKey("outbox_letter.id"))
    token_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)

    transmittal: Mapped[Transmittal] = relationship()
    letter: Mapped[OutboxLetter] = relationship()
    downloads: Mapped[list["TransmittalDownload"]] = relationship(
        order_by="TransmittalDownload.id", lazy="selectin", back_populates="recipient"
    )


class TransmittalDownload(Base):
    """That a file was taken through a link, and when."""

    __tablename__ = "transmittal_download"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("transmittal_recipient.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)

    recipient: Mapped[TransmittalRecipient] = relationship(back_populates="downloads")
