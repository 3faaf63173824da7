"""How often something changed in a round: what an unchanged page is recognised by."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from consult.models.base import Base

EVERYBODY = 0  # those who see what organisations have handed in


class ChangeCount(Base):
    """How often something changed in a round for one organisation, or, with organisation 0, in what is handed in."""

    __tablename__ = "change_count"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    changes: Mapped[int] = mapped_column(BigInteger)
