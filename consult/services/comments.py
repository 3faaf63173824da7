"""Comments: what an organisation says on a paragraph, a range in it, or the whole draft, until it hands them in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from consult import engine
from consult.errors import Invalid, Refused
from consult.models import TYPES, CarriedComment, Comment, DraftParagraph, Organisation, Person, Round, Submission
from consult.phrases import say
from consult.rules.permissions import Actor, Facts
from consult.services import audit, traces
from consult.services.drafts import get_paragraph, paragraph_value
from consult.services.visibility import is_open_for, visible_comments
from consult.unit_of_work import AnySession

LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed for a comment. `paragraph` is a printed number, "" for the whole draft.

    `wording` is how the paragraph shall read; None for no proposal. `quote` names the words meant, if start and end do not.
    """

    paragraph: str = ""
    start: int = 0
    end: int = 0
    quote: str = ""
    type: str = "substantive"
    reason: str = ""
    wording: str | None = None


@dataclass(frozen=True, slots=True)
class _Checked:
    """Words that fit the draft."""

    paragraph: DraftParagraph | None
    start: int
    end: int
    quote: str
    edits: tuple[engine.Edit, ...]


def check_open(round_: Round, organisation_id: int, now: datetime) -> None:
    """Raise Refused when a round takes no comments of an organisation at `now`."""
    if is_open_for(round_, organisation_id, now):
        return
    if round_.closing_reason:
        raise Refused(
            say(
                "The round was closed early: %(reason)s Nothing more can be handed in.",
                reason=round_.closing_reason,
            ),
            "closed",
        )
    raise Refused(
        say(
            "The deadline has passed: comments can no longer be written, changed or handed in. What you "
            "typed is below; send it to the lead if it must still be heard."
        ),
        "closed",
    )


def write_comment(
    session: AnySession,
    round_: Round,
    words: Words,
    *,
    organisation_id: int,
    author_id: int,
    form_key: str,
    by: Actor,
    now: datetime,
) -> Comment:
    """Add an unsubmitted comment. The same form sent twice is one comment, with the words that were sent last.

    A form is sent again when the answer was lost on the way; whoever went on typing meanwhile must not lose that. What
    is sent again after its comment was handed in, with other words, is a comment of its own.
    Raises Refused after closing, NotFound for an unknown paragraph, Invalid for a range outside it or nothing said.
    """
    check_open(round_, organisation_id, now)
    said = said_by(session, round_, words)
    new = {
        "round_id": round_.id, "organisation_id": organisation_id, "author_id": author_id,
        "source_key": f"form:{form_key}" if form_key else None, "created_at": now, "updated_at": now,
    }  # fmt: skip
    comment = _insert(session, {**new, **said})
    if comment is None:
        query = select(Comment).where(Comment.round_id == round_.id, Comment.source_key == new["source_key"])
        found = session.scalars(query.where(Comment.organisation_id == organisation_id)).one()
        if all(getattr(found, name) == value for name, value in said.items()):
            return found
        if found.submission_id is None and found.author_id == author_id:
            change_comment(session, round_, found, words, version=found.version, by=by, now=now)
            return found
        comment = session.merge(Comment(**{**new, **said, "source_key": None}))
        session.flush()
    record(session, comment, "comment.write", by, now)
    return comment


def _insert(session: AnySession, values: dict[str, Any]) -> Comment | None:
    """Add a comment, or return None where the same form has made one already."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Comment).values(values).on_conflict_do_nothing().returning(Comment)
    return session.scalars(statement).first()


def change_comment(
    session: AnySession,
    round_: Round,
    comment: Comment,
    words: Words,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> None:
    """Change an unsubmitted comment. Raises Refused when it is handed in, or was changed since `version` was read.

    Its words as they were are remembered. What was cleared is not cleared any more: it says something else now.
    """
    check_open(round_, comment.organisation_id, now)
    _check_unsubmitted(comment)
    if comment.version != version:
        raise Refused(
            say(
                "Somebody of your organisation changed this comment while you were writing. Both texts are shown "
                "below. Nothing of yours was saved yet, and nothing of theirs was changed: choose below what to keep."
            ),
            "changed-meanwhile",
        )
    checked = _check(session, round_, words)
    traces.remember_text(session, comment, act="changed", by=by, now=now)
    if comment.desk_state != "drafting":
        traces.set_state(session, comment, "drafting", by=by, now=now)
    for name, value in _said(words, checked).items():
        setattr(comment, name, value)
    comment.updated_at = now
    session.flush()
    record(session, comment, "comment.change", by, now)


def delete_comment(session: AnySession, round_: Round, comment: Comment, *, by: Actor, now: datetime) -> None:
    """Take an unsubmitted comment back, without a reason. It is kept at the organisation's desk, where it can be restored."""
    check_open(round_, comment.organisation_id, now)
    _check_unsubmitted(comment)
    traces.remember_text(session, comment, act="dropped", by=by, now=now, words=False)
    traces.set_state(session, comment, "dropped", by=by, now=now)
    record(session, comment, "comment.delete", by, now)


def withdraw_comment(session: AnySession, round_: Round, comment: Comment, *, by: Actor, now: datetime) -> None:
    """Mark a handed-in comment as withdrawn. It stays on record and no longer counts."""
    check_open(round_, comment.organisation_id, now)
    if comment.submission_id is None:
        raise Refused(say("This comment has not been handed in; delete it instead."), "not-submitted")
    comment.withdrawn_at = comment.withdrawn_at or now
    comment.updated_at = now
    session.flush()
    record(session, comment, "comment.withdraw", by, now)


def correct_comment(
    session: AnySession, round_: Round, comment: Comment, *, by: Actor, person: Person, now: datetime
) -> Comment:
    """Return an unsubmitted comment that takes the place of a handed-in one with the next hand-in; made once."""
    check_open(round_, comment.organisation_id, now)
    if comment.submission_id is None or comment.withdrawn_at is not None:
        raise Refused(say("Only a comment that is handed in and not withdrawn can be corrected."), "not-submitted")
    found = session.scalars(
        select(Comment).where(
            Comment.supersedes_id == comment.id, Comment.submission_id.is_(None), traces.is_not_set_aside()
        )
    ).first()
    if found is not None:
        return found
    copied = ("paragraph_id", "start", "end", "quote", "type", "reason", "edits", "proposed_text")
    correction = Comment(
        round_id=comment.round_id,
        organisation_id=comment.organisation_id,
        author_id=person.id,
        supersedes_id=comment.id,
        created_at=now,
        updated_at=now,
        **{name: getattr(comment, name) for name in copied},
    )
    session.add(correction)
    session.flush()
    record(session, correction, "comment.correct", by, now)
    return correction


def _check_unsubmitted(comment: Comment) -> None:
    if comment.submission_id is not None:
        raise Refused(say("This comment has been handed in. Correct or withdraw it instead."), "already-submitted")


def _check(session: AnySession, round_: Round, words: Words) -> _Checked:
    """Return the words in the coordinates of the draft, or raise Invalid with what is wrong."""
    if words.type not in TYPES:
        raise Invalid(say("Choose a type of comment."), "bad-type")
    if max(len(words.reason), len(words.wording or ""), len(words.quote)) > LONGEST:
        raise Invalid(
            say("A text in this comment has more than %(most)s characters. Shorten or divide it.", most=LONGEST),
            "too-long",
        )
    if not words.paragraph:
        if not words.reason.strip():
            raise Invalid(say("Write what you want to say on the draft."), "nothing-said")
        return _Checked(None, 0, 0, "", ())
    row = get_paragraph(session, round_, words.paragraph)
    start, end = _range(row, words)
    edits: tuple[engine.Edit, ...] = ()
    if words.wording is not None:
        edits = engine.propose(paragraph_value(row), words.wording)
    if not edits and not words.reason.strip():
        raise Invalid(say("Change the wording or write a reason: so far this comment says nothing."), "nothing-said")
    return _Checked(row, start, end, row.text[start:end], edits)


def _range(row: DraftParagraph, words: Words) -> tuple[int, int]:
    if words.start or words.end:
        if not 0 <= words.start < words.end <= len(row.text):
            raise Invalid(
                say("The words chosen do not lie in paragraph %(number)s. Choose them again.", number=row.number),
                "bad-range",
            )
        if not words.quote.strip() or _folded(row.text[words.start : words.end]) == _folded(words.quote):
            return words.start, words.end
    quote = words.quote.strip()
    if not quote:
        return 0, 0
    place = row.text.find(quote)
    if place < 0:
        raise Invalid(
            say(
                "“%(quote)s” does not stand in paragraph %(number)s. Copy the words exactly.",
                quote=quote[:80],
                number=row.number,
            ),
            "bad-quote",
        )
    if row.text.find(quote, place + 1) >= 0:
        raise Invalid(
            say(
                "“%(quote)s” stands more than once in paragraph %(number)s. Add a word before or behind it, so "
                "that it is clear which is meant.",
                quote=quote[:80],
                number=row.number,
            ),
            "quote-twice",
        )
    return place, place + len(quote)


def _folded(text: str) -> str:
    """Return a text without its blanks: a form's field keeps no line breaks."""
    return "".join(text.split())


def said_by(session: AnySession, round_: Round, words: Words) -> dict[str, Any]:
    """Return what a comment says with these words, by column. Raises Invalid or NotFound as `write_comment` does."""
    return _said(words, _check(session, round_, words))


def _said(words: Words, checked: _Checked) -> dict[str, Any]:
    paragraph, edits = checked.paragraph, checked.edits
    return {
        "paragraph_id": paragraph.id if paragraph else None,
        "start": checked.start,
        "end": checked.end,
        "quote": checked.quote,
        "type": words.type if paragraph else "general",
        "reason": words.reason.strip().replace("\r\n", "\n"),
        "edits": [engine.to_json(edit) for edit in edits],
        "proposed_text": engine.apply_edits(paragraph.text, edits) if paragraph and edits else None,
    }


def record(session: AnySession, comment: Comment, action: str, by: Actor, now: datetime, **facts: Any) -> None:
    """Record an act on a comment in the audit, for its organisation."""
    audit.record(
        session, by=by, action=action, object_kind="comment", object_id=comment.id, now=now,
        round=comment.round_id, organisation=comment.organisation_id, **facts,
    )  # fmt: skip


# ---- reading --------------------------------------------------------------------------------------------------------


def edits_of(comment: Comment) -> tuple[engine.Edit, ...]:
    """Return a comment's proposal as edits."""
    return tuple(engine.from_json(engine.Edit, edit) for edit in comment.edits)


def changes_of(comment: Comment) -> tuple[engine.Change, ...]:
    """Return a comment's proposal as same, inserted and deleted words of its paragraph."""
    if comment.paragraph is None or not comment.edits:
        return ()
    return engine.show_changes(comment.paragraph.text, edits_of(comment))


def lacks_reason(comment: Comment) -> bool:
    """Return whether a substantive change comes without a reason: its author is reminded, nobody is stopped."""
    return comment.type == "substantive" and not comment.reason


def text_order(comment: Comment) -> tuple[int, int, int, str, datetime, int]:
    """Return where a comment stands among all: on the whole draft first, then in text order, then by organisation."""
    position = comment.paragraph.position if comment.paragraph else -1
    return position, comment.start, comment.end, comment.organisation.name.casefold(), comment.created_at, comment.id


def _in_text_order(session: AnySession, query: Select[Comment]) -> list[Comment]:
    with_all = (
        joinedload(Comment.organisation, innerjoin=True),
        joinedload(Comment.author, innerjoin=True),
        joinedload(Comment.submission),
        selectinload(Comment.paragraph),
        joinedload(Comment.clearance),
        carried_with_origin(),
    )
    return sorted(session.scalars(query.options(*with_all)), key=text_order)


def carried_with_origin() -> ORMOption:
    """Return what loads with a comment where it was carried over from: the comment there, its round and paragraph."""
    origin = joinedload(Comment.carried).joinedload(CarriedComment.origin)
    return origin.options(joinedload(Comment.round), joinedload(Comment.paragraph))


def list_visible(session: AnySession, round_: Round, *, actor: Actor, facts: Facts) -> list[Comment]:
    """Return the comments of a round that exist for the actor and are not set aside, in text order."""
    query = select(Comment).where(
        Comment.round_id == round_.id, visible_comments(actor, facts), traces.is_not_set_aside()
    )
    return _in_text_order(session, query)


def list_handed_in(session: AnySession, round_: Round) -> list[Comment]:
    """Return the handed-in comments of a round, those that no longer count too, in text order."""
    handed_in = Comment.submission_id.is_not(None)
    return _in_text_order(session, select(Comment).where(Comment.round_id == round_.id, handed_in))


def list_own(session: AnySession, round_: Round, organisation_id: int) -> list[Comment]:
    """Return all comments of an organisation in a round, handed in or not, in text order."""
    query = select(Comment).where(Comment.round_id == round_.id, Comment.organisation_id == organisation_id)
    return _in_text_order(session, query)


def list_effective(session: AnySession, round_: Round, organisation_id: int | None = None) -> list[Comment]:
    """Return what counts in a round, in text order: handed in, not withdrawn, not superseded by a handed-in one."""
    its = () if organisation_id is None else (Comment.organisation_id == organisation_id,)
    return _in_text_order(session, select(Comment).where(*counts(round_), *its))


def counts(round_: Round) -> tuple[ColumnElement[bool], ...]:
    """Return the filter for what counts in a round."""
    later = aliased(Comment)
    superseded = exists().where(later.supersedes_id == Comment.id, later.submission_id.is_not(None))
    return (
        Comment.round_id == round_.id,
        Comment.submission_id.is_not(None),
        Comment.withdrawn_at.is_(None),
        ~superseded,
    )


def is_drafting(round_id: int) -> Exists:
    """Return the test whether an organisation has comments not handed in. This is all that a lead may learn of them."""
    return exists().where(
        Comment.round_id == round_id,
        Comment.organisation_id == Organisation.id,
        Comment.submission_id.is_(None),
        traces.is_not_set_aside(),
    )


def latest_submissions(session: AnySession, round_: Round) -> dict[int, Submission]:
    """Return the latest submission of each organisation that has handed in."""
    query = select(Submission).where(Submission.round_id == round_.id).order_by(Submission.number)
    return {submission.organisation_id: submission for submission in session.scalars(query)}


def superseded_ids(comments: Sequence[Comment]) -> frozenset[int]:
    """Return the ids of comments that handed-in comments among these take the place of."""
    return frozenset(c.supersedes_id for c in comments if c.supersedes_id and c.submission_id)
