"""What happened to an organisation's comments: the decision on each, why, and how the paragraph now reads.

Only what the lead has released is in it. Changes that come from other organisations' comments are shown from when those
may be seen: until then a paragraph reads as the organisation's own accepted comments make it, and is said to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import and_, func, select

from consult import engine
from consult.catalogues import SOURCE, say_in
from consult.models import Comment, DraftParagraph, Organisation, Round
from consult.phrases import say
from consult.rules.names import name_of
from consult.services import carrying, drafts, releases, traces
from consult.services.comments import edits_of
from consult.services.dispositions import Numbered, accepted_edits, contradictions
from consult.unit_of_work import AnySession

NOT_SETTLED = say("Not settled yet: accepted changes contradict each other here.")
MANNERS = {
    "": "",
    "late": say("This came late; the lead accepted it."),
    "on behalf": say("The lead entered this on behalf of your organisation."),
}
DELETED = say("This paragraph is deleted.")
UNCHANGED = say("As in the draft.")
WITHOUT_OTHERS = say("Changes from other organisations’ comments are shown when the round is finished.")
COLUMNS = (
    (say("No."), 1.0),
    (say("Paragraph"), 2.0),
    (say("Our comment"), 5.5),
    (say("Our proposed wording"), 5.5),
    (say("Decision"), 2.6),
    (say("Reason of the lead"), 5.0),
    (say("The paragraph now reads"), 6.5),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One comment of an organisation with the decision on it.

    `changes` is its paragraph as it now reads, with what was inserted and deleted since the draft; `notes` say in words
    what cannot be seen in it. `duplicate_of` is the number of the comment that it repeats.
    """

    item: Numbered
    changes: tuple[engine.Change, ...]
    notes: tuple[str, ...]
    duplicate_of: int = 0

    @property
    def is_decided(self) -> bool:
        """Whether the lead has decided and released that, or has let go of the comment."""
        return self.item.disposition is not None or self.is_let_go

    @property
    def is_let_go(self) -> bool:
        """Whether this was carried over without a place, and the lead has let go of it. It has no number then."""
        return not self.item.number

    @property
    def reason(self) -> str:
        """The reason of the lead, as it was written."""
        if self.is_let_go and self.item.comment.carried:
            return self.item.comment.carried.reason
        return self.item.disposition.reason if self.item.disposition else ""

    @property
    def decision(self) -> str:
        """The decision in words."""
        made = self.item.disposition
        if self.is_let_go:
            return name_of("let go", "carried")
        if made is None:
            return say("not yet decided")
        if made.decision == "duplicate" and not self.duplicate_of:
            return say("duplicate of another organisation’s comment")
        if self.duplicate_of:
            return say("duplicate of comment %(number)s", number=self.duplicate_of)
        return name_of(made.decision, "decision")

    @property
    def reads(self) -> str:
        """How the paragraph now reads."""
        return "".join(change.text for change in self.changes if change.kind != "deleted")


def list_outcomes(
    session: AnySession, round_: Round, organisation: Organisation, *, sees_others: bool
) -> list[Outcome]:
    """Return what happened to each comment of one organisation, in the matrix's order and with its numbers there.

    Without `sees_others` nothing in it comes from comments of other organisations.
    """
    numbered = releases.list_as_released(session, round_)
    own = [item for item in numbered if item.comment.organisation_id == organisation.id]
    known = numbered if sees_others else own
    numbers = {item.comment.id: item.number for item in known}
    disputed = contradictions(drafts.as_value(drafts.get_draft(session, round_)), known)
    on_paragraphs: dict[int | None, list[Numbered]] = {}
    for item in known:
        on_paragraphs.setdefault(item.comment.paragraph_id, []).append(item)
    found = []
    for item in own:
        here = on_paragraphs[item.comment.paragraph_id]
        changes, note = _reading(item.comment.paragraph, here, disputed)
        repeated = item.disposition.duplicate_of_id if item.disposition else None
        notes = [MANNERS[item.comment.manner], note, "" if sees_others or not changes else WITHOUT_OTHERS]
        found.append(Outcome(item, changes, tuple(filter(None, notes)), numbers.get(repeated, 0) if repeated else 0))
    return [*found, *_let_go(session, round_, organisation)]


def _let_go(session: AnySession, round_: Round, organisation: Organisation) -> list[Outcome]:
    """Return what the lead has let go of, for want of a place in this draft; what it was on is told beside it."""
    found = []
    for comment in carrying.list_let_go(session, round_, organisation.id):
        old = comment.carried.old_text if comment.carried else ""
        notes = (say("It was on: “%(text)s”", text=old.replace(engine.ATOM, "[*]")),) if old else ()
        found.append(Outcome(Numbered(0, comment, None), (), notes))
    return found


def count_without_outcome(session: AnySession, round_: Round, organisation: Organisation) -> tuple[int, int]:
    """Return how many comments of an organisation nothing is decided on: those not handed in, and those withdrawn."""
    left = and_(Comment.submission_id.is_(None), traces.is_not_set_aside())
    withdrawn = and_(Comment.withdrawn_at.is_not(None), ~carrying.is_let_go())
    query = select(func.count().filter(left), func.count().filter(withdrawn)).where(
        Comment.round_id == round_.id, Comment.organisation_id == organisation.id
    )
    counted = session.execute(query).one()
    return counted[0], counted[1]


def _reading(
    paragraph: DraftParagraph | None, here: Sequence[Numbered], disputed: Sequence[str]
) -> tuple[tuple[engine.Change, ...], str]:
    """Return a paragraph as the accepted changes of the comments on it make it, and what is to be said of it."""
    if paragraph is None:
        return (), ""
    if paragraph.number in disputed:
        return (), NOT_SETTLED
    accepted = {(e.kind, e.start, e.end, e.new, e.before): e for e in accepted_edits(here)}  # alike ones only once
    now = engine.apply_edits(paragraph.text, tuple(accepted.values()))
    changes = engine.show_changes(paragraph.text, engine.propose(drafts.paragraph_value(paragraph), now))
    if not now.strip():
        return changes, DELETED
    return changes, "" if any(change.kind != "same" for change in changes) else UNCHANGED


def write_outcomes(
    round_: Round, organisation: Organisation, outcomes: Sequence[Outcome], language: str = SOURCE
) -> bytes:
    """Return an organisation's table in a language, as a Word file that has nothing in it but what is shown."""
    said = partial(say_in, language)
    lines = [
        said(say("What happened to our comments")),
        said(say("%(title)s, round %(number)s", title=round_.consultation.title, number=round_.number)),
        said(say("Organisation: %(organisation)s", organisation=organisation.name)),
    ]
    columns = tuple((said(heading), width) for heading, width in COLUMNS)
    rows = [_row(outcome, said) for outcome in outcomes]
    made = engine.write_table_docx(lines[0], lines, columns, rows)
    return engine.clean(made).docx


def _row(outcome: Outcome, said: Callable[[str], str]) -> list[str]:
    comment = outcome.item.comment
    paragraph = comment.paragraph
    words = comment.reason
    if comment.quote and not comment.edits:
        words = said(say("On “%(quote)s”: %(reason)s", quote=comment.quote, reason=comment.reason))
    return [
        str(outcome.item.number or "–"),
        paragraph.number if paragraph else said(say("Whole draft")),
        words,
        "\n".join(said(engine.told_change(e, paragraph.text if paragraph else "")) for e in edits_of(comment)),
        said(outcome.decision),
        outcome.reason,
        "\n".join(filter(None, (*map(said, outcome.notes), outcome.reads))),
    ]
