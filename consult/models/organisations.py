"""Organisations: missions, institutions, bodies."""

from datetime import date

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base


class Organisation(Base):
    """A mission, institution or body that takes part in consultations."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)  # short, e.g. MDA; printed in the matrix
    name: Mapped[str] = mapped_column(String(200), unique=True)
    time_zone: Mapped[str] = mapped_column(String(64), default="Europe/Vienna")
    calendar: Mapped[str] = mapped_column(String(12), default="", server_default="")  # its duty station's: RS, BA-BIH


class ClosedDay(Base):
    """A day on which nobody works although no calendar says so: in the whole house, or in one organisation."""

    __tablename__ = "closed_day"
    __table_args__ = (UniqueConstraint("day", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, index=True)
    name: Mapped[str] = mapped_column(String(120))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))

    organisation: Mapped[Organisation | None] = relationship()
