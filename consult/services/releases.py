"""Releasing decisions: from then on the organisations know them as they stood; what is decided later is a draft again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult.errors import Refused
from consult.models import Comment, Disposition, ReleasedDisposition, Round
from consult.phrases import say
from consult.rules.permissions import Actor
from consult.services import audit, invitations, letter_plans
from consult.services.comments import list_effective
from consult.services.dispositions import Numbered
from consult.services.entries import CHANGED, DRAFT, RELEASED, Entry, is_latest, list_entries
from consult.services.letter_words import Told, tell_decisions
from consult.services.visibility import is_round_open
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Release:
    """What was released: the number of the release in its round, how many decisions, how many letters went out."""

    number: int
    decisions: int
    letters: int


def list_released(session: AnySession, round_: Round) -> dict[int, ReleasedDisposition]:
    """Return what the organisations know to be decided, by comment id."""
    query = (
        select(ReleasedDisposition).join(Comment, is_latest(ReleasedDisposition)).where(Comment.round_id == round_.id)
    )
    return {released.comment_id: released for released in session.scalars(query)}


def list_as_released(session: AnySession, round_: Round) -> list[Numbered]:
    """Return the comments that count, numbered, with their decisions as they were released, and without those that were not."""
    released = list_released(session, round_)
    return [Numbered(number, c, released.get(c.id)) for number, c in enumerate(list_effective(session, round_), 1)]


def check_may_release(round_: Round, now: datetime) -> None:
    """Raise Refused unless the round is consolidated and not finished."""
    if round_.stage == "decided":
        raise Refused(say("The round is finished: all its decisions have been released."), "finished")
    if is_round_open(round_, now) or round_.stage != "consolidated":
        raise Refused(say("Decisions are released when the round has been consolidated."), "not-consolidated")


def release(session: AnySession, round_: Round, *, base_url: str, by: Actor, now: datetime) -> Release:
    """Release the decisions as they stand and tell the organisations by letter.

    The first release tells every organisation that is asked, a later one those for which something has changed. Raises
    Refused before the consolidation, after the round is finished, and when there is nothing new.
    """
    check_may_release(round_, now)
    entries = list_entries(session, round_)
    new = _publish(session, round_, entries, now)
    if not new:
        raise Refused(
            say("Nothing has been decided or changed since the last release.")
            if round_.releases
            else say("No comment has a decision yet. Decide first."),
            "nothing-new",
        )
    known = Counter(e.organisation_id for e in entries if e.state == RELEASED)
    changed = Counter(entry.organisation_id for entry in new)
    letters = invitations.tell_released(
        session,
        round_,
        {organisation: (count, known[organisation] + count) for organisation, count in changed.items()},
        counted=Counter(entry.organisation_id for entry in entries),
        told=_decisions_for_letters(session, round_),
        base_url=base_url,
        now=now,
    )
    audit.record(
        session, by=by, action="round.release", object_kind="round", object_id=round_.id, now=now,
        release=round_.releases, decisions=len(new), organisations=len(changed),
    )  # fmt: skip
    return Release(round_.releases, len(new), letters)


def _decisions_for_letters(session: AnySession, round_: Round) -> dict[int, list[Told]]:
    """Return the released decisions by organisation, where the round says that letters carry them."""
    if not letter_plans.plan_of(session, round_).with_text:
        return {}
    by_organisation: dict[int, list[Numbered]] = {}
    for item in list_as_released(session, round_):
        by_organisation.setdefault(item.comment.organisation_id, []).append(item)
    return {number: tell_decisions(items) for number, items in by_organisation.items()}


def release_rest(session: AnySession, round_: Round, *, by: Actor, now: datetime) -> None:
    """Release what is still unreleased when a round is finished; the letter about that tells everybody."""
    new = _publish(session, round_, list_entries(session, round_), now)
    if new:
        audit.record(
            session, by=by, action="round.release", object_kind="round", object_id=round_.id, now=now,
            release=round_.releases, decisions=len(new), organisations=len({e.organisation_id for e in new}),
        )  # fmt: skip


def _publish(session: AnySession, round_: Round, entries: Sequence[Entry], now: datetime) -> list[Entry]:
    """Add a row for each decision that is not released as it stands; return of which comments they are."""
    new = [entry for entry in entries if entry.state in (DRAFT, CHANGED)]
    if not new:
        return []
    round_.releases += 1
    query = select(Disposition).where(Disposition.comment_id.in_([entry.comment_id for entry in new]))
    session.add_all(
        ReleasedDisposition(
            comment_id=made.comment_id,
            release=round_.releases,
            decision=made.decision,
            reason=made.reason,
            wording=made.wording,
            duplicate_of_id=made.duplicate_of_id,
            released_at=now,
        )
        for made in session.scalars(query)
    )
    session.flush()
    return new
