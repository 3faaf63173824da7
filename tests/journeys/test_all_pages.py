"""Every page in a real browser, in light and dark, wide and narrow: axe finds nothing, it fits, it asks nobody else.

Which pages there are stands in tests/pages.py. A page is opened once and then looked at four times: the theme is the
system's, the width the window's. In the dark only those rules of axe are asked again that look at colours.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from consult.web import themes
from tests.viewer import THEMES, WIDTHS, Viewer, a_viewer
from tests.world import Visit, visits

pytestmark = [pytest.mark.browser]
COLOUR_RULES = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
ALL_RULES = {"resultTypes": ["violations"]}
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("body *")]
    .filter(element => element.getBoundingClientRect().right > room + 1 && !element.closest(".pages"))
    .slice(0, 5).map(element => element.outerHTML.slice(0, 120));
}"""
LENGTHEN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  const longer = word => word + word.slice(0, Math.ceil(word.length / 2));
  for (const text of texts) text.textContent = text.textContent.replace(/\\p{L}{3,}/gu, longer);
  return texts.length;
}"""
COLOURS = """() => [...document.querySelectorAll("body, body *:not(.choice)")].map(element => {
  const style = getComputedStyle(element);
  return [element.tagName, style.color, style.backgroundColor, style.borderTopColor, style.fill].join(" ");
})"""
STATUS = "the server responded with a status of"  # the console tells refusals too
PAGE_BYTES, REQUESTS = 150_000, 5


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    with a_viewer(tmp_path_factory.mktemp("world")) as found:
        yield found


@cache
def axe_script() -> str:
    return str(Axe().axe_script)


def found_by_axe(page: Page, options: dict[str, Any]) -> list[tuple[str, list[str]]]:
    result = page.evaluate("options => axe.run(document, options)", options)
    return [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in result["violations"]]


@pytest.mark.parametrize("visit", list(visits()), ids=str)
def test_a_page_keeps_nobody_out(viewer: Viewer, visit: Visit) -> None:
    page = viewer.page(visit.role)
    page.emulate_media(color_scheme="light")
    viewer.open(visit)
    page.evaluate(axe_script())
    found: list[Any] = []
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            rules = ALL_RULES if theme == "light" else COLOUR_RULES
            found += [(width, theme, *violation) for violation in found_by_axe(page, rules)]
        found += [(width, "does not fit", element) for element in page.evaluate(TOO_WIDE)]
    assert found == [], page.url
    assert [told for told in viewer.heard if not (visit.is_refused and STATUS in told)] == [], page.url


def test_words_half_as_long_again_fit_a_telephone(viewer: Viewer) -> None:
    """As they are in German and Russian, and before anybody has translated a new page."""
    found = []
    for visit in {visit.name: visit for visit in visits() if not visit.button}.values():  # one of each kind
        page = viewer.open(visit)
        page.set_viewport_size(WIDTHS["narrow"])
        assert page.evaluate(LENGTHEN) > 10
        found += [(str(visit), element) for element in page.evaluate(TOO_WIDE)]
    assert found == []


@pytest.mark.parametrize("chosen", THEMES)
def test_a_chosen_theme_looks_as_the_same_theme_of_the_system(viewer: Viewer, chosen: str) -> None:
    colours = []
    for theme, system in (("system", chosen), (chosen, "light"), (chosen, "dark")):
        context = viewer.context("lead", color_scheme=system)
        context.add_cookies([{"name": themes.COOKIE, "value": theme, "url": viewer.base_url}])
        page = context.new_page()
        page.goto(f"{viewer.base_url}{viewer.world.address('/rounds/{open}/board')}")
        colours.append(page.evaluate(COLOURS))
        context.close()
    assert len(colours[0]) > 50
    assert colours[0] == colours[1] == colours[2]


def test_a_theme_is_chosen_without_losing_what_was_typed(viewer: Viewer) -> None:
    page = viewer.context("contributor").new_page()
    page.goto(f"{viewer.base_url}{viewer.world.address('/rounds/{open}/comments/new')}")
    page.get_by_label("Comment on the whole draft").fill("Half a thought")
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="dark").press("Enter")
    assert page.get_by_label("Comment on the whole draft").input_value() == "Half a thought"
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.goto(f"{viewer.base_url}/")
    assert page.locator("html[data-bs-theme=dark]").count() == 1
    page.context.close()


@pytest.mark.parametrize(("role", "address"), [("anonymous", "/sign-in"), ("contributor", "/rounds/{open}/document")])
def test_a_first_visit_is_light_on_the_wire(viewer: Viewer, role: str, address: str) -> None:
    page = viewer.context(role).new_page()
    wire = page.context.new_cdp_session(page)
    asked: list[str] = []
    received: list[int] = []
    wire.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    page.goto(f"{viewer.base_url}{viewer.world.address(address)}", wait_until="networkidle")
    page.context.close()
    over_the_wire = [url for url in asked if not url.startswith("data:")]
    assert 3 <= len(over_the_wire) <= REQUESTS, over_the_wire
    assert 30_000 < sum(received) <= PAGE_BYTES
