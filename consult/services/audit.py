"""The audit chain: append-only, each entry carrying the digest of the one before."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text

from consult.models import AuditEntry
from consult.rules.permissions import Actor
from consult.services.changes import note_change
from consult.unit_of_work import AnySession

FIRST = "0" * 64
ADMINISTRATIVE = ("organisation", "person", "body", "round")
CHAIN_LOCK = 7_251_001  # any number; it only has to be the same in every process


def record(
    session: AnySession, *, by: Actor, action: str, object_kind: str, object_id: object, now: datetime, **facts: Any
) -> AuditEntry:
    """Append an entry. `facts` are ids, codes, counts and digests, never what somebody wrote.

    An act that names its `round` is counted there, for its `organisation` where it names one.
    """
    acts = [(object_id, facts)]
    return record_each(session, by=by, action=action, object_kind=object_kind, acts=acts, now=now)[0]


def record_each(
    session: AnySession,
    *,
    by: Actor,
    action: str,
    object_kind: str,
    acts: Sequence[tuple[object, dict[str, Any]]],
    now: datetime,
) -> list[AuditEntry]:
    """Append an entry for each of these objects, with its facts, in this order: so many as one, and as quickly."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    session.flush()
    last = session.execute(
        select(AuditEntry.number, AuditEntry.digest).order_by(AuditEntry.number.desc()).limit(1)
    ).first()
    number, digest = (last.number, last.digest) if last else (0, FIRST)
    entries = []
    for object_id, facts in acts:
        number += 1
        entry = AuditEntry(
            number=number,
            at=now,
            actor=by.key,
            action=action,
            object_kind=object_kind,
            object_id=str(object_id),
            facts=facts,
            previous_digest=digest,
        )
        digest = entry.digest = digest_of(entry)
        entries.append(entry)
    session.add_all(entries)
    session.flush()
    for entry in entries:
        if "round" in entry.facts:
            round_id, organisation_id = entry.facts["round"], entry.facts.get("organisation")
            note_change(session, action=action, round_id=round_id, organisation_id=organisation_id)
    return entries


def digest_of(entry: AuditEntry) -> str:
    """Return the digest of an entry: sha256 over its canonical JSON, the previous digest included."""
    content = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.object_kind,
        entry.object_id,
        entry.facts,
        entry.previous_digest,
    ]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def head_number(session: AnySession) -> int:
    """Return the number of the last entry, 0 for none."""
    return session.scalar(select(AuditEntry.number).order_by(AuditEntry.number.desc()).limit(1)) or 0


def find_head(session: AnySession) -> tuple[int, str]:
    """Return the number and the digest of the last entry; of the empty chain where there is none."""
    query = select(AuditEntry.number, AuditEntry.digest).order_by(AuditEntry.number.desc()).limit(1)
    last = session.execute(query).first()
    return (last.number, last.digest) if last else (0, FIRST)


def verify(session: AnySession) -> int | None:
    """Return the number at which the chain first fails, or None when it holds. A cut at the end needs a known head."""
    expected, previous = 1, FIRST
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=1000)):
        if entry.number != expected or entry.previous_digest != previous or entry.digest != digest_of(entry):
            return expected
        expected, previous = expected + 1, entry.digest
    return None


def list_latest(session: AnySession, limit: int = 200) -> list[AuditEntry]:
    """Return the latest entries that are an administrator's business, newest first.

    What is done to comments and copies is left out: before an organisation hands in, not even the act exists for others.
    """
    query = select(AuditEntry).where(AuditEntry.object_kind.in_(ADMINISTRATIVE))
    return list(session.scalars(query.order_by(AuditEntry.number.desc()).limit(limit)))
