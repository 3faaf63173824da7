"""What is in a mail: read by the worker in the jail, shown to the organisation, kept as its comments when it says so."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from consult import engine, jail
from consult.errors import ConsultError, NotFound, Refused
from consult.models import DraftParagraph, Job, Organisation, Person, ReceivedMail, ReturnedCopy, Round, RoundDraft
from consult.opening import Opened
from consult.phrases import say
from consult.quoting import LONGEST_CONTEXT, Answer, Piece
from consult.rules.permissions import NOT_THERE, Actor
from consult.rules.places import divide
from consult.services import audit, comments, drafts, people, received_reports, returned_copies
from consult.services.comments import Words
from consult.services.files import read_file
from consult.services.jobs import Ending, Report, Result
from consult.storage import Storage
from consult.unit_of_work import AnySession

LONGEST_REMARK = comments.LONGEST - LONGEST_CONTEXT - 10
SHORTEST_MATCH = 20  # characters of a quoted line that tell which paragraph it is from
LEFT_OUT: Mapping[str, str] = {
    "not-word": say("Only Word files (.docx) are read."),
    "attached-mail": say(
        "A mail that is attached is not read. Forward its text in your own mail, or upload the file in it."
    ),
    "encrypted": say("It is encrypted. Send it without encryption, or upload the file on the page."),
    "empty": say("The file is empty."),
    "too-many-copies": say("A mail may carry at most ten Word copies. Send the others in another mail."),
    "too-many-parts": say("The mail has too many parts; only the first ones were looked at."),
    "too-long": say("The text is very long; only its beginning was read."),
}


def work_on_mail(session: AnySession, storage: Storage, job: Job, report: Report, *, base_url: str) -> Ending:
    """Read a mail and the Word copies in it. What was found waits for the organisation; the sender is told by mail."""
    report(say("Reading the mail."), 0, 3)
    mail_id, round_id, organisation_id, person_id = (
        job.facts["mail_id"],
        job.round_id,
        job.organisation_id,
        job.asked_by_id,
    )
    mail, round_ = session.get_one(ReceivedMail, mail_id), session.get_one(Round, round_id)
    organisation = session.get_one(Organisation, organisation_id)
    name = organisation.name
    raw = read_file(session, storage, mail.file_sha256)
    draft = read_file(session, storage, drafts.get_draft(session, round_).file_sha256)
    older = {
        told: read_file(session, storage, found.file_sha256)
        for told, found in drafts.list_earlier(session, round_).items()
    }
    report(say("Reading the Word copies in it."), 1, 3)
    opened, copies, refused = _open(raw)
    read = _read_copies(opened, copies, draft, name, older, refused)
    report(say("Keeping what was found, for you to look at."), 2, 3)

    def end(session: AnySession, now: datetime) -> Result:
        mail, round_ = session.get_one(ReceivedMail, mail_id), session.get_one(Round, round_id)
        person = session.get_one(Person, person_id)
        if mail.state != "reading":
            return Result("received.show", {"round_id": round_id, "mail_id": mail_id})
        pieces, unknown = _placed(session, round_, opened.answer.pieces)
        mail.findings = {
            "pieces": pieces, "unknown": unknown, "is_unsure": opened.answer.is_unsure, "refused": refused,
            "copies": [
                _keep_copy(session, storage, mail, round_, filename, data, found, person)
                for filename, data, found in read
            ],
        }  # fmt: skip
        mail.state = "examined"
        session.flush()
        audit.record(
            session, by=people.actor_of(person), action="mail.read", object_kind="mail", object_id=mail.id, now=now,
            round=round_id, organisation=mail.organisation_id, remarks=len(pieces), copies=len(read),
        )  # fmt: skip
        received_reports.tell(session, mail, base_url=base_url, now=now)
        return Result("received.show", {"round_id": round_id, "mail_id": mail_id})

    return end


def _open(raw: bytes) -> tuple[Opened, list[bytes], list[dict[str, Any]]]:
    """Return what is in a mail, and what was refused of it. A mail that cannot be opened is refused as a whole."""
    try:
        opened, copies = jail.open_mail(raw)
    except ConsultError as refusal:
        return Opened(Answer(()), (), ()), [], [_refused("", _reason(refusal))]
    return opened, copies, [_refused(name, LEFT_OUT[why]) for name, why in opened.left_out]


def _reason(refusal: ConsultError) -> str:
    is_of_mail = refusal.reason == "unreadable-mail"
    return refusal.message if is_of_mail else say("It could not be read safely. Send it anew, or use the page.")


def _refused(filename: str, message: str) -> dict[str, Any]:
    """Return what was not used, and why; "" names the mail itself."""
    return {"filename": filename, "message": engine.to_json(message)}


def _read_copies(
    opened: Opened,
    copies: list[bytes],
    draft: bytes,
    organisation: str,
    older: Mapping[str, bytes],
    refused: list[dict[str, Any]],
) -> list[tuple[str, bytes, engine.ReturnedCopy]]:
    """Read the Word copies one by one; what cannot be used is added to what is refused, with the reason."""
    read = []
    for filename, data in zip(opened.copies, copies, strict=True):
        try:
            read.append((filename, data, jail.read_returned_copy(data, draft, organisation, older=older)))
        except ConsultError as refusal:
            refused.append(_refused(filename, refusal.message))
    return read


def _keep_copy(
    session: AnySession,
    storage: Storage,
    mail: ReceivedMail,
    round_: Round,
    filename: str,
    data: bytes,
    found: engine.ReturnedCopy,
    person: Person,
) -> dict[str, Any]:
    """Keep a copy as one that was uploaded when the mail came, and return what the report says of it."""
    assert mail.organisation_id is not None
    copy = returned_copies.examine_copy(
        session, storage, round_, organisation_id=mail.organisation_id, filename=filename, data=data, read=found,
        by=people.actor_of(person), person=person, now=mail.received_at,
    )  # fmt: skip
    return {
        "id": copy.id, "filename": copy.filename, "found": found.found, "placed": found.placed,
        "not_placed": len(found.not_placed),
    }  # fmt: skip


def _placed(session: AnySession, round_: Round, pieces: Collection[Piece]) -> tuple[list[dict[str, str]], list[str]]:
    """Return the remarks of a text with the paragraphs they are on, and the numbers named that the draft has not."""
    query = (
        select(DraftParagraph.number, DraftParagraph.text)
        .join(RoundDraft, RoundDraft.draft_id == DraftParagraph.draft_id)
        .where(RoundDraft.round_id == round_.id, DraftParagraph.number != "")
    )
    texts = {row.number: row.text for row in session.execute(query)}
    remarks: list[dict[str, str]] = []
    unknown: list[str] = []
    for piece in pieces:
        divided, not_there = divide(piece.text, texts)
        unknown.extend(not_there)
        for number, remark in enumerate(divided):
            context = piece.context if number == 0 else ""
            place = remark.paragraph or _quoted_paragraph(context, texts)
            remarks += [{"paragraph": place, "text": text, "context": context} for text in _portions(remark.text)]
    return remarks, list(dict.fromkeys(unknown))


def _portions(text: str) -> list[str]:
    """Return a text in portions that each fit into a comment, divided between lines where that can be."""
    found = []
    while len(text) > LONGEST_REMARK:
        end = text.rfind("\n", LONGEST_REMARK // 2, LONGEST_REMARK)
        end = end if end > 0 else LONGEST_REMARK
        found.append(text[:end])
        text = text[end:].lstrip("\n")
    return [*found, text] if text else found


def _quoted_paragraph(context: str, texts: Mapping[str, str]) -> str:
    """Return the one paragraph a quoted line is from; "" where there is none, or more than one."""
    wanted = " ".join(context.split())
    if len(wanted) < SHORTEST_MATCH:
        return ""
    found = [number for number, text in texts.items() if wanted in " ".join(text.split())]
    return found[0] if len(found) == 1 else ""


# ---- the organisation's side ----------------------------------------------------------------------------------------


def get_own(session: AnySession, round_: Round, mail_id: int, organisations: frozenset[int]) -> ReceivedMail:
    """Return a mail that was taken in for one of these organisations. Raises NotFound for any other."""
    mail = session.get(ReceivedMail, mail_id)
    is_own = mail is not None and mail.round_id == round_.id and mail.organisation_id in organisations
    if mail is None or not is_own or mail.state not in ("examined", "kept", "discarded"):
        raise NotFound(NOT_THERE)
    return mail


def list_waiting(session: AnySession, round_: Round, organisations: Collection[int]) -> list[ReceivedMail]:
    """Return the mails of these organisations that wait for somebody to confirm them, the oldest first."""
    query = select(ReceivedMail).where(
        ReceivedMail.round_id == round_.id,
        ReceivedMail.organisation_id.in_(organisations),
        ReceivedMail.state == "examined",
    )
    return list(session.scalars(query.order_by(ReceivedMail.received_at)))


def told_refusals(mail: ReceivedMail) -> list[tuple[str, str]]:
    """Return what was not used of a mail: the name, and why."""
    return [(one["filename"], engine.from_json(str, one["message"])) for one in mail.findings.get("refused", [])]


def confirm(
    session: AnySession,
    round_: Round,
    mail: ReceivedMail,
    *,
    pieces: Collection[int],
    copies: Collection[int],
    by: Actor,
    person: Person,
    now: datetime,
) -> tuple[int, int]:
    """Make unsubmitted comments of what a person chose of a mail; return how many were added, and how many stood there.

    The same mail confirmed twice adds nothing: each remark is known by its mail and its place in it.
    """
    assert mail.organisation_id is not None
    comments.check_open(round_, mail.organisation_id, now)
    if mail.state == "discarded":
        raise Refused(say("This mail was put aside by a colleague of yours."), "discarded")
    before = len(comments.list_own(session, round_, mail.organisation_id))
    chosen = [(number, piece) for number, piece in enumerate(mail.findings["pieces"]) if number in pieces]
    for number, piece in chosen:
        comments.write_comment(
            session, round_, _words(piece), organisation_id=mail.organisation_id, author_id=person.id,
            form_key=f"mail-{mail.id}-{number}", by=by, now=now,
        )  # fmt: skip
    added = len(comments.list_own(session, round_, mail.organisation_id)) - before
    known = len(chosen) - added
    for told in mail.findings["copies"]:
        if told["id"] in copies:
            more, again = _confirm_copy(session, round_, told["id"], by, person, now)
            added, known = added + more, known + again
    _settle(mail, "kept", person, now)
    audit.record(
        session, by=by, action="mail.keep", object_kind="mail", object_id=mail.id, now=now,
        round=round_.id, organisation=mail.organisation_id, added=added, known=known,
    )  # fmt: skip
    return added, known


def _words(piece: Mapping[str, str]) -> Words:
    reason = piece["text"]
    if piece["context"]:
        reason = f"> {piece['context']}\n{reason}"
    kind = "substantive" if piece["paragraph"] else "general"
    return Words(paragraph=piece["paragraph"], type=kind, reason=reason)


def _confirm_copy(
    session: AnySession, round_: Round, copy_id: int, by: Actor, person: Person, now: datetime
) -> tuple[int, int]:
    copy = session.get_one(ReturnedCopy, copy_id)
    draft = drafts.get_draft(session, round_)
    return returned_copies.keep_copy(session, round_, draft, copy, by=by, person=person, now=now)


def put_aside(
    session: AnySession, round_: Round, mail: ReceivedMail, *, by: Actor, person: Person, now: datetime
) -> None:
    """Put a mail aside: nothing of it becomes a comment. Raises Refused for one that has been kept."""
    if mail.state == "kept":
        raise Refused(say("This mail has been kept already; delete its comments one by one instead."), "already-kept")
    _settle(mail, "discarded", person, now)
    audit.record(session, by=by, action="mail.discard", object_kind="mail", object_id=mail.id, now=now, round=round_.id)


def _settle(mail: ReceivedMail, state: str, person: Person, now: datetime) -> None:
    mail.state = state
    mail.settled_at, mail.settled_by_id = mail.settled_at or now, mail.settled_by_id or person.id
