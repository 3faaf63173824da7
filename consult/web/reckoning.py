"""The form of a deadline: what was typed, and what it comes to."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from flask import request

from consult.errors import Invalid
from consult.models import db
from consult.rules.calendar import TwoReadings, name_of_instant
from consult.rules.entering import Entry
from consult.services import organisations, reckoning
from consult.services.reckoning import Outlook
from consult.web.languages import language
from consult.web.scope import Scope

DURATION = ("count", "unit", "time")


@dataclass(frozen=True, slots=True)
class Question:
    """A time that the clocks skip or show twice: what to choose from, and what has been chosen so far."""

    field: str
    said: str
    choices: tuple[datetime, ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a typed deadline comes to, or why it comes to nothing; and what has to be chosen."""

    zone: str = ""
    outlook: Outlook | None = None
    refusal: str = ""
    questions: tuple[Question, ...] = ()

    @property
    def seen(self) -> str:
        """The instant that is shown, as the form carries it back."""
        return name_of_instant(self.outlook.settled.at) if self.outlook is not None else ""


def entered(form: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of an Entry as they were typed; those of a duration only where a duration is chosen."""
    found = {field.name: form.get(field.name, "") for field in fields(Entry)}
    if form.get("how", "") != "duration":
        found |= dict.fromkeys(DURATION, "")
    elif not found["count"].strip():
        found["count"] = "0"  # a duration is chosen and nothing entered: no date is meant instead
    return found


def entered_but_wall(form: Mapping[str, str]) -> dict[str, str]:
    """Return the same without the wall time and its zone."""
    return {name: typed for name, typed in entered(form).items() if name not in ("wall", "zone")}


def foresee(scope: Scope, form: Mapping[str, str], asked: Collection[int]) -> Foreseen:
    """Return what a typed deadline comes to for these organisations that are asked."""
    entry = Entry(**entered(form))
    if not (entry.is_duration or entry.wall.strip()):
        return Foreseen()
    questions = tuple(_questions(scope, entry))
    of_those = organisations.list_by_ids(db.session, sorted(asked))
    try:
        outlook = reckoning.foresee(db.session, scope.round, entry, of_those, now=scope.now, language=language())
    except TwoReadings:
        return Foreseen(entry.zone, questions=questions)
    except Invalid as refusal:
        return Foreseen(entry.zone, refusal=refusal.message, questions=questions)
    return Foreseen(entry.zone, outlook, questions=questions)


def _questions(scope: Scope, entry: Entry) -> Iterator[Question]:
    """Yield what has to be chosen, also where it has been: one may think again."""
    for field in ("chosen", "grace_chosen"):
        try:
            reckoning.reckon(db.session, scope.round, replace(entry, **{field: ""}), scope.now)
        except TwoReadings as asked:
            if asked.field == field:
                yield Question(field, asked.message, asked.choices, getattr(entry, field).strip())
        except Invalid:
            return


def is_asked_by_script() -> bool:
    """Return whether the browser's script asks, which puts the answer into the page."""
    return "HX-Request" in request.headers
