"""The lead's decision on every comment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from consult import engine
from consult.errors import Invalid, NotFound, Refused
from consult.models import Comment, Disposition, Person, ReleasedDisposition, Round
from consult.phrases import say
from consult.rules.permissions import NOT_THERE, Actor
from consult.services import audit
from consult.services.answers import Answer, Book, in_order, kept_wording
from consult.services.comments import counts, edits_of, list_effective
from consult.services.drafts import paragraph_value
from consult.services.entries import list_entries
from consult.services.visibility import is_round_open
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Numbered:
    """A comment with its number in the matrix and on the page, and the decision on it, if there is one.

    That is the lead's decision as it stands or, for others, as it was released.
    """

    number: int
    comment: Comment
    disposition: Disposition | ReleasedDisposition | None


def list_numbered(session: AnySession, round_: Round) -> list[Numbered]:
    """Return the comments that count, numbered in the matrix's order, with their decisions."""
    comments = list_effective(session, round_)
    query = select(Disposition).join(Comment, Disposition.comment_id == Comment.id).where(Comment.round_id == round_.id)
    decided = {d.comment_id: d for d in session.scalars(query)}
    return [Numbered(number, c, decided.get(c.id)) for number, c in enumerate(comments, 1)]


def count_undecided(session: AnySession, round_: Round) -> int:
    """Return how many comments have no decision."""
    return sum(1 for entry in list_entries(session, round_) if not entry.version)


# ---- deciding -------------------------------------------------------------------------------------------------------


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
    answer = Answer(decision, reason, wording, duplicate_of, version)
    return decide_each(session, round_, {comment.id: answer}, by=by, person=person, now=now)[0]


def decide_many(
    session: AnySession,
    round_: Round,
    comments: Collection[Comment],
    *,
    decision: str,
    reason: str,
    wording: str = "",
    duplicate_of: int = 0,
    versions: Mapping[int, int] | None = None,
    by: Actor,
    person: Person,
    now: datetime,
) -> list[Disposition]:
    """Record one decision with one reason on many comments; each keeps its own row and entry in the audit.

    `versions` has by comment id those of the decisions which this one takes the place of, as they were read; a comment
    that is not in it must be undecided. All are decided or none. Raises what `decide` raises, and Invalid for a wording
    that would go into more than one paragraph.
    """
    check_may_decide(round_, now)
    known = versions or {}
    answers = {c.id: Answer(decision, reason, wording, duplicate_of, known.get(c.id, 0)) for c in comments}
    found = _load(session, round_, answers)
    _check_wording_fits(found, decision)
    return _decide(session, round_, answers, found, by=by, person_id=person.id, now=now)


def decide_alike(
    session: AnySession, round_: Round, versions: Mapping[int, int], answer: Answer, *, by: Actor, now: datetime
) -> list[Disposition]:
    """Do what `decide_many` does on comments that are known by their ids; the actor is the person who decides.

    `versions` has for each of them that of the decision which was read, 0 for an undecided one.
    """
    check_may_decide(round_, now)
    found = _load(session, round_, versions)
    _check_wording_fits(found, answer.decision)
    answers = {comment_id: replace(answer, version=version) for comment_id, version in versions.items()}
    return _decide(session, round_, answers, found, by=by, person_id=by.person_id, now=now)


def _check_wording_fits(found: Mapping[int, tuple[Comment, Disposition | None]], decision: str) -> None:
    """Raise Invalid where a wording would go into more than one paragraph."""
    paragraphs = {comment.paragraph_id for comment, _ in found.values()}
    if decision == "accepted with changes" and len(paragraphs) > 1:
        raise Invalid(
            say("A wording is for one paragraph. Choose comments on one paragraph only, or another decision."),
            "many-paragraphs",
        )


def decide_each(
    session: AnySession, round_: Round, answers: Mapping[int, Answer], *, by: Actor, person: Person, now: datetime
) -> list[Disposition]:
    """Record these decisions, by comment id; all of them or, where one raises what `decide` raises, none.

    NotFound is raised for what is no handed-in comment of the round. Decisions are the lead's drafts until released.
    """
    check_may_decide(round_, now)
    found = _load(session, round_, answers)
    return _decide(session, round_, answers, found, by=by, person_id=person.id, now=now)


def _decide(
    session: AnySession,
    round_: Round,
    answers: Mapping[int, Answer],
    found: Mapping[int, tuple[Comment, Disposition | None]],
    *,
    by: Actor,
    person_id: int | None,
    now: datetime,
) -> list[Disposition]:
    book = Book(session, round_)
    for comment_id, answer in in_order(answers):
        comment, made = found[comment_id]
        if (made.version if made else 0) != answer.version:
            raise Refused(
                say(
                    "Somebody else decided on this comment while you were writing. "
                    "Their decision is shown; yours is below."
                )
                if len(answers) == 1
                else say(
                    "Somebody else decided meanwhile on comment %(number)s. Nothing was saved: look at it, and choose anew.",
                    number=book.number_of(comment_id),
                ),
                "changed-meanwhile",
            )
        book.check(comment, answer)
        book.note(comment, answer)
    dispositions = _write(session, {c: _values(a, book, person_id, now) for c, a in answers.items()}, found)
    acts = [(d.comment_id, {"round": round_.id, "decision": d.decision}) for d in dispositions]
    audit.record_each(session, by=by, action="disposition.decide", object_kind="comment", acts=acts, now=now)
    return dispositions


def check_may_decide(round_: Round, now: datetime) -> None:
    """Raise Refused while the round is open, and when it is finished."""
    if is_round_open(round_, now):
        raise Refused(say("The round is still open: decisions begin when it is closed."), "still-open")
    if round_.stage == "decided":
        raise Refused(say("The round is finished; its decisions stand."), "finished")
    if round_.stage == "cancelled":
        raise Refused(say("The round was cancelled: nothing is decided in it."), "cancelled")


def _load(
    session: AnySession, round_: Round, comment_ids: Collection[int]
) -> dict[int, tuple[Comment, Disposition | None]]:
    """Return these comments with the decisions on them, in the order they are named."""
    query = (
        select(Comment, Disposition)
        .outerjoin(Disposition, Disposition.comment_id == Comment.id)
        .where(*counts(round_), Comment.id.in_(comment_ids))
        .options(joinedload(Comment.paragraph))
    )
    found = {comment.id: (comment, made) for comment, made in session.execute(query).unique()}
    for comment_id in comment_ids:
        if comment_id not in found:
            _refuse_missing(session, round_, comment_id)
    return {comment_id: found[comment_id] for comment_id in comment_ids}


def _refuse_missing(session: AnySession, round_: Round, comment_id: int) -> None:
    handed_in = exists().where(
        Comment.id == comment_id, Comment.round_id == round_.id, Comment.submission_id.is_not(None)
    )
    if not session.scalar(select(handed_in)):
        raise NotFound(NOT_THERE)
    raise Refused(say("This comment does not count any more: it was withdrawn or corrected."), "not-effective")


def _values(answer: Answer, book: Book, person_id: int | None, now: datetime) -> dict[str, object]:
    return {
        "decision": answer.decision,
        "reason": answer.reason.strip(),
        "wording": kept_wording(answer),
        "duplicate_of_id": book.id_of(answer.duplicate_of) if answer.decision == "duplicate" else None,
        "decided_at": now,
        "decided_by_id": person_id,
    }


def _write(
    session: AnySession,
    values: Mapping[int, dict[str, object]],
    found: Mapping[int, tuple[Comment, Disposition | None]],
) -> list[Disposition]:
    """Write decisions with these values, by comment id: the new ones in one statement, the changed ones in another."""
    dispositions = [
        found[comment_id][1] or Disposition(comment_id=comment_id, **values[comment_id]) for comment_id in values
    ]
    changed = [disposition for _, disposition in found.values() if disposition is not None]
    session.add_all(dispositions)
    session.flush()
    if not changed:
        return dispositions
    rows = [{"row_id": d.id, "row_version": d.version, **values[d.comment_id]} for d in changed]
    its_row = (Disposition.id == bindparam("row_id"), Disposition.version == bindparam("row_version"))
    session.connection().execute(update(Disposition).where(*its_row).values(version=Disposition.version + 1), rows)
    for disposition in changed:
        for name, value in {**values[disposition.comment_id], "version": disposition.version + 1}.items():
            set_committed_value(disposition, name, value)
        session.expire(disposition, ["duplicate_of", "decided_by"])
    return dispositions


# ---- what decisions make of the draft -------------------------------------------------------------------------------


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
