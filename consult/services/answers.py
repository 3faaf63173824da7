"""Decisions that are to be made: what each must have, and how it must fit all others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from consult import engine
from consult.errors import Invalid
from consult.models import DECISIONS, Comment, Round
from consult.phrases import say
from consult.rules.names import name_of
from consult.services.comments import LONGEST
from consult.services.drafts import paragraph_value
from consult.services.entries import Entry, list_entries
from consult.unit_of_work import AnySession


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision to be made on a comment. `duplicate_of` is the number of another comment.

    `version` is that of the decision which it takes the place of, as it was read; 0 where there was none.
    """

    decision: str
    reason: str = ""
    wording: str = ""
    duplicate_of: int = 0
    version: int = 0


def in_order(answers: Mapping[int, Answer]) -> Iterator[tuple[int, Answer]]:
    """Yield the answers, duplicates last: what they repeat must have been decided as it will stand."""
    yield from ((comment, answer) for comment, answer in answers.items() if answer.decision != "duplicate")
    yield from ((comment, answer) for comment, answer in answers.items() if answer.decision == "duplicate")


def kept_wording(answer: Answer) -> str | None:
    """Return the wording that is kept of an answer: that of an acceptance with changes, else None."""
    return answer.wording.replace("\r\n", "\n") if answer.decision == "accepted with changes" else None


def check_answer(comment: Comment, answer: Answer) -> None:
    """Raise Invalid where an answer lacks what its decision needs."""
    decision, reason, wording = answer.decision, answer.reason, answer.wording
    if decision not in DECISIONS:
        raise Invalid(say("Choose a decision."), "no-decision")
    if max(len(reason), len(wording)) > LONGEST:
        raise Invalid(
            say("The reason or the wording has more than %(most)s characters. Shorten it.", most=LONGEST),
            "too-long",
        )
    if decision != "accepted" and not reason.strip():
        raise Invalid(
            say(
                "Give the reason for “%(decision)s”: the organisation will read it.",
                decision=name_of(decision, "decision"),
            ),
            "reason-missing",
        )
    if decision != "accepted with changes" or comment.paragraph is None:
        return
    if not wording.strip():
        raise Invalid(say("Write how the paragraph shall read."), "wording-missing")
    if not engine.propose(paragraph_value(comment.paragraph), wording):
        raise Invalid(
            say("The wording is that of the draft. Change it, or choose another decision."), "wording-unchanged"
        )


class Book:
    """All decisions of a round as they stand and as answers would change them, to check the next answer against.

    The list of all comments is read when an answer needs it: only duplicates name other comments.
    """

    def __init__(self, session: AnySession, round_: Round, entries: Sequence[Entry] | None = None) -> None:
        self._session, self._round, self._entries = session, round_, entries
        self._numbers: dict[int, int] = {}
        self._ids: dict[int, int] = {}
        self._repeats: dict[int, int] = {}
        self._repeated_by: dict[int, set[int]] = {}
        self._noted: list[tuple[int, int | None]] = []

    def number_of(self, comment_id: int) -> int:
        """Return a comment's number."""
        self._read()
        return self._numbers[comment_id]

    def id_of(self, number: int) -> int | None:
        """Return the id of the comment with a number, or None."""
        self._read()
        return self._ids.get(number)

    def note(self, comment: Comment, answer: Answer) -> None:
        """Take a checked answer for decided."""
        other = self.id_of(answer.duplicate_of) if answer.decision == "duplicate" else None
        if self._numbers:
            self._point(comment.id, other)
        else:
            self._noted.append((comment.id, other))

    def check(self, comment: Comment, answer: Answer) -> None:
        """Raise Invalid where an answer lacks something, or names a comment that cannot be repeated."""
        check_answer(comment, answer)
        if answer.decision == "duplicate":
            self._check_duplicate(comment.id, answer.duplicate_of)

    def _read(self) -> None:
        if self._numbers:
            return
        entries = self._entries if self._entries is not None else list_entries(self._session, self._round)
        self._numbers = {entry.comment_id: entry.number for entry in entries}
        self._ids = {entry.number: entry.comment_id for entry in entries}
        for entry in entries:
            self._point(entry.comment_id, entry.duplicate_of_id)
        for comment_id, other in self._noted:
            self._point(comment_id, other)

    def _point(self, comment_id: int, other: int | None) -> None:
        before = self._repeats.pop(comment_id, None)
        if before is not None:
            self._repeated_by[before].discard(comment_id)
        if other is not None:
            self._repeats[comment_id] = other
            self._repeated_by.setdefault(other, set()).add(comment_id)

    def _check_duplicate(self, comment_id: int, number: int) -> None:
        """Raise Invalid unless the other comment is one that stands for itself, and nothing repeats this one."""
        other = self.id_of(number)
        if other is None or other == comment_id:
            raise Invalid(say("Enter the number of the comment that this one repeats."), "no-such-number")
        if other in self._repeats:
            raise Invalid(
                say(
                    "Comment %(number)s is itself a duplicate. Enter the number of the first one: %(first)s.",
                    number=number,
                    first=self._numbers.get(self._repeats[other], "?"),
                ),
                "duplicate-of-duplicate",
            )
        followers = sorted(self._numbers[c] for c in self._repeated_by.get(comment_id, ()) if c in self._numbers)
        if followers:
            raise Invalid(
                say(
                    "This comment cannot be a duplicate: %(numbers)s is marked as a duplicate of it. Change that first.",
                    numbers=", ".join(map(str, followers)),
                ),
                "has-duplicates",
            )
