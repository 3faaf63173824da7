"""No-objection rounds under way: what organisations answer, how a round ends, and what is due in it.

The state is computed from instants at every request (rules/no_objections.py). What is written down at the end, with the
letters, is a side effect: of the answer that ends the round, of the withdrawal, or of a due row when its time runs out.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from consult import engine
from consult.catalogues import in_order
from consult.errors import Invalid, NotFound, Refused
from consult.models import Duty, NoObjection, NoObjectionAnswer, NoObjectionAsked, Organisation, Person, Round
from consult.phrases import say
from consult.rules import no_objections as rules
from consult.rules.no_objections import AMENDMENT, BREAKS, FIRST, IN_TIME, Course
from consult.rules.permissions import NOT_THERE, WORKER, Actor
from consult.services import audit, duties, no_objection_letters
from consult.services.drafts import get_paragraph, paragraph_value
from consult.unit_of_work import AnySession

LONGEST = 20_000
ITS_DUTIES = ("closing", "reminder")


@dataclass(frozen=True, slots=True)
class Words:
    """What an organisation says: which answer, why, and for an amendment which paragraph shall read how."""

    answer: str
    text: str = ""
    paragraph: str = ""
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an organisation that is asked stands, and all that it has said, earliest first."""

    organisation: Organisation
    word: str
    answers: tuple[NoObjectionAnswer, ...]

    @property
    def said_at(self) -> datetime | None:
        """When it last said something that counts."""
        return max((a.at for a in self.answers if a.effect in IN_TIME), default=None)


def get(round_: Round) -> NoObjection:
    """Return what a no-objection round has beside other rounds. Raises NotFound for a round for comments."""
    if round_.no_objection is None:
        raise NotFound(NOT_THERE)
    return round_.no_objection


def course_of(round_: Round, answers: Collection[NoObjectionAnswer]) -> Course:
    """Return the instants of a round, with all its answers known."""
    held = get(round_)
    if round_.deadline is None:
        raise RuntimeError("a round that is announced has a time of expiry")
    broken_at = next((answer.at for answer in answers if answer.effect == FIRST), None)
    return Course(held.starts_at, round_.deadline.at, broken_at, held.withdrawn_at, held.noted_at)


def list_answers(session: AnySession, round_: Round) -> list[NoObjectionAnswer]:
    """Return everything that was answered in a round, in the order it came in."""
    query = (
        select(NoObjectionAnswer)
        .where(NoObjectionAnswer.round_id == round_.id)
        .options(joinedload(NoObjectionAnswer.organisation), joinedload(NoObjectionAnswer.paragraph))
    )
    return list(session.scalars(query.order_by(NoObjectionAnswer.id)))


def list_asked(session: AnySession, round_: Round) -> list[Organisation]:
    """Return the organisations that are asked, as they were when the round was announced, by name."""
    query = select(Organisation).join(NoObjectionAsked, NoObjectionAsked.organisation_id == Organisation.id)
    return in_order(session.scalars(query.where(NoObjectionAsked.round_id == round_.id)))


def list_answered(
    session: AnySession, rounds: Collection[Round], organisations: Collection[int]
) -> set[tuple[int, int]]:
    """Return in which of these no-objection rounds which of these organisations has answered, as (round, organisation)."""
    if not rounds:
        return set()
    of_them = (
        NoObjectionAnswer.round_id.in_([round_.id for round_ in rounds]),
        NoObjectionAnswer.organisation_id.in_(organisations),
    )
    found = session.execute(select(NoObjectionAnswer.round_id, NoObjectionAnswer.organisation_id).where(*of_them))
    return {(round_id, organisation_id) for round_id, organisation_id in found}


def state_of(session: AnySession, round_: Round, now: datetime) -> str:
    """Return the state of a round."""
    return rules.state_at(course_of(round_, list_answers(session, round_)), now)


def list_standings(asked: Sequence[Organisation], answers: Collection[NoObjectionAnswer], state: str) -> list[Standing]:
    """Return where every organisation that is asked stands: each exactly once."""
    said = defaultdict(list)
    for answer in answers:
        said[answer.organisation_id].append(answer)
    return [
        Standing(o, rules.standing_of([(a.kind, a.effect) for a in said[o.id]], state), tuple(said[o.id]))
        for o in asked
    ]


# ---- answering ------------------------------------------------------------------------------------------------------


def answer(
    session: AnySession,
    round_: Round,
    words: Words,
    *,
    organisation_id: int,
    person: Person,
    form_key: str,
    base_url: str,
    by: Actor,
    now: datetime,
) -> NoObjectionAnswer:
    """Keep what an organisation says. The first objection or amendment in time ends the round, and everybody is told.

    The caller holds the round's row, so that of two at the same instant one is first. The same form sent twice is one
    answer. Raises Refused for an organisation that is not asked, and for an agreement when the round is over; Invalid
    for what says nothing. An objection is kept whenever it comes.
    """
    key = f"{round_.id}:{organisation_id}:{form_key[:40]}" if form_key else None
    answers = list_answers(session, round_)
    if (known := next((a for a in answers if key and a.source_key == key), None)) is not None:
        return known
    if organisation_id not in {o.id for o in list_asked(session, round_)}:
        raise Refused(say("Your organisation is not among those that are asked in this round."), "not-asked")
    paragraph_id, wording = _check(session, round_, words)
    effect = rules.effect_of(course_of(round_, answers), words.answer, now)
    made = NoObjectionAnswer(
        round_id=round_.id,
        organisation_id=organisation_id,
        kind=words.answer,
        text=words.text.strip() if words.answer in BREAKS else "",
        paragraph_id=paragraph_id,
        wording=wording,
        at=now,
        by_id=person.id,
        effect=effect,
        source_key=key,
    )
    session.add(made)
    session.flush()
    audit.record(
        session, by=by, action="no-objection.answer", object_kind="no-objection answer", object_id=made.id, now=now,
        round=round_.id, organisation=organisation_id, answer=words.answer, effect=effect,
    )  # fmt: skip
    no_objection_letters.withdraw_reminders(session, round_, organisation_id)
    if effect == FIRST:
        end(session, round_, [*answers, made], base_url=base_url, by=by, now=now)
    return made


def _check(session: AnySession, round_: Round, words: Words) -> tuple[int | None, str | None]:
    """Return the paragraph and the wording of an amendment; raise Invalid for what cannot be an answer."""
    if max(len(words.text), len(words.wording)) > LONGEST:
        raise Invalid(say("A text here has more than %(most)s characters. Shorten it.", most=LONGEST), "too-long")
    if words.answer != AMENDMENT:
        rules.check_answer(words.answer, words.text, False)
        return None, None
    if not words.paragraph.strip():
        raise Invalid(say("Say which paragraph the amendment is on: its number stands beside it."), "no-paragraph")
    try:
        paragraph = get_paragraph(session, round_, words.paragraph.strip())
    except NotFound as missing:
        raise Invalid(missing.message, "no-paragraph") from missing
    wording = words.wording.replace("\r\n", "\n")
    rules.check_answer(words.answer, words.text, bool(engine.propose(paragraph_value(paragraph), wording)))
    return paragraph.id, wording


def changes_of(answer: NoObjectionAnswer) -> tuple[engine.Change, ...]:
    """Return the words that an amendment inserts and deletes; nothing for other answers."""
    if answer.paragraph is None or answer.wording is None:
        return ()
    edits = engine.propose(paragraph_value(answer.paragraph), answer.wording)
    return engine.show_changes(answer.paragraph.text, edits)


def told_changes(answer: NoObjectionAnswer) -> list[str]:
    """Return an amendment in sentences, for files and letters."""
    if answer.paragraph is None or answer.wording is None:
        return []
    text = answer.paragraph.text
    return [
        engine.told_change(edit, text) for edit in engine.propose(paragraph_value(answer.paragraph), answer.wording)
    ]


# ---- the end --------------------------------------------------------------------------------------------------------


def withdraw(
    session: AnySession, round_: Round, *, reason: str, person: Person, base_url: str, by: Actor, now: datetime
) -> None:
    """Withdraw a round that is announced or running, with a reason everybody is told. Raises Refused when it is over."""
    answers = list_answers(session, round_)
    rules.check_going_on(rules.state_at(course_of(round_, answers), now))
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(say("Say in a sentence why the round is withdrawn; everybody will read it."), "reason-missing")
    held = get(round_)
    held.withdrawn_at, held.withdrawn_by_id, held.withdrawal_reason = now, person.id, reason
    end(session, round_, answers, base_url=base_url, by=by, now=now)


def note_end(session: AnySession, round_: Round, *, base_url: str, by: Actor, now: datetime) -> None:
    """Write down and tell that the time has run out, where nobody has done it yet."""
    answers = list_answers(session, round_)
    if get(round_).noted_at is None and rules.state_at(course_of(round_, answers), now) in rules.ENDS:
        end(session, round_, answers, base_url=base_url, by=by, now=now)


def end(
    session: AnySession,
    round_: Round,
    answers: Sequence[NoObjectionAnswer],
    *,
    base_url: str,
    by: Actor,
    now: datetime,
) -> None:
    """Write down how a round has ended, once: nothing is due any more, and everybody is told at once."""
    held, course = get(round_), course_of(round_, answers)
    state = rules.state_at(course, now)
    round_.stage = "decided"
    round_.closed_at = min(now, course.expires_at)
    duties.cancel(session, Duty.kind.in_(ITS_DUTIES), round_=round_, now=now)
    no_objection_letters.withdraw_reminders(session, round_)
    for action in ("round.close", "round.finish"):
        entry = audit.record(
            session, by=by, action=action, object_kind="round", object_id=round_.id, now=now, ending=state
        )
    held.noted_at, held.audit_number, held.audit_digest = now, entry.number, entry.digest
    session.flush()
    first = next((answer for answer in answers if answer.effect == FIRST), None)
    told = no_objection_letters.Ending(state, first, told_changes(first) if first else [])
    no_objection_letters.tell_end(session, round_, told, base_url=base_url, now=now)


# ---- what is due ----------------------------------------------------------------------------------------------------


def is_duty_of_one(duty: Duty) -> bool:
    """Return whether a due row is the end of a no-objection round, or a letter that its time runs out."""
    return duty.kind in ITS_DUTIES and duty.round.kind == rules.NO_OBJECTION


def carry_out(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    """Carry out a due row: note that the time has run out, or remind an organisation that it will."""
    if duty.kind == "closing":
        note_end(session, duty.round, base_url=base_url, by=WORKER, now=now)
    else:
        _remind(session, duty, base_url=base_url, now=now)


def _remind(session: AnySession, duty: Duty, *, base_url: str, now: datetime) -> None:
    """Say to an organisation that has not answered that the time runs out; missed reminders before this one are none."""
    missed = (Duty.kind == "reminder", Duty.organisation_id == duty.organisation_id, Duty.due_at <= now)
    duties.cancel(session, *missed, round_=duty.round, now=now)
    answers = list_answers(session, duty.round)
    is_over = rules.state_at(course_of(duty.round, answers), now) in rules.ENDS
    if is_over or duty.organisation is None or duty.organisation_id in {a.organisation_id for a in answers}:
        return
    occasion = duty.key.rpartition(":")[2]
    no_objection_letters.remind(session, duty.round, duty.organisation, occasion=occasion, base_url=base_url, now=now)
    audit.record(
        session, by=WORKER, action="no-objection.remind", object_kind="no-objection", object_id=duty.round_id, now=now,
        round=duty.round_id, organisation=duty.organisation_id,
    )  # fmt: skip
