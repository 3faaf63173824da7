"""What is due in a round, as rows: added once, and cancelled while it is still due."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from consult.models import Duty, Round
from consult.unit_of_work import AnySession


def add(
    session: AnySession, *, key: str, kind: str, round_id: int, due_at: datetime, organisation_id: int | None = None
) -> None:
    """Make something due. The caller sees to it that the key is new."""
    session.add(Duty(key=key, kind=kind, round_id=round_id, organisation_id=organisation_id, due_at=due_at))


def add_once(session: AnySession, *, key: str, kind: str, round_id: int, due_at: datetime) -> None:
    """Make something due unless it was already, whatever became of it."""
    if session.scalar(select(Duty.id).where(Duty.key == key)) is None:
        add(session, key=key, kind=kind, round_id=round_id, due_at=due_at)
        session.flush()


def cancel(session: AnySession, *conditions: ColumnElement[bool], round_: Round, now: datetime) -> None:
    """Cancel what is due in a round and meets the conditions."""
    session.execute(
        update(Duty)
        .where(Duty.round_id == round_.id, Duty.state == "due", *conditions)
        .values(state="cancelled", done_at=now)
        .execution_options(synchronize_session=False)
    )
