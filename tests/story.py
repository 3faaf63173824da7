"""A round with people in it, for tests of what the lead and the worker do: a lead, two missions asked, an observer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consult import engine
from consult.models import Comment, Draft, DraftParagraph, Organisation, OutboxLetter, Person, Round
from consult.rules.permissions import Actor
from consult.services import comments, deadlines, drafts, people, submissions
from consult.services.comments import Words
from tests import factories
from tests.conftest import BASE_URL
from tests.engine.specimens import specimen_draft
from tests.factories import DEADLINE, START

DURING = START + timedelta(days=3)
AFTER = DEADLINE + timedelta(hours=1)
SECOND = timedelta(seconds=1)


@dataclass
class Story:
    """The round and who is in it. `moldova` and `kosovo` are consulted."""

    session: Any
    storage: Any
    round: Round
    lead: Organisation
    moldova: Organisation
    kosovo: Organisation
    observer: Organisation
    people: dict[str, Person]

    @property
    def draft(self) -> Draft:
        return drafts.get_draft(self.session, self.round)

    def actor(self, name: str) -> Actor:
        return people.actor_of(self.people[name])

    def paragraph(self, words: str) -> DraftParagraph:
        return next(p for p in self.draft.paragraphs if words in p.text)

    def comment(
        self,
        name: str,
        *,
        on: str = "",
        change: tuple[str, str] | None = None,
        reason: str = "",
        kind: str = "substantive",
        now: datetime = DURING,
    ) -> Comment:
        """Write a comment for a mission as its focal point does on the page; `on` are words of the paragraph."""
        now += timedelta(microseconds=self.session.query(Comment).count())  # one comes after the other
        paragraph = self.paragraph(on) if on else None
        wording = paragraph.text.replace(*change) if paragraph is not None and change else None
        words = Words(paragraph.number if paragraph is not None else "", type=kind, reason=reason, wording=wording)
        organisation: Organisation = getattr(self, name)
        return comments.write_comment(
            self.session, self.round, words, organisation_id=organisation.id, author_id=self.people[name].id, form_key="",
            by=self.actor(name), now=now,
        )  # fmt: skip

    def hand_in(self, name: str, position: str = "comments", statement: str = "", now: datetime = DURING) -> None:
        organisation: Organisation = getattr(self, name)
        submissions.hand_in(
            self.session, self.round, organisation_id=organisation.id, position=position, statement=statement,
            by=self.actor(name), person=self.people[name], now=now,
        )  # fmt: skip

    def tick(self, now: datetime) -> int:
        """Do everything that is due, as the worker does; return how many duties that were."""
        done = 0
        while deadlines.carry_out_due_duty(self.session, base_url=BASE_URL, now=now):
            done += 1
        return done

    def letters(self, kind: str = "") -> list[OutboxLetter]:
        query = self.session.query(OutboxLetter).order_by(OutboxLetter.id)
        return [letter for letter in query if not kind or letter.kind == kind]

    def recipients(self, kind: str) -> list[str]:
        """Return to whom letters of a kind went, by the names used here."""
        names = {person.email: name for name, person in self.people.items()}
        return sorted(names[letter.recipient] for letter in self.letters(kind))


def a_story(session: Any, storage: Any, **round_facts: Any) -> Story:
    """Make the round, circulated at START, its duties planned; nothing is committed."""
    lead = factories.an_organisation(session, code="SAM", name="Mission to Serbia", time_zone="Europe/Belgrade")
    moldova = factories.an_organisation(session, code="MDA", name="Mission to Moldova", time_zone="Europe/Chisinau")
    kosovo = factories.an_organisation(session, code="KOS", name="Mission in Kosovo", time_zone="Europe/Vienna")
    observer = factories.an_organisation(session, code="OBS", name="Gender Adviser")
    found = {
        name: factories.a_person(session, organisation=organisation)
        for name, organisation in (("lead", lead), ("moldova", moldova), ("kosovo", kosovo), ("observer", observer))
    }
    round_ = factories.a_round(
        session, storage=storage, data=specimen_draft(), lead=lead, consulted=(moldova, kosovo), observers=(observer,),
        **round_facts,
    )  # fmt: skip
    if round_.deadline is not None:
        deadlines.plan_round(session, round_, reminder_days=(5, 2), now=START)
    return Story(session, storage, round_, lead, moldova, kosovo, observer, found)


@contextmanager
def undone(story: Story) -> Iterator[None]:
    """Undo what is done to the round meanwhile."""
    savepoint = story.session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()
        story.session.expire_all()


def two_conflicting(story: Story) -> None:
    """Let both missions want other words in one place and the same words in another, and hand in."""
    story.comment("moldova", on="within two working days", change=("within two working days", "without delay"),
                  reason="Two days are long.")  # fmt: skip
    story.comment("moldova", on="to prevent and to combat", change=("and to combat", "and combat"))
    story.comment("kosovo", on="within two working days", change=("two working days", "one working day"))
    story.comment("kosovo", on="to prevent and to combat", change=("and to combat", "and combat"), kind="editorial")
    story.comment("kosovo", reason="We welcome the draft.")
    story.hand_in("moldova")
    story.hand_in("kosovo")


def texts_of(data: bytes) -> list[str]:
    return [p.text for p in engine.read_draft(data).paragraphs if p.text]
