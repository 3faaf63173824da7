"""A made-up round for the benchmark of the pages: rounds.py FOLDER DATABASE PARAGRAPHS COMMENTS.

A lead, ten organisations that have handed in, as many comments as wanted: half of them propose a wording. The same each
time. Prints as JSON what a client needs: the round's number, the cookies of two people, an organisation.
"""

import json
import random
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from drafts import make_draft, write_docx
from flask import current_app

from consult import clock, engine, schema
from consult.app import create_app
from consult.config import Settings
from consult.models import (
    Appointment,
    Comment,
    Consultation,
    Deadline,
    Draft,
    Organisation,
    Participation,
    Person,
    Round,
    RoundDraft,
    SignIn,
    Submission,
    db,
)
from consult.rules.permissions import COMMAND
from consult.services import audit, drafts, people
from consult.unit_of_work import unit_of_work

ORGANISATIONS = 10
TYPES = ("substantive", "technical", "editorial")
TEXT = (
    "mission victim person information referral host country national authority body working days report consent shall "
    "should may without delay before after only where possible clear term paragraph text wording proposal support delete "
    "reference law protection data child guardian interpreter training annual review practice region office contact"
)
WORDS = tuple(TEXT.split())


def fill(paragraphs: int, comments: int) -> dict[str, Any]:
    """Write the round and return what a client needs."""
    drawn, now, storage = random.Random(7), clock.now(), current_app.extensions["consult.storage"]
    data = write_docx(make_draft(paragraphs))
    with unit_of_work(db.session):
        members = [_member(number, now) for number in range(ORGANISATIONS + 1)]
        (_, leader), *others = members
        consultation = Consultation(title="Guidelines", opened_by_id=leader.id, created_at=now)
        consultation.participations = [
            Participation(organisation_id=organisation.id, place="consulted" if number else "lead")
            for number, (organisation, _) in enumerate(members)
        ]
        db.session.add(consultation)
        db.session.flush()
        draft = drafts.keep_draft(
            db.session, storage, consultation=consultation, filename="draft.docx",
            upload=drafts.Upload(data, engine.read_draft(data)), by=leader, now=now,
        )  # fmt: skip
        round_ = Round(consultation_id=consultation.id, number=1, stage="open", circulated_at=now)
        round_.deadline = Deadline(
            at=now + timedelta(days=30), zone="Europe/Vienna", wall="2030-01-01T12:00", set_at=now
        )
        db.session.add(round_)
        db.session.flush()
        db.session.add(RoundDraft(round_id=round_.id, draft_id=draft.id))
        _write_comments(drawn, draft, round_, others, comments)
        audit.record(
            db.session, by=COMMAND, action="submission.hand-in", object_kind="submission", object_id=1, now=now,
            round=round_.id, organisation=others[0][0].id,
        )  # fmt: skip
        found = {"round": round_.id, "organisation": others[0][0].id}
        tokens = {"lead": _signed_in(leader, now), "writer": _signed_in(others[0][1], now)}
    return {**found, **tokens}


def _member(number: int, now: Any) -> tuple[Organisation, Person]:
    organisation = Organisation(code=f"ORG{number}", name=f"Mission to the Country of Number {number}")
    db.session.add(organisation)
    db.session.flush()
    person = Person(email=f"person{number}@example.org", name=f"Person {number}")
    person.appointments = [Appointment(organisation_id=organisation.id, role="focal point")]
    db.session.add(person)
    db.session.flush()
    return organisation, person


def _signed_in(person: Person, now: Any) -> str:
    token = f"token-of-person-{person.id}"
    db.session.add(
        SignIn(
            person_id=person.id, token_digest=people.digest(token), created_at=now, last_seen_at=now,
            expires_at=now + timedelta(hours=12),
        )
    )  # fmt: skip
    return token


def _write_comments(
    drawn: random.Random, draft: Draft, round_: Round, others: list[tuple[Organisation, Person]], wanted: int
) -> None:
    now = round_.circulated_at
    submissions = {}
    for organisation, person in others:
        submission = Submission(
            round_id=round_.id, organisation_id=organisation.id, number=1, position="comments", handed_in_at=now,
            handed_in_by_id=person.id,
        )  # fmt: skip
        db.session.add(submission)
        db.session.flush()
        submissions[organisation.id] = submission.id
    numbered = [p for p in draft.paragraphs if p.number]
    rows = []
    for number in range(wanted):
        organisation, person = others[number % len(others)]
        paragraph = numbered[number * len(numbered) // wanted]
        rows.append(
            {
                "round_id": round_.id, "organisation_id": organisation.id, "author_id": person.id,
                "paragraph_id": paragraph.id, "type": TYPES[number % 3], "created_at": now, "updated_at": now,
                "submission_id": submissions[organisation.id], "reason": _sentence(drawn, 6, 25),
                **(_proposal(drawn, paragraph) if number % 2 else {"edits": [], "proposed_text": None}),
            }
        )  # fmt: skip
    db.session.execute(Comment.__table__.insert(), [{"id": drawn.getrandbits(52), **row} for row in rows])


def _sentence(drawn: random.Random, least: int, most: int) -> str:
    return " ".join(drawn.choices(WORDS, k=drawn.randint(least, most))).capitalize() + "."


def _proposal(drawn: random.Random, paragraph: Any) -> dict[str, Any]:
    words = paragraph.text.split(" ")
    place = drawn.randrange(len(words))
    words[place : place + 3] = drawn.choices(WORDS, k=3)
    wording = " ".join(words)
    edits = engine.propose(drafts.paragraph_value(paragraph), wording)
    return {"edits": [engine.to_json(edit) for edit in edits], "proposed_text": wording}


def main(arguments: list[str]) -> None:
    """Make the app on an empty database and fill it."""
    folder, database, paragraphs, comments = arguments
    app = create_app(Settings(instance_path=Path(folder), database_url=database))
    with app.app_context():
        schema.upgrade(db.engine)
        print(json.dumps(fill(int(paragraphs), int(comments))))


if __name__ == "__main__":
    main(sys.argv[1:])
