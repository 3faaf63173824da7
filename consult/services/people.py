"""People: who they are, what they may do, how they sign in."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from consult.catalogues import LANGUAGES, SOURCE, in_order
from consult.errors import Invalid, NotFound, Refused
from consult.letters import write_letter
from consult.models import ROLES, Appointment, Person, SignIn, SignInLink
from consult.phrases import say
from consult.rules.permissions import Actor
from consult.services import audit, outbox
from consult.unit_of_work import AnySession

LINK_LASTS = timedelta(minutes=15)
MOST_LINKS = 5  # for one address within LINK_LASTS
SIGNED_IN_LASTS = timedelta(hours=12)
ADDRESS = re.compile(r"[^@\s<>\"',;:()\[\]\\]+@[A-Za-z0-9.-]+")


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


# ---- people ---------------------------------------------------------------------------------------------------------


def list_people(session: AnySession) -> list[Person]:
    """Return everybody by name."""
    roles = selectinload(Person.appointments).joinedload(Appointment.organisation)
    return in_order(session.scalars(select(Person).options(roles)))


def get_person(session: AnySession, person_id: int) -> Person:
    """Return a person. Raises NotFound."""
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound(say("There is no such person."))
    return found


def find_person(session: AnySession, email: str) -> Person | None:
    """Return the person with an address, or None."""
    return session.scalars(select(Person).where(Person.email == email.strip().lower())).first()


def actor_of(person: Person) -> Actor:
    """Return what a person may act as, as the database says at this moment."""
    focal = frozenset(a.organisation_id for a in person.appointments if a.role == "focal point")
    everywhere = frozenset(a.organisation_id for a in person.appointments)
    heads = frozenset(a.organisation_id for a in person.appointments if a.role == "head")
    return Actor(
        person.id, person.is_administrator, everywhere, focal, heads, name=person.name, language=person.language
    )


def add_person(
    session: AnySession,
    *,
    email: str,
    name: str,
    is_administrator: bool = False,
    language: str = "",
    by: Actor,
    now: datetime,
) -> Person:
    """Add a person. The address must be new. Letters are in the language; without one, in English."""
    email, name = email.strip().lower(), " ".join(name.split())
    if not ADDRESS.fullmatch(email) or len(email) > 254:
        raise Invalid(say("“%(email)s” is no mail address.", email=email), "bad-address")
    if not name:
        raise Invalid(say("The person needs a name."), "bad-name")
    _check_language(language)
    if find_person(session, email):
        raise Invalid(say("There is already a person with the address %(email)s.", email=email), "known-person")
    person = Person(email=email, name=name, is_administrator=is_administrator, language=language)
    session.add(person)
    session.flush()
    audit.record(session, by=by, action="person.add", object_kind="person", object_id=person.id, now=now)
    return person


def set_language(session: AnySession, *, person: Person, language: str, by: Actor, now: datetime) -> None:
    """Choose the language of a person's pages and letters; "" for the one their browser asks for."""
    _check_language(language)
    person.language = language
    audit.record(
        session, by=by, action="person.language", object_kind="person", object_id=person.id, now=now, language=language
    )


def _check_language(language: str) -> None:
    if language and language not in LANGUAGES:
        raise Invalid(say("Choose one of the languages on the page."), "unknown-language")


def appoint(session: AnySession, *, person: Person, organisation_id: int, role: str, by: Actor, now: datetime) -> None:
    """Give a person a role for an organisation, or change it."""
    if role not in ROLES:
        raise Invalid(say("A person is a contributor, a focal point or the head."), "bad-role")
    found = next((a for a in person.appointments if a.organisation_id == organisation_id), None)
    if found is None:
        person.appointments.append(Appointment(organisation_id=organisation_id, role=role))
    else:
        found.role = role
    audit.record(
        session, by=by, action="person.appoint", object_kind="person", object_id=person.id, now=now,
        organisation=organisation_id, role=role,
    )  # fmt: skip


def end_appointment(session: AnySession, *, person: Person, organisation_id: int, by: Actor, now: datetime) -> None:
    """Take a person's role for an organisation away; it ends with the next request."""
    person.appointments = [a for a in person.appointments if a.organisation_id != organisation_id]
    audit.record(
        session, by=by, action="person.end-appointment", object_kind="person", object_id=person.id, now=now,
        organisation=organisation_id,
    )  # fmt: skip


def set_active(session: AnySession, *, person: Person, is_active: bool, by: Actor, now: datetime) -> None:
    """End or restore all of a person's access. Ending it also signs the person out everywhere."""
    person.is_active = is_active
    if not is_active:
        session.execute(
            update(SignIn).where(SignIn.person_id == person.id, SignIn.revoked_at.is_(None)).values(revoked_at=now)
        )
    action = "person.activate" if is_active else "person.deactivate"
    audit.record(session, by=by, action=action, object_kind="person", object_id=person.id, now=now)


# ---- signing in -----------------------------------------------------------------------------------------------------


def safe_path(path: str) -> str:
    """Return a path of this app, or "" for anything that could lead elsewhere."""
    return path if re.fullmatch(r"/(?![/\\])[A-Za-z0-9/_.?=&#-]{0,250}", path) else ""


def make_link(session: AnySession, *, person: Person, base_url: str, next_path: str, now: datetime) -> str:
    """Make a sign-in link that works once within fifteen minutes, and return its address."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInLink(
            person_id=person.id,
            token_digest=digest(token),
            next_path=safe_path(next_path),
            created_at=now,
            expires_at=now + LINK_LASTS,
        )
    )
    session.flush()
    return f"{base_url.rstrip('/')}/sign-in/{token}"


def request_link(
    session: AnySession, *, email: str, next_path: str, base_url: str, now: datetime, language: str = SOURCE
) -> None:
    """Put a sign-in letter into the outbox if the address is known. The caller says the same thing either way.

    The letter is in the person's language, else in the one of whoever asks.
    """
    person = find_person(session, email)
    if person is None or not person.is_active:
        return
    lately = select(func.count()).where(SignInLink.person_id == person.id, SignInLink.created_at > now - LINK_LASTS)
    if (session.scalar(lately) or 0) >= MOST_LINKS:
        return
    link = make_link(session, person=person, base_url=base_url, next_path=next_path, now=now)
    letter = write_letter("sign-in", {"name": person.name, "link": link, "minutes": 15}, person.language or language)
    outbox.post(session, letter=letter, to=person, key=f"sign-in:{digest(link)}", base_url=base_url, now=now)
    audit.record(
        session, by=actor_of(person), action="sign-in.request", object_kind="person", object_id=person.id, now=now
    )


def consume_link(session: AnySession, *, token: str, now: datetime, language: str = "") -> tuple[str, str]:
    """Use a link up and return the new session's token and where to go. Raises Refused for a used or expired one.

    A person whose language is not known yet keeps the one of the browser: letters will be in it too.
    """
    used = session.execute(
        update(SignInLink)
        .where(SignInLink.token_digest == digest(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
        .returning(SignInLink.person_id, SignInLink.next_path)
        .execution_options(synchronize_session=False)
    ).first()
    person = session.get(Person, used.person_id) if used else None
    if used is None or person is None or not person.is_active:
        raise Refused(
            say("This link has been used already, or its fifteen minutes are over. Ask for a new one below."),
            "link-over",
        )
    person.language = person.language or language
    session_token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            person_id=person.id,
            token_digest=digest(session_token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + SIGNED_IN_LASTS,
        )
    )
    audit.record(session, by=actor_of(person), action="sign-in", object_kind="person", object_id=person.id, now=now)
    return session_token, used.next_path


def find_actor(session: AnySession, *, token: str, now: datetime) -> Actor | None:
    """Return who a cookie speaks for while its session lasts and the person is active. One query: every page asks."""
    query = (
        select(
            Person.id,
            Person.name,
            Person.is_administrator,
            Person.language,
            Appointment.organisation_id,
            Appointment.role,
        )
        .join(SignIn, SignIn.person_id == Person.id)
        .outerjoin(Appointment, Appointment.person_id == Person.id)
        .where(
            SignIn.token_digest == digest(token),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            Person.is_active.is_(True),
        )
    )
    rows = session.execute(query).all()
    if not rows:
        return None
    roles = {row.organisation_id: row.role for row in rows if row.organisation_id is not None}
    focal, heads = (frozenset(o for o, role in roles.items() if role == kind) for kind in ("focal point", "head"))
    person = rows[0]
    return Actor(
        person.id, person.is_administrator, frozenset(roles), focal, heads, name=person.name, language=person.language
    )


def revoke(session: AnySession, *, token: str, now: datetime) -> None:
    """End a session."""
    session.execute(update(SignIn).where(SignIn.token_digest == digest(token)).values(revoked_at=now))


def revoke_all(session: AnySession, *, now: datetime) -> int:
    """End every sign-in and make every link useless; return how many sign-ins that were."""
    session.execute(update(SignInLink).where(SignInLink.used_at.is_(None)).values(used_at=now))
    ended = session.execute(update(SignIn).where(SignIn.revoked_at.is_(None)).values(revoked_at=now))
    return int(ended.rowcount)  # type: ignore[attr-defined]
