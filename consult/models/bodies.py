"""Bodies: to whom decided texts are transmitted."""

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.models.base import Base, one_of

DELIVERIES = ("links", "files", "both")


class Body(Base):
    """A body of the OSCE: the addresses its letters go to, in which language, and whether with links or with the files.

    It takes part in nothing and nobody signs in for it. One that is not active any more keeps its row.
    """

    __tablename__ = "body"
    __table_args__ = (one_of("delivery", *DELIVERIES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    addresses: Mapped[list[str]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(10))
    delivery: Mapped[str] = mapped_column(String(10))
    is_active: Mapped[bool] = mapped_column(default=True)
