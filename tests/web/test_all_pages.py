"""Every page there is, without a browser: it answers, it has one title and one heading of its own."""

import re
from collections import defaultdict

import pytest

from tests.pages import PAGES
from tests.world import ANSWERS, REFUSALS, World, make_world

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|<[^>]+\sstyle=|<[^>]+\son[a-z]+=|javascript:", re.IGNORECASE)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def test_every_address_leads_where_it_is_listed(world: World) -> None:
    match = world.app.url_map.bind("localhost").match
    for endpoint, visits in PAGES.items():
        for _, address in visits:
            assert match(world.address(address).partition("?")[0])[0] == endpoint, address


def test_every_page_has_one_heading_one_title_and_nothing_inline(world: World) -> None:
    titles: dict[str, set[str]] = defaultdict(set)
    for endpoint, visits in PAGES.items():
        for role, address in visits:
            answer = world.client_of(role).get(world.address(address))
            where = f"{role}: {world.address(address)}"
            assert answer.status_code == 200, where
            assert _check(answer.text, where)
            titles[_title(answer.text)].add(endpoint)
    shared = {title: endpoints for title, endpoints in titles.items() if len(endpoints) > 1}
    assert shared == {}, "pages of different kinds bear the same title"


def test_refusals_are_pages_like_any_other(world: World) -> None:
    for name, (status, role, address) in REFUSALS.items():
        answer = world.client_of(role).get(world.address(address))
        assert answer.status_code == status, name
        assert _check(answer.text, name)


def _check(text: str, where: str) -> bool:
    assert len(re.findall(r"<h1\b", text)) == 1, where
    assert len(_title(text)) > len(" · consult"), where
    assert not INLINE.search(text), (where, INLINE.search(text))
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), (where, sorted({i for i in ids if ids.count(i) > 1}))
    return True


def _title(text: str) -> str:
    found = re.findall(r"<title>(.*?)</title>", text, re.DOTALL)
    return found[0].strip() if len(found) == 1 else ""


def test_answers_of_forms_are_listed_with_pages_that_are_there(world: World) -> None:
    for name, (role, address, _, _) in ANSWERS.items():
        assert world.client_of(role).get(world.address(address)).status_code == 200, name


@pytest.mark.parametrize(
    "inline", ["<script>1</script>", "<p style='x'>", '<a onclick="x">', "<style>", '<a href="javascript:x">']
)
def test_inline_script_and_style_are_noticed(inline: str) -> None:
    assert INLINE.search(f"<div>{inline}</div>")
    assert not INLINE.search('<script src="/x.js" defer></script><p class="style">on=1</p>')
