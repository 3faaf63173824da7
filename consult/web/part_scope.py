"""What the pages of a delegated part have in common: the part as its colleague has it, and how it stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from flask import url_for

from consult import clock
from consult.models import DelegatedWords, Delegation, DraftParagraph, Organisation, Round, db
from consult.rules.permissions import Facts, Part, require
from consult.services import delegated_words, delegations, parts
from consult.web.guards import actor
from consult.web.scope import Ways


@dataclass(frozen=True)
class PartScope:
    """A delegated part: of which round, how it stands, and of which organisation. Nothing else of the round is here."""

    delegation: Delegation
    round: Round
    part: Part
    standing: str
    now: datetime

    form_page = "parts/form.html"

    @property
    def can_write(self) -> bool:
        """Whether the colleague may write now."""
        return self.standing == "open"

    @property
    def organisation(self) -> Organisation:
        """The organisation that gave the part, for which the colleague writes."""
        return self.delegation.organisation

    @property
    def organisations(self) -> tuple[Organisation, ...]:
        """The same: there is nothing to choose."""
        return (self.organisation,)

    @cached_property
    def ways(self) -> Ways:
        """Where a comment form is sent, kept and left."""
        number = self.part.delegation_id
        return Ways(
            new=url_for("parts.new", delegation_id=number),
            create=url_for("parts.create", delegation_id=number),
            preview=url_for("parts.preview", delegation_id=number),
            keep=url_for("parts.keep", delegation_id=number),
            leave=url_for("parts.show", delegation_id=number),
        )

    def get_paragraph(self, number: str) -> DraftParagraph:
        """Return a paragraph of the part. Raises NotFound for any other."""
        return parts.get_paragraph(db.session, self.round, self.part, number)

    def find_kept(self, place: str) -> DelegatedWords | None:
        """Return what is kept of a form, or None."""
        return delegated_words.find(db.session, delegation_id=self.part.delegation_id, place=place)

    def forget_kept(self, places: Collection[str]) -> None:
        """Throw away what is kept of a form, at each of these places."""
        delegated_words.forget(db.session, delegation_id=self.part.delegation_id, places=places)


def part_scope(delegation_id: int, action: str, now: datetime | None = None) -> PartScope:
    """Return the part if the actor may do `action` on it; else NotFound, or Refused with why it has ended, is raised.

    `now` is the instant of a unit of work; the round is then taken to write in it.
    """
    require(actor(), action, Facts(delegation_id=delegation_id))
    part = actor().part
    if part is None:
        raise RuntimeError("a part is for whoever holds it")
    to_write, now = now is not None, now or clock.now()
    delegation, round_ = parts.get_delegation(db.session, part, to_write=to_write)
    standing = delegations.standing_of(db.session, delegation, now)
    if action == "part.read":
        parts.check_reading(standing, delegation)
    elif action == "part.write":
        parts.check_writing(standing, delegation)
    return PartScope(delegation, round_, part, standing, now)
