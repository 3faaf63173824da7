"""Sentences for people that remember their pattern, so that the edge can say them in the reader's language.

Below the web nobody knows who will read a sentence. `say` makes it in English at once, as a string like any other; what
was filled in stays beside it. The edge looks the pattern up in the reader's language and fills it again.
"""

from typing import Any


class Phrase(str):
    """An English sentence with its pattern (in %-format, as gettext knows it) and the values that fill it."""

    __slots__ = ("many", "pattern", "values")
    pattern: str
    many: str
    values: dict[str, Any]


def say(pattern: str, /, **values: Any) -> Phrase:
    """Return the sentence: `say("Paragraph %(number)s is not there.", number="5")`. A value may be a Phrase itself."""
    return _made(pattern, pattern, "", values)


def say_many(one: str, many: str, num: int, /, **values: Any) -> Phrase:
    """Return the sentence for a count, which both patterns name `%(num)s`."""
    values["num"] = num
    return _made(one if num == 1 else many, one, many, values)


def _made(chosen: str, pattern: str, many: str, values: dict[str, Any]) -> Phrase:
    phrase = Phrase(chosen % values if values else chosen)
    phrase.pattern, phrase.many, phrase.values = pattern, many, values
    return phrase
