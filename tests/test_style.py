"""Facts about the style of all pages: colours stand out, are named in one place, and dark is dark whoever chose it."""

import re

import pytest

from consult import paths
from consult.web.assets import build_assets, for_dark_systems

FOLDER = paths.STATIC / "style"
TEXT, MARK = 4.5, 3.0
GROUNDS = ("paper", "paper-2")
PAIRS = [
    *((colour, ground, TEXT) for colour in ("ink", "quiet", "quote", "good", "bad", "warn") for ground in GROUNDS),
    *((colour, ground, TEXT) for colour in ("link", "link-strong") for ground in (*GROUNDS, "paper-3", "found")),
    ("ink", "paper-3", TEXT),
    ("ink", "found", TEXT),
    ("quiet", "found", TEXT),
    ("on-found", "found", TEXT),
    ("on-action", "action", TEXT),
    ("on-action", "action-strong", TEXT),
    ("paper", "bad", TEXT),
    ("inserted", "inserted-ground", TEXT),
    ("deleted", "deleted-ground", TEXT),
    *((mark, ground, MARK) for mark in ("edge", "own", "attention", "focus", "action") for ground in GROUNDS),
    *((f"hue-{number}", ground, MARK) for number in range(8) for ground in GROUNDS),
]


def variables(theme: str) -> dict[str, str]:
    """Return the colours of a theme; what the dark one does not name is as in the light one."""
    text = (FOLDER / "00-base.css").read_text("utf-8")
    blocks = re.findall(rf"^[^{{}}]*\[data-bs-theme={theme}\] \{{(.*?)^\}}", text, re.MULTILINE | re.DOTALL)
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", "".join(blocks)))
    return found if theme == "light" else variables("light") | found


def luminance(colour: str) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_stands_out_from_every_ground_it_is_on(theme: str) -> None:
    colours = variables(theme)
    faint = [
        f"{colour} on {ground}: {contrast(colours[colour], colours[ground]):.2f}"
        for colour, ground, least in PAIRS
        if contrast(colours[colour], colours[ground]) < least
    ]
    assert faint == []


def test_contrast_is_computed_as_the_standard_does() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_colours_are_named_in_the_base_only() -> None:
    for file in FOLDER.glob("*.css"):
        if file.name.startswith("00-"):
            continue
        text = re.sub(
            r"/\*.*?\*/|@media print.*?\n\}|@media print \{[^\n]*\n", "", file.read_text("utf-8"), flags=re.DOTALL
        )
        text = re.sub(r"\.picture img \{[^}]*\}", "", text)  # a picture was made for white paper, whatever the theme
        fixed = re.findall(r"[:\s,(](#[0-9a-fA-F]{3,8}\b|rgba?\(\s*\d[^)]*\))", text)
        assert fixed == [], (
            f"{file.name} has colours of its own ({fixed}); name them in 00-base.css, for light and dark"
        )


def test_a_dark_system_gets_every_rule_that_a_dark_choice_gets() -> None:
    style = build_assets()["page.css"].content.decode()
    chosen = style.count("[data-bs-theme=dark]")
    assert chosen > 8
    assert style.count("[data-bs-theme=system]") == chosen
    assert for_dark_systems("/* x */a{b:c}[data-bs-theme=dark] a{b:d}") == (
        "a{b:c}[data-bs-theme=dark] a{b:d}@media (prefers-color-scheme:dark){[data-bs-theme=system] a{b:d}}"
    )
