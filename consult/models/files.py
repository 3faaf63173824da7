"""Stored files: the row beside each content-addressed file in storage."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from consult.models.base import Base, Instant


class StoredFile(Base):
    """An immutable file, named by its content. The bytes lie in storage before the row is committed."""

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant)
