"""Words that a colleague typed on a delegated part and has not saved: kept through a reload, a closing, a taking back."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, select

from consult.models import DelegatedWords
from consult.services.kept_words import words_to_keep
from consult.unit_of_work import AnySession


def keep(session: AnySession, *, delegation_id: int, place: str, words: Mapping[str, str], now: datetime) -> None:
    """Keep what stands in a form, as services/kept_words.py does for persons."""
    row = find(session, delegation_id=delegation_id, place=place)
    known = words_to_keep(place, words, row.words if row is not None else {})
    if row is None:
        row = DelegatedWords(delegation_id=delegation_id, place=place)
        session.add(row)
    row.words, row.kept_at = known, now
    session.flush()


def find(session: AnySession, *, delegation_id: int, place: str) -> DelegatedWords | None:
    """Return what is kept of a form, or None."""
    query = select(DelegatedWords).where(DelegatedWords.delegation_id == delegation_id, DelegatedWords.place == place)
    return session.scalars(query).first()


def list_kept(session: AnySession, *, delegation_id: int) -> list[DelegatedWords]:
    """Return all that is kept of a delegated part, the latest first."""
    query = select(DelegatedWords).where(DelegatedWords.delegation_id == delegation_id)
    return list(session.scalars(query.order_by(DelegatedWords.kept_at.desc(), DelegatedWords.id)))


def forget(session: AnySession, *, delegation_id: int, places: Collection[str]) -> None:
    """Throw away what is kept of a form, at each of these places: it was saved, or is not wanted any more."""
    session.execute(
        delete(DelegatedWords).where(DelegatedWords.delegation_id == delegation_id, DelegatedWords.place.in_(places))
    )
