"""Two drafts of a consultation beside each other, and what in the next one no decision explains.

Both are made of nothing but drafts and decisions, which do not change under their digests: what was made once is kept
in memory, as much as fits.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import select

from consult import engine, jail
from consult.errors import NotFound
from consult.models import Draft, DraftParagraph, Round, RoundDraft
from consult.phrases import Phrase, say
from consult.rules.permissions import NOT_THERE, Actor, Facts, may
from consult.services import dispositions, drafts
from consult.services.files import read_file
from consult.storage import Storage
from consult.unit_of_work import AnySession

KEPT_COMPARISONS, KEPT_EXPLANATIONS = 8, 32


@dataclass(frozen=True, slots=True)
class Version:
    """A draft that may be compared: that of a round."""

    round_id: int
    round_number: int
    stage: str
    draft_id: int
    sha256: str
    title: str
    filename: str
    uploaded_at: datetime


@dataclass(slots=True)
class Kept:
    """The latest answers, each under what it was made of; no more than `most`."""

    most: int
    _found: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the answer under a key; it is made when there is none. It is made outside the lock, rarely twice."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        made = make()
        with self._lock:
            self._found[key] = made
            while len(self._found) > self.most:
                self._found.popitem(last=False)
        return made


_comparisons, _explanations = Kept(KEPT_COMPARISONS), Kept(KEPT_EXPLANATIONS)


def list_versions(session: AnySession, round_: Round, actor: Actor, facts: Facts) -> list[Version]:
    """Return the drafts of a round's consultation that the actor may read, the oldest first."""
    rows = session.execute(
        select(
            Round.id, Round.number, Round.stage, Round.circulated_at,
            Draft.id, Draft.file_sha256, Draft.title, Draft.filename, Draft.uploaded_at,
        )
        .join(RoundDraft, RoundDraft.round_id == Round.id)
        .join(Draft, RoundDraft.draft_id == Draft.id)
        .where(Round.consultation_id == round_.consultation_id)
        .order_by(Round.number)
    )  # fmt: skip
    return [
        Version(row[0], row[1], row[2], row[4], row[5], row[6], row[7], row[8])
        for row in rows
        if may(actor, "document.read", Facts(places=facts.places, is_circulated=row[3] is not None)).allowed
    ]


def get_version(versions: Sequence[Version], round_number: int) -> Version:
    """Return the draft of the round with a number. Raises NotFound, as for one that the actor may not read."""
    found = next((version for version in versions if version.round_number == round_number), None)
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def compare(session: AnySession, old: Version, new: Version) -> tuple[engine.Passage, ...]:
    """Return what became of every paragraph of the old draft in the new one."""

    def make() -> tuple[engine.Passage, ...]:
        return engine.trace_paragraphs(_read(session, old), _read(session, new))

    return tuple(_comparisons.get((old.sha256, new.sha256), make))


def _read(session: AnySession, version: Version) -> engine.Draft:
    query = select(DraftParagraph.facts).where(DraftParagraph.draft_id == version.draft_id)
    facts = session.scalars(query.order_by(DraftParagraph.position))
    return engine.Draft(version.sha256, version.title, tuple(engine.from_json(engine.Paragraph, f) for f in facts))


def write_redline(session: AnySession, storage: Storage, old: Version, new: Version, author: str) -> bytes:
    """Return the old draft as it may leave, with tracked changes in one name that make the new one of it."""
    before, after = (read_file(session, storage, version.sha256) for version in (old, new))
    return jail.compare_drafts(before, after, author)


def explain(session: AnySession, storage: Storage, round_: Round) -> engine.Explanation:
    """Return what the decisions of the round before a round explain of its draft, and what is the lead's own.

    Raises NotFound where no finished round comes before it.
    """
    query = select(Round).where(Round.consultation_id == round_.consultation_id, Round.number == round_.number - 1)
    before = session.scalars(query).first()
    if before is None or before.stage != "decided":
        raise NotFound(NOT_THERE)
    accepted = dispositions.accepted_edits(dispositions.list_numbered(session, before))
    old, new = drafts.get_draft(session, before), drafts.get_draft(session, round_)
    told = hashlib.sha256(json.dumps(engine.to_json(tuple(accepted)), sort_keys=True).encode()).hexdigest()

    def make() -> engine.Explanation:
        before_it, it = (read_file(session, storage, draft.file_sha256) for draft in (old, new))
        return jail.explain_differences(before_it, it, accepted)

    found: engine.Explanation = _explanations.get((old.file_sha256, new.file_sha256, told), make)
    return found


def told(passage: engine.Passage) -> Phrase:
    """Return in a sentence what became of a paragraph or row."""
    old, new = ", ".join(passage.old), ", ".join(passage.new)
    if passage.kind == "same":
        return say("Paragraph %(number)s, unchanged", number=new)
    if passage.kind == "changed":
        if old == new:
            return say("Paragraph %(number)s changed", number=new)
        return say("Paragraph %(number)s changed (it was %(old)s)", number=new, old=old)
    if passage.kind == "added":
        if passage.is_row:
            return say("Table row added, paragraphs %(numbers)s", numbers=new)
        return say("Paragraph %(number)s added", number=new)
    if passage.kind == "deleted":
        if passage.is_row:
            return say("Table row deleted, former paragraphs %(numbers)s", numbers=old)
        return say("Former paragraph %(number)s deleted", number=old)
    if passage.kind == "moved-away":
        return say("Former paragraph %(old)s stood here; it is now paragraph %(number)s", old=old, number=new)
    if any(change.kind != "same" for change in passage.texts[0]):
        return say("Paragraph %(number)s moved here and changed; it was paragraph %(old)s", number=new, old=old)
    return say("Paragraph %(number)s moved here; it was paragraph %(old)s", number=new, old=old)
