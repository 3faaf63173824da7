"""Drafts: a .docx kept, and its numbered paragraphs as rows."""

from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from sqlalchemy import func, select

from consult import engine, jail
from consult.errors import Invalid, NotFound
from consult.models import Consultation, Draft, DraftParagraph, DraftPicture, Person, Round, RoundDraft, StoredFile
from consult.phrases import say
from consult.services.files import DOCX, keep_file
from consult.storage import Storage
from consult.unit_of_work import AnySession

# What the lead wants done with the tracked changes that a draft itself has.
REFUSE, KEEP, ACCEPT = OWN_CHANGES = ("refuse", "keep", "accept")
ACCEPTED = engine.Notice(
    "changes-accepted",
    say(
        "The file had tracked changes of its own when it was uploaded. All of them were accepted; this "
        "is the text as it then read."
    ),
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A draft as it is taken in: its bytes, what was read in them, its pictures, the file as uploaded where another."""

    data: bytes
    read: engine.Draft
    original: bytes = b""
    pictures: tuple[engine.Picture, ...] = ()


def read_upload(data: bytes, own_changes: str = REFUSE) -> Upload:
    """Read an uploaded draft in a process of its own, and do with its own tracked changes what the lead wants.

    Raises Invalid for a file that cannot be used, and for one with tracked changes where they are to be refused or
    nothing was said.
    """
    read = jail.read_draft(data)
    if not any(p.number for p in read.paragraphs):
        raise Invalid(say("This Word file has no text that could be commented on."), "no-text")
    if not any(notice.code == "has-changes" for notice in read.notices) or own_changes == KEEP:
        return Upload(data, read, pictures=_pictures(data, read))
    if own_changes == ACCEPT:
        accepted = jail.resolve(data)
        again = jail.read_draft(accepted)
        told = engine.Draft(again.sha256, again.title, again.paragraphs, (*again.notices, ACCEPTED))
        return Upload(accepted, told, data, _pictures(accepted, told))
    raise Invalid(
        say(
            "The draft has tracked changes of its own. Nothing has been stored. Choose below whether they "
            "are kept or accepted, and choose the file again; or tidy it up in Word first."
        ),
        "draft-has-changes",
    )


def _pictures(data: bytes, read: engine.Draft) -> tuple[engine.Picture, ...]:
    has_pictures = any(atom.picture for paragraph in read.paragraphs for atom in paragraph.atoms)
    return jail.read_pictures(data) if has_pictures else ()


def keep_draft(
    session: AnySession,
    storage: Storage,
    *,
    consultation: Consultation,
    filename: str,
    upload: Upload,
    by: Person,
    now: datetime,
) -> Draft:
    """Keep a draft that has been read, with its paragraphs, and the file as it came."""
    read = upload.read
    stored = keep_file(session, storage, data=upload.data, media_type=DOCX, now=now)
    if upload.original:
        keep_file(session, storage, data=upload.original, media_type=DOCX, now=now)
    last = session.scalar(select(func.max(Draft.number)).where(Draft.consultation_id == consultation.id)) or 0
    draft = Draft(
        consultation_id=consultation.id,
        number=last + 1,
        file_sha256=stored.sha256,
        filename=normalize("NFC", filename)[:255],
        title=read.title,
        notices=[engine.to_json(notice) for notice in read.notices],
        uploaded_by_id=by.id,
        uploaded_at=now,
    )
    draft.paragraphs = [
        DraftParagraph(position=p.index, key=p.key, number=p.number, kind=p.kind, text=p.text, facts=engine.to_json(p))
        for p in read.paragraphs
    ]
    session.add(draft)
    session.flush()
    for picture in upload.pictures:
        kept = keep_file(session, storage, data=picture.data, media_type=picture.media_type, now=now)
        session.add(DraftPicture(draft_id=draft.id, sha256=kept.sha256))
    session.flush()
    return draft


def get_picture(session: AnySession, storage: Storage, round_: Round, sha256: str) -> tuple[bytes, str]:
    """Return a picture of the draft a round is about, and its media type. Raises NotFound for any other file."""
    query = (
        select(StoredFile.media_type)
        .join(DraftPicture, DraftPicture.sha256 == StoredFile.sha256)
        .join(RoundDraft, RoundDraft.draft_id == DraftPicture.draft_id)
        .where(RoundDraft.round_id == round_.id, StoredFile.sha256 == sha256)
    )
    media_type = session.scalar(query)
    if media_type is None:
        raise NotFound(say("The draft has no such picture."))
    return storage.read(sha256), media_type


def get_draft(session: AnySession, round_: Round) -> Draft:
    """Return the draft a round is about; its paragraphs are read when asked for. Raises NotFound where it has none."""
    found = session.scalars(
        select(Draft).join(RoundDraft, RoundDraft.draft_id == Draft.id).where(RoundDraft.round_id == round_.id)
    ).first()
    if found is None:
        raise NotFound(say("This round has no draft."))
    return found


def identity_of(round_: Round, draft: Draft) -> engine.CopyIdentity:
    """Return what the files made of a draft in a round say of themselves."""
    title = round_.consultation.title
    return engine.CopyIdentity(draft.file_sha256, title, round_.number, draft.title or title)


def list_earlier(session: AnySession, round_: Round) -> dict[str, Draft]:
    """Return the other drafts that earlier rounds of the consultation were circulated with, by what they are called."""
    current = get_draft(session, round_)
    rows = session.execute(
        select(Round.number, Draft)
        .join(RoundDraft, RoundDraft.round_id == Round.id)
        .join(Draft, RoundDraft.draft_id == Draft.id)
        .where(
            Round.consultation_id == round_.consultation_id,
            Round.number < round_.number,
            Round.circulated_at.is_not(None),
            Draft.file_sha256 != current.file_sha256,
        )
        .order_by(Round.number)
    )
    return {say("that of round %(number)s", number=number): draft for number, draft in rows}


def as_value(draft: Draft) -> engine.Draft:
    """Return a draft as the engine knows it."""
    return engine.Draft(
        draft.file_sha256,
        draft.title,
        tuple(paragraph_value(p) for p in draft.paragraphs),
        tuple(engine.from_json(engine.Notice, notice) for notice in draft.notices),
    )


def paragraph_value(paragraph: DraftParagraph) -> engine.Paragraph:
    """Return a paragraph as the engine knows it."""
    return engine.from_json(engine.Paragraph, paragraph.facts)


def get_paragraph(session: AnySession, round_: Round, number: str) -> DraftParagraph:
    """Return the paragraph of a round's draft with a printed number. Raises NotFound."""
    query = (
        select(DraftParagraph)
        .join(RoundDraft, RoundDraft.draft_id == DraftParagraph.draft_id)
        .where(RoundDraft.round_id == round_.id, DraftParagraph.number == number)
    )
    found = session.scalars(query).first() if number else None
    if found is None:
        raise NotFound(
            say("The draft has no paragraph %(number)s. The number is printed beside each paragraph.", number=number)
        )
    return found
