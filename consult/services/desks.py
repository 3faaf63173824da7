"""The organisation's desk: its focal point clears, drops, restores and merges comments before they are handed in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consult import engine
from consult.errors import Invalid, NotFound, Refused
from consult.models import Comment, Round
from consult.phrases import say
from consult.rules.permissions import NOT_THERE, Actor
from consult.services import comments, traces
from consult.services.comments import Words
from consult.unit_of_work import AnySession

SEPARATED = say("The comments it was made of stand by themselves again.")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which comments the desk shows; "" and 0 for all."""

    author: int = 0
    type: str = ""
    state: str = ""

    def takes(self, comment: Comment) -> bool:
        """Return whether a comment is shown."""
        return (
            self.author in (0, comment.author_key)
            and self.type in ("", comment.type)
            and self.state in ("", comment.desk_state)
        )


def clear(session: AnySession, round_: Round, chosen: Sequence[Comment], *, by: Actor, now: datetime) -> int:
    """Clear these comments for the hand-in and return how many were not cleared yet."""
    for organisation_id in {comment.organisation_id for comment in chosen}:
        comments.check_open(round_, organisation_id, now)
    waiting = [comment for comment in chosen if comment.desk_state == "drafting"]
    for comment in waiting:
        _act(session, comment, "cleared", "cleared", by=by, now=now)
    return len(waiting)


def unclear(session: AnySession, round_: Round, comment: Comment, *, by: Actor, now: datetime) -> None:
    """Take a clearance back."""
    comments.check_open(round_, comment.organisation_id, now)
    if comment.desk_state == "cleared":
        _act(session, comment, "uncleared", "drafting", by=by, now=now)


def drop(session: AnySession, round_: Round, comment: Comment, *, reason: str, by: Actor, now: datetime) -> None:
    """Leave a comment out of the hand-in, with a reason its author sees. Dropping it twice changes nothing."""
    comments.check_open(round_, comment.organisation_id, now)
    _check_at_desk(comment)
    if not reason.strip():
        raise Invalid(say("Say in a sentence why this comment is dropped: its author will read it."), "reason-missing")
    if len(reason) > comments.LONGEST:
        raise Invalid(say("The reason is too long. Shorten it."), "too-long")
    if not comment.is_set_aside:
        _act(session, comment, "dropped", "dropped", by=by, now=now, note=reason.strip())


def restore(session: AnySession, round_: Round, comment: Comment, *, by: Actor, now: datetime) -> None:
    """Take a dropped comment back to the desk. Restoring a merged one undoes the whole merge."""
    comments.check_open(round_, comment.organisation_id, now)
    _check_at_desk(comment)
    if comment.desk_state == "dropped":
        _act(session, comment, "restored", "drafting", by=by, now=now)
    elif comment.desk_state == "merged":
        _separate(session, round_, comment, by=by, now=now)


def _separate(session: AnySession, round_: Round, comment: Comment, *, by: Actor, now: datetime) -> None:
    target = comment.clearance.merged_into_id if comment.clearance else None
    for found in comments.list_own(session, round_, comment.organisation_id):
        if found.id == target:
            if found.submission_id is not None:
                raise Refused(
                    say("The comment it was merged into has been handed in. Correct that one instead."),
                    "already-submitted",
                )
            if not found.is_set_aside:
                _act(session, found, "dropped", "dropped", by=by, now=now, note=SEPARATED)
        elif found.clearance and found.clearance.merged_into_id == target:
            _act(session, found, "separated", "drafting", by=by, now=now)


@dataclass(frozen=True, slots=True)
class Merger:
    """Comments on one paragraph that shall become one: their wording combined, or None where it must be chosen."""

    comments: tuple[Comment, ...]
    wording: str | None
    reason: str
    type: str

    @property
    def must_choose(self) -> bool:
        """Whether the proposals contradict each other."""
        return self.wording is None


def propose_merger(chosen: Sequence[Comment]) -> Merger:
    """Return what comments would become, merged: proposals combined where they agree, reasons joined.

    Raises Invalid for fewer than two, for different paragraphs, for corrections, and for what is not at the desk.
    """
    if len({comment.id for comment in chosen}) < 2:
        raise Invalid(say("Choose at least two comments on the same paragraph."), "too-few")
    first = chosen[0]
    if any((c.paragraph_id, c.organisation_id) != (first.paragraph_id, first.organisation_id) for c in chosen):
        raise Invalid(say("Only comments on the same paragraph can be merged."), "different-paragraphs")
    for comment in chosen:
        _check_at_desk(comment)
        if comment.is_set_aside:
            raise Refused(say("One of these comments was dropped or merged meanwhile. Choose again."), "set-aside")
        if comment.supersedes_id is not None:
            raise Refused(say("A correction takes the place of one comment and is handed in by itself."), "correction")
    combined = engine.combine(comments.edits_of(comment) for comment in chosen)
    text = first.paragraph.text if first.paragraph else ""
    wording = None if combined is None else engine.apply_edits(text, combined)
    reasons = list(dict.fromkeys(comment.reason for comment in chosen if comment.reason))
    kinds = {comment.type for comment in chosen}
    return Merger(tuple(chosen), wording, "\n".join(reasons), kinds.pop() if len(kinds) == 1 else "substantive")


def merge(
    session: AnySession,
    round_: Round,
    chosen: Sequence[Comment],
    words: Words,
    *,
    versions: Sequence[int],
    author_id: int,
    by: Actor,
    now: datetime,
) -> Comment:
    """Make one comment of several, with these words; the several stay, marked as merged into it.

    Raises Refused when one of them was changed since its version was read.
    """
    propose_merger(chosen)
    comments.check_open(round_, chosen[0].organisation_id, now)
    if [comment.version for comment in chosen] != list(versions):
        raise Refused(
            say("One of these comments was changed while you were merging. Look at them again; your words are kept."),
            "changed-meanwhile",
        )
    merged = comments.write_comment(
        session, round_, words, organisation_id=chosen[0].organisation_id, author_id=author_id, form_key="", by=by,
        now=now,
    )  # fmt: skip
    for comment in chosen:
        traces.remember_text(session, comment, act="merged", by=by, now=now)
        traces.set_state(session, comment, "merged", by=by, now=now, merged_into_id=merged.id)
    comments.record(session, merged, "comment.merge", by, now, merged=[comment.id for comment in chosen])
    return merged


def list_chosen(session: AnySession, round_: Round, organisation_id: int, numbers: Iterable[int]) -> list[Comment]:
    """Return these comments of an organisation, in text order; NotFound is raised where one is not its own."""
    wanted = frozenset(numbers)
    found = [c for c in comments.list_own(session, round_, organisation_id) if c.id in wanted]
    if len(found) != len(wanted):
        raise NotFound(NOT_THERE)
    return found


def _check_at_desk(comment: Comment) -> None:
    if comment.submission_id is not None:
        raise Refused(say("This comment has been handed in. Correct or withdraw it instead."), "already-submitted")


def _act(
    session: AnySession, comment: Comment, act: str, state: str, *, by: Actor, now: datetime, note: str = ""
) -> None:
    traces.remember_text(session, comment, act=act, by=by, now=now, note=note, words=False)
    traces.set_state(session, comment, state, by=by, now=now, reason=note)
    comments.record(session, comment, f"comment.{act}", by, now)
