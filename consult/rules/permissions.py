"""Who may do what: the workflow's permissions as data and predicates. One function decides for page, file, mail, search.

What an organisation has not handed in does not exist for anyone else: such a thing is not visible, and the answer is the
same as for a thing that is not there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from consult.errors import Forbidden, NotFound
from consult.phrases import say
from consult.rules.no_objections import COMMENTS, NO_OBJECTION

LEADING = ("lead", "co-lead")
COMMENTING = ("lead", "co-lead", "consulted")
ANSWERING = ("co-lead", "consulted")


@dataclass(frozen=True, slots=True)
class Part:
    """The paragraphs that a colleague without an account may read and comment on: from position `first` to `last`."""

    delegation_id: int
    organisation_id: int
    round_id: int
    draft_id: int
    first: int
    last: int

    def holds(self, place: int) -> bool:
        """Return whether the paragraph at this position is in the part."""
        return self.first <= place <= self.last


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `contributor_of` are all organisations one reads for; of those one is `head_of` one writes nothing.

    Whoever has a `part` is a colleague it was delegated to: no person, of no organisation, with nothing but that part.
    """

    person_id: int | None
    is_administrator: bool = False
    contributor_of: frozenset[int] = frozenset()
    focal_point_of: frozenset[int] = frozenset()
    head_of: frozenset[int] = frozenset()
    name: str = ""
    language: str = ""
    part: Part | None = None

    @property
    def writes_for(self) -> frozenset[int]:
        """The organisations one may draft comments for."""
        return self.contributor_of - self.head_of

    @property
    def key(self) -> str:
        """How the audit names the actor."""
        if self.part is not None:
            return f"delegation:{self.part.delegation_id}"
        return f"person:{self.person_id}" if self.person_id is not None else self.name

    @property
    def mark(self) -> str:
        """How a browser tells whose unsaved words it keeps; "" for nobody."""
        if self.part is not None:
            return f"part-{self.part.delegation_id}"
        return "" if self.person_id is None else str(self.person_id)


ANONYMOUS = Actor(None, name="anonymous")
WORKER = Actor(None, name="worker")
COMMAND = Actor(None, name="command")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the thing acted on: of its round, and of whose it is within the round.

    `is_open` is so for everybody; `extended` says for whom alone it is open longer, and until when.
    """

    places: Mapping[int, str] = field(default_factory=dict)
    kind: str = COMMENTS
    is_circulated: bool = False
    is_open: bool = False
    extended: Mapping[int, datetime] = field(default_factory=dict)
    stage: str = "planned"
    releases: int = 0
    visibility: str = "closed"
    submitted: frozenset[int] = frozenset()
    organisation_id: int | None = None
    is_submitted: bool = False
    delegation_id: int | None = None
    place: int | None = None  # of a paragraph in the draft
    prepared_by_id: int | None = None  # who prepared a transmittal

    def is_open_for(self, organisation_id: int) -> bool:
        """Return whether the round takes comments of this organisation."""
        return self.is_open or organisation_id in self.extended


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: may it be done, does it exist for the actor at all, and why not."""

    allowed: bool
    visible: bool
    reason: str = ""


Predicate = Callable[[Actor, Facts], bool]


def _has_place(organisations: frozenset[int], facts: Facts, places: tuple[str, ...]) -> bool:
    return any(facts.places.get(organisation) in places for organisation in organisations)


def anyone(actor: Actor, facts: Facts) -> bool:
    """Everybody, signed in or not."""
    return True


def is_signed_in(actor: Actor, facts: Facts) -> bool:
    """A known person."""
    return actor.person_id is not None


def is_administrator(actor: Actor, facts: Facts) -> bool:
    """An administrator: of people and organisations, never of what anybody wrote."""
    return actor.is_administrator


def is_focal_point(actor: Actor, facts: Facts) -> bool:
    """A focal point of any organisation."""
    return bool(actor.focal_point_of)


def leads(actor: Actor, facts: Facts) -> bool:
    """Somebody of a lead or co-lead organisation."""
    return _has_place(actor.contributor_of, facts, LEADING)


def leads_as_focal_point(actor: Actor, facts: Facts) -> bool:
    """A focal point of a lead or co-lead organisation."""
    return _has_place(actor.focal_point_of, facts, LEADING)


def confirms(actor: Actor, facts: Facts) -> bool:
    """A focal point of a lead or co-lead organisation who is not the person that prepared the transmittal."""
    return leads_as_focal_point(actor, facts) and actor.person_id != facts.prepared_by_id


def takes_part(actor: Actor, facts: Facts) -> bool:
    """Somebody of an organisation in the consultation, once it is circulated; of a leading one from the start."""
    return leads(actor, facts) or (
        facts.is_circulated and any(organisation in facts.places for organisation in actor.contributor_of)
    )


def is_asked(actor: Actor, facts: Facts) -> bool:
    """Somebody of an organisation that is asked for comments; of one organisation where the facts name it."""
    return _is_asked(actor.contributor_of, facts)


def may_contribute(actor: Actor, facts: Facts) -> bool:
    """Somebody who writes for an organisation that is asked for comments; for one organisation where the facts name it."""
    return _is_asked(actor.writes_for, facts)


def _is_asked(organisations: frozenset[int], facts: Facts) -> bool:
    if facts.organisation_id is not None:
        organisations &= frozenset((facts.organisation_id,))
    return facts.is_circulated and _has_place(organisations, facts, COMMENTING)


def may_hand_in(actor: Actor, facts: Facts) -> bool:
    """The focal point of the organisation the facts name."""
    own = frozenset((facts.organisation_id,)) & actor.focal_point_of
    return facts.is_circulated and _has_place(own, facts, COMMENTING)  # type: ignore[arg-type]


def may_answer(actor: Actor, facts: Facts) -> bool:
    """A focal point of an organisation that is asked, of the one the facts name where they name one."""
    own = actor.focal_point_of
    if facts.organisation_id is not None:
        own &= frozenset((facts.organisation_id,))
    return facts.is_circulated and _has_place(own, facts, ANSWERING)


def sees_others(actor: Actor, facts: Facts) -> bool:
    """Whether handed-in comments of other organisations may be seen: by the lead, by others as the round says."""
    if leads(actor, facts):
        return True
    if not takes_part(actor, facts):
        return False
    if facts.visibility == "open" or facts.stage == "decided":
        return True
    return facts.visibility == "after own submission" and bool(actor.contributor_of & facts.submitted)


def is_released(facts: Facts) -> bool:
    """Whether the organisations may know decisions of the lead: those that were released, which are all when it is finished.

    What was decided or changed since the last release is the lead's own work until the next one.
    """
    return facts.releases > 0 or facts.stage == "decided"


def sees_entered(actor: Actor, facts: Facts) -> bool:
    """The lead, and the organisation the facts name: they see what an answer entered on its behalf came as."""
    is_own = facts.organisation_id is None or facts.organisation_id in actor.contributor_of
    return takes_part(actor, facts) and (leads(actor, facts) or is_own)


def sees_outcome(actor: Actor, facts: Facts) -> bool:
    """Somebody of an organisation that is asked for comments, of the one the facts name, once decisions are released."""
    return is_released(facts) and is_asked(actor, facts)


def sees_comment(actor: Actor, facts: Facts) -> bool:
    """Whether a comment or returned copy exists for the actor: one's own always, others' once handed in, as above."""
    if not takes_part(actor, facts):
        return False
    return facts.organisation_id in actor.contributor_of or (facts.is_submitted and sees_others(actor, facts))


def holds_part(actor: Actor, facts: Facts) -> bool:
    """The colleague of the delegation the facts name; where they name an organisation or a paragraph, only if of the part."""
    part = actor.part
    if part is None or facts.delegation_id != part.delegation_id:
        return False
    is_of_it = facts.organisation_id in (None, part.organisation_id)
    return is_of_it and (facts.place is None or part.holds(facts.place))


@dataclass(frozen=True, slots=True)
class Action:
    """Who sees that there is something to act on, who may act, and what the others are told."""

    sees: Predicate
    may: Predicate
    refusal: str = ""


FOCAL_POINT_OF_LEAD = say("Only a focal point of the lead organisation may do this.")
OBSERVES = say("Your organisation observes this consultation and is not asked to comment.")
WRITES_NOTHING = say("You do not write comments here: your organisation observes, or you read for it as its head.")
ACTIONS: dict[str, Action] = {
    "public": Action(anyone, anyone),
    "signed-in": Action(is_signed_in, is_signed_in),
    "administer": Action(is_administrator, is_administrator),
    "home.see": Action(is_signed_in, is_signed_in),
    "consultation.open": Action(
        is_signed_in, is_focal_point, say("Only a focal point may open a consultation for the organisation.")
    ),
    "round.see": Action(takes_part, takes_part),
    "document.read": Action(takes_part, takes_part),
    "comment.see": Action(sees_comment, sees_comment),
    "comments.see-own": Action(takes_part, is_asked, OBSERVES),
    "comment.write": Action(takes_part, may_contribute, WRITES_NOTHING),
    "submission.hand-in": Action(takes_part, may_hand_in, say("Only your organisation's focal point hands in.")),
    "extension.ask": Action(takes_part, may_hand_in, say("Only your organisation's focal point asks for more time.")),
    "late.send": Action(takes_part, may_hand_in, say("Only your organisation's focal point sends a late answer.")),
    "late.decide": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "answer.enter": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "answer.proof": Action(sees_entered, sees_entered),
    "delegation.give": Action(takes_part, may_hand_in, say("Only your organisation's focal point delegates a part.")),
    "part.words": Action(holds_part, holds_part),
    "part.read": Action(holds_part, holds_part),
    "part.write": Action(holds_part, holds_part),
    "copy.download": Action(takes_part, takes_part),
    "copy.return": Action(takes_part, may_contribute, WRITES_NOTHING),
    "board.see": Action(takes_part, leads, say("Only the lead organisation sees the board.")),
    "letter.see": Action(takes_part, leads, say("Only the lead organisation sees the letters of a round.")),
    "letter.decide": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "round.plan-letters": Action(leads, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "mail.see": Action(takes_part, leads, say("Only the lead organisation sees mails that wait for it.")),
    "mail.decide": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "round.circulate": Action(leads, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "round.remind": Action(leads, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "round.close": Action(leads, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "round.extend": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "round.cancel": Action(leads, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "round.consolidate": Action(leads, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "round.follow": Action(leads, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "disposition.see": Action(takes_part, leads, say("Only the lead organisation decides on comments.")),
    "disposition.decide": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "disposition.release": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "outcome.see": Action(
        takes_part,
        sees_outcome,
        say("Organisations that are asked for comments see this, once the lead has released its decisions."),
    ),
    "no-objection.see": Action(takes_part, takes_part),
    "no-objection.answer": Action(
        takes_part, may_answer, say("Only a focal point of an organisation that is asked answers.")
    ),
    "no-objection.standings": Action(takes_part, leads, say("Only the lead organisation sees who has answered what.")),
    "no-objection.lead": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "transmittal.see": Action(takes_part, leads, say("Only the lead organisation sees what is transmitted.")),
    "transmittal.prepare": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "transmittal.confirm": Action(
        takes_part,
        confirms,
        say("A second person confirms this: a focal point of the lead or a co-lead who did not prepare it."),
    ),
    "transmittal.send": Action(takes_part, leads_as_focal_point, FOCAL_POINT_OF_LEAD),
    "download.see": Action(takes_part, takes_part),
    "download.results": Action(
        takes_part, sees_others, say("These files show other organisations' comments. In this round you see them later.")
    ),
    "download.lead": Action(takes_part, leads, say("Only the lead organisation takes this file.")),
}  # fmt: skip

# What there is in a no-objection round, and what only there. Anything else is not there: a new act on rounds has to be
# put here before it reaches one.
ONLY_NO_OBJECTION = frozenset(
    ("no-objection.see", "no-objection.answer", "no-objection.standings", "no-objection.lead")
)
IN_NO_OBJECTION = ONLY_NO_OBJECTION | {
    "round.see", "round.circulate", "round.follow", "document.read", "board.see", "letter.see", "letter.decide",
    "mail.see", "mail.decide",
}  # fmt: skip


def exists_in(action: str, kind: str) -> bool:
    """Return whether there is such an act in a round of this kind."""
    return action in IN_NO_OBJECTION if kind == NO_OBJECTION else action not in ONLY_NO_OBJECTION


NOT_THERE = say("There is no such page, or it is not for you.")  # the same words for both, or they would tell which


def may(actor: Actor, action: str, facts: Facts) -> Decision:
    """Return whether the actor may do this to the thing with these facts. An unknown action is a programming error."""
    rule = ACTIONS[action]
    if not exists_in(action, facts.kind) or not rule.sees(actor, facts):
        return Decision(False, False, NOT_THERE)
    if not rule.may(actor, facts):
        return Decision(False, True, rule.refusal or say("You may not do this."))
    return Decision(True, True)


def require(actor: Actor, action: str, facts: Facts) -> None:
    """Raise NotFound where the thing does not exist for the actor, Forbidden where it may not be done."""
    decision = may(actor, action, facts)
    if not decision.visible:
        raise NotFound(decision.reason)
    if not decision.allowed:
        raise Forbidden(decision.reason)
