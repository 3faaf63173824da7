"""What somebody wrote in an answer, and what of it is only the letter that is answered.

Where that is not plain, more is kept rather than less, and it is said. A signature is left out only below "-- ".
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from consult.rules.quotations import ATTRIBUTION, FORWARD, LABEL, ORIGINAL, QUOTED, RULER

SIGNATURE = "-- "
LONGEST_CONTEXT = 400
LINES_OF_AN_ATTRIBUTION = 4
LINES_OF_FIELDS = 8
FEWEST_FIELDS = 3
LONGEST_LINE = 2000  # a longer one is no mark of a mail program
INVISIBLE = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u200b": None, "\u200e": None, "\u200f": None, "\ufeff": None}
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of what somebody wrote; `context` is the quoted line that it answers, "" where it answers none."""

    text: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody wrote, in order. `is_unsure` says that some of it may be quoted."""

    pieces: tuple[Piece, ...]
    is_unsure: bool = False


@dataclass(slots=True)
class _Block:
    """Lines that follow each other and are all quoted, or all not."""

    is_quoted: bool
    lines: list[str] = field(default_factory=list)

    @property
    def has_words(self) -> bool:
        return any(any(c.isalnum() for c in line) for line in self.lines)


def read_answer(text: str) -> Answer:
    """Return what is new in the text of an answer."""
    lines = text.translate(INVISIBLE).split("\n")
    end, is_unsure = _end_of_own(lines)
    own, below = lines[:end], lines[end:]
    if below and not _has_words(own):  # whoever answers below an original without marks: nobody can tell where
        own, is_unsure = lines, True
    blocks = _blocks(own)
    is_unsure = _drop_attributions(blocks) or is_unsure
    return Answer(_pieces(blocks), is_unsure)


def _has_words(lines: list[str]) -> bool:
    return any(
        _Block(False, _without_signature(block.lines)).has_words for block in _blocks(lines) if not block.is_quoted
    )


def _end_of_own(lines: list[str]) -> tuple[int, bool]:
    """Return where an original begins that has no marks at its lines, and whether something forwarded was met before."""
    is_unsure = False
    for number, line in enumerate(lines):
        if len(line) > LONGEST_LINE:
            continue
        if FORWARD.fullmatch(line):
            is_unsure = True
        elif ORIGINAL.fullmatch(line):
            return number, is_unsure
        elif _begins_fields(lines, number):
            if any(FORWARD.fullmatch(above) for above in lines[max(0, number - 3) : number]):
                continue
            return _with_ruler(lines, number), is_unsure
    return len(lines), is_unsure


def _begins_fields(lines: list[str], number: int) -> bool:
    """Return whether the fields of an original stand here: from whom, when, to whom, about what."""
    if not LABEL["from"].fullmatch(lines[number]):
        return False
    there = [line for line in lines[number : number + LINES_OF_FIELDS * 2] if line.strip()][:LINES_OF_FIELDS]
    found = {name for name, label in LABEL.items() for line in there if label.fullmatch(line[:LONGEST_LINE])}
    return "subject" in found and len(found) >= FEWEST_FIELDS


def _with_ruler(lines: list[str], number: int) -> int:
    """Return where the line of dashes above the fields begins, else where they do."""
    above = number
    while above > 0 and not lines[above - 1].strip():
        above -= 1
    return above - 1 if above > 0 and RULER.fullmatch(lines[above - 1]) else number


def _blocks(lines: list[str]) -> list[_Block]:
    """Divide lines into what is quoted and what is not; blank lines belong to what stands before them."""
    blocks: list[_Block] = []
    for line in lines:
        is_quoted = QUOTED.match(line) is not None
        is_blank = not line.strip()
        if blocks and (is_blank or blocks[-1].is_quoted == is_quoted):
            blocks[-1].lines.append(line)
        else:
            blocks.append(_Block(is_quoted, [line]))
    return blocks


def _drop_attributions(blocks: list[_Block]) -> bool:
    """Leave out the lines that say who wrote what is quoted below; return whether one has nothing quoted below it."""
    for number, block in enumerate(blocks[:-1]):
        if not block.is_quoted and blocks[number + 1].is_quoted:
            start = _attribution(block.lines)
            if start is not None:
                del block.lines[start:]
    return any(ATTRIBUTION.fullmatch(line[:LONGEST_LINE]) for b in blocks if not b.is_quoted for line in b.lines)


def _attribution(lines: list[str]) -> int | None:
    """Return where the attribution begins that ends these lines, which programs break as they please; None for none."""
    end = len(lines)
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    for start in range(end - 1, max(-1, end - 1 - LINES_OF_AN_ATTRIBUTION), -1):
        if not lines[start].strip():
            return None
        if ATTRIBUTION.fullmatch(" ".join(line.strip() for line in lines[start:end])[:LONGEST_LINE]):
            return _paragraph_start(lines, start)
    return None


def _paragraph_start(lines: list[str], start: int) -> int:
    """Return where an attribution really begins: at most two lines above stand without a blank line between."""
    first = start
    while first > 0 and lines[first - 1].strip() and start - first < LINES_OF_AN_ATTRIBUTION - 1:
        first -= 1
    is_alone = first == 0 or not lines[first - 1].strip()
    begins = re.match(r"\s*(?:On|Le|Am|Il|El|Em|Dana|Дана|На|Më|Pe|\w{2,4}[.,])\b", lines[first])
    return first if is_alone and first != start and begins else start


def _without_signature(lines: list[str]) -> list[str]:
    return lines[: lines.index(SIGNATURE)] if SIGNATURE in lines else lines


def _pieces(blocks: list[_Block]) -> tuple[Piece, ...]:
    """Return what is not quoted. Words between quoted lines keep the line they answer; below a whole letter they do not."""
    told = [block for block in blocks if block.is_quoted or _own_words(block)]
    several = any(one.is_quoted and not two.is_quoted for one, two in pairwise(told[1:]))
    inline = several or (bool(told) and not told[0].is_quoted)
    pieces, quoted = list[Piece](), ""
    for block in told:
        if block.is_quoted:
            quoted = _last_words(block.lines) or quoted
        else:
            pieces.append(Piece(_own_words(block), quoted if inline else ""))
    return tuple(pieces)


def _own_words(block: _Block) -> str:
    """Return what somebody wrote in a block, without a signature; "" where nothing is said."""
    lines = _without_signature(block.lines)
    return "\n".join(line.rstrip() for line in lines).strip("\n") if _Block(False, lines).has_words else ""


def _last_words(lines: list[str]) -> str:
    """Return the last paragraph of what is quoted, without its marks."""
    bare = [re.sub(r"^(?: ?>)+ ?", "", line).strip() for line in lines]
    bare = bare[: bare.index("--")] if "--" in bare else bare
    while bare and not any(c.isalnum() for c in bare[-1]):
        bare.pop()
    start = len(bare)
    while start > 0 and bare[start - 1]:
        start -= 1
    return " ".join(bare[start:])[-LONGEST_CONTEXT:]
