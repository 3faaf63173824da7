"""A draft as pages lay it out: sections that come as they are read, the outline, what to find. A draft never changes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Text, case, cast, null, select

from consult import engine
from consult.errors import NotFound
from consult.models import Draft, DraftParagraph
from consult.phrases import say
from consult.services.finding import folded
from consult.unit_of_work import AnySession

WHOLE = 150  # a draft of at most so many paragraphs is one section
FULL, LONGEST = 60, 120  # a section ends before the heading behind so many paragraphs, or behind so many, tables whole


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a draft, as much of it as is needed to lay it out."""

    id: int
    number: str
    kind: str
    text: str
    folded: str

    @property
    def anchor(self) -> str:
        """The id it has on the page."""
        return engine.anchor_of_number(self.number)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in the outline: the lines from `start` to before `end` stand under it, lower headings included."""

    line: Line
    level: int
    label: str
    start: int
    end: int
    section: int


@dataclass(frozen=True)
class Layout:
    """A draft laid out: its paragraphs in order, the sections as ranges of them, the outline."""

    draft_id: int
    sha256: str
    notices: tuple[engine.Notice, ...]
    lines: tuple[Line, ...]
    sections: tuple[range, ...]
    headings: tuple[Heading, ...]
    places: dict[int, int]  # id of a paragraph -> its place among the lines
    anchors: dict[str, int]  # anchor -> place

    def section_of(self, place: int) -> int:
        """Return the number of the section, from 0, in which a line stands."""
        return next(n for n, lines in enumerate(self.sections) if place in lines)

    def place_of_number(self, number: str) -> int:
        """Return the place of the paragraph with a printed number. Raises NotFound."""
        place = self.anchors.get(engine.anchor_of_number(number.strip()))
        if place is None:
            raise NotFound(
                say(
                    "The draft has no paragraph %(number)s. The number is printed beside each paragraph.", number=number
                )
            )
        return place

    def numbered(self, section: int) -> list[Line]:
        """Return the paragraphs of a section that can be commented on."""
        return [self.lines[place] for place in self.sections[section] if self.lines[place].number]


def read_layout(session: AnySession, draft_id: int) -> Layout:
    """Lay a draft out. Only of headings more is read than words: what a section looks like is read with the section."""
    heading = case((DraftParagraph.kind == "heading", cast(DraftParagraph.facts, Text)), else_=null())
    query = select(
        DraftParagraph.id, DraftParagraph.number, DraftParagraph.kind, DraftParagraph.text, heading.label("facts")
    ).where(DraftParagraph.draft_id == draft_id)
    rows = session.execute(query.order_by(DraftParagraph.position)).all()
    lines = tuple(Line(row.id, row.number, row.kind, row.text, folded(row.text)) for row in rows)
    draft = session.execute(select(Draft.file_sha256, Draft.notices).where(Draft.id == draft_id)).one()
    sections = tuple(_sections(lines))
    headings = [(place, json.loads(row.facts)) for place, row in enumerate(rows) if row.facts and row.number]
    return Layout(
        draft_id,
        draft.file_sha256,
        tuple(engine.from_json(engine.Notice, notice) for notice in draft.notices),
        lines,
        sections,
        tuple(_outline(headings, lines, sections)),
        {line.id: place for place, line in enumerate(lines)},
        {line.anchor: place for place, line in enumerate(lines) if line.number},
    )


def _sections(lines: Sequence[Line]) -> list[range]:
    if len(lines) <= WHOLE:
        return [range(len(lines))]
    cuts = [0]
    for place in range(1, len(lines)):
        length = place - cuts[-1]
        in_table = lines[place].kind == "cell" == lines[place - 1].kind
        if not in_table and (length >= LONGEST or (length >= FULL and lines[place].kind == "heading")):
            cuts.append(place)
    return [range(start, end) for start, end in zip(cuts, [*cuts[1:], len(lines)], strict=True)]


def _outline(
    headings: Sequence[tuple[int, dict[str, object]]], lines: Sequence[Line], sections: Sequence[range]
) -> list[Heading]:
    body = next((n for n, line in enumerate(lines) if line.kind in BEHIND_THE_BODY), len(lines))
    starts = [n for n, section in enumerate(sections) for _ in section]
    found, open_above = list[Heading](), list[Heading]()
    ends: dict[int, int] = {}
    for place, facts in headings:
        level = int(str(facts["level"]))
        while open_above and open_above[-1].level >= level:
            ends[open_above.pop().start] = place
        heading = Heading(lines[place], level, str(facts["label"]), place, body, starts[place])
        open_above.append(heading)
        found.append(heading)
    return [
        Heading(h.line, h.level, h.label, h.start, ends.get(h.start, max(body, h.start + 1)), h.section) for h in found
    ]


BEHIND_THE_BODY = ("box", "footnote", "endnote", "header", "footer")


def read_paragraphs(session: AnySession, layout: Layout, places: range) -> tuple[engine.Paragraph, ...]:
    """Return paragraphs of a draft as the engine knows them, all that a page shows of them."""
    query = (
        select(DraftParagraph.facts)
        .where(
            DraftParagraph.draft_id == layout.draft_id,
            DraftParagraph.position >= places.start,
            DraftParagraph.position < places.stop,
        )
        .order_by(DraftParagraph.position)
    )
    return tuple(engine.from_json(engine.Paragraph, facts) for facts in session.scalars(query))
