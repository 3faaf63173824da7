"""What waits for a person: one item for each round and organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consult.models import Organisation, Round, Submission
from consult.rules.no_objections import NO_OBJECTION
from consult.rules.permissions import ANSWERING, Actor
from consult.services import no_objections, submissions
from consult.services.dispositions import count_undecided
from consult.services.visibility import extended_until, is_open_for, known_instant_of, list_rounds
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Item:
    """A round as it concerns one of the person's organisations.

    `until` is when it is too late for the organisation, as far as it knows. `unsubmitted` counts its own comments not
    handed in; `undecided` is for a leading one, else 0. `has_answered` is for no-objection rounds.
    """

    round: Round
    organisation: Organisation
    place: str
    is_open: bool
    until: datetime | None
    extension: datetime | None
    submission: Submission | None
    unsubmitted: int
    undecided: int
    has_answered: bool = False

    @property
    def extended_until(self) -> datetime | None:
        """Until when the organisation has time, where that is longer than the others have; else None."""
        deadline = self.round.deadline
        if deadline is None or self.extension is None or self.extension != self.until:
            return None
        return self.extension if self.extension > deadline.at else None

    @property
    def owes(self) -> bool:
        """Whether the organisation is asked and has not answered."""
        has_said = self.has_answered if self.asks_for_objections else self.submission is not None
        return self.place in ("consulted", "co-lead") and self.is_open and not has_said

    @property
    def asks_for_objections(self) -> bool:
        """Whether this is a no-objection round."""
        return self.round.kind == NO_OBJECTION

    @property
    def waits(self) -> bool:
        """Whether the next step is the organisation's: an answer, or what only a leading one can do."""
        if self.leads and (self.round.stage == "planned" or self.undecided):
            return True
        if self.leads and self.round.no_objection is not None and not self.is_open:
            return self.round.no_objection.signed_at is None
        if self.place == "lead" and not self.is_open and self.round.stage in ("open", "closed"):
            return True
        return self.owes or (self.is_open and self.place != "observer" and self.unsubmitted > 0)

    @property
    def leads(self) -> bool:
        """Whether the organisation leads."""
        return self.place in ("lead", "co-lead")


def list_items(session: AnySession, actor: Actor, now: datetime) -> list[Item]:
    """Return the person's items: what waits for them first, by deadline; then the others, newest first."""
    rounds = list_rounds(session, actor)
    done = submissions.latest_of(session, [r.id for r in rounds], actor.contributor_of)
    unsubmitted = submissions.count_unsubmitted(session, [r.id for r in rounds], actor.contributor_of)
    answered = no_objections.list_answered(session, _asking(rounds, actor), actor.contributor_of)
    items = []
    for round_ in rounds:
        for participation in round_.consultation.participations:
            organisation = participation.organisation
            is_leading = participation.place in ("lead", "co-lead")
            if organisation.id not in actor.contributor_of or not (is_leading or round_.circulated_at):
                continue
            key = (round_.id, organisation.id)
            undecided = (
                count_undecided(session, round_) if is_leading and round_.stage in ("closed", "consolidated") else 0
            )
            items.append(
                Item(
                    round_,
                    organisation,
                    participation.place,
                    is_open_for(round_, organisation.id, now),
                    known_instant_of(round_, organisation.id, now),
                    extended_until(round_, organisation.id),
                    done.get(key),
                    unsubmitted.get(key, 0),
                    undecided,
                    key in answered,
                )
            )
    return sorted(items, key=lambda item: (not item.waits, _deadline(item) if item.waits else 0))


def _asking(rounds: Sequence[Round], actor: Actor) -> list[Round]:
    """Return the no-objection rounds that ask an organisation of the person."""
    return [
        round_
        for round_ in rounds
        if round_.kind == NO_OBJECTION
        and any(
            p.organisation_id in actor.contributor_of and p.place in ANSWERING
            for p in round_.consultation.participations
        )
    ]


def _deadline(item: Item) -> float:
    return item.until.timestamp() if item.until else 0
