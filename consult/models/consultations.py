"""Consultations and who takes part in them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of
from consult.models.organisations import Organisation


class Consultation(Base):
    """The whole undertaking on one document."""

    __tablename__ = "consultation"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    reference: Mapped[str] = mapped_column(String(60), default="")
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)

    participations: Mapped[list["Participation"]] = relationship(
        back_populates="consultation", order_by="Participation.id", cascade="all, delete-orphan"
    )


class Participation(Base):
    """An organisation's place in one consultation."""

    __tablename__ = "participation"
    __table_args__ = (
        UniqueConstraint("consultation_id", "organisation_id"),
        one_of("place", "lead", "co-lead", "consulted", "observer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    place: Mapped[str] = mapped_column(String(20))

    consultation: Mapped[Consultation] = relationship(back_populates="participations")
    organisation: Mapped[Organisation] = relationship()
