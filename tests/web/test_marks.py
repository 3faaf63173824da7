"""The marks of organisations and the theme of a page."""

from typing import Any

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import sync_playwright

from consult.web.marks import organisation_mark, path_of
from tests import factories
from tests.journeys.test_browser import CHROMIUM_OPTIONS
from tests.tools import need

DRAWN = """paths => {
  const size = 18, drawn = paths.map(path => {
    const canvas = new OffscreenCanvas(size, size), pen = canvas.getContext("2d");
    pen.scale(size / 20, size / 20);
    pen.fill(new Path2D(path), "evenodd");
    const pixels = pen.getImageData(0, 0, size, size).data;
    return Array.from({length: size * size}, (_, i) => pixels[4 * i + 3] / 255);
  });
  let least = [1e9, 0, 0];
  for (let a = 0; a < drawn.length; a++) for (let b = 0; b < a; b++) {
    const apart = drawn[a].reduce((sum, ink, i) => sum + Math.abs(ink - drawn[b][i]), 0);
    if (apart < least[0]) least = [apart, b, a];
  }
  return least;
}"""
LEAST_APART = 12  # of 324 pixels: a dot of four by three, or a bar turned


@pytest.mark.browser
def test_sixty_four_marks_differ_in_what_is_drawn_without_any_colour() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need("chromium"), args=CHROMIUM_OPTIONS)
        apart, one, other = browser.new_page().evaluate(DRAWN, [path_of(number) for number in range(64)])
        browser.close()
    assert apart >= LEAST_APART, f"marks {one} and {other} differ in {apart:.1f} pixels"


def test_a_mark_is_the_same_every_time_and_is_read_as_the_organisations_name() -> None:
    mark = organisation_mark(7, "A&B", "Mission <to> somewhere")
    assert mark == organisation_mark(7, "A&B", "Mission <to> somewhere")
    assert 'role="img" aria-label="Mission &lt;to&gt; somewhere"' in mark
    assert mark.endswith("</svg>A&amp;B</span>")


def test_beside_its_name_a_mark_is_not_read_a_second_time(app: Flask, session: Any) -> None:
    organisation = factories.an_organisation(session, code="MDA", name="Mission to Moldova")
    with app.test_request_context():
        shown = render_template_string(
            '{% from "organisations/_mark.html" import organisation_mark, organisation_label %}'
            "{{ organisation_mark(o) }}|{{ organisation_label(o) }}",
            o=organisation,
        )
    alone, beside = shown.split("|")
    assert "aria-hidden" not in alone.partition(">")[0]
    assert '<span aria-hidden="true"><span class="organisation-mark' in beside
    assert beside.endswith("</span> Mission to Moldova</span>")


# ---- light and dark -------------------------------------------------------------------------------------------------


def theme_of(page: str) -> str:
    return page.partition('data-bs-theme="')[2].partition('"')[0]


def test_a_page_follows_the_system_until_somebody_chooses(app: Flask) -> None:
    client = app.test_client()
    assert theme_of(client.get("/sign-in").text) == "system"
    answer = client.post("/theme", data={"theme": "dark", "next": "/sign-in?next=/rounds/1/document"})
    assert answer.headers["Location"] == "/sign-in?next=/rounds/1/document"
    page = client.get("/sign-in").text
    assert theme_of(page) == "dark"
    assert 'value="dark" aria-pressed="true"' in page
    client.post("/theme", data={"theme": "system"})
    assert theme_of(client.get("/sign-in").text) == "system"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_choosing_a_theme_leads_nowhere_else(app: Flask, elsewhere: str) -> None:
    answer = app.test_client().post("/theme", data={"theme": "light", "next": elsewhere})
    assert answer.headers["Location"] == "/"


def test_a_theme_that_is_not_there_is_refused_and_a_forged_cookie_is_not_printed(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/theme", data={"theme": 'x" onload="'}).status_code == 422
    client.set_cookie("consult_theme", "x-onload")
    assert theme_of(client.get("/sign-in").text) == "system"
