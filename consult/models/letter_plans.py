"""When a round writes letters by itself, to whom, and how much stands in them."""

from sqlalchemy import JSON, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.models.base import Base, one_of
from consult.models.rounds import Round

ESCALATIONS = ("never", "last", "every")


class LetterPlan(Base):
    """The lead's wishes for the letters of one round.

    `days` are working days before the deadline at which is reminded, `hours` hours before it, 0 for none. `heads` says
    which reminders go to the heads of organisations too. `undecided_days` after the closing the lead hears what is
    undecided, 0 for never; `digest` is the wall time of the daily digest in the lead's zone, "" for none. `with_text` is
    whether letters to an organisation carry its own comments and the decisions on them; the invitation says so.
    """

    __tablename__ = "letter_plan"
    __table_args__ = (one_of("heads", *ESCALATIONS),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    days: Mapped[list[int]] = mapped_column(JSON)
    hours: Mapped[int]
    tells_closing: Mapped[bool] = mapped_column(default=True)
    heads: Mapped[str] = mapped_column(String(10), default="last")
    undecided_days: Mapped[int]
    digest: Mapped[str] = mapped_column(String(5), default="")
    with_text: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1)

    round: Mapped[Round] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the mapper's own protocol
