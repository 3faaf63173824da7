"""The draft as readable text, each paragraph numbered, with the comments that exist for the reader."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, make_response, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from consult import clock
from consult.errors import NotFound
from consult.models import db
from consult.phrases import say
from consult.rules.no_objections import COMMENTS
from consult.rules.permissions import NOT_THERE, may
from consult.services import drafts, layouts, reading, rounds
from consult.services.layouts import Heading, Layout
from consult.services.reading import Counts, Reader, Row
from consult.unit_of_work import unit_of_work
from consult.web import unchanged
from consult.web.guards import actor, declares, storage
from consult.web.scope import Scope, round_scope
from consult.web.sections import Frame, comments_html, frame_of, layout_of, section_html

blueprint = Blueprint("documents", __name__)
Answer = str | Response
ROOM = 58  # about how many pixels a paragraph, or a comment, takes up
SANDBOX = "default-src 'none'; sandbox"


@dataclass(frozen=True)
class Reading:
    """A round's draft as one person reads it. `stamp` is what its page is recognised by; "" where it may not be kept."""

    scope: Scope
    reader: Reader
    layout: Layout
    frame: Frame
    has_opened: bool
    stamp: str


def read(round_id: int) -> Reading | Response:
    """Return a round's draft as the person who asks reads it, or the answer that the browser has what it asks for."""
    seen = reading.glance(db.session, round_id, actor(), clock.now())
    stamp = ""
    if seen is not None and may(actor(), "document.read", seen.facts).allowed:
        stamp = unchanged.stamp_of(actor(), seen.state, seen.has_opened())
        if unchanged.is_unchanged(stamp):
            return unchanged.unchanged(stamp)
    scope = round_scope(round_id, "document.read")
    if seen is None:
        raise NotFound(say("This round has no draft."))
    reader = Reader(scope.round, actor(), scope.facts)
    can_write = scope.is_open and may(actor(), "comment.write", scope.facts).allowed
    return Reading(scope, reader, layout_of(seen.draft_id), frame_of(reader, can_write), seen.has_opened(), stamp)


@blueprint.get("/rounds/<int:round_id>/document")
@declares("document.read")
def show(round_id: int) -> Answer:
    """Show the draft: the section that is asked for and what is on the whole draft; the others come as they are read."""
    here = read(round_id)
    if isinstance(here, Response):
        return here
    chosen, whole = _chosen_sections(here)
    rows = reading.list_rows(db.session, here.reader, [None, *_ids(here.layout, chosen)])
    is_whole = len(chosen) == len(here.layout.sections)
    counts = reading.count_rows(rows, here.reader) if is_whole else reading.count_comments(db.session, here.reader)
    page = render_template(
        "documents/show.html",
        scope=here.scope,
        layout=here.layout,
        counts=counts,
        outline=list(_outline(here.layout, counts)),
        parts=list(_parts(here, chosen, rows, counts, whole)),
        general=comments_html([row for row in rows if row.paragraph_id is None], here.reader, here.frame, None),
        can_write=here.frame.can_write,
        can_delegate=_can_delegate(here),
        asked=bool(here.scope.organisation_ids) and here.scope.facts.kind == COMMENTS,
        opens=here.scope.is_open and not here.has_opened,
        numbered=sum(1 for line in here.layout.lines if line.number),
        own_paragraphs=sum(1 for paragraph_id in counts.own if paragraph_id is not None),
        last_number=next((line.number for line in reversed(here.layout.lines) if line.number.isdigit()), ""),
    )
    return unchanged.keep(make_response(page), here.stamp)


def _can_delegate(here: Reading) -> bool:
    """Return whether the person is focal point of an organisation that may still comment."""
    return here.frame.can_write and any(o in actor().focal_point_of for o in here.scope.organisation_ids)


def _chosen_sections(here: Reading) -> tuple[set[int], int | None]:
    """Return the sections that come at once, the first or those that the address asks for, and the place it names."""
    layout, asked, section = here.layout, request.args.get("at", ""), request.args.get("section", "")
    if section == "all":
        return set(range(len(layout.sections))), None
    place = layout.anchors.get(asked)
    if asked.startswith("comment-"):
        row = reading.find_row(db.session, here.reader, _number(asked.removeprefix("comment-")))
        place = layout.places.get(row.paragraph_id) if row is not None and row.paragraph_id else None
    if place is not None:
        return {layout.section_of(place)}, place
    wanted = _number(section)
    return {wanted if wanted < len(layout.sections) else 0}, None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else 0


def _ids(layout: Layout, sections: set[int]) -> list[int]:
    return [line.id for number in sections for line in layout.numbered(number)]


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading in the outline, and how many comments are on what stands under it."""

    heading: Heading
    comments: int


def _outline(layout: Layout, counts: Counts) -> Iterator[Entry]:
    before = [0]
    for line in layout.lines:
        before.append(before[-1] + counts.shown.get(line.id, 0))
    for heading in layout.headings:
        yield Entry(heading, before[heading.end] - before[heading.start])


def _parts(here: Reading, chosen: set[int], rows: list[Row], counts: Counts, whole: int | None) -> Iterator[Markup]:
    """Yield the sections in order: those that are chosen, and where the others will be."""
    for number in range(len(here.layout.sections)):
        if number in chosen:
            yield _section(here, number, rows, whole)
            continue
        lines = here.layout.numbered(number)
        comments = sum(counts.shown.get(line.id, 0) for line in lines)
        if lines:
            yield Markup(  # noqa: S704 - a template's
                render_template(
                    "documents/_waiting.html",
                    scope=here.scope,
                    number=number,
                    first=lines[0],
                    last=lines[-1],
                    comments=comments,
                    room=ROOM * (len(lines) + comments),
                )
            )


def _section(here: Reading, number: int, rows: list[Row], whole: int | None = None) -> Markup:
    html = section_html(here.layout, number, here.frame, here.reader, rows, whole)
    return Markup('<section class="section" id="section-{}" data-section="{}">{}</section>').format(
        number, number, html
    )


@blueprint.get("/rounds/<int:round_id>/document/sections/<int:number>")
@declares("document.read")
def section(round_id: int, number: int) -> Answer:
    """Send one section, for a page that has come to it."""
    here = read(round_id)
    if isinstance(here, Response):
        return here
    if number >= len(here.layout.sections):
        raise NotFound(NOT_THERE)
    rows = reading.list_rows(db.session, here.reader, _ids(here.layout, {number}))
    return unchanged.keep(make_response(_section(here, number, rows)), here.stamp)


@blueprint.get("/rounds/<int:round_id>/document/paragraphs/<number>")
@declares("document.read")
def paragraph(round_id: int, number: str) -> Answer:
    """Show one paragraph with all comments on it; alone the comments, when a part of a page asks for them."""
    here = read(round_id)
    if isinstance(here, Response):
        return here
    place = here.layout.place_of_number(number)
    line = here.layout.lines[place]
    rows = reading.list_rows(db.session, here.reader, [line.id])
    comments = comments_html(rows, here.reader, here.frame, line)
    if request.headers.get("HX-Request"):
        return comments
    (value,) = layouts.read_paragraphs(db.session, here.layout, range(place, place + 1))
    return render_template(
        "documents/paragraph.html",
        scope=here.scope,
        line=line,
        value=value,
        comments=comments,
        can_delegate=_can_delegate(here),
    )


@blueprint.get("/rounds/<int:round_id>/document/pictures/<sha256>")
@declares("document.read")
def picture(round_id: int, sha256: str) -> Response:
    """Send a picture of the draft as it is: nothing here decodes it, and it may do nothing in the browser."""
    scope = round_scope(round_id, "document.read")
    data, media_type = drafts.get_picture(db.session, storage(), scope.round, sha256)
    response = Response(data, mimetype=media_type)
    response.headers["Content-Security-Policy"] = f"{SANDBOX}; frame-ancestors 'none'"
    response.headers["Content-Disposition"] = "inline"
    return response


@blueprint.post("/rounds/<int:round_id>/opened")
@declares("document.read")
def opened(round_id: int) -> Response:
    """Note that the person's organisation has opened the document. The page sends this when it is shown first."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "document.read", now)
        if scope.is_open:
            rounds.note_opened(db.session, scope.round, actor(), now=now)
    return Response(status=204)
