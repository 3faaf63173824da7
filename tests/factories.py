"""Factories: keyword-only, each needs only a session and makes what it is not given."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from consult import engine
from consult.models import (
    Appointment,
    Comment,
    Consultation,
    Deadline,
    Draft,
    DraftParagraph,
    Organisation,
    Participation,
    Person,
    Round,
    RoundDraft,
    StoredFile,
    Submission,
)

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DEADLINE = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
numbers = itertools.count(1)


def an_organisation(session: Any, *, code: str = "", name: str = "", time_zone: str = "Europe/Vienna") -> Organisation:
    number = next(numbers)
    found = Organisation(code=code or f"ORG{number}", name=name or f"Mission {number}", time_zone=time_zone)
    session.add(found)
    session.flush()
    return found


def a_person(
    session: Any, *, organisation: Organisation | None = None, role: str = "focal point", administrator: bool = False
) -> Person:
    number = next(numbers)
    person = Person(email=f"person{number}@example.org", name=f"Person {number}", is_administrator=administrator)
    if organisation is not None:
        person.appointments = [Appointment(organisation_id=organisation.id, role=role)]
    session.add(person)
    session.flush()
    return person


def a_draft(session: Any, *, consultation: Consultation, data: bytes, storage: Any, by: Person) -> Draft:
    read = engine.read_draft(data)
    sha256 = storage.keep(data)
    if session.get(StoredFile, sha256) is None:
        session.add(StoredFile(sha256=sha256, size=len(data), media_type="x", created_at=START))
        session.flush()
    draft = Draft(
        consultation_id=consultation.id, number=1, file_sha256=sha256, filename="draft.docx", title=read.title,
        notices=[], uploaded_by_id=by.id, uploaded_at=START,
    )  # fmt: skip
    draft.paragraphs = [
        DraftParagraph(position=p.index, key=p.key, number=p.number, kind=p.kind, text=p.text, facts=engine.to_json(p))
        for p in read.paragraphs
    ]
    session.add(draft)
    session.flush()
    return draft


def a_round(
    session: Any,
    *,
    storage: Any,
    data: bytes,
    lead: Organisation,
    consulted: tuple[Organisation, ...] = (),
    observers: tuple[Organisation, ...] = (),
    visibility: str = "closed",
    deadline: datetime = DEADLINE,
    circulated: bool = True,
) -> Round:
    person = a_person(session)
    consultation = Consultation(title="Draft guidelines", opened_by_id=person.id, created_at=START)
    consultation.participations = [
        Participation(organisation_id=lead.id, place="lead"),
        *(Participation(organisation_id=o.id, place="consulted") for o in consulted),
        *(Participation(organisation_id=o.id, place="observer") for o in observers),
    ]
    session.add(consultation)
    session.flush()
    draft = a_draft(session, consultation=consultation, data=data, storage=storage, by=person)
    round_ = Round(consultation_id=consultation.id, number=1, visibility=visibility)
    if circulated:
        round_.stage, round_.circulated_at = "open", START
        round_.deadline = Deadline(at=deadline, zone="Europe/Vienna", wall="2026-11-27T17:00", set_at=START)
    session.add(round_)
    session.flush()
    session.add(RoundDraft(round_id=round_.id, draft_id=draft.id))
    session.flush()
    return round_


def a_comment(
    session: Any,
    *,
    round_: Round,
    organisation: Organisation,
    author: Person,
    reason: str = "Because.",
    paragraph: DraftParagraph | None = None,
    wording: str | None = None,
    submission: Submission | None = None,
) -> Comment:
    edits: tuple[engine.Edit, ...] = ()
    if paragraph is not None and wording is not None:
        edits = engine.propose(engine.from_json(engine.Paragraph, paragraph.facts), wording)
    comment = Comment(
        round_id=round_.id, organisation_id=organisation.id, author_id=author.id, reason=reason,
        paragraph_id=paragraph.id if paragraph else None, type="substantive" if paragraph else "general",
        edits=[engine.to_json(e) for e in edits], proposed_text=wording, created_at=START, updated_at=START,
        submission_id=submission.id if submission else None,
    )  # fmt: skip
    session.add(comment)
    session.flush()
    return comment


def a_submission(
    session: Any, *, round_: Round, organisation: Organisation, person: Person, position: str = "comments"
) -> Submission:
    found = Submission(
        round_id=round_.id, organisation_id=organisation.id, number=1, position=position, statement="",
        handed_in_at=START + timedelta(days=3), handed_in_by_id=person.id,
    )  # fmt: skip
    session.add(found)
    session.flush()
    return found
