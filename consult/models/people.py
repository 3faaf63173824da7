"""People, what they may do for which organisation, and how they sign in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant, one_of
from consult.models.organisations import Organisation

ROLES = ("contributor", "focal point", "head")


class Person(Base):
    """Someone who acts for one or more organisations. Nobody is deleted: `is_active` ends all access at the next request."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(200))
    is_administrator: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(10), default="")  # of pages and letters; "" until one is known

    appointments: Mapped[list["Appointment"]] = relationship(back_populates="person", cascade="all, delete-orphan")


class Appointment(Base):
    """A person's role for one organisation.

    A contributor drafts, a focal point also clears and hands in; a head reads what they do and is written to when nobody
    answers.
    """

    __tablename__ = "appointment"
    __table_args__ = (UniqueConstraint("person_id", "organisation_id"), one_of("role", *ROLES))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))

    person: Mapped[Person] = relationship(back_populates="appointments")
    organisation: Mapped[Organisation] = relationship()


class SignInLink(Base):
    """A mailed link: single use, fifteen minutes. Only the digest of its token is kept."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    next_path: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    person: Mapped[Person] = relationship()


class SignIn(Base):
    """A signed-in browser: a row that can be revoked. Only the digest of the cookie's token is kept."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    person: Mapped[Person] = relationship()
