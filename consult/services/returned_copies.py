"""Returned Word copies: examined first, kept as unsubmitted comments when the person says so."""

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import datetime
from unicodedata import normalize

from sqlalchemy import select

from consult import engine, jail
from consult.errors import NotFound, Refused
from consult.models import Comment, Draft, DraftParagraph, Job, Organisation, Person, ReturnedCopy, Round
from consult.phrases import say
from consult.rules.permissions import NOT_THERE, Actor, require
from consult.services import audit, comments, drafts, people, visibility
from consult.services.files import DOCX, keep_file, read_file
from consult.services.jobs import COPY, Ending, Report, Result, ask_for
from consult.storage import Storage
from consult.unit_of_work import AnySession


def examine_copy(
    session: AnySession,
    storage: Storage,
    round_: Round,
    *,
    organisation_id: int,
    filename: str,
    data: bytes,
    read: engine.ReturnedCopy,
    by: Actor,
    person: Person,
    now: datetime,
) -> ReturnedCopy:
    """Keep a copy that has been read, with what was found in it. The same file of an organisation is the same copy."""
    comments.check_open(round_, organisation_id, now)
    stored = keep_file(session, storage, data=data, media_type=DOCX, now=now)
    found = session.scalars(
        select(ReturnedCopy).where(
            ReturnedCopy.round_id == round_.id,
            ReturnedCopy.organisation_id == organisation_id,
            ReturnedCopy.file_sha256 == stored.sha256,
        )
    ).first()
    if found is not None:
        if found.state == "discarded":
            found.state = "examined"
        return found
    copy = ReturnedCopy(
        round_id=round_.id,
        organisation_id=organisation_id,
        uploaded_by_id=person.id,
        file_sha256=stored.sha256,
        filename=normalize("NFC", filename)[:255],
        report=engine.to_json(read),
        uploaded_at=now,
    )
    session.add(copy)
    session.flush()
    audit.record(
        session, by=by, action="copy.return", object_kind="copy", object_id=copy.id, now=now,
        round=round_.id, organisation=organisation_id, file=stored.sha256, found=read.found, placed=read.placed,
    )  # fmt: skip
    return copy


def ask_for_reading(
    session: AnySession, round_: Round, *, organisation_id: int, filename: str, data: bytes, by: Person, now: datetime
) -> Job:
    """Put the reading of a returned copy into the queue. The same file of an organisation is the same work."""
    comments.check_open(round_, organisation_id, now)
    digest = hashlib.sha256(data).hexdigest()
    return ask_for(
        session,
        kind=COPY,
        round_=round_,
        key=f"copy:{round_.id}:{organisation_id}:{by.id}:{digest}",
        by=by,
        organisation_id=organisation_id,
        facts={"filename": filename[:255]},
        payload=data,
        now=now,
    )


def work_on_copy(session: AnySession, storage: Storage, job: Job, report: Report) -> Ending:
    """Read a returned copy in a process of its own. What cannot be used is not stored."""
    report(say("Reading the copy and the draft."), 0, 3)
    round_id, filename, data = job.round_id, job.facts["filename"], job.payload or b""
    round_, organisation = session.get_one(Round, round_id), session.get_one(Organisation, job.organisation_id)
    organisation_id, name = organisation.id, organisation.name
    draft = read_file(session, storage, drafts.get_draft(session, round_).file_sha256)
    earlier = drafts.list_earlier(session, round_)
    older = {told: read_file(session, storage, found.file_sha256) for told, found in earlier.items()}
    report(say("Comparing the copy with the draft, word by word."), 1, 3)
    read = jail.read_returned_copy(data, draft, name, older=older)
    report(say("Keeping what was found, for you to look at."), 2, 3)

    def end(session: AnySession, now: datetime) -> Result:
        person = job.asked_by
        actor = people.actor_of(person)
        round_, facts = visibility.get_round(
            session, round_id, actor=actor, action="copy.return", now=now, to_write=True
        )
        require(actor, "copy.return", replace(facts, organisation_id=organisation_id))
        copy = examine_copy(
            session, storage, round_, organisation_id=organisation_id, filename=filename, data=data, read=read,
            by=actor, person=person, now=now,
        )  # fmt: skip
        return Result("copies.examined", {"round_id": round_id, "copy_id": copy.id})

    return end


def get_copy(session: AnySession, round_: Round, copy_id: int, organisations: frozenset[int]) -> ReturnedCopy:
    """Return a copy of one of these organisations. Raises NotFound: another's copy does not exist here."""
    copy = session.get(ReturnedCopy, copy_id)
    if copy is None or copy.round_id != round_.id or copy.organisation_id not in organisations:
        raise NotFound(NOT_THERE)
    return copy


def list_copies(session: AnySession, round_: Round, organisation_id: int) -> list[ReturnedCopy]:
    """Return an organisation's copies, latest first."""
    query = select(ReturnedCopy).where(
        ReturnedCopy.round_id == round_.id,
        ReturnedCopy.organisation_id == organisation_id,
        ReturnedCopy.state != "discarded",
    )
    return list(session.scalars(query.order_by(ReturnedCopy.id.desc())))


def contents_of(copy: ReturnedCopy) -> engine.ReturnedCopy:
    """Return what was found in a copy."""
    return engine.from_json(engine.ReturnedCopy, copy.report)


def discard_copy(session: AnySession, copy: ReturnedCopy, *, by: Actor, now: datetime) -> None:
    """Put a copy aside that was not kept. Its comments do not come to be."""
    if copy.state == "kept":
        raise Refused(say("This copy has been kept already; delete its comments one by one instead."), "already-kept")
    copy.state = "discarded"
    audit.record(session, by=by, action="copy.discard", object_kind="copy", object_id=copy.id, now=now)


def keep_copy(
    session: AnySession, round_: Round, draft: Draft, copy: ReturnedCopy, *, by: Actor, person: Person, now: datetime
) -> tuple[int, int]:
    """Make unsubmitted comments of what a copy contains; return how many were added and how many stood there already.

    Each change becomes a comment; margin comments on exactly its words become its reason; all others comments of their
    own. What already stands as a comment of the organisation is not added again, from this copy or another one.
    """
    comments.check_open(round_, copy.organisation_id, now)
    if copy.state == "discarded":
        raise Refused(say("This copy was discarded. Upload it again."), "discarded")
    contents = contents_of(copy)
    paragraphs = {p.key: p for p in draft.paragraphs}
    own = comments.list_own(session, round_, copy.organisation_id)
    standing, keys = Counter(_said(c) for c in own if not c.withdrawn_at), {c.source_key for c in own}
    added = known = 0
    for number, (edit, remark) in enumerate(_together(contents)):
        comment = _comment(copy, paragraphs, edit, remark, number, person, now)
        if comment.source_key in keys or standing[_said(comment)]:
            standing[_said(comment)] -= 1
            known += 1
            continue
        session.add(comment)
        added += 1
    copy.state, copy.kept_at = "kept", copy.kept_at or now
    session.flush()
    audit.record(
        session, by=by, action="copy.keep", object_kind="copy", object_id=copy.id, now=now,
        round=round_.id, organisation=copy.organisation_id, added=added, known=known,
    )  # fmt: skip
    return added, known


def _together(contents: engine.ReturnedCopy) -> list[tuple[engine.Edit | None, engine.Remark | None]]:
    """Pair each edit with the first margin comment on exactly its words; the others stand alone."""
    left = list(contents.remarks)
    pairs: list[tuple[engine.Edit | None, engine.Remark | None]] = []
    for edit in contents.edits:
        same = next((r for r in left if _on_same_words(edit, r)), None)
        if same is not None:
            left.remove(same)
        pairs.append((edit, same))
    return [*pairs, *((None, remark) for remark in left)]


def _on_same_words(edit: engine.Edit, remark: engine.Remark) -> bool:
    if edit.paragraph != remark.paragraph or remark.last_paragraph:
        return False
    if edit.kind == "paragraph-inserted":
        return bool(remark.inserted) and remark.inserted == edit.new
    return not remark.inserted and edit.start < edit.end and (edit.start, edit.end) == (remark.start, remark.end)


def _comment(
    copy: ReturnedCopy,
    paragraphs: dict[str, DraftParagraph],
    edit: engine.Edit | None,
    remark: engine.Remark | None,
    number: int,
    person: Person,
    now: datetime,
) -> Comment:
    source = edit or remark
    assert source is not None
    paragraph = paragraphs.get(source.paragraph)
    text = paragraph.text if paragraph else ""
    edits = (edit,) if edit else ()
    place = remark or engine.Remark(source.paragraph, 0, 0, "")
    reason = remark.text if remark else ""
    if remark is not None and edit is None and remark.inserted:
        reason = f"{reason}\n(On the new paragraph “{remark.inserted}”)"
    seed = f"{copy.file_sha256} {number}".encode()
    return Comment(
        round_id=copy.round_id,
        organisation_id=copy.organisation_id,
        author_id=person.id,
        paragraph=paragraph,
        start=place.start if place.end > place.start else 0,
        end=place.end if place.end > place.start else 0,
        quote=text[place.start : place.end] if place.end > place.start else "",
        type="substantive" if paragraph is not None else "general",
        reason=reason,
        edits=[engine.to_json(e) for e in edits],
        proposed_text=engine.apply_edits(text, edits) if edits else None,
        source="copy",
        source_key=f"copy:{hashlib.sha256(seed).hexdigest()[:40]}",
        source_author=source.author[:200],
        source_date=source.date[:40],
        returned_copy_id=copy.id,
        created_at=now,
        updated_at=now,
    )


def _said(comment: Comment) -> tuple[object, ...]:
    """Return what a comment says, to tell whether it stands there already."""
    edits = tuple(
        (e["paragraph"], e["kind"], e["start"], e["end"], e["new"], e.get("before", False)) for e in comment.edits
    )
    position = comment.paragraph.position if comment.paragraph else None
    return position, comment.start, comment.end, comment.reason, edits
