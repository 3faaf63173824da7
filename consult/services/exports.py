"""Files made of a round. Each is written anew from what may be seen in it: at once, or by the worker where it takes long.

What the worker has made is kept for a day, for whoever asked for it alone.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import undefer

from consult import engine, jail
from consult.errors import NotFound, Refused
from consult.models import DECISIONS, Consolidation, Job, Person, Round
from consult.phrases import say
from consult.rules.permissions import NOT_THERE, Actor, Facts, may, require
from consult.services import consolidations, dispositions, drafts, files, matrices
from consult.services.files import DOCX, XLSX
from consult.services.jobs import EXPORT, REMEMBERED, Ending, Report, Result, ask_for
from consult.storage import Storage
from consult.unit_of_work import AnySession

LONG = 1000  # changes and margin comments in the consolidated file; with more of them the files take seconds to make


@dataclass(frozen=True, slots=True)
class Source:
    """What a file is made of: the round, and whether the lead's own decisions may be in it."""

    session: AnySession
    storage: Storage
    round: Round
    leads: bool


@dataclass(frozen=True, slots=True)
class Export:
    """A file on offer: who may take it, what it is, how it is made, whether it needs a consolidation first."""

    action: str
    title: str
    media_type: str
    make: Callable[[Source], bytes]
    after_consolidation: bool = True


def _latest(source: Source) -> Consolidation:
    latest = consolidations.find_latest(source.session, source.round)
    if latest is None:
        raise Refused(say("The round has not been consolidated yet."), "not-consolidated")
    return latest


def _consolidated(source: Source) -> bytes:
    made = files.read_file(source.session, source.storage, _latest(source).docx_sha256)
    names = [place.organisation.name for place in source.round.consultation.participations]
    return jail.release(made, names=names).docx


def _report(source: Source) -> bytes:
    return json.dumps(_latest(source).report, ensure_ascii=False, indent=2).encode()


def _draft(source: Source) -> bytes:
    draft = drafts.get_draft(source.session, source.round)
    return files.read_file(source.session, source.storage, draft.file_sha256)


def _circulated(source: Source) -> bytes:
    identity = drafts.identity_of(source.round, drafts.get_draft(source.session, source.round))
    return jail.release(_draft(source), identity=identity).docx


def _next_draft(source: Source) -> bytes:
    numbered = dispositions.list_numbered(source.session, source.round)
    described = drafts.as_value(drafts.get_draft(source.session, source.round))
    if disputed := dispositions.contradictions(described, numbered):
        raise Refused(
            say(
                "Accepted changes contradict each other in paragraph %(numbers)s. Decide again there: accept one of "
                "them, or accept one with changes and write the wording that shall stand.",
                numbers=", ".join(disputed),
            ),
            "accepted-changes-conflict",
        )
    return jail.clean(jail.write_next_draft(_draft(source), dispositions.accepted_edits(numbered))).docx


def _matrix(source: Source) -> tuple[engine.MatrixHead, tuple[engine.MatrixRow, ...]]:
    return matrices.make_matrix(source.session, source.round, only_released=not source.leads)


def _matrix_xlsx(source: Source) -> bytes:
    """Return the matrix as a workbook; the lead's own can be filled and given back."""
    return matrix_to_fill(source.session, source.round) if source.leads else engine.write_matrix_xlsx(*_matrix(source))


def _matrix_docx(source: Source) -> bytes:
    return engine.write_matrix_docx(*_matrix(source))


def matrix_to_fill(session: AnySession, round_: Round) -> bytes:
    """Return the matrix as the lead fills it."""
    return engine.write_matrix_to_fill(*matrices.make_matrix_to_fill(session, round_), DECISIONS)


CONSOLIDATED = say("Consolidated draft: all changes and comments by organisation")
EXPORTS = {
    "consolidated.docx": Export("download.results", CONSOLIDATED, DOCX, _consolidated),
    "matrix.xlsx": Export("download.results", say("Comment matrix (Excel)"), XLSX, _matrix_xlsx),
    "matrix.docx": Export("download.results", say("Comment matrix (Word)"), DOCX, _matrix_docx),
    "report.json": Export("download.lead", say("Report of the merge, for programs"), "application/json", _report),
    "next-draft.docx": Export("download.lead", say("Clean next draft with the accepted wording"), DOCX, _next_draft),
    "draft.docx": Export("download.see", say("The draft as circulated"), DOCX, _circulated, after_consolidation=False),
}


def get_export(name: str) -> Export:
    """Return a file on offer by its name. Raises NotFound."""
    if name not in EXPORTS:
        raise NotFound(say("There is no such file."))
    return EXPORTS[name]


def leads(actor: Actor, facts: Facts) -> bool:
    """Return whether the lead's own decisions may be in what the actor takes."""
    return may(actor, "disposition.see", facts).allowed


def check_there(session: AnySession, round_: Round, export: Export) -> None:
    """Raise Refused while a file that needs a consolidation has none."""
    if export.after_consolidation and consolidations.find_latest(session, round_) is None:
        raise Refused(say("This file is there when the round has been consolidated."), "not-consolidated")


def takes_long(latest: Consolidation | None) -> bool:
    """Return whether the files of a round, as last consolidated, are so big that the worker makes them."""
    return latest is not None and len(latest.report["edits"]) + len(latest.report["comments"]) >= LONG


# ---- as long work ---------------------------------------------------------------------------------------------------


def ask_for_export(
    session: AnySession, round_: Round, name: str, *, by: Actor, person: Person, facts: Facts, now: datetime
) -> Job:
    """Put the making of a file into the queue. The caller has checked that the actor may take it."""
    check_there(session, round_, get_export(name))
    key = f"export:{round_.id}:{person.id}:{name}"
    told = {"name": name, "leads": leads(by, facts)}
    return ask_for(session, kind=EXPORT, round_=round_, key=key, by=person, now=now, facts=told)


def work_on_export(session: AnySession, storage: Storage, job: Job, report: Report) -> Ending:
    """Make a file of everything as it is at one instant."""
    report(say("Reading the round and writing the file."), 0, 2)
    job_id, round_id, name = job.id, job.round_id, job.facts["name"]
    source = Source(session, storage, session.get_one(Round, round_id), job.facts["leads"])
    data = get_export(name).make(source)
    report(say("Keeping the file for you."), 1, 2)

    def end(session: AnySession, now: datetime) -> Result:
        session.execute(update(Job).where(Job.id == job_id).values(made=data))
        return Result("downloads.made", {"round_id": round_id, "job_id": job_id})

    return end


def get_made(session: AnySession, round_: Round, job_id: int, *, actor: Actor, facts: Facts) -> Job:
    """Return the job that made a file for the actor, if the actor may still take it. Raises NotFound or Refused."""
    query = select(Job).where(Job.id == job_id, Job.round_id == round_.id, Job.kind == EXPORT, Job.state == "done")
    found = session.scalars(query.options(undefer(Job.made))).first()
    if found is None or found.asked_by_id != actor.person_id or found.facts["leads"] > leads(actor, facts):
        raise NotFound(NOT_THERE)
    require(actor, get_export(found.facts["name"]).action, facts)
    if found.made is None:
        raise Refused(say("A file that was made is kept for one day. Ask for it once more."), "not-kept")
    return found


def is_any_old(session: AnySession, *, now: datetime) -> bool:
    """Return whether a file that was made has been kept for its day."""
    return bool(session.scalar(select(exists().where(*_old(now)))))


def forget_old(session: AnySession, *, now: datetime) -> None:
    """Throw away the files that were made and have been kept for their day."""
    session.execute(update(Job).where(*_old(now)).values(made=None).execution_options(synchronize_session=False))


def _old(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Job.made.is_not(None), Job.finished_at < now - REMEMBERED)
