"""All that is on record of one round, in one archive: for the file of the undertaking, or for whoever must look into it.

It holds what everybody handed in, by whom, and the lead's decisions. It is for the owner of the instance, who asks for it
on the machine itself; what organisations have not handed in is not in it.
"""

import hashlib
import io
import json
import zipfile
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from consult import engine
from consult.errors import NotFound
from consult.models import (
    AddedAnswer,
    AuditEntry,
    Comment,
    Consolidation,
    Disposition,
    OutboxLetter,
    ReleasedDisposition,
    ReturnedCopy,
    Round,
    Submission,
    TransmittalRecipient,
)
from consult.phrases import say
from consult.services import added_answers, drafts, matrices, no_objections, recipients, transmittals
from consult.services.added_answers import LATE, ON_BEHALF
from consult.services.comments import list_handed_in
from consult.services.dispositions import list_numbered
from consult.services.files import read_file
from consult.storage import Storage
from consult.unit_of_work import AnySession

DEADLINE = ("at", "zone", "wall", "grace_until")


def write_evidence(session: AnySession, storage: Storage, round_id: int) -> bytes:
    """Return a zip archive of a round: its files, and round, comments, letters, audit as JSON, with all digests.

    Raises NotFound when there is no such round.
    """
    round_ = session.get(Round, round_id)
    if round_ is None:
        raise NotFound(say("There is no round with the number %(number)s.", number=round_id))
    found = {
        "round.json": _json(_round(session, round_)),
        "comments.json": _json(_comments(session, round_)),
        "letters.json": _json(_letters(session, round_)),
        "audit.json": _json(_audit(session, round_)),
        "transmittals.json": _json(_transmittals(session, round_)),
        "matrix.xlsx": engine.write_matrix_xlsx(*matrices.make_matrix(session, round_)),
        **_files(session, storage, round_),
        **_no_objection(session, storage, round_),
    }
    digests = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(found.items()))
    found["SHA256SUMS"] = digests.encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(found.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_told).encode()


def _told(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _round(session: AnySession, round_: Round) -> dict[str, Any]:
    deadline, draft = round_.deadline, drafts.get_draft(session, round_)
    submissions = session.scalars(select(Submission).where(Submission.round_id == round_.id).order_by(Submission.id))
    return {
        "consultation": round_.consultation.title,
        "reference": round_.consultation.reference,
        "round": round_.number,
        "kind": round_.kind,
        "stage": round_.stage,
        "visibility": round_.visibility,
        "invitation": round_.invitation,
        "circulated_at": round_.circulated_at,
        "deadline": {name: getattr(deadline, name) for name in DEADLINE} if deadline else None,
        "extensions": _extensions(round_),
        "added_answers": [_added(one) for one in _list_added(session, round_)],
        "closed_at": round_.closed_at,
        "closing_reason": round_.closing_reason,
        "draft": {"number": draft.number, "filename": draft.filename, "sha256": draft.file_sha256},
        "places": {p.organisation.code: p.place for p in round_.consultation.participations},
        "submissions": [
            {
                "organisation": s.organisation.code,
                "number": s.number,
                "position": s.position,
                "statement": s.statement,
                "handed_in_at": s.handed_in_at,
                "after_the_deadline": deadline is not None and s.handed_in_at >= deadline.at,
                "handed_in_by": s.handed_in_by.name,
                "manner": s.manner,
            }
            for s in submissions
        ],
    }


def _extensions(round_: Round) -> list[dict[str, Any]]:
    """Return who asked for more time and why, and what the lead answered."""
    columns = ("state", "wanted_at", "why", "made_at", "until_at", "reason", "answered_at", "ended_at")
    return [
        {"organisation": one.organisation.code, **{name: getattr(one, name) for name in columns}}
        for one in round_.extensions
    ]


def _list_added(session: AnySession, round_: Round) -> list[AddedAnswer]:
    return [one for kind in (LATE, ON_BEHALF) for one in added_answers.list_answers(session, round_, kind)]


def _added(answer: AddedAnswer) -> dict[str, Any]:
    """Return an answer that came late or was entered, added or not; what is still being written is nobody's business."""
    columns = ("kind", "state", "position", "statement", "note", "proof_sha256", "proof_filename", "words", "sent_at")
    found = {name: getattr(answer, name) for name in (*columns, "reason", "decided_at")}
    return {"organisation": answer.organisation.code, **found}


def _comments(session: AnySession, round_: Round) -> list[dict[str, Any]]:
    numbers = {item.comment.id: item for item in list_numbered(session, round_)}
    released = _released(session, round_)
    found = []
    for comment in list_handed_in(session, round_):
        item = numbers.get(comment.id)
        decided = item.disposition if item else None
        found.append(
            {
                "number": item.number if item else None,
                "id": comment.id,
                "organisation": comment.organisation.code,
                "author": comment.author_name,
                "paragraph": comment.paragraph.number if comment.paragraph else "",
                "text_of_paragraph": comment.paragraph.text if comment.paragraph else "",
                "quote": comment.quote,
                "type": comment.type,
                "reason": comment.reason,
                "proposed_text": comment.proposed_text,
                "edits": comment.edits,
                "manner": comment.manner,
                "source": comment.source,
                "source_author": comment.source_author,
                "created_at": comment.created_at,
                "withdrawn_at": comment.withdrawn_at,
                "supersedes": comment.supersedes_id,
                "decision": decided.decision if decided else "",
                "decision_reason": decided.reason if decided else "",
                "decision_wording": decided.wording if decided else None,
                "decided_at": decided.decided_at if isinstance(decided, Disposition) else None,
                "released": released.get(comment.id, []),
            }
        )
    return found


def _released(session: AnySession, round_: Round) -> dict[int, list[dict[str, Any]]]:
    """Return what the organisations were told of each comment, release by release."""
    query = select(ReleasedDisposition).join(Comment, Comment.id == ReleasedDisposition.comment_id)
    columns = ("release", "decision", "reason", "wording", "released_at")
    found: dict[int, list[dict[str, Any]]] = {}
    for row in session.scalars(query.where(Comment.round_id == round_.id).order_by(ReleasedDisposition.release)):
        found.setdefault(row.comment_id, []).append({name: getattr(row, name) for name in columns})
    return found


def _letters(session: AnySession, round_: Round) -> list[dict[str, Any]]:
    """Return the letters of the round, but for those inside an organisation: to whom it delegated a part."""
    of_the_round = (OutboxLetter.round_id == round_.id, OutboxLetter.kind != "delegation")
    query = select(OutboxLetter).where(*of_the_round).order_by(OutboxLetter.id)
    columns = ("message_id", "kind", "recipient", "subject", "state", "created_at", "sent_at", "attempts", "answer")
    return [{name: getattr(letter, name) for name in columns} for letter in session.scalars(query)]


def _audit(session: AnySession, round_: Round) -> list[dict[str, Any]]:
    """Return the entries that concern the round, each with its place in the chain."""
    about_it = or_(
        AuditEntry.facts["round"].as_integer() == round_.id,
        (AuditEntry.object_kind == "round") & (AuditEntry.object_id == str(round_.id)),
    )
    columns = ("number", "at", "actor", "action", "object_kind", "object_id", "facts", "previous_digest", "digest")
    query = select(AuditEntry).where(about_it).order_by(AuditEntry.number)
    return [{name: getattr(entry, name) for name in columns} for entry in session.scalars(query)]


def _no_objection(session: AnySession, storage: Storage, round_: Round) -> dict[str, bytes]:
    """Return what a no-objection round has beside others: the frozen text, its course, and everything that was answered."""
    held = round_.no_objection
    if held is None:
        return {}
    answers = [
        {
            "organisation": answer.organisation.code,
            "answer": answer.kind,
            "at": answer.at,
            "effect": answer.effect,
            "text": answer.text,
            "paragraph": answer.paragraph.number if answer.paragraph else "",
            "wording": answer.wording,
        }
        for answer in no_objections.list_answers(session, round_)
    ]
    columns = (
        "file_sha256", "filename", "starts_at", "withdrawn_at", "withdrawal_reason", "noted_at", "audit_number",
        "audit_digest", "signed_at", "signed_name", "signed_for",
    )  # fmt: skip
    told = {name: getattr(held, name) for name in columns}
    asked = [organisation.code for organisation in no_objections.list_asked(session, round_)]
    return {
        "no-objection.json": _json({**told, "asked": asked, "answers": answers}),
        "frozen-text.docx": read_file(session, storage, held.file_sha256),
    }


def _transmittals(session: AnySession, round_: Round) -> list[dict[str, Any]]:
    """Return what was prepared, confirmed and sent, to whom, and what was taken through which link."""
    columns = ("number", "state", "symbol", "language_line", "mark", "words", "package_sha256", "prepared_at",
               "confirmed_at", "sent_at", "ended_at", "audit_number", "audit_digest")  # fmt: skip
    return [
        {
            **{name: getattr(one, name) for name in columns},
            "prepared_by": one.prepared_by.name,
            "confirmed_by": one.confirmed_by.name if one.confirmed_by else "",
            "replaces": one.replaces.number if one.replaces else None,
            "files": {file.name: file.sha256 for file in one.files},
            "recipients": [_recipient(recipient) for recipient in recipients.list_recipients(session, one)],
        }
        for one in transmittals.list_transmittals(session, round_)
    ]


def _recipient(recipient: TransmittalRecipient) -> dict[str, Any]:
    columns = ("name", "email", "delivery", "created_at", "expires_at", "revoked_at")
    taken = [{"file": d.name, "sha256": d.sha256, "at": d.at} for d in recipient.downloads]
    told = {name: getattr(recipient, name) for name in columns}
    return told | {"letter": recipient.letter.message_id, "state": recipient.letter.state, "taken": taken}


def _files(session: AnySession, storage: Storage, round_: Round) -> dict[str, bytes]:
    files = {"draft.docx": read_file(session, storage, drafts.get_draft(session, round_).file_sha256)}
    merged = select(Consolidation).where(Consolidation.round_id == round_.id).order_by(Consolidation.number)
    for made in session.scalars(merged):
        files[f"consolidated-{made.number}.docx"] = read_file(session, storage, made.docx_sha256)
        files[f"consolidated-{made.number}.json"] = _json(made.report)
    for answer in _list_added(session, round_):
        if answer.proof_sha256 is not None:
            name = f"proofs/{answer.organisation.code}-{answer.proof_sha256[:12]}.{answer.proof_filename.rpartition('.')[2]}"
            files[name] = read_file(session, storage, answer.proof_sha256)
    copies = select(ReturnedCopy).where(ReturnedCopy.round_id == round_.id, ReturnedCopy.state == "kept")
    for copy in session.scalars(copies.order_by(ReturnedCopy.id)):
        files[f"copies/{copy.organisation.code}-{copy.file_sha256[:12]}.docx"] = read_file(
            session, storage, copy.file_sha256
        )
    for one in transmittals.list_transmittals(session, round_):
        files[f"transmittals/{one.number}/package.zip"] = read_file(session, storage, one.package_sha256)
        for file in one.files:
            if not file.is_packed:
                files[f"transmittals/{one.number}/{file.name}"] = read_file(session, storage, file.sha256)
    return files
