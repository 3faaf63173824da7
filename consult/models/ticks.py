"""That a worker lives: when one looked last for what is due."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from consult.models.base import Base, Instant


class Tick(Base):
    """When a worker looked last for what is due: one row, the same for all workers.

    It is no part of what an instance holds: a backup has it not, and a move leaves it behind.
    """

    __tablename__ = "tick"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
