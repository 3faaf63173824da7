"""The outbox: letters committed with the act that caused them, claimed and sent by the worker, each once."""

import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, or_, select, update

from consult.errors import Refused
from consult.letters import Letter
from consult.models import Delegation, OutboxFreeze, OutboxLetter, Person
from consult.phrases import say
from consult.unit_of_work import AnySession

NAMESPACE = uuid.UUID("3d3b2d4e-6d0e-5d5a-9a60-0d7f8a0c1c11")
LEASE = timedelta(minutes=10)  # a letter "sending" for longer was left by a crash
KEYS = frozenset(("sign-in", "delegation"))  # letters whose text lets in whoever has it
FIRST_WAIT, LONGEST_WAIT, LAST_TRY = timedelta(seconds=30), timedelta(hours=2), timedelta(hours=72)


def post(
    session: AnySession,
    *,
    letter: Letter,
    to: Person | Delegation,
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


def find_freeze(session: AnySession) -> OutboxFreeze | None:
    """Return the freeze that keeps letters back now, if there is one."""
    return session.scalars(select(OutboxFreeze).where(OutboxFreeze.lifted_at.is_(None)).limit(1)).first()


def freeze(session: AnySession, *, reason: str, now: datetime) -> OutboxFreeze:
    """Keep all letters back from now on."""
    row = OutboxFreeze(since=now, reason=reason)
    session.add(row)
    session.flush()
    return row


def lift_freeze(session: AnySession, *, send_old: bool, now: datetime) -> tuple[int, int]:
    """Let letters go again; return how many from before the freeze are sent after all, and how many never will be.

    Those may have gone out once already: they are cancelled unless a person knows better and asks to `send_old`. Letters
    written since the freeze began are sent in any case. Raises Refused when nothing is frozen.
    """
    frozen = find_freeze(session)
    if frozen is None:
        raise Refused(say("Letters are not held back: they go out as they are written."), "not-frozen")
    old = (OutboxLetter.created_at < frozen.since, OutboxLetter.state.in_(("queued", "sending")))
    values = {"state": "queued"} if send_old else {"state": "cancelled", "answer": "not sent: older than the restore"}
    changed = session.execute(
        update(OutboxLetter).where(*old).values(**values).execution_options(synchronize_session=False)
    )
    frozen.lifted_at = now
    session.flush()
    count = int(changed.rowcount)  # type: ignore[attr-defined]
    return (count, 0) if send_old else (0, count)


def claim_letter(session: AnySession, *, now: datetime) -> OutboxLetter | None:
    """Claim the next due letter for sending, or return None. Two workers never get the same one.

    While letters are frozen only new sign-in links go out, so that people can get in.
    """
    frozen = find_freeze(session)
    wanted = [OutboxLetter.state == "queued", OutboxLetter.due_at <= now]
    if frozen is not None:
        wanted += [OutboxLetter.kind == "sign-in", OutboxLetter.created_at >= frozen.since]
    due = (
        select(OutboxLetter.id)
        .where(*wanted)
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
    """Record that the server took the letter. The text of a letter that is a key is not kept."""
    letter = session.get_one(OutboxLetter, letter_id)
    letter.state, letter.sent_at, letter.answer = "sent", now, "accepted"
    if letter.kind in KEYS:
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


def count_in_doubt(session: AnySession) -> int:
    """Return how many letters failed, or are in doubt: somebody should look at them."""
    query = select(func.count()).where(OutboxLetter.state.in_(("failed", "unknown")))
    return session.scalar(query) or 0


def list_latest(session: AnySession, limit: int = 200) -> list[OutboxLetter]:
    """Return the latest letters, newest first.

    Whom an organisation delegates a part to is its own business: such a letter is listed only when it did not arrive.
    """
    shown = or_(OutboxLetter.kind != "delegation", OutboxLetter.state.in_(("failed", "unknown")))
    return list(session.scalars(select(OutboxLetter).where(shown).order_by(OutboxLetter.id.desc()).limit(limit)))


def get_letter(session: AnySession, letter_id: int) -> OutboxLetter | None:
    """Return a letter or None."""
    return session.get(OutboxLetter, letter_id)
