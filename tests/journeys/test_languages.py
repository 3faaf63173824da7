"""Six languages in a real browser: chosen by keyboard, kept, and every page fits a telephone in each of them."""

from collections.abc import Iterator

import pytest

from consult.web.languages import COOKIE
from tests.journeys.keys import press
from tests.journeys.test_all_pages import TOO_WIDE
from tests.viewer import WIDTHS, Viewer, a_viewer
from tests.world import visits

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    with a_viewer(tmp_path_factory.mktemp("world")) as found:
        yield found


def test_a_language_is_chosen_with_the_keyboard_and_kept(viewer: Viewer) -> None:
    page = viewer.context("anonymous", locale="fr-FR").new_page()
    page.goto(f"{viewer.base_url}/sign-in")
    assert page.locator("html").get_attribute("lang") == "fr"
    for _ in range(30):
        press(page, "Tab")
        if page.evaluate("document.activeElement.value") == "ru":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    press(page, "Enter")
    page.wait_for_selector("html[lang=ru]")
    assert page.get_by_role("button", name="Русский").get_attribute("aria-pressed") == "true"
    page.goto(f"{viewer.base_url}/sign-in")
    assert page.locator("html").get_attribute("lang") == "ru"
    page.context.close()


@pytest.mark.parametrize("language", ["fr", "it", "es"])  # the two others are looked at with all pages
def test_every_page_fits_a_telephone(viewer: Viewer, language: str) -> None:
    found = []
    for visit in visits():
        if visit.filled:
            continue
        page = viewer.page(visit.role)
        page.context.add_cookies([{"name": COOKIE, "value": language, "url": viewer.base_url}])
        page.set_viewport_size(WIDTHS["narrow"])
        viewer.open(visit)
        assert page.locator("html").get_attribute("lang") == language
        found += [(str(visit), element) for element in page.evaluate(TOO_WIDE)]
    assert found == []
