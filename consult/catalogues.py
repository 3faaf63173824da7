"""Six languages: what a sentence is in each, how an instant is written, in which order names stand.

The catalogues are gettext's .po files. They are read as they are when a language is first asked for, so nothing has to
be compiled before the app runs, and a checkout, an editable install and a wheel are alike.
"""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from io import BytesIO
from operator import attrgetter
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from consult import paths
from consult.phrases import Phrase

T = TypeVar("T")

SOURCE = "en"
LANGUAGES = {
    "en": "English",
    "fr": "Français",
    "de": "Deutsch",
    "it": "Italiano",
    "ru": "Русский",
    "es": "Español",
}
LOCALES = {"en": "en_GB"}  # the day stands before the month
GROUPED_FROM = 10_000  # four digits stand together in all six languages


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the catalogue of a language. What it lacks comes out in English."""
    if language == SOURCE or language not in LANGUAGES:
        return NullTranslations()
    with (paths.TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        words = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, words)
    compiled.seek(0)
    return Translations(compiled)


def say_in(language: str, message: str) -> str:
    """Return a sentence in a language. What is no Phrase is returned as it is."""
    if not isinstance(message, Phrase) or not message.pattern:
        return str(message)
    words, values = catalogue(language), _values_in(language, message)
    if message.many:
        return str(words.ungettext(message.pattern, message.many, message.values["num"])) % values
    said = str(words.ugettext(message.pattern))
    return said % values if values else said


def _values_in(language: str, message: Phrase) -> dict[str, Any]:
    return {
        name: say_in(language, value) if isinstance(value, Phrase) else counted(language, name, value)
        for name, value in message.values.items()
    }


def counted(language: str, name: str, value: Any) -> Any:
    """Return a value for a sentence: a count with its thousands set apart, anything else as it is."""
    is_count = name in ("num", "count") and isinstance(value, int) and value >= GROUPED_FROM
    return numbers.format_decimal(value, locale=_locale(language)) if is_count else value


@lru_cache(maxsize=4096)
def when(instant: datetime, zone: str, language: str = SOURCE) -> str:
    """Return an instant as people of a zone read it in a language: 27 Nov 2026, 17:00 (Europe/Vienna)."""
    return _when(instant, zone, "medium", language)


def when_there(instant: datetime, zone: str, there: str, language: str = SOURCE) -> str:
    """Return an instant of one zone as people in another read it, for beside the first; "" where the zone is the same."""
    return when(instant, there, language) if there != zone else ""


def when_in_full(instant: datetime, zone: str, language: str = SOURCE) -> str:
    """Return the same with the day of the week: Friday 27 November 2026, 17:00 (Europe/Vienna)."""
    return _when(instant, zone, "full", language)


def _when(instant: datetime, zone: str, width: Literal["medium", "full"], language: str) -> str:
    """Return an instant in words. Where the clocks show its time twice, the offset tells which of the two it is."""
    local = instant.astimezone(ZoneInfo(zone))
    day = dates.format_date(local.date(), width, locale=_locale(language))
    twin = local.replace(fold=1 - local.fold)
    comes_twice = twin.utcoffset() != local.utcoffset()
    return f"{day}, {local:%H:%M} ({zone}{_offset(local) if comes_twice else ''})"


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return f", UTC{text[:3]}:{text[3:5]}"


def day_in_words(day: date, language: str = SOURCE) -> str:
    """Return a day as it is written in a language: Tue, 8 Dec 2026 and the like."""
    pattern = dates.format_skeleton("yMMMEd", day, locale=_locale(language))
    return str(pattern)


def country_in_words(code: str, language: str = SOURCE) -> str:
    """Return the name of a country by its ISO code in a language; the code where there is no name."""
    return str(Locale.parse(_locale(language)).territories.get(code, code))


def exactly(instant: datetime, zone: str, language: str = SOURCE) -> str:
    """Return an instant to the second, in a zone and in UTC, for records: no second is rounded up."""
    local, utc = instant.astimezone(ZoneInfo(zone)), instant.astimezone(UTC)
    day = dates.format_date(local.date(), "medium", locale=_locale(language))
    told = f"{day}, {local:%H:%M:%S} ({zone})"
    return told if zone == "UTC" else f"{told} = {utc:%Y-%m-%d %H:%M:%S} UTC"


def _locale(language: str) -> str:
    return LOCALES.get(language, language)


# ---- the order of names ---------------------------------------------------------------------------------------------

LETTERS = {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
OWN_LETTERS = frozenset("йўїѓќ")  # their marks make letters of them, not accents
BEHIND = "\U000f0000"  # behind every letter


def order_of(text: str, language: str = SOURCE) -> tuple[str, str, str]:
    """Return what puts names into the order of a language's dictionaries: first letters, then accents, then capitals.

    Marks of other signs do not count. Spanish has ñ behind n; in Russian, Cyrillic stands before Latin; elsewhere behind.
    """
    first, second = [], []
    for character in unicodedata.normalize("NFC", text).casefold():
        base, marks = _parts(character, language)
        if not base[0].isalnum():
            base, marks = " ", ""
        first.append("".join(_ranked(letter, language) for letter in base))
        second.append(marks + " ")
    return " ".join("".join(first).split()), "".join(second), text.swapcase()


def _parts(character: str, language: str) -> tuple[str, str]:
    if character in OWN_LETTERS:
        return character, ""
    if character == "ñ" and language == "es":
        return "n" + BEHIND, ""
    if character in LETTERS:
        return LETTERS[character], character
    plain = unicodedata.normalize("NFKD", character)
    base = "".join(part for part in plain if not unicodedata.combining(part))
    return (base or character), "".join(part for part in plain if unicodedata.combining(part))


def _ranked(letter: str, language: str) -> str:
    if language == "ru" and "a" <= letter <= "z":
        return chr(0xE000 + ord(letter))
    return letter


def in_order(items: Iterable[T], attribute: str = "name", language: str = SOURCE) -> list[T]:
    """Return items by name in the order of a language."""
    name = attrgetter(attribute)
    return sorted(items, key=lambda item: order_of(str(name(item)), language))
