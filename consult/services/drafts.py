"""Drafts: a .docx kept, and its numbered paragraphs as rows."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from consult import engine
from consult.errors import NotFound
from consult.models import Consultation, Draft, DraftParagraph, Person, Round, RoundDraft
from consult.services.files import DOCX, keep_file
from consult.storage import Storage
from consult.unit_of_work import AnySession


def keep_draft(
    session: AnySession,
    storage: Storage,
    *,
    consultation: Consultation,
    filename: str,
    data: bytes,
    read: engine.Draft,
    by: Person,
    now: datetime,
) -> Draft:
    """Keep a draft that has been read, with its paragraphs."""
    stored = keep_file(session, storage, data=data, media_type=DOCX, now=now)
    last = session.scalar(select(func.max(Draft.number)).where(Draft.consultation_id == consultation.id)) or 0
    draft = Draft(
        consultation_id=consultation.id,
        number=last + 1,
        file_sha256=stored.sha256,
        filename=filename[:255],
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
    return draft


def get_draft(session: AnySession, round_: Round) -> Draft:
    """Return the draft a round is about, with its paragraphs. Raises NotFound where it has none."""
    found = session.scalars(
        select(Draft)
        .join(RoundDraft, RoundDraft.draft_id == Draft.id)
        .where(RoundDraft.round_id == round_.id)
        .options(selectinload(Draft.paragraphs))
    ).first()
    if found is None:
        raise NotFound("This round has no draft.")
    return found


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


def get_paragraph(draft: Draft, number: str) -> DraftParagraph:
    """Return the paragraph of a draft with a printed number. Raises NotFound."""
    found = next((p for p in draft.paragraphs if p.number and p.number == number), None)
    if found is None:
        raise NotFound(f"The draft has no paragraph {number}. The number is printed beside each paragraph.")
    return found
