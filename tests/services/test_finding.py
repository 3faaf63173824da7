"""Finding words: case, accents, blanks."""

import pytest

from consult.services.finding import excerpt, folded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Le Médiateur européen", "mediateur EUROPEEN"),
        ("Straße und Maß", "strasse"),
        ("Защита ЖЕРТВ торговли", "жертв"),
        ("две ёлки", "елки"),
        ("within two  working\u00a0days", "two working days"),
        ("cafe\u0301 au lait", "café"),
        ("ﬁnal text", "final"),
    ],
)
def test_words_are_found_however_they_are_written(text: str, words: str) -> None:
    assert folded(words) in folded(text)
    found = excerpt(text, folded(words))
    assert found is not None
    assert folded(found.found) == folded(words)
    assert folded(found.before + found.found + found.after) == folded(text)


def test_an_excerpt_shows_the_words_as_written_and_what_is_around_them() -> None:
    text = "A " * 60 + "Médiateur" + " b" * 60
    found = excerpt(text, "mediateur")
    assert found is not None
    assert (found.found, found.before[:2], found.after[-2:]) == ("Médiateur", "… ", " …")
    assert excerpt(text, "nowhere") is None
