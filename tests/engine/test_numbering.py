"""List labels as Word prints them."""

import pytest
from lxml import etree

from consult.engine.numbering import ListLabels
from consult.engine.ooxml import W

LEVELS = (("decimal", "%1."), ("lowerLetter", "(%2)"), ("lowerRoman", "%1.%2.%3"))


def numbering(levels: tuple[tuple[str, str], ...] = LEVELS, override: str = "") -> bytes:
    inner = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{fmt}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for n, (fmt, text) in enumerate(levels)
    )
    return (
        f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="0">{inner}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        f'<w:num w:numId="2"><w:abstractNumId w:val="0"/>{override}</w:num></w:numbering>'
    ).encode()


def in_list(level: int, number: int = 1) -> etree._Element:
    text = f'<w:pPr xmlns:w="{W}"><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr></w:pPr>'
    return etree.fromstring(text)


def test_deeper_levels_begin_again_under_each_higher_one() -> None:
    labels = ListLabels(numbering(), None)
    told = [labels.label(in_list(level))[0] for level in (0, 1, 1, 0, 1, 2)]
    assert told == ["1.", "(a)", "(b)", "2.", "(a)", "2.a.i"]


def test_an_override_starts_the_list_anew() -> None:
    labels = ListLabels(
        numbering(override='<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>'), None
    )
    assert [labels.label(in_list(0, n))[0] for n in (1, 2, 2)] == ["1.", "7.", "8."]


@pytest.mark.parametrize(
    ("kind", "number", "printed"),
    [
        ("upperRoman", 4, "IV"),
        ("lowerLetter", 28, "bb"),
        ("decimalZero", 3, "03"),
        ("ordinal", 3, "3rd"),
        ("none", 2, ""),
    ],
)
def test_formats(kind: str, number: int, printed: str) -> None:
    labels = ListLabels(numbering(((kind, "%1"),)), None)
    assert [labels.label(in_list(0))[0] for _ in range(number)][-1] == printed


def test_symbols_of_old_fonts_become_bullets() -> None:
    assert ListLabels(numbering((("bullet", "\uf0b7"),)), None).label(in_list(0)) == ("•", 1)


def test_without_a_list_there_is_no_label() -> None:
    assert ListLabels(None, None).label(None) == ("", 0)
    assert ListLabels(numbering(), None).label(in_list(0, 9)) == ("", 0)
