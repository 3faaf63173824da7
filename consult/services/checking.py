"""What must be true of the data at any time, looked up: comments have their place, files are there, nothing is told twice."""

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from consult.errors import NotFound
from consult.models import (
    AddedAnswer,
    AuditEntry,
    CarriedComment,
    Comment,
    Consolidation,
    Deadline,
    Disposition,
    DraftParagraph,
    Extension,
    NoObjectionAnswer,
    OutboxLetter,
    Round,
    RoundDraft,
    StoredFile,
    Submission,
    Transmittal,
    TransmittalRecipient,
)
from consult.rules.no_objections import IN_TIME
from consult.services import audit
from consult.services.packages import MANIFEST, MANIFEST_TEXT
from consult.storage import FileDamaged, Storage
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it must be. `law` names the rule, `where` the rows by kind and number, never a text."""

    law: str
    where: str


def check(session: AnySession, storage: Storage) -> list[Fault]:
    """Return everything that is not as it must be; an empty list is what one hopes for."""
    return [
        *_places(session),
        *_files(session, storage),
        *_entries(session),
        *_letters(session),
        *_closings(session),
        *_chain(session),
        *_lateness(session),
        *_late_answers(session),
        *_transmittals(session, storage),
    ]


def _places(session: AnySession) -> Iterator[Fault]:
    """I1: a comment on a paragraph is on one of the draft its round is about."""
    query = (
        select(Comment.id)
        .join(RoundDraft, RoundDraft.round_id == Comment.round_id)
        .join(DraftParagraph, DraftParagraph.id == Comment.paragraph_id)
        .where(DraftParagraph.draft_id != RoundDraft.draft_id)
    )
    for number in session.scalars(query):
        yield Fault("a comment is on a paragraph of its round's draft", f"comment {number}")
    lost = select(Comment.id).where(
        ~select(RoundDraft.round_id).where(RoundDraft.round_id == Comment.round_id).exists()
    )
    for number in session.scalars(lost):
        yield Fault("a comment's round has a draft", f"comment {number}")


def _files(session: AnySession, storage: Storage) -> Iterator[Fault]:
    """I2: every file that is named is there, whole: storage names files by what is in them."""
    for sha256, size in session.execute(select(StoredFile.sha256, StoredFile.size)):
        try:
            is_whole = len(storage.read(sha256)) == size
        except NotFound:
            yield Fault("a file that is named is in the store", f"file {sha256}")
            continue
        except FileDamaged:
            is_whole = False
        if not is_whole:
            yield Fault("a file is as it was when it was kept", f"file {sha256}")


def list_unnamed_files(session: AnySession, storage: Storage) -> list[str]:
    """Return the files in the store that no row names.

    A crash between keeping a file and committing its row leaves one behind. It harms nothing and may be removed when
    nobody is at work.
    """
    named = set(session.scalars(select(StoredFile.sha256)))
    return sorted(set(storage.list_names()) - named)


def _counts(session: AnySession, action: str, kind: str) -> Counter[str]:
    query = select(AuditEntry.object_id).where(AuditEntry.action == action, AuditEntry.object_kind == kind)
    return Counter(session.scalars(query))


def _entries(session: AnySession) -> Iterator[Fault]:
    """I3: every change of state has exactly one audit entry; a decision, which may change, at least one."""
    circulated: ColumnElement[bool] = Round.circulated_at.is_not(None)
    once = (
        ("submission.hand-in", "submission", select(Submission.id)),
        ("round.circulate", "round", select(Round.id).where(circulated)),
        ("round.close", "round", select(Round.id).where(Round.stage.in_(("closed", "consolidated", "decided")))),
        ("round.finish", "round", select(Round.id).where(Round.stage == "decided")),
        ("round.cancel", "round", select(Round.id).where(Round.stage == "cancelled")),
    )
    for action, kind, query in once:
        found = _counts(session, action, kind)
        for number in session.scalars(query):
            if found[str(number)] != 1:
                yield Fault(f"{action} is on record once", f"{kind} {number}, on record {found[str(number)]} times")
    decided = _counts(session, "disposition.decide", "comment")
    for number in session.scalars(select(Disposition.comment_id)):
        if not decided[str(number)]:
            yield Fault("a decision is on record", f"comment {number}")
    merged = _counts(session, "round.consolidate", "round")
    made = select(Consolidation.round_id, func.count()).group_by(Consolidation.round_id)
    for number, count in session.execute(made):
        if merged[str(number)] != count:
            yield Fault("each consolidation is on record once", f"round {number}")


def _letters(session: AnySession) -> Iterator[Fault]:
    """I4 and I5: a letter exists once by what it is about, and one that is sent has been tried."""
    query = select(OutboxLetter.message_id).group_by(OutboxLetter.message_id).having(func.count() > 1)
    for message_id in session.scalars(query):
        yield Fault("a letter has a Message-ID of its own", f"letter {message_id}")
    untried = select(OutboxLetter.id).where(
        OutboxLetter.state == "sent", (OutboxLetter.attempts == 0) | OutboxLetter.sent_at.is_(None)
    )
    for number in session.scalars(untried):
        yield Fault("a letter that is sent was sent at a time", f"letter {number}")


def _closings(session: AnySession) -> Iterator[Fault]:
    """I6: no round is closed twice."""
    for number, count in _counts(session, "round.close", "round").items():
        if count > 1:
            yield Fault("a round closes once", f"round {number}")


def _chain(session: AnySession) -> Iterator[Fault]:
    """I7: the audit chain holds."""
    bad = audit.verify(session)
    if bad is not None:
        yield Fault("the audit chain holds", f"entry {bad}")


def _lateness(session: AnySession) -> Iterator[Fault]:
    """I8: nothing was written or handed in once a round took nothing more, of this organisation where it had an extension.

    What was carried over was said in its own round, and what the lead has added is explained by the row of that act.
    """
    carried = select(CarriedComment.comment_id).where(CarriedComment.comment_id == Comment.id).exists()
    comments = (
        select(Comment.id)
        .join(Deadline, Deadline.round_id == Comment.round_id)
        .where(
            Comment.created_at >= Deadline.closes_at,
            ~carried,
            ~_is_extended(Comment, Comment.created_at),
            ~_is_added(Comment.submission_id),
        )
    )
    for number in session.scalars(comments):
        yield Fault("no comment is from after the deadline", f"comment {number}")
    submissions = (
        select(Submission.id)
        .join(Deadline, Deadline.round_id == Submission.round_id)
        .where(
            Submission.handed_in_at >= Deadline.closes_at,
            ~_is_extended(Submission, Submission.handed_in_at),
            ~_is_added(Submission.id),
        )
    )
    for number in session.scalars(submissions):
        yield Fault("no submission is from after the deadline", f"submission {number}")


def _is_extended(table: type[Comment] | type[Submission], at: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
    """Return the test whether the organisation had an extension at an instant of a row."""
    return (
        select(Extension.id)
        .where(
            Extension.round_id == table.round_id,
            Extension.organisation_id == table.organisation_id,
            Extension.until_at > at,
            or_(Extension.ended_at.is_(None), Extension.ended_at > at),
        )
        .exists()
    )


def _late_answers(session: AnySession) -> Iterator[Fault]:
    """I8, too: in a no-objection round nothing that came at or after the expiry has an effect."""
    breaks = (
        select(NoObjectionAnswer.id)
        .join(Deadline, Deadline.round_id == NoObjectionAnswer.round_id)
        .where(NoObjectionAnswer.at >= Deadline.at, NoObjectionAnswer.effect.in_(IN_TIME))
    )
    for number in session.scalars(breaks):
        yield Fault("no answer from after the expiry has an effect", f"no-objection answer {number}")


def _transmittals(session: AnySession, storage: Storage) -> Iterator[Fault]:
    """What was transmitted was looked at by two persons, is on record, and is what its list of files says, to the byte."""
    acts = {act: _counts(session, f"transmittal.{act}", "transmittal") for act in ("prepare", "confirm", "send")}
    addressed = set(session.scalars(select(TransmittalRecipient.transmittal_id)))
    for one in session.scalars(select(Transmittal).order_by(Transmittal.id)):
        where, number = f"transmittal {one.id}", str(one.id)
        if one.state in ("confirmed", "sent") and one.confirmed_by_id in (None, one.prepared_by_id):
            yield Fault("what is transmitted was confirmed by a second person", where)
        recorded = (acts["prepare"][number], acts["confirm"][number], bool(acts["send"][number]))
        if recorded != (1, int(one.confirmed_by_id is not None), one.state == "sent"):
            yield Fault("each act on a transmittal is on record", where)
        if (one.id in addressed) != (one.state == "sent"):
            yield Fault("a transmittal that is sent, and no other, has recipients", where)
        if not _is_as_listed(storage, one):
            yield Fault("a package holds what its list of files says", where)


def _is_as_listed(storage: Storage, transmittal: Transmittal) -> bool:
    """Return whether the rows, the package and the list of files in it name the same files with the same digests."""
    try:
        with zipfile.ZipFile(io.BytesIO(storage.read(transmittal.package_sha256))) as archive:
            found = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
            told = {file["name"]: file["sha256"] for file in json.loads(archive.read(MANIFEST))["files"]}
    except (NotFound, FileDamaged, zipfile.BadZipFile, KeyError, ValueError, TypeError):
        return False
    packed = {file.name: file.sha256 for file in transmittal.files if file.is_packed}
    lists = {name: found.get(name, "") for name in (MANIFEST, MANIFEST_TEXT)}
    return packed == found == told | lists


def _is_added(submission_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Return the test whether the lead has added the submission by an act of its own."""
    return (
        select(AddedAnswer.id)
        .where(
            AddedAnswer.submission_id == submission_id,
            AddedAnswer.state == "added",
            AddedAnswer.decided_by_id.is_not(None),
        )
        .exists()
    )
