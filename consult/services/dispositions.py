"""The lead's decision on every comment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from consult import engine
from consult.errors import Invalid, Refused
from consult.models import DECISIONS, Comment, Disposition, Person, Round
from consult.phrases import say
from consult.rules.names import name_of
from consult.rules.permissions import Actor
from consult.services import audit
from consult.services.comments import LONGEST, edits_of, list_effective
from consult.services.drafts import paragraph_value
from consult.services.visibility import is_round_open
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Numbered:
    """A comment with its number in the matrix and on the page, and the decision on it, if there is one."""

    number: int
    comment: Comment
    disposition: Disposition | None


def list_numbered(session: AnySession, round_: Round) -> list[Numbered]:
    """Return the comments that count, numbered in the matrix's order, with their decisions."""
    comments = list_effective(session, round_)
    query = select(Disposition).join(Comment, Disposition.comment_id == Comment.id).where(Comment.round_id == round_.id)
    decided = {d.comment_id: d for d in session.scalars(query)}
    return [Numbered(number, c, decided.get(c.id)) for number, c in enumerate(comments, 1)]


def count_undecided(session: AnySession, round_: Round) -> int:
    """Return how many comments have no decision."""
    return sum(1 for item in list_numbered(session, round_) if item.disposition is None)


def decide(
    session: AnySession,
    round_: Round,
    comment: Comment,
    *,
    decision: str,
    reason: str,
    wording: str,
    duplicate_of: int,
    version: int,
    by: Actor,
    person: Person,
    now: datetime,
) -> Disposition:
    """Record the lead's decision on a comment. `duplicate_of` is the number of another comment, `version` 0 for a first one.

    Raises Refused while the round is open or finished, or when somebody decided meanwhile; Invalid when the reason for
    anything but "accepted" is missing, or the wording of an acceptance with changes, or the other comment's number.
    """
    if is_round_open(round_, now):
        raise Refused(say("The round is still open: decisions begin when it is closed."), "still-open")
    if round_.stage == "decided":
        raise Refused(say("The round is finished; its decisions stand."), "finished")
    numbered = {item.number: item for item in list_numbered(session, round_)}
    item = next((i for i in numbered.values() if i.comment.id == comment.id), None)
    if item is None:
        raise Refused(say("This comment does not count any more: it was withdrawn or corrected."), "not-effective")
    if (item.disposition.version if item.disposition else 0) != version:
        raise Refused(
            say(
                "Somebody else decided on this comment while you were writing. Their decision is shown; yours is below."
            ),
            "changed-meanwhile",
        )
    other = numbered.get(duplicate_of)
    _check(comment, decision, reason, wording)
    if decision == "duplicate":
        _check_duplicate(item, other, numbered.values())
    disposition = item.disposition or Disposition(comment_id=comment.id)
    disposition.decision, disposition.reason = decision, reason.strip()
    disposition.wording = wording.replace("\r\n", "\n") if decision == "accepted with changes" else None
    disposition.duplicate_of_id = other.comment.id if other and decision == "duplicate" else None
    disposition.decided_at, disposition.decided_by_id = now, person.id
    session.add(disposition)
    session.flush()
    audit.record(
        session, by=by, action="disposition.decide", object_kind="comment", object_id=comment.id, now=now,
        round=round_.id, decision=decision,
    )  # fmt: skip
    return disposition


def _check(comment: Comment, decision: str, reason: str, wording: str) -> None:
    if decision not in DECISIONS:
        raise Invalid(say("Choose a decision."), "no-decision")
    if max(len(reason), len(wording)) > LONGEST:
        raise Invalid(
            say("The reason or the wording has more than %(most)s characters. Shorten it.", most=LONGEST),
            "too-long",
        )
    if decision != "accepted" and not reason.strip():
        raise Invalid(
            say(
                "Give the reason for “%(decision)s”: the organisation will read it.",
                decision=name_of(decision, "decision"),
            ),
            "reason-missing",
        )
    if decision != "accepted with changes" or comment.paragraph is None:
        return
    if not wording.strip():
        raise Invalid(say("Write how the paragraph shall read."), "wording-missing")
    if not engine.propose(paragraph_value(comment.paragraph), wording):
        raise Invalid(
            say("The wording is that of the draft. Change it, or choose another decision."), "wording-unchanged"
        )


def _check_duplicate(item: Numbered, other: Numbered | None, numbered: Iterable[Numbered]) -> None:
    """Raise Invalid unless the other comment is one that stands for itself, and nothing repeats this one."""
    if other is None or other.number == item.number:
        raise Invalid(say("Enter the number of the comment that this one repeats."), "no-such-number")
    repeated = other.disposition.duplicate_of_id if other.disposition else None
    if repeated:
        first = next((str(i.number) for i in numbered if i.comment.id == repeated), "?")
        raise Invalid(
            say(
                "Comment %(number)s is itself a duplicate. Enter the number of the first one: %(first)s.",
                number=other.number,
                first=first,
            ),
            "duplicate-of-duplicate",
        )
    followers = [i.number for i in numbered if i.disposition and i.disposition.duplicate_of_id == item.comment.id]
    if followers:
        told = ", ".join(map(str, followers))
        raise Invalid(
            say(
                "This comment cannot be a duplicate: %(numbers)s is marked as a duplicate of it. Change that first.",
                numbers=told,
            ),
            "has-duplicates",
        )


def accepted_edits(numbered: Sequence[Numbered]) -> list[engine.Edit]:
    """Return the edits of accepted proposals and of the lead's own wordings, each signed with its comment's number."""
    edits = list[engine.Edit]()
    for item in numbered:
        comment, disposition = item.comment, item.disposition
        if disposition is None or comment.paragraph is None:
            continue
        wanted: tuple[engine.Edit, ...] = ()
        if disposition.decision == "accepted":
            wanted = edits_of(comment)
        elif disposition.decision == "accepted with changes" and disposition.wording is not None:
            wanted = engine.propose(paragraph_value(comment.paragraph), disposition.wording)
        edits += [replace(edit, organisation=f"comment {item.number}") for edit in wanted]
    return edits


def changes_of(item: Numbered) -> tuple[engine.Change, ...]:
    """Return the lead's own wording as same, inserted and deleted words of the paragraph; () where there is none."""
    paragraph, wording = item.comment.paragraph, item.disposition.wording if item.disposition else None
    if paragraph is None or wording is None:
        return ()
    return engine.show_changes(paragraph.text, engine.propose(paragraph_value(paragraph), wording))


def contradictions(draft: engine.Draft, numbered: Sequence[Numbered]) -> tuple[str, ...]:
    """Return the numbers of the paragraphs in which accepted changes contradict each other, in text order.

    As long as there are any, no next draft can be made.
    """
    proposals: dict[str, list[engine.Edit]] = {}
    for edit in accepted_edits(numbered):
        proposals.setdefault(edit.organisation, []).append(edit)
    accepted = [engine.Contribution(name, tuple(edits)) for name, edits in proposals.items()]
    return tuple(dict.fromkeys(conflict.number for conflict in engine.find_conflicts(draft, accepted)))
