"""Consolidating a round: one Word file of everything that was handed in, and its report."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from consult import engine, jail
from consult.errors import Refused
from consult.models import AuditEntry, Consolidation, Job, Person, ReturnedCopy, Round
from consult.phrases import say, say_many
from consult.rules.permissions import Actor
from consult.rules.stages import BECAUSE, check_move
from consult.services import audit, comments, drafts, extensions, invitations, organisations, people, rounds, visibility
from consult.services.contributions import contributions_from
from consult.services.files import DOCX, keep_file, read_file
from consult.services.jobs import CONSOLIDATION, Ending, Report, Result, ask_for
from consult.storage import Storage
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a consolidation is made of, read at one instant. `mark` changes when any of it does.

    `audit_number` is that of the last audit entry at that instant.
    """

    draft: bytes
    described: engine.Draft
    filename: str
    contributions: tuple[engine.Contribution, ...]
    sources: tuple[engine.Source, ...]
    date: str
    mark: tuple[object, ...]
    audit_number: int


def take_snapshot(session: AnySession, storage: Storage, round_: Round) -> Snapshot:
    """Read everything that counts in a round."""
    draft = drafts.get_draft(session, round_)
    effective = comments.list_effective(session, round_)
    at = round_.closed_at or (round_.deadline.closes_at if round_.deadline else None)
    return Snapshot(
        read_file(session, storage, draft.file_sha256),
        drafts.as_value(draft),
        draft.filename,
        tuple(contributions_from(effective)),
        _sources(session, round_, [c.organisation.name for c in effective if c.source == "web"]),
        at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "",
        tuple((c.id, c.version) for c in effective),
        audit.head_number(session),
    )


def _sources(session: AnySession, round_: Round, web: list[str]) -> tuple[engine.Source, ...]:
    copies = session.scalars(
        select(ReturnedCopy)
        .where(ReturnedCopy.round_id == round_.id, ReturnedCopy.state == "kept")
        .order_by(ReturnedCopy.id)
    )
    handed_in = comments.latest_submissions(session, round_)
    found = []
    for copy in copies:
        if copy.organisation_id in handed_in:
            contents = engine.from_json(engine.ReturnedCopy, copy.report)
            found.append(engine.source_of(copy.organisation.name, copy.filename, contents))
    found += [engine.Source(name, "", web.count(name), web.count(name)) for name in sorted(set(web))]
    return tuple(found)


def keep_consolidation(
    session: AnySession,
    storage: Storage,
    round_: Round,
    snapshot: Snapshot,
    made: engine.Consolidation,
    *,
    base_url: str,
    by: Actor,
    person: Person,
    now: datetime,
) -> Consolidation:
    """Keep a consolidated file made of a snapshot and tell those who may see it.

    Raises Refused when what it was made of has changed meanwhile, or when the round is still open. The same file again
    is the same consolidation: nothing is added and nobody is told twice.
    """
    if take_snapshot(session, storage, round_).mark != snapshot.mark:
        raise Refused(say("Comments changed while the file was made. Consolidate again."), "changed-meanwhile")
    latest = find_latest(session, round_)
    stored = keep_file(session, storage, data=made.docx, media_type=DOCX, now=now)
    if latest is not None and latest.docx_sha256 == stored.sha256:
        return latest
    if round_.stage != "decided":
        check_move(round_.stage, "consolidated")
        round_.stage = "consolidated"
    number = (
        session.scalar(select(func.max(Consolidation.number)).where(Consolidation.round_id == round_.id)) or 0
    ) + 1
    consolidation = Consolidation(
        round_id=round_.id,
        number=number,
        docx_sha256=stored.sha256,
        report=engine.write_report(snapshot.described, made, snapshot.sources, path=snapshot.filename),
        audit_number=snapshot.audit_number,
        made_at=now,
        made_by_id=person.id,
    )
    session.add(consolidation)
    session.flush()
    invitations.tell_consolidated(session, round_, number, base_url=base_url, now=now)
    audit.record(
        session, by=by, action="round.consolidate", object_kind="round", object_id=round_.id, now=now,
        file=stored.sha256, comments=len(snapshot.mark), conflicts=len(made.conflicts),
        running=[one.organisation_id for one in extensions.list_running(round_, now)],
    )  # fmt: skip
    return consolidation


def find_latest(session: AnySession, round_: Round) -> Consolidation | None:
    """Return a round's latest consolidation, or None."""
    query = select(Consolidation).where(Consolidation.round_id == round_.id).order_by(Consolidation.number.desc())
    return session.scalars(query.limit(1)).first()


@dataclass(frozen=True, slots=True)
class NotIn:
    """What an organisation handed in and withdrew since a consolidation was made of what there was."""

    organisation: str
    comments: int
    withdrawn: int


def list_not_in(session: AnySession, round_: Round) -> list[NotIn]:
    """Return what has come since the last consolidation, by organisation: an extension ran, or an answer was added."""
    latest = select(func.max(Consolidation.audit_number)).where(Consolidation.round_id == round_.id).scalar_subquery()
    query = select(AuditEntry.action, AuditEntry.facts).where(
        AuditEntry.number > latest,
        AuditEntry.action.in_(("submission.hand-in", "comment.withdraw")),
        AuditEntry.facts["round"].as_integer() == round_.id,
    )
    handed_in, withdrawn = Counter[int](), Counter[int]()
    for action, facts in session.execute(query):
        if action == "comment.withdraw":
            withdrawn[facts["organisation"]] += 1
        else:
            handed_in[facts["organisation"]] += len(facts["comments"])
    found = organisations.list_by_ids(session, (handed_in + withdrawn).keys())
    return [NotIn(o.name, handed_in[o.id], withdrawn[o.id]) for o in found]


# ---- as long work ---------------------------------------------------------------------------------------------------


def ask_for_consolidation(
    session: AnySession, round_: Round, *, base_url: str, by: Actor, person: Person, now: datetime
) -> Job:
    """Close a round whose deadline has passed, and put its consolidation into the queue.

    Raises Refused while the round is open, and when it was cancelled.
    """
    if visibility.is_round_open(round_, now):
        raise Refused(say("The round is still open. Consolidate when it is closed."), "still-open")
    if round_.stage == "cancelled":
        raise Refused(BECAUSE["cancelled"], "cancelled")
    rounds.make_closed(session, round_, base_url=base_url, by=by, now=now)
    return ask_for(session, kind=CONSOLIDATION, round_=round_, key=f"consolidation:{round_.id}", by=person, now=now)


def work_on_consolidation(session: AnySession, storage: Storage, job: Job, report: Report, *, base_url: str) -> Ending:
    """Read everything at one instant, merge it in a process of its own, and keep it if nothing moved meanwhile."""
    report(say("Reading what was handed in."), 0, 3)
    round_id = job.round_id
    snapshot = take_snapshot(session, storage, session.get_one(Round, round_id))
    count = len(snapshot.contributions)
    report(
        say_many("Merging what %(num)s organisation wants.", "Merging what %(num)s organisations want.", count), 1, 3
    )
    made = jail.consolidate(snapshot.draft, snapshot.contributions, date=snapshot.date)
    report(say("Checking that nothing changed meanwhile, and keeping the file."), 2, 3)

    def end(session: AnySession, now: datetime) -> Result:
        person = job.asked_by
        actor = people.actor_of(person)
        round_, _ = visibility.get_round(
            session, round_id, actor=actor, action="round.consolidate", now=now, to_write=True
        )
        keep_consolidation(
            session, storage, round_, snapshot, made, base_url=base_url, by=actor, person=person, now=now
        )
        told = say(
            "Consolidated. Changes: %(changes)s. Margin comments: %(remarks)s. Conflicts: %(conflicts)s.",
            changes=len(made.edits),
            remarks=len(made.remarks),
            conflicts=len(made.conflicts),
        )
        return Result("downloads.index", {"round_id": round_id}, (told,))

    return end
