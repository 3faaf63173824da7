"""Several proposals for one paragraph -> one, where they do not contradict each other."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from consult.engine.values import Edit


def combine(proposals: Iterable[Sequence[Edit]]) -> tuple[Edit, ...] | None:
    """Return the edits of all proposals for one paragraph as one proposal, or None where two contradict each other.

    The same edit in several is one. Two different edits contradict each other when they touch the same words, or meet
    at one place: nobody can tell then how the words between them shall read. A deleted paragraph bears no other change of
    its words; new paragraphs behind it stand one after the other.
    """
    inline, behind = list[Edit](), list[str]()
    template: Edit | None = None
    for edit in (edit for proposal in proposals for edit in proposal):
        if edit.kind == "paragraph-inserted":
            template = template or edit
            behind += [edit.new] if edit.new not in behind else []
        elif all(_said(edit) != _said(other) for other in inline):
            inline.append(edit)
    inline.sort(key=lambda edit: (edit.start, edit.end))
    if any(edit.kind == "paragraph-deleted" for edit in inline) and len(inline) > 1:
        return None
    if any(one.end >= other.start for one, other in pairwise(inline)):
        return None
    if template is None:
        return tuple(inline)
    added = [Edit(template.paragraph, template.kind, 0, 0, "", text, order=order) for order, text in enumerate(behind)]
    return (*inline, *added)


def _said(edit: Edit) -> tuple[str, int, int, str]:
    return edit.kind, edit.start, edit.end, edit.new
