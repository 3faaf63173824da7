"""Letters of a round: to whom each kind goes, and with which facts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from consult.catalogues import SOURCE, in_order, when, when_there
from consult.letters import write_letter
from consult.models import Appointment, Organisation, Participation, Person, Round, Submission
from consult.phrases import say
from consult.rules.calendar import is_within_grace
from consult.rules.permissions import COMMENTING, LEADING
from consult.rules.positions import POSITIONS
from consult.services import calendar_feeds, outbox
from consult.services.comments import latest_submissions, list_effective
from consult.services.letter_words import MOST, Told
from consult.services.visibility import extended_until
from consult.unit_of_work import AnySession

ASKED = ("co-lead", "consulted")
WITH_CALENDAR = ("invitation", "moved", "cancelled", "no-objection")
SEEN = {
    "closed": say(
        "Other organisations do not see your comments while the round runs; the lead sees them when you hand them in."
    ),
    "after own submission": say("Organisations that have handed in see what the others have handed in."),
    "open": say("All organisations taking part see comments as soon as they are handed in."),
}


def organisations_with(session: AnySession, round_: Round, places: Iterable[str]) -> list[Organisation]:
    """Return the organisations that have one of these places in the round's consultation, by name."""
    query = (
        select(Organisation)
        .join(Participation, Participation.organisation_id == Organisation.id)
        .where(Participation.consultation_id == round_.consultation_id, Participation.place.in_(tuple(places)))
    )
    return in_order(session.scalars(query))


def people_of(session: AnySession, organisation: Organisation) -> list[Person]:
    """Return the active people who write for an organisation; where there are none, its heads."""
    return _people(session, organisation, "contributor", "focal point") or heads_of(session, organisation)


def focal_points_of(session: AnySession, organisation: Organisation) -> list[Person]:
    """Return the active focal points of an organisation; where there are none, whoever else gets its letters."""
    return _people(session, organisation, "focal point") or people_of(session, organisation)


def heads_of(session: AnySession, organisation: Organisation) -> list[Person]:
    """Return the active heads of an organisation."""
    return _people(session, organisation, "head")


def _people(session: AnySession, organisation: Organisation, *roles: str) -> list[Person]:
    query = (
        select(Person)
        .join(Appointment, Appointment.person_id == Person.id)
        .where(Appointment.organisation_id == organisation.id, Appointment.role.in_(roles), Person.is_active)
    )
    return list(session.scalars(query.order_by(Person.id)))


def owing(session: AnySession, round_: Round) -> list[Organisation]:
    """Return the organisations that are asked and have not handed in, by name."""
    done = latest_submissions(session, round_)
    return [o for o in organisations_with(session, round_, ASKED) if o.id not in done]


def send(
    session: AnySession,
    round_: Round,
    kind: str,
    organisations: Iterable[Organisation],
    *,
    occasion: str,
    base_url: str,
    now: datetime,
    page: str = "document",
    to: Callable[[AnySession, Organisation], list[Person]] = people_of,
    was: tuple[datetime, str] | None = None,
    until: datetime | None = None,
    **facts: object,
) -> int:
    """Put a letter of this kind to these people of the organisations into the outbox; once for each occasion.

    `was` is the deadline before, with its zone, where the letter tells it, `until` an instant that is told in the
    round's zone. A reminder tells each organisation its own instant. Of a grace a letter tells once the deadline has
    passed, and not before.
    """

    def there(instant: datetime | None, organisation: Organisation, language: str) -> str:
        if deadline is None or instant is None:
            return ""
        return when_there(instant, deadline.zone, organisation.time_zone, language)

    count = 0
    deadline = round_.deadline
    grace = _end_of_grace(round_, now)
    lead = ", ".join(o.name for o in organisations_with(session, round_, ("lead",)))
    for organisation in organisations:
        at, taken_until = deadline.at if deadline else None, grace
        until_extension = _extended_beyond(round_, organisation.id) if kind == "reminder" else None
        if until_extension is not None:
            at, taken_until = until_extension, None
        for person in to(session, organisation):
            language = person.language or SOURCE
            letter = write_letter(
                kind,
                {
                    "name": person.name,
                    "organisation": organisation.name,
                    "lead": lead,
                    "title": round_.consultation.title,
                    "round": round_.number,
                    "deadline": when(at, deadline.zone, language) if deadline and at else "",
                    "deadline_there": there(at, organisation, language),
                    "taken_until": when(taken_until, deadline.zone, language) if deadline and taken_until else "",
                    "taken_until_there": there(taken_until, organisation, language),
                    "was": when(*was, language) if was else "",
                    "until": when(until, deadline.zone, language) if deadline and until else "",
                    "until_there": there(until, organisation, language),
                    "link": f"{base_url.rstrip('/')}/rounds/{round_.id}/{page}",
                    "for_head": False,
                    **facts,
                },
                language,
            )
            key = f"{kind}:{round_.id}:{organisation.id}:{person.id}:{occasion}"
            calendar = (
                calendar_feeds.invitation_for(round_, organisation, person, base_url=base_url, language=language)
                if _goes_into_calendars(kind, round_, facts.get("act"))
                else ""
            )
            outbox.post(
                session, letter=letter, to=person, key=key, base_url=base_url, now=now, round_id=round_.id,
                calendar=calendar,
            )  # fmt: skip
            count += 1
    return count


def _goes_into_calendars(kind: str, round_: Round, act: object) -> bool:
    """Return whether a letter puts the deadline into its reader's calendar, moves it there, or takes it out."""
    ends_early = round_.deadline is not None and round_.closed_at is not None and round_.closed_at < round_.deadline.at
    is_extended = kind == "extension" and act == "granted"
    return kind in WITH_CALENDAR or is_extended or (kind == "no-objection-end" and ends_early)


def _end_of_grace(round_: Round, now: datetime) -> datetime | None:
    """Return until when answers are still taken although the deadline has passed; None before, and where that is over."""
    deadline = round_.deadline
    if deadline is None or round_.closed_at is not None or not is_within_grace(deadline.at, deadline.closes_at, now):
        return None
    return deadline.closes_at


def invite(session: AnySession, round_: Round, *, base_url: str, now: datetime, with_text: bool = False) -> int:
    """Invite everybody who takes part, in a letter that says until when, who sees the comments, what letters carry."""
    asked = organisations_with(session, round_, (*COMMENTING, "observer"))
    leading = {o.id for o in organisations_with(session, round_, ("lead",))}
    observing = {o.id for o in organisations_with(session, round_, ("observer",))}
    facts: dict[str, Any] = {
        "invitation": round_.invitation,
        "seen": SEEN[round_.visibility],
        "with_text": with_text,
    }
    count = 0
    for organisation in asked:
        if organisation.id not in leading:
            count += send(
                session, round_, "invitation", [organisation], occasion="circulated", base_url=base_url, now=now,
                observes=organisation.id in observing, **facts,
            )  # fmt: skip
    return count


def tell_moved(
    session: AnySession, round_: Round, was: tuple[datetime, str], reason: str, *, base_url: str, now: datetime
) -> None:
    """Tell everybody who takes part that the round has another deadline; `was` is the one before, with its zone."""
    to = organisations_with(session, round_, (*LEADING, *COMMENTING, "observer"))
    occasion = f"{now:%Y%m%d%H%M%S%f}"
    send(
        session, round_, "moved", list({o.id: o for o in to}.values()), occasion=occasion, base_url=base_url, now=now,
        was=was, reason=reason,
    )  # fmt: skip


def tell_cancelled(session: AnySession, round_: Round, *, base_url: str, now: datetime) -> None:
    """Tell everybody who takes part that the round is cancelled, and why; it leaves their calendars."""
    to = organisations_with(session, round_, (*COMMENTING, "observer"))
    send(
        session, round_, "cancelled", to, occasion="cancelled", base_url=base_url, now=now,
        reason=round_.closing_reason,
    )  # fmt: skip


def tell_closed(session: AnySession, round_: Round, *, tells_others: bool, base_url: str, now: datetime) -> None:
    """Tell that the round is closed: the lead who has handed in and who has not; the others, if wanted, how they stand."""
    done = latest_submissions(session, round_)
    asked = organisations_with(session, round_, ASKED)
    leading = organisations_with(session, round_, LEADING)
    common: dict[str, Any] = {"reason": round_.closing_reason, "occasion": "closed", "base_url": base_url, "now": now}
    lists: dict[str, Any] = {
        "handed_in": [o.name for o in asked if o.id in done],
        "missing": [o.name for o in asked if o.id not in done],
    }
    later = {o.id: at for o in asked if (at := _extended_beyond(round_, o.id)) is not None}
    common["extended"] = [o.name for o in asked if o.id in later]
    send(session, round_, "closing", leading, page="board", leads=True, standing="", **lists, **common)
    others = organisations_with(session, round_, ("consulted", "observer")) if tells_others else []
    for organisation in others:
        standing = _standing(organisation, done.get(organisation.id)) if organisation in asked else ""
        send(
            session, round_, "closing", [organisation], leads=False, standing=standing, handed_in=[], missing=[],
            until=later.get(organisation.id), **{**common, "extended": []},
        )  # fmt: skip


def _extended_beyond(round_: Round, organisation_id: int) -> datetime | None:
    """Return until when a round that closes at its deadline stays open for an organisation; None where it does not."""
    until = extended_until(round_, organisation_id)
    if round_.closing_reason or until is None or round_.deadline is None or until <= round_.deadline.closes_at:
        return None
    return until


def _standing(organisation: Organisation, submission: Submission | None) -> str:
    """Return in a sentence how an organisation stands when the round closes, for itself."""
    if submission is None:
        return say("%(organisation)s has not answered.", organisation=organisation.name)
    return say(
        "%(organisation)s has handed in: %(position)s.",
        organisation=organisation.name,
        position=POSITIONS[submission.position],
    )


def tell_consolidated(session: AnySession, round_: Round, number: int, *, base_url: str, now: datetime) -> None:
    """Tell those who may see the consolidated file that it is ready."""
    to = organisations_with(session, round_, LEADING)
    if round_.visibility != "closed":
        done = latest_submissions(session, round_)
        others = organisations_with(session, round_, ("consulted", "observer"))
        to += [o for o in others if round_.visibility == "open" or o.id in done]
    send(
        session, round_, "consolidated", to, occasion=str(number), base_url=base_url, now=now, page="downloads",
        decided=False, commented=0, outcome="",
    )  # fmt: skip


def tell_released(
    session: AnySession,
    round_: Round,
    changed: Mapping[int, tuple[int, int]],
    *,
    counted: Mapping[int, int],
    told: Mapping[int, Sequence[Told]],
    base_url: str,
    now: datetime,
) -> int:
    """Tell organisations that decisions have been released, each only of its own comments; return how many letters.

    `told` are the decisions themselves by organisation, where letters carry them.

    `changed` says by organisation how many decisions are new to it and how many it knows with them, `counted` how many
    comments it has. The first release tells everybody who is asked, a later one those for whom something is new.
    """
    letters = 0
    for organisation in organisations_with(session, round_, ASKED):
        new, known = changed.get(organisation.id, (0, 0))
        if not new and round_.releases > 1:
            continue
        letters += send(
            session, round_, "released", [organisation], occasion=str(round_.releases), base_url=base_url, now=now,
            page=f"outcome?organisation={organisation.id}", first=round_.releases == 1, new=new, known=known,
            commented=counted.get(organisation.id, 0), shown=told.get(organisation.id, ())[:MOST],
            untold=max(len(told.get(organisation.id, ())) - MOST, 0),
        )  # fmt: skip
    return letters


def tell_decided(session: AnySession, round_: Round, *, base_url: str, now: datetime) -> None:
    """Tell everybody but the lead that the round is finished: from now on they see all comments and the decisions.

    An organisation with comments gets the address of its own table: what happened to each of them.
    """
    counted = Counter(comment.organisation_id for comment in list_effective(session, round_))
    for organisation in organisations_with(session, round_, ("co-lead", "consulted", "observer")):
        own = f"{base_url.rstrip('/')}/rounds/{round_.id}/outcome?organisation={organisation.id}"
        send(
            session, round_, "consolidated", [organisation], occasion="decided", base_url=base_url, now=now,
            page="downloads", decided=True, commented=counted[organisation.id], outcome=own,
        )  # fmt: skip
