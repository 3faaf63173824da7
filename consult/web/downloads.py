"""Downloads: the consolidated file, the matrix, the report, the next draft, the draft.

No Word file leaves as it is kept: each is written anew from what may be seen in it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from consult import engine, jail
from consult.errors import NotFound, Refused
from consult.models import db
from consult.phrases import say
from consult.rules.permissions import may, require
from consult.services import consolidations, dispositions, drafts, files, matrices
from consult.services.files import DOCX, XLSX
from consult.web.filled_matrices import matrix_to_fill
from consult.web.guards import actor, declares, storage
from consult.web.scope import Scope, round_scope
from consult.web.sending import attachment

blueprint = Blueprint("downloads", __name__)


@dataclass(frozen=True)
class Download:
    """A file on offer: who may take it, what it is, how it is made, whether it needs a consolidation first."""

    action: str
    title: str
    media_type: str
    make: Callable[[Scope], bytes]
    after_consolidation: bool = True


def _consolidated(scope: Scope) -> bytes:
    latest = consolidations.find_latest(db.session, scope.round)
    if latest is None:
        raise Refused(say("The round has not been consolidated yet."), "not-consolidated")
    made = files.read_file(db.session, storage(), latest.docx_sha256)
    names = [place.organisation.name for place in scope.round.consultation.participations]
    return jail.release(made, names=names).docx


def _report(scope: Scope) -> bytes:
    latest = consolidations.find_latest(db.session, scope.round)
    if latest is None:
        raise Refused(say("The round has not been consolidated yet."), "not-consolidated")
    return json.dumps(latest.report, ensure_ascii=False, indent=2).encode()


def _draft(scope: Scope) -> bytes:
    return files.read_file(db.session, storage(), scope.draft.file_sha256)


def _circulated(scope: Scope) -> bytes:
    return jail.release(_draft(scope), identity=scope.identity).docx


def _next_draft(scope: Scope) -> bytes:
    numbered = dispositions.list_numbered(db.session, scope.round)
    if disputed := dispositions.contradictions(drafts.as_value(scope.draft), numbered):
        raise Refused(
            say(
                "Accepted changes contradict each other in paragraph %(numbers)s. Decide again there: accept one of "
                "them, or accept one with changes and write the wording that shall stand.",
                numbers=", ".join(disputed),
            ),
            "accepted-changes-conflict",
        )
    return jail.clean(jail.write_next_draft(_draft(scope), dispositions.accepted_edits(numbered))).docx


def _matrix(scope: Scope) -> tuple[engine.MatrixHead, tuple[engine.MatrixRow, ...]]:
    return matrices.make_matrix(db.session, scope.round, only_released=not _leads(scope))


def _matrix_xlsx(scope: Scope) -> bytes:
    """Return the matrix as a workbook; the lead's own can be filled and given back."""
    return matrix_to_fill(scope) if _leads(scope) else engine.write_matrix_xlsx(*_matrix(scope))


CONSOLIDATED = say("Consolidated draft: all changes and comments by organisation")
DOWNLOADS = {
    "consolidated.docx": Download("download.results", CONSOLIDATED, DOCX, _consolidated),
    "matrix.xlsx": Download(
        "download.results", say("Comment matrix (Excel)"), XLSX,
        _matrix_xlsx,
    ),
    "matrix.docx": Download(
        "download.results", say("Comment matrix (Word)"), DOCX,
        lambda scope: engine.write_matrix_docx(*_matrix(scope)),
    ),
    "report.json": Download("download.lead", say("Report of the merge, for programs"), "application/json", _report),
    "next-draft.docx": Download("download.lead", say("Clean next draft with the accepted wording"), DOCX, _next_draft),
    "draft.docx": Download("download.see", say("The draft as circulated"), DOCX, _circulated, after_consolidation=False),
}  # fmt: skip


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
        for name, download in DOWNLOADS.items()
    ]
    numbered = dispositions.list_numbered(db.session, scope.round) if _leads(scope) and latest else []
    return render_template(
        "downloads/index.html",
        scope=scope,
        offered=offered,
        latest=latest,
        can_fill=may(actor(), "disposition.decide", scope.facts).allowed and scope.round.stage != "decided",
        undecided=sum(1 for item in numbered if item.disposition is None),
        disputed=dispositions.contradictions(drafts.as_value(scope.draft), numbered) if numbered else (),
    )


def _leads(scope: Scope) -> bool:
    return may(actor(), "disposition.see", scope.facts).allowed


@blueprint.get("/rounds/<int:round_id>/downloads/<name>")
@declares("download.see")
def fetch(round_id: int, name: str) -> Response:
    """Send a file."""
    scope = round_scope(round_id, "download.see")
    download = DOWNLOADS.get(name)
    if download is None:
        raise NotFound(say("There is no such file."))
    require(actor(), download.action, scope.facts)
    if download.after_consolidation and consolidations.find_latest(db.session, scope.round) is None:
        raise Refused(say("This file is there when the round has been consolidated."), "not-consolidated")
    title = scope.round.consultation.title
    return attachment(download.make(scope), f"{title} - round {scope.round.number} - {name}", download.media_type)
