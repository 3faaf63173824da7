"""What each row of a filled matrix would do: it is taken over, changes nothing, or is refused with a sentence.

A refused row stops no other. Nothing is written here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from consult import engine
from consult.catalogues import LANGUAGES, say_in
from consult.errors import Invalid
from consult.models import DECISIONS, Comment, Disposition, Round
from consult.phrases import say
from consult.rules.names import name_of
from consult.services.answers import Answer, Book, in_order, kept_wording
from consult.services.comments import carried_with_origin, counts
from consult.services.entries import list_entries
from consult.services.matrices import ATOM_TOLD, said_in_row
from consult.services.row_keys import RowKey, filled_digest, plain_cell, words_digest
from consult.unit_of_work import AnySession

TAKEN, UNCHANGED, REFUSED = VERDICTS = ("taken", "unchanged", "refused")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
TAKE_ANEW = say("Enter your decision in a matrix taken anew.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row would do. `number` is its comment's, or what stands in its cell; `why` and `code` tell of a refusal."""

    row: engine.FilledRow
    verdict: str
    number: str
    comment_id: int = 0
    answer: Answer | None = None
    why: str = ""
    code: str = ""


def judge_rows(session: AnySession, round_: Round, rows: Sequence[engine.FilledRow]) -> list[Verdict]:
    """Return what each row would do as everything is now, in the order of the rows."""
    return _Judge(session, round_, rows).judge()


def is_of_another_round(round_: Round, rows: Sequence[engine.FilledRow]) -> bool:
    """Return whether rows are recognised, and all of them as another round's."""
    keys = [key for row in rows if (key := RowKey.find(row.key))]
    return bool(keys) and all(key.round_id != round_.id for key in keys)


@cache
def words_for_decisions() -> Mapping[str, str]:
    """Return the decisions by what they are called, in any of the six languages, in small letters."""
    found = {decision: decision for decision in DECISIONS}
    for language in LANGUAGES:
        for decision in DECISIONS:
            found.setdefault(say_in(language, name_of(decision, "decision")).casefold(), decision)
    return found


class _Judge:
    """All that is needed to judge rows, read once."""

    def __init__(self, session: AnySession, round_: Round, rows: Sequence[engine.FilledRow]) -> None:
        self.round, self.rows = round_, rows
        self.keys = [RowKey.find(row.key) for row in rows]
        self.touched = [_is_touched(row, key) for row, key in zip(rows, self.keys, strict=True)]
        entries = list_entries(session, round_)
        self.numbers = {entry.comment_id: entry.number for entry in entries}
        self.ids = {entry.number: entry.comment_id for entry in entries}
        self.book = Book(session, round_, entries)
        wanted = [k.comment_id for k, touched in zip(self.keys, self.touched, strict=True) if k and touched]
        self.times = Counter(wanted)
        self.comments = _comments(session, round_, wanted)
        self.decided = _decided(session, round_, wanted)
        self.known = self._handed_in(session, wanted)
        own = [key for key in self.keys if key and key.round_id == round_.id and key.number]
        self.in_sheet = {key.number: key.comment_id for key in own}
        self.is_renumbered = any(self.numbers.get(key.comment_id) != key.number for key in own)

    def _handed_in(self, session: AnySession, wanted: Sequence[int]) -> set[int]:
        """Return which comments have ever been handed in: of others nothing is told."""
        missing = [comment for comment in wanted if comment not in self.comments]
        if not missing:
            return set()
        its = (Comment.id.in_(missing), Comment.round_id == self.round.id, Comment.submission_id.is_not(None))
        return set(session.scalars(select(Comment.id).where(*its)))

    def judge(self) -> list[Verdict]:
        """Return the verdict on each row; whether it can be taken beside the others is looked at last."""
        first = [self._judge_alone(position) for position in range(len(self.rows))]
        answers = {v.comment_id: v.answer for v in first if v.answer is not None}
        refused: dict[int, Invalid] = {}
        for comment_id, answer in in_order(answers):
            try:
                self.book.check(self.comments[comment_id], answer)
                self.book.note(self.comments[comment_id], answer)
            except Invalid as refusal:
                refused[comment_id] = refusal
        return [
            self._refused(v.row, v.number, refused[v.comment_id]) if v.answer and v.comment_id in refused else v
            for v in first
        ]

    def _judge_alone(self, position: int) -> Verdict:
        row, key = self.rows[position], self.keys[position]
        number = str(self.numbers.get(key.comment_id, row.number)) if key else row.number
        try:
            answer = self._read(row, key, self.touched[position])
        except Invalid as refusal:
            return self._refused(row, row.number or number, refusal)
        if answer is None or key is None:
            return Verdict(row, UNCHANGED, number)
        return Verdict(row, TAKEN, number, key.comment_id, answer)

    def _refused(self, row: engine.FilledRow, number: str, refusal: Invalid) -> Verdict:
        comment_id = self.ids.get(int(number), 0) if number.isdecimal() else 0
        return Verdict(row, REFUSED, number, comment_id, why=refusal.message, code=refusal.reason)

    def _read(self, row: engine.FilledRow, key: RowKey | None, is_touched: bool) -> Answer | None:
        """Return the decision in a row, None where it changes nothing. Raises Invalid for a row that cannot be used."""
        if key is None:
            raise self._without_key(row)
        if key.round_id != self.round.id:
            raise Invalid(say("This row is from the matrix of another round."), "another-round")
        self._check_untouched_words(row, key)
        if not is_touched:
            return None
        if row.unread:
            raise Invalid(
                say(
                    "The cell under “%(column)s” holds a formula or an error, without a result. Type the words themselves.",
                    column=row.unread[0],
                ),
                "formula",
            )
        if self.times[key.comment_id] > 1:
            raise Invalid(
                say(
                    "Comment %(number)s stands in more than one row with a decision. Leave only one of them.",
                    number=key.number,
                ),
                "row-twice",
            )
        comment = self._comment(key)
        return self._answer(row, key, comment)

    def _without_key(self, row: engine.FilledRow) -> Invalid:
        if row.number and not (row.number.isdecimal() and int(row.number) in self.ids):
            return Invalid(say("There is no comment %(number)s in this round.", number=row.number), "unknown-number")
        return Invalid(
            say(
                "This row lacks its hidden cell in the column “consult”, so it is not certain whose it is. %(what_to_do)s",
                what_to_do=TAKE_ANEW,
            ),
            "not-recognised",
        )

    def _check_untouched_words(self, row: engine.FilledRow, key: RowKey) -> None:
        if row.number != str(key.number or ""):
            if not (row.number.isdecimal() and int(row.number) in self.ids):
                raise Invalid(
                    say(
                        "There is no comment %(number)s in this round: this was the row of comment %(own)s.",
                        number=row.number or "–",
                        own=key.number,
                    ),
                    "unknown-number",
                )
            raise Invalid(
                say(
                    "The number was changed in the sheet: this was the row of comment %(own)s. Perhaps only some of the "
                    "columns were sorted. %(what_to_do)s",
                    own=key.number,
                    what_to_do=TAKE_ANEW,
                ),
                "number-changed",
            )
        if words_digest(row.comment, row.proposed_change) != key.words:
            raise Invalid(
                say(
                    "What the comment says was changed in the sheet. A decision is only taken on the comment as it was "
                    "handed in. %(what_to_do)s",
                    what_to_do=TAKE_ANEW,
                ),
                "words-changed",
            )

    def _comment(self, key: RowKey) -> Comment:
        comment = self.comments.get(key.comment_id)
        if comment is None and key.comment_id in self.known:
            raise Invalid(
                say("This comment does not count any more: it was withdrawn, corrected or let go."), "not-effective"
            )
        if comment is None:
            raise Invalid(say("There is no comment %(number)s in this round.", number=key.number), "unknown-number")
        if words_digest(*said_in_row(comment)) != key.words:
            raise Invalid(
                say(
                    "What this comment says has changed since the matrix was taken. %(what_to_do)s",
                    what_to_do=TAKE_ANEW,
                ),
                "words-changed-meanwhile",
            )
        return comment

    def _answer(self, row: engine.FilledRow, key: RowKey, comment: Comment) -> Answer | None:
        made = self.decided.get(key.comment_id)
        decision, number = _decision_in(row)
        wording = _wording_for(comment, row.wording)
        other = self._other(number or row.duplicate_of, needed=decision == "duplicate")
        answer = Answer(decision, row.reason, wording, self.numbers.get(other, 0), key.version)
        if made is not None and _is_the_same(made, answer, other):
            return None
        if (made.version if made else 0) != key.version:
            raise Invalid(
                say(
                    "Somebody else decided on this comment since the matrix was taken. Look at their decision; "
                    "yours stays here until you have chosen."
                ),
                "changed-meanwhile",
            )
        _check_nothing_is_dropped(row, decision, wording, made, other)
        return answer

    def _other(self, said: str, *, needed: bool) -> int:
        """Return the id of the comment that a number in the sheet means, 0 for none."""
        if not said and not needed:
            return 0
        found = re.fullmatch(r"\D{0,8}(\d{1,9})\.?", said.strip())
        number = int(found.group(1)) if found else 0
        if number in self.in_sheet:
            return self.in_sheet[number]
        if number in self.ids and not self.is_renumbered:
            return self.ids[number]
        if not needed:
            return 0
        raise Invalid(
            say(
                "Enter under “%(column)s” the number of the comment that this one repeats.",
                column=engine.DUPLICATE_OF,
            ),
            "no-such-number",
        )


def _is_touched(row: engine.FilledRow, key: RowKey | None) -> bool:
    """Return whether anything in the lead's cells is not as it was when the matrix was taken."""
    return (
        key is None
        or bool(row.unread)
        or key.filled != filled_digest(row.decision, row.reason, row.wording, row.duplicate_of)
    )


def _comments(session: AnySession, round_: Round, wanted: Sequence[int]) -> dict[int, Comment]:
    query = select(Comment).where(*counts(round_), Comment.id.in_(wanted))
    query = query.options(joinedload(Comment.paragraph), carried_with_origin())
    return {comment.id: comment for comment in session.scalars(query).unique()}


def _decided(session: AnySession, round_: Round, wanted: Sequence[int]) -> dict[int, Disposition]:
    query = select(Disposition).join(Comment, Disposition.comment_id == Comment.id)
    found = session.scalars(query.where(Comment.round_id == round_.id, Comment.id.in_(wanted)))
    return {made.comment_id: made for made in found}


def _decision_in(row: engine.FilledRow) -> tuple[str, str]:
    """Return the decision that a row names, in any language, and the number that stands behind it, if one does."""
    known = words_for_decisions()
    said = " ".join(normalize("NFC", row.decision).casefold().split()).rstrip(".")
    if said in known:
        return known[said], ""
    if not said:
        raise Invalid(
            say("There is no decision in this row. A decision can be changed, but not taken back."), "no-decision"
        )
    with_number = re.fullmatch(r"(.+?)\W+(?:\w{1,3}\W+){0,2}(\d{1,9})", said)
    if with_number and known.get(with_number.group(1)) == "duplicate":
        return "duplicate", with_number.group(2)
    raise Invalid(
        say(
            "“%(said)s” is no decision. Decisions are: %(first)s, %(second)s, %(third)s, %(fourth)s, %(fifth)s, %(sixth)s.",
            said=row.decision[:80],
            **dict(zip(ORDINALS, (name_of(decision, "decision") for decision in DECISIONS), strict=True)),
        ),
        "unknown-decision",
    )


def _wording_for(comment: Comment, cell: str) -> str:
    """Return how a paragraph shall read by a cell: its own notes and pictures again, its own blanks at both ends."""
    if not cell or comment.paragraph is None:
        return cell
    text = comment.paragraph.text
    words = cell.replace(ATOM_TOLD, engine.ATOM) if engine.ATOM in text else cell
    before, behind = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{words}{behind}" if text.strip() else words


def _is_the_same(made: Disposition, answer: Answer, other: int) -> bool:
    """Return whether a decision would be what it is already."""
    repeated = other if answer.decision == "duplicate" else None
    return (
        made.decision == answer.decision
        and plain_cell(made.reason) == plain_cell(answer.reason)
        and plain_cell(made.wording or "") == plain_cell(kept_wording(answer) or "")
        and made.duplicate_of_id == repeated
    )


def _check_nothing_is_dropped(
    row: engine.FilledRow, decision: str, wording: str, made: Disposition | None, other: int
) -> None:
    """Raise Invalid where a row says more than its decision keeps, and that was not there before."""
    before = (made.wording if made else None) or ""
    if row.wording and decision != "accepted with changes" and plain_cell(wording) != plain_cell(before):
        raise Invalid(
            say(
                "There is a wording in this row, but only “accepted with changes” keeps one. Choose that, or empty the cell."
            ),
            "wording-not-kept",
        )
    if row.duplicate_of and decision != "duplicate" and (made is None or other != made.duplicate_of_id):
        raise Invalid(
            say("This row names another comment, but only “duplicate” keeps that. Choose that, or empty the cell."),
            "number-not-kept",
        )
