"""Answers that become part of a round by the lead's act alone: late ones, and those entered on behalf of an organisation."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of, random_id
from consult.models.organisations import Organisation
from consult.models.rounds import Round


class AddedAnswer(Base):
    """An answer of one organisation that was not handed in by it in time.

    A "late" one: in work -> sent -> added | refused; the organisation writes and sends it, the lead decides. One "on
    behalf": in work -> added; the lead enters what the organisation sent otherwise. `words` are its comments, each by the
    columns of a comment, with the printed number of its paragraph; of one in work they are its writers' own. Without
    effect until it is added: then `submission` holds it, and its comments are comments. `note` says how an answer on
    behalf came, and the proof is the file it came as, never read here.
    """

    __tablename__ = "added_answer"
    __table_args__ = (
        one_of("kind", "late", "on behalf"),
        one_of("state", "in work", "sent", "added", "refused"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="in work")
    words: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, deferred=True)
    position: Mapped[str] = mapped_column(String(30), default="")
    statement: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    proof_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    proof_filename: Mapped[str] = mapped_column(String(255), default="")
    begun_at: Mapped[datetime] = mapped_column(Instant)
    begun_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text, default="")  # the lead's
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    round: Mapped[Round] = relationship()
    organisation: Mapped[Organisation] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the mapper's own protocol
