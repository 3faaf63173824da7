"""Letters in trouble: which did not arrive, what can be done, and what a person decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from consult.bounces import Bounce
from consult.errors import NotFound, Refused
from consult.models import Organisation, OutboxLetter, Round
from consult.phrases import say
from consult.rules.faults import FAULTS
from consult.rules.permissions import Actor
from consult.services import audit, outbox
from consult.services.outbox import KEYS, OF_THE_LEAD
from consult.unit_of_work import AnySession

LATE = timedelta(hours=1)
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Trouble:
    """A letter that failed, is in doubt or is late, for whom it was, why in a sentence, and whether it can be sent again."""

    letter: OutboxLetter
    organisation: Organisation | None
    why: str
    may_send_again: bool


def _in_trouble(now: datetime) -> ColumnElement[bool]:
    late = and_(OutboxLetter.state.in_(("queued", "sending")), OutboxLetter.created_at < now - LATE)
    return or_(OutboxLetter.state.in_(("failed", "unknown")), late)


def _of_round(round_: Round) -> ColumnElement[bool]:
    return and_(OutboxLetter.round_id == round_.id, OutboxLetter.kind.in_(OF_THE_LEAD))


def in_trouble_of(round_: Round, now: datetime) -> ColumnElement[bool]:
    """Return the filter for the lead's own letters in a round that are in trouble."""
    return and_(_of_round(round_), _in_trouble(now))


def list_of_round(session: AnySession, round_: Round, *, now: datetime) -> list[Trouble]:
    """Return the lead's own letters in a round that are in trouble.

    What an organisation writes to its own people, such as a part given to a colleague, is nothing of the lead's.
    """
    return _list(session, _of_round(round_), now)


def list_all(session: AnySession, *, now: datetime) -> list[Trouble]:
    """Return all letters that are in trouble, for the administrator; of an organisation's own only what did not arrive."""
    is_shown = or_(OutboxLetter.kind != "delegation", OutboxLetter.state.in_(("failed", "unknown")))
    return _list(session, is_shown, now)


def _list(session: AnySession, of_whom: ColumnElement[bool], now: datetime) -> list[Trouble]:
    query = select(OutboxLetter).where(of_whom, _in_trouble(now)).order_by(OutboxLetter.state, OutboxLetter.id)
    letters = list(session.scalars(query.limit(MOST_SHOWN)))
    organisations = _organisations(session, letters)
    is_frozen = bool(letters) and outbox.find_freeze(session) is not None
    return [
        Trouble(letter, organisations.get(organisation_of(letter)), _why(letter, is_frozen), _may_send_again(letter))
        for letter in letters
    ]


def organisation_of(letter: OutboxLetter) -> int:
    """Return the number of the organisation a letter of a round is for; its key names it third. 0 for none."""
    parts = letter.key.split(":")
    return int(parts[2]) if letter.kind in OF_THE_LEAD and len(parts) > 3 and parts[2].isdigit() else 0


def _organisations(session: AnySession, letters: Sequence[OutboxLetter]) -> dict[int, Organisation]:
    numbers = {organisation_of(letter) for letter in letters}
    return {o.id: o for o in session.scalars(select(Organisation).where(Organisation.id.in_(numbers)))}


def reason_of(letter: OutboxLetter) -> str:
    """Return in a sentence why a letter failed."""
    return FAULTS[letter.fault or "broken-off"]


def _why(letter: OutboxLetter, is_frozen: bool) -> str:
    if letter.fault:
        return reason_of(letter)
    if is_frozen and letter.state == "queued":
        return say("Letters are held back since the restoring of a backup.")
    return say("It waits for the worker.") if letter.state in ("queued", "sending") else FAULTS["broken-off"]


def _may_send_again(letter: OutboxLetter) -> bool:
    return letter.state in ("failed", "unknown") and bool(letter.text)


def get_of_round(session: AnySession, round_: Round, letter_id: int) -> OutboxLetter:
    """Return one of the lead's own letters in a round. Raises NotFound for any other."""
    query = select(OutboxLetter).where(OutboxLetter.id == letter_id, _of_round(round_))
    found = session.scalars(query.with_for_update()).first()
    if found is None:
        raise NotFound(say("There is no such letter."))
    return found


def decide(session: AnySession, letter_id: int, act: str, *, by: Actor, now: datetime) -> OutboxLetter:
    """Do what a person decided on a letter: send it again, know that it arrived, or let it go.

    Raises NotFound for no such letter or act, Refused when the letter is no longer in that kind of trouble.
    """
    acts = {"again": send_again, "arrived": confirm_arrival, "let go": let_go}
    if act not in acts:
        raise NotFound(say("There is no such act."))
    return acts[act](session, letter_id, by=by, now=now)


def send_again(session: AnySession, letter_id: int, *, by: Actor, now: datetime) -> OutboxLetter:
    """Send a letter once more, under its Message-ID, to the address it was written to."""
    letter = _letter(session, letter_id, "failed", "unknown")
    if letter.kind in KEYS and not letter.text:
        raise Refused(say("This letter carried a key, which is not kept. A new one must be asked for."), "no-text")
    letter.state, letter.due_at, letter.first_refused_at, letter.repeats = "queued", now, None, 0
    letter.fault = letter.answer = ""
    letter.returned_at = None
    return _recorded(session, letter, "letter.send-again", by, now)


def confirm_arrival(session: AnySession, letter_id: int, *, by: Actor, now: datetime) -> OutboxLetter:
    """Take a person's word that a letter in doubt has arrived."""
    letter = _letter(session, letter_id, "unknown")
    outbox.settle(letter, "sent", answer="confirmed by a person")
    letter.sent_at = letter.claimed_at or now
    return _recorded(session, letter, "letter.confirm", by, now)


def let_go(session: AnySession, letter_id: int, *, by: Actor, now: datetime) -> OutboxLetter:
    """Leave a letter that failed as it is: its reader was told in another way."""
    letter = _letter(session, letter_id, "failed")
    outbox.settle(letter, "cancelled", fault=letter.fault, answer=letter.answer)
    return _recorded(session, letter, "letter.let-go", by, now)


def _letter(session: AnySession, letter_id: int, *states: str) -> OutboxLetter:
    letter = session.scalars(select(OutboxLetter).where(OutboxLetter.id == letter_id).with_for_update()).first()
    if letter is None:
        raise NotFound(say("There is no such letter."))
    if letter.state not in states:
        raise Refused(say("Somebody has decided on this letter meanwhile, or it has gone out."), "settled")
    return letter


def _recorded(session: AnySession, letter: OutboxLetter, action: str, by: Actor, now: datetime) -> OutboxLetter:
    audit.record(session, by=by, action=action, object_kind="letter", object_id=letter.id, now=now)
    session.flush()
    return letter


def take_bounce(session: AnySession, bounce: Bounce, *, now: datetime) -> OutboxLetter | None:
    """Record what a mail server reports of a letter, and return the letter; None where the report is about none of ours.

    A letter that comes back has failed, even if it was sent; one that only is late is still on its way. The report must
    name the letter's own recipient: anybody can send something that looks like one.
    """
    query = select(OutboxLetter).where(OutboxLetter.message_id == bounce.message_id)
    letter = session.scalars(query.with_for_update()).first() if bounce.message_id else None
    if letter is None or bounce.recipient != letter.recipient.lower() or letter.state == "cancelled":
        return None
    if bounce.action == "failed" and letter.returned_at is None:
        outbox.settle(letter, "failed", fault="returned", answer=f"{bounce.status} {bounce.said}".strip())
        letter.returned_at = now
        outbox.tell_of_failure(session, letter, now=now)
    elif bounce.action in ("delivered", "relayed", "expanded") and letter.state in ("sending", "unknown"):
        outbox.settle(letter, "sent", answer="confirmed by the mail server")
        letter.sent_at = letter.claimed_at or now
    session.flush()
    return letter
