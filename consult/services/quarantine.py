"""Mails that wait for the lead: doubtful ones, and those that came too late. The lead takes them in or puts them aside."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from consult.errors import Invalid, NotFound, Refused
from consult.models import Organisation, OutboxLetter, Person, ReceivedMail, Round
from consult.phrases import say
from consult.rules.permissions import COMMENTING, Actor
from consult.services import audit, invitations, received_mails, troubles
from consult.services.files import read_file
from consult.services.visibility import is_open_for
from consult.storage import Storage
from consult.unit_of_work import AnySession

MOST_SHOWN = 100
WHY: Mapping[str, str] = {
    "unclear-sender": say("Its header does not plainly say who sent it."),
    "unknown-sender": say("It carries a key of this round, but comes from an address that nobody here has."),
    "other-key": say("It comes from a person whose own key it does not carry, or it carries several keys."),
    "not-authentic": say("The mail server says that it does not come from where it says (DMARC)."),
    "not-asked": say("Its sender may not write comments for any organisation of this round."),
    "several": say("Its sender acts for several organisations of this round."),
    "other-kind": say("This round asks for objections, which are given on its page and not by mail."),
    "too-large": say("It is too large. Only its beginning is kept here; the whole of it lies in the mailbox."),
    "too-many": say("Its sender has sent more than twenty mails within an hour."),
    "unreadable": say("Reading it came to no end."),
    "late": say("It came after the deadline."),
}


def _waits(round_: Round) -> ColumnElement[bool]:
    """Return the filter for the mails of a round that wait for the lead."""
    return and_(ReceivedMail.round_id == round_.id, ReceivedMail.state.in_(("quarantined", "late")))


def count_waiting(session: AnySession, round_: Round, *, now: datetime) -> tuple[int, int]:
    """Return what waits for the lead: its own letters that are in trouble, and mails to the round. One query for both."""
    letters = select(func.count()).select_from(OutboxLetter).where(troubles.in_trouble_of(round_, now))
    mails = select(func.count()).select_from(ReceivedMail).where(_waits(round_))
    row = session.execute(select(letters.scalar_subquery(), mails.scalar_subquery())).one()
    return row[0], row[1]


def list_of_round(session: AnySession, round_: Round) -> list[ReceivedMail]:
    """Return the mails of a round that wait for the lead, the latest first."""
    query = select(ReceivedMail).where(_waits(round_)).order_by(ReceivedMail.received_at.desc(), ReceivedMail.id)
    return list(session.scalars(query.limit(MOST_SHOWN)))


def list_askable(session: AnySession, round_: Round) -> list[Organisation]:
    """Return the organisations that a mail may be taken in for, by name."""
    return invitations.organisations_with(session, round_, COMMENTING)


def get_waiting(session: AnySession, round_: Round, mail_id: int) -> ReceivedMail:
    """Return a mail of the round that waits for the lead. Raises NotFound for any other."""
    query = select(ReceivedMail).where(_waits(round_), ReceivedMail.id == mail_id)
    found = session.scalars(query.with_for_update()).first()
    if found is None:
        raise NotFound(say("There is no such mail, or somebody has decided on it meanwhile."))
    return found


def read_raw(session: AnySession, storage: Storage, mail: ReceivedMail) -> bytes:
    """Return a mail as it came."""
    return read_file(session, storage, mail.file_sha256)


def take_in(
    session: AnySession, round_: Round, mail: ReceivedMail, organisation_id: int, *, by: Actor, now: datetime
) -> Organisation:
    """Have a mail read for an organisation. What is found waits for that organisation, as if it had sent it itself.

    Raises Refused where the round is closed, only the beginning of the mail is here, or nobody could confirm it; Invalid
    for an organisation that is not asked.
    """
    organisation = next((o for o in list_askable(session, round_) if o.id == organisation_id), None)
    if organisation is None:
        raise Invalid(say("Choose for which organisation the mail is to be taken in."), "no-organisation")
    if round_.kind != "comments":
        raise Refused(WHY["other-kind"], "other-kind")
    if not mail.is_whole:
        raise Refused(say("Only the beginning of this mail is here. Ask its sender for a smaller one."), "too-large")
    if not is_open_for(round_, organisation.id, now):
        raise Refused(
            say(
                "The round is closed, so its organisation could not hand in what is in this mail. Give it more time first."
            ),
            "closed",
        )
    reader = _reader(session, mail, organisation)
    mail.person_id, mail.taken_in_at = reader.id, now
    received_mails.begin_reading(session, mail, round_, organisation.id, by=reader, now=now)
    audit.record(
        session, by=by, action="mail.take-in", object_kind="mail", object_id=mail.id, now=now,
        organisation=organisation.id, reason=mail.reason,
    )  # fmt: skip
    return organisation


def _reader(session: AnySession, mail: ReceivedMail, organisation: Organisation) -> Person:
    """Return who is told what was found: the sender, if of the organisation, else its first focal point."""
    found = invitations.people_of(session, organisation)
    sender = [person for person in found if person.id == mail.person_id]
    focal = [
        p
        for p in found
        if any(a.organisation_id == organisation.id and a.role == "focal point" for a in p.appointments)
    ]
    if not found:
        raise Refused(say("Nobody is registered for this organisation, so nobody could confirm it."), "nobody")
    return (sender or focal or found)[0]


def discard(
    session: AnySession, round_: Round, mail: ReceivedMail, *, by: Actor, person: Person, now: datetime
) -> None:
    """Put a mail aside. It stays on record as it came, and nothing of it becomes a comment."""
    mail.state, mail.settled_at, mail.settled_by_id = "discarded", now, person.id
    audit.record(
        session, by=by, action="mail.discard", object_kind="mail", object_id=mail.id, now=now,
        reason=mail.reason, file=mail.file_sha256,
    )  # fmt: skip
    session.flush()
