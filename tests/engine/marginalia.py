"""Reading the margin comments of a file without the engine's own eyes."""

from collections import Counter

from consult import engine
from consult.engine import ooxml
from consult.engine.margins import PARA_ID, MarginComment, margin_comments
from consult.engine.stories import open_document
from tests.engine.programs import MARKS, Said, members, parsed, with_comments
from tests.engine.specimens import tracked_copy

NAME = "Mission A"
GONE = (*ooxml.DELETED_TAGS, f"{{{ooxml.MC}}}Fallback")


THREAD = (
    Said("prevent and to combat", "Why both?", "Ana"),
    Said("prevent and to combat", "Because of the Protocol.", "Ben", answers=0),
    Said("The victim decides", "Agreed.\nTwice.", "Ana", resolved=True),
    Said("", "Here something is missing.", "Ben", at="co-ordinator"),
    Said("focal point", "Who?", "Ana"),
)
NEW = engine.Edit("p3", "paragraph-inserted", 0, 0, "", "A wholly new paragraph.", "Ana", "Ana")


# ---- reading a file without the engine's own eyes -------------------------------------------------------------------


def anchored_words(data: bytes) -> dict[str, str]:
    """Return for each comment's id the words between its marks, without deleted ones, blanks folded."""
    found: dict[str, list[str]] = {}
    for name, part in members(data).items():
        if not (name.startswith("word/") and name.endswith(".xml") and name.count("/") == 1):
            continue
        open_: set[str] = set()
        for element in parsed(part).iter(*MARKS, ooxml.TEXT):
            number = element.get(ooxml.ID)
            if element.tag == ooxml.TEXT:
                is_gone = any(a.tag in GONE for a in element.iterancestors())
                for other in () if is_gone else open_:
                    found[other].append(element.text or "")
                continue
            found.setdefault(number, [])
            if element.tag == ooxml.COMMENT_START:
                open_.add(number)
            elif element.tag == ooxml.COMMENT_END:
                open_.discard(number)
    return {number: " ".join("".join(words).split()) for number, words in found.items()}


def told(data: bytes, author: str = "") -> list[MarginComment]:
    """Return the margin comments of a file, of one author or of all."""
    return [c for c in margin_comments(open_document(data)) if author in ("", c.author)]


def kept(data: bytes, author: str = "") -> Counter[tuple[str, str, str, bool]]:
    """Return text, words, text of the comment answered and whether it is done, for each comment."""
    comments, words = told(data, author), anchored_words(data)
    texts = {c.id: c.text for c in told(data)}
    return Counter((c.text, words.get(c.id, "nowhere"), texts.get(c.reply_to, ""), c.resolved) for c in comments)


def loose_ends(data: bytes) -> set[str]:
    """Return what is wrong with the marks and parts of comments: each needs the others."""
    parts = members(data)
    ids = [c.get(ooxml.ID) for c in parsed(parts["word/comments.xml"])] if "word/comments.xml" in parts else []
    wrong = {f"comment {i} twice" for i, n in Counter(ids).items() if n > 1}
    texts = [
        parsed(part) for name, part in parts.items()
        if name.startswith(("word/document", "word/foot", "word/end", "word/head"))
    ]  # fmt: skip
    for tag in MARKS:
        marked = Counter(e.get(ooxml.ID) for root in texts for e in root.iter(tag))
        wrong |= {f"{tag[-14:]} {i} without comment" for i in marked.keys() - set(ids)}
        wrong |= {f"{tag[-14:]} {i} twice" for i, n in marked.items() if n > 1}
        if tag == ooxml.COMMENT_REFERENCE:
            wrong |= {f"comment {i} without anchor" for i in set(ids) - marked.keys()}
    changes = Counter(e.get(ooxml.ID) for root in texts for e in root.iter(*ooxml.INSERTED_TAGS, *ooxml.DELETED_TAGS))
    return wrong | {f"change {i} twice" for i, n in changes.items() if n > 1}


def para_ids(data: bytes) -> list[str]:
    """Return the paraIds of all paragraphs of all parts."""
    return [
        name for part, content in members(data).items() if part.endswith(".xml") and part.startswith("word/")
        for e in parsed(content).iter(ooxml.P) if (name := e.get(PARA_ID))
    ]  # fmt: skip


def merged(base: bytes, *copies: tuple[str, bytes]) -> bytes:
    """Return the consolidated file of these copies."""
    read = [(name, engine.read_returned_copy(copy, base, name)) for name, copy in copies]
    return engine.consolidate(base, [engine.Contribution(name, r.edits, r.remarks) for name, r in read]).docx


def commented(base: bytes, edits: list[engine.Edit], *said: Said) -> bytes:
    """Return a copy with tracked edits and comments."""
    return with_comments(tracked_copy(base, edits, "Ana"), said)
