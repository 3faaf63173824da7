"""The comment matrix of a round: one row per comment, ISO columns, with the lead's decision and reason."""

from collections.abc import Sequence
from typing import Any

from consult import engine
from consult.catalogues import order_of
from consult.models import Comment, Disposition, Round
from consult.rules.calendar import zone_of
from consult.rules.positions import POSITIONS
from consult.services import drafts, releases
from consult.services.carrying import list_let_go
from consult.services.comments import edits_of, latest_submissions
from consult.services.contributions import MANNERS, contributions_from, told_origin
from consult.services.dispositions import Numbered, list_numbered
from consult.services.row_keys import RowKey, filled_digest, words_digest
from consult.unit_of_work import AnySession

LET_GO = "let go"  # what stands where others have their decision
ATOM_TOLD = "[*]"  # how a note mark, a picture or a field is told in a cell
ISO_TYPES = {"general": "ge", "substantive": "te", "technical": "te", "editorial": "ed", "translation": "ed"}


def make_matrix(
    session: AnySession, round_: Round, *, only_released: bool = False
) -> tuple[engine.MatrixHead, tuple[engine.MatrixRow, ...]]:
    """Return the head and rows of a round's matrix, general comments first, then in text order.

    Decisions are the lead's own work until they are released: others get the matrix with `only_released` ones. What an
    organisation states as its position, beside its comments, stands in the head.
    """
    numbered = releases.list_as_released(session, round_) if only_released else list_numbered(session, round_)
    rows = _rows(session, round_, numbered)
    if not only_released or round_.releases or round_.stage == "decided":
        rows += tuple(_let_go_row(comment) for comment in list_let_go(session, round_))
    return _head(session, round_), rows


def make_matrix_to_fill(session: AnySession, round_: Round) -> tuple[engine.MatrixHead, tuple[engine.RowToFill, ...]]:
    """Return the head and rows of the lead's own matrix, with the decisions as they stand in the cells to be filled."""
    numbered = list_numbered(session, round_)
    numbers = {item.comment.id: item.number for item in numbered}
    rows = zip(_rows(session, round_, numbered), numbered, strict=True)
    let_go = tuple(_let_go_to_fill(comment) for comment in list_let_go(session, round_))
    return _head(session, round_), tuple(_to_fill(row, item, numbers) for row, item in rows) + let_go


def _to_fill(row: engine.MatrixRow, item: Numbered, numbers: dict[int, int]) -> engine.RowToFill:
    made, paragraph = item.disposition, item.comment.paragraph
    repeated = numbers.get(made.duplicate_of_id, 0) if made and made.duplicate_of_id else 0
    cells: dict[str, Any] = {
        "decision": made.decision if made else "",
        "observations": made.reason if made else "",
        "wording": shown_wording(made.wording or "") if made else "",
        "duplicate_of": str(repeated or ""),
    }
    version = made.version if isinstance(made, Disposition) else 0
    filled = filled_digest(cells["decision"], cells["observations"], cells["wording"], cells["duplicate_of"])
    words = words_digest(row.comment, row.proposed_change)
    key = RowKey(item.comment.round_id, item.comment.id, item.number, words, version, filled)
    values = {name: getattr(row, name) for name in engine.MatrixRow.__slots__}
    shown = shown_wording(paragraph.text) if paragraph else ""
    return engine.RowToFill(**{**values, **cells}, draft=shown, key=str(key))


def _let_go_row(comment: Comment) -> engine.MatrixRow:
    """Return the row of a comment carried over that the lead has let go: it has no number, for it does not count."""
    words, proposed = said_in_row(comment)
    assert comment.carried is not None
    return engine.MatrixRow(
        code=comment.organisation.code,
        line="",
        clause="",
        place="",
        type=ISO_TYPES[comment.type],
        comment=words,
        proposed_change=proposed,
        observations=comment.carried.reason,
        decision=LET_GO,
    )


def _let_go_to_fill(comment: Comment) -> engine.RowToFill:
    row = _let_go_row(comment)
    words = words_digest(row.comment, row.proposed_change)
    filled = filled_digest(row.decision, row.observations, "", "")
    key = RowKey(comment.round_id, comment.id, 0, words, 0, filled)
    return engine.RowToFill(**{name: getattr(row, name) for name in engine.MatrixRow.__slots__}, key=str(key))


def shown_wording(text: str) -> str:
    """Return a paragraph's wording for a cell, with what is no character in words."""
    return text.replace(engine.ATOM, ATOM_TOLD)


def said_in_row(comment: Comment) -> tuple[str, str]:
    """Return what a comment says, in the two cells of its row: its words, and its proposed change."""
    text = comment.paragraph.text if comment.paragraph else ""
    return _comment_text(comment), proposed_change(edits_of(comment), text)


def _head(session: AnySession, round_: Round) -> engine.MatrixHead:
    return engine.MatrixHead(
        _closing_day(round_),
        f"{round_.consultation.title}, round {round_.number}",
        round_.consultation.reference,
        _positions(session, round_),
    )


def _rows(session: AnySession, round_: Round, numbered: Sequence[Numbered]) -> tuple[engine.MatrixRow, ...]:
    described = drafts.as_value(drafts.get_draft(session, round_))
    supporters = list_supporters(described, numbered)
    codes = {item.comment.organisation.name: item.comment.organisation.code for item in numbered}
    clauses = engine.headings_of(described)
    numbers = {item.comment.id: item.number for item in numbered}
    supported = {comment: "; ".join(sorted(codes[n] for n in names)) for comment, names in supporters.items()}
    return tuple(_row(item, clauses, supported, numbers) for item in numbered)


def _closing_day(round_: Round) -> str:
    """Return the day on which the round closed, as its zone counts days."""
    deadline = round_.deadline
    if deadline is None:
        return ""
    return (round_.closed_at or deadline.closes_at).astimezone(zone_of(deadline.zone)).date().isoformat()


def _positions(session: AnySession, round_: Round) -> dict[str, str]:
    """Return what organisations stated beside or instead of comments, by name."""
    found = {}
    for submission in latest_submissions(session, round_).values():
        if submission.position != "comments" or submission.statement or submission.manner:
            position = MANNERS[submission.manner] + POSITIONS[submission.position]
            found[submission.organisation.name] = ". ".join(filter(None, (position, submission.statement)))
    return dict(sorted(found.items(), key=lambda item: order_of(item[0])))


def _row(
    item: Numbered, clauses: dict[str, str], supporters: dict[int, str], numbers: dict[int, int]
) -> engine.MatrixRow:
    comment, disposition = item.comment, item.disposition
    decision = disposition.decision if disposition else ""
    if disposition and disposition.duplicate_of_id:
        decision = f"duplicate of {numbers.get(disposition.duplicate_of_id, '?')}"
    words, proposed = said_in_row(comment)
    return engine.MatrixRow(
        code=comment.organisation.code,
        line=comment.paragraph.number if comment.paragraph else "",
        clause=clauses.get(comment.paragraph.key, "") if comment.paragraph else "General",
        place=engine.place_of(drafts.paragraph_value(comment.paragraph)) if comment.paragraph else "",
        type=ISO_TYPES[comment.type],
        comment=words,
        proposed_change=proposed,
        observations=_observations(item),
        number=str(item.number),
        decision=decision,
        supported_by=supporters.get(comment.id, ""),
    )


def _comment_text(comment: Comment) -> str:
    quote = f"On “{comment.quote}”: " if comment.quote and not comment.edits else ""
    return told_origin(comment) + quote + comment.reason


def _observations(item: Numbered) -> str:
    disposition = item.disposition
    if disposition is None:
        return ""
    wording = f"\nTo read: “{disposition.wording}”" if disposition.wording else ""
    return disposition.reason + wording


def proposed_change(edits: Sequence[engine.Edit], text: str) -> str:
    """Return a proposal for a paragraph with this text in exact words."""
    return "\n".join(engine.told_change(edit, text) for edit in edits)


def list_supporters(draft: engine.Draft, numbered: Sequence[Numbered]) -> dict[int, tuple[str, ...]]:
    """Return for comments, by id, the names of the other organisations that want exactly the same change."""
    comments = [item.comment for item in numbered]
    wanted = {
        (e.paragraph, e.kind, e.start, e.end, e.new): e.organisations
        for e in engine.merge_edits(draft, contributions_from(comments))
    }
    found = {}
    for comment in comments:
        shapes = [(e.paragraph, e.kind, e.start, e.end, e.new) for e in edits_of(comment)]
        names = [set(wanted.get(shape, ())) for shape in shapes]
        common = set.intersection(*names) - {comment.organisation.name} if names else set()
        if common:
            found[comment.id] = tuple(sorted(common, key=order_of))
    return found
