"""The worker's letters: each is claimed, sent and marked in transactions of its own; what a crash left open is looked up."""

from datetime import datetime, timedelta

import structlog

from consult import clock
from consult.journal import Journal, JournalAway
from consult.mail import InDoubt, PermanentRefusal, Send, ServerAway, Undelivered
from consult.models import OutboxLetter
from consult.services import outbox
from consult.services.outbox import Lost
from consult.unit_of_work import AnySession, unit_of_work

log = structlog.get_logger()
SETTLES_IN = timedelta(minutes=30)


def deliver_due_letters(
    session: AnySession, send: Send, journal: Journal | None = None, settles_in: timedelta = SETTLES_IN
) -> int:
    """Send what is due and return how many letters went out; while letters are frozen only sign-in links.

    Safe in any number of processes. When the mail server is away the rest waits for the next time.
    """
    settle_lost_letters(session, journal, settles_in)
    sent = 0
    while (letter := _claim(session)) is not None:
        failure = _try(send, letter)
        _record(session, letter, failure)
        sent += failure is None
        if isinstance(failure, ServerAway):
            log.error("mail server", fault=failure.fault)
            break
    return sent


def _claim(session: AnySession) -> OutboxLetter | None:
    with unit_of_work(session) as now:
        letter = outbox.claim_letter(session, now=now)
        if letter is not None:
            session.expunge(letter)
    return letter


def _try(send: Send, letter: OutboxLetter) -> Undelivered | None:
    try:
        send(letter)
    except Undelivered as failure:
        return failure
    return None


def _record(session: AnySession, letter: OutboxLetter, failure: Undelivered | None) -> None:
    """Record how an attempt ended. A letter in doubt stays "sending" until its lease is over, then it is looked up."""
    with unit_of_work(session) as now:
        if failure is None:
            outbox.mark_sent(session, letter.id, letter.attempts, now=now)
            return
        why = {"fault": failure.fault, "answer": failure.answer}
        if isinstance(failure, InDoubt):
            outbox.note(session, letter.id, letter.attempts, **why)
        elif isinstance(failure, PermanentRefusal):
            outbox.fail(session, letter.id, letter.attempts, **why, now=now)
        else:
            is_refused = not isinstance(failure, ServerAway)
            outbox.put_off(session, letter.id, letter.attempts, **why, is_refused=is_refused, now=now)


def settle_lost_letters(session: AnySession, journal: Journal | None, settles_in: timedelta) -> None:
    """Decide on letters that were being sent when something broke, by what the journal says of them.

    A journal that cannot be read decides nothing, and one in which a letter may still appear is asked again later.
    """
    now = clock.now()
    lost = outbox.list_lost(session, now=now)
    session.rollback()
    for letter in lost:
        try:
            found = _look_up(journal, letter, now - settles_in)
        except JournalAway as away:
            log.error("journal", kind=str(away))
            return
        if found is not None or not _has_journal(journal, letter):
            with unit_of_work(session) as instant:
                outbox.settle_lost(session, letter, found=found, now=instant)


def _has_journal(journal: Journal | None, letter: Lost) -> bool:
    return journal is not None and (journal.has_keys or letter.kind not in outbox.KEYS)


def _look_up(journal: Journal | None, letter: Lost, settled_before: datetime) -> bool | None:
    """Return whether the letter went out; None when nobody can say, or not yet."""
    if journal is None or not _has_journal(journal, letter):
        return None
    if journal.has(letter.message_id, letter.claimed_at):
        return True
    return False if letter.claimed_at < settled_before else None
