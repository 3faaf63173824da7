"""Deadlines in people's own calendars: a feed under a secret address, and invitations that letters carry.

Nothing of a text stands in them: which consultation, until when, and the address of its page. A feed has the rounds that
exist for its person at this moment, by the same predicates as the pages.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select, update

from consult.catalogues import SOURCE, say_in, when
from consult.models import CalendarFeed, Extension, Organisation, Participation, Person, Round
from consult.phrases import say
from consult.rules.calendar_files import Entry, write_feed, write_invitation
from consult.rules.no_objections import NO_OBJECTION
from consult.rules.permissions import COMMENTING, LEADING, Actor
from consult.services import audit
from consult.services.people import actor_of, digest
from consult.services.visibility import extended_until, list_rounds
from consult.unit_of_work import AnySession

SHOWN_AFTER = timedelta(days=90)  # a round that is closed stays in the feed for so long


# ---- the address ----------------------------------------------------------------------------------------------------


def find_feed(session: AnySession, person_id: int) -> CalendarFeed | None:
    """Return the feed a person has, or None."""
    query = select(CalendarFeed).where(CalendarFeed.person_id == person_id, CalendarFeed.revoked_at.is_(None))
    return session.scalars(query.order_by(CalendarFeed.id.desc()).limit(1)).first()


def renew_feed(session: AnySession, person: Person, *, base_url: str, by: Actor, now: datetime) -> str:
    """Give a person a new address, which is told this once; the one before ends."""
    _revoke(session, person, now)
    token = secrets.token_urlsafe(32)
    session.add(CalendarFeed(person_id=person.id, token_digest=digest(token), created_at=now))
    audit.record(session, by=by, action="calendar.renew", object_kind="person", object_id=person.id, now=now)
    return f"{base_url.rstrip('/')}/calendar/{token}.ics"


def revoke_feed(session: AnySession, person: Person, *, by: Actor, now: datetime) -> None:
    """End a person's address."""
    _revoke(session, person, now)
    audit.record(session, by=by, action="calendar.revoke", object_kind="person", object_id=person.id, now=now)


def _revoke(session: AnySession, person: Person, now: datetime) -> None:
    session.execute(
        update(CalendarFeed)
        .where(CalendarFeed.person_id == person.id, CalendarFeed.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke_all(session: AnySession, *, now: datetime) -> None:
    """End every address: one that was revoked must not come back with a backup."""
    session.execute(update(CalendarFeed).where(CalendarFeed.revoked_at.is_(None)).values(revoked_at=now))


def find_reader(session: AnySession, token: str) -> Person | None:
    """Return whose calendar an address is, while it holds and the person is active."""
    query = (
        select(Person)
        .join(CalendarFeed, CalendarFeed.person_id == Person.id)
        .where(CalendarFeed.token_digest == digest(token), CalendarFeed.revoked_at.is_(None), Person.is_active)
    )
    return session.scalars(query).first()


# ---- what stands in it ----------------------------------------------------------------------------------------------


def write_calendar(session: AnySession, person: Person, *, base_url: str, now: datetime) -> str:
    """Return the calendar of a person: the deadlines of the rounds that exist for them."""
    language = person.language or SOURCE
    name = say_in(language, say("Deadlines in consult"))
    return write_feed(_entries(session, actor_of(person), base_url, language, now), name=name)


def _entries(session: AnySession, actor: Actor, base_url: str, language: str, now: datetime) -> Iterator[Entry]:
    for round_ in list_rounds(session, actor):
        is_old = round_.closed_at is not None and round_.closed_at < now - SHOWN_AFTER
        if round_.deadline is None or round_.circulated_at is None or is_old:
            continue
        for participation in round_.consultation.participations:
            if participation.organisation_id in actor.contributor_of:
                yield entry_of(round_, participation, base_url=base_url, language=language)


def entry_of(round_: Round, participation: Participation, *, base_url: str, language: str) -> Entry:
    """Return the deadline of a round as one organisation has it in its calendar.

    A grace leaves no trace in it. A round that is closed early ends there in the calendar too.
    """
    organisation, deadline = participation.organisation, round_.deadline
    if deadline is None:
        raise RuntimeError("a round in a calendar has a deadline")
    is_early = round_.closed_at is not None and round_.closed_at < deadline.at
    ended_early = round_.closed_at if is_early else None
    is_cancelled = round_.stage == "cancelled" or _is_withdrawn(round_)
    host = urlsplit(base_url).hostname or "localhost"
    page = "no-objection" if round_.kind == NO_OBJECTION else "board" if participation.place in LEADING else "document"
    return Entry(
        uid=f"round-{round_.id}-{organisation.id}@{host}",
        sequence=deadline.moves + len(_grants(round_, organisation)) + is_early,
        at=deadline.at if is_cancelled else ended_early or _own_end(round_, organisation),
        stamped_at=ended_early or _changed_at(round_, organisation),
        summary=say_in(language, _summary(round_, participation)),
        description=_description(round_, organisation, language),
        url=f"{base_url.rstrip('/')}/rounds/{round_.id}/{page}",
        is_cancelled=is_cancelled,
        rings=not _is_closed_for(round_, organisation),
    )


def _grants(round_: Round, organisation: Organisation) -> list[Extension]:
    """Return what the lead has given an organisation: each moves its entry."""
    own = [one for one in round_.extensions if one.organisation_id == organisation.id]
    return [one for one in own if one.state == "granted"]


def _own_end(round_: Round, organisation: Organisation) -> datetime:
    """Return until when an organisation has time as it knows it: the deadline, or its extension where that is later."""
    if round_.deadline is None:
        raise RuntimeError("a round in a calendar has a deadline")
    until = extended_until(round_, organisation.id)
    return max(round_.deadline.at, until) if until is not None else round_.deadline.at


def _changed_at(round_: Round, organisation: Organisation) -> datetime:
    """Return when an organisation's entry was last moved. Setting a grace moves nothing."""
    deadline = round_.deadline
    if deadline is None:
        raise RuntimeError("a round in a calendar has a deadline")
    moved_at = deadline.moved_at or round_.circulated_at or deadline.set_at
    return max([moved_at, *(one.answered_at for one in _grants(round_, organisation) if one.answered_at is not None)])


def _is_closed_for(round_: Round, organisation: Organisation) -> bool:
    until = extended_until(round_, organisation.id)
    return round_.closed_at is not None and (until is None or until <= round_.closed_at)


def _is_withdrawn(round_: Round) -> bool:
    return round_.no_objection is not None and round_.no_objection.withdrawn_at is not None


def _summary(round_: Round, participation: Participation) -> str:
    facts = {"title": round_.consultation.title, "round": round_.number}
    if round_.stage == "cancelled" or _is_withdrawn(round_):
        return say("Cancelled: %(title)s (round %(round)s)", **facts)
    if _is_closed_for(round_, participation.organisation):
        return say("Closed: %(title)s (round %(round)s)", **facts)
    if round_.kind == NO_OBJECTION:
        return say("No-objection round ends: %(title)s (round %(round)s)", **facts)
    if participation.place in COMMENTING and participation.place != "lead":
        return say("Comments due: %(title)s (round %(round)s)", **facts)
    return say("Round closes: %(title)s (round %(round)s)", **facts)


def _description(round_: Round, organisation: Organisation, language: str) -> str:
    """Return for whom it is, and until when in the zone of the round and in the organisation's own."""
    deadline = round_.deadline
    if deadline is None:
        return organisation.name
    zones = dict.fromkeys((deadline.zone, organisation.time_zone))
    until = " = ".join(when(_own_end(round_, organisation), zone, language) for zone in zones)
    told = say("For %(organisation)s, until %(when)s", organisation=organisation.name, when=until)
    return say_in(language, told)


def invitation_for(round_: Round, organisation: Organisation, person: Person, *, base_url: str, language: str) -> str:
    """Return what puts a round's deadline into somebody's calendar, or takes it out when the round is cancelled."""
    places = {p.organisation_id: p for p in round_.consultation.participations}
    entry = entry_of(round_, places[organisation.id], base_url=base_url, language=language)
    return write_invitation(entry, email=person.email, name=person.name)
