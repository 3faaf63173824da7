"""The worker's long work: takes up jobs one after the other and carries each through to its end.

Who hands them out (consult/queues.py) the kinds of work do not notice.
"""

from collections.abc import Mapping
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError

from consult import clock
from consult.errors import ConsultError, Unavailable
from consult.models import Job
from consult.services import consolidations, exports, filled_matrices, jobs, mail_findings, returned_copies
from consult.services.jobs import Report, Superseded, Work
from consult.storage import Storage
from consult.unit_of_work import AnySession, unit_of_work

log = structlog.get_logger()


def kinds_of_work(base_url: str) -> dict[str, Work]:
    """Return every kind of work there is, by its name in the rows."""
    return {
        jobs.CONSOLIDATION: partial(consolidations.work_on_consolidation, base_url=base_url),
        jobs.COPY: returned_copies.work_on_copy,
        jobs.EXPORT: exports.work_on_export,
        jobs.MAIL: partial(mail_findings.work_on_mail, base_url=base_url),
        jobs.MATRIX: filled_matrices.work_on_matrix,
    }


def do_due_jobs(session: AnySession, storage: Storage, kinds: Mapping[str, Work]) -> int:
    """Do all work that waits, and return how many jobs came to an end. Safe in any number of processes."""
    count = 0
    while _do_one(session, storage, kinds):
        count += 1
    return count


def _do_one(session: AnySession, storage: Storage, kinds: Mapping[str, Work]) -> bool:
    is_due = jobs.is_any_due(session, now=clock.now())
    session.rollback()
    if not is_due:
        return False
    return do_job(session, storage, kinds)


def do_job(
    session: AnySession,
    storage: Storage,
    kinds: Mapping[str, Work],
    *,
    job_id: int | None = None,
    takes_over: bool = False,
) -> bool:
    """Do the job that waits longest, or this one; return whether there was one to do."""
    with unit_of_work(session) as now:
        job = jobs.claim_job(session, now=now, job_id=job_id, takes_over=takes_over)
        if job is None:
            return False
        job_id, attempt, kind = job.id, job.attempt, job.kind
    try:
        _carry_through(session, storage, kinds[kind], job_id, attempt)
    except Superseded:
        session.rollback()
        log.info("job superseded", id=job_id, kind=kind)
    return True


def _carry_through(session: AnySession, storage: Storage, work: Work, job_id: int, attempt: int) -> None:
    """Do one job. What it refuses, and what it fails by, is recorded; what interrupts it leaves it to the next worker."""
    try:
        if attempt > jobs.MOST_ATTEMPTS:
            raise jobs.STOPPED
        ending = work(session, storage, session.get_one(Job, job_id), _reporting(session, job_id, attempt))
        with unit_of_work(session) as now:
            jobs.hold(session, job_id, attempt, now=now)
            jobs.finish(session, job_id, attempt, ending(session, now), now=now)
    except (OperationalError, Unavailable) as error:
        log.warning("job put back", id=job_id, kind=type(error).__name__)
        with unit_of_work(session) as now:
            jobs.put_back(session, job_id, attempt, now=now)
    except ConsultError as refusal:
        _fail(session, job_id, attempt, refusal)
    except Superseded:
        raise
    except Exception as error:
        log.error("job failed", id=job_id, kind=type(error).__name__)
        _fail(session, job_id, attempt, jobs.FAILED)


def _fail(session: AnySession, job_id: int, attempt: int, refusal: ConsultError) -> None:
    with unit_of_work(session) as now:
        jobs.fail(session, job_id, attempt, refusal, now=now)


def _reporting(session: AnySession, job_id: int, attempt: int) -> Report:
    """Return what work calls at every step. It ends the transaction in which the work has read so far."""

    def report(step: str, done: int, total: int) -> None:
        with unit_of_work(session) as now:
            jobs.report(session, job_id, attempt, step=step, done=done, total=total, now=now)

    return report
