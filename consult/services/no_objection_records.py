"""The record of a no-objection round: who was asked, who agreed, who kept silent, who broke it and when; and its signature."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from consult import engine
from consult.catalogues import SOURCE, exactly, say_in
from consult.errors import Refused
from consult.models import NoObjection, NoObjectionAnswer, Organisation, Person, Round
from consult.phrases import say, say_many
from consult.rules import no_objections as rules
from consult.rules.names import name_of
from consult.rules.no_objections import AFTERWARDS, ENDS, FIRST, FURTHER, LATE, RULE, Course
from consult.rules.permissions import Actor
from consult.services import audit, invitations, no_objections
from consult.services.no_objections import Standing
from consult.unit_of_work import AnySession

UNSIGNED = say("Not signed off. It is no record before a focal point of the lead organisation has signed it off.")
COLUMNS = (
    (say("Organisation"), 6.5),
    (say("How it stands"), 6.5),
    (say("What it said, and when"), 15.0),
)


@dataclass(frozen=True, slots=True)
class Record:
    """A round as it stands at an instant. `standings` has every organisation that is asked exactly once."""

    round: Round
    held: NoObjection
    course: Course
    state: str
    answers: tuple[NoObjectionAnswer, ...]
    standings: tuple[Standing, ...]

    @property
    def is_over(self) -> bool:
        """Whether the round has ended, however."""
        return self.state in ENDS

    @property
    def first(self) -> NoObjectionAnswer | None:
        """The objection or amendment that ended the round."""
        return next((answer for answer in self.answers if answer.effect == FIRST), None)

    @property
    def further(self) -> list[NoObjectionAnswer]:
        """Objections and amendments in time that came after the round had ended."""
        return [answer for answer in self.answers if answer.effect == FURTHER]

    @property
    def late(self) -> list[NoObjectionAnswer]:
        """What came too late and has no effect."""
        return [answer for answer in self.answers if answer.effect in (LATE, AFTERWARDS)]

    @property
    def after_signature(self) -> int:
        """How many answers came in after the record had been signed off."""
        signed_at = self.held.signed_at
        return sum(1 for answer in self.answers if signed_at is not None and answer.at > signed_at)

    @property
    def ended_at(self) -> datetime | None:
        """When the round ended: by whatever ended it."""
        if not self.is_over:
            return None
        return self.course.withdrawn_at or self.course.broken_at or self.course.expires_at

    @property
    def zone(self) -> str:
        """The zone in which the round's times were set."""
        return self.round.deadline.zone if self.round.deadline else "UTC"


def read_record(session: AnySession, round_: Round, now: datetime) -> Record:
    """Return a round as it stands. Raises NotFound for a round that is no no-objection round."""
    held = no_objections.get(round_)
    answers = no_objections.list_answers(session, round_)
    course = no_objections.course_of(round_, answers)
    state = rules.state_at(course, now)
    asked = no_objections.list_asked(session, round_)
    standings = no_objections.list_standings(asked, answers, state)
    return Record(round_, held, course, state, tuple(answers), tuple(standings))


def sign_off(
    session: AnySession, round_: Round, *, organisation: Organisation, person: Person, base_url: str, by: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Sign the record off, once, for a leading organisation. Raises Refused while the round goes on, or when it is signed."""
    no_objections.note_end(session, round_, base_url=base_url, by=by, now=now)
    rules.check_over(read_record(session, round_, now).state)
    held = no_objections.get(round_)
    if held.signed_at is not None:
        raise Refused(say("The record has been signed off already, by %(name)s.", name=held.signed_name), "signed")
    held.signed_at, held.signed_by_id, held.signed_name = now, person.id, person.name
    held.signed_for = organisation.name
    entry = audit.record(
        session, by=by, action="no-objection.sign-off", object_kind="round", object_id=round_.id, now=now,
        text=held.file_sha256,
    )  # fmt: skip
    held.audit_number, held.audit_digest = entry.number, entry.digest
    session.flush()


# ---- as a file ------------------------------------------------------------------------------------------------------


def write_record(session: AnySession, record: Record, language: str = SOURCE) -> bytes:
    """Return the record in a language as a Word file that has nothing in it but what is shown. Raises Refused while the
    round goes on."""
    rules.check_over(record.state)
    said = partial(say_in, language)
    title = said(say("Record of a no-objection round"))
    lines = [title, said(say("%(title)s, round %(number)s", title=_title(record), number=record.round.number))]
    columns = tuple((said(heading), width) for heading, width in COLUMNS)
    rows = [_row(standing, record, language) for standing in record.standings]
    made = engine.write_table_docx(
        title, lines, columns, rows, facts=_facts(session, record, language), closing=_signature(record, language)
    )
    return engine.clean(made).docx


def _title(record: Record) -> str:
    consultation = record.round.consultation
    return " · ".join(filter(None, (consultation.title, consultation.reference)))


def _facts(session: AnySession, record: Record, language: str) -> list[tuple[str, str]]:
    held, said = record.held, partial(say_in, language)
    at = partial(exactly, zone=record.zone, language=language)
    leading = ", ".join(o.name for o in invitations.organisations_with(session, record.round, ("lead",)))
    ended_at = record.ended_at
    facts = [
        (say("Lead"), leading),
        (say("Text"), f"{held.filename}, SHA-256 {held.file_sha256}"),
        (say("Announced"), at(record.round.circulated_at) if record.round.circulated_at else ""),
        (say("Began to run"), at(held.starts_at) if _has_run(record) else said(say("never"))),
        (say("Time of expiry"), at(record.course.expires_at)),
        (say("Outcome"), said(name_of(record.state, "no-objection"))),
        (say("Ended"), at(ended_at) if ended_at else ""),
        (say("Ended by"), _told_end(record, said)),
        (say("Rule"), said(RULE)),
        (say("Audit"), _told_audit(record, said)),
    ]
    return [(said(name), value) for name, value in facts if value]


def _has_run(record: Record) -> bool:
    ended_at = record.ended_at
    return ended_at is not None and ended_at >= record.held.starts_at


def _told_end(record: Record, said: Callable[[str], str]) -> str:
    if record.state == "withdrawn":
        return said(say("the lead. The reason: %(reason)s", reason=record.held.withdrawal_reason))
    if record.first is None:
        return said(say("nothing: no objection and no amendment came in before the time of expiry"))
    kind = name_of(record.first.kind, "answer")
    return said(say("%(organisation)s: %(answer)s", organisation=record.first.organisation.name, answer=kind))


def _told_audit(record: Record, said: Callable[[str], str]) -> str:
    held = record.held
    if not held.audit_digest:
        return said(say("the end has not been written down yet"))
    return said(say("entry %(number)s, digest %(digest)s", number=held.audit_number, digest=held.audit_digest))


def _row(standing: Standing, record: Record, language: str) -> list[str]:
    said = partial(say_in, language)
    told = [_told_answer(answer, record.zone, language) for answer in standing.answers]
    name = f"{standing.organisation.name} ({standing.organisation.code})"
    return [name, said(name_of(standing.word, "no-objection standing")), "\n".join(told) or "–"]


def _told_answer(answer: NoObjectionAnswer, zone: str, language: str) -> str:
    said = partial(say_in, language)
    head = say(
        "%(answer)s, %(when)s (%(effect)s)",
        answer=name_of(answer.kind, "answer"),
        when=exactly(answer.at, zone, language),
        effect=name_of(answer.effect, "effect"),
    )
    where = say("Paragraph %(number)s", number=answer.paragraph.number) if answer.paragraph else ""
    return "\n".join(
        filter(None, (said(head), said(where), *map(said, no_objections.told_changes(answer)), answer.text))
    )


def _signature(record: Record, language: str) -> list[str]:
    held, said = record.held, partial(say_in, language)
    if held.signed_at is None:
        return [said(UNSIGNED)]
    at = exactly(held.signed_at, record.zone, language)
    signed = say(
        "Signed off by %(name)s, focal point of %(organisation)s, on %(when)s.",
        name=held.signed_name, organisation=held.signed_for, when=at,
    )  # fmt: skip
    lines: list[str] = [signed, say("Signature: ______________________________")]
    if record.after_signature:
        lines.append(told_after_signature(record))
    return [said(line) for line in lines]


def told_after_signature(record: Record) -> str:
    """Return in a sentence what the signature does not cover."""
    return say_many(
        "%(num)s answer came in after the signature. It is shown, late and without effect.",
        "%(num)s answers came in after the signature. They are shown, late and without effect.",
        record.after_signature,
    )
