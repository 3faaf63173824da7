"""Downloads: the consolidated file, the matrix, the report, the next draft, the draft.

No Word file leaves as it is kept: each is written anew from what may be seen in it.
"""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from consult.models import db
from consult.rules.permissions import may, require
from consult.services import consolidations, dispositions, drafts, exports
from consult.services.exports import EXPORTS, Source
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, storage
from consult.web.scope import Scope, round_scope
from consult.web.sending import attachment

blueprint = Blueprint("downloads", __name__)


@blueprint.get("/rounds/<int:round_id>/downloads")
@declares("download.see")
def index(round_id: int) -> str:
    """List the files the person may take, and say of the others when they will be there."""
    scope = round_scope(round_id, "download.see")
    latest = consolidations.find_latest(db.session, scope.round)
    offered = [
        (
            name,
            download,
            may(actor(), download.action, scope.facts),
            latest is not None or not download.after_consolidation,
        )
        for name, download in EXPORTS.items()
    ]
    numbered = (
        dispositions.list_numbered(db.session, scope.round) if exports.leads(actor(), scope.facts) and latest else []
    )
    return render_template(
        "downloads/index.html",
        scope=scope,
        offered=offered,
        latest=latest,
        not_in=consolidations.list_not_in(db.session, scope.round)
        if latest and exports.leads(actor(), scope.facts)
        else (),
        takes_long=exports.takes_long(latest),
        can_fill=may(actor(), "disposition.decide", scope.facts).allowed and scope.round.stage != "decided",
        undecided=sum(1 for item in numbered if item.disposition is None),
        disputed=dispositions.contradictions(drafts.as_value(scope.draft), numbered) if numbered else (),
    )


@blueprint.get("/rounds/<int:round_id>/downloads/<name>")
@declares("download.see")
def fetch(round_id: int, name: str) -> Response:
    """Make a file and send it."""
    scope = round_scope(round_id, "download.see")
    export = exports.get_export(name)
    require(actor(), export.action, scope.facts)
    exports.check_there(db.session, scope.round, export)
    source = Source(db.session, storage(), scope.round, exports.leads(actor(), scope.facts))
    return _sent(scope, name, export.make(source))


def _sent(scope: Scope, name: str, data: bytes) -> Response:
    filename = f"{scope.round.consultation.title} - round {scope.round.number} - {name}"
    return attachment(data, filename, EXPORTS[name].media_type)


# ---- made by the worker ---------------------------------------------------------------------------------------------


@blueprint.post("/rounds/<int:round_id>/downloads/<name>")
@declares("download.see")
def prepare(round_id: int, name: str) -> Response:
    """Let the worker make a file."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "download.see", now)
        require(actor(), exports.get_export(name).action, scope.facts)
        job = exports.ask_for_export(
            db.session, scope.round, name, by=actor(), person=person(), facts=scope.facts, now=now
        )
        number = job.id
    return redirect(url_for("jobs.show", job_id=number))


@blueprint.get("/rounds/<int:round_id>/downloads/made/<int:job_id>")
@declares("download.see")
def made(round_id: int, job_id: int) -> str:
    """Show that a file is there, of when it is, and how to take it."""
    scope = round_scope(round_id, "download.see")
    job = exports.get_made(db.session, scope.round, job_id, actor=actor(), facts=scope.facts)
    return render_template("downloads/made.html", scope=scope, job=job, export=EXPORTS[job.facts["name"]])


@blueprint.get("/rounds/<int:round_id>/downloads/made/<int:job_id>/file")
@declares("download.see")
def fetch_made(round_id: int, job_id: int) -> Response:
    """Send a file that the worker has made."""
    scope = round_scope(round_id, "download.see")
    job = exports.get_made(db.session, scope.round, job_id, actor=actor(), facts=scope.facts)
    return _sent(scope, job.facts["name"], job.made or b"")
