"""The outbox: letters committed with the act that caused them, claimed and sent by the worker, each once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import func, or_, select, update

from consult.errors import Refused
from consult.letters import Letter
from consult.messages import Read, digest_of, one_line, plain
from consult.models import Delegation, OutboxAttachment, OutboxFreeze, OutboxLetter, Person
from consult.phrases import say
from consult.services import duties
from consult.unit_of_work import AnySession

NAMESPACE = uuid.UUID("3d3b2d4e-6d0e-5d5a-9a60-0d7f8a0c1c11")
LEASE = timedelta(minutes=10)  # a letter "sending" for longer was left by a crash
KEYS = frozenset(("sign-in", "delegation"))  # letters whose text lets in whoever has it
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=2)
LAST_TRY = timedelta(hours=72)  # after the first refusal, however often it was tried
GATHERED_IN = timedelta(minutes=10)  # letters that fail together are told together
OF_THE_LEAD = (
    "invitation",
    "reminder",
    "moved",
    "cancelled",
    "closing",
    "consolidated",
    "released",
    "transmittal",
)  # others are not its own; letters to the lead itself about others are none of these, or they would go round in circles
ANSWERABLE = frozenset(("invitation", "reminder", "moved", "closing", "received"))  # letters of a round, to a person
ONCE_ONLY = frozenset(("transmittal",))  # never sent twice but by a person
UNSHOWN_KINDS = frozenset(("receipt", "released"))  # they may carry what an organisation wrote
LINKED = KEYS | ONCE_ONLY  # letters whose link opens something: what they say is not kept, nor shown to administrators


class Addressee(Protocol):
    """Whom a letter is for."""

    @property
    def email(self) -> str:
        """The address, and no other: one letter has one recipient."""

    @property
    def name(self) -> str:
        """What stands beside the address."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A letter that was being sent when something broke: which one, at which attempt, and when that was begun."""

    id: int
    attempts: int
    kind: str
    message_id: str
    claimed_at: datetime


def post(
    session: AnySession,
    *,
    letter: Letter,
    to: Addressee,
    key: str,
    base_url: str,
    now: datetime,
    round_id: int | None = None,
    attachments: Sequence[OutboxAttachment] = (),
    calendar: str = "",
    read: Read | None = None,
    in_reply_to: str = "",
) -> OutboxLetter:
    """Put a letter to one person into the outbox. The same key twice is the same letter: the first one stays.

    `calendar` is an invitation for the calendar of its reader. With `read`, which gives the bytes of what is attached,
    the mail is fixed to the byte: any other is not sent. Raises Unwritable where no mail can be made of it.
    `in_reply_to` is the Message-ID of the mail the letter answers by itself.
    """
    found = session.scalars(select(OutboxLetter).where(OutboxLetter.key == key)).first()
    if found is not None:
        return found
    domain = urlsplit(base_url).hostname or "localhost"
    answers = to.id if round_id is not None and letter.kind in ANSWERABLE and isinstance(to, Person) else None
    row = OutboxLetter(
        key=key,
        message_id=f"<{uuid.uuid5(NAMESPACE, f'{domain} {key}')}@{domain}>",
        kind=letter.kind,
        round_id=round_id,
        recipient=to.email,
        recipient_name=one_line(to.name)[:200],
        subject=one_line(letter.subject)[:300],
        text=plain(letter.text),
        html=plain(letter.html),
        calendar=calendar,
        due_at=now,
        created_at=now,
        attachments=list(attachments),
        language=to.language if isinstance(to, Person | Delegation) else "",
        reply_person_id=answers,
        in_reply_to=one_line(in_reply_to)[:300],
    )
    if read is not None:
        row.digest = digest_of(row, read)
    session.add(row)
    session.flush()
    return row


def withdraw(session: AnySession, about: str) -> None:
    """Take back the letters whose keys begin so and that have not gone out: there is no longer a reason for them."""
    session.execute(
        update(OutboxLetter)
        .where(OutboxLetter.key.startswith(about), OutboxLetter.state == "queued")
        .values(state="cancelled", answer="not sent: no longer due")
        .execution_options(synchronize_session=False)
    )


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


def _attempt(session: AnySession, letter_id: int, attempts: int) -> OutboxLetter | None:
    """Return a letter for whoever has made this attempt, locked; None when somebody else has decided on it meanwhile."""
    query = select(OutboxLetter).where(
        OutboxLetter.id == letter_id, OutboxLetter.attempts == attempts, OutboxLetter.state == "sending"
    )
    return session.scalars(query.with_for_update()).first()


def mark_sent(session: AnySession, letter_id: int, attempts: int, *, now: datetime) -> None:
    """Record that the server took the letter. That is so even if it was thought lost meanwhile, unless it is tried again."""
    letter = session.get_one(OutboxLetter, letter_id, with_for_update=True)
    if letter.attempts == attempts:
        settle(letter, "sent", answer="accepted")
        letter.sent_at = now


def settle(letter: OutboxLetter, state: str, *, fault: str = "", answer: str = "") -> None:
    """Bring a letter to an end. The text of one that carries a key is not kept; one that must not come twice can be sent
    again by a person as long as it has not gone out.
    """
    letter.state, letter.fault, letter.answer = state, fault, answer[:300]
    if letter.kind in KEYS or (letter.kind in ONCE_ONLY and state != "failed"):
        letter.text = letter.html = ""


def note(session: AnySession, letter_id: int, attempts: int, *, fault: str, answer: str) -> None:
    """Record why nobody knows whether the letter went out; it stays "sending" until its lease is over."""
    letter = _attempt(session, letter_id, attempts)
    if letter is not None:
        letter.fault, letter.answer = fault, answer[:300]


def tell_of_failure(session: AnySession, letter: OutboxLetter, *, now: datetime) -> None:
    """Have the lead told that one of its letters failed for good, together with others that fail about then."""
    if letter.round_id is not None and letter.kind in OF_THE_LEAD:
        key = f"undelivered:{letter.id}:{letter.attempts}"
        duties.add_once(session, key=key, kind="undelivered", round_id=letter.round_id, due_at=now + GATHERED_IN)


def fail(session: AnySession, letter_id: int, attempts: int, *, fault: str, answer: str, now: datetime) -> None:
    """Record a refusal for good."""
    letter = _attempt(session, letter_id, attempts)
    if letter is not None:
        settle(letter, "failed", fault=fault, answer=answer)
        tell_of_failure(session, letter, now=now)


def put_off(
    session: AnySession, letter_id: int, attempts: int, *, fault: str, answer: str, is_refused: bool, now: datetime
) -> None:
    """Try the letter again later, at growing distances.

    Where the server refuses it for the time being, that ends three days after the first refusal. Where there is no
    server to be had, it never ends: that says nothing of the letter.
    """
    letter = _attempt(session, letter_id, attempts)
    if letter is None:
        return
    if is_refused:
        letter.first_refused_at = letter.first_refused_at or now
        if now - letter.first_refused_at > LAST_TRY:
            settle(letter, "failed", fault=fault, answer=answer)
            tell_of_failure(session, letter, now=now)
            return
    letter.state, letter.fault, letter.answer = "queued", fault, answer[:300]
    letter.due_at = now + min(FIRST_WAIT * 2 ** min(letter.attempts - 1, 12), LONGEST_WAIT)


def list_lost(session: AnySession, *, now: datetime) -> list[Lost]:
    """Return the letters whose sending began so long ago that nobody can still be at it."""
    query = select(
        OutboxLetter.id, OutboxLetter.attempts, OutboxLetter.kind, OutboxLetter.message_id, OutboxLetter.claimed_at
    ).where(OutboxLetter.state == "sending", OutboxLetter.claimed_at < now - LEASE)
    return [
        Lost(number, attempts, kind, message_id, claimed_at)
        for number, attempts, kind, message_id, claimed_at in session.execute(query.order_by(OutboxLetter.id))
        if claimed_at is not None
    ]


def settle_lost(session: AnySession, lost: Lost, *, found: bool | None, now: datetime) -> None:
    """Decide on a letter that was lost in sending: `found` is whether it went out, None where nobody can say.

    Then one that must not come twice waits for a person; any other is sent once more under its Message-ID, by which mail
    programs know it as the same, and waits for a person when that breaks too.
    """
    letter = _attempt(session, lost.id, lost.attempts)
    if letter is None:
        return
    if found:
        settle(letter, "sent", answer="found in the journal")
        letter.sent_at = lost.claimed_at
    elif found is None and (letter.kind in ONCE_ONLY or letter.repeats):
        letter.state, letter.fault = "unknown", letter.fault or "broken-off"
    else:
        letter.state, letter.due_at = "queued", now
        letter.repeats += found is None


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
