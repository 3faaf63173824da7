"""Drafts and their numbered paragraphs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, Instant


class Draft(Base):
    """One immutable version of the document."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    filename: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(300))
    notices: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime] = mapped_column(Instant)

    paragraphs: Mapped[list["DraftParagraph"]] = relationship(
        back_populates="draft", order_by="DraftParagraph.position", cascade="all, delete-orphan"
    )


class DraftParagraph(Base):
    """What can be commented on. `facts` is the engine's Paragraph as JSON, for reading pages."""

    __tablename__ = "draft_paragraph"
    __table_args__ = (UniqueConstraint("draft_id", "position"), UniqueConstraint("draft_id", "key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"))
    position: Mapped[int]  # from 0, in text order, footnotes last
    key: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(20))  # empty where there is no text
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)

    draft: Mapped[Draft] = relationship(back_populates="paragraphs")


class DraftPicture(Base):
    """A picture of a draft as pages show it: a stored file of its own, without what it tells of its making."""

    __tablename__ = "draft_picture"

    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), primary_key=True)
