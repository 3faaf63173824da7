"""A draft as ready pieces of HTML: each section is made once, with gaps into which what is said on it is put.

What is kept is what never changes: the draft's own text, and comments by all they show. So nothing kept can be shown to
somebody for whom it does not exist: which comments those are is asked of the database for every page.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from flask import Flask, current_app, render_template, url_for
from markupsafe import Markup

from consult import engine
from consult.models import db
from consult.services import layouts
from consult.services.layouts import Layout, Line
from consult.services.reading import Reader, Row
from consult.web.kept import Kept
from consult.web.languages import language

NOWHERE = -1
GAP = "\0"  # no text of a draft holds it: characters that cannot be seen are shown by their codes
BETWEEN = re.compile(r">\n\s*<")  # lines of templates: a line break that somebody wrote stands there as <br>
MOST_BESIDE = 25  # comments shown beside a paragraph; the others are there when asked for


@dataclass(frozen=True, slots=True)
class Frame:
    """What the look of a section depends on besides the draft: the round's pages, whether one may write, the language."""

    round_id: int
    can_write: bool
    language: str
    delegation_id: int = 0  # of the part that is shown, where it is one

    def new(self, number: str) -> str:
        """Return the address of the form for a comment on a paragraph."""
        if self.delegation_id:
            return url_for("parts.new", delegation_id=self.delegation_id, paragraph=number)
        return url_for("comments.new", round_id=self.round_id, paragraph=number)

    def change(self, comment_id: int) -> str:
        """Return the address of the form with a comment."""
        if self.delegation_id:
            return url_for("parts.edit", delegation_id=self.delegation_id, comment_id=comment_id)
        return url_for("comments.edit", round_id=self.round_id, comment_id=comment_id)

    @property
    def pictures(self) -> str:
        """The address under which the draft's pictures are."""
        if self.delegation_id:
            return url_for("parts.picture", delegation_id=self.delegation_id, sha256="-")[:-1]
        return url_for("documents.picture", round_id=self.round_id, sha256="-")[:-1]


@dataclass(slots=True)
class Shelf:
    """What the process keeps: drafts laid out, their sections, comments."""

    layouts: Kept[int, Layout]
    sections: Kept[tuple[int, int, Frame], tuple[tuple[str, int], ...]]
    comments: Kept[tuple[Row, bool, bool, Frame], str]


def add_to(app: Flask) -> None:
    """Give the app an empty shelf."""
    app.extensions["consult.shelf"] = Shelf(Kept(32), Kept(256), Kept(8192))


def _shelf() -> Shelf:
    return cast(Shelf, current_app.extensions["consult.shelf"])


def layout_of(draft_id: int) -> Layout:
    """Return a draft laid out."""
    return _shelf().layouts.get(draft_id, lambda: layouts.read_layout(db.session, draft_id))


def frame_of(reader: Reader, can_write: bool) -> Frame:
    """Return the frame of the sections a person sees."""
    return Frame(reader.round.id, can_write, language())


def section_html(
    layout: Layout, number: int, frame: Frame, reader: Reader, rows: Sequence[Row], whole: int | None = None
) -> Markup:
    """Return a section with the comments on it: beside each paragraph the first ones, at the place `whole` all."""
    pieces = _shelf().sections.get(
        (layout.draft_id, number, frame), lambda: _pieces(layout, layout.sections[number], frame)
    )
    return _with_comments(pieces, layout, frame, reader, rows, whole)


def part_html(layout: Layout, places: range, frame: Frame, reader: Reader, rows: Sequence[Row]) -> Markup:
    """Return some paragraphs of a draft, and nothing of the others, with all these comments on them."""
    return _with_comments(_pieces(layout, places, frame), layout, frame, reader, rows, whole=None, most=0)


def _with_comments(
    pieces: Sequence[tuple[str, int]],
    layout: Layout,
    frame: Frame,
    reader: Reader,
    rows: Sequence[Row],
    whole: int | None,
    most: int = MOST_BESIDE,
) -> Markup:
    beside: dict[int | None, list[Row]] = {}
    for row in rows:
        beside.setdefault(row.paragraph_id, []).append(row)
    out = list[str]()
    for html, place in pieces:
        out.append(html)
        line = layout.lines[place]
        if place != NOWHERE and line.id in beside:
            out.append(comments_html(beside[line.id], reader, frame, line, 0 if place == whole else most))
    return Markup("".join(out))  # noqa: S704 - made of pieces that templates have escaped


def _pieces(layout: Layout, lines: range, frame: Frame) -> tuple[tuple[str, int], ...]:
    """Return paragraphs cut behind the places where comments go, each with the place of its paragraph; the rest last."""
    paragraphs = layouts.read_paragraphs(db.session, layout, lines)
    html = render_template(
        "documents/_section.html",
        blocks=engine.render_draft(paragraphs, frame.pictures),
        frame=frame,
        gap=Markup(GAP),  # noqa: S704 - one character
    )
    *texts, rest = BETWEEN.sub("><", html).split(GAP)
    places = [layout.place_of_number(told) for told in texts[1::2]]
    if sorted(places) != [place for place in lines if layout.lines[place].number]:
        raise RuntimeError("a section has one gap for each of its numbered paragraphs")
    return (*zip(texts[::2], places, strict=True), (rest, NOWHERE))


def comments_html(rows: Sequence[Row], reader: Reader, frame: Frame, line: Line | None, most: int = 0) -> Markup:
    """Return comments on one paragraph as HTML, at most so many; how many more there are is said."""
    shown = rows[:most] if most and len(rows) > most else rows
    parts = [comment_html(row, reader, frame, line) for row in shown]
    if line is not None and len(shown) < len(rows):
        parts.append(render_template("documents/_more.html", frame=frame, line=line, more=len(rows) - len(shown)))
    return Markup("".join(parts))  # noqa: S704 - made of pieces that templates have escaped


def comment_html(row: Row, reader: Reader, frame: Frame, line: Line | None) -> str:
    """Return a comment as HTML. All that it shows is in the row, the person's relation to it, and the frame."""
    is_own = reader.owns(row)
    may_change = reader.may_change(row) and frame.can_write and not row.is_submitted
    return _shelf().comments.get(
        (row, is_own, may_change, frame), lambda: _comment(row, line, is_own, may_change, frame)
    )


def _comment(row: Row, line: Line | None, is_own: bool, may_change: bool, frame: Frame) -> str:
    html = render_template(
        "documents/_comment.html",
        comment=_shown(row, line.text if line is not None else ""),
        me=SimpleNamespace(contributor_of=frozenset((row.organisation_id,)) if is_own else frozenset()),
        number=line.number if line is not None else "",
        may_change=may_change,
        frame=frame,
    )
    return BETWEEN.sub("><", html).strip()


def _shown(row: Row, text: str) -> Any:
    """Return a comment as the macro for comments takes it, which pages that read objects use too."""
    carried = row.carried
    return SimpleNamespace(
        id=row.id,
        is_brief=True,
        organisation_id=row.organisation_id,
        organisation=SimpleNamespace(id=row.organisation_id, code=row.code, name=row.organisation),
        author_name=row.author,
        type=row.type,
        quote=row.quote,
        reason=row.reason,
        edits=json.loads(row.edits),
        paragraph=SimpleNamespace(text=text) if row.paragraph_id is not None else None,
        submission_id=1 if row.is_submitted else None,
        supersedes_id=row.corrects,
        manner=row.manner,
        carried=SimpleNamespace(
            state=carried.state,
            old_number=carried.old_number,
            old_text=carried.old_text,
            reason=carried.reason,
            origin=SimpleNamespace(
                round=SimpleNamespace(number=carried.round_number),
                edits=json.loads(carried.edits),
                paragraph=SimpleNamespace(text=carried.text),
            ),
        )
        if carried
        else None,
    )
