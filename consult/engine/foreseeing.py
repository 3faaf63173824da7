"""The draft and accepted proposals -> how one paragraph will read in the next draft, without writing the file."""

from collections.abc import Sequence

from consult.engine.consolidating import joined
from consult.engine.merging import merge
from consult.engine.values import Contribution, Draft, Edit
from consult.engine.wording import Change, show_changes


def foresee(draft: Draft, key: str, accepted: Sequence[Contribution]) -> tuple[Change, ...] | None:
    """Return paragraph `key` as `write_next_draft` will make it, or None where it would refuse it as contradictory.

    Each contribution is one accepted proposal. New paragraphs stand before and behind, apart by blank lines; nothing but
    deleted words is left of a paragraph that goes.
    """
    merged = merge(draft.paragraphs, joined(accepted))
    text = next(p.text for p in draft.paragraphs if p.key == key)
    disputed = [*(c.paragraph for c in merged.conflicts), *(e.paragraph for e in merged.set_aside)]
    if key in disputed:
        return None
    if key not in merged.layers:
        return show_changes(text, ())
    layers, inline = merged.layers[key], merged.inline[key]
    words = {(e.start, e.end, e.new, e.kind): e for edits in inline.values() for e in edits}
    behind = [Edit(key, "paragraph-inserted", 0, 0, "", new.text, order=n) for n, new in enumerate(layers.behind)]
    before = [Change("inserted", f"{new.text}\n\n") for new in layers.before]
    return (*before, *show_changes(text, [*words.values(), *behind]))
