"""Organisations: missions, institutions, bodies."""

import re
from collections.abc import Collection
from datetime import datetime
from unicodedata import normalize

from sqlalchemy import select

from consult.catalogues import in_order
from consult.errors import Invalid, NotFound
from consult.models import Organisation
from consult.phrases import say
from consult.rules.calendar import zone_names
from consult.rules.permissions import Actor
from consult.services import audit
from consult.unit_of_work import AnySession


def list_organisations(session: AnySession) -> list[Organisation]:
    """Return all organisations by name."""
    return in_order(session.scalars(select(Organisation)))


def list_by_ids(session: AnySession, numbers: Collection[int]) -> list[Organisation]:
    """Return these organisations in the order of their ids."""
    if not numbers:
        return []
    return list(session.scalars(select(Organisation).where(Organisation.id.in_(numbers)).order_by(Organisation.id)))


def get_organisation(session: AnySession, organisation_id: int) -> Organisation:
    """Return an organisation. Raises NotFound."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound(say("There is no such organisation."))
    return found


def add_organisation(
    session: AnySession, *, code: str, name: str, time_zone: str, by: Actor, now: datetime, calendar: str = ""
) -> Organisation:
    """Add an organisation. Code and name must be new; the zone must be one of the IANA list."""
    code, name = (normalize("NFC", " ".join(text.split())) for text in (code.upper(), name))
    if not re.fullmatch(r"(?:[^\W_]|-){2,12}", code):
        raise Invalid(say("The code has 2 to 12 letters, digits or hyphens, for example MDA."), "bad-code")
    if not name or ";" in name:
        raise Invalid(say("The name must not be empty or contain a semicolon."), "bad-name")
    if time_zone not in zone_names():
        raise Invalid(
            say(
                "“%(name)s” is no time zone. Choose one from the list, for example Europe/Vienna.",
                name=time_zone,
            ),
            "unknown-zone",
        )
    known = {text.casefold() for found in session.scalars(select(Organisation)) for text in (found.code, found.name)}
    if known & {code.casefold(), name.casefold()}:
        raise Invalid(
            say(
                "There is already an organisation with the code %(code)s or the name “%(name)s”.", code=code, name=name
            ),
            "known-organisation",
        )
    organisation = Organisation(code=code, name=name, time_zone=time_zone, calendar=calendar)
    session.add(organisation)
    session.flush()
    audit.record(
        session, by=by, action="organisation.add", object_kind="organisation", object_id=organisation.id, now=now
    )
    return organisation
