"""Long work as rows: asked for together with the act that wants it, taken up by the worker, done once or not at all.

A kind of work is a plain function. It reads and makes what takes long, tells how far it is, and returns the ending: what
writes its result, in one transaction with the job's own end. Work that was interrupted is begun again by whoever comes
next; whoever began it before can neither report nor end it any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import joinedload

from consult import engine
from consult.errors import ConsultError, NotFound, Refused
from consult.models import Job, Person, Round
from consult.phrases import say
from consult.queues import queue_of
from consult.rules.permissions import NOT_THERE, Actor, may
from consult.services import visibility
from consult.storage import Storage
from consult.unit_of_work import AnySession

LEASE = timedelta(minutes=4)  # longer than any single step may take; who is silent for longer has died
PAUSE = timedelta(seconds=10)  # before work is begun again that could not be done for want of what it needs
MOST_ATTEMPTS = 3
LATE = timedelta(seconds=20)  # who has waited for longer is told that nobody may be at work
MOST_LISTED = 20
REMEMBERED = timedelta(days=1)  # failed work is listed for so long
CONSOLIDATION, COPY, EXPORT, MAIL, MATRIX = "consolidation", "copy", "export", "mail", "matrix"
TITLES = {
    CONSOLIDATION: say("Consolidating the round"),
    COPY: say("Reading the returned copy"),
    EXPORT: say("Making a file"),
    MAIL: say("Reading the mail"),
    MATRIX: say("Reading the filled matrix"),
}
SHARED = {CONSOLIDATION: "round.consolidate"}  # who may do this sees the work, whoever asked for it
STOPPED = Refused(
    say(
        "This work was begun several times and stopped each time before its end. Nothing of it was kept. "
        "Tell the administrator."
    ),
    "stopped",
)
FAILED = Refused(
    say(
        "An error happened that is not your fault. Nothing of this work was kept. Ask for it once more; "
        "if it happens again, tell the administrator."
    ),
    "failed",
)


class Superseded(Exception):
    """The job was cancelled, or is another worker's by now: this one must leave it alone."""


@dataclass(frozen=True, slots=True)
class Result:
    """Where the work ends: the page to go to, what its address is made of, and what is said there."""

    page: str
    address: Mapping[str, int]
    told: tuple[str, ...] = field(default=())


Report = Callable[[str, int, int], None]  # the step in words, how many steps are done, of how many
Ending = Callable[[AnySession, datetime], Result]
Work = Callable[[AnySession, Storage, Job, Report], Ending]


def ask_for(
    session: AnySession,
    *,
    kind: str,
    round_: Round,
    key: str,
    by: Person,
    now: datetime,
    organisation_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
    payload: bytes | None = None,
) -> Job:
    """Put work into the queue. The same key twice, while the first is not at its end, is the same job."""
    found = session.scalars(select(Job).where(Job.key == key)).first()
    if found is not None:
        return found
    job = Job(
        key=key,
        kind=kind,
        round_id=round_.id,
        organisation_id=organisation_id,
        asked_by_id=by.id,
        facts=dict(facts or {}),
        payload=payload,
        created_at=now,
    )
    session.add(job)
    session.flush()
    queue_of(session.get_bind()).defer(session, job.id)
    return job


# ---- the worker's side ----------------------------------------------------------------------------------------------


def _is_due(now: datetime) -> ColumnElement[bool]:
    is_no_pause = or_(Job.heartbeat_at.is_(None), Job.heartbeat_at <= now - PAUSE)
    return or_(
        and_(Job.state == "queued", is_no_pause),
        and_(Job.state == "running", Job.heartbeat_at < now - LEASE),
    )


def is_any_due(session: AnySession, *, now: datetime) -> bool:
    """Return whether there is work to take up. It only reads, so it may be asked often."""
    return session.scalar(select(Job.id).where(_is_due(now)).limit(1)) is not None


def list_waiting(session: AnySession, *, now: datetime) -> list[int]:
    """Return the jobs that there are to take up."""
    return list(session.scalars(select(Job.id).where(_is_due(now)).order_by(Job.created_at, Job.id)))


def claim_job(session: AnySession, *, now: datetime, job_id: int | None = None, takes_over: bool = False) -> Job | None:
    """Take up the job that has waited longest, or one whose worker has died; None where there is none.

    With `job_id` only that one; `takes_over` is whether its worker is known to be dead. Two never get the same one.
    """
    is_due = or_(_is_due(now), Job.state == "running") if takes_over else _is_due(now)
    wanted = (is_due,) if job_id is None else (is_due, Job.id == job_id)
    due = select(Job.id).where(*wanted).order_by(Job.created_at, Job.id).limit(1)
    claimed = session.execute(
        update(Job)
        .where(Job.id == due.with_for_update(skip_locked=True).scalar_subquery(), *wanted)
        .values(state="running", attempt=Job.attempt + 1, started_at=now, heartbeat_at=now)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if claimed is None:
        return None
    session.expire_all()
    return session.get(Job, claimed)


def report(session: AnySession, job_id: int, attempt: int, *, step: str, done: int, total: int, now: datetime) -> None:
    """Record how far the work is, and that its worker lives. Raises Superseded."""
    _change(session, job_id, attempt, step=engine.to_json(step), done=done, total=total, heartbeat_at=now)


def hold(session: AnySession, job_id: int, attempt: int, *, now: datetime) -> None:
    """Make sure, at the beginning of the transaction that ends it, that nobody else ends this job. Raises Superseded."""
    _change(session, job_id, attempt, heartbeat_at=now)


def finish(session: AnySession, job_id: int, attempt: int, result: Result, *, now: datetime) -> None:
    """Record that the work is done. Raises Superseded."""
    told = {"page": result.page, "address": dict(result.address), "told": engine.to_json(result.told)}
    _change(session, job_id, attempt, state="done", result=told, **_ended(now))


def fail(session: AnySession, job_id: int, attempt: int, refusal: ConsultError, *, now: datetime) -> None:
    """Record why nothing came of the work. Raises Superseded."""
    told = {"message": engine.to_json(refusal.message), "reason": refusal.reason, "status": refusal.status}
    _change(session, job_id, attempt, state="failed", failure=told, **_ended(now))


def put_back(session: AnySession, job_id: int, attempt: int, *, now: datetime) -> None:
    """Put a job back into the queue: what it needs is away. It is begun again after a pause, and this was no attempt.

    Raises Superseded.
    """
    _change(session, job_id, attempt, state="queued", attempt=attempt - 1, heartbeat_at=now)


def _ended(now: datetime) -> dict[str, Any]:
    return {"key": None, "payload": None, "finished_at": now}


def _change(session: AnySession, job_id: int, begun: int, **values: Any) -> None:
    """Change a job for whoever began it as its attempt `begun`. Raises Superseded when that is not the latest."""
    its_own = (Job.id == job_id, Job.attempt == begun, Job.state == "running")
    changed = session.execute(update(Job).where(*its_own).values(**values).execution_options(synchronize_session=False))
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise Superseded
    session.expire_all()


# ---- the person's side ----------------------------------------------------------------------------------------------


def get_job(session: AnySession, job_id: int, *, actor: Actor, now: datetime) -> Job:
    """Return a job of the actor's own, or one that all who lead may see. Raises NotFound for any other."""
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound(NOT_THERE)
    facts = visibility.facts_of(session, job.round, now)
    action = "round.see" if job.asked_by_id == actor.person_id else SHARED.get(job.kind, "")
    if not action or not may(actor, action, facts).allowed:
        raise NotFound(NOT_THERE)
    return job


def list_own(
    session: AnySession, actor: Actor, *, now: datetime, round_id: int | None = None
) -> list[tuple[Job, str, str]]:
    """Return the actor's work that is not at its end, what failed lately, and the files that are there to be taken.

    The latest stands first, each with title and step.
    """
    lately = Job.finished_at > now - REMEMBERED
    is_told = or_(
        Job.state.in_(("queued", "running")),
        and_(Job.state == "failed", lately),
        and_(Job.state == "done", Job.made.is_not(None), lately),
    )
    with_round = joinedload(Job.round).joinedload(Round.consultation)
    query = select(Job).where(Job.asked_by_id == actor.person_id, is_told).options(with_round)
    if round_id is not None:
        query = query.where(Job.round_id == round_id)
    found = session.scalars(query.order_by(Job.created_at.desc(), Job.id).limit(MOST_LISTED))
    return [(job, title_of(job), step_of(job, now)) for job in found]


def cancel(session: AnySession, job: Job, *, now: datetime) -> None:
    """Stop work that is not at its end; what a worker still makes of it is not kept. Raises Refused at its end."""
    going_on = (Job.id == job.id, Job.state.in_(("queued", "running")))
    changed = session.execute(
        update(Job)
        .where(*going_on)
        .values(state="cancelled", **_ended(now))
        .execution_options(synchronize_session=False)
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise Refused(say("This work is at its end already."), "finished")
    session.expire_all()


def title_of(job: Job) -> str:
    """Return what the work is called."""
    return TITLES.get(job.kind, say("Work in progress"))


def step_of(job: Job, now: datetime) -> str:
    """Return in a sentence how far the work is, and honestly so when nobody seems to be at it."""
    if job.state == "done":
        return say("The file is there.")
    if job.state == "queued":
        if now - job.created_at > LATE:
            return say(
                "Nobody has begun this work yet: the worker may not be running. Nothing is lost, it begins as soon as "
                "the worker runs. Tell the administrator if this goes on."
            )
        return say("Waiting for its turn.")
    if job.state == "running" and job.heartbeat_at is not None and job.heartbeat_at < now - LEASE:
        return say("This work was interrupted. It is taken up again as soon as the worker runs.")
    return engine.from_json(str, job.step) or say("Begun.")


def result_of(job: Job) -> Result:
    """Return where finished work ends."""
    return Result(job.result["page"], job.result["address"], engine.from_json(tuple[str, ...], job.result["told"]))


def refusal_of(job: Job) -> tuple[str, str, int]:
    """Return why work failed: the sentence, its code and its status."""
    return engine.from_json(str, job.failure["message"]), job.failure["reason"], job.failure["status"]
