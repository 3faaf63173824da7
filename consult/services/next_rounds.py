"""The next round: from a finished one to a new draft, with the comments that are not settled."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult import engine
from consult.errors import Refused
from consult.models import Comment, Person, Round, RoundDraft
from consult.phrases import say
from consult.rules.permissions import Actor
from consult.services import audit, carrying, dispositions, drafts
from consult.services.dispositions import Numbered
from consult.services.files import read_file
from consult.storage import Storage
from consult.unit_of_work import AnySession

TO_BE_DISCUSSED = "to be discussed"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a next draft is made of: the bytes of the draft, the accepted edits, the comments to be carried over."""

    draft: bytes
    filename: str
    edits: tuple[engine.Edit, ...]
    remarks: tuple[engine.Remark, ...]


def is_unsettled(item: Numbered) -> bool:
    """Return whether a comment is proposed for the next round: undecided, or noted as “to be discussed”."""
    made = item.disposition
    return made is None or (made.decision == "noted" and TO_BE_DISCUSSED in made.reason.casefold())


def find_next(session: AnySession, round_: Round) -> Round | None:
    """Return the round that follows in the same consultation, or None."""
    query = select(Round).where(Round.consultation_id == round_.consultation_id, Round.number == round_.number + 1)
    return session.scalars(query).first()


def check_may_follow(session: AnySession, round_: Round) -> None:
    """Raise Refused unless the round is finished and nothing follows it yet."""
    check_finished(round_)
    if find_next(session, round_) is not None:
        raise Refused(say("The next round has been prepared already. It is on the home page."), "has-next")


def check_finished(round_: Round) -> None:
    """Raise Refused unless the round is finished."""
    if round_.stage != "decided":
        raise Refused(say("The next round is prepared when this one is finished."), "not-finished")


def read_basis(session: AnySession, storage: Storage, round_: Round, chosen: Collection[int]) -> Basis:
    """Return what the next draft is made of, with the comments whose numbers are `chosen`.

    Raises Refused when a next round is not possible.
    """
    check_may_follow(session, round_)
    draft = drafts.get_draft(session, round_)
    numbered = dispositions.list_numbered(session, round_)
    return Basis(
        read_file(session, storage, draft.file_sha256),
        draft.filename,
        tuple(dispositions.accepted_edits(numbered)),
        tuple(carrying.remarks_of(_chosen(numbered, chosen))),
    )


def _chosen(numbered: Sequence[Numbered], chosen: Collection[int]) -> list[Comment]:
    return [item.comment for item in numbered if item.number in chosen]


def plan_next_round(
    session: AnySession,
    storage: Storage,
    round_: Round,
    *,
    upload: drafts.Upload,
    filename: str,
    chosen: Collection[int],
    places: Sequence[engine.Carried],
    by: Actor,
    person: Person,
    now: datetime,
) -> Round:
    """Keep the next draft and plan the next round on it, with the chosen comments where `places` says they stand.

    Nobody is asked yet: who takes part is proposed as it was, and circulating it is an act of its own.
    """
    check_may_follow(session, round_)
    draft = drafts.keep_draft(
        session, storage, consultation=round_.consultation, filename=filename, upload=upload, by=person, now=now
    )
    following = Round(consultation_id=round_.consultation_id, number=round_.number + 1, visibility=round_.visibility)
    session.add(following)
    session.flush()
    session.add(RoundDraft(round_id=following.id, draft_id=draft.id))
    comments = _chosen(dispositions.list_numbered(session, round_), chosen)
    carried = carrying.carry(session, following, draft, comments, places, now)
    audit.record(
        session, by=by, action="round.follow", object_kind="round", object_id=following.id, now=now,
        before=round_.id, draft=draft.file_sha256, carried=[comment.id for comment in carried],
    )  # fmt: skip
    return following
