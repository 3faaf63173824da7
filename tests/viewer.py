"""A browser that opens the pages of a world as each role, for tests and for screenshots."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from waitress import create_server

from tests.conftest import free_port
from tests.tools import need
from tests.world import Visit, World, make_world

CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}
THEMES = ("light", "dark")


class Viewer:
    """The served world and a browser; one context for each role, kept.

    `heard` is what went wrong since an address was opened: errors the console tells, and requests to other hosts.
    """

    def __init__(self, world: World, base_url: str, browser: Browser, language: str = "en") -> None:
        self.world, self.base_url, self.browser, self.language = world, base_url, browser, language
        self.heard: list[str] = []
        self._pages: dict[str, Page] = {}

    def page(self, role: str) -> Page:
        """Return the page on which a role walks about; its system can be made light or dark."""
        if role not in self._pages:
            self._pages[role] = self.context(role).new_page()
            self._listen(self._pages[role])
        return self._pages[role]

    def _listen(self, page: Page) -> None:
        own = (self.base_url, "data:", "about:")
        page.on("console", lambda message: self.heard.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.heard.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(own) else self.heard.append(asked.url))

    def context(self, role: str, **more: Any) -> BrowserContext:
        """Return a new context in which a role is signed in. Nothing moves while it is looked at."""
        usual = {"viewport": WIDTHS["wide"], "reduced_motion": "reduce", "locale": self.language}
        context = self.browser.new_context(**usual | more)
        for name, token in self.world.cookies_of(role).items():
            context.add_cookies([{"name": name, "value": token, "url": self.base_url, "httpOnly": True}])
        return context

    def open(self, visit: Visit) -> Page:
        """Open an address as a role, and send the form on it if there is a button to press."""
        page = self.page(visit.role)
        self.heard.clear()
        page.goto(f"{self.base_url}{self.world.address(visit.address)}", wait_until="load")
        for field, value in visit.filled:
            page.fill(field, value)
        if visit.button:
            with page.expect_navigation():
                page.locator(visit.button).first.click()
        return page


@contextmanager
def a_viewer(folder: Path, language: str = "en") -> Iterator[Viewer]:
    """Serve a world on a free port and open a browser that asks for a language."""
    chromium, port = need("chromium"), free_port()
    base_url = f"http://127.0.0.1:{port}"
    world = make_world(folder, base_url=base_url)
    server = create_server(world.app, host="127.0.0.1", port=port, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        try:
            yield Viewer(world, base_url, browser, language)
        finally:
            browser.close()
            server.close()
