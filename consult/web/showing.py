"""What templates show: the engine's safe HTML, changes, names of stages and the tabs of a round."""

import secrets
from collections.abc import Iterator
from typing import Any

from flask import Flask, g
from flask_babel import gettext as _
from markupsafe import Markup

from consult import engine
from consult.rules.calendar import name_of_instant
from consult.rules.no_objections import COMMENTS
from consult.rules.permissions import ANONYMOUS, Facts, may
from consult.services.comments import changes_of
from consult.web.languages import language

AROUND = 32  # characters shown before and behind a change


def text_html(paragraph: engine.Paragraph) -> Markup:
    """Return a paragraph's text as safe HTML."""
    return Markup(engine.render_paragraph(paragraph))  # noqa: S704 - escaped by the engine, a property of its tests


def changes_html(changes: tuple[engine.Change, ...]) -> Markup:
    """Return inserted and deleted words as safe HTML, marked as of no known language."""
    here, aloud = language(), {"inserted": _("inserted"), "deleted": _("deleted")}
    shown = engine.render_changes(changes, aloud, here)
    return Markup(f'<span lang="">{shown}</span>')  # noqa: S704 - escaped by the engine, a property of its tests


def written(text: str) -> Markup:
    """Return what somebody wrote as safe HTML, marked as of no known language."""
    return Markup('<span lang="">{}</span>').format(text)


def comment_changes(comment: Any) -> Markup | str:
    """Return a comment's proposal as inserted and deleted words; "" for a comment without one.

    Beside its paragraph a comment is brief: of what stays only the words around the changes are shown.
    """
    changes = changes_of(comment)
    if getattr(comment, "is_brief", False):
        changes = tuple(_shortened(changes))
    return changes_html(changes) if changes else ""


def _shortened(changes: tuple[engine.Change, ...]) -> Iterator[engine.Change]:
    last = len(changes) - 1
    for number, change in enumerate(changes):
        text = change.text
        if change.kind == "same" and len(text) > 3 * AROUND:
            head = "" if number == 0 else text[:AROUND].rpartition(" ")[0]
            tail = "" if number == last else text[-AROUND:].partition(" ")[2]
            text = f"{head} … {tail}"
        yield engine.Change(change.kind, text)


def tabs(facts: Facts, round_number: int) -> list[tuple[str, str]]:
    """Return the pages of a round that the person may see: (endpoint, title). A first draft has none to compare."""
    pages = (
        ("documents.show", _("Document"), "document.read", facts.is_circulated),
        ("no_objections.show", _("No-objection round"), "no-objection.see", facts.is_circulated),
        ("comparisons.show", _("Compare"), "document.read", facts.is_circulated and round_number > 1),
        ("comments.ours", _("Our comments"), "comments.see-own", True),
        ("copies.show", _("Word copy"), "copy.download", facts.is_circulated),
        ("rounds.board", _("Board"), "board.see", facts.is_circulated and facts.kind == COMMENTS),
        ("outcomes.show", _("What happened"), "outcome.see", True),
        ("dispositions.index", _("Decide"), "disposition.see", facts.is_circulated),
        ("transmittals.index", _("Transmit"), "transmittal.see", facts.stage in ("consolidated", "decided")),
        ("downloads.index", _("Downloads"), "download.see", True),
    )
    return [
        (endpoint, title) for endpoint, title, action, there in pages if there and may(g.actor, action, facts).allowed
    ]


def add_to(app: Flask) -> None:
    """Make these known to the templates."""
    app.jinja_env.filters.update(
        text_html=text_html,
        changes_html=changes_html,
        comment_changes=comment_changes,
        anchor=engine.anchor_of,
        written=written,
        instant_name=name_of_instant,
    )
    app.jinja_env.globals.update(tabs=tabs, may=may, form_key=lambda: secrets.token_hex(16))

    @app.context_processor
    def _who() -> dict[str, Any]:
        return {"me": getattr(g, "actor", ANONYMOUS)}
