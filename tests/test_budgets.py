"""Budgets: no page asks the database more often when more is said in a round, and none is heavy on the wire."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from consult.models import CarriedComment, Comment, DelegatedComment, Disposition, db
from consult.models.base import random_id
from consult.unit_of_work import unit_of_work
from tests import budgets
from tests.pages import PAGES
from tests.world import World, make_world

FEW, MANY = 1, 40  # copies; the first make sure that whatever can be twice is so


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def say_everything_again(world: World, copies: int) -> int:
    """Copy every comment of every round many times, with what hangs on it; return how many there are then."""
    with world.app.app_context(), unit_of_work(db.session):
        for row in db.session.execute(select(Comment.__table__)).mappings().all():
            for _ in range(copies):
                _copy(dict(row))
        return int(db.session.query(Comment).count())


def _copy(row: dict[str, Any]) -> None:
    number = random_id()
    db.session.execute(insert(Comment).values({**row, "id": number, "source_key": None, "supersedes_id": None}))
    for kept, key in ((Disposition, "comment_id"), (CarriedComment, "comment_id"), (DelegatedComment, "comment_id")):
        table = kept.__table__
        found = db.session.execute(select(table).where(table.c[key] == row["id"])).mappings().first()
        if found is not None:
            values = {name: value for name, value in found.items() if name not in ("id", key)}
            db.session.execute(insert(table).values({**values, key: number}))


def statements(world: World) -> dict[str, list[str]]:
    """Return what each page asks of the database."""
    return {
        f"{role}: {world.address(address)}": budgets.queries_of(
            world.app, world.client_of(role), world.address(address)
        )
        for visits in PAGES.values()
        for role, address in visits
    }


def test_no_page_asks_more_often_when_more_is_said(world: World) -> None:
    say_everything_again(world, FEW)
    few = statements(world)
    assert say_everything_again(world, MANY) > 200
    many = statements(world)
    grown = {page: (len(few[page]), len(many[page])) for page in few if len(many[page]) > len(few[page])}
    assert grown == {}


def test_no_page_asks_more_than_ten_times_and_none_is_heavy(world: World) -> None:
    asked, sizes = {}, {}
    for visits in PAGES.values():
        for role, address in visits:
            client, place = world.client_of(role), world.address(address)
            asked[f"{role}: {place}"] = len(budgets.queries_of(world.app, client, place))
            sizes[f"{role}: {place}"] = budgets.size_of(client.get(place))
    assert {page: count for page, count in asked.items() if count > budgets.QUERIES_OF_A_PAGE} == {}
    assert {page: size for page, size in sizes.items() if size > budgets.PAGE_BYTES} == {}


def test_saving_a_comment_asks_eight_times(world: World) -> None:
    client = world.client_of("contributor")
    place = world.address("/rounds/{open}/comments")
    form = {"paragraph": "2", "type": "substantive", "reason": "Because."}
    client.post(place, data={**form, "form_key": "first"})
    with budgets.counted(world.app) as found:
        assert client.post(place, data={**form, "form_key": "second"}).status_code == 302
    assert len(found) <= budgets.QUERIES_OF_A_SAVE, "\n".join(found)
