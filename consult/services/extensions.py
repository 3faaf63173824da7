"""More time for one organisation: its focal point asks, the lead grants it or refuses. The others never learn of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from consult.errors import Invalid, NotFound, Refused
from consult.models import Extension, Organisation, Person, Round
from consult.phrases import say
from consult.rules.calendar import deadline_from
from consult.rules.permissions import LEADING, NOT_THERE, Actor
from consult.services import audit, invitations, letter_plans
from consult.services.visibility import is_open_for, known_instant_of
from consult.unit_of_work import AnySession

LONGEST = 4_000


def ask(
    session: AnySession,
    round_: Round,
    organisation: Organisation,
    *,
    wall: str,
    why: str,
    base_url: str,
    by: Actor,
    person: Person,
    now: datetime,
) -> Extension:
    """Ask the lead for more time for an organisation, until a wall time in the round's zone, and tell the lead.

    Raises Refused when the round is closed for the organisation or it has asked already; Invalid for a time that is not
    later than the one it has, and without a reason.
    """
    if not is_open_for(round_, organisation.id, now):
        raise Refused(
            say("The round is closed for your organisation: more time can only be asked for before."), "closed"
        )
    if any(one.state == "asked" for one in list_own(round_, organisation.id)):
        raise Refused(say("Your organisation has asked already. The lead has not answered yet."), "asked-already")
    at = _later(round_, organisation.id, wall, now)
    if not why.strip():
        raise Invalid(
            say("Say in a sentence why your organisation needs more time: the lead reads it."), "reason-missing"
        )
    extension = Extension(
        round_id=round_.id,
        organisation_id=organisation.id,
        state="asked",
        wanted_at=at,
        why=_words(why),
        made_at=now,
        made_by_id=person.id,
    )
    round_.extensions.append(extension)
    session.flush()
    _tell(session, extension, LEADING, "asked", base_url=base_url, now=now)
    _record(session, extension, "extension.ask", by, now, wanted=at.isoformat())
    return extension


def grant(
    session: AnySession,
    round_: Round,
    organisation_id: int,
    *,
    wall: str,
    reason: str,
    base_url: str,
    by: Actor,
    person: Person,
    now: datetime,
) -> Extension:
    """Give an organisation more time, until a wall time in the round's zone: as it asked, otherwise, or unasked.

    It is told, and its reminders are planned anew. Also after the round has closed for the others, until it is finished.
    Raises Refused for a round that is not circulated or is finished, NotFound for an organisation that is not asked,
    Invalid for a time that is not to come or not later than the one the organisation has.
    """
    if round_.circulated_at is None or round_.stage in ("decided", "cancelled"):
        raise Refused(
            say("Only in a round that is circulated and not finished an organisation is given more time."), "closed"
        )
    asked = [o for o in invitations.organisations_with(session, round_, invitations.ASKED) if o.id == organisation_id]
    if not asked:
        raise NotFound(NOT_THERE)
    at = _later(round_, organisation_id, wall, now)
    waiting = [one for one in list_own(round_, organisation_id) if one.state == "asked"]
    extension = waiting[0] if waiting else Extension(
        round_id=round_.id, organisation_id=organisation_id, made_at=now, made_by_id=person.id
    )  # fmt: skip
    if not waiting:
        round_.extensions.append(extension)
    extension.state, extension.until_at, extension.reason = "granted", at, _words(reason)
    extension.answered_at, extension.answered_by_id, extension.ended_at = now, person.id, None
    session.flush()
    letter_plans.replan_one(session, round_, asked[0], now=now)
    _tell(session, extension, (), "granted", base_url=base_url, now=now)
    _record(session, extension, "extension.grant", by, now, until=at.isoformat(), asked=bool(waiting))
    return extension


def refuse(
    session: AnySession, extension: Extension, *, reason: str, base_url: str, by: Actor, person: Person, now: datetime
) -> None:
    """Refuse to give more time, with a reason, and tell the organisation. Raises Refused for what is answered already."""
    if extension.state != "asked":
        raise Refused(say("Somebody has answered this already. Look at the page again."), "answered-already")
    if not reason.strip():
        raise Invalid(say("Say in a sentence why: the organisation reads it."), "reason-missing")
    extension.state, extension.reason = "refused", _words(reason)
    extension.answered_at, extension.answered_by_id = now, person.id
    session.flush()
    _tell(session, extension, (), "refused", base_url=base_url, now=now)
    _record(session, extension, "extension.refuse", by, now)


def _later(round_: Round, organisation_id: int, wall: str, now: datetime) -> datetime:
    """Return the instant of a wall time in the round's zone, if it is later than the organisation's own."""
    if round_.deadline is None:
        raise RuntimeError("a round that is circulated has a deadline")
    at, before = deadline_from(wall, round_.deadline.zone), known_instant_of(round_, organisation_id, now)
    if at <= now:
        raise Invalid(say("This time has passed already. Enter a later one."), "too-early")
    if before is not None and at <= before:
        raise Invalid(say("This is not later than the time the organisation has now. Enter a later one."), "not-later")
    return at


def _words(text: str) -> str:
    words = text.strip().replace("\r\n", "\n")
    if len(words) > LONGEST:
        raise Invalid(say("The reason is too long. Shorten it."), "too-long")
    return words


def _tell(
    session: AnySession, extension: Extension, places: Sequence[str], act: str, *, base_url: str, now: datetime
) -> None:
    """Write to the organisations with these places, or to the extension's own."""
    round_, own = extension.round, extension.organisation
    to = invitations.organisations_with(session, round_, places) if places else [own]
    until = extension.wanted_at if act == "asked" else extension.until_at
    invitations.send(
        session, round_, "extension", to, occasion=f"{act}-{extension.id}-{now:%Y%m%d%H%M%S}", base_url=base_url,
        now=now, page="extensions" if places else f"extension?organisation={own.id}", until=until, act=act,
        asking=own.name, reason=extension.why if act == "asked" else extension.reason,
    )  # fmt: skip


def _record(session: AnySession, extension: Extension, action: str, by: Actor, now: datetime, **facts: Any) -> None:
    audit.record(
        session, by=by, action=action, object_kind="extension", object_id=extension.id, now=now,
        round=extension.round_id, organisation=extension.organisation_id, **facts,
    )  # fmt: skip


# ---- looking --------------------------------------------------------------------------------------------------------


def list_own(round_: Round, organisation_id: int) -> list[Extension]:
    """Return what an organisation asked for and got in a round, earliest first."""
    return [one for one in round_.extensions if one.organisation_id == organisation_id]


def get_extension(session: AnySession, round_: Round, number: int) -> Extension:
    """Return an extension of a round. Raises NotFound."""
    query = select(Extension).where(Extension.id == number, Extension.round_id == round_.id)
    found = session.scalars(query.options(joinedload(Extension.organisation))).first()
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def list_running(round_: Round, now: datetime) -> list[Extension]:
    """Return the extensions that let an organisation write now, although the round is or will be closed for the others."""
    closes_at = round_.deadline.closes_at if round_.deadline is not None else now
    return [
        one
        for one in round_.extensions
        if one.state == "granted" and one.ended_at is None and one.until_at and one.until_at > max(now, closes_at)
    ]


def list_waiting(round_: Round) -> list[Extension]:
    """Return what is asked for and not answered."""
    return [one for one in round_.extensions if one.state == "asked" and one.ended_at is None]
