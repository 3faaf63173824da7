"""Giving parts of the draft to colleagues without an account: who holds what until when; prolonging, taking back."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.catalogues import LANGUAGES
from consult.errors import Invalid, Refused
from consult.models import Organisation, db
from consult.rules.calendar import MINUTE
from consult.services import comments, delegations
from consult.services.delegations import Colleague
from consult.services.visibility import known_instant_of
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, settings
from consult.web.languages import language
from consult.web.scope import Scope, round_scope
from consult.web.sections import layout_of

blueprint = Blueprint("delegations", __name__)
FIELDS = ("section", "first", "last", "name", "email", "language", "wall", "note")
DAYS_GIVEN = timedelta(days=2)
HOURS_BEFORE_THE_DEADLINE = timedelta(hours=24)


def _scope(round_id: int) -> tuple[Scope, Organisation]:
    scope = round_scope(round_id, "document.read")
    return scope, scope.require("delegation.give")


def _page(scope: Scope, organisation: Organisation, status: int = 200, refusal: str = "", **more: Any) -> Any:
    """Return the page with the form, what was typed in it, and all that is given."""
    typed = {name: request.values.get(name, "") for name in FIELDS}
    typed["wall"] = typed["wall"] or _proposed(scope, organisation)
    layout = layout_of(scope.draft.id)
    held = delegations.list_held(db.session, scope.round, organisation.id, scope.now)
    page = render_template(
        "delegations/index.html",
        scope=scope,
        organisation=organisation,
        held=held,
        walls={one.delegation.id: _wall(one.delegation.until_at, one.delegation.zone) for one in held},
        headings=layout.headings,
        typed={**typed, "language": typed["language"] or language()},
        languages=LANGUAGES,
        refusal=refusal,
        refused_number=more.get("refused_number", 0),
        refused_wall=more.get("refused_wall", ""),
    )
    return page, status


def _proposed(scope: Scope, organisation: Organisation) -> str:
    """Return the time the form proposes, as the organisation's clocks show it: two days, at the latest one day before the end."""
    last = known_instant_of(scope.round, organisation.id, scope.now)
    at = scope.now + DAYS_GIVEN
    if last is not None:
        at = min(at, last - min(HOURS_BEFORE_THE_DEADLINE, (last - scope.now) / 2))
    return _wall(at.replace(minute=0), organisation.time_zone)


def _wall(at: datetime, zone: str) -> str:
    """Return an instant as the clocks of a zone show it, for a field of a form."""
    return at.astimezone(ZoneInfo(zone)).strftime(MINUTE)


def _back(round_id: int, organisation_id: int) -> Response:
    return redirect(url_for("delegations.index", round_id=round_id, organisation=organisation_id, _anchor="held"))


@blueprint.get("/rounds/<int:round_id>/delegations")
@declares("delegation.give")
def index(round_id: int) -> Any:
    """Show who holds what until when and how far they are, and the form to give another part."""
    scope, organisation = _scope(round_id)
    return _page(scope, organisation)


@blueprint.post("/rounds/<int:round_id>/delegations")
@declares("delegation.give")
def give(round_id: int) -> Any:
    """Give a part. On a mistake the form comes back with everything typed."""
    form = request.form
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "document.read", now)
            organisation = scope.require("delegation.give")
            comments.check_open(scope.round, organisation.id, now)
            layout = layout_of(scope.draft.id)
            given = delegations.give(
                db.session,
                scope.round,
                organisation,
                layout,
                Colleague(form.get("name", ""), form.get("email", ""), form.get("language", ""), form.get("note", "")),
                part=delegations.choose_part(
                    layout, section=form.get("section", ""), first=form.get("first", ""), last=form.get("last", "")
                ),
                until=delegations.until_from(
                    scope.round, organisation.id, form.get("wall", ""), organisation.time_zone, now
                ),
                base_url=settings().base_url,
                by=actor(),
                person=person(),
                now=now,
            )
            name, number = given.name, organisation.id
    except (Invalid, Refused) as refusal:
        return _page(*_scope(round_id), refusal.status, refusal.message)
    flash(_("Delegated. The letter to %(name)s is on its way.", name=name))
    return _back(round_id, number)


@blueprint.post("/rounds/<int:round_id>/delegations/<int:delegation_id>/prolong")
@declares("delegation.give")
def prolong(round_id: int, delegation_id: int) -> Any:
    """Give a part until another time, with a new letter."""
    wall = request.form.get("until", "")
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "document.read", now)
            organisation = scope.require("delegation.give")
            found = delegations.get_delegation(db.session, scope.round, organisation.id, delegation_id)
            until = delegations.until_from(scope.round, found.organisation_id, wall, found.zone, now)
            delegations.prolong(db.session, found, until=until, base_url=settings().base_url, by=actor(), now=now)
            name, number = found.name, organisation.id
    except (Invalid, Refused) as refusal:
        scope, organisation = _scope(round_id)
        return _page(
            scope, organisation, refusal.status, refusal.message, refused_number=delegation_id, refused_wall=wall
        )
    flash(_("Prolonged. A letter with the new time is on its way to %(name)s.", name=name))
    return _back(round_id, number)


@blueprint.post("/rounds/<int:round_id>/delegations/<int:delegation_id>/take-back")
@declares("delegation.give")
def take_back(round_id: int, delegation_id: int) -> Response:
    """Take a part back, at once. What the colleague wrote stays at the desk."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "document.read", now)
        organisation = scope.require("delegation.give")
        found = delegations.get_delegation(db.session, scope.round, organisation.id, delegation_id)
        delegations.take_back(db.session, found, by=actor(), now=now)
        name, number = found.name, organisation.id
    flash(_("Taken back. %(name)s has no access any more; the comments that were saved are among yours.", name=name))
    return _back(round_id, number)
