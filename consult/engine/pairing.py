"""Which note, text box, header of a copy is which of the draft."""

from collections import defaultdict
from collections.abc import Sequence

from consult.engine import ooxml
from consult.engine.anchoring import align
from consult.engine.findings import Findings
from consult.engine.ooxml import Piece
from consult.engine.stories import Line, Story, StoryKind
from consult.engine.tracking import OwnChanges, Place, old_text


def _old(story: Story, own: OwnChanges) -> str:
    return "\n".join(old_text(line, own) for line in story.lines())


def _now(story: Story) -> str:
    return "\n".join(line.text for line in story.lines())


def _paired(ours: list[Story], theirs: list[Story], own: OwnChanges) -> list[tuple[Story, Story]]:
    """Pair stories in order when there are as many, else by what they say."""
    if len(ours) == len(theirs):
        return list(zip(ours, theirs, strict=True))
    pairs = align([_now(s) for s in ours], [_old(s, own) for s in theirs])
    return [(ours[i], theirs[j]) for i, j in pairs if i is not None and j is not None]


def pair_notes(findings: Findings, kind: StoryKind) -> list[tuple[Story, Story]]:
    """Pair notes. One that is new or gone shows in the text that refers to it."""
    ours, theirs, own = findings.base.of_kind(kind), findings.returned.of_kind(kind), findings.own
    if len(ours) == len(theirs) and sum(_now(a) == _old(b, own) for a, b in zip(ours, theirs, strict=True)) * 2 < len(
        ours
    ):
        pairs = align([_now(s) for s in ours], [_old(s, own) for s in theirs])
        found = [(ours[i], theirs[j]) for i, j in pairs if i is not None and j is not None]
        return found or list(zip(ours, theirs, strict=True))
    return _paired(ours, theirs, own)


def pair_boxes(findings: Findings) -> list[tuple[Story, Story]]:
    """Pair text boxes: those in the same paragraph first, since boxes may say the same.

    One that is new or gone shows as an object in the paragraph that holds it.
    """
    keys = {id(line.element): line.key for line in findings.base.lines()}
    ours, theirs = defaultdict[str, list[Story]](list), defaultdict[str, list[Story]](list)
    for story in findings.base.of_kind("box"):
        ours[keys.get(id(story.host), "")].append(story)
    for story in findings.returned.of_kind("box"):
        place = findings.places.get(id(story.host))
        theirs[place.key if place is not None and not place.is_new else ""].append(story)
    lines = {line.key: line for line in findings.base.lines()}
    found = list[tuple[Story, Story]]()
    for key in ours:
        if key and key in theirs:
            place = findings.places[id(theirs[key][0].host)]
            found += _standing(lines[key], ours[key], place, theirs[key]) or _paired(
                ours[key], theirs[key], findings.own
            )
    paired = {id(story) for pair in found for story in pair}
    left_ours, left_theirs = (
        [story for stories in sides.values() for story in stories if id(story) not in paired]
        for sides in (ours, theirs)
    )
    return [*found, *_paired(left_ours, left_theirs, findings.own)]


def _standing(line: Line, ours: Sequence[Story], place: Place, theirs: Sequence[Story]) -> list[tuple[Story, Story]]:
    """Pair the boxes of one paragraph by the characters they stand at; none where it is not clear which is which.

    Which of several is gone was found by comparing the paragraph: what is written in the others must follow that.
    """
    old = [piece for piece in place.copy_line.pieces if piece.view != "inserted"]
    here, there = _boxes_at(ooxml.visible(line.pieces)), _boxes_at(old)
    if len(here) != len(ours) or len(there) != len(theirs):
        return []
    passed, gone, new = 0, set[int](), set[int]()
    for move in place.moves:
        gone.update(range(move.start, move.end))
        start = move.start + passed
        new.update(range(start, start + len(move.new)))
        passed += len(move.new) - (move.end - move.start)
    staying = [story for story, at in zip(ours, here, strict=True) if at not in gone]
    stayed = [story for story, at in zip(theirs, there, strict=True) if at not in new]
    return list(zip(staying, stayed, strict=True)) if len(staying) == len(stayed) else []


def _boxes_at(pieces: Sequence[Piece]) -> list[int]:
    """Return the offsets at which text boxes stand."""
    found, offset = list[int](), 0
    for piece in pieces:
        if piece.kind == "box":
            found.append(offset)
        offset += len(piece.text)
    return found


def pair_margins(findings: Findings) -> list[tuple[Story, Story]]:
    """Pair headers and footers that stand in the same place; what has no partner is named."""
    pairs: list[tuple[Story, Story]] = []
    ours = findings.base.of_kind("header", "footer")
    used: set[int] = set()
    for story in findings.returned.of_kind("header", "footer"):
        partner = next(
            (s for s in ours if s.kind == story.kind and id(s) not in used and set(s.slots) & set(story.slots)), None
        )
        if partner is not None:
            used.add(id(partner))
            pairs.append((partner, story))
        elif _now(story).strip() and _now(story) not in {_now(s) for s in ours}:
            findings.leave_out_margin(story.kind, _now(story)[:500])
    return pairs
