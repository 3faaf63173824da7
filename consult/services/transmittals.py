"""Transmittals: a decided round becomes one frozen package; a second person confirms it; only then can it be sent."""

import hashlib
import json
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import joinedload

from consult.errors import Forbidden, Invalid, NotFound, Refused
from consult.models import (
    Comment,
    Disposition,
    Draft,
    Participation,
    Person,
    Round,
    RoundDraft,
    Submission,
    Transmittal,
    TransmittalFile,
)
from consult.phrases import say
from consult.rules.no_objections import COMMENTS
from consult.rules.permissions import NOT_THERE, Actor
from consult.rules.symbols import check_line, check_mark, check_symbol
from consult.services import audit, carrying, consulted, dispositions, drafts, matrices, packages, releases
from consult.services.entries import CHANGED, DRAFT, UNDECIDED, list_entries
from consult.services.files import DOCX, keep_file, read_file
from consult.services.packages import ZIP, Basis, Cover, Package, Packed, Replaced
from consult.storage import Storage
from consult.unit_of_work import AnySession

LONGEST_WORDS = 20_000
TYPED = 8  # of the digest, at least, by whoever confirms
WAITING = ("prepared", "confirmed")


# ---- what is there --------------------------------------------------------------------------------------------------


def list_transmittals(session: AnySession, round_: Round) -> list[Transmittal]:
    """Return a round's transmittals, the latest first."""
    people = (joinedload(Transmittal.prepared_by), joinedload(Transmittal.confirmed_by))
    query = select(Transmittal).where(Transmittal.round_id == round_.id).order_by(Transmittal.number.desc())
    return list(session.scalars(query.options(*people, joinedload(Transmittal.replaces))))


def get_transmittal(session: AnySession, round_: Round, transmittal_id: int, *, to_write: bool = False) -> Transmittal:
    """Return a transmittal of a round. Raises NotFound."""
    people = (joinedload(Transmittal.prepared_by), joinedload(Transmittal.confirmed_by))
    query = select(Transmittal).where(Transmittal.id == transmittal_id, Transmittal.round_id == round_.id)
    query = query.options(*people, joinedload(Transmittal.replaces))
    if to_write:
        query = query.with_for_update(of=Transmittal).execution_options(populate_existing=True)
    found = session.scalars(query).first()
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def find_replacement(session: AnySession, transmittal: Transmittal) -> Transmittal | None:
    """Return the transmittal that was sent in the place of this one, the latest, or None."""
    if transmittal.state != "sent":
        return None
    query = select(Transmittal).where(Transmittal.replaces_id == transmittal.id, Transmittal.state == "sent")
    return session.scalars(query.order_by(Transmittal.number.desc())).first()


def get_file(session: AnySession, storage: Storage, transmittal: Transmittal, name: str) -> Packed:
    """Return a file of a transmittal, or its package, as it was frozen. Raises NotFound."""
    if name == packages.PACKAGE:
        return Packed(name, ZIP, read_file(session, storage, transmittal.package_sha256))
    found = next((file for file in transmittal.files if file.name == name), None)
    if found is None:
        raise NotFound(say("There is no such file."))
    return Packed(name, found.media_type, read_file(session, storage, found.sha256))


def inputs_digest(session: AnySession, round_: Round) -> str:
    """Return a digest of all that a package is made of: it changes when a draft, a comment, a decision or an answer does."""
    said = (
        select(Comment.id, Comment.version, Disposition.version)
        .outerjoin(Disposition, Disposition.comment_id == Comment.id)
        .where(Comment.round_id == round_.id, Comment.submission_id.is_not(None))
        .order_by(Comment.id)
    )
    texts = (
        select(Round.number, Draft.file_sha256)
        .join(RoundDraft, RoundDraft.round_id == Round.id)
        .join(Draft, Draft.id == RoundDraft.draft_id)
        .where(Round.consultation_id == round_.consultation_id, Round.number >= round_.number, Round.kind == COMMENTS)
        .order_by(Round.number)
    )
    answered = and_(Submission.organisation_id == Participation.organisation_id, Submission.round_id == round_.id)
    places = (
        select(Participation.organisation_id, Participation.place, func.max(Submission.id))
        .outerjoin(Submission, answered)
        .where(Participation.consultation_id == round_.consultation_id)
        .group_by(Participation.organisation_id, Participation.place)
        .order_by(Participation.organisation_id)
    )
    facts: list[object] = [round_.consultation.title, round_.consultation.reference]
    facts += [[list(row) for row in session.execute(query)] for query in (said, texts, places)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def is_changed(session: AnySession, transmittal: Transmittal) -> bool:
    """Return whether what a transmittal was made of has changed before it was sent."""
    is_waiting = transmittal.state in WAITING
    return is_waiting and inputs_digest(session, transmittal.round) != transmittal.inputs_digest


def standing(session: AnySession, transmittal: Transmittal) -> str:
    """Return how a transmittal stands now: its state, but void as soon as what it was made of has changed."""
    return "void" if is_changed(session, transmittal) else transmittal.state


# ---- preparing ------------------------------------------------------------------------------------------------------


def check_cover(*, symbol: str, language_line: str, mark: str, words: str) -> Cover:
    """Return what the lead typed, checked. Raises Invalid with what to correct."""
    words = words.strip().replace("\r\n", "\n")
    if len(words) > LONGEST_WORDS:
        raise Invalid(say("The text has more than %(most)s characters. Shorten it.", most=LONGEST_WORDS), "too-long")
    return Cover(check_symbol(symbol), check_line(language_line), check_mark(mark), words)


def check_may_prepare(session: AnySession, round_: Round) -> None:
    """Raise Refused unless every comment is decided and its decision released, and no other text or package is on its way."""
    if round_.stage not in ("consolidated", "decided"):
        raise Refused(say("A text is transmitted when the round has been consolidated and decided."), "not-decided")
    entries = list_entries(session, round_)
    undecided = [str(entry.number) for entry in entries if entry.state == UNDECIDED]
    if undecided:
        raise Refused(say("Decide first on comment %(numbers)s.", numbers=", ".join(undecided[:20])), "undecided")
    if any(entry.state in (DRAFT, CHANGED) for entry in entries):
        raise Refused(
            say(
                "There are decisions that the organisations do not know yet. Release them, or finish the round, first."
            ),
            "not-released",
        )
    if round_.stage != "decided" and carrying.count_orphans(session, round_):
        raise Refused(
            say("There are comments carried over without a place. Attach them or let them go first."), "orphans"
        )
    later = (Round.consultation_id == round_.consultation_id, Round.number > round_.number)
    of_comments = Round.kind == COMMENTS  # a no-objection round leaves the text as it is
    if session.scalars(select(Round.id).where(*later, of_comments).limit(1)).first() is not None:
        raise Refused(
            say("A next round on this text has been prepared. What is transmitted is the text of the last round."),
            "has-next",
        )


def check_none_waits(session: AnySession, round_: Round) -> None:
    """Raise Refused while a transmittal of the round waits to be confirmed or sent."""
    waits = select(Transmittal).where(Transmittal.round_id == round_.id, Transmittal.state.in_(WAITING))
    for waiting in session.scalars(waits.order_by(Transmittal.number)):
        if not is_changed(session, waiting):
            raise Refused(
                say("Transmittal %(number)s waits to be confirmed or sent. Withdraw it first.", number=waiting.number),
                "one-waits",
            )


def read_basis(
    session: AnySession, storage: Storage, round_: Round, *, upload: bytes = b"", replaces_id: int = 0
) -> Basis:
    """Return all that a package is made of. Raises Refused when the round is not settled or its decisions contradict."""
    check_may_prepare(session, round_)
    check_none_waits(session, round_)
    draft = drafts.get_draft(session, round_)
    numbered = releases.list_as_released(session, round_)
    if not upload and (disputed := dispositions.contradictions(drafts.as_value(draft), numbered)):
        raise Refused(
            say(
                "Accepted changes contradict each other in paragraph %(numbers)s, so the accepted wording cannot be "
                "made into a text by itself. Upload the final text.",
                numbers=", ".join(disputed),
            ),
            "accepted-changes-conflict",
        )
    number, digest = audit.find_head(session)
    return Basis(
        title=round_.consultation.title,
        reference=round_.consultation.reference,
        round_number=round_.number,
        lead=consulted.leading_names(session, round_),
        zone=round_.deadline.zone if round_.deadline else "UTC",
        deadline_at=round_.deadline.at if round_.deadline else None,
        draft=read_file(session, storage, draft.file_sha256),
        edits=() if upload else tuple(dispositions.accepted_edits(numbered)),
        upload=upload,
        matrix=matrices.make_matrix(session, round_, only_released=True),
        answers=tuple(consulted.list_answers(session, round_)),
        number=_next_number(session, round_),
        replaces=_replaced(session, round_, replaces_id) if replaces_id else None,
        audit_number=number,
        audit_digest=digest,
        inputs_digest=inputs_digest(session, round_),
    )


def _next_number(session: AnySession, round_: Round) -> int:
    return (session.scalar(select(func.max(Transmittal.number)).where(Transmittal.round_id == round_.id)) or 0) + 1


def _replaced(session: AnySession, round_: Round, transmittal_id: int) -> Replaced:
    """Return what a correction names. Raises Refused for what was never sent: that is withdrawn, not corrected."""
    old = get_transmittal(session, round_, transmittal_id)
    if old.state != "sent" or old.sent_at is None:
        raise Refused(say("Only a transmittal that was sent can be replaced. Withdraw the other ones."), "not-sent")
    return Replaced(old.number, old.symbol, old.sent_at, old.package_sha256)


def keep_transmittal(
    session: AnySession,
    storage: Storage,
    round_: Round,
    *,
    basis: Basis,
    cover: Cover,
    package: Package,
    replaces_id: int,
    by: Actor,
    person: Person,
    now: datetime,
) -> Transmittal:
    """Keep a package that was made: from now on it is frozen. What it was made of must be as it was, or Refused is raised."""
    check_none_waits(session, round_)
    if inputs_digest(session, round_) != basis.inputs_digest or _next_number(session, round_) != basis.number:
        raise Refused(say("Something changed while the package was made. Prepare it once more."), "changed-meanwhile")
    _void_changed(session, round_, by=by, now=now)
    source = keep_file(session, storage, data=basis.upload, media_type=DOCX, now=now) if basis.upload else None
    kept = keep_file(session, storage, data=package.data, media_type=ZIP, now=now)
    transmittal = Transmittal(
        round_id=round_.id,
        number=basis.number,
        symbol=cover.symbol,
        language_line=cover.language_line,
        mark=cover.mark,
        words=cover.words,
        replaces_id=replaces_id or None,
        source_sha256=source.sha256 if source else None,
        package_sha256=kept.sha256,
        package_size=kept.size,
        inputs_digest=basis.inputs_digest,
        audit_number=basis.audit_number,
        audit_digest=basis.audit_digest,
        prepared_at=package.made_at,
        prepared_by_id=person.id,
    )
    session.add(transmittal)
    session.flush()
    _keep_files(session, storage, transmittal, package.files, is_packed=True, now=now)
    _record(session, transmittal, "prepare", by, now, package=kept.sha256)
    return transmittal


def _keep_files(
    session: AnySession, storage: Storage, transmittal: Transmittal, files: tuple[Packed, ...], *, is_packed: bool,
    now: datetime,
) -> None:  # fmt: skip
    first = len(transmittal.files)
    for position, file in enumerate(files, first):
        keep_file(session, storage, data=file.data, media_type=file.media_type, now=now)
        transmittal.files.append(
            TransmittalFile(
                position=position, name=file.name, media_type=file.media_type, sha256=file.sha256, size=len(file.data),
                is_packed=is_packed,
            )
        )  # fmt: skip
    session.flush()


def _record(session: AnySession, transmittal: Transmittal, act: str, by: Actor, now: datetime, **facts: object) -> None:
    audit.record(
        session, by=by, action=f"transmittal.{act}", object_kind="transmittal", object_id=transmittal.id, now=now,
        round=transmittal.round_id, **facts,
    )  # fmt: skip


# ---- the second person ----------------------------------------------------------------------------------------------


def confirm(
    session: AnySession,
    storage: Storage,
    transmittal: Transmittal,
    typed: str,
    *,
    by: Actor,
    person: Person,
    now: datetime,
) -> bool:
    """Confirm a package by the beginning of its digest; return False, and it is void, where what it was made of changed.

    Raises Forbidden for whoever prepared it, Refused when it waits for nothing, Invalid for another digest.
    """
    if person.id == transmittal.prepared_by_id:
        raise Forbidden(say("You prepared this package. Another person must confirm it."))
    if transmittal.state != "prepared":
        raise Refused(say("This transmittal does not wait for a confirmation any more."), "not-waiting")
    if end_if_changed(session, transmittal, by=by, now=now):
        return False
    typed = "".join(typed.split()).lower()
    if len(typed) < TYPED or not transmittal.package_sha256.startswith(typed):
        raise Invalid(
            say(
                "This is not the beginning of the digest shown on this page. Type its first %(count)s characters, as "
                "they stand there. If the file you downloaded has another digest, do not confirm.",
                count=TYPED,
            ),
            "other-digest",
        )
    transmittal.state, transmittal.confirmed_at, transmittal.confirmed_by_id = "confirmed", now, person.id
    session.flush()
    zone = transmittal.round.deadline.zone if transmittal.round.deadline else "UTC"
    first, second = (
        consulted.leading_organisation(session, transmittal.round, who) for who in (transmittal.prepared_by, person)
    )
    told = packages.confirmation_of(
        number=transmittal.number, package_sha256=transmittal.package_sha256, size=transmittal.package_size,
        prepared=(first, transmittal.prepared_at), confirmed=(second, now), head=audit.find_head(session), zone=zone,
    )  # fmt: skip
    _keep_files(session, storage, transmittal, told, is_packed=False, now=now)
    _record(session, transmittal, "confirm", by, now, package=transmittal.package_sha256)
    return True


# ---- ending before it is sent ---------------------------------------------------------------------------------------


def withdraw(session: AnySession, transmittal: Transmittal, *, by: Actor, now: datetime) -> None:
    """Withdraw a transmittal that was not sent. Raises Refused for one that was: it is corrected by another."""
    if transmittal.state not in WAITING:
        raise Refused(
            say("This transmittal does not wait any more. One that was sent is corrected by a new one."), "not-waiting"
        )
    transmittal.state, transmittal.ended_at = "withdrawn", now
    session.flush()
    _record(session, transmittal, "withdraw", by, now)


def end_if_changed(session: AnySession, transmittal: Transmittal, *, by: Actor, now: datetime) -> bool:
    """Make a transmittal void where what it was made of has changed; return whether it is."""
    if not is_changed(session, transmittal):
        return False
    transmittal.state, transmittal.ended_at = "void", now
    session.flush()
    _record(session, transmittal, "void", by, now)
    return True


def _void_changed(session: AnySession, round_: Round, *, by: Actor, now: datetime) -> None:
    for waiting in list_transmittals(session, round_):
        end_if_changed(session, waiting, by=by, now=now)


def mark_sent(session: AnySession, transmittal: Transmittal, recipients: int, *, by: Actor, now: datetime) -> None:
    """Record that letters with the package were put into the outbox."""
    transmittal.state = "sent"
    transmittal.sent_at = transmittal.sent_at or now
    session.flush()
    _record(session, transmittal, "send", by, now, recipients=recipients, package=transmittal.package_sha256)
