"""Keys pressed as a person presses them: on a page that can be seen."""

from playwright.sync_api import Page

PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def press(page: Page, key: str) -> None:
    """Press a key once the page is painted: before its first picture, and while a dialog closes, a browser drops keys."""
    page.evaluate(PAINTED)
    page.keyboard.press(key)
