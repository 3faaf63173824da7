"""The page on which the lead says which letters the round writes by itself; and heads, who read and hand nothing in."""

import pytest
from flask.testing import FlaskClient

from consult.models import Duty, LetterPlan, OutboxLetter, db
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.budgets import QUERIES_OF_A_PAGE, queries_of
from tests.world import World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def form_of(world: World, stage: str, **more: str) -> dict[str, str]:
    with world.app.app_context():
        plan = db.session.get(LetterPlan, world.names[stage])
    version = str(plan.version if plan else 0)
    usual = {"days": "5, 2", "hours": "4", "tells_closing": "yes", "heads": "last", "undecided_days": "7"}
    return {**usual, "digest": "08:00", "version": version, **more}


def test_the_plan_is_changed_before_and_after_the_circulation(world: World) -> None:
    client = world.client_of("lead")
    for stage in ("planned", "open"):
        address = world.address(f"/rounds/{{{stage}}}/reminders")
        answer = client.post(address, data=form_of(world, stage, days="3", hours=""), follow_redirects=True)
        assert "Saved." in answer.text
        assert 'id="days" name="days" value="3"' in answer.text
        assert "Reminder 3 working days before" in answer.text
        assert "hours before</th>" not in answer.text
    with world.app.app_context():
        due = db.session.query(Duty).filter_by(round_id=world.names["open"], state="due", kind="reminder").all()
        assert {duty.key.rpartition(":")[2] for duty in due if duty.key.startswith("reminder:")} == {"days-3"}


def test_text_in_letters_is_chosen_before_the_circulation_and_printed_on_the_invitation(world: World) -> None:
    client, address = world.client_of("lead"), world.address("/rounds/{planned}/reminders")
    assert client.post(address, data=form_of(world, "planned", with_text="yes")).status_code == 302
    assert 'name="with_text" value="yes" checked' in client.get(address).text
    open_page = client.get(world.address("/rounds/{open}/reminders")).text
    assert 'name="with_text"' not in open_page
    assert "Letters carry links only." in open_page
    with world.app.app_context():
        (text,) = {x.text.partition("Who sees")[2] for x in db.session.query(OutboxLetter).filter_by(kind="invitation")}
    assert "Letters of this round carry links only" in text


def test_what_was_typed_comes_back_with_the_reason_why_it_was_not_saved(world: World) -> None:
    client, address = world.client_of("lead"), world.address("/rounds/{open}/reminders")
    answer = client.post(address, data=form_of(world, "open", days="five days", digest="09:15", tells_closing=""))
    assert answer.status_code == 422
    assert "Enter the working days as at most 6 numbers" in answer.text
    assert 'value="five days"' in answer.text
    assert 'value="09:15"' in answer.text
    assert 'name="tells_closing" value="yes" checked' not in answer.text


def test_two_leads_who_change_one_plan_do_not_overwrite_each_other(world: World) -> None:
    client, address = world.client_of("lead"), world.address("/rounds/{closed}/reminders")
    form = form_of(world, "closed", undecided_days="3")
    assert client.post(address, data=form).status_code == 302
    answer = world.client_of("co-lead").post(address, data={**form, "undecided_days": "5"})
    assert answer.status_code == 409
    assert "Somebody changed this plan" in answer.text


def test_a_round_that_has_ended_has_no_letters_to_come(world: World) -> None:
    client, address = world.client_of("lead"), world.address("/rounds/{decided}/reminders")
    assert "it writes no more letters by itself" in client.get(address).text
    assert client.post(address, data=form_of(world, "decided")).status_code == 409


def test_nobody_but_a_focal_point_of_the_lead_plans_letters(world: World) -> None:
    for stage in ("planned", "open"):
        address = world.address(f"/rounds/{{{stage}}}/reminders")
        for role in ("contributor", "focal point", "observer", "administrator", "newcomer"):
            client = world.client_of(role)
            assert client.get(address).status_code == client.post(address).status_code == 404, role


def test_the_page_keeps_its_budget(world: World) -> None:
    address, client = world.address("/rounds/{open}/reminders"), world.client_of("lead")
    assert len(queries_of(world.app, client, address)) <= QUERIES_OF_A_PAGE


# ---- heads ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def head(world: World) -> FlaskClient:
    with world.app.app_context(), unit_of_work(db.session):
        organisation = db.session.get_one(factories.Organisation, world.organisations["moldova"])
        world.people["head"] = factories.a_person(db.session, organisation=organisation, role="head").id
    return world.client_of("head")


def test_a_head_reads_what_the_focal_point_reads(world: World, head: FlaskClient) -> None:
    focal = world.client_of("focal point")
    for page in ("document", "comments", "copy", "downloads"):
        address = world.address(f"/rounds/{{open}}/{page}")
        assert head.get(address).status_code == focal.get(address).status_code == 200, page
    assert "We welcome the draft." in head.get(world.address("/rounds/{open}/comments")).text
    assert head.get(world.address("/rounds/{decided}/outcome")).status_code == 200


def test_a_head_writes_nothing_and_hands_nothing_in(world: World, head: FlaskClient) -> None:
    one, copy = world.names["one"], world.names["copy"]
    for address in (
        "comments", f"comments/{one}", f"comments/{one}/delete", f"comments/{one}/restore", "submission",
        f"copy/{copy}/keep", f"copy/{copy}/discard", "copy", "delegations", f"comments/{one}/drop", "comments/clear",
    ):  # fmt: skip
        answer = head.post(world.address(f"/rounds/{{open}}/{address}"), data={"reason": "x", "position": "concur"})
        assert answer.status_code in (403, 404), address
    page = head.get(world.address("/rounds/{open}/comments")).text
    assert "/delete" not in page
    assert "comments/new" not in head.get(world.address("/rounds/{open}/document")).text


def test_an_administrator_appoints_a_head(world: World) -> None:
    client, person = world.client_of("administrator"), world.people["observer"]
    form = {"act": "appoint", "organisation": str(world.organisations["observer"]), "role": "head"}
    answer = client.post(f"/administration/people/{person}", data=form, follow_redirects=True)
    assert "head of the organisation" in answer.text
