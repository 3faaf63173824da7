"""Conflicts as the lead settles them: which comments want different words in one place, and one choice for all of them.

A decision is made on a comment, so what is settled together is what comments hold together: disputed passages of one
paragraph are one dispute where a comment changes more than one of them. Every comment stands for itself, as it does when
accepted changes are made to a draft; what else is said on the paragraph is left alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import combinations

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import contains_eager, joinedload

from consult import engine
from consult.errors import Invalid, NotFound, Refused
from consult.models import Comment, Disposition, Draft, DraftParagraph, Organisation, Person, Round
from consult.phrases import say
from consult.rules.permissions import NOT_THERE, Actor
from consult.services import dispositions, reviewing
from consult.services.answers import Answer
from consult.services.comments import counts, edits_of
from consult.services.dispositions import Numbered, accepted_edits
from consult.services.entries import Entry, list_entries
from consult.unit_of_work import AnySession

TAKE, COMBINE, OWN, NONE = KINDS = ("take", "combine", "own", "none")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of the variants: the comments that want it."""

    comments: tuple[Numbered, ...]

    @property
    def organisations(self) -> tuple[Organisation, ...]:
        """Who wants it, each once, in the comments' order."""
        return tuple(dict.fromkeys(item.comment.organisation for item in self.comments))


@dataclass(frozen=True)
class Dispute:
    """What is settled together: its place among all disputes, its paragraph, the disputed words, the variants."""

    number: int
    paragraph: DraftParagraph
    words: tuple[str, ...]
    variants: tuple[Wanted, ...]

    @cached_property
    def comments(self) -> tuple[Numbered, ...]:
        """The comments concerned, in the order of their numbers."""
        return tuple(sorted((c for v in self.variants for c in v.comments), key=lambda item: item.number))

    @property
    def is_decided(self) -> bool:
        """Whether every comment concerned has a decision."""
        return all(item.disposition is not None for item in self.comments)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the lead chooses: `taken` are the places of variants from 0; with "own" those that the wording meets."""

    kind: str
    taken: frozenset[int] = frozenset()
    wording: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Matter:
    """A dispute with all that is said on its paragraph: `around` are all comments that bear on how it will read.

    `versions` are those of the decisions on these, by comment id, 0 for none.
    """

    dispute: Dispute
    around: tuple[Numbered, ...]
    part: engine.Draft
    versions: Mapping[int, int]

    @cached_property
    def others(self) -> tuple[Numbered, ...]:
        """The comments on the paragraph that are no part of the dispute."""
        concerned = {item.comment.id for item in self.dispute.comments}
        here = self.dispute.paragraph.id
        return tuple(i for i in self.around if i.comment.id not in concerned and i.comment.paragraph_id == here)


# ---- finding them ---------------------------------------------------------------------------------------------------


def list_disputes(session: AnySession, round_: Round, draft: Draft, entries: Sequence[Entry]) -> list[Dispute]:
    """Return what is disputed among the comments that count, in text order."""
    items = _list_proposals(session, round_, entries)
    part = reviewing.part_of(draft, items)
    contributions = [engine.Contribution(str(item.number), edits_of(item.comment)) for item in items]
    found: dict[str, list[engine.Conflict]] = {}
    for conflict in engine.find_conflicts(part, contributions):
        found.setdefault(conflict.paragraph, []).append(conflict)
    paragraphs = {i.comment.paragraph.key: i.comment.paragraph for i in items if i.comment.paragraph}
    by_name = {str(item.number): item for item in items}
    disputes: list[Dispute] = []
    for key, conflicts in found.items():
        for together in _held_together(conflicts):
            words = tuple(conflict.old for conflict in together)
            paragraph = paragraphs.get(key) or next(p for p in draft.paragraphs if p.key == key)
            disputes.append(Dispute(len(disputes) + 1, paragraph, words, _variants(together, by_name)))
    return disputes


def _list_proposals(session: AnySession, round_: Round, entries: Sequence[Entry]) -> list[Numbered]:
    """Return the comments that count and propose a change of a paragraph, with their decisions, in one query."""
    query = (
        select(Comment, Disposition)
        .join(Comment.paragraph)
        .outerjoin(Disposition, Disposition.comment_id == Comment.id)
        .where(*counts(round_), cast(Comment.edits, Text) != "[]")
        .options(contains_eager(Comment.paragraph), joinedload(Comment.organisation, innerjoin=True))
    )
    numbers = {entry.comment_id: entry.number for entry in entries}
    found = [Numbered(numbers[comment.id], comment, made) for comment, made in session.execute(query).unique()]
    return sorted(found, key=lambda item: item.number)


def _held_together(conflicts: Sequence[engine.Conflict]) -> list[list[engine.Conflict]]:
    """Return the conflicts of a paragraph in groups: those that share a comment, directly or by others, are one."""
    groups: list[list[engine.Conflict]] = []
    for conflict in conflicts:
        names = set(conflict.organisations)
        joined = [g for g in groups if any(names & set(other.organisations) for other in g)]
        groups = [g for g in groups if g not in joined] + [[c for g in joined for c in g] + [conflict]]
    for group in groups:
        group.sort(key=lambda conflict: (conflict.start, conflict.end))
    return sorted(groups, key=lambda group: (group[0].start, group[0].end))


def _variants(conflicts: Sequence[engine.Conflict], by_name: Mapping[str, Numbered]) -> tuple[Wanted, ...]:
    """Return the comments of some conflicts by what they want of all of these passages together."""
    wants: dict[str, list[tuple[int, int]]] = {}
    for passage, conflict in enumerate(conflicts):
        for place, variant in enumerate(conflict.variants):
            for name in variant.organisations:
                wants.setdefault(name, []).append((passage, place))
    groups: dict[tuple[tuple[int, int], ...], list[Numbered]] = {}
    for name in sorted(wants, key=int):
        groups.setdefault(tuple(wants[name]), []).append(by_name[name])
    return tuple(Wanted(tuple(items)) for items in groups.values())


def look_at(
    session: AnySession, round_: Round, draft: Draft, entries: Sequence[Entry], disputes: Sequence[Dispute], number: int
) -> Matter:
    """Return the dispute with a number and what it is to be seen with. Raises NotFound."""
    dispute = next((d for d in disputes if d.number == number), None)
    if dispute is None:
        raise NotFound(NOT_THERE)
    concerned = {item.comment.id for item in dispute.comments}
    rows = {c.comment.id for d in disputes for c in d.comments if any(e.until for e in edits_of(c.comment))}
    wanted = [e for e in entries if e.paragraph_id == dispute.paragraph.id or e.comment_id in concerned | rows]
    around = tuple(reviewing.load(session, round_, wanted))
    versions = {entry.comment_id: entry.version for entry in wanted}
    return Matter(dispute, around, reviewing.part_of(draft, around), versions)


# ---- choosing -------------------------------------------------------------------------------------------------------


def answers_of(matter: Matter, choice: Choice) -> dict[int, Answer]:
    """Return the decision that a choice means for each comment concerned, by its id. Raises Invalid for half a choice.

    What is taken is accepted, or accepted with the lead's wording; the rest is not accepted, with the lead's reason. A
    wording is for the disputed paragraph: a comment on another one, which deletes a row of both, is not met by it.
    """
    _check_choice(matter.dispute, choice)
    found = {}
    for place, variant in enumerate(matter.dispute.variants):
        for item in variant.comments:
            found[item.comment.id] = _answer(matter, item, choice, place in choice.taken)
    if choice.kind == OWN and not any(a.decision == "accepted with changes" for a in found.values()):
        raise Invalid(say("Tick at least one variant that your wording meets."), "none-met")
    return {
        comment_id: replace(answer, version=matter.versions.get(comment_id, 0)) for comment_id, answer in found.items()
    }


def _check_choice(dispute: Dispute, choice: Choice) -> None:
    if choice.kind not in KINDS or not choice.taken <= set(range(len(dispute.variants))):
        raise Invalid(say("Choose what the paragraph shall read."), "no-choice")
    if choice.kind == TAKE and len(choice.taken) != 1:
        raise Invalid(say("Choose what the paragraph shall read."), "no-choice")
    if choice.kind == COMBINE and len(choice.taken) < 2:
        raise Invalid(say("Tick at least two variants to combine."), "too-few")
    if choice.kind == OWN and not choice.wording.strip():
        raise Invalid(say("Write how the paragraph shall read."), "wording-missing")


def _answer(matter: Matter, item: Numbered, choice: Choice, is_taken: bool) -> Answer:
    if choice.kind in (TAKE, COMBINE) and is_taken:
        return Answer("accepted")
    if choice.kind == OWN and is_taken and item.comment.paragraph_id == matter.dispute.paragraph.id:
        return Answer("accepted with changes", choice.reason, choice.wording)
    return Answer("not accepted", choice.reason)


def foresee(matter: Matter, answers: Mapping[int, Answer]) -> tuple[engine.Change, ...]:
    """Return the paragraph as the next draft will have it after these decisions and all others as they stand.

    Raises Invalid where they contradict each other, or those that stand: no next draft could be made then.
    """
    decided = [_decided(item, answers.get(item.comment.id)) for item in matter.around]
    accepted = _contributions(decided)
    key = matter.dispute.paragraph.key
    changes = engine.foresee(matter.part, key, accepted)
    if changes is None:
        raise _contradiction(matter, answers, accepted)
    return changes


def _decided(item: Numbered, answer: Answer | None) -> Numbered:
    if answer is None:
        return item
    wording = answer.wording if answer.decision == "accepted with changes" else None
    return Numbered(item.number, item.comment, Disposition(decision=answer.decision, wording=wording))


def _contributions(numbered: Sequence[Numbered]) -> list[engine.Contribution]:
    return [
        engine.Contribution(f"comment {item.number}", tuple(edits))
        for item in numbered
        if (edits := accepted_edits([item]))
    ]


def _contradiction(matter: Matter, answers: Mapping[int, Answer], accepted: Sequence[engine.Contribution]) -> Invalid:
    names = {f"comment {i.number}": i for i in matter.around if i.comment.id not in answers}
    others = [c.organisation for c in accepted if c.organisation in names]
    own = [c for c in accepted if c.organisation not in names]
    key = matter.dispute.paragraph.key
    against = [
        str(names[c.organisation].number)
        for c in accepted
        if c.organisation in others and engine.foresee(matter.part, key, [*own, c]) is None
    ]
    if engine.foresee(matter.part, key, own) is None:
        return Invalid(
            say("These variants change the same words differently. Take one of them, or write a wording of your own."),
            "cannot-be-combined",
        )
    return Invalid(
        say(
            "This contradicts what is decided on comment %(numbers)s, which changes the same words of this paragraph. "
            "Choose otherwise here, or change that decision first.",
            numbers=", ".join(against),
        ),
        "contradicts-others",
    )


def variant_changes(matter: Matter, places: Collection[int]) -> tuple[engine.Change, ...] | None:
    """Return the paragraph with these variants and nothing else changed, or None where they contradict each other."""
    items = [item for place in sorted(places) for item in matter.dispute.variants[place].comments]
    wanted = [engine.Contribution(str(item.number), edits_of(item.comment)) for item in items]
    return engine.foresee(matter.part, matter.dispute.paragraph.key, wanted)


def list_pairs(matter: Matter) -> list[tuple[int, int]]:
    """Return which variants can be combined with which, by their places."""
    places = range(len(matter.dispute.variants))
    return [pair for pair in combinations(places, 2) if variant_changes(matter, pair) is not None]


def choice_made(dispute: Dispute) -> Choice | None:
    """Return the choice that the decisions on a dispute amount to, or None where they amount to none."""
    made = [item.disposition for item in dispute.comments if item.disposition]
    of_variants = [{i.disposition.decision if i.disposition else "" for i in v.comments} for v in dispute.variants]
    if any(len(theirs) > 1 or not theirs <= {*reviewing.ACCEPTANCES, "not accepted"} for theirs in of_variants):
        return None
    reason = next((d.reason for d in made if d.decision != "accepted"), "")
    wordings = {d.wording for d in made if d.decision == "accepted with changes"}
    taken = frozenset(place for place, theirs in enumerate(of_variants) if theirs <= set(reviewing.ACCEPTANCES))
    if not wordings:
        return Choice((NONE, TAKE, COMBINE)[min(len(taken), 2)], taken, "", reason)
    is_one = len(wordings) == 1 and not any(d.decision == "accepted" for d in made)
    return Choice(OWN, taken, wordings.pop() or "", reason) if is_one else None


def settle(
    session: AnySession,
    round_: Round,
    draft: Draft,
    number: int,
    choice: Choice,
    *,
    versions: Mapping[int, int],
    by: Actor,
    person: Person,
    now: datetime,
) -> tuple[Dispute, list[Disposition], list[Dispute]]:
    """Decide on all comments of a dispute at once; return it, the decisions, and all disputes as they then stand.

    `versions` has, by comment id, those of all decisions that the person had before them. Raises Refused where one of
    these is another by now, Invalid for half a choice, a missing reason, or what contradicts other decisions; then
    nothing is decided.
    """
    dispositions.check_may_decide(round_, now)
    entries = list_entries(session, round_)
    disputes = list_disputes(session, round_, draft, entries)
    matter = look_at(session, round_, draft, entries, disputes, number)
    if dict(versions) != dict(matter.versions):
        raise Refused(
            say(
                "Somebody else decided meanwhile on a comment on this paragraph. Nothing was saved: their decision is "
                "shown, what you typed is below."
            ),
            "changed-meanwhile",
        )
    answers = answers_of(matter, choice)
    foresee(matter, answers)
    made = dispositions.decide_each(session, round_, answers, by=by, person=person, now=now)
    decided = {d.comment_id: d for d in made}
    return matter.dispute, made, [_with_decisions(dispute, decided) for dispute in disputes]


def _with_decisions(dispute: Dispute, decided: Mapping[int, Disposition]) -> Dispute:
    variants = tuple(
        Wanted(tuple(replace(i, disposition=decided.get(i.comment.id, i.disposition)) for i in v.comments))
        for v in dispute.variants
    )
    return replace(dispute, variants=variants)
