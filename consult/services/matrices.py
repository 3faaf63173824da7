"""The comment matrix of a round: one row per comment, ISO columns, with the lead's decision and reason."""

from collections.abc import Sequence

from consult import engine
from consult.models import Comment, Round
from consult.services import drafts
from consult.services.comments import edits_of
from consult.services.contributions import contributions_from
from consult.services.dispositions import Numbered, list_numbered
from consult.unit_of_work import AnySession

ISO_TYPES = {"general": "ge", "substantive": "te", "technical": "te", "editorial": "ed", "translation": "ed"}


def make_matrix(session: AnySession, round_: Round) -> tuple[engine.MatrixHead, tuple[engine.MatrixRow, ...]]:
    """Return the head and rows of a round's matrix, general comments first, then in text order."""
    draft = drafts.get_draft(session, round_)
    numbered = list_numbered(session, round_)
    described = drafts.as_value(draft)
    supporters = _supporters(described, numbered)
    clauses = engine.headings_of(described)
    at = round_.closed_at or (round_.deadline.at if round_.deadline else None)
    head = engine.MatrixHead(
        at.date().isoformat() if at else "",
        f"{round_.consultation.title}, round {round_.number}",
        round_.consultation.reference,
    )
    numbers = {item.comment.id: item.number for item in numbered}
    rows = tuple(_row(item, clauses, supporters, numbers) for item in numbered)
    return head, rows


def _row(
    item: Numbered, clauses: dict[str, str], supporters: dict[int, str], numbers: dict[int, int]
) -> engine.MatrixRow:
    comment, disposition = item.comment, item.disposition
    decision = disposition.decision if disposition else ""
    if disposition and disposition.duplicate_of_id:
        decision = f"duplicate of {numbers.get(disposition.duplicate_of_id, '?')}"
    return engine.MatrixRow(
        code=comment.organisation.code,
        line=comment.paragraph.number if comment.paragraph else "",
        clause=clauses.get(comment.paragraph.key, "") if comment.paragraph else "General",
        place=engine.place_of(drafts.paragraph_value(comment.paragraph)) if comment.paragraph else "",
        type=ISO_TYPES[comment.type],
        comment=_comment_text(comment),
        proposed_change=proposed_change(edits_of(comment)),
        observations=_observations(item),
        number=str(item.number),
        decision=decision,
        supported_by=supporters.get(comment.id, ""),
    )


def _comment_text(comment: Comment) -> str:
    quote = f"On “{comment.quote}”: " if comment.quote and not comment.edits else ""
    return quote + comment.reason


def _observations(item: Numbered) -> str:
    disposition = item.disposition
    if disposition is None:
        return ""
    wording = f"\nTo read: “{disposition.wording}”" if disposition.wording else ""
    return disposition.reason + wording


def proposed_change(edits: Sequence[engine.Edit]) -> str:
    """Return a proposal in exact words."""
    return "\n".join(engine.told_change(edit.kind, edit.old, edit.new, edit.before) for edit in edits)


def _supporters(draft: engine.Draft, numbered: Sequence[Numbered]) -> dict[int, str]:
    """Return for each comment the other organisations that want exactly its change."""
    comments = [item.comment for item in numbered]
    codes = {c.organisation.name: c.organisation.code for c in comments}
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
            found[comment.id] = "; ".join(sorted(codes[name] for name in common))
    return found
