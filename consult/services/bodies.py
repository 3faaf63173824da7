"""The register of bodies to whom decided texts are transmitted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult.catalogues import LANGUAGES, in_order
from consult.errors import Invalid, NotFound
from consult.models import DELIVERIES, Body
from consult.phrases import say
from consult.rules.permissions import Actor
from consult.services import audit
from consult.services.people import ADDRESS
from consult.unit_of_work import AnySession

MOST_ADDRESSES = 10
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A body as the administrator typed it; each address on a line of its own."""

    name: str
    addresses: str
    language: str
    delivery: str


def list_bodies(session: AnySession, *, only_active: bool = False) -> list[Body]:
    """Return the bodies by name."""
    query = select(Body).where(Body.is_active) if only_active else select(Body)
    return in_order(session.scalars(query))


def get_body(session: AnySession, body_id: int) -> Body:
    """Return a body. Raises NotFound."""
    found = session.get(Body, body_id)
    if found is None:
        raise NotFound(say("There is no such body."))
    return found


def list_chosen(session: AnySession, numbers: Collection[int]) -> list[Body]:
    """Return the active bodies with these numbers, by name."""
    return in_order(session.scalars(select(Body).where(Body.id.in_(numbers), Body.is_active)))


def add_body(session: AnySession, entry: Entry, *, by: Actor, now: datetime) -> Body:
    """Add a body. Raises Invalid with what to correct."""
    name, addresses = _checked(session, entry)
    body = Body(name=name, addresses=addresses, language=entry.language, delivery=entry.delivery)
    session.add(body)
    session.flush()
    audit.record(session, by=by, action="body.add", object_kind="body", object_id=body.id, now=now)
    return body


def change_body(session: AnySession, body: Body, entry: Entry, *, is_active: bool, by: Actor, now: datetime) -> None:
    """Change a body, or let it be offered no more. Letters that are on their way keep their address."""
    body.name, body.addresses = _checked(session, entry, body.id)
    body.language, body.delivery, body.is_active = entry.language, entry.delivery, is_active
    audit.record(session, by=by, action="body.change", object_kind="body", object_id=body.id, now=now)


def _checked(session: AnySession, entry: Entry, own_id: int = 0) -> tuple[str, list[str]]:
    name = " ".join(entry.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(say("Enter the name of the body, of at most %(most)s characters.", most=LONGEST_NAME), "bad-name")
    known = select(Body.id).where(Body.id != own_id, Body.name == name)
    if session.scalars(known).first() is not None:
        raise Invalid(say("There is already a body with the name “%(name)s”.", name=name), "known-body")
    if entry.language not in LANGUAGES:
        raise Invalid(say("Choose one of the languages on the page."), "unknown-language")
    if entry.delivery not in DELIVERIES:
        raise Invalid(say("Choose how the body gets its files."), "bad-delivery")
    return name, _addresses(entry.addresses.splitlines())


def _addresses(lines: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(line.strip().lower() for line in lines if line.strip()))
    for email in found:
        if not ADDRESS.fullmatch(email) or not email.isascii() or len(email) > 254:
            raise Invalid(say("“%(email)s” is no mail address.", email=email[:80]), "bad-address")
    if not found:
        raise Invalid(say("Enter at least one mail address, each on a line of its own."), "no-address")
    if len(found) > MOST_ADDRESSES:
        raise Invalid(say("A body has at most %(most)s addresses.", most=MOST_ADDRESSES), "many")
    return found
