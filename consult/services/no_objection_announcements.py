"""Announcing a no-objection round on a planned draft: the frozen text, the exact time of expiry, who is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

from consult import jail
from consult.errors import Invalid, Refused
from consult.models import CarriedComment, Comment, Deadline, NoObjection, NoObjectionAsked, Organisation, Person, Round
from consult.phrases import say
from consult.rules.calendar import deadline_from
from consult.rules.no_objections import NO_OBJECTION, check_times
from consult.rules.permissions import Actor
from consult.rules.stages import check_move
from consult.services import (
    audit,
    consultations,
    drafts,
    duties,
    files,
    invitations,
    letter_plans,
    no_objection_letters,
)
from consult.storage import Storage
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Terms:
    """What a round is announced with. `starts` is a wall time in the same zone; empty: it runs at once."""

    places: Mapping[int, str]
    wall: str
    zone: str
    starts: str
    invitation: str
    text_in_letters: bool


def freeze_text(session: AnySession, storage: Storage, round_: Round) -> bytes:
    """Return the draft as it leaves, to everybody the same: the text that is frozen. It takes a while to make."""
    draft = drafts.get_draft(session, round_)
    data = files.read_file(session, storage, draft.file_sha256)
    return jail.release(data, identity=drafts.identity_of(round_, draft)).docx


def check_may_announce(session: AnySession, round_: Round) -> None:
    """Raise Refused for a round that is under way, and for one with comments carried over: they want to be answered."""
    check_move(round_.stage, "open")
    carried = exists().where(CarriedComment.comment_id == Comment.id, Comment.round_id == round_.id)
    if session.scalar(select(carried)):
        raise Refused(
            say(
                "Comments were carried over into this round. They can only be answered in a round for comments: "
                "circulate the draft for comments."
            ),
            "has-carried",
        )


def announce(
    session: AnySession,
    storage: Storage,
    round_: Round,
    terms: Terms,
    *,
    frozen: bytes,
    by: Actor,
    person: Person,
    reminder_days: Sequence[int],
    base_url: str,
    now: datetime,
) -> NoObjection:
    """Announce a round: keep the frozen text, set its times, plan what is due, tell everybody with the rule in the letter.

    Raises Refused as `check_may_announce` does; Invalid for times that are none, for nobody to ask, and for an
    organisation that nobody could answer for.
    """
    check_may_announce(session, round_)
    at = deadline_from(terms.wall, terms.zone)
    starts_at = deadline_from(terms.starts, terms.zone) if terms.starts.strip() else now
    check_times(starts_at, at, now)
    consultations.set_places(session, round_, terms.places)
    asked = _asked(session, round_)
    draft = drafts.get_draft(session, round_)
    kept = files.keep_file(session, storage, data=frozen, media_type=files.DOCX, now=now)
    round_.kind, round_.visibility, round_.invitation = NO_OBJECTION, "closed", terms.invitation.strip()
    round_.deadline = Deadline(at=at, zone=terms.zone, wall=terms.wall.strip()[:16], set_at=now)
    round_.stage, round_.circulated_at = "open", now
    held = NoObjection(
        round_id=round_.id,
        file_sha256=kept.sha256,
        filename=draft.filename,
        starts_at=starts_at,
        starts_wall=terms.starts.strip()[:16],
        text_in_letters=terms.text_in_letters,
        announced_by_id=person.id,
    )
    round_.no_objection = held
    session.add_all(NoObjectionAsked(round_id=round_.id, organisation_id=o.id) for o in asked)
    session.flush()
    _plan(session, round_, asked, reminder_days, now)
    no_objection_letters.announce(session, round_, base_url=base_url, now=now)
    audit.record(
        session, by=by, action="round.circulate", object_kind="round", object_id=round_.id, now=now, kind=NO_OBJECTION,
        starts=starts_at.isoformat(), expires=at.isoformat(), asked=[o.id for o in asked], text=kept.sha256,
    )  # fmt: skip
    return held


def _asked(session: AnySession, round_: Round) -> list[Organisation]:
    """Return whom the round asks. Raises Invalid where nobody could answer: such a silence would count for something."""
    asked = invitations.organisations_with(session, round_, invitations.ASKED)
    if mute := [o.name for o in asked if not invitations.focal_points_of(session, o)]:
        raise Invalid(
            say(
                "Nobody could answer for %(organisations)s: no focal point is registered there, so its silence would say "
                "nothing. Ask the administrator to add one, or choose “not asked”.",
                organisations=", ".join(mute),
            ),
            "nobody-answers",
        )
    return asked


def _plan(
    session: AnySession, round_: Round, asked: Sequence[Organisation], reminder_days: Sequence[int], now: datetime
) -> None:
    """Add what is due: for each organisation that the time runs out, as the round's letters are planned; and the end."""
    deadline = round_.deadline
    if deadline is None:
        raise RuntimeError("a round that is announced has a time of expiry")
    plan = letter_plans.plan_of(session, round_, reminder_days)
    letter_plans.add_reminders(session, round_, plan, asked, now=now)
    duties.add(session, key=f"closing:{round_.id}", kind="closing", round_id=round_.id, due_at=deadline.at)
    session.flush()
