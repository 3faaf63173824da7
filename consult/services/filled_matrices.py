"""Filled matrices: read first, looked at row by row, their decisions made when the lead says so."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from consult import engine, jail
from consult.errors import Invalid, NotFound, Refused
from consult.models import FilledMatrix, Job, Person, Round
from consult.phrases import say
from consult.rules.permissions import NOT_THERE, Actor
from consult.services import audit, dispositions, people, visibility
from consult.services.filled_rows import REFUSED, TAKEN, UNCHANGED, Verdict, is_of_another_round, judge_rows
from consult.services.jobs import MATRIX, Ending, Report, Result, ask_for
from consult.storage import Storage
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Examined:
    """What the rows of a filled matrix would do as everything is now. `mark` changes when any of that does."""

    taken: tuple[Verdict, ...]
    unchanged: tuple[Verdict, ...]
    refused: tuple[Verdict, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class Taken:
    """How many decisions were made of a matrix, and how many rows were refused."""

    decisions: int
    refused: int


def ask_for_reading(
    session: AnySession, round_: Round, *, filename: str, data: bytes, by: Person, now: datetime
) -> Job:
    """Put the reading of a filled matrix into the queue. The same file is the same work."""
    dispositions.check_may_decide(round_, now)
    return ask_for(
        session,
        kind=MATRIX,
        round_=round_,
        key=f"matrix:{round_.id}:{by.id}:{hashlib.sha256(data).hexdigest()}",
        by=by,
        facts={"filename": filename[:255]},
        payload=data,
        now=now,
    )


def work_on_matrix(session: AnySession, storage: Storage, job: Job, report: Report) -> Ending:
    """Read a filled matrix in a process of its own. What cannot be used is not stored."""
    report(say("Reading the matrix, row by row."), 0, 1)
    round_id, filename, data = job.round_id, job.facts["filename"], job.payload or b""
    rows = jail.read_filled_matrix(data)

    def end(session: AnySession, now: datetime) -> Result:
        person = job.asked_by
        actor = people.actor_of(person)
        round_, _ = visibility.get_round(
            session, round_id, actor=actor, action="disposition.decide", now=now, to_write=True
        )
        kept = keep_matrix(session, round_, filename=filename, data=data, rows=rows, by=actor, person=person, now=now)
        return Result("filled_matrices.examined", {"round_id": round_id, "matrix_id": kept.id})

    return end


def keep_matrix(
    session: AnySession,
    round_: Round,
    *,
    filename: str,
    data: bytes,
    rows: Sequence[engine.FilledRow],
    by: Actor,
    person: Person,
    now: datetime,
) -> FilledMatrix:
    """Keep what stands in a matrix that has been read; nothing is decided by that. The same file is the same matrix.

    Raises Invalid for the matrix of another round, Refused while the round is open and when it is finished.
    """
    dispositions.check_may_decide(round_, now)
    if is_of_another_round(round_, rows):
        raise Invalid(
            say("This is the matrix of another round. Choose the one that was taken from this round."), "another-round"
        )
    digest = hashlib.sha256(data).hexdigest()
    its_own = (FilledMatrix.round_id == round_.id, FilledMatrix.file_sha256 == digest)
    found = session.scalars(select(FilledMatrix).where(*its_own)).first()
    if found is not None:
        if found.state == "discarded":
            found.state = "examined"
        return found
    matrix = FilledMatrix(
        round_id=round_.id,
        uploaded_by_id=person.id,
        file_sha256=digest,
        filename=normalize("NFC", filename)[:255],
        rows=engine.to_json(tuple(rows)),
        uploaded_at=now,
    )
    session.add(matrix)
    session.flush()
    audit.record(
        session, by=by, action="matrix.return", object_kind="matrix", object_id=matrix.id, now=now,
        round=round_.id, file=digest, rows=len(rows),
    )  # fmt: skip
    return matrix


def get_matrix(session: AnySession, round_: Round, matrix_id: int) -> FilledMatrix:
    """Return a filled matrix of a round. Raises NotFound."""
    matrix = session.get(FilledMatrix, matrix_id)
    if matrix is None or matrix.round_id != round_.id:
        raise NotFound(NOT_THERE)
    return matrix


def list_matrices(session: AnySession, round_: Round) -> list[FilledMatrix]:
    """Return the filled matrices of a round that were not put aside, latest first."""
    query = select(FilledMatrix).where(FilledMatrix.round_id == round_.id, FilledMatrix.state != "discarded")
    with_person = joinedload(FilledMatrix.uploaded_by)
    return list(session.scalars(query.options(with_person).order_by(FilledMatrix.uploaded_at.desc(), FilledMatrix.id)))


def examine(session: AnySession, round_: Round, matrix: FilledMatrix) -> Examined:
    """Return what each row of a matrix would do as everything is now."""
    rows = engine.from_json(tuple[engine.FilledRow, ...], matrix.rows)
    verdicts = judge_rows(session, round_, rows)
    found = {name: tuple(v for v in verdicts if v.verdict == name) for name in (TAKEN, UNCHANGED, REFUSED)}
    told = [(v.comment_id, engine.to_json(v.answer)) for v in found[TAKEN]]
    mark = hashlib.sha256(repr(told).encode()).hexdigest()[:32]
    return Examined(found[TAKEN], found[UNCHANGED], found[REFUSED], mark)


def take(
    session: AnySession, round_: Round, matrix: FilledMatrix, *, mark: str, by: Actor, person: Person, now: datetime
) -> Taken:
    """Make the decisions of a matrix: of exactly the rows that were good when they were looked at, all or none.

    `mark` is that of what was looked at. Raises Refused where anything has changed since, where there is nothing to take,
    and what `decide_each` raises. Rows that are refused stop no other and stay in the matrix.
    """
    dispositions.check_may_decide(round_, now)
    if matrix.state == "discarded":
        raise Refused(say("This matrix was put aside. Give it back once more."), "discarded")
    examined = examine(session, round_, matrix)
    if not examined.taken:
        raise Refused(
            say("There is nothing to take over: these decisions stand already, or cannot be used."), "nothing"
        )
    if examined.mark != mark:
        raise Refused(
            say(
                "Something has changed since you looked at these rows. Nothing was saved. They are shown anew as they "
                "are now: look again, then take them over."
            ),
            "changed-meanwhile",
        )
    answers = {v.comment_id: v.answer for v in examined.taken if v.answer is not None}
    dispositions.decide_each(session, round_, answers, by=by, person=person, now=now)
    matrix.state, matrix.taken_at = "taken", now
    session.flush()
    audit.record(
        session, by=by, action="matrix.take", object_kind="matrix", object_id=matrix.id, now=now,
        round=round_.id, decisions=len(answers), refused=len(examined.refused),
    )  # fmt: skip
    return Taken(len(answers), len(examined.refused))


def discard(session: AnySession, matrix: FilledMatrix, *, by: Actor, now: datetime) -> None:
    """Put a matrix aside; decisions that were made of it stay. The same file given back again is there again."""
    matrix.state = "discarded"
    session.flush()
    audit.record(
        session,
        by=by,
        action="matrix.discard",
        object_kind="matrix",
        object_id=matrix.id,
        now=now,
        round=matrix.round_id,
    )
