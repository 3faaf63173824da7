"""What new paragraphs of a negotiation text are called: 5 bis, 5 ter, quater, behind paragraph 5."""

import re
from collections import Counter
from collections.abc import Sequence

from consult.engine.values import Paragraph

LATIN = (
    "bis", "ter", "quater", "quinquies", "sexies", "septies", "octies", "novies", "decies", "undecies", "duodecies",
    "terdecies", "quaterdecies", "quindecies", "sexdecies", "septdecies", "octodecies", "novodecies", "vicies",
)  # fmt: skip
TYPED = re.compile(r"\s*(\(?(?:\d+(?:\.\d+)*|[a-z])\)|\d+(?:\.\d+)*\.?)\s")
COUNTED = ("body", "heading", "list")  # elsewhere (cells, notes, margins) the place says enough


class Ordinals:
    """Gives new paragraphs their names, in text order."""

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        self.paragraphs = paragraphs
        self._given: Counter[tuple[str, bool]] = Counter()

    def next(self, key: str, before: bool) -> str:
        """Return the name of one more paragraph behind or before a paragraph of the base; "" where none is needed."""
        place = next(n for n, p in enumerate(self.paragraphs) if p.key == key)
        if self.paragraphs[place].kind not in COUNTED:
            return ""
        numbered = (p for p in reversed(self.paragraphs[: place + 1]) if p.number and p.kind in COUNTED)
        host = self.paragraphs[place] if before else next(numbered, None)
        if host is None or not host.number:
            return ""
        count = self._given[host.key, before]
        self._given[host.key, before] += 1
        if before:
            return f"before {printed_number(host)}" + (f" ({count + 1})" if count else "")
        return f"{printed_number(host)} {LATIN[count] if count < len(LATIN) else count + 2}"


def printed_number(paragraph: Paragraph) -> str:
    """Return the number a reader sees before a paragraph, from its list or typed; else the one that the matrix prints."""
    typed = TYPED.match(paragraph.text)
    label = paragraph.label if any(c.isalnum() for c in paragraph.label) else ""
    label = label or (typed.group(1) if typed else "")
    return label.rstrip(".") if label else f"para. {paragraph.number}"
