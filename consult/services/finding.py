"""Finding words: case, accents and the ways of writing a blank make no difference."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

SHORTEST, AROUND = 2, 60
ACCENTS = dict.fromkeys(code for code in range(0x300, 0x10000) if unicodedata.combining(chr(code)))


def folded(text: str) -> str:
    """Return a text as it is compared: without accents, small letters, every run of blanks one."""
    if text.isascii():
        return " ".join(text.casefold().split())
    return " ".join(unicodedata.normalize("NFKD", text).translate(ACCENTS).casefold().split())


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Where words stand in a text: what stands before, the words as written there, what follows."""

    before: str
    found: str
    after: str


def excerpt(text: str, words: str) -> Excerpt | None:
    """Return the first place in a text where these folded words stand, None where they do not."""
    letters, origins = list[str](), list[int]()
    for position, character in enumerate(text):
        for letter in _letters(character):
            if letter != " " or (letters and letters[-1] != " "):
                letters.append(letter)
                origins.append(position)
    place = "".join(letters).find(words)
    if place < 0:
        return None
    start, end = origins[place], origins[place + len(words) - 1] + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return Excerpt(
        ("… " if start > AROUND else "") + before, text[start:end], after + (" …" if end + AROUND < len(text) else "")
    )


def _letters(character: str) -> Iterator[str]:
    if character.isspace():
        yield " "
        return
    for letter in unicodedata.normalize("NFKD", character):
        if not unicodedata.combining(letter):
            for folded_letter in letter.casefold():
                yield " " if folded_letter.isspace() else folded_letter
