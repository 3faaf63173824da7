"""The hidden cell by which a row of the matrix is recognised when it comes back filled.

It tells whose row it is, and how everything was when the matrix was taken: so that whatever has changed since, in the
sheet or here, is noticed row by row.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from consult import engine

FORM = re.compile(r"c(\d{1,18})-(\d{1,18})-(\d{1,9})-([0-9a-f]{16})-(\d{1,9})-([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class RowKey:
    """Which comment a row is about, and what was so at that time.

    `number` is 0 for a comment without one. `words` is the digest of what the comment says,
    `filled` that of the lead's cells; `version` is the decision's, 0 for none.
    """

    round_id: int
    comment_id: int
    number: int
    words: str
    version: int
    filled: str

    def __str__(self) -> str:
        return f"c{self.round_id}-{self.comment_id}-{self.number}-{self.words}-{self.version}-{self.filled}"

    @classmethod
    def find(cls, text: str) -> Self | None:
        """Return the key that stands in a cell, or None."""
        found = FORM.fullmatch(text.strip())
        if found is None:
            return None
        round_id, comment_id, number, words, version, filled = found.groups()
        return cls(int(round_id), int(comment_id), int(number), words, int(version), filled)


def words_digest(*cells: str) -> str:
    """Return the digest of what a comment says in its cells. Blanks do not count: programs break lines in their own ways."""
    plain = "\n".join("".join(engine.cell_text(cell).split()) for cell in cells)
    return _short(plain)


def plain_cell(text: str) -> str:
    """Return what the lead has written as it comes back from a cell: without blanks around it and at the ends of lines."""
    lines = engine.cell_text(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def filled_digest(decision: str, reason: str, wording: str, duplicate_of: str) -> str:
    """Return the digest of the lead's cells of a row. Here a blank more or less is a change of wording."""
    return _short("\0".join(map(plain_cell, (decision, reason, wording, duplicate_of))))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
