"""Who leads a round and who was consulted in it, as it is told outside: organisations, positions and dates, no persons."""

from sqlalchemy import select

from consult.catalogues import order_of, when
from consult.models import Organisation, Participation, Person, Round, Submission
from consult.phrases import say
from consult.rules.permissions import LEADING
from consult.services import comments
from consult.services.packages import Answer
from consult.unit_of_work import AnySession

CONSULTED = ("co-lead", "consulted", "observer")


def leading_names(session: AnySession, round_: Round) -> str:
    """Return the name of the lead."""
    query = (
        select(Organisation.name)
        .join(Participation, Participation.organisation_id == Organisation.id)
        .where(Participation.consultation_id == round_.consultation_id, Participation.place == "lead")
    )
    return ", ".join(sorted(session.scalars(query), key=order_of))


def leading_organisation(session: AnySession, round_: Round, person: Person) -> str:
    """Return the name of the leading organisation that a person is a focal point of; the lead before co-leads."""
    own = [a.organisation_id for a in person.appointments if a.role == "focal point"]
    query = (
        select(Organisation.name)
        .join(Participation, Participation.organisation_id == Organisation.id)
        .where(Participation.consultation_id == round_.consultation_id, Participation.place.in_(LEADING))
        .where(Organisation.id.in_(own))
        .order_by(Participation.place.desc(), Organisation.id)
    )
    return session.scalars(query).first() or ""


def list_answers(session: AnySession, round_: Round) -> list[Answer]:
    """Return who was consulted and what each answered, by name; observers, who are not asked, last."""
    latest = comments.latest_submissions(session, round_)
    query = (
        select(Participation.place, Organisation.id, Organisation.name)
        .join(Organisation, Organisation.id == Participation.organisation_id)
        .where(Participation.consultation_id == round_.consultation_id, Participation.place.in_(CONSULTED))
    )
    rows = sorted(session.execute(query).all(), key=lambda row: (row.place == "observer", order_of(row.name)))
    return [
        _answer(row.name, row.place, latest.get(row.id), _timing(round_, row.id, latest.get(row.id))) for row in rows
    ]


def _timing(round_: Round, organisation_id: int, submission: Submission | None) -> list[str]:
    """Return what is to be said of when an organisation could answer, and did."""
    deadline = round_.deadline
    if deadline is None:
        return []
    given = [e.until_at for e in round_.extensions if e.organisation_id == organisation_id and e.state == "granted"]
    until = max((at for at in given if at is not None), default=None)
    told: list[str] = [say("extended until %(when)s", when=when(until, deadline.zone))] if until else []
    if submission is not None and submission.handed_in_at >= (until or deadline.at):
        told.append(say("after the deadline"))
    return told


def _answer(name: str, place: str, submission: Submission | None, timing: list[str]) -> Answer:
    if submission is None:
        return Answer(name, place, remarks=tuple(timing))
    remarks = filter(None, (*timing, submission.statement))
    return Answer(name, place, submission.position, submission.handed_in_at, tuple(remarks))
