"""What the pages of one round have in common: the round as it exists for the actor, and for whom the actor speaks."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from flask import request, url_for

from consult import clock, engine
from consult.errors import Forbidden
from consult.models import Draft, DraftParagraph, KeptWords, Organisation, Round, db
from consult.phrases import say
from consult.rules.permissions import COMMENTING, Facts, require
from consult.services import drafts, kept_words, organisations, visibility
from consult.web.guards import actor, person_id


@dataclass(frozen=True, slots=True)
class Ways:
    """The addresses of a comment form: where it begins, is sent, previewed, kept, and left."""

    new: str
    create: str
    preview: str
    keep: str
    leave: str

    def change(self, comment_id: int) -> str:
        """Return the address of a comment that is there."""
        return f"{self.create}/{comment_id}"


@dataclass(frozen=True)
class Scope:
    """A round, what is known of it, and what of it is read when it is asked for."""

    round: Round
    facts: Facts
    now: datetime

    form_page = "comments/form.html"

    @cached_property
    def organisation_ids(self) -> tuple[int, ...]:
        """The ids of the organisations the actor comments or reads for, those first for which one writes."""
        asked = [o for o in actor().contributor_of if self.facts.places.get(o) in COMMENTING]
        return tuple(sorted(asked, key=lambda o: (o in actor().head_of, o)))

    @cached_property
    def organisations(self) -> tuple[Organisation, ...]:
        """The organisations the actor may comment for."""
        return tuple(organisations.list_by_ids(db.session, self.organisation_ids))

    @property
    def is_open(self) -> bool:
        """Whether the round takes comments of any of these organisations."""
        return any(self.facts.is_open_for(number) for number in self.organisation_ids)

    @cached_property
    def ways(self) -> Ways:
        """Where a comment form is sent, kept and left."""
        number = self.round.id
        return Ways(
            new=url_for("comments.new", round_id=number),
            create=url_for("comments.create", round_id=number),
            preview=url_for("comments.preview", round_id=number),
            keep=url_for("kept_words.keep", round_id=number),
            leave=url_for("documents.show", round_id=number),
        )

    def get_paragraph(self, number: str) -> DraftParagraph:
        """Return the paragraph of the draft with a printed number. Raises NotFound."""
        return drafts.get_paragraph(db.session, self.round, number)

    def find_kept(self, place: str) -> KeptWords | None:
        """Return what is kept of a form of the person, or None."""
        return kept_words.find(db.session, round_id=self.round.id, person_id=person_id(), place=place)

    def forget_kept(self, places: Collection[str]) -> None:
        """Throw away what is kept of a form, at each of these places."""
        kept_words.forget(db.session, round_id=self.round.id, person_id=person_id(), places=places)

    @cached_property
    def draft(self) -> Draft:
        """The draft the round is about."""
        return drafts.get_draft(db.session, self.round)

    @property
    def identity(self) -> engine.CopyIdentity:
        """What the files made of the draft in this round say of themselves."""
        return drafts.identity_of(self.round, self.draft)

    @property
    def organisation_id(self) -> int:
        """The organisation the request is made for: the one it names among the actor's, else the first."""
        if not self.organisation_ids:
            raise Forbidden(say("Your organisation is not asked to comment on this draft."))
        wanted = request.values.get("organisation", 0, int)
        return wanted if wanted in self.organisation_ids else self.organisation_ids[0]

    @property
    def organisation(self) -> Organisation:
        """The organisation the request is made for."""
        return next(o for o in self.organisations if o.id == self.organisation_id)

    def require_id(self, action: str) -> int:
        """Return the id of the organisation the request is made for, if the actor may do this for it."""
        require(actor(), action, replace(self.facts, organisation_id=self.organisation_id))
        return self.organisation_id

    def require(self, action: str) -> Organisation:
        """Return the organisation the request is made for, if the actor may do this for it."""
        self.require_id(action)
        return self.organisation


def round_scope(round_id: int, action: str, now: datetime | None = None) -> Scope:
    """Return the scope of a round if the actor may do `action` in it; else NotFound or Forbidden is raised.

    `now` is the instant of a unit of work; the round is then taken to write in it.
    """
    to_write, now = now is not None, now or clock.now()
    round_, facts = visibility.get_round(db.session, round_id, actor=actor(), action=action, now=now, to_write=to_write)
    return Scope(round_, facts, now)
