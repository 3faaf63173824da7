"""A change in exact words, and back: what the column “Proposed change” of a comment form says.

What is read is never guessed: words that stand in a paragraph more than once or not at all are no place for a change.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rapidfuzz import fuzz

from consult.engine.values import ATOM, Edit, MergedEdit, Paragraph
from consult.engine.wording import LIKE, TOKEN, Replacement, apply_edits, compare, kind_of
from consult.phrases import say

ATOM_TOLD = "[*]"  # how a note mark, a picture or a field is told
ALIKE = {sign: like for sign, like in LIKE.items() if like is not None and len(str(like)) == 1}
WIDEST = 12  # words on each side, at most, that say which of several equal ones is meant
SIMILAR, SIMILAR_IF_SAID = 60.0, 45.0  # per cent from which words are a new wording of the paragraph
QUOTES = {
    "“": "”", "„": "“”", "«": "»", "»": "«", "‘": "’", "‚": "‘’", "‹": "›", '"': '"', "'": "'", "”": "”",
}  # fmt: skip
VERBS = "replace|substitute|change|amend|delete|remove|strike|omit|insert|add"
SENTENCES = re.compile(rf"(?:\n|;|,? and)\s*(?=(?:{VERBS}|after|before)\b)", re.IGNORECASE)
CALLED = re.compile(
    r"\A(?:the\s+)?(?:words?|phrase|term|text|sentence|expression)\s*:?\s*(?=[“„«»‘‚‹\"'”])", re.IGNORECASE
)


# ---- told -----------------------------------------------------------------------------------------------------------


def told_change(edit: Edit | MergedEdit, text: str = "") -> str:
    """Return a change of a paragraph with this text in exact words, with as many around them as say where it is."""
    old, new = (words.replace(ATOM, ATOM_TOLD) for words in (edit.old, edit.new))
    if edit.kind not in ("insert", "delete", "replace"):
        return _told_whole(edit, old, new)
    wanted = apply_edits(text, [_plain(edit)])
    first = ""
    for candidate in _ways_to_tell(edit, old, new, text):
        first = first or candidate
        found = _inline(candidate, text)
        if found is not None and apply_edits(text, found) == wanted:
            return candidate
    return first


def _told_whole(edit: Edit | MergedEdit, old: str, new: str) -> str:
    """Return a change of a whole paragraph, row or table, or of how it looks."""
    added = {
        ("paragraph-inserted", True): say("Add a paragraph before this one: “%(new)s”", new=new),
        ("paragraph-inserted", False): say("Add a paragraph after this one: “%(new)s”", new=new),
        ("table-inserted", True): say("Add a table before this paragraph: “%(new)s”", new=new),
        ("table-inserted", False): say("Add a table after this paragraph: “%(new)s”", new=new),
        ("row-inserted", True): say("Add a row before this one: “%(new)s”", new=new),
        ("row-inserted", False): say("Add a row after this one: “%(new)s”", new=new),
    }
    if edit.kind == "paragraph-inserted" and edit.before and edit.until:
        return say("Add a paragraph before this table: “%(new)s”", new=new)
    others = {
        "paragraph-deleted": say("Delete the paragraph: “%(old)s”", old=old),
        "row-deleted": say("Delete the row: “%(old)s”", old=old),
        "format": say("Change how “%(old)s” looks", old=old),
        "paragraph-format": say("Change how the paragraph looks"),
    }
    return added.get((edit.kind, edit.before)) or others[edit.kind]


def _plain(edit: Edit | MergedEdit) -> Edit:
    return Edit(edit.paragraph, edit.kind, edit.start, edit.end, edit.old, edit.new)


def _ways_to_tell(edit: Edit | MergedEdit, old: str, new: str, text: str) -> Iterator[str]:
    """Yield sentences for a change, from the shortest to the one with most words around."""
    if edit.kind == "insert":
        for before, after in _around(edit, text):
            if before:
                yield say("Insert “%(new)s” after “%(before)s”", new=new, before=before)
            elif after:
                yield say("Insert “%(new)s” before “%(after)s”", new=new, after=after)
        for before, after in _around(edit, text):
            if before and after:
                yield say("Insert “%(new)s” between “%(before)s” and “%(after)s”", new=new, before=before, after=after)
        yield say("Insert “%(new)s”", new=new)
    else:
        change = say("Replace “%(old)s” by “%(new)s”", old=old, new=new) if new else say("Delete “%(old)s”", old=old)
        yield change
        for before, after in _around(edit, text):
            yield say("%(change)s in “%(words)s”", change=change, words=f"{before}{old}{after}")
    for before, after in _around(edit, text):
        both = {"old": f"{before}{old}{after}", "new": f"{before}{new}{after}"}
        yield say("Replace “%(old)s” by “%(new)s”", **both)


def _around(edit: Edit | MergedEdit, text: str) -> Iterator[tuple[str, str]]:
    """Yield the words before and behind a change, more and more of them."""
    left = [m.start() for m in TOKEN.finditer(text) if m.start() < edit.start and not m.group().isspace()]
    right = [m.end() for m in TOKEN.finditer(text) if m.end() > edit.end and not m.group().isspace()]
    for size in range(1, min(WIDEST, max(len(left), len(right))) + 1):
        start = left[-min(size, len(left))] if left else edit.start
        end = right[min(size, len(right)) - 1] if right else edit.end
        yield text[start : edit.start].replace(ATOM, ATOM_TOLD), text[edit.end : end].replace(ATOM, ATOM_TOLD)


# ---- understood -----------------------------------------------------------------------------------------------------


def understand(proposed: str, paragraph: Paragraph, beside: Sequence[Paragraph] = ()) -> tuple[Edit, ...] | None:
    """Return the edits that a proposed change of a paragraph means, or None for what is not exact enough.

    `beside` are the paragraphs of the draft: a row or table is known by all of its own.
    """
    proposed = proposed.strip()
    whole = _whole(proposed, paragraph, beside)
    if whole is not None:
        return (whole,)
    found = _inline(proposed, paragraph.text)
    if found is None:
        found = _new_wording(proposed, paragraph)
    if found is None or not found or any(ATOM in e.new or ATOM_TOLD in e.new for e in found):
        return None
    return tuple(replace(e, paragraph=paragraph.key) for e in found)


def find_words(text: str, words: str) -> int | None:
    """Return where words stand in a text, if that is one place: as they are, else with other quotation marks or case."""
    for one, other in ((text, words), (_folded(text), _folded(words)), (_folded(text, True), _folded(words, True))):
        if not other or len(one) != len(text):
            return None
        places = [m.start() for m in re.finditer(f"(?={re.escape(other)})", one)]
        apart = [p for p in places if _is_apart(one, p) and _is_apart(one, p + len(other))]
        if places:
            return (apart or places)[0] if len(apart or places) == 1 else None
    return None


def _folded(text: str, caseless: bool = False) -> str:
    plain = text.translate(ALIKE)
    return plain.lower() if caseless else plain


def _is_apart(text: str, position: int) -> bool:
    return not (0 < position < len(text) and text[position - 1].isalnum() and text[position].isalnum())


# ---- paragraphs, rows -----------------------------------------------------------------------------------------------

PARAGRAPH = r"(?:paragraph|para\.?|item|bullet(?: point)?|heading|footnote)"
DELETE_WHOLE = re.compile(
    rf"(?:delete|remove|strike(?: out)?|omit)(?: (?:the|this))?(?: (?:whole|entire))?(?: ({PARAGRAPH}|row))?"
    r"(?:\s*:\s*(?P<words>.+))?\.?",
    re.IGNORECASE | re.DOTALL,
)
ADD_WHOLE = re.compile(
    rf"(?:add|insert) (?:a |one )?(?:new )?{PARAGRAPH}"
    rf"(?: (?P<where>before|after)(?: this)?(?: (?P<what>one|{PARAGRAPH}|table))?)?"
    r"\s*:\s*(?P<words>.+)",
    re.IGNORECASE | re.DOTALL,
)


def _whole(proposed: str, paragraph: Paragraph, beside: Sequence[Paragraph]) -> Edit | None:
    """Return a deletion of the paragraph or its row, or a new paragraph beside it."""
    if match := DELETE_WHOLE.fullmatch(proposed):
        words = _unquoted(match.group("words")) if match.group("words") else ""
        if match.group(1) and match.group(1).lower() == "row":
            return _row_deleted(paragraph, words or "", beside)
        if words is None or (match.group("words") and not _same(words, paragraph.text)):
            return None
        return Edit(paragraph.key, "paragraph-deleted", 0, len(paragraph.text), paragraph.text, "")
    if match := ADD_WHOLE.fullmatch(proposed):
        words, before = _unquoted(match.group("words")), (match.group("where") or "").lower() == "before"
        table = (match.group("what") or "").lower() == "table"
        if not words or ATOM_TOLD in words or (table and paragraph.cell is None):
            return None
        until = _last_of_table(paragraph, beside) if table and before else ""
        return Edit(paragraph.key, "paragraph-inserted", 0, 0, "", words, before=before, until=until)
    return None


def _same(words: str, text: str) -> bool:
    return " ".join(words.translate(ALIKE).split()) == " ".join(text.replace(ATOM, ATOM_TOLD).translate(ALIKE).split())


def _row_deleted(paragraph: Paragraph, words: str, beside: Sequence[Paragraph]) -> Edit | None:
    cell = paragraph.cell
    row = [p for p in beside if p.cell and cell and (p.cell.table, p.cell.row) == (cell.table, cell.row)]
    return Edit(row[0].key, "row-deleted", 0, 0, words, "", until=row[-1].key) if row else None


def _last_of_table(paragraph: Paragraph, beside: Sequence[Paragraph]) -> str:
    table = [p.key for p in beside if p.cell and paragraph.cell and p.cell.table == paragraph.cell.table]
    return table[-1] if table else paragraph.key


# ---- words ----------------------------------------------------------------------------------------------------------


def _unquoted(raw: str) -> str | None:
    """Return the words in quotation marks, or None where there are none around it all."""
    raw = CALLED.sub("", raw.strip(), count=1)
    for ending in ("", ".", ",", ";"):
        inner = raw.removesuffix(ending)
        if ending and inner == raw:
            continue
        closing = QUOTES.get(inner[:1], "")
        if len(inner) > 1 and closing and inner[-1] in closing and _is_balanced(inner[1:-1], inner[0], closing):
            return inner[1:-1]
    return None


def _is_balanced(inner: str, opening: str, closing: str) -> bool:
    if opening in "'‘‚":
        return not re.search(r"[’'‘]\s+\w+\s+[‘'‚]", inner)  # an apostrophe is no quotation mark
    depth = 0
    for sign in inner:
        depth += 1 if sign == opening and opening not in closing else -1 if sign in closing else 0
        if depth < 0:
            return False
    return depth == 0


def _operand(raw: str) -> str | None:
    """Return quoted words, or a single word without quotation marks."""
    words = _unquoted(raw)
    if words is None and re.fullmatch(r"\w[\w’'-]*", raw.strip()):
        return raw.strip()
    return words


def _splits(text: str, separator: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(separator, text, re.IGNORECASE):
        yield text[: match.start()], text[match.end() :]


def _inline(proposed: str, text: str) -> tuple[Edit, ...] | None:
    """Return the edits that sentences like “Replace X by Y” mean for a text; several that overlap mean nothing."""
    found = _sentence(proposed, text)
    if found is None:
        parts = [part for part in SENTENCES.split(proposed) if part.strip()]
        each = [_sentence(part, text) for part in parts] if len(parts) > 1 else [None]
        if None in each:
            return None
        found = tuple(e for edits in each if edits for e in edits)
    ordered = sorted(found, key=lambda e: (e.start, e.end))
    if any(b.start < a.end or (a.start, a.end) == (b.start, b.end) for a, b in pairwise(ordered)):
        return None
    return tuple(ordered)


def _sentence(sentence: str, text: str) -> tuple[Edit, ...] | None:
    verb, _, rest = sentence.strip().partition(" ")
    verb, rest = verb.lower().rstrip(":"), rest.strip()
    if verb in ("after", "before"):
        for place, words in _splits(rest, r",?\s+(?:insert|add)\s+(?=\W)"):
            return _inserted(words, verb, place, "", text)
    places = [(rest, ""), *_splits(rest, r"\s+in\s+(?=[“\"„«])")][::-1]
    for change, context in places:
        found = _change(verb, change, context, text)
        if found is not None:
            return found
    return None


def _change(verb: str, change: str, context: str, text: str) -> tuple[Edit, ...] | None:
    if verb in ("delete", "remove", "strike", "omit"):
        return _replaced(change.removeprefix("out "), "", context, text)
    if verb in ("replace", "substitute", "change", "amend"):
        pairs = [*_splits(change, r"\s+(?:by|with|to|into)\s+")]
        pairs += [(old, new) for new, old in _splits(change, r"\s+for\s+") if verb == "substitute"]
        return next((found for old, new in pairs if (found := _replaced(old, new, context, text)) is not None), None)
    if verb in ("insert", "add"):
        if match := re.fullmatch(
            r"(.+?),?\s+at the (end|beginning|start)(?: of .*)?", change, re.IGNORECASE | re.DOTALL
        ):
            return _inserted(match.group(1), "at " + match.group(2).lower(), "", context, text)
        for new, places in _splits(change, r"\s+between\s+"):
            for left, right in _splits(places, r"\s+and\s+"):
                if (found := _between(new, left, right, text)) is not None:
                    return found
        for separator in ("after", "before"):
            for new, place in _splits(change, rf"\s+{separator}\s+"):
                if (found := _inserted(new, separator, place, context, text)) is not None:
                    return found
        return _inserted(change, "at end", "", context, text) if not text else None
    return None


def _stretch(context: str, text: str) -> tuple[int, str] | None:
    """Return where the words given as context begin, and the words; without context the whole text."""
    if not context:
        return 0, text
    words = _unquoted(context)
    start = find_words(text, _with_atoms(words, text)) if words else None
    return (start, text[start : start + len(_with_atoms(words or "", text))]) if start is not None else None


def _with_atoms(words: str, text: str) -> str:
    return words if ATOM not in text or ATOM_TOLD in text else words.replace(ATOM_TOLD, ATOM)


def _replaced(old: str, new: str, context: str, text: str) -> tuple[Edit, ...] | None:
    words, others, stretch = _operand(old), _operand(new) if new else "", _stretch(context, text)
    if not words or others is None or stretch is None:
        return None
    words, others = _with_atoms(words, text), _with_atoms(others, text)
    start = find_words(stretch[1], words)
    if start is None:
        return None
    start += stretch[0]
    there = text[start : start + len(words)]
    moves = [Replacement(start + r.start, start + r.end, r.new) for r in compare(there, others)] if others else []
    return _edits(moves or [Replacement(start, start + len(words), others)], text)


def _edits(moves: Sequence[Replacement], text: str) -> tuple[Edit, ...]:
    return tuple(Edit("", kind_of(r), r.start, r.end, text[r.start : r.end], r.new) for r in moves)


def _needs_blank(left: str, right: str) -> bool:
    """Return whether two words would run into one another."""
    return bool(left) and right.isalnum() and not left.isspace() and left not in "([{“‘«-–/"


def _inserted(new: str, where: str, place: str, context: str, text: str) -> tuple[Edit, ...] | None:
    words, stretch = _unquoted(new), _stretch(context, text)
    if not words or stretch is None:
        return None
    position = len(text) if where == "at end" else 0
    if not where.startswith("at "):
        beside = _with_atoms(_operand(place) or "", text)
        start = find_words(stretch[1], beside)
        if start is None:
            return None
        position = stretch[0] + start + (len(beside) if where == "after" else 0)
    left, right = text[:position][-1:], text[position:][:1]
    before, after = (" " if _needs_blank(*pair) else "" for pair in ((left, words[0]), (words[-1], right)))
    return (Edit("", "insert", position, position, "", f"{before}{words}{after}"),)


def _between(new: str, left: str, right: str, text: str) -> tuple[Edit, ...] | None:
    """Return an insertion between words that follow one another, be they parts of one word or apart by a blank."""
    words, one, other = _unquoted(new), _unquoted(left), _unquoted(right)
    if not words or not one or not other:
        return None
    one, other = _with_atoms(one, text), _with_atoms(other, text)
    start = find_words(text, one + other)
    if start is not None:
        position = start + len(one)
        return (Edit("", "insert", position, position, "", words),)
    return _inserted(new, "after", left, f"“{one} {other}”", text)


# ---- a new wording --------------------------------------------------------------------------------------------------

SAID = re.compile(
    r"(?:(?:the |this )?(?:paragraph|para|text|sentence|heading|item)?\s*(?:to|should|shall|would|could) (?:now )?read"
    r"|(?:re-?word|re-?phrase|re-?formulate|read)(?:ed)?(?: (?:as|to|to read))?"
    r"|(?:new|proposed|alternative|suggested|revised) (?:text|wording|paragraph|formulation))"
    r"(?: as follows)?\s*(?::|(?=[“\"„«]))\s*",
    re.IGNORECASE,
)
TALK = re.compile(
    rf"(?:please|suggest|consider|clarify|explain|see|move|merge|split|combine|we |it is |why |what |{VERBS})\b",
    re.IGNORECASE,
)


def _new_wording(proposed: str, paragraph: Paragraph) -> tuple[Edit, ...] | None:
    """Return the edits that turn the paragraph into what is proposed, if that is like it. Note marks and pictures stay."""
    said = SAID.match(proposed)
    wording = proposed[said.end() :].strip() if said else proposed
    quoted = _unquoted(wording)
    wording = (quoted if quoted is not None else wording).strip()
    if paragraph.label and wording.startswith(paragraph.label) and not paragraph.text.startswith(paragraph.label):
        wording = wording.removeprefix(paragraph.label).strip()
    if not wording or (not said and quoted is None and TALK.match(wording)) or "\n\n" in wording:
        return None
    wording = _with_atoms(wording, paragraph.text)
    threshold = SIMILAR_IF_SAID if said or quoted is not None else SIMILAR
    if fuzz.ratio(paragraph.text, wording) < threshold:
        return None
    return _edits([part for r in compare(paragraph.text, wording) for part in _sparing_atoms(r, paragraph.text)],
                  paragraph.text)  # fmt: skip


def _sparing_atoms(r: Replacement, text: str) -> Iterator[Replacement]:
    """Yield a replacement in pieces that leave note marks, pictures and fields where they are: typed words have none."""
    new, start = r.new, r.start
    for piece in text[r.start : r.end].split(ATOM):
        if piece or new:
            yield Replacement(start, start + len(piece), new)
            new = ""
        start += len(piece) + 1
