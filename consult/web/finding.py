"""Finding in the draft and in the comments: words, types, organisations, states, a part of the draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from consult.errors import NotFound
from consult.models import TYPES, db
from consult.phrases import say
from consult.services import organisations, reading
from consult.services.finding import SHORTEST, Excerpt, excerpt, folded
from consult.services.layouts import Layout, Line
from consult.services.reading import STATES, Wanted
from consult.web.documents import Reading, read
from consult.web.guards import declares
from consult.web.sections import comments_html

blueprint = Blueprint("finding", __name__)
ON_A_PAGE = 50
ASKED = ("words", "type", "by", "state", "under", "from", "to")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found, and how much there is in all."""

    lines: Sequence[Line] = ()
    comments: int = 0
    lines_shown: Sequence[tuple[Line, Excerpt | None]] = ()
    rows: Sequence[tuple[Line | None, Markup]] = ()


@blueprint.get("/rounds/<int:round_id>/document/find")
@declares("document.read")
def show(round_id: int) -> tuple[str, int] | Response:
    """Show the form, and what was found."""
    here = read(round_id)
    if isinstance(here, Response):
        return here
    given, refusal = {name: request.args.get(name, "").strip() for name in ASKED}, ""
    found = Found()
    page = max(1, request.args.get("page", 1, int))
    try:
        wanted = _wanted(here.layout, given)
        if any(given.values()):
            found = _find(here, wanted, given["words"], page)
    except NotFound as error:
        refusal = error.message
    counts = reading.count_comments(db.session, here.reader)
    pages = ceil(max(found.comments, len(found.lines)) / ON_A_PAGE)
    html = render_template(
        "documents/find.html",
        scope=here.scope,
        layout=here.layout,
        given=given,
        refusal=refusal,
        searched=any(given.values()) and not refusal,
        found=found,
        counts=counts,
        organisations=organisations.list_by_ids(db.session, list(counts.organisations)),
        types=TYPES,
        states=STATES,
        shown_page=page,
        page_links=[(n, url_for(".show", round_id=round_id, page=n, **_addressed(given))) for n in range(1, pages + 1)],
    )
    return html, 404 if refusal else 200


def _addressed(given: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value}


def _wanted(layout: Layout, given: dict[str, str]) -> Wanted:
    """Return what is looked for. Raises NotFound for a paragraph that is not there."""
    return Wanted(
        words=given["words"],
        type=given["type"] if given["type"] in TYPES else "",
        organisation_id=int(given["by"]) if given["by"].isdecimal() and len(given["by"]) < 12 else 0,
        state=given["state"] if given["state"] in STATES else "",
        places=_places(layout, given),
    )


def _places(layout: Layout, given: dict[str, str]) -> range | None:
    """Return the part of the draft that is looked at, None for all of it and what is on the whole draft."""
    start, end = 0, len(layout.lines)
    if given["under"]:
        under = layout.place_of_number(given["under"])
        heading = next((h for h in layout.headings if h.start == under), None)
        if heading is None:
            raise NotFound(say("Paragraph %(number)s is no heading.", number=given["under"]))
        start, end = heading.start, heading.end
    if given["from"]:
        start = max(start, layout.place_of_number(given["from"]))
    if given["to"]:
        end = min(end, layout.place_of_number(given["to"]) + 1)
    return range(start, end) if given["under"] or given["from"] or given["to"] else None


def _find(here: Reading, wanted: Wanted, words: str, page: int) -> Found:
    layout, part = here.layout, slice((page - 1) * ON_A_PAGE, page * ON_A_PAGE)
    lines = _lines(layout, wanted, words)
    ids = reading.find_comments(db.session, here.reader, wanted)
    rows = reading.list_by_ids(db.session, here.reader, ids[part])
    places = [layout.lines[layout.places[row.paragraph_id]] if row.paragraph_id else None for row in rows]
    return Found(
        lines,
        len(ids),
        [(line, excerpt(line.text, folded(words))) for line in lines[part]],
        [(line, comments_html([row], here.reader, here.frame, line)) for line, row in zip(places, rows, strict=True)],
    )


def _lines(layout: Layout, wanted: Wanted, words: str) -> list[Line]:
    """Return the paragraphs with these words, or with this number; none where only comments are asked for."""
    if not words or wanted.type or wanted.organisation_id or wanted.state:
        return []
    looked_for = folded(words)
    there = [layout.lines[place] for place in (range(len(layout.lines)) if wanted.places is None else wanted.places)]
    by_number = [line for line in there if line.number and line.number.casefold() == looked_for]
    if len(looked_for) < SHORTEST:
        return by_number
    return by_number + [line for line in there if line.number and looked_for in line.folded and line not in by_number]
