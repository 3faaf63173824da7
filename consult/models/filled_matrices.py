"""Matrices that the lead has filled with decisions and given back."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of, random_id
from consult.models.people import Person
from consult.models.rounds import Round


class FilledMatrix(Base):
    """A matrix as it came back. The same file twice is the same matrix.

    `rows` are the engine's FilledRows as JSON: all that the lead has written, whatever becomes of it. What each would do
    is looked up anew whenever it is shown. Only when it is "taken" have decisions been made of it.
    """

    __tablename__ = "filled_matrix"
    __table_args__ = (
        UniqueConstraint("round_id", "file_sha256"),
        one_of("state", "examined", "taken", "discarded"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, default=random_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    file_sha256: Mapped[str] = mapped_column(String(64))
    filename: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(20), default="examined")
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON, deferred=True)
    uploaded_at: Mapped[datetime] = mapped_column(Instant)
    taken_at: Mapped[datetime | None] = mapped_column(Instant)

    round: Mapped[Round] = relationship()
    uploaded_by: Mapped[Person] = relationship()
