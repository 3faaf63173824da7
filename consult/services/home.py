"""What waits for a person: one item for each round and organisation."""

from dataclasses import dataclass
from datetime import datetime

from consult.models import Organisation, Round, Submission
from consult.rules.permissions import Actor
from consult.services import submissions
from consult.services.comments import latest_submissions
from consult.services.dispositions import count_undecided
from consult.services.visibility import is_round_open, list_rounds
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Item:
    """A round as it concerns one of the person's organisations.

    `unsubmitted` counts that organisation's own comments not handed in; `undecided` is for a leading one, else 0.
    """

    round: Round
    organisation: Organisation
    place: str
    is_open: bool
    submission: Submission | None
    unsubmitted: int
    undecided: int

    @property
    def owes(self) -> bool:
        """Whether the organisation is asked and has not answered."""
        return self.place in ("consulted", "co-lead") and self.is_open and self.submission is None

    @property
    def leads(self) -> bool:
        """Whether the organisation leads."""
        return self.place in ("lead", "co-lead")


def list_items(session: AnySession, actor: Actor, now: datetime) -> list[Item]:
    """Return the person's items: what is owed first, by deadline; then the others, newest first."""
    items = []
    for round_ in list_rounds(session, actor):
        done = latest_submissions(session, round_)
        for participation in round_.consultation.participations:
            organisation = participation.organisation
            if organisation.id not in actor.contributor_of:
                continue
            is_leading = participation.place in ("lead", "co-lead")
            if not is_leading and round_.circulated_at is None:
                continue
            items.append(
                Item(
                    round_,
                    organisation,
                    participation.place,
                    is_round_open(round_, now),
                    done.get(organisation.id),
                    submissions.count_unsubmitted(session, round_, organisation.id),
                    count_undecided(session, round_)
                    if is_leading and round_.stage in ("closed", "consolidated")
                    else 0,
                )
            )
    return sorted(
        items, key=lambda i: (not i.owes, i.round.deadline.at.timestamp() if i.owes and i.round.deadline else 0)
    )
