"""More time for one organisation: asking for it, and the lead's answer."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import Invalid, Refused
from consult.models import Extension, db
from consult.rules.calendar import MINUTE, zone_of
from consult.rules.permissions import may
from consult.services import extensions, invitations
from consult.services.visibility import known_instant_of
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, settings
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("extensions", __name__)


@blueprint.get("/rounds/<int:round_id>/extension")
@declares("extension.ask")
def show(round_id: int) -> str:
    """Show what the organisation asked for and got, and the form to ask."""
    return _own_page(round_scope(round_id, "document.read"))


def _own_page(scope: Scope, refusal: str = "") -> str:
    organisation = scope.require("extension.ask")
    return render_template(
        "extensions/show.html",
        scope=scope,
        organisation=organisation,
        listed=extensions.list_own(scope.round, organisation.id),
        wall=_wall(scope, organisation.id),
        typed=request.form,
        refusal=refusal,
    )


def _wall(scope: Scope, organisation_id: int) -> str:
    """Return the time the organisation has, as the clocks of the round's zone show it, for a field of a form."""
    at, deadline = known_instant_of(scope.round, organisation_id, scope.now), scope.round.deadline
    return at.astimezone(zone_of(deadline.zone)).strftime(MINUTE) if at and deadline else ""


@blueprint.post("/rounds/<int:round_id>/extension")
@declares("extension.ask")
def ask(round_id: int) -> Response | tuple[str, int]:
    """Ask for more time; on a mistake the form comes back with everything typed."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "document.read", now)
            organisation = scope.require("extension.ask")
            number = organisation.id
            extensions.ask(
                db.session,
                scope.round,
                organisation,
                wall=request.form.get("wall", ""),
                why=request.form.get("reason", ""),
                base_url=settings().base_url,
                by=actor(),
                person=person(),
                now=now,
            )
    except (Invalid, Refused) as refusal:
        return _own_page(round_scope(round_id, "document.read"), refusal.message), refusal.status
    flash(_("The lead is asked. You are told by letter what it answers; until then the deadline holds."))
    return redirect(url_for("extensions.show", round_id=round_id, organisation=number))


# ---- the lead's -----------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/extensions")
@declares("board.see")
def index(round_id: int) -> str:
    """Show who asks for more time and who has it, and the form to give it unasked."""
    return _page(round_scope(round_id, "board.see"))


def _page(scope: Scope, refusal: str = "") -> str:
    asked = invitations.organisations_with(db.session, scope.round, invitations.ASKED)
    return render_template(
        "extensions/index.html",
        scope=scope,
        names={organisation.id: organisation.name for organisation in asked},
        asked=asked,
        walls={one.id: _wanted(scope, one) for one in scope.round.extensions},
        wall=_wall(scope, 0),
        can_act=may(actor(), "round.extend", scope.facts).allowed and scope.round.stage != "decided",
        typed=request.form,
        refusal=refusal,
    )


def _wanted(scope: Scope, extension: Extension) -> str:
    """Return the time an organisation asks for, as the clocks of the round's zone show it."""
    at, deadline = extension.wanted_at, scope.round.deadline
    return at.astimezone(zone_of(deadline.zone)).strftime(MINUTE) if at and deadline else ""


@blueprint.post("/rounds/<int:round_id>/extensions")
@declares("round.extend")
def grant(round_id: int) -> Response | tuple[str, int]:
    """Give an organisation more time."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.extend", now)
            given = extensions.grant(
                db.session,
                scope.round,
                request.form.get("organisation", 0, int),
                wall=request.form.get("wall", ""),
                reason=request.form.get("reason", ""),
                base_url=settings().base_url,
                by=actor(),
                person=person(),
                now=now,
            )
            name = given.organisation.name
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "board.see"), refusal.message), refusal.status
    flash(_("%(organisation)s has more time and is told. The others do not learn of it.", organisation=name))
    return redirect(url_for("extensions.index", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/extensions/<int:extension_id>/refuse")
@declares("round.extend")
def refuse(round_id: int, extension_id: int) -> Response | tuple[str, int]:
    """Refuse to give more time, with a reason."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.extend", now)
            extensions.refuse(
                db.session,
                extensions.get_extension(db.session, scope.round, extension_id),
                reason=request.form.get("reason", ""),
                base_url=settings().base_url,
                by=actor(),
                person=person(),
                now=now,
            )
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "board.see"), refusal.message), refusal.status
    flash(_("Refused. The organisation is told why."))
    return redirect(url_for("extensions.index", round_id=round_id))
