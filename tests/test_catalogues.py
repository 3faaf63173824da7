"""Six languages: instants, plurals, counts and the order of names in each; what a catalogue lacks is English."""

from datetime import UTC, datetime

import pytest

from consult import catalogues
from consult.catalogues import LANGUAGES, in_order, order_of, say_in, when
from consult.models import Organisation
from consult.phrases import say, say_many


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "27 Nov 2026, 17:00 (Europe/Vienna)"),
        ("fr", "27 nov. 2026, 17:00 (Europe/Vienna)"),
        ("de", "27.11.2026, 17:00 (Europe/Vienna)"),
        ("it", "27 nov 2026, 17:00 (Europe/Vienna)"),
        ("ru", "27 нояб. 2026 г., 17:00 (Europe/Vienna)"),
        ("es", "27 nov 2026, 17:00 (Europe/Vienna)"),
    ],
)
def test_an_instant_is_written_as_in_the_language_and_in_the_zone(language: str, shown: str) -> None:
    written = when(datetime(2026, 11, 27, 16, 0, tzinfo=UTC), "Europe/Vienna", language)
    assert " ".join(written.split()) == shown  # some blanks do not break


def test_the_day_is_the_one_of_the_zone() -> None:
    late = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    assert [when(late, zone, "de")[:10] for zone in ("America/New_York", "Asia/Tashkent")] == [
        "27.11.2026",
        "28.11.2026",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_form_for_every_count(language: str) -> None:
    forms = {catalogues.catalogue(language).plural(n) for n in range(200)} if language != "en" else {0, 1}
    assert forms == {0, 1, 2} if language == "ru" else forms == {0, 1}


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "12,345"), ("de", "12.345"), ("ru", "12\xa0345"), ("es", "12.345")]
)
def test_thousands_of_a_great_count_are_set_apart(language: str, shown: str) -> None:
    said = say_in(language, say_many("untranslated %(num)s", "untranslated %(num)ss", 12345))
    assert said == f"untranslated {shown}s"
    assert say_in(language, say("untranslated %(number)s", number=12345)) == "untranslated 12345"  # a number is a name
    assert say_in(language, say_many("untranslated %(num)s", "untranslated %(num)ss", 9999)) == "untranslated 9999s"


def test_what_a_catalogue_lacks_is_english() -> None:
    assert say_in("ru", say("No catalogue has %(what)s.", what=say("this"))) == "No catalogue has this."
    assert say_in("ru", "what somebody wrote") == "what somebody wrote"
    assert say_in("ru", say("")) == ""  # not the head of the catalogue


def ordered(names: str, language: str = "en") -> str:
    return " ".join(sorted(names.split(), key=lambda name: order_of(name, language)))


def test_accents_and_capitals_do_not_part_what_belongs_together() -> None:
    assert ordered("Zagreb Šćekić Scek Ülker ulker Ulm Übel Łódź Lodz Đakovo Dakar Čačak Cacak") == (
        "Cacak Čačak Dakar Đakovo Lodz Łódź Scek Šćekić Übel ulker Ülker Ulm Zagreb"
    )


def test_cyrillic_stands_behind_latin_but_in_russian_before_it() -> None:
    names = "Женева Zürich Ёлка Елец Ежов Йорк Ирак Яков Aarau"
    cyrillic = "Ежов Елец Ёлка Женева Ирак Йорк Яков"
    assert ordered(names) == f"Aarau Zürich {cyrillic}"
    assert ordered(names, "ru") == f"{cyrillic} Aarau Zürich"


def test_spanish_has_a_letter_more() -> None:
    assert ordered("Nuñez Ñandú Nz Nunez Oca", "es") == "Nunez Nuñez Nz Ñandú Oca"
    assert ordered("Ñandú Nz Oca", "en") == "Ñandú Nz Oca"


def test_signs_around_a_name_do_not_count() -> None:
    assert ordered("„Berlin“ Aachen (Celle) «Alma»") == "Aachen «Alma» „Berlin“ (Celle)"


def test_things_are_ordered_by_their_names() -> None:
    found = in_order([Organisation(name=name) for name in ("Żywiec", "Zagreb", "zoo", "Жабляк")])
    assert [o.name for o in found] == ["Zagreb", "zoo", "Żywiec", "Жабляк"]
