"""To whom a transmittal goes: a letter to each address of the chosen bodies, by link or with the files; what was taken."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from consult.catalogues import when
from consult.errors import Invalid, NotFound, Refused
from consult.letters import write_letter
from consult.models import Body, OutboxAttachment, OutboxLetter, Transmittal, TransmittalDownload, TransmittalRecipient
from consult.phrases import say
from consult.rules.permissions import NOT_THERE, Actor
from consult.services import audit, bodies, consulted, outbox, packages, transmittals
from consult.services.packages import Packed, Replaced
from consult.services.people import digest
from consult.storage import Storage
from consult.unit_of_work import AnySession

KIND = "transmittal"
MEGABYTE = 1024 * 1024
GROWTH = 1.38  # of a file in a mail: four letters for three bytes, and line breaks
NOT_ATTACHED = (packages.MANIFEST, packages.CONFIRMATION)  # for programs; people get what says the same in words


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings say of letters with a transmittal."""

    base_url: str
    link_days: int
    largest_letter: int


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a letter is for."""

    email: str
    name: str


# ---- sending --------------------------------------------------------------------------------------------------------


def list_recipients(session: AnySession, transmittal: Transmittal) -> list[TransmittalRecipient]:
    """Return to whom a transmittal was sent, by body, with letters and downloads."""
    query = select(TransmittalRecipient).where(TransmittalRecipient.transmittal_id == transmittal.id)
    letter = joinedload(TransmittalRecipient.letter, innerjoin=True)
    query = query.options(letter.lazyload(OutboxLetter.attachments))
    return list(session.scalars(query.order_by(TransmittalRecipient.name, TransmittalRecipient.id)))


def is_live(recipient: TransmittalRecipient, now: datetime) -> bool:
    """Return whether somebody has, or is getting, what was sent there: then it is not sent there again."""
    is_open = recipient.expires_at is None or now < recipient.expires_at
    return is_open and recipient.revoked_at is None and recipient.letter.state not in ("failed", "cancelled")


def list_open_bodies(session: AnySession, recipients: Sequence[TransmittalRecipient], now: datetime) -> list[Body]:
    """Return the bodies a transmittal can still be sent to."""
    reached = _reached(recipients, now)
    return [b for b in bodies.list_bodies(session, only_active=True) if not set(b.addresses) <= reached[b.id]]


def _reached(recipients: Sequence[TransmittalRecipient], now: datetime) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for recipient in recipients:
        if is_live(recipient, now):
            found[recipient.body_id].add(recipient.email)
    return found


def send(
    session: AnySession,
    storage: Storage,
    transmittal: Transmittal,
    chosen: Collection[int],
    *,
    limits: Limits,
    by: Actor,
    now: datetime,
) -> int:
    """Put a letter to each address of the chosen bodies into the outbox; return how many.

    Whoever has it already gets none. 0 is returned, and the transmittal is void, where what it was made of has changed.
    Raises Refused unless a second person has confirmed it, Invalid when nobody is chosen or a letter would be too large.
    """
    if transmittal.state not in ("confirmed", "sent") or transmittal.confirmed_by_id in (
        None, transmittal.prepared_by_id,
    ):  # fmt: skip
        raise Refused(say("A transmittal is sent when a second person has confirmed it."), "not-confirmed")
    if transmittals.end_if_changed(session, transmittal, by=by, now=now):
        return 0
    before = list_recipients(session, transmittal)
    reached = _reached(before, now)
    wanted = [(b, email) for b in bodies.list_chosen(session, chosen) for email in b.addresses
              if email not in reached[b.id]]  # fmt: skip
    if not wanted:
        raise Invalid(say("Choose at least one body to which this has not gone yet."), "nobody-chosen")
    _check_size(transmittal, [body for body, _ in wanted], limits)
    lead = consulted.leading_names(session, transmittal.round)
    for body, email in wanted:
        number = 1 + sum(1 for r in before if (r.body_id, r.email) == (body.id, email))
        _write(session, storage, transmittal, body, email, number, lead=lead, limits=limits, now=now)
    transmittals.mark_sent(session, transmittal, len(wanted), by=by, now=now)
    return len(wanted)


def _check_size(transmittal: Transmittal, chosen: Sequence[Body], limits: Limits) -> None:
    size = sum(file.size for file in transmittal.files if file.name not in NOT_ATTACHED) * GROWTH
    for body in chosen:
        if body.delivery != "links" and size > limits.largest_letter:
            raise Invalid(
                say(
                    "The files would make a letter of %(size)s MB to %(name)s; letters may have at most %(most)s MB. "
                    "Nothing was sent. Let the administrator set this body to links, or choose others.",
                    size=f"{size / MEGABYTE:.1f}",
                    name=body.name,
                    most=f"{limits.largest_letter / MEGABYTE:.0f}",
                ),
                "letter-too-large",
            )


def _write(
    session: AnySession, storage: Storage, transmittal: Transmittal, body: Body, email: str, number: int, *, lead: str,
    limits: Limits, now: datetime,
) -> None:  # fmt: skip
    token = secrets.token_urlsafe(32) if body.delivery != "files" else ""
    until = now + timedelta(days=limits.link_days) if token else None
    attached = _attachments(transmittal) if body.delivery != "links" else []
    zone = transmittal.round.deadline.zone if transmittal.round.deadline else "UTC"
    letter = write_letter(
        KIND,
        {
            "name": body.name,
            "lead": lead,
            "title": transmittal.round.consultation.title,
            "symbol": transmittal.symbol,
            "language_line": transmittal.language_line,
            "mark": transmittal.mark,
            "replaces": packages.replaces(replaced_by(transmittal), zone, body.language),
            "digest": transmittal.package_sha256,
            "attached": [file.name for file in attached],
            "link": f"{limits.base_url.rstrip('/')}/transmitted/{token}" if token else "",
            "until": when(until, zone, body.language) if until else "",
        },
        body.language,
    )
    posted = outbox.post(
        session, letter=letter, to=Addressee(email, body.name), base_url=limits.base_url, now=now,
        key=f"{KIND}:{transmittal.round_id}:t{transmittal.id}:{body.id}:{digest(email)[:16]}:{number}",
        round_id=transmittal.round_id, attachments=attached, read=storage.read,
    )  # fmt: skip
    session.add(
        TransmittalRecipient(
            transmittal_id=transmittal.id, body_id=body.id, number=number, name=body.name, email=email,
            delivery=body.delivery, letter_id=posted.id, token_digest=digest(token) if token else None, expires_at=until,
            created_at=now,
        )
    )  # fmt: skip
    session.flush()


def _attachments(transmittal: Transmittal) -> list[OutboxAttachment]:
    files = [file for file in transmittal.files if file.name not in NOT_ATTACHED]
    return [
        OutboxAttachment(position=n, name=file.name, media_type=file.media_type, sha256=file.sha256)
        for n, file in enumerate(files)
    ]


def replaced_by(transmittal: Transmittal) -> Replaced | None:
    """Return what a transmittal takes the place of, or None."""
    old = transmittal.replaces
    if old is None or old.sent_at is None:
        return None
    return Replaced(old.number, old.symbol, old.sent_at, old.package_sha256)


# ---- links ----------------------------------------------------------------------------------------------------------


def get_by_token(session: AnySession, token: str, *, now: datetime) -> TransmittalRecipient:
    """Return for whom a link is. Raises NotFound for no such link, Refused for one that has expired or was revoked."""
    query = select(TransmittalRecipient).where(TransmittalRecipient.token_digest == digest(token))
    found = session.scalars(query.options(joinedload(TransmittalRecipient.transmittal))).first()
    if found is None:
        raise NotFound(NOT_THERE)
    if found.revoked_at is not None:
        raise Refused(say("This link was taken back. Ask whoever sent it for a new one."), "revoked")
    if found.expires_at is not None and now >= found.expires_at:
        raise Refused(say("This link has expired. Ask whoever sent it for a new one."), "expired")
    return found


def take_file(
    session: AnySession, storage: Storage, recipient: TransmittalRecipient, name: str, *, now: datetime
) -> Packed:
    """Return a file for whoever has the link, and record that it was taken. Raises NotFound for no such file."""
    file = transmittals.get_file(session, storage, recipient.transmittal, name)
    session.add(TransmittalDownload(recipient_id=recipient.id, name=name, sha256=file.sha256, at=now))
    audit.record(
        session, by=Actor(None, name=f"recipient:{recipient.id}"), action="transmittal.download",
        object_kind="transmittal", object_id=recipient.transmittal_id, now=now,
        round=recipient.transmittal.round_id, file=file.sha256,
    )  # fmt: skip
    return file


def revoke(
    session: AnySession, transmittal: Transmittal, recipient_id: int, *, by: Actor, now: datetime
) -> TransmittalRecipient:
    """Take a link back: it opens nothing from the next request on. A letter that has not gone out is not sent any more."""
    query = select(TransmittalRecipient).where(
        TransmittalRecipient.id == recipient_id, TransmittalRecipient.transmittal_id == transmittal.id
    )
    found = session.scalars(query.with_for_update()).first()
    if found is None:
        raise NotFound(NOT_THERE)
    if found.revoked_at is None:
        found.revoked_at = now
        if found.letter.state == "queued":
            outbox.settle(found.letter, "cancelled")
        audit.record(
            session, by=by, action="transmittal.revoke", object_kind="transmittal", object_id=transmittal.id, now=now,
            round=transmittal.round_id, recipient=found.id,
        )  # fmt: skip
    return found


def revoke_all(session: AnySession, *, now: datetime) -> None:
    """Make every link useless: after a restore one that had been taken back would open again. Letters can be sent anew."""
    table = TransmittalRecipient
    session.execute(
        update(table).where(table.revoked_at.is_(None), table.token_digest.is_not(None)).values(revoked_at=now)
    )
