"""Answers that are added to a round by the lead's act: sent late by an organisation, or entered on its behalf.

Until they are added they are nothing but words in a row of their own: no comment, no submission, no count. Adding makes
a submission of them, which is marked for good by the row it came from.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import joinedload, undefer

from consult.errors import Invalid, NotFound, Refused
from consult.models import AddedAnswer, Comment, Organisation, Person, Round, Submission
from consult.phrases import say
from consult.rules.permissions import LEADING, NOT_THERE, Actor
from consult.rules.positions import check_position
from consult.services import audit, comments, invitations, submissions, traces
from consult.services.comments import Words
from consult.services.visibility import is_open_for, is_round_open
from consult.unit_of_work import AnySession

LATE, ON_BEHALF = "late", submissions.ON_BEHALF
MOST = 300  # comments in one answer
LONGEST = 20_000
COLUMNS = ("paragraph_id", "start", "end", "quote", "type", "reason", "edits", "proposed_text")
SENT_LATE = say("Sent to the lead as a late answer.")


# ---- while it is written --------------------------------------------------------------------------------------------


def find_in_work(session: AnySession, round_: Round, organisation_id: int, kind: str) -> AddedAnswer | None:
    """Return the answer of this kind that is being written for an organisation, or None."""
    query = select(AddedAnswer).where(
        AddedAnswer.round_id == round_.id,
        AddedAnswer.organisation_id == organisation_id,
        AddedAnswer.kind == kind,
        AddedAnswer.state == "in work",
    )
    return session.scalars(query.options(undefer(AddedAnswer.words))).first()


def get_in_work(session: AnySession, round_: Round, organisation_id: int, kind: str) -> AddedAnswer:
    """Return the answer of this kind that is being written for an organisation. Raises NotFound."""
    answer = find_in_work(session, round_, organisation_id, kind)
    if answer is None:
        raise NotFound(NOT_THERE)
    return answer


def check_may_be_late(round_: Round, organisation_id: int, now: datetime) -> None:
    """Raise Refused unless the round is closed for the organisation and not finished."""
    if is_open_for(round_, organisation_id, now):
        raise Refused(say("The round is open for your organisation: hand in as always."), "open")
    _check_not_finished(round_)


def check_may_be_entered(session: AnySession, round_: Round, organisation_id: int) -> None:
    """Raise Refused for a round that is not circulated or is finished, NotFound for an organisation that is not asked."""
    _check_not_finished(round_)
    asked = invitations.organisations_with(session, round_, invitations.ASKED)
    if organisation_id not in {organisation.id for organisation in asked}:
        raise NotFound(NOT_THERE)


def _check_not_finished(round_: Round) -> None:
    if round_.circulated_at is None or round_.stage == "decided":
        raise Refused(say("The round is finished: nothing can be added to it any more."), "finished")


def add_words(
    session: AnySession, round_: Round, organisation_id: int, kind: str, words: Words, *, person: Person, now: datetime
) -> AddedAnswer:
    """Add a comment to the answer that is being written, which is begun with the first. It is nobody else's business yet.

    Raises NotFound for an unknown paragraph, Invalid where nothing is said. The caller has checked who may do this.
    """
    said = comments.said_by(session, round_, words)
    answer = _in_work(session, round_, organisation_id, kind, person=person, now=now)
    if len(answer.words) >= MOST:
        raise Refused(say("This answer has %(most)s comments. Send it, then begin another.", most=MOST), "many")
    new = {**said, "number": words.paragraph, "author_id": person.id}
    if new not in answer.words:  # sent twice, it is one
        answer.words = [*answer.words, new]
    session.flush()
    return answer


def _in_work(
    session: AnySession, round_: Round, organisation_id: int, kind: str, *, person: Person, now: datetime
) -> AddedAnswer:
    answer = find_in_work(session, round_, organisation_id, kind)
    if answer is None:
        answer = AddedAnswer(
            round_id=round_.id,
            organisation_id=organisation_id,
            kind=kind,
            words=[],
            begun_at=now,
            begun_by_id=person.id,
        )
        session.add(answer)
        session.flush()
    return answer


def remove_words(session: AnySession, answer: AddedAnswer, place: int) -> dict[str, Any]:
    """Take a comment out of an answer that is being written, by its place in it, and return what it said."""
    if not 0 <= place < len(answer.words):
        raise NotFound(NOT_THERE)
    removed = answer.words[place]
    answer.words = [words for number, words in enumerate(answer.words) if number != place]
    session.flush()
    return removed


# ---- late answers ---------------------------------------------------------------------------------------------------


def send_late(
    session: AnySession,
    round_: Round,
    organisation: Organisation,
    *,
    along: Sequence[Comment],
    position: str,
    statement: str,
    base_url: str,
    by: Actor,
    person: Person,
    now: datetime,
) -> AddedAnswer:
    """Send an organisation's late answer to the lead: what was written for it, and `along`, what was not handed in.

    It is without effect until the lead has accepted it. The comments taken along are set aside at the organisation's
    desk. Raises Refused while the round is open for it or is finished, Invalid where the position contradicts the words.
    """
    check_may_be_late(round_, organisation.id, now)
    found = find_in_work(session, round_, organisation.id, LATE)
    words = [*(found.words if found else []), *(_as_words(comment) for comment in along)]
    check_position(position, statement, len(words))
    answer = found or _in_work(session, round_, organisation.id, LATE, person=person, now=now)
    answer.words, answer.position, answer.statement = words, position, _checked(statement)
    answer.state, answer.sent_at, answer.sent_by_id = "sent", now, person.id
    for comment in along:
        traces.remember_text(session, comment, act="dropped", by=by, now=now, note=SENT_LATE, words=False)
        traces.set_state(session, comment, "dropped", by=by, now=now, reason=SENT_LATE)
    session.flush()
    _tell(session, answer, "sent", LEADING, base_url=base_url, now=now)
    _record(session, answer, "late.send", by, now, comments=len(words))
    return answer


def list_waiting_at_desk(session: AnySession, round_: Round, organisation_id: int) -> list[Comment]:
    """Return what an organisation has written, not handed in and not set aside, in text order."""
    own = comments.list_own(session, round_, organisation_id)
    return [c for c in own if c.submission_id is None and not c.is_set_aside and c.supersedes_id is None]


def _as_words(comment: Comment) -> dict[str, Any]:
    said = {name: getattr(comment, name) for name in COLUMNS}
    number = comment.paragraph.number if comment.paragraph else ""
    return {**said, "number": number, "author_id": comment.author_id}


def decide_late(
    session: AnySession,
    answer: AddedAnswer,
    *,
    accept: bool,
    reason: str,
    base_url: str,
    by: Actor,
    person: Person,
    now: datetime,
) -> None:
    """Accept a late answer, which makes it part of the round, marked as late; or refuse it. Either with a reason.

    Raises Refused for one that is decided already, or once the round is finished.
    """
    _check_not_finished(answer.round)
    if answer.state != "sent":
        raise Refused(say("Somebody has decided on this answer already. Look at the page again."), "decided-already")
    if not reason.strip():
        raise Invalid(say("Say in a sentence why: the organisation reads it."), "reason-missing")
    answer.reason, answer.decided_at, answer.decided_by_id = _checked(reason), now, person.id
    answer.state = "added" if accept else "refused"
    act = "late.accept" if accept else "late.refuse"
    if accept:
        _submit(session, answer, handed_in_by_id=answer.sent_by_id or person.id, by=by, now=now)
    session.flush()
    _tell(session, answer, "accepted" if accept else "refused", (), base_url=base_url, now=now)
    _record(session, answer, act, by, now)


# ---- on behalf ------------------------------------------------------------------------------------------------------


def enter(
    session: AnySession,
    round_: Round,
    organisation_id: int,
    *,
    position: str,
    statement: str,
    note: str,
    proof: tuple[str, str] | None,
    base_url: str,
    by: Actor,
    person: Person,
    now: datetime,
) -> AddedAnswer:
    """Enter on behalf of an organisation what it sent otherwise: the comments written for it so far, and its position.

    `note` says how it came, `proof` is the sha256 and the name of the kept file it came as; None where there is no file.
    The organisation is told, and may contradict: what it hands in itself later takes the place of this.
    """
    check_may_be_entered(session, round_, organisation_id)
    found = find_in_work(session, round_, organisation_id, ON_BEHALF)
    check_position(position, statement, len(found.words) if found else 0)
    if not note.strip():
        raise Invalid(
            say("Say how the answer came, for example: letter of 24 November, by e-mail from the deputy head."),
            "note-missing",
        )
    answer = found or _in_work(session, round_, organisation_id, ON_BEHALF, person=person, now=now)
    answer.position, answer.statement, answer.note = position, _checked(statement), _checked(note)
    answer.proof_sha256, answer.proof_filename = proof or (None, "")
    answer.sent_at = answer.decided_at = now
    answer.sent_by_id = answer.decided_by_id = person.id
    answer.state = "added"
    _submit(session, answer, handed_in_by_id=person.id, by=by, now=now)
    session.flush()
    _tell(session, answer, "entered", (), base_url=base_url, now=now)
    _record(session, answer, "answer.enter", by, now, proof=answer.proof_sha256)
    return answer


def _submit(session: AnySession, answer: AddedAnswer, *, handed_in_by_id: int, by: Actor, now: datetime) -> None:
    """Make a submission of an answer, and comments of its words."""
    if answer.kind == LATE:
        submissions.withdraw_entered(session, answer.round, answer.organisation_id, by=by, now=now)
    last = session.scalar(
        select(func.max(Submission.number)).where(
            Submission.round_id == answer.round_id, Submission.organisation_id == answer.organisation_id
        )
    )
    submission = Submission(
        round_id=answer.round_id,
        organisation_id=answer.organisation_id,
        number=(last or 0) + 1,
        position=answer.position,
        statement=answer.statement,
        handed_in_at=answer.sent_at,
        handed_in_by_id=handed_in_by_id,
    )
    session.add(submission)
    session.flush()
    answer.submission_id = submission.id
    made = [
        Comment(
            round_id=answer.round_id,
            organisation_id=answer.organisation_id,
            author_id=words["author_id"],
            submission_id=submission.id,
            created_at=now,
            updated_at=now,
            **{name: words[name] for name in COLUMNS},
        )
        for words in answer.words
    ]
    session.add_all(made)
    session.flush()
    session.expire(submission, ["added"])
    audit.record(
        session, by=by, action="submission.hand-in", object_kind="submission", object_id=submission.id, now=now,
        round=answer.round_id, organisation=answer.organisation_id, position=answer.position,
        comments=[comment.id for comment in made], added=answer.kind,
    )  # fmt: skip


# ---- common ---------------------------------------------------------------------------------------------------------


def list_answers(session: AnySession, round_: Round, kind: str, organisation_id: int = 0) -> list[AddedAnswer]:
    """Return the answers of a kind that are not in work any more, the latest first; of one organisation or of all."""
    query = select(AddedAnswer).where(
        AddedAnswer.round_id == round_.id, AddedAnswer.kind == kind, AddedAnswer.state != "in work"
    )
    if organisation_id:
        query = query.where(AddedAnswer.organisation_id == organisation_id)
    loaded = query.options(undefer(AddedAnswer.words), joinedload(AddedAnswer.organisation))
    return list(session.scalars(loaded.order_by(AddedAnswer.sent_at.desc(), AddedAnswer.id)))


def get_answer(session: AnySession, round_: Round, number: int, kind: str) -> AddedAnswer:
    """Return an answer of a kind that is not in work any more. Raises NotFound."""
    found = [answer for answer in list_answers(session, round_, kind) if answer.id == number]
    if not found:
        raise NotFound(NOT_THERE)
    return found[0]


def count_waiting(session: AnySession, round_: Round) -> int:
    """Return how many late answers the lead has not decided on."""
    query = select(func.count()).where(
        AddedAnswer.round_id == round_.id, AddedAnswer.kind == LATE, AddedAnswer.state == "sent"
    )
    return session.scalar(query) or 0


def waiting_of_organisation(round_id: int) -> ScalarSelect[int]:
    """Return, for a query of organisations, how many of their late answers the lead has not decided on."""
    query = select(func.count()).where(
        AddedAnswer.round_id == round_id,
        AddedAnswer.organisation_id == Organisation.id,
        AddedAnswer.kind == LATE,
        AddedAnswer.state == "sent",
    )
    return query.scalar_subquery()


def may_take_late(round_: Round, now: datetime) -> bool:
    """Return whether the round is at a stage in which there can be late answers."""
    return round_.circulated_at is not None and round_.stage != "decided" and not is_round_open(round_, now)


def _checked(text: str) -> str:
    words = text.strip().replace("\r\n", "\n")
    if len(words) > LONGEST:
        raise Invalid(say("This text is too long. Shorten it."), "too-long")
    return words


def _tell(
    session: AnySession, answer: AddedAnswer, act: str, places: Sequence[str], *, base_url: str, now: datetime
) -> None:
    """Write to the organisations with these places, or to the answer's own."""
    own = answer.organisation
    to = invitations.organisations_with(session, answer.round, places) if places else [own]
    pages = {"sent": "late-answers", "entered": f"comments?organisation={own.id}"}
    invitations.send(
        session, answer.round, "answer", to, occasion=f"{act}-{answer.id}", base_url=base_url, now=now,
        page=pages.get(act, f"late?organisation={own.id}"), act=act, sender=own.name, reason=answer.reason,
        note=answer.note,
    )  # fmt: skip


def _record(session: AnySession, answer: AddedAnswer, action: str, by: Actor, now: datetime, **facts: Any) -> None:
    audit.record(
        session, by=by, action=action, object_kind="answer", object_id=answer.id, now=now, round=answer.round_id,
        organisation=answer.organisation_id, **facts,
    )  # fmt: skip
