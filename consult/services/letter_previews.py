"""Which letters of a round are still to come: what, when, and who gets it as things stand."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, select

from consult.models import Appointment, Duty, LetterPlan, Organisation, Participation, Person, Round
from consult.phrases import say, say_many
from consult.rules.permissions import LEADING
from consult.services import invitations
from consult.unit_of_work import AnySession

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a letter for an organisation. `heads` get it as its heads."""

    organisation: str
    names: Names
    heads: Names = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A letter to come. `at` is None while the deadline is not set; then `readers` is empty too."""

    at: datetime | None
    what: str
    to: str
    readers: tuple[Reader, ...] = ()


class _Readers:
    """Everybody who gets letters of a round, read once."""

    def __init__(self, session: AnySession, round_: Round) -> None:
        query = (
            select(Organisation.id, Organisation.name, Participation.place, Appointment.role, Person.name)
            .join(Participation, Participation.organisation_id == Organisation.id)
            .outerjoin(Appointment, Appointment.organisation_id == Organisation.id)
            .outerjoin(Person, (Person.id == Appointment.person_id) & Person.is_active)
            .where(Participation.consultation_id == round_.consultation_id)
            .order_by(Organisation.name, Person.id)
        )
        self.names: dict[int, str] = {}
        self.places: dict[int, str] = {}
        self._people: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for number, name, place, role, person in session.execute(query):
            self.names[number], self.places[number] = name, place
            if person is not None:
                self._people[number][role].append(person)

    def focal_points(self, number: int, *, with_heads: bool = False) -> Reader:
        """Return who gets what only focal points get: where there are none, the others."""
        roles = self._people[number]
        names = roles["focal point"] or roles["contributor"] or roles["head"]
        return Reader(self.names[number], tuple(names), tuple(roles["head"]) if with_heads else ())

    def leading(self) -> tuple[Reader, ...]:
        """Return who gets the letters to the lead."""
        return tuple(self.focal_points(number) for number, place in self.places.items() if place in LEADING)

    def others(self) -> tuple[Reader, ...]:
        """Return everybody else who gets letters about the round."""
        found = []
        for number, place in self.places.items():
            if place not in LEADING:
                roles = self._people[number]
                names = [*roles["focal point"], *roles["contributor"]] or roles["head"]
                found.append(Reader(self.names[number], tuple(names)))
        return tuple(found)


def preview(session: AnySession, round_: Round, plan: LetterPlan) -> list[Planned]:
    """Return the letters that are still to come, in order; before the circulation, in words."""
    if round_.circulated_at is None:
        return list(_in_words(plan))
    due = select(Duty.due_at, Duty.kind, Duty.key, Duty.organisation_id).where(
        Duty.round_id == round_.id, Duty.state == "due", ~Duty.key.startswith("delegation:")
    )
    rows = session.execute(due.order_by(Duty.due_at, Duty.id)).all()
    readers = _Readers(session, round_)
    return [*_reminders(session, round_, plan, rows, readers), *_others(plan, rows, readers)]


def _in_words(plan: LetterPlan) -> Iterator[Planned]:
    owing = say("organisations that have not answered: focal points")
    owing_and_heads = say("organisations that have not answered: focal points and heads")
    whiches = [f"days-{days}" for days in plan.days] + ([f"hours-{plan.hours}"] if plan.hours else [])
    for position, which in enumerate(whiches, 1):
        is_last = position == len(whiches)
        to_heads = plan.heads == "every" or (plan.heads == "last" and is_last)
        yield Planned(None, reminder_named(which), owing_and_heads if to_heads else owing)
    if plan.digest:
        yield Planned(None, say("Digest, daily at %(time)s if something has changed", time=plan.digest), LEAD)
    yield Planned(None, CLOSING, EVERYBODY if plan.tells_closing else LEAD)
    if plan.undecided_days:
        yield Planned(None, _undecided(plan), LEAD)


LEAD = say("the lead")
EVERYBODY = say("everybody who takes part")
CLOSING = say("The round is closed")


def _undecided(plan: LetterPlan) -> str:
    return say_many(
        "What is undecided %(num)s day after the closing",
        "What is undecided %(num)s days after the closing",
        plan.undecided_days,
    )


def reminder_named(which: str) -> str:
    """Return what a reminder is called by its mark: days-5, hours-4."""
    unit, _, count = which.rpartition(":")[2].partition("-")
    if unit == "hours":
        return say_many("Reminder %(num)s hour before", "Reminder %(num)s hours before", int(count))
    return say_many("Reminder %(num)s working day before", "Reminder %(num)s working days before", int(count))


def _reminders(
    session: AnySession,
    round_: Round,
    plan: LetterPlan,
    rows: Sequence[Row[datetime, str, str, int | None]],
    readers: _Readers,
) -> Iterator[Planned]:
    """Yield the reminders, those of one kind at one time together."""
    owing = {organisation.id for organisation in invitations.owing(session, round_)}
    planned = [row for row in rows if row.kind == "reminder" and row.organisation_id in owing]
    last = {row.organisation_id: row.due_at for row in planned}
    together: dict[tuple[datetime, str], list[int]] = defaultdict(list)
    for row in planned:
        together[row.due_at, row.key.rpartition(":")[2]].append(row.organisation_id)
    for (due_at, which), numbers in together.items():
        found = tuple(
            readers.focal_points(
                number, with_heads=plan.heads == "every" or (plan.heads == "last" and last[number] == due_at)
            )
            for number in numbers
        )
        to = say_many(
            "%(num)s organisation that has not answered", "%(num)s organisations that have not answered", len(found)
        )
        yield Planned(due_at, reminder_named(which), to, found)


def _others(
    plan: LetterPlan, rows: Sequence[Row[datetime, str, str, int | None]], readers: _Readers
) -> Iterator[Planned]:
    leading = readers.leading()
    for row in rows:
        if row.kind == "digest":
            yield Planned(row.due_at, say("The next digest, if something has changed"), LEAD, leading)
        elif row.kind == "closing":
            everybody = (*leading, *readers.others()) if plan.tells_closing else leading
            yield Planned(row.due_at, CLOSING, EVERYBODY if plan.tells_closing else LEAD, everybody)
            if plan.undecided_days:
                yield Planned(None, _undecided(plan), LEAD, leading)
        elif row.kind == "undecided":
            yield Planned(row.due_at, _undecided(plan), LEAD, leading)
