"""Organisations: missions, institutions, bodies."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from consult.models.base import Base


class Organisation(Base):
    """A mission, institution or body that takes part in consultations."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)  # short, e.g. MDA; printed in the matrix
    name: Mapped[str] = mapped_column(String(200), unique=True)
    time_zone: Mapped[str] = mapped_column(String(64), default="Europe/Vienna")
