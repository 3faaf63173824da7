"""What the pages of late answers and of answers on behalf have in common: the comments in them, shown and typed.

All that is typed on such a page is in one form, so that no button of it loses what stands in another field.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import request

from consult import engine
from consult.errors import Invalid, NotFound
from consult.models import TYPES, AddedAnswer, DraftParagraph, Organisation, db
from consult.phrases import say
from consult.rules.names import NAMES
from consult.services import drafts
from consult.services.comments import Words
from consult.web.scope import Scope

Shown = list[dict[str, Any]]


def show_words(scope: Scope, answers: Iterable[AddedAnswer | None]) -> dict[int, Shown]:
    """Return the comments of these answers as they are shown, by the answer's id."""
    there = [answer for answer in answers if answer is not None]
    numbers = {words["paragraph_id"] for answer in there for words in answer.words if words["edits"]}
    texts = {p.id: p.text for p in scope.draft.paragraphs if p.id in numbers} if numbers else {}
    return {answer.id: [_shown(words, texts) for words in answer.words] for answer in there}


def _shown(words: dict[str, Any], texts: dict[int, str]) -> dict[str, Any]:
    edits = [engine.from_json(engine.Edit, edit) for edit in words["edits"]]
    changes = engine.show_changes(texts[words["paragraph_id"]], edits) if edits else ()
    return {**words, "changes": changes}


def typed_comment(scope: Scope) -> Words | None:
    """Return the comment that stands in the form, None where nothing does.

    Raises Invalid where a wording was written for another paragraph than the number names now.
    """
    form = request.form
    number, was = form.get("paragraph", "").strip(), form.get("shown_paragraph", "").strip()
    wording = form.get("wording") if was else None
    if wording is not None and _folded(wording) == _folded(drafts.get_paragraph(db.session, scope.round, was).text):
        wording = None
    if wording is not None and number != was:
        raise Invalid(
            say(
                "The wording below is for paragraph %(was)s, and the number now is %(number)s. Add the comment with the "
                "number %(was)s first, or copy the wording and take the other paragraph.",
                was=was,
                number=number or "–",
            ),
            "another-paragraph",
        )
    reason = form.get("reason", "")
    if wording is None and not reason.strip():
        return None
    return Words(number, type=form.get("type", "substantive") if was else "substantive", reason=reason, wording=wording)


def _folded(text: str) -> str:
    return "".join(text.split())


def get_typed(scope: Scope) -> Words:
    """Return the comment that stands in the form. Raises Invalid where nothing does."""
    words = typed_comment(scope)
    if words is None:
        raise Invalid(say("Change the wording or write a reason: so far this comment says nothing."), "nothing-said")
    return words


def form_facts(
    scope: Scope, organisation: Organisation | None, mine: AddedAnswer | None, *, done: bool, refused: bool
) -> dict[str, Any]:
    """Return what the form shows: the comments so far, and what was typed.

    After a comment is `done` its fields are empty. What is `refused` comes back on the paragraph it was written for.
    """
    typed, was = request.form, request.form.get("shown_paragraph", "").strip()
    number = was if refused and was else request.values.get("paragraph", "").strip()
    number = "" if done else number
    paragraph = _find_paragraph(scope, number) if organisation is not None else None
    wording = typed.get("wording") if paragraph is not None and was == number and not done else None
    return {
        "organisation": organisation,
        "mine": show_words(scope, [mine])[mine.id] if mine is not None else [],
        "paragraph": drafts.paragraph_value(paragraph) if paragraph is not None else None,
        "words": Words(
            number,
            type=typed.get("type", "substantive"),
            reason="" if done else typed.get("reason", ""),
            wording=wording,
        ),
        "types": TYPES,
        "positions": NAMES["position"],
        "typed": typed,
    }


def _find_paragraph(scope: Scope, number: str) -> DraftParagraph | None:
    try:
        return drafts.get_paragraph(db.session, scope.round, number) if number else None
    except NotFound:
        return None


def check_paragraph(scope: Scope) -> None:
    """Raise Invalid where another paragraph cannot be taken: it is not there, or a wording is being written."""
    typed_comment(scope)
    number = request.form.get("paragraph", "").strip()
    if number and _find_paragraph(scope, number) is None:
        raise Invalid(say("Paragraph %(number)s is not there.", number=number[:20]), "no-such-paragraph")


def place() -> int:
    """Return which comment of an answer is meant; -1 for none."""
    return request.form.get("place", -1, int)


def chosen_ids(listed: Sequence[str]) -> frozenset[int]:
    """Return the numbers among what a form sent."""
    return frozenset(int(value) for value in listed if value.isascii() and value.isdigit() and len(value) < 17)
