"""Words that a person typed into a form and has not saved: nobody else's business, and never lost."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.models.base import Base, Instant


class KeptWords(Base):
    """What stands in one comment form of one person, by field. `place` names the form (services/kept_words.py).

    It goes when the comment is saved, or when the person throws it away. Only that person ever sees it.
    """

    __tablename__ = "kept_words"
    __table_args__ = (UniqueConstraint("person_id", "round_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    place: Mapped[str] = mapped_column(String(80))
    words: Mapped[dict[str, str]] = mapped_column(JSON)
    kept_at: Mapped[datetime] = mapped_column(Instant)
