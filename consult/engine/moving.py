"""Paragraphs that move: what a copy takes away here and puts there."""

from collections import Counter, defaultdict
from dataclasses import replace
from hashlib import sha256

from consult.engine import ooxml
from consult.engine.anchoring import SHORTEST
from consult.engine.findings import Findings
from consult.engine.ooxml import Element
from consult.engine.values import ATOM, Edit

TRACKED = "tracked"  # the name of a move until both its ends are found


def is_tracked_move(paragraph: Element, tag: str) -> bool:
    """Return whether a paragraph was moved away (`tag` w:moveFrom) or moved there (w:moveTo) while tracked.

    At the end of a text the mark says nothing of it: the paragraph before lost or got one.
    """
    return ooxml.mark_change(paragraph, tag) is not None or paragraph.find(tag) is not None


def name_moves(findings: Findings) -> None:
    """Give both ends of every move the same name, in place.

    A move is a whole paragraph that its author takes away in one place and puts in another with the same text. Short
    texts and texts that stand in the draft more than once are no moves, unless the copy tracked them as such.
    """
    lines = {line.key: line for line in findings.base.lines()}
    texts = Counter(line.text for line in lines.values())
    gone, come = defaultdict[tuple[str, ...], list[int]](list), defaultdict[tuple[str, ...], list[int]](list)
    for place, edit in enumerate(findings.edits):
        said = TRACKED if edit.move == TRACKED else ""
        is_certain = bool(said) or (len(edit.old or edit.new) >= SHORTEST and texts[edit.old or edit.new] == 1)
        if edit.kind == "paragraph-deleted" and is_certain:
            atoms = [p for p in ooxml.visible(lines[edit.paragraph].pieces) if p.text == ATOM]
            identity = "; ".join(findings.ours.of(p) for p in atoms)
            gone[said, edit.author, str(edit.tracked), edit.old, identity].append(place)
        elif edit.kind == "paragraph-inserted" and is_certain:
            come[said, edit.author, str(edit.tracked), edit.new, edit.identity].append(place)
    named = {}
    for what, places in gone.items():
        if len(places) == len(come[what]) and (what[0] or len(places) == 1):
            for source, target in zip(places, come[what], strict=True):
                named[source] = named[target] = _name(findings.edits[source], findings.edits[target])
    findings.edits[:] = [
        replace(e, move=named.get(n, "")) if e.move or n in named else e for n, e in enumerate(findings.edits)
    ]


def _name(source: Edit, target: Edit) -> str:
    """Return the name of a move: the same for all who move the same paragraph to the same place."""
    told = (source.paragraph, target.paragraph, str(target.before), str(target.order), target.new)
    return f"move-{sha256(chr(0).join(told).encode()).hexdigest()[:12]}"
