"""Where the comments lie: how many each organisation has on each section of the draft."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from consult.models import Organisation
from consult.phrases import say
from consult.services.entries import Entry
from consult.services.layouts import Heading, Layout
from consult.services.reviewing import WHOLE

FEWEST = 3  # sections; a draft with fewer headings on its highest level is shown by the next one


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the draft with the number of comments on it by organisation; `section` finds them on the lead's desk."""

    title: str
    section: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many comments there are on it."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Sections by organisations. `most` is the highest number in it."""

    organisations: tuple[Organisation, ...]
    sections: tuple[Section, ...]

    @property
    def totals(self) -> tuple[int, ...]:
        """How many comments each organisation has."""
        return tuple(sum(s.counts[n] for s in self.sections) for n in range(len(self.organisations)))

    @property
    def most(self) -> int:
        """The highest number of comments of one organisation on one section."""
        return max((count for section in self.sections for count in section.counts), default=0)


def draw(layout: Layout, entries: Sequence[Entry], organisations: Sequence[Organisation]) -> Heatmap:
    """Return where these comments lie. Sections without comments are shown too: that nobody speaks is worth seeing."""
    headings = _chosen(layout.headings)
    counted = Counter((_key(layout, headings, entry.paragraph_id), entry.organisation_id) for entry in entries)
    titles = [
        (WHOLE, say("On the whole draft")),
        *((h.line.number, f"{h.label} {h.line.text}".strip()) for h in headings),
        ("", say("Elsewhere in the draft")),
    ]
    rows = [Section(title, key, tuple(counted[key, o.id] for o in organisations)) for key, title in titles]
    keep = [row for row in rows if row.total or row.section not in (WHOLE, "")]
    return Heatmap(tuple(organisations), tuple(keep))


def _chosen(headings: Sequence[Heading]) -> list[Heading]:
    """Return the headings of the highest level of which there are some."""
    levels = sorted({heading.level for heading in headings})
    by_level = [[h for h in headings if h.level == level] for level in levels]
    return next((found for found in by_level if len(found) >= FEWEST), by_level[0] if by_level else [])


def _key(layout: Layout, headings: Sequence[Heading], paragraph_id: int | None) -> str:
    if paragraph_id is None:
        return WHOLE
    place = layout.places.get(paragraph_id, -1)
    return next((h.line.number for h in headings if h.start <= place < h.end), "")
