"""Comments that count -> contributions for the engine, in the names of organisations, never of persons."""

from datetime import UTC
from typing import Any

from consult import engine
from consult.models import Comment, Round
from consult.services.comments import edits_of, list_effective
from consult.unit_of_work import AnySession


def contributions_of(session: AnySession, round_: Round) -> list[engine.Contribution]:
    """Return what each organisation wants of the round's draft."""
    return contributions_from(list_effective(session, round_))


def contributions_from(comments: list[Comment]) -> list[engine.Contribution]:
    """Return comments as contributions, one for each organisation."""
    by_organisation: dict[int, list[Comment]] = {}
    for comment in comments:
        by_organisation.setdefault(comment.organisation_id, []).append(comment)
    return [_contribution(theirs) for theirs in by_organisation.values()]


def _contribution(comments: list[Comment]) -> engine.Contribution:
    organisation = comments[0].organisation
    edits, remarks = list[engine.Edit](), list[engine.Remark]()
    for order, comment in enumerate(comments):
        edits += [_signed(edit, comment) for edit in edits_of(comment)]
        if comment.reason or told_origin(comment):
            remarks.append(_remark(comment, order))
    return engine.Contribution(organisation.name, tuple(edits), tuple(remarks), organisation.code)


def date_of(comment: Comment) -> str:
    """Return the date a comment carries in the file: when it was handed in."""
    if comment.submission is None:
        return ""
    return comment.submission.handed_in_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _signed(edit: engine.Edit, comment: Comment) -> engine.Edit:
    name = comment.organisation.name
    values: dict[str, Any] = engine.to_json(edit)
    values.update(organisation=name, author=name, date=date_of(comment))
    return engine.Edit(**values)


MANNERS = {"": "", "late": "[Late] ", "on behalf": "[Entered by the lead on behalf] "}


def told_origin(comment: Comment) -> str:
    """Return in brackets how a comment came where that was not as always: late or on behalf, or from an earlier round."""
    return MANNERS[comment.manner] + _told_carried(comment)


def _told_carried(comment: Comment) -> str:
    """Return where a carried comment comes from, where the page alone would not tell: what has lost its place or proposal."""
    carried = comment.carried
    if carried is None:
        return ""
    proposed = proposal_in_words(comment)
    if carried.state not in ("orphaned", "let go") and not proposed:
        return ""
    place = f"on paragraph {carried.old_number}, which read “{carried.old_text}”" if carried.old_number else ""
    told = " ".join(filter(None, (f"[From round {carried.origin.round.number}", place, proposed)))
    return f"{told}] "


def proposal_in_words(comment: Comment) -> str:
    """Return what a carried comment proposed on the earlier draft, where that does not fit the new one; else ""."""
    if comment.carried is None or comment.edits:
        return ""
    origin = comment.carried.origin
    text = origin.paragraph.text if origin.paragraph else ""
    return "\n".join(engine.told_change(edit, text) for edit in edits_of(origin))


def _remark(comment: Comment, order: int) -> engine.Remark:
    kind = "" if comment.type == "substantive" or comment.paragraph is None else f"[{comment.type}] "
    name = comment.organisation.name
    start, end = comment.start, comment.end
    inline = [edit for edit in edits_of(comment) if edit.kind != "paragraph-inserted"]
    if start == end and inline:
        start, end = min(edit.start for edit in inline), max(edit.end for edit in inline)
    text = comment.paragraph.text if comment.paragraph else ""
    return engine.Remark(
        paragraph=comment.paragraph.key if comment.paragraph else "",
        start=start,
        end=end,
        text=kind + told_origin(comment) + comment.reason,
        quote=text[start:end],
        organisation=name,
        author=name,
        initials=comment.organisation.code,
        date=date_of(comment),
        order=order,
    )
