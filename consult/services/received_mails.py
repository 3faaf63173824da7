"""Mails that came in: kept as they came, then sorted: for whom, from whom, in time, or for a person to look at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, cast, func, literal, select

from consult.bounces import read_bounces
from consult.envelopes import Envelope, body_digest, read_envelope
from consult.models import Appointment, Job, Participation, Person, ReceivedMail, Round
from consult.replying import find_keys, is_key
from consult.rules.permissions import COMMENTING, WORKER
from consult.services import audit, people, received_reports, troubles
from consult.services.files import keep_file, read_file
from consult.services.jobs import MAIL, ask_for
from consult.services.visibility import is_open_for
from consult.storage import Storage
from consult.unit_of_work import AnySession

MEDIA_TYPE = "message/rfc822"
MOST_IN_AN_HOUR = 20  # mails of one person that are taken in; more than that wait for the lead
HOUR = timedelta(hours=1)
ANSWERED_WHEN_DOUBTFUL = frozenset(
    ("other-key", "several", "not-asked", "other-kind", "too-large")
)  # the sender's address is plain


@dataclass(frozen=True, slots=True)
class Desk:
    """What sorting needs to know of this instance: the address answers come to, its secret, and where its pages are."""

    reply_address: str
    own_addresses: frozenset[str]
    secret: str
    base_url: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mail belongs: whose key it carries, of which round."""

    person: Person
    round: Round


def keep(
    session: AnySession,
    storage: Storage,
    *,
    mailbox: str,
    raw: bytes,
    is_whole: bool,
    arrived_at: datetime | None,
    now: datetime,
) -> ReceivedMail:
    """Keep a mail as it came, and return its row. The same mail of a mailbox twice is the same row."""
    envelope, digest = read_envelope(raw), body_digest(raw)
    found = session.scalars(
        select(ReceivedMail).where(
            ReceivedMail.mailbox == mailbox,
            ReceivedMail.message_id == envelope.message_id,
            ReceivedMail.body_sha256 == digest,
        )
    ).first()
    if found is not None:
        return found
    stored = keep_file(session, storage, data=raw, media_type=MEDIA_TYPE, now=now)
    mail = ReceivedMail(
        mailbox=mailbox,
        message_id=envelope.message_id,
        body_sha256=digest,
        file_sha256=stored.sha256,
        is_whole=is_whole,
        sender=envelope.sender or envelope.shown,
        subject=envelope.subject,
        authentication=envelope.authentication,
        received_at=now,
        arrived_at=arrived_at,
    )
    session.add(mail)
    session.flush()
    return mail


def list_new(session: AnySession, limit: int) -> list[int]:
    """Return the numbers of mails that nobody has sorted yet, the oldest first."""
    query = select(ReceivedMail.id).where(ReceivedMail.state == "new")
    return list(session.scalars(query.order_by(ReceivedMail.received_at, ReceivedMail.id).limit(limit)))


def sort(session: AnySession, storage: Storage, mail_id: int, desk: Desk, *, now: datetime) -> ReceivedMail | None:
    """Decide what becomes of a mail; return it, or None where another worker has done so.

    It is taken in only if it carries the key of a person in a round and comes plainly from that person's own address. A
    mail that a machine sent is never answered and never becomes a comment.
    """
    query = select(ReceivedMail).where(ReceivedMail.id == mail_id, ReceivedMail.state == "new")
    mail = session.scalars(query.with_for_update(skip_locked=True)).first()
    if mail is None:
        return None
    raw = read_file(session, storage, mail.file_sha256)
    envelope = read_envelope(raw)
    sender = people.find_person(session, envelope.sender) if envelope.sender else None
    sender = sender if sender is not None and sender.is_active else None
    places = _places(session, find_keys(desk.reply_address, envelope.for_whom), desk.secret)
    mail.person_id = sender.id if sender is not None else None
    mail.round_id = places[0].round.id if places else None
    mail.may_be_answered = not envelope.wants_no_answer and not received_reports.is_any(session, envelope.answers)
    if envelope.automatic or envelope.sender in desk.own_addresses:
        _settle(mail, "automatic", envelope.automatic or "own")
        _take_bounces(session, raw, now)
    elif not places:
        _settle(mail, "unplaced", "no-key")
        received_reports.tell(session, mail, base_url=desk.base_url, now=now)
    else:
        _place(session, mail, envelope, sender, places, desk, now)
    session.flush()
    audit.record(
        session, by=WORKER, action="mail.sort", object_kind="mail", object_id=mail.id, now=now,
        state=mail.state, reason=mail.reason, file=mail.file_sha256,
    )  # fmt: skip
    return mail


def _settle(mail: ReceivedMail, state: str, reason: str) -> None:
    mail.state, mail.reason = state, reason


def _take_bounces(session: AnySession, raw: bytes, now: datetime) -> None:
    for bounce in read_bounces(raw):
        troubles.take_bounce(session, bounce, now=now)


def _places(session: AnySession, keys: tuple[str, ...], secret: str) -> list[_Place]:
    """Return the persons and rounds of these keys, in the order of the mail. Keys of finished rounds open nothing."""
    if not keys:
        return []
    pairs = (
        select(Person.id, Round.id)
        .join(Appointment, Appointment.person_id == Person.id)
        .join(Participation, Participation.organisation_id == Appointment.organisation_id)
        .join(Round, Round.consultation_id == Participation.consultation_id)
        .where(Person.is_active, Round.circulated_at.is_not(None), Round.stage != "decided")
        .distinct()
    )
    candidates = [(person_id, round_id) for person_id, round_id in session.execute(pairs)]
    found = [pair for key in keys for pair in candidates if is_key(key, secret, *pair)]
    return [_Place(session.get_one(Person, person), session.get_one(Round, round_)) for person, round_ in found]


def _place(
    session: AnySession,
    mail: ReceivedMail,
    envelope: Envelope,
    sender: Person | None,
    places: list[_Place],
    desk: Desk,
    now: datetime,
) -> None:
    """Take a mail with a key in, or let it wait for the lead; one that came too late is kept as that."""
    doubt = _doubt(envelope, sender, places)
    asked = _organisations(session, sender, places[0].round) if sender is not None else []
    if not doubt:
        doubt = "" if len(asked) == 1 else ("several" if asked else "not-asked")
    if not doubt and places[0].round.kind != "comments":
        doubt = "other-kind"
    if not doubt and not mail.is_whole:
        doubt = "too-large"
    if not doubt and _is_flood(session, mail, now):
        doubt = "too-many"
    if doubt or sender is None:
        _settle(mail, "quarantined", doubt)
        if doubt in ANSWERED_WHEN_DOUBTFUL:
            received_reports.tell(session, mail, base_url=desk.base_url, now=now)
        return
    mail.organisation_id = asked[0]
    if not is_open_for(places[0].round, asked[0], mail.received_at):
        _settle(mail, "late", "late")
        received_reports.tell(session, mail, base_url=desk.base_url, now=now)
        return
    begin_reading(session, mail, places[0].round, asked[0], by=sender, now=now)


def _doubt(envelope: Envelope, sender: Person | None, places: list[_Place]) -> str:
    """Return our word for why it is not plain who sent this, "" where it is."""
    if not envelope.sender:
        return "unclear-sender"
    if sender is None:
        return "unknown-sender"
    if envelope.dmarc == "fail":
        return "not-authentic"
    return "" if {place.person.id for place in places} == {sender.id} and len(places) == 1 else "other-key"


def _organisations(session: AnySession, person: Person, round_: Round) -> list[int]:
    """Return the organisations a person may comment for in a round."""
    query = select(Participation.organisation_id).where(
        Participation.consultation_id == round_.consultation_id, Participation.place.in_(COMMENTING)
    )
    return sorted(people.actor_of(person).writes_for & set(session.scalars(query)))


def _is_flood(session: AnySession, mail: ReceivedMail, now: datetime) -> bool:
    query = select(func.count()).select_from(ReceivedMail).where(
        ReceivedMail.person_id == mail.person_id, ReceivedMail.received_at > now - HOUR, ReceivedMail.id != mail.id
    )  # fmt: skip
    return (session.scalar(query) or 0) >= MOST_IN_AN_HOUR


def begin_reading(
    session: AnySession, mail: ReceivedMail, round_: Round, organisation_id: int, *, by: Person, now: datetime
) -> None:
    """Have the worker look into a mail, for an organisation."""
    _settle(mail, "reading", "")
    mail.organisation_id = organisation_id
    ask_for(
        session, kind=MAIL, round_=round_, key=f"mail:{mail.id}", by=by, organisation_id=organisation_id,
        facts={"mail_id": mail.id}, now=now,
    )  # fmt: skip


def settle_unread(session: AnySession) -> int:
    """Let mails whose reading came to no end wait for the lead; return how many those are."""
    its_job = select(Job.id).where(Job.key == literal("mail:") + cast(ReceivedMail.id, String)).exists()
    query = select(ReceivedMail).where(ReceivedMail.state == "reading", ~its_job)
    unread = list(session.scalars(query.with_for_update(skip_locked=True)))
    for mail in unread:
        _settle(mail, "quarantined", "unreadable")
    session.flush()
    return len(unread)
