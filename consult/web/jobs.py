"""Long work that a person asked for: how far it is, a way to stop it, and on to where it ends."""

import time
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from consult import clock
from consult.models import Job, db
from consult.services import jobs
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares
from consult.web.languages import said

blueprint = Blueprint("jobs", __name__)
QUICK = 1.0  # seconds to wait for work that has just been asked for, before its page is shown
LOOK = 0.05  # seconds between two looks meanwhile
SOON, LATER = 10, 60  # seconds; younger work is asked about every second, older work less often
BACK = {
    jobs.CONSOLIDATION: "rounds.board",
    jobs.COPY: "copies.show",
    jobs.EXPORT: "downloads.index",
    jobs.MAIL: "copies.show",
    jobs.MATRIX: "filled_matrices.show",
}  # where work was asked for, by kind


@blueprint.get("/jobs/<int:job_id>")
@declares("signed-in")
def show(job_id: int) -> Answer | str | tuple[str, int]:
    """Show how far work is. Work that has ended leads to its result, or says why there is none."""
    job = _wait_for(job_id)
    if job.state == "done":
        return _lead_on(job)
    back = url_for(BACK[job.kind], round_id=job.round_id)
    title = jobs.title_of(job)
    if job.state == "failed":
        message, reason, status = jobs.refusal_of(job)
        page = render_template("jobs/failed.html", job=job, title=title, message=message, reason=reason, back=back)
        return page, status
    return render_template("jobs/show.html", job=job, title=title, back=back, **_progress_of(job))


def _wait_for(job_id: int) -> Job:
    """Return a job; one that has just been asked for when it has ended, or after a second. Little work shows no page."""
    job = jobs.get_job(db.session, job_id, actor=actor(), now=clock.now())
    is_new = (clock.now() - job.created_at).total_seconds() < QUICK
    end = time.monotonic() + (QUICK if is_new else 0)
    while job.state in ("queued", "running") and time.monotonic() < end:
        db.session.rollback()  # what others commit meanwhile is seen by a new transaction only
        time.sleep(LOOK)
        job = db.session.get_one(Job, job_id)
    return job


def _lead_on(job: Job) -> Answer:
    result = jobs.result_of(job)
    for sentence in result.told:
        flash(said(sentence))
    address: dict[str, Any] = dict(result.address)
    return redirect(url_for(result.page, **address))


def _progress_of(job: Job) -> dict[str, object]:
    now = clock.now()
    age = (now - job.created_at).total_seconds()
    return {"step": jobs.step_of(job, now), "delay": 1 if age < SOON else 2 if age < LATER else 5}


@blueprint.get("/jobs/<int:job_id>/progress")
@declares("signed-in")
def progress(job_id: int) -> Answer | str:
    """Tell how far work is, as a part of its page; when it has ended the page is asked for again."""
    job = jobs.get_job(db.session, job_id, actor=actor(), now=clock.now())
    if job.state not in ("queued", "running"):
        return Response(status=204, headers={"HX-Redirect": url_for("jobs.show", job_id=job.id)})
    return render_template("jobs/_progress.html", job=job, **_progress_of(job))


@blueprint.post("/jobs/<int:job_id>/cancel")
@declares("signed-in")
def cancel(job_id: int) -> Answer:
    """Stop work. Nothing of it is kept."""
    with unit_of_work(db.session) as now:
        job = jobs.get_job(db.session, job_id, actor=actor(), now=now)
        jobs.cancel(db.session, job, now=now)
        back = url_for(BACK[job.kind], round_id=job.round_id)
    flash(_("Stopped. Nothing of it was kept."))
    return redirect(back)
