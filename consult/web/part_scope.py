"""What the pages of a delegated part have in common: the part as its colleague has it, and how it stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from flask import g, request, url_for

from consult import clock
from consult.errors import Forbidden
from consult.models import DelegatedWords, Delegation, DraftParagraph, Organisation, Round, db
from consult.phrases import say
from consult.rules.permissions import Facts, Part, require
from consult.services import delegated_words, drafts, parts
from consult.web.guards import part_cookie
from consult.web.scope import Ways
from consult.web.sections import layout_of


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
        parts.check_in_part(layout_of(self.part.draft_id), self.part, number)
        return drafts.get_paragraph(db.session, self.round, number)

    def find_kept(self, place: str) -> DelegatedWords | None:
        """Return what is kept of a form, or None."""
        return delegated_words.find(db.session, delegation_id=self.part.delegation_id, place=place)

    def forget_kept(self, places: Collection[str]) -> None:
        """Throw away what is kept of a form, at each of these places."""
        delegated_words.forget(db.session, delegation_id=self.part.delegation_id, places=places)


def part_scope(delegation_id: int, action: str, now: datetime | None = None) -> PartScope:
    """Let in whoever opened the link of this part in this browser, as its colleague and as nobody else; return the part.

    Forbidden is raised for everybody else, Refused with why it has ended where `action` cannot be done any more.

    `now` is the instant of a unit of work; the round is then taken to write in it.
    """
    to_write, now = now is not None, now or clock.now()
    token = request.cookies.get(part_cookie(delegation_id), "")
    held = parts.find_holding(db.session, delegation_id=delegation_id, token=token, now=now, to_write=to_write)
    if held is None:
        raise Forbidden(
            say("This part of a draft is not open in this browser. Open the link in your letter, then try again."),
            "signed-out",
        )
    g.actor = held.actor
    require(held.actor, action, Facts(delegation_id=delegation_id))
    if action == "part.read":
        parts.check_reading(held.standing, held.delegation)
    elif action == "part.write":
        parts.check_writing(held.standing, held.delegation)
    return PartScope(held.delegation, held.round, parts.part_of(held.delegation), held.standing, now)
