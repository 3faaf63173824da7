"""Comments carried over from one round to the next: where they stand in the new draft; the tray of those without a place."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import joinedload

from consult import engine
from consult.errors import Invalid, NotFound, Refused
from consult.models import CarriedComment, Comment, DelegatedComment, Draft, DraftParagraph, Person, Round
from consult.phrases import say
from consult.rules.permissions import Actor
from consult.services import audit, drafts
from consult.services.comments import LONGEST, carried_with_origin, edits_of, list_handed_in
from consult.unit_of_work import AnySession

# What a proposal may be made of to be looked for in another draft: tables and rows are told in words there.
ANCHORED = ("insert", "delete", "replace", "paragraph-deleted", "paragraph-inserted")


def remarks_of(comments: Sequence[Comment]) -> list[engine.Remark]:
    """Return what is looked for in the next draft: for each comment its passage, then the passage of each edit."""
    return [remark for comment in comments for remark in _remarks(comment)]


def _remarks(comment: Comment) -> Iterator[engine.Remark]:
    key = comment.paragraph.key if comment.paragraph else ""
    yield engine.Remark(key, comment.start, comment.end, comment.reason, comment.quote)
    for edit in edits_of(comment):
        whole = edit.kind.startswith("paragraph-")
        start, end = (0, 0) if whole else (edit.start, edit.end)
        yield engine.Remark(edit.paragraph, start, end, "", "" if whole else edit.old)


def carry(
    session: AnySession,
    round_: Round,
    draft: Draft,
    comments: Sequence[Comment],
    places: Sequence[engine.Carried],
    now: datetime,
) -> list[Comment]:
    """Add comments of an earlier round to this one, each where `places` (for `remarks_of`, in order) says it stands."""
    paragraphs = {p.key: p for p in draft.paragraphs}
    left, carried = iter(places), list[Comment]()
    for comment in comments:
        place = next(left)
        proposal = [(edit, next(left)) for edit in edits_of(comment)]
        carried.append(_carried(round_, comment, place, proposal, paragraphs, now))
    session.add_all(carried)
    session.flush()
    return carried


def _carried(
    round_: Round,
    origin: Comment,
    place: engine.Carried,
    proposal: Sequence[tuple[engine.Edit, engine.Carried]],
    paragraphs: dict[str, DraftParagraph],
    now: datetime,
) -> Comment:
    paragraph = paragraphs.get(place.remark.paragraph) if place.state != "orphaned" else None
    start, end = (place.remark.start, place.remark.end) if paragraph else (0, 0)
    edits = _edits_there(proposal, paragraph, origin) if paragraph else ()
    comment = Comment(
        round_id=round_.id,
        organisation_id=origin.organisation_id,
        author_id=origin.author_id,
        paragraph_id=paragraph.id if paragraph else None,
        start=start,
        end=end,
        quote=paragraph.text[start:end] if paragraph else "",
        type=origin.type,
        reason=origin.reason,
        edits=[engine.to_json(edit) for edit in edits],
        proposed_text=engine.apply_edits(paragraph.text, edits) if paragraph and edits else None,
        source="web",
        submission_id=origin.submission_id,
        created_at=now,
        updated_at=now,
    )
    if origin.delegated is not None:
        comment.delegated = DelegatedComment(delegation_id=origin.delegated.delegation_id)
    old = origin.paragraph
    comment.carried = CarriedComment(
        origin_id=origin.id,
        state=place.state,
        old_number=old.number if old else "",
        old_text=(place.old_text or old.text) if old else "",
    )
    return comment


def _edits_there(
    proposal: Sequence[tuple[engine.Edit, engine.Carried]], paragraph: DraftParagraph, origin: Comment
) -> tuple[engine.Edit, ...]:
    """Return a proposal on its paragraph in the new draft: all of it, or nothing where any word of it stands otherwise."""
    found = []
    for edit, place in proposal:
        remark = place.remark
        if place.state == "orphaned" or remark.paragraph != paragraph.key or edit.kind not in ANCHORED or edit.until:
            return ()
        start, end = remark.start, remark.end
        if edit.kind == "paragraph-deleted":
            start, end = 0, len(paragraph.text)
        if not _fits(edit, paragraph.text, start, end, origin.paragraph.text if origin.paragraph else ""):
            return ()
        found.append(replace(edit, paragraph=paragraph.key, start=start, end=end))
    return tuple(found)


def _fits(edit: engine.Edit, new: str, start: int, end: int, old: str) -> bool:
    """Return whether an edit means the same words there; an insertion, whether it stands between the same characters."""
    if edit.kind == "paragraph-inserted":
        return True
    if edit.kind == "insert":
        around = (new[max(0, start - 1) : start], new[end : end + 1])
        return around == (old[max(0, edit.start - 1) : edit.start], old[edit.end : edit.end + 1])
    return new[start:end] == edit.old


# ---- the tray -------------------------------------------------------------------------------------------------------


def list_carried(session: AnySession, round_: Round) -> list[Comment]:
    """Return the comments of a round that were carried over, in text order."""
    return [comment for comment in list_handed_in(session, round_) if comment.carried is not None]


def is_let_go() -> ColumnElement[bool]:
    """Return the filter for comments that the lead has let go."""
    return exists().where(CarriedComment.comment_id == Comment.id, CarriedComment.state == "let go")


def list_let_go(session: AnySession, round_: Round, organisation_id: int | None = None) -> list[Comment]:
    """Return the comments carried over that the lead has let go, in the order they came to be; of one organisation, if named."""
    with_all = (carried_with_origin(), joinedload(Comment.organisation, innerjoin=True))
    query = select(Comment).where(Comment.round_id == round_.id, is_let_go()).options(*with_all)
    if organisation_id is not None:
        query = query.where(Comment.organisation_id == organisation_id)
    return list(session.scalars(query.order_by(Comment.created_at, Comment.id)))


def count_orphans(session: AnySession, round_: Round) -> int:
    """Return how many carried comments have no place in the draft and have not been let go or withdrawn."""
    query = (
        select(func.count())
        .select_from(CarriedComment)
        .join(Comment, CarriedComment.comment_id == Comment.id)
        .where(Comment.round_id == round_.id, CarriedComment.state == "orphaned", Comment.withdrawn_at.is_(None))
    )
    return session.scalar(query) or 0


def get_orphan(session: AnySession, round_: Round, comment_id: int) -> Comment:
    """Return a carried comment without a place. Raises NotFound, or Refused where somebody has settled it meanwhile."""
    everything = (joinedload(Comment.organisation), carried_with_origin())
    comment = session.get(Comment, comment_id, options=everything)
    if comment is None or comment.round_id != round_.id or comment.carried is None:
        raise NotFound(say("There is no such comment in this round."))
    if round_.stage == "decided":
        raise Refused(say("The round is finished; its comments stay as they are."), "finished")
    if comment.carried.state != "orphaned" or comment.withdrawn_at is not None:
        raise Refused(say("This comment has been attached, withdrawn or let go meanwhile."), "settled")
    return comment


def attach(
    session: AnySession,
    round_: Round,
    comment: Comment,
    number: str,
    *,
    by: Actor,
    person: Person,
    now: datetime,
) -> None:
    """Attach a comment without a place to the paragraph with this number. Raises NotFound for an unknown number."""
    number = " ".join(number.split())
    if not number:
        raise Invalid(say("Enter the number of the paragraph that the comment belongs to."), "number-missing")
    paragraph = drafts.get_paragraph(session, round_, number)
    comment.paragraph, comment.start, comment.end, comment.quote = paragraph, 0, 0, ""
    comment.updated_at = now
    _settle(comment, "attached", "", person, now)
    session.flush()
    audit.record(
        session, by=by, action="comment.attach", object_kind="comment", object_id=comment.id, now=now,
        round=round_.id, paragraph=paragraph.number,
    )  # fmt: skip


def let_go(
    session: AnySession, round_: Round, comment: Comment, reason: str, *, by: Actor, person: Person, now: datetime
) -> None:
    """Let go of a comment whose passage is gone: it stays on record with the reason, and no longer counts."""
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(say("Say why the comment is let go; its organisation reads it."), "reason-missing")
    if len(reason) > LONGEST:
        raise Invalid(say("The reason has more than %(most)s characters. Shorten it.", most=LONGEST), "too-long")
    comment.withdrawn_at = comment.updated_at = now
    _settle(comment, "let go", reason, person, now)
    session.flush()
    audit.record(
        session, by=by, action="comment.let-go", object_kind="comment", object_id=comment.id, now=now,
        round=round_.id, organisation=comment.organisation_id,
    )  # fmt: skip


def _settle(comment: Comment, state: str, reason: str, person: Person, now: datetime) -> None:
    assert comment.carried is not None
    comment.carried.state, comment.carried.reason = state, reason
    comment.carried.settled_at, comment.carried.settled_by_id = now, person.id
