"""No-objection rounds: their states, which instants lead where, and what an answer does. Modelled on the OSCE's rules.

Rules of Procedure (MC.DOC/1/06, Annex 1(A)): the chair names the exact time of expiry; silence is broken by an objection
or an amendment, in writing, before expiry; the chair tells all at once, either way. No length is prescribed. Our rounds
are a clearance among organisations modelled on this; they adopt nothing.

State is computed from instants whenever it is asked for: nothing here depends on whether a worker is there.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from consult.errors import Invalid, Refused
from consult.phrases import say

COMMENTS, NO_OBJECTION = KINDS = ("comments", "no-objection")
CONCUR, OBJECTION, AMENDMENT = ANSWERS = ("concur", "objection", "amendment")
BREAKS = frozenset((OBJECTION, AMENDMENT))
STANDS, FIRST, FURTHER, LATE, AFTERWARDS = EFFECTS = ("stands", "first", "further", "late", "after withdrawal")
IN_TIME = frozenset((STANDS, FIRST, FURTHER))
MOVES: dict[str, tuple[str, ...]] = {
    "announced": ("running", "prevented", "withdrawn"),
    "running": ("broken", "expired", "withdrawn"),
    "prevented": (),
    "broken": (),
    "expired": (),
    "withdrawn": (),
}
ENDS = frozenset(state for state, following in MOVES.items() if not following)
OVER = {
    "prevented": say("This no-objection round is over: it was prevented before it began to run."),
    "broken": say("This no-objection round is over: an objection or amendment has ended it."),
    "expired": say("This no-objection round is over: its time has run out."),
    "withdrawn": say("This no-objection round is over: the lead has withdrawn it."),
}
RULE = say(
    "Silence counts as no objection only because this round was opened as a no-objection round. It is broken by one "
    "objection or one amendment of an organisation that is asked, in writing, handed in here before the time of expiry; "
    "the first one ends the round. What comes at that instant or later is kept and shown as late, and has no effect."
)
TOLD = say(
    "An objection or amendment is told to all who take part at once: by whom, when, of which kind, and its words. Before "
    "the end nobody but the lead sees who has answered what; afterwards all who take part see the record."
)
FIXED = say(
    "The time of expiry cannot be moved while the round is announced or running. The lead can withdraw the round, with a "
    "reason that is told to all, and announce it anew."
)


@dataclass(frozen=True, slots=True)
class Course:
    """The instants of a round. `broken_at` is that of the first objection or amendment in time; `noted_at` is when the
    end was written down and told, after which nothing that comes in can undo it, whatever its clock says."""

    starts_at: datetime
    expires_at: datetime
    broken_at: datetime | None = None
    withdrawn_at: datetime | None = None
    noted_at: datetime | None = None


def state_at(course: Course, now: datetime) -> str:
    """Return the state of a round at an instant. It starts at `starts_at` and is over at `expires_at`, both exclusive."""
    if course.withdrawn_at is not None:
        return "withdrawn"
    if course.broken_at is not None:
        return "prevented" if course.broken_at < course.starts_at else "broken"
    if course.noted_at is not None or now >= course.expires_at:
        return "expired"
    return "announced" if now < course.starts_at else "running"


def effect_of(course: Course, answer: str, at: datetime) -> str:
    """Return what an answer that comes in at an instant does. Raises Refused for an agreement when the round is over.

    An objection or amendment is never refused: what somebody wrote is kept, and shown as what it is.
    """
    state = state_at(course, at)
    if answer not in BREAKS:
        check_going_on(state)
        return STANDS
    if state == "withdrawn":
        return AFTERWARDS
    if at >= course.expires_at or state == "expired":
        return LATE
    return FURTHER if state in ENDS else FIRST


def check_going_on(state: str) -> None:
    """Raise Refused, with what has happened, for a round that is over."""
    if state in ENDS:
        raise Refused(OVER[state], f"round-{state}")


def check_over(state: str) -> None:
    """Raise Refused for a round that still goes on."""
    if state not in ENDS:
        raise Refused(say("The record is signed off when the round is over."), "not-over")


def check_times(starts_at: datetime, expires_at: datetime, now: datetime) -> None:
    """Raise Invalid for a time of expiry that is not to come, or a beginning in the past or not before it."""
    if expires_at <= now:
        raise Invalid(say("The time of expiry is in the past. Choose a day and time to come."), "expiry-past")
    if starts_at < now:
        raise Invalid(say("The beginning is in the past. Leave it empty to begin at once."), "start-past")
    if starts_at >= expires_at:
        raise Invalid(say("The round begins before it expires: choose an earlier beginning."), "start-after-expiry")


def check_answer(answer: str, text: str, has_change: bool) -> None:
    """Raise Invalid for no answer of ours, an objection without words, an amendment that changes nothing."""
    if answer not in ANSWERS:
        raise Invalid(say("Choose one of the answers on the page."), "bad-answer")
    if answer == OBJECTION and not text.strip():
        raise Invalid(say("Write what your organisation objects to, and why: everybody reads it."), "objection-empty")
    if answer == AMENDMENT and not has_change:
        raise Invalid(
            say("The wording is that of the text as it stands. Change it to what your organisation proposes."),
            "nothing-changed",
        )


def standing_of(answers: Collection[tuple[str, str]], state: str) -> str:
    """Return how an organisation that is asked stands, by its answers as (answer, effect), in a round of this state.

    Silence counts for something in one case only: the time has run out unbroken.
    """
    effects = {effect for _, effect in answers}
    if FIRST in effects:
        return "broke"
    if FURTHER in effects:
        return "objected as well"
    if STANDS in effects:
        return "agreed"
    return "silent" if state == "expired" else "no answer"
