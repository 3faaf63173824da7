"""Words typed and not saved, kept for the one person who typed them: through a reload, a lost connection, the closing."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, select

from consult.errors import Invalid
from consult.models import KeptWords
from consult.phrases import say
from consult.unit_of_work import AnySession

FIELDS = ("organisation", "paragraph", "start", "end", "quote", "type", "wording", "reason", "version")
NUMBERS = ("organisation", "start", "end", "version")
LONGEST = 100_000
LONGEST_PLACE = 80


def place_of(*, paragraph: str = "", start: int = 0, end: int = 0, comment_id: int | None = None) -> str:
    """Return the name of a form: on a paragraph ("" for the whole draft), on words in it, or for a comment that is there."""
    if comment_id is not None:
        return f"edit:{comment_id}"
    return f"new:{paragraph}:{start}-{end}" if end else f"new:{paragraph}"


def keep(
    session: AnySession, *, round_id: int, person_id: int, place: str, words: Mapping[str, str], now: datetime
) -> KeptWords:
    """Keep what stands in a form; what was kept of it before gives way. Raises Invalid when it is too long to keep.

    The version of the comment that was read when these words were begun stays with them: a form that shows somebody
    else's newer text beside them names none.
    """
    row = find(session, round_id=round_id, person_id=person_id, place=place)
    known = words_to_keep(place, words, row.words if row is not None else {})
    if row is None:
        row = KeptWords(round_id=round_id, person_id=person_id, place=place)
        session.add(row)
    row.words, row.kept_at = known, now
    session.flush()
    return row


def words_to_keep(place: str, words: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Return what is kept of a form's fields, with the version that was kept before. Raises Invalid when it is too long."""
    known = {name: words[name] for name in FIELDS if name in words and (name not in NUMBERS or words[name].isdecimal())}
    if sum(map(len, known.values())) > LONGEST or not 0 < len(place) <= LONGEST_PLACE:
        raise Invalid(
            say("This is too long to be kept. Copy it to a file of your own, and divide it."), "too-long-to-keep"
        )
    if "version" in before:
        known.setdefault("version", before["version"])
    return known


def find(session: AnySession, *, round_id: int, person_id: int, place: str) -> KeptWords | None:
    """Return what is kept of a form of a person, or None."""
    query = select(KeptWords).where(
        KeptWords.round_id == round_id, KeptWords.person_id == person_id, KeptWords.place == place
    )
    return session.scalars(query).first()


def list_kept(session: AnySession, *, round_id: int, person_id: int) -> list[KeptWords]:
    """Return all that is kept for a person in a round, the latest first."""
    query = select(KeptWords).where(KeptWords.round_id == round_id, KeptWords.person_id == person_id)
    return list(session.scalars(query.order_by(KeptWords.kept_at.desc(), KeptWords.id)))


def forget(session: AnySession, *, round_id: int, person_id: int, places: Collection[str]) -> None:
    """Throw away what is kept of a form, at each of these places: it was saved, or is not wanted any more."""
    session.execute(
        delete(KeptWords).where(
            KeptWords.round_id == round_id, KeptWords.person_id == person_id, KeptWords.place.in_(places)
        )
    )
