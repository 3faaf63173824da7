"""Giving a part of the draft to a colleague without an account: for a time, by a mailed link; prolonging, taking back."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.orm import joinedload

from consult.catalogues import LANGUAGES, when
from consult.errors import Invalid, NotFound, Refused
from consult.letters import write_letter
from consult.models import (
    Comment,
    DelegatedComment,
    Delegation,
    DelegationLink,
    DelegationVisit,
    Duty,
    Organisation,
    OutboxLetter,
    Person,
    Round,
    Submission,
)
from consult.phrases import say
from consult.rules.calendar import SHOWN, deadline_from, zone_of
from consult.rules.permissions import NOT_THERE, WORKER, Actor
from consult.services import audit, outbox, traces
from consult.services.comments import check_open
from consult.services.layouts import Layout
from consult.services.people import ADDRESS, digest
from consult.services.visibility import handed_in_itself, is_open_for, known_instant_of
from consult.unit_of_work import AnySession

KIND = "delegation"
MOST = 60  # parts of one organisation in one round
LONGEST_NOTE = 4_000
LONGEST_NAME = 200
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Whom a part is given to, as the focal point typed it."""

    name: str
    email: str
    language: str
    note: str = ""


# ---- what is given --------------------------------------------------------------------------------------------------


def choose_part(layout: Layout, *, section: str = "", first: str = "", last: str = "") -> tuple[int, int]:
    """Return the first and the last place of a part: of the section under a heading, or from one number to another.

    All are printed numbers; without `last` it is one paragraph. Raises Invalid with what to enter instead.
    """
    if section:
        place = _place(layout, section)
        heading = next((h for h in layout.headings if h.start == place), None)
        if heading is None:
            raise Invalid(say("Paragraph %(number)s is no heading.", number=section), "no-heading")
        return heading.start, heading.end - 1
    if not first.strip():
        raise Invalid(
            say("Choose a section, or enter the number of the first and of the last paragraph."), "no-paragraphs"
        )
    start = _place(layout, first)
    end = _place(layout, last) if last.strip() else start
    if end < start:
        raise Invalid(
            say(
                "Paragraph %(last)s comes before paragraph %(first)s. Enter the first paragraph first.",
                first=first.strip(),
                last=last.strip(),
            ),
            "wrong-order",
        )
    return start, end


def _place(layout: Layout, number: str) -> int:
    try:
        return layout.place_of_number(number)
    except NotFound as error:
        raise Invalid(error.message, "no-such-paragraph") from None


def until_from(round_: Round, organisation_id: int, wall: str, zone: str, now: datetime) -> datetime:
    """Return the instant until which a part is given. Raises Invalid unless it is to come and before the deadline.

    Of an organisation with an extension that is its own. Once the deadline has passed and answers are still taken, it
    must be before the end of that.
    """
    at, last = deadline_from(wall, zone), known_instant_of(round_, organisation_id, now)
    if at <= now:
        raise Invalid(say("This time has passed already. Enter a later one."), "too-early")
    if round_.deadline is not None and last is not None and at >= last:
        raise Invalid(
            say(
                "Enter a time before the deadline of the round, which is %(deadline)s in %(zone)s: you must still "
                "read what your colleague wrote, and hand in.",
                deadline=f"{last.astimezone(zone_of(round_.deadline.zone)):{SHOWN}}",
                zone=round_.deadline.zone,
            ),
            "after-the-deadline",
        )
    return at


def give(
    session: AnySession,
    round_: Round,
    organisation: Organisation,
    layout: Layout,
    colleague: Colleague,
    *,
    part: tuple[int, int],
    until: datetime,
    base_url: str,
    by: Actor,
    person: Person,
    now: datetime,
) -> Delegation:
    """Give a part to a colleague and write them a letter with a link.

    Raises Refused when the round is closed or too many parts are given, Invalid for what cannot be used. The same part
    given twice to the same address, both for the time being, is one delegation.
    """
    check_open(round_, organisation.id, now)
    colleague = _checked(colleague)
    held = [d for d in list_delegations(session, round_, organisation.id) if d.taken_back_at is None]
    for one in held:
        if (one.email, one.first, one.last) == (colleague.email, *part) and one.until_at > now:
            raise Refused(
                say("%(name)s holds these paragraphs already. Prolong that delegation instead.", name=one.name),
                "held-already",
            )
    if len(held) >= MOST:
        raise Refused(say("Your organisation has given away %(most)s parts. Take some back first.", most=MOST), "many")
    numbers = [line.number for line in layout.lines[part[0] : part[1] + 1] if line.number]
    delegation = Delegation(
        round_id=round_.id,
        organisation_id=organisation.id,
        draft_id=layout.draft_id,
        given_by_id=person.id,
        name=colleague.name,
        email=colleague.email,
        language=colleague.language,
        note=colleague.note,
        first=part[0],
        last=part[1],
        first_number=numbers[0],
        last_number=numbers[-1],
        until_at=until,
        zone=organisation.time_zone,
        given_at=now,
        renewed_at=now,
    )
    session.add(delegation)
    session.flush()
    _write(session, delegation, "given", base_url=base_url, now=now)
    _plan_reminder(session, delegation, now)
    record(session, delegation, "delegation.give", by, now, first=part[0], last=part[1])
    return delegation


def _checked(colleague: Colleague) -> Colleague:
    name, email = " ".join(colleague.name.split()), colleague.email.strip().lower()
    if not ADDRESS.fullmatch(email) or len(email) > 254:
        raise Invalid(say("“%(email)s” is no mail address.", email=email[:80]), "bad-address")
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(say("Enter your colleague's name: the comments are signed with it."), "bad-name")
    if colleague.language not in LANGUAGES:
        raise Invalid(say("Choose one of the languages on the page."), "unknown-language")
    note = colleague.note.strip().replace("\r\n", "\n")
    if len(note) > LONGEST_NOTE:
        raise Invalid(say("The note is too long. Shorten it."), "too-long")
    return Colleague(name, email, colleague.language, note)


def prolong(
    session: AnySession, delegation: Delegation, *, until: datetime, base_url: str, by: Actor, now: datetime
) -> None:
    """Give the part until another time, also after it has ended, and send a letter with a new link; earlier ones hold too.

    Raises Refused when the round is closed, or the part was taken back.
    """
    check_open(delegation.round, delegation.organisation_id, now)
    if delegation.taken_back_at is not None:
        raise Refused(say("This part was taken back. Delegate it anew."), "taken-back")
    delegation.until_at, delegation.renewed_at, delegation.done_at = until, now, None
    session.flush()
    _write(session, delegation, "prolonged", base_url=base_url, now=now)
    _plan_reminder(session, delegation, now)
    record(session, delegation, "delegation.prolong", by, now)


def take_back(session: AnySession, delegation: Delegation, *, by: Actor, now: datetime) -> None:
    """Take the part back, from the next request on. What the colleague wrote stays with the organisation's comments.

    A letter that has not gone out yet is not sent any more. Taking it back twice changes nothing.
    """
    if delegation.taken_back_at is not None:
        return
    delegation.taken_back_at = now
    session.flush()
    waiting = (OutboxLetter.key.startswith(f"{KIND}:{delegation.id}:"), OutboxLetter.state == "queued")
    for statement in (
        update(OutboxLetter).where(*waiting).values(state="cancelled", text="", html=""),
        update(DelegationLink).where(DelegationLink.delegation_id == delegation.id).values(revoked_at=now),
        update(Duty)
        .where(Duty.key == _duty_key(delegation), Duty.state == "due")
        .values(state="cancelled", done_at=now),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    record(session, delegation, "delegation.take-back", by, now)


def revoke_all(session: AnySession, *, now: datetime) -> None:
    """Make every link to a part useless and end every visit: a focal point who prolongs a part sends a new link."""
    for table in (DelegationLink, DelegationVisit):
        session.execute(update(table).where(table.revoked_at.is_(None)).values(revoked_at=now))


def record(session: AnySession, delegation: Delegation, action: str, by: Actor, now: datetime, **facts: int) -> None:
    """Record an act on a delegation in the audit, for its organisation."""
    audit.record(
        session, by=by, action=action, object_kind="delegation", object_id=delegation.id, now=now,
        round=delegation.round_id, organisation=delegation.organisation_id, **facts,
    )  # fmt: skip


# ---- letters --------------------------------------------------------------------------------------------------------


def _write(session: AnySession, delegation: Delegation, occasion: str, *, base_url: str, now: datetime) -> None:
    """Put a letter with a link of its own into the outbox."""
    token = secrets.token_urlsafe(32)
    link = DelegationLink(delegation_id=delegation.id, token_digest=digest(token), created_at=now)
    session.add(link)
    session.flush()
    letter = write_letter(
        KIND,
        {
            "occasion": occasion,
            "name": delegation.name,
            "by": delegation.given_by.name,
            "organisation": delegation.organisation.name,
            "title": delegation.round.consultation.title,
            "first": delegation.first_number,
            "last": delegation.last_number,
            "until": when(delegation.until_at, delegation.zone, delegation.language),
            "note": delegation.note,
            "link": f"{base_url.rstrip('/')}/parts/open/{token}",
        },
        delegation.language,
    )
    outbox.post(
        session, letter=letter, to=delegation, key=f"{KIND}:{delegation.id}:{link.id}", base_url=base_url, now=now,
        round_id=delegation.round_id,
    )  # fmt: skip


def _duty_key(delegation: Delegation) -> str:
    return f"{KIND}:{delegation.id}"


def is_duty_of_a_delegation(duty: Duty) -> bool:
    """Return whether a reminder is one of a delegated part, not of the round."""
    return duty.key.startswith(f"{KIND}:")


def _plan_reminder(session: AnySession, delegation: Delegation, now: datetime) -> None:
    """Plan one reminder: a day before the time, or half-way where there is less than two days."""
    due = delegation.until_at - min(A_DAY, (delegation.until_at - now) / 2)
    duty = session.scalars(select(Duty).where(Duty.key == _duty_key(delegation))).first()
    if duty is None:
        duty = Duty(key=_duty_key(delegation), kind="reminder", round_id=delegation.round_id)
        session.add(duty)
    duty.due_at, duty.state, duty.claimed_at, duty.done_at = due, "due", None, None
    session.flush()


def remind(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    """Remind the colleague of a part; not who is done or whose time is over, nor after the hand-in or the closing."""
    delegation = session.get(Delegation, int(duty.key.partition(":")[2]))
    if delegation is None or standing_of(session, delegation, now) != "open":
        return
    _write(session, delegation, "reminder", base_url=base_url, now=now)
    record(session, delegation, "delegation.remind", WORKER, now)


# ---- how it stands --------------------------------------------------------------------------------------------------


def standing_of(session: AnySession, delegation: Delegation, now: datetime) -> str:
    """Return how a delegation stands: taken back, over, closed, handed in, done, or open."""
    last = _last_hand_in(session, delegation.round_id, delegation.organisation_id)
    return standing(delegation, is_open_for(delegation.round, delegation.organisation_id, now), last, now)


def _last_hand_in(session: AnySession, round_id: int, organisation_id: int) -> datetime | None:
    its_own = (Submission.round_id == round_id, Submission.organisation_id == organisation_id, handed_in_itself())
    return session.scalar(select(func.max(Submission.handed_in_at)).where(*its_own))


def last_hand_in() -> ScalarSelect[datetime]:
    """Return, for a query of delegations, when their organisation last handed in for the round."""
    its_own = (Submission.organisation_id == Delegation.organisation_id, handed_in_itself())
    query = select(func.max(Submission.handed_in_at)).where(Submission.round_id == Delegation.round_id, *its_own)
    return query.scalar_subquery()


def standing(one: Delegation, is_open: bool, handed_in: datetime | None, now: datetime) -> str:
    """Return how a delegation stands in a round that is open or not, where its organisation last handed in then."""
    if one.taken_back_at is not None:
        return "taken back"
    if one.until_at <= now:
        return "over"
    if not is_open:
        return "closed"
    if handed_in is not None and handed_in >= one.renewed_at:
        return "handed in"
    return "open" if one.done_at is None else "done"


def list_delegations(session: AnySession, round_: Round, organisation_id: int) -> list[Delegation]:
    """Return an organisation's delegations in a round, in text order, the latest of a place first."""
    query = select(Delegation).where(Delegation.round_id == round_.id, Delegation.organisation_id == organisation_id)
    order = (Delegation.first, Delegation.last, Delegation.given_at.desc(), Delegation.id)
    return list(session.scalars(query.order_by(*order)))


def get_delegation(session: AnySession, round_: Round, organisation_id: int, number: int) -> Delegation:
    """Return a delegation of an organisation in a round. Raises NotFound for any other."""
    query = select(Delegation).where(
        Delegation.id == number, Delegation.round_id == round_.id, Delegation.organisation_id == organisation_id
    )
    found = session.scalars(query.options(joinedload(Delegation.organisation))).first()
    if found is None:
        raise NotFound(NOT_THERE)
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """A delegation as its focal point sees it: how it stands, how much was written, when last, and where its letter is."""

    delegation: Delegation
    standing: str
    comments: int
    written_at: datetime | None
    letter: str
    answer: str


def list_held(session: AnySession, round_: Round, organisation_id: int, now: datetime) -> list[Held]:
    """Return who of an organisation holds what until when, and how far they are, in four queries."""
    found = list_delegations(session, round_, organisation_id)
    if not found:
        return []
    handed_in = _last_hand_in(session, round_.id, organisation_id)
    written, letters = _written(session, found), _letters(session, found)
    is_open = is_open_for(round_, organisation_id, now)
    return [
        Held(
            one,
            standing(one, is_open, handed_in, now),
            *written.get(one.id, (0, None)),
            *letters.get(one.id, ("", "")),
        )
        for one in found
    ]


def _written(session: AnySession, found: Sequence[Delegation]) -> dict[int, tuple[int, datetime | None]]:
    query = (
        select(DelegatedComment.delegation_id, func.count(), func.max(Comment.updated_at))
        .join(Comment, Comment.id == DelegatedComment.comment_id)
        .where(DelegatedComment.delegation_id.in_([one.id for one in found]), traces.is_not_set_aside())
        .where(Comment.round_id == found[0].round_id)
        .group_by(DelegatedComment.delegation_id)
    )
    return {number: (count, last) for number, count, last in session.execute(query)}


def _letters(session: AnySession, found: Sequence[Delegation]) -> dict[int, tuple[str, str]]:
    """Return how the latest letter to each colleague stands, and what the mail server said of it."""
    query = select(OutboxLetter.key, OutboxLetter.state, OutboxLetter.answer).where(
        OutboxLetter.round_id == found[0].round_id, OutboxLetter.kind == KIND
    )
    return {
        int(key.split(":")[1]): (state, answer)
        for key, state, answer in session.execute(query.order_by(OutboxLetter.id))
    }
