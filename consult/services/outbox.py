"""The outbox: letters committed with the act that caused them, claimed and sent by the worker, each once."""

import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select, update

from consult.letters import Letter
from consult.models import OutboxLetter, Person
from consult.unit_of_work import AnySession

NAMESPACE = uuid.UUID("3d3b2d4e-6d0e-5d5a-9a60-0d7f8a0c1c11")
LEASE = timedelta(minutes=10)  # a letter "sending" for longer was left by a crash
FIRST_WAIT, LONGEST_WAIT, LAST_TRY = timedelta(seconds=30), timedelta(hours=2), timedelta(hours=72)


def post(
    session: AnySession,
    *,
    letter: Letter,
    to: Person,
    key: str,
    base_url: str,
    now: datetime,
    round_id: int | None = None,
) -> OutboxLetter:
    """Put a letter to one person into the outbox. The same key twice is the same letter: the first one stays."""
    found = session.scalars(select(OutboxLetter).where(OutboxLetter.key == key)).first()
    if found is not None:
        return found
    domain = urlsplit(base_url).hostname or "localhost"
    row = OutboxLetter(
        key=key,
        message_id=f"<{uuid.uuid5(NAMESPACE, f'{domain} {key}')}@{domain}>",
        kind=letter.kind,
        round_id=round_id,
        recipient=to.email,
        recipient_name=to.name,
        subject=letter.subject[:300],
        text=letter.text,
        html=letter.html,
        due_at=now,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def claim_letter(session: AnySession, *, now: datetime) -> OutboxLetter | None:
    """Claim the next due letter for sending, or return None. Two workers never get the same one."""
    due = (
        select(OutboxLetter.id)
        .where(OutboxLetter.state == "queued", OutboxLetter.due_at <= now)
        .order_by(OutboxLetter.due_at, OutboxLetter.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite has no such thing and needs none: one writer at a time
    )
    claimed = session.execute(
        update(OutboxLetter)
        .where(OutboxLetter.id == due.scalar_subquery(), OutboxLetter.state == "queued")
        .values(state="sending", claimed_at=now, attempts=OutboxLetter.attempts + 1)
        .returning(OutboxLetter.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if claimed is None:
        return None
    session.expire_all()
    return session.get(OutboxLetter, claimed)


def mark_sent(session: AnySession, letter_id: int, *, now: datetime) -> None:
    """Record that the server took the letter. The text of a sign-in letter is a key and is not kept."""
    letter = session.get_one(OutboxLetter, letter_id)
    letter.state, letter.sent_at, letter.answer = "sent", now, "accepted"
    if letter.kind == "sign-in":
        letter.text = letter.html = ""


def mark_refused(session: AnySession, letter_id: int, *, answer: str, permanent: bool, now: datetime) -> None:
    """Record a refusal: a temporary one is tried again, later and later, for three days; a permanent one is final."""
    letter = session.get_one(OutboxLetter, letter_id)
    letter.answer = answer[:300]
    if permanent or now - letter.created_at > LAST_TRY:
        letter.state = "failed"
    else:
        letter.state = "queued"
        letter.due_at = now + min(FIRST_WAIT * 2 ** min(letter.attempts - 1, 12), LONGEST_WAIT)


def park_lost(session: AnySession, *, now: datetime) -> int:
    """Mark letters that a crash left in "sending" as unknown: they may have gone out, so they are never resent blindly."""
    result = session.execute(
        update(OutboxLetter)
        .where(OutboxLetter.state == "sending", OutboxLetter.claimed_at < now - LEASE)
        .values(state="unknown", answer="interrupted while sending; it may have gone out")
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def list_latest(session: AnySession, limit: int = 200) -> list[OutboxLetter]:
    """Return the latest letters, newest first."""
    return list(session.scalars(select(OutboxLetter).order_by(OutboxLetter.id.desc()).limit(limit)))


def get_letter(session: AnySession, letter_id: int) -> OutboxLetter | None:
    """Return a letter or None."""
    return session.get(OutboxLetter, letter_id)
